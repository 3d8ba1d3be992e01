"""The managed block: users' lines are kept to the letter."""

from __future__ import annotations

import pytest

from pmgit.core.errors import UsageError
from pmgit.gitfiles.block import BEGIN, END, HERE, LAST, read, remove, replace

LINES = ["/a/**", "!/a/**/"]


def block(end: str = "\n", lines: list[str] | None = None) -> bytes:
    body = [BEGIN, *(LINES if lines is None else lines), END]
    return "".join(line + end for line in body).encode()


@pytest.mark.parametrize("where", [LAST, HERE])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", block()),
        (b"*.log\n", b"*.log\n" + block()),
        (b"*.log", b"*.log\n" + block()),
        (b"*.log\r\nx\r\n", b"*.log\r\nx\r\n" + block("\r\n")),
        (b"*.log\r\nx", b"*.log\r\nx\n" + block("\n")),
        (b"a\r\nb\r\nx", b"a\r\nb\r\nx\r\n" + block("\r\n")),
        (b"\xef\xbb\xbf*.log\n", b"\xef\xbb\xbf*.log\n" + block()),
        (b"\xef\xbb\xbf" + block(), b"\xef\xbb\xbf" + block()),
        (b"\xff not utf-8\n", b"\xff not utf-8\n" + block()),
        (b"a\rb\n\n\n", b"a\rb\n\n\n" + block()),
        (b"x\n" + block(lines=["old"]), b"x\n" + block()),
        (b"x\n" + block()[:-1], b"x\n" + block()[:-1]),
        (b"x\r\ny\r\n" + block("\r\n", ["old"]), b"x\r\ny\r\n" + block("\r\n")),
    ],
)
def test_a_block_is_replaced_where_it_stands(where: str, before: bytes, after: bytes) -> None:
    if before == b"*.log\r\nx":
        after = b"*.log\r\nx\r\n" + block("\r\n")  # one line end of two is the most there are
    assert replace(before, LINES, where=where) == after
    assert replace(after, LINES, where=where) == after
    assert read(after) == LINES


def test_lines_below_are_passed_or_not() -> None:
    text = b"x\n" + block(lines=["old"]) + b"y"
    assert replace(text, LINES, where=LAST) == b"x\ny\n" + block()
    assert replace(text, LINES, where=HERE) == b"x\n" + block() + b"y"
    crlf = b"x\r\n" + block("\r\n") + b"y\r\n"
    assert replace(crlf, LINES) == b"x\r\ny\r\n" + block("\r\n")


def test_remove_gives_back_what_was_there() -> None:
    for text in (b"", b"*.log\n", b"a\r\n\r\n", b"\xef\xbb\xbfx\n"):
        assert remove(replace(text, LINES)) == text
    assert remove(b"no block") == b"no block"
    assert remove(b"x\n" + block() + b"y") == b"x\ny"


def test_read_without_a_block() -> None:
    assert read(b"*.log\n") is None
    assert read(block(lines=[])) == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"x\n{BEGIN}\na\n", 2, "no line"),
        (f"a\n{END}\n", 2, "no line"),
        (f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", 3, "second block"),
        (f"{BEGIN}\n{BEGIN}\n{END}\n", 2, "second block"),
        (f"{BEGIN}\n{END}\n{END}\n", 3, "second time"),
        (f"{END}\n{BEGIN}\n", 1, "before it begins"),
        ("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n", 1, "conflict"),
    ],
)
@pytest.mark.parametrize("crlf", [False, True])
def test_damage_is_refused_with_its_place(text: str, line: int, said: str, crlf: bool) -> None:
    data = text.replace("\n", "\r\n" if crlf else "\n").encode()
    for action in (
        lambda: replace(data, LINES, name="f"),
        lambda: remove(data, "f"),
        lambda: read(data, "f"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            action()
        assert caught.value.message.startswith(f"f:{line}: ")
        assert caught.value.hint


@pytest.mark.parametrize("text", ["*.log\n".encode("utf-16"), "*.log\n".encode("utf-16-le")])
def test_utf_16_is_refused(text: bytes) -> None:
    with pytest.raises(UsageError, match="UTF-8"):
        replace(text, LINES)
