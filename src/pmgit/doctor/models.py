"""Models in the work tree that no INFO.md describes; the commit hook finds them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.check import engine
from pmgit.core.units import listed
from pmgit.doctor.check import OK, WARNING, Check
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context

_ABROAD = "linked-model"
#: The rules that judge untracked files of the work tree.
_RULES = (_ABROAD, "misplaced-weights", "missing-info")
#: So many are named.
_MOST = 10


def checks(context: Context) -> Iterator[Check]:
    """`models`."""
    if context.repository.bare:
        return
    # Nothing is introduced: what is found lies in the work tree, untracked.
    findings = engine.judge(context.snapshot, context.config, _RULES).findings
    abroad = [visible(finding.path) for finding in findings if finding.rule == _ABROAD]
    unknown = [visible(finding.path) for finding in findings if finding.rule != _ABROAD]
    evidence = []
    if unknown:
        evidence.append(f"no INFO.md says where these are from: {listed(unknown, _MOST)}")
    if abroad:
        names = listed(abroad, _MOST)
        evidence.append(f"clones and links, of which this repository has nothing: {names}")
    if not evidence:
        yield Check("models", OK, "no weights lie here that nobody has described")
        return
    hint = "for the commands: pmgit check --all; for the reasons: pmgit explain linked-model"
    yield Check("models", WARNING, "; ".join(evidence), hint=hint)
