"""A commit behind a branch: it is read back, and no other byte of the page changes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pmgit.model.info_file import parse
from pmgit.model.pin import pinned

COMMIT = "c" * 40
ADDED = f" (commit: {COMMIT})".encode()
PIECES = [
    b"# x", b"\n", b"\r\n", b"\r", b" ", b"\xff", b"\xef\xbb\xbf", b"\0", b"\x0c", b"```",
    b"<!--", b"-->", b"**Source**: https://huggingface.co/a/b", b"**Commit**: `main`",
    b"Commit: main", b"Commit: main<br>", "版本/Commit：v1".encode(), "\u2028".encode(),
    b"**Commit: `v1`**", b"Commit: TODO", b"main words", f"Commit: `{'1' * 40}`".encode(),
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join))
def test_one_commit_comes_in_or_nothing(data: bytes) -> None:
    made = pinned(data, COMMIT)
    if made != data:
        assert parse(made).commit == COMMIT
        assert made.replace(ADDED, b"", 1) == data
        assert pinned(made, COMMIT) == made


def test_the_line_that_is_read_is_the_line_that_is_written() -> None:
    for line, expected in (
        ("**Commit**: `main`", "**Commit**: `main`{}"),
        ("- Commit：main\\", "- Commit：main{}\\"),
        ("**Commit: v1**", "**Commit: v1{}**"),
        ("**版本/Commit**：`main`<br>", "**版本/Commit**：`main`{}<br>"),
    ):
        page = "# Commit: no\n\n{}\nCommit: other\n"
        made = page.format(expected.format(ADDED.decode()))
        assert pinned(page.format(line).encode(), COMMIT).decode() == made
