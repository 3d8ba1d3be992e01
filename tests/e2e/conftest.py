"""The project as others get it: a clean clone, and the environments that hook tools build from it.

An environment takes seconds to build, so each is built once for all workers of a test run. Only
this needs the package registry.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.kit import BIN, Repo, Result, isolated_environment

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
UV = "uv.exe" if sys.platform == "win32" else "uv"
FAMILIES = ("size", "lfs", "naming", "info")
#: Where pmgit is "hosted": Git takes the clone in its place (`Shared.host`).
ADDRESS = "https://git.example.invalid/pmgit.git"


class Shared:
    """A folder that all workers of one test run share; each thing in it is made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: What has every tool build, download and unpack things once for all tests.
        self.caches = {
            "PIP_CACHE_DIR": str(folder / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # 0, as pip reads it: with 1 it compiles 1,800 files of each environment, for 4 s.
            "PIP_NO_COMPILE": "0",
            "PRE_COMMIT_HOME": str(folder / "pre-commit"),
            "PREK_HOME": str(folder / "prek"),
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            # Where virtualenv, with which pre-commit builds, unpacks pip: else in each HOME.
            "VIRTUALENV_OVERRIDE_APP_DATA": str(folder / "virtualenv"),
            # That pip is linked, so that Python compiles it once for all of them: 1.5 s each.
            "VIRTUALENV_SYMLINK_APP_DATA": "1",
            # Else it has two processes look for a newer pip and setuptools beside every build.
            "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
        }
        self.env = {**isolated_environment(folder / "home"), **self.caches}

    @property
    def uv(self) -> Path:
        """A folder with uv alone, by which prek builds; without it prek would download one."""
        folder = self.folder / "uv"

        def make() -> None:
            folder.mkdir()
            (folder / UV).symlink_to(BIN / UV)

        self.once("uv-link", make)
        return folder

    def host(self, env: dict[str, str]) -> None:
        """Have the Git of this HOME find the clone at ADDRESS."""
        source = (self.folder / "clone").as_uri()
        with open(Path(env["HOME"], ".gitconfig"), "a", encoding="utf-8") as file:
            file.write(f'[url "{source}"]\n\tinsteadOf = {ADDRESS}\n')

    def once(self, name: str, make: Callable[[], object]) -> None:
        """Call `make` unless some worker has done so; wait while one does."""
        done = self.folder / f"{name}.done"
        with FileLock(self.folder / f"{name}.lock"):
            if not done.exists():
                make()
                done.touch()

    def run(self, *argv: str | Path, cwd: Path | None = None) -> str:
        """The output of a program that must succeed."""
        done = subprocess.run(
            argv, cwd=cwd or self.folder, env=self.env, capture_output=True, check=False
        )
        out = done.stdout.decode("utf-8", "replace")
        assert done.returncode == 0, (argv, out, done.stderr.decode("utf-8", "replace"))
        return out


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "e2e"
    folder.mkdir(exist_ok=True)
    return Shared(folder)


#: What pmgit depends on and nothing here needs: 25 MB in 19 packages, for each environment. That
#: pip installs these, too, shows the environment of the tests.
UNUSED = re.compile(r'(?m)^  "(gitpython|huggingface_hub|rich)[<>=].*\n')


@pytest.fixture(scope="session")
def clone(shared: Shared) -> Path:
    """A repository with this checkout as its one commit: what is tracked, and what is new.

    It depends on less, so that environments of it are built in half of the time.
    """
    there = shared.folder / "clone"

    def make() -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        )  # fmt: skip
        for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
            # A file may be gone from the work tree, or be written at this moment by an editor.
            if (ROOT / name).is_file():
                (there / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, there / name)
        project = there / "pyproject.toml"
        text, count = UNUSED.subn("", project.read_text(encoding="utf-8"))
        assert count == 3
        project.write_text(text, encoding="utf-8")
        shared.run("git", "init", "-q", there)
        # Hook tools, pip and uv fetch all of it, again and again: nothing is to be made smaller.
        shared.run("git", "config", "core.compression", "0", cwd=there)
        shared.run("git", "config", "pack.window", "0", cwd=there)
        shared.run("git", "add", "-A", cwd=there)
        shared.run("git", "commit", "-q", "-m", "The project", cwd=there)

    shared.once("clone", make)
    return there


