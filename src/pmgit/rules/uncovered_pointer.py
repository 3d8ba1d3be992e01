"""The rule `uncovered-pointer`."""

from __future__ import annotations

from pmgit.core.rule import LFS, Rule
from pmgit.core.units import show_size
from pmgit.lfs.pointer import Pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.fix.for_staged import Advice
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject


class UncoveredPointer(Rule):
    """A Git LFS pointer at a path that no attribute sends to Git LFS.

    ## What it reports

    A blob that is a pointer while its path has no `filter=lfs`, anywhere in the repository. When
    `.gitattributes` changes, every file is looked at again.

    What counts are the lines that every clone has. Attributes of yours (`core.attributesFile`,
    `~/.config/git/attributes`), of the system and of this clone (`.git/info/attributes`) do not,
    and neither does a line that covers the path only with `core.ignoreCase`, as on macOS and
    Windows; the message names it.

    ## Why it is bad

    Without the attribute nothing replaces the pointer by its content at checkout. Everybody gets
    a text of 130 bytes, and torch says `invalid load key, 'v'`.

    ## Example

    A pointer file that was copied from a clone made with `GIT_LFS_SKIP_SMUDGE=1`, or `git lfs
    untrack`, which removes the line from `.gitattributes` while the pointers stay.

    ## What to do

    Paste the printed command. Where no line ever covered the file, it writes the attribute and
    proves that it works. Where the last change of `.gitattributes` takes the line away, the file
    leaves Git LFS: `git add --renormalize` stages its content, which is downloaded first when only
    the pointer lies on disk; what is too large for Git raw leaves Git, too, and stays on disk.
    Older commits keep their pointers; `git lfs migrate export --include=PATTERN --everything`
    makes them anew, once everybody who has a clone agrees.

    If the text is meant to be in Git (a test file), name it in `exclude` of `.pmgit.toml`.
    """

    name = "uncovered-pointer"
    family = "lfs"
    scope = LFS

    def check(self, subject: Subject) -> Iterator[Finding]:
        covered = {blob.path for blob in subject.lfs_files}
        uncovered = [
            (blob, pointer)
            for blob in subject.pointer_like
            if blob.path not in covered and isinstance(pointer := subject.pointer_of(blob), Pointer)
        ]
        if not uncovered:
            return
        from pmgit.fix.leaving_lfs import LeavingFixes

        why = self._why([blob for blob, _ in uncovered], subject)
        leaving = LeavingFixes(subject, uncovered)
        for blob, pointer in uncovered:
            message = (
                f"a Git LFS pointer (to {show_size(pointer.size)}) that no line of .gitattributes"
                " covers"
            )
            because = f"; {why[blob.path]}" if blob.path in why else ""
            if blob.path in leaving:
                advice = leaving.advice(blob, pointer, sent_here=bool(because))
                message += f" any more (to stay in Git LFS, bring its line back){advice.note}"
            else:
                advice = self._advice(subject, blob)
                message += advice.note
            yield self.about(blob, message + because, fix=advice.fix)

    def _why(self, blobs: list[Blob], subject: Subject) -> dict[str, str]:
        """The attributes of this machine alone that cover blobs, by path; none on a server."""
        if subject.repository.bare or subject.snapshot.receiver.is_here:
            return {}
        from pmgit.gitfiles.attributes import other_lines

        return other_lines.sent_here_alone(subject.snapshot, [blob.path for blob in blobs])

    def _advice(self, subject: Subject, blob: Blob) -> Advice:
        from pmgit.fix import for_staged

        if not subject.can_be_staged:
            return for_staged.Advice(None)
        from pmgit.lfs import patterns

        if patterns.must_be_text(blob.path):
            # It belongs into Git as text: lfs-setup restores it from the object.
            return for_staged.text_again(subject, blob)
        return for_staged.set_up_here(subject, blob)
