"""The rule `misplaced-weights`."""

from __future__ import annotations

from pmgit.config import LFS
from pmgit.finding import ERROR, WARNING, Finding, Fix, Step
from pmgit.git.blob import REGULAR
from pmgit.model import naming
from pmgit.model.folder import INFO
from pmgit.rule import PLACES, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.model import moves
    from pmgit.model.subject import Subject


class MisplacedWeights(Rule):
    """Weights that lie loose in the models folder, not in a folder of their model.

    ## What it reports

    A new file of weights (or a pointer to some) directly in a models folder. Weights that lay
    there before are a warning when they change.

    ## Why it is bad

    There is no place for the INFO.md that says where they are from and under which license, and
    two models with a `model.safetensors` overwrite each other.

    ## Example

    `pretrained_model/resnet50-imagenet.pth`

    ## What to do

    Paste the printed command. Weights that are in Git LFS move into a folder of their own;
    raw ones leave the index first, and stay on disk.
    """

    name = "misplaced-weights"
    family = "naming"
    severity = "error or warning"
    scope = PLACES

    def check(self, subject: Subject) -> Iterator[Finding]:
        loose = subject.weights_among(
            blob for blob in subject.model_tip_files if subject.is_loose(blob.path)
        )
        if not loose:
            return
        from pmgit.model import moves

        subject.snapshot.learn_filters(blob.path for blob in loose)
        names = moves.Names(subject)
        old = _old_weights(subject)
        for blob in loose:
            fix, note = self._fix(subject, blob, names)
            yield Finding(
                blob.path,
                f"weights loose in the models folder: each model has a folder of its own{note}",
                severity=WARNING if blob.path in old else ERROR,
                fix=fix,
            )

    def _fix(self, subject: Subject, blob: Blob, names: moves.Names) -> tuple[Fix | None, str]:
        from pmgit import fixes

        if not subject.snapshot.has_work_tree:
            return None, ""
        stored = subject.storage == LFS or subject.is_lfs(blob.path)
        if subject.is_raw(blob) and not stored:
            advice = fixes.keep_out(subject, blob)
            return advice.fix, advice.note
        root, _, name = blob.path.rpartition("/")
        model = naming.plain_form(name.partition(".")[0]) or naming.plain_form(name)
        # A file without a suffix is in the way of a folder with its own name.
        for folder in (f"{root}/{model}", f"{root}/{model}-model"):
            if model and names.is_free(f"{folder}/{name}"):
                return self._move(subject, blob, folder, names), ""
        return None, f"; make one, and `git mv` {name!r} into it"

    def _move(self, subject: Subject, blob: Blob, folder: str, names: moves.Names) -> Fix:
        target = f"{folder}/{blob.path.rpartition('/')[2]}"
        steps = list(names.move(blob.path, target).steps)
        if folder not in subject.model_paths and names.is_free(f"{folder}/{INFO}"):
            # The folder is a model from now on, and a model has an INFO.md.
            steps.append(Step("pmgit", "info", "new", folder, names="verbatim"))
            steps.append(Step("git", "add", *subject.sparse, items=(f"{folder}/{INFO}",)))
            names.take(f"{folder}/{INFO}")
        return Fix(*steps, order=Fix.MOVE)


def _old_weights(subject: Subject) -> set[str]:
    """Where weights lay loose before; not a note, a link or an empty file of the same name."""
    before = [
        change.old
        for change in subject.model_changes
        if change.before_mode in REGULAR and subject.is_loose(change.path)
    ]
    subject.snapshot.examine(before)
    return {blob.path for blob in subject.weights_among(before) if blob.size > 0}
