"""Models that no commit speaks of again: raw in Git, hidden from it, or described by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.check import engine
from pmgit.core.config import BASELINE
from pmgit.core.finding import Fix, Step
from pmgit.core.units import listed, show_size
from pmgit.doctor.check import OK, WARNING, Check
from pmgit.git import attributes
from pmgit.gitfiles import hidden_text
from pmgit.model import folder
from pmgit.model.weights import NEVER, Tiers
from pmgit.report.text import visible
from pmgit.snapshots import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context

_ABROAD = "linked-model"
#: The rules that judge untracked files of the work tree.
_UNTRACKED = (_ABROAD, "misplaced-weights", "missing-info")
#: The rules that find raw weights: of a model, with Git LFS, and those that lie elsewhere.
_RAW = ("tracked-weights", "missing-pointer", "oversized-blob")
#: So many models are named, and so many raw files.
_MOST, _MOST_RAW = 10, 5


def raw_weights(context: Context) -> Iterator[Check]:
    """`raw-weights`, where there are some."""
    snapshot = tree.take(context.repository, listing=context.snapshot.listing())
    report = engine.judge(snapshot, context.config, _RAW, plans=False)
    tiers = Tiers(context.config)
    found, forgiven = (
        [one.path for one in findings if one.rule == _RAW[0] or tiers.of(one.path) != NEVER]
        for findings in (report.findings, report.forgiven)
    )
    paths = sorted({*found, *forgiven})
    if not paths:
        return
    blobs = [snapshot.listing()[path] for path in paths]
    snapshot.contents.measure(blobs)
    size = show_size(sum(max(blob.size, 0) for blob in blobs))
    files = "1 file of weights is" if len(paths) == 1 else f"{len(paths)} files of weights are"
    evidence = f"{files} raw in Git ({size}): {listed(paths, _MOST_RAW)}"
    if not found:
        yield Check("raw-weights", OK, f"{evidence}; {BASELINE} forgives it")
        return
    hint = (
        "the commands that mend it: pmgit check --all; what old commits hold: pmgit history;"
        " to forgive them: pmgit baseline"
    )
    yield Check("raw-weights", WARNING, evidence, hint=hint)


def hidden(context: Context) -> Iterator[Check]:
    """`hidden-text`: models of text alone that ignore rules hide, where there are some."""
    files: dict[str, list[str]] = {}
    tracked, config = context.snapshot.listing(), context.config
    for model in hidden_text.text_models(context.repository, config, config.models, tracked):
        files[model] = list(folder.files_on_disk(context.repository.top, model))
    if not files:
        return
    asked = [path for paths in files.values() for path in paths]
    ignored = attributes.ignored(context.repository, asked)
    hidden = [model for model, paths in files.items() if all(path in ignored for path in paths)]
    if hidden:
        fix = Fix(Step("pmgit", "gitignore", "--keep-text"))
        evidence = f"{hidden_text.sentence(hidden)}, and all of it is ignored by Git"
        yield Check("hidden-text", WARNING, evidence, fix)


def undescribed(context: Context) -> Iterator[Check]:
    """`models`: those in the work tree that no INFO.md describes; commits find them one by one."""
    # Nothing is introduced: what is found lies in the work tree, untracked.
    findings = engine.judge(context.snapshot, context.config, _UNTRACKED).findings
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
