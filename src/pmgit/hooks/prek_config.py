"""pmgit's entry in `prek.toml`, by tomlkit, which keeps the user's lines to the letter.

A table `[[repos]]` goes to the end of the file, an inline one into a list `repos = [...]`, for
TOML allows no table behind that. `hook_config` reads the result. tomlkit is imported when it is
needed: it takes longer than a whole commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.gitfiles import toml_file
from pmgit.hooks.framework_files import TYPES
from pmgit.hooks.names import COMMIT_STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tomlkit import TOMLDocument
    from tomlkit.items import Array

    from pmgit.hooks.entry import HookEntry


def snippet(entry: HookEntry) -> str:
    """The whole of a new file."""
    import tomlkit

    return tomlkit.dumps({TYPES: list(COMMIT_STAGES), "repos": [entry.item]})


def as_tables(entry: HookEntry) -> str:
    """The lines of the entry, as tables."""
    import tomlkit

    return tomlkit.dumps({"repos": [entry.item]})


def insert(text: str, entry: HookEntry, end: str, *, types: bool) -> str:
    """The text with the entry, and with the key TYPES when `types` is true; `end` ends a line.

    Raises ValueError, with the reason, when there is no place for it.
    """
    if types:
        text = _with_types(text, end)
    parsed, repos = _parse(text)
    if repos is None:
        gap = "" if text.endswith("\n") else end
        return text + gap + end + as_tables(entry).replace("\n", end)
    if parsed.as_string() != text:
        raise ValueError("its layout is unusual")
    repos.append(entry.item)
    after = parsed.as_string()
    if end == "\r\n" and "\n" not in text.replace(end, ""):
        # Into a list that has no item yet, tomlkit puts plain line feeds.
        after = after.replace(end, "\n").replace("\n", end)
    return after


def exchange(text: str, at: int, old: HookEntry, new: HookEntry | None, end: str) -> Iterator[str]:
    """The texts that may have `new` in the place of `old` (None: without it), which is item `at`
    and must stand in `text` as pmgit writes it (inline: on one line, where no comment can be). The
    caller takes the first that reads as the wanted document.
    """
    try:
        parsed, repos = _parse(text)
    except ValueError:
        return
    if repos is None:
        table, instead = as_tables(old), as_tables(new) if new else ""
        for was in (table,) if new else (snippet(old), f"\n{table}", table):
            if text.count(was.replace("\n", end)) == 1:
                yield text.replace(was.replace("\n", end), instead.replace("\n", end))
    elif "\n" not in repos[at].as_string() and parsed.as_string() == text:
        if new:
            repos[at] = new.item
        else:
            del repos[at]
        yield parsed.as_string()


def _parse(text: str) -> tuple[TOMLDocument, Array | None]:
    """The document, and its list `repos` where that is written as a list."""
    from tomlkit.items import Array

    parsed = toml_file.parse(text)
    repos = parsed.get("repos")
    return parsed, repos if isinstance(repos, Array) else None


def _with_types(text: str, end: str) -> str:
    """The text with the key TYPES above all tables, and above the comments of the first."""
    import tomlkit

    types = tomlkit.dumps({TYPES: list(COMMIT_STAGES)}).replace("\n", end)
    at = toml_file.first_table(text)
    if at == len(text):
        return text + ("" if text.endswith("\n") else end) + types
    while at > 0:
        line = text.rfind("\n", 0, at - 1) + 1
        # What editors look for stays on top of the file.
        if not text.startswith("#", line) or text.startswith(("#:", "#!"), line):
            break
        at = line
    return f"{text[:at]}{types}{end}{text[at:]}"
