"""One key of pmgit's configuration, put into the user's file as a line; all others stay.

Both texts are read then: the new document must be the old one with the key.
"""

from __future__ import annotations

import json
import re

from pmgit.config import FILE, PYPROJECT, parse
from pmgit.errors import UsageError
from pmgit.setup import block
from pmgit.setup.hooks import toml_text
from pmgit.setup.hooks.hook_config import Change

_HEADER = re.compile(r"(?m)^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*pmgit[ \t]*\][ \t]*(#.*)?\r?$\n?")


def put(before: bytes, source: str, key: str, value: str) -> Change:
    """The configuration `source` with `key = "value"` at its top. Raises UsageError."""
    name = PYPROJECT if source.startswith(PYPROJECT) else FILE
    text, end = before.decode("utf-8"), block.line_end(before).decode()
    begin = 0
    if name == PYPROJECT:
        header = _HEADER.search(text)
        begin = header.end() if header else len(text)
    stop = begin + toml_text.layout(text[begin:], key).first_table
    line = re.compile(rf"(?m)^([ \t]*{key}[ \t]*=[ \t]*)(\"[^\"\\\n]*\"|'[^'\n]*')")
    found = line.search(text, begin, stop)
    new = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    if found:
        was, instead = found.group(), f"{found.group(1)}{json.dumps(value, ensure_ascii=False)}"
        at, until = found.span()
    else:
        at = until = _behind_keys(text, begin, stop)
        gap = end if at and text[at - 1] != "\n" else ""
        was, instead = "", f"{gap}{new}{end}"
    after = (text[:at] + instead + text[until:]).encode()
    try:
        config, old = parse(after, name), parse(before, name)
        right = config.values == {**old.values, key: value} and config.rules == old.rules
    except UsageError:
        right = False
    if not right:
        raise UsageError(f"{source} does not say {new}", f"write {new} into {source}")
    return Change(before, after, [instead], [was])


def _behind_keys(text: str, begin: int, stop: int) -> int:
    """Behind the last line between these places that is neither empty nor a comment."""
    at = place = begin
    for line in text[begin:stop].splitlines(keepends=True):
        at += len(line)
        if line.strip() and not line.lstrip().startswith("#"):
            place = at
    return place
