"""Where a judgement finds its baseline, and what that costs a commit that is clean."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pmgit.baseline import source, units
from pmgit.baseline.forgive import Baseline
from pmgit.check import config_lookup, engine
from pmgit.core.config import BASELINE, FILE, PYPROJECT, SETTINGS
from pmgit.core.errors import UsageError
from pmgit.git.repository import discover
from pmgit.hook import LOOKED_UP, MODELS, NOTE
from pmgit.model.folder import INFO
from pmgit.rules import RULES
from pmgit.snapshots import commit_range

if TYPE_CHECKING:
    from tests.kit import Repo

X = "pretrained_model/bert/x.bin"


def test_it_is_looked_up_with_the_configuration() -> None:
    assert set(LOOKED_UP) == {FILE, PYPROJECT, BASELINE}
    assert (list(MODELS), NOTE) == (SETTINGS["models"].default, INFO)


def test_the_tables_name_rules_that_exist() -> None:
    assert units.MEASURED | units.NAMES | units.LINES | {"absent-object"} <= set(RULES)
    assert {RULES[name].family for name in units.MEASURED} <= {"size", "lfs", "naming"}


def test_a_clean_commit_pays_nothing(repo: Repo) -> None:
    """Neither a git process nor an import, whether there is a baseline or not."""
    repo.stage(X, 3000)
    repo.commit()
    costs = []
    for baseline in (False, True):
        if baseline:
            assert repo.pmgit("baseline").code == 0
            repo.git("add", BASELINE)
            repo.commit()
        repo.stage("src/main.py", f"pass  # {baseline}\n")
        code = "import sys; sys.argv = ['pmgit-hook', 'pre-commit']\nfrom pmgit.hook import main\n"
        code += "assert main() == 0; assert 'pmgit.baseline' not in sys.modules"
        trace = repo.path.parent / f"trace-{baseline}"
        shown = repo.run([sys.executable, "-c", code], env={"GIT_TRACE": str(trace)})
        assert shown.code == 0, shown
        costs.append(trace.read_text().count(" built-in: git "))
    assert costs[0] == costs[1]


@pytest.fixture
def pushed(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A tip with a baseline, and the next one, which sins and forgives itself."""
    repo.stage(X, 3000)
    repo.commit()
    assert repo.pmgit("baseline").code == 0
    repo.git("add", BASELINE)
    old = repo.commit()
    repo.git("mv", X, X.replace("x.bin", "y.bin"))
    repo.stage("pretrained_model/gpt/z.bin", 3000)
    assert repo.pmgit("baseline", "--accept", ".", "--reason", "mine").code == 0
    repo.git("add", BASELINE)
    monkeypatch.chdir(repo.path)
    return old, repo.commit()


def test_a_push_does_not_forgive_itself_where_the_old_tip_counts(pushed: tuple[str, str]) -> None:
    old, new = pushed
    repository = discover()
    found = {}
    for name, baseline in {
        "own": None,
        "old": lambda: source.of_commit(repository, old),
        "first push": lambda: source.of_commit(repository, ""),
        "none": Baseline,
    }.items():
        snapshot = commit_range.take(repository, new, [f"^{old}"], old)
        report = engine.judge(snapshot, config_lookup.read(snapshot), list(RULES), baseline)
        found[name] = [finding.path for finding in report.findings]
    sins = ["pretrained_model/gpt", "pretrained_model/gpt/z.bin"]
    assert found == {
        "own": [],
        # The rename is free there too.
        "old": sins,
        "first push": ["pretrained_model/bert", *sins],
        "none": ["pretrained_model/bert", *sins],
    }


def test_a_damaged_one_that_is_pushed_is_an_error_whichever_counts(
    pushed: tuple[str, str], repo: Repo
) -> None:
    old, _ = pushed
    repo.stage(BASELINE, repo.blob(BASELINE) + b"<<<<<<< HEAD\n")
    new = repo.commit()
    repository = discover()
    snapshot = commit_range.take(repository, new, [f"^{old}"], old)
    with pytest.raises(UsageError, match="unresolved merge conflict"):
        engine.judge(
            snapshot, config_lookup.read(snapshot), [], lambda: source.of_commit(repository, old)
        )
