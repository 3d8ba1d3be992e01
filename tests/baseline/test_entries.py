"""The lines of .pmgit-baseline: any name survives them, any merge of them means the same."""

from __future__ import annotations

import random

import pytest

from pmgit.baseline import entries
from pmgit.baseline.entries import HEADER, BaselineFile, Forgiven, parse, render
from pmgit.baseline.forgive import Baseline
from pmgit.core.errors import UsageError

OID = "1" * 40
GOOD = f'"a.bin" tracked-weights {OID} 3 "old"'
NAMES = [
    "plain/x.bin",
    "a b\tc",
    'line\nbreak" tracked-weights - 0 "forged"',
    "\n<<<<<<< HEAD",
    "#comment",
    "-rf",
    "back\\slash\\012",
    "quote'\"",
    "\x1b[31mred\x07",
    "\u202egnp.exe\u2028\u0085",
    "模型/权重.bin",
    "e\u0301 and \u00e9",
    b"latin-\xe9\xff\r".decode("utf-8", "surrogateescape"),
    "",
]


def test_any_name_and_reason_comes_back() -> None:
    written = [
        Forgiven(name, "tracked-weights", OID, number, name.strip() or "why")
        for number, name in enumerate(NAMES)
    ]
    data = render(BaselineFile(written))
    assert data.count(b"\n") == len(NAMES) + 1
    assert all(line.isprintable() for line in data.decode("utf-8").split("\n"))
    found = {(e.path, e.size, e.reason) for e in parse(data).entries}
    assert found == {(e.path, e.size, e.reason) for e in written}
    assert render(parse(data)) == data


def test_repeated_and_shuffled_lines_mean_the_same() -> None:
    whole = render(
        BaselineFile([Forgiven(f"{n}.bin", "tracked-weights", OID, n, "old") for n in range(9)])
    )
    lines = whole.decode().splitlines() * 2
    random.Random(4).shuffle(lines)
    union = "\n".join(lines).encode()
    assert render(parse(union)) == whole
    # As `sort -u` leaves them, too.
    assert render(parse("\n".join(sorted(set(lines))).encode())) == whole


def test_line_ends_of_windows_and_a_byte_order_mark() -> None:
    windows = b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n\r\n".encode()
    file = parse(windows)
    assert [entry.path for entry in file.entries] == ["a.bin"]
    assert render(file) == f"{HEADER}\r\n{GOOD}\r\n".encode()


def test_comments_go_with_the_entry_below_them() -> None:
    other = GOOD.replace("a.bin", "b.bin")
    text = f"{HEADER}\n# of b\n{other}\n# of a\n# too\n{GOOD}\n# at the end\n"
    assert render(parse(text.encode())).decode() == (
        f"{HEADER}\n# of a\n# too\n{GOOD}\n# of b\n{other}\n# at the end\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f'"a.bin" tracked-weights {OID} 3', "line 2 gives no reason"),
        (f'"a.bin" tracked-weights {OID} 3 ""', "line 2 gives no reason"),
        (f'"a.bin" tracked-weights {OID} 3 "  "', "line 2 gives no reason"),
        (f'"a.bin" tracked-weights {OID[1:]} 3 "old"', "line 2 is no entry: "),
        (f'"a.bin" tracked-weights {OID} -3 "old"', "line 2 is no entry: "),
        (f'"a.bin" tracked-weights {OID} {"9" * 19} "old"', "line 2 is no entry: "),
        (f'"a.bin" tracked-weights {OID} ٣ "old"', "line 2 is no entry: "),
        (f'"a.bin" Tracked {OID} 3 "old"', "line 2 is no entry: "),
        (f'a.bin tracked-weights {OID} 3 "old"', "line 2 is no entry: "),
        (f"{GOOD} more", "line 2 is no entry: "),
        (f"{GOOD}\f{GOOD}", "line 2 is no entry: "),
        (f'"a\\q" tracked-weights {OID} 3 "old"', "line 2: unknown escape '\\\\q'"),
        ("<<<<<<< HEAD", "line 2: an unresolved merge conflict"),
        ("=======", "line 2: an unresolved merge conflict"),
        ("||||||| merged common ancestors", "line 2: an unresolved merge conflict"),
        (">>>>>>> topic\r", "line 2: an unresolved merge conflict"),
        ("x" * 100_000, "line 2 is no entry: "),
        ('"' * 100_000, "line 2 is no entry: "),
        ('"' + "\\" * 100_001, "line 2 is no entry: "),
    ],
)
def test_what_is_no_entry_is_an_error_with_its_line(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(f"{GOOD}\n{line}\n{GOOD}\n".encode())
    assert caught.value.message.startswith(f".pmgit-baseline: {message}")
    assert len(caught.value.message) < 250
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("utf-16".encode("utf-16"), "not UTF-8"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "is a Git LFS pointer"),
        (b"\0" * 10, "line 1 is no entry"),
    ],
)
def test_what_is_no_baseline(data: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(data)


def test_a_huge_one_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MAX_BYTES", 100)
    with pytest.raises(UsageError, match="101 bytes is too large for a baseline"):
        parse(b"#" * 101)


@pytest.mark.parametrize("line", ["", "#", "# x", GOOD])
def test_more_lines_than_entries_have(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MAX_LINES", 99)
    data = f"{line}\n".encode()
    assert parse(data * 99) is not None
    with pytest.raises(UsageError, match="100 lines are too many for a baseline"):
        parse(data * 100)


def test_an_entry_below_a_folder() -> None:
    names = ("m/b/x.bin", "m/a/x.bin", "m/a-b/x.bin", "m/a", "ma/x", "z")
    baseline = Baseline(Forgiven(name, rule, OID, 1, "x") for name in names for rule in ("r", "s"))
    for folder, path in (("m/a", "m/a/x.bin"), ("m/b", "m/b/x.bin"), ("m", "m/a")):
        found = baseline.below("s", folder)
        assert found is not None
        assert (found.rule, found.path) == ("s", path)
    for rule, folder in (("t", "m"), ("s", "m/a/x.bin"), ("s", "z"), ("s", "zz"), ("a", "m")):
        assert baseline.below(rule, folder) is None


def test_rules_of_a_newer_pmgit_are_kept() -> None:
    line = GOOD.replace("tracked-weights", "not-known-yet")
    assert line in render(parse(line.encode())).decode()
