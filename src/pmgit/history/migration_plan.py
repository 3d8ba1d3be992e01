"""The way of weights out of the history and into Git LFS: a plan, for people to carry out.

pmgit never does it by itself: it rewrites what others have. Found out with git-lfs 3.3:

* `git lfs migrate import --yes` throws away what is not committed: there is no `--yes` here, and
  each command that would touch the work tree demands a clean one first;
* it also rewrites refs outside of refs/remotes (`refs/backup/…`, too): the way back is a copy of
  the repository, not a ref in it;
* with `--include`, every commit gets a .gitattributes and so a new id, not only those from the
  first weights on;
* branches that only a remote has are read, but not rewritten: they need a local branch;
* the files of the work tree are pointers afterwards, until `git lfs checkout`, which gives up at
  a name with a line break: then the whole tree is checked out anew.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from pmgit.core.shell import quote
from pmgit.git.blob import Blob, decode
from pmgit.git.names import HEADS, REMOTES, TAGS
from pmgit.git.objects import Objects
from pmgit.git.remotes import ANY
from pmgit.git.revisions import listed
from pmgit.history.scan import HEAD, HISTORY, REF, REFLOG, UNREACHABLE
from pmgit.lfs import migrate, patterns, pointer
from pmgit.model.folder import root_of
from pmgit.model.weights import ALWAYS, AMBIGUOUS, NEVER, NEVER_NAMES, OTHER, Tiers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.history.scan import History, Large

#: Succeeds when nothing is uncommitted; in any folder, since git reports the whole work tree.
_CLEAN = 'test -z "$(git status --porcelain)"'
_STASH = "refs/stash"
_FORMAT = "--format=%(refname)%00%(objectname)%00%(*objectname)%00%(symref)"
#: What a stash holds stays: without a setting of its own, `git gc` never ends its reflog.
_GC = "git -c gc.reflogExpireUnreachable=now gc -q --prune=now"


@dataclass
class MigrationStep:
    """One step of a plan: what it does, and the line for a shell."""

    what: str
    shell: str


@dataclass
class MigrationPlan:
    """A plan that takes `weights` out of the history, step by step, and who is affected.

    `include` are the patterns for git-lfs. `back` is the step that undoes the rewriting. `notes`
    name what the steps do not reach. Without weights, or where it cannot be done, no steps.
    """

    include: list[str] = field(default_factory=list)
    steps: list[MigrationStep] = field(default_factory=list)
    back: MigrationStep | None = None
    affected: str = ""
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, shell: str) -> None:
        self.steps.append(MigrationStep(what, shell))


class Refs:
    """The refs of a repository, by what a rewriting of its history does to them.

    `heads` and `tags` are rewritten, `remotes` are what is known of remotes; `others` (stash,
    notes, …) may keep old commits. `remote` is the one to push to, '' when there is none.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._tips: dict[str, tuple[str, str]] = {}
        for line in decode(repository.run("for-each-ref", _FORMAT)).split("\n"):
            name, *facts = line.split("\0")
            if len(facts) == 3 and not facts[2]:
                self._tips[name] = (facts[0], facts[1])
        names = list(self._tips)
        self.heads = [name for name in names if name.startswith(HEADS)]
        self.tags = [name for name in names if name.startswith(TAGS)]
        self.remotes = [name for name in names if name.startswith(REMOTES)]
        self.others = [n for n in names if not n.startswith((HEADS, TAGS, REMOTES))]
        self.remote_names = decode(repository.run("remote")).split("\n")[:-1]
        self.remote = next(
            (name for name in ("origin", *self.remote_names) if name in self.remote_names), ""
        )
        code, _, _ = repository.start("symbolic-ref", "-q", "HEAD").wait()
        self.detached = code != 0

    @property
    def remote_only(self) -> list[tuple[str, str]]:
        """The branches that only the remote has: the name for a local one, and the ref."""
        prefix = f"{REMOTES}{self.remote}/"
        here = {name.removeprefix(HEADS) for name in self.heads}
        there = [name for name in self.remotes if name.startswith(prefix)]
        pairs = [(name.removeprefix(prefix), name) for name in there]
        return [pair for pair in pairs if pair[0] not in here]

    def commits(self) -> int:
        """How many commits branches and tags have, those of remotes too."""
        asked = ("rev-list", "--count", "--branches", "--tags", "--remotes")
        return int(self._repository.run(*asked))

    def unpushed(self) -> set[str]:
        """The commits that no remote is known to have; empty when no remote is known."""
        if not self.remotes:
            return set()
        return set(listed(self._repository, "--branches", "--tags", "--not", *ANY))

    def holding(self, commits: set[str]) -> list[str]:
        """The branches and tags whose tip is one of these commits."""
        return [name for name in (*self.heads, *self.tags) if commits & {*self._tips[name]}]


