"""The front matter of model cards."""

from __future__ import annotations

import time

import pytest

from pmgit.model.card import license_of, read
from tests.bounds import FOR_EVER


def licenses(front: str) -> str:
    return license_of(read(f"---\n{front}\n---\n# Card\nlicense: body\n".encode()))


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("license: apache-2.0", "apache-2.0"),
        ("language: en\nlicense: mit\ntags:\n- x", "mit"),
        ('license: "cc-by-nc-4.0"', "cc-by-nc-4.0"),
        ("license: 'mit' # free", "mit"),
        ("license: mit # free", "mit"),
        ("license:\n- mit\n- apache-2.0\ntags:\n- x", "mit, apache-2.0"),
        ("license:\n  - mit\n  - apache-2.0", "mit, apache-2.0"),
        ("license: [mit, 'apache-2.0']", "mit, apache-2.0"),
        ("license: other\nlicense_name: llama3\nlicense_link: LICENSE", "llama3 LICENSE"),
        ("license: other", "other"),
        ("license:", ""),
        ("license: null", ""),
        ("tags:\n- mit", ""),
        ("model-index:\n  license: mit", ""),
        ("license: *anchor", ""),
        ("license: &anchor mit", "mit"),
        ("base: &anchor mit\nlicense: *anchor", "mit"),
        ("license: no", "no"),
        ("license: !!seq {a: mit}", ""),
        ("license: !!seq mit", ""),
        ("license: !!str {a: mit}", ""),
        ("license: !!str [mit]", ""),
        ("[license]: mit", ""),
        ("? {license: mit}\n: mit", ""),
        ("license: [[mit], {a: b}, mit]", "mit"),
        ("license: {name: mit}", ""),
        ("license: !!python/object/apply:os.system ['x']", ""),
        ("license: |\n  mit", "mit"),
        ("license: <!-- x", ""),
        ("license: a\x1b[2J", ""),
        ("license: " + "x" * 10_000, ""),
    ],
)
def test_the_licenses_of_a_card(front: str, expected: str) -> None:
    assert licenses(front) == expected


@pytest.mark.parametrize(
    "card",
    [
        "",
        "license: mit",
        "---\nlicense: mit\n",
        "# Card\n---\nlicense: mit\n---\n",
        "--- x\nlicense: mit\n---",
    ],
)
def test_no_front_matter(card: str) -> None:
    assert read(card.encode()) == {}


def test_crlf_and_a_byte_order_mark() -> None:
    assert read(b"\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\n") == {"license": ["mit"]}


@pytest.mark.parametrize(
    "unit",
    ["license: [", "- ", "a: &a [*a, *a]\n", "<<: [*a, *a]\n", "- mit\n", "\0", "---", "\r", "{"],
)
def test_a_hostile_card_is_read_in_no_time(unit: str) -> None:
    begin = time.process_time()
    found = read(("---\nlicense:\n" + unit * (3_000_000 // len(unit)) + "\n---\n").encode())

    assert time.process_time() - begin < FOR_EVER
    assert len(license_of(found)) < 1000


def test_aliases_that_double_at_every_line_are_not_followed() -> None:
    lines = ["a0: &a0 {license: mit}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 60)]
    front = "\n".join([*lines, "license: apache-2.0"])
    begin = time.process_time()
    assert licenses(front) == "apache-2.0"
    assert time.process_time() - begin < FOR_EVER
