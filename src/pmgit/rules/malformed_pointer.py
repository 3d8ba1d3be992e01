"""The rule `malformed-pointer`."""

from __future__ import annotations

from pmgit.core.errors import PmgitError
from pmgit.core.rule import LFS, Rule
from pmgit.lfs.pointer import MAX_CONFLICT, Broken, Pointer, read
from pmgit.model.weights import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.lfs.conflict import Side
    from pmgit.model.subject import Subject


class MalformedPointer(Rule):
    """A Git LFS pointer that is damaged or not in the one right form.

    ## What it reports

    A blob that was meant to be a pointer and is not a canonical one: CRLF line ends, a byte order
    mark or UTF-16, white space around it, an old version line, keys in another order, the
    conflict markers of a merge. And a pointer that is right, but whose object (where it is here)
    is itself a pointer, a damaged one, or the text with the conflict markers.

    ## Why it is bad

    Git LFS reads some of these and not others, so the file works on one machine and not on the
    next, and `git lfs fsck` calls the repository broken. A pointer to the text of pointers gives
    everybody 130 or 250 bytes instead of the weights, and every check calls it healthy.

    ## Example

    Git merges pointers line by line: both sides of a merge changed the weights, and `git add`
    stored the text with `<<<<<<< HEAD` in it as an object. An editor saved a pointer with CRLF;
    `git lfs clean` ran on a file that was a pointer already.

    ## What to do

    The printed command records the right form of the same pointer. Of two versions in a conflict
    only you know the right one: the printed command takes that of your own branch, and the words
    before it say which name to put there for the other. Both stay in their commits.
    """

    name = "malformed-pointer"
    family = "lfs"
    scope = LFS

    def check(self, subject: Subject) -> Iterator[Finding]:
        conflicts: list[tuple[Blob, str, tuple[Side, ...]]] = []
        for blob in subject.pointer_like:
            pointer = subject.pointer_of(blob)
            if pointer is None:
                continue
            if isinstance(pointer, Pointer) and not pointer.fault and pointer.size > MAX_CONFLICT:
                continue
            yield from self._check(subject, blob, pointer, conflicts)
        if conflicts:
            yield from self._sides(subject, conflicts)

    def _check(
        self,
        subject: Subject,
        blob: Blob,
        pointer: Pointer | Broken,
        conflicts: list[tuple[Blob, str, tuple[Side, ...]]],
    ) -> Iterator[Finding]:
        """The findings about a pointer; a conflict with two sides is put into `conflicts`."""
        from pmgit.fix import for_staged
        from pmgit.lfs import conflict

        advice, cure = for_staged.Advice(None), "; stage the right version again"
        if isinstance(pointer, Broken):
            what = f"a damaged Git LFS pointer: {pointer.fault}"
            if sides := conflict.sides(blob.head or b""):
                conflicts.append((blob, what, sides))
                return
        elif pointer.fault:
            what = f"a Git LFS pointer that is not in its right form: {pointer.fault}"
            advice, cure = for_staged.replace_pointer(subject, blob, pointer.text), ""
        else:
            text = self._object(subject, pointer)
            inner = read(text, expected=subject.tiers.of(blob.path) != NEVER)
            if inner is None:
                return
            if isinstance(inner, Pointer):
                what = f"a Git LFS pointer to a pointer (of {inner.size} bytes)"
                advice, cure = for_staged.replace_pointer(subject, blob, inner.text), ""
            else:
                what = f"a Git LFS pointer to a damaged pointer ({len(text)} bytes): {inner.fault}"
                if sides := conflict.sides(text):
                    conflicts.append((blob, what, sides))
                    return
        yield self.about(blob, what, for_staged.Advice(advice.fix, advice.note + cure))

    def _object(self, subject: Subject, pointer: Pointer) -> bytes:
        """The object of a pointer when it is here and small; b'' otherwise."""
        from pmgit.lfs import store

        path = store.find_in(subject.stores, pointer.oid)
        if not path:
            return b""
        try:
            with open(path, "rb") as file:
                return file.read(MAX_CONFLICT)
        except OSError as error:
            raise PmgitError(
                f"the Git LFS object {pointer.oid} cannot be read: {error.strerror}",
                f"see who may read {path!r}, or check all of them: git lfs fsck",
            ) from error

    def _sides(
        self, subject: Subject, conflicts: list[tuple[Blob, str, tuple[Side, ...]]]
    ) -> Iterator[Finding]:
        """The findings about conflicts, each with the two versions to choose from."""
        from pmgit.core.units import show_size
        from pmgit.fix import for_pointers

        paths = [blob.path for blob, _, _ in conflicts]
        labels = [side.label for _, _, sides in conflicts for side in sides]
        holders = for_pointers.Holders(subject, paths, labels)
        for blob, what, sides in conflicts:
            names = [holders.commit(blob.path, side) or side.label for side in sides]
            choice = " or ".join(
                f"{show_size(side.pointer.size)} (sha256 {side.pointer.oid[:12]}) of {name}"
                for side, name in zip(sides, names, strict=True)
            )
            advice = for_pointers.take_side(subject, blob, sides, holders)
            yield self.about(blob, f"{what}; take {choice}", advice)
