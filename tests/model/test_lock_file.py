"""pmgit.lock: what is written is read again, and what is wrong is refused with its place."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmgit.model import lock_file
from pmgit.model.lock_file import (
    HUB,
    LOCAL,
    SOURCES,
    Lock,
    LockedFile,
    LockError,
    clash,
    trouble_with,
)
from tests.kit import Repo

PLACE = "pretrained_model/bert/pmgit.lock"
SHA = "a" * 64
COMMIT = "1" * 40

#: All characters but halves of pairs. By default hypothesis finds them in 2 s.
LETTERS = st.characters(exclude_categories=["Cs"])
GOOD_PATHS = st.lists(
    st.text(LETTERS, min_size=1, max_size=12).filter(lambda part: not trouble_with(part)),
    min_size=1, max_size=3,
).map("/".join).filter(lambda path: not trouble_with(path))  # fmt: skip
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
FILES = st.lists(
    st.builds(LockedFile, GOOD_PATHS, st.integers(0, 1 << 60), HEX, st.sampled_from(["", COMMIT])),
    max_size=5,
).filter(lambda files: not clash(file.path for file in files))  # fmt: skip
WORDS = st.text(LETTERS, max_size=60)


def values(lock: Lock) -> tuple[object, ...]:
    return (lock.source, lock.files, lock.created, lock.license, lock.parameters)


@settings(max_examples=50, deadline=None)
@given(
    files=FILES,
    kind=st.sampled_from(SOURCES),
    extra=st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), WORDS, max_size=4),
    license=WORDS,
    created=WORDS,
    parameters=st.dictionaries(st.text(LETTERS, min_size=1, max_size=8), st.integers(0, 1 << 50)),
)
def test_what_is_written_is_read_again(
    files: list[LockedFile],
    kind: str,
    extra: dict[str, str],
    license: str,
    created: str,
    parameters: dict[str, int],
) -> None:
    source = {**extra, "type": kind}
    lock = Lock(source, files, created=created, license=license, parameters=parameters)
    data = lock_file.render(lock)
    assert values(lock_file.parse(data, PLACE)) == values(lock)
    assert lock_file.render(lock_file.parse(data, PLACE)) == data
    assert tomllib.loads(data.decode())["source"] == source


def test_a_lock_has_one_line_for_each_file_in_their_order() -> None:
    files = [LockedFile(name, 1, SHA) for name in ("b.bin", "a/z.json", "a.json")]
    lines = (
        lock_file.render(Lock({"type": LOCAL}, files, created="2026-11-29")).decode().split("\n")
    )
    listed = [line for line in lines if "sha256" in line]
    assert [line.split('"')[1] for line in listed] == ["a.json", "a/z.json", "b.bin"]


def test_what_is_not_known_is_not_written() -> None:
    bare = lock_file.render(Lock({"type": LOCAL}, [], created="2026-11-29")).decode()
    assert bare.splitlines()[1:] == [
        "version = 1", 'created = "2026-11-29"', "", "[source]", 'type = "local"', "", "[content]",
        "files = [", "]",
    ]  # fmt: skip
    more = Lock({"type": LOCAL}, [], created="x", license="mit", parameters={"I8": 2, "F32": 1})
    assert (
        '[license]\nid = "mit"\n\n[parameters]\nF32 = 1\nI8 = 2\n'
        in lock_file.render(more).decode()
    )


BAD_PATHS = [
    "", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/.", "C:/x", "a\\b", "a\nb", "a\x1b[0m",
    ".git/config", "sub/.gitattributes", ".gitignore", "INFO.md", "info.MD", "pmgit.lock",
    "con.bin", "a/NUL", "x. ", "x.", " x", "a" * 1001, "a\u202eb", "LPT1.txt",
    "a" * 256, "a/" + "é" * 128 + "/b",
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_path_that_leaves_the_folder_or_means_something_is_refused(path: str) -> None:
    assert trouble_with(path)
    data = lock_file.render(Lock({"type": LOCAL}, [LockedFile(path, 1, SHA)], created=""))
    with pytest.raises(LockError) as error:
        lock_file.parse(data, PLACE)
    assert PLACE in error.value.message
    assert error.value.message.isprintable()


@pytest.mark.parametrize(
    "path", ["model.safetensors", "onnx/model.onnx", "权重.bin", "1_Pooling/x", "a b.json"]
)
def test_a_path_that_models_have_is_accepted(path: str) -> None:
    assert trouble_with(path) == ""


GOOD = lock_file.render(Lock({"type": HUB}, [LockedFile("a.bin", 1, SHA, COMMIT)], created="x"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"version = 1", b"version = 2", "newer pmgit"),
        (b"version = 1", b"", "no version"),
        (b"version = 1", b"version = true", "no version"),
        (b'type = "huggingface"', b'type = "ftp"', "no type"),
        (b"[source]", b"[sauce]", "no type"),
        (b"size = 1", b"size = -1", "no size"),
        (b"size = 1", b"size = true", "no size"),
        (b"size = 1", b'size = "1"', "no size"),
        (b"size = 1", b"size = 99999999999999999999", "no size"),
        (SHA.encode(), b"a" * 63, "no sha256"),
        (SHA.encode(), b"A" * 64, "no sha256"),
        (COMMIT.encode(), b"xyz", "no id"),
        (b'path = "a.bin"', b"path = 7", "without a path"),
        (b"files = [", b"files = [7,", "without a path"),
        (b"[content]", b"[contents]", "no list of files"),
        (b"[content]", b"content = [", "not valid TOML"),
        (b"[source]", b'license = "mit"\n[source]', "'license' is not a table"),
        (b"[content]", b"[license]\nid = 7\n[content]", "[license] or [parameters]"),
        (b"[content]", b"[parameters]\nF32 = -1\n[content]", "[license] or [parameters]"),
        (b"[content]", b'[parameters]\nF32 = "1"\n[content]', "[license] or [parameters]"),
        (b"[source]", b'[source]\nrevision = "main"', "no full commit"),
        (b"[source]", b'[source]\nrevision = "../../x"', "no full commit"),
        (b"[source]", b"[source]\nrevision = 7", "no full commit"),
        (b"[source]", b"\xff", "not UTF-8"),
        (b"[source]", b"<<<<<<< HEAD\n[source]", "two branches"),
    ],
)  # fmt: skip
def test_what_is_no_lock_is_refused_with_its_place(old: bytes, new: bytes, said: str) -> None:
    assert old in GOOD
    with pytest.raises(LockError) as error:
        lock_file.parse(GOOD.replace(old, new), PLACE)
    assert said in error.value.message
    assert PLACE in error.value.message
    assert error.value.hint


def test_order_and_line_ends_do_not_count() -> None:
    """A merge may leave lines in another order, and a checkout on Windows other line ends."""
    files = [LockedFile("a.bin", 1, SHA), LockedFile("b.bin", 2, SHA)]
    data = lock_file.render(Lock({"type": LOCAL}, files, created="x"))
    lines = data.splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if b"a.bin" in line)
    turned = b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
    assert turned != data
    for other in (data.replace(b"\n", b"\r\n"), turned):
        assert lock_file.parse(other, PLACE).files == tuple(files)


@pytest.mark.parametrize(
    ("one", "other"),
    [("A.bin", "a.bin"), ("a", "a/b"), ("x/A", "X/a/b/c"), ("\u00e9.bin", "e\u0301.bin")],
)
def test_two_names_that_cannot_lie_side_by_side_are_refused(one: str, other: str) -> None:
    files = [LockedFile(one, 1, SHA), LockedFile(other, 1, SHA)]
    with pytest.raises(LockError, match="listed twice"):
        lock_file.parse(lock_file.render(Lock({"type": LOCAL}, files, created="")), PLACE)


def test_a_lock_of_very_many_files_is_read_and_a_larger_one_is_refused() -> None:
    files = [LockedFile(f"part-{n:05}.bin", n, SHA) for n in range(4000)]
    data = lock_file.render(Lock({"type": LOCAL}, files, created=""))
    assert len(lock_file.parse(data, PLACE).files) == 4000
    with pytest.raises(LockError, match="too large"):
        lock_file.parse(data + b"#" * lock_file.MAX_BYTES, PLACE)


def test_branches_that_add_or_change_different_models_merge_without_a_conflict(repo: Repo) -> None:
    def lock(name: str, size: int) -> None:
        made = Lock({"type": LOCAL}, [LockedFile("model.bin", size, SHA)], created="2026-11-29")
        repo.write(f"pretrained_model/{name}/pmgit.lock", lock_file.render(made))
        repo.git("add", "-f", ".")

    lock("bert", 1)
    lock("gpt2", 1)
    repo.commit("two models")
    repo.git("checkout", "-q", "-b", "other")
    lock("bert", 2)
    lock("new-here", 1)
    repo.commit("change bert, add one")
    repo.git("checkout", "-q", "main")
    lock("gpt2", 3)
    lock("new-there", 1)
    repo.commit("change gpt2, add another")
    repo.git("merge", "-q", "--no-edit", "other")
    sizes = {
        file.parent.name: lock_file.parse(file.read_bytes(), PLACE).size
        for file in (repo.path / "pretrained_model").glob("*/pmgit.lock")
    }
    assert sizes == {"bert": 2, "gpt2": 3, "new-here": 1, "new-there": 1}
