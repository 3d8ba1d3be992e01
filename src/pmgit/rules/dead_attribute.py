"""The rule `dead-attribute`."""

from __future__ import annotations

from pmgit.finding import WARNING, Finding, Fix, Step
from pmgit.model.weights import ALWAYS, AMBIGUOUS
from pmgit.rule import ATTRIBUTES, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.model.subject import Subject
    from pmgit.setup.attributes.dead_lines import Dead


class DeadAttribute(Rule):
    """A line of `.gitattributes` that is meant to send files to Git LFS, and does not.

    ## What it reports

    When a `.gitattributes` changes, or the whole tree is judged: lines with `filter=lfs` that

    * name a folder (`dir/`, or `dir` where there is such a folder), or `dir/*` where `dir` holds
      folders only;
    * Git reads otherwise than they look: a leading `!`, a blank in a name without quotes, a word
      that is no attribute, `./`, a `\\` between folders, more than 2047 bytes;
    * can match no file at all;
    * are overridden by a later line, or one in a deeper folder: for all files that they match, or
      for some that are weights, unless the other line names just these. That line is named.

    A pattern that has no file yet is fine, and so is a line whose work another line does. Texts
    that belong into Git (INFO.md, config.json) are no part of it.

    ## Why it is bad

    `git lfs track dir/` answers "Tracking" and matches nothing. The weights then go into Git's
    history raw, and nobody is told.

    ## Example

    ```
    pretrained_model/ filter=lfs diff=lfs merge=lfs -text
    ```

    ## What to do

    Paste the printed command: it adds the pattern that works, and proves it; the old line can
    then go. Of two lines that contradict each other, only you know which is right.
    """

    name = "dead-attribute"
    family = "lfs"
    severity = "warning"
    scope = ATTRIBUTES

    def check(self, subject: Subject) -> Iterator[Finding]:
        files = self._files(subject)
        # Nothing more is imported or asked where no line sends anything to Git LFS.
        if not any(b"filter=lfs" in data for data in files.values()):
            return
        from pmgit.setup.attributes import dead_lines

        def is_weights(path: str) -> bool:
            tier = subject.tiers.of(path)
            return tier == ALWAYS or (tier == AMBIGUOUS and subject.in_models(path))

        paths = [path for path, b in subject.snapshot.listing().items() if b.is_regular]
        for dead in dead_lines.find(subject.repository, files, paths, subject.roots, is_weights):
            yield Finding(
                dead.file,
                dead.why,
                severity=WARNING,
                fix=self._fix(subject, dead),
                line=dead.number,
            )

    def _files(self, subject: Subject) -> dict[str, bytes]:
        """The content of every `.gitattributes`, by path."""
        found = [
            blob
            for path, blob in subject.snapshot.listing().items()
            if path.endswith(".gitattributes")
            and path.rpartition("/")[2] == ".gitattributes"
            and blob.is_regular
        ]
        contents = subject.snapshot.objects.contents(found)
        return {blob.path: contents[blob.oid] for blob in found if blob.oid in contents}

    def _fix(self, subject: Subject, dead: Dead) -> Fix | None:
        if not dead.cure or subject.repository.bare or subject.origin == "range":
            return None
        return Fix(
            Step("pmgit", "lfs-setup", items=(dead.cure,), option="--pattern", names="verbatim"),
            order=Fix.SETUP,
        )
