"""The rule `oversized-blob`."""

from __future__ import annotations

from pmgit.core.option import SIZE, Option
from pmgit.core.rule import LARGE, Rule
from pmgit.core.units import show_both
from pmgit.git.blob import LINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: PATH_MAX of Linux; other systems have less.
_LONGEST_TARGET = 4096


class OversizedBlob(Rule):
    """A blob that is too large for Git's history.

    ## What it reports

    A blob that is new to the repository and larger than allowed: weights over
    `max-weights-size`, anything else over `max-file-size`. What counts is the blob that Git will
    record, not the file on disk: a pointer is small however large its object is. A file that
    grew is new content. A file that was only moved is not, unless it moves into a model folder
    or becomes weights by its new name; nor is what merges from a remote. A symbolic link of over
    4,096 bytes, which no system can follow: it is a file in disguise.

    ## Why it is bad

    Git keeps every version of every file for ever and gives all of them to every clone. GitHub
    refuses a file of over 100 MiB, and deleting it in a later commit does not help: the history
    must be rewritten.

    ## Example

    `git add checkpoints/best.pt` (440 MB) without a Git LFS attribute for it.

    ## What to do

    Weights belong into Git LFS (`pmgit lfs-setup`) or below a models folder that Git ignores
    (`pmgit gitignore`). The printed command takes the file out of the index and leaves it on
    disk. Where models are kept in Git LFS, their large texts (`tokenizer.json`) go there too, each
    by a line of its own. For a file that must stay, raise the limit or name it in `exclude` of
    `.pmgit.toml`.
    No command takes out what Git itself goes by, such as `.gitattributes`: write one pattern in
    place of a line for each file.
    """

    name = "oversized-blob"
    family = "size"
    scope = LARGE
    options = (
        Option("max-weights-size", SIZE, 1_000_000, "The largest blob of weights."),
        Option("max-file-size", SIZE, 10_000_000, "The largest blob of any kind."),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        for_weights = self.option("max-weights-size")
        for_files = self.option("max-file-size")
        lowest = min(for_weights, for_files)
        large = [blob for blob in subject.files if blob.size > lowest]
        large = [blob for blob in large if not subject.is_moved(blob)]
        weights = set(subject.weights_among(large))
        too_large = []
        for blob in large:
            limit = lowest if blob in weights else for_files
            if blob.size > limit:
                too_large.append((blob, limit))
        subject.snapshot.learn_filters(blob.path for blob, _ in too_large)
        for blob, limit in too_large:
            yield self._finding(subject, blob, blob in weights, limit)
        yield from self._links(subject)

    def _links(self, subject: Subject) -> Iterator[Finding]:
        """Links that are none: Git stores any content as the target of one."""
        links = [blob for blob in subject.introduced if blob.mode == LINK]
        subject.snapshot.contents.examine(links)
        for blob in links:
            if blob.size > _LONGEST_TARGET:
                from pmgit.fix import for_staged

                size, most = show_both(blob.size, _LONGEST_TARGET)
                message = f"a symbolic link of {size}, and no system follows one of over {most}"
                advice = for_staged.keep_out(subject, blob)
                yield self.about(blob, message, advice, content=blob.oid)

    def _finding(self, subject: Subject, blob: Blob, weights: bool, limit: int) -> Finding:
        from pmgit.fix import for_staged

        what = "weights" if weights else "a file"
        size, most = show_both(blob.size, limit)
        allowed = f"the limit for {what} is {most}" if limit else "where nothing may be"
        advice = for_staged.store(subject, blob)
        return self.about(blob, f"{size} raw in Git, {allowed}", advice, content=blob.oid)
