"""Colour for terminals: when there is any, and how a text gets it.

No names of styles from click: the commit hook prints the same report and cannot import it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

AUTO, ALWAYS, NEVER = CHOICES = ("auto", "always", "never")

BOLD, RED, GREEN, YELLOW = 1, 31, 32, 33


def wanted(stream: object, choice: str = AUTO) -> bool:
    """Whether a stream gets colour.

    With AUTO that is a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb forbids it;
    FORCE_COLOR asks for it anywhere. An empty variable counts as one that is not set.
    """
    if choice in (ALWAYS, NEVER):
        return choice == ALWAYS
    environ = os.environ
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    if environ.get("FORCE_COLOR"):
        return True
    is_terminal: Callable[[], bool] | None = getattr(stream, "isatty", None)
    return is_terminal() if is_terminal else False


class Paint:
    """Gives texts a colour, or leaves them as they are when `on` is false.

    A text must be free of control characters before (`text.visible`).
    """

    def __init__(self, on: bool = False) -> None:
        self._on = on

    def __call__(self, text: str, *codes: int) -> str:
        if not (self._on and text):
            return text
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"
