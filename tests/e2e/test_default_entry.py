"""The entry as `pmgit init` writes it when nothing else is asked for: the tool builds pmgit's
environment by itself, from a package index.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import UV, blamed, commit, printed_fixes, without_pmgit
from tests.e2e.test_wheel import wheel
from tests.kit import BIN, Repo

if TYPE_CHECKING:
    from tests.e2e.conftest import Shared

__all__ = ["wheel"]

FILE = "pretrained_model/gpt2/model.bin"


@pytest.fixture(scope="session")
def index(shared: Shared, wheel: Path) -> Path:
    """A folder of packages with pmgit's wheel in it, which says that it depends on nothing: the
    hook does not, and 14 MB need not be downloaded for every run of this.
    """
    folder = shared.folder / "index"

    def make() -> None:
        folder.mkdir()
        with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(folder / wheel.name, "w") as new:
            for name in old.namelist():
                data = old.read(name)
                if name.endswith(".dist-info/METADATA"):
                    lines = data.splitlines(keepends=True)
                    data = b"".join(x for x in lines if not x.startswith(b"Requires-Dist: "))
                new.writestr(name, data)

    shared.once("index", make)
    return folder


@pytest.mark.parametrize(
    ("framework", "name"), [("pre-commit", ".pre-commit-config.yaml"), ("prek", "prek.toml")]
)
def test_the_tool_builds_it_and_it_judges(
    repo: Repo, shared: Shared, index: Path, framework: str, name: str
) -> None:
    if framework == "prek":
        repo.write(name, "# ours\n")
    done = repo.pmgit("init", "--yes")
    assert done.code == 0, done
    assert "pmgit==" in (repo.path / name).read_text()
    assert f"proved: {framework} accepts {name}" in done.out
    # From here on as on a machine that has the tool only.
    names = ("PIP_CACHE_DIR", "PIP_NO_COMPILE", "PRE_COMMIT_HOME", "PREK_HOME", "UV_CACHE_DIR")
    repo.env.update({name: shared.env[name] for name in names})
    links = f"{index} {repo.env.get('PIP_FIND_LINKS', '')}".strip()
    repo.env.update(PIP_FIND_LINKS=links, UV_FIND_LINKS=str(index))
    tools = repo.path.parent / "tools"
    tools.mkdir()
    (tools / UV).symlink_to(BIN / UV)
    (tools / framework).symlink_to(BIN / framework)
    repo.env["PATH"] = f"{tools}:{without_pmgit(repo.env['PATH'])}"
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
