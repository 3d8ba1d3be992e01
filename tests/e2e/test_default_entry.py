"""The entry as `pmgit init` writes it when nothing else is asked for: it depends on how pmgit was
installed, it is built before it is written, and where that fails the next kind comes.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
from contextlib import contextmanager, redirect_stdout
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import yaml

from pmgit import __version__
from pmgit.cli import main_group
from pmgit.core.errors import PmgitError
from pmgit.core.shell import Shell
from pmgit.doctor.check import ERROR, OK, WARNING
from pmgit.hooks import frameworks, origin
from tests import forked
from tests.doctor.looking import cure, look_at
from tests.e2e.conftest import ADDRESS, UV, Shared, blamed, commit, printed_fixes, without_pmgit
from tests.e2e.test_wheel import SCRIPTS, wheel
from tests.kit import BIN, Repo

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["wheel"]

FILE = "pretrained_model/gpt2/model.bin"
USUAL = ".pre-commit-config.yaml"
OLD = "0.0.7"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def packages(shared: Shared, wheel: Path) -> Path:
    """A package index with two versions of pmgit, which say that they depend on nothing: the hook
    does not, and 14 MB need not be downloaded for every run of this.
    """
    folder = shared.folder / "index" / "pmgit"

    def make() -> None:
        folder.mkdir(parents=True)
        for version in (__version__, OLD):
            name = wheel.name.replace(__version__, version)
            with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(folder / name, "w") as new:
                for path in old.namelist():
                    data = old.read(path)
                    if path.endswith(".dist-info/METADATA"):
                        lines = data.splitlines(keepends=True)
                        data = b"".join(x for x in lines if not x.startswith(b"Requires-Dist: "))
                        data = data.replace(
                            f"Version: {__version__}".encode(), b"Version: %s" % version.encode()
                        )
                    if path.endswith((".dist-info/RECORD", "pmgit/__init__.py")):
                        data = data.replace(__version__.encode(), version.encode())
                    new.writestr(path.replace(f"pmgit-{__version__}.", f"pmgit-{version}."), data)

    shared.once("index", make)
    return folder.parent


@pytest.fixture(scope="session")
def index(packages: Path) -> Iterator[str]:
    """The address of the index."""
    handler = partial(_Quiet, directory=str(packages))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def environment(shared: Shared, name: str, *install: str, by_uv: bool = False) -> Path:
    """The programs of an environment in which pip or uv has installed pmgit, and what it depends
    on from this one.
    """
    there = shared.folder / name

    def make() -> None:
        shared.run(sys.executable, "-m", "venv", "--without-pip", there)
        (packages,) = there.glob("lib/*/site-packages")
        (packages / "zz.pth").write_text(str(Path(pytest.__file__).parent.parent))
        python = there / SCRIPTS / "python"
        if by_uv:
            shared.run(BIN / UV, "pip", "install", "-q", "--python", python, "--no-deps", *install)
            return
        # What it is built with is there, too; the pmgit that is there does not count.
        alone = ("--no-deps", "--no-build-isolation", "--ignore-installed")
        shared.run(
            sys.executable, "-m", "pip", "--python", python, "install", "-q", *alone, *install
        )

    shared.once(name, make)
    return there / SCRIPTS


@pytest.fixture
def from_index(shared: Shared, index: str, packages: Path) -> Path:
    """By uv, which takes a tenth of pip's time: neither leaves a word about where it came from."""
    wanted = ("--index-url", index, f"pmgit=={__version__}")
    return environment(shared, "from-index", *wanted, by_uv=True)


@pytest.fixture
def from_git(shared: Shared, clone: Path) -> Path:
    """From the address where the clone is "hosted", with a token as people have it there."""
    shared.host(shared.env)
    address = ADDRESS.replace("https://", "https://token-4711@")
    with open(Path(shared.env["HOME"], ".gitconfig"), "a", encoding="utf-8") as file:
        file.write(f'[url "{clone.as_uri()}"]\n\tinsteadOf = {address}\n')
    return environment(shared, "from-git", f"git+{address}", by_uv=True)


def on(repo: Repo, shared: Shared, programs: Path, framework: str, address: str = "") -> Repo:
    """The repository on a machine with this pmgit, this framework, and this package index.

    pre-commit is a fork, also in its hooks.
    """
    repo.env.update(shared.caches)
    repo.env.update(PIP_EXTRA_INDEX_URL=address, UV_INDEX=address, NO_PROXY="127.0.0.1")
    tools = repo.path.parent / "tools"
    tools.mkdir()
    (tools / UV).symlink_to(BIN / UV)
    forks = forked.programs("pre-commit") if framework == "pre-commit" else ""
    (tools / framework).symlink_to(Path(forks or BIN, framework))
    repo.env["PATH"] = f"{programs}:{tools}:{without_pmgit(repo.env['PATH'])}"
    return repo


