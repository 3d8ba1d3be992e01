"""The data about hosts, and what is said of a file that is not as it should be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pmgit.core import toml_subset
from pmgit.core.errors import UsageError
from pmgit.hosts import limits

FOLDER = Path(limits.__file__).parent
ROOT = Path(__file__).parent.parent.parent
GOOD = """\
name = "Ours"
domains = ["git.example.org"]
[file-size]
warn = "20 kB"
refuse = 50000
date = "2026-01-02"
source = "https://git.example.org/help"
"""


def test_every_file_is_a_host() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.toml")) == sorted(limits.NAMES)


@pytest.mark.parametrize("name", limits.NAMES)
def test_every_figure_has_its_date_and_its_source(name: str) -> None:
    data = (FOLDER / f"{name}.toml").read_bytes()
    host = limits.load(name)
    tables = [value for value in tomllib.loads(data.decode()).values() if isinstance(value, dict)]
    assert len(tables) == len(host.limits) + 1
    for table in tables:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", table["date"])
        assert re.fullmatch(r"https://[a-z.]+/\S+", table["source"])
    assert host.quota is not None
    assert host.domains
    # The commit hook reads it: tomllib would cost 15 ms.
    assert toml_subset.loads(data.decode()) is not None


@pytest.mark.parametrize("name", limits.NAMES)
def test_every_figure_is_documented(name: str) -> None:
    page = (ROOT / "docs/hosts.md").read_text("utf-8").partition(f"\n## {name}\n")[2]
    for limit in limits.load(name).limits.values():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{limit.kind}` |"))
        assert all(f"| {value} |" in line for value in limit.shown.values())
        assert f"| {limit.date} | [" in line
        assert limit.source in line


def test_the_form_in_the_documentation_is_right() -> None:
    page = (ROOT / "docs/hosts.md").read_text("utf-8").partition("\n## A host of your own\n")[2]
    example = page.partition("```toml\n")[2].partition("```")[0]
    host = limits.parse(example.encode(), "x.toml")
    assert (host.limits["file-size"].warn, host.limits["file-size"].refuse) == (
        20 * 10**6,
        5 * 10**7,
    )
    for kind in limits.KINDS:
        assert f"\n| `{kind}` |" in page


def test_a_limit_speaks() -> None:
    limit = limits.parse(GOOD.encode(), "x.toml").limits["file-size"]
    assert (limit.lowest, limit.refuses(50_000), limit.refuses(50_001)) == (20_000, False, True)
    assert limit.verdict(50_001) == "refuses more than 50000"
    assert limit.verdict(20_001) == "advises at most 20 kB"
    github = limits.load("github").limits["file-size"]
    assert github.measure(120 * 2**20) == "120.0 MiB"
    # Rounded, it would look like the limit itself.
    assert github.measure(100 * 2**20 + 1) == "104857601 bytes"
    hub = limits.load("huggingface").limits["lfs-object-size"]
    assert hub.measure(600 * 10**9) == "600.0 GB"


def test_a_date_without_quotes_is_one_too() -> None:
    data = GOOD.replace('"2026-01-02"', "2026-01-02")
    assert limits.parse(data.encode(), "x").limits["file-size"].date == "2026-01-02"


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("", "nme = 1\n", "unknown key 'nme'", "did you mean 'name'?"),
        ("[file-size]", "[file-sise]", "unknown key 'file-sise'", "did you mean 'file-size'?"),
        ("warn", "wran", "unknown key 'file-size.wran'", "did you mean 'file-size.warn'?"),
        ('name = "Ours"', "", "'name' is missing", "its form: docs/hosts.md"),
        ('"Ours"', '""', "'name' is '', not text", "its form: docs/hosts.md"),
        ('["git.example.org"]', '"git"', "'domains' is 'git', not a list of text", "its form"),
        ('"20 kB"', '"much"', "'file-size.warn' is 'much', not a size", "its form"),
        ('"20 kB"', "-1", "'file-size.warn' is -1, not a size", "its form"),
        ('"20 kB"', "true", "'file-size.warn' is True, not a size", "its form"),
        ('"20 kB"', "60000", "[file-size]: 'warn' is not below 'refuse'", "its form"),
        ('date = "2026-01-02"\n', "", "file-size.date is missing", 'for example: date = "20'),
        ("2026-01-02", "yesterday", "file-size.date is 'yesterday', not a day", "for example"),
        ("2026-01-02", "2026-13-02", "file-size.date is '2026-13-02', not a day", "for example"),
        (
            '"https://git.example.org/help"',
            '" "',
            "'file-size.source' is ' ', not text",
            "its form",
        ),
        ("[file-size]", "[folder-entries]", "'folder-entries.warn' is '20 kB', not a number", ""),
        ('warn = "20 kB"\nrefuse = 50000\n', "", "[file-size] has neither 'warn' nor", "its form"),
        ("name =", "name = = ", "not valid TOML: ", ""),
    ],
)
def test_what_is_wrong_with_a_file(old: str, new: str, message: str, hint: str) -> None:
    data = GOOD.replace(old, new, 1)
    with pytest.raises(UsageError) as caught:
        limits.parse(data.encode(), "ours.toml")
    assert caught.value.message.startswith(f"ours.toml: {message}")
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'name = "x"\n', "no limit"),
        (b'name = "x"\nfile-size = 5\n', "'file-size' is 5, not a table"),
        (b"\xff\xfe", "not UTF-8"),
        (b"#" * 1_000_001, "1000001 bytes is too large"),
        (b"a = " + b"[" * 5000, "not valid TOML"),
    ],
)
def test_what_is_no_file_of_limits(data: bytes, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        limits.parse(data, "x")
    assert message in caught.value.message
