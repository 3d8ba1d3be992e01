"""The rule `restricted-license`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING
from pmgit.core.rule import POLICY, Rule
from pmgit.licenses.expression import is_vaguer
from pmgit.licenses.policy import Policy
from pmgit.model import stated_licenses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.licenses.policy import Ruling
    from pmgit.model.stated_licenses import Stated, Statement
    from pmgit.model.subject import Subject


class RestrictedLicense(Rule):
    """A model whose license the policy of the repository does not allow.

    ## What it reports

    Nothing until there is a policy, `[licenses]` in `.pmgit.toml`. Then, of a model that a change
    touches, a license that `deny` names; one that `allow` does not name, where it names any; and
    with `commercial = true` one that forbids commercial use. These are errors when weights,
    INFO.md or another file with the license change and when the whole tree is judged, and warnings
    when the model is only touched. With `commercial = true`, a license with conditions, or of
    which pmgit knows nothing, is a warning unless `allow` names it. With `allow`, so is no license.

    Every statement counts: INFO.md, `pmgit.lock`, the front matter of README.md, the text in
    LICENSE; not one that is only vaguer than INFO.md's (`other`, or `gpl` beside `gpl-3.0`). Of
    `MIT OR GPL-3.0` the better one counts, of a list the worst. Where INFO.md has a license of your
    own (`LicenseRef-NAME`), such as an agreement with the owner, only that counts.

    ## Why it is bad

    Somebody decided what this repository may have. What is trained with other weights cannot be
    shipped, and the longer they are used, the more has to be done anew.

    ## Example

    ```toml
    [licenses]
    commercial = true
    deny = ["agpl", "llama*"]
    ```

    A model with `license: cc-by-nc-4.0` is an error by the first line, one with
    `license: llama3.1` by the second.

    ## What to do

    Take another model, or have the policy changed by those who made it: the finding names the
    entry. After a change of the policy, `pmgit check --all` judges the models that are here.

    What pmgit knows of each license is a hint, and no legal advice: docs/licenses.md.
    """

    name = "restricted-license"
    family = "license"
    severity = "error or warning"
    scope = POLICY

    def check(self, subject: Subject) -> Iterator[Finding]:
        policy = Policy(self.config)
        for stated in subject.once(stated_licenses.of_models):
            worst = _worst(policy, stated)
            if worst is None:
                continue
            statement, ruling = worst
            severity = ruling.severity if stated.is_due else WARNING
            path = statement.path if statement else stated.place
            way = f": {ruling.way}" if ruling.way else ""
            way += " (in INFO.md)" if ruling.wants_name else ""
            yield self.finding(
                path,
                f"{ruling.text}{way}",
                severity=severity,
                line=statement.line if statement else 0,
            )


def _worst(policy: Policy, stated: Stated) -> tuple[Statement | None, Ruling] | None:
    """The worst that the policy says about a model, with the statement that it is about."""
    statements = _telling(stated)
    found: tuple[Statement | None, Ruling] | None = None
    for statement in statements:
        if statement.reading.expression is not None:
            ruling = policy.judge(statement.reading.expression)
            if ruling.severity and (found is None or ruling.severity == ERROR != found[1].severity):
                found = (statement, ruling)
    if not statements:
        none = policy.of_none()
        found = (None, none) if none.severity else None
    return found


def _telling(stated: Stated) -> list[Statement]:
    """The statements that name a license, without those that are only vaguer than INFO.md's."""
    info = stated.info
    if info is not None and stated.is_own:
        return [info]
    found = [one for one in stated.all if one.reading.expression is not None]
    if info is None:
        return found
    return [one for one in found if one is info or not is_vaguer(one.reading, info.reading)]
