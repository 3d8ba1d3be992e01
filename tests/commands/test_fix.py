"""`pmgit fix`: what it makes anew, what it leaves alone, what it refuses, and the way back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.kit import Repo, pointer, weights_bytes

if TYPE_CHECKING:
    from pathlib import Path

BERT = "pretrained_model/bert"
WEIGHTS = f"{BERT}/model.safetensors"
BIG = weights_bytes(120_000, seed=3)
#: A configuration by which less is too large, so that no test has to hash megabytes.
SMALL = '[rules.oversized-blob]\nmax-file-size = "100 kB"\nmax-weights-size = "100 kB"\n'
#: What no shell, no pathspec and no attribute line may read.
HOSTILE = ["a b.pt", "quo'te.pt", '"x".pt', "$(touch PWNED).pt", "-rf.pt", "[a].pt", "*.pt",
           "modèle.pt", "line\nbreak.pt", ":(exclude)x.pt", "back\\slash.pt", "#x.pt", "!x.pt",
           "tab\t.pt", "w\udcff.pt"]  # fmt: skip


@pytest.fixture
def pushed(repo: Repo) -> Repo:
    """A clone of a bare repository that has its first commit, with a described model."""
    repo.push_first(BERT)
    return repo


def several(repo: Repo) -> str:
    """Weights in the first of several unpushed commits, one of them a merge; the tip's id.

    The first has what is staged, too. By one process, where git takes eleven.
    """
    by = "Test <test@example.invalid> 1767225600 +0000"
    ada = by.replace("Test", "Ada").replace("test@", "ada@")
    message = "Add bert\n\n  with a body  \n#not a comment\n"

    def commit(mark: int, text: str, *lines: str, author: str = by) -> bytes:
        head = (f"mark :{mark}", f"author {author}", f"committer {by}", f"data {len(text)}")
        return "\n".join(("commit refs/heads/main", *head, text, *lines, "")).encode()

    def data(path: str, content: bytes) -> bytes:
        return b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(content), content)

    head, tree = repo.git("rev-parse", "HEAD").strip(), repo.git("write-tree").strip()
    stream = (
        commit(1, message, f"from {head}", f'M 040000 {tree} ""'), data(WEIGHTS, BIG),
        commit(2, "On the side\n", "from :1", author=ada), data("side.txt", b"side\n"),
        commit(3, "On main\n", "from :1"), data("main.txt", b"main\n"),
        commit(4, "Merge branch 'side'\n", "from :3", "merge :2"), data("side.txt", b"side\n"),
    )  # fmt: skip
    repo.git("fast-import", "--quiet", "--force", stdin=b"".join(stream))
    repo.git("reset", "-q", "--hard")
    return repo.git("rev-parse", "HEAD").strip()


def sign(repo: Repo) -> None:
    """Give the last commit a header like that of a signature."""
    head, end, message = repo.git("cat-file", "commit", "HEAD").partition("\n\n")
    head += "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n tree of old\n -----END PGP SIGNATURE-----"
    signed = (head + end + message).encode()
    made = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed)
    repo.git("reset", "-q", "--soft", made.strip())


def raw(repo: Repo, ref: str) -> str:
    """The commits without what has to change: trees and ids."""
    return repo.git("log", "--format=%an %ae %ad %cn %ce %cd %B %e", "--topo-order", ref)


def biggest(repo: Repo, *revisions: str) -> int:
    """The size of the biggest blob that these commits bring."""
    names = repo.git("rev-list", "--objects", "--no-object-names", *revisions)
    sizes = repo.git("cat-file", "--batch-check=%(objectsize)", stdin=names.encode())
    return max(map(int, sizes.split()))


def everything(repo: Repo) -> tuple[str, ...]:
    """Refs, index and status: what a refusal leaves as it was."""
    return (repo.git("for-each-ref"), repo.git("ls-files", "-s"), repo.git("status", "--porcelain"),
            repo.git("rev-parse", "HEAD"))  # fmt: skip


def test_several_commits_are_made_anew_and_undone(pushed: Repo) -> None:
    repo, tip = pushed, several(pushed)
    before, old = everything(repo), raw(repo, "HEAD")
    shown = repo.pmgit("fix", "--dry-run")
    assert shown.code == 1, shown
    assert "makes 4 commits of main anew (unpushed, so nobody else is affected)" in shown.out
    refused = repo.pmgit("fix")
    assert refused.code == 2, refused
    assert "makes 4 commits of main anew" in refused.out
    assert everything(repo) == before

    done = repo.pmgit("fix", "--yes")
    assert done.code == 0, done
    assert biggest(repo, "HEAD") < 10_000
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert raw(repo, "HEAD~1") == old
    assert repo.git("log", "-1", "--format=%P", "HEAD~1").count(" ") == 1  # still a merge
    assert repo.git("status", "--porcelain") == ""
    assert repo.git("merge-base", "HEAD", "origin/main") == repo.git("rev-parse", "origin/main")
    assert repo.git("fsck", "--strict", "--no-dangling") == ""
    again = repo.pmgit("fix")
    assert (again.code, again.out) == (0, "nothing to fix\n")

    back = repo.pmgit("fix", "--undo")
    assert back.code == 0, back
    assert repo.git("rev-parse", "HEAD").strip() == tip
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert everything(repo) == before
    nothing = repo.pmgit("fix", "--undo")
    assert (nothing.code, nothing.out) == (0, "nothing to undo: no backup of main\n")


def test_into_git_lfs(pushed: Repo) -> None:
    """Pointers, and the attributes that cover them, in every commit; the files stay raw."""
    repo = pushed
    repo.stage(".pmgit.toml", 'storage = "lfs"\n')
    several(repo)
    done = repo.pmgit("fix", "--yes")
    assert done.code == 0, done
    assert biggest(repo, "HEAD") < 10_000
    for commit in repo.git("rev-list", "origin/main..HEAD").split():
        assert repo.blob(WEIGHTS, commit).startswith(b"version https://git-lfs")
        assert b"filter=lfs" in repo.blob(".gitattributes", commit)
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert repo.git("status", "--porcelain") == ""
    assert repo.pmgit("fix", "--undo").code == 0
    assert repo.git("status", "--porcelain") == ""
    assert not (repo.path / ".gitattributes").exists()


def test_into_git_lfs_while_a_small_file_lies_there(pushed: Repo) -> None:
    """Of another branch: git-lfs 3.6 takes no more than 1024 bytes, when it is told the path."""
    repo = pushed
    repo.git("switch", "-q", "-c", "weights")
    repo.stage(".pmgit.toml", 'storage = "lfs"\n')
    for path in (WEIGHTS, "a.txt"):
        repo.stage(path, BIG if path == WEIGHTS else "a\n")
        repo.commit()
    repo.git("switch", "-q", "main")
    repo.write(WEIGHTS, "small\n")
    done = repo.pmgit("fix", "--yes", "--range", "weights")
    assert done.code == 0, done
    assert repo.blob(WEIGHTS, "weights") == pointer(BIG)
    assert (repo.path / WEIGHTS).read_bytes() == b"small\n"


def test_the_filters_are_set_once_for_all_files(repo: Repo) -> None:
    """For files that are staged raw and not on disk, each of which has a fix of its own."""
    repo.stage(".gitattributes", "*.pt filter=lfs\n")
    contents = {f"{number}.pt": weights_bytes(1000, number) for number in range(3)}
    repo.stage_blobs(contents)
    done = repo.pmgit("fix", "missing-pointer")
    assert (done.code, done.err.count("$ git lfs install")) == (0, 1), done
    assert {path: repo.blob(path) for path in contents} == {
        path: pointer(content) for path, content in contents.items()
    }


@pytest.mark.parametrize("storage", ["ignore", "lfs"])
def test_hostile_names(storage: str, pushed: Repo) -> None:
    repo = pushed
    repo.stage(".pmgit.toml", f'storage = "{storage}"\n')
    repo.stage(".gitattributes", '# it\'s "mine"\n*.txt text')
    for number, name in enumerate(HOSTILE):
        repo.write(f"{BERT}/{name}", BIG + bytes([number % 3]))
    repo.git("add", "-A")
    repo.commit("Add them all")
    repo.stage("a.txt", "a\n")
    repo.commit("Go on")
    sign(repo)
    done = repo.pmgit("fix", "--yes", "size")
    assert done.code == 0, done
    assert biggest(repo, "HEAD") < 10_000
    for number, name in enumerate(HOSTILE):
        assert (repo.path / BERT / name).read_bytes() == BIG + bytes([number % 3])
    assert repo.git("status", "--porcelain", "-uno") == ""
    fixed, attributes = repo.git("log", "--format=%H"), (repo.path / ".gitattributes").read_bytes()

    # Done once more, it makes the very same commits.
    assert repo.pmgit("fix", "--undo").code == 0
    assert (repo.path / ".gitattributes").read_bytes() != attributes or storage == "ignore"
    assert repo.pmgit("fix", "--yes", "size").code == 0
    assert repo.git("log", "--format=%H") == fixed
    assert biggest(repo, "HEAD") < 10_000
    assert (repo.path / ".gitattributes").read_bytes() == attributes
    assert repo.git("status", "--porcelain", "-uno") == ""
    assert not list(repo.path.rglob("PWNED"))


def test_a_moved_and_a_changed_file(pushed: Repo) -> None:
    """The same blob under another name goes too; a version that may be there stays."""
    repo = pushed
    repo.stage(".pmgit.toml", SMALL)
    repo.stage("data/video.mp4", b"\0" * 110_000)
    repo.commit("Add a video")
    repo.git("mv", "data/video.mp4", "video.mp4")
    repo.commit("Move it")
    repo.stage("video.mp4", b"small\n")
    repo.commit("Make it small")
    assert repo.pmgit("fix", "--yes").code == 0
    assert biggest(repo, "HEAD") < 10_000
    assert repo.blob("video.mp4", "HEAD") == b"small\n"
    assert repo.git("log", "--format=%s", "-3").split("\n")[:3] == [
        "Make it small", "Move it", "Add a video",
    ]  # fmt: skip


def test_a_file_that_grew_is_what_it_was_before(pushed: Repo) -> None:
    """It does not leave Git: colleagues would lose it at their next pull."""
    repo = pushed
    repo.stage(".pmgit.toml", SMALL)
    repo.stage("data.txt", "small\n")
    repo.commit("Small")
    repo.git("push", "-q")
    grown = [weights_bytes(110_000, seed=number) for number in (1, 2)]
    for content in grown:
        repo.stage("data.txt", content)
        repo.commit("Grow")
    repo.stage("b.txt", "b\n")
    tip = repo.commit("More")
    done = repo.pmgit("fix", "--yes")
    assert done.code == 0, done
    fixed = repo.git("rev-parse", "HEAD").strip()
    assert biggest(repo, "origin/main..HEAD") < 1000
    assert repo.blob("data.txt") == b"small\n"
    assert (repo.path / "data.txt").read_bytes() == grown[1]
    assert repo.git("status", "--porcelain") == " M data.txt\n"
    assert repo.pmgit("fix", "--undo").code == 0
    assert repo.git("rev-parse", "HEAD").strip() == tip.strip()
    assert repo.git("status", "--porcelain") == ""
    assert repo.pmgit("fix", "--yes").code == 0
    assert repo.git("rev-parse", "HEAD").strip() == fixed


def test_the_same_blob_on_two_sides_with_line_ends_of_windows(pushed: Repo) -> None:
    """What was cherry-picked came in twice, and .gitattributes ends its lines as it did."""
    repo = pushed
    repo.git("config", "core.autocrlf", "true")
    repo.stage(".gitattributes", b"* text=auto\r\n")
    repo.stage(".pmgit.toml", 'storage = "lfs"\n')
    repo.commit("Set up")
    repo.git("checkout", "-q", "-b", "side")
    repo.stage(WEIGHTS, BIG)
    repo.commit("Add bert")
    repo.git("checkout", "-q", "main")
    repo.stage("a.txt", "a\n")
    repo.commit("Go on")
    repo.git("cherry-pick", "side")
    repo.git("merge", "-q", "--no-edit", "side")
    done = repo.pmgit("fix", "--yes", "size")
    assert done.code == 0, done
    assert "makes 3 commits of main anew" in done.out
    assert "main: 3 commits made anew" in done.out
    assert biggest(repo, "HEAD") < 10_000
    assert repo.git("status", "--porcelain") == ""
    text = (repo.path / ".gitattributes").read_bytes()
    assert text.startswith(b"* text=auto\r\n")
    assert text.count(b"\r\n") == text.count(b"\n") > 1
    assert repo.pmgit("fix", "--undo").code == 0
    assert (repo.path / ".gitattributes").read_bytes() == b"* text=auto\r\n"


def test_what_is_in_the_way_is_refused(pushed: Repo) -> None:
    repo = pushed
    repo.stage(".pmgit.toml", 'storage = "lfs"\n')
    several(repo)

    def is_refused(code: int, words: str) -> None:
        before, files = everything(repo), repo.contents()
        refused = repo.pmgit("fix", "--yes", "size")
        assert refused.code == code, refused
        assert words in refused.out + refused.err
        assert everything(repo) == before
        assert repo.contents() == files

    repo.write("main.txt", "an edit\n")
    is_refused(3, "hint: ")
    repo.write("main.txt", "main\n")
    repo.write(".gitattributes", "*.txt text\n")
    is_refused(3, "hint: ")
    (repo.path / ".gitattributes").unlink()
    repo.stage("new.txt", "new\n")
    is_refused(3, "hint: ")
    repo.git("rm", "-q", "--cached", "new.txt")
    # In the middle of a rebase there is a finding, and no plan for it.
    (repo.path / ".git/rebase-merge").mkdir()
    is_refused(1, "finish or abort the rebase")


def test_trees_as_other_programs_write_them(pushed: Repo) -> None:
    """Modes with zeros in front, which Git reads: folders and files are found all the same."""
    repo = pushed

    def stored(kind: str, data: bytes) -> bytes:
        asked = ("hash-object", "-t", kind, "-w", "--literally", "--stdin")
        return bytes.fromhex(repo.git(*asked, stdin=data).strip())

    info = bytes.fromhex(repo.git("rev-parse", f":{BERT}/INFO.md").strip())
    text = stored("blob", b"x")
    model = b"0100644 INFO.md\0" + info + b"0100664 model.safetensors\0" + stored("blob", BIG)
    untouched = stored("tree", b"0100644 a\0" + text)
    models = stored("tree", b"040000 bert\0" + stored("tree", model))
    top = b"00100644 a\0" + text + b"040000 pretrained_model\0" + models
    tree = stored("tree", top + b"040000 z\0" + untouched)
    tip = repo.git("commit-tree", "-p", "HEAD", "-m", "Foreign", tree.hex()).strip()
    repo.git("reset", "-q", "--hard", tip)
    assert [f["path"] for f in repo.check("--range", "origin/main..")] == [WEIGHTS]
    done = repo.pmgit("fix", "--yes")
    assert done.code == 0, done
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert biggest(repo, "HEAD") < 10_000
    assert repo.git("rev-parse", "HEAD:z").strip() == untouched.hex()
    fixed = repo.git("rev-parse", "HEAD~1")
    assert repo.pmgit("fix", "--undo").code == 0
    assert repo.pmgit("fix", "--yes").code == 0
    assert fixed in repo.git("log", "--format=%H")


def test_a_touched_file_is_no_change(pushed: Repo) -> None:
    several(pushed)
    os.utime(pushed.path / "main.txt", (1, 1))
    assert pushed.pmgit("fix", "--yes").code == 0


def test_undo_refuses_when_work_went_on(pushed: Repo) -> None:
    repo, tip = pushed, several(pushed)
    assert repo.pmgit("fix", "--yes").code == 0
    repo.write("main.txt", "an edit\n")
    dirty = repo.pmgit("fix", "--undo")
    assert dirty.code == 3, dirty
    repo.git("add", "main.txt")
    repo.commit("Work on")
    now = everything(repo)
    refused = repo.pmgit("fix", "--undo")
    assert refused.code == 3, refused
    assert f"git reset --mixed refs/pmgit/backup/{tip[:12]}/main" in refused.err
    assert everything(repo) == now


def test_a_branch_that_is_not_checked_out(pushed: Repo, tmp_path: Path) -> None:
    repo, tip = pushed, several(pushed)
    repo.git("branch", "stacked")
    repo.git("checkout", "-q", "--detach", "origin/main")
    before = repo.git("status", "--porcelain")
    done = repo.pmgit("fix", "--yes", "--range", "main")
    assert done.code == 0, done
    assert repo.git("status", "--porcelain") == before
    assert biggest(repo, "main") < 10_000
    assert repo.git("rev-parse", "stacked").strip() == tip
    # The same commits are made of another branch that has them: what is stacked stays so.
    assert repo.pmgit("fix", "--yes", "--range", "stacked").code == 0
    assert repo.git("rev-parse", "stacked") == repo.git("rev-parse", "main")
    # Where another work tree has it, its index would no longer fit.
    repo.git("branch", "-f", "stacked", tip)
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"), "stacked")
    refused = repo.pmgit("fix", "--yes", "--range", "stacked")
    assert refused.code == 3, refused
    assert "is checked out in" in refused.err
    unknown = repo.pmgit("fix", "--range", "nowhere")
    assert unknown.code == 2, unknown


def test_a_detached_head_is_moved_and_no_branch(pushed: Repo) -> None:
    repo, tip = pushed, several(pushed)
    repo.git("checkout", "-q", "--detach")
    assert repo.pmgit("fix", "--yes").code == 0
    assert biggest(repo, "HEAD") < 10_000
    assert repo.git("rev-parse", "main").strip() == tip
    assert repo.git("symbolic-ref", "-q", "HEAD", code=1) == ""
    assert repo.pmgit("fix", "--undo").code == 0
    assert repo.git("rev-parse", "HEAD").strip() == tip


def test_from_the_root_on_and_without_a_remote(env: dict[str, str], tmp_path: Path) -> None:
    """With ids of SHA-256."""
    repo = Repo(tmp_path / "new", env, init=("--object-format=sha256",))
    repo.stage(WEIGHTS, BIG)
    repo.commit("Begin with weights")
    repo.stage("a.txt", "a\n")
    repo.commit("Go on")
    done = repo.pmgit("fix", "--yes", "tracked-weights")
    assert done.code == 0, done
    assert biggest(repo, "HEAD") < 10_000
    assert repo.git("fsck", "--strict", "--no-dangling") == ""
    assert repo.git("rev-list", "--count", "--max-parents=0", "HEAD").strip() == "1"


def test_signatures_are_dropped_and_said(pushed: Repo) -> None:
    """A signature of other content would be a wrong one."""
    repo = pushed
    repo.stage(WEIGHTS, BIG)
    repo.commit("Signed")
    text = repo.git("cat-file", "commit", "HEAD")
    signed = text.replace("\n\n", "\ngpgsig -----BEGIN\n \n abc\n -----END\n\n", 1)
    oid = repo.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=signed.encode()).strip()
    repo.git("reset", "-q", "--soft", oid)
    repo.stage("a.txt", "a\n")
    repo.commit("Go on")
    done = repo.pmgit("fix", "--yes")
    assert done.code == 0, done
    assert "1 signature" in done.out
    assert "gpgsig" not in repo.git("cat-file", "commit", "HEAD~2")


def test_a_shallow_clone_is_refused(pushed: Repo, tmp_path: Path) -> None:
    several(pushed)
    pushed.git("push", "-q", "origin", "main")
    pushed.git("clone", "-q", "--depth=1", pushed.path.parent.joinpath("remote.git").as_uri(),
               str(tmp_path / "shallow"))  # fmt: skip
    shallow = Repo(tmp_path / "shallow", pushed.env, init=None)
    shallow.git("remote", "remove", "origin")
    before = everything(shallow)
    found = shallow.pmgit("fix", "--yes", "size")
    assert found.code == 1, found
    assert "git fetch --unshallow" in found.out
    assert everything(shallow) == before


def test_a_submodule_stays(pushed: Repo, tmp_path: Path) -> None:
    other = Repo(tmp_path / "other", pushed.env)
    other.stage("a.txt", "a\n")
    other.commit()
    pushed.git("submodule", "--quiet", "add", str(other.path), "sub")
    several(pushed)
    (pushed.path / "sub/a.txt").write_text("work in the submodule\n")
    assert pushed.pmgit("fix", "--yes").code == 0
    assert pushed.git("ls-tree", "HEAD", "sub").startswith("160000")
    assert (pushed.path / "sub/a.txt").read_text() == "work in the submodule\n"


def test_what_is_staged_comes_first(pushed: Repo) -> None:
    repo = pushed
    repo.stage(WEIGHTS, BIG)
    done = repo.pmgit("fix")
    assert done.code == 0, done  # safe: it does not ask
    assert WEIGHTS not in repo.staged()
    assert (repo.path / WEIGHTS).read_bytes() == BIG


def test_what_is_staged_is_not_all(pushed: Repo) -> None:
    """Fixed is what is staged; the branch is still bad, and that is printed with its own fix."""
    repo = pushed
    several(repo)
    repo.stage(f"{BERT}/other.safetensors", BIG[:110_000])
    done = repo.pmgit("fix")
    assert done.code == 1, done
    assert "no findings are left in what is staged\n" in done.out
    assert done.fixes == ["pmgit fix --range main tracked-weights"]
    repo.commit("Ignore weights", "--allow-empty")
    assert repo.sh_at_terminal(done.fixes[0]).code == 0
    assert repo.pmgit("fix").out == "nothing to fix\n"


def test_a_new_commit_that_a_hook_refuses(pushed: Repo) -> None:
    """The branch is mended all the same, how to go on is printed, and undo knows the way back."""
    repo = pushed
    tip = several(repo)
    hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho no; exit 1\n")
    hook.chmod(0o755)
    done = repo.pmgit("fix", "--yes")
    assert done.code == 3, done
    line = "git commit -q -m 'Fix tracked-weights'"
    assert done.err.endswith(f"mend what its output names, then: {line}\n")
    assert biggest(repo, "HEAD") < 10_000
    assert ".gitignore" in repo.staged()
    hook.unlink()
    repo.paste(line)
    repo.git("reset", "-q", "--soft", "HEAD~1")
    repo.git("reset", "-q", "--hard")
    assert repo.pmgit("fix", "--undo").code == 0
    assert repo.git("rev-parse", "HEAD").strip() == tip


def test_wrong_usage_and_nothing_to_fix(pushed: Repo) -> None:
    assert pushed.pmgit("fix", "--undo", "size").code == 2
    assert pushed.pmgit("fix", "no-such-rule").code == 2
    assert pushed.pmgit("fix").out == "nothing to fix\n"
