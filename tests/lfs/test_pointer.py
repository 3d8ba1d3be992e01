"""Pointers: what git-lfs itself says of each sample, and what is no pointer at all."""

from __future__ import annotations

import subprocess

import pytest

from pmgit.lfs import pointer
from pmgit.lfs.pointer import Broken, Pointer
from tests.kit import pointer as canonical
from tests.kit import random_bytes

OID, OTHER = "a1" * 32, "b2" * 32
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
VERSION = "version https://git-lfs.github.com/spec/v1\n"
TEXT = f"{VERSION}oid sha256:{OID}\nsize 12345\n"
PLAIN = TEXT.encode()

RIGHT, FAULTY, BROKEN, NONE = "right", "faulty", "broken", "none"


def sized(size: str) -> bytes:
    return TEXT.replace("12345", size).encode()


def with_oid(oid: str) -> bytes:
    return TEXT.replace(OID, oid).encode()


def with_lines(*lines: str) -> bytes:
    """A pointer with further lines between version and oid."""
    return (VERSION + "".join(f"{line}\n" for line in lines) + TEXT[len(VERSION) :]).encode()


def extension(priority: str, name: str, oid: str = OTHER) -> str:
    return f"ext-{priority}-{name} sha256:{oid}"


#: Name: (the bytes, what they are). What git-lfs says of them is asked below.
SAMPLES = {
    "canonical": (PLAIN, RIGHT),
    "size 1": (sized("1"), RIGHT),
    "the largest size": (sized(str(2**63 - 1)), RIGHT),
    "one extension": (with_lines(extension("0", "foo")), RIGHT),
    "two extensions": (with_lines(extension("0", "foo"), extension("1", "bar")), RIGHT),
    # git-lfs reads these, and would write them in another way
    "an empty file": (f"{VERSION}oid sha256:{EMPTY}\nsize 0\n".encode(), FAULTY),
    "leading zeros": (sized("0012345"), FAULTY),
    "a plus sign": (sized("+12345"), FAULTY),
    "CRLF": (PLAIN.replace(b"\n", b"\r\n"), FAULTY),
    "one CRLF": (PLAIN.replace(b"\n", b"\r\n", 1), FAULTY),
    "no last line end": (PLAIN[:-1], FAULTY),
    "two last line ends": (PLAIN + b"\n", FAULTY),
    "a blank line in between": (PLAIN.replace(b"\noid", b"\n\noid"), FAULTY),
    "a line end in front": (b"\n" + PLAIN, FAULTY),
    "blanks in front": (b"  " + PLAIN, FAULTY),
    "blanks behind": (PLAIN[:-1] + b"  \n", FAULTY),
    "padded to 1023 bytes": (PLAIN.ljust(1023, b"\n"), FAULTY),
    "extensions in another order": (with_lines(extension("1", "b"), extension("0", "a")), FAULTY),
    "an extension behind": (
        PLAIN.replace(b"size", f"{extension('0', 'a')}\nsize".encode()), FAULTY
    ),
    "hawser": (PLAIN.replace(b"git-lfs.github", b"hawser.github"), FAULTY),
    "git-media": (
        PLAIN.replace(b"https://git-lfs.github.com/spec/v1", b"http://git-media.io/v/2"), FAULTY
    ),
    # git-lfs cannot read these
    "size 2^63": (sized(str(2**63)), BROKEN),
    "size 2^64": (sized(str(2**64)), BROKEN),
    "negative": (sized("-1"), BROKEN),
    "a fraction": (sized("1.5"), BROKEN),
    "size in hex": (sized("0x10"), BROKEN),
    "grouped digits": (sized("1_000"), BROKEN),
    "arabic digits": (sized("١٢٣"), BROKEN),
    "no size": (PLAIN[: PLAIN.index(b"size")], BROKEN),
    "an empty size": (sized(""), BROKEN),
    "upper-case oid": (with_oid(OID.upper()), BROKEN),
    "short oid": (with_oid(OID[:-1]), BROKEN),
    "long oid": (with_oid(OID + "a"), BROKEN),
    "an oid that is not hex": (with_oid("z" * 64), BROKEN),
    "a path as oid": (with_oid("../" * 21 + "x"), BROKEN),
    "sha1": (PLAIN.replace(b"sha256", b"sha1"), BROKEN),
    "no kind of oid": (PLAIN.replace(b"sha256:", b""), BROKEN),
    "no oid": (f"{VERSION}size 12345\n".encode(), BROKEN),
    "nothing but the version": (VERSION.encode(), BROKEN),
    "version 2": (PLAIN.replace(b"spec/v1", b"spec/v2"), BROKEN),
    "version 1.1": (PLAIN.replace(b"spec/v1", b"spec/v1.1"), BROKEN),
    "CR": (PLAIN.replace(b"\n", b"\r"), BROKEN),
    "a tab": (PLAIN.replace(b"oid ", b"oid\t"), BROKEN),
    "two blanks": (PLAIN.replace(b"oid ", b"oid  "), BROKEN),
    "a blank at a line's end": (PLAIN.replace(b"\nsize", b" \nsize"), BROKEN),
    "two sizes": (PLAIN + b"size 12345\n", BROKEN),
    "two oids": (PLAIN.replace(b"size", f"oid sha256:{OTHER}\nsize".encode()), BROKEN),
    "two pointers": (PLAIN + PLAIN, BROKEN),
    "an unknown key": (PLAIN + b"zebra x\n", BROKEN),
    "an unknown key in between": (with_lines("abc x"), BROKEN),
    "text behind": (PLAIN + b"and so on, as it goes\n", BROKEN),
    "a NUL behind": (PLAIN + b"\0", BROKEN),
    "a NUL inside": (sized("12\x00345"), BROKEN),
    "not ASCII": (sized("12345é"), BROKEN),
    "extensions of one priority": (with_lines(extension("0", "a"), extension("0", "b")), BROKEN),
    "extension with a bad oid": (with_lines(extension("0", "a", "xyz")), BROKEN),
    "extension without a number": (with_lines(f"ext-foo sha256:{OTHER}"), BROKEN),
    "extension number 10": (with_lines(extension("10", "foo")), BROKEN),
    "extension without a name": (with_lines(extension("0", "")), BROKEN),
    "1024 bytes": (PLAIN + b"zebra " + b"x" * (1024 - len(PLAIN) - 7) + b"\n", BROKEN),
    "conflict inside": (
        f"{VERSION}<<<<<<< HEAD\noid sha256:{OID}\nsize 12345\n=======\noid sha256:{OTHER}\n"
        "size 1\n>>>>>>> side\n".encode(), BROKEN
    ),
    "conflict around": (
        b"<<<<<<< HEAD\n" + PLAIN + b"=======\n" + sized("1") + b">>>>>>> side\n", BROKEN
    ),
    "conflict of three": (
        b"<<<<<<< HEAD\n" + PLAIN + b"||||||| base\n" + sized("2") + b"=======\n" + sized("1")
        + b">>>>>>> side\n", BROKEN
    ),
    "conflict with CRLF": (
        (b"<<<<<<< HEAD\n" + PLAIN + b"=======\n" + sized("1") + b">>>>>>> side\n").replace(
            b"\n", b"\r\n"
        ), BROKEN
    ),
    # texts that speak about Git LFS
    "nothing": (b"\n", NONE),
    "prose": (b"Pointers begin with: version https://git-lfs.github.com/spec/v1\n", NONE),
    "a link": (b"We use git-lfs. See https://git-lfs.github.com/\n", NONE),
    "documentation": (b"# Pointers\n\n```\n" + PLAIN + b"```\n", NONE),
    "attributes": (b"*.bin filter=lfs diff=lfs merge=lfs -text\n", NONE),
    "a conflict in prose": (
        b"<<<<<<< HEAD\nuse git-lfs\n=======\nuse git-annex\n>>>>>>> side\n", NONE
    ),
    "capitals": (PLAIN.replace(b"version", b"Version"), NONE),
    "http": (PLAIN.replace(b"https://git-lfs", b"http://git-lfs"), NONE),
    "oid first": (f"oid sha256:{OID}\n{VERSION}size 12345\n".encode(), NONE),
    "binary": (random_bytes(500), NONE),
    "binary with the word": (random_bytes(300) + b"version https://git-lfs", NONE),
}  # fmt: skip

