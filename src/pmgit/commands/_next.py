"""The commands of the lines `next:`, which a person runs after a command of pmgit.

After `pmgit init` in an old repository a baseline comes first, or old findings would stop the
commit of the set-up. `pmgit fix` comes last: it needs that commit, or the work tree would not be
clean.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.check import engine
from pmgit.core.config import BASELINE, LFS
from pmgit.core.shell import quote
from pmgit.core.units import counted
from pmgit.git import attributes, work_tree
from pmgit.git.blob import decode
from pmgit.git.entries import INDEX, of_index
from pmgit.model import local_weights, storage
from pmgit.model.weights import Tiers
from pmgit.report.text import visible
from pmgit.snapshots import tree
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.init.onboarding import SetupPlan


def git(repository: Repository) -> str:
    """`git` at the top of the repository, from where the user stands."""
    above = os.path.relpath(repository.top, os.path.join(repository.top, repository.prefix))
    return "git" if above == "." else f"git -C {quote(above)}"


def add(repository: Repository, names: Sequence[str], hidden: Iterable[str] | None = None) -> str:
    """The command that stages these files, also when ignore rules hide one of them.

    `hidden` are files that they hide, where that is known already.
    """
    if hidden is None:
        hidden = attributes.ignored(repository, names, untracked=True)
    force = "-f " if not set(names).isdisjoint(hidden) else ""
    return f"{git(repository)} add {force}-- {' '.join(map(quote, names))}"


def add_models(repository: Repository, config: Config, written: Sequence[str]) -> Iterator[str]:
    """The lines to paste that stage `written`, files of models, with all else of these models that
    belongs into Git: texts that no rule ignores, and weights that a filter makes pointers.

    Weights that neither a rule nor a filter keeps out of Git are named first, with the command.
    """
    models = sorted({path.rpartition("/")[0] for path in written})
    attributes.refuse_pipes(repository, written, attributes.IGNORE)
    out = repository.run("ls-files", "-z", "-o", "--exclude-standard", "--", *models)
    changed = {decode(name) for name in out.split(b"\0") if name}
    # Not by -m: Git would run the filters that the repository configures.
    tracked = of_index(repository.run(*INDEX, "--", *models))
    changed |= {b.path for b in tracked if work_tree.compare(repository, b) != work_tree.SAME}
    filters = attributes.of_paths(repository, changed, "filter")
    raw = set(local_weights.find(changed, Tiers(config), repository.top))
    raw = {path for path in raw if filters[path].get("filter") != attributes.LFS}
    if raw:
        by_lfs = storage.of(config, Snapshot(repository, TREE, [], [])) == LFS
        way = f"pmgit {'lfs-setup' if by_lfs else 'gitignore'}" if config.source else "pmgit init"
        yield f"note: nothing keeps {counted(len(raw), 'file')} of weights out of Git here: {way}"
    if not raw and changed.issuperset(written) and not changed.issubset(written):
        yield f"next: {add(repository, models)}"
    elif len(raw) < len(changed - raw) - 20 and changed.issuperset(written):
        without = " ".join(quote(f":(top,exclude,literal){path}") for path in sorted(raw))
        yield f"next: {add(repository, models)} {without}"
    else:
        yield f"next: {add(repository, sorted({*written, *(changed - raw)}))}"


_OLD = (
    "what is wrong here already would stop commits: the baseline forgives it, and nothing new; then"
    " pmgit history shows what old commits hold, and pmgit fix takes weights out of those that are"
    " not pushed"
)
_UNDESCRIBED = (
    "models lie here that no INFO.md describes, which would stop commits: describe them first"
    " (pmgit info new MODEL), or have the baseline forgive these, and nothing new"
)
_WEIGHTS = ("missing-pointer", "tracked-weights")


def after_init(
    repository: Repository, made: SetupPlan, files: Mapping[str, bool], *, yes: bool
) -> Iterator[str]:
    """The lines to paste; `files` are the written files, with whether each existed before.

    With `yes` the commands in them ask nothing, either.
    """
    hidden = attributes.ignored(repository, files, untracked=True)
    mine = [name for name in files if name in hidden and files[name]]
    for name in mine:
        source, line, pattern = hidden[name]
        rule = visible(f"{name} is ignored by Git ({source}:{line}: {pattern})")
        share = add(repository, [name], hidden)
        yield f"note: {rule} and was so before, so it stays yours; to share it: {share}"
    new = [name for name in files if name not in mine]
    if not new:
        return
    wrong, tracked = _wrong(repository, made)
    if wrong:
        yield f"hint: {_OLD if tracked else _UNDESCRIBED}"
    yield f"next: {add(repository, new, hidden)}"
    if wrong:
        yield f"next: pmgit baseline && {add(repository, [BASELINE])}"
        yield f'next: {git(repository)} commit -q -m "Set up pmgit"'
    if tracked:
        cut = " --allow-missing" if repository.shallow_commits or repository.is_partial else ""
        yield f"next: pmgit history{cut}"
    if tracked and made.look.raw:
        asks = " --yes" if yes else ""
        yield f"next: pmgit fix --no-baseline{asks} {' '.join(_WEIGHTS)}"


def _wrong(repository: Repository, made: SetupPlan) -> tuple[bool, bool]:
    """Whether there are errors that nothing forgives, none where there is a baseline already; and
    whether Git has any of the files, or of the files in the folders, that they are about.
    """
    if os.path.lexists(os.path.join(repository.top, BASELINE)):
        return False, False
    snapshot = tree.take(repository)
    report = engine.judge(snapshot, made.config, engine.selected(made.config), plans=False)
    paths = {finding.path for finding in report.errors}
    begins = tuple(f"{path}/" for path in paths)
    tracked = any(path in paths or path.startswith(begins) for path in snapshot.listing())
    return bool(paths), tracked