def init(repo: Repo, *args: str) -> str:
    done = repo.run(["pmgit", "init", "--yes", *args])
    assert done.code == 0, done
    return done.out


@contextmanager
def installed_from(repo: Repo, url: dict[str, object] | None) -> Iterator[None]:
    """This process in the place of a pmgit beside which an installer wrote this.

    What installers write, and that pmgit finds it, show the tests that start one (`init`).
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repo.path)
        for name in [name for name in os.environ if name not in repo.env]:
            patch.delenv(name)
        for name, value in repo.env.items():
            patch.setenv(name, value)
        patch.setattr(origin, "find", lambda: origin.read(url))
        yield


def init_here(*args: str) -> str:
    """What `pmgit init` prints, in this process."""
    out = io.StringIO()
    with redirect_stdout(out):
        main_group.main(["init", "--yes", *args], standalone_mode=False)
    return out.getvalue()


def hook_of(repo: Repo, name: str = USUAL) -> dict[str, object]:
    item: dict[str, object] = yaml.safe_load((repo.path / name).read_text())["repos"][-1]
    return item


@pytest.mark.parametrize(("framework", "name"), [("pre-commit", USUAL), ("prek", "prek.toml")])
def test_the_version_of_an_index(
    repo: Repo, shared: Shared, index: str, from_index: Path, framework: str, name: str
) -> None:
    """By prek the doctor builds it, too: another version is a warning, one that nobody has an
    error; each with the way out.
    """
    on(repo, shared, from_index, framework, index)
    # What pre-commit installs beside pmgit is a package of nothing: with a setuptools that is
    # there, pip neither downloads one nor sets up a place to build in.
    repo.env.update(VIRTUALENV_SETUPTOOLS="bundle", PIP_NO_BUILD_ISOLATION="0")
    if framework == "prek":
        repo.write(name, "# ours\n")
    out = init(repo)
    assert f"pmgit=={__version__}" in (repo.path / name).read_text()
    assert f"proved: {framework} has built pmgit {__version__} of the package index\n" in out
    assert "proved: a commit of text gets through them" in out
    whole = repo.env["PATH"]
    # From here on as on a machine that has the tool only.
    repo.env["PATH"] = whole.partition(":")[2]
    repo.git("add", "-A")
    first = commit(repo)
    assert first.code == 0, first
    repo.stage(FILE, 2_000_000)
    refused = commit(repo)
    assert (refused.code, blamed(refused)) == (1, {"missing-info", "tracked-weights"})
    fixes = printed_fixes(refused)
    assert fixes
    assert all(f"{shared.folder}/" in fix for fix in fixes if "pmgit" in fix), fixes
    assert sys.prefix not in "".join(fixes)
    if framework == "prek":
        repo.env["PATH"] = whole
        with installed_from(repo, None):
            the_doctor_builds_it_too(repo, repo.path / name)


def the_doctor_builds_it_too(repo: Repo, file: Path) -> None:
    now = file.read_text()
    assert look_at(repo, "pmgit-hook").status == OK
    old = now.replace(f"pmgit=={__version__}", f"pmgit=={OLD}")
    file.write_text(old)
    repo.write("copy", old)  # what is edited is content that goes
    assert (
        f"runs pmgit {OLD} of the package index, and this is "
        in look_at(repo, "pmgit-hook").evidence
    )
    assert cure(repo, "pmgit-hook", WARNING) == "pmgit init --no-system"
    assert file.read_text() == now
    file.write_text(old.replace(OLD, "0.0.9"))
    assert "fails: prek install-hooks failed: " in look_at(repo, "pmgit-hook").evidence
    assert cure(repo, "pmgit-hook", ERROR) == "pmgit init --system"
    assert 'language = "system"' in file.read_text()


def test_no_index_has_it(repo: Repo, shared: Shared, index: str, from_index: Path) -> None:
    """The reason is told, the next kind is written; asked for alone, nothing is."""
    on(repo, shared, from_index, "prek", f"{index}nothing-here/")
    repo.env["PREK_HOME"] = repo.env["HOME"] + "/built"
    with installed_from(repo, None):
        alone = "no entry for prek would work here: prek install-hooks failed: "
        with pytest.raises(PmgitError, match=alone) as refused:
            init_here("--hooks", "prek", "--no-system")
        assert refused.value.exit_code == 3
        assert [p.name for p in repo.path.iterdir()] == [".git"]
        falls_back(repo, "--hooks", "prek")


def test_the_address_does_not_answer(
    repo: Repo, shared: Shared, clone: Path, from_index: Path
) -> None:
    with open(Path(repo.env["HOME"], ".gitconfig"), "a", encoding="utf-8") as file:
        file.write(f'[url "file:///nowhere"]\n\tinsteadOf = {ADDRESS}\n')
    on(repo, shared, from_index, "pre-commit")
    repo.env["PRE_COMMIT_HOME"] = repo.env["HOME"] + "/built"
    with installed_from(repo, of_git("a" * 40)):
        out = falls_back(repo)
    assert "pre-commit install-hooks failed: fatal: '/nowhere' does not appear to be a git" in out


def of_git(commit: str) -> dict[str, object]:
    return {"url": ADDRESS, "vcs_info": {"vcs": "git", "commit_id": commit}}


def falls_back(repo: Repo, *args: str) -> str:
    out = init_here(*args)
    assert "that does not work here: " in out
    assert "so it is the pmgit on the PATH of each user" in out
    assert hook_of(repo)["repo"] == "local"
    assert "language: system" in (repo.path / USUAL).read_text()
    assert "proved: a commit of text gets through them" in out
    assert "nothing to do" in init_here("--dry-run")
    return out


def test_the_commit_of_an_address(
    repo: Repo, shared: Shared, clone: Path, from_git: Path, tmp_path: Path
) -> None:
    """Without the token that it was installed with; `--system` and back; an older Python is asked
    for by the team; and the next clone, first without that address.
    """
    shared.host(repo.env)
    on(repo, shared, from_git, "prek")
    repo.write(USUAL, "default_language_version: {python: python3.8}\nrepos: []\n")
    rev = shared.run("git", "rev-parse", "HEAD", cwd=clone).strip()
    out = init(repo)
    assert f"prek builds pmgit at {rev[:12]} of {ADDRESS}, which may" in out
    assert "4711" not in out + (repo.path / USUAL).read_text()
    item = hook_of(repo)
    assert (item["repo"], item["rev"]) == (ADDRESS, rev)
    whole = (repo.path / USUAL).read_text()
    assert "language_version: python3" in whole
    with installed_from(repo, of_git(rev)):
        init_here("--system")
        assert "language: system" in (repo.path / USUAL).read_text()
        init_here("--no-system")
    assert (repo.path / USUAL).read_text() == whole
    repo.git("add", "-A")
    assert commit(repo).code == 0
    repo.stage(FILE, 2_000_000)
    assert blamed(commit(repo)) == {"missing-info", "tracked-weights"}
    repo.git("rm", "-q", "-f", FILE)
    repo.git("clone", "-q", ".", str(tmp_path / "clone"))
    theirs = Repo(tmp_path / "clone", repo.env, init=None)
    built = theirs.env["PREK_HOME"]
    theirs.env["PREK_HOME"] = str(tmp_path / "prek-home")
    config = Path(repo.env["HOME"], ".gitconfig")
    hosted = config.read_text()
    config.write_text(hosted.partition("[url ")[0])
    lost = theirs.run(["pmgit", "init", "--yes"])
    assert lost.code == 3, lost
    assert "cannot be built here: " in lost.err
    assert "; what was written is taken back\n" in lost.err
    assert "pmgit init --system\n" in lost.err
    assert theirs.git("status", "--short") == ""
    assert not (theirs.path / ".git/hooks/pre-commit").exists()
    config.write_text(hosted)
    theirs.env["PREK_HOME"] = built  # it was built by the first clone
    init(theirs)
    assert theirs.git("status", "--short") == ""
    assert "error" not in theirs.run(["pmgit", "doctor"]).out
    with installed_from(theirs, of_git(rev)):
        config.write_text(hosted.partition("[url ")[0])
        found = look_at(theirs, "pmgit-hook")
        could_not = f"another clone could not build pmgit at {rev[:12]} of"
        assert (found.status, found.evidence.startswith(could_not)) == (WARNING, True), found
        config.write_text(hosted)
        file = theirs.path / USUAL
        file.write_text(file.read_text().replace(rev, "a" * 40))
        found = look_at(theirs, "pmgit-hook")
        assert "every commit fails: prek install-hooks failed: " in found.evidence
        assert (found.status, found.fix and Shell().line(found.fix)) == (
            ERROR,
            "pmgit init --system",
        )
    assert "prek" in (theirs.path / ".git/hooks/pre-commit").read_text()


def test_a_build_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, with all that it has started, and it says so."""
    monkeypatch.setattr(frameworks, "MOST_SECONDS", 0.2)
    mark = tmp_path / "mark"
    script = f"(sleep 0.6; touch '{mark}') & sleep 100"
    with pytest.raises(PmgitError, match="sh was ended after"):
        frameworks.run(["/bin/sh", "-c", script], str(tmp_path), {"PATH": "/usr/bin:/bin"})
    import time

    time.sleep(0.8)
    assert not mark.exists()
