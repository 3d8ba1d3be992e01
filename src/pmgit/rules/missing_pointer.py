"""The rule `missing-pointer`."""

from __future__ import annotations

from pmgit.core.rule import LFS, Rule
from pmgit.core.units import show_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject


class MissingPointer(Rule):
    """A raw blob where the attributes ask for a Git LFS pointer.

    ## What it reports

    A file whose attributes say `filter=lfs`, but whose blob is the content itself. Empty files
    are fine: Git LFS stores them as they are. When `.gitattributes` changes, every file of the
    repository is looked at again. What counts are the lines that every clone has; a line of
    `.git/info/attributes` that keeps the file raw here is named.

    ## Why it is bad

    The set-up looks right and the content goes into history all the same. It happens when the
    filter is not configured on the machine that commits (`git lfs install` never ran), when a
    file was staged before the attribute was written, and with tools that bypass filters. Hooks
    that trust the attribute let it through.

    ## Example

    `.gitattributes` has `*.safetensors filter=lfs diff=lfs merge=lfs -text`, and
    `git add model.safetensors` ran on a machine without Git LFS.

    ## What to do

    Paste the printed command: it configures the filter for this repository only and stages the
    file anew, this time as a pointer. When the file on disk is not what is staged, the pointer
    is made from the staged content, and the file on disk stays as it is.
    """

    name = "missing-pointer"
    family = "lfs"
    scope = LFS

    def check(self, subject: Subject) -> Iterator[Finding]:
        for blob in subject.lfs_files:
            if subject.is_raw(blob):
                from pmgit.fix import for_staged

                what = f"{show_size(blob.size)} raw in Git, but .gitattributes sends it to Git LFS"
                advice = for_staged.to_pointer(subject, blob)
                yield self.about(blob, what, advice, content=blob.oid)
