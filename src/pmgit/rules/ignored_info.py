"""The rule `ignored-info`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING, Finding, Fix
from pmgit.core.rule import LOCAL, Rule
from pmgit.git.attributes import outranks_top
from pmgit.model import caches
from pmgit.model.folder import INFO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.model.subject import Subject


class IgnoredInfo(Rule):
    """Ignore rules that hide a model's INFO.md.

    ## What it reports

    A model whose INFO.md is not tracked and would be ignored by Git, with the file and the line
    that do it. A warning when neither weights nor INFO.md change.

    ## Why it is bad

    `pretrained_model/*` with `!pretrained_model/README.md` below it looks right and hides every
    INFO.md: a `!` cannot reach into a folder that is ignored itself. `git add` refuses the file,
    or `git add .` skips it without a word.

    ## Example

    The three lines that most projects copy: `pretrained_model/*`, `!pretrained_model/README.md`,
    `!pretrained_model/.gitkeep`.

    ## What to do

    Paste the printed command: it writes the ignore block that hides weights at any depth and
    keeps INFO.md visible, and proves it. A `.gitignore` in a folder decides over the one at the
    top: such a line only you can change.
    """

    name = "ignored-info"
    family = "info"
    severity = "error or warning"
    scope = LOCAL

    def check(self, subject: Subject) -> Iterator[Finding]:
        for model in subject.models:
            if model.info is not None:
                continue
            if not model.touched and not subject.ignored_weights(model):
                continue
            hidden = subject.hides_info(model)
            if hidden and not caches.is_closed(f"{model.path}/"):
                from pmgit.fix import for_staged

                source, line, pattern = hidden
                fix = None
                cure = f"; remove or change line {line} of {source}"
                if not outranks_top(source):
                    cure = ""
                    fix = Fix(*for_staged.let_in(subject), order=Fix.SETUP)
                yield self.finding(
                    f"{model.path}/{INFO}",
                    f"{source}:{line} hides it with {pattern!r}{cure}",
                    severity=ERROR if subject.is_due(model) or model.local else WARNING,
                    fix=fix,
                )
