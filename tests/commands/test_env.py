"""`pmgit env`: what it prints is evaluated by real shells, whatever the folder is called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pmgit.commands.env import export
from pmgit.core.errors import UsageError
from tests import kit
from tests.kit import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

NAMES = ("HF_HOME", "HF_HUB_CACHE", "HF_DATASETS_CACHE")
SHOW = 'printf "%s\\n" "$HF_HOME" "$HF_HUB_CACHE" "$HF_DATASETS_CACHE"'
HOSTILE = [
    "my models",
    "$(touch RAN)",
    "`touch RAN`",
    "a'b\"c",
    "a\\b\\",
    "$HOME",
    "!!",
    "模型",
    "-n",
    "*",
    "#x; touch RAN",
    "~",
    "a\u2019; touch RAN \u2018",
]
CONTROL = ["line\nbreak", "tab\t", "esc\x1b[2J", "\udcff\udc80", "\u202egnp"]


def printed(repo: Repo, home: str) -> Path:
    """What is printed for a home, in a file."""
    done = repo.pmgit("env", "--shell", "bash", "--home", home)
    assert done.code == 0, done
    return repo.write("../printed", done.out.encode("utf-8", "surrogateescape"))


def test_as_it_is_to_be_typed(repo: Repo, tmp_path: Path) -> None:
    home = os.path.join(tmp_path, HOSTILE[0], CONTROL[0])
    line = f'eval "$({BIN}/pmgit env --shell bash --home "$DIR")" && {SHOW}'
    assert repo.sh(line, env={"DIR": home}).out == f"{home}\n{home}/hub\n{home}/datasets\n"


@pytest.mark.parametrize("name", HOSTILE + CONTROL)
def test_bash_takes_every_name(name: str, repo: Repo, tmp_path: Path) -> None:
    home = os.path.join(tmp_path, name)
    shown = repo.sh(f'eval "$(cat {printed(repo, home)})" && {SHOW}')
    assert shown.code == 0, shown
    assert shown.out == f"{home}\n{home}/hub\n{home}/datasets\n"
    assert not (repo.path / "RAN").exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_any_posix_shell_takes_hostile_names(name: str, repo: Repo, tmp_path: Path) -> None:
    home = f"{tmp_path}/{name}"
    shown = repo.run(["sh", "-c", f'eval "$(cat {printed(repo, home)})"; {SHOW}'])
    assert shown.out == f"{home}\n{home}/hub\n{home}/datasets\n"


@pytest.mark.parametrize(
    ("shell", "name"),
    [
        *(("zsh", name) for name in [*HOSTILE, *CONTROL[:3]]),
        *(("fish", name) for name in HOSTILE),
    ],
)
def test_the_other_shells(shell: str, name: str, repo: Repo, tmp_path: Path) -> None:
    """In the shell itself where it is one of those that the tests need; by its rules below."""
    home = f"{tmp_path}/{name}"
    printed = repo.pmgit("env", "--shell", shell, "--home", home).out
    assert all(printed.count(name) == 1 for name in NAMES)
    if shell in kit.SHELLS:
        shown = repo.run([shell, "-c", f"{printed}\n{SHOW}"])
        assert shown.out == f"{home}\n{home}/hub\n{home}/datasets\n"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("/a b", "set -gx X '/a b'"),
        ("/a'b\\c$d", "set -gx X '/a\\'b\\\\c$d'"),
    ],
)
def test_fish_by_its_rules(value: str, line: str) -> None:
    assert export("fish", "X", value) == line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("C:\\a b", "$env:X = 'C:\\a b'"),
        ("C:\\a'b$c`d", "$env:X = 'C:\\a''b$c`d'"),
        # PowerShell takes these for quotes too.
        ("\u2018\u2019\u201a\u201b", "$env:X = '\u2018\u2018\u2019\u2019\u201a\u201a\u201b\u201b'"),
    ],
)  # fmt: skip
def test_powershell_by_its_rules(value: str, line: str) -> None:
    assert export("powershell", "X", value) == line


@pytest.mark.parametrize("shell", ["fish", "powershell"])
@pytest.mark.parametrize("value", CONTROL)
def test_two_shells_cannot_have_every_name_on_a_line(shell: str, value: str) -> None:
    with pytest.raises(UsageError):
        export(shell, "X", value)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.parametrize("value", CONTROL[:3])
def test_no_control_character_is_printed(shell: str, value: str) -> None:
    assert export(shell, "X", value).isprintable()


def test_the_home_that_is_set(repo: Repo, tmp_path: Path) -> None:
    shown = repo.pmgit("env", env={"HF_HOME": str(tmp_path / "hf"), "SHELL": "/bin/bash"})
    assert shown.code == 0
    assert shown.out.splitlines()[0] == f"export HF_HOME={tmp_path}/hf"


def test_the_default(repo: Repo) -> None:
    shown = repo.pmgit("env", "--shell", "bash", env={"XDG_CACHE_HOME": "/xdg"})
    assert shown.out.splitlines()[1] == "export HF_HUB_CACHE=/xdg/huggingface/hub"


def test_a_relative_folder_becomes_absolute(repo: Repo) -> None:
    shown = repo.pmgit("env", "--shell", "bash", "--home", "hf")
    assert shown.out.splitlines()[0] == f"export HF_HOME={repo.path}/hf"
    assert not (repo.path / "hf").exists()


@pytest.mark.parametrize(
    ("own", "begin"),
    [("/usr/bin/fish", "set -gx"), ("/bin/zsh", "export"), ("/bin/dash", "export"), ("", "export")],
)
def test_the_shell_is_the_own_one(own: str, begin: str, repo: Repo) -> None:
    assert repo.pmgit("env", env={"SHELL": own}).out.startswith(begin)


def test_what_is_dead_is_said_beside(repo: Repo) -> None:
    """On stderr: stdout is evaluated."""
    shown = repo.pmgit("env", env={"TRANSFORMERS_CACHE": "/x"})
    assert "TRANSFORMERS_CACHE (it is set now) is not read any more" in shown.err
    assert "HUGGINGFACE_HUB_CACHE is the old name" in shown.err
    assert "TRANSFORMERS_CACHE" not in shown.out


def test_a_dollar_would_be_expanded(repo: Repo) -> None:
    assert "replaces $NAME" in repo.pmgit("env", "--home", "/a$b").err
    assert "replaces $NAME" not in repo.pmgit("env", "--home", "/ab").err


def test_an_empty_folder_is_refused(repo: Repo) -> None:
    assert repo.pmgit("env", "--home", "").code == 2
