"""Setting a repository up, changing how it is set up, and taking that back."""
