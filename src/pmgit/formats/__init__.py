"""Formats of files by their content, as far as its first bytes prove them."""
