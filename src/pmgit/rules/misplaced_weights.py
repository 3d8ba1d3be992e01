"""The rule `misplaced-weights`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING, Finding
from pmgit.core.rule import PLACES, Rule
from pmgit.git.blob import REGULAR
from pmgit.rules.missing_info import MissingInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.model.subject import Subject


class MisplacedWeights(Rule):
    """Weights that lie loose in the models folder, not in a folder of their model.

    ## What it reports

    A new file of weights (or a pointer to some) directly in a models folder. Weights that lay
    there before are a warning when they change. Weights that lie there ignored by Git are as
    severe as `missing-info` has it for ignored weights (`local`): nobody has described them either.

    ## Why it is bad

    There is no place for the INFO.md that says where they are from and under which license, and
    two models with a `model.safetensors` overwrite each other.

    ## Example

    `pretrained_model/resnet50-imagenet.pth`

    ## What to do

    Paste the printed command: the file moves into a folder of its own, with an INFO.md; raw
    weights leave the index first, where weights are kept out of Git. Shards, their index and
    several formats of one model move into one folder. Where your code loads the file, write the
    new path.
    """

    name = "misplaced-weights"
    family = "naming"
    severity = "error or warning"
    scope = PLACES

    def check(self, subject: Subject) -> Iterator[Finding]:
        loose = subject.weights_among(
            blob for blob in subject.model_tip_files if subject.is_loose(blob.path)
        )
        local = MissingInfo(self.config).option("local")
        ignored = subject.ignored_loose if local != "off" else []
        if not loose and not ignored:
            return
        from pmgit.rules._loose_weights import FolderMoves

        subject.snapshot.learn_filters(blob.path for blob in loose)
        moves = FolderMoves(subject, [*(blob.path for blob in loose), *ignored])
        old = _old_weights(subject)
        for blob in loose:
            advice = moves.of_tracked(blob)
            yield self.finding(
                blob.path,
                "weights loose in the models folder: each model has a folder of its own"
                + advice.note,
                severity=WARNING if blob.path in old else ERROR,
                fix=advice.fix,
            )
        for path in ignored:
            advice = moves.of_ignored(path)
            yield self.finding(
                path,
                "ignored weights loose in the models folder: nobody has described them, and each"
                f" model has a folder of its own{advice.note}",
                # Without a command to paste, it must not stop every commit.
                severity=local if advice.fix else WARNING,
                fix=advice.fix,
            )


def _old_weights(subject: Subject) -> set[str]:
    """The paths of loose weights before; not of a note, a link or an empty file of that name."""
    before = [
        change.old
        for change in subject.model_changes
        if change.before_mode in REGULAR and subject.is_loose(change.path)
    ]
    subject.snapshot.contents.examine(before)
    return {blob.path for blob in subject.weights_among(before) if blob.size > 0}
