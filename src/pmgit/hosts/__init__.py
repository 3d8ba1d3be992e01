"""Hosts and what they accept: dated limits, as data."""
