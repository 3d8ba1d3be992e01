"""Same tree, same verdict: random repositories, judged in every way, against plain git.

Some seconds of it run with the suite. For more: PMGIT_TEST_REPOSITORIES=2000, and
PMGIT_TEST_SEED for where to begin (CONTRIBUTING.md).
"""

from __future__ import annotations

import gc
import io
import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from pmgit import hook
from pmgit.git.blob import NOT_HERE
from pmgit.git.repository import discover
from pmgit.snapshots import commit_range, outline, staged
from tests.random_repository import ZEROS, RandomRepository, variables

if TYPE_CHECKING:
    from pathlib import Path

    from pmgit.snapshots.base import Snapshot

COUNT = int(os.environ.get("PMGIT_TEST_REPOSITORIES", "8"))
SEED = int(os.environ.get("PMGIT_TEST_SEED", "1"))


@pytest.fixture
def made(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> RandomRepository:
    """A random repository in which the test stands."""
    made = RandomRepository(tmp_path, env, request.param)
    monkeypatch.chdir(made.repo.path)
    for name, value in variables(made).items():
        monkeypatch.setenv(name, value)
    return made


@pytest.mark.parametrize("made", range(SEED, SEED + COUNT), indirect=True)
def test_every_way_of_judging_agrees_with_plain_git(
    made: RandomRepository, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    zeros = ZEROS[len(made.tip)]
    pushed = f"refs/heads/x {made.tip} refs/heads/x {made.base}\n"
    new = f"refs/heads/x {made.tip} refs/heads/x {zeros}\n"
    ways = (
        ("check", "--staged"),
        ("check", "--all"),
        ("check", "--range", f"{made.base}..{made.tip}"),
    )
    for way in ways:
        judged = made.repo.pmgit(*way, "--format", "json")
        told = {(f["rule"], f["path"]) for f in judged.json["findings"]} if judged.out else None
        agrees(made, way, judged.code, told, judged.err)
    hooks = (
        (("pre-commit",), ""),
        (("pre-push", "nowhere", "https://127.0.0.1:1/"), pushed),
        (("pre-push", "nowhere", "https://127.0.0.1:1/"), new),
        (("pre-receive",), f"{made.base} {made.tip} refs/heads/x\n"),
        (("pre-receive",), f"{zeros} {made.tip} refs/heads/x\n"),
    )
    for words, said in hooks:
        few = words != ("pre-commit",)
        for many, large in ((staged.MANY, outline.MANY), (1, -1))[: 1 if few else 2]:
            monkeypatch.setattr(staged, "MANY", many)
            monkeypatch.setattr(outline, "MANY", large)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said.encode())))
            if words[0] == "pre-receive":
                monkeypatch.setenv("GIT_DIR", os.path.realpath(made.folder / git_dir(made)))
            code = hook.main(list(words))
            gc.enable()
            monkeypatch.delenv("GIT_DIR", raising=False)
            out, err = capfd.readouterr()
            agrees(made, (*words, str(many)), code, None, out + err)
    if made.readable:
        for many in (staged.MANY, 1):
            monkeypatch.setattr(staged, "MANY", many)
            has_the_sizes_that_git_tells(made, staged.take())
        snapshot = commit_range.take_range(discover(), f"{made.base}..{made.tip}")
        has_the_sizes_that_git_tells(made, snapshot)
    shutil.rmtree(made.folder)


def git_dir(made: RandomRepository) -> str:
    """The git directory that a server would have, from the folder of the test."""
    name = made.repo.path.name
    return "repository/.git" if name == "linked" else f"{name}/.git"


def agrees(
    made: RandomRepository,
    way: tuple[str, ...],
    code: int,
    told: set[tuple[str, str]] | None,
    printed: str,
) -> None:
    """The exit code, and what is `told` where that is known, is what plain git leads to."""
    where = f"{way}: {', '.join(made.parts)}\n{printed}"
    assert "Traceback" not in printed, where
    assert "fault of pmgit" not in printed, where
    if not made.readable:
        assert code == 3, where
        assert "unreadable" in printed or "git " in printed, where
        return
    if code == 3 and made.doubtful:
        return  # what lies behind the first bytes may be looked at, and need not be
    expected = made.findings()
    is_staged = way[0] == "pre-commit" or "--staged" in way
    assert code == (1 if expected else 3 if made.absent and not is_staged else 0), where
    if told is not None:
        assert told == expected, where
    elif expected:
        assert all(path in printed for _, path in expected), (expected, where)


def has_the_sizes_that_git_tells(made: RandomRepository, snapshot: Snapshot) -> None:
    """Every size is the blob's own once it is measured; before, it is below the same limits."""
    snapshot.survey(lambda head: head.startswith(b"version "), 3000, ask_filters=True)
    rough = {blob.path: blob.size for blob in snapshot.introduced}
    snapshot.contents.measure(snapshot.introduced)
    for blob in snapshot.introduced:
        size = made.sizes.get(blob.path, NOT_HERE)
        assert blob.size == size, (blob, size, made.parts)
        assert (rough[blob.path] < 3000) == (blob.size < 3000), (blob, rough, made.parts)
