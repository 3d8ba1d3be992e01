"""Model names: what is accepted, and the accepted form of one that is not.

The guide asks for the official Hugging Face name, in lower case and with hyphens; of 102 official
names only 32 are that, so the exact official name is accepted too (docs/design.md).
"""

from __future__ import annotations

_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_HUB = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
#: Names that Windows takes for devices, whatever their suffix.
DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
#: The Hub's own limit for a repository id.
MAX_LENGTH = 96


def is_plain(name: str) -> bool:
    """Whether a name is lower-case words joined by `-` or `.`, such as `qwen2.5-7b`."""
    return len(name) <= MAX_LENGTH and all(
        word and _WORD.issuperset(word) for word in name.replace(".", "-").split("-")
    )


def in_hub_alphabet(name: str) -> bool:
    """Whether the Hub would take this as a part of a repository id."""
    return (
        0 < len(name) <= MAX_LENGTH
        and _HUB.issuperset(name)
        and name[0] not in "-."
        and name[-1] not in "-."
        and "--" not in name
        and ".." not in name
    )


def plain_form(name: str) -> str:
    """The nearest plain name: `BERT Base (uncased)` becomes `bert-base-uncased`; '' if none."""
    # unicodedata is a C module, but its tables take time to load: only for a name that is wrong.
    from unicodedata import normalize

    ascii_only = normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    out: list[str] = []
    for char in ascii_only:
        if char in _WORD:
            out.append(char)
        elif out and out[-1] not in "-.":
            out.append("." if char == "." else "-")
        elif out and char == ".":
            out[-1] = "-"
    return "".join(out)[:MAX_LENGTH].strip("-.")


def fold(path: str) -> str:
    """A path as a file system sees it that ignores case, and how accented letters are composed."""
    if path.isascii():
        return path.lower()
    from unicodedata import normalize

    return normalize("NFC", normalize("NFC", path).casefold())
