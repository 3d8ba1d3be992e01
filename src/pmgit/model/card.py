"""The front matter of a model card (README.md): what the Hub knows of a model, as text.

PyYAML reads it, up to a size, and only into nodes: a card comes from strangers, so no tag is obeyed
and nothing is built from what aliases multiply. Kept are the plain values of top-level keys.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import yaml

#: Cards with many evaluation results have some hundred kB of front matter.
MAX_BYTES = 1_000_000
_MAX_TEXT, _MAX_ITEMS = 200, 20

_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._+-/:,()#?=&%~@"
)
#: What YAML itself makes of a text without a tag; `license: no` and `1.0` are texts here.
_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool"))
_LIST = "tag:yaml.org,2002:seq"


def read(data: bytes) -> dict[str, list[str]]:
    """The plain top-level values of the front matter; a single value is a list of one.

    Empty when there is no front matter, or one that does not end or is no YAML.
    """
    import yaml

    text = data[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    first, *lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ends = (at for at, line in enumerate(lines) if line.rstrip() in ("---", "..."))
    end = next(ends, 0) if first.rstrip() == "---" else 0
    try:
        front = yaml.compose("\n".join(lines[:end]), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return {}
    found: dict[str, list[str]] = {}
    for key, value in front.value if isinstance(front, yaml.MappingNode) else ():
        items = value.value if value.tag == _LIST else [value]
        texts = [text for item in items[:_MAX_ITEMS] if (text := _plain(item))]
        if isinstance(key, yaml.ScalarNode) and texts:
            found.setdefault(key.value, texts)
    return found


def _plain(node: yaml.Node) -> str:
    """The text of a node; '' for one that is not plain."""
    is_text = node.tag in _TAGS and len(node.value) <= _MAX_TEXT and _PLAIN.issuperset(node.value)
    return node.value if is_text else ""


def license_of(card: dict[str, list[str]]) -> str:
    """The license that a card names: its Hub ids; for `other` its name and link."""
    ids = card.get("license", [])
    if ids == ["other"]:
        own = [*card.get("license_name", [])[:1], *card.get("license_link", [])[:1]]
        return " ".join(own) or "other"
    return ", ".join(ids)
