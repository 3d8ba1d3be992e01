"""Chat templates: Jinja code. A library that loads a tokenizer runs it on the next message.

Templates run in a sandbox that has had holes (CVE-2024-34359 had none at all). What leads to them
has no use in a chat: attributes of Python's inside, filters that reach for attributes by name,
text that spells such a name in escapes, other files.
"""

from __future__ import annotations

import re
import warnings

from pmgit.formats import template_blocks
from pmgit.formats.opinion import (
    BROKEN,
    MOST_FINDINGS,
    UNKNOWN,
    UNSAFE,
    WARN,
    FileFinding,
    short,
)  # fmt: skip
from pmgit.formats.template_names import SLICED, LookedUpNames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Those of models have up to 30,000 characters.
_LONGEST = 120_000
#: Where a part begins, and what matters in one: its strings, and its end.
_BEGIN, _IN_CODE = re.compile(r"\{[{%#]"), re.compile(r"['\"]|%\}|\}\}|[()\[\]{}]")
_ENDS = {"{{": "}}", "{%": "%}"}
_CLOSES = {")": "(", "]": "[", "}": "{"}
_ENDLESS, _OPEN = -1, -2
_RAW = re.compile(r"\{%[-+]?\s*raw\s*-?%\}")
_END_OF_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_NO_CHAT = "a chat template that does not compile"
_STRING = re.compile(r"'(?:\\.|[^'\\])*+'|\"(?:\\.|[^\"\\])*+\"", re.DOTALL)
#: The same, and one that does not end: it is not looked for again at each quote in it.
_STRING_OR_REST = re.compile(
    r"'(?:\\.|[^'\\])*+(?:'|\\?\Z)|\"(?:\\.|[^\"\\])*+(?:\"|\\?\Z)", re.DOTALL
)
_HIDDEN = re.compile(
    r"__[a-z]\w*__|__[a-z]{3,}|\bmro\b|\b(?:func|gi|cr|ag|tb|f)_(?:globals|frame|code|builtins|back|locals)\b"
)
_BY_NAME = re.compile(r"\|\s*attr\b|\|\s*map\s*\(\s*(?!attribute\b|default\b)[A-Za-z_]")
_MAPS_BY_NAME = re.compile(r"\|\s*map\s*\(\s*['\"]attr['\"]")
#: Names of Python's inside that are no special tokens: in capitals (`lower` turns them back).
_OTHER_CASE = re.compile(
    r"__(?:class|mro|bases?|subclasses|globals|builtins|init|import|dict|getattribute|getattr"
    r"|reduce(?:_ex)?|code|self|func|closure|wrapped|loader|spec|call|new)__",
    re.IGNORECASE,
)
#: Text that is put together, and formatted then: `('{0._' ~ '_x}').format(y)`.
_FORMATS_MADE = re.compile(r"''[^'{}]*[)\]]\s*\.\s*format(?:_map)?\s*\(")
#: A field of a text that is formatted: `'{0.__class__}'.format(x)`.
_IN_FORMAT = re.compile(r"\{[^{}]*(?:\.|\[)__\w")
_ESCAPE = re.compile(r"\\(?:x5f|u005f|U0000005f|N\{low line\}|137)", re.IGNORECASE)
_SPELLED = re.compile(r"\\(?:[xuUN0-7]|\r?\n)")
_LOADS, _ASKS_ITS_PROGRAM = "loads another file", "reaches for the program that runs it"
_PUTS_TOGETHER = "looks up a name that it puts together"
_BEHIND_A_WORD = re.compile(r"\[''\s*[+~]\s*\w+\]")
_PLAIN = re.compile(r"['\"](?!func|gi_|cr_|ag_|tb_|mro)[a-z]{4,}(?:_[a-z0-9]+)*_?['\"]")
_ROOTS = ("/", "\\", "~")
#: What Flask, dbt and Jinja itself (`self`, with the blocks of a page) give to templates.
_OF_PROGRAMS = ("config", "request", "url_for", "get_flashed_messages", "self")
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
_INNERMOST = re.compile(r"\{[^{}]*\}")
_PUT_TOGETHER = re.compile(
    r"~|''[\s)]*[%+*|.]|[%+*]\s*''|''\s*''|[|.]\s*(?:join|replace|format|center|reverse|first|last)\b"
    r"|\)\s*[|.]\s*[a-z]"
)
_DEEPEST_SUBSCRIPT = 16
_BRACKET = re.compile(r"[\[\]]")
#: Behind a value stands a subscript, behind these words a list.
#: `x.is[y]` is a subscript of the field `is`.
_LAST_WORD = re.compile(r"(?<![\w.])(?<!\. )\w+$")
_WORDS = frozenset(("in", "if", "else", "elif", "and", "or", "not", "is"))
_LONGEST_WORD = 24


