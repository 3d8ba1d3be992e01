"""Moves a branch or a tag, and lets the index follow it where it is checked out; files stay.

A branch is moved only from where it is known to be. The index follows entry by entry, so what it
knows of all other files stays; files on disk stay, but for those that are named.

Of tags that follow their commit, a light one is the id of the commit. An annotated one is an object
that names it: a new one is written, with the tagger, date and message of the old, and without its
signature, which would be a wrong one.
"""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.git import raw_diff, work_tree
from pmgit.git.blob import Blob
from pmgit.git.entries import restage
from pmgit.git.objects import Objects
from pmgit.gitfiles import user_files
from pmgit.lfs import pointer, store
from pmgit.snapshots import staged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pmgit.git.repository import Repository


def exists(repository: Repository, path: str) -> bool:
    """Whether something lies at a path of the work tree."""
    return os.path.lexists(work_tree.on_disk(repository, path))


def refuse_dirty(repository: Repository, apart: Collection[str] = ()) -> None:
    """Raise PmgitError when something is staged or changed; `apart` are files left out.

    A file counts as changed when its content does: git's own filters are not run for it.
    """
    waiting = [change.path for change in staged.changes(repository)]
    if waiting:
        raise PmgitError(f"{_names(waiting)} staged and not committed", "commit or stash it first")
    found = [blob for blob in work_tree.changed(repository) if blob.path not in apart]
    modified = [blob.path for blob in found if not _stands_for_file(repository, blob)]
    if modified:
        raise PmgitError(
            f"{_names(modified)} changed and not committed",
            "commit or stash it first; see: git status",
        )


def _stands_for_file(repository: Repository, blob: Blob) -> bool:
    """Whether a blob is the Git LFS pointer of the file that lies at its path."""
    Objects(repository).survey([blob], pointer.may_be)
    stands_for = pointer.readable(blob.head)
    return stands_for is not None and store.is_on_disk(repository, blob.path, stands_for)


def _names(paths: list[str]) -> str:
    more = f" and {len(paths) - 1} more are" if len(paths) > 1 else " is"
    return f"{paths[0]}{more}"


def move(repository: Repository, ref: str, old: str, new: str, backup: str = "") -> None:
    """Move a branch (or the detached HEAD) from `old` to `new`; `backup` then names `old`.

    Both or neither: one transaction, that fails when the branch is not where it was.
    """
    lines = [f"update {backup}\0{old}\0\0"] if backup else []
    # What HEAD points at is not meant when it is detached, and the branch itself otherwise.
    lines += ["option no-deref\0", f"update {ref}\0{new}\0{old}\0"]
    text = "start\0" + "".join(lines) + "prepare\0commit\0"
    repository.run(
        "update-ref", "-m", "pmgit fix", "--create-reflog", "--stdin", "-z",
        stdin=text.encode("utf-8", "surrogateescape"),
    )  # fmt: skip


def follow(repository: Repository, old: str, new: str, on_disk: tuple[str, ...]) -> None:
    """Let the index go from the tree of one commit to that of another.

    Files named `on_disk`, in any folder, go with it where they are as the old commit has them.
    """
    changes = raw_diff.between(repository, old, new)
    follows = [
        (change, end)
        for change in changes
        if change.path.rpartition("/")[2] in on_disk and (end := _line_end(repository, change))
    ]
    restage(repository, ((change.mode, change.oid, change.path) for change in changes))
    new_texts = [Blob(c.path, c.oid, c.mode) for c, _ in follows if c.oid]
    texts = Objects(repository).contents(new_texts) if new_texts else {}
    for change, end in follows:
        path = work_tree.on_disk(repository, change.path)
        if change.oid:
            user_files.write_whole(os.fsdecode(path), texts[change.oid].replace(b"\n", end))
        elif change.before:
            os.remove(path)


def _line_end(repository: Repository, change: Blob) -> bytes:
    """How the lines end of a text on disk that is as it was before; b'' when it is otherwise."""
    there = work_tree.compare(repository, change.old)
    if not change.before:
        return b"\n" if there == work_tree.ABSENT else b""
    if there == work_tree.SAME:
        return b"\n"
    # With core.autocrlf, which is usual on Windows.
    data = work_tree.small(repository, change, 1 << 20)
    text = None if data is None else data.replace(b"\r\n", b"\n")
    return b"\r\n" if text is not None and repository.id_of(text) == change.before else b""


#: What a signature begins with, at the end of the message (`gpg-interface.c` of Git).
SIGNATURES = (
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
    b"-----BEGIN SSH SIGNATURE-----",
)


def refuse_nested(repository: Repository, value: str, commit: str) -> None:
    """Raise PmgitError for a tag of a tag; `value` is what a ref holds that leads to `commit`."""
    if value != commit:
        _parts(repository, value, commit)


def _parts(repository: Repository, value: str, commit: str) -> tuple[list[bytes], bytes]:
    """The header of an annotated tag behind its first line, and all from the blank line on."""
    head, blank, message = repository.run("cat-file", "tag", value).partition(b"\n\n")
    first, *rest = head.split(b"\n")
    if first != b"object " + commit.encode("ascii"):
        raise PmgitError(
            "a tag of a tag is not made anew", "delete it, and make it again: git tag -d"
        )
    return rest, blank + message


def follow_tag(repository: Repository, value: str, old: str, new: str) -> tuple[str, bool]:
    """The value of a tag for the commit `new` instead of `old`, and whether its signature is gone.

    Raises PmgitError for a tag of a tag.
    """
    if value == old:
        return new, False
    rest, text = _parts(repository, value, old)
    # Of the other hash algorithm, a signature is a header.
    kept, signed = [], False
    for line in rest:
        if line.startswith(b"gpgsig") or (signed and line.startswith(b" ")):
            signed = True
        else:
            kept.append(line)
    at = max(text.rfind(b"\n" + begin) for begin in SIGNATURES)
    if at >= 0:
        text, signed = text[: at + 1], True
    data = b"\n".join([b"object " + new.encode("ascii"), *kept]) + text
    return repository.store(data, "tag"), signed
