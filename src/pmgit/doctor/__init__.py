"""What `pmgit doctor` looks at: the machine, the clone, and what lies between them."""
