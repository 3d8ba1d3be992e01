"""Every printed command names pmgit as the reader's shell finds it: here by its path alone."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from pmgit.cli import COMMANDS
from pmgit.core import shell
from tests.kit import BIN, Repo

#: A command of pmgit without a path before it.
BARE = re.compile(rf"(?<![\w./-])pmgit ({'|'.join(COMMANDS)})\b[^.,;)]*")


@pytest.fixture
def away(repo: Repo, tmp_path: Path) -> Repo:
    """The repository for somebody whose PATH has git and no pmgit."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "git-lfs", "bash", "sh", "env"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    repo.env["PATH"] = os.pathsep.join([str(tools), "/bin"])
    return repo


def bare(text: str) -> list[str]:
    return [found.group() for found in BARE.finditer(text)]


def test_the_names_of_the_commands_are_known() -> None:
    assert frozenset(COMMANDS) == shell.COMMANDS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to do it: pmgit fix --yes", "to do it: '/o p/pmgit' fix --yes"),
        ("pmgit init", "'/o p/pmgit' init"),
        ("`pmgit lfs-setup`; x && pmgit env)", "`'/o p/pmgit' lfs-setup`; x && '/o p/pmgit' env)"),
        # Neither a part of a path, nor anything but a command.
        (
            "/b/pmgit init, .pmgit init, pmgit-hook fix",
            "/b/pmgit init, .pmgit init, pmgit-hook fix",
        ),
        ("run pmgit here; pmgit fixes; pmgit ", "run pmgit here; pmgit fixes; pmgit "),
    ],
)
def test_only_commands_are_named(text: str, shown: str) -> None:
    assert shell.called(text, "/o p/pmgit") == shown
    assert shell.called(text, "pmgit") == text


def test_nothing_is_named_two_ways(away: Repo) -> None:
    program = str(BIN / "pmgit")
    away.stage(".gitignore", "*.log\n")
    away.stage("pretrained_model/bert/model.safetensors", 1_200_000)
    away.write("pretrained_model/gpt2/config.json", "{}\n")
    away.write("ckpt/best.pt", 3_000)
    away.stage("pretrained_model/t5/weights.bin", 300_000)
    calls = [
        ["check"], ["init", "--yes", "--hooks", "native"], ["baseline"], ["doctor"],
        ["doctor", "--format", "json"], ["check", "--format", "github"], ["explain", "GH001"],
        ["explain", "tracked-weights"], ["fix", "--dry-run"], ["check", "--all", "--no-baseline"],
        ["init", "--storage", "lfs"], ["lfs-setup", "--pattern", "x/"], ["init", "--undo"],
        ["check"],
        ["check", "--range", "x", "--all"], ["baseline", "--accept", "none", "--reason", "x"],
    ]  # fmt: skip
    seen = ""
    for argv in calls:
        done = away.pmgit(*argv)
        assert "Traceback" not in done.err
        assert bare(done.out + done.err) == [], argv
        seen += done.out + done.err
        for fix in done.fixes[:1] if argv == ["check"] else ():
            assert away.sh(fix).code == 0, fix
    for command in ("init", "baseline", "check", "explain", "gitignore", "lfs-setup"):
        assert f"{program} {command}" in seen, command
    away.stage("table.csv", 11_000_000)
    hook = away.hook()
    assert f"Why: {program} explain" in hook.out
    assert bare(hook.out + hook.err) == []


def test_a_server_names_it_as_its_pushers_know_it(away: Repo) -> None:
    server = Repo(away.path.parent / "server.git", away.env, init=("--bare",))
    assert server.pmgit("server", "install", ".").code == 0
    away.stage("pretrained_model/bert/model.bin", 1_200_000)
    away.commit()
    refused = away.run(["git", "push", "-q", str(server.path), "main"])
    assert refused.code == 1
    assert str(BIN) not in refused.err
    assert "Why: pmgit explain" in refused.err
