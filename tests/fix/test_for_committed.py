"""The plan for committed content: which one where, and that it is safe when pasted."""

from __future__ import annotations

import hashlib
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.commands.test_fix import BERT, BIG, HOSTILE, WEIGHTS, biggest, everything, several
from tests.formats.assemble import CALL, named, pickled, torch_zip
from tests.kit import Repo, native_hooks, pointer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Result

LFS_LINE = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"


@pytest.fixture
def pushed(repo: Repo, quick_hooks: None) -> Repo:
    """A clone of a bare repository that has its first commit, guarded by the pre-push hook only."""
    repo.push_first(BERT)
    hooks = repo.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-push").write_bytes((native_hooks(repo.path.parent) / "pre-push").read_bytes())
    (hooks / "pre-push").chmod(0o755)
    return repo


def push(repo: Repo, *refs: str) -> Result:
    return repo.run(["git", "push", "-q", *(refs or ("origin", "main"))])


def plan_of(result: Result) -> str:
    return next((line for line in result.out.splitlines() if line.startswith("plan: ")), "")


def fix_of(result: Result) -> str:
    assert result.code != 0, result
    (fix,) = result.fixes
    return fix


@pytest.mark.parametrize("by", ["pmgit", "git"])
def test_the_last_commit_is_amended_by_plain_git(by: str, pushed: Repo) -> None:
    """Also detached, below the top, and with names that no shell may read.

    The one line that is printed, and the commands that it stands for.
    """
    repo = pushed
    repo.git("checkout", "-q", "--detach")
    for number, name in enumerate(HOSTILE):
        repo.write(f"{BERT}/{name}", BIG + bytes([number]))
    repo.git("add", "-A")
    repo.commit("Add them all\n\n # kept  \n", "--author=Ada <ada@example.invalid>",
                "--cleanup=verbatim")  # fmt: skip
    before = repo.git("log", "-1", "--format=%an %ae %at %B %P")
    found = repo.pmgit("check", "--range", "origin/main..", cwd=BERT)
    assert plan_of(found).startswith("plan: amends the last commit of the detached HEAD (unpushed")
    fix = fix_of(found)
    assert fix == "pmgit fix --range HEAD tracked-weights unportable-path"
    if by == "git":
        (fix,) = repo.plumbing("--range", "origin/main..", cwd=BERT)
        assert fix.count("git commit -q --amend --no-edit") == 1
        shown = repo.pmgit("fix", "--range", "HEAD", "--dry-run", cwd=BERT)
        assert "\n  git commit -q --amend --no-edit" in shown.out
    repo.paste(fix, cwd=BERT)
    assert repo.git("log", "-1", "--format=%an %ae %at %B %P") == before
    assert biggest(repo, "HEAD") < 10_000
    assert repo.check("--range", "origin/main..") == []
    assert repo.git("status", "--porcelain") == ""
    assert not list(repo.path.rglob("PWNED"))
    assert repo.pmgit("fix", "--undo").code == 0
    assert biggest(repo, "HEAD") > 100_000


def test_a_plan_that_no_longer_fits_changes_nothing(pushed: Repo) -> None:
    """But `pmgit fix` looks anew, and mends what is two commits by now."""
    repo = pushed
    repo.stage("a.txt", "a\n")
    repo.stage(WEIGHTS, BIG)
    repo.commit("Add bert")
    fix = fix_of(push(repo))
    (by_git,) = repo.plumbing("--range", "origin/main..")

    def changes_nothing(named: str) -> None:
        before, files = everything(repo), repo.contents()
        pasted = repo.sh_at_terminal(by_git)
        assert pasted.code == 1, pasted
        assert named in pasted.out  # it says what is in the way
        assert everything(repo) == before
        assert repo.contents() == files

    repo.write("a.txt", "an edit\n")
    changes_nothing("a.txt")
    repo.write("a.txt", "a\n")
    repo.stage("b.txt", "b\n")
    changes_nothing("b.txt")
    repo.commit("Another")
    changes_nothing("b.txt")
    pasted = repo.sh_at_terminal(fix)
    assert pasted.code == 0, pasted
    assert push(repo).code == 0


@pytest.mark.parametrize("where", ["last", "older"])
def test_raw_where_the_attributes_say_lfs(where: str, pushed: Repo) -> None:
    """Git may take such a file for a changed one: that must not be in the way."""
    repo = pushed
    repo.stage(".gitattributes", LFS_LINE)
    repo.commit("Track weights")
    repo.stage(WEIGHTS, BIG)  # no filter is configured
    repo.commit("Add bert")
    if where == "older":
        repo.stage("a.txt", "a\n")
        repo.commit("Go on")
    repo.git("config", "filter.lfs.clean", "git-lfs clean -- %f")
    (repo.path / WEIGHTS).touch()
    assert WEIGHTS in repo.git("diff", "--name-only")
    found = repo.pmgit("check", "--range", "origin/main..")
    assert ": missing-pointer: " in found.out or ": tracked-weights: " in found.out
    done = repo.sh_at_terminal(fix_of(found))
    assert done.code == 0, done
    assert repo.blob(WEIGHTS, "HEAD").startswith(b"version https://git-lfs")
    assert biggest(repo, "origin/main..HEAD") < 10_000
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert repo.blob(".gitattributes", "HEAD") == LFS_LINE.encode()


