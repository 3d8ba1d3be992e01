"""Merges through the real hooks: what comes from a remote passes, whatever else is in it.

And what does not is refused with a fix that takes nothing of the other side away.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import blamed, commit, printed_fixes
from tests.kit import Repo, native_hooks, pointer
from tests.made_once import made_once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Result

pytestmark = pytest.mark.usefixtures("quick_hooks")

ROOT = "pretrained_model"
BIG, WEIGHTS, POINTER = "data/big.csv", f"{ROOT}/old/model.bin", f"{ROOT}/gpt/model.safetensors"
#: A file that is too large, raw weights, a pointer in a model without INFO.md, loose weights, a bad
#: name: all that main has had for years.
SINS: dict[str, bytes | str | int] = {
    BIG: 120_000,
    WEIGHTS: 30_000,
    POINTER: pointer(b"gpt"),
    f"{ROOT}/loose.pth": 20_000,
    f"{ROOT}/Bad Name/config.json": "{}\n",
}


@pytest.fixture
def repo(repo: Repo, tmp_path: Path) -> Repo:
    """Commits are judged; there is a main branch and a feature branch, and a bare remote."""
    made_once(repo, _begin)
    repo.add_remote()
    repo.git("config", "core.hooksPath", str(native_hooks(tmp_path)))
    return repo


def _begin(repo: Repo) -> None:
    limit = '[rules.oversized-blob]\nmax-file-size = "100 kB"\n'
    repo.stage_all({
        ".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
        "both.txt": "1\n",
        ".pmgit.toml": f'{limit}[rules.missing-info]\nlocal = "error"\n',
        ".gitignore": "*.ignored.bin\n",
    })  # fmt: skip
    repo.commit("Begin")
    repo.git("branch", "feature")


def sin(repo: Repo, **more: str) -> None:
    """Commit what no hook has seen to the branch that is checked out."""
    repo.stage_all({**SINS, **more})
    repo.commit("Sins")


def publish(repo: Repo, what: str, branch: str) -> None:
    """What `git push` leaves at both ends, without its processes and hooks."""
    remote = repo.path.parent / "remote.git"
    oid = repo.git("rev-parse", what).strip()
    (remote / "objects/info/alternates").write_text(f"{repo.path / '.git/objects'}\n")
    (remote / "refs/heads" / branch).write_text(f"{oid}\n")
    repo.git("update-ref", f"refs/remotes/origin/{branch}", oid)


def work_on_feature(repo: Repo, both: str = "") -> None:
    repo.git("switch", "-q", "feature")
    repo.stage_all({"feature.txt": "x\n", **({"both.txt": both} if both else {})})
    repo.commit("Work")


def merge(repo: Repo, *args: str) -> Result:
    return repo.run(["git", "merge", "--no-edit", *args])


def whole(repo: Repo) -> None:
    """The merge commit has all of the other side."""
    assert repo.git("rev-list", "--parents", "-1", "HEAD").count(" ") > 1
    assert set(SINS) <= set(repo.git("ls-files", "-z").split("\0"))
    assert (repo.path / BIG).stat().st_size == SINS[BIG]


@pytest.mark.parametrize("way", ["clean", "pull", "conflict", "later", "octopus", "partly"])
def test_what_the_remote_has_is_merged(way: str, repo: Repo) -> None:
    repo.git("switch", "-q", "main")
    sin(repo, **{"both.txt": "main\n"} if way == "conflict" else {})
    publish(repo, "main", "main")
    if way == "partly":  # what is not pushed yet is as it should be
        repo.stage("more.txt", "x\n")
        repo.commit("More")
    repo.git("switch", "-q", "-c", "third", "feature")
    repo.stage("third.txt", "x\n")
    repo.commit("Third")
    work_on_feature(repo, "feature\n" if way == "conflict" else "")
    # Ignored weights that nobody has described would stop a commit.
    repo.write(f"{ROOT}/mine/w.ignored.bin", 10)
    assert blamed(commit(repo, "--allow-empty")) == {"missing-info"}
    if way == "conflict":
        assert merge(repo, "main").code == 1
        repo.stage("both.txt", "both\n")
        done = commit(repo)
    elif way == "later":
        assert merge(repo, "--no-commit", "main").code == 0
        done = commit(repo)
    elif way == "pull":
        repo.git("branch", "-q", "-D", "main")
        repo.git("update-ref", "-d", "refs/remotes/origin/main")
        done = repo.run(["git", "pull", "--no-rebase", "--no-edit", "origin", "main"])
    else:
        done = merge(repo, "main", *(["third"] if way == "octopus" else []))
    assert done.code == 0, done
    whole(repo)
    # And nobody else refuses it.
    publish(repo, "feature~1", "feature")
    tip, old = (repo.git("rev-parse", name).strip() for name in ("feature", "feature~1"))
    line = f"refs/heads/feature {tip} refs/heads/feature {old}\n"
    pushed = repo.run(["pmgit-hook", "pre-push", "origin", "x"], stdin=line.encode())
    assert pushed.code == 0, pushed
    by_framework = {
        "PRE_COMMIT_FROM_REF": old, "PRE_COMMIT_TO_REF": tip, "PRE_COMMIT_REMOTE_NAME": "origin",
    }  # fmt: skip
    assert repo.hook(env=by_framework).code == 0
    assert repo.pmgit("check", "--range", "origin/main..feature").code == 0


@pytest.mark.parametrize(
    ("conflict", "remote"), [(True, "none"), (False, "stale"), (True, "stale")]
)
def test_what_no_remote_has_is_mended_where_it_was_made(
    conflict: bool, remote: str, repo: Repo
) -> None:
    """The merge goes, what was resolved is kept, and nothing of main is lost."""
    if remote == "none":
        repo.git("remote", "remove", "origin")
    else:
        publish(repo, "main", "main")
    repo.git("switch", "-q", "main")
    repo.stage_all({BIG: SINS[BIG], WEIGHTS: SINS[WEIGHTS], "both.txt": "main\n"})
    repo.add_info(f"{ROOT}/old")
    repo.commit("Sins")
    repo.stage("main.txt", "main\n")
    repo.commit("More")
    work_on_feature(repo, "feature\n" if conflict else "")
    large = {hashlib.sha256(repo.blob(path, "main")).digest() for path in (BIG, WEIGHTS)}
    refused = merge(repo, "main")
    if conflict:
        repo.write("both.txt", "both\n")
        refused = commit(repo, "-a")
    assert refused.code == 1
    assert blamed(refused) == {"oversized-blob", "tracked-weights"}
    (fix,) = printed_fixes(refused)
    pasted = repo.sh_at_terminal(fix) if remote == "none" else repo.pmgit("fix", "--yes")
    assert pasted.code == 0, (fix, pasted)
    assert "main: 2 commits made anew" in pasted.out or remote != "none", pasted
    assert repo.git("symbolic-ref", "--short", "HEAD").strip() == "feature"
    kept = repo.git("for-each-ref", "--format=%(refname)", "refs/pmgit/backup").split()
    resolved = [ref for ref in kept if "-merge/" in ref]
    assert resolved or not conflict
    assert all(repo.blob("both.txt", ref) == b"both\n" for ref in resolved if conflict)
    # The file that left Git is on disk, the weights in the store of Git LFS.
    assert large <= repo.contents()
    again = merge(repo, "main")
    if conflict:
        repo.stage("both.txt", "both\n")
        again = commit(repo)
    assert again.code == 0, again
    assert "main.txt" in repo.staged()


def test_a_merge_of_what_no_branch_has_is_aborted(repo: Repo) -> None:
    publish(repo, "main", "main")
    repo.git("switch", "-q", "--detach", "main")
    sin(repo)
    tip = repo.git("rev-parse", "HEAD").strip()
    work_on_feature(repo)
    refused = merge(repo, tip)
    (fix,) = printed_fixes(refused)
    assert fix == "git merge --abort"
    assert f"mend it where it was made: {tip[:12]}, which no branch here has" in refused.err
    assert repo.sh(fix).code == 0
    assert repo.git("status", "--porcelain", "-uno") == ""
    # The same by pmgit fix, which asks.
    merge(repo, tip)
    assert repo.pmgit("fix").code == 2
    assert repo.pmgit("fix", "--yes").code == 0
    assert repo.git("status", "--porcelain", "-uno") == ""


def test_what_somebody_adds_in_a_merge_is_new(repo: Repo) -> None:
    """It leaves the merge again, and what main has stays in it."""
    repo.git("switch", "-q", "main")
    sin(repo, **{"data/grows.csv": "1\n"})
    publish(repo, "main", "main")
    work_on_feature(repo)
    merge(repo, "--no-commit", "main")
    large = dict.fromkeys(["data/grows.csv", "best.pt"], SINS[BIG])
    repo.stage_all({f"{ROOT}/old/more.bin": 40_000, **large})
    refused = commit(repo)
    assert blamed(refused) == {"tracked-weights", "oversized-blob", "missing-info"}
    text = refused.out + refused.err
    told = {line.split(": ")[0] for line in text.splitlines() if " raw in Git" in line}
    assert told == {f"{ROOT}/old/more.bin", "data/grows.csv", "best.pt"}
    for _ in range(4):
        for fix in printed_fixes(refused):
            repo.paste(fix)
        refused = commit(repo)
        if refused.code == 0:
            break
    whole(repo)
    assert repo.blob("data/grows.csv", "HEAD") == b"1\n"
    assert all(len(repo.blob(p, "HEAD")) < 200 for p in ("best.pt", f"{ROOT}/old/more.bin"))


def test_what_is_moved_in_a_merge_is_free_as_it_is_on_the_other_side(repo: Repo) -> None:
    """HEAD has never had these weights: what has moved is told by what the remote has."""
    sin(repo)
    publish(repo, "main", "main")
    work_on_feature(repo)
    merge(repo, "--no-commit", "main")
    repo.git("mv", WEIGHTS, f"{ROOT}/old/renamed.bin")
    assert repo.check("--select", "tracked-weights") == []


def test_a_model_that_a_merge_only_touches_is_an_old_sin(repo: Repo) -> None:
    """For HEAD its weights are new, for the other side only a text of it changes."""
    sin(repo)
    publish(repo, "main", "main")
    work_on_feature(repo)
    merge(repo, "--no-commit", "main")
    repo.stage(f"{ROOT}/gpt/notes.txt", "x\n")
    found = repo.check("--select", "missing-info")
    assert [(f["path"], f["severity"]) for f in found] == [(f"{ROOT}/gpt", "warning")]


@pytest.mark.parametrize("what", ["info", "attributes"])
def test_a_merge_that_takes_less_than_both_sides_have(what: str, repo: Repo) -> None:
    """Neither side is without INFO.md, or has a pointer without its attribute: the merge is."""
    lost = f"{ROOT}/gpt/INFO.md" if what == "info" else ".gitattributes"
    repo.git("switch", "-q", "main")
    repo.add_info(f"{ROOT}/gpt")
    repo.stage(POINTER, SINS[POINTER])
    repo.commit("Add gpt")
    publish(repo, "main", "main")
    work_on_feature(repo)
    merge(repo, "--no-commit", "main")
    repo.git("rm", "-q", "--cached", lost)
    wrong = {"info": "missing-info", "attributes": "uncovered-pointer"}[what]
    assert blamed(commit(repo)) == {wrong}
    repo.git("commit", "-q", "--no-verify", "--no-edit")
    publish(repo, "feature~1", "feature")
    line = f"{repo.git('rev-parse', 'feature').strip()} refs/heads/feature"
    line = f"refs/heads/feature {line} {repo.git('rev-parse', 'feature~1').strip()}\n"
    pushed = repo.run(["pmgit-hook", "pre-push", "origin", "x"], stdin=line.encode())
    assert f": {wrong}: " in pushed.out, pushed


def test_a_squashed_merge_is_a_commit_like_any_other(repo: Repo) -> None:
    """Ranges cannot tell where it is from; its fix takes nothing from main."""
    repo.git("switch", "-q", "main")
    repo.stage(BIG, SINS[BIG])
    repo.commit("Sin")
    publish(repo, "main", "main")
    work_on_feature(repo)
    merge(repo, "--squash", "main")
    (fix,) = printed_fixes(commit(repo))
    repo.paste(fix)
    assert commit(repo, "--allow-empty").code == 0
    (repo.path / BIG).unlink()
    assert merge(repo, "main").code == 0
    assert (repo.path / BIG).stat().st_size == SINS[BIG]
