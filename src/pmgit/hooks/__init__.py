"""Git hooks and the entries of pre-commit and prek: who wrote them, and how pmgit joins them."""
