"""The folders of huggingface_hub by an environment, as huggingface_hub 2.4 reads it.

Its own `constants` hold the environment in which it was imported, and nothing else. The doctor also
has to know what holds without one of the variables, before it prints that as a fix. A test holds
both side by side.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLIC = "https://huggingface.co"
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})


@dataclass(frozen=True)
class HubPlaces:
    """The folders and the endpoint; `cache_from` names the variable that decides the cache."""

    home: str
    cache: str
    cache_from: str
    token_file: str
    endpoint: str


def places(environ: Mapping[str, str]) -> HubPlaces:
    """The places of an environment. Relative ones depend on the folder that Python starts in."""
    default = environ.get("XDG_CACHE_HOME", os.path.join(os.path.expanduser("~"), ".cache"))
    home = _expand(environ.get("HF_HOME", os.path.join(default, "huggingface")))
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if name in environ:
            cache, source = _expand(environ[name]), name
            break
    else:
        cache = _expand(os.path.join(home, "hub"))
        source = "HF_HOME" if "HF_HOME" in environ else ""
    token = _expand(environ.get("HF_TOKEN_PATH", os.path.join(home, "token")))
    return HubPlaces(home, cache, source, token, environ.get("HF_ENDPOINT", PUBLIC).rstrip("/"))


def is_true(environ: Mapping[str, str], name: str) -> bool:
    """Whether a switch is on, as huggingface_hub reads it."""
    return environ.get(name, "").upper() in _TRUE


def _expand(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))
