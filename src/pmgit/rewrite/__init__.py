"""Commits made anew, and the branches and tags that follow them."""
