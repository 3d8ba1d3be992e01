"""Licenses where commands show them: `add`, `update`, `status` and `info`, with and without policy.

A real client asks a local Hub; what the policy does not allow is refused before the first byte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub_server import HubServer
from tests.kit import Repo, weights_bytes

ID, MODEL = "org/tuned", "pretrained_model/tuned"
FILES = {"config.json": b"{}\n", "model.safetensors": weights_bytes(200_000)}


@pytest.fixture
def hub(repo: Repo) -> Iterator[HubServer]:
    """A Hub that the repository's commands use."""
    with HubServer() as server:
        repo.env |= server.environment(str(repo.path.parent / "hf"))
        yield server


def policy(repo: Repo, text: str) -> None:
    (repo.path / ".pmgit.toml").write_text(f"[licenses]\n{text}\n")


def fetched(hub: HubServer) -> list[str]:
    """The files that were asked for."""
    return [one.path for one in [*hub.log, *hub.cdn.log] if "/api/" not in one.path]


def test_add_shows_what_is_known_of_each_license(repo: Repo, hub: HubServer) -> None:
    for card, line in (
        ({"license": "mit"}, "mit (commercial use: yes; keep notice and license text)"),
        ({"license": "cc-by-nc-4.0"}, "cc-by-nc-4.0 (commercial use: no; attribution; non-comm"),
        ({"license": ["mit", "gemma"]}, "mit, gemma (commercial use: under conditions; gemma: "),
        (
            {"license": "other", "license_name": "lfm1.0", "license_link": "LICENSE"},
            "lfm1.0 https://huggingface.co/org/tuned/blob/main/LICENSE (commercial use: not known;",
        ),
        ({"license": "other"}, "other (commercial use: not known; the card names it"),
        ({"license": "a\x1b[31m\nb"}, "a[31mb (commercial use: not known"),
        ({}, "none is named: ask its owner before you use it"),
    ):
        hub.add(ID, FILES, card=card)
        shown = repo.pmgit("add", ID, "--dry-run")
        assert shown.code == 0, shown
        assert f"\nlicense: {line}" in shown.out, card


def test_add_refuses_before_the_first_byte_and_says_how_to_allow_it(
    repo: Repo, hub: HubServer
) -> None:
    hub.add(ID, FILES, card={"license": "llama3.1"})
    for text, said, way in (
        (
            'deny = ["llama*"]',
            "llama3.1 is denied ([licenses] deny has 'llama*')",
            "take 'llama*' out of deny",
        ),
        ('allow = ["mit"]', "llama3.1 is not in [licenses] allow", 'put "llama3.1" into allow'),
    ):
        policy(repo, text)
        for option in ("--yes", "--dry-run"):
            shown = repo.pmgit("add", ID, option)
            assert shown.code == 1, shown
            assert said in shown.err
            assert f"hint: {way}; see: pmgit explain restricted-license" in shown.err
    policy(repo, "commercial = true")
    shown = repo.pmgit("add", ID, "--dry-run")
    assert shown.code == 0
    assert "note: llama3.1 allows commercial use under conditions (under 700 M" in shown.err
    hub.add(ID, FILES, card={"license": "cc-by-nc-4.0"})
    shown = repo.pmgit("add", ID, "--yes")
    assert (shown.code, "LicenseRef-NAME (--license); see" in shown.err) == (1, True)
    assert fetched(hub) == []
    assert not (repo.path / MODEL).exists()
    # The agreement is named as the hint says, and nothing else is in the way.
    shown = repo.pmgit("add", ID, "--yes", "--license", "LicenseRef-Agreement")
    assert shown.code == 0, shown
    assert "**License**: LicenseRef-Agreement\n" in (repo.path / MODEL / "INFO.md").read_text()
    repo.git("add", "-f", f"{MODEL}/INFO.md", f"{MODEL}/pmgit.lock", ".pmgit.toml")
    assert repo.check("--select", "license") == []


def test_no_license_is_not_in_allow_until_one_is_named(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, FILES)
    policy(repo, 'allow = ["mit"]')
    shown = repo.pmgit("add", ID, "--yes")
    assert shown.code == 1
    assert "no license is known, and [licenses] allow names some" in shown.err
    assert "hint: name its license (--license); see: " in shown.err
    shown = repo.pmgit("add", ID, "--yes", "--license", "a<b")
    assert (shown.code, "the license holds what does not belong" in shown.err) == (2, True)
    assert repo.pmgit("add", ID, "--dry-run", "--license", "MIT License").code == 0
    # The card of the source says less than what is named.
    hub.add(ID, FILES, card={"license": "other"})
    policy(repo, 'allow = ["LicenseRef-acme"]')
    assert repo.pmgit("add", ID, "--yes").code == 1
    license = "acme (https://example.invalid/LICENSE)"
    assert repo.pmgit("add", ID, "--yes", "--license", license).code == 0
    repo.git("add", "-f", f"{MODEL}/INFO.md", f"{MODEL}/pmgit.lock", ".pmgit.toml")
    assert repo.check("--select", "license") == []


def test_a_typo_in_the_policy_is_named(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, FILES, card={"license": "mit"})
    policy(repo, 'deny = ["lama3.1"]')
    for args in (["add", ID, "--yes"], ["status"], ["check", "--all"]):
        shown = repo.pmgit(*args)
        assert (shown.code, "did you mean 'llama3.1'?" in shown.err) == (2, True), shown


