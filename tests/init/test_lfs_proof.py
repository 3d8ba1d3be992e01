"""The proof of `pmgit lfs-setup`: samples are pushed to a remote, and arrive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kit import Repo, Result

BERT = "pretrained_model/bert"


def setup(repo: Repo, *args: str, code: int = 0, env: dict[str, str] | None = None) -> Result:
    result = repo.pmgit("lfs-setup", *args, env=env)
    assert result.code == code, result
    assert "Traceback" not in result.err
    return result


def fake(repo: Repo, script: str) -> dict[str, str]:
    """An environment whose git-lfs does something else for `$1`, and is the real one otherwise."""
    real = repo.sh("command -v git-lfs").out.strip()
    tool = repo.path.parent / "tools" / "git-lfs"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\n{script}\nexec {real} "$@"\n')
    tool.chmod(0o755)
    return {"PATH": f"{tool.parent}:{repo.env['PATH']}"}


def outside(repo: Repo) -> dict[str, bytes]:
    """What lies beside the repository, and what its own store and configuration hold."""
    found = [*repo.path.parent.rglob("*"), *(repo.path / ".git/lfs").rglob("*")]
    inside = [file for file in found if repo.path not in file.parents or "lfs" in file.parts]
    return {str(file): file.read_bytes() for file in inside if file.is_file()}


def test_a_sample_of_each_pattern_arrives(repo: Repo) -> None:
    repo.write("a b.bin", 300)
    result = setup(repo, "--pattern", "a b.bin", "--pattern", "*.PT", "--pattern", "*.pt")
    assert "proved: a sample of each of 3 patterns was pushed" in result.out
    assert "its object arrived at the remote" in result.out
    # Also when there is nothing to do.
    assert 'sample of "/a b.bin" was pushed' in setup(repo, "--pattern", "a b.bin").out


def test_patterns_of_every_form(repo: Repo) -> None:
    patterns = ["q[1].bin", "*.b[aeiou]n", "a[[:space:]]*.bin", "#x.bin", "?.pt", "data/**",
                "\\!x", "*"]  # fmt: skip
    repo.write("q[1].bin", 300)
    out = setup(repo, *(word for pattern in patterns for word in ("--pattern", pattern))).out
    assert f"proved: a sample of each of {len(patterns)} patterns was pushed" in out


def test_samples_that_would_lie_in_each_other(repo: Repo) -> None:
    out = setup(repo, "--pattern", "data", "--pattern", "data/**", "--pattern", "*.PT").out
    assert "proved: a sample of each of 3 patterns" in out


def test_nothing_is_left_behind(repo: Repo, tmp_path: Path) -> None:
    setup(repo, "--no-proof")
    (tmp_path / "temporary").mkdir()
    before = outside(repo)
    setup(repo, env={"TMPDIR": str(tmp_path / "temporary")})
    assert outside(repo) == before
    assert list((tmp_path / "temporary").iterdir()) == []


def test_it_can_be_left_out(repo: Repo) -> None:
    assert "sample" not in setup(repo, "--no-proof", env=fake(repo, "test $1 != pre-push")).out


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("test $1 = pre-push && exit 0", "its object did not arrive"),
        ("test $1 = pre-push && { echo no luck >&2; exit 2; }", "no luck"),
        ("test $1 = filter-process && exit 1; test $1 = clean && exec cat", "git add"),
    ],
)
def test_a_failure_says_that_the_set_up_stands(repo: Repo, script: str, why: str) -> None:
    env = fake(repo, script)
    result = setup(repo, "--pattern", "*.pt", code=3, env=env)
    assert "the set-up stands, but it is not proved: " in result.err
    assert why in result.err
    assert "hint: see: git lfs env; without this proof: pmgit lfs-setup --no-proof" in result.err
    assert "*.pt filter=lfs" in (repo.path / ".gitattributes").read_text()
    assert "sample" not in result.out


def test_a_configuration_that_would_lead_elsewhere(repo: Repo, tmp_path: Path) -> None:
    for line in (
        "lfs.url https://lfs.example.invalid",
        "lfs.pushurl https://lfs.example.invalid",
        f"lfs.storage {tmp_path}/shared",
        "lfs.standalonetransferagent none",
        "lfs.locksverify true",
        "commit.gpgSign true",
        "push.gpgSign true",
        "core.excludesFile /dev/null",
        f"core.hooksPath {tmp_path}/hooks",
        "protocol.file.allow never",
        "remote.pushDefault elsewhere",
        "core.autocrlf true",
    ):
        repo.git("config", "--global", *line.split(" ", 1))
    repo.git("config", "--global", "--remove-section", "user")
    hook = repo.write("../hooks/pre-commit", f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
    hook.chmod(0o755)
    before = Path(repo.env["GIT_CONFIG_GLOBAL"]).read_bytes()
    assert "was pushed" in setup(repo, "--pattern", "*.pt", env={"GIT_LFS_SKIP_PUSH": "1"}).out
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "shared").exists()
    assert Path(repo.env["GIT_CONFIG_GLOBAL"]).read_bytes() == before


def test_in_a_repository_of_sha_256(repo: Repo, tmp_path: Path) -> None:
    from tests.kit import Repo as Other

    other = Other(tmp_path / "sha256", repo.env, init=("--object-format=sha256",))
    assert "was pushed" in setup(other, "--pattern", "*.pt").out
