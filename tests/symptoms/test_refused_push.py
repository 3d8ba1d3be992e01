"""Pushes that a server refuses with GitHub's words, and every way out that is printed for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit import Repo, isolated_environment, weights_bytes
from tests.lfs_server import LfsServer
from tests.symptoms.reading import explain, way, ways

pytestmark = pytest.mark.usefixtures("quick_hooks")

NAME = "data/a b'c$.bin"
CONTENT = weights_bytes(5000)

#: Refuses blobs of over 2000 bytes in new commits, as GitHub does those of over 100 MiB.
LARGE_FILES = r"""#!/bin/sh
while read old new ref; do
  bad=$(git rev-list --objects "$new" --not --all | while read oid path; do
    test "$(git cat-file -t "$oid")" = blob || continue
    test "$(git cat-file -s "$oid")" -gt 2000 || continue
    echo "error: File $path is 206.69 MB; this exceeds GitHub's file size limit of 100.00 MB"
  done)
  test -z "$bad" && continue
  echo "error: Trace: 21ff46e210b311f3" >&2
  printf '%s\n' "$bad" >&2
  echo "error: GH001: Large files detected. You may want to try Git Large File Storage." >&2
  exit 1
done
"""
UNKNOWN_OBJECTS = r"""#!/bin/sh
test -e uploaded && exit 0
echo "error: GH008: Your push referenced at least 1 unknown Git LFS object:" >&2
echo "error:     4665dccb33083259ba3ed8f5ac805776a55d3abc89340645937543999294576a" >&2
echo "error: Try to push them with 'git lfs push --all'." >&2
exit 1
"""

FIX = "what pmgit objects to"
IN_LFS, IN_LFS_ANY = "keep it, in Git LFS (it", "keep it, in Git LFS (in any"
OUT, OUT_ANY = "leave it out, on disk only", "leave it out (in any"


def remote(folder: Path, env: dict[str, str], script: str) -> Path:
    there = folder / "remote.git"
    Repo(there, env, init=("--bare",))
    hook = there / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(script)
    hook.chmod(0o755)
    return there


def begin(folder: Path, which: str) -> Path:
    """A folder with a repository whose push is refused: the file is in the last commit or not."""
    env = isolated_environment(folder / "home")
    there = remote(folder, env, LARGE_FILES)
    repo = Repo(folder / "repo", env)
    repo.git("remote", "add", "origin", str(there))
    repo.stage_all(
        {"a.txt": "a\n", ".pmgit.toml": "[rules.oversized-blob]\nmax-file-size = 2000\n"}
    )
    repo.commit("Begin")
    repo.git("push", "-q", "-u", "origin", "main")
    repo.stage_all({NAME: CONTENT, "b.txt": "b\n"})
    repo.commit("Add the file")
    if which == "earlier":
        repo.stage("c.txt", "c\n")
        repo.commit("Go on")
    push = repo.run(["git", "push"])
    assert push.code != 0
    assert "pre-receive hook declined" in push.err
    (folder / "said").write_text(push.err)
    return folder


def copy_of(begun: Path, tmp_path: Path) -> Repo:
    """A copy of it, with a remote of its own."""
    shutil.copytree(begun, tmp_path / "copy", symlinks=True)
    repo = Repo(tmp_path / "copy/repo", isolated_environment(tmp_path / "home"), init=None)
    repo.git("remote", "set-url", "origin", str(tmp_path / "copy/remote.git"))
    # What `git commit` opens; and no proof by a push (tests/init/test_lfs_proof.py).
    repo.env |= {"GIT_EDITOR": "sh -c 'echo Together >\"$0\"'", "PMGIT_LFS_SETUP_PROOF": "0"}
    return repo


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return begin(tmp_path_factory.mktemp("last"), "last")


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return begin(tmp_path_factory.mktemp("earlier"), "earlier")


@pytest.fixture
def stuck(earlier: Path, tmp_path: Path) -> Repo:
    """The file is in an earlier commit of those that are refused."""
    return copy_of(earlier, tmp_path)


@pytest.fixture
def stuck_at_last(last: Path, tmp_path: Path) -> Repo:
    """It is in the last one."""
    return copy_of(last, tmp_path)


def told(repo: Repo) -> str:
    return (repo.path.parent / "said").read_text()


@pytest.mark.parametrize("words", [FIX, IN_LFS_ANY, OUT_ANY])
def test_every_way_out_lets_the_push_through(words: str, stuck: Repo) -> None:
    is_the_way_out(words, stuck)


@pytest.mark.parametrize("words", [FIX, IN_LFS, IN_LFS_ANY, OUT, OUT_ANY])
def test_every_way_out_of_the_last_commit(words: str, stuck_at_last: Repo) -> None:
    """Two of them say that they are for this alone."""
    is_the_way_out(words, stuck_at_last)


def is_the_way_out(words: str, stuck: Repo) -> None:
    before = stuck.git("rev-parse", "HEAD")
    shown = explain(stuck, told(stuck))
    assert f"\n  {NAME} (206.69 MB)\n" in shown.out
    assert stuck.sh(way(shown, "see more")).code == 1
    done = stuck.sh_at_terminal(way(shown, words))
    assert done.code == 0, done

    push = stuck.run(["git", "push"])
    assert push.code == 0, push
    # Nothing is lost: not on disk, and not of the other files in the history.
    assert (stuck.path / NAME).read_bytes() == CONTENT
    assert stuck.git("show", "origin/main:b.txt") == "b\n"
    tracked = stuck.git("ls-files", "-z", "--", "data")
    assert (tracked == f"{NAME}\0") is (words in (IN_LFS, IN_LFS_ANY))
    if words in (IN_LFS, IN_LFS_ANY):
        objects = stuck.path.parent / "remote.git/lfs/objects"
        assert [f.read_bytes() for f in objects.rglob("*") if f.is_file()] == [CONTENT]
    if words in (IN_LFS_ANY, OUT_ANY):
        assert stuck.git("rev-parse", "PMGIT_HEAD") == before


def test_the_way_back(stuck: Repo) -> None:
    before = stuck.git("rev-parse", "HEAD")
    shown = explain(stuck, told(stuck))
    for words in (IN_LFS_ANY, OUT_ANY):
        (back,) = [
            when.rpartition("back: ")[2].rstrip(")") for when in ways(shown) if words in when
        ]
        assert stuck.sh(way(shown, words)).code == 0
        assert stuck.git("rev-parse", "HEAD") != before
        done = stuck.sh(back)
        assert done.code == 0, done
        assert stuck.git("rev-parse", "HEAD") == before
        assert stuck.git("diff", "HEAD", "--", "a.txt", "b.txt") == ""
        assert (stuck.path / NAME).read_bytes() == CONTENT


def test_a_dirty_work_tree_stops_the_rewrite(stuck: Repo) -> None:
    """`git lfs migrate` would throw the change away."""
    before = stuck.git("rev-parse", "HEAD")
    stuck.write("a.txt", "my work\n")
    done = stuck.sh(way(explain(stuck, told(stuck)), IN_LFS_ANY))
    assert done.code != 0
    assert "a.txt" in done.out
    assert stuck.git("rev-parse", "HEAD") == before
    assert (stuck.path / "a.txt").read_text() == "my work\n"


def test_an_untracked_file_stops_the_rewrite_before_git_lfs_asks(stuck: Repo) -> None:
    """It would ask whether to throw everything away that is not committed."""
    stuck.write("mine.txt", "my work\n")
    line = way(explain(stuck, told(stuck)), IN_LFS_ANY)
    done = stuck.sh_at_terminal(line, "y\n")
    assert done.code != 0
    assert done.out == "?? mine.txt\n"
    assert stuck.git("rev-parse", "--verify", "-q", "PMGIT_HEAD", code=1) == ""


def test_pmgit_fix_comes_first(stuck: Repo) -> None:
    lines = [*ways(explain(stuck, told(stuck))).values()]
    assert lines[1] == "pmgit fix"
    assert all("git lfs migrate" not in line for line in lines[:2])


def test_without_an_upstream_only_what_works_is_printed(stuck: Repo) -> None:
    stuck.git("branch", "--unset-upstream")
    shown = explain(stuck, told(stuck))
    assert way(shown, "see more") == "pmgit check --all --host github"
    assert [line for line in ways(shown).values() if "upstream" in line] == []
    assert len(ways(shown)) == 5


def test_from_a_subfolder(stuck: Repo) -> None:
    """Servers name files from the top of the repository."""
    inside = Repo(stuck.path / "data", stuck.env, init=None)
    done = inside.sh(way(explain(inside, told(stuck)), OUT_ANY))
    assert done.code == 0, done
    assert inside.run(["git", "push"]).code == 0


def test_objects_that_github_has_not_got(lfs_repo: Repo, tmp_path: Path) -> None:
    """GH008: the upload that is printed brings every object, and the push is taken."""
    there = remote(tmp_path, lfs_repo.env, UNKNOWN_OBJECTS)
    path = "pretrained_model/bert/model.safetensors"
    with LfsServer() as server:
        lfs_repo.git("config", "lfs.url", server.url)
        lfs_repo.git("remote", "add", "hub", str(there))
        lfs_repo.stage(path, CONTENT)
        lfs_repo.commit()
        push = lfs_repo.run(["git", "push", "--no-verify", "hub", "HEAD"])
        assert push.code != 0
        shown = explain(lfs_repo, push.err)
        assert shown.out.startswith("GitHub has not got the Git LFS objects")
        upload = way(shown, "upload what is in this clone")
        assert upload == "git lfs push --all hub && git push hub HEAD"
        refused = lfs_repo.sh(upload)
        assert refused.code != 0  # the stand-in does not look itself
        assert list(server.objects.values()) == [CONTENT]
        (there / "uploaded").touch()
        assert lfs_repo.sh(upload).code == 0


def test_a_declined_push_without_any_reason(repo: Repo) -> None:
    text = " ! [remote rejected] main -> main (pre-receive hook declined)\n"
    shown = explain(repo, text)
    assert shown.out.startswith("A hook of the server has refused the push\n")
    more = explain(repo, "remote: error: GH013: Repository rule violations found\n" + text)
    assert "A hook of the server" not in more.out
