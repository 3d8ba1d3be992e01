"""Looks at all of a repository's history: its large blobs, and the way of weights out of it."""
