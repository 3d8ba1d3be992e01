"""`pmgit`, the face for people: help, mistyping, and how errors end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from pmgit import __version__
from pmgit.cli import COMMANDS, main_group
from tests import forked
from tests.e2e.set_ups import set_up
from tests.kit import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit import Repo, Result

ROOT = Path(__file__).parent.parent


def commands(group: click.Group = main_group, words: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """The words of every command, and of every command of a command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield [*words, name]
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


ALL = list(commands())


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command(option: str, repo: Repo) -> None:
    shown = repo.pmgit(option)
    assert (shown.code, shown.err) == (0, "")
    assert "Keep pretrained weights out of Git's history" in shown.out
    assert "把预训练权重挡在 Git 历史之外" in shown.out
    rows = shown.out.partition("Set up:")[2].splitlines()
    listed = [row.split()[0] for row in rows if row[:2] == "  " and row[2] != " "]
    assert listed == list(COMMANDS)
    assert "..." not in shown.out.partition("\n")[2]  # whole sentences


def test_every_command_has_help(repo: Repo, tmp_path: Path) -> None:
    """Also where there is no repository."""
    for words in ALL:
        shown = repo.pmgit(*words, "--help", cwd=tmp_path)
        assert (shown.code, shown.err) == (0, ""), (words, shown)
        assert shown.out.startswith(f"Usage: pmgit {' '.join(words)} "), words


def test_every_option_says_what_it_does() -> None:
    for words in ALL:
        command: click.Command | None = main_group
        for word in words:
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word)
        assert command is not None, words
        for option in command.params:
            if isinstance(option, click.Option) and not isinstance(option.type, click.Choice):
                assert option.help, (words, option.name)


def test_an_unknown_option_is_wrong_usage(repo: Repo) -> None:
    for words in ALL:
        if words != ["explain"]:
            failed = repo.pmgit(*words, "--no-such-option")
            assert (failed.code, failed.out) == (2, ""), (words, failed)
            assert "Traceback" not in failed.err, words


def test_no_command_shows_the_help(repo: Repo) -> None:
    shown = repo.pmgit()
    assert shown.code == 2
    assert "Every day:" in shown.out


def at_terminal(repo: Repo, words: list[str], **env: str) -> str:
    """What a command prints where standard output is a terminal."""
    import pty

    ours, theirs = pty.openpty()
    environ = {**repo.env, "TERM": "xterm-256color", **env}
    subprocess.run(words, cwd=repo.path, env=environ, stdout=theirs, stderr=theirs, check=False)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    return shown


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there")
@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("pmgit check", "\x1b[31mtracked-weights"),
        ("pmgit-hook pre-commit", "\x1b[31mtracked-weights"),
        ("pmgit fix tracked-weights", "\x1b[31mtracked-weights"),
        ("pmgit doctor", "\x1b[32mok:"),
    ],
)
def test_colour_on_a_terminal_and_nowhere_else(command: str, part: str, repo: Repo) -> None:
    weights = repo.stage("pretrained_model/bert/model.safetensors", 200_000)
    if "fix" in command:  # the content on disk differs, so no command is safe
        weights.write_bytes(b"other")
    name, *words = argv = command.split()
    forks = forked.quick_hooks({"PATH": f"{forked.programs()}{os.pathsep}{repo.env['PATH']}"})

    def run(**env: str) -> Result:
        return repo.pmgit(*words, env=env, program=name)

    plain = run()
    assert "\x1b" not in plain.out + plain.err
    assert part in at_terminal(repo, argv, **forks)
    if command in ("pmgit check", "pmgit-hook pre-commit"):  # all others ask as check does
        assert "\x1b" not in at_terminal(repo, argv, **forks, NO_COLOR="1")
        assert "\x1b" not in at_terminal(repo, argv, **forks, TERM="dumb")
        assert part in run(PMGIT_COLOR="always", NO_COLOR="1").out
        assert "\x1b" not in run(FORCE_COLOR="1", PMGIT_COLOR="never").out
    assert part in run(FORCE_COLOR="1").out


def test_colour_never_gets_into_files_and_formats_for_programs(repo: Repo) -> None:
    repo.stage("pretrained_model/bert/model.safetensors", 200_000)
    for form in ("json", "sarif", "github", "gitlab", "junit"):
        assert "\x1b" not in repo.pmgit("--color", "always", "check", "--format", form).out
    repo.pmgit("--color", "always", "check", "--output", "report.txt")
    assert b"\x1b" not in (repo.path / "report.txt").read_bytes()


