"""The plan of `pmgit init`, as data: what is there, and the steps that are missing.

Each step is whole or not at all, notes in the journal what it is about to write, and is left out
when there is nothing to do for it. So an interrupted `init` is finished by the next one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.config import FILE, IGNORE, LFS, Config, parse
from pmgit.errors import PmgitError, UsageError
from pmgit.git import attributes
from pmgit.model import storage
from pmgit.setup import (
    files,
    frameworks,
    hook_chain,
    hook_config,
    ignore_block,
    lfs_setup,
    readme_template,
)
from pmgit.setup.journal import BLOCK, CONFIG, ENTRY, HOOK, INDEX, OWN, PENDING, Entry, Journal
from pmgit.setup.look import Look, look
from pmgit.setup.undo import staged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository

PRE_COMMIT, NATIVE, NONE = "pre-commit", "native", "none"
_LFS_HOOKS = ("pre-push", "post-checkout", "post-commit", "post-merge")


@dataclass
class Wanted:
    """What a person asked for; empty where nothing was said."""

    storage: str = ""
    hooks: str = ""
    language: str = ""
    models: tuple[str, ...] = ()
    system: bool = False


@dataclass
class Step:
    """One thing to do: a line that says what, how each file changes, and doing it."""

    what: str
    diffs: list[tuple[str, bytes | None, bytes | None]]
    run: Callable[[Journal], None]


@dataclass
class Plan:
    """What was seen, how the repository is to be set up, and the steps that are missing."""

    look: Look
    config: Config
    storage: str
    hooks: str
    roots: list[str]
    steps: list[Step] = field(default_factory=list)


def plan(repository: Repository, config: Config, wanted: Wanted) -> Plan:
    """Work everything out without changing anything.

    Raises UsageError when what is asked for is not what the configuration says, PmgitError when
    it cannot work: then nothing was written.
    """
    _refuse_contradiction(config, wanted)
    seen = look(repository, config, wanted.models)
    where = wanted.storage or storage.of(config, seen.lfs_lines)
    roots = [folder.path for folder in seen.taken]
    hooks = wanted.hooks or _hooks_here(repository)
    made = Plan(seen, config, where, hooks, roots)
    if not config.source:
        text = _configuration(roots, where, wanted.language or "en")
        made.config = parse(text, FILE)
        made.roots = list(made.config.models)
        made.steps.append(_own(repository, FILE, text, f"write {FILE}: storage {where!r}"))
    elif wanted.language:
        made.config.language = wanted.language
    made.steps += _pages(repository, made)
    made.steps += _ignore(repository, made)
    if where == LFS:
        made.steps += _lfs(repository, made, after_ignore=bool(made.steps))
    if hooks == PRE_COMMIT:
        made.steps += _entry(repository, system=wanted.system)
    if hooks != NONE:
        made.steps += _hooks(repository, hooks)
    return made


def _refuse_contradiction(config: Config, wanted: Wanted) -> None:
    """A configuration that is there is kept; what is asked for must not be another."""
    if not config.source:
        return
    named = tuple(name.strip("/") for name in wanted.models)
    for key, asked, has in (
        ("models", named, config.models),
        ("storage", wanted.storage, config.storage),
    ):
        if asked and asked != has:
            shown = f'"{asked}"' if isinstance(asked, str) else _list(asked)
            raise UsageError(
                f"{config.source} is there already and does not say {key} = {shown}",
                f"write {key} = {shown} into {config.source}, then run it again without --{key}",
            )


def _configuration(roots: Sequence[str], where: str, language: str) -> bytes:
    """What `.pmgit.toml` says."""
    other = LFS if where == IGNORE else IGNORE
    return (
        f"models = {_list(roots)}\n"
        f'storage = "{where}"'.ljust(30) + f'# or "{other}"\n'
        f'language = "{language}"'.ljust(30) + '# of INFO.md templates: "en" or "zh"\n'
        "\n"
        "[rules.missing-info]\n"
        'local = "error"'.ljust(30)
        + "# weights that lie ignored in the work tree need an INFO.md too\n"
    ).encode()


def _list(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _hooks_here(repository: Repository) -> str:
    """The kind of hooks when nobody says: native where pmgit's own are, else pre-commit."""
    for stage in hook_config.STAGES:
        text = frameworks.read_hook(os.path.join(hooks_folder(repository), stage))
        if b"\nframework=no\n" in text and b"\njudge=yes\n" in text:
            return NATIVE
    return PRE_COMMIT


def hooks_folder(repository: Repository) -> str:
    """Where Git looks for hooks; core.hooksPath and linked worktrees count."""
    out = repository.start(
        "rev-parse", "--path-format=absolute", "--git-path", "hooks", own_hooks=True
    ).finish()
    return os.path.normpath(os.fsdecode(out).removesuffix("\n"))


def has_hooks_path(repository: Repository) -> bool:
    """Whether core.hooksPath is set; pre-commit refuses to install its hooks then."""
    return repository.start("config", "--get", "core.hooksPath", own_hooks=True).wait()[0] == 0


def _own(repository: Repository, name: str, data: bytes, what: str) -> Step:
    """The step that writes a file which is all ours."""
    path = os.path.join(repository.top, *name.split("/"))
    return Step(what, [(name, None, data)], lambda journal: journal.write(OWN, path, data))


