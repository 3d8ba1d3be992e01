"""The error texts that pmgit knows: one TOML file for each place they come from.

A `[[symptom]]` has a `name`, a `title`, `texts` (any of them, in any case, makes a match), a
`cause`, `rules` that would have found it before, and a `source`. `besides` are texts that hold one
of `texts` and mean something else. `files` is a regular expression for one line: its groups
`file`, `path`, `oid` and `size` (`quoted` and `other` stand for `file` too) are what commands name.
`general` symptoms are shown only when nothing more exact matches. `find` and every
`fix` (`when`, `run`) are commands, in which stands, quoted for a shell:

{files}      the files, from the top of the repository, as pathspecs and after `--`
{paths}      the files as paths of the shell
{patterns}   `--pattern` for each file, as `pmgit lfs-setup` takes them
{include}    the files as Git LFS takes them in --include
{oids}       the ids of objects, as `-e ID` for grep
{remote}     the remote
{range}      what is not pushed yet, for `pmgit check`
{pmgit}      pmgit
{install}    the command that installs git-lfs on this system

`plans` names fixes of plans.toml, which several symptoms share.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import Any

#: The files with symptoms, in the order in which they are shown.
FILES = (
    "github", "huggingface", "gitlab", "git-lfs", "lfs-server", "lfs-machine", "python",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way out: when it is the right one, and its commands; `needs` is a condition."""

    when: str
    run: str
    needs: str = ""


@dataclass(frozen=True)
class Symptom:
    """An error text: what it looks like, where it comes from, what to do."""

    name: str
    title: str
    texts: tuple[str, ...]
    cause: str
    rules: tuple[str, ...]
    source: str
    besides: tuple[str, ...] = ()
    files: str = ""
    find: str = ""
    general: bool = False
    fix: tuple[Way, ...] = field(default=())


@cache
def load() -> tuple[Symptom, ...]:
    """All symptoms."""
    plans = _read("plans")
    found = []
    for name in FILES:
        for table in _read(name)["symptom"]:
            ways = [*plans.get(table.pop("plans", ""), ()), *table.pop("fix", ())]
            table["texts"], table["rules"] = tuple(table["texts"]), tuple(table["rules"])
            table["besides"] = tuple(table.pop("besides", ()))
            table["cause"] = " ".join(table["cause"].split())
            found.append(Symptom(**table, fix=tuple(Way(**way) for way in ways)))
    return tuple(found)


def _read(name: str) -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), f"{name}.toml"), "rb") as file:
        return tomllib.load(file)
