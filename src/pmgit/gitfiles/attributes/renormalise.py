"""Making what is staged agree with the attributes, without changing any file of the work tree.

Raw content becomes a pointer, and a pointer at a path that must be text becomes the text. What
is converted is what is staged, so that a file that was staged in part stays so.
"""

from __future__ import annotations

import hashlib
import os

from pmgit.core.errors import PmgitError
from pmgit.git import work_tree
from pmgit.git.blob import encode
from pmgit.git.entries import restage
from pmgit.git.streams import Running
from pmgit.gitfiles import user_files
from pmgit.lfs import pointer, store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.lfs.pointer import Pointer

#: The filter that every run of pmgit uses, whatever a configuration calls `filter.lfs`.
LFS_FILTER = (
    "-c",
    "filter.lfs.clean=git-lfs clean -- %f",
    "-c",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "-c",
    "filter.lfs.process=git-lfs filter-process",
    "-c",
    "filter.lfs.required=true",
)


def to_pointers(repository: Repository, blobs: Sequence[Blob], here: Container[str]) -> None:
    """Stage the pointer to the content of every blob; raises PmgitError when one stays raw.

    `here` are the paths that Git sends to Git LFS in this clone.
    """
    # Where the work tree has exactly the content, git may read it there.
    same = [blob for blob in blobs if work_tree.compare(repository, blob) == work_tree.SAME]
    # Git goes by the attributes that it has here, and adds the others raw without a word.
    same = [blob for blob in same if blob.path in here]
    if same:
        # One process for all, and the index learns that these files have not changed.
        repository.run(
            *LFS_FILTER,
            "add",
            "--renormalize",
            *(("--sparse",) if repository.is_sparse else ()),
            "--pathspec-from-file=-",
            "--pathspec-file-nul",
            stdin=b"".join(encode(blob.path) + b"\0" for blob in same),
        )
    done = set(map(id, same))
    others = [blob for blob in blobs if id(blob) not in done]
    _stage(repository, [(b, repository.store(pointer_to(repository, b.oid))) for b in others])
    _prove(repository, blobs)


def to_text(repository: Repository, found: Iterable[tuple[Blob, Pointer]]) -> list[str]:
    """Stage the content instead of its pointer, where the content is here.

    A file in the work tree that holds exactly the pointer becomes the text too. The paths whose
    content is not here are returned; they stay as they are.
    """
    missing, staged = [], []
    for blob, target in found:
        path = store.find_object(repository, target.oid)
        text = (user_files.read(path) or b"") if path else b""
        if not path or hashlib.sha256(text).hexdigest() != target.oid:
            missing.append(blob.path)
            continue
        staged.append((blob, repository.store(text)))
        if work_tree.compare(repository, blob) == work_tree.SAME:
            user_files.write_whole(os.path.join(repository.top, blob.path), text)
    _stage(repository, staged)
    return missing


def _stage(repository: Repository, entries: Sequence[tuple[Blob, str]]) -> None:
    if not entries:
        return
    # A file that a sparse checkout leaves out would otherwise look deleted.
    names = {encode(blob.path) for blob, _ in entries}
    listed = repository.run("ls-files", "-t", "-z").split(b"\0")
    skipped = [line[2:] for line in listed if line[:2] == b"S " and line[2:] in names]
    restage(repository, ((blob.mode, oid, blob.path) for blob, oid in entries))
    if skipped:
        sparse = b"".join(name + b"\0" for name in skipped)
        repository.run("update-index", "--skip-worktree", "-z", "--stdin", stdin=sparse)


def _prove(repository: Repository, blobs: Sequence[Blob]) -> None:
    """Read back what is staged: a filter that did nothing leaves no trace otherwise."""
    if not blobs:
        return
    from pmgit.snapshots.base import TREE, Snapshot

    after = Snapshot(repository, TREE, [], [])
    staged = after.listing()
    now = [staged[blob.path] for blob in blobs if blob.path in staged]
    after.objects.survey(now, lambda _: True)
    heads = after.contents.heads_of(now)
    wrong = [blob.path for blob in now if not pointer.readable(heads[blob.oid])]
    if wrong or len(now) != len(blobs):
        raise PmgitError(
            f"{len(wrong) or 'some'} files are still raw in the index"
            + (f", the first is {wrong[0]!r}" if wrong else ""),
            "the Git LFS filter did nothing; see: git lfs env",
        )


def pointer_to(repository: Repository, oid: str) -> bytes:
    """The pointer to the content of a blob, which goes to the store of Git LFS.

    The content flows from git to git-lfs: it may be larger than the memory. git-lfs does not
    get the path of the blob: where the file that lies there has at most 1024 bytes, such as a
    pointer, git-lfs 3.6 takes no more of what flows in, and ends with 0.
    """
    with Running(repository) as running:
        text = running.start(("cat-file", "blob", oid), ("lfs", "clean")).read()
    size = int(repository.run("cat-file", "-s", oid))
    # An extension of Git LFS may store something else.
    if b"\next-" not in text and not text.endswith(b"\nsize %d\n" % size):
        raise PmgitError(
            f"git-lfs made no pointer to the {size} bytes of object {oid}", "see: git lfs version"
        )
    return text
