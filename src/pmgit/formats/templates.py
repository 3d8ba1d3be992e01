"""Chat templates: Jinja, which whoever loads a tokenizer runs on the next message.

Templates run in a sandbox that has had holes (CVE-2024-34359 had none at all). What leads to them
has no use in a chat: attributes of Python's inside, filters that reach for attributes by name,
text that spells such a name in escapes, other files.
"""

from __future__ import annotations

import re

from pmgit.formats.opinion import UNKNOWN, UNSAFE, WARN, FileFinding, short

_LONGEST = 2_000_000
#: Comments, and the parts that are code; between them stands text.
_PARTS = re.compile(r"\{#.*?#\}|\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_HIDDEN = re.compile(
    r"__[a-z]\w*__|__[a-z]{3,}|\bmro\b|\b(?:func|gi|cr|ag|f)_(?:globals|frame|code|builtins)\b"
)
_FILTER = re.compile(r"\|\s*(attr|map|selectattr|rejectattr|groupby|sort|sum|unique|min|max)\b")
_ESCAPE = re.compile(r"\\(?:x5f|u005f|U0000005f|N\{low line\}|137)", re.IGNORECASE)
_OTHER_FILE = re.compile(r"^-?\s*(include|import|from|extends)\b")
_REACHES = re.compile(
    r"\b(os|sys|subprocess|builtins|importlib|posix)\s*(?:\.|\[)|\b(popen|eval|exec|__import__|globals|"
    r"getattr|open)\s*\(|\b(lipsum|cycler|joiner|config|request|url_for|get_flashed_messages|self)"
    r"\s*(?:\.|\[)"
)
#: A name of Python's inside, put together from pieces.
_PIECES = re.compile(r"['\"]_{1,2}['\"]\s*(?:\*|~|\+|\|\s*join|,)|['\"]_{2}(?:[a-z]\w*)?['\"]")


def judge_template(text: str, where: str) -> list[FileFinding]:
    """What speaks against a template; `where` names it."""
    if len(text) > _LONGEST:
        return [FileFinding(UNKNOWN, "a chat template that is too long to judge", where=where)]
    found = []
    rest = _PARTS.sub("", text)
    if "{{" in rest or "{%" in rest:
        found.append(
            FileFinding(WARN, "a chat template with a part that does not end", where=where)
        )
    for part in _PARTS.finditer(text):
        code = part[1] if part[1] is not None else part[2]
        if code is None:
            continue
        why, evidence = _reason(code, part[2] is not None)
        if why:
            text = f"a chat template that {why}"
            found.append(FileFinding(UNSAFE, text, short(evidence), part.start(), where))
    return found


def _reason(code: str, is_statement: bool) -> tuple[str, str]:
    """Why a part of a template is no part of a chat, and what shows it; '' when it is one."""
    strings = _STRING.findall(code)
    bare = _STRING.sub("''", code)
    statement = _OTHER_FILE.match(bare.strip()) if is_statement else None
    if statement:
        return "loads another file", statement[1]
    escape = next((s for s in strings if _ESCAPE.search(s)), "")
    if escape:
        return "spells a name in escapes", escape
    hidden = _HIDDEN.search(bare)
    if hidden:
        return "reaches for the inside of Python", hidden[0]
    for text in strings:
        hidden = _HIDDEN.search(text)
        # Special tokens look like it (`<__media__>`), and are no subscript.
        if hidden and re.fullmatch(r"['\"]\s*[\w.]*\s*['\"]", text):
            return "reaches for the inside of Python", text
    pieces = _PIECES.search(code)
    if pieces:
        return "puts a hidden name together", pieces[0]
    by_name = _FILTER.search(bare)
    if by_name and by_name[1] == "attr":
        return "reaches for an attribute by its name", by_name[0]
    reach = _REACHES.search(bare)
    if reach:
        return "reaches for the program that runs it", reach[0]
    return "", ""
