"""pmgit's entry in the configuration of pre-commit or prek, put in as lines of text.

A YAML writer would lose the comments, the anchors and the order of the user's file. So the place
is found with PyYAML's scanner, lines are put in there, and then both texts are read: the new
document must be the old one plus the entry. Into a list in flow style (`repos: []`) the entry goes
in flow style. What cannot be extended (a file that does not parse) is refused, with the snippet to
paste. An entry is exchanged only where it stands as pmgit writes it, to the letter: what somebody
has changed is theirs. `prek_config` does the same for `prek.toml`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pmgit.errors import UsageError
from pmgit.setup import block
from pmgit.setup.hooks import framework_files
from pmgit.setup.hooks.entry import STAGES, Entry

TYPES = "default_install_hook_types"

#: What YAML takes for text without quotes, in flow style too.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/@+-")


class NotExtendableError(UsageError):
    """The file cannot be extended by lines; `snippet` is what a person pastes into it."""

    def __init__(self, name: str, why: str, snippet: str) -> None:
        super().__init__(
            f"{name}: {why}, so pmgit's entry cannot be put in line by line",
            f"put the entry that is printed above into {name} yourself, then run it again",
        )
        self.snippet = snippet


@dataclass
class Change:
    """The file before (None: there is none) and after (empty: nothing is left of it).

    `added` are the texts that were put in, `removed` what stood in the place of each before.
    `present` tells that an entry of pmgit is there already: then nothing is added.
    """

    before: bytes | None
    after: bytes
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    present: bool = False


def lines(entry: Entry, indent: str = "  ") -> str:
    """The lines of the entry; `indent` stands before the dash."""
    (hook,) = entry.item["hooks"]
    repo = [f"{key}: {_flow(value)}" for key, value in entry.item.items() if key != "hooks"]
    inner = [f"{key}: {_flow(value)}" for key, value in hook.items()]
    text = _under("- ", repo) + "  hooks:\n" + _under("    - ", inner)
    return "".join(f"{indent}{line}\n" for line in text.splitlines())


def _under(dash: str, pairs: list[str]) -> str:
    return "".join(f"{' ' * len(dash) if at else dash}{pair}\n" for at, pair in enumerate(pairs))


def flow(entry: Entry) -> str:
    """The entry in flow style, on one line."""
    return _flow(entry.item)


def _flow(value: Any) -> str:
    """A value in flow style, with quotes only where it would be read as something else."""
    from yaml import safe_load

    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.issuperset(value) and safe_load(value) == value:
        return value
    return json.dumps(value)


def snippet(entry: Entry) -> str:
    """The whole of a new file."""
    return f"{_types()}repos:\n{lines(entry)}"


def plan(before: bytes | None, entry: Entry, name: str = framework_files.YAML) -> Change:
    """The YAML file called `name` with the entry. Raises NotExtendableError."""
    whole = snippet(entry)
    if before is None or not before.strip():
        return Change(before, (before or b"") + whole.encode(), [whole])
    if (behind := _behind_comments(before, name, whole)) is not None:
        return Change(before, before + behind.encode(), [behind])
    document, text = _read(before, name, whole)
    if framework_files.has_entry(document):
        return Change(before, before, present=True)
    found = _find(text)
    if found is None:
        raise NotExtendableError(name, "`repos` is not a plain list", whole)
    end = block.line_end(before).decode()
    if found.flow:
        comma = "" if text[: found.end].rstrip()[-1] in "[," else ", "
        ours = comma + flow(entry)
    else:
        ours = lines(entry, " " * found.dash).replace("\n", end)
    types = ""
    if TYPES not in document:
        types = " " * found.key_column + _types().replace("\n", end)
    above, items, below = text[: found.key], text[found.key : found.end], text[found.end :]
    if not items.endswith("\n") and not found.flow:
        items += end
    after = (above + types + items + ours + below).encode()
    wanted = {TYPES: list(STAGES), **document, "repos": [*document["repos"], entry.item]}
    if not is_just(after, wanted, name):
        raise NotExtendableError(name, "its layout is unusual", whole)
    return Change(before, after, [types, ours] if types else [ours])


def exchange(before: bytes, old: Entry, new: Entry | None, name: str) -> Change | None:
    """The file with `new` in the place of `old` (None: without it); None where that does not stand
    there as pmgit writes it.
    """
    document, text = _read(before, name, snippet(old))
    found, end = _find(text), block.line_end(before).decode()
    at = [at for at, item in enumerate(document["repos"]) if item == old.item]
    if found is None or len(at) != 1:
        return None
    repos = list(document["repos"])
    repos[at[0] : at[0] + 1] = [] if new is None else [new.item]
    wanted = {**document, "repos": repos}
    for was, instead in _ways(old, new, found, end):
        after = text.replace(was, instead)
        if text.count(was) != 1:
            continue
        if not after.strip():
            return Change(before, b"", removed=[was])
        # Comments alone are left where there was nothing else before.
        if is_just(after.encode(), wanted, name) or (
            not repos and is_just(after.encode(), None, name)
        ):
            return Change(before, after.encode(), [instead], [was])
    return None


def _ways(old: Entry, new: Entry | None, found: _Place, end: str) -> list[tuple[str, str]]:
    """The texts that hold the old entry, each with what comes in its place; the first counts."""
    if found.flow:
        if new is not None:
            return [(flow(old), flow(new))]
        return [(text, "") for text in (f", {flow(old)}", f"{flow(old)}, ", flow(old))]
    indent = " " * found.dash
    ours = lines(old, indent).replace("\n", end)
    if new is not None:
        return [(ours, lines(new, indent).replace("\n", end))]
    # A list with nothing in it is no list any more.
    whole = snippet(old).replace("\n", end)
    return [(whole, ""), (ours, ""), (f"repos:{end}{ours}", f"repos: []{end}")]


def _behind_comments(before: bytes, name: str, whole: str) -> str | None:
    """What goes behind a file that holds nothing but comments; None when it holds more."""
    end = block.line_end(before).decode()
    added = ("" if before.endswith(b"\n") else end) + whole.replace("\n", end)
    try:
        if framework_files.load(before, name) is not None:
            return None
        right = framework_files.load(before + added.encode(), name)
        return added if right == framework_files.load(whole.encode(), name) else None
    except ValueError:
        return None


def without(text: bytes, added: list[str], removed: list[str] | None = None) -> bytes | None:
    """`text` without what was added, and with what it took the place of; None when what was added
    is not there as it was.
    """
    before = removed or [""] * len(added)
    for part, instead in reversed(list(zip(added, before, strict=True))):
        data = part.encode()
        if not data or text.count(data) != 1:
            return None
        text = text.replace(data, instead.encode())
    return text


def _types() -> str:
    return f"{TYPES}: [{', '.join(STAGES)}]\n"


def _read(data: bytes, name: str, whole: str) -> tuple[dict[str, Any], str]:
    """The document and its text."""
    try:
        document = framework_files.load(data, name)
    except ValueError as error:
        raise NotExtendableError(name, f"it is {error}", whole) from None
    if not isinstance(document, dict) or not isinstance(document.get("repos"), list):
        raise NotExtendableError(name, "it has no list `repos`", whole)
    return document, data.decode("utf-8")


@dataclass
class _Place:
    """Where `repos` is: the index of its line and its column, the dashes' column, its end.

    In flow style there are no dashes, and the end is the closing bracket.
    """

    key: int
    key_column: int
    dash: int
    end: int
    flow: bool = False


def _find(text: str) -> _Place | None:
    """Where the entry can be put in."""
    from yaml import parse, scan

    depth = 0
    key: Any = None
    inside = last = start = 0
    expecting_key = True
    flow = False
    event: Any  # its attributes depend on its class
    for event in parse(text):
        name = type(event).__name__
        opens, closes = name.endswith("StartEvent"), name.endswith("EndEvent")
        collection = name.startswith(("Mapping", "Sequence"))
        if not collection and name not in ("ScalarEvent", "AliasEvent"):
            continue
        if inside:
            # The end of a block collection is marked where the next thing begins.
            if not collection or (closes and text[event.end_mark.index - 1] in "]}"):
                last = event.end_mark.index
            depth += opens - closes
            if depth == inside - 1:
                if flow:
                    end = event.end_mark.index - 1
                    return _Place(key.index - key.column, key.column, 0, end, flow=True)
                break
            continue
        if depth == 1 and expecting_key and getattr(event, "value", "") == "repos":
            key = event.start_mark
        elif depth == 1 and key is not None and opens:
            flow = event.flow_style
            inside = depth + 1
            start = event.start_mark.index
        if depth == 1 and (not collection or opens):
            expecting_key = not expecting_key
        depth += opens - closes
    if key is None or not last:
        return None
    dash = next(
        token.start_mark.column
        for token in scan(text)
        if type(token).__name__ == "BlockEntryToken" and token.start_mark.index >= start
    )
    if text[last - 1] != "\n":
        newline = text.find("\n", last)
        last = len(text) if newline < 0 else newline + 1
    return _Place(key.index - key.column, key.column, dash, last)


def is_just(data: bytes, wanted: Any, name: str) -> bool:
    """Whether a file says just this."""
    try:
        return bool(framework_files.load(data, name) == wanted)
    except ValueError:
        return False
