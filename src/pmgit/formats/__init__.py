"""Formats of files by their content: what a file is, and whether it is sound and safe to load."""