#: What git-lfs does not read, or not call empty, and pmgit knows how to put right all the same.
CURED = {
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN,
    "UTF-16, little endian": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "UTF-16, big endian": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16LE without a mark": TEXT.encode("utf-16-le"),
    "UTF-16BE without a mark": TEXT.encode("utf-16-be"),
    "UTF-16 with CRLF": b"\xff\xfe" + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
    "size before oid": f"{VERSION}size 12345\noid sha256:{OID}\n".encode(),
}


def verdict(data: bytes) -> str:
    found = pointer.read(data)
    if isinstance(found, Pointer):
        return FAULTY if found.fault else RIGHT
    return BROKEN if isinstance(found, Broken) else NONE


def git_lfs(data: bytes) -> int:
    """0: a canonical pointer; 2: a pointer that is not canonical; 1: no pointer."""
    argv = ["git-lfs", "pointer", "--check", "--strict", "--stdin"]
    return subprocess.run(argv, input=data, capture_output=True, check=False).returncode


@pytest.mark.parametrize("name", SAMPLES)
def test_pmgit_and_git_lfs_agree(name: str) -> None:
    data, wanted = SAMPLES[name]
    assert verdict(data) == wanted
    assert git_lfs(data) == {RIGHT: 0, FAULTY: 2, BROKEN: 1, NONE: 1}[wanted]


