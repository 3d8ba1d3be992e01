"""Looking at a repository as the doctor does, and pasting what it prints."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.shell import Shell
from pmgit.doctor.check import OK, Check
from pmgit.doctor.context import Context
from pmgit.doctor.examine import GROUPS, examine
from pmgit.git import repository
from tests.e2e.set_ups import set_up

if TYPE_CHECKING:
    from tests.kit import Repo


def context(repo: Repo, **environ: str) -> Context:
    """What the checks look at, with these variables added."""
    before = os.getcwd()
    os.chdir(repo.path)
    try:
        return Context(repository.discover(), environ={**repo.env, **environ})
    finally:
        os.chdir(before)


def look(repo: Repo, **environ: str) -> dict[str, Check]:
    """All checks by their name."""
    found = examine(context(repo, **environ))
    assert len({check.name for check in found}) == len(found)
    return {check.name: check for check in found}


#: A fix that is pasted once; after that its steps are done, without the proofs of `pmgit init`.
NATIVE = "pmgit init --hooks native"
_pasted: set[str] = set()
#: Which group makes a check of this name: learned when it is first looked at.
_group_of: dict[str, str] = {}


def look_at(repo: Repo, name: str, **environ: str) -> Check:
    """One check. No other group looks, once it is known which makes it: all take 0.1 s."""
    there = context(repo, **environ)
    known = [_group_of[name]] if name in _group_of else []
    for group in [*known, *GROUPS]:
        for check in examine(there, [group]):
            if check.name == name:
                _group_of[name] = group
                return check
    raise KeyError(name)


def answer_yes(repo: Repo, line: str) -> None:
    """Paste a command that asks before it writes, as in a terminal."""
    done = repo.sh_at_terminal(line)
    assert done.code == 0, (line, done)
    # Once; when an earlier fix has done it already, there is nothing to ask.
    assert done.out.count("Do it? [Y/n]") == ("nothing to do" not in done.out)


def cure(repo: Repo, name: str, status: str) -> str:
    """Paste the fix of a check, which must make it ok and lose nothing; the fix is returned.

    Pointers in the work tree may go: their content comes in their place. `pmgit init` asks, and
    is answered with yes.
    """
    before = look_at(repo, name)
    assert before.status == status, before
    assert before.fix is not None, before
    line = Shell().line(before.fix)
    if line == NATIVE and line in _pasted:
        set_up(repo, "--hooks", "native")
    elif line.startswith("pmgit init"):
        answer_yes(repo, line)
        _pasted.add(line)
    elif name == "weights":
        done = repo.sh(line)
        assert done.code == 0, (line, done)
    else:
        repo.paste(line)
    after = look_at(repo, name)
    assert after.status == OK, (line, after)
    return line
