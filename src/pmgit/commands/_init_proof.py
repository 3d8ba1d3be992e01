"""The proofs at the end of `pmgit init`: everything that was set up is tried out."""

from __future__ import annotations

import copy
import os
import shutil
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pmgit.check import config_lookup, engine
from pmgit.core.errors import PmgitError
from pmgit.core.units import counted
from pmgit.formats import safetensors
from pmgit.git.blob import Blob, introduced_by
from pmgit.git.entries import restage
from pmgit.git.names import PROBE
from pmgit.gitfiles import ignore_block
from pmgit.hooks import frameworks, hook_state, trial
from pmgit.hooks.installation import NONE
from pmgit.hooks.names import PREK
from pmgit.init import entry_steps, hook_steps, lfs_proof, lfs_setup
from pmgit.report.text import visible
from pmgit.rules import RULES
from pmgit.snapshots.base import STAGED, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pmgit.git.repository import Repository
    from pmgit.init.onboarding import SetupPlan

#: Weights as a rule would have to stop them.
_PROBE = f"{PROBE}/model.safetensors"
_AGAIN = "somebody else writes here at the same time; run it again: pmgit init"


class HookError(PmgitError):
    """The hooks do not stop raw weights, or stop more than these."""


def proofs(repository: Repository, made: SetupPlan, say: Callable[[str], None]) -> Iterator[str]:
    """Prove the set-up and yield a line for each proof; `say` prints a line about a long step.

    Raises PmgitError when a proof fails, HookError when it is one of the hooks.
    """
    if made.ignored:
        if other := ignore_block.prove(repository, made.ignored):
            raise PmgitError(f"{', '.join(other)} is not as it was written", _AGAIN)
        yield from made.ignored.proved
    if planned := made.lfs:
        if planned.hidden:  # only texts were put right: now it is for the weights
            planned = lfs_setup.plan(repository, made.config, ())
        if not lfs_setup.prove(repository, planned):
            raise PmgitError("Git LFS is not set up as it was planned", _AGAIN)
        yield f"git check-attr says lfs for {counted(len(planned.covered), 'pattern')}"
        if arrived := len(lfs_proof.push_samples(repository, planned)):
            yield f"samples of {counted(arrived, 'pattern')} were pushed, and their objects arrived"
    yield _judged(repository, made)
    if made.hooks != NONE:
        try:
            yield from _hooks(repository, made, say)
        except PmgitError as error:
            raise HookError(error.message, error.hint) from error


def _hooks(repository: Repository, made: SetupPlan, say: Callable[[str], None]) -> Iterator[str]:
    """Prove where the hooks are and what they do at a real commit; yields a line for each proof."""
    framework = made.framework
    lines: list[str] = []
    if framework:
        # What was written just now was built before, and what was there was read before that: a
        # start of pre-commit takes 0.1 s. The trial has it read all but the hooks of others.
        known = any(step.ready for step in made.steps)
        if not known or framework.name == PREK:
            frameworks.validate(repository, framework)
        lines.append(f"{framework.name} accepts {framework.config}")
        if built := entry_steps.check(repository, framework, None if known else say):
            lines.append(f"{framework.name} has built {built}")
    found = hook_state.inspect(repository, made.settings)
    lines.append(hook_steps.prove(repository, found, made.hooks, framework))
    state = hook_state.look_again(repository, found)
    state.follow(made.config.values["hooks-config"])
    tool = framework.name if framework else state.tool
    trial.commit(repository, state, tool, f"{made.roots[0]}/{_PROBE}", RULES)
    yield from map(visible, lines)
    yield "a commit of text gets through them, and a commit of raw weights is stopped"


def _judged(repository: Repository, made: SetupPlan) -> str:
    """Judge raw weights in a copy of the index, with its own store; returns the line of the proof.

    Raises PmgitError when no rule refuses them.
    """
    path = f"{made.roots[0]}/{_PROBE}"
    with TemporaryDirectory(prefix="pmgit-") as folder:
        there = copy.copy(repository)
        there.objects = os.path.join(folder, "objects")
        os.mkdir(there.objects)
        index = os.path.join(folder, "index")
        if os.path.exists(repository.index):
            shutil.copyfile(repository.index, index)
        there.env = {
            **repository.env,
            "GIT_INDEX_FILE": index,
            "GIT_OBJECT_DIRECTORY": there.objects,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": repository.objects,
        }
        change = Blob(path, there.store(safetensors.file_of(bytes(trial.BYTES))))
        restage(there, [(change.mode, change.oid, path)])
        snapshot = Snapshot(there, STAGED, [change], introduced_by([change]))
        snapshot.listing()  # all at once, in place of its parts one by one
        config = config_lookup.read(snapshot)
        report = engine.judge(snapshot, config, engine.selected(config), plans=False)
    rules = [f.rule for f in report.findings if f.path == path and f.severity == "error"]
    if not rules:
        raise PmgitError(
            f"raw weights at {path} would not be refused",
            f"see what {config.source or 'the configuration'} leaves out: select, ignore, exclude",
        )
    return f"raw weights staged below {visible(made.roots[0])}/ are refused ({', '.join(rules)})"
