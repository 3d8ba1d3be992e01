"""The rule `text-in-lfs`."""

from __future__ import annotations

from pmgit.finding import Finding, Fix, Step
from pmgit.lfs.pointer import Pointer
from pmgit.rule import LFS, SIZE, Option, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject


class TextInLfs(Rule):
    """A small text that belongs into Git and is sent to Git LFS.

    ## What it reports

    `.gitattributes` and other `.git*` files, INFO.md, pmgit.lock, README, LICENSE, and the
    configuration and index JSON of models, when the attributes say `filter=lfs` and the text is
    not larger than `max-text-size`, nor than a file in Git may be (`max-file-size` of
    `oversized-blob`): what is has to go somewhere.

    ## Why it is bad

    `git lfs track '*'` makes `.gitattributes` itself a pointer, and then no attribute works any
    more. A `config.json` in Git LFS cannot be read in a review, in a diff, or when the quota of
    the host is used up.

    ## Example

    `git lfs track "pretrained_model/**"`, which catches `pretrained_model/bert/config.json`.

    ## What to do

    Paste the printed command: it writes the lines that keep these files out of Git LFS and
    stages them as text again.
    """

    name = "text-in-lfs"
    family = "lfs"
    scope = LFS
    options = (Option("max-text-size", SIZE, 10_000_000, "Larger texts may go to Git LFS."),)

    def check(self, subject: Subject) -> Iterator[Finding]:
        from pmgit.lfs import patterns
        from pmgit.model import storage

        limit = storage.largest_text(self.config)
        for blob in subject.lfs_files:
            if patterns.must_be_text(blob.path) and self._size(subject, blob) <= limit:
                yield Finding(
                    blob.path,
                    "text that belongs into Git, but .gitattributes sends it to Git LFS",
                    fix=self._fix(subject),
                    commit=blob.commit,
                )

    def _size(self, subject: Subject, blob: Blob) -> int:
        pointer = subject.pointer_of(blob)
        return pointer.size if isinstance(pointer, Pointer) else blob.size

    def _fix(self, subject: Subject) -> Fix | None:
        if subject.repository.bare or subject.origin == "range":
            return None
        return Fix(Step("pmgit", "lfs-setup", names="verbatim"), order=Fix.SETUP)
