"""Leaving Git LFS: weights leave Git, stay on disk, and are ignored from then on.

Nothing is lost by it here, because what is no content on disk refuses it. Old commits keep their
pointers, so the filter stays configured.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.config import IGNORE, LFS
from pmgit.core.errors import PmgitError
from pmgit.core.shell import quote
from pmgit.git import attributes
from pmgit.git.attribute_text import pattern_line, unquoted
from pmgit.git.entries import restage
from pmgit.gitfiles import block, ignore_block, user_files
from pmgit.gitfiles.attributes import attribute_file, lfs_lines
from pmgit.gitfiles.attributes.attribute_lines import NAME, deciders
from pmgit.init import lfs_setup, storage_switch, textconv
from pmgit.init.journal import BLOCK, Journal, Record, carry_out
from pmgit.lfs import include, patterns, pointer
from pmgit.model import storage
from pmgit.model.folder import INFO, LOCK
from pmgit.model.weights import NEVER, Tiers
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.config import Config
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.init.storage_switch import Switch


@dataclass
class LfsLeaving:
    """The plan: the blobs that leave Git, the new `.gitattributes`, and the switch of the rest."""

    blobs: list[Blob]
    attributes: lfs_setup.LfsPlan
    switch: Switch
    notes: list[str] = field(default_factory=list)

    @property
    def diffs(self) -> list[tuple[str, bytes | None, bytes | None]]:
        """The change of `.gitattributes`; a file that held nothing but the block goes."""
        now = self.attributes.attributes.work_tree
        after = self.attributes.new_work_tree
        return [] if now in (None, after) else [(NAME, now, after or None)]


def plan(repository: Repository, config: Config) -> LfsLeaving | None:
    """The plan to leave Git LFS; None when weights are not in Git LFS here.

    Raises PmgitError when content is not on disk, and what the switch raises.
    """
    snapshot = Snapshot(repository, TREE, [], [])
    if storage.of(config, snapshot) != LFS:
        return None
    tracked = {path: blob for path, blob in snapshot.listing().items() if blob.is_regular}
    # Of a model, what Git has as text stays visible.
    switch = storage_switch.switch(snapshot, config, IGNORE, _keeps_text(tracked, config))
    below = tuple(f"{root}/" for root in switch.roots)
    file = attribute_file.read(snapshot, [])
    old = block.read(file.work_tree or b"", NAME) or []
    lines = lfs_lines.Lines(
        repository, file, roots=switch.roots, names=list(tracked), tracked=tracked
    )
    filters = lines.filters(old, list(tracked))
    snapshot.objects.survey([b for p, b in tracked.items() if p.startswith(below)], pointer.may_be)
    leaving, others = [], []
    for path, blob in tracked.items():
        is_sent = filters[path] == attributes.LFS
        if path.startswith(below):
            if is_sent or pointer.readable(blob.head, expected=True):
                leaving.append(blob)
        elif is_sent:
            others.append(path)
    _demand_content(repository, leaving)
    made = lfs_setup.LfsPlan(file, _kept(old, lines, switch, leaving, others))
    notes = _still_sent(repository, made, lines, leaving)
    return LfsLeaving(leaving, made, switch, [*switch.notes, *notes])


def _keeps_text(tracked: dict[str, Blob], config: Config) -> bool | None:
    """Whether a model has tracked text besides its INFO.md: then text is not to be hidden."""
    tiers = Tiers(config)
    seen_anyway = (INFO, LOCK, ".gitkeep", ".gitignore", NAME)
    text = (
        path
        for root in config.models
        for path in tracked
        if path.startswith(f"{root}/")
        and tiers.of(path) == NEVER
        and path.rpartition("/")[2] not in seen_anyway
        and path != f"{root}/README.md"
    )
    return True if any(text) else None


def _demand_content(repository: Repository, blobs: Sequence[Blob]) -> None:
    """Raise PmgitError when a file is not on disk, or only its pointer is."""
    absent, stubs = [], []
    for blob in blobs:
        path = os.path.join(repository.top, *blob.path.split("/"))
        if not os.path.isfile(path):
            absent.append(blob.path)
        elif blob.size and pointer.at(path):
            stubs.append(blob.path)
    if absent or stubs:
        missing = [*absent, *stubs]
        which = "1 file is" if len(missing) == 1 else f"{len(missing)} files are"
        specs = (f":(top,literal){path}" for path in absent)
        back = f"git restore -- {' '.join(map(quote, specs))} && " if absent else ""
        raise PmgitError(
            f"the content of {which} not on disk: {', '.join(missing[:5])}",
            f"bring it, or nobody would have it: {back}{include.command('pull', missing)}",
        )


def _kept(
    old: Sequence[str],
    lines: lfs_lines.Lines,
    switch: Switch,
    leaving: Sequence[Blob],
    others: Sequence[str],
) -> list[str]:
    """The lines of the block that are for files elsewhere."""
    begins = tuple(f"/{patterns.literal(root)}/" for root in switch.roots)
    groups = lfs_lines.split(old)
    wanted = [*groups.sends, *groups.large]
    matched = lines.matched(wanted, [*others, *(blob.path for blob in leaving)])
    needed = {pattern for path in others for pattern in matched.get(path, ())}
    ours = {pattern for blob in leaving for pattern in matched.get(blob.path, ())} - needed
    kept = [
        pattern
        for pattern in wanted
        if pattern not in ours and not unquoted(pattern).startswith(begins)
    ]
    return [
        line
        for line in old
        if (found := pattern_line(line)) is None
        or found.word in kept
        or (kept and "filter=lfs" not in found.words)
    ]


def _still_sent(
    repository: Repository, made: lfs_setup.LfsPlan, lines: lfs_lines.Lines, leaving: Sequence[Blob]
) -> list[str]:
    """The notes about lines of the user that go on naming these files: they do no harm."""
    paths = [blob.path for blob in leaving]
    found = lines.filters(made.lines, paths)
    sent = [path for path in paths if found[path] == attributes.LFS]
    decided = deciders(repository, lines.files(made.lines), sent[:1])
    return [
        f"{line.file} is left with {line.text!r}, which is yours and does no harm"
        for line in decided.values()
    ]


def apply(repository: Repository, made: LfsLeaving) -> None:
    """Carry the plan out, recorded in the journal, and ask Git again. Raises PmgitError."""
    journal = Journal(repository)
    journal.sweep()
    carry_out(made.switch.first, journal)
    journal.note(
        *(Record.for_index(blob.path, f"{blob.mode} {blob.oid}", "") for blob in made.blobs)
    )
    restage(repository, ((blob.mode, "", blob.path) for blob in made.blobs))
    _write_attributes(repository, journal, made.attributes)
    if textconv.forget(repository):
        made.notes.append(f"{textconv.KEY} is no longer set: there is nothing to compare")
    carry_out(made.switch.last, journal)
    paths = [blob.path for blob in made.blobs]
    hidden = attributes.ignored(repository, paths)
    tiers = Tiers(made.switch.config)
    for path in paths:
        if path not in hidden and tiers.of(path) != NEVER:
            raise PmgitError(f"Git sees {path} still", f"see: git check-ignore -v -- {path!r}")
        if path not in hidden:
            made.notes.append(f"{path} is text, and not ignored: it was in Git LFS for its size")
    ignore_block.apply(repository, ignore_block.plan(repository, made.switch.config, None))


def _write_attributes(repository: Repository, journal: Journal, made: lfs_setup.LfsPlan) -> None:
    """Write and stage `.gitattributes`; without anything in it it goes."""
    if made.attributes.work_tree is None or not made.writes:
        return
    path = os.path.join(repository.top, NAME)
    after = made.new_work_tree
    with journal.around({path: BLOCK}, [NAME]):
        if after:
            user_files.write_whole(path, after)
        else:
            os.unlink(path)
        if made.new_index:
            lfs_setup.stage(repository, made)
        else:
            restage(repository, [("", "", NAME)])
