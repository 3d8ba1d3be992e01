"""Secrets of the environment, of addresses and of headers, where pmgit ends with an error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.security.hostile import SECRETS

if TYPE_CHECKING:
    from tests.kit import Repo

#: An error that names all of them, of pmgit or not, in the middle of a command and of the hook.
MESSAGE = (
    f"{SECRETS['HF_TOKEN']} {SECRETS['GITHUB_TOKEN']} {SECRETS['MODELSCOPE_API_TOKEN']}"
    f" https://u:{SECRETS['address']}@host.invalid/x?X-Amz-Signature={SECRETS['query']}"
    f" Authorization: Basic {SECRETS['lfsconfig']}"
)
PROGRAM = """\
import sys
from pmgit import cli, hook
from pmgit.check import engine
from pmgit.core.errors import PmgitError, UsageError
def judge(*args):
    raise {error}
engine.judge = judge
sys.argv = {argv}
{call}
"""


@pytest.mark.parametrize("error", ["PmgitError", "UsageError", "RuntimeError", "OSError"])
def test_no_error_shows_a_secret(error: str, repo: Repo) -> None:
    tokens = {name: value for name, value in SECRETS.items() if name.isupper()}
    repo.stage("a.txt", "a\n")
    for argv, call in (
        (["pmgit", "check"], "cli.main()"),
        (["pmgit", "--verbose", "check"], "cli.main()"),
        (["pmgit-hook", "pre-commit"], "sys.exit(hook.main())"),
    ):
        raised = f"{error}({MESSAGE!r})"
        code = PROGRAM.format(error=raised, argv=argv, call=call)
        failed = repo.run([sys.executable, "-c", code], env={**repo.env, **tokens})
        assert failed.code in (2, 3), failed
        assert "***@host.invalid" in failed.err
        for place, secret in SECRETS.items():
            assert secret not in failed.out + failed.err, (argv, place)
