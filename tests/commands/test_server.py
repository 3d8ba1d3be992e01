"""`pmgit server install`: the hook of a server, what was there before, and the way back."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.kit import Repo, Result

if TYPE_CHECKING:
    from pathlib import Path

THEIRS = "#!/bin/sh\ncat >>theirs\n[ ! -e stop ]\n"


@pytest.fixture
def bare(tmp_path: Path, env: dict[str, str]) -> Repo:
    """A bare repository without hooks."""
    return Repo(tmp_path / "a server's.git", env, init=("--bare",))


def install(repo: Repo, *args: str, code: int = 0) -> Result:
    done = repo.pmgit("server", "install", *args)
    assert done.code == code, done
    return done


def tree(folder: Path) -> dict[str, object]:
    """Everything about the files of a folder that undo must bring back."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = os.readlink(path) if path.is_symlink() else ""
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes().hex()
        times = status.st_mtime_ns if path.is_file() else 0
        found[str(path.relative_to(folder))] = (status.st_mode, content, times)
    return found


def pushes(bare: Repo, clone: Repo, path: str, content: str | int) -> Result:
    clone.stage(path, content)
    clone.commit()
    return clone.run(["git", "push", "-q", str(bare.path), "HEAD:main"])


def test_a_bare_repository(bare: Repo, tmp_path: Path) -> None:
    before = tree(bare.path)
    shown = install(bare, ".", "--dry-run")
    assert "would write " in shown.out
    assert tree(bare.path) == before
    done = install(bare, ".")
    assert "write " in done.out
    assert (
        "proved: a push of raw weights to a copy is refused, judged by pmgit's defaults" in done.out
    )
    after = tree(bare.path)
    assert set(after) - set(before) == {"hooks", "hooks/pre-receive"}
    again = install(bare, ".")
    assert "nothing to do" in again.out
    assert tree(bare.path) == after
    clone = Repo(tmp_path / "clone", bare.env)
    assert pushes(bare, clone, "a.txt", "a\n").code == 0
    refused = pushes(bare, clone, "pretrained_model/bert/m.bin", 2000)
    assert refused.code == 1
    assert "tracked-weights" in refused.err
    install(bare, ".", "--undo", "--dry-run")
    assert (bare.path / "hooks/pre-receive").exists()
    install(bare, ".", "--undo")
    assert not (bare.path / "hooks").exists()
    assert "nothing to undo" in install(bare, ".", "--undo").out


@pytest.mark.parametrize("kind", ["file", "link", "not executable"])
def test_a_hook_that_is_there_is_kept_and_run_last(kind: str, bare: Repo, tmp_path: Path) -> None:
    hook = bare.path / "hooks/pre-receive"
    hook.parent.mkdir()
    if kind == "link":
        (tmp_path / "their-hook").write_text(THEIRS)
        (tmp_path / "their-hook").chmod(0o755)
        hook.symlink_to("../../their-hook")
    else:
        hook.write_text(THEIRS)
        hook.chmod(0o640 if kind == "not executable" else 0o750)
    before = tree(bare.path / "hooks")
    if kind == "file":
        install(bare, ".")  # and changed afterwards
    told = install(bare, ".", "--gitlab").out
    assert ("it does not run" in told) == (kind == "not executable"), told
    clone = Repo(tmp_path / "clone", bare.env)
    refused = pushes(bare, clone, "pretrained_model/bert/m.bin", 2000)
    assert refused.code == 1
    assert "GL-HOOK-ERR: pretrained_model/bert/m.bin: tracked-weights" in refused.err
    assert not (bare.path / "theirs").exists(), "ours comes first"
    clone.git("rm", "-q", "--cached", "pretrained_model/bert/m.bin")
    clone.stage("a.txt", "a\n")
    clone.git("commit", "-q", "--amend", "-m", "fine")
    assert pushes(bare, clone, "b.txt", "b\n").code == 0
    if kind == "not executable":
        assert not (bare.path / "theirs").exists(), "Git would not have run it either"
    else:
        tip = clone.git("rev-parse", "HEAD").strip()
        assert (bare.path / "theirs").read_text() == f"{'0' * 40} {tip} refs/heads/main\n"
        (bare.path / "stop").touch()
        assert pushes(bare, clone, "c.txt", "c\n").code == 1, "theirs may refuse as before"
    install(bare, ".", "--undo")
    assert tree(bare.path / "hooks") == before


@pytest.mark.parametrize("where", ["pre-receive.d", "custom_hooks", "common", "gitea"])
def test_folders_of_hooks(where: str, bare: Repo, tmp_path: Path) -> None:
    """What the server runs one after the other; the hook stands alone there."""
    folder = tmp_path / where
    hook = folder / "pmgit"
    if where == "gitea":
        folder = bare.path
        hook = bare.path / "hooks/pre-receive.d/pmgit"
        (bare.path / "hooks/pre-receive.d").mkdir(parents=True)
        theirs = bare.path / "hooks/pre-receive"
        theirs.write_text('#!/bin/sh\nfor hook in "hooks/${0##*/}.d/"*; do "$hook"; done\n')
        theirs.chmod(0o755)
    else:
        folder.mkdir()
        if where != "pre-receive.d":
            hook = folder / "pre-receive"
    before = tree(folder)
    install(bare, str(folder))
    assert os.access(hook, os.X_OK)
    assert hook.read_bytes().startswith(b"#!/bin/sh\n# pmgit server hook ")
    assert {*tree(folder)} - {*before} == {str(hook.relative_to(folder))}
    install(bare, str(folder), "--undo")
    assert tree(folder) == before


