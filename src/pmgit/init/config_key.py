"""One key of pmgit's configuration, put into the user's file as a line; all others stay.

Both texts are read then: the new document must be the old one with the key.
"""

from __future__ import annotations

import json
import re

from pmgit.core.config import FILE, PYPROJECT, parse
from pmgit.core.errors import UsageError
from pmgit.gitfiles import block, toml_file

_HEADER = re.compile(r"(?m)^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*pmgit[ \t]*\][ \t]*(#.*)?\r?$\n?")


def put(before: bytes, source: str, key: str, value: str) -> bytes:
    """The text of the configuration `source` with `key = "value"` at its top. Raises UsageError."""
    name = PYPROJECT if source.startswith(PYPROJECT) else FILE
    text, end = before.decode("utf-8"), block.line_end(before).decode()
    begin = 0
    if name == PYPROJECT:
        header = _HEADER.search(text)
        begin = header.end() if header else len(text)
    new = f"{key} = {json.dumps(value, ensure_ascii=False)}"
    try:
        stop = begin + toml_file.first_table(text[begin:])
    except ValueError as error:
        raise UsageError(f"{source}: {error}", f"write {new} into {source}") from None
    line = re.compile(rf"(?m)^([ \t]*{key}[ \t]*=[ \t]*)(\"[^\"\\\n]*\"|'[^'\n]*')")
    found = line.search(text, begin, stop)
    if found:
        instead = f"{found.group(1)}{json.dumps(value, ensure_ascii=False)}"
        at, until = found.span()
    else:
        at = until = _behind_keys(text, begin, stop)
        gap = end if at and text[at - 1] != "\n" else ""
        instead = f"{gap}{new}{end}"
    after = (text[:at] + instead + text[until:]).encode()
    try:
        config, old = parse(after, name), parse(before, name)
        right = config.values == {**old.values, key: value} and config.rules == old.rules
    except UsageError:
        right = False
    if not right:
        raise UsageError(f"{source} does not say {new}", f"write {new} into {source}")
    return after


def _behind_keys(text: str, begin: int, stop: int) -> int:
    """Behind the last line between these places that is neither empty nor a comment."""
    at = place = begin
    for line in text[begin:stop].splitlines(keepends=True):
        at += len(line)
        if line.strip() and not line.lstrip().startswith("#"):
            place = at
    return place