def test_quiet_prints_errors_only(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    clean = repo.pmgit("--quiet", "check")
    assert (clean.code, clean.out, clean.err) == (0, "", "")
    repo.stage("pretrained_model/bert/config.json", "{}\n")
    assert "missing-info (warning)" in repo.pmgit("check").out  # the model is only touched
    assert repo.pmgit("check", env={"PMGIT_QUIET": "1"}).out == ""
    repo.stage("pretrained_model/bert/model.safetensors", 200_000)
    found = repo.pmgit("-q", "check")
    assert found.code == 1
    assert "tracked-weights" in found.out
    assert "(warning)" not in found.out
    assert "2 errors in 3 files. Why: pmgit explain missing-info tracked-weights\n" in found.out


@pytest.mark.parametrize(
    "words",
    ["init --yes --hooks native", "gitignore", "lfs-setup", "baseline", "init --yes --undo"],
)
def test_quiet_commands_do_their_work_without_a_word(
    repo: Repo, quick_hooks: None, words: str
) -> None:
    repo.stage("pretrained_model/bert/model.safetensors", 200_000)
    if "--undo" in words:
        set_up(repo, "--hooks", "native")
    before = repo.git("status", "--porcelain")
    done = repo.pmgit("--quiet", *words.split())
    assert (done.code, done.out, done.err) == (0, "", "")
    assert repo.git("status", "--porcelain") != before


def test_a_quiet_fix_prints_what_is_left_only(repo: Repo) -> None:
    assert repo.pmgit("gitignore").code == 0
    repo.stage("pretrained_model/bert/model.safetensors", 200_000)
    repo.add_info("pretrained_model/bert")
    done = repo.pmgit("-q", "fix", "--yes")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_quiet_command_still_shows_what_it_asks_about(repo: Repo) -> None:
    shown = repo.sh_at_terminal("pmgit --quiet init --hooks none", "y\n")
    assert "write .pmgit.toml" in shown.out
    assert "proved:" not in shown.out


def test_the_version_is_that_of_the_project(repo: Repo) -> None:
    shown = repo.pmgit("--version")
    assert (shown.code, shown.out) == (0, f"pmgit {__version__}\n")
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == __version__


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("chekc", "check"), ("lfs_setup", "lfs-setup"), ("git-ignore", "gitignore"),
     ("explian", "explain"), ("inof", "info"), ("help", "--help")],
)  # fmt: skip
def test_a_mistyped_command_gets_the_nearest(typed: str, meant: str, repo: Repo) -> None:
    failed = repo.pmgit(typed)
    assert (failed.code, failed.out) == (2, "")
    assert f"No such command {typed!r}. Did you mean {meant!r}?" in failed.err.replace('"', "'")


@pytest.mark.parametrize("option", ["-q", "--quiet", "-v", "--verbose", "--color"])
def test_an_option_of_all_commands_behind_one_is_answered_with_its_place(
    option: str, repo: Repo
) -> None:
    for words in (["check"], ["info", "check"]):
        failed = repo.pmgit(*words, option)
        assert (failed.code, failed.out) == (2, "")
        command = " ".join(["pmgit", option, *words])
        assert failed.err.endswith(f"hint: it stands before the command: {command}\n")
    assert "hint:" not in repo.pmgit("check", "--nonsense").err


def test_a_command_like_no_other(repo: Repo) -> None:
    failed = repo.pmgit("xyzzy\x1b[2J")
    assert failed.code == 2
    assert "Did you mean" not in failed.err
    assert "\x1b" not in failed.err


@pytest.mark.parametrize("command", ["check", "lfs-setup", "gitignore"])
def test_no_repository_is_an_error_with_a_hint(command: str, repo: Repo, tmp_path: Path) -> None:
    failed = repo.pmgit(command, cwd=tmp_path)
    assert (failed.code, failed.out) == (3, ""), failed
    assert failed.err.startswith("pmgit: git rev-parse: fatal: not a git repository")
    assert failed.err.endswith("hint: run it inside a repository, or make one: git init\n")


@pytest.mark.parametrize("command", ["check", "lfs-setup", "gitignore"])
def test_no_git_is_an_error_with_a_hint(command: str, repo: Repo, tmp_path: Path) -> None:
    failed = repo.pmgit(command, env={"PATH": str(tmp_path)})
    assert (failed.code, failed.out) == (3, ""), failed
    assert failed.err.startswith("pmgit: git is not installed, or not on the PATH\nhint: ")


