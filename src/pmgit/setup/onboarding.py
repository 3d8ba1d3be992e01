"""The plan of `pmgit init`, as data: what is there, and the steps that are missing.

Each step is whole or not at all, notes in the journal what it is about to write, and is left out
when there is nothing to do for it. So an interrupted `init` is finished by the next one.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.config import FILE, IGNORE, LFS, Config, parse
from pmgit.errors import PmgitError, UsageError
from pmgit.git import attributes
from pmgit.model import storage
from pmgit.setup import hidden_text, ignore_block, onboarding_hooks, readme_template
from pmgit.setup.attributes import attribute_lines, lfs_setup
from pmgit.setup.hooks import hook_chain, lfs_hook
from pmgit.setup.hooks.hook_chain import FRAMEWORK, NONE
from pmgit.setup.journal import BLOCK, CONFIG, HOOK, INDEX, OWN, PENDING, Entry, Journal
from pmgit.setup.look import Look, look
from pmgit.setup.step import Step
from pmgit.setup.undo import staged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository

_LFS_HOOKS = ("pre-push", "post-checkout", "post-commit", "post-merge")


@dataclass
class Wanted:
    """What a person asked for; empty where nothing was said."""

    storage: str = ""
    hooks: str = ""
    language: str = ""
    models: tuple[str, ...] = ()
    system: bool = False
    keep_text: bool = False


@dataclass
class Plan:
    """What was seen, how the repository is to be set up, and the steps that are missing.

    `notes` say what the steps do that nobody would expect.
    """

    look: Look
    config: Config
    storage: str
    hooks: str
    roots: list[str]
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(repository: Repository, config: Config, wanted: Wanted) -> Plan:
    """Work everything out without changing anything.

    Raises UsageError when what is asked for is not what the configuration says, PmgitError when
    it cannot work: then nothing was written.
    """
    if wanted.models:
        # Read as the configuration would read them, or refused as it would.
        wanted.models = Config({"models": list(wanted.models)}).models
    _refuse_contradiction(config, wanted)
    seen = look(repository, config, wanted.models)
    where = wanted.storage or storage.of(config, seen.lfs_lines)
    roots = [folder.path for folder in seen.taken]
    state = hook_chain.inspect(repository)
    seen.hooks = onboarding_hooks.seen(state)
    seen.idle = onboarding_hooks.idle(state, seen.managers)
    hooks = wanted.hooks or onboarding_hooks.mode_here(state, seen.managers)
    made = Plan(seen, config, where, hooks, roots)
    if not config.source:
        text = _configuration(roots, where, wanted.language or "en")
        made.config = parse(text, FILE)
        made.roots = list(made.config.models)
        made.steps.append(_own(repository, FILE, text, f"write {FILE}: storage {where!r}"))
    elif wanted.language:
        made.config.language = wanted.language
    made.steps += _pages(repository, made)
    made.steps += _ignore(repository, made, True if wanted.keep_text else None)
    if where == LFS:
        made.steps += _lfs(repository, made, after_ignore=bool(made.steps))
    if hooks == FRAMEWORK:
        made.steps += onboarding_hooks.entry(repository, state, system=wanted.system)
    if hooks != NONE:
        made.steps += onboarding_hooks.hooks(repository, state, hooks)
    return made


def _refuse_contradiction(config: Config, wanted: Wanted) -> None:
    """A configuration that is there is kept; what is asked for must not be another."""
    if not config.source:
        return
    for key, asked, has in (
        ("models", wanted.models, config.models),
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
    lines = [
        (f"models = {_list(roots)}", ""),
        (f'storage = "{where}"', f'or "{LFS if where == IGNORE else IGNORE}"'),
        (f'language = "{language}"', 'of INFO.md templates: "en" or "zh"'),
        ("", ""),
        ("[rules.missing-info]", ""),
        ('local = "error"', "weights that lie ignored in the work tree need an INFO.md too"),
    ]
    text = "".join(f"{key:29} # {why}\n" if why else f"{key}\n" for key, why in lines)
    return text.encode("utf-8", "surrogateescape")


def _list(names: Sequence[str]) -> str:
    return json.dumps(list(names), ensure_ascii=False)


def _own(repository: Repository, name: str, data: bytes, what: str) -> Step:
    """The step that writes a file which is all ours."""
    path = os.path.join(repository.top, *name.split("/"))
    return Step(what, [(name, None, data)], lambda journal: journal.write(OWN, path, data))


def _pages(repository: Repository, made: Plan) -> list[Step]:
    """README.md and .gitkeep of the models folders; what is there stays."""
    steps = []
    for root in made.roots:
        folder = os.path.join(repository.top, *root.split("/"))
        if link := _linked(repository, root):
            # A shared drive: not this repository's to write to, and Git does not look into it.
            raise PmgitError(
                f"{link} is a symbolic link, and what is behind it is no part of this repository",
                f"name another models folder: pmgit init --models DIR; or remove the link {link}",
            )
        names = os.listdir(folder) if os.path.isdir(folder) else []
        if not any(name.lower().startswith("readme") for name in names):
            name = f"{root}/{readme_template.NAME}"
            page = readme_template.write(root, made.config.language, made.storage)
            steps.append(_own(repository, name, page, f"write {name}: how models are kept here"))
        if ".gitkeep" not in names:
            name = f"{root}/.gitkeep"
            steps.append(_own(repository, name, b"", f"write {name}"))
    return steps


def _linked(repository: Repository, root: str) -> str:
    """The part of a models folder's path that is a symbolic link; '' when none is."""
    parts = root.split("/")
    paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return next((path for path in paths if os.path.islink(os.path.join(repository.top, path))), "")


