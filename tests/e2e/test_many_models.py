"""A repository with very many models: judged as any other, while a commit reads what it touches."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from pmgit.snapshots import outline
from tests.kit import Repo, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = "pretrained_model"
LARGE = outline.MANY + 1
#: What is read in Python: pmgit-hook's own way to start, with the folders that it lists counted.
COUNTED = """\
import os, sys
listed, scandir = [], os.scandir
def counted(place):
    listed.append(str(place))
    return scandir(place)
os.scandir = counted
sys.argv = ["pmgit-hook", "pre-commit"]
from pmgit.hook import main
code = main()
print(*[place for place in listed if "pretrained_model" in place], sep="\\n", file=sys.stderr)
sys.exit(code)
"""


def many(repo: Repo, count: int = LARGE) -> None:
    """So many models, described and on disk, with ignored weights."""
    repo.write(".gitignore", "*.safetensors\n*.bin\n")
    repo.add_info(f"{ROOT}/old-0")
    info = (repo.path / f"{ROOT}/old-0/INFO.md").read_bytes()
    for number in range(count):
        repo.write(f"{ROOT}/old-{number}/INFO.md", info)
        repo.write(f"{ROOT}/old-{number}/config.json", f'{{"n": {number}}}\n')
        repo.write(f"{ROOT}/old-{number}/model.safetensors", 2000)
    repo.git("add", "-A")
    repo.commit()


def told(repo: Repo) -> list[tuple[str, str, str]]:
    return sorted((f["rule"], f["path"], f["severity"]) for f in repo.check())


# -- the same verdict -----------------------------------------------------------------------------


def _ignored(repo: Repo) -> None:
    for place in ("none", "org/none", "old-0/deep", "sd/unet", "sd/vae", "hub/blobs"):
        repo.write(f"{ROOT}/{place}/model.safetensors", 3000)
    repo.add_info(f"{ROOT}/sd/unet")
    repo.add_info(f"{ROOT}/org/described")
    repo.write(f"{ROOT}/org/described/model.safetensors", 3000)
    repo.commit()


def _parts(repo: Repo) -> None:
    # The model is the folder above, which nobody has described.
    repo.stage(f"{ROOT}/whole/config.json", "{}")
    repo.add_info(f"{ROOT}/whole/onnx")
    repo.commit()
    repo.write(f"{ROOT}/whole/onnx/model.bin", 3000)


def _loose(repo: Repo) -> None:
    repo.stage_blob(f"{ROOT}/known.bin", pointer(b"x"))
    repo.commit()
    repo.write(f"{ROOT}/known.bin", 3000)
    repo.write(f"{ROOT}/loose.bin", 3000)


def _clones(repo: Repo) -> None:
    for place in ("clone", "org/clone", "org/deeper/clone"):
        repo.git("init", "-q", f"{ROOT}/{place}")
    repo.git("init", "-q", "--bare", f"{ROOT}/bare.git")
    repo.git("init", "-q", f"{ROOT}/old-3")


def _index_only(repo: Repo) -> None:
    # Neither is described: one INFO.md is announced, the other one is gone from the index.
    repo.stage_all({f"{ROOT}/gone/INFO.md": "x", f"{ROOT}/gone/config.json": "{}"})
    repo.commit()
    repo.git("rm", "-q", "--cached", f"{ROOT}/gone/INFO.md")
    repo.write(f"{ROOT}/announced/INFO.md", "x")
    repo.git("add", "-N", f"{ROOT}/announced/INFO.md")
    for place in ("gone", "announced"):
        repo.write(f"{ROOT}/{place}/model.safetensors", 3000)


def _case(repo: Repo) -> None:
    repo.stage_blob(f"{ROOT}/OLD-4/vocab.txt", b"x\n")
    repo.stage_blob(f"{ROOT}/old-5/Config.json", b"x\n")
    repo.stage_blob(f"{ROOT}/Old-6", b"x\n")


def _old_model(repo: Repo) -> None:
    # What was there before and is not described: raw weights come, weights leave, one is renamed.
    for name in ("some", "other", "Third_One"):
        repo.stage(f"{ROOT}/{name}/config.json", f'{{"name": "{name}"}}')
        repo.stage_blob(f"{ROOT}/{name}/a.pt", pointer(name.encode()))
    repo.commit()
    repo.stage(f"{ROOT}/some/b.pt", 3000)
    repo.git("rm", "-q", f"{ROOT}/other/a.pt")
    repo.stage(f"{ROOT}/Third_One/c.txt", "text\n")
    repo.git("rm", "-q", "--cached", f"{ROOT}/old-7/INFO.md")
    repo.stage_blob(f"{ROOT}/m/x.pt", pointer(b"m"))


def _cache(repo: Repo) -> None:
    entry = f"{ROOT}/hub/models--org--name"
    repo.stage(f"{entry}/INFO.md", "x")
    repo.commit()
    repo.write(f"{entry}/blobs/abc", 200_000)
    repo.write(f"{ROOT}/datasets/x/data.bin", 3000)
    (repo.path / entry / "snapshots/1").mkdir(parents=True)
    (repo.path / entry / "snapshots/1/model.bin").symlink_to("../../blobs/abc")


@pytest.mark.parametrize(
    "make", [_ignored, _parts, _loose, _clones, _index_only, _case, _old_model, _cache]
)
def test_it_is_judged_as_a_small_one(repo: Repo, make: Callable[[Repo], None]) -> None:
    many(repo, LARGE)
    make(repo)
    repo.stage_all({"code.py": "x = 1\n", f"{ROOT}/old-8/config.json": '{"changed": true}\n'})
    large = told(repo)
    hook = repo.hook("pre-commit")
    # What does not count makes it large.
    for number in range(9, LARGE):
        shutil.rmtree(repo.path / f"{ROOT}/old-{number}")
    assert told(repo) == large
    assert bool(large) == (make is not _cache)  # what lies beside a cache is no model
    assert repo.hook("pre-commit").out == hook.out


# -- what is read ---------------------------------------------------------------------------------


def test_a_commit_reads_what_it_touches(repo: Repo) -> None:
    many(repo)
    (repo.path / f"{ROOT}/old-1/onnx/deep").mkdir(parents=True)
    repo.stage(f"{ROOT}/new/INFO.md", (repo.path / f"{ROOT}/old-0/INFO.md").read_bytes())
    names = [f"{ROOT}/", f"{ROOT}s/"]
    notes = [f"':(top){root}*/INFO.md'" for root in names]
    listed, commands = reads(repo)
    assert listed == {"", "/new"}
    assert sorted(words[-2:] for words in commands) == [notes, names]

    repo.commit()
    repo.stage(f"{ROOT}/old-3/config.json", "{}")
    listed, commands = reads(repo)
    assert listed == {"", "/old-3"}
    assert sorted(words[-2:] for words in commands) == [
        notes, ["--", f"{ROOT}/old-3"], names
    ]  # fmt: skip

    repo.commit()
    repo.stage("code.py", "x = 1\n")
    listed, commands = reads(repo)
    assert listed == {""}
    assert sorted(words[-2:] for words in commands) == [notes, names]


def reads(repo: Repo) -> tuple[set[str], list[list[str]]]:
    """What a clean commit lists: folders below ROOT on disk, and what it asks Git to list."""
    trace = repo.path.parent / "trace"
    trace.unlink(missing_ok=True)
    done = repo.run([sys.executable, "-c", COUNTED], env={"GIT_TRACE": str(trace)})
    assert (done.code, done.out) == (0, ""), done
    top = f"{repo.path}/{ROOT}"
    listed = {place.removeprefix(top) for place in done.err.split() if place != f"{top}s"}
    lines = trace.read_text().splitlines()
    return listed, [line.split() for line in lines if "built-in: git ls-" in line]


def test_a_clone_deep_in_a_described_model_is_seen_by_all(repo: Repo) -> None:
    """A commit that does not touch the model does not pay for the look."""
    many(repo)
    for place, bare in ((f"{ROOT}/old-1/in/side", []), (f"{ROOT}/old-2/bare.git", ["--bare"])):
        repo.git("init", "-q", *bare, place)
    repo.stage("code.py", "x = 1\n")
    assert told(repo) == []
    everywhere = [f["path"] for f in repo.check("--all")]
    assert everywhere == [f"{ROOT}/old-1/in/side", f"{ROOT}/old-2/bare.git"]
    repo.stage(f"{ROOT}/old-1/config.json", '{"changed": true}\n')
    assert [path for _, path, _ in told(repo)] == everywhere[:1]