def test_an_old_git_is_an_error_that_says_which_is_needed(repo: Repo) -> None:
    real = repo.sh("command -v git").out.strip()
    bin = repo.path.parent / "bin"
    bin.mkdir()
    # It prints what it does not know, as rev-parse did before 2.31.
    script = (
        'case " $* " in *" version "*) echo git version 2.30.9;;'
        f' *" rev-parse "*) echo --path-format=absolute;; *) exec {real} "$@";; esac\n'
    )
    (bin / "git").write_text(f"#!/bin/sh\n{script}")
    (bin / "git").chmod(0o755)
    failed = repo.pmgit("check", env={"PATH": f"{bin}:{repo.env['PATH']}"})
    assert (failed.code, failed.out) == (3, ""), failed
    assert failed.err.startswith("pmgit: git 2.30.9 is too old: pmgit needs git 2.34 or newer\n")


@pytest.mark.parametrize("argv", [["check", "--all"], ["lfs-setup"], ["gitignore"]])
def test_a_broken_configuration_is_an_error(argv: list[str], repo: Repo) -> None:
    repo.stage(".pmgit.toml", "storge = 'lfs'\n")
    failed = repo.pmgit(*argv)
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err == (
        "pmgit: .pmgit.toml: unknown key 'storge'\nhint: did you mean 'storage'?\n"
    )
    assert repo.git("status", "--porcelain") == "A  .pmgit.toml\n"


def test_a_fault_of_pmgit_itself_is_neither_clean_nor_a_finding(repo: Repo) -> None:
    code = (
        "import sys\nfrom pmgit import cli\nfrom pmgit.check import engine\n"
        "def judge(*args):\n    raise RuntimeError('x\\x1b[2J')\n"
        "engine.judge = judge\nsys.argv = ['pmgit', 'check']\ncli.main()\n"
    )
    failed = repo.run([sys.executable, "-c", code])
    assert (failed.code, failed.out) == (3, ""), failed
    assert "pmgit: this is a fault of pmgit itself" in failed.err
    assert "\x1b" not in failed.err


def test_an_interrupt_is_exit_code_130(repo: Repo) -> None:
    code = (
        "import sys\nfrom pmgit import cli\nfrom pmgit.check import engine\n"
        "def judge(*args):\n    raise KeyboardInterrupt\n"
        "engine.judge = judge\nsys.argv = ['pmgit', 'check']\ncli.main()\n"
    )
    ended = repo.run([sys.executable, "-c", code])
    assert (ended.code, ended.out, ended.err.strip()) == (130, "", "pmgit: interrupted")


@pytest.mark.parametrize(
    ("argv", "closed", "code"),
    [
        (["explain"], "stdout", 3), (["--help"], "stdout", 3), (["check"], "stdout", 3),
        ([], "stdout", 2), (["chekc"], "stderr", 2), (["check", "--rang"], "stderr", 2),
        (["check", "--range", "no..HEAD"], "stderr", 3), (["check"], "stderr", 1),
    ],
)  # fmt: skip
def test_a_reader_that_is_gone(argv: list[str], closed: str, code: int, repo: Repo) -> None:
    """No traceback, and never the exit code of findings where there are none."""
    repo.stage("best.pt", 1_500_000)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [BIN / "pmgit", *argv], cwd=repo.path, env=repo.env, check=False,
        stdout=writing if closed == "stdout" else subprocess.PIPE,
        stderr=writing if closed == "stderr" else subprocess.PIPE,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr or b"") == (code, b""), done


def test_python_m_pmgit(repo: Repo) -> None:
    shown = repo.run([sys.executable, "-m", "pmgit", "--version"])
    assert (shown.code, shown.out) == (0, f"pmgit {__version__}\n")


def test_help_imports_no_command() -> None:
    """`pmgit --version` must not wait for what a single command needs."""
    code = "import sys\nfrom pmgit import cli\nprint(*sys.modules)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    loaded.discard("pmgit.commands._terminal")
    assert not {name for name in loaded if name.startswith(("pmgit.commands.", "pmgit.rules."))}
    assert not {"git", "huggingface_hub", "pathspec"} & loaded


# --- verbose, the environment, completion


