"""The rule `text-in-lfs`."""

from __future__ import annotations

from pmgit.core.option import SIZE, Option
from pmgit.core.rule import LFS, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
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
    stages them as text again. Where a line of a `.gitattributes` in a deeper folder sends the
    file there, as some models bring one, that line is named: change it or take it out first.
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
            if patterns.must_be_text(blob.path) and subject.content_size(blob) <= limit:
                from pmgit.fix import for_staged

                what = "text that belongs into Git, but .gitattributes sends it to Git LFS"
                yield self.about(blob, what, for_staged.text_again(subject, blob))