def judge_template(text: str, where: str, *, of_chat: bool = True) -> list[FileFinding]:
    """What speaks against a template; `where` names it, `of_chat` is whether it is sure to be one
    of a chat."""
    if len(text) > _LONGEST:
        return [FileFinding(UNKNOWN, "a chat template that is too long to judge", where=where)]
    found = []
    parts: list[_CodePart] = []
    at = 0
    while begin := _BEGIN.search(text, at):
        raw = _RAW.match(text, begin.start())
        if raw:
            # Nothing between the two is code, and only the end of this ends it.
            behind = _END_OF_RAW.search(text, raw.end())
            at = behind.end() if behind else len(text)
            if not behind:
                found.append(FileFinding(BROKEN, _NO_CHAT, "`raw` without an end", at, where))
            continue
        end = _end(text, begin)
        if end < 0:
            what = "a chat template with a part that does not end"
            verdict = BROKEN if end == _OPEN else WARN
            found.append(FileFinding(verdict, what, offset=begin.start(), where=where))
            end = len(text)
        if begin[0] != "{#":
            parts.append(_CodePart(text[begin.end() : end], begin[0] == "{%", begin.start()))
        at = end + 2
    known = LookedUpNames([(part.bare, part.is_statement) for part in parts])
    if known.is_too_much:
        what = "a chat template with too many variables to follow"
        found.append(FileFinding(UNKNOWN, what, where=where))
    wrong = template_blocks.unbalanced(part.bare for part in parts if part.is_statement)
    if wrong:
        found.append(FileFinding(BROKEN, _NO_CHAT, wrong, where=where))
    for part in parts:
        for why, evidence in _reasons(part, known):
            if of_chat or not _is_usual(part, why, evidence):
                what = f"a chat template that {why}"
                found.append(FileFinding(UNSAFE, what, short(evidence), part.begin, where))
                break
        if len(found) > MOST_FINDINGS:
            break
    return found


def _is_usual(part: _CodePart, why: str, evidence: str) -> bool:
    """Whether that is usual in templates of pages and configurations: they are put together from
    files beside them, and ask the program that runs them for its settings."""
    if why == _LOADS:
        names = [one[1:-1].strip() for one in part.strings]
        return not any(one.startswith(_ROOTS) or ".." in one or ":" in one for one in names)
    if why == _PUTS_TOGETHER:
        # `hostvars[host]['ansible_' + interface]`: it begins as nothing of Python's inside does.
        return bool(_BEHIND_A_WORD.fullmatch(evidence)) and all(map(_PLAIN.fullmatch, part.strings))
    return why == _ASKS_ITS_PROGRAM and evidence.startswith(_OF_PROGRAMS)


class _CodePart:
    """The code of a part: as it is, and without what is in its strings; where it begins."""

    __slots__ = ("bare", "begin", "code", "is_statement", "strings")

    def __init__(self, code: str, is_statement: bool, begin: int) -> None:
        self.code = code
        self.is_statement = is_statement
        self.begin = begin
        self.strings = _STRING_OR_REST.findall(code)
        self.bare = _STRING_OR_REST.sub("''", code)


def _end(text: str, begin: re.Match[str]) -> int:
    """Where the part ends that begins here, outside of its strings and brackets; _ENDLESS when it
    does not end, _OPEN when a bracket in it does not.

    As Jinja reads it: in brackets `}}` ends two of them. Text is passed over once, whatever it is.
    """
    if begin[0] == "{#":
        return text.find("#}", begin.end())
    at = begin.end()
    opened: list[str] = []
    while mark := _IN_CODE.search(text, at):
        if mark[0] == _ENDS[begin[0]] and not opened:
            return mark.start()
        one = mark[0][0]
        at = mark.start() + 1
        if one in "'\"":
            string = _STRING.match(text, mark.start())
            if string is None:
                return _ENDLESS
            at = string.end()
        elif one in _CLOSES and (not opened or opened.pop() != _CLOSES[one]):
            return _OPEN
        elif one in "([{":
            opened.append(one)
    return _OPEN if opened else _ENDLESS


