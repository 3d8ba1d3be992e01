"""What people see at a real terminal: tables, colours and bars; the same words as in a file."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest

from tests import forked
from tests.file_server import Fault
from tests.hub_server import HubServer
from tests.kit import BIN, Repo, weights_bytes

ROOT = "pretrained_model"
#: Names that mean something to rich, to a terminal, or take two columns a character.
NAMES = ("[red]x[/red]", "[link=x]", "a:smile:", "中文模型", "b\x1b[31mad", "é" * 3)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def models(repo: Repo) -> Repo:
    repo.env |= {"TERM": "xterm-256color"}
    for name in ("CI", "COLUMNS", "LINES"):
        repo.env.pop(name, None)
    for name in NAMES:
        repo.write(f"{ROOT}/{name}/model.pt", 3000)
    assert repo.pmgit("add", f"{ROOT}/{NAMES[0]}").code == 0
    return repo


def at_terminal(
    repo: Repo, *argv: str, columns: int = 200, env: dict[str, str] | None = None
) -> str:
    """What a command of pmgit writes to a terminal that is so wide; a fork of it, as in a shell."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    program = f"{forked.programs() or BIN}/pmgit"
    running = subprocess.Popen(
        [program, *argv], cwd=repo.path, env={**repo.env, **(env or {})},
        stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux: nobody has the other end any more
            break
        if not data:
            break
        shown += data
    os.close(ours)
    assert running.wait() in (0, 1), shown
    return shown.decode().replace("\r\n", "\n")


def columns_of(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def table_of(shown: str) -> list[str]:
    """The lines of the table, without colours."""
    lines = COLOUR.sub("", shown).splitlines()
    end = next(at for at, line in enumerate(lines) if line.startswith(f"{len(NAMES)} models: "))
    return lines[:end]


def test_a_table_has_the_same_words_on_a_terminal(models: Repo) -> None:
    for command in ("status", "catalog", "verify"):
        shown = at_terminal(models, command)
        assert "\x1b[" in shown
        bare = COLOUR.sub("", shown)
        assert "\x1b" not in bare, command
        plain = models.pmgit(command).out
        # The room on the disk and the seconds that it took may differ.
        other = set(bare.replace(":", " ").split()) ^ set(plain.replace(":", " ").split())
        assert all(word.replace(".", "").isdecimal() for word in other), (command, other)
    table = table_of(at_terminal(models, "status"))
    for name in NAMES:
        assert any(line.startswith(f"{ROOT}/{name.replace(chr(27), chr(92) + 'x1b')} ")
                   for line in table), name  # fmt: skip
    starts = {columns_of(line[: re.search(r"not locked|here|weights", line).start()])  # type: ignore[union-attr]
              for line in table}  # fmt: skip
    assert len(starts) == 1, table


def test_a_narrow_terminal_cuts_nothing(models: Repo) -> None:
    lines = table_of(at_terminal(models, "status", columns=40))
    assert max(map(columns_of, lines)) <= 40
    for word in ("weights: here", "weights: not locked", "INFO.md: missing", "size: 3.0 kB"):
        assert f"  {word}" in lines
    assert "\n".join(lines).count("weights: ") == len(NAMES)
    assert "pretrained_model/[link=x]" in lines
    catalog = at_terminal(models, "catalog", columns=40)
    assert "google-bert/bert-base-uncased" in catalog
    assert max(map(columns_of, COLOUR.sub("", catalog).splitlines())) <= 40


def test_colour_is_where_it_is_wanted(models: Repo) -> None:
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = at_terminal(models, "status", env=env)
        assert "\x1b" not in shown, env
        assert [line.rstrip() for line in table_of(shown)] == table_of(models.pmgit("status").out)
    piped = models.pmgit("status").out
    assert "\x1b" not in piped
    forced = {"FORCE_COLOR": "1"}
    shown = models.pmgit("status", env=forced).out
    assert "\x1b[31mmissing" in shown
    assert [line.rstrip() for line in table_of(shown)] == table_of(piped)
    assert "\x1b[31mmissing" in models.pmgit("--color", "always", "status").out


def test_a_bar_moves_on_a_terminal_and_nowhere_else(repo: Repo) -> None:
    repo.env |= {"TERM": "xterm-256color"}
    for name in ("CI", "COLUMNS", "LINES"):
        repo.env.pop(name, None)
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        hub.add("org/model", {"model.safetensors": weights_bytes(400_000)})
        assert repo.pmgit("add", "org/model", "--yes").code == 0
        [oid] = hub.cdn.objects
        hub.cdn.always[oid] = Fault("slow", seconds=0.2)
        place = repo.path / ROOT / "model/model.safetensors"
        no: dict[str, str] = {}
        for env, moves in ((no, True), ({"CI": "true"}, False), ({"TERM": "dumb"}, False)):
            place.unlink()
            shown = at_terminal(repo, "pull", env=env)
            assert place.stat().st_size == 400_000
            assert ("/400.0 kB" in shown) == moves, (env, shown)
            assert ("\x1b" in shown) == moves, (env, shown)
            assert f"{ROOT}/model: restored 1 file (400.0 kB): 1 from huggingface" in shown
