"""The checks of `pmgit doctor`: the machine, the clone, and whether they fit together."""
