"""The reader of cards for the hook says what PyYAML says, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml import YAMLError, compose

from pmgit.model import card, card_license


def text_of(front: str) -> str:
    found = card_license.read(f"---\n{front}\n---\n# Card\nlicense: body\n".encode())
    return found.text if found else ""


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("license: apache-2.0", "apache-2.0"),
        ("language: en\nlicense: mit\ntags:\n- x\n- it's", "mit"),
        ("# a comment\n\nlicense: 'mit' # free", "mit"),
        ('license: "mit"\r', "mit"),
        ("license:\n- mit\n- apache-2.0\ntags:\n- x", "mit, apache-2.0"),
        ("license:\n  - mit\n  # too\n  - 'apache-2.0'", "mit, apache-2.0"),
        ("license: [mit, 'apache-2.0'] # both", "mit, apache-2.0"),
        ("license: other\nlicense_name: lfm1.0\nlicense_link: LICENSE", "lfm1.0 LICENSE"),
        (
            "license: other\nlicense_name: tongyi\nlicense_link: >-\n  https://a.example/LICENSE\nx:",
            "tongyi https://a.example/LICENSE",
        ),
        ("license: other", "other"),
        ('tags: ["a", \'b\', {c: [d]}]\nlicense: mit', "mit"),
        ("model-index:\n- name: x\n  results:\n  - task: {type: y}\nlicense: mit", "mit"),
        ("widget:\n- text: |\n    license: gemma\n    \"x\"\n  note: 'y'\nlicense: mit", "mit"),
        ("description: >\n  It's [not\n  license: gemma\n\nlicense: mit", "mit"),
        ("license: no", "no"),
        # nothing, or not in the plain form
        ("license:", ""), ("license: null", ""), ("license: ~", ""), ("x: y", ""),
        ("license: mit\nlicense: gemma", ""), ("license: &a mit", ""), ("license: *a", ""),
        ("license: {name: mit}", ""), ("license: mit\n  and more", ""), ("license: |\n  mit", ""),
        ("  license: mit", ""), ("license : mit", ""), ('"license": mit', ""), ("license:mit", ""),
        ("text: \"\nlicense: mit\n\"", ""), ("text: [a,\nlicense: mit\n]", ""),
        ("text: '\nlicense: mit\n'", ""), ("a:\n  - \"x\nlicense: mit\n  y\"", ""),
        ("a: &b [x,\nlicense: mit\n]", ""), ("? a\nlicense: mit", ""), ("license:\tmit", ""),
        ("license: " + "x" * 10_000, ""), ("license: a\x1b[2J", ""), ("license: <!-- x", ""),
        ("license: " + "[" * 1000, ""), ("---\nlicense: mit", ""), ("license: \"a\\n\"", ""),
    ],
)  # fmt: skip
def test_the_license_of_a_card(front: str, expected: str) -> None:
    assert text_of(front) == expected


def test_the_line_and_what_is_no_front_matter() -> None:
    found = card_license.read(b"\xef\xbb\xbf---\r\n# x\r\nlicense: mit\r\n---\r\n")
    assert found is not None
    assert (found.ids, found.line) == (["mit"], 3)
    for data in (
        b"", b"license: mit", b"---\nlicense: mit\n", b"# Card\n---\nlicense: mit\n---\n",
        b"--- x\nlicense: mit\n---\n", b"---\nx: y\n---\nlicense: mit\n---\n",
        b"---\nlicense: mit\n---\n" + b"x" * card_license.MAX_BYTES,
        b"---\nx:\n  " + b"- " * 90_000 + b"'a'\nlicense: mit\n---\n",
        b"---\n" + b"x: y\n" * 100_000 + b"license: mit\n---\n",
    ):  # fmt: skip
        assert card_license.read(data) is None, data[:30]


BITS = st.sampled_from(
    ["license", "license_name", "license_link", ": ", ":", "mit", "other", "\n", "\n", "  ", "- ",
     "[", "]", "{", "}", ",", "'", '"', "#", " #", "|", ">-", "&a ", "*a", "!!str ", "? ", "tags",
     "null", "it's", "\\", " ", "%", "---", "\t", "é", "\nlicense: mit\n", "\ntags: [", '\nx: "',
     "\nx: '", "\n- ", "\n  - "]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(BITS, max_size=24).map("".join), st.booleans())
def test_never_another_license_than_pyyaml_reads(front: str, begins_plainly: bool) -> None:
    front = f"license: mit\n{front}" if begins_plainly else front
    data = f"---\n{front}\n---\n".encode()
    found = card_license.read(data)
    if found is None:
        return
    lines = data.decode().split("\n")
    end = next(at for at, line in enumerate(lines) if at and line.rstrip() in ("---", "..."))
    try:
        compose("\n".join(lines[1:end]), card._loader())
    except YAMLError:
        return  # the Hub does not accept it either
    assert found.text == card.license_of(card.read(data))
