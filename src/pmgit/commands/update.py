"""`pmgit update`: move the lock of a model to what its source, or its folder, has now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.commands import _licenses, _next
from pmgit.commands._bars import bytes_bar
from pmgit.commands._model_names import NO_MODEL, chosen_models, refused
from pmgit.commands._one_by_one import one_by_one
from pmgit.commands._options import dry_run_option, yes_option
from pmgit.commands._terminal import ask, named, note, say
from pmgit.commands._work_tree import alone
from pmgit.core.errors import CLEAN, PmgitError, UsageError
from pmgit.core.shell import quote
from pmgit.core.units import show_size
from pmgit.gitfiles import user_files
from pmgit.model import folder, info_block, info_file, lock_file
from pmgit.model.folder import INFO, LOCK
from pmgit.model.info_block import BlockError
from pmgit.model.lock_file import LOCAL
from pmgit.model.weights import Tiers
from pmgit.models import account, adopt, download
from pmgit.models.gate import KEPT, Gate
from pmgit.models.moved_on import MovedOn, patterns
from pmgit.models.nearby import Nearby
from pmgit.report.text import visible
from pmgit.sources import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.model.describe import ModelFile
    from pmgit.model.lock_file import Lock
    from pmgit.models.account import Account


@click.command("update")
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option("--revision", default="", metavar="R", help="A branch, tag or commit of the source.")
@dry_run_option
@yes_option
def command(names: tuple[str, ...], revision: str, dry_run: bool, yes: bool) -> int:
    """Move each MODEL and its lock to what its branch has now, or to --revision, file by file.

    Without a MODEL these are all that have a source. Files that are as they were locked are
    replaced; one that you have changed stops the update of its model. A model of this disk (trained
    or converted here) is hashed anew where it lies, when it is named. pmgit's block in INFO.md and
    the commit that it names follow; your own words stay. New files are judged, as by `pmgit scan`,
    before they replace old ones; when one is refused, the model stays as it was.

    Exit code 0: the locks are up to date; 1: a file is refused, or the policy for licenses does not
    allow what the source has now; 2: wrong usage; 3: it could not be done.
    """
    if revision and len(names) != 1:
        raise UsageError("--revision belongs to one model", "run it once for each MODEL")
    repository, config, accounts = chosen_models(names)
    models = [one for one in accounts.models if names or _has_source(one)]
    written: list[str] = []

    def update(model: Account) -> int:
        if model.trouble:
            raise refused(repository, model)
        one = _Update(repository, config, model.path)
        if one.before.type != LOCAL:
            written.extend(one.from_source(revision, dry_run, yes))
        elif revision:
            raise UsageError(f"{visible(model.path)} has no source", "leave out --revision")
        else:
            written.extend(one.from_disk(dry_run))
        return CLEAN

    try:
        if not models:
            nothing = "no model here has a lock with a source to ask; to lock what lies here anew,"
            say(named(f"{nothing} name it: pmgit update MODEL" if accounts.models else NO_MODEL))
        return one_by_one(models, update, "not updated")
    finally:
        if written and not dry_run:
            for line in _next.add_models(repository, config, written):
                say(named(line))


def _has_source(model: Account) -> bool:
    """Whether a lock has a source. One that cannot be read is an error of its own."""
    return bool(model.trouble) or (model.lock is not None and model.lock.type != LOCAL)


class _Update:
    """The update of the model folder `path`; `before` is its lock."""

    def __init__(self, repository: Repository, config: Config, path: str) -> None:
        self._repository = repository
        self._config = config
        self._gate = Gate(config, click.echo, note)
        self._path = path
        self._shown = visible(path)
        self._folder = os.path.join(repository.top, path)
        data = user_files.read(os.path.join(self._folder, LOCK), lock_file.MAX_BYTES)
        if data is None:
            hint = f"lock it first: pmgit add {quote(path)}"
            raise UsageError(f"{self._shown} has no {LOCK}", hint)
        self._data = data
        self.before = lock_file.parse(data, f"{path}/{LOCK}")

    def from_disk(self, dry_run: bool) -> list[str]:
        """Hash the model anew; returns the paths of the files that were written."""
        root = folder.root_of(self._path, self._config.models)
        lock, known = adopt.lock_of(
            self._repository, self._config, self._path, self._path[len(root) + 1 :],
            before=self.before, gate=self._gate,
        )  # fmt: skip
        for line in _differences(self.before, lock):
            say(f"{self._shown}/{visible(line)}")
        return self._write(lock, known.files, dry_run)

    def from_source(self, revision: str, dry_run: bool, yes: bool) -> list[str]:
        """Fetch what the source has at a revision; returns the paths of the written files.

        Raises PmgitError, and then the lock is as it was.
        """
        source = resolve.of_lock(self.before.source)
        listing = source.look(revision)
        moved = MovedOn(self.before, listing)
        # A branch may be gone and a repository renamed while the commit stays.
        old = self.before.source
        named_anew = {key for key, value in listing.source.items() if old.get(key) != value}
        if moved.is_same and not named_anew:
            say(f"{self._shown}: nothing to change")
            return []
        if "requested" in named_anew and old.get("requested"):
            was, now = visible(str(old["requested"])), visible(listing.source["requested"])
            say(f"{self._shown}: follows {now!r}, not {was!r}")
        for line in moved.lines():
            say(f"{self._shown}/{visible(line)}")
        for one in listing.notes:
            note(named(visible(one)))
        license = listing.stated_license
        if license != self.before.license:
            say(f"{self._shown}: license: {_licenses.with_terms(license)}")
        licenses = _licenses.stated(self._folder, source=license)
        _licenses.demand_allowed(self._config, self._shown, licenses, "in INFO.md")
        if dry_run:
            return []
        if moved.paths and not yes:
            ask("Update it?", "add --yes", before="fetches anything")
        around = account.collect(self._repository, self._config).models
        nearby = Nearby(self._repository, around, os.environ)
        with alone(self._repository, self._path):
            fetched = download.Download(self._repository, self._path, source, listing, nearby)
            size = sum(max(file.size, 0) for file in moved.files)
            with bytes_bar(self._shown, size) as fetched.on_bytes:
                hashes = {file.path: file.sha256 for file in self.before.files}
                fetched.arrive(moved.files, hashes)
            files = fetched.settle(self._gate, f"nothing was changed; {KEPT}")
            kept = {name: patterns(self.before, name) for name in ("include", "exclude")}
            lock = download.lock_of(self._folder, listing, files, kept, created=self.before.created)
            listed = download.listed(Tiers(self._config), files)
            return self._write(lock, listed, dry_run)

    def _write(self, lock: Lock, files: Sequence[ModelFile], dry_run: bool) -> list[str]:
        """Write lock and INFO.md where they change; returns the paths of what was written."""
        # All of it is made before any of it is written.
        pages = {f"{self._path}/{LOCK}": (self._data, lock_file.render(lock))}
        words = user_files.read(os.path.join(self._folder, INFO), info_file.MAX_BYTES)
        if words is not None:
            language = info_file.parse(words).language or self._config.language
            try:
                page = info_block.renewed(words, files, language)
            except BlockError as error:
                raise PmgitError(f"{self._shown}/{INFO}: {error}") from None
            old, new = (str(one.source.get("revision", "")) for one in (self.before, lock))
            if old and new:
                page = page.replace(old.encode("ascii"), new.encode("ascii"))
                was, now = (str(one.source.get("requested", "")) for one in (self.before, lock))
                was, now = (f"`{branch}` (commit: {new})" for branch in (was, now))
                page = page.replace(was.encode(), now.encode())
            pages[f"{self._path}/{INFO}"] = (words, page)
        changed = {name: new for name, (was, new) in pages.items() if new != was}
        # INFO.md first: a new lock means that all of it is done.
        for name in sorted(changed) if not dry_run else ():
            user_files.write_whole(os.path.join(self._repository.top, name), changed[name])
        done = "would change" if dry_run else "wrote"
        names = ", ".join(path.rpartition("/")[2] for path in changed)
        say(f"{self._shown}: {done} {names}" if changed else f"{self._shown}: nothing to change")
        return list(changed)


def _differences(before: Lock, after: Lock) -> list[str]:
    """The lines about the files that an update changes, one for each."""
    old = {file.path: file for file in before.files}
    new = {file.path: file for file in after.files}
    lines = []
    for path in sorted(old.keys() | new.keys()):
        was, now = old.get(path), new.get(path)
        if was is None and now is not None:
            lines.append(f"{path}: new ({show_size(now.size)})")
        elif now is None:
            lines.append(f"{path}: gone")
        elif was is not None and was.sha256 != now.sha256:
            lines.append(f"{path}: changed ({show_size(was.size)} to {show_size(now.size)})")
    return lines
