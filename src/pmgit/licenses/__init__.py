"""Licenses: what is known of each, how people write them, and what a repository's policy says."""
