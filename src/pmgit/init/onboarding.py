"""The plan of `pmgit init`, as data: what was found, and the steps that are missing.

Each step is whole or not at all, notes in the journal what it is about to write, and is left out
when there is nothing to do for it. So an interrupted `init` is finished by the next one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.config import FILE, IGNORE, LFS, Config, parse
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git.settings import GitSettings
from pmgit.gitfiles import hidden_text, ignore_block
from pmgit.gitfiles.attributes import attribute_lines
from pmgit.gitfiles.attributes.lfs_lines import HiddenError
from pmgit.hooks import frameworks, hook_state, lfs_hook
from pmgit.hooks.installation import FRAMEWORK, NATIVE, NONE
from pmgit.hooks.names import LFS_HOOKS
from pmgit.init import config_steps, entry_steps, hook_steps, lfs_setup, readme_template
from pmgit.init.detect import Look, look
from pmgit.init.journal import BLOCK, CONFIG, HOOK, OWN, Journal, SetupStep
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.git.repository import Repository
    from pmgit.gitfiles.ignore_block import IgnorePlan
    from pmgit.hooks.frameworks import Framework
    from pmgit.hooks.hook_state import HookState


@dataclass
class SetupWish:
    """The options of `pmgit init`, empty when not given. `say` prints a line about a long step."""

    storage: str = ""
    hooks: str = ""
    language: str = ""
    models: tuple[str, ...] = ()
    system: bool | None = None
    keep_text: bool = False
    say: Callable[[str], None] = lambda _: None


@dataclass
class SetupPlan:
    """The plan: what was found, how the repository is to be set up, and the steps that are missing.

    `notes` are about effects of the steps that nobody would expect. `ignored` and `lfs` are the
    plans for the ignore rules and Git LFS: those that were carried out, once the steps are done.
    """

    look: Look
    config: Config
    storage: str
    hooks: str
    roots: list[str]
    framework: Framework | None = None
    ignored: IgnorePlan | None = None
    lfs: lfs_setup.LfsPlan | None = None
    settings: GitSettings | None = None
    steps: list[SetupStep] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(repository: Repository, config: Config, wanted: SetupWish) -> SetupPlan:
    """Work everything out without changing anything.

    Raises UsageError when an option contradicts the configuration, PmgitError when
    it cannot work: then nothing was written.
    """
    if wanted.models:
        # Read as the configuration would read them, or refused as it would.
        wanted.models = Config({"models": list(wanted.models)}).models
    named = ("models", "storage", "language")
    config_steps.refuse_contradiction(config, {key: getattr(wanted, key) for key in named})
    snapshot = Snapshot(repository, TREE, [], [])
    settings = GitSettings(repository)
    seen = look(snapshot, config, wanted.models)
    where = wanted.storage or config.storage or (LFS if seen.lfs_lines else IGNORE)
    roots = [folder.path for folder in seen.taken]
    state = hook_state.inspect(repository, settings)
    seen.hooks = hook_steps.hook_lines(state)
    seen.idle = hook_steps.idle_managers(state, seen.managers)
    recorded = config.values["hooks"]
    state.follow(config.values["hooks-config"])
    hooks = wanted.hooks or recorded or hook_steps.mode_here(state, seen.managers)
    made = SetupPlan(seen, config, where, hooks, roots, settings=settings)
    if hooks == NONE and wanted.hooks:
        hook_steps.refuse_none(repository, state)
    if hooks not in (NATIVE, NONE):
        made.framework = frameworks.find(state, wanted.hooks, recorded)
        made.hooks, hooks = FRAMEWORK, made.framework.name
        seen.idle += entry_steps.notes(repository, made.framework)
    elif wanted.system is False:
        raise UsageError(
            f"--no-system is about the entry for pre-commit or prek, and hooks are {hooks!r} here",
            "to have that entry: pmgit init --hooks pre-commit --no-system",
        )
    elif wanted.system:
        seen.idle.append(f"--system changes nothing: hooks are {hooks!r} here, without an entry")
    if not config.source:
        text = config_steps.text(roots, where, wanted.language or "en", hooks, state.record)
        made.config = parse(text, FILE)
        made.roots = list(made.config.models)
        why = f": storage {where!r}, hooks {hooks!r}"
        made.steps.append(SetupStep.writing(OWN, FILE, None, text, why))
    else:
        known = recorded or hook_steps.mode_of_clone(state, seen.managers)
        keys = {"hooks": hooks} if known != hooks and (wanted.hooks or not recorded) else {}
        if made.framework and state.record != config.values["hooks-config"]:
            keys["hooks-config"] = state.record
        if keys:
            made.steps.append(config_steps.record(repository, config, keys))
    made.steps += _pages(repository, made)
    ignored = ignore_steps(snapshot, made, True if wanted.keep_text else None)
    made.steps += ignored
    if where == LFS:
        made.steps += _lfs(snapshot, settings, made, after_ignore=bool(ignored))
    made.steps += _hooks(repository, made, state, wanted)
    return made


def _hooks(
    repository: Repository, made: SetupPlan, state: HookState, wanted: SetupWish
) -> list[SetupStep]:
    """The steps that make Git run pmgit, by the kind of hooks of the plan."""
    if made.framework:
        entry = entry_steps.steps(repository, made.framework, wanted.system, wanted.say)
        return entry + hook_steps.install_steps(
            repository, state, FRAMEWORK, made.framework, exchange=bool(wanted.hooks)
        )
    if made.hooks == NONE:
        return []
    out: list[SetupStep] = []
    if wanted.hooks:
        out, left = hook_steps.only_native(repository, state)
        made.notes += left
    return out + hook_steps.install_steps(repository, state, made.hooks)


def _pages(repository: Repository, made: SetupPlan) -> list[SetupStep]:
    """The steps that write README.md and .gitkeep of the models folders, where there is none."""
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
            name, why = f"{root}/{readme_template.NAME}", ": how models are kept here"
            page = readme_template.write(root, made.config.language, made.storage)
            steps.append(SetupStep.writing(OWN, name, None, page, why))
        if ".gitkeep" not in names:
            steps.append(SetupStep.writing(OWN, f"{root}/.gitkeep", None, b""))
    return steps


def _linked(repository: Repository, root: str) -> str:
    """The part of a models folder's path that is a symbolic link; '' when none is."""
    parts = root.split("/")
    paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return next((path for path in paths if os.path.islink(os.path.join(repository.top, path))), "")