class Weighed:
    """The large blobs of a history, as the configuration sees them.

    `weights` are what commits hold and belongs into Git LFS, `loose` what no ref holds.
    """

    def __init__(self, history: History, config: Config) -> None:
        self._tiers = Tiers(config)
        self._roots = config.models
        self.history = history
        held = [one for one in history.large if one.where in (HEAD, REF, HISTORY)]
        self.weights = [one for one in held if self.is_weights(one)]
        self.loose = [one for one in history.large if one.where in (REFLOG, UNREACHABLE)]

    def is_weights(self, one: Large) -> bool:
        """Whether one of the blob's names is that of weights."""
        return any(self._is_weights(path) for path in one.paths)

    def _is_weights(self, path: str) -> bool:
        tier = self._tiers.of(path)
        in_model = bool(root_of(path, self._roots)) and not patterns.must_be_text(path)
        return tier in (ALWAYS, AMBIGUOUS) or (tier == OTHER and in_model)

    def includes(self) -> tuple[list[str], list[str]]:
        """The patterns for all paths of the weights, and the paths that must stay text."""
        paths = list(dict.fromkeys(path for one in self.weights for path in one.paths))
        texts = [p for p in paths if self._tiers.of(p) == NEVER or patterns.must_be_text(p)]
        found = migrate.includes(
            sorted(set(paths).difference(texts)),
            lambda suffix: self._tiers.of(f"x{suffix}") == ALWAYS,
            lambda suffix: (
                self._tiers.of(f"x{suffix}") == AMBIGUOUS
                and not any(name.endswith(suffix) for name in NEVER_NAMES)
            ),
        )
        return found, texts


def without_pointers(repository: Repository, history: History) -> None:
    """Take the pointers out of the large blobs: they are small, and stand for files not here."""
    small = [one for one in history.large if one.size < pointer.MAX_BYTES]
    if small:
        blobs = [Blob("", one.oid) for one in small]
        contents = Objects(repository).contents(blobs)
        pointers = {oid for oid, data in contents.items() if pointer.readable(data)}
        history.large = [one for one in history.large if one.oid not in pointers]


def plan(repository: Repository, weighed: Weighed) -> MigrationPlan:
    """The plan for the large blobs of a history."""
    made = MigrationPlan()
    history = weighed.history
    whole = not (history.shallow or history.absent or history.faults)
    if weighed.weights and not whole:
        made.notes.append("a rewriting needs the whole history: look again in a complete clone")
    elif weighed.weights:
        _rewrite(made, repository, weighed)
    if weighed.loose and history.borrows:
        made.notes.append(
            "the unreachable blobs may belong to the repository whose objects are borrowed here"
            " (alternates): nothing here removes them"
        )
    elif made.steps or weighed.loose:
        made.add("free the room: this deletes for good what no ref and no stash holds", _GC)
    if any(one.where == REFLOG for one in weighed.loose):
        made.notes.append(
            "what only a reflog remembers is kept by a branch: git branch NAME COMMIT"
        )
    return made


