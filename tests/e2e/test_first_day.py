"""The first day, as README.md and docs/onboarding.md print it: nothing is on this machine but Git,
uv and what it downloads, HOME is empty, and no package index has pmgit.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import forked
from tests.e2e.conftest import ADDRESS, UV, Shared, blamed, commit, without_pmgit
from tests.kit import BIN, Repo
from tests.test_readme import transcript

if TYPE_CHECKING:
    from tests.weights import Weights

PLACES = [
    ("README.md", "first-day"),
    ("docs/onboarding.md", "first-day-prek"),
    ("docs/onboarding.md", "first-day-native"),
    ("docs/onboarding.md", "first-day-lfs"),
]


@pytest.fixture
def machine(repo: Repo, shared: Shared, clone: Path, weights: Weights) -> Repo:
    """A repository of a team, on a machine that has neither pmgit nor pre-commit."""
    repo.env.update(shared.caches, UV_PYTHON=sys.executable)
    # Where uv installs it, once for all of these: that takes some seconds.
    repo.env.update(
        UV_TOOL_DIR=str(shared.folder / "tools"), UV_TOOL_BIN_DIR=str(shared.folder / "bin")
    )
    shared.host(repo.env)
    home = Path(repo.env["HOME"])
    tools = home / ".local/bin"
    tools.mkdir(parents=True)
    for program in (UV, "prek"):
        (tools / program).symlink_to(BIN / program)
    repo.env["PATH"] = f"{tools}:{shared.folder / 'bin'}:{without_pmgit(repo.env['PATH'])}"
    (home / "Downloads").mkdir()
    (home / "Downloads/silero_vad_16k.safetensors").write_bytes(weights.safetensors)
    repo.stage("train.py", "print('training')\n")
    repo.commit("What was here")
    return repo


@pytest.mark.parametrize(("file", "name"), PLACES, ids=[name for _, name in PLACES])
def test_the_first_day_is_what_happens(
    machine: Repo, shared: Shared, clone: Path, file: str, name: str
) -> None:
    tools = Path(machine.env["HOME"], ".local/bin")
    if "prek" not in name:
        (tools / "prek").unlink()
    if name == "first-day-lfs" and (folder := forked.programs("pre-commit")):
        # The first of these starts the one that uv installs with pmgit, at each commit.
        (tools / "pre-commit").symlink_to(Path(folder, "pre-commit"))
    rev = shared.run("git", "rev-parse", "HEAD", cwd=clone).strip()
    steps = transcript(name, file)
    assert len(steps) > 5
    for command, printed in steps:
        result = machine.sh(f"{command.replace('<its address>', ADDRESS)} 2>&1")
        out = result.out.replace(ADDRESS, "<its address>").replace(rev[:12], "<commit>")
        # `…` stands for any lines.
        parts = map(re.escape, printed.split("…\n"))
        if not re.fullmatch("(?:.*\n)*".join(parts), out):
            assert out == printed, command
        assert result.code == (1 if " in 1 file" in printed or "errors in" in printed else 0)
    assert machine.git("log", "--oneline").count("\n") >= 2


def test_installed_from_a_clone(machine: Repo, clone: Path) -> None:
    """The other way of the README. Others cannot build that: the entry runs what is installed."""
    home = machine.env["HOME"]
    machine.env.update(UV_TOOL_DIR=f"{home}/tools", UV_TOOL_BIN_DIR=f"{home}/.local/bin")
    done = machine.run(["uv", "tool", "install", "-q", "."], cwd=clone)
    assert done.code == 0, done
    done = machine.run(["pmgit", "init", "--yes"])
    assert done.code == 0, done
    assert "because this one was installed from a folder (file://" in done.out
    machine.git("add", "-A")
    assert commit(machine).code == 0
    machine.stage("pretrained_model/m/model.bin", 2_000_000)
    assert blamed(commit(machine)) == {"missing-info", "tracked-weights"}
