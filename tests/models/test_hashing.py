"""The memory of what was hashed: written when it is asked to, and not over what others wrote."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pmgit.git.repository import discover
from pmgit.models import hashing
from pmgit.models.hashing import Memory, hash_files

if TYPE_CHECKING:
    from tests.kit import Repo


@pytest.fixture(autouse=True)
def _here(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    # Else each test waits until its files may be remembered.
    monkeypatch.setattr(hashing, "_SETTLED", -1.0)


def hashed(repo: Repo, memory: Memory, name: str) -> os.stat_result:
    """Have the memory keep the hash of a new file."""
    file = repo.write(name, 500)
    hash_files(str(repo.path), [name], memory)
    return file.stat()


def test_it_is_not_written_again_and_again(repo: Repo) -> None:
    """A command about 1,000 models asks after each of them."""
    memory = Memory(discover())
    status = hashed(repo, memory, "a.bin")
    memory.save(every=1000)
    assert not Memory(discover()).is_any
    memory.save()
    assert Memory(discover()).recall("a.bin", status)


def test_what_another_pmgit_has_written_meanwhile_stays(repo: Repo) -> None:
    slow, quick = Memory(discover()), Memory(discover())
    theirs, ours = hashed(repo, quick, "a.bin"), hashed(repo, slow, "b.bin")
    quick.save()
    slow.save()
    now = Memory(discover())
    assert now.recall("a.bin", theirs)
    assert now.recall("b.bin", ours)