def _reasons(part: _CodePart, known: LookedUpNames) -> Iterator[tuple[str, str]]:
    """Why a part of a template is no part of a chat, and what shows it."""
    code, bare, strings = part.code, part.bare, part.strings
    statement = _OTHER_FILE.match(bare.strip()) if part.is_statement else None
    if statement:
        yield _LOADS, statement[1]
    far = template_blocks.counts_far(bare)
    if far:
        yield "counts on and on", far
    escape = next((s for s in strings if _ESCAPE.search(s)), "")
    if escape:
        yield "spells a name in escapes", escape
    hidden = _HIDDEN.search(bare)
    if hidden:
        yield "reaches for the inside of Python", hidden[0]
    for written in strings:
        text = _read(written)
        hidden = _HIDDEN.search(text)
        # Special tokens look like it (`<__media__>`), and are no subscript.
        if hidden and (re.fullmatch(r"['\"]\s*[\w.]*\s*['\"]", text) or _IN_FORMAT.search(text)):
            yield "reaches for the inside of Python", written
        spelled = _OTHER_CASE.search(text)
        if spelled and not spelled[0].islower():
            yield "reaches for the inside of Python", written
    made = _FORMATS_MADE.search(bare)
    if made:
        yield _PUTS_TOGETHER, made[0]
    pieces = _PIECES.search(code)
    if pieces:
        yield "puts a hidden name together", pieces[0]
    subscripts, computed = _subscripts(bare)
    computed = computed or known.looked_up(bare, subscripts)
    if computed:
        yield _PUTS_TOGETHER, computed
    by_name = _BY_NAME.search(bare) or _MAPS_BY_NAME.search(code)
    if by_name:
        yield "reaches for an attribute by its name", by_name[0]
    for reach in _REACHES.finditer(bare):
        is_own = reach[2] in known.macros and bare[: reach.start()].rstrip()[-1:] != "."
        if not is_own:
            yield _ASKS_ITS_PROGRAM, reach[0]


def _read(text: str) -> str:
    """A string as Jinja reads it, where more is spelled in escapes than the ends of lines."""
    if not _SPELLED.search(text):
        return text
    with warnings.catch_warnings():
        # Of a backslash before a letter that needs none Python warns, and Jinja does not.
        warnings.simplefilter("ignore")
        try:
            return text.encode("ascii", "backslashreplace").decode("unicode-escape")
        except UnicodeDecodeError:
            return text  # no template of this compiles


def _is_slice(inner: str) -> bool:
    """Whether a subscript is a part of a text or list, `x[: n]`: a dictionary has a colon, too."""
    while (without := _INNERMOST.sub("", inner)) != inner:
        inner = without
    return ":" in inner and "{" not in inner


def _subscripts(bare: str) -> tuple[list[str], str]:
    """What stands in subscripts, and the first with a text that is put together in it ('': none).
    `bare` has no texts. What is in a subscript of a subscript is no part of the outer one."""
    every: list[str] = []
    # For each bracket that is open, what stands in it so far, and whether it is a subscript.
    opened: list[tuple[list[str], bool]] = [([], False)]
    at, bare = 0, " ".join(bare.split())
    for bracket in _BRACKET.finditer(bare):
        opened[-1][0].append(bare[at : bracket.start()])
        at = bracket.end()
        if bracket[0] == "[":
            tail = bare[max(0, bracket.start() - _LONGEST_WORD) : bracket.start()].rstrip()
            is_value = tail[-1:].isalnum() or tail[-1:] in tuple("_])'}")
            word = _LAST_WORD.search(tail)
            opened.append(([], is_value and not (word and word[0] in _WORDS)))
            if len(opened) > _DEEPEST_SUBSCRIPT:
                return every, "subscripts in subscripts"
        elif len(opened) > 1:
            pieces, is_subscript = opened.pop()
            inner = "".join(pieces)
            if not is_subscript:
                opened[-1][0].append(f"[{inner}]")
                continue
            if _is_slice(inner):
                opened[-1][0].append(SLICED)
                continue
            every.append(inner)
            is_put = SLICED in inner or _PUT_TOGETHER.search(inner)
            if "~" in inner or ("''" in inner and is_put):
                return every, f"[{inner}]"
    return every, ""