def _pages(repository: Repository, made: Plan) -> list[Step]:
    """README.md and .gitkeep of the models folders; what is there stays."""
    steps = []
    for root in made.roots:
        folder = os.path.join(repository.top, *root.split("/"))
        if os.path.islink(folder):
            continue  # a shared drive: not this repository's to write to
        names = os.listdir(folder) if os.path.isdir(folder) else []
        if not any(name.lower().startswith("readme") for name in names):
            name = f"{root}/{readme_template.NAME}"
            page = readme_template.write(root, made.config.language, made.storage)
            steps.append(_own(repository, name, page, f"write {name}: how models are kept here"))
        if ".gitkeep" not in names:
            name = f"{root}/.gitkeep"
            steps.append(_own(repository, name, b"", f"write {name}"))
    return steps


def _ignore(repository: Repository, made: Plan) -> list[Step]:
    """The block of .gitignore."""
    found = ignore_block.plan(repository, made.config, None)
    if found.after == found.before:
        return []

    def run(journal: Journal) -> None:
        # Worked out again: the folders are there by now.
        fresh = ignore_block.plan(repository, made.config, None)
        path = os.path.join(repository.top, ignore_block.NAME)
        if fresh.after != fresh.before:
            journal.note(journal.about(BLOCK, path, fresh.after, []))
        ignore_block.apply(repository, fresh)

    what = "hide weights, keep INFO.md" if made.storage == IGNORE else "hide caches only"
    name = ignore_block.NAME
    return [Step(f"write pmgit's block of {name}: {what}", [(name, found.before, found.after)], run)]


def _lfs(repository: Repository, made: Plan, *, after_ignore: bool) -> list[Step]:
    """Git LFS: attributes, filter, pointers."""

    def run(journal: Journal) -> None:
        fresh = lfs_setup.plan(repository, made.config, ())
        name = lfs_setup.NAME
        paths = [name, *(b.path for b in fresh.raw), *(b.path for b, _ in fresh.texts)]
        noted = [
            journal.note(_staged_before(repository, path))
            for path in (paths if fresh.writes else paths[1:])
        ]
        hooks = hooks_folder(repository)
        watched = {
            os.path.join(repository.top, name): BLOCK,
            os.path.join(repository.common_dir, "config"): CONFIG,
            **{os.path.join(hooks, hook): HOOK for hook in _LFS_HOOKS},
        }
        journal.folders(hooks)
        with journal.around(watched):
            lfs_setup.apply(repository, fresh)
        for entry in noted:
            journal.settle(entry, staged(repository, entry.path))

    try:
        found = lfs_setup.plan(repository, made.config, ())
    except PmgitError:
        probes = [f"{root}/pmgit-probe/pmgit-probe.safetensors" for root in made.roots]
        if after_ignore and attributes.ignored(repository, probes):
            # The lines that hide them are let in by the step before.
            return [Step("set up Git LFS for weights, and prove it", [], run)]
        raise
    filtered = repository.start("config", "--local", "--get", "filter.lfs.process").wait()[0] == 0
    if filtered and not (found.writes or found.raw or found.texts):
        return []
    what = "set up Git LFS for weights, in this repository only"
    if found.raw:
        what += f"; stage {len(found.raw)} tracked files as pointers"
    name = lfs_setup.NAME
    return [Step(what, [(name, found.attributes.work_tree, found.new_work_tree)], run)]


def _staged_before(repository: Repository, path: str) -> Entry:
    """The entry for a path of the index that is about to be staged otherwise."""
    from base64 import b64encode

    return Entry(
        INDEX, path, b64encode(staged(repository, path).encode()).decode("ascii"), PENDING
    )


def _entry(repository: Repository, *, system: bool) -> list[Step]:
    """pmgit's entry in `.pre-commit-config.yaml`."""
    name = hook_config.NAME
    path = os.path.join(repository.top, name)
    if os.path.lexists(os.path.join(repository.top, "prek.toml")) and not os.path.lexists(path):
        raise UsageError(
            f"prek.toml is used here, and pmgit writes only {name}",
            "for Git hooks without a framework: pmgit init --hooks native",
        )
    change = hook_config.plan(files.read(path), system=system)
    if change.after == change.before:
        return []
    what = f"write pmgit's entry in {name}"

    def run(journal: Journal) -> None:
        journal.write(ENTRY, path, change.after, change.added)

    return [Step(what, [(name, change.before, change.after)], run)]


def _hooks(repository: Repository, mode: str) -> list[Step]:
    """The Git hooks: those of the framework, by itself, and the chain."""
    steps = []
    folder = hooks_folder(repository)
    if mode == PRE_COMMIT and not has_hooks_path(repository) and not frameworks.installed(folder):
        framework = frameworks.find(folder)

        def install(journal: Journal) -> None:
            journal.folders(folder)
            names = [n for stage in hook_config.STAGES for n in (stage, f"{stage}.legacy")]
            with journal.around({os.path.join(folder, name): HOOK for name in names}):
                frameworks.install(repository, framework)

        types = " ".join(f"--hook-type {stage}" for stage in hook_config.STAGES)
        steps.append(Step(f"run {framework.name} install {types}", [], install))

    def chain(journal: Journal) -> None:
        for action in _actions(repository, mode):
            journal.folders(os.path.dirname(action.path))
            journal.note(journal.about(HOOK, action.path, action.after, []))
            hook_chain.apply([action])

    for action in _actions(repository, mode):
        name = os.path.relpath(action.path, repository.top).replace(os.sep, "/")
        does = "write" if action.after is not None else "remove"
        steps.append(
            Step(f"{does} {name}: {action.why}", [(name, action.before, action.after)], chain)
        )
    return steps


def _actions(repository: Repository, mode: str) -> list[hook_chain.HookAction]:
    return hook_chain.plan(hook_chain.inspect(repository), mode, python=sys.executable)
