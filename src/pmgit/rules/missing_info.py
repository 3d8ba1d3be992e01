"""The rule `missing-info`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING, Finding, Fix, Step
from pmgit.core.option import CHOICE, Option
from pmgit.core.rule import MODELS, Rule
from pmgit.git.attributes import outranks_top
from pmgit.model import caches
from pmgit.model.folder import INFO
from pmgit.snapshots.base import TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.model.folder import Model
    from pmgit.model.subject import Subject

_LIES_HERE = "no INFO.md for the weights that lie here, ignored by Git"
_LEFT_OVER = (
    "INFO.md is removed, the weights that Git ignores stay; to delete the model, delete its"
    " folder, too"
)


class MissingInfo(Rule):
    """A model without an INFO.md that says where it is from.

    ## What it reports

    A model folder that has no INFO.md in the snapshot. It is an error when weights are added or
    changed, when INFO.md is removed, and when the whole tree is judged; a warning when the model
    is only touched. Weights that lie in the work tree and are ignored by Git need one as well:
    `local` says whether that is an error. (What has no known ending counts from 100 kB on; nothing
    is opened.) An entry of the Hub's cache (`models--org--name`) is one model, and names its origin
    itself: as long as it is ignored, that is a warning. Nothing is reported of ignored weights
    that another branch of this clone describes: they stay on disk when Git switches to this one.

    ## Why it is bad

    Half a year later nobody knows which commit of which repository the weights came from, or
    whether the product may be shipped with them. The one who downloads them knows it.

    ## Example

    `pretrained_model/bert-base-uncased/` holds `config.json` and `model.safetensors`, and
    nothing else.

    ## What to do

    Paste the printed command: it writes INFO.md from a template with what the files themselves
    show, and stages it. What it leaves open is marked in the text.

    A model is deleted with its folder: `git rm -r` leaves ignored weights on disk, in your work
    tree and in that of everybody who pulls.
    """

    name = "missing-info"
    family = "info"
    severity = "error or warning"
    scope = MODELS
    options = (
        Option(
            "local",
            CHOICE,
            "warning",
            "What weights are that lie in the work tree, ignored and without an INFO.md.",
            ("error", "warning", "off"),
        ),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        local = self.option("local")
        for model in subject.models:
            if model.info is not None:
                continue
            severity, message = self._judge(subject, model, local)
            if message == _LIES_HERE and model.path in subject.once(_described_elsewhere):
                continue
            if severity:
                fix = self._fix(subject, model)
                yield self.finding(model.path, message, severity=severity, fix=fix)

    def _judge(self, subject: Subject, model: Model, local: str) -> tuple[str, str]:
        """Severity and message for a model without INFO.md; ('', '') when it is none."""
        if model.info_removed:
            if not model.weights and subject.ignored_weights(model):
                return ERROR, _LEFT_OVER
            return ERROR, "INFO.md is removed, the model stays"
        severity = "off"
        message = "no INFO.md"
        if model.touched:
            severity = ERROR if model.weights_changed or subject.origin == TREE else WARNING
        if model.is_cached and local == ERROR:
            local = WARNING
        if severity != ERROR and local != "off" and subject.ignored_weights(model):
            if severity != local:
                message = _LIES_HERE
            severity = local
        return ("", "") if severity == "off" else (severity, message)

    def _fix(self, subject: Subject, model: Model) -> Fix | None:
        if not subject.snapshot.has_work_tree:
            return None
        info = f"{model.path}/{INFO}"
        on_disk = info in subject.places.on_disk.get(model.root, ())
        if model.info_removed:
            back = ("git", "restore", "--staged", *([] if on_disk else ["--worktree"]))
            return Fix(Step(*back, items=(info,)), order=Fix.RECORD)
        steps = [Step("git", "add", *subject.sparse, items=(info,))]
        if not on_disk:
            # A name that begins with a dash must not be read as an option.
            dashes = ["--"] if model.name.startswith("-") else []
            name = model.name if model.root == subject.places.first_root else model.path
            steps.insert(0, Step("pmgit", "info", "new", *dashes, name))
        hidden = subject.hides_info(model)
        if hidden and (outranks_top(hidden[0]) or caches.is_closed(info)):
            # No line of the .gitignore at the top could let it in; what is tracked, stays.
            steps[-1] = Step("git", "add", "-f", *subject.sparse, items=(info,))
        elif hidden:
            # git refuses to add an ignored file.
            from pmgit.fix import for_staged

            steps[:0] = for_staged.let_in(subject)
        return Fix(*steps, order=Fix.RECORD)


def _described_elsewhere(subject: Subject) -> set[str]:
    """The models that another branch describes, and HEAD does not."""
    from pmgit.git import branches  # for a commit that would be stopped alone

    infos = {f"{model.path}/{INFO}": model.path for model in subject.models if model.local}
    return {infos[path] for path in branches.only_in_others(subject.repository, infos)}