def test_verbose_tells_git_commands_and_their_times(repo: Repo) -> None:
    quiet, shown = repo.pmgit("check"), repo.pmgit("--verbose", "check")
    assert (shown.code, shown.out) == (quiet.code, quiet.out)
    assert quiet.err == ""
    lines = shown.err.splitlines()
    assert any(line.startswith("pmgit: git rev-parse ") for line in lines)
    assert all(re.fullmatch(r"pmgit: git .* \(\d+ ms(, exit code \d+)?\)", x) for x in lines), lines


def test_verbose_shows_no_secret(repo: Repo) -> None:
    """Whatever the words of a git command are."""
    code = (
        "import sys\nfrom pmgit import cli\nfrom pmgit.check import engine\n"
        "from pmgit.git import process\n"
        "def judge(*args):\n"
        "    process.start('ls-remote', 'https://me:pass-word@git.invalid/x').finish()\n"
        "engine.judge = judge\nsys.argv = ['pmgit', '-v', 'check']\ncli.main()\n"
    )
    failed = repo.run([sys.executable, "-c", code])
    assert failed.code == 3
    assert "git ls-remote https://***@git.invalid/x" in failed.err
    assert "pass-word" not in failed.err


def test_defaults_from_the_environment(repo: Repo) -> None:
    shown = repo.pmgit("check", env={"PMGIT_CHECK_FORMAT": "json"})
    assert shown.json["findings"] == []
    typed = repo.pmgit("check", "--format", "text", env={"PMGIT_CHECK_FORMAT": "json"})
    assert typed.out == "no findings in 0 files\n"
    assert "git rev-parse" in repo.pmgit("check", env={"PMGIT_VERBOSE": "1"}).err
    many = repo.pmgit("check", env={"PMGIT_CHECK_IGNORE": "naming info,nmaing"})
    assert "nmaing" in many.err
    bad = repo.pmgit("check", env={"PMGIT_CHECK_FORMAT": "xml"})
    assert bad.code == 2
    assert "PMGIT_CHECK_FORMAT" in bad.err


@pytest.mark.parametrize("name", ["PMGIT_VERSION", "PMGIT_PYTHON", "PMGIT_TEST_CACHE", "PMGIT"])
def test_variables_that_mean_something_else(name: str, repo: Repo) -> None:
    shown = repo.pmgit("check", env={name: "0.1.0"})
    assert (shown.code, shown.out) == (0, "no findings in 0 files\n"), shown


def completions(repo: Repo, typed: str) -> list[str]:
    """What bash would offer for the last word."""
    words = typed.split(" ")
    env = {
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
        "_PMGIT_COMPLETE": "bash_complete",
    }
    shown = repo.pmgit(env=env)
    assert (shown.code, shown.err) == (0, ""), shown
    return [line.partition(",")[2] for line in shown.out.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str, repo: Repo) -> None:
    shown = repo.pmgit(env={"_PMGIT_COMPLETE": f"{shell}_source"})
    assert shown.code == 0
    assert "_PMGIT_COMPLETE" in shown.out
    if shell == "bash":
        assert repo.run(["bash", "-n"], stdin=shown.out.encode()).code == 0


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pmgit ch", ["check"]),
        ("pmgit check --form", ["--format"]),
        ("pmgit check --format js", ["json"]),
        ("pmgit explain missing-p", ["missing-pointer"]),
        ("pmgit check --select naming,missing-p", ["naming,missing-pointer"]),
        ("pmgit env --shell fi", ["fish"]),
    ],
)
def test_what_the_shell_offers(typed: str, offered: list[str], repo: Repo) -> None:
    assert completions(repo, typed) == offered


def test_completion_of_what_is_mistyped_is_no_error(repo: Repo) -> None:
    completions(repo, "pmgit chekc --f")


def test_completion_in_bash_itself(repo: Repo) -> None:
    script = (
        'eval "$(_PMGIT_COMPLETE=bash_source pmgit)"\n'
        "COMP_WORDS=(pmgit ch); COMP_CWORD=1\n"
        '_pmgit_completion pmgit ch pmgit; echo "${COMPREPLY[@]}"\n'
    )
    shown = repo.sh(script)
    assert shown.out == "check\n", shown


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
def test_no_room_for_the_output_is_no_fault_of_pmgit(repo: Repo) -> None:
    done = repo.sh(f"'{BIN / 'pmgit'}' check > /dev/full")
    assert done.code == 3, done
    assert done.err.startswith("pmgit: the output could not be written: No space left")
