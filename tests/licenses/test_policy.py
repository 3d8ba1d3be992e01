"""The policy for licenses: which entry decides, and what a refused name is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmgit.core.config import Config
from pmgit.core.errors import UsageError
from pmgit.licenses import table
from pmgit.licenses.expression import read
from pmgit.licenses.policy import Policy

IDS = sorted(table.load().by_id)


def verdict(license: str, **policy: Any) -> tuple[str, str]:
    expression = read(license).expression
    assert expression is not None
    found = Policy(Config({"licenses": policy}, ".pmgit.toml")).judge(expression)
    return found.severity, found.why


def test_of_a_choice_the_best_counts_of_a_list_the_worst() -> None:
    deny = ["gpl-3.0"]
    assert verdict("MIT OR GPL-3.0", deny=deny)[0] == ""
    assert verdict("MIT AND GPL-3.0", deny=deny)[0] == "error"
    assert verdict("mit, gpl-3.0", deny=deny)[0] == "error"
    assert verdict("(MIT OR GPL-3.0) AND GPL-3.0", deny=deny)[0] == "error"
    assert verdict("gemma OR cc-by-nc-4.0", commercial=True)[0] == "warning"
    assert verdict("gemma AND cc-by-nc-4.0", commercial=True)[0] == "error"


def test_deny_wins_over_allow_and_commercial_over_a_wide_allow() -> None:
    assert verdict("mit", allow=["*"], deny=["mit"])[0] == "error"
    assert verdict("apache-2.0", allow=["*"], deny=["mit"])[0] == ""
    assert verdict("cc-by-nc-4.0", allow=["*"], commercial=True)[0] == "error"
    assert verdict("llama3.1", allow=["llama"], commercial=True)[0] == ""


def test_a_family_without_a_version_is_denied_when_it_may_be_and_allowed_when_it_must_be() -> None:
    assert verdict("gpl", deny=["gpl-2.0"])[0] == "error"
    assert verdict("gpl", allow=["gpl-2.0"])[0] == "error"
    assert verdict("gpl", allow=["gpl-2.0", "gpl-3.0"])[0] == ""
    assert verdict("gpl", allow=["gpl"])[0] == ""
    assert verdict("cc-by-nc", deny=["cc-by-nc-4.0"])[0] == "error"
    assert verdict("cc", deny=["cc-by-nc*"])[0] == "error"


def test_the_way_out_is_one() -> None:
    for license in ("gemma", "CC BY-NC", "Tongyi Qianwen", "LicenseRef-Agreement", "x" * 90):
        expression = read(license).expression
        assert expression is not None
        policy = {"allow": ["mit"]}
        refused = Policy(Config({"licenses": policy})).judge(expression)
        assert refused.severity == "error"
        entry = refused.way.removeprefix('put "').removesuffix('" into allow')
        policy = {"allow": ["mit", entry]}
        assert Policy(Config({"licenses": policy})).judge(expression).severity == "", license


@pytest.mark.parametrize("key", ["allow", "deny"])
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("apche-2.0", "did you mean 'apache-2.0'?"),
        ("Llama-3", ""),
        ("lama", "did you mean 'llama'?"),
        ("cc-by-cn", "did you mean"),
        ("nothing like it at all", "for example: "),
        ("MIT OR Apache-2.0", "LicenseRef-NAME"),
        ("", "for example: "),
        ("zzz*", "for example: "),
        ("LicenseRef-", "LicenseRef-NAME"),
    ],
)
def test_a_name_that_is_no_license(key: str, entry: str, said: str) -> None:
    if not said:
        Policy(Config({"licenses": {key: [entry]}}))
        return
    with pytest.raises(UsageError) as error:
        Policy(Config({"licenses": {key: [entry]}}, ".pmgit.toml"))
    assert f".pmgit.toml: 'licenses.{key}' names no license" in error.value.message
    assert said in error.value.hint


def test_a_list_has_an_end() -> None:
    Policy(Config({"licenses": {"deny": ["llama*"] * 500}}))
    with pytest.raises(UsageError, match="names 501 licenses"):
        Policy(Config({"licenses": {"deny": ["llama*"] * 501}}))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([*IDS, "cc-by-nc", "llama", "llama*", "*", "LicenseRef-x*"]), max_size=4
    ),
    st.lists(st.sampled_from([*IDS, "cc-by-nc", "llama", "llama*", "LicenseRef-x*"]), max_size=4),
    st.booleans(),
    st.sampled_from([*IDS, "CC BY-NC", "llama", "x1", "nobody knows", "LicenseRef-xyz"]),
)
def test_what_is_denied_is_never_let_through(
    allow: list[str], deny: list[str], commercial: bool, license: str
) -> None:
    severity, _ = verdict(license, allow=allow, deny=deny, commercial=commercial)
    alone, _ = verdict(license, deny=deny)
    assert severity == "error" or not alone
    named, _ = verdict(license, allow=allow)
    assert severity == "error" or not named
    row = read(license).names[0].license
    if commercial and row and row.commercial == table.NO:
        assert severity == "error"
    # The order of the entries does not matter.
    other, _ = verdict(license, allow=allow[::-1], deny=deny[::-1], commercial=commercial)
    assert other == severity
