"""Names that a chat template looks up, where they come through variables.

`x[name]` and `x | map(attribute=name)` reach for whatever the text in `name` says, Python's inside
too. A chat looks up keys that are written down, or that it was given. A name that is put together
hides what it says: it is followed through `set` (of a block and of a namespace too), `with`, `for`,
the arguments of macros, and what macros return.
"""

from __future__ import annotations

import re

_NAME = re.compile(r"(?<![\w.|'])(?:\|\s*)?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
_OWNER = re.compile(r"(?<![\w.|'])([A-Za-z_]\w*)\.\w+\(")
_SPACES = re.compile(r" ?([.|(]) ?")
_SET = re.compile(r"[-+]?\s*set\s+([\w.,\s]+?)\s*=(?!=)(.*)", re.DOTALL)
_SET_BLOCK = re.compile(r"[-+]?\s*set\s+([\w.]+)\s*(?:\|[^=]*)?")
_FOR = re.compile(r"[-+]?\s*for\s+([\w,\s]+?)\s+in\s+(.*)", re.DOTALL)
_MACRO = re.compile(r"[-+]?\s*macro\s+(\w+)\s*\((.*)\)", re.DOTALL)
_WITH = re.compile(r"[-+]?\s*with\s+(.*)", re.DOTALL)
_NAMESPACE = re.compile(r" ?namespace\((.*)\)")
_PAIR = re.compile(r"(\w+)\s*=(?!=)([^,]+)")
#: What puts a text together whatever it is, and what does where one side is a text.
_PUTS = re.compile(r"~|''\s*[+*%]|[+*%]\s*''|''\s*''|[|.](?:join|format|center|reverse|replace)\b")
_ADDS = re.compile(
    r"\+(?!\s*\[)|[*%]|[|.](?:sort|list|batch|lower|upper|swapcase|casefold|title|capitalize|translate"
    r"|ljust|rjust|zfill|removeprefix|removesuffix|expandtabs|striptags|encode|decode|r?partition)\b"
)
#: A part of a text, `s[1::2]`; and what stands for one in a subscript.
_SLICE, SLICED = re.compile(r"\[[^\[\]{}]*:[^\[\]{}]*\]"), "[/]"
#: What is taken from a text by another one: the text of a chat stays that of the chat.
_BY_TEXT = re.compile(
    r"[|.](?:split|rsplit|strip|lstrip|rstrip|trim|startswith|endswith|find|count)\([^()]*\)"
)
_MAKES_TEXT = re.compile(r"''|\|(?:string|tojson|pprint|urlencode|escape)\b")
#: A number, a part of a list, an answer.
_NO_NAME = re.compile(r"\|(?:length|count|int|float|abs|round)\b|[:<>]|==|\bis\b")
#: Texts of the tokenizer, which lie beside the template.
_TOKEN = re.compile(r"\w+_tokens?")
_LOOKS_UP = re.compile(r"\|(?:map|selectattr|rejectattr|groupby|sort|sum|unique|min|max)\s*\(")
_BRACES = re.compile(r"\{[^{}]*\}")
_PAREN = re.compile(r"[()]")
#: A text with a filter or a method, or a part of it.
_OF_A_TEXT = re.compile(r"''\)*(?:[|.]|\[[^\]]*:)|''[^',=]*\)[|.]")
_FORMATS = re.compile(r"(?<![\w.])([\w.]+?)\.format(?:_map)?\(")
_CALL = re.compile(r"(?<![\w.|])(\w+)\(")
#: What stands in a `call` block, as a text.
_CALLER = "caller"
#: So many values are followed, and looks are taken at them; a chat has hundreds.
_MOST_VALUES, _MOST_LOOKS = 10_000, 50_000
#: More filters in one part than any has, and longer arguments.
_MOST_ASKED, _LONGEST_ARGUMENTS = 100, 1000


class LookedUpNames:
    """The variables of a template that hold texts which are put together.

    `parts` are the code of each part, without what is in its strings, and whether it is a
    statement. `macros` are those of the template, with the names of their arguments.
    """

    def __init__(self, parts: list[tuple[str, bool]]) -> None:
        self._texts: set[str] = set()
        self._made: set[str] = set()
        self.macros: dict[str, list[str]] = {}
        plain = [(_tight(code), is_statement) for code, is_statement in parts]
        values = [
            one for code, is_statement in plain if is_statement for one in self._assigned(code)
        ]
        values += [one for code, _ in plain for one in self._called(code)]
        known = [(names, value, _names(value)) for names, value in values]
        self.is_too_much = len(known) > _MOST_VALUES
        for _ in range(0 if self.is_too_much else _MOST_LOOKS // (len(known) or 1)):
            before = len(self._texts) + len(self._made)
            for names, value, used in known:
                if _MAKES_TEXT.search(_BY_TEXT.sub("", value)) or used & self._texts:
                    self._texts.update(names)
                if self._is_made(value, used):
                    self._made.update(names)
            if len(self._texts) + len(self._made) == before:
                break
        else:
            self.is_too_much = True

    def _assigned(self, code: str) -> list[tuple[list[str], str]]:
        """The names that a statement sets, each with what it is set to."""
        if macro := _MACRO.match(code):
            self.macros[macro[1]] = [one.partition("=")[0].strip() for one in macro[2].split(",")]
        elif loop := _FOR.match(code):
            return [(_listed(loop[1]), loop[2])]
        elif block := _SET_BLOCK.fullmatch(code.rstrip("-+ \n")):
            self._made.add(block[1])
        elif one := _SET.match(code):
            name, made = one[1].strip(), _NAMESPACE.match(one[2])
            fields = _PAIR.findall(made[1]) if made else []
            return [
                (_listed(name), one[2]), *(([f"{name}.{key}"], value) for key, value in fields),
            ]  # fmt: skip
        elif pairs := _WITH.match(code):
            return [([name], value) for name, value in _PAIR.findall(pairs[1])]
        return []

    def _called(self, code: str) -> list[tuple[list[str], str]]:
        """What macros are called with: any value may go to any of the names."""
        return [
            (self.macros[name], code[at : code.find(")", at)])
            for name, at in _calls(code)
            if name in self.macros and not _MACRO.match(code)
        ]

    def _is_made(self, value: str, used: frozenset[str]) -> bool:
        if _SLICE.search(value) and ("''" in value or used & self._texts):
            return True
        if _NO_NAME.search(value) and "''" not in value:
            return False
        return (
            bool(used & self._made)
            or any(_TOKEN.fullmatch(name) for name in used)
            or bool(_PUTS.search(value))
            or (bool(used & self._texts) and bool(_ADDS.search(value)))
            or any(name in self.macros or name == _CALLER for name, _ in _calls(value))
        )

    def looked_up(self, code: str, subscripts: list[str]) -> str:
        """The first name in a part that is put together somewhere else; '' without one.
        `subscripts` are those of the part."""
        code = _tight(code)
        asked = []
        for one in _LOOKS_UP.finditer(code):
            asked.append(_arguments(code, one.end()))
            if len(asked) > _MOST_ASKED:
                return asked[-1]
        for inner in asked:
            if _OF_A_TEXT.search(inner):
                return inner
        for inner in [*map(_tight, subscripts), *asked]:
            used = _names(inner)
            is_name = not _NO_NAME.search(_BRACES.sub("", inner))
            if used and is_name and self._is_name(inner, used):
                return inner
        formats = [str(one) for one in _FORMATS.findall(code)]
        return next((one for one in formats if one in self._made), "")

    def _is_name(self, inner: str, used: frozenset[str]) -> bool:
        return (
            bool(used & self._made)
            or any(_TOKEN.fullmatch(name) for name in used)
            or (
                bool(used & self._texts)
                and bool(_PUTS.search(inner) or _ADDS.search(inner) or SLICED in inner)
            )
            or any(name in self.macros or name == _CALLER for name, _ in _calls(inner))
        )


def _tight(code: str) -> str:
    """The code with one blank where there are some, and none around points and bars: patterns
    would take for ever for very many."""
    return _SPACES.sub(r"\1", " ".join(code.split()))


def _arguments(code: str, begin: int) -> str:
    """What stands in parentheses that are open at a place."""
    deep = 1
    for one in _PAREN.finditer(code, begin, begin + _LONGEST_ARGUMENTS):
        deep += 1 if one[0] == "(" else -1
        if not deep:
            return code[begin : one.start()]
    return code[begin : begin + _LONGEST_ARGUMENTS]


def _calls(code: str) -> list[tuple[str, int]]:
    """The functions that are called, and where their arguments begin."""
    return [(call[1], call.end()) for call in _CALL.finditer(code)]


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _names(value: str) -> frozenset[str]:
    """The variables in an expression, and fields of them; no filters. Of a method, whose it is."""
    found = frozenset(one for one in _NAME.findall(value) if not one.startswith("|"))
    return found | frozenset(_OWNER.findall(value))
