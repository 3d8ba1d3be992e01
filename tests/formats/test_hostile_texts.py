"""Texts that ask a reader to look at everything again and again."""

from __future__ import annotations

import time

import pytest

from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from tests.bounds import FOR_EVER

_NET = b'<?xml version="1.0"?>\n<net name="m" version="11">'
_MANY = 150_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("blanks.xml", _NET + b"<a" + b" " * _MANY + b"</net>"),
        ("letters.xml", _NET + b'<a offset="0" ' + b"a" * _MANY + b"></net>"),
        (
            "inserted.yaml",
            b"".join(b"a%d: {_target_: '${b%d}'}\nb%d: x.y\n" % (n, n, n) for n in range(5000))
            + b"".join(b"c%d: x.y%d\n" % (n, n) for n in range(5000)),
        ),
    ],
)
def test_a_text_is_passed_over_once(name: str, content: bytes) -> None:
    begin = time.process_time()

    judge_content(BytesReader(content), name)

    assert time.process_time() - begin < FOR_EVER
