"""pmgit's entry in the configuration of pre-commit or prek, among the lines of the user's file.

`yaml_config` and `prek_config` know how it is put in. Then both texts are read: the new document
must be the old one plus the entry. What cannot be extended (a file that does not parse) is refused,
with the snippet to paste. An entry is exchanged only where it stands as pmgit writes it, to the
letter: what somebody has changed is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmgit.core.errors import UsageError
from pmgit.gitfiles import block
from pmgit.hooks import framework_files, prek_config, yaml_config
from pmgit.hooks.framework_files import TYPES
from pmgit.hooks.names import COMMIT_STAGES

if TYPE_CHECKING:
    from types import ModuleType

    from pmgit.hooks.entry import HookEntry

_BOM = "\ufeff"


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
    """The file before (None: there is none) and after (empty: nothing is left of it)."""

    before: bytes | None
    after: bytes


def snippet(entry: HookEntry, name: str) -> str:
    """The whole of a new file of that name."""
    text: str = _form(name).snippet(entry)
    return text


def plan(before: bytes | None, entry: HookEntry, name: str) -> Change:
    """The file `name` with the entry; unchanged when it has one. Raises NotExtendableError."""
    whole = snippet(entry, name)
    if before is None or not before.strip():
        return Change(before, (before or b"") + whole.encode())
    try:
        document = framework_files.load(before, name)
    except ValueError as error:
        raise NotExtendableError(name, f"it is {error}", whole) from None
    if document is None or (isinstance(document, dict) and name.endswith(".toml")):
        document = {"repos": [], **(document or {})}  # the list is not written, or has no item
    if not framework_files.has_repos(document):
        raise NotExtendableError(name, "it has no list `repos`", whole)
    if framework_files.has_entry(document):
        return Change(before, before)
    bom, text = _text(before)
    try:
        end, types = block.line_end(before).decode(), TYPES not in document
        after = bom + _form(name).insert(text, entry, end, types=types)
    except ValueError as error:
        raise NotExtendableError(name, str(error), whole) from None
    repos = [*document["repos"], entry.item]
    wanted = {TYPES: list(COMMIT_STAGES), **document, "repos": repos}
    if not _holds(after.encode(), wanted, name):
        raise NotExtendableError(name, "its layout is unusual", whole)
    return Change(before, after.encode())


def exchange(before: bytes, old: HookEntry, new: HookEntry | None, name: str) -> Change | None:
    """The file with `new` in the place of `old` (None: without it); None where that does not stand
    there as pmgit writes it.
    """
    document = framework_files.load(before, name)
    at = [at for at, item in enumerate(document["repos"]) if item == old.item]
    if len(at) != 1:
        return None
    repos = list(document["repos"])
    repos[at[0] : at[0] + 1] = [] if new is None else [new.item]
    wanted: list[Any] = [{**document, "repos": repos}]
    if not repos:
        # Without the list; and without anything, where there was nothing else before.
        wanted += [{key: value for key, value in document.items() if key != "repos"}, {}, None]
    bom, text = _text(before)
    for found in _form(name).exchange(text, at[0], old, new, block.line_end(before).decode()):
        after = (bom + found).encode()
        if not found.strip():
            return Change(before, b"")
        if any(_holds(after, one, name) for one in wanted):
            return Change(before, after)
    return None


def _form(name: str) -> ModuleType:
    return prek_config if name.endswith(".toml") else yaml_config


def _text(data: bytes) -> tuple[str, str]:
    """The byte order mark, and the text behind it."""
    text = data.decode("utf-8")
    bom = _BOM if text.startswith(_BOM) else ""
    return bom, text.removeprefix(bom)


def _holds(data: bytes, wanted: Any, name: str) -> bool:
    """Whether the document in a file is `wanted`."""
    try:
        return bool(framework_files.load(data, name) == wanted)
    except ValueError:
        return False
