"""The plans of a bare repository, for whoever pushed: what to do in the clone.

A server knows the commit that was pushed, and neither the branch that has it there nor what is on
disk; `pmgit fix` finds both.
"""

from __future__ import annotations

from pmgit.core.finding import ERROR, Fix, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.core.finding import Finding

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


def is_cured_by_a_commit(finding: Finding) -> bool:
    """Whether a new commit in the clone is enough.

    Of a push that is accepted nothing is left to fix there: warnings have no plan.
    """
    return finding.rule in _CURED_BY_A_COMMIT and finding.severity == ERROR


def fix(which: str, names: Iterable[str], *, anew: bool) -> Fix:
    """The plan to cure what these rules found in `which`, a commit or a tag.

    `anew`: blobs must leave the commits, so these are made anew.
    """
    # The pushed branch need not be the one that is checked out there.
    step = Step("pmgit", "fix", "--range", which, *sorted(set(names)), names="verbatim")
    return Fix(step, about=_ANEW if anew else _ON_TOP, safe=False)
