"""The rule `malformed-pointer`."""

from __future__ import annotations

from pmgit.errors import PmgitError
from pmgit.finding import Finding
from pmgit.lfs.pointer import MAX_BYTES, Broken, Pointer, read
from pmgit.rule import LFS, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject


class MalformedPointer(Rule):
    """A Git LFS pointer that is damaged or not in the one right form.

    ## What it reports

    A blob that was meant to be a pointer and is not a canonical one: CRLF line ends, a byte order
    mark or UTF-16, white space around it, an old version line, keys in another order, the
    conflict markers of a merge, a pointer whose object is itself a pointer.

    ## Why it is bad

    Git LFS reads some of these and not others, so the file works on one machine and not on the
    next, and `git lfs fsck` calls the repository broken. A pointer of a pointer gives everybody
    130 bytes instead of the weights.

    ## Example

    A merge left `<<<<<<< HEAD` in a pointer; an editor saved one with CRLF; `git lfs clean` ran
    on a file that was a pointer already.

    ## What to do

    The printed command records the right form of the same pointer. Of two versions in a conflict
    only you know the right one: take one whole side with `git checkout --ours -- FILE` or
    `--theirs`, and stage it.
    """

    name = "malformed-pointer"
    family = "lfs"
    scope = LFS

    #: Where objects of Git LFS may lie, asked of Git once.
    _stores: list[str] | None = None

    def check(self, subject: Subject) -> Iterator[Finding]:
        for blob in subject.pointer_like:
            pointer = subject.pointer_of(blob)
            fine = isinstance(pointer, Pointer) and not pointer.fault and pointer.size >= MAX_BYTES
            if pointer is not None and not fine:
                yield from self._check(subject, blob, pointer)

    def _check(self, subject: Subject, blob: Blob, pointer: Pointer | Broken) -> Iterator[Finding]:
        from pmgit import fixes

        if isinstance(pointer, Broken):
            yield Finding(
                blob.path,
                f"a damaged Git LFS pointer: {pointer.fault}; stage the right version again",
                commit=blob.commit,
            )
        elif isinstance(pointer, Pointer) and pointer.fault:
            advice = fixes.replace_pointer(subject, blob, pointer.text)
            yield Finding(
                blob.path,
                f"a Git LFS pointer that is not in its right form: {pointer.fault}{advice.note}",
                fix=advice.fix,
                commit=blob.commit,
            )
        elif isinstance(pointer, Pointer) and pointer.size < MAX_BYTES:
            inner = self._inner(subject, pointer)
            if inner:
                advice = fixes.replace_pointer(subject, blob, inner.text)
                yield Finding(
                    blob.path,
                    f"a Git LFS pointer to a pointer (of {inner.size} bytes){advice.note}",
                    fix=advice.fix,
                    commit=blob.commit,
                )

    def _inner(self, subject: Subject, pointer: Pointer) -> Pointer | None:
        """The pointer that the object is, when the object is here and is one."""
        from pmgit.lfs import store

        if self._stores is None:
            self._stores = store.folders(subject.repository)
        path = store.find_in(self._stores, pointer.oid)
        if not path:
            return None
        try:
            with open(path, "rb") as file:
                found = read(file.read(MAX_BYTES))
        except OSError as error:
            raise PmgitError(
                f"the Git LFS object {pointer.oid} cannot be read: {error.strerror}",
                f"see who may read {path!r}, or check all of them: git lfs fsck",
            ) from error
        return found if isinstance(found, Pointer) else None
