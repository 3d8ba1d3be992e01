"""The rule `absent-object`."""

from __future__ import annotations

import os

from pmgit.errors import PmgitError
from pmgit.finding import Finding, Fix, Step
from pmgit.lfs.pointer import Pointer
from pmgit.rule import PUSHED, Rule
from pmgit.units import show_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.model.subject import Subject

#: Reads the file as Git LFS does at `git add`, which stores its content as an object.
_STORE = 'for file; do git lfs clean <"$file" >/dev/null || exit; done'


class AbsentObject(Rule):
    """A pushed Git LFS pointer whose object is neither here nor on the remote.

    ## What it reports

    At a push: every pointer that the pushed commits bring, whose object Git LFS has not got in
    this clone (or not in full), unless the same pointer is part of what the remote is known to
    have. It says so too when `lfs.allowincompletepush` is true, with which Git LFS would push it.
    On a server (`pre-receive`) only a repository that has a store of Git LFS itself is judged.

    ## Why it is bad

    The push says success and the remote has a pointer to nothing. Every clone then fails with
    `smudge filter lfs failed`, and the only copy may be on a disk that is wiped next week.

    ## Example

    A pointer that was copied from a clone of another repository, or a commit whose objects
    `git lfs prune` or a cleaned `.git/lfs` has taken away.

    ## What to do

    Where the file in the work tree holds the content (its hash proves it), the printed command
    stores it again. Otherwise get the object from where it is: `git lfs fetch --all REMOTE`, or
    copy the file into place from another clone and stage it.
    """

    name = "absent-object"
    family = "lfs"
    scope = PUSHED

    def check(self, subject: Subject) -> Iterator[Finding]:
        receiver = subject.snapshot.receiver
        if receiver is None:
            return
        found = ((blob, subject.pointer_of(blob)) for blob in subject.files if blob.head)
        pointers = [(blob, p) for blob, p in found if isinstance(p, Pointer) and p.size]
        if not pointers:
            return
        received = subject.snapshot.received
        if not received:
            _demand_git_lfs(pointers[0][0])
        absent = _absent(subject.repository, pointers)
        there = _reachable(subject.repository, receiver) if absent else frozenset()
        for blob, pointer in absent:
            # Of what was the target of a link, Git LFS has uploaded nothing.
            if blob.oid in there and blob.oid != blob.before:
                continue
            where = "not on this server" if received else "neither here nor on the remote"
            held = _is_in_work_tree(subject.repository, blob, pointer)
            cure = "" if held else _elsewhere(received)
            yield Finding(
                blob.path,
                f"a Git LFS pointer whose object ({show_size(pointer.size)}, sha256"
                f" {pointer.oid[:12]}) is {where}{cure}",
                fix=Fix(Step("sh", "-c", _STORE, items=(blob.path,), names="path"))
                if held
                else None,
                commit=blob.commit,
            )


def _elsewhere(received: bool) -> str:
    if received:
        return "; push it from a clone that has it: git lfs push --all REMOTE"
    return "; if another remote has it: git lfs fetch --all REMOTE"


def _demand_git_lfs(blob: Blob) -> None:
    """Without git-lfs nothing uploads, whatever lies here."""
    from pmgit.lfs import missing

    if not missing.is_installed():
        raise PmgitError(
            f"{blob.path} is a Git LFS pointer, and without git-lfs a push uploads no object",
            missing.install_hint(),
        )


def _absent(
    repository: Repository, pointers: Sequence[tuple[Blob, Pointer]]
) -> list[tuple[Blob, Pointer]]:
    """The pointers whose objects are not in this clone, or are shorter than they should be."""
    from pmgit.lfs import store

    folders = store.folders(repository)

    def is_here(pointer: Pointer) -> bool:
        for folder in folders:
            try:
                if os.path.getsize(store.object_path(folder, pointer.oid)) == pointer.size:
                    return True
            except OSError:
                continue
        return False

    return [(blob, pointer) for blob, pointer in pointers if not is_here(pointer)]


def _reachable(repository: Repository, receiver: Sequence[str]) -> frozenset[str]:
    """Every object that the remote is known to have. Slow, so asked only when one is absent."""
    out = repository.run(
        "rev-list", "--objects", "--no-object-names", "--missing=allow-any", *receiver
    )
    return frozenset(out.decode("ascii").split())


def _is_in_work_tree(repository: Repository, blob: Blob, pointer: Pointer) -> bool:
    """Whether the file on disk is the very content that the pointer stands for."""
    if repository.bare:
        return False
    import hashlib
    import stat

    from pmgit.git.blob import encode

    path = os.path.join(os.fsencode(repository.top), encode(blob.path))
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size != pointer.size:
            return False
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == pointer.oid
    except (OSError, ValueError):
        return False
