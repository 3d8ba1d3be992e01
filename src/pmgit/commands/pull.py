"""`pmgit pull`: restore the files of models, exactly as they were locked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pmgit.commands import _steps
from pmgit.commands._bars import bytes_bar
from pmgit.commands._model_names import NO_MODEL, chosen_models, refused
from pmgit.commands._one_by_one import one_by_one
from pmgit.commands._terminal import named, note, say, words_of
from pmgit.commands._work_tree import alone
from pmgit.core.errors import CLEAN, FINDINGS, PmgitError
from pmgit.core.finding import Step
from pmgit.core.shell import Shell, own_command, quote
from pmgit.core.units import counted, show_size
from pmgit.lfs import missing, store
from pmgit.model.folder import LOCK
from pmgit.model.lock_file import LOCAL
from pmgit.models import account, earlier_locks, pull, verify
from pmgit.models.gate import KEPT, Arrived, Gate, NotTakenError
from pmgit.models.hashing import Memory
from pmgit.models.nearby import Nearby
from pmgit.models.verify import CHANGED, MISSING, STANDS_IN, UNLISTED, UNREADABLE
from pmgit.report.text import visible

if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from pmgit.model.lock_file import Lock, LockedFile
    from pmgit.models.account import Account

#: What Git LFS reads as a pattern in --include; only the comma between two names may be one.
_MAGIC = frozenset("*?[]\\!#")


@click.command("pull")
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    metavar="N",
    help="Fetch so many files of a model side by side.",
)
@click.option("--replace", is_flag=True, help="Replace files that differ from what is locked.")
@click.option("--dry-run", is_flag=True, help="Print what would be restored, and restore nothing.")
def command(names: tuple[str, ...], jobs: int, replace: bool, dry_run: bool) -> int:
    """Restore the files of each MODEL (all of them without one) to where they belong.

    What is right already stays. The rest comes the cheapest way: another model, another work tree
    (`git worktree`) or a Git LFS object with the same content, the caches of Hugging Face, torch
    and ModelScope, then the source that pmgit.lock names. Every byte is hashed before a file gets
    its name, and a download that was killed goes on where it stopped. Files that differ stay as
    they are without --replace; those that are as an earlier commit had them locked make way. Each
    file is judged, as by `pmgit scan`, before it gets its name: when one is unsafe, broken or too
    odd to judge, nothing of its model is restored.

    Exit code 0: every file is right; 1: a file differs or is refused, or a model has no pmgit.lock;
    2: wrong usage; 3: a file could not be had.
    """
    repository, config, accounts = chosen_models(names)
    nearby = Nearby(repository, [*accounts.models, *accounts.others], os.environ)
    gate = Gate(config, click.echo, note)
    puller = _Puller(repository, nearby, gate, Memory(repository), jobs, replace, dry_run)
    if not accounts.models:
        say(named(NO_MODEL))
    try:
        return one_by_one(accounts.models, puller.pull, "not restored")
    finally:
        puller.memory.save()


@dataclass
class _Puller:
    """Restores the files that models lack; the last three are the command's options."""

    repository: Repository
    nearby: Nearby
    gate: Gate
    memory: Memory
    jobs: int
    replace: bool
    dry_run: bool

    def pull(self, model: Account) -> int:
        """Restore what one model lacks; CLEAN when all of it is right then, else FINDINGS."""
        shown = visible(model.path)
        with alone(self.repository, model.path):
            # Only now: another pmgit may just have restored it.
            account.look_again(self.repository, model)
            if model.trouble:
                raise refused(self.repository, model)
            return self._pull(model, shown)

    def _pull(self, model: Account, shown: str) -> int:
        verdicts = verify.verify(self.repository, [model], memory=self.memory)[model.path]
        self.memory.save(every=10)
        changed = [v for v in verdicts if v.state == CHANGED]
        replaced = {v.path for v in changed}
        if not self.replace:
            by_pmgit = [v for v in changed if v.path not in model.pointers]
            replaced = earlier_locks.among(self.repository, model, by_pmgit)
            if replaced:
                files = counted(len(replaced), "file")
                say(f"{shown}: {files} as {LOCK} had them before, which make way")
        differing = [v for v in changed if v.path not in replaced]
        for verdict in differing:
            place = visible(f"{model.path}/{verdict.path}")
            click.echo(f"{place}: differs, and stays: {visible(verdict.note)}")
        if differing:
            say(named(f"to replace what differs: pmgit pull --replace {quote(model.path)}"))
        lacking = [
            v.path for v in verdicts if v.state in (MISSING, STANDS_IN) or v.path in replaced
        ]
        locked = {file.path: file for file in model.lock.files} if model.lock else {}
        # The lock counts where the pointer in the index is one to other content.
        by_lfs = [
            path
            for path in lacking
            if (to := model.pointers.get(path))
            and (path not in locked or locked[path].sha256 == to.oid)
        ]
        # All of it is judged before any of it gets its name.
        check_out: tuple[str, ...] | None = None
        failure: PmgitError | None = None
        try:
            check_out = self._fetch_by_git_lfs(model, shown, by_lfs) if by_lfs else None
        except NotTakenError:
            raise
        except PmgitError as error:
            if not (model.lock and model.lock.type != LOCAL and locked.keys() >= set(by_lfs)):
                raise
            by_lfs = []
            note(f"{shown}: {words_of(error.message)}; the source in {LOCK} has the same files")
        if model.lock and len(by_lfs) < len(lacking):
            wanted = [locked[path] for path in lacking if path not in by_lfs]
            try:
                self._by_pmgit(model.path, model.lock, wanted)
            except NotTakenError:
                raise
            except PmgitError as error:
                failure = error
        if check_out:
            self._check_out(model, by_lfs, check_out)
        if failure:
            raise failure
        bad = [v for v in verdicts if v.state in (UNREADABLE, UNLISTED)]
        for verdict in bad:
            place = visible(f"{model.path}/{verdict.path}")
            click.echo(f"{place}: {verdict.state}: {visible(verdict.note)}")
        unknown = not model.lock and model.weights and not model.pointers
        if model.is_bare or (unknown and model.has_only_links):
            see = f"pmgit status {quote(model.path)}"
            say(named(f"{shown}: has no pmgit.lock that says what to bring; see: {see}"))
        elif unknown:
            add = f"pmgit add {quote(model.path)}"
            say(named(f"{shown}: has no pmgit.lock; to write one: {add}"))
        elif not (lacking or differing or bad):
            say(f"{shown}: {counted(len(verdicts), 'file')} right")
        return FINDINGS if differing or bad or unknown or model.is_bare else CLEAN

    def _fetch_by_git_lfs(
        self, model: Account, shown: str, paths: list[str]
    ) -> tuple[str, ...] | None:
        """Have Git LFS fetch the content of pointers, of this model alone, and judge it.

        Returns the options that choose them; None where nothing is to be done (--dry-run).
        """
        size = sum(model.pointers[path].size for path in paths)
        what = f"{counted(len(paths), 'file')} from Git LFS ({show_size(size)})"
        if self.dry_run:
            say(f"{shown}: would restore {what}")
            return None
        if not missing.is_installed():
            raise PmgitError("git-lfs is not installed", missing.install_hint())
        say(f"{shown}: {what}")
        include = ",".join(f"{model.path}/{path}" for path in paths)
        if not _MAGIC.isdisjoint(include):
            include = model.path  # a name here cannot be written as a pattern
        chosen = (f"--include={include}", "--exclude=")
        # Into Git LFS's own folder first: there the objects are judged.
        objects = self._objects(model, paths)
        if not all(objects.values()):
            self._run(Step("git", "lfs", "fetch", *chosen, names="verbatim"))
            objects = self._objects(model, paths)
        absent = [path for path, place in objects.items() if not place]
        if absent:
            raise PmgitError(
                f"Git LFS has not fetched {absent[0]}", "see why: pmgit doctor, git lfs logs last"
            )
        arrived = [Arrived(path, objects[path], model.pointers[path].oid) for path in paths]
        self.gate.judge(model.path, arrived, "nothing was restored")
        return chosen

    def _check_out(self, model: Account, paths: list[str], chosen: tuple[str, ...]) -> None:
        """Have Git LFS put what it has fetched into the places of its pointers."""
        if self.replace:
            for path in paths:
                # Git LFS leaves alone what differs from what it has written.
                pull.refuse_links(self.repository.top, model.path, path)
                place = os.path.join(self.repository.top, model.path, *path.split("/"))
                if os.path.lexists(place):
                    os.unlink(place)
        steps = [Step("git", "lfs", "pull", *chosen, names="verbatim")]
        if not self.repository.start("config", "--get", "filter.lfs.smudge").wait()[1]:
            # Else Git LFS fetches the content and leaves the pointers where they are.
            install = Step("git", "lfs", "install", "--local", "--skip-repo", names="verbatim")
            steps.insert(0, install)
        self._run(*steps)
        account.look_again(self.repository, model)
        left = [path for path in paths if verify.is_lacking(model, path)]
        if left:
            raise PmgitError(
                f"Git LFS has not restored {left[0]}", "see why: pmgit doctor, git lfs logs last"
            )

    def _run(self, *steps: Step) -> None:
        _steps.run(self.repository, steps, Shell(self.repository.prefix, own_command()))

    def _objects(self, model: Account, paths: list[str]) -> dict[str, str]:
        """Where the objects of pointers are on this machine, by path; '' for those that are not."""
        stores = store.folders(self.repository)
        return {path: store.find_in(stores, model.pointers[path].oid) for path in paths}

    def _by_pmgit(self, path: str, lock: Lock, wanted: list[LockedFile]) -> None:
        """Restore files from this machine or from the source of the lock."""
        shown = visible(path)
        size = sum(file.size for file in wanted)
        what = f"{counted(len(wanted), 'file')} ({show_size(size)})"
        if self.dry_run:
            if lock.type == LOCAL:
                say(f"{shown}: would look for {what} on this machine: {LOCK} names no source")
            else:
                say(f"{shown}: would restore {what}; source: {lock.type}")
            return
        pulled = pull.Pull(self.repository, path, lock, wanted)
        with bytes_bar(shown, size) as bar:
            pulled.arrive(self.nearby, jobs=self.jobs, on_bytes=bar)
        done = pulled.settle(self.gate, f"nothing was restored; {KEPT}")
        near = sum(one.how != lock.type for one in done)
        ways = [f"{near} from this machine"] if near else []
        ways += [f"{len(done) - near} from {lock.type}"] if len(done) > near else []
        say(f"{shown}: restored {what}: {', '.join(ways)}")
