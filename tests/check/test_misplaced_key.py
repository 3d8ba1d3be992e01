"""A key of the configuration in a wrong place: the hint names the right one, and that one works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.check.config_lookup import check_options, parse
from pmgit.core.errors import UsageError

if TYPE_CHECKING:
    from tests.kit import Repo


def judged_by(text: str) -> None:
    """Read a configuration as a judgement does."""
    config = parse(text.encode(), ".pmgit.toml")
    for rule in config.rules:
        check_options(config, rule)


SHA = "a" * 64
BLOB = "[rules.oversized-blob]"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('host = "bitbucket"', "'host' belongs below [rules.host-limit]"),
        ('[rules]\nhost = "bitbucket"', "'host' belongs below [rules.host-limit]"),
        (f'{BLOB}\nhost = "bitbucket"', "'host' belongs below [rules.host-limit]"),
        ("[weights]\nlocal = true", "'local' belongs below [rules.missing-info]"),
        ('[weights]\nmodels = ["a"]', "'models' belongs above the first table"),
        (f'{BLOB}\nstorage = "lfs"', "'storage' belongs above the first table"),
        ('[rules.misplaced-weights]\nexclude = ["a"]', "'exclude' belongs above the first table"),
        (f'[accepted.{SHA}]\nallow = ["mit"]', "'allow' belongs below [licenses]"),
        ('[licenses]\nreason = "x"', "'reason' belongs below [accepted.<sha256 of the file>]"),
        ('[host-limit]\nhost = "github"', "write [rules.host-limit]"),
        (
            "strict = true",
            (
                "'strict' belongs below [rules.bad-model-name] or below [rules.license-conflict]"
                " or below [rules.unknown-license]"
            ),
        ),
        ("max-file-sise = 1", "did you mean 'max-file-size', below [rules.oversized-blob]?"),
        # In its own place a name is corrected there.
        ("modles = []", "did you mean 'models'?"),
        (f"{BLOB}\nmax-file-sise = 1", "did you mean 'rules.oversized-blob.max-file-size'?"),
        ("weights = []", "write [weights]"),
        ("[rules]\noversized-blob = 1", "write [rules.oversized-blob]"),
    ],
)
def test_the_hint_names_the_place(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        judged_by(text)
    assert raised.value.message.startswith(".pmgit.toml: ")
    assert raised.value.hint == hint


def test_in_pyproject_the_tables_have_its_name() -> None:
    for text, hint in (
        ('host = "gitlab"', "'host' belongs below [tool.pmgit.rules.host-limit]"),
        ('[tool.pmgit.weights]\nmodels = ["a"]', "'models' belongs below [tool.pmgit]"),
        ("[tool.pmgit.host-limit]", "write [tool.pmgit.rules.host-limit]"),
    ):
        with pytest.raises(UsageError) as raised:
            parse(f"[tool.pmgit]\n{text}\n".encode(), "pyproject.toml")
        assert raised.value.hint == hint


def test_what_the_hint_names_is_taken(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'host = "gitlab"\n')
    for shown in (repo.hook("pre-commit"), repo.pmgit("check", "--all")):
        assert shown.code == 2
        assert shown.err == (
            "pmgit: .pmgit.toml: unknown key 'host'\n"
            "hint: 'host' belongs below [rules.host-limit]\n"
        )
    repo.write(".pmgit.toml", '[rules.host-limit]\nhost = "gitlab"\n')
    assert repo.pmgit("check", "--all").code == 0