def _ignore(repository: Repository, made: Plan, keep_text: bool | None) -> list[Step]:
    """The block of .gitignore."""
    found = ignore_block.plan(repository, made.config, keep_text, roots=made.roots)
    made.notes += hidden_text.notes(repository, made.config, found)
    if not found.changes:
        return []

    def run(journal: Journal) -> None:
        # Worked out again: the folders are there by now.
        fresh = ignore_block.plan(repository, made.config, keep_text, roots=made.roots)
        for name, (_, after) in fresh.changes.items():
            path = os.path.join(repository.top, *name.split("/"))
            journal.note(journal.about(BLOCK, path, after, []))
        ignore_block.apply(repository, fresh)

    what = "hide weights, keep INFO.md" if made.storage == IGNORE else "hide caches only"
    names = " and ".join(found.changes)
    diffs = [(name, before, after) for name, (before, after) in found.changes.items()]
    return [Step(f"write pmgit's block of {names}: {what}", diffs, run)]


def _lfs(repository: Repository, made: Plan, *, after_ignore: bool) -> list[Step]:
    """Git LFS: attributes, filter, pointers."""

    def run(journal: Journal) -> None:
        fresh = lfs_setup.plan(repository, made.config, (), made.roots)
        name = attribute_lines.NAME
        paths = [name, *(b.path for b in fresh.raw), *(b.path for b, _ in fresh.texts)]
        noted = [
            journal.note(_staged_before(repository, path))
            for path in (paths if fresh.writes else paths[1:])
        ]
        hooks = hook_chain.hooks_folder(repository)
        watched = {
            os.path.join(repository.top, name): BLOCK,
            os.path.join(repository.common_dir, "config"): CONFIG,
            **{os.path.join(hooks, hook): HOOK for hook in _LFS_HOOKS},
            # Pointers in the work tree that become the texts they stand for.
            **{os.path.join(repository.top, b.path): OWN for b, _ in fresh.texts},
        }
        journal.folders(hooks)
        with journal.around(watched):
            done = lfs_setup.apply(repository, fresh)
        for entry in noted:
            journal.settle(entry, staged(repository, entry.path))
        if done.lost:
            raise PmgitError(
                f"{len(done.lost)} texts are pointers whose content is not on this machine:"
                f" {', '.join(done.lost[:5])}",
                "git lfs fetch",
            )

    try:
        found = lfs_setup.plan(repository, made.config, (), made.roots)
    except PmgitError:
        probes = [f"{root}/pmgit-probe/pmgit-probe.safetensors" for root in made.roots]
        if after_ignore and attributes.ignored(repository, probes):
            # The lines that hide them are let in by the step before.
            return [Step("set up Git LFS for weights, and prove it", [], run)]
        raise
    filtered = repository.start("config", "--local", "--get", "filter.lfs.process").wait()[0] == 0
    # The chain uploads by itself; without it an interrupted step may lack the hooks of git-lfs.
    lacking = made.hooks == NONE and lfs_hook.is_wanted(repository)
    if filtered and not (found.writes or found.raw or found.texts or lacking):
        return []
    what = "set up Git LFS for weights, in this repository only"
    if found.raw:
        what += f"; stage {len(found.raw)} tracked files as pointers"
    name = attribute_lines.NAME
    return [Step(what, [(name, found.attributes.work_tree, found.new_work_tree)], run)]


def _staged_before(repository: Repository, path: str) -> Entry:
    """The entry for a path of the index that is about to be staged otherwise."""
    from base64 import b64encode

    return Entry(INDEX, path, b64encode(staged(repository, path).encode()).decode("ascii"), PENDING)
