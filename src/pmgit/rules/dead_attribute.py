"""The rule `dead-attribute`."""

from __future__ import annotations

from pmgit.core.finding import WARNING, Finding, Fix
from pmgit.core.rule import ATTRIBUTES, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.gitfiles.attributes.dead_lines import Dead
    from pmgit.model.subject import Subject


class DeadAttribute(Rule):
    """A line of `.gitattributes` that is meant to send files to Git LFS, and does not.

    ## What it reports

    When a `.gitattributes` changes, or the whole tree is judged: lines that are meant to send
    files to Git LFS, and

    * name a folder (`dir/`, or `dir` where there is such a folder), or `dir/*.bin` where such files
      lie only deeper;
    * hold what Git takes for part of a name: quotes of all kinds, `{pt,pth}`, commas, a `\\`
      between folders, a path of one machine, `./`, a regular expression, signs that only look
      like others (`U+FF0A` for `*`);
    * Git reads otherwise than they look: a leading `!`, a blank in a name without quotes, a word
      that is no attribute, `filter=LFS`, a macro that is not defined at the top, more than 2047
      bytes;
    * lie in a file that Git does not read: in UTF-16, or under a name such as `.gitattribute`;
    * can match no file at all;
    * are overridden by a later line, or one in a deeper folder: for all files that they match, or
      for some that are weights, unless the other line names just these. That line is named; it
      may also be one of `.git/info/attributes`, which holds in this clone alone.

    Whether a line matches anything is asked of Git. A pattern that has no file yet is fine, and so
    is a line whose work another line does. Texts that belong into Git (INFO.md, config.json) are
    no part of it. pmgit reports the first 50 such lines, and looks at the first 100,000 lines.

    ## Why it is bad

    `git lfs track dir/` answers "Tracking" and matches nothing. The weights then go into Git's
    history raw, and nobody notices.

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
        from pmgit.gitfiles.attributes import unread_files

        listing = subject.snapshot.listing()
        files = subject.snapshot.attribute_texts()
        nearly = [b for p, b in listing.items() if b.is_regular and unread_files.is_misnamed(p)]
        if nearly:
            contents = subject.snapshot.objects.contents(nearly)
            files |= {b.path: contents[b.oid] for b in nearly if b.oid in contents}
        # Nothing more is imported or asked where no line has to do with Git LFS.
        if not any(map(_mentions, files.values())):
            return
        from pmgit.gitfiles.attributes import dead_lines

        paths = [path for path, b in listing.items() if b.is_regular]
        here = subject.snapshot.has_work_tree
        for dead in dead_lines.find(
            subject.repository, files, paths, subject.roots, subject.tiers, here=here
        ):
            yield self.finding(
                dead.file,
                dead.why,
                severity=WARNING,
                fix=self._fix(subject, dead),
                line=dead.number,
            )

    def _fix(self, subject: Subject, dead: Dead) -> Fix | None:
        if dead.fix or not dead.cures or not subject.can_be_staged:
            return dead.fix
        from pmgit.fix import for_staged

        return Fix(for_staged.lfs_setup(dead.cures), order=Fix.SETUP)


def _mentions(data: bytes) -> bool:
    """Whether a file names Git LFS, in whatever letters; a doubtful one counts as one that does."""
    return b"lfs" in data.lower() or b"\0" in data or not data.isascii()
