"""`restricted-license`: the policy of `.pmgit.toml` holds, whichever file states the license."""

from __future__ import annotations

from typing import Any

from tests.kit import Repo
from tests.rules.test_license_conflict import CARD, INFO, LOCK, MIT, MODEL, stage


def policy(repo: Repo, text: str) -> None:
    repo.stage(".pmgit.toml", f"[licenses]\n{text}\n")


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "restricted-license", *args)


def test_nothing_is_restricted_without_a_policy(repo: Repo) -> None:
    stage(repo, info="cc-by-nc-4.0")
    assert findings(repo) == []
    policy(repo, "allow = []\ndeny = []\ncommercial = false")
    assert findings(repo) == []


def test_reports_by_each_setting(repo: Repo) -> None:
    for text, license, severity, said in (
        (
            'deny = ["llama*"]',
            "llama3.1",
            "error",
            "llama3.1 is denied ([licenses] deny has 'llama*')",
        ),
        (
            'deny = ["AGPL"]',
            "AGPL-3.0-or-later",
            "error",
            "agpl-3.0 is denied ([licenses] deny has 'AGPL')",
        ),
        ('deny = ["GPL-3.0-only"]', "gpl", "error", "gpl may be what is denied"),
        ('deny = ["cc-by-nc"]', "CC BY-NC 4.0", "error", "cc-by-nc-4.0 is denied"),
        ('deny = ["other"]', "tongyi-qianwen", "error", "tongyi-qianwen is denied"),
        ('deny = ["LicenseRef-tongyi*"]', "tongyi-qianwen", "error", "tongyi-qianwen is denied"),
        ('allow = ["mit"]', "apache-2.0", "error", 'put "apache-2.0" into allow'),
        (
            'allow = ["mit"]',
            "Tongyi Qianwen",
            "error",
            'put "LicenseRef-Tongyi-Qianwen" into allow',
        ),
        ('allow = ["gpl-3.0"]', "gpl", "error", "gpl is not in [licenses] allow"),
        ('allow = ["mit"]', "MIT AND gemma", "error", "gemma is not in [licenses] allow"),
        ('allow = ["cc-by"]', "cc-by-nc-4.0", "error", "cc-by-nc-4.0 is not in [licenses] allow"),
        ('allow = ["cc*"]\ndeny = ["cc-by-nc*"]', "cc-by-nc-sa-4.0", "error", "is denied"),
        ("commercial = true", "cc-by-nc-4.0", "error", "does not allow commercial use"),
        ("commercial = true", "CC BY-NC-SA", "error", "does not allow commercial use"),
        ('commercial = true\nallow = ["cc*"]', "cc-by-nc-4.0", "error", "does not allow commerc"),
        ("commercial = true", "gemma", "warning", "allows commercial use under conditions"),
        ("commercial = true", "nobody-knows", "warning", "may not allow commercial use"),
        ("commercial = true", "other", "warning", "may not allow commercial use"),
    ):
        policy(repo, text)
        stage(repo, info=license)
        (finding,) = findings(repo)
        assert finding["severity"] == severity, (text, license)
        assert said in finding["message"], (text, license, finding["message"])
        assert (finding["path"], finding["line"]) == (INFO, 6)