def test_a_model_of_this_disk(repo: Repo, tmp_path: Path) -> None:
    source = tmp_path / "mine"
    source.mkdir()
    (source / "model.safetensors").write_bytes(FILES["model.safetensors"])
    (source / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    policy(repo, "commercial = true")
    shown = repo.pmgit("add", str(source))
    assert (shown.code, "does not allow commercial use" in shown.err) == (1, True), shown
    assert not os.path.lexists(repo.path / "pretrained_model/mine")
    shown = repo.pmgit("add", str(source), "--license", "LicenseRef-Agreement")
    assert shown.code == 0, shown
    folder = repo.path / "pretrained_model/mine"
    assert "**License**: LicenseRef-Agreement\n" in (folder / "INFO.md").read_text()
    assert 'id = "LicenseRef-Agreement"\n' in (folder / "pmgit.lock").read_text()


def test_update_refuses_a_license_that_has_changed(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, FILES, card={"license": "mit"})
    policy(repo, "commercial = true")
    assert repo.pmgit("add", ID, "--yes").code == 0
    lock = (repo.path / MODEL / "pmgit.lock").read_bytes()
    hub.add(
        ID, {**FILES, "model.safetensors": weights_bytes(300)}, card={"license": "cc-by-nc-4.0"}
    )
    asked = len(fetched(hub))
    shown = repo.pmgit("update", "tuned", "--yes")
    assert shown.code == 1, shown
    assert f"{MODEL}: license: cc-by-nc-4.0 (commercial use: no" in shown.out
    assert "cc-by-nc-4.0 does not allow commercial use" in shown.err
    assert (repo.path / MODEL / "pmgit.lock").read_bytes() == lock
    assert len(fetched(hub)) == asked
    policy(repo, "commercial = false")
    assert repo.pmgit("update", "tuned", "--yes").code == 0
    assert b'id = "cc-by-nc-4.0"' in (repo.path / MODEL / "pmgit.lock").read_bytes()


def test_status_has_a_word_for_each_license_and_what_the_policy_says(repo: Repo) -> None:
    licenses = {
        "a": ("mit", "yes"), "b": ("gemma", "conditional"), "c": ("CC BY-NC 4.0", "no"),
        "d": ("who-knows", "unknown"), "e": ("MIT OR GPL-3.0", "yes"), "f": ("TODO", None),
    }  # fmt: skip
    for name, (license, _) in licenses.items():
        repo.write(f"pretrained_model/{name}/INFO.md", f"# {name}\n\n**License**: {license}\n")
        repo.write(f"pretrained_model/{name}/config.json", "{}\n")
    policy(repo, "commercial = true")
    shown = repo.pmgit("status")
    for line in (
        "mit ", "gemma, conditions ", "cc-by-nc-4.0, non-commercial ", "who-knows, not known ",
        "mit OR gpl-3.0 ",
    ):  # fmt: skip
        assert f" {line}" in shown.out, shown
    found = {
        one["model"][-1]: one for one in repo.pmgit("status", "--format", "json").json["models"]
    }
    assert {name: one["commercial_use"] for name, one in found.items()} == {
        name: use for name, (_, use) in licenses.items()
    }
    assert found["b"]["license_conditions"].startswith("pass on the prohibited use policy")
    said = {
        name: [a["message"] for a in one["attention"] if "commercial use" in a["message"]]
        for name, one in found.items()
    }
    assert {name: len(messages) for name, messages in said.items()} == {
        "a": 0, "b": 1, "c": 1, "d": 1, "e": 0, "f": 0,
    }  # fmt: skip
    assert said["c"][0].startswith("cc-by-nc-4.0 does not allow commercial use ([licenses] ")


def test_info_new_notes_the_conditions(repo: Repo) -> None:
    for license, said in (
        ("gemma", "note: license gemma (commercial use: under conditions; pass on the"),
        ("who-knows", "note: license who-knows (commercial use: not known; pmgit does not know"),
        ("mit", ""),
    ):
        repo.write(f"pretrained_model/{license}/config.json", "{}\n")
        shown = repo.pmgit("info", "new", license, "--license", license)
        assert shown.code == 0
        assert (said in shown.err) if said else ("note: license" not in shown.err), shown


def test_info_check_and_show_read_what_git_ignores(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    for name, text in (
        ("INFO.md", "# Tuned\n\n**License**: MIT\n"), ("README.md", "---\nlicense: gemma\n---\n"),
        ("LICENSE", "Gemma Terms of Use\n\nLast modified: 2024\n"), ("config.json", "{}\n"),
    ):  # fmt: skip
        repo.write(f"{MODEL}/{name}", text)
    repo.git("add", ".")
    assert repo.check("--select", "license") == []
    policy(repo, 'deny = ["gemma"]')
    shown = repo.pmgit("info", "check", "tuned", "--format", "json")
    found = {one["rule"]: one["message"] for one in shown.json["findings"]}
    assert "gemma in README.md and LICENSE" in found["license-conflict"]
    assert found["restricted-license"].startswith("gemma is denied")
    shown = repo.pmgit("info", "show", "tuned")
    assert "  terms         mit: commercial use: yes; keep notice and license text" in shown.out
    assert "\n                gemma: commercial use: under conditions; pass on" in shown.out


@pytest.mark.parametrize("name", ["unknown-license", "license-conflict", "restricted-license"])
def test_each_rule_is_explained(repo: Repo, name: str) -> None:
    shown = repo.pmgit("explain", name)
    assert shown.code == 0
    assert "no legal advice" in shown.out
    assert repo.pmgit("explain", name, "--format", "json").code in (0, 2)
