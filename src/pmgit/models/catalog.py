"""The catalog: names of common models, and where each of them is from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class CatalogEntry:
    """A model that many projects begin with: what to type, and where it comes from."""

    name: str
    title: str
    source: str
    use: str


@cache
def entries() -> tuple[CatalogEntry, ...]:
    """All entries, in the order of the guide."""
    text = resources.files("pmgit.models").joinpath("catalog.toml").read_text("utf-8")
    return tuple(CatalogEntry(**table) for table in tomllib.loads(text)["model"])


def source_of(name: str) -> str:
    """The source of a name of the catalog; '' when it is none."""
    return next((entry.source for entry in entries() if entry.name == name.lower()), "")
