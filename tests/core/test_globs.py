"""Patterns against what they are held to: Git's own for paths, Python's fnmatch for names."""

from __future__ import annotations

import random
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from pmgit.core.globs import NamePatterns, PathPatterns, PatternError

if TYPE_CHECKING:
    from tests.kit import Repo

#: `x**` is left out: after a plain beginning, Git takes its `**` for one that stands alone.
PIECES = ["a", "b", "*", "/", "?", "[ab]", "[!a]", "[^b-]", "\\*", "\\a", "[", "]", "**/", "/**",
          "!", "[[:alpha:]]", "[a-b]", "[]a]", " ", "[b-", "c", "-", "/"]  # fmt: skip


def test_paths_as_git_reads_them(repo: Repo) -> None:
    chance = random.Random(20261129)
    asked = hidden = 0
    while asked < 4000:
        lines = ["".join(chance.choices(PIECES, k=chance.randint(1, 5))) for _ in range(3)]
        try:
            patterns = PathPatterns(lines)
        except PatternError:
            continue
        if any(re.search(r"[^/]\*\*", line) for line in lines):
            continue
        names = ["".join(chance.choices("aab*c-]![", k=chance.randint(1, 3))) for _ in range(150)]
        paths = sorted({"/".join(names[at : at + chance.randint(1, 4)]) for at in range(0, 150, 3)})
        repo.write(".gitignore", "\n".join(lines) + "\n")
        out = repo.git(
            "check-ignore", "--no-index", "-z", "--stdin", "-v", "-n", code=None,
            stdin="\0".join([*paths, ""]).encode(),
        )  # fmt: skip
        fields = out.split("\0")
        for pattern, path in zip(fields[2::4], fields[3::4], strict=True):
            hides = bool(pattern) and pattern[0] != "!"
            assert patterns.hide(path) == hides, (lines, path, pattern)
            asked, hidden = asked + 1, hidden + hides
    assert hidden > 500


def test_names_as_fnmatch_reads_them() -> None:
    chance = random.Random(7)
    fitting = 0
    for _ in range(4000):
        # Not `[z-!]`, of which fnmatch makes `[!]`: any character.
        patterns = ["".join(chance.choices("aab*?[]^-\\z0", k=chance.randint(0, 7))) for _ in "12"]
        names = NamePatterns(patterns)
        for _ in range(4):
            name = "".join(chance.choices("aab[]!^-\\z0", k=chance.randint(0, 6)))
            fits = any(fnmatchcase(name, pattern) for pattern in patterns)
            assert names.fit(name) == fits, (patterns, name)
            fitting += fits
    assert fitting > 500
    assert NamePatterns(["[!a-c]*"]).fit("xa")
    assert not NamePatterns(["[!a-c]*"]).fit("ax")
    assert not NamePatterns([]).fit("")


@pytest.mark.parametrize(
    ("lines", "path", "hidden"),
    [
        (["old/"], "old/", True), (["old/"], "old", False), (["old/"], "a/old/b/c", True),
        (["/old"], "a/old", False), (["a/b"], "x/a/b", False), (["**/a/b"], "x/a/b", True),
        (["a/**/b"], "a/b", True), (["a/**"], "a", False), (["a/**"], "a/b", True),
        (["*.bin", "!keep.bin"], "a/keep.bin", False), (["a/", "!a/b"], "a/b", True),
        (["# a"], "# a", False), (["\\# a"], "# a", True), (["a  "], "a", True),
        (["a\\ "], "a ", True), (["模?"], "模型", True), (["[一-龥]*"], "模型/x", True),
        (["/"], "a", False), (["", "  "], "a", False), (["[["], "[[", False),
    ],
)  # fmt: skip
def test_a_path(lines: list[str], path: str, hidden: bool) -> None:
    assert PathPatterns(lines).hide(path) is hidden


def test_no_pattern() -> None:
    for line in ("!", "a\\", "b/c\\"):
        with pytest.raises(PatternError):
            PathPatterns([line])


def test_what_never_ended_takes_no_time() -> None:
    """A regular expression, or a walk that goes back, would take longer than anybody lives."""
    for pattern in ("*a" * 4000, "**/a/" * 2000 + "**/b", "[!b]*" * 2000, "?*" * 4000):
        assert not PathPatterns([f"{pattern}x"]).hide("a/" * 2000 + "a" * 200)
        assert not NamePatterns([f"{pattern}x"]).fit("a" * 4000)
    assert not NamePatterns(["[" * 9000] * 20).fit("a" * 4000)


def test_a_million_characters_of_patterns() -> None:
    """Each with a letter of its own, and a path that has four thousand different ones."""
    letters = [chr(0x4E00 + number) for number in range(20_000)]
    patterns = PathPatterns(["".join(letters[at : at + 50]) for at in range(19_000)])
    assert not patterns.hide("".join(letters[:1000]))
    assert patterns.hide("a/" + "".join(letters[18_000:18_050]))
