"""`pmgit explain`: the manual page of a rule, and error texts (more: tests/symptoms)."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from pmgit import rules
from tests.kit import ACTING, BIN, COMMAND

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo


def test_without_a_name_it_lists_all_rules(repo: Repo) -> None:
    shown = repo.pmgit("explain")
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split(None, 2) for line in shown.out.splitlines()]
    assert [name for _, name, _ in lines] == list(rules.RULES)
    for family, name, summary in lines:
        assert family == rules.RULES[name].family
        assert summary == inspect.cleandoc(rules.load(name).__doc__ or "").splitlines()[0]


@pytest.mark.parametrize("name", rules.RULES)
def test_every_rule_has_its_page(name: str, repo: Repo, tmp_path: Path) -> None:
    """Also where there is no repository."""
    shown = repo.pmgit("explain", name, cwd=tmp_path)
    assert (shown.code, shown.err) == (0, "")
    rule = rules.load(name)
    assert shown.out.startswith(f"{name} ({rule.family}, {rule.severity})\n\n")
    parts = ["What it reports", "Why it is bad", "Example", "What to do"]
    if rule.options:
        parts.append("Options")
    assert [line for line in shown.out.splitlines() if line in (*parts, "Options")] == parts
    assert "## " not in shown.out
    for option in rule.options:
        assert f"\n{name}.{option.name}: {option.help}" in shown.out


def test_a_family_stands_for_its_rules(repo: Repo) -> None:
    shown = repo.pmgit("explain", "info")
    for name, entry in rules.RULES.items():
        assert (f"{name} (info, " in shown.out) == (entry.family == "info")


def test_what_a_report_names_can_be_pasted(repo: Repo) -> None:
    """`Why: pmgit explain A B`, each once."""
    shown = repo.pmgit("explain", "missing-info", "tracked-weights", "missing-info")
    assert shown.code == 0
    assert shown.out.count("missing-info (info, ") == 1
    assert shown.out.index("missing-info (") < shown.out.index("tracked-weights (")


def test_what_an_option_may_be_is_told(repo: Repo) -> None:
    shown = repo.pmgit("explain", "oversized-blob", "missing-info")
    assert (
        '\noversized-blob.max-weights-size: The largest blob of weights.\n  default: "1.0 MB"\n'
    ) in shown.out
    assert '\n  one of: error, warning, off\n  default: "warning"\n' in shown.out


def test_an_unknown_rule_names_the_nearest(repo: Repo) -> None:
    failed = repo.pmgit("explain", "missing-info", "mising-pointer")
    assert (failed.code, failed.out) == (2, "")
    assert failed.err == (
        "pmgit: unknown rule or family 'mising-pointer'\nhint: did you mean 'missing-pointer'?\n"
    )


# --- error texts


GH001 = "GH001: Large files detected. You may want to try Git Large File Storage"


def test_a_text_in_quotes_or_not_or_its_code_alone(repo: Repo) -> None:
    shown = repo.pmgit("explain", GH001)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("GitHub refuses a file of over 100 MiB\n\nA pushed commit holds")
    assert "\nRules: pmgit explain host-limit oversized-blob tracked-weights\n" in shown.out
    assert "\nSource: https://docs.github.com/" in shown.out
    for argv in (GH001.split(), ["GH001"], ["gh001:"]):
        assert repo.pmgit("explain", *argv).out == shown.out


def test_also_where_there_is_no_repository(repo: Repo, tmp_path: Path) -> None:
    shown = repo.pmgit("explain", "GH008", cwd=tmp_path)
    assert (shown.code, shown.err) == (0, "")
    assert "git lfs push --all origin" in shown.out


def test_several_errors_in_one_output(repo: Repo) -> None:
    text = b"smudge filter lfs failed\r\nThis repository exceeded its LFS budget\r\n"
    shown = repo.pmgit("explain", "-", stdin=text)
    assert shown.code == 0
    assert shown.out.count("\nSource: ") == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_what_powershell_writes(encoding: str, repo: Repo) -> None:
    data = f"\ufeff{GH001}".encode(encoding) if encoding == "utf-16-be" else GH001.encode(encoding)
    for end in (b"", b"\n") if encoding.startswith("utf-16") else (b"",):
        shown = repo.pmgit("explain", "-", stdin=data + end)
        assert shown.code == 0, shown


def test_input_that_is_none(repo: Repo) -> None:
    for words in ("printf '\\377\\376G' | pmgit explain -", "pmgit explain - <&-"):
        failed = repo.sh(words)
        assert failed.code == 2, failed
        assert "Traceback" not in failed.err


def test_a_warning_is_no_refusal(repo: Repo) -> None:
    """GitHub signs both with GH001."""
    told = (
        "remote: warning: File big.bin is 60.00 MB; this is larger than GitHub's recommended"
        " maximum file size of 50.00 MB\n"
        "remote: warning: GH001: Large files detected. You may want to try Git Large File Storage"
        " - https://git-lfs.github.com.\nTo github.com:x/y.git\n   1..2 main -> main\n"
    )
    shown = repo.pmgit("explain", "-", stdin=told.encode())
    assert shown.code == 0
    assert shown.out.count("\nSource: ") == 1
    assert "advises against" in shown.out
    both = told + "remote: error: GH001: Large files detected.\n"
    shown = repo.pmgit("explain", "-", stdin=both.encode())
    assert shown.out.count("\nSource: ") == 2


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("mising info", "no known error in 'mising info'", "the nearest rule is 'missing-info'; "),
        ("x y z " * 50, "no known error in 'x y z x y", "paste all that was printed: pmgit expl"),
        ("a\x1b[2J\nb", "no known error in 'a\\x1b[2J b'", "paste all"),
        ("-", "nothing to explain on standard input", "see: pmgit explain --help"),
        ("frobnicate", "unknown rule or family 'frobnicate'", "known: "),
    ],
)
def test_an_unknown_text(text: str, message: str, hint: str, repo: Repo) -> None:
    failed = repo.pmgit("explain", text)
    assert (failed.code, failed.out) == (2, "")
    assert failed.err.startswith(f"pmgit: {message}"), failed.err
    assert f"\nhint: {hint}" in failed.err, failed.err
    assert len(failed.err) < 900


def test_what_pmgit_has_refused(lfs_repo: Repo) -> None:
    """As Git shows it: of a commit, and of a push, where each line begins with `remote:`."""
    repo = lfs_repo
    repo.stage("pretrained_model/bert/model.bin", 3000)
    repo.stage("pretrained_model/gpt: x/INFO.md", "# gpt\n")
    refused = repo.hook("pre-commit").out
    assert "Why: pmgit explain " in refused
    names = refused.rpartition("pmgit explain ")[2].split()
    assert {"tracked-weights", "incomplete-info"} <= {*names}, names
    server = "".join(f"remote: {line}\n" for line in refused.splitlines())
    server += " ! [remote rejected] main -> main (pre-receive hook declined)\n"
    gitlab = server.replace("remote: ", "remote: GL-HOOK-ERR: ")
    wrapped = "".join(f"{line}\n" for line in refused.rpartition("\n\n")[2].split(" "))
    coloured = refused.replace(names[0], f"\x1b[31m{names[0]}\x1b[0m")
    for text in (refused, server, gitlab, wrapped, coloured):
        shown = repo.pmgit("explain", "-", stdin=text.encode())
        assert (shown.code, shown.err) == (0, ""), shown
        assert shown.out.startswith("These are findings of pmgit\n")
        assert "hook declined" not in shown.out
        for name in names:
            assert repo.pmgit("explain", name).out.rstrip() in shown.out, (text, name)
        if text != wrapped:
            assert "\n  pretrained_model/gpt: x/INFO.md: incomplete-info\n" in shown.out, shown
    lines = [line[2:] for line in shown.out.splitlines() if line.startswith("  pmgit ")][:3]
    assert lines == ["pmgit check", "pmgit check --all", "pmgit fix"]
    assert set(repo.rules()) == set(names)
    assert repo.sh(lines[0]).code == repo.sh(lines[1]).code == 1


def test_an_error_of_the_host_beside_findings_of_pmgit(repo: Repo) -> None:
    text = f"a.bin: oversized-blob: 3 GB\nremote: error: {GH001}\n"
    shown = repo.pmgit("explain", "-", stdin=text.encode())
    assert "\n  a.bin: oversized-blob\n" in shown.out
    assert "\nGitHub refuses a file of over 100 MiB\n" in shown.out
    # What looks like a finding of another tool is none.
    failed = repo.pmgit("explain", "-", stdin=b"a.py:1: some-rule: no\n")
    assert failed.code == 2


HOSTILE = [
    "::error::x",
    "$(touch PWNED)", "`touch PWNED`", "'; touch PWNED; '", '"; touch PWNED; "', "a && touch PWNED",
    "-rf", "--exec=touch PWNED", ":(exclude)*", "{files}", "{pmgit}", "a\x1b\x07b", "a\u202eb",
    "%s$HOME!!", "::error::x", "a\udcffb", "*", "~", "=ls", "#x", "|touch PWNED",
]  # fmt: skip


def test_nothing_in_a_text_runs_or_acts(repo: Repo) -> None:
    """Names of files in what a server says are quoted in every command, and shown escaped."""
    repo.stage("a.txt", "a\n")
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repo.git("remote", "add", "origin", "nowhere")
    repo.git("branch", "-q", "--set-upstream-to=origin/main")
    text = "".join(
        f"remote: error: File {name} is 200.00 MB; this exceeds GitHub's file size limit\n"
        for name in HOSTILE
    )
    text += (
        "".join(f"\t{name}\n" for name in HOSTILE) + "that should have been pointers, but weren't"
    )
    text += "".join(f"output '{name}' is already tracked by SCM\n" for name in HOSTILE)
    argv = [str(BIN / "pmgit"), "explain", "-"]
    shown = repo.run(argv, stdin=text.encode("utf-8", "surrogateescape"))
    assert (shown.code, shown.err) == (0, ""), shown
    assert not ACTING.search(shown.out)
    assert not COMMAND.search(shown.out)
    commands = [
        line[2:] for line in shown.out.splitlines() if line.startswith(("  git", "  pmgit"))
    ]
    assert len(commands) >= 7
    named = ""
    for line in commands:
        # A shell takes it apart as it was meant: every name is one word, and nothing runs.
        shell = f'git() {{ printf "%s\\0" "$@"; }}; pmgit() {{ git "$@"; }}; {line}'
        done = repo.sh(shell)
        assert done.code == 0, (line, done)
        named += done.out
    for name in HOSTILE:
        assert f"\0{name}\0" in named or f":(top,literal){name}\0" in named, name
    assert not (repo.path / "PWNED").exists()