def test_accepts_what_the_policy_allows(repo: Repo) -> None:
    for text, license in (
        ('deny = ["llama*"]', "gemma"),
        ('deny = ["cc-by-nc"]', "cc-by-nc-sa-4.0"),
        ('deny = ["gpl"]', "lgpl-3.0"),
        ('allow = ["Apache-2.0", "MIT"]', "Apache License, Version 2.0"),
        ('allow = ["mit"]', "MIT OR GPL-3.0"),
        ('allow = ["gpl"]', "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ('allow = ["llama*"]', "llama"),
        ('allow = ["cc-by"]', "CC BY"),
        ('allow = ["LicenseRef-tongyi-qianwen"]', "tongyi-qianwen https://example.invalid/LICENSE"),
        ('allow = ["other"]', "tongyi-qianwen"),
        ("commercial = true", "apache-2.0"),
        ("commercial = true", "cc-by-nc-4.0 OR mit"),
        ("commercial = true", "LicenseRef-Agreement"),
        ('commercial = true\nallow = ["gemma"]', "gemma"),
    ):
        policy(repo, text)
        stage(repo, info=license)
        assert findings(repo) == [], (text, license)


def test_every_file_of_the_model_counts(repo: Repo) -> None:
    policy(repo, 'deny = ["mit"]')
    stage(repo, info="apache-2.0", card="license: mit")
    assert [(f["path"], f["line"]) for f in findings(repo)] == [(CARD, 3)]
    stage(repo, info="apache-2.0", lock="mit")
    assert [(f["path"], f["line"]) for f in findings(repo)] == [(LOCK, 8)]
    stage(repo, LICENSE=MIT)
    assert [f["path"] for f in findings(repo)] == [f"{MODEL}/LICENSE"]
    stage(repo, info="LicenseRef-Agreement", card="license: mit", LICENSE=MIT)
    assert findings(repo) == []


def test_a_statement_that_is_only_vaguer_than_info_does_not_count(repo: Repo) -> None:
    own = "tongyi-qianwen (https://example.invalid/LICENSE)"
    for text, info, card, found in (
        ('allow = ["LicenseRef-tongyi-qianwen"]', own, "license: other", 0),
        ('allow = ["cc-by-4.0"]', "cc-by-4.0", "license: cc", 0),
        ('allow = ["gpl-3.0"]', "gpl-3.0", "license: gpl", 0),
        ('allow = ["mit"]', "mit", "license: unknown", 0),
        ('allow = ["gpl-3.0"]', "gpl", "license: gpl-3.0", 1),
        ('allow = ["mit"]', "mit", "license: gpl", 1),
        ('allow = ["mit"]', "other", "license: mit", 1),
        ('allow = ["mit"]', "mit", "license: [other, gemma]", 1),
        ('allow = ["mit"]', "``", "", 1),
    ):
        policy(repo, text)
        stage(repo, info=info, card=card)
        assert len(findings(repo)) == found, (text, info, card)


def test_no_license_is_none_that_is_allowed(repo: Repo) -> None:
    policy(repo, 'allow = ["mit"]')
    stage(repo, info="TODO")
    (finding,) = findings(repo)
    assert (finding["path"], finding["severity"]) == (INFO, "error")
    assert finding["message"].startswith("no license is known, and [licenses] allow")
    stage(repo)
    assert [f["path"] for f in findings(repo, "--all")] == [MODEL]
    policy(repo, 'deny = ["mit"]')
    assert findings(repo, "--all") == []


def test_what_is_only_touched_is_a_warning_and_a_new_policy_is_held_by_all(repo: Repo) -> None:
    stage(repo, info="gemma")
    repo.commit("a model")
    policy(repo, 'deny = ["gemma"]')
    assert findings(repo) == []
    assert [f["severity"] for f in findings(repo, "--all")] == ["error"]
    repo.stage(f"{MODEL}/config.json", '{"a": 1}\n')
    assert [f["severity"] for f in findings(repo)] == ["warning"]


def test_what_the_finding_says_ends_it(repo: Repo) -> None:
    policy(repo, 'allow = ["mit"]')
    stage(repo, info="Tongyi Qianwen")
    (finding,) = findings(repo)
    entry = finding["message"].partition("put ")[2].removesuffix(" into allow")
    policy(repo, f'allow = ["mit", {entry}]')
    assert findings(repo) == []


def test_a_name_that_is_no_license_is_refused_with_the_nearest(repo: Repo) -> None:
    repo.stage("main.py", "pass\n")
    for text, said in (
        ('allow = ["apche-2.0"]', "did you mean 'apache-2.0'?"),
        ('deny = ["lama*x"]', "'licenses.deny' names no license"),
        ('deny = [""]', "'licenses.deny' names no license"),
        ('deny = ["[*"]', "'licenses.deny' names no license"),
        ('allow = ["LicenseRef-"]', "'licenses.allow' names no license"),
        ('alow = ["mit"]', "did you mean 'licenses.allow'?"),
        ('commercial = "yes"', "'licenses.commercial' is the text 'yes', not true or false"),
        ('allow = "mit"', "'licenses.allow' is the text 'mit', not a list of text"),
    ):
        policy(repo, text)
        for shown in (repo.pmgit("check"), repo.hook("pre-commit")):
            assert shown.code == 2, (text, shown)
            assert said in shown.err, (text, shown)
            assert "Traceback" not in shown.err
