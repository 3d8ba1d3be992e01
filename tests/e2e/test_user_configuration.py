"""The configuration of the user and of the system is the same, to the byte, after every command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from pmgit.cli import main_group
from pmgit.hook import STAGES
from tests.kit import weights_bytes
from tests.test_cli import ALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Repo

#: How each command is run; `init` comes first, so that the others meet a repository in use.
CASES = {
    "init": (
        ["--dry-run"],
        ["--yes", "--hooks", "native", "--storage", "lfs"],
        ["--undo", "--dry-run"],
        ["--undo"],
        ["--yes", "--system", "--storage", "lfs"],
    ),
    "lfs-setup": ([], ["--pattern", "*.pt"]),
    "gitignore": ([], ["--keep-text"]),
    "info new": (["gpt"],),
    "info update": ([],),
    "info show": ([], ["--format", "json"]),
    "info check": ([], ["--format", "json"]),
    "scan": (["pretrained_model"], ["--format", "json", "pretrained_model"]),
    "inspect": (["pretrained_model/bert"], ["--format", "json", "pretrained_model/bert"]),
    "add": (["--dry-run", "pretrained_model/gpt"], ["pretrained_model/gpt"]),
    "pull": (["--dry-run"], []),
    "status": ([], ["--format", "json"]),
    "verify": ([], ["--format", "json"], ["--load", "--format", "json"]),
    "convert": (["--dry-run", "gpt"], ["--yes", "gpt"]),
    "outdated": ([],),
    "update": (["--dry-run", "gpt"], ["gpt"]),
    "catalog": ([],),
    "check": ([], ["--all"], ["--range", "HEAD..HEAD"], ["--format", "json"]),
    "explain": (["missing-info"],),
    "doctor": ([], ["--format", "json"]),
    "env": ([], ["--shell", "fish", "--home", "cache"]),
    "history": ([], ["--format", "json"]),
    "baseline": (["--dry-run"], []),
    "server install": (["../bare.git"], ["../bare.git", "--undo"]),
    "fix": (["--dry-run"], ["--yes"], ["--undo", "--yes"]),
}


def leaves() -> list[str]:
    """The words of every command that is no group of others."""
    found = []
    for words in ALL:
        command: click.Command | None = main_group
        for word in words:
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word)
        if not isinstance(command, click.Group):
            found.append(" ".join(words))
    return found


def test_every_command_has_a_case() -> None:
    assert set(leaves()) <= set(CASES), "add how the new command is run to CASES"


@pytest.fixture
def unchanged(repo: Repo, tmp_path: Path) -> Callable[[object], None]:
    """Give the repository configurations of user and system; what it returns compares them."""
    user, system = Path(repo.env["GIT_CONFIG_GLOBAL"]), tmp_path / "etc-gitconfig"
    system.write_text("# mine\n[core]\n\tpager = cat\n")
    repo.env.update({"GIT_CONFIG_NOSYSTEM": "0", "GIT_CONFIG_SYSTEM": str(system)})
    assert repo.git("config", "--system", "core.pager") == "cat\n"
    home = {file.name for file in user.parent.iterdir()}
    before = user.read_bytes(), system.read_bytes()

    def compare(about: object) -> None:
        assert (user.read_bytes(), system.read_bytes()) == before, about
        # Nothing new beside it either: the Git configuration has a second place in HOME.
        assert {file.name for file in user.parent.iterdir()} - {"cache"} == home, about

    return compare


@pytest.mark.usefixtures("quick_pre_commit", "quick_hooks")
def test_no_command_touches_it(repo: Repo, unchanged: Callable[[object], None]) -> None:
    repo.git("init", "-q", "--bare", "../bare.git")
    repo.stage("pretrained_model/bert/model.safetensors", weights_bytes(3000))
    repo.commit()
    repo.write("pretrained_model/gpt/x.bin", weights_bytes(300))
    there = leaves()
    for words, cases in CASES.items():
        for case in cases if words in there else ():
            result = repo.pmgit(*words.split(), *case)
            # 2 would be wrong usage: then the case, not the command, was tried.
            assert result.code in (0, 1, 3), (words, case, result)
            assert "fault of pmgit" not in result.err
            unchanged((words, case))


def test_no_hook_touches_it(repo: Repo, unchanged: Callable[[object], None]) -> None:
    repo.stage("pretrained_model/bert/model.safetensors", weights_bytes(3000))
    for stage in STAGES:
        receiver = ["origin", "../bare.git"] if stage == "pre-push" else []
        result = repo.hook(stage, *receiver)
        assert result.code in (0, 1, 3), (stage, result)
        unchanged(stage)
