"""What is published: a wheel that holds the package and nothing else, and works where it lands."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from pmgit import __version__
from tests.e2e.conftest import ROOT, UV, blamed
from tests.kit import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Shared
    from tests.kit import Repo
    from tests.weights import Weights

SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"
FILE = "pretrained_model/silero-vad/silero_vad_16k.safetensors"


@pytest.fixture(scope="session")
def wheel(shared: Shared, clone: Path) -> Path:
    """The wheel, built from a clone with hatchling."""
    there = shared.folder / "wheel"

    def make() -> None:
        # The clone is left as it is: other tests install from it.
        shutil.copytree(clone, shared.folder / "source", ignore=shutil.ignore_patterns(".git"))
        shutil.copy(ROOT / "pyproject.toml", shared.folder / "source")
        # As installers have it built, uv in the last of these tests: in a third of the time.
        shared.run(
            sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", there,
            cwd=shared.folder / "source",
        )  # fmt: skip

    shared.once("wheel", make)
    (found,) = there.glob("*.whl")
    return found


@pytest.fixture
def installed(shared: Shared, wheel: Path, tmp_path: Path) -> Path:
    """The programs of an environment that holds the wheel, and nothing that it depends on."""
    there = tmp_path / "installed"
    shared.run(sys.executable, "-m", "venv", "--without-pip", there)
    python = there / SCRIPTS / "python"
    shared.run(BIN / UV, "pip", "install", "-q", "--python", python, "--no-deps", wheel)
    return there / SCRIPTS


def test_the_wheel_holds_the_package_alone(wheel: Path, clone: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pmgit"}
    assert len(tops) == 2
    source = clone / "src"
    wanted = {
        file.relative_to(source).as_posix()
        for file in (source / "pmgit").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in names if name.startswith("pmgit/")} == wanted


def test_the_wheel_names_its_programs_and_its_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = next(n for n in archive.namelist() if n.endswith("/METADATA")).rpartition("/")[0]
        programs = archive.read(f"{info}/entry_points.txt").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
        assert f"{info}/licenses/LICENSE" in archive.namelist()
    assert "pmgit = pmgit.cli:main" in programs
    assert "pmgit-hook = pmgit.hook:run" in programs
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata


def test_the_hook_needs_nothing_else(
    shared: Shared, installed: Path, repo: Repo, weights: Weights
) -> None:
    """`pmgit-hook` works in an environment without click, GitPython, pathspec or the Hub; `pmgit
    check` needs click, and finds all that is data in the wheel.
    """
    version = repo.run([str(installed / "pmgit-hook"), "--version"])
    assert (version.code, version.out) == (0, f"pmgit {__version__}\n"), version
    assert repo.run([str(installed / "python"), "-c", "import click"]).code == 1
    repo.stage("a.txt", "a\n")
    clean = repo.run([str(installed / "pmgit-hook"), "pre-commit"])
    assert (clean.code, clean.out, clean.err) == (0, "", ""), clean
    repo.stage(FILE, weights.safetensors)
    found = repo.run([str(installed / "pmgit-hook"), "pre-commit"])
    assert found.code == 1, found
    assert found.err == ""
    assert blamed(found) == {"tracked-weights", "missing-info"}

    shared.run(
        BIN / UV, "pip", "install", "-q", "--python", installed / "python", "--no-deps", "click"
    )
    program = str(installed / "pmgit")
    shown = repo.run([program, "--version"])
    assert (shown.code, shown.out) == (0, f"pmgit {__version__}\n"), shown
    found = repo.run([program, "check", "--host", "github"])
    assert found.code == 1, found
    assert "tracked-weights" in found.out
    assert repo.run([program, "explain", "GH001"]).out.startswith("GitHub refuses a file")
    page = repo.run([program, "explain", "tracked-weights"])
    assert page.code == 0, page
    assert page.out.startswith("tracked-weights (size, error)\n")


def test_the_source_distribution_builds_the_same_wheel(
    shared: Shared, wheel: Path, tmp_path: Path
) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path / "sdist")],
        cwd=shared.folder / "source", env=shared.env, capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made
    (archive,) = (tmp_path / "sdist").glob("*.tar.gz")
    shared.run(
        BIN / UV, "build", "-q", "--wheel", "--no-build-isolation", "--python", sys.executable,
        "-o", tmp_path / "again", archive,
    )  # fmt: skip
    (again,) = (tmp_path / "again").glob("*.whl")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
