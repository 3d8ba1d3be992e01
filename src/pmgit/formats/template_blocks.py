"""The blocks of a chat template: whether each one ends, and how far loops and numbers count.

A template that does not compile makes no chat, and one that counts to a thousand million keeps the
server busy which renders it.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: Statements with an end of their own; `set` without a value is one, too. transformers adds
#: `generation`.
_BLOCKS = frozenset((
    "for", "if", "macro", "call", "filter", "with", "set", "block", "autoescape", "generation",
))  # fmt: skip
#: Statements without an end; Jinja's own extensions have `do`, `break`, `continue`, `debug`,
#: `trans` and `pluralize`. Any other word is an error of the whole template.
_SINGLE = frozenset((
    "include", "import", "from", "extends", "do", "break", "continue", "debug", "trans",
    "endtrans", "pluralize", "raw", "endraw",
))  # fmt: skip
_ELSE = {"else": ("for", "if"), "elif": ("if",)}
_WORD = re.compile(r"[-+]?\s*([a-z_]+)")
#: A `set` that has no value, so that a block follows; a filter may stand behind its name.
_SET_BLOCK = re.compile(r"[-+]?\s*set\s+[\w.]+\s*(?:\|[^=]*)?[-+]?\s*")
#: No chat counts as far: range, a text many times, and powers.
_COUNTS = re.compile(
    r"\brange\s*\([^()]*\d{7,}|\*\*\s*\d{4,}|'\s*\*\s*\d{7,}|\d{7,}\s*\*\s*'|\d\s*\*\*[^*]*\*\*\s*\d"
)


def unbalanced(statements: Iterable[str]) -> str:
    """What is wrong with the blocks of these statements; '' when each one ends. No statement has
    what stands in its strings."""
    opened: list[str] = []
    for code in statements:
        found = _WORD.match(code)
        word = found[1] if found else ""
        if word in _ELSE:
            if not opened or opened[-1] not in _ELSE[word]:
                return f"`{word}` outside of what it belongs to"
        elif word.startswith("end") and word[3:] in _BLOCKS:
            if not opened or opened.pop() != word[3:]:
                return f"`{word}` without its begin"
        elif word in _BLOCKS:
            if word != "set" or _SET_BLOCK.fullmatch(code):
                opened.append(word)
        elif word and word not in _SINGLE:
            return f"`{word}`, which Jinja does not know"
    return f"`{opened[-1]}` without an end" if opened else ""


def counts_far(code: str) -> str:
    """What counts on and on in a part of a template; '' when nothing does."""
    found = _COUNTS.search(code)
    return found[0] if found else ""
