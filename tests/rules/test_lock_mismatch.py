"""`lock-mismatch`: a lock says the same as the files of its model, or the finding says what not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo, pointer, random_bytes
from tests.made_once import made_once

MODEL = "pretrained_model/mine"
WEIGHTS = f"{MODEL}/model.safetensors"
LOCK = f"{MODEL}/pmgit.lock"
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.fixture
def locked(lfs_repo: Repo) -> Repo:
    """A model in Git LFS that is trained here, locked and committed."""
    return made_once(lfs_repo, _lock)


def _lock(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(WEIGHTS, 300_000)
    repo.write(f"{MODEL}/config.json", "{}\n")
    assert repo.pmgit("add", MODEL).code == 0
    repo.add_info(MODEL)
    repo.git("add", ".")
    repo.commit("a model")


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "lock-mismatch", *args)


def test_accepts_what_was_locked(locked: Repo) -> None:
    assert findings(locked, "--all") == []
    assert findings(locked) == []


def test_new_weights_under_an_old_lock_are_reported_and_the_fix_locks_them(locked: Repo) -> None:
    locked.stage(WEIGHTS, 400_000)
    (finding,) = findings(locked)
    assert (finding["severity"], finding["path"]) == ("error", LOCK)
    assert finding["message"] == (
        "not what it locks: model.safetensors (400,000 bytes, not 300,000)"
    )
    assert locked.sh(finding["fix"]["shell"]).code == 0
    assert findings(locked) == []
    assert locked.pmgit("verify").code == 0


@pytest.mark.parametrize("source", ["local", "huggingface"])
def test_weights_that_are_removed_under_a_lock_that_has_them(locked: Repo, source: str) -> None:
    """No clone would have them: of a model that was trained here nobody would, ever."""
    lock = (locked.path / LOCK).read_text()
    if source != "local":
        locked.stage(LOCK, lock.replace('type = "local"', f'type = "{source}"\nrepo_id = "a/b"'))
        locked.commit("from the Hub")
    locked.git("rm", "-q", "--cached", WEIGHTS)
    assert findings(locked) == []  # it lies here, ignored from now on
    (locked.path / WEIGHTS).unlink()
    (finding,) = findings(locked)
    assert (finding["severity"], finding["path"]) == ("error", LOCK)
    assert finding["message"].startswith("not what it locks: model.safetensors (gone); ")
    if source == "local":
        assert finding["fix"] is None
        assert locked.pmgit("update", MODEL).code == 0
        locked.git("add", LOCK)
        assert findings(locked) == []
    else:
        assert locked.sh(finding["fix"]["shell"]).code == 0
        assert findings(locked) == []
        assert locked.git("diff", "--cached", "--name-only") == ""
        locked.git("rm", "-q", "--cached", WEIGHTS, LOCK)
        assert findings(locked) == []


def test_a_text_that_is_removed_is_an_old_sin(locked: Repo) -> None:
    locked.git("rm", "-q", f"{MODEL}/config.json")
    assert [f["severity"] for f in findings(locked)] == ["warning"]


def test_a_model_that_is_moved_or_removed_as_a_whole_is_no_mismatch(locked: Repo) -> None:
    locked.git("mv", MODEL, "pretrained_model/yours")
    assert findings(locked) == []
    locked.git("rm", "-qrf", "pretrained_model/yours")
    assert findings(locked) == []


def test_the_oid_of_a_pointer_is_compared_where_the_content_is_not_here(locked: Repo) -> None:
    locked.stage_blob(WEIGHTS, pointer(random_bytes(300_000, seed=7)))
    (finding,) = findings(locked)
    assert finding["message"] == "not what it locks: model.safetensors (another sha256)"


def test_old_sins_are_a_warning_when_something_else_of_the_model_changes(locked: Repo) -> None:
    locked.stage(WEIGHTS, 400_000)
    locked.commit("in spite of it")
    locked.stage(f"{MODEL}/config.json", '{"a": 1}\n')
    (finding,) = findings(locked)
    assert finding["severity"] == "warning"
    locked.stage("README.md", "words\n")
    locked.git("reset", "-q", "--", f"{MODEL}/config.json")
    assert findings(locked) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('path = "config.json"', 'path = "../../config.json"', "not one below the model's folder"),
        ("version = 1", "<<<<<<< HEAD\nversion = 1", "two branches"),
        ("version = 1", "version = 9", "newer pmgit"),
    ],
)
def test_a_lock_that_is_none_is_reported(locked: Repo, old: str, new: str, said: str) -> None:
    text = (locked.path / LOCK).read_text()
    assert old in text
    locked.stage(LOCK, text.replace(old, new))
    (finding,) = findings(locked)
    assert (finding["severity"], finding["path"]) == ("error", LOCK)
    assert said in finding["message"]
    taken_back(locked, finding)


def taken_back(repo: Repo, finding: dict[str, Any]) -> None:
    """Paste the fix: nothing of the model is staged any more, and on disk all is as it was."""
    before = {path: path.read_bytes() for path in (repo.path / MODEL).iterdir()}
    assert repo.sh(finding["fix"]["shell"]).code == 0
    assert repo.check() == []
    head = "HEAD" if repo.git("rev-parse", "-q", "--verify", "HEAD", code=None) else EMPTY_TREE
    assert repo.git("diff", "--cached", "--name-only", head, "--", MODEL) == ""
    assert {path: path.read_bytes() for path in (repo.path / MODEL).iterdir()} == before


def from_a_source(repo: Repo) -> None:
    """Have the lock say that the model is from the Hub."""
    lock = (repo.path / LOCK).read_text()
    commit = f'repo_id = "a/b"\nrevision = "{"1" * 40}"'
    repo.write(LOCK, lock.replace('type = "local"', f'type = "huggingface"\n{commit}'))


def test_a_changed_model_of_a_source_is_taken_back(locked: Repo) -> None:
    """Its lock may be right, or its weights: who committed by mistake loses nothing."""
    from_a_source(locked)
    locked.git("add", LOCK)
    locked.commit("from the Hub")
    locked.stage_all(
        {WEIGHTS: 400_000, f"{MODEL}/config.json": '{"a": 1}\n', f"{MODEL}/new.json": "{}\n"}
    )
    (finding,) = findings(locked)
    taken_back(locked, finding)
    # What is staged alone is put on disk first; where the disk has something else, nothing is safe.
    locked.stage(WEIGHTS, 400_000)
    (locked.path / WEIGHTS).unlink()
    (finding,) = findings(locked)
    assert locked.sh(finding["fix"]["shell"]).code == 0
    assert (locked.path / WEIGHTS).stat().st_size == 400_000
    locked.stage(WEIGHTS, 400_000)
    locked.write(WEIGHTS, 500_000)
    (finding,) = findings(locked)
    assert finding["fix"] is None
    assert "the file on disk differs from what is staged" in finding["message"]


def test_a_new_model_of_a_source_is_taken_back(lfs_repo: Repo) -> None:
    """Also before the first commit, where there is nothing to restore."""
    repo = lfs_repo
    repo.git("update-ref", "-d", "HEAD")
    repo.git("rm", "-rq", "--cached", "--ignore-unmatch", ".")
    repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(WEIGHTS, 300_000)
    assert repo.pmgit("add", MODEL).code == 0
    repo.add_info(MODEL)
    from_a_source(repo)
    repo.write(WEIGHTS, 400_000)
    repo.git("add", ".")
    (finding,) = findings(repo)
    taken_back(repo, finding)


def test_an_old_sin_of_a_source_is_not_taken_back(locked: Repo) -> None:
    from_a_source(locked)
    locked.stage(WEIGHTS, 400_000)
    locked.git("add", LOCK)
    locked.commit("in spite of it")
    locked.stage(f"{MODEL}/new.json", "{}\n")
    (finding,) = findings(locked)
    assert (finding["severity"], finding["fix"]) == ("warning", None)


def test_weights_that_it_does_not_list_are_a_warning(locked: Repo) -> None:
    locked.stage(f"{MODEL}/more.safetensors", 200_000)
    (finding,) = findings(locked)
    assert finding["severity"] == "warning"
    assert finding["message"] == "lists not all weights: more.safetensors"
    assert locked.sh(finding["fix"]["shell"]).code == 0
    assert findings(locked) == []


def test_a_checkpoint_makes_way_for_the_next_one(repo: Repo) -> None:
    """What was locked of a deleted file is lost with it, so no fix does that; the way is named."""
    assert repo.pmgit("gitignore").code == 0
    repo.write(f"{MODEL}/checkpoint-500/model.safetensors", 200_000)
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    repo.sh(f"mv {MODEL}/checkpoint-500 {MODEL}/checkpoint-900")
    (finding,) = findings(repo)
    assert (finding["severity"], finding["fix"]) == ("warning", None)
    way = "if that is deleted for good, lock what is here: pmgit update MODEL"
    assert finding["message"] == (
        "lists not all weights: checkpoint-900/model.safetensors; listed and not here:"
        f" checkpoint-500/model.safetensors; {way}"
    )
    shown = repo.pmgit("status").out
    assert "; if they are deleted for good, lock what is here: pmgit update MODEL\n" in shown
    assert repo.pmgit("update", "mine").code == 0
    repo.git("add", ".")
    assert findings(repo) == []
    # Where nothing of it is here, nobody has deleted it.
    repo.sh(f"rm -r {MODEL}/checkpoint-900")
    assert "deleted for good" not in repo.pmgit("status").out


def test_ignored_weights_are_compared_by_their_size(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    repo.write(WEIGHTS, 300_000)
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    assert findings(repo) == []
    repo.write(WEIGHTS, 300_001)
    (finding,) = findings(repo)
    assert "300,001 bytes, not 300,000" in finding["message"]
    assert repo.sh(finding["fix"]["shell"]).code == 0
    assert findings(repo) == []
    (repo.path / WEIGHTS).unlink()
    assert findings(repo) == []


def test_a_range_is_judged_by_what_its_tip_has(locked: Repo) -> None:
    locked.stage(WEIGHTS, 400_000)
    locked.commit("changed")
    assert [f["path"] for f in findings(locked, "--range", "HEAD~1..HEAD")] == [LOCK]


def test_names_with_escapes_do_not_reach_the_terminal(locked: Repo) -> None:
    text = (locked.path / LOCK).read_text()
    locked.stage(LOCK, text.replace("config.json", "\\u001b[31mconfig.json"))
    shown = locked.pmgit("check", "--select", "lock-mismatch")
    assert shown.code == 1
    assert "\x1b[31mconfig" not in shown.out


def test_a_lock_that_is_no_file_or_too_large(locked: Repo) -> None:
    for blob, mode, why in (
        (b"../other/pmgit.lock", "120000", "is a link"),
        (b"x" * 10_000_001, "100644", "10,000,001 bytes"),
    ):
        locked.stage_blob(LOCK, blob, mode)
        (finding,) = findings(locked)
        assert (finding["severity"], why in finding["message"]) == ("error", True), finding
