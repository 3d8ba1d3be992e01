"""pmgit's entry in the configuration of pre-commit or prek, put in as lines of text.

A YAML writer would lose the comments, the anchors and the order of the user's file. So the place
is found with PyYAML's scanner, lines are put in there, and then both texts are read: the new
document must be the old one plus the entry. Into a list in flow style (`repos: []`) the entry goes
in flow style. What cannot be extended (a file that does not parse) is refused, with the snippet to
paste. `prek_config` does the same for `prek.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pmgit import __version__
from pmgit.errors import UsageError
from pmgit.setup import block
from pmgit.setup.hooks import framework_files

STAGES = ("pre-commit", "pre-merge-commit")
TYPES = "default_install_hook_types"


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
    """The file before (None: there is none) and after; `added` are the texts that were put in.

    `present` tells that an entry of pmgit is there already: then nothing is added.
    """

    before: bytes | None
    after: bytes
    added: list[str]
    present: bool = False


def entry(*, system: bool, indent: str = "  ") -> str:
    """The lines of the entry; `indent` stands before the dash."""
    lines = ["- repo: local", "  hooks:", "    - id: pmgit", "      name: pmgit"]
    lines.append("      entry: pmgit-hook")
    if system:
        lines.append("      language: system")
    else:
        lines.append("      language: python")
        lines.append(f'      additional_dependencies: ["pmgit=={__version__}"]')
    lines += [
        "      always_run: true",
        "      pass_filenames: false",
        "      require_serial: true",
        f"      stages: [{', '.join(STAGES)}, manual]",
    ]
    return "".join(f"{indent}{line}\n" for line in lines)


def flow_entry(*, system: bool) -> str:
    """The entry in flow style, on one line."""
    language = ["language: system"]
    if not system:
        language = ["language: python", f'additional_dependencies: ["pmgit=={__version__}"]']
    hook = ["id: pmgit", "name: pmgit", "entry: pmgit-hook", *language, "always_run: true"]
    hook += ["pass_filenames: false", "require_serial: true"]
    hook.append(f"stages: [{', '.join(STAGES)}, manual]")
    return "{repo: local, hooks: [{" + ", ".join(hook) + "}]}"


def snippet(*, system: bool) -> str:
    """The whole of a new file."""
    return f"{_types()}repos:\n{entry(system=system)}"


def plan(before: bytes | None, *, system: bool, name: str = framework_files.YAML) -> Change:
    """The YAML file called `name` with the entry. Raises NotExtendableError."""
    whole = snippet(system=system)
    if before is None or not before.strip():
        return Change(before, (before or b"") + whole.encode(), [whole])
    if (behind := _behind_comments(before, name, whole)) is not None:
        return Change(before, before + behind.encode(), [behind])
    document, text = _read(before, name, whole)
    if framework_files.has_entry(document):
        return Change(before, before, [], present=True)
    found = _find(text)
    if found is None:
        raise NotExtendableError(name, "`repos` is not a plain list", whole)
    end = block.line_end(before).decode()
    if found.flow:
        comma = "" if text[: found.end].rstrip()[-1] in "[," else ", "
        lines = comma + flow_entry(system=system)
    else:
        lines = entry(system=system, indent=" " * found.dash).replace("\n", end)
    types = ""
    if TYPES not in document:
        types = " " * found.key_column + _types().replace("\n", end)
    above, items, below = text[: found.key], text[found.key : found.end], text[found.end :]
    if not items.endswith("\n") and not found.flow:
        items += end
    after = (above + types + items + lines + below).encode()
    if not _is_right(document, after, system=system, types=bool(types)):
        raise NotExtendableError(name, "its layout is unusual", whole)
    return Change(before, after, [types, lines] if types else [lines])


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


def without(text: bytes, added: list[str]) -> bytes | None:
    """`text` without what was added; None when that is not there as it was."""
    for part in reversed(added):
        data = part.encode()
        if text.count(data) != 1:
            return None
        text = text.replace(data, b"")
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


def _is_right(old: dict[str, Any], after: bytes, *, system: bool, types: bool) -> bool:
    """Whether what came out is the old document plus the entry, and nothing else."""
    from yaml import safe_load

    wanted = {**old, "repos": [*old["repos"], *safe_load(entry(system=system))]}
    if types:
        wanted[TYPES] = list(STAGES)
    try:
        return bool(framework_files.load(after, framework_files.YAML) == wanted)
    except ValueError:
        return False
