"""The front matter of a model card (README.md): text about the model, for the Hub.

PyYAML reads it, up to a size, and only into nodes: a card comes from strangers, so no tag is obeyed
and nothing is built from what aliases multiply. Kept are the plain values of top-level keys.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from yaml import CSafeLoader, Node, SafeLoader

#: Cards with many evaluation results have some hundred kB of front matter.
MAX_BYTES = 1_000_000
_MAX_TEXT, _MAX_ITEMS = 200, 20

_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._+-/:,()#?=&%~@"
)
#: What YAML itself makes of a text without a tag; `license: no` and `1.0` are texts here.
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "timestamp")
)
_LIST = "tag:yaml.org,2002:seq"
#: What the Hub makes of a card's license is a tag, too; some cards have nothing but the tag.
_TAG = "license:"


def read(data: bytes) -> dict[str, list[str]]:
    """The plain top-level values of the front matter; a single value is a list of one.

    Empty when there is no front matter, or one that does not end or is no YAML.
    """
    from yaml import MappingNode, SequenceNode, YAMLError, compose

    text = data[:MAX_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    first, *lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ends = (at for at, line in enumerate(lines) if line.rstrip() in ("---", "..."))
    end = next(ends, 0) if first.rstrip() == "---" else 0
    try:
        front = compose("\n".join(lines[:end]), _loader())
    except (YAMLError, RecursionError):
        return {}
    found: dict[str, list[str]] = {}
    for key, value in front.value if isinstance(front, MappingNode) else ():
        is_list = isinstance(value, SequenceNode) and value.tag == _LIST
        items = value.value[:_MAX_ITEMS] if is_list else [value]
        texts = [text for item in items if (text := _plain(item))]
        if (name := _plain(key)) and texts:
            found.setdefault(name, texts)
    return found


def _loader() -> type[CSafeLoader | SafeLoader]:
    """PyYAML's safe loader: the fast one, where it was built with libyaml."""
    try:
        from yaml import CSafeLoader
    except ImportError:
        from yaml import SafeLoader

        return SafeLoader
    return CSafeLoader


def _plain(node: Node) -> str:
    """The text of a node; '' for one that is not plain."""
    if node.tag not in _TAGS or not isinstance(node.value, str):
        return ""
    return node.value if is_plain(node.value) else ""


def is_plain(text: str) -> bool:
    """Whether a text of strangers is short, and of characters that nothing gives a meaning."""
    return len(text) <= _MAX_TEXT and _PLAIN.issuperset(text)


def license_of(card: dict[str, list[str]]) -> str:
    """The license that a card names: its Hub ids, or its tag; for `other` its name and link."""
    tags = [tag[len(_TAG) :] for tag in card.get("tags", []) if tag.startswith(_TAG)]
    ids = card.get("license") or tags
    if ids == ["other"]:
        own = [*card.get("license_name", [])[:1], *card.get("license_link", [])[:1]]
        return " ".join(own) or "other"
    return ", ".join(ids)