def test_a_folder_of_hooks_that_nothing_runs_is_no_place(bare: Repo, tmp_path: Path) -> None:
    (bare.path / "hooks/pre-receive.d").mkdir(parents=True)
    assert "hooks/pre-receive\n" in install(bare, ".").out
    clone = Repo(tmp_path / "clone", bare.env)
    refused = pushes(bare, clone, "pretrained_model/bert/m.bin", 2000)
    assert "tracked-weights" in refused.err
    assert "nothing to do" in install(bare, ".").out


def test_a_hook_that_somebody_has_changed_stays(bare: Repo) -> None:
    install(bare, ".")
    hook = bare.path / "hooks/pre-receive"
    hook.write_text(hook.read_text() + "# mine\n")
    for args in ((), ("--undo",), ("--gitlab",)):
        done = install(bare, ".", *args, code=3)
        assert "was changed since pmgit wrote it" in done.err
    assert hook.read_text().endswith("# mine\n")


def test_nothing_that_is_there_is_overwritten(bare: Repo, tmp_path: Path) -> None:
    hooks = bare.path / "hooks"
    hooks.mkdir()
    (hooks / "pre-receive").write_text(THEIRS)
    (hooks / "pre-receive.before-pmgit").write_text("somebody's\n")
    assert "exists already" in install(bare, ".", code=3).err
    folder = tmp_path / "pre-receive.d"
    folder.mkdir()
    (folder / "pmgit").write_text("somebody's\n")
    assert "exists already" in install(bare, str(folder), code=3).err
    assert (folder / "pmgit").read_text() == "somebody's\n"
    assert [path.name for path in folder.iterdir()] == ["pmgit"]


def test_the_configuration_of_the_server(bare: Repo, tmp_path: Path) -> None:
    config = tmp_path / "the 'rules'.toml"
    config.write_text('models = ["nets"]\n')
    done = install(bare, ".", "--config", str(config))
    assert "judged by the configuration of this server" in done.out
    clone = Repo(tmp_path / "clone", bare.env)
    assert "tracked-weights" in pushes(bare, clone, "nets/bert/m.bin", 2000).err
    config.write_text('ignore = ["size", "info"]\n')
    done = install(bare, ".", "--config", str(config), code=3)
    assert "not installed: raw weights would not be refused" in done.err
    config.write_text('ignore = ["info"]\n[rules.tracked-weights]\nmax-raw-weights = "1 MB"\n')
    done = install(bare, ".", "--config", str(config))
    assert "a push of raw weights (1.0 MB) to a copy is refused" in done.out
    config.write_text('ignore = ["size"]\n')
    done = install(bare, ".", "--config", str(config), code=3)
    assert "raw weights would not be refused" in done.err, "what is refused is another matter"
    config.write_text("modls = 1\n")
    assert "unknown key 'modls'" in install(bare, ".", "--config", str(config), code=2).err
    gone = install(bare, ".", "--config", str(tmp_path / "gone"), code=2)
    assert "is not there" in gone.err


def test_what_the_repository_says_is_what_is_proved(bare: Repo, tmp_path: Path) -> None:
    clone = Repo(tmp_path / "clone", bare.env)
    assert pushes(bare, clone, ".pmgit.toml", 'models = ["nets"]\n').code == 0
    done = install(bare, ".")
    assert "judged by .pmgit.toml of the default branch" in done.out
    bare.write("pmgit.toml", "")
    assert "judged by the configuration of this server" in install(bare, ".").out
    bare.git("config", "pmgit.config", "gone.toml")
    assert "gone.toml is not there" in install(bare, ".", code=2).err


def test_when_pmgit_goes_away_pushes_are_refused(bare: Repo, tmp_path: Path) -> None:
    install(bare, ".")
    hook = bare.path / "hooks/pre-receive"
    text = hook.read_text().replace(sys.executable, str(tmp_path / "gone/python"))
    hook.write_text(text)
    clone = Repo(tmp_path / "clone", {**bare.env, "PATH": f"{tmp_path}:/usr/bin:/bin"})
    refused = pushes(bare, clone, "a.txt", "a\n")
    assert refused.code == 1, refused
    assert "pmgit, which is not where it was" in refused.err
    assert shutil.which("pmgit-hook", path="/usr/bin:/bin") is None


def test_core_hooks_path_is_followed(bare: Repo, tmp_path: Path) -> None:
    (tmp_path / "shared hooks").mkdir()
    bare.git("config", "core.hooksPath", str(tmp_path / "shared hooks"))
    install(bare, ".")
    assert (tmp_path / "shared hooks/pre-receive").exists()
    clone = Repo(tmp_path / "clone", bare.env)
    assert "tracked-weights" in pushes(bare, clone, "pretrained_model/bert/m.bin", 2000).err


def test_what_is_no_server_is_refused(repo: Repo, tmp_path: Path) -> None:
    assert "pmgit init" in install(repo, ".", code=2).err
    assert "there is no folder" in install(repo, "nowhere", code=2).err


def test_a_server_with_sha256_ids(tmp_path: Path, env: dict[str, str]) -> None:
    bare = Repo(tmp_path / "x.git", env, init=("--bare", "--object-format=sha256"))
    assert "proved" in install(bare, ".").out
