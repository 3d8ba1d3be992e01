"""Git hooks and the entries of pre-commit and prek: whose they are, and how pmgit joins them."""
