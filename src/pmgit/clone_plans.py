"""The plans of a bare repository, for whoever pushed: what to do in the clone.

A server knows the commit that was pushed, and neither the branch that has it there nor what is on
disk; `pmgit fix` finds both.
"""

from __future__ import annotations

from pmgit.finding import ERROR, Fix, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.finding import Finding

#: What is judged at the tip and has a fix in the clone.
_CURED_BY_A_COMMIT = frozenset({
    "bad-model-name", "case-collision", "ignored-info", "misplaced-weights", "missing-info",
    "text-in-lfs", "uncovered-pointer", "unportable-path",
})  # fmt: skip
_ANEW = "in your clone, where nobody else has these commits, pmgit makes them anew"
_ON_TOP = (
    "in your clone, with this branch checked out: a new commit is enough, because this is judged"
    " at the tip"
)


def choose(
    findings: list[Finding], committed: list[Finding], which: str, names: Sequence[str]
) -> tuple[list[Finding], Fix]:
    """The findings that have a plan, and that plan.

    `committed` are those whose blobs must leave the commits of `which` (a commit or a tag), `names`
    the rules to name then.
    """
    if not committed:
        # Of a push that is accepted nothing is left to fix there: warnings have no plan.
        found = [f for f in findings if f.rule in _CURED_BY_A_COMMIT and f.severity == ERROR]
        names = sorted({finding.rule for finding in found})
    # The pushed branch need not be the one that is checked out there.
    step = Step("pmgit", "fix", "--range", which, *names, names="verbatim")
    return committed or found, Fix(step, about=_ANEW if committed else _ON_TOP, safe=False)