@dataclass
class Tool:
    """pre-commit or prek, with the environment of pmgit that it built from the clone."""

    name: str
    shared: Shared = field(repr=False)
    rev: str
    env: dict[str, str] = field(repr=False)
    #: A repository that `guard` has prepared with the id `pmgit`, to be copied.
    template: Path
    #: The folder with its program.
    programs: Path = BIN

    @property
    def program(self) -> str:
        return str(self.programs / self.name)

    def run(self, repo: Repo, *args: str, env: dict[str, str] | None = None) -> Result:
        return repo.run([self.program, *args], env=env)

    def config(self, *ids: str) -> str:
        """The configuration that names these hooks of the clone."""
        hooks = "".join(f"      - id: {hook}\n" for hook in ids)
        return (
            "default_install_hook_types: [pre-commit, pre-merge-commit]\n"
            f"repos:\n  - repo: {ADDRESS}\n    rev: {self.rev}\n    hooks:\n{hooks}"
        )

    def guard(self, repo: Repo, config: str = "") -> None:
        """Commit the configuration to the repository and install the tool's Git hooks."""
        repo.env.update(self.env)
        self.shared.host(repo.env)
        repo.write(".pre-commit-config.yaml", config or self.config("pmgit"))
        repo.git("add", ".pre-commit-config.yaml")
        repo.commit("Guard the repository")
        installed = self.run(repo, "install")
        assert installed.code == 0, installed


def without_pmgit(path: str) -> str:
    """A PATH on which pmgit is not found, as on a machine that has only the hook tool."""
    name = "pmgit.exe" if sys.platform == "win32" else "pmgit"
    folders = path.split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not Path(folder, name).exists())


@pytest.fixture(params=["pre-commit", "prek"])
def tool(request: pytest.FixtureRequest, shared: Shared, clone: Path) -> Tool:
    """A hook tool on a machine without any other pmgit; its environment is built."""
    rev = shared.run("git", "rev-parse", "HEAD", cwd=clone).strip()
    path = f"{shared.uv}{os.pathsep}{without_pmgit(shared.env['PATH'])}"
    env = {**shared.caches, "PATH": path}
    tool = Tool(request.param, shared, rev, env, shared.folder / f"{request.param}-template")

    def make() -> None:
        builder = Repo(shared.folder / f"{tool.name}-builder", {**shared.env, **env})
        shared.host(builder.env)
        builder.write(".pre-commit-config.yaml", tool.config("pmgit"))
        built = tool.run(builder, "install-hooks")
        assert built.code == 0, built
        tool.guard(Repo(tool.template, dict(shared.env)))

    shared.once(tool.name, make)
    return tool


def commit(repo: Repo, *args: str, env: dict[str, str] | None = None) -> Result:
    """Commit with the hooks; Git sends what they print to standard error."""
    return repo.run(["git", "commit", "-q", "-m", "work", *args], env=env)


def printed_fixes(result: Result) -> list[str]:
    """The fixes among what a commit printed; prek indents what a hook says."""
    lines = [line.lstrip(" ") for line in (result.out + result.err).splitlines()]
    return [line.removeprefix("fix: ") for line in lines if line.startswith("fix: ")]


def blamed(result: Result) -> set[str]:
    """The rules that a commit named."""
    text = result.out + result.err
    lines = [line for line in text.splitlines() if "Why: " in line]
    return {rule for line in lines for rule in line.partition("pmgit explain ")[2].split()}
