"""What is said of files that a fix takes out of the index: what keeps them out the next time."""

from __future__ import annotations

import pytest

from tests.kit import Repo, Result

#: So that the file which is too large is a small one.
LIMIT = "[rules.oversized-blob]\nmax-file-size = 10000\n"


def notes(done: Result) -> str:
    """What follows the fixes, up to the last line."""
    lines = [line for line in done.out.split("\n") if line.startswith(("note: ", "  "))]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("data/table.csv", "/data/table.csv"),
        ("#1 [a]*?.csv", "/#1 \\[a\\]\\*\\?.csv"),
        ("!x", "/!x"),
        ("end ", "/end\\ "),
        ("back\\slash", "/back\\\\slash"),
    ],
)
def test_the_line_hides_this_file_and_no_other(repo: Repo, path: str, line: str) -> None:
    repo.stage(".pmgit.toml", LIMIT)
    others = [f"{path}x", f"sub/{path}", "#1 a1.csv", "data/table2.csv", "x", "end", "backslash"]
    for name in (path, *others):
        repo.write(name, 11_000 if name == path else 10)
    repo.git("add", "-A")
    done = repo.pmgit("check")
    said = "unless .gitignore has this line:"
    assert notes(done) == f"note: the next git add takes {path} again, {said}\n  {line}"
    (fix,) = done.fixes
    repo.paste(fix)
    repo.write(".gitignore", f"{line}\n")
    repo.git("add", "-A")
    assert set(repo.staged()) == {*others, ".gitignore", ".pmgit.toml"}


def test_several_files_and_a_name_that_no_line_can_say(repo: Repo) -> None:
    repo.write(".pmgit.toml", LIMIT)
    for number in range(7):
        repo.write(f"d/{number}.csv", 11_000)
    repo.git("add", "-A")
    said = notes(repo.pmgit("check")).split("\n")
    assert said[0] == (
        "note: the next git add takes these 7 files again, unless .gitignore has these lines:"
    )
    assert said[1:] == [*(f"  /d/{number}.csv" for number in range(5)), "  … and 2 more"]
    repo.git("rm", "-q", "--cached", "-r", "d")
    repo.stage("a\nb", 11_000)
    assert notes(repo.pmgit("check")) == (
        "note: the next git add takes a\\x0ab again, unless they lie elsewhere by then"
    )


def test_of_what_is_ignored_already_nothing_is_said(repo: Repo) -> None:
    repo.stage(".pmgit.toml", LIMIT)
    repo.write(".gitignore", "*.csv\n")
    repo.stage("a.csv", 11_000)  # with -f
    assert notes(repo.pmgit("check")) == ""
    # The fix itself writes rules.
    repo.stage("pretrained_model/bert/model.bin", 3_000)
    done = repo.pmgit("check")
    assert any("pmgit gitignore" in fix for fix in done.fixes)
    assert notes(done) == ""


def test_a_file_that_grew_and_one_that_is_committed(repo: Repo) -> None:
    repo.stage_all({".pmgit.toml": LIMIT, "a.csv": 10})
    base = repo.commit()
    repo.stage("b.csv", 11_000)
    repo.commit()
    repo.stage("a.csv", 11_001)
    stays = "note: a.csv stays changed on disk, where the next git add finds it"
    assert notes(repo.pmgit("check")) == stays
    fixed = repo.pmgit("fix")
    assert (fixed.code, stays in fixed.out) == (0, True)
    line = "note: the next git add takes b.csv again, unless .gitignore has this line:\n  /b.csv"
    assert line in repo.pmgit("check", "--all").out
    # In the last commit, in an older one: the plan says it, too.
    repo.git("checkout", "-q", "a.csv")
    assert line in repo.pmgit("check", "--range", f"{base}..HEAD").out
    repo.stage("c.py", "x\n")
    repo.commit()
    assert line in repo.pmgit("check", "--range", f"{base}..HEAD").out
    assert line in repo.pmgit("fix", "--yes").out


@pytest.mark.parametrize("written", [False, True])
def test_what_the_ignore_block_lets_in_is_named(repo: Repo, written: bool) -> None:
    """Source code and notebooks are no weights, so the rules that the fix writes do not help."""
    repo.write(".pmgit.toml", LIMIT)
    assert repo.pmgit("init", "--yes", "--hooks", "none").code == 0
    repo.git("add", "-A")
    repo.commit()
    path = "pretrained_model/m/big.ipynb"
    repo.stage(path, 14_000)
    if not written:
        (repo.path / ".gitignore").unlink()
    found = repo.pmgit("check", "--select", "size")
    assert (f"takes {path} again" in notes(found)) == written
    for fix in found.fixes:
        repo.paste(fix)
    assert path not in repo.staged()
