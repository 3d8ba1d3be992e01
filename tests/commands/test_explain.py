"""`pmgit explain`: the manual page of a rule."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from pmgit import rules

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo


def test_without_a_name_it_lists_all_rules(repo: Repo) -> None:
    shown = repo.pmgit("explain")
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split(None, 2) for line in shown.out.splitlines()]
    assert [name for _, name, _ in lines] == list(rules.RULES)
    for family, name, summary in lines:
        assert family == rules.RULES[name].family
        assert summary == inspect.cleandoc(rules.load(name).__doc__ or "").splitlines()[0]


@pytest.mark.parametrize("name", rules.RULES)
def test_every_rule_has_its_page(name: str, repo: Repo, tmp_path: Path) -> None:
    """Also where there is no repository."""
    shown = repo.pmgit("explain", name, cwd=tmp_path)
    assert (shown.code, shown.err) == (0, "")
    rule = rules.load(name)
    assert shown.out.startswith(f"{name} ({rule.family}, {rule.severity})\n\n")
    parts = ["What it reports", "Why it is bad", "Example", "What to do"]
    if rule.options:
        parts.append("Options")
    assert [line for line in shown.out.splitlines() if line in (*parts, "Options")] == parts
    assert "## " not in shown.out
    for option in rule.options:
        assert f"\n{name}.{option.name}: {option.help}" in shown.out


def test_a_family_stands_for_its_rules(repo: Repo) -> None:
    shown = repo.pmgit("explain", "info")
    for name, entry in rules.RULES.items():
        assert (f"{name} (info, " in shown.out) == (entry.family == "info")


def test_what_a_report_names_can_be_pasted(repo: Repo) -> None:
    """`Why: pmgit explain A B`, each once."""
    shown = repo.pmgit("explain", "missing-info", "tracked-weights", "missing-info")
    assert shown.code == 0
    assert shown.out.count("missing-info (info, ") == 1
    assert shown.out.index("missing-info (") < shown.out.index("tracked-weights (")


def test_what_an_option_may_be_is_told(repo: Repo) -> None:
    shown = repo.pmgit("explain", "oversized-blob", "missing-info")
    assert (
        '\noversized-blob.max-weights-size: The largest blob of weights.\n  default: "1.0 MB"\n'
    ) in shown.out
    assert '\n  one of: error, warning, off\n  default: "warning"\n' in shown.out


def test_an_unknown_rule_names_the_nearest(repo: Repo) -> None:
    failed = repo.pmgit("explain", "missing-info", "mising-pointer")
    assert (failed.code, failed.out) == (2, "")
    assert failed.err == (
        "pmgit: unknown rule or family 'mising-pointer'\nhint: did you mean 'missing-pointer'?\n"
    )
