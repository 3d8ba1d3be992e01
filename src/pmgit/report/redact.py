"""Secrets out of what is shown: passwords in addresses, tokens."""

from __future__ import annotations


def redact(text: str) -> str:
    """`text` with `***` for the user and password of addresses, for tokens and for headers."""
    # Only where something is shown to people: `re` is too slow for the commit hook.
    import re

    text = re.sub(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/?#'\"]*@", r"\1***@", text)
    text = re.sub(r"(?i)\b(authorization:\s*)[^'\"]+", r"\1***", text)
    return re.sub(r"\b(hf_|ghp_|gho_|ghs_|github_pat_|glpat-)[A-Za-z0-9_-]{8,}", r"\1***", text)
