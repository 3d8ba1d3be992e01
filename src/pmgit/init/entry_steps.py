"""The steps of `pmgit init` about pmgit's entry in the configuration of pre-commit or prek.

Which entry it is depends on how this pmgit was installed. It is built before anything is written:
an entry that cannot be built stops every commit.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from pmgit import __version__
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git.program import path_of
from pmgit.gitfiles import user_files
from pmgit.hooks import config_entry, entry, framework_files, frameworks, origin
from pmgit.hooks.entry import SYSTEM, HookEntry
from pmgit.hooks.framework_files import TYPES
from pmgit.hooks.names import COMMIT_STAGES
from pmgit.init.journal import ENTRY, Journal, SetupStep
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.git.repository import Repository
    from pmgit.hooks.config_entry import Change
    from pmgit.hooks.frameworks import Framework

#: What is left of a configuration without pmgit's entry.
NOTHING, BY_HAND = "nothing", "by hand"
#: What pmgit runs with.
_PYTHON = (3, 11)
#: Words in the messages of pip, uv and virtualenv about a Python that is too old, or not here.
_ABOUT_PYTHON = (
    "different python", "requires-python", "python version", "find interpreter", "inspect python",
)  # fmt: skip
_OTHERWISE = (
    "put the folder of pmgit-hook on the PATH, or have Git hooks without a framework: pmgit init"
    " --hooks native"
)


def steps(
    repository: Repository,
    framework: Framework,
    system: bool | None,
    say: Callable[[str], None],
) -> list[SetupStep]:
    """The step that writes the entry, or exchanges it when another is asked for.

    With `system` the entry runs the pmgit that is installed, without it one that is built; None
    leaves it to how this pmgit was installed, and keeps an entry that exists. Raises
    NotExtendableError where nothing can be written, PmgitError where the framework refuses its
    configuration.
    """
    name, path = framework.config, _path(repository, framework.config)
    before = user_files.read(path)
    document, _ = framework_files.read(repository.top, name)
    present = framework_files.items(document)
    source = origin.find()
    if present and (system is None or _is_asked_for(present, system)):
        return []
    wanted = _candidates(source, system, document)
    old = entry.from_item(present[0]) if len(present) == 1 else None
    if old in wanted:
        return []

    def change(new: HookEntry) -> Change:
        if present:
            return _exchange(before or b"", old, new, name)
        return config_entry.plan(before, new, name)

    changed = change(wanted[0])
    if isinstance(document, dict) and "repos" in document:
        frameworks.validate(repository, framework)
    chosen: list[HookEntry] = []

    def ready() -> None:
        chosen[:] = [_choose(repository, framework, document, wanted, say)]

    def run(journal: Journal) -> None:
        journal.write(ENTRY, path, change(*chosen).after)

    does = "exchange" if present else "write"
    what = f"{does} pmgit's entry in {name}: {_why(framework, wanted[0], source.why, system)}"
    return [SetupStep(what, [(name, changed.before, changed.after)], run, ready)]


def take_out(repository: Repository, name: str) -> tuple[list[SetupStep], str]:
    """The step that takes pmgit's own entry out of a configuration, and what is left then: NOTHING
    for a framework to read, BY_HAND an entry that somebody wrote or changed, or '' all else.
    """
    path = _path(repository, name)
    before = user_files.read(path)
    present = framework_files.items(framework_files.read(repository.top, name)[0])
    if before is None or not present:
        return [], ""
    old = entry.from_item(present[0]) if len(present) == 1 else None
    made = config_entry.exchange(before, old, None, name) if old else None
    if made is None:
        return [], BY_HAND
    after = made.after or None

    def run(journal: Journal) -> None:
        if after is None:
            journal.remove(ENTRY, path)
        else:
            journal.write(ENTRY, path, after)

    useful = after is not None and framework_files.has_repos(framework_files.load(after, name))
    what = f"take pmgit's entry out of {name}" if after is not None else f"remove {name}"
    return [SetupStep(what, [(name, before, after)], run)], "" if useful else NOTHING


def check(repository: Repository, framework: Framework, say: Callable[[str], None] | None) -> str:
    """Have the framework build the environments of pmgit's entries, unless it has built them (`say`
    is None); returns where pmgit comes from, in words ('' when nothing is built).

    Raises PmgitError when it cannot be built here.
    """
    name = framework.config
    document, _ = framework_files.read(repository.top, name)
    built = [item for item in framework_files.items(document) if not _is_system(item)]
    if not built:
        return ""
    own = entry.from_item(built[0])
    described = own.described if own else f"the entry of pmgit in {name}"
    if say is None:
        return described
    say(f"{framework.name} builds {described}, unless it has it already")
    try:
        frameworks.build(repository, framework, framework_files.with_items(document, built))
    except PmgitError as error:
        raise PmgitError(
            f"pmgit's entry in {name} cannot be built here: {error.message}",
            "if that is not for the moment only, an entry that runs the pmgit on the PATH:"
            " pmgit init --system",
        ) from None
    return described


def notes(repository: Repository, framework: Framework) -> list[str]:
    """The notes about a configuration that leaves out a stage, and is used all the same."""
    name = framework.config
    document, _ = framework_files.read(repository.top, name)
    types = document.get(TYPES) if isinstance(document, dict) else None
    if not isinstance(types, list) or set(COMMIT_STAGES) <= set(types):
        return []
    missing = ", ".join(stage for stage in COMMIT_STAGES if stage not in types)
    note = (
        f"{TYPES} of {visible(name)} leaves out {missing}: in another clone run `pmgit init`,"
        f" because `{framework.name} install` alone would not have pmgit run"
    )
    return [note]


def _path(repository: Repository, name: str) -> str:
    return os.path.join(repository.top, *name.split("/"))


def _is_system(item: dict[str, Any]) -> bool:
    languages = {str(hook.get("language", "")) for hook in item["hooks"]}
    return item.get("repo") == "local" and languages <= {"system", "unsupported", "script"}


def _is_asked_for(present: list[dict[str, Any]], system: bool) -> bool:
    """Whether the entries are of the kind that is asked for, by pmgit or by hand."""
    kinds = {_is_system(item) for item in present}
    own = len(present) == 1 and entry.from_item(present[0]) is not None
    return kinds == {system} and (system or not own)


def _exchange(before: bytes, old: HookEntry | None, new: HookEntry, name: str) -> Change:
    made = config_entry.exchange(before, old, new, name) if old else None
    if made is None:
        option = "--system" if new.kind == SYSTEM else "--no-system"
        raise UsageError(
            f"the entry of pmgit in {name} is not as pmgit writes it, so {option} is not applied",
            f"change it yourself, or take it out and run it again: pmgit init {option}",
        )
    return made


def _candidates(source: origin.Origin, system: bool | None, document: Any) -> list[HookEntry]:
    """The entries to be tried, in this order."""
    if system:
        return [HookEntry(SYSTEM)]
    if source.entry is None:
        if system is None:
            return [HookEntry(SYSTEM)]
        raise PmgitError(
            f"others cannot build this pmgit: it was {source.why}",
            "install it from a package index or a Git address (see its README), or: pmgit init"
            " --system",
        )
    python = "python3" if _is_too_old(document) else ""
    running = f"python{sys.version_info.major}.{sys.version_info.minor}"
    built = [source.entry._replace(python=version) for version in (python, running)]
    return built if system is False else [*built, HookEntry(SYSTEM)]


def _is_too_old(document: Any) -> bool:
    """Whether the configuration asks for a Python that pmgit does not run with."""
    wanted = framework_files.wanted_python(document)
    if wanted in ("", "python3", "python", "system", "default"):
        return False
    numbers = wanted.removeprefix("python").split(".")
    known = tuple(int(number) for number in numbers if number.isascii() and number.isdigit())
    return len(known) < 2 or known[:2] < _PYTHON


def _choose(
    repository: Repository,
    framework: Framework,
    document: Any,
    wanted: list[HookEntry],
    say: Callable[[str], None],
) -> HookEntry:
    """The first entry that can be built, or run, here. Raises PmgitError when none can."""
    failed: list[str] = []
    for new in wanted:
        again = any(mark in " ".join(failed).lower() for mark in _ABOUT_PYTHON)
        if new.kind != SYSTEM and failed and not again:
            continue  # another Python would not help
        try:
            if new.kind == SYSTEM:
                if failed:
                    say(f"so it is {new.described}")
                find_installed()
            else:
                say(f"{framework.name} builds {new.described}, which may take a minute")
                with_entry = framework_files.with_items(document, [new.item])
                frameworks.build(repository, framework, with_entry)
            return new
        except PmgitError as error:
            failed.append(error.message)
            if new.kind != SYSTEM:
                say(f"that does not work here: {error.message}")
    raise PmgitError(f"no entry for {framework.name} would work here: {failed[-1]}", _OTHERWISE)


def find_installed() -> None:
    """Raise PmgitError when a hook does not find this pmgit on the PATH."""
    found = path_of("pmgit-hook")
    if not found:
        folder = os.path.dirname(sys.executable)
        raise PmgitError(f"pmgit-hook is not on the PATH (it may be in {folder})")
    done = frameworks.run([found, "--version"], os.path.dirname(found), os.environ)
    version = done.output.split()[-1:] if not done.code else []
    if version != [__version__]:
        other = version[0] if version else done.summary()
        raise PmgitError(f"{found} is not this pmgit ({__version__}), but {other}")


def _why(framework: Framework, new: HookEntry, why: str, system: bool | None) -> str:
    if new.kind != SYSTEM:
        return f"{framework.name} builds {new.described}"
    because = f", because this one was {why}" if why and not system else ""
    return f"it runs the pmgit that each of you installs{because}"
