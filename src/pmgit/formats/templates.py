"""Chat templates: Jinja code. A library that loads a tokenizer runs it on the next message.

Templates run in a sandbox that has had holes (CVE-2024-34359 had none at all). What leads to them
has no use in a chat: attributes of Python's inside, filters that reach for attributes by name,
text that spells such a name in escapes, other files.
"""

from __future__ import annotations

import re

from pmgit.formats.opinion import MOST_FINDINGS, UNKNOWN, UNSAFE, WARN, FileFinding, short

_LONGEST = 2_000_000
#: Where a part begins, and what matters in one: its strings, and its end.
_BEGIN, _IN_CODE = re.compile(r"\{[{%#]"), re.compile(r"['\"]|%\}|\}\}")
_ENDS = {"{{": "}}", "{%": "%}"}
_STRING = re.compile(r"'(?:\\.|[^'\\])*+'|\"(?:\\.|[^\"\\])*+\"", re.DOTALL)
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
#: A name of Python's inside, put together from pieces. One `_` between words is no piece of one.
_PIECES = re.compile(
    r"['\"]_['\"]\s*\*\s*\d|['\"]_['\"]\s*[~+,]\s*['\"]_['\"]|['\"]__(?:[a-z]\w*)?['\"]\s*[~+]"
    r"|[~+]\s*['\"](?:\w*[a-z])?__['\"]|\bformat\s*\([^)]{0,200}\b95\b"
)


#: What puts a text together, in a subscript: `x['_' ~ 'y']`, `x['%s' % y]`, `x['a' 'b']`. A chat
#: looks up what it is called, and numbers.
_PUT_TOGETHER = re.compile(
    r"~|''\s*[%+*|.]|[%+*]\s*''|''\s*''|[|.]\s*(?:join|replace|format|center|reverse|first|last)\b"
)
#: The innermost subscripts; a list has no value before it.
_DEEPEST_SUBSCRIPT = 16
_SUBSCRIPT = re.compile(r"(?<=[\w\])'}])\[([^\[\]]*)\]")


def judge_template(text: str, where: str) -> list[FileFinding]:
    """What speaks against a template; `where` names it."""
    if len(text) > _LONGEST:
        return [FileFinding(UNKNOWN, "a chat template that is too long to judge", where=where)]
    found = []
    at = 0
    while begin := _BEGIN.search(text, at):
        end = _end(text, begin)
        if end < 0:
            what = "a chat template with a part that does not end"
            found.append(FileFinding(WARN, what, offset=begin.start(), where=where))
            end = len(text)
        if begin[0] != "{#":
            code = text[begin.end() : end]
            why, evidence = _reason(code, begin[0] == "{%")
            if why:
                what = f"a chat template that {why}"
                found.append(FileFinding(UNSAFE, what, short(evidence), begin.start(), where))
        at = end + 2
        if len(found) > MOST_FINDINGS:
            break
    return found


def _end(text: str, begin: re.Match[str]) -> int:
    """Where the part ends that begins here, outside of its strings; -1 when it does not end.

    Text is passed over once, whatever it is.
    """
    if begin[0] == "{#":
        return text.find("#}", begin.end())
    at = begin.end()
    while mark := _IN_CODE.search(text, at):
        if mark[0] == _ENDS[begin[0]]:
            return mark.start()
        at = mark.end()
        if mark[0] in "'\"":
            string = _STRING.match(text, mark.start())
            if string is None:
                return -1
            at = string.end()
    return -1


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
    computed = _computed_subscript(bare)
    if computed:
        return "looks up a name that it puts together", computed
    by_name = _FILTER.search(bare)
    if by_name and by_name[1] == "attr":
        return "reaches for an attribute by its name", by_name[0]
    reach = _REACHES.search(bare)
    if reach:
        return "reaches for the program that runs it", reach[0]
    return "", ""


def _computed_subscript(bare: str) -> str:
    """The first subscript by a text that is put together; '' without one. `bare` has no texts."""
    for _ in range(_DEEPEST_SUBSCRIPT):
        found = list(_SUBSCRIPT.finditer(bare))
        if not found:
            return ""
        for one in found:
            if "~" in one[1] or ("''" in one[1] and _PUT_TOGETHER.search(one[1])):
                return one[0]
        # The next ones around these: what is in a subscript has been looked at.
        bare = _SUBSCRIPT.sub("", bare)
    return "subscripts in subscripts"
