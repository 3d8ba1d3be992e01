"""`pmgit-hook` before hostile names, texts and configuration: nothing runs, nothing is changed."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

import pytest

from pmgit.hook import STAGES
from tests.kit import ACTING, BIN, COMMAND
from tests.test_hook import MODEL, WEIGHTS, blamed

if TYPE_CHECKING:
    from tests.kit import Repo

HOSTILE = [
    "w\x1b]0;pwned\x07\x1b[2J",
    "\x9b31m",
    "a\u202eb",
    "a\n::error file=x::injected",
    "a\r::error::injected",
    "::error file=x::injected",
    "##[command]x",
    "##[error",
    "section_start:0:x",
    "line\u2028separator",
    "a\u2066b\u2069",
    "zero\u200bwidth",
    " ::error::injected",
    "\ufeff::error::bom",
    "a\x85b",
]


@pytest.mark.parametrize("where", ["beside", "in a model", "as a model"])
def test_a_hostile_name_does_nothing_to_a_terminal_or_a_ci_log(where: str, repo: Repo) -> None:
    repo.write(".pmgit.toml", "[rules.oversized-blob]\nmax-weights-size = 1000\n")
    for name in HOSTILE:
        place = {"beside": f"{name}.pt", "in a model": f"{MODEL}/{name}.pt"}
        repo.write(place.get(where, f"pretrained_model/{name}/model.pt"), 1500)
    repo.git("add", "-A")
    for stage in ("pre-commit", "unknown"):
        words = [stage] if stage in STAGES else []
        found = repo.hook(*words, env={"GITHUB_ACTIONS": "true"}, start=where == "beside")
        assert found.code == 1, found
        for text in (found.out, found.err):
            assert not ACTING.search(text), ACTING.search(text)
            assert not COMMAND.search(text), COMMAND.search(text)
        # Every finding is one line.
        summary = found.out.splitlines()[-1]
        errors = int(summary.split()[0])
        assert errors >= len(HOSTILE)
        assert sum(": error" in line or re.match(r".*: [a-z-]+( \(warning\))?: ", line) is not None
                   for line in found.out.splitlines()) >= errors  # fmt: skip


def test_text_of_the_repository_does_nothing_to_a_ci_log(repo: Repo) -> None:
    """Text of INFO.md, of ignore files, of links, of the configuration."""
    evil = "x\x1b[31m\u202e\x9b2J\r::error::injected"
    repo.stage_all(
        {
            f"{MODEL}/INFO.md": f"# M\n\n**Source**: {evil}\n::error::x\n",
            f"{MODEL}/config.json": "{}\n",
        }
    )
    os.symlink(f"/{evil}", repo.path / MODEL / "link")
    repo.git("add", "-A")
    repo.write("pretrained_model/gpt/model.safetensors", 2000)
    repo.write(".gitignore", f"\x1b[31m\u202e\n/pretrained_model/*\n#{evil}\n")
    found = repo.hook("pre-commit")
    assert found.code == 1, found
    assert not ACTING.search(found.out)
    assert not COMMAND.search(found.out)
    for text in (f'"{evil}" = 1\n', f'storage = "a{evil}"\n', f"[rules.'{evil}']\nx = 1\n",
                 f'select = ["{evil}"]\n'):  # fmt: skip
        repo.stage(".pmgit.toml", text)
        failed = repo.hook("pre-commit")
        assert failed.code == 2, failed
        assert not ACTING.search(failed.err), failed.err
        assert not COMMAND.search(failed.err)


def test_an_endless_message_is_cut(repo: Repo) -> None:
    os.symlink("/" + "x" * 4000, repo.path / "long")
    repo.stage(f"{MODEL}/config.json", "{}\n")
    os.rename(repo.path / "long", repo.path / MODEL / "long")
    repo.git("add", "-A")
    found = repo.hook("pre-commit")
    assert found.code == 1, found
    assert max(map(len, found.out.splitlines())) < 600


@pytest.mark.parametrize("quote", ["true", "false"])
def test_the_longest_names(quote: str, repo: Repo) -> None:
    repo.git("config", "core.quotePath", quote)
    names = ["n" * 252 + ".pt", "é" * 126 + ".pt", "e\u0301.pt", "\u00e9.pt"]
    repo.stage_all(dict.fromkeys(names, 1_500_000))
    found = repo.hook("pre-commit", env={"LC_ALL": "C"}, start=True)
    assert found.code == 1, found
    assert found.out.count(": oversized-blob: ") == len(names)
    for fix in found.fixes:
        repo.paste(fix)
    assert repo.staged() == []


def test_a_name_is_only_ever_a_name(repo: Repo) -> None:
    names = ["--upload-pack=touch PWNED", "-rf", "--help", "-", "--", "-c", "$(touch PWNED)",
             ";touch PWNED;", "|touch PWNED", "[a]", ":(exclude)x", ":", "*", "?", "~", "!x",
             "\\"]  # fmt: skip
    repo.stage_all(dict.fromkeys([f"{name}.pt" for name in names], 1_500_000))
    # What a name could stand for, if it were not one.
    innocent = ["a.txt", "innocent.pt", "x.pt"]
    repo.stage_all(dict.fromkeys(innocent, "x\n"))
    found = repo.hook("pre-commit", "--ignore", "broken-weights")
    assert found.code == 1, found
    assert found.out.count(": oversized-blob: ") == len(names)
    for fix in found.fixes:
        repo.paste(fix)
    assert repo.staged() == innocent
    assert not list(repo.path.rglob("PWNED"))


def test_git_configuration_of_the_repository_runs_nothing(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.bin filter=evil diff=evil\n*.safetensors filter=lfs\n")
    repo.add_info(MODEL)
    repo.stage_all({WEIGHTS: 2000, "a.bin": "a\n"})
    for key in ("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "diff.external",
                "filter.evil.clean", "filter.evil.smudge", "filter.evil.process",
                "diff.evil.textconv", "diff.evil.command", "alias.diff-index", "gpg.program",
                "credential.helper", "core.askPass", "uploadpack.packObjectsHook"):  # fmt: skip
        repo.git("config", key, "touch PWNED;")
    found = repo.hook("pre-commit", start=True)
    assert found.code == 1, found
    assert blamed(found) == ["missing-pointer"]
    assert not list(repo.path.rglob("PWNED"))


def test_a_configuration_of_the_repository_runs_nothing(repo: Repo) -> None:
    """It can switch rules off; it has no key that names a program, a module or a path outside."""
    repo.stage(WEIGHTS, 2000)
    for text in ('plugins = ["x"]\n', '[rules.tracked-weights]\ncommand = "touch PWNED"\n',
                 'models = ["../outside"]\n', 'models = ["/etc"]\n'):  # fmt: skip
        repo.stage(".pmgit.toml", text)
        assert repo.hook("pre-commit").code == 2
    assert not list(repo.path.rglob("PWNED"))


def test_nothing_is_changed(repo: Repo) -> None:
    """A hook that fails leaves index, work tree and git directory as they were."""
    repo.stage(WEIGHTS, 2000)
    repo.write("untracked.pt", 2000)

    def state() -> dict[str, tuple[int, bytes]]:
        files = [file for file in repo.path.rglob("*") if stat.S_ISREG(file.lstat().st_mode)]
        return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in files}

    before = state()
    assert repo.hook("pre-commit", start=True).code == 1
    assert repo.hook(start=True).code == 1
    assert state() == before


def test_standard_input_is_left_alone(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    done = repo.run(["bash", "-c", f"{BIN}/pmgit-hook pre-commit; cat"], stdin=b"for somebody else")
    assert (done.code, done.out) == (0, "for somebody else")
