"""Hooks of clones and servers: whose they are, and how pmgit's gets beside the others."""
