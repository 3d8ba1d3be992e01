"""Real errors of git and Git LFS: what `pmgit explain` says of them, and that its commands work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit import BIN, Repo, Result, pointer, weights_bytes
from tests.made_once import made_once
from tests.symptoms.reading import explain, way, ways

pytestmark = pytest.mark.usefixtures("quick_hooks")

NAME = "a b'c$.bin"
CONTENT = weights_bytes(3000)


def said(result: Result) -> str:
    return result.out + result.err


@pytest.fixture
def tracked(repo: Repo) -> Repo:
    """A repository with Git LFS for *.bin and a remote that has its first commit."""
    return made_once(repo, _tracked)


def _tracked(repo: Repo) -> None:
    repo.add_remote("upstream")
    repo.git("lfs", "install", "--local")
    repo.git("lfs", "track", "*.bin")
    repo.git("add", ".gitattributes")
    repo.commit()
    repo.git("push", "-q", "-u", "upstream", "main")


def stored(repo: Repo) -> Path:
    """The folder with the objects of the clone."""
    return repo.path / ".git/lfs/objects"


def lose(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.unlink()


def words(told: dict[str, str]) -> dict[str, list[str]]:
    return {title: sorted(command.split()) for title, command in told.items()}


def test_raw_where_a_pointer_should_be(tracked: Repo) -> None:
    for name in (NAME, "c.bin"):
        tracked.stage_blob(name, CONTENT)
    tracked.commit()
    checkout = tracked.run(["git", "checkout", "--", "."])
    shown = explain(tracked, said(checkout))
    assert f"\n  {NAME}\n  c.bin\n" in shown.out
    fsck = tracked.run(["git", "lfs", "fsck", "--pointers"])
    # It tells the files in another order each time.
    assert words(ways(explain(tracked, said(fsck)))) == words(ways(shown))

    done = tracked.sh(way(shown, "record it as a pointer"))
    assert done.code == 0, done
    assert tracked.blob(NAME, "HEAD") == tracked.blob("c.bin", "HEAD") == pointer(CONTENT)
    assert tracked.git("status", "--short") == ""
    assert tracked.sh(way(shown, "see more")).code == 0


def test_objects_that_are_not_here(tracked: Repo) -> None:
    tracked.stage(NAME, CONTENT)
    tracked.commit()
    lose(stored(tracked))
    refused = tracked.run(["git", "push"])
    assert refused.code != 0
    shown = explain(tracked, said(refused))
    assert f"\n  {NAME}\n" in shown.out
    # Git LFS itself advises this; then the remote has a pointer to nothing.
    assert "git config lfs.allowincompletepush true" not in shown.out

    done = tracked.sh(way(shown, "the file on disk has the content"))
    assert done.code == 0, done
    assert tracked.git("status", "-sb").startswith("## main...upstream/main\n")


def test_an_object_that_the_remote_has_not(tracked: Repo, tmp_path: Path) -> None:
    tracked.stage(NAME, CONTENT)
    tracked.commit()
    tracked.git("push", "-q")
    lose(tmp_path / "remote.git/lfs")
    tracked.git("clone", "-q", str(tmp_path / "remote.git"), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", tracked.env, init=None)
    clone.git("lfs", "install", "--local", "--skip-repo")
    failed = clone.run(["git", "lfs", "pull"])
    assert failed.code != 0
    shown = explain(tracked, said(failed))
    assert NAME in tracked.sh(way(shown, "see more")).out
    done = tracked.sh(way(shown, "in the clone that has the object"))
    assert done.code == 0, done
    clone.git("lfs", "pull")
    assert (clone.path / NAME).read_bytes() == CONTENT


def test_a_clone_that_stopped_half_way(tracked: Repo, tmp_path: Path) -> None:
    """The objects are gone, as with a quota: pointers take their place, nothing is overwritten."""
    tracked.stage_all({NAME: CONTENT, "z.txt": "text\n"})
    tracked.commit()
    tracked.git("push", "-q")
    kept = tmp_path / "kept"
    (tmp_path / "remote.git/lfs").rename(kept)
    there = tmp_path / "clone"
    argv = ["git", "-c", "filter.lfs.smudge=git-lfs smudge -- %f", "-c"]
    argv += ["filter.lfs.clean=git-lfs clean -- %f", "-c", "filter.lfs.required=true", "clone"]
    failed = tracked.run([*argv, str(tmp_path / "remote.git"), str(there)])
    assert failed.code != 0, failed
    shown = explain(tracked, said(failed))
    assert "Git LFS could not put the content of a file in place" in shown.out
    assert NAME in shown.out
    clone = Repo(there, tracked.env, init=None)
    clone.git("config", "filter.lfs.required", "true")
    clone.git("config", "filter.lfs.smudge", "git-lfs smudge -- %f")
    clone.git("config", "filter.lfs.clean", "git-lfs clean -- %f")
    clone.write("mine.txt", "written meanwhile\n")
    done = clone.sh(way(shown, "finish the checkout"))
    assert done.code == 0, done
    assert (there / NAME).read_bytes() == pointer(CONTENT)
    assert (there / "z.txt").read_text() == "text\n"
    assert (there / "mine.txt").read_text() == "written meanwhile\n"
    assert clone.git("status", "--short") == "?? mine.txt\n"
    assert "The remote has the pointer, and not its object\n" in shown.out

    shutil.copytree(kept, tmp_path / "remote.git/lfs", dirs_exist_ok=True)
    done = clone.sh(way(shown, "afterwards"))
    assert done.code == 0, done
    assert (there / NAME).read_bytes() == CONTENT


def test_a_text_that_is_no_pointer(tracked: Repo) -> None:
    broken = pointer(CONTENT)[:-40]
    argv = ["git", "lfs", "pointer", "--check", "--stdin"]
    text = said(tracked.run(argv, stdin=broken)) or (
        'Pointer file error: Unable to parse pointer at: "x.bin"'
    )
    tracked.stage_blob("x.bin", broken)
    shown = explain(tracked, text)
    found = tracked.sh(way(shown, "see more"))
    assert "x.bin: m" in found.out


def test_a_hook_is_there_already(repo: Repo) -> None:
    repo.write(".git/hooks/pre-push", "#!/bin/sh\ncat >/dev/null; echo mine\n").chmod(0o755)
    failed = repo.run(["git", "lfs", "install", "--local"])
    assert failed.code != 0
    shown = explain(repo, said(failed))
    assert "--force" in shown.out
    assert not any("--force" in line for line in ways(shown).values())
    repo.git("commit", "-q", "--allow-empty", "-m", "x")
    done = repo.sh(f"{way(shown, 'run both hooks')} --yes --hooks native")
    assert done.code == 0, done
    chain = (repo.path / ".git/hooks/pre-push").read_text()
    assert "pmgit" in chain


def test_a_negative_pattern(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n!a.bin filter=lfs\n")
    repo.write("a.bin", "x\n")
    warned = repo.run(["git", "check-attr", "filter", "a.bin"])
    shown = explain(repo, said(warned))
    assert repo.sh(way(shown, "which lines")).out == ".gitattributes:2:!a.bin filter=lfs\n"
    assert "dead-attribute" in repo.sh(way(shown, "see more")).out


def test_pre_commit_refuses_and_migrates(repo: Repo) -> None:
    repo.write(".pre-commit-config.yaml", "repos: []\n")
    repo.write(".git/hooks/pre-push", "#!/bin/sh\n").chmod(0o755)
    kept = repo.run([str(BIN / "pre-commit"), "install", "-t", "pre-push"])
    shown = explain(repo, said(kept))
    assert shown.out.startswith("pre-commit has kept a hook that was there, and runs it first\n")
    repo.git("config", "core.hooksPath", "my-hooks")
    refused = repo.run([str(BIN / "pre-commit"), "install"])
    shown = explain(repo, said(refused))
    assert repo.sh(way(shown, "see more")).out == "file:.git/config\tmy-hooks\n"
    assert "--unset" not in shown.out
