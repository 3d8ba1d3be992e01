"""`unpinned-revision`: a branch is no commit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo

MODEL = "pretrained_model/bert-base-uncased"
HUB = "https://huggingface.co/google-bert/bert-base-uncased"


def stage(repo: Repo, revision: str, source: str = HUB) -> None:
    repo.stage(
        f"{MODEL}/INFO.md",
        f"# BERT\n\n**Source**: {source}\n**Downloaded**: 2026-01-13\n"
        f"**Commit**: {revision}\n**License**: apache-2.0\n",
    )


def findings(repo: Repo) -> list[dict[str, Any]]:
    return repo.check("--select", "unpinned-revision")


@pytest.mark.parametrize("revision", ["`main`", "main", "v1.0", "86b5e09"])
def test_a_branch_or_tag_alone_is_a_warning_with_its_line(repo: Repo, revision: str) -> None:
    stage(repo, revision)
    (finding,) = findings(repo)
    assert (finding["severity"], finding["line"]) == ("warning", 5)
    assert "names no full commit" in finding["message"]
    stage(repo, f"{revision} (commit: {'1' * 40})")
    assert findings(repo) == []


@pytest.mark.parametrize(
    ("revision", "source"),
    [
        ("1" * 40, HUB), (f"`main` (commit: {'a' * 40})", HUB), ("TODO: which?", HUB), ("", HUB),
        ("v2", "https://example.invalid/weights.zip"), ("`main` (commit: abc123...)", HUB),
    ],
)  # fmt: skip
def test_accepts_a_commit_other_sources_and_what_another_rule_asks_for(
    repo: Repo, revision: str, source: str
) -> None:
    stage(repo, revision, source)
    assert findings(repo) == []


def noted(repo: Repo) -> None:
    """What the Hub's client leaves of a download."""
    repo.write(f"{MODEL}/config.json", "{}")
    note = f"{'a' * 40}\netag\n4000000000\n"
    repo.write(f"{MODEL}/.cache/huggingface/download/config.json.metadata", note)


def locked(repo: Repo, repo_id: str = "google-bert/bert-base-uncased") -> None:
    repo.stage(
        f"{MODEL}/pmgit.lock",
        f'version = 1\ncreated = "2026-01-13"\n[source]\ntype = "huggingface"\n'
        f'repo_id = "{repo_id}"\nrevision = "{"a" * 40}"\n[content]\nfiles = []\n',
    )


@pytest.mark.parametrize(("known_by", "end"), [(noted, "\r\n"), (locked, "\n"), (locked, "\r")])
def test_the_fix_writes_the_commit_that_is_known(repo: Repo, known_by: Any, end: str) -> None:
    known_by(repo)
    for language, label in (("en", "Commit**: "), ("zh", "版本/Commit**：")):
        text = f"# X\n\n**Source**: {HUB}\n**Downloaded**: 2026-01-13\n**{label}`main`\n"
        text += "**License**: apache-2.0\n\nmain words\n"
        repo.stage(f"{MODEL}/INFO.md", text.replace("\n", end))
        (finding,) = findings(repo)
        assert finding["fix"], language
        repo.paste(finding["fix"]["shell"])
        assert findings(repo) == []
        page = (repo.path / MODEL / "INFO.md").read_bytes().decode()
        made = text.replace("`main`", f"`main` (commit: {'a' * 40})").replace("\n", end)
        assert page.startswith(made)


def test_without_a_fix_where_nobody_here_knows_it(repo: Repo) -> None:
    stage(repo, "`main`")
    assert findings(repo)[0]["fix"] is None
    shown = repo.pmgit("info", "update", "--pin", "--dry-run", "bert-base-uncased")
    assert (shown.code, "no full commit is known" in shown.err) == (0, True), shown
    locked(repo, "somebody/else")
    assert findings(repo)[0]["fix"] is None
    repo.stage(f"{MODEL}/pmgit.lock", "")
    assert findings(repo)[0]["fix"] is None
    stage(repo, "ma<!-- x -->in")
    noted(repo)
    repo.git("rm", "-q", "-f", f"{MODEL}/pmgit.lock")
    assert findings(repo)[0]["fix"] is None  # it is not on the line as it is read
    before = (repo.path / MODEL / "INFO.md").read_bytes()
    assert repo.pmgit("info", "update", "--pin", "bert-base-uncased").code == 0
    assert (repo.path / MODEL / "INFO.md").read_bytes().startswith(before)
