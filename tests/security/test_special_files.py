"""Pipes, devices, links, folders and files of a terabyte where a model has its files.

No command waits for them, reads what lies outside, or takes them for clean.
"""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_user_configuration import CASES, leaves
from tests.kit import Repo, weights_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = (
    "model.safetensors", "model.bin", "config.json", "README.md", "INFO.md", "pmgit.lock",
    "tokenizer.json", "model.safetensors.index.json", "LICENSE", ".gitattributes",
)  # fmt: skip
OUTSIDE = "text of a file outside"


def sparse(path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(1 << 40)


KINDS: dict[str, Callable[[Path], object]] = {
    "pipes": os.mkfifo,
    "devices": lambda path: path.symlink_to("/dev/zero"),
    "loops": lambda path: path.symlink_to(path.name),
    "folders": lambda path: path.mkdir(),
    "proc": lambda path: path.symlink_to("/proc/self/mem"),
    "outside": lambda path: path.symlink_to("../../../outside"),
    "sparse": sparse,
}


@pytest.fixture
def limited() -> Iterator[None]:
    """What waits is interrupted, with the name of the command in the traceback."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("limited")
def test_no_command_waits_reads_outside_or_trips(repo: Repo) -> None:
    (repo.path.parent / "outside").write_text(f"# {OUTSIDE}\n\n**Source**: {OUTSIDE}\n")
    for kind, make in KINDS.items():
        folder = repo.path / "pretrained_model" / kind
        folder.mkdir(parents=True)
        (folder / "sound.safetensors").write_bytes(weights_bytes(300))
        for name in NAMES:
            make(folder / name)
    folder = repo.path / "pretrained_model" / "sockets"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(folder)  # the path of a socket has at most 107 bytes
        listener.bind("model.safetensors")
        os.chdir(here)
    there = leaves()
    runs = [
        [*words.split(), *cases[0]]
        for words, cases in CASES.items()
        if words in there and words not in ("server install", "env", "catalog", "explain")
    ]
    runs += [["update", kind] for kind in KINDS]
    # Not one of them is clean.
    never = [["scan", f"pretrained_model/{kind}"] for kind in KINDS if kind != "folders"]
    never += [["verify"], ["pull"]]
    for argv in runs + never:
        signal.alarm(20)
        shown = repo.pmgit(*argv)
        signal.alarm(0)
        assert shown.code in (0, 1, 2, 3), (argv, shown)
        assert argv not in never or shown.code != 0, (argv, shown)
        for text in (shown.out, shown.err):
            assert OUTSIDE not in text, argv
            assert "Traceback" not in text, (argv, text)
            assert "not enough memory" not in text, (argv, text)


@pytest.mark.usefixtures("limited")
def test_a_folder_elsewhere_is_copied_without_what_is_no_file(repo: Repo) -> None:
    (repo.path.parent / "outside").write_text(OUTSIDE)
    codes = {}
    for kind, make in KINDS.items():
        if kind == "sparse":  # a copy of it would be as large as it says
            continue
        folder = repo.path.parent / f"my-{kind}"
        folder.mkdir()
        (folder / "sound.safetensors").write_bytes(weights_bytes(300))
        make(folder / "model.bin")
        signal.alarm(20)
        shown = repo.pmgit("add", str(folder))
        signal.alarm(0)
        codes[kind] = shown.code
        assert "Traceback" not in shown.err, (kind, shown)
        there = repo.path / f"pretrained_model/my-{kind}"
        assert not os.path.lexists(there / "model.bin"), kind
        assert there.exists() == (shown.code == 0), kind
    assert codes == {"pipes": 3, "devices": 0, "loops": 0, "folders": 0, "proc": 0, "outside": 0}


#: What asks Git about paths below the top, by the file that Git would read for the answer.
ASKING = {
    ".gitignore": ("doctor", "init --yes", "lfs-setup", "add pretrained_model/gpt", "init --undo"),
    "pretrained_model/.gitignore": ("doctor", "lfs-setup"),
    ".gitattributes": ("doctor", "lfs-setup"),
    "pretrained_model/.gitattributes": ("doctor",),
}  # fmt: skip


@pytest.mark.usefixtures("limited")
def test_a_pipe_that_git_would_read_is_named(repo: Repo) -> None:
    repo.write(".gitignore", "*.tmp\n")
    assert repo.pmgit("init", "--yes", "--hooks", "none").code == 0
    repo.write("pretrained_model/gpt/x.safetensors", weights_bytes(300))
    repo.git("add", ".gitignore")
    for name, lines in ASKING.items():
        (repo.path / name).unlink(missing_ok=True)
        os.mkfifo(repo.path / name)
        for line in lines:
            signal.alarm(20)
            shown = repo.pmgit(*line.split())
            signal.alarm(0)
            assert f"{repo.path / name} is " in shown.out + shown.err, (name, line, shown)
            assert shown.code == 3, (name, line, shown)
        assert not any(repo.path.rglob("*.tmp")), name
        signal.alarm(20)
        shown = repo.hook("pre-commit")
        signal.alarm(0)
        asked = name.endswith(".gitignore")  # whether it hides the models that no INFO.md describes
        assert (shown.code, "is a named pipe" in shown.err) == (3 * asked, asked), (name, shown)
        (repo.path / name).unlink()
        shown = repo.pmgit("doctor")
        assert "is a named pipe" not in shown.out, (name, shown)


@pytest.mark.usefixtures("limited")
def test_a_pipe_in_the_place_of_a_clones_own_attributes_is_named(repo: Repo) -> None:
    own = repo.path / ".git" / "info" / "attributes"
    own.parent.mkdir(exist_ok=True)
    repo.stage("pretrained_model/bert/model.safetensors", weights_bytes(300))
    os.mkfifo(own)
    signal.alarm(20)
    shown = repo.hook("pre-commit")
    signal.alarm(0)
    assert shown.code == 3
    assert f"{own} is a named pipe" in shown.err
    # The printed way out is one.
    repo.sh(f"rm {own}")
    assert repo.hook("pre-commit").code == 1


@pytest.mark.usefixtures("limited")
def test_the_doctor_waits_for_no_file_of_a_framework(repo: Repo) -> None:
    for name in ("lefthook.yml", ".pre-commit-config.yaml", "prek.toml"):
        os.mkfifo(repo.path / name)
    signal.alarm(20)
    shown = repo.pmgit("doctor")
    signal.alarm(0)
    assert "a named pipe, which may never end" in shown.out, shown
