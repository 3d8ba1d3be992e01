"""Secrets out of what is shown: passwords in addresses, tokens."""

from __future__ import annotations

import os

#: Variables that hold a secret, whatever it looks like.
_VARIABLES = (
    "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "MODELSCOPE_API_TOKEN",
    "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "GITEA_TOKEN",
)  # fmt: skip
#: What is shorter stands in too many other words.
_SHORTEST = 8


def redact(text: str) -> str:
    """`text` with `***` for the user and password of addresses, for signatures in them, for tokens
    and for headers; and for the secrets that the environment holds."""
    # Only where something is shown to people: `re` is too slow for the commit hook.
    import re

    for name in _VARIABLES:
        secret = os.environ.get(name, "")
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "***")
    text = re.sub(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s/?#'\"]*@", r"\1***@", text)
    text = re.sub(
        r"(?i)([?&][a-z0-9_.-]{0,40}(?:token|signature|secret|password|credential|key|sig)=)"
        r"[^&\s'\"#<>]+",
        r"\1***",
        text,
    )
    text = re.sub(r"(?i)\b(authorization['\"]?:\s*['\"]?)[^'\"\n]+", r"\1***", text)
    text = re.sub(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}", r"\1***", text)
    return re.sub(
        r"\b(hf_|ghp_|gho_|ghs_|ghu_|ghr_|github_pat_|glpat-)[A-Za-z0-9_-]{8,}", r"\1***", text
    )
