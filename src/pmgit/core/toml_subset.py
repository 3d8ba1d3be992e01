"""The plain part of TOML, read without importing tomllib.

Importing tomllib costs 15 ms, as much as Python's own start, and the commit hook is on every
commit's way. What `pmgit init` writes is plain: tables, text, whole numbers, true and false, and
flat lists of these on one line. Anything else answers None and tomllib, the real reader, is asked.
A test holds the two against each other.
"""

from __future__ import annotations

from pmgit.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_LINE = 10_000
#: For every key, and every part of one, tomllib makes two tables: it took 400 MB for a megabyte of
#: `[a.b.c…]`. For a key of n parts it keeps n²/2 of them, which were 10 GB for 99 such lines.
_KEYS, _PARTS = 20_000, 100

#: A longer line is not what people write by hand, and the reading here would take too long.
_LONGEST = 1000
#: `[tool.pmgit.rules.<rule>]` is the deepest of ours.
_DEEPEST = 8
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def read(data: bytes, source: str, most: int, *, keys: int = _KEYS) -> dict[str, Any]:
    """The document in `data`, the bytes of the file `source`, plain or not.

    Raises UsageError, with the place, when it is not TOML or has more than `most` bytes, or than
    `keys` keys.
    """
    if len(data) > most:
        raise too_large(source, len(data), most)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{source}: not UTF-8 ({error.reason} at byte {error.start})") from None
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            raise UsageError(
                f"{source}: line {number} has {len(line)} characters",
                f"at most {MAX_LINE} are read: write a list on several lines",
            )
    document = loads(text)
    if document is None:
        import tomllib

        _demand_few_keys(text, source, keys)
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            raise UsageError(f"{source}: not valid TOML: {error or 'nested too deeply'}") from None
    return document


def too_large(source: str, size: int, most: int) -> UsageError:
    """The error for a file of `size` bytes, of which at most `most` are read."""
    return UsageError(
        f"{source}: {size} bytes is too large for a configuration", f"at most {most} are read"
    )


def _demand_few_keys(text: str, source: str, most: int) -> None:
    """Raise UsageError for a text that takes tomllib gigabytes; tomllib finds all other faults."""
    import re

    sign = re.compile(r"""["'#\n.=,\[{]""")
    ends = {
        mark: re.compile(end, re.DOTALL)
        for mark, end in (
            ("#", r"\n"), ("'", r"['\n]"), ('"', r'\\.|["\n]'), ("'''", "'{3,5}"),
            ('"""', r'\\.|"{3,5}'),
        )
    }  # fmt: skip
    keys = parts = at = 0
    while found := sign.search(text, at):
        char, at = found[0], found.end()
        if char in ends:
            # Over what is no key: to the end of a comment or a text.
            mark = char * 3 if char != "#" and text.startswith(char * 3, at - 1) else char
            end = ends[mark].search(text, at - 1 + len(mark))
            while end and end[0][0] == "\\":
                end = ends[mark].search(text, end.end())
            at = end.end() if end else len(text)
            continue
        keys += char not in "\n,"
        parts = parts + 1 if char == "." else 0
        if keys > most or parts >= _PARTS:
            line = text.count("\n", 0, at) + 1
            many = f"{most} keys" if keys > most else f"{_PARTS} parts in a key"
            raise UsageError(
                f"{source}: line {line}: more than {many}", "no configuration needs so many"
            )


def loads(text: str) -> dict[str, Any] | None:
    """The document as a dict, or None when it is not plain (or not TOML at all)."""
    document: dict[str, Any] = {}
    table = document
    seen: set[tuple[str, ...]] = set()
    for whole_line in text.replace("\r\n", "\n").split("\n"):
        line = whole_line.strip(" \t")
        if len(line) > _LONGEST:
            return None
        if not line or line[0] == "#":
            if not _ends(line):
                return None
            continue
        if line[0] == "[":
            name, end, rest = line[1:].partition("]")
            keys = tuple(name.split("."))
            if len(keys) > _DEEPEST or keys in seen or not all(map(_is_bare, keys)):
                return None
            if not end or not _ends(rest):
                return None
            seen.add(keys)
            table = document
            for key in keys:
                table = table.setdefault(key, {})
                if not isinstance(table, dict):
                    return None
            continue
        key, _, rest = line.partition("=")
        key = key.rstrip(" \t")
        if not _is_bare(key) or key in table:
            return None
        value, rest = _value(rest.lstrip(" \t"))
        if value is None or not _ends(rest):
            return None
        table[key] = value
    return document


def _is_bare(key: str) -> bool:
    return bool(key) and _BARE.issuperset(key)


def _ends(rest: str) -> bool:
    """Whether only blanks or a comment follow."""
    rest = rest.strip(" \t")
    return not rest or (rest[0] == "#" and rest.isprintable())


def _value(text: str) -> tuple[Any, str]:
    """The value that `text` begins with and what follows it; (None, …) when it is not plain."""
    if text[:1] == "[":
        return _list(text[1:])
    if text[:1] in ('"', "'"):
        if text[:3] in ('"""', "'''"):
            return None, text
        inner, rest = text[1:].split(text[0], 1) if text.count(text[0]) > 1 else (None, text)
        if inner is None or not inner.isprintable() or (text[0] == '"' and "\\" in inner):
            return None, text
        return inner, rest
    size = 0
    while size < len(text) and text[size] in _BARE:
        size += 1
    word, rest = text[:size], text[size:]
    if word in ("true", "false"):
        return word == "true", rest
    # Neither 007 nor ٣ nor 1_000: those are for the real reader.
    if word.isascii() and word.isdigit() and (word == "0" or word[0] != "0") and size < 19:
        return int(word), rest
    return None, text


def _list(text: str) -> tuple[Any, str]:
    found: list[Any] = []
    while True:
        text = text.lstrip(" \t")
        if text[:1] == "]":
            return found, text[1:]
        value, text = _value(text)
        if value is None or isinstance(value, list):
            return None, text
        found.append(value)
        text = text.lstrip(" \t")
        if text[:1] == ",":
            text = text[1:]
        elif text[:1] != "]":
            return None, text
