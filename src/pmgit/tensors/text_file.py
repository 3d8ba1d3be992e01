"""Texts of a model: chat templates, alone or in the configuration of a tokenizer."""

from __future__ import annotations

import json

from pmgit.formats import texts
from pmgit.tensors.contents import FileContents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_LONGEST = 5_000_000


def read_template(reader: Reader, caps: Caps) -> FileContents:
    """A file that is a template."""
    caps.reading(min(reader.size, _LONGEST))
    text = reader.read(0, _LONGEST).decode("utf-8", "replace")
    return FileContents(templates={"chat_template": text})


def read_json(reader: Reader, caps: Caps) -> FileContents:
    """The plain values of a JSON object, and its chat templates."""
    found = FileContents()
    if reader.size > _LONGEST:
        found.notes.append("a JSON text that is too long to read")
        return found
    caps.reading(reader.size)
    try:
        document = json.loads(reader.read(0, reader.size))
    except (ValueError, RecursionError):
        found.notes.append("it is no JSON that can be read")
        return found
    if isinstance(document, dict):
        found.templates = dict(texts.templates_in(document.get("chat_template")))
        for key, value in document.items():
            if key != "chat_template" and isinstance(value, str | int | float):
                # As the file has it: false, not Python's False.
                found.say(key, json.dumps(value) if isinstance(value, bool) else value)
    return found
