"""Weights that are raw in Git: no commit speaks of them again, and every clone has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.check import engine
from pmgit.core.config import BASELINE
from pmgit.core.units import listed, show_size
from pmgit.doctor.check import OK, WARNING, Check
from pmgit.model.weights import NEVER, Tiers
from pmgit.snapshots import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context

#: The rules that find raw weights: of a model, with Git LFS, and those that lie elsewhere.
_RULES = ("tracked-weights", "missing-pointer", "oversized-blob")
#: So many are named.
_MOST = 5


def checks(context: Context) -> Iterator[Check]:
    """`raw-weights`, where there are some."""
    snapshot = tree.take(context.repository)
    report = engine.judge(snapshot, context.config, _RULES, plans=False)
    tiers = Tiers(context.config)
    found, forgiven = (
        [one.path for one in findings if one.rule == _RULES[0] or tiers.of(one.path) != NEVER]
        for findings in (report.findings, report.forgiven)
    )
    paths = sorted({*found, *forgiven})
    if not paths:
        return
    blobs = [snapshot.listing()[path] for path in paths]
    snapshot.contents.measure(blobs)
    size = show_size(sum(max(blob.size, 0) for blob in blobs))
    files = "1 file of weights is" if len(paths) == 1 else f"{len(paths)} files of weights are"
    evidence = f"{files} raw in Git ({size}): {listed(paths, _MOST)}"
    if not found:
        yield Check("raw-weights", OK, f"{evidence}; {BASELINE} forgives it")
        return
    hint = (
        "the commands that mend it: pmgit check --all; what old commits hold: pmgit history;"
        " to forgive them: pmgit baseline"
    )
    yield Check("raw-weights", WARNING, evidence, hint=hint)
