"""Attribute files of very many lines: asked in portions, and answered as Git answers the whole."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pmgit.git import many_lines
from pmgit.git.attribute_text import Line
from pmgit.git.many_lines import PathIndex
from pmgit.git.repository import discover

if TYPE_CHECKING:
    from tests.kit import Repo

LFS = "filter=lfs diff=lfs merge=lfs -text"
NAMES = ("a", "b", "ab", "x", "é", "a.b", "q c", "[x]", "!x", "#y", "*")
PARTS = (
    "*", "?", "**", "[ab]", "\\*", "/", "a", "b", "x", ".", "ab", "é", "**/", "/**", "[!a]", "\\",
    '"', "[[:space:]]", "]", "q c",
)  # fmt: skip
ATTRIBUTES = (
    "filter=one", "filter=lfs", "!filter", "-filter", "text", "sends", "takes", "filter=x - y",
    "filter=a\u3000b", "!!filter", "\xa0filter=c", "filter=d\x0bx", "filter=e" + " " * 2200,
)  # fmt: skip


def some_files(rng: random.Random) -> dict[str, bytes]:
    """Attribute files of random lines, with what Git ignores, refuses or stops at."""

    def line() -> str:
        pattern = "".join(rng.choices(PARTS, k=rng.randint(1, 4)))
        form = rng.choice(["%s", "%s", "%s", "/%s", '"%s"', "\ufeff%s", "[attr]%s"])
        return f"{form % pattern} {rng.choice(ATTRIBUTES)}{rng.choice(['', chr(13)])}\n"

    folders = rng.sample(["", "a/", "a/b/", "x/"], 2)
    files = {f"{f}.gitattributes": "".join(line() for _ in range(40)) for f in folders}
    files[".gitattributes"] = (
        "[attr]sends filter=two\n[attr]takes -filter\n" + files.get(".gitattributes", "")
    ) + rng.choice(["", "\0* filter=lost\n"])
    return {path: text.encode() for path, text in files.items()}


@pytest.mark.parametrize("seed", range(6))
def test_portions_answer_as_git_does(
    here: Repo, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr(many_lines, "_PORTION", rng.choice([1, 7, 250]))
    monkeypatch.setattr(many_lines, "_FEW", rng.choice([1, 5, 50]))
    monkeypatch.setattr(many_lines, "_WIDE", rng.choice([1, 30, 100_000]))
    paths = sorted(
        {"/".join(rng.choices(NAMES, k=rng.randint(1, 3))) for _ in range(rng.choice([3, 300]))}
    )
    for _ in range(4):
        files = some_files(rng)
        here.git("read-tree", "--empty")
        for path, data in files.items():
            here.stage_blob(path, data)
        stdin = b"".join(path.encode() + b"\0" for path in paths)
        out = here.git("check-attr", "--cached", "-z", "--stdin", "filter", stdin=stdin)
        fields = out.split("\0")
        expected = {
            path: value
            for path, value in zip(fields[::3], fields[2::3], strict=False)
            if value != "unspecified"
        }
        assert many_lines.filters(discover(), files, paths) == expected, files


def test_a_line_for_each_of_very_many_files(here: Repo) -> None:
    """Git alone compares a thousand million times, some tens of seconds."""
    count = 30_000
    files = {
        ".gitattributes": "".join(f"d/a-long-name-{n}.mds {LFS}\n" for n in range(count)).encode(),
        "d/.gitattributes": b"a-long-name-7.mds !filter\n",
    }
    found = many_lines.filters(discover(), files, [f"d/a-long-name-{n}.mds" for n in range(count)])
    assert len(found) == count - 1
    assert "d/a-long-name-7.mds" not in found


def test_lines_that_cannot_match_are_left_out() -> None:
    paths = PathIndex(["a/x.bin", "a/b/x.bin", "y.pt", "z"])
    for pattern, expected in {
        "*.bin": ["a/b/x.bin", "a/x.bin"],
        "/a/*": ["a/b/x.bin", "a/x.bin"],
        "a/b/**": ["a/b/x.bin"],
        "**/x.bin": ["a/b/x.bin", "a/x.bin"],
        "z": ["z"],
        "y*": ["y.pt"],
        "*.safetensors": [],
        "b/": [],
    }.items():
        found = paths.candidates(Line(".gitattributes", 1, f"{pattern} x"), 10)
        assert sorted(found or []) == expected, pattern
    assert paths.candidates(Line(".gitattributes", 1, "* x"), 3) is None
