"""Where the first table of a TOML text begins, and what is not read."""

from __future__ import annotations

import pytest

from pmgit.gitfiles import toml_file


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\n|[t]\nb = 2\n",
        "a = 1\n\n# about t\n|[[t]]\n",
        "|[a.b]\nx = 1\n[c]\n[a.d]\n",
        "\n\n|[t]",
        'a.b."c d" = 1\nx = """\n[no]\n"""  # [no]\n\n|  [t]\n',
        "a = [\n  # [no]\n]\r\n|[t]\r\n",
        "x = { a = 1,\n  b = 2, # 1.1\n}\n|[t]\n",
        "a = 1|",
        "# only a comment\n|",
        "a = 1\n\n\n|",
        "|",
    ],
)
def test_the_first_table(text: str) -> None:
    assert toml_file.first_table(text.replace("|", "")) == text.index("|") + (
        2 if "|  [" in text else 0
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = \n", "not valid TOML"),
        ("x = " + "[" * 5000, "not valid TOML"),
        ("a = 1\na = 2\n", "not valid TOML"),
        ("#" * 100_001, "too large"),
    ],
    ids=["no value", "deep", "twice", "large"],
)
def test_what_is_not_read(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        toml_file.parse(text)
