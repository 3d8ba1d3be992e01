"""What can be judged: the staged change, a tree, a range of commits, a push."""
