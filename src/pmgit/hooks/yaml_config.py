"""pmgit's entry in `.pre-commit-config.yaml`, put in as lines of text.

A YAML writer would lose the comments, the anchors and the order of the user's file. So the place
is found with PyYAML's scanner, and lines are put in there. Into a list in flow style (`repos: []`)
the entry goes in flow style. `hook_config` reads the result.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmgit.hooks.framework_files import TYPES
from pmgit.hooks.names import COMMIT_STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.hooks.entry import HookEntry

#: What YAML takes for text without quotes, in flow style too.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/@+-")


def snippet(entry: HookEntry) -> str:
    """The whole of a new file."""
    return f"{_types()}repos:\n{lines(entry)}"


def insert(text: str, entry: HookEntry, end: str, *, types: bool) -> str:
    """The text with the entry, and with the key TYPES when `types` is true; `end` ends a line.

    Raises ValueError, with the reason, when there is no place for it.
    """
    from yaml import safe_load

    if safe_load(text) is None:
        # Nothing but comments.
        gap = "" if not text or text.endswith("\n") else end
        return text + gap + snippet(entry).replace("\n", end)
    found = _find(text)
    if found is None:
        raise ValueError("`repos` is not a plain list")
    if found.flow:
        comma = "" if text[: found.end].rstrip()[-1] in "[," else ", "
        ours = comma + flow(entry)
    else:
        ours = lines(entry, " " * found.dash).replace("\n", end)
    key = " " * found.key_column + _types().replace("\n", end) if types else ""
    above, items, below = text[: found.key], text[found.key : found.end], text[found.end :]
    if not items.endswith("\n") and not found.flow:
        items += end
    return above + key + items + ours + below


def exchange(text: str, at: int, old: HookEntry, new: HookEntry | None, end: str) -> Iterator[str]:  # noqa: ARG001 - as for TOML
    """The texts that may have `new` in the place of `old` (None: without it), which must stand in
    `text` as pmgit writes it. The caller takes the first that reads as the wanted document.
    """
    found = _find(text)
    if found is None:
        return
    if found.flow:
        ways = (
            [(flow(old), flow(new))]
            if new
            else [(was, "") for was in (f", {flow(old)}", f"{flow(old)}, ", flow(old))]
        )
    else:
        indent = " " * found.dash
        ours = lines(old, indent)
        ways = (
            [(ours, lines(new, indent))]
            if new
            else [
                (snippet(old), ""),
                (ours, ""),
                # A list with nothing in it is no list any more.
                (f"repos:\n{ours}", "repos: []\n"),
            ]
        )
    for way in ways:
        was, instead = (part.replace("\n", end) for part in way)
        if text.count(was) == 1:
            yield text.replace(was, instead)


def lines(entry: HookEntry, indent: str = "  ") -> str:
    """The lines of the entry; `indent` stands before the dash."""
    (hook,) = entry.item["hooks"]
    repo = [f"{key}: {_flow(value)}" for key, value in entry.item.items() if key != "hooks"]
    inner = [f"{key}: {_flow(value)}" for key, value in hook.items()]
    text = _under("- ", repo) + "  hooks:\n" + _under("    - ", inner)
    return "".join(f"{indent}{line}\n" for line in text.splitlines())


def _under(dash: str, pairs: list[str]) -> str:
    return "".join(f"{' ' * len(dash) if at else dash}{pair}\n" for at, pair in enumerate(pairs))


def flow(entry: HookEntry) -> str:
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


def _types() -> str:
    return f"{TYPES}: [{', '.join(COMMIT_STAGES)}]\n"


@dataclass
class _ListPlace:
    """Where `repos` is: the index of its line and its column, the dashes' column, its end.

    In flow style there are no dashes, and the end is the closing bracket.
    """

    key: int
    key_column: int
    dash: int
    end: int
    flow: bool = False


def _find(text: str) -> _ListPlace | None:
    """Where the entry can be put in."""
    from yaml import MappingNode, SequenceNode, compose, scan

    top = compose(text)
    pairs = top.value if isinstance(top, MappingNode) else []
    key, repos = next((pair for pair in pairs if pair[0].value == "repos"), (None, None))
    if key is None or not isinstance(repos, SequenceNode):
        return None
    line, column = key.start_mark.index - key.start_mark.column, key.start_mark.column
    start, end = repos.start_mark.index, repos.end_mark.index
    if repos.flow_style:
        return _ListPlace(line, column, 0, end - 1, flow=True)
    dash = next(
        token.start_mark.column
        for token in scan(text)
        if type(token).__name__ == "BlockEntryToken" and token.start_mark.index >= start
    )
    # A list ends where the next thing begins; the comments before that are not about the list.
    lines = text[:end].splitlines(keepends=True)
    if not text[:end].endswith("\n") and end < len(text):
        lines.pop()  # what comes next is indented
    while not lines[-1].strip() or lines[-1].lstrip().startswith("#"):
        lines.pop()
    return _ListPlace(line, column, dash, len("".join(lines)))