def test_what_a_remote_has_stays_in_history(pushed: Repo) -> None:
    repo = pushed
    repo.stage(WEIGHTS, BIG)
    repo.commit("Add bert")
    assert push(repo, "--no-verify", "origin", "main").code == 0
    found = repo.pmgit("check", "--range", "HEAD~1..HEAD")
    assert found.code == 1, found
    assert "plan: origin/main has it already, so the history keeps it" in found.out
    assert found.fixes == []  # it is not safe: others lose the file
    (line,) = [line for line in found.out.splitlines() if line.startswith("unsafe fix ")]
    tip = repo.git("rev-parse", "HEAD").strip()
    done = repo.paste(line.partition("): ")[2])
    assert "no findings are left but those that the history keeps" in done.out
    assert repo.git("rev-parse", "HEAD~1").strip() == tip  # nothing was made anew
    assert repo.pmgit("check", "--range", "HEAD~2..HEAD").code == 1
    assert WEIGHTS not in repo.staged()
    assert push(repo).code == 0


def test_what_only_another_remote_has(pushed: Repo, tmp_path: Path) -> None:
    """A fork has it, the remote that is pushed to has not: who is affected is said."""
    repo = pushed
    fork = Repo(tmp_path / "fork.git", repo.env, init=("--bare",))
    repo.git("remote", "add", "fork", str(fork.path))
    several(repo)
    repo.git("tag", "v1")
    assert push(repo, "--no-verify", "fork", "main").code == 0
    refused = push(repo)
    assert "everybody who has fetched fork/main keeps the old ones; v1 has the old ones too" in (
        plan_of(refused)
    )
    assert fix_of(refused) == "pmgit fix --range main tracked-weights"
    assert repo.sh_at_terminal(fix_of(refused)).code == 0
    assert push(repo).code == 0
    # A tag that still has it is refused, and is left alone.
    tagged = push(repo, "origin", "v1")
    assert tagged.code != 0
    assert repo.git("rev-parse", "v1^{commit}") != repo.git("rev-parse", "main")


def test_to_an_address_and_from_another_branch(pushed: Repo, tmp_path: Path) -> None:
    """What is pushed is named when `pmgit fix` alone would mean other commits."""
    repo = pushed
    several(repo)
    wip = "wi'p$(touch${IFS}PWNED)"
    repo.git("branch", wip)
    repo.git("reset", "-q", "--keep", "origin/main")
    refused = push(repo, "origin", wip)
    assert fix_of(refused).startswith("git switch -q 'wi'")
    words = shlex.split(fix_of(refused))
    assert words[5:] == ["pmgit", "fix", "--range", wip, "tracked-weights", "&&", "git",
                         "checkout", "-q", "-"]  # fmt: skip
    assert repo.sh_at_terminal(fix_of(refused)).code == 0
    assert push(repo, "origin", wip).code == 0
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert repo.git("symbolic-ref", "HEAD") == "refs/heads/main\n"
    (repo.path / WEIGHTS).unlink()
    other = Repo(tmp_path / "other.git", repo.env, init=("--bare",))
    old = repo.git("rev-parse", "origin/main").strip()
    assert push(repo, str(other.path), "main").code == 0
    repo.stage("w.pt", 1_500_000)
    repo.commit("Add w")
    repo.stage("a.txt", "a\n")
    repo.commit("Go on")
    repo.git("remote", "remove", "origin")
    refused = push(repo, str(other.path), "main")
    assert fix_of(refused) == f"pmgit fix --range {old}..main oversized-blob"
    assert repo.sh_at_terminal(fix_of(refused)).code == 0
    assert push(repo, str(other.path), "main").code == 0
    assert repo.git("merge-base", old, "main").strip() == old
    assert not list(repo.path.rglob("PWNED*"))


def test_a_tip_that_is_not_checked_out_names_its_branch(pushed: Repo) -> None:
    """A new commit mends what is judged at the tip, and that needs the branch."""
    repo = pushed
    wip = "wi'p"
    repo.git("switch", "-q", "-c", wip)
    repo.stage(".gitattributes", LFS_LINE)
    repo.stage_blob("pretrained_model/new/model.safetensors", pointer(BIG))
    repo.commit("no INFO.md")
    repo.git("switch", "-q", "-f", "main")
    refused = push(repo, "origin", wip)
    (line,) = [line for line in refused.out.splitlines() if "missing-info: no INFO.md" in line]
    way = line.split("; on its branch: ")[1]
    assert way == "git switch 'wi'\\''p' && pmgit fix --range 'wi'\\''p'"
    assert repo.sh(f"GIT_LFS_SKIP_SMUDGE=1 {way}").code == 0
    assert "missing-info" not in push(repo, "origin", wip).out
    # Here the fix is printed, as before.
    assert "; on its branch:" not in push(repo, "origin", wip).out


