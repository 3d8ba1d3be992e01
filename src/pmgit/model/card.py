"""The front matter of a model card (README.md): what the Hub knows of a model, as text.

Read line by line, top-level keys only. No YAML library: a model card comes from strangers, and
aliases, tags and deep nesting are of no use here. What is not plain is left out.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: Cards with many evaluation results have some hundred kB of front matter.
MAX_BYTES = 1_000_000
_MAX_TEXT, _MAX_ITEMS = 200, 20

_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._+-/:,()#?=&%~@"
)
#: What begins a YAML value that is not plain text: anchors, aliases, tags, blocks, maps.
_SPECIAL = "&*!|>{%@`?"


def read(data: bytes) -> dict[str, list[str]]:
    """The plain top-level values of the front matter; a single value is a list of one.

    Empty when there is no front matter, or one that does not end.
    """
    text = data[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != "---":
        return {}
    found: dict[str, list[str]] = {}
    items: list[str] | None = None
    for line in lines[1:]:
        if line.rstrip() in ("---", "..."):
            return {key: values for key, values in found.items() if values}
        stripped = line.strip()
        if not stripped or stripped[0] == "#":
            continue
        if stripped.startswith("- ") and items is not None:
            items += _plain([stripped[2:]])[: _MAX_ITEMS - len(items)]
        elif line[0] not in " \t-":
            key, colon, value = line.partition(":")
            items = _values(value.strip()) if colon and key not in found else None
            if items is not None:
                found[key] = items
    return {}


def _values(text: str) -> list[str]:
    if text.startswith("[") and text.endswith("]"):
        return _plain(text[1:-1].split(",")[:_MAX_ITEMS])
    return _plain([text])


def _plain(texts: Iterable[str]) -> list[str]:
    """The texts that are plain, without quotes and comments."""
    found = []
    for text in texts:
        value = text.strip()
        if value[:1] in ('"', "'"):
            value = value[1:].partition(value[0])[0]
        else:
            value = "" if value[:1] in _SPECIAL else value.partition(" #")[0].rstrip()
        if value not in ("", "null", "~") and len(value) <= _MAX_TEXT and _PLAIN.issuperset(value):
            found.append(value)
    return found


def license_of(card: dict[str, list[str]]) -> str:
    """The license that a card names: its Hub ids; for `other` its name and link."""
    ids = card.get("license", [])
    if ids == ["other"]:
        own = [*card.get("license_name", [])[:1], *card.get("license_link", [])[:1]]
        return " ".join(own) or "other"
    return ", ".join(ids)
