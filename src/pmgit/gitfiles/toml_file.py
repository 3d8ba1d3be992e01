"""The places in a user's TOML file, by tomlkit, so that lines can be put in at the right one.

tomllib gives values and no places. tomlkit is imported when it is needed only: its import takes
longer than a whole commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.git.names import PROBE

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

#: Of this many characters tomlkit reads the worst text in three seconds; of ten times as many in
#: minutes (0.15.2).
_MOST = 100_000


def parse(text: str) -> TOMLDocument:
    """The document, which gives the same text again. Raises ValueError, with the reason."""
    import tomlkit

    if len(text) > _MOST:
        raise ValueError("too large to find the places in it")
    try:
        return tomlkit.parse(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not valid TOML: {str(error) or 'nested too deeply'}") from None


def first_table(text: str) -> int:
    """Where the first line `[…]` or `[[…]]` begins; the length of the text when there is none.
    Raises ValueError.
    """
    document = parse(text)
    # tomlkit puts a new key right before the first table.
    document[PROBE] = 0
    at = min(document.as_string().index(f"{PROBE} = 0"), len(text))
    return at + len(text[at:]) - len(text[at:].lstrip())
