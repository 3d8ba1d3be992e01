"""Texts that regular expressions have no end with: every reader of foreign text is done at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pmgit.formats.reader import BytesReader
from pmgit.licenses.expression import read
from pmgit.model import card, info_file, naming, repo_id
from pmgit.report.redact import redact
from pmgit.report.text import visible
from pmgit.scan.scanned import judge_content
from pmgit.symptoms import match

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS = (
    "a", "1.", "-", "_-", "a-", "../", "[", "(", "<!--", "`", "{{", "|attr", "a@", "https://a:",
    "https://", "token=", "?key=", "Bearer ", "authorization:", "hf_", "\n", " \t", "::", "##[",
    "and ", "or (", "a b ", "é", "\u202e", "version https://git-lfs", "**Source**: ", "<", "&a;",
)  # fmt: skip
#: Seconds of CPU for 100,000 characters; the slowest takes a fifth of it.
MOST = 1.0


def judged(name: str) -> Callable[[str], object]:
    return lambda text: judge_content(BytesReader(text.encode()), name)


READERS: dict[str, Callable[[str], object]] = {
    "plain_form": naming.plain_form,
    "is_plain": naming.is_plain,
    "in_hub_alphabet": naming.in_hub_alphabet,
    "redact": redact,
    "visible": visible,
    "info_file": lambda text: info_file.parse(text.encode()),
    "card": lambda text: card.read(f"---\nlicense: {text}\n---\n".encode()),
    "license": read,
    "explain": match.find,
    "mentioned": repo_id.mentioned,
    "template": judged("chat_template.jinja"),
    "a text": judged("model.bin"),
    "json": judged("config.json"),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_text_is_without_end(reader: str) -> None:
    read_text, slow = READERS[reader], {}
    for unit in UNITS:
        text = (unit * 100_000)[:100_000] + "!"
        begun = time.process_time()
        read_text(text)
        took = time.process_time() - begun
        if took > MOST:
            slow[unit] = took
    assert slow == {}
