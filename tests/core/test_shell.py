"""Commands that work where they are pasted, whatever the names in them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pmgit.core.finding import Fix, Step
from pmgit.core.shell import LONG, Shell, merged, own_command, quote

if TYPE_CHECKING:
    from pathlib import Path

#: Names that break or run something when they are not quoted well. All of them are file names
#: that Linux allows.
HOSTILE = [
    "with space.bin",
    " leading.bin",
    "trailing.bin ",
    "it's.bin",
    'say "hi".bin',
    "$(touch PWNED).bin",
    "`touch PWNED`.bin",
    "; touch PWNED;.bin",
    "x\ntouch PWNED\n.bin",
    "x\r.bin",
    "tab\t.bin",
    "-rf.bin",
    "--pathspec-from-file=x.bin",
    ":(exclude)x.bin",
    ":!x.bin",
    "[a].bin",
    "##[stop-commands]x.bin",
    "*.bin",
    "?.bin",
    "{a,b}.bin",
    "!!.bin",
    "#x.bin",
    "~x.bin",
    "=x.bin",
    "%s.bin",
    "a&b|c>d<e.bin",
    "back\\slash.bin",
    "\\n.bin",
    "\udcff\udcfe.bin",
    "caf\udce9.bin",
    "modèle.bin",
    "模型.bin",
    "🤗.bin",
    "a\u202etxt.bin",
    "\x1b[31mred.bin",
    "\x07\x7f\x9b.bin",
    "\u00a0\u3000.bin",
    "x\\'\n$(touch PWNED).bin",
    "\x011.bin",
]


def pasted(word: str, cwd: Path) -> bytes:
    """What a shell makes of one word; the environment is only what a shell has."""
    script = f"printf '%s\\0' {word}"
    done = subprocess.run(
        ["bash", "-c", os.fsencode(script)],
        cwd=cwd, capture_output=True, check=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("name", [*HOSTILE, "", "plain-1.0_x/y.bin", "a:b@c+d=e,f%"], ids=ascii)
def test_a_shell_reads_the_quoted_word_as_it_was(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.bin").touch()  # what a glob would become

    word = quote(name)

    assert pasted(word, folder) == os.fsencode(name) + b"\0"
    assert word.isprintable(), "a terminal would act on it"
    assert os.listdir(folder) == ["a.bin"]


def test_plain_words_stay_readable() -> None:
    assert quote("pretrained_model/bert-1.0/model.bin") == "pretrained_model/bert-1.0/model.bin"
    assert quote("--pattern") == "--pattern"
    assert quote("modèle") == "'modèle'"
    assert quote("a b") == "'a b'"
    assert quote("=git") == "'=git'", "zsh replaces =git by the path of git"


def rm(*paths: str, names: str = "pathspec") -> Step:
    return Step("git", "rm", "--cached", items=paths, names=names)


def test_argv_at_the_top() -> None:
    shell = Shell()
    assert shell.argv(rm("a b", "-x")) == ["git", "rm", "--cached", "--", "a b", "-x"]
    assert shell.argv(Step("git", "status")) == ["git", "status"]
    # What git would read as a pattern, and what has no place on a command line as it is.
    assert shell.argv(rm("*", "[a]", "a\\b", ":x", "é", "\n"))[4:] == [
        ":(top,literal)*", ":(top,literal)[a]", ":(top,literal)a\\b", ":(top,literal):x", "é",
        ":(top,literal)\n",
    ]  # fmt: skip


def test_argv_below_the_top() -> None:
    shell = Shell("src/deep/")
    assert shell.argv(rm("a b", "src/deep/x"))[3:] == [
        "--", ":(top,literal)a b", ":(top,literal)src/deep/x"
    ]  # fmt: skip
    moved = Step("git", "mv", items=("models/a", "src/deep/*"), names="path")
    assert shell.argv(moved) == ["git", "mv", "--", "../../models/a", "*"]
    inside = Step("git", "mv", items=("src/deep", "src", "new"), names="path")
    assert shell.argv(inside)[3:] == ["../deep", "../../src", "../../new"]
    verbatim = Step("pmgit", "lfs-setup", items=("/a",), option="--pattern", names="verbatim")
    assert shell.argv(verbatim) == ["pmgit", "lfs-setup", "--pattern", "/a"]


def test_an_option_is_repeated_for_every_item() -> None:
    step = Step("pmgit", "lfs-setup", items=("/a", "/b"), option="--pattern", names="verbatim")
    assert Shell(pmgit="/opt/x y/pmgit").line(Fix(step)) == (
        "'/opt/x y/pmgit' lfs-setup --pattern /a --pattern /b"
    )


def test_only_the_program_is_replaced() -> None:
    step = Step("git", "mv", "pmgit", items=("pmgit",))
    assert Shell(pmgit="/opt/pmgit").argv(step) == ["git", "mv", "pmgit", "--", "pmgit"]


def test_steps_are_chained() -> None:
    fix = Fix(rm("a"), Step("pmgit", "gitignore"))
    assert Shell().line(fix) == "git rm --cached -- a && pmgit gitignore"
    commands = [["git", "rm", "--cached", "--", "a"], ["pmgit", "gitignore"]]
    assert Shell().document(fix)["commands"] == commands


def test_a_long_list_is_spilled() -> None:
    kept: list[bytes] = []

    def spill(data: bytes) -> str:
        kept.append(data)
        return "/r/.git/pmgit/paths"

    names = tuple(f"models/{number}\n\udcff" for number in range(LONG // 20))
    argv = Shell(spill=spill).argv(rm(*names))

    assert argv == [
        "git", "rm", "--cached", "--pathspec-from-file=/r/.git/pmgit/paths", "--pathspec-file-nul"
    ]  # fmt: skip
    assert kept == [b"".join(b":(top,literal)" + os.fsencode(name) + b"\0" for name in names)]


def test_a_spilled_list_is_read_at_the_top() -> None:
    names = tuple(f"models/{number}" for number in range(LONG // 20))
    argv = Shell("src/deep/", spill=lambda _: "/paths").argv(rm(*names))
    assert argv[:4] == ["git", "-C", "../..", "rm"]


def test_a_list_that_cannot_be_spilled_is_printed() -> None:
    names = tuple(f"models/{number}" for number in range(LONG // 20))
    assert Shell(spill=lambda _: "").argv(rm(*names))[4:] == list(names)
    assert Shell().argv(rm(*names))[4:] == list(names)


def test_options_and_moves_are_never_spilled() -> None:
    def refuse(_: bytes) -> str:
        raise AssertionError

    names = tuple(f"models/{number}" for number in range(LONG // 20))
    shell = Shell(spill=refuse)
    assert len(shell.argv(rm(*names, names="path"))) > len(names)
    assert len(shell.argv(Step("pmgit", "x", items=names, option="-p", names="verbatim"))) > 100


def test_fixes_that_differ_in_files_only_are_one() -> None:
    (one,) = merged([Fix(rm("a"), rm("x")), Fix(rm("b"), rm("x")), Fix(rm("a"), rm("x"))])
    assert Shell().line(one) == "git rm --cached -- a b && git rm --cached -- x"


def test_what_differs_in_more_stays_apart() -> None:
    fixes = [
        Fix(rm("a")),
        Fix(rm("b"), safe=False, warning="w"),
        Fix(rm("c"), Step("pmgit", "gitignore")),
        Fix(Step("git", "add", items=("d",))),
        Fix(rm("e"), order=Fix.RECORD),
    ]
    assert len(merged(fixes)) == 5


def test_moves_are_never_merged_unless_they_are_the_same() -> None:
    def move(*paths: str) -> Fix:
        return Fix(Step("git", "mv", items=paths, names="path"), order=Fix.MOVE)

    assert len(merged([move("a", "b"), move("c", "d"), move("a", "b")])) == 2


def test_fixes_come_in_the_order_in_which_they_are_pasted() -> None:
    orders = [Fix.MOVE, Fix.RECORD, Fix.SETUP, Fix.CONTENT]
    found = merged(Fix(Step("x", str(order)), order=order) for order in orders)
    assert [fix.order for fix in found] == [Fix.SETUP, Fix.CONTENT, Fix.RECORD, Fix.MOVE]


# -- the plans of a fix that has several ---------------------------------------------------------


def test_the_plans_of_one_fix_are_merged_with_those_of_others() -> None:
    whole = Fix.together([Fix(rm("a"), rm("x")), Fix(Step("git", "add", items=("b",)))])
    assert Shell().line(whole) == ("git rm --cached -- a && git rm --cached -- x && git add -- b")

    found = merged([Fix(rm("c"), rm("x")), whole])

    assert [Shell().line(fix) for fix in found] == [
        "git rm --cached -- c a && git rm --cached -- x",
        "git add -- b",
    ]


def test_one_unsafe_plan_makes_the_whole_unsafe() -> None:
    whole = Fix.together([Fix(rm("a")), Fix(rm("b"), safe=False, warning="files are lost")])
    assert (whole.safe, whole.warning) == (False, "files are lost")


# -- how pmgit is called -------------------------------------------------------------------------

BIN = os.path.join(sys.prefix, "Scripts" if sys.platform == "win32" else "bin")
NAME = "pmgit.exe" if sys.platform == "win32" else "pmgit"


def path(*folders: str | Path) -> str:
    return os.pathsep.join(map(str, folders))


def test_bare_when_it_is_on_the_path() -> None:
    assert own_command({"PATH": path("/nowhere", BIN)}) == "pmgit"


def test_absolute_when_it_is_not_on_the_path() -> None:
    assert own_command({"PATH": "/nowhere"}) == os.path.join(BIN, NAME)
    assert own_command({}) == os.path.join(BIN, NAME)


def test_absolute_when_only_pre_commit_put_it_there(tmp_path: Path) -> None:
    environ = {"PATH": path(BIN, tmp_path), "PRE_COMMIT": "1"}
    assert own_command(environ) == os.path.join(BIN, NAME)


def test_bare_when_it_is_installed_beside_pre_commit_too(tmp_path: Path) -> None:
    program = tmp_path / NAME
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert own_command({"PATH": path(BIN, tmp_path), "PRE_COMMIT": "1"}) == "pmgit"


def test_what_cannot_be_run_does_not_count(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("text")
    assert own_command({"PATH": path(tmp_path)}) == os.path.join(BIN, NAME)


def test_a_relative_folder_of_the_path_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It means the repository that is judged: what lies there is not ours.
    program = tmp_path / NAME
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert own_command({"PATH": path(".", "")}) == os.path.join(BIN, NAME)
