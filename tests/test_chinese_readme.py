"""README.zh-CN.md has the content of README.md: everything in it that is no prose is the same."""

from __future__ import annotations

import re
import sys

import pytest

from tests.test_readme import TOP

sys.path.insert(0, str(TOP / "scripts"))
import generate

ENGLISH, CHINESE = ((TOP / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> list[str]:
    """The code blocks; what stands behind `#` is prose."""
    return [
        "\n".join(line.split(" #")[0].rstrip() for line in block.split("\n"))
        if "console" not in block[:10]
        else block
        for block in FENCED.findall(text)
    ]


def prose(text: str) -> str:
    return FENCED.sub("", text)


def headings(text: str) -> list[int]:
    return [len(found) for found in re.findall(r"^(#+) ", prose(text), re.MULTILINE)]


def code(text: str) -> dict[str, list[str]]:
    """What is set as code in each section, by its number."""
    sections = re.split(r"^#+ ", prose(text), flags=re.MULTILINE)
    return {
        str(number): sorted(re.findall(r"`([^`]+)`", section))
        for number, section in enumerate(sections)
    }


def links(text: str) -> list[str]:
    found = re.findall(r"\]\(([^)]+)\)", prose(text))
    return [link for link in found if not link.startswith("README")]


def first_cells(text: str) -> list[str]:
    """The first cells of every row; of tables that begin with words, how many there are."""
    rows = [line.split("|")[1].strip() for line in prose(text).split("\n") if line[:1] == "|"]
    return [cell if cell.startswith("`") or cell.isdigit() else "words" for cell in rows]


@pytest.mark.parametrize("part", [blocks, headings, code, links, first_cells])
def test_both_say_the_same(part: object) -> None:
    assert callable(part)
    english, chinese = part(ENGLISH), part(CHINESE)
    assert english == chinese
    assert len(english) > 5


def test_exit_codes_are_those_of_the_manual() -> None:
    rows = [line for line in generate.EXIT_CODES.split("\n") if re.match(r"\| \d", line)]
    assert [line for line in ENGLISH.split("\n") if re.match(r"\| \d", line)] == rows


def test_the_four_commands_and_all_others_exist() -> None:
    from pmgit.cli import COMMANDS

    named = set(re.findall(r"pmgit ([a-z-]+)", "".join(blocks(ENGLISH)) + prose(ENGLISH)))
    table = set(re.findall(r"^\| `pmgit ([a-z-]+)", ENGLISH, re.MULTILINE))
    assert table == set(COMMANDS)
    assert table <= named


def test_every_page_is_linked() -> None:
    pages = {f"docs/{page.name}" for page in (TOP / "docs").glob("*.md")}
    assert pages == {link.split("#")[0] for link in links(ENGLISH) if link.startswith("docs/")}
