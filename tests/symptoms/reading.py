"""The pages of `pmgit explain`, read back."""

from __future__ import annotations

import re

from tests.kit import Repo, Result


def explain(repo: Repo, text: str | bytes) -> Result:
    """What `pmgit explain -` says of what was printed."""
    stdin = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    shown = repo.pmgit("explain", "-", stdin=stdin)
    assert (shown.code, shown.err) == (0, ""), shown
    return shown


def ways(shown: Result) -> dict[str, str]:
    """The commands of a page, each under the words before it."""
    return dict(re.findall(r"^(\S.*):\n  (\S.*)$", shown.out, re.MULTILINE))


def way(shown: Result, words: str) -> str:
    """The one command whose heading begins so."""
    (found,) = [line for when, line in ways(shown).items() if when.startswith(words)]
    return found
