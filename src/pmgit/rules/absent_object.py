"""The rule `absent-object`."""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.core.finding import Finding, Fix, Step
from pmgit.core.rule import PUSHED, Rule
from pmgit.core.units import show_size
from pmgit.git import revisions
from pmgit.git.names import HEADS
from pmgit.lfs.pointer import Pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: Reads the file as Git LFS does at `git add`, which stores its content as an object.
_STORE = 'for file; do git lfs clean <"$file" >/dev/null || exit; done'


class AbsentObject(Rule):
    """A pushed Git LFS pointer whose object is neither here nor on the remote.

    ## What it reports

    At a push: every pointer that the pushed commits bring, whose object Git LFS has not got in
    this clone (or not in full), unless the same pointer is part of what the remote is known to
    have, or the server of Git LFS says that it has the object (through Git LFS, which uploads
    nothing then). It says so too when `lfs.allowincompletepush` is true, with which Git LFS would
    push it. On a server (`pre-receive`) only a repository that has a store of Git LFS itself is
    judged.

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
        from pmgit.lfs import store

        receiver = subject.snapshot.receiver
        if receiver.known is None:
            return
        found = ((blob, subject.pointer_of(blob)) for blob in subject.files if blob.head)
        pointers = [(blob, p) for blob, p in found if isinstance(p, Pointer) and p.size]
        if not pointers:
            return
        received = receiver.is_here
        if not received:
            _demand_git_lfs(pointers[0][0])
        absent = _absent(subject.stores, pointers)
        if absent:
            there = revisions.objects(subject.repository, receiver.known)
            # Of what was the target of a link, Git LFS has uploaded nothing.
            absent = [(b, p) for b, p in absent if b.oid not in there or b.oid == b.before]
        silence = ""
        if absent and not received:
            absent, silence = _not_on_server(subject, absent)
        where = "neither here nor on the remote"
        elsewhere = "; if another remote has it: git lfs fetch --all REMOTE"
        if received:
            where = "not on this server"
            elsewhere = "; push it from a clone that has it: git lfs push --all REMOTE"
        for blob, pointer in absent:
            held = store.is_on_disk(subject.repository, blob.path, pointer)
            cure = silence if held else silence + elsewhere
            yield self.about(
                blob,
                f"a Git LFS pointer whose object ({show_size(pointer.size)}, sha256"
                f" {pointer.oid[:12]}) is {where}{cure}",
                fix=Fix(Step("sh", "-c", _STORE, items=(blob.path,), names="path"))
                if held
                else None,
            )


def _not_on_server(
    subject: Subject, absent: list[tuple[Blob, Pointer]]
) -> tuple[list[tuple[Blob, Pointer]], str]:
    """Those that the server of Git LFS lacks too; all, and why, when it gave no answer."""
    from pmgit.lfs import server

    receiver = subject.snapshot.receiver
    remote = receiver.address
    if not remote or remote.startswith("-"):
        return absent, ""
    ref = receiver.ref if receiver.ref.startswith("refs/") else f"{HEADS}pmgit"
    # Git LFS cannot read every odd form, and would not ask for these.
    pointers = {pointer.oid: blob.oid for blob, pointer in absent if not pointer.fault}
    try:
        lacking = server.lacking(subject.repository, remote, ref, pointers)
    except PmgitError as error:
        return absent, f" (the server of Git LFS gave no answer: {error.message})"
    there = pointers.keys() - lacking
    return [(b, p) for b, p in absent if p.fault or p.oid not in there], ""


def _demand_git_lfs(blob: Blob) -> None:
    """Without git-lfs nothing uploads, whatever lies here."""
    from pmgit.lfs import missing

    if not missing.is_installed():
        raise PmgitError(
            f"{blob.path} is a Git LFS pointer, and without git-lfs a push uploads no object",
            missing.install_hint(),
        )


def _absent(
    folders: Sequence[str], pointers: Sequence[tuple[Blob, Pointer]]
) -> list[tuple[Blob, Pointer]]:
    """The pointers whose objects are not in this clone, or are shorter than they should be."""
    from pmgit.lfs import store

    def is_here(pointer: Pointer) -> bool:
        places = [store.object_path(folder, pointer.oid) for folder in folders]
        return any(os.path.isfile(p) and os.path.getsize(p) == pointer.size for p in places)

    return [(blob, pointer) for blob, pointer in pointers if not is_here(pointer)]
