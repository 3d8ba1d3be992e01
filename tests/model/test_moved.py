"""Moves: what is free of them, the same in a commit, in a range, and for a push."""

from __future__ import annotations

import pytest

from tests.kit import Repo, random_bytes

ROOT = "pretrained_model"
A, B = f"{ROOT}/a", f"{ROOT}/b"
CONFIG = f"""\
exclude = ["/{A}/excluded/**"]
[weights]
never = ["*.keep"]
[rules.oversized-blob]
max-weights-size = "1 kB"
"""

#: Old path to new, and the bytes of the file. They are weights at both, and no farther inside.
FREE = {
    f"{A}/w.bin": (f"{A}/w2.pt", 3000),
    f"{A}/v.pt": (f"{B}/sub/v.bin", 3000),
    f"{A}/x.bin": (f"{ROOT}/x.bin", 3000),
    f"{A}/o.bin": ("elsewhere/o.bin", 3000),
    f"{A}/no-ending": (f"{A}/no-ending.bin", 150_000),
    f"{ROOT}/loose.bin": (f"{ROOT}/loose.pt", 3000),
    "out.pt": ("further/out.ckpt", 3000),
    # No weights at either.
    f"{A}/m.txt": (f"{B}/n.txt", 3000),
    "data/a.csv": ("data/b.csv", 3000),
}
#: What was no weights, or farther outside, or named by `exclude`.
NEW = {
    f"{A}/t.txt": (f"{A}/model.safetensors", 3000),
    f"{A}/large.txt": (f"{A}/large.bin", 3_000_000),
    f"{A}/u.json": (f"{B}/u.bin", 3000),
    f"{A}/k.keep": (f"{A}/k.bin", 3000),
    f"{A}/small": (f"{A}/small.bin", 90_000),
    f"{A}/excluded/e.bin": (f"{A}/e.bin", 3000),
    f"{ROOT}/l.bin": (f"{A}/l.bin", 3000),
    f"{ROOT}/l.txt": (f"{A}/l.pt", 3000),
    "data/d.bin": (f"{A}/d.bin", 3000),
    "out2.pt": (f"{A}/out2.pt", 3000),
    "note.txt": ("note.pt", 3000),
    "data/note.bin": ("data/note.safetensors", 3000),
}


def seeded(size: int, seed: int) -> bytes:
    return random_bytes(size, seed)


def told(repo: Repo, *args: str) -> list[str]:
    """Where the size rules object."""
    return sorted(f["path"] for f in repo.check("--select", "size", *args))


@pytest.fixture
def moving(repo: Repo) -> Repo:
    """Everything has moved, and is staged."""
    repo.stage(".pmgit.toml", CONFIG)
    moves = FREE | NEW
    contents = [seeded(size, seed) for seed, (_, size) in enumerate(moves.values())]
    repo.stage_blobs(dict(zip(moves, contents, strict=True)))
    repo.commit("Old sins")
    repo.git("rm", "-q", "--cached", "--", *moves)
    repo.stage_blobs({new: data for (new, _), data in zip(moves.values(), contents, strict=True)})
    return repo


def test_a_move_is_free_of_what_was_weights_already(moving: Repo) -> None:
    wanted = sorted(new for new, _ in NEW.values())
    assert told(moving) == wanted
    moving.commit("Move")
    assert told(moving, "--range", "HEAD~1..HEAD") == wanted


def test_in_two_steps(repo: Repo) -> None:
    """Each commit is judged by itself, whatever the other made of it."""
    repo.stage_all({f"{A}/t.txt": seeded(3000, 1), f"{A}/w.bin": seeded(3000, 2)})
    repo.commit("Old")
    repo.git("mv", f"{A}/t.txt", f"{B}.txt")
    repo.git("mv", f"{A}/w.bin", f"{A}/w.txt")
    assert told(repo) == []
    repo.commit("One")
    (repo.path / A).mkdir(exist_ok=True)
    repo.git("mv", f"{B}.txt", f"{A}/t.bin")
    repo.git("mv", f"{A}/w.txt", f"{A}/w.bin")
    assert told(repo) == [f"{A}/t.bin", f"{A}/w.bin"]
    repo.commit("Two")
    assert told(repo, "--range", "HEAD~2..HEAD") == [f"{A}/t.bin", f"{A}/w.bin"]


def test_files_that_change_places(repo: Repo) -> None:
    """A file leaves its path as well when another takes it."""
    names = [f"{A}/one.bin", f"{A}/two.bin", f"{A}/notes.txt", f"{A}/three.bin"]
    repo.stage_all({name: seeded(3000, seed) for seed, name in enumerate(names)})
    repo.commit("Old")
    repo.stage_all(
        {name: seeded(3000, seed) for seed, name in zip((1, 0, 3, 2), names, strict=True)}
    )
    assert told(repo) == [f"{A}/three.bin"]
    repo.commit("Swap")
    assert told(repo, "--range", "HEAD~1..HEAD") == [f"{A}/three.bin"]


def test_a_copy_beside_a_move(repo: Repo) -> None:
    repo.stage_all({f"{A}/w.bin": seeded(3000, 1), f"{A}/w.txt": seeded(3000, 1)})
    repo.commit("Old")
    repo.git("rm", "-q", f"{A}/w.bin", f"{A}/w.txt")
    # Of two that go one was weights: it makes one free, the one that keeps the name.
    repo.stage_all({f"{A}/{name}": seeded(3000, 1) for name in ("a.bin", "sub/w.bin", "z.txt")})
    assert told(repo) == [f"{A}/a.bin"]


def test_what_was_no_file_does_not_move(repo: Repo) -> None:
    """A link and a submodule name an id, too; a new mode alone brings nothing."""
    data = seeded(3000, 1)
    oid = repo.git("hash-object", "-w", "--stdin", stdin=data).strip()
    for mode, name in (("120000", "link.bin"), ("160000", "sub.bin")):
        repo.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{A}/{name}")
    file = repo.stage(f"{A}/mode.bin", seeded(3000, 2))
    repo.commit("Old")
    repo.git("rm", "-q", "--cached", f"{A}/link.bin", f"{A}/sub.bin")
    repo.stage(f"{A}/w.bin", data)
    file.chmod(0o755)
    repo.git("add", f"{A}/mode.bin")
    assert told(repo) == [f"{A}/w.bin"]
    repo.git("reset", "-q")
    repo.git("update-index", "--cacheinfo", f"100644,{oid},{A}/link.bin")
    assert told(repo) == [f"{A}/link.bin"]


def test_a_baseline_forgives_no_text_that_becomes_weights(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.txt filter=lfs\n")
    limits = "[rules.oversized-blob]\nmax-weights-size = 1000\nmax-file-size = 2000\n"
    repo.stage(".pmgit.toml", limits)
    repo.stage_all(
        {
            name: seeded(3000, seed)
            for seed, name in enumerate((f"{A}/raw.txt", "data/large.csv", "data/old.csv"))
        }
    )
    assert repo.pmgit("baseline", "--reason", "they were there").code == 0
    repo.git("add", ".pmgit-baseline")
    repo.commit("Old sins")
    repo.git("mv", f"{A}/raw.txt", f"{A}/raw.bin")
    repo.git("mv", "data/large.csv", "data/large.pt")
    repo.git("mv", "data/old.csv", "data/moved.csv")
    assert told(repo, "--select", "lfs") == ["data/large.pt", f"{A}/raw.bin"]
