"""The rule `misplaced-weights`."""

from __future__ import annotations

from pmgit import fixes
from pmgit.config import LFS
from pmgit.finding import ERROR, WARNING, Finding, Fix, Step
from pmgit.model import naming
from pmgit.rule import PLACES, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.snapshot import Blob
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
        for blob in subject.tip_files:
            if (
                subject.in_models(blob.path)
                and not subject.in_model_folder(blob.path)
                and subject.is_weights(blob)
            ):
                fix, note = self._fix(subject, blob)
                yield Finding(
                    blob.path,
                    f"weights loose in the models folder: each model has a folder of its own{note}",
                    severity=WARNING if blob.before else ERROR,
                    fix=fix,
                )

    def _fix(self, subject: Subject, blob: Blob) -> tuple[Fix | None, str]:
        if not subject.snapshot.has_work_tree:
            return None, ""
        if subject.is_raw(blob) and subject.storage != LFS:
            advice = fixes.keep_out(subject, blob)
            return advice.fix, advice.note
        folder, _, name = blob.path.rpartition("/")
        model = naming.plain_form(name.partition(".")[0])
        target = f"{folder}/{model}/{name}"
        if not model or not fixes.is_free(subject, target):
            return None, ""
        info = f"{folder}/{model}/INFO.md"
        moved = fixes.move(subject, blob.path, target, make_folder=True)
        steps = list(moved.steps)
        if fixes.is_free(subject, info):
            # The folder is a model from now on, and a model has an INFO.md.
            steps.append(Step("pmgit", "info", "new", f"{folder}/{model}", names="verbatim"))
            steps.append(Step("git", "add", items=(info,)))
        return Fix(*steps, order=Fix.MOVE), ""