def ignore_steps(snapshot: Snapshot, made: SetupPlan, keep_text: bool | None) -> list[SetupStep]:
    """The step that writes the block of .gitignore, if it changes; `snapshot` is the index."""
    repository, config, roots = snapshot.repository, made.config, made.roots
    found = ignore_block.plan(repository, config, keep_text, roots=roots, snapshot=snapshot)
    made.ignored = found
    made.notes += hidden_text.notes(repository, config, found)
    if not found.changes:
        return []

    def run(journal: Journal) -> None:
        # Somebody may have thought about it for long, or it is done again.
        fresh = found
        if not ignore_block.is_current(repository, found):
            fresh = ignore_block.plan(repository, config, keep_text, roots=roots)
        made.ignored = fresh
        files = [os.path.join(repository.top, *name.split("/")) for name in fresh.changes]
        with journal.around(dict.fromkeys(files, BLOCK)):
            ignore_block.apply(repository, fresh)

    what = "hide weights, keep INFO.md" if made.storage == IGNORE else "hide caches only"
    if found.clones:
        what += f"; hide the repositories of their own: {', '.join(found.clones)}"
    names = " and ".join(found.changes)
    diffs = [(name, before, after) for name, (before, after) in found.changes.items()]
    return [SetupStep(f"write pmgit's block of {names}: {what}", diffs, run)]


def _lfs(
    snapshot: Snapshot, settings: GitSettings, made: SetupPlan, *, after_ignore: bool
) -> list[SetupStep]:
    """The step that sets up Git LFS (attributes, filter, pointers), if something is missing."""
    repository = snapshot.repository
    is_hidden = False

    def planned(*, opened: bool = False) -> lfs_setup.LfsPlan:
        return lfs_setup.plan(
            repository, made.config, (), made.roots, opened=opened, snapshot=snapshot,
            settings=settings,
        )  # fmt: skip

    def run(journal: Journal) -> None:
        fresh = found
        if is_hidden or not lfs_setup.is_current(repository, fresh):
            fresh = lfs_setup.plan(repository, made.config, (), made.roots)
        made.lfs = fresh
        set_up_lfs(repository, fresh, journal).refuse_lost()

    try:
        found = planned()
    except HiddenError:
        if not after_ignore:
            raise
        # The step before lets in what the user's own lines hide (`*.bin`).
        is_hidden = True
        found = planned(opened=True)
    made.lfs = found
    filtered = bool(settings.local("filter.lfs.process"))
    # The chain uploads by itself; without it an interrupted step may lack the hooks of git-lfs.
    hooks = hook_state.hooks_folder(repository) if made.hooks == NONE else ""
    lacking = bool(hooks) and lfs_hook.is_wanted(hooks, settings)
    if filtered and not (found.writes or found.raw or found.texts or lacking):
        return []
    what = "set up Git LFS for weights, in this repository only"
    if found.raw:
        what += f"; stage {len(found.raw)} tracked files as pointers"
    name = attribute_lines.NAME
    return [SetupStep(what, [(name, found.attributes.work_tree, found.new_work_tree)], run)]


def set_up_lfs(
    repository: Repository,
    fresh: lfs_setup.LfsPlan,
    journal: Journal,
    settings: GitSettings | None = None,
) -> lfs_setup.LfsDone:
    """Carry the plan out, recorded in the journal; returns what was done.

    `settings` are those of the repository, where they are known already.
    """
    name = attribute_lines.NAME
    paths = [name, *(b.path for b in fresh.raw), *(b.path for b, _ in fresh.texts)]
    hooks = hook_state.hooks_folder(repository)
    watched = {
        os.path.join(repository.top, name): BLOCK,
        os.path.join(repository.common_dir, "config"): CONFIG,
        **{os.path.join(hooks, hook): HOOK for hook in LFS_HOOKS},
        # Pointers in the work tree that become the texts they stand for.
        **{os.path.join(repository.top, b.path): OWN for b, _ in fresh.texts},
    }
    journal.folders(hooks)
    with journal.around(watched, paths if fresh.writes else paths[1:]):
        return lfs_setup.apply(repository, fresh, hooks=hooks, settings=settings)
