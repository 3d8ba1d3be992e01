"""Secrets of the environment, of addresses and of headers, where pmgit ends with an error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.security.hostile import SECRETS

if TYPE_CHECKING:
    from tests.kit import Repo

#: An error that names all of them, of pmgit or not, in the middle of a command and of the hook.
MESSAGE = (
    f"{SECRETS['HF_TOKEN']} {SECRETS['GITHUB_TOKEN']} {SECRETS['MODELSCOPE_API_TOKEN']}"
    f" https://u:{SECRETS['address']}@host.invalid/x?X-Amz-Signature={SECRETS['query']}"
    f" Authorization: Basic {SECRETS['lfsconfig']}"
)
#: Each case in a fork, with a file of its own for all that it prints; their exit codes.
PROGRAM = """\
import os, sys
from pmgit import cli, hook
from pmgit.check import engine
from pmgit.core.errors import PmgitError, UsageError
for number, (error, argv) in enumerate(CASES):
    if (pid := os.fork()) == 0:
        file = os.open(f"told-{number}", os.O_WRONLY | os.O_CREAT)
        os.dup2(file, 1)
        os.dup2(file, 2)
        def judge(*args):
            raise eval(error)(MESSAGE)
        engine.judge = judge
        sys.argv = argv
        try:
            sys.exit(hook.main() if argv[0] == "pmgit-hook" else cli.main())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def test_no_error_shows_a_secret(repo: Repo) -> None:
    tokens = {name: value for name, value in SECRETS.items() if name.isupper()}
    repo.stage("a.txt", "a\n")
    cases = [
        (error, argv)
        for error in ("PmgitError", "UsageError", "RuntimeError", "OSError")
        for argv in (
            ["pmgit", "check"], ["pmgit", "--verbose", "check"], ["pmgit-hook", "pre-commit"],
        )
    ]  # fmt: skip
    code = f"CASES = {cases}\nMESSAGE = {MESSAGE!r}\n{PROGRAM}"
    done = repo.run([sys.executable, "-c", code], env={**repo.env, **tokens})
    assert done.code == 0, done
    for number, (case, exit_code) in enumerate(zip(cases, done.out.split(), strict=True)):
        told = (repo.path / f"told-{number}").read_text()
        assert exit_code in ("2", "3"), (case, told)
        assert "***@host.invalid" in told, (case, told)
        for place, secret in SECRETS.items():
            assert secret not in told, (case, place)
