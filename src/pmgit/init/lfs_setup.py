"""Setting up Git LFS for a repository: the attribute lines, the filter, and the proof.

First everything is worked out and asked of Git without changing anything (`plan`); then it is
done and asked again (`apply`). What a person has not staged is not staged, and no file of the
work tree changes but `.gitattributes`, and texts that lie there as pointers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from pmgit.core.errors import PmgitError
from pmgit.git.attributes import LFS, EveryClone
from pmgit.git.entries import restage
from pmgit.git.settings import GitSettings
from pmgit.git.work_tree import clear_skip_mark
from pmgit.gitfiles import block, models_folders, user_files
from pmgit.gitfiles.attributes import (
    attribute_file,
    lfs_lines,
    lfs_patterns,
    other_lines,
    renormalise,
)
from pmgit.gitfiles.attributes.attribute_lines import NAME
from pmgit.history import old_weights
from pmgit.hooks import hook_state, lfs_hook
from pmgit.lfs import include, missing, patterns, pointer
from pmgit.model import storage
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.config import Config
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.gitfiles.attributes.attribute_file import AttributeFile
    from pmgit.gitfiles.attributes.lfs_lines import Coverage
    from pmgit.lfs.pointer import Pointer


_TEXTS_FIRST = "texts are taken out of Git LFS first; run it again for the weights"


@dataclass
class LfsPlan:
    """The lines to write, the blobs to stage anew, and what was proved about them.

    `covered` has for every pattern of this run the paths that it matches. `raw` are the blobs that
    become pointers, `texts` the pointers that become text. `history` is what the commits made so
    far hold raw.
    `hidden` is the reason why no patterns were added, when only texts are put right; `not_here`
    counts the blobs that a partial clone lacks. `tracked` are the paths of all files of the index,
    `index` is what its file was then.
    """

    attributes: AttributeFile
    lines: list[str]
    covered: dict[str, Coverage] = field(default_factory=dict)
    raw: list[Blob] = field(default_factory=list)
    texts: list[tuple[Blob, Pointer]] = field(default_factory=list)
    history: list[Blob] = field(default_factory=list)
    hidden: str = ""
    not_here: int = 0
    tracked: frozenset[str] = frozenset()
    index: tuple[int, ...] = ()

    @property
    def probes(self) -> list[str]:
        """The paths by which Git is asked whether the lines do what they should."""
        return [path for found in self.covered.values() for path in (*found.real, *found.probes)]

    @property
    def new_work_tree(self) -> bytes:
        return self._with_block(self.attributes.work_tree or b"")

    @property
    def new_index(self) -> bytes:
        if self.attributes.index is None:
            return self.new_work_tree
        return self._with_block(self.attributes.index)

    @property
    def writes(self) -> bool:
        """Whether .gitattributes changes, on disk or in the index."""
        return (
            self.new_work_tree != self.attributes.work_tree
            or self.new_index != self.attributes.index
        )

    def _with_block(self, text: bytes) -> bytes:
        if not self.lines:
            return block.remove(text, NAME)
        return block.replace(text, self.lines, where=block.HERE, name=NAME)


@dataclass
class LfsDone:
    """The result of `apply`: `lost` are the texts whose content is not on this machine."""

    lost: list[str]
    hook: lfs_hook.PushUpload

    def refuse_lost(self, then: str = "") -> None:
        """Raise PmgitError when texts are lost; `then` is what to run when they are here."""
        if self.lost:
            raise PmgitError(
                f"{len(self.lost)} texts are pointers whose content is not on this machine:"
                f" {', '.join(self.lost[:5])}",
                include.command("fetch", self.lost) + then,
            )


def plan(
    repository: Repository,
    config: Config,
    wanted: Sequence[str],
    roots: Sequence[str] = (),
    *,
    opened: bool = False,
    diff: str = "",
    snapshot: Snapshot | None = None,
    settings: GitSettings | None = None,
) -> LfsPlan:
    """Work out everything for the patterns in `wanted` (none: those of the formats present).

    `roots` are the models folders; none: those of the configuration that exist. `opened`: the
    ignore rules that hide weights now are about to go. `diff`: how Git is to compare weights ('':
    as it does now). `snapshot` is the index, `settings` are those of the repository, where they are
    known already.

    Raises UsageError or PmgitError, with the reason and the way out, when it cannot work.
    """
    if not missing.is_installed():
        raise PmgitError("git-lfs is not installed", missing.install_hint())
    index = _index_file(repository)
    snapshot = snapshot or Snapshot(repository, TREE, [], [])
    tracked = {path: blob for path, blob in snapshot.listing().items() if blob.is_regular}
    roots = list(roots) or models_folders.existing(repository, config, tracked)
    below = models_folders.files_below(repository, roots, tracked)
    attributes = attribute_file.read(snapshot, below)
    texts = [blob for path, blob in tracked.items() if patterns.must_be_text(path)]
    snapshot.objects.survey(texts, pointer.may_be)
    names = sorted({*tracked, *below})
    lines = lfs_lines.Lines(
        repository, attributes, roots=roots, names=names, tracked=tracked,
        max_text=storage.largest_text(config), diff=diff, settings=settings,
    )  # fmt: skip
    if wanted:
        mine = lfs_patterns.asked_for(repository, wanted, tracked, lines.large)
    else:
        mine = lfs_patterns.for_formats(config, roots, below)
    covered = lines.coverage(mine, probe=roots)
    if opened:
        hidden = PmgitError(_TEXTS_FIRST) if lines.has_texts() else None
    else:
        hidden = lfs_lines.hidden_by(repository, config, covered, tracked)
    if hidden:
        # Texts in Git LFS can be put right all the same; there is nothing else to do then.
        if wanted or not lines.has_texts():
            raise hidden
        mine, covered = [], {}
    written = lines.with_patterns(mine)
    made = LfsPlan(attributes, written, covered, tracked=frozenset(tracked), index=index)
    made.hidden = hidden.message if hidden else ""
    lines.prove(written, made.probes)
    _fill(made, snapshot, lines, tracked)
    return made


def is_current(repository: Repository, made: LfsPlan) -> bool:
    """Whether the index and `.gitattributes` are still as they were when the plan was made."""
    same = user_files.read(os.path.join(repository.top, NAME)) == made.attributes.work_tree
    return same and _index_file(repository) == made.index


def _index_file(repository: Repository) -> tuple[int, ...]:
    """What differs when the index is another: Git writes a new file each time."""
    try:
        found = os.stat(repository.index)
    except FileNotFoundError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _fill(
    made: LfsPlan, snapshot: Snapshot, lines: lfs_lines.Lines, tracked: dict[str, Blob]
) -> None:
    """Find what is staged otherwise than the new lines say."""
    groups = lfs_lines.split(made.lines)
    introduced = old_weights.introduced(snapshot.repository)
    paths = dict.fromkeys([*tracked, *(blob.path for blob in introduced)])
    wanted = lines.matched([*groups.sends, *groups.large], list(paths))
    matched = {path for path in tracked if path in wanted}
    made.not_here = snapshot.objects.survey([tracked[path] for path in matched], pointer.may_be)
    concerned = matched.union(filter(patterns.must_be_text, tracked))
    filters = lines.filters(made.lines, sorted(concerned))
    for path in sorted(concerned):
        blob = tracked[path]
        found = pointer.read(blob.head, expected=True) if blob.head else None
        if filters[path] == LFS:
            if path in matched and blob.size > 0 and found is None:
                made.raw.append(blob)
        elif isinstance(found, pointer.Pointer) and patterns.must_be_text(path) and path != NAME:
            made.texts.append((blob, found))
    made.history = old_weights.raw(snapshot.repository, introduced, wanted)


def prove(repository: Repository, made: LfsPlan) -> bool:
    """Whether the files and the index are as planned; then Git is asked again, as by `apply`."""
    if made.hidden or user_files.read(os.path.join(repository.top, NAME)) != made.new_work_tree:
        return False
    now = Snapshot(repository, TREE, [], [])
    staged = now.listing()
    files = [staged[path] for path in (NAME, *(blob.path for blob in made.raw)) if path in staged]
    now.objects.survey(files, pointer.may_be)
    text = now.objects.contents([blob for blob in files if blob.path == NAME])
    if list(text.values()) != [made.new_index]:
        return False
    if not all(pointer.readable(blob.head) for blob in files if blob.path != NAME):
        return False
    _prove(repository, made)
    return True


def apply(
    repository: Repository,
    made: LfsPlan,
    *,
    hooks: str = "",
    settings: GitSettings | None = None,
) -> LfsDone:
    """Do what was planned, and ask Git again. Raises PmgitError when the answer is not `lfs`.

    `hooks` is the folder that Git takes hooks from, `settings` are those of the repository, where
    they are known already.
    """
    settings = settings or GitSettings(repository)
    # Before anything is written: it refuses when somebody has a filter of this name.
    _install(repository, settings)
    if made.writes:
        new = made.new_work_tree
        if new != made.attributes.work_tree:
            user_files.write_whole(os.path.join(repository.top, NAME), new)
            clear_skip_mark(repository, NAME)
        stage(repository, made)
    here = _prove(repository, made)
    renormalise.to_pointers(repository, made.raw, here)
    lost = renormalise.to_text(repository, made.texts)
    hooks = hooks or hook_state.hooks_folder(repository)
    return LfsDone(lost, lfs_hook.ensure(repository, hooks, settings))


def _install(repository: Repository, settings: GitSettings) -> None:
    """Configure the filter for this repository; its hooks are not touched (--skip-repo)."""
    filter_of_lfs = dict(word.split("=", 1) for word in renormalise.LFS_FILTER[1::2])
    if settings.local("filter.lfs.") == filter_of_lfs:
        return  # git-lfs would start 13 git processes to find the same
    code, _, _ = repository.start("lfs", "install", "--local", "--skip-repo").wait()
    if code:
        found = GitSettings(repository).all.items()
        of_lfs = [f"{key} {s[-1].value}\n" for key, s in found if key.startswith("filter.lfs.")]
        raise PmgitError(
            "git lfs install refuses, because there is another filter called lfs:"
            f" {''.join(of_lfs)}",
            "if nobody needs it: git config --local --remove-section filter.lfs",
        )


def stage(repository: Repository, made: LfsPlan) -> None:
    """Stage `.gitattributes` as planned; edits that the user has not staged stay so."""
    if made.attributes.index is None or made.new_index == made.new_work_tree:
        # -f: the user's ignore rules may hide it.
        sparse = ("--sparse",) if repository.is_sparse else ()
        repository.run(*renormalise.LFS_FILTER, "add", "-f", *sparse, "--", NAME)
        return
    # The user has edits that are not staged, and they stay so.
    restage(repository, [(made.attributes.mode, repository.store(made.new_index), NAME)])


def _prove(repository: Repository, made: LfsPlan) -> set[str]:
    """Ask Git about the probes; returns which of them, and of the raw files, Git LFS gets here."""
    probes = made.probes
    of_clones = EveryClone(repository).filters(probes)
    here = other_lines.sent(repository, [*probes, *(blob.path for blob in made.raw)])
    for path in probes:
        if of_clones.get(path) != LFS or path not in here:
            where = "in the work tree" if of_clones.get(path) == LFS else "in the index"
            raise PmgitError(
                f"git check-attr does not answer lfs for {path!r} {where}",
                "a .gitattributes that is not staged, or staged otherwise, decides;"
                f" see: git check-attr -a -- {path!r}",
            )
    return here
