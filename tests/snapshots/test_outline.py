"""The outline of large folders: the same as Git says of them, in every state of an index."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pmgit.snapshots import outline, staged
from pmgit.snapshots.base import STAGED, Snapshot
from tests.kit import Repo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pmgit.git.blob import Blob

ROOTS = ("m", "é[*]")
NOTE = "INFO.md"


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "MANY", -1)


def noted(repo: Repo) -> set[str]:
    """The folders with an INFO.md, as plain git tells them."""
    listed = repo.git("ls-files", "-s", "-z").split("\0")
    empty = repo.git("hash-object", "--stdin").strip()
    found = set()
    for line in listed[:-1]:
        (mode, oid, stage), path = line.partition("\t")[0].split(" "), line.partition("\t")[2]
        folder, _, name = path.rpartition("/")
        inside = folder.startswith(tuple(f"{root}/" for root in ROOTS))
        if (name, stage) == (NOTE, "0") and inside and mode.startswith("100") and oid != empty:
            found.add(folder)
    return found


@pytest.mark.parametrize("shape", ["born", "unborn", "conflict"])
def test_it_agrees_with_a_listing(here: Repo, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if shape != "unborn":
        here.stage_all(
            dict.fromkeys(
                (
                    "m/a/INFO.md",
                    "m/a/b/c",
                    "m/gone/INFO.md",
                    "m/org/x/INFO.md",
                    "m/loose",
                    "m/loose-gone",
                    "m/folder",
                    "m-x/a",
                    "é[*]/a/INFO.md",
                    "é[*]/b/x",
                    "f",
                    "m/both/INFO.md",
                    "éx/a/INFO.md",
                    "m/link/INFO.md",
                ),
                "old\n",
            )
        )
        commit = here.commit()
        here.git("update-index", "--add", "--cacheinfo", f"160000,{commit},m/sub")
        here.git("rm", "-q", "m/gone/INFO.md", "m/loose-gone", "m/folder")
    if shape == "conflict":
        here.commit()
        here.git("checkout", "-q", "-b", "side")
        here.stage("m/both/INFO.md", "side\n")
        here.commit()
        here.git("checkout", "-q", "main")
        here.stage("m/both/INFO.md", "main\n")
        here.commit()
        here.git("merge", "side", code=1)
    here.stage_all(
        dict.fromkeys(
            ("m/a/0", "m/new/INFO.md", "m/folder/in", "m/INFO.md", "é[*]/new", "f", "zz"), "new\n"
        )
    )
    here.stage("m/empty/INFO.md", "")
    target = here.git("rev-parse", ":f").strip()
    here.git("update-index", "--add", "--cacheinfo", f"120000,{target},m/link/INFO.md")
    here.write("m/announced/INFO.md", "content")
    here.git("add", "-N", "m/announced/INFO.md")
    for few in (400, 0):
        monkeypatch.setattr(outline, "_FOLDERS", few)
        snapshot = staged.Start("f", "gone", roots=ROOTS, note=NOTE).finish()
        made = snapshot.outline(ROOTS[:1], NOTE)
        assert made is snapshot.outline(ROOTS, NOTE)
        assert made is not None
        asked = Snapshot(snapshot.repository, STAGED, [], [])
        same(snapshot.listing("f", "gone"), asked.listing("f", "gone"))
        for roots in (ROOTS, ROOTS[:1]):
            expected = asked.listing(*roots)
            tops = {top_of(path) for path in expected}
            assert tops <= made.names(roots)
            below = made.below(sorted(tops), roots)
            assert below is not None
            same(below, expected)
            some = made.below(["m/a"], roots)
            assert some is not None
            loose = {p: b for p, b in expected.items() if p == top_of(p) or top_of(p) == "m/a"}
            same(some, loose)
        assert made.noted == noted(here)
        assert ("m/both" in made.noted) == (shape == "born")


def same(found: Mapping[str, Blob], expected: Mapping[str, Blob]) -> None:
    assert {p: repr(b) for p, b in found.items()} == {p: repr(b) for p, b in expected.items()}
    assert list(found) == sorted(found)


def top_of(path: str) -> str:
    return "/".join(path.split("/")[:2])


@pytest.mark.parametrize("shape", ["sha1", "sha256", "split", "4", "sparse", "announced"])
def test_an_index_of_any_shape(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    init = ("--object-format=sha256",) if shape == "sha256" else ()
    repo = Repo(tmp_path / "r", env, init=init)
    monkeypatch.chdir(repo.path)
    repo.stage_all(
        {
            path: f"of {path}\n"
            for path in (
                "m/a/INFO.md",
                "m/a/INFO.md.x/y",
                "m/b/xINFO.md",
                "m/org/m/c/INFO.md",
                "INFO.md",
                "x/m/d/INFO.md",
                "m/INFO.md",
                "m/é \n/INFO.md",
                "mm/e/INFO.md",
                "m/f/INFO.md/g",
            )
        }
    )
    repo.stage("m/empty/INFO.md", "")
    repo.write(b"m/\xff/INFO.md", "bytes\n")
    repo.git("add", "-A")
    repo.commit()
    if shape == "split":
        repo.git("update-index", "--split-index")
        repo.stage("m/later/INFO.md", "x\n")
    elif shape == "4":
        repo.git("update-index", "--index-version", "4")
    elif shape == "sparse":
        repo.git("sparse-checkout", "init", "--cone", "--sparse-index")
        repo.git("sparse-checkout", "set", "x")
    elif shape == "announced":
        repo.write("m/z/INFO.md", "x")
        repo.git("add", "-N", "m/z/INFO.md")
    made = staged.take().outline(ROOTS, NOTE)
    assert made is not None
    assert made.noted == noted(repo) != set()


def test_where_head_cannot_be_read_all_is_listed(here: Repo) -> None:
    here.stage_all({"m/a/INFO.md": "x\n", "m/b/y": "y\n"})
    here.commit()
    here.stage("m/b/z", "z\n")
    tree = here.git("rev-parse", "HEAD:m/b").strip()
    snapshot = staged.Start("f", roots=ROOTS, note=NOTE).finish()
    made = snapshot.outline(ROOTS, NOTE)
    assert made is not None
    (here.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    assert made.below(["m/b"], ROOTS) is None
    assert subprocess.run(["git", "ls-files"], check=True, cwd=here.path).returncode == 0
