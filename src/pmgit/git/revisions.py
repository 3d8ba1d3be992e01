"""Names and commits: which exist, which are behind others, and what they reach."""

from __future__ import annotations

from pmgit.core.errors import PmgitError
from pmgit.git import cat_file
from pmgit.git.blob import decode
from pmgit.git.names import HEADS, REMOTES
from pmgit.git.process import GitError, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository

#: HEAD, where it is no branch.
DETACHED = "HEAD"
#: Git takes no more arguments than the system lets it.
_MOST = 1000


class Head:
    """HEAD of a work tree: `oid` is its commit ('' before the first), `ref` its branch or HEAD."""

    def __init__(self, repository: Repository) -> None:
        asked = ("rev-parse", "-q", f"{DETACHED}^{{commit}}", "--symbolic-full-name", DETACHED)
        code, out, _ = repository.start(*asked).wait()
        lines = decode(out).split("\n")
        if code == 0 and len(lines) == 3:
            self.oid, self.ref = lines[:2]
            return
        # Before the first commit, and where a branch is called HEAD.
        ref = repository.start("symbolic-ref", "-q", DETACHED)
        self.oid = commit_of(repository, DETACHED)
        self.ref = decode(ref.wait()[1]).strip("\n") or DETACHED


def id_of(repository: Repository, name: str) -> str:
    """The id that a name stands for, such as `HEAD`, a ref, or `HEAD:path`; '' for none."""
    return _id(repository, name)[0]


def commit_of(repository: Repository, name: str) -> str:
    """The id of the commit that a name stands for, tags followed; '' for none."""
    return id_of(repository, f"{name}^{{commit}}")


def value_and_commit(repository: Repository, ref: str) -> tuple[str, str]:
    """The id that a ref holds, and that of the commit which it leads to; '' for none."""
    value, commit = cat_file.ask(repository, [ref, f"{ref}^{{commit}}"])[0]
    return value.oid, commit.oid


def demand_commit(repository: Repository, name: str) -> str:
    """As `commit_of`; PmgitError, with the reason, where there is none."""
    oid, err = _id(repository, f"{name}^{{commit}}")
    if oid:
        return oid
    from pmgit.git import trouble

    if refused := trouble.refused(f"no commit {name!r}", err, start):
        raise refused
    shallow = bool(repository.shallow_commits)
    what = "the clone is shallow" if shallow else "the branch was not fetched"
    command = "git fetch --unshallow" if shallow else "git fetch"
    refspec = _refspec(repository, name)
    if refspec:
        hint = f"{what}: {command} {refspec}"
    elif shallow:
        hint = f"{what}: {command}"
    else:
        hint = "see what there is: git branch -a; in CI the base branch must be fetched first"
    in_ci = " (in CI: fetch-depth: 0)" if shallow else ""
    raise PmgitError(f"no commit {name!r} in this repository", hint + in_ci)


def demand_commits(repository: Repository, *names: str) -> list[str]:
    """As `demand_commit` for several names, by one process where each names a commit."""
    if not any("\n" in name for name in names):
        asked = [f"{name}^{{commit}}" for name in names]
        answers, code, err = cat_file.ask(repository, asked)
        if code < 0:  # it was killed, and has not answered
            raise GitError(("cat-file",), code, err)
        if all(answer.oid for answer in answers):
            return [answer.oid for answer in answers]
    return [demand_commit(repository, name) for name in names]


def _refspec(repository: Repository, name: str) -> str:
    """The words that have `git fetch` make the branch of a remote (`origin/main`); '' for others.

    A clone of one branch, which each with --depth is, fetches no other without them.
    """
    from pmgit.core.shell import quote
    from pmgit.git.remotes import Remotes

    for remote in Remotes(repository).names:
        branch = name.removeprefix(f"{remote}/")
        asked = ("check-ref-format", HEADS + branch)
        if branch != name and repository.start(*asked).wait()[0] == 0:
            return f"{quote(remote)} {quote(f'+{HEADS}{branch}:{REMOTES}{remote}/{branch}')}"
    return ""


def _id(repository: Repository, name: str) -> tuple[str, str]:
    """The id that a name stands for, and what git printed on standard error."""
    asked = ("rev-parse", "-q", "--verify", "--end-of-options", name)
    code, out, err = repository.start(*asked).wait()
    # Of `^name` git prints that it is left out.
    return ("" if code or out.startswith(b"^") else out.decode("ascii").strip()), err


def listed(repository: Repository, *revisions: str, stdin: bytes = b"") -> list[str]:
    """The ids that `rev-list` prints for revision arguments and options."""
    return repository.run("rev-list", *revisions, stdin=stdin).decode("ascii").split()


def objects(repository: Repository, revisions: Sequence[str]) -> set[str]:
    """The ids of every object that revision arguments reach, of those that are here. Slow."""
    options = ("--objects", "--no-object-names", "--missing=allow-any")
    return set(listed(repository, *options, *revisions))


def edges_of(repository: Repository, tip: str, bounds: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether a tip has commits that `bounds` leave, and where it leaves what they do not.

    None of these edges is part of another; there is none where the histories share nothing.
    """
    found = listed(repository, "--boundary", tip, *bounds)
    edges = [line[1:] for line in found if line.startswith("-")]
    return len(found) > len(edges), independent(repository, edges)


def independent(repository: Repository, commits: Sequence[str]) -> list[str]:
    """Of these commits those that none of the others has: old forks and later merges are behind."""
    if len(commits) < 2:
        return list(commits)
    out = repository.run("merge-base", "--independent", *commits[:_MOST])
    return out.decode("ascii").split() or list(commits)


def merge_base(repository: Repository, one: str, other: str) -> str:
    """The best common ancestor of two commits; '' for none."""
    code, out, err = repository.start("merge-base", one, other).wait()
    if code > 1:
        raise GitError(("merge-base", one, other), code, err)
    return out.decode("ascii").strip()
