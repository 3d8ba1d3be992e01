"""The snapshot of a range: what its commits bring in, each once, and nothing that was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError, UsageError
from pmgit.git import revisions
from pmgit.git.repository import discover
from pmgit.snapshots import commit_range
from pmgit.snapshots.base import RANGE, Snapshot
from tests.kit import BIN, Repo, pointer
from tests.made_once import made_once
from tests.snapshots.test_staged import NAMES

if TYPE_CHECKING:
    from pathlib import Path


def take(text: str) -> Snapshot:
    return commit_range.take_range(discover(), text)


def brought(text: str) -> list[tuple[str, str]]:
    """What the commits of a range bring in: path and content's id, sorted."""
    return sorted((blob.path, blob.oid) for blob in take(text).introduced)


def paths(text: str) -> list[str]:
    return [path for path, _ in brought(text)]


def changed(text: str) -> list[str]:
    return [change.path for change in take(text).changes]


def merge(repo: Repo, *names: str, evil: str = "") -> str:
    """A merge commit, with a file that none of its parents has when it is evil."""
    repo.git("merge", "-q", "--no-ff", "--no-commit", *names)
    if evil:
        repo.stage(evil, "evil")
    return repo.commit("merge")


@pytest.fixture
def based(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with one commit, tagged `base`, in whose top folder the test itself stands."""
    made_once(repo, _begin)
    monkeypatch.chdir(repo.path)
    return repo


def _begin(repo: Repo) -> None:
    repo.stage("old", "old")
    repo.commit()
    repo.git("tag", "base")


def test_what_is_added_and_removed_again_is_seen(based: Repo) -> None:
    based.stage("big", "big")
    first = based.commit()
    based.git("rm", "-q", "big")
    based.stage("other", "x")
    based.commit()
    snapshot = take("base..HEAD")
    assert snapshot.origin == RANGE
    assert [(b.path, b.commit == first) for b in snapshot.introduced] == [
        ("big", True), ("other", False),
    ]  # fmt: skip
    # At the tip it is gone: what is judged there does not speak of it.
    assert [c.path for c in snapshot.changes] == ["other"]
    assert sorted(snapshot.listing()) == ["old", "other"]


def test_a_blob_is_told_once_with_the_commit_that_brought_it(based: Repo) -> None:
    based.stage("a", "same")
    first = based.commit()
    based.git("rm", "-q", "a")
    based.commit()
    based.stage("a", "same")
    based.commit()
    (blob,) = take("base..HEAD").introduced
    assert blob.commit == first


def test_moves_inside_of_a_commit_are_known(based: Repo) -> None:
    based.git("mv", "old", "new")
    commit = based.commit()
    snapshot = take("base..")
    (blob,) = snapshot.introduced
    assert snapshot.removed[commit, blob.oid] == ["old"]


def test_an_evil_merge_brings_what_no_parent_had(based: Repo) -> None:
    based.git("checkout", "-q", "-b", "side")
    based.stage("side", "side")
    based.commit()
    based.git("checkout", "-q", "main")
    based.stage("main", "main")
    based.commit()
    evil = merge(based, "side", evil="evil")
    snapshot = take("base..HEAD")
    assert {(b.path, b.commit == evil) for b in snapshot.introduced} == {
        ("main", False), ("side", False), ("evil", True),
    }  # fmt: skip


def test_an_evil_change_inside_of_a_merge(based: Repo) -> None:
    based.git("checkout", "-q", "-b", "side")
    based.stage("side", "side")
    based.commit()
    based.git("checkout", "-q", "main")
    based.stage("main", "main")
    based.commit()
    evil = merge(based, "side", evil="old")
    found = [b for b in take("base..HEAD").introduced if b.path == "old"]
    assert [b.commit for b in found] == [evil]
    assert based.git("cat-file", "blob", found[0].oid) == "evil"


def test_an_octopus_merge(based: Repo) -> None:
    for name in ("one", "two", "three"):
        based.git("checkout", "-q", "-b", name, "base")
        based.stage(name, name)
        based.commit()
    based.git("checkout", "-q", "main")
    merge(based, "one", "two", "three", evil="evil")
    assert based.git("rev-list", "--parents", "-1", "HEAD").count(" ") == 4
    assert paths("base..HEAD") == ["evil", "one", "three", "two"]
    assert changed("base..HEAD") == ["evil", "one", "three", "two"]


def test_what_main_had_is_not_reported_when_main_was_merged_in(based: Repo) -> None:
    based.git("checkout", "-q", "-b", "feature")
    based.stage("feature", "feature")
    based.commit()
    based.git("checkout", "-q", "main")
    based.stage("mains-own", "big")
    based.commit()
    based.git("checkout", "-q", "feature")
    merge(based, "main")
    for text in ("main..feature", "main.."):
        assert paths(text) == ["feature"]
        assert changed(text) == ["feature"]
    # Against the base of old it is part of what comes in.
    assert paths("base..feature") == ["feature", "mains-own"]


def test_the_base_need_not_be_an_ancestor(based: Repo) -> None:
    based.git("checkout", "-q", "-b", "feature")
    based.stage("feature", "feature")
    based.commit()
    based.git("checkout", "-q", "main")
    based.stage("later", "main goes on")
    based.git("rm", "-q", "old")
    based.commit()
    assert paths("main..feature") == ["feature"]
    # What main has done since is no deletion, and no addition, of the feature.
    assert changed("main..feature") == ["feature"]


def test_unrelated_histories(based: Repo) -> None:
    based.git("checkout", "-q", "--orphan", "other")
    based.git("rm", "-q", "-f", "old")
    based.stage("root", "root")
    based.commit()
    assert paths("main..other") == ["root"]
    assert changed("main..other") == ["root"]
    based.git("checkout", "-q", "main")
    based.git("merge", "-q", "--allow-unrelated-histories", "-m", "m", "other")
    assert paths("base..main") == ["root"]


def test_a_root_commit(based: Repo) -> None:
    repository = discover()
    tip = revisions.demand_commit(repository, "HEAD")
    snapshot = commit_range.take(repository, tip, [])
    assert [b.path for b in snapshot.introduced] == ["old"]
    assert [c.path for c in snapshot.changes] == ["old"]


def test_an_empty_range(based: Repo) -> None:
    snapshot = take("HEAD..HEAD")
    assert (snapshot.introduced, snapshot.changes) == ([], [])
    based.stage("new", "new")
    based.commit()
    assert brought("HEAD..base") == []
    assert changed("HEAD..base") == []


def test_an_empty_commit(based: Repo) -> None:
    based.git("commit", "-q", "--allow-empty", "-m", "nothing")
    assert paths("base..") == []


def test_odd_names(based: Repo) -> None:
    for name in NAMES:
        based.write(name, "x" + repr(name))
    based.git("add", "-A")
    based.commit()
    assert len(paths("base..")) == len(NAMES)
    assert sorted(changed("base..")) == paths("base..")
    based.git("checkout", "-q", "-b", "side", "base")
    based.commit("empty", "--allow-empty")
    based.git("checkout", "-q", "main")
    merge(based, "side", evil=":/evil\n\udcff")
    assert ":/evil\n\udcff" in paths("base..")


def test_modes_links_and_submodules(based: Repo) -> None:
    commit = based.git("rev-parse", "HEAD").strip()
    based.git("update-index", "--chmod=+x", "old")
    (based.path / "link").symlink_to("/etc/passwd")
    based.git("add", "link")
    based.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    based.commit()
    snapshot = take("base..")
    assert [(b.path, b.mode) for b in snapshot.introduced] == [
        ("link", "120000"), ("sub", "160000"),
    ]  # fmt: skip
    snapshot.survey(bool, 10_000, ask_filters=True)
    assert snapshot.files == []


def test_attributes_are_those_of_the_tip(based: Repo) -> None:
    based.stage("a.bin", pointer(b"x"))
    based.commit()
    based.stage(".gitattributes", "*.bin filter=lfs\n")
    based.commit()
    based.git("checkout", "-q", "base")
    based.write(".gitattributes", "*.bin filter=wrong\n")
    assert take("base..main").filter_of("a.bin") == "lfs"


def test_attributes_that_cannot_be_read_are_not_taken_for_none(based: Repo) -> None:
    based.stage("in/.gitattributes", "*.bin filter=lfs -text\n")
    based.commit()
    oid = based.git("rev-parse", "HEAD:in/.gitattributes").strip()
    based.stage_blob("in/x.bin", b"\0raw")
    based.commit()
    (found,) = based.check("--range", "HEAD~1..HEAD")
    assert found["rule"] == "missing-pointer"
    (based.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    done = based.pmgit("check", "--range", "HEAD~1..HEAD")
    assert (done.code, f"object {oid} is unreadable" in done.err) == (3, True), done


def test_nothing_of_the_clone_changes(based: Repo) -> None:
    based.stage("staged", "x")
    based.commit()
    based.stage("more", "y")
    before = {f: f.stat().st_mtime_ns for f in (based.path / ".git").rglob("*") if f.is_file()}
    result = based.pmgit("check", "--range", "base..HEAD")
    assert result.code == 0, result
    after = {f: f.stat().st_mtime_ns for f in (based.path / ".git").rglob("*") if f.is_file()}
    assert after == before


def test_tags_and_expressions_name_commits(based: Repo) -> None:
    based.stage("new", "new")
    based.commit("find me")
    based.git("tag", "-a", "-m", "annotated", "v1")
    for text in ("base..v1", "HEAD~1..HEAD", "base..HEAD^{/find me}", "HEAD^..@", "base.."):
        assert paths(text) == ["new"], text


@pytest.mark.parametrize("text", ["HEAD", "..HEAD", "", "HEAD...base", "..", "-x", "--all"])
def test_what_is_no_range(based: Repo, text: str) -> None:
    with pytest.raises(UsageError, match="not a range of commits"):
        take(text)
    result = based.pmgit("check", f"--range={text}")
    assert result.code == 2, result
    ways = {"HEAD...base": "of two dots: --range HEAD..base"}
    assert f"hint: {ways.get(text, 'for example: --range origin/main..HEAD')}" in result.err


UNKNOWN = (
    "nonsense", "-x", "--output=PWNED", "--all", "--help", "-rf", "a b", "HEAD:old", "HEAD^{tree}",
    "0" * 40, "1" * 40, "HEAD~99", "'$(touch PWNED)", "a\nb", "^HEAD", "\udcff",
)  # fmt: skip


@pytest.mark.parametrize("form", ["{}..HEAD", "HEAD..{}"])
def test_an_unknown_commit(based: Repo, form: str) -> None:
    for name in UNKNOWN:
        error = None
        try:
            take(form.format(name))
        except PmgitError as caught:
            error = caught
        assert error, name
        assert (error.exit_code, "no commit" in error.message) == (3, True), name
        assert error.hint, name
        assert not (based.path / "PWNED").exists(), name


def test_a_damaged_commit_is_not_called_unknown(based: Repo) -> None:
    oid = based.git("rev-parse", "HEAD").strip()
    file = based.path / ".git/objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(b"")
    with pytest.raises(
        PmgitError, match=f"^no commit 'HEAD': fatal: .*{oid}.* is corrupt$"
    ) as caught:
        commit_range.take_range(discover(), "HEAD..HEAD")
    assert caught.value.hint == "see what else is damaged: git fsck"


def test_an_unknown_commit_is_told_to_people(based: Repo) -> None:
    for text in ("nonsense..HEAD", "--output=PWNED..HEAD", "HEAD..-x"):
        result = based.pmgit("check", "--range", text)
        assert result.code == 3
        assert "pmgit: no commit " in result.err
        assert "hint: see what there is: git branch -a" in result.err
    assert not (based.path / "PWNED").exists()


@pytest.mark.parametrize("name", ["-x", "--output=PWNED", "--all", "-"])
def test_branches_whose_names_look_like_options(based: Repo, name: str) -> None:
    based.stage("new", "new")
    tip = based.commit()
    based.git("update-ref", f"refs/heads/{name}", tip)
    based.git("update-ref", f"refs/tags/{name}", tip)
    assert paths(f"base..{name}") == ["new"]
    assert paths(f"{name}..HEAD") == []
    assert not (based.path / "PWNED").exists()


def test_a_shallow_clone(based: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two", "three"):
        based.stage(name, name)
        based.commit()
    based.git("clone", "-q", "--depth=2", "--no-single-branch", based.path.as_uri(), "../shallow")
    monkeypatch.chdir(based.path.parent / "shallow")
    assert paths("HEAD~1..HEAD") == ["three"]
    with pytest.raises(PmgitError, match="no commit 'HEAD~2'") as caught:
        take("HEAD~2..HEAD")
    assert "the clone is shallow: git fetch --unshallow (in CI: fetch-depth: 0)" in (
        caught.value.hint
    )


@pytest.mark.parametrize("options", [("--depth=1",), ("--single-branch",)], ids=" ".join)
def test_the_base_of_a_clone_of_one_branch_is_fetched_by_what_is_printed(
    based: Repo, options: tuple[str, ...]
) -> None:
    """`git fetch origin main` alone would leave such a clone without `origin/main`."""
    based.git("branch", "feature/it's")
    based.git("switch", "-q", "-c", "work")
    for name in ("one", "two"):
        based.stage(name, name)
        based.commit()
    based.git("clone", "-q", "-b", "work", *options, based.path.as_uri(), "../clone")
    clone = Repo(based.path.parent / "clone", based.env, init=None)
    for base in ("origin/main", "origin/feature/it's"):
        failed = clone.pmgit("check", "--range", f"{base}..HEAD")
        assert failed.code == 3, failed
        command = failed.err.split(": git fetch ")[1].split(" (in CI")[0].strip()
        clone.sh(f"git fetch -q {command}")
        assert clone.pmgit("check", "--range", f"{base}..HEAD").code == 0
    assert "see what there is" in clone.pmgit("check", "--range", "origin/a b..HEAD").err


def test_the_edge_of_a_shallow_clone_is_not_taken_for_a_root(
    based: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in CI: a shallow checkout of the branch, and the base fetched by itself."""
    based.stage("mains", "mains")
    based.commit()
    based.git("checkout", "-q", "-b", "feature")
    based.stage("one", "one")
    based.commit()
    based.stage("two", "two")
    based.commit()
    shallow = Repo(based.path.parent / "shallow", based.env)
    shallow.git("fetch", "-q", "--depth=1", based.path.as_uri(), "feature:feature")
    shallow.git("fetch", "-q", "--depth=1", based.path.as_uri(), "main:refs/remotes/origin/main")
    monkeypatch.chdir(shallow.path)
    # The commits in between are not here; what they bring is seen all the same, nothing else.
    assert paths("origin/main..feature") == ["one", "two"]
    # But whether one of them takes away what another brought, nobody can tell.
    asked = ("check", "--range", "origin/main..feature")
    result = shallow.pmgit(*asked)
    assert result.code == 3, result
    assert "1 commit of the range is cut off from the parents by a shallow clone" in result.err
    assert "hint: git fetch --unshallow" in result.err
    assert shallow.pmgit(*asked, "--allow-missing").code == 0
    hooked = {"PRE_COMMIT_FROM_REF": "origin/main", "PRE_COMMIT_TO_REF": "feature"}
    of_pre_commit = shallow.run([str(BIN / "pmgit-hook")], env={**shallow.env, **hooked})
    assert of_pre_commit.code == 3, of_pre_commit
    assert "cut off from the parents" in of_pre_commit.err
    shallow.git("fetch", "-q", "--unshallow", based.path.as_uri(), "feature", "main")
    assert shallow.pmgit(*asked).code == 0


def test_a_bare_repository(based: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    based.stage_all(
        {".gitattributes": "*.bin filter=lfs\n", "pretrained_model/bert/model.bin": 3000}
    )
    tip = based.commit()
    based.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(tmp_path / "bare.git", based.env, init=None)
    monkeypatch.chdir(bare.path)
    assert paths("base..HEAD") == [".gitattributes", "pretrained_model/bert/model.bin"]
    result = bare.pmgit("check", "--range", "base..main", "--format", "json")
    assert result.code == 1, result
    found = {f["rule"]: f for f in result.json["findings"]}
    assert {"missing-pointer", "missing-info"} <= set(found)
    assert found["missing-pointer"]["commit"] == tip
    # What is committed is mended in a clone.
    assert found["missing-pointer"]["fix"]["commands"][0][:2] == ["pmgit", "fix"]
    assert found["missing-info"]["fix"] is None


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_range_finds_what_was_removed_again(
    tmp_path: Path, env: dict[str, str], form: str
) -> None:
    repo = Repo(tmp_path / "r", env, init=(f"--object-format={form}",))
    repo.stage("README.md", "x\n")
    base = repo.commit()
    repo.stage("pretrained_model/bert/model.safetensors", 3000)
    bad = repo.commit()
    repo.git("rm", "-q", "-r", "pretrained_model")
    repo.commit()
    (finding,) = repo.check("--range", f"{base}..HEAD")
    assert (finding["rule"], finding["commit"]) == ("tracked-weights", bad)
    assert bad[:12] in repo.pmgit("check", "--range", f"{base}..HEAD").out
    assert repo.check() == []


def test_a_partial_clone_is_not_made_to_fetch(
    based: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    based.stage_all({"kept": "kept", "gone": "gone"})
    based.commit()
    based.git("rm", "-q", "gone")
    based.commit()
    based.git("config", "uploadpack.allowFilter", "true")
    based.git("clone", "-q", "--filter=blob:none", based.path.as_uri(), "../partial")
    partial = Repo(tmp_path / "partial", based.env, init=None)
    partial.git("config", "remote.origin.url", "https://127.0.0.1:1/gone.git")
    before = partial.git("cat-file", "--batch-all-objects", "--batch-check")
    result = partial.pmgit("check", "--range", "base..HEAD")
    assert result.code == 3, result
    assert result.err.count("not judged: 1 object is not here") == 1
    assert partial.pmgit("check", "--range", "base..HEAD", "--allow-missing").code == 0
    assert partial.git("cat-file", "--batch-all-objects", "--batch-check") == before
