"""Where the running pmgit is from, by what its installer wrote down (PEP 610)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.hooks import origin
from pmgit.hooks.entry import HookEntry
from pmgit.hooks.hook_file import HookFile
from tests.kit import BIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

COMMIT = "0123456789abcdef" * 2 + "01234567"
GIT = {"vcs": "git", "commit_id": COMMIT, "requested_revision": "main"}


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("https://host.example/a/b.git", "https://host.example/a/b.git"),
        ("https://host.example:8443/a/b", "https://host.example:8443/a/b"),
        ("ssh://git@host.example/a/b.git", "ssh://git@host.example/a/b.git"),
        ("git@host.example:a/b.git", "git@host.example:a/b.git"),
        # A person's name, a token, a password: never.
        ("https://user@host.example/a", "https://host.example/a"),
        ("https://ghp_0123456789abcdef@host.example/a", "https://host.example/a"),
        ("https://oauth2:glpat-x@host.example/a", "https://host.example/a"),
        ("https://git:secret@host.example/a", "https://host.example/a"),
        ("ssh://me@host.example/a", "ssh://host.example/a"),
        ("ssh://git:secret@host.example/a", "ssh://git@host.example/a"),
        ("https://host.example/a?private_token=x", ""),
        ("https://host.example/a#x", ""),
        ("https://${TOKEN}@host.example/a", ""),
        # Nothing that others reach, or that runs something.
        ("file:///home/me/pmgit", ""),
        ("/home/me/pmgit", ""),
        ("../pmgit", ""),
        ("ext::sh -c touch% x", ""),
        ("ssh://-oProxyCommand=x/a", ""),
        ("git@-oProxyCommand:a", ""),
        ("https:///a", ""),
        ("https://host.example/a\nb: c", ""),
        ("https://[::1", ""),
        ("", ""),
    ],
)
def test_the_address_that_is_shared(address: str, shared: str) -> None:
    found = origin.read({"url": address, "vcs_info": GIT})
    assert found.entry == (HookEntry("git", COMMIT, shared) if shared else None)
    secrets = ("ghp_0123456789abcdef", "glpat-x", "secret")
    assert not [s for s in secrets if s in found.why or s in str(found.entry)]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ({"url": "file:///x/pmgit", "dir_info": {"editable": True}}, "from a folder"),
        ({"url": "file:///x/pmgit", "dir_info": {}}, "from a folder"),
        ({"url": "https://h.example/pmgit.whl", "archive_info": {"hash": "x"}}, "from an archive"),
        ({"url": "https://h.example/a", "vcs_info": {**GIT, "vcs": "hg"}}, "without the commit"),
        ({"url": "https://h.example/a", "vcs_info": {**GIT, "commit_id": "main"}}, "without"),
        (
            {"url": "https://h.example/a", "vcs_info": GIT, "subdirectory": "x"},
            "a folder within the repository",
        ),
        ({}, "from a folder"),
    ],
)
def test_what_others_cannot_build(url: dict[str, Any], why: str) -> None:
    found = origin.read(url)
    assert found.entry is None
    assert why in found.why


def test_a_package_index_writes_nothing() -> None:
    found = origin.read(None)
    assert found.entry is not None
    assert found.entry.kind == "index"


def test_the_package_must_be_the_one_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout on PYTHONPATH is not what some package of the same name says."""
    editable = origin.find()
    assert "installed from a folder (file://" in editable.why
    other = tmp_path / "pmgit-9.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: pmgit\nVersion: 9\n")
    (other / "direct_url.json").write_text(json.dumps({"url": "https://h.example/a"}))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert origin.find() == editable
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    assert origin.find().why == "not installed: it runs from a folder"


@pytest.mark.parametrize("tool", ["pre-commit", "prek"])
@pytest.mark.parametrize("config", ["", "back end/it's.yaml"])
def test_what_a_hook_of_a_framework_reads(repo: Repo, tool: str, config: str) -> None:
    """As they really write it."""
    for name in (".pre-commit-config.yaml", config or "x"):
        repo.write(name, "repos: []\n")
    options = ["--allow-missing-config", *(["-c", config] if config else [])]
    assert repo.run([str(BIN / tool), "install", *options]).code == 0
    call = HookFile.read(str(repo.path / ".git/hooks/pre-commit"), "pre-commit").call
    usual = ".pre-commit-config.yaml" if tool == "pre-commit" else ""
    assert (call.config, call.lenient, call.only) == (config or usual, True, ())
    assert call.program.startswith(str(BIN))
    if tool == "prek":
        repo.run([str(BIN / tool), "install", "-f", "ruff", "--skip", "x"])
        call = HookFile.read(str(repo.path / ".git/hooks/pre-commit"), "pre-commit").call
        assert call.only == ("ruff", "--skip=x")
