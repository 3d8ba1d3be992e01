"""What pmgit prints, byte for byte, in the situations of situations.py.

A change of any output is seen here, and is on purpose or a mistake. To record what it prints now:

    python -m tests.golden.test_golden
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from tests import forked
from tests.golden.situations import SITUATIONS
from tests.kit import BIN, Repo, isolated_environment

FOLDER = Path(__file__).parent / "recorded"


def run(name: str, folder: Path) -> str:
    """The commands of a situation with all that they print, and their exit codes."""
    repo = Repo(folder / "repo", forked.quick_hooks(isolated_environment(folder / "home")))
    parts = []
    for command in SITUATIONS[name](repo):
        done = repo.sh(f"{{ {command}\n}} 2>&1")
        parts.append(f"$ {command}\n{done.out}[{done.code}]\n")
    text = "\n".join(parts).replace(str(folder), "TMP").replace(str(BIN), "BIN")
    # The padding of what a server prints, and what depends on git's version or the machine.
    text = re.sub(r" +$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\x1b\[K", "", text)
    return re.sub(r"TMP/repo/\.git/pmgit-\w+", "TMP/repo/.git/pmgit-…", text)


@pytest.mark.parametrize("name", SITUATIONS)
def test_it_prints_what_it_printed(name: str, tmp_path: Path) -> None:
    expected = (FOLDER / f"{name}.txt").read_bytes().decode("utf-8", "surrogateescape")
    assert run(name, tmp_path) == expected


def test_nothing_is_recorded_that_is_not_run() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(SITUATIONS)


def record() -> None:
    """Write down what every situation prints now."""
    FOLDER.mkdir(exist_ok=True)
    for name in SITUATIONS:
        with tempfile.TemporaryDirectory() as folder:
            text = run(name, Path(folder).resolve())
        (FOLDER / f"{name}.txt").write_bytes(text.encode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    record()
