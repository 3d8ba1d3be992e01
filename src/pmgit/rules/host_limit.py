"""The rule `host-limit`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING, Finding
from pmgit.core.option import TEXT, Option
from pmgit.core.rule import HOST, Rule
from pmgit.fix import for_staged
from pmgit.formats import kinds
from pmgit.git import folders
from pmgit.git.blob import GROWTH, decode, encode
from pmgit.git.cat_file import stored_sizes
from pmgit.hosts import choice
from pmgit.lfs.pointer import Pointer
from pmgit.model.steering import steers_git
from pmgit.snapshots.base import STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pmgit.git.blob import Blob
    from pmgit.hosts.limits import Limit
    from pmgit.model.subject import Subject


class HostLimit(Rule):
    """What the chosen host refuses, or advises against.

    ## What it reports

    Nothing until a host is chosen. Then, by the host's own figures: a file that is too large, raw
    in Git or as an object in Git LFS; a binary file that is not in Git LFS; a folder with too many
    entries, a tree with too many files, a push that is too large. An error is what the host
    refuses, a warning what it advises against. The figures, each with its date and its source:
    docs/hosts.md.

    ## Why it is bad

    The host refuses the push after everything has been uploaded, and then the file is in a commit
    from which it must be taken out again.

    ## Example

    A video of 120 MB in a repository on GitHub, which refuses files of over 100 MiB.

    ## What to do

    Weights belong into Git LFS (`pmgit lfs-setup`) or below a models folder that Git ignores; other
    large files into Git LFS or elsewhere. An object that is too large for Git LFS must be split
    into shards. `pmgit check --host github` judges without any configuration.
    """

    name = "host-limit"
    family = "size"
    severity = "error or warning"
    scope = HOST
    options = (
        Option(
            "host",
            TEXT,
            "",
            "Whose limits count: `github`, `gitlab`, `huggingface`, or a file of the repository"
            " with the limits of another host (its form: docs/hosts.md).",
        ),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        host = choice.chosen(subject.snapshot, self.config)
        if host is None:
            return
        self._host = host.name
        self._limits = host.limits
        # What is only moved is there already. (Into a model folder too: the host does not care.)
        removed = subject.snapshot.removed
        new = [blob for blob in subject.files if (blob.commit, blob.oid) not in removed]
        yield from self._raw(subject, new)
        yield from self._objects(subject, new)
        yield from self._push(subject, new)
        yield from self._tree(subject)

    # -- files ----------------------------------------------------------------------------------

    def _raw(self, subject: Subject, new: list[Blob]) -> Iterator[Finding]:
        of_files, of_binaries = map(self._limits.get, ("file-size", "raw-binary-size"))
        large: list[tuple[Blob, Limit, str]] = []
        if of_files:
            large = [(b, of_files, "raw in Git") for b in new if b.size > of_files.lowest]
        if of_binaries:
            listed = {id(blob) for blob, _, _ in large}
            raw = [b for b in new if b.size > of_binaries.lowest and id(b) not in listed]
            raw = [blob for blob in raw if subject.is_raw(blob)]
            heads = subject.snapshot.contents.heads_of(raw)
            what = "of binary data raw in Git"
            binary = [blob for blob in raw if kinds.is_binary(heads.get(blob.oid, b""))]
            large += [(blob, of_binaries, what) for blob in binary]
        subject.snapshot.learn_filters(blob.path for blob, _, _ in large)
        for blob, limit, what in large:
            advice = self._advice(subject, blob, to_lfs=limit is of_binaries)
            yield self._finding(
                limit, blob.size, what, path=blob.path, commit=blob.commit, advice=advice
            )

    def _advice(self, subject: Subject, blob: Blob, *, to_lfs: bool) -> for_staged.Advice:
        """The advice that other rules give for the same file, or two fixes would collide."""
        ends_there = steers_git(blob.path) or for_staged.goes_to_lfs(subject, blob)
        if to_lfs and not ends_there and subject.can_be_staged:
            return for_staged.set_up_here(subject, blob)
        return for_staged.store(subject, blob)

    def _objects(self, subject: Subject, new: list[Blob]) -> Iterator[Finding]:
        limit = self._limits.get("lfs-object-size")
        for blob in new:
            pointer = subject.pointer_of(blob) if limit and blob.head else None
            if limit and isinstance(pointer, Pointer) and pointer.size > limit.lowest:
                yield self._finding(
                    limit, pointer.size, "as one Git LFS object", path=blob.path,
                    commit=blob.commit,
                    advice=for_staged.Advice(None, "; split it into shards, or keep it elsewhere"),
                )  # fmt: skip

    def _push(self, subject: Subject, new: list[Blob]) -> Iterator[Finding]:
        limit = self._limits.get("push-size")
        if limit is None:
            return
        if _sum(new) * GROWTH > limit.lowest:
            subject.snapshot.contents.measure(new)
        if _sum(new) <= limit.lowest:
            return
        total = sum(stored_sizes(subject.repository, {blob.oid for blob in new}).values())
        if total > limit.lowest:
            yield self._finding(limit, total, "of new blobs, compressed")

    # -- the tree -------------------------------------------------------------------------------

    def _tree(self, subject: Subject) -> Iterator[Finding]:
        of_folders, of_tree = map(self._limits.get, ("folder-entries", "repository-files"))
        lowest = [limit.lowest for limit in (of_folders, of_tree) if limit]
        added = [encode(c.path) for c in subject.changes if c.oid and not c.before]
        if not lowest or not added:
            return
        if subject.origin == STAGED:
            at_most = folders.index_entries(subject.repository)
            if at_most is not None and at_most <= min(lowest):
                return
            paths = folders.staged_paths(subject.repository)
        else:
            paths = folders.FolderPaths(map(encode, subject.snapshot.listing()))
        if of_tree and len(paths) > of_tree.lowest:
            yield self._finding(of_tree, len(paths), "files in the repository")
        if of_folders and len(paths) > of_folders.lowest:
            for folder, count in sorted(paths.crowded(added, of_folders.lowest).items()):
                yield self._finding(of_folders, count, "entries", path=decode(folder))

    def _finding(self, limit: Limit, value: int, what: str, **where: Any) -> Finding:
        verdict = f"{self._host} {limit.verdict(value)} (as of {limit.date})"
        advice = where.pop("advice", None) or for_staged.Advice(None)
        return self.finding(
            where.pop("path", ""),
            f"{limit.measure(value)} {what}; {verdict}{advice.note}",
            severity=ERROR if limit.refuses(value) else WARNING,
            fix=advice.fix,
            **where,
        )


def _sum(blobs: list[Blob]) -> int:
    return sum({blob.oid: blob.size for blob in blobs}.values())
