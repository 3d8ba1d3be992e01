"""The plain reader against tomllib: what it answers, tomllib answers too."""

from __future__ import annotations

import random
import tomllib
from typing import Any

import pytest

from pmgit.core import toml_subset

#: What `pmgit init` writes, and what people add to it: read without tomllib.
PLAIN = [
    "",
    "\n\n",
    "# only a comment",
    "models = []",
    'models = ["pretrained_model"]\nstorage = "ignore"  # "ignore" or "lfs"\nlanguage = "en"\n',
    '\n[rules.missing-info]\nlocal = "error"               # weights that lie here need one too\n',
    "a = 1\nb = true\nc = false\nd = 0\n",
    "a = 'x'\nb = \"y\"\n",
    "a = ['x', \"y\", 1, true, ]\n",
    "a = [ ]\n",
    "a=1\n",
    "  a  =  1  \n\t[b]  # comment\n  c = 2\n",
    "[a]\n[b]\n[a.b]\n",
    "[a.b.c]\nx = 1\n",
    "[a.b]\nx = 1\n[a]\ny = 2\n",
    "a-b_C9 = 1\n1 = 2\n",
    "a = 1\r\nb = 2\r\n",
    "a = '名'\n",
    "a = '#'\nb = \"#\" # '\n",
    "a = ''\nb = \"\"\n",
    "a = '\\'\n",
    "a = 999999999999999999\n",
    "a = '[x]'\n[b]\nc = ']'\n",
]
#: TOML that only the real reader knows.
RICH = [
    'a.b = 1\n', '"a" = 1\n', "[a.'b']\n", "[[a]]\n", "a = {b = 1}\n", "a = 1.5\n", "a = -1\n",
    "a = 1_000\n", "a = 0x10\n", "a = 1979-05-27\n", "a = inf\n", 'a = "\\n"\n', "a = [\n1]\n",
    'a = """x"""\n', "a = '''\nx'''\n", "a = +1\n", "[ a ]\n", "[a . b]\n", "a = 1e3\n",
    "a = 9999999999999999999\n", "a = '\t'\n", "a = [1, # c\n2]\n",
    "a = [[1, 2], ['x']]\n", "# a\tb\n",
]  # fmt: skip
#: Not TOML at all: the plain reader must leave them to the one that says why.
BROKEN = [
    "a\n", "a =\n", "= 1\n", "a = 1 2\n", "a = 'x\n", 'a = "x\n', "a = [1\n", "a = [,]\n",
    "a = [1,,2]\n", "a = [1 2]\n", "a = 01\n", "a = ٣\n", "a = True\n", "a = 1\na = 2\n",
    "[a]\n[a]\n", "a = 1\n[a]\n", "[a]\nb = 1\n[a.b]\n", "[a\n", "a]\n", "[]\n", "[a.]\n", "[.a]\n",
    "[a..b]\n", "a = 'x' y\n", "[a] b\n", "a = 'x''y'\n", "\x00", "a = '\x01'\n", "# \x01\n",
    "a = 1 # \x7f\n", "a = 1\rb = 2\n", "a b = 1\n", "名 = 1\n", "a = b\n", "\ufeffa = 1\n",
    "a = 1\x0b\n", "a = 1\u00a0\n", "\u2003a = 1\n", "a = 1\x85b = 2\n",
    "a = yes\n", "a = 1,\n", "a = [1], 2\n", "a == 1\n", "[a]\n[a.b]\n[a]\n",
    "a = ''''\n", "a = '''x'''y\n", "\n\r\n\ra = 1", "# a\rb\n", "a = 1 #\r#\n", "#\t\x01\n",
]  # fmt: skip


def really(text: str) -> Any:
    """What tomllib says; None when it is not TOML."""
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: True is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("text", PLAIN)
def test_plain_documents_are_read(text: str) -> None:
    found = toml_subset.loads(text)
    assert found is not None
    assert same(found, tomllib.loads(text))


@pytest.mark.parametrize("text", RICH)
def test_rich_documents_are_left_to_tomllib(text: str) -> None:
    assert really(text) is not None
    assert toml_subset.loads(text) is None


@pytest.mark.parametrize("text", BROKEN)
def test_broken_documents_are_left_to_tomllib(text: str) -> None:
    assert really(text) is None
    assert toml_subset.loads(text) is None


def test_random_documents() -> None:
    """Parts of documents, glued together and with damaged characters."""
    chance = random.Random(20260113)
    parts = [line for text in PLAIN + RICH + BROKEN for line in text.splitlines(keepends=True)]
    alphabet = "ab.=[]'\"#,{} \t\r\n0123-_+\\t\x00\x0c\x85é\ufeff"
    read = 0
    for _ in range(20_000):
        text = "".join(chance.choices(parts, k=chance.randint(1, 6)))
        for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
            at = chance.randint(0, len(text))
            text = text[:at] + chance.choice(alphabet) + text[at + chance.randint(0, 1) :]
        found = toml_subset.loads(text)
        if found is not None:
            read += 1
            assert same(found, really(text)), text
    assert read > 1000


def test_random_characters() -> None:
    chance = random.Random(7)
    for _ in range(20_000):
        text = "".join(chance.choices("a=[]'\"#, 1\t\r\n.-", k=chance.randint(1, 14)))
        found = toml_subset.loads(text)
        assert found is None or same(found, really(text)), text


def test_deep_lists_are_left_to_tomllib() -> None:
    """Not a RecursionError."""
    assert toml_subset.loads("a = " + "[" * 100_000) is None
    assert toml_subset.loads("a = " + "[" * 100_000 + "]" * 100_000) is None


def test_long_input_takes_no_long_time() -> None:
    """A megabyte, the most that is read, of what is costly for careless readers."""
    for text in ("a = [" + "1," * 400_000, "a = " + "'" * 900_000, "[" + "a." * 400_000 + "a]",
                 "a = " + "[" * 900_000, "a = ['" + "x','" * 200_000, "=" * 900_000):  # fmt: skip
        toml_subset.loads(text)
