"""pmgit's entry in `prek.toml`, put in as lines of text; `hook_config` does it for YAML.

A table `[[repos]]` goes to the end of the file, an inline one into a list `repos = [...]`, for
TOML allows no table behind that. Both texts are read then: the new document must be the old one
plus the entry. What cannot be extended is refused, with the snippet to paste.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pmgit.setup import block
from pmgit.setup.hooks import framework_files, hook_config, toml_text
from pmgit.setup.hooks.entry import STAGES
from pmgit.setup.hooks.framework_files import TOML
from pmgit.setup.hooks.hook_config import TYPES, Change, NotExtendableError

if TYPE_CHECKING:
    from pmgit.setup.hooks.entry import Entry
    from pmgit.setup.hooks.toml_text import Layout


def as_tables(entry: Entry) -> str:
    """The lines of the entry, as tables."""
    (hook,) = entry.item["hooks"]
    repo = {key: item for key, item in entry.item.items() if key != "hooks"}
    return f"[[repos]]\n{as_lines(repo)}\n[[repos.hooks]]\n{as_lines(hook)}"


def as_lines(document: dict[str, Any]) -> str:
    """A document of one line for each of its keys."""
    return "".join(f"{_key(key)} = {inline(item)}\n" for key, item in document.items())


def inline(item: Any) -> str:
    """A value on one line, a table as an inline one."""
    if isinstance(item, dict):
        return (
            "{ " + ", ".join(f"{_key(key)} = {inline(part)}" for key, part in item.items()) + " }"
        )
    if isinstance(item, list):
        return "[" + ", ".join(map(inline, item)) + "]"
    # JSON and TOML write text, numbers and flags alike.
    return json.dumps(item, ensure_ascii=False, default=str)


def _key(key: str) -> str:
    return key if key.replace("_", "a").replace("-", "a").isalnum() else json.dumps(key)


def _types() -> str:
    return as_lines({TYPES: list(STAGES)})


def snippet(entry: Entry) -> str:
    """The whole of a new file."""
    return f"{_types()}\n{as_tables(entry)}"


def plan(before: bytes | None, entry: Entry, name: str = TOML) -> Change:
    """The file called `name` with the entry. Raises NotExtendableError."""
    whole = snippet(entry)
    if before is None or not before.strip():
        return Change(before, (before or b"") + whole.encode(), [whole])
    try:
        document = framework_files.load(before, name)
    except ValueError as error:
        raise NotExtendableError(name, f"it is {error}", whole) from None
    repos = document.get("repos", [])
    if not isinstance(repos, list):
        raise NotExtendableError(name, "its `repos` is no list", whole)
    if framework_files.has_entry(document):
        return Change(before, before, present=True)
    old, end = before.decode("utf-8"), block.line_end(before).decode()
    bom = "\ufeff" if old.startswith("\ufeff") else ""
    old = old.removeprefix(bom)
    found = toml_text.layout(old, "repos")
    types = "" if TYPES in document else _types()
    if found.opening >= 0:
        # Nor can a table be pasted behind such a list.
        whole = f"{types}{inline(entry.item)}\n"
    parts = [(at, part.replace("\n", end)) for at, part in _parts(old, found, types, entry)]
    if not parts:
        raise NotExtendableError(name, "a comment ends its list `repos`", whole)
    after = old
    for at, part in sorted(parts, reverse=True):
        after = after[:at] + part + after[at:]
    after = bom + after
    wanted = {TYPES: list(STAGES), **document, "repos": [*repos, entry.item]}
    if not hook_config.is_just(after.encode(), wanted, name):
        raise NotExtendableError(name, "its layout is unusual", whole)
    return Change(before, after.encode(), [part for _, part in parts])


def exchange(before: bytes, old: Entry, new: Entry | None, name: str) -> Change | None:
    """The file with `new` in the place of `old` (None: without it); None where that does not stand
    there as pmgit writes it.
    """
    try:
        document = framework_files.load(before, name)
    except ValueError:
        return None
    repos = document.get("repos", [])
    at = [at for at, item in enumerate(repos) if item == old.item]
    if len(at) != 1:
        return None
    repos[at[0] : at[0] + 1] = [] if new is None else [new.item]
    wanted = [document, *([{k: v for k, v in document.items() if v != []}] if not repos else [])]
    end, now = block.line_end(before).decode(), before.decode("utf-8")
    for way in _ways(old, new):
        was, instead = (part.replace("\n", end) for part in way)
        after = now.replace(was, instead)
        if now.count(was) == 1 and not after.strip():
            return Change(before, b"", removed=[was])
        right = any(hook_config.is_just(after.encode(), one, name) for one in wanted)
        if now.count(was) == 1 and right:
            return Change(before, after.encode(), [instead], [was])
    return None


def _ways(old: Entry, new: Entry | None) -> list[tuple[str, str]]:
    """The texts that hold the old entry, each with what comes in its place; the first counts."""
    table, item = as_tables(old), inline(old.item)
    if new is not None:
        return [(table, as_tables(new)), (item, inline(new.item))]
    around = (f"  {item},\n", f",\n  {item}", f", {item}", f"{item}, ", item)
    return [(text, "") for text in (snippet(old), f"\n{table}", table, *around)]


def _parts(text: str, found: Layout, types: str, entry: Entry) -> list[tuple[int, str]]:
    """What to put in and where: keys of the top must stand above all tables. Empty: nowhere."""
    end, gap = len(text), "" if text.endswith("\n") else "\n"
    tables = found.first_table < end
    above = (_above(text, found.first_table), f"{types}\n")
    if found.opening < 0:
        if types and not tables:
            return [(end, f"{gap}{types}\n{as_tables(entry)}")]
        return [(end, f"{gap}\n{as_tables(entry)}"), *([above] if types else [])]
    item = _into_list(text, found, inline(entry.item))
    if item is None or not types:
        return [item] if item else []
    return [item, above if tables else (end, gap + types)]


def _into_list(text: str, found: Layout, item: str) -> tuple[int, str] | None:
    """Behind the last item of the list; None where a comment would go to another item."""
    rest = text[found.last : found.closing]
    if text[found.last - 1] not in "[,":
        new_line = "\n  " if "\n" in text[found.opening : found.closing] else " "
        return None if "#" in rest else (found.last, f",{new_line}{item}")
    if "\n" in rest:
        return found.last + rest.rindex("\n") + 1, f"  {item},\n"
    return found.closing, item if text[found.last - 1] == "[" else f" {item}"


def _above(text: str, table: int) -> int:
    """The begin of the comments that stand right above a table; directives for editors stay on
    top of the file.
    """
    while table > 0:
        line = text.rfind("\n", 0, table - 1) + 1
        if not text.startswith("#", line) or text.startswith(("#:", "#!"), line):
            break
        table = line
    return table
