"""The journal of `pmgit init`: it knows of a step before the step is done."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.core.errors import PmgitError
from pmgit.git import repository
from pmgit.gitfiles import block, user_files
from pmgit.init import undo
from pmgit.init.journal import BLOCK, HOOK, OWN, Journal

if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from tests.kit import Repo


@pytest.fixture
def here(repo: Repo) -> Repository:
    os.chdir(repo.path)
    return repository.discover()


def path(here: Repository, name: str) -> str:
    return os.path.join(here.top, *name.split("/"))


def test_what_is_written_is_taken_back(here: Repository) -> None:
    Path(path(here, "a")).write_bytes(b"old\r\n")
    os.chmod(path(here, "a"), 0o640)
    journal = Journal(here)
    journal.write(OWN, path(here, "a"), b"new\n")
    journal.write(OWN, path(here, "deep/er/b"), b"new\n")
    said = list(undo.run(here, Journal(here)))
    assert said == ["removed deep/er/b", "restored a"]
    assert Path(path(here, "a")).read_bytes() == b"old\r\n"
    assert stat.S_IMODE(os.stat(path(here, "a")).st_mode) == 0o640
    assert not os.path.exists(path(here, "deep"))
    assert not os.path.exists(os.path.dirname(journal.path))


def test_the_journal_is_written_first(here: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    real = user_files.write_whole

    def dies(name: str, data: bytes) -> None:
        if name.endswith("target"):
            raise PmgitError("the disk is full")
        real(name, data)

    monkeypatch.setattr(user_files, "write_whole", dies)
    with pytest.raises(PmgitError):
        Journal(here).write(OWN, path(here, "target"), b"new\n")
    assert [entry.path for entry in Journal(here).records] == ["target"]
    assert list(undo.run(here, Journal(here))) == []


def test_the_same_content_is_not_written_and_not_noted(here: Repository) -> None:
    Path(path(here, "a")).write_bytes(b"same\n")
    Journal(here).write(OWN, path(here, "a"), b"same\n")
    assert not os.path.exists(Journal(here).path)


def test_what_was_changed_since_stays(here: Repository) -> None:
    journal = Journal(here)
    journal.write(OWN, path(here, "a"), b"ours\n")
    Path(path(here, "a")).write_bytes(b"ours\nand mine\n")
    assert list(undo.run(here, journal)) == ["left a: it was changed since"]
    assert Path(path(here, "a")).read_bytes() == b"ours\nand mine\n"


def test_two_writes_of_one_file(here: Repository) -> None:
    journal = Journal(here)
    for data in (b"one\n", b"two\n"):
        journal.write(OWN, path(here, "a"), data)
    list(undo.run(here, Journal(here)))
    assert not os.path.exists(path(here, "a"))


def test_what_another_program_writes(here: Repository) -> None:
    journal = Journal(here)
    names = {path(here, name): HOOK for name in ("made", "same", "gone")}
    Path(path(here, "same")).write_bytes(b"same\n")
    Path(path(here, "gone")).write_bytes(b"gone\n")
    with journal.around(names):
        assert len(Journal(here).records) == 3
        Path(path(here, "made")).write_bytes(b"made\n")
        os.unlink(path(here, "gone"))
    assert [entry.path for entry in Journal(here).records] == ["made", "gone"]
    list(undo.run(here, journal))
    assert not os.path.exists(path(here, "made"))
    assert Path(path(here, "gone")).read_bytes() == b"gone\n"


def test_a_block_goes_by_its_marks_out_of_a_file_that_was_changed_since(here: Repository) -> None:
    old = block.replace(b"mine\n", ["old"])
    new = block.replace(old, ["new"])
    for since, left in ((b"since\n", b"mine\nsince\n"), (b"", old)):
        Path(path(here, ".gitignore")).write_bytes(old)
        journal = Journal(here)
        journal.write(BLOCK, path(here, ".gitignore"), new)
        Path(path(here, ".gitignore")).write_bytes(new + since)
        list(undo.run(here, journal))
        assert Path(path(here, ".gitignore")).read_bytes() == left


def test_a_journal_of_an_earlier_pmgit_is_undone(here: Repository, repo: Repo) -> None:
    """Each kind of record, as the first version wrote it."""
    old, new = b"repos:\n  - a\n", b"types: [x]\nrepos:\n  - a\n  - b\n"
    chain = (Path(__file__).parents[1] / "data/hook_chains/version_1_third.sh").read_bytes()

    def record(kind: str, name: str, before: bytes | None, after: bytes | str) -> dict[str, Any]:
        return {
            "kind": kind, "path": name, "mode": 0o644 if before else 0,
            "before": None if before is None else base64.b64encode(before).decode(),
            "after": after if isinstance(after, str) else hashlib.sha256(after).hexdigest(),
            "added": [], "link": False, "removed": [], "index": None,
        }  # fmt: skip

    repo.stage("model.bin", b"pointer")
    staged = " ".join(repo.git("ls-files", "-s", "model.bin").split()[:2])
    blocked = block.replace(b"mine\n", ["ours"])
    written = {
        "own.toml": b"ours\n",
        ".gitignore": blocked + b"since\n",
        "config.yaml": new + b"# since\n",
        ".git/hooks/pre-push": chain,
    }
    for name, data in written.items():
        repo.write(name, data)
    (repo.path / "made").mkdir()
    added = {"added": ["types: [x]\n", "  - b\n"], "removed": []}
    records = [
        record("own", "own.toml", None, b"ours\n"),
        record("folder", "made", None, "pending"),
        record("block", ".gitignore", b"mine\n", blocked),
        {**record("entry", "config.yaml", old, new), **added},
        record("hook", ".git/hooks/pre-push", b"#!/bin/sh\nmine\n", chain),
        record("index", "model.bin", b"", staged),
    ]
    repo.write(".git/pmgit/init.json", json.dumps({"version": 1, "entries": records}, indent=1))
    assert list(undo.run(here, Journal(here))) == [
        "restored .git/hooks/pre-push",
        "took pmgit's part out of config.yaml; the rest was changed since and stays",
        "took pmgit's part out of .gitignore; the rest was changed since and stays",
        "removed own.toml",
    ]
    assert (repo.path / "config.yaml").read_bytes() == old + b"# since\n"
    assert (repo.path / ".gitignore").read_bytes() == b"mine\nsince\n"
    assert (repo.path / ".git/hooks/pre-push").read_bytes() == b"#!/bin/sh\nmine\n"
    assert repo.git("ls-files") == ""
    assert sorted(os.listdir(here.top)) == [".git", ".gitignore", "config.yaml", "model.bin"]


def test_a_damaged_journal_is_an_error(here: Repository) -> None:
    journal = Journal(here)
    journal.write(OWN, path(here, "a"), b"x\n")
    Path(journal.path).write_bytes(b'{"version": 1, "entries": [{}]}')
    with pytest.raises(PmgitError, match="cannot be read"):
        Journal(here)


def test_only_our_unfinished_files_are_swept(here: Repository) -> None:
    journal = Journal(here)
    journal.write(OWN, path(here, "a"), b"x\n")
    process = subprocess.Popen(["true"])
    process.wait()
    code, gone, here_still = "0123456789ab", process.pid, os.getpid()
    Path(path(here, f"a.{gone}-{code}.tmp")).write_bytes(b"half")
    kept = [f"a.{here_still}-{code}.tmp", f"a.{gone}-abc.tmp", "a.mine.tmp", f"b.{gone}-{code}.tmp"]
    for name in kept:
        Path(path(here, name)).write_bytes(b"mine")
    journal.sweep()
    assert set(os.listdir(here.top)) == {".git", "a", *kept}
