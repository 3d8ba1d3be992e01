"""pmgit's entry in `prek.toml`, put in as lines of text; `hook_config` does it for YAML.

A table `[[repos]]` goes to the end of the file, an inline one into a list `repos = [...]`, for
TOML allows no table behind that. Both texts are read then: the new document must be the old one
plus the entry. What cannot be extended is refused, with the snippet to paste.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pmgit import __version__
from pmgit.setup import block
from pmgit.setup.hooks import framework_files, toml_text
from pmgit.setup.hooks.framework_files import TOML
from pmgit.setup.hooks.hook_config import STAGES, TYPES, Change, NotExtendableError

if TYPE_CHECKING:
    from pmgit.setup.hooks.toml_text import Layout


def hook(*, system: bool) -> dict[str, Any]:
    """The entry's hook."""
    language: dict[str, Any] = {"language": "system"}
    if not system:
        language = {"language": "python", "additional_dependencies": [f"pmgit=={__version__}"]}
    return {
        "id": "pmgit", "name": "pmgit", "entry": "pmgit-hook", **language, "always_run": True,
        "pass_filenames": False, "require_serial": True, "stages": [*STAGES, "manual"],
    }  # fmt: skip


def entry(*, system: bool) -> str:
    """The lines of the entry, as tables."""
    lines = ["[[repos]]", 'repo = "local"', "", "[[repos.hooks]]"]
    lines += [f"{key} = {_value(value)}" for key, value in hook(system=system).items()]
    return "".join(f"{line}\n" for line in lines)


def inline_entry(*, system: bool) -> str:
    """The entry as one inline table, on one line."""
    pairs = [f"{key} = {_value(value)}" for key, value in hook(system=system).items()]
    return '{ repo = "local", hooks = [{ ' + ", ".join(pairs) + " }] }"


def _value(value: Any) -> str:
    # What is used here is written alike in JSON and TOML.
    return json.dumps(value)


def _types() -> str:
    return f"{TYPES} = {_value(list(STAGES))}\n"


def snippet(*, system: bool) -> str:
    """The whole of a new file."""
    return f"{_types()}\n{entry(system=system)}"


def plan(before: bytes | None, *, system: bool) -> Change:
    """The file with the entry. Raises NotExtendableError."""
    whole = snippet(system=system)
    if before is None or not before.strip():
        return Change(before, (before or b"") + whole.encode(), [whole])
    try:
        document = framework_files.load(before, TOML)
    except ValueError as error:
        raise NotExtendableError(TOML, f"it is {error}", whole) from None
    repos = document.get("repos", [])
    if not isinstance(repos, list):
        raise NotExtendableError(TOML, "its `repos` is no list", whole)
    if framework_files.has_entry(document):
        return Change(before, before, [], present=True)
    text, end = before.decode("utf-8"), block.line_end(before).decode()
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(bom)
    found = toml_text.layout(text, "repos")
    types = "" if TYPES in document else _types()
    if found.opening >= 0:
        # Nor can a table be pasted behind such a list.
        whole = f"{types}{inline_entry(system=system)}\n"
    parts = [
        (at, part.replace("\n", end)) for at, part in _parts(text, found, types, system=system)
    ]
    if not parts:
        raise NotExtendableError(TOML, "a comment ends its list `repos`", whole)
    after = text
    for at, part in sorted(parts, reverse=True):
        after = after[:at] + part + after[at:]
    after = bom + after
    wanted = {**document, "repos": [*repos, {"repo": "local", "hooks": [hook(system=system)]}]}
    wanted.setdefault(TYPES, list(STAGES))
    try:
        right = framework_files.load(after.encode(), TOML) == wanted
    except ValueError:
        right = False
    if not right:
        raise NotExtendableError(TOML, "its layout is unusual", whole)
    return Change(before, after.encode(), [part for _, part in parts])


def _parts(text: str, found: Layout, types: str, *, system: bool) -> list[tuple[int, str]]:
    """What to put in and where: keys of the top must stand above all tables. Empty: nowhere."""
    end, gap = len(text), "" if text.endswith("\n") else "\n"
    tables = found.first_table < end
    above = (_above(text, found.first_table), f"{types}\n")
    if found.opening < 0:
        if types and not tables:
            return [(end, f"{gap}{types}\n{entry(system=system)}")]
        return [(end, f"{gap}\n{entry(system=system)}"), *([above] if types else [])]
    item = _into_list(text, found, inline_entry(system=system))
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
