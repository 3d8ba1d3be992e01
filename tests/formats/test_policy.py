"""Which globals a pickle may name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pmgit.formats import policy
from pmgit.formats.policy import of_global
from tests.formats.pickle_samples import GADGETS, HARMLESS, UNKNOWN_CODE, split


def test_names() -> None:
    verdicts = {"unsafe": GADGETS, "ok": HARMLESS, "warn": UNKNOWN_CODE}
    wrong = [
        name for verdict, names in verdicts.items() for name in names
        if of_global(*split(name), called=verdict == "unsafe")[0] != verdict
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("protocol", [2, 4])
def test_everything_of_python_is_dangerous_but_what_is_listed(protocol: int) -> None:
    """Every module of the library, by a name that nobody has listed."""
    name = "anything" if protocol == 2 else "Any.thing"
    assert {of_global(module, name)[0] for module in sys.stdlib_module_names} == {"unsafe"}


def test_the_lists_are_sorted_dated_and_say_nothing_twice() -> None:
    for file in ("allowed_globals.txt", "dangerous_globals.txt", "made_empty_globals.txt"):
        text = (Path(policy.__file__).parent / file).read_text("ascii")
        assert "Looked at on 20" in text
        lines = [
            line for line in text.replace("\n  ", " ").splitlines() if line[:1] not in ("", "#")
        ]
        said = [
            (module, name)
            for module, _, names in (line.partition(":") for line in lines)
            for name in names.split() or [""]
        ]
        assert len(said) == len(set(said)), [one for one in said if said.count(one) > 1]
        assert all(len(line) <= 100 for line in text.splitlines())


def test_what_is_made_empty_is_allowed() -> None:
    text = (Path(policy.__file__).parent / "made_empty_globals.txt").read_text("ascii")
    lines = [line for line in text.replace("\n  ", " ").splitlines() if line[:1] not in ("", "#")]
    named = [
        (module, name)
        for module, _, names in (line.partition(":") for line in lines)
        for name in names.split()
    ]
    assert [one for one in named if of_global(*one)[0] != "ok"] == []
    assert [one for one in named if not policy.is_made_empty(*one)] == []


def test_allowed_means_the_very_name() -> None:
    assert of_global("collections", "OrderedDict")[0] == "ok"
    for module, name in (
        ("collections", "OrderedDict.fromkeys"), ("collections.abc", "OrderedDict"),
        ("Collections", "system"), ("torch", "FloatStorage.__class__"), ("torch.x", "load"),
    ):  # fmt: skip
        assert of_global(module, name)[0] != "ok", (module, name)
