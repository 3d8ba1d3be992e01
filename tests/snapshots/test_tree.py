"""The snapshot of a whole tree: everything in the index, or in a bare repository's HEAD."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError, UsageError
from pmgit.git import temporary
from pmgit.git.repository import discover
from pmgit.git.temporary import CommitIndex
from pmgit.snapshots import commit_range, tree
from pmgit.snapshots.base import TREE
from tests.kit import GIT_VERSION, Repo
from tests.made_once import made_once
from tests.snapshots.test_staged import NAMES

if TYPE_CHECKING:
    from pathlib import Path


def paths(*folders: str) -> list[str]:
    return [blob.path for blob in tree.take(discover(), folders).introduced]


def test_all_that_the_index_holds_is_new(here: Repo) -> None:
    here.stage_all({"committed": "a", "gone": "a"})
    here.commit()
    here.git("rm", "-q", "gone")
    here.stage("staged", "b")
    here.write("untracked", "c")
    snapshot = tree.take(discover())
    assert snapshot.origin == TREE
    assert [b.path for b in snapshot.introduced] == ["committed", "staged"]
    assert all(c.before == "" for c in snapshot.changes)


def test_only_some_paths(here: Repo) -> None:
    here.stage_all({name: name for name in ("a/b", "a/c/d", "ab", "e")})
    assert paths("a") == ["a/b", "a/c/d"]
    assert paths("a/") == ["a/b", "a/c/d"]
    assert paths("e", "a/c") == ["a/c/d", "e"]
    assert paths("") == paths("a", "") == ["a/b", "a/c/d", "ab", "e"]
    assert paths("a/b") == ["a/b"]


@pytest.mark.parametrize("wrong", ["none", "*", ":/", "b", "a/b/c", "A"])
def test_a_path_that_is_not_in_the_index(here: Repo, wrong: str) -> None:
    here.stage("a/b", "b")
    with pytest.raises(UsageError, match="nothing in the index under"):
        tree.take(discover(), ["a", wrong])


def test_odd_names(here: Repo) -> None:
    for name in NAMES:
        here.write(name, "x")
    here.git("add", "-A")
    assert paths() == [os.fsdecode(name) for name in sorted(map(os.fsencode, NAMES))]
    for name in map(os.fsdecode, NAMES):
        assert paths(name) == [name]


def test_intent_to_add_and_conflicts_are_not_there(here: Repo) -> None:
    here.stage_all({"a": "a", "empty": ""})
    here.write("later", "x")
    here.git("add", "-N", "later")
    oid = here.git("rev-parse", ":a").strip()
    here.git("update-index", "--index-info", stdin=f"100644 {oid} 2\tboth\n".encode())
    assert paths() == ["a", "empty"]


def test_an_empty_index(here: Repo) -> None:
    assert paths() == []
    assert here.pmgit("check", "--all").code == 0


def test_a_bare_repository_is_judged_by_its_head(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.stage_all(
        {
            ".gitattributes": "*.bin filter=lfs\n",
            "pretrained_model/bert/model.bin": 3000,
            "pretrained_model/bert/config.json": "{}\n",
        }
    )
    repo.commit()
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(tmp_path / "bare.git", repo.env, init=None)
    monkeypatch.chdir(bare.path)
    before = sorted(file for file in bare.path.rglob("*") if file.is_file())
    snapshot = tree.take(discover())
    assert [b.path for b in snapshot.introduced] == [
        ".gitattributes", "pretrained_model/bert/config.json", "pretrained_model/bert/model.bin",
    ]  # fmt: skip
    assert snapshot.filter_of("a.bin") == "lfs"
    result = bare.pmgit("check", "--all")
    assert result.code == 1
    assert "missing-pointer" in result.out
    assert "missing-info" in result.out
    assert result.fixes == []  # there is nothing to run them on
    assert sorted(file for file in bare.path.rglob("*") if file.is_file()) == before


def test_a_bare_repository_without_a_commit(
    repo: Repo, tmp_path: Path, env: dict[str, str]
) -> None:
    bare = Repo(tmp_path / "bare.git", env, init=("--bare",))
    result = bare.pmgit("check", "--all")
    assert result.code == 3
    assert result.err.startswith("pmgit: HEAD of this bare repository names no commit\nhint: ")


def test_the_index_of_a_commit_vanishes(here: Repo) -> None:
    here.git("config", "core.splitIndex", "true")
    here.stage("a", "a")
    commit = here.commit()
    before = set((here.path / ".git").iterdir())
    index = CommitIndex(discover(), commit)
    file = index.env["GIT_INDEX_FILE"]
    assert os.path.exists(file)
    del index
    assert not os.path.exists(file)
    assert set((here.path / ".git").iterdir()) == before


@pytest.mark.skipif(GIT_VERSION < (2, 35), reason="git 2.35 is the first that sets both at once")
def test_a_sparse_index_where_indexes_are_split(here: Repo) -> None:
    """Git makes such an index, and cannot read one of our own that it made in the same way."""
    here.stage_all({name: name for name in ("src/a", "doc/b", "c")})
    here.commit()
    here.git("config", "core.splitIndex", "true")
    here.git("sparse-checkout", "set", "--cone", "--sparse-index", "src")
    here.write("src/a", 11_000_000)
    here.git("commit", "-q", "-a", "-m", "grow")
    before = set((here.path / ".git").glob("sharedindex.*"))
    assert paths() == ["c", "doc/b", "src/a"]
    for way in (("--range", "HEAD~1..HEAD"), ("--all",)):
        (finding,) = here.check(*way)
        assert (finding["rule"], finding["path"]) == ("oversized-blob", "src/a")
    assert set((here.path / ".git").glob("sharedindex.*")) == before


def test_no_place_for_an_index_is_an_error(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage("a", "a")
    here.commit()
    monkeypatch.setattr(tempfile, "tempdir", str(here.path / "none"))
    with pytest.raises(PmgitError, match="no temporary files could be made: No such file") as told:
        CommitIndex(discover(), "HEAD")
    assert told.value.hint == "free some space there, or name another folder in TMPDIR"
    with pytest.raises(PmgitError, match="no temporary files could be made: No such file"):
        temporary.write(discover(), [])


# -- partial clones -------------------------------------------------------------------------------


def clone(repo: Repo, *options: str) -> Repo:
    """A clone that lacks objects, and whose remote is gone: a fetch would fail, not only show."""
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", *options, repo.path.as_uri(), "../partial")
    return Repo(repo.path.parent / "partial", repo.env, init=None)


def objects(repo: Repo) -> str:
    return repo.git("cat-file", "--batch-all-objects", "--batch-check")


@pytest.fixture
def source(repo: Repo) -> Repo:
    """A repository whose history has more than its tip."""
    return made_once(repo, _source)


def _source(repo: Repo) -> None:
    repo.stage_all(
        {"pretrained_model/bert/config.json": "{}\n", "pretrained_model/bert/model.bin": 3000}
    )
    repo.add_info("pretrained_model/bert")
    repo.stage_all(
        {"notes.txt": "old\n", ".pmgit.toml": "[rules.tracked-weights]\nmax-raw-weights = 4000\n"}
    )
    repo.commit()
    repo.stage("notes.txt", "new\n")
    repo.commit()


def run_all(partial: Repo, *, code: int, args: tuple[str, ...] = ()) -> str:
    before = objects(partial)
    result = partial.pmgit("check", "--all", *args)
    assert result.code == code, result
    assert "Traceback" not in result.err
    assert objects(partial) == before
    return result.out + result.err


@pytest.mark.parametrize("remote", ["there", "gone"])
def test_a_partial_clone_is_never_made_to_fetch(source: Repo, remote: str) -> None:
    partial = clone(source, "--filter=blob:none", "--no-checkout")
    partial.read_head()
    if remote == "gone":
        partial.git("config", "remote.origin.url", "https://127.0.0.1:1/gone.git")
    # The configuration itself is one of the objects that are not here.
    partial.git("update-index", "--force-remove", ".pmgit.toml")
    said = run_all(partial, code=3)
    assert said.count("not judged") == 1
    assert "not judged: 4 objects are not here (partial clone), and pmgit does not fetch" in said
    assert "hint: fetch them, or accept it: --allow-missing" in said
    said = run_all(partial, code=0, args=("--allow-missing",))
    assert said.count("not judged: 4 objects") == 1


def test_what_is_missing_does_not_hide_an_error(source: Repo) -> None:
    partial = clone(source, "--filter=blob:none", "--no-checkout")
    partial.read_head()
    partial.git("update-index", "--force-remove", ".pmgit.toml")
    partial.stage("big.dat", 11_000_000)
    said = run_all(partial, code=1, args=("--allow-missing",))
    assert "oversized-blob" in said
    assert "not judged: 4 objects" in said


def test_a_checked_out_partial_clone_is_judged_whole(source: Repo) -> None:
    partial = clone(source, "--filter=blob:none")
    partial.git("config", "remote.origin.url", "https://127.0.0.1:1/gone.git")
    assert "no findings in 5 files" in run_all(partial, code=0)
    partial.stage("new.txt", "x")
    assert partial.hook().code == 0
    assert partial.hook().err == ""


def test_a_treeless_clone(source: Repo) -> None:
    # The remote could be asked: what pmgit does not fetch, it does not want to fetch.
    partial = clone(source, "--filter=tree:0")
    assert "no findings in 5 files" in run_all(partial, code=0)
    before = objects(partial)
    partial.stage("new.txt", "x")
    assert partial.hook().code == 0
    result = partial.pmgit("check", "--range", "HEAD~1..HEAD")
    assert result.code == 3
    assert "hint: " in result.err
    assert "partial clone" in result.err
    assert "Traceback" not in result.err
    partial.git("reset", "-q")
    assert len(objects(partial).splitlines()) == len(before.splitlines()) + 1


def test_a_commit_hook_in_a_sparse_partial_clone(source: Repo) -> None:
    source.stage_all(
        {"pretrained_model/gpt/model.bin": 3000, "pretrained_model/gpt/config.json": "{}\n"}
    )
    source.add_info("pretrained_model/gpt")
    source.commit()
    # git 2.34 writes .git/info/sparse-checkout only where a template has made the folder.
    os.mkdir(os.path.join(source.env["GIT_TEMPLATE_DIR"], "info"))
    partial = clone(source, "--filter=blob:none", "--sparse")
    partial.git("config", "remote.origin.url", "https://127.0.0.1:1/gone.git")
    before = len(objects(partial).splitlines())
    # The model is touched; its INFO.md and weights are not here.
    partial.stage_blob("pretrained_model/gpt/notes.txt", b"x\n")
    result = partial.hook()
    assert result.code == 0, result
    assert "Traceback" not in result.err
    assert result.err.count("not judged: 1 object is not here") == 1  # INFO.md
    # A change of .gitattributes asks about every file, also those that are not here.
    partial.stage(".gitattributes", "*.bin filter=lfs\n")
    result = partial.hook()
    assert "not judged: " in result.err, result
    assert result.err.count("not judged") == 1
    assert len(objects(partial).splitlines()) == before + 2


def test_attributes_that_cannot_be_read_are_an_error(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git itself takes such a file for an empty one, and says nothing."""
    monkeypatch.chdir(repo.path)
    repo.stage(".gitattributes", "*.bin filter=lfs\n")
    repo.commit()
    repo.stage("a.bin", "x")
    repo.commit()
    oid = repo.git("rev-parse", "HEAD:.gitattributes").strip()
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    snapshot = commit_range.take_range(discover(), "HEAD~1..HEAD")
    snapshot.ask_filters(["a.bin"])
    with pytest.raises(PmgitError, match=oid[:9]):
        snapshot.filter_of("a.bin")
