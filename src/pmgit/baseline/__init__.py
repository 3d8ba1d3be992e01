"""The baseline: findings of an old repository that are forgiven, each at its path and blob.

Nothing here is imported on the way of a clean commit.
"""