def _rewrite(made: MigrationPlan, repository: Repository, weighed: Weighed) -> None:
    made.include, texts = weighed.includes()
    if texts:
        made.notes.append(f"the same content stays where it has the name of a text: {texts[0]}")
    refs = Refs(repository)
    new = refs.unpushed()
    fresh = all(one.commit and one.commit.oid in new for one in weighed.weights)
    pushed = bool(refs.remotes) and not fresh
    needs = "" if repository.bare else " (does nothing while git status shows anything)"
    clean = "" if repository.bare else f"{_CLEAN} && "
    if pushed:
        lines = [f"git branch --no-track {quote(n)} {quote(r)}" for n, r in refs.remote_only]
        if lines:
            made.add("make local branches of those that only the remote has", " && ".join(lines))
    copy = quote(_copy(repository))
    made.add(
        "keep a copy of everything" + needs,
        f"{clean}git clone -q --mirror -- {quote(repository.common_dir)} {copy}",
    )
    words = [f"--include={','.join(made.include)}"]
    if refs.remotes and not pushed:
        words += [f"--include-ref={name}" for name in refs.holding(new)]
        words += [f"--exclude-ref={name}" for name in refs.remotes]
    else:
        words.append("--everything")
    restore = "" if repository.bare else f" && {_restore(weighed)}"
    made.add(
        "rewrite the commits: files stay as they are, in Git LFS" + needs,
        f"{clean}git lfs install --local --skip-repo"
        f" && git lfs migrate import {' '.join(map(quote, words))}{restore}",
    )
    # What only a stash or the like holds is not rewritten.
    total = refs.commits() if refs.others else weighed.history.commits
    if pushed:
        _publish(made, refs)
        made.affected = (
            f"{_count(total, 'commit')} of"
            f" {_count(weighed.history.authors, 'author')} get new ids, also those before the"
            " weights: everybody with a clone or a fork must agree, push what is not pushed yet"
            " before, and clone again after; open pull requests are made anew"
        )
    else:
        changed = len(new) if refs.remotes else total
        reason = "no remote has them" if refs.remotes else "no remote is known here"
        get = "gets a new id" if changed == 1 else "get new ids"
        made.affected = f"{_count(changed, 'commit')} {get}; {reason}"
    _warn(made, repository, refs)
    both = "'+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'"
    back = f"{clean}git fetch -q --update-head-ok {copy} {both}"
    made.back = MigrationStep(
        f"go back to how it was{needs}",
        back if repository.bare else f"{back} && git reset -q --hard",
    )


def _restore(weighed: Weighed) -> str:
    """The command that makes files of the pointers in a work tree with nothing uncommitted."""
    here = [path for one in weighed.weights if one.where == HEAD for path in one.paths]
    if any("\n" in path for path in here):
        return "git read-tree --empty && git reset -q --hard"
    return "git lfs checkout"


def _publish(made: MigrationPlan, refs: Refs) -> None:
    """Add the step that pushes the new commits; the objects of Git LFS first."""
    remote = quote(refs.remote)
    # Hooks would judge each old commit as a new one, and tags have no baseline that forgives; the
    # objects, which the hook of Git LFS sees to, are there before.
    push = "git push --no-verify"
    line = f"git lfs push --all {remote} && {push} --force-with-lease --all {remote}"
    if refs.tags:
        # A lease needs a remote-tracking ref, and tags have none: refused as "stale info".
        line += f" && {push} --force {remote} --tags"
    what = "replace the branches there (without hooks, to which all of it would be new)"
    made.add(f"when all agree, and {refs.remote} lets you: {what}", line)
    if len(refs.remote_names) > 1:
        others = ", ".join(name for name in refs.remote_names if name != refs.remote)
        made.notes.append(f"other remotes keep the old commits until they are replaced: {others}")


def _warn(made: MigrationPlan, repository: Repository, refs: Refs) -> None:
    others = [name for name in refs.others if name != _STASH]
    if len(others) < len(refs.others):
        made.notes.append("a stash keeps the old commits: git stash pop, and commit it, first")
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        made.notes.append(f"refs that may keep the old commits: {others[0]}{more}")
    if refs.detached:
        made.notes.append("HEAD is on no branch and would keep the old commits: git switch BRANCH")
    # `-z` is known since 2.36; the number does not need it.
    trees = repository.run("worktree", "list", "--porcelain").split(b"\n")
    if sum(line.startswith(b"HEAD ") for line in trees) > 1:
        made.notes.append(
            "other work trees would show old files as changes: finish and remove them first"
            " (git worktree list)"
        )


def _copy(repository: Repository) -> str:
    """A place beside the repository that does not exist yet."""
    top = repository.common_dir if repository.bare else repository.top
    stem = f"{top.removesuffix('.git').rstrip('/')}-before-migrate"
    number = 1
    while os.path.lexists(name := f"{stem}{'' if number == 1 else f'-{number}'}.git"):
        number += 1
    return name


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
