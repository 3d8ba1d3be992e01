"""Whole models: adding, fetching, verifying and reporting them."""