def test_the_fix_of_a_push_leaves_alone_what_else_is_wrong_here(pushed: Repo) -> None:
    """Pasted with something bad staged, it does not mend that and call the branch clean."""
    repo = pushed
    several(repo)
    repo.stage(f"{BERT}/other.safetensors", BIG[:110_000])
    fix = fix_of(push(repo))
    done = repo.sh_at_terminal(fix)
    assert done.code == 3, done
    assert "staged and not committed" in done.err
    assert "no findings" not in done.out
    repo.git("reset", "-q")
    done = repo.sh_at_terminal(fix)
    assert done.code == 0, done
    assert "no findings are left\n" in done.out
    assert push(repo).code == 0


def test_a_new_commit_is_enough_for_what_is_judged_at_the_tip(pushed: Repo) -> None:
    repo = pushed
    repo.stage("pretrained_model/BERT x/config.json", "{}\n")
    repo.commit("Add a model")
    repo.stage("a.txt", "a\n")
    tip = repo.commit("Go on")
    refused = push(repo)
    assert plan_of(refused) == "plan: a new commit is enough, because this is judged at the tip"
    repo.paste(fix_of(refused))
    assert repo.git("rev-parse", "HEAD~1").strip() == tip
    assert push(repo).code == 0


@pytest.mark.parametrize("where", ["last", "older"])
def test_a_file_of_a_sparse_checkout_is_put_on_disk_first(where: str, pushed: Repo) -> None:
    repo = pushed
    repo.stage("a/a.txt", "a\n")
    repo.stage(WEIGHTS, BIG)
    repo.commit("Add bert")
    if where == "older":
        repo.stage("a/b.txt", "b\n")
        repo.commit("Go on")
    repo.git("sparse-checkout", "set", "a")
    assert not (repo.path / WEIGHTS).exists()
    done = repo.sh_at_terminal(fix_of(push(repo)))
    assert done.code == 0, done
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert push(repo).code == 0


def test_the_whole_tree_knows_what_is_not_pushed(pushed: Repo) -> None:
    repo = pushed
    repo.stage(f"{BERT}/old.pt", BIG[:105_000])
    repo.commit("An old sin")
    assert push(repo, "--no-verify", "origin", "main").code == 0
    several(repo)
    found = {f["path"]: f["fix"] for f in repo.check("--all", "--select", "tracked-weights")}
    assert found[WEIGHTS]["commands"] == [["pmgit", "fix", "--range", "main", "tracked-weights"]]
    assert found[f"{BERT}/old.pt"]["commands"][0][:3] == ["git", "rm", "--cached"]
    shown = repo.pmgit("check", "--all", "--select", "tracked-weights")
    assert repo.sh_at_terminal(fix_of(shown)).code == 0
    (left,) = repo.check("--all", "--select", "tracked-weights")
    assert left["path"] == f"{BERT}/old.pt"
    assert push(repo).code == 0


def test_a_bare_repository_names_the_way_out(pushed: Repo) -> None:
    several(pushed)
    old = pushed.git("rev-parse", "origin/main").strip()
    pushed.git("push", "-q", "--no-verify", "origin", "main")
    bare = Repo(pushed.path.parent / "remote.git", pushed.env, init=None)
    found = bare.pmgit("check", "--range", f"{old}..main")
    tip = pushed.git("rev-parse", "--short=12", "main").strip()
    assert fix_of(found) == f"pmgit fix --range {tip} tracked-weights"


@pytest.mark.parametrize(
    ("where", "storage"), [("last", "ignore"), ("last", "lfs"), ("older", "lfs")]
)
def test_unsafe_weights_leave_and_those_with_a_warning_stay(
    where: str, storage: str, pushed: Repo
) -> None:
    """Git LFS is no place for an unsafe file, and what a warning names, or somebody has accepted,
    needs no cure."""
    repo = pushed
    unsafe, odd, accepted = (
        torch_zip(pickled(CALL)),
        pickled(named("mylib.model", "Net") + b"0"),
        pickled(named("mylib.model", "Other") + b"0"),
    )
    oid = hashlib.sha256(accepted).hexdigest()
    table = f'[accepted.{oid}]\nglobals = ["*"]\nreason = "ours"\n'
    repo.stage(".pmgit.toml", f'storage = "{storage}"\n{table}')
    repo.commit("Accept one")
    repo.stage("other/unsafe.pt", unsafe)
    repo.stage("other/odd.pkl", odd)
    repo.stage("other/accepted.pkl", accepted)
    repo.commit("Add three")
    if where == "older":
        repo.stage("a.txt", "a\n")
        repo.commit("Go on")
    repo.paste(fix_of(push(repo)))
    tracked = repo.git("ls-files", "other").split()
    assert tracked == ["other/accepted.pkl", "other/odd.pkl"]
    assert repo.git("log", "--format=", "--name-only", "HEAD", "--", "other/unsafe.pt") == ""
    assert (repo.path / "other/unsafe.pt").read_bytes() == unsafe
    assert push(repo).code == 0
