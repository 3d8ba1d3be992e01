"""What `pmgit doctor` looks at: the machine, the clone, and how they fit together."""
