"""Models that lie here and that nobody has described: the commit hook sees them too, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.check import engine
from pmgit.doctor.check import OK, WARNING, Check
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context

_ABROAD = "linked-model"
#: What speaks of the work tree, of all that these rules can say.
_RULES = (_ABROAD, "misplaced-weights", "missing-info")
#: So many are named.
_MOST = 10


def checks(context: Context) -> Iterator[Check]:
    """`models`."""
    if context.repository.bare:
        return
    # Nothing is introduced: what is found lies in the work tree, untracked.
    findings = engine.judge(context.snapshot, context.config, _RULES).findings
    abroad = [finding.path for finding in findings if finding.rule == _ABROAD]
    unknown = [finding.path for finding in findings if finding.rule != _ABROAD]
    said = []
    if unknown:
        said.append(f"no INFO.md says where these are from: {_named(unknown)}")
    if abroad:
        said.append(f"clones and links, of which this repository has nothing: {_named(abroad)}")
    if not said:
        yield Check("models", OK, "no weights lie here that nobody has described")
        return
    hint = "for the commands: pmgit check --all; for the reasons: pmgit explain linked-model"
    yield Check("models", WARNING, "; ".join(said), hint=hint)


def _named(paths: list[str]) -> str:
    more = f" and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
    return ", ".join(visible(path) for path in paths[:_MOST]) + more
