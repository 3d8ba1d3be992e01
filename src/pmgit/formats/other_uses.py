"""Texts that have a name of weights from elsewhere: page templates (`.pt`), paths (`.pth`).

Python's unpickler stops at the first byte of each of these texts, so nothing in them can run.
"""

from __future__ import annotations

import re

from pmgit.formats import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.reader import Reader

#: What only page templates have; and a path, which is no address.
_OF_TEMPLATE = re.compile(rb"\s*<(?s:.*?)(?<=[\s<])(?:tal|metal|i18n):[a-z]")
_PATH = re.compile(rb"\s*|(?!\S*://)(?=\S*[./\\])[\w./\\~:@+-]+")
_BEGINS = (b"./", b"../", b"/", b"~")
_LONGEST_TEXT = 100_000


def is_one(kind: str, suffix: str, reader: Reader) -> bool:
    """Whether a text is a page template of Zope, Pyramid or Plone, or a list of paths for Python's
    `site`.

    Such a list may have lines that Python runs, too; one with these does not count.
    """
    if suffix == ".pt":
        return bool(_OF_TEMPLATE.match(reader.read(0, _LONGEST_TEXT)))
    if kind == names.TEXT and reader.size <= _LONGEST_TEXT:
        lines = reader.read(0, reader.size).splitlines()
        return lines[0].startswith(_BEGINS) and all(map(_PATH.fullmatch, lines))
    return False