@pytest.mark.parametrize("name", CURED)
def test_what_only_pmgit_reads(name: str) -> None:
    assert git_lfs(CURED[name]) == 1
    found = pointer.read(CURED[name])
    assert isinstance(found, Pointer)
    assert found.fault
    assert (found.oid, found.size, found.text) == (OID, 12345, PLAIN)


@pytest.mark.parametrize("name", [name for name, (_, kind) in SAMPLES.items() if kind == FAULTY])
def test_the_right_form_of_a_faulty_pointer_is_right(name: str) -> None:
    found = pointer.read(SAMPLES[name][0])
    assert isinstance(found, Pointer)
    assert found.fault
    assert git_lfs(found.text) == 0
    again = pointer.read(found.text)
    if found.size:
        assert isinstance(again, Pointer)
        assert (again.oid, again.size, again.fault) == (found.oid, found.size, "")
    else:
        assert found.text == b""


@pytest.mark.parametrize("name", [name for name, (_, kind) in SAMPLES.items() if kind != NONE])
def test_the_quick_look_misses_no_pointer(name: str) -> None:
    assert pointer.may_be(SAMPLES[name][0])


@pytest.mark.parametrize("name", CURED)
def test_the_quick_look_misses_no_odd_one(name: str) -> None:
    assert pointer.may_be(CURED[name])


def test_what_a_pointer_says() -> None:
    found = pointer.read(canonical(b"hello"))
    assert isinstance(found, Pointer)
    assert found.oid == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert found.size == 5
    assert found.text == canonical(b"hello") == pointer.encode(found.oid, 5)
    assert pointer.encode(EMPTY, 0) == b""


def test_a_size_of_nothing_for_some_content_is_no_pointer_to_replace() -> None:
    # git-lfs takes it for an empty file; recorded as one, the only trace of the content is gone.
    found = pointer.read(sized("0"))
    assert isinstance(found, Broken)
    assert "size 0" in found.fault


@pytest.mark.parametrize("name", ["prose", "documentation", "oid first"])
def test_a_mention_is_enough_where_a_pointer_is_expected(name: str) -> None:
    data = SAMPLES[name][0]
    assert pointer.read(data) is None
    assert isinstance(pointer.read(data, expected=True), Broken)


def test_an_extension_in_front_is_read_by_git_lfs_only() -> None:
    data = f"{extension('0', 'a')}\n{TEXT}".encode()
    assert git_lfs(data) == 2
    assert isinstance(pointer.read(data, expected=True), Broken)


@pytest.mark.parametrize("name", ["nothing", "binary", "a link", "attributes", "capitals"])
def test_where_a_pointer_is_expected_not_everything_is_one(name: str) -> None:
    assert pointer.read(SAMPLES[name][0], expected=True) is None


def test_no_bytes_make_the_reader_fail() -> None:
    for at in range(len(PLAIN)):
        assert verdict(PLAIN[:at]) in (FAULTY, BROKEN, NONE)
        for byte in (0, 9, 10, 13, 32, 0x30, 0x61, 0x80, 0xFF):
            changed = PLAIN[:at] + bytes([byte]) + PLAIN[at + 1 :]
            for expected in (False, True):
                found = pointer.read(changed, expected=expected)
                if isinstance(found, Pointer) and not found.fault:
                    assert changed == found.text
    for start in (b"\xff\xfe", b"\xfe\xff", b"v\0", b"\0v", b"\xef\xbb\xbf", b"\r\n", b""):
        for tail in (b"", b"\xd8", b"\0", b"\xff" * 7, PLAIN[1:]):
            pointer.read(start + tail, expected=True)
