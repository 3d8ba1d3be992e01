"""`pmgit check`: what it judges, in which form it answers, and how it ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.kit import pointer
from tests.made_once import made_once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo, Result

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"
SUBCOMMAND = "git rm --cached -f -q -- "


@pytest.fixture
def sinful(repo: Repo) -> Repo:
    """Raw weights are committed; a file of text is staged, another is not."""
    return made_once(repo, _sin)


def _sin(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    repo.commit("Begin")
    repo.add_info(MODEL)
    repo.stage(WEIGHTS, 2000)
    repo.commit("Sin")
    repo.stage("b.txt", "b\n")
    repo.write("c.pt", 1_500_000)


def blamed(result: Result) -> list[str]:
    return result.out.rpartition("pmgit explain ")[2].split()


# --- what is judged


@pytest.mark.parametrize("argv", [[], ["--staged"]])
def test_the_staged_change(argv: list[str], sinful: Repo) -> None:
    clean = sinful.pmgit("check", *argv)
    assert (clean.code, clean.out, clean.err) == (0, "no findings in 1 file\n", "")
    sinful.stage("best.pt", 1_500_000)
    found = sinful.pmgit("check", *argv)
    assert (found.code, blamed(found)) == (1, ["oversized-blob"])


def test_nothing_staged(repo: Repo) -> None:
    assert repo.pmgit("check").out == "no findings in 0 files\n"


def test_all_judges_what_is_committed_too(sinful: Repo) -> None:
    found = sinful.pmgit("check", "--all")
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])
    assert f"{WEIGHTS}: tracked-weights: 2.0 kB of weights raw in Git" in found.out
    # Untracking takes the file away from others: no fix that is safe to paste.
    assert found.fixes == []
    assert "unsafe fix (everybody else's copy of the file is deleted at their next pull): " in (
        found.out
    )


def test_everything_is_the_index_not_the_work_tree(sinful: Repo) -> None:
    sinful.git("rm", "-q", "--cached", WEIGHTS)
    assert sinful.pmgit("check", "--all").code == 0


def test_a_range(sinful: Repo) -> None:
    sin = sinful.git("rev-parse", "HEAD").strip()
    sinful.git("rm", "-q", WEIGHTS)
    sinful.commit("Repent")
    found = sinful.pmgit("check", "--range", "HEAD~2..HEAD")
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])
    assert f"(in commit {sin[:12]})" in found.out
    assert sinful.pmgit("check", "--range", "HEAD~2..").code == 1
    assert sinful.pmgit("check", "--range", f"{sin}..").code == 0
    assert sinful.pmgit("check", "--range", "HEAD..HEAD").out == "no findings in 0 files\n"


@pytest.mark.parametrize(
    ("commits", "code", "message"),
    [
        ("HEAD", 2, "not a range of commits: 'HEAD'"),
        ("", 2, "not a range of commits: ''"),
        ("..HEAD", 2, "not a range of commits: '..HEAD'"),
        ("HEAD~1...HEAD", 2, "not a range of commits: 'HEAD~1...HEAD'"),
        ("nowhere..HEAD", 3, "no commit 'nowhere' in this repository"),
        ("HEAD..nowhere", 3, "no commit 'nowhere' in this repository"),
        ("-x..HEAD", 3, "no commit '-x' in this repository"),
        ("--output=PWNED..HEAD", 3, "no commit '--output=PWNED' in this repository"),
        ("HEAD:a.txt..HEAD", 3, "no commit 'HEAD:a.txt' in this repository"),
    ],
)
def test_no_range(commits: str, code: int, message: str, sinful: Repo) -> None:
    failed = sinful.pmgit("check", f"--range={commits}")
    assert (failed.code, failed.out) == (code, ""), failed
    assert failed.err.startswith(f"pmgit: {message}\nhint: ")
    assert not (sinful.path / "PWNED").exists()


def test_a_range_of_branches_with_strange_names(sinful: Repo) -> None:
    sinful.git("update-ref", "refs/heads/-x", "HEAD~1")
    sinful.git("update-ref", "refs/heads/--output=PWNED", "HEAD")
    found = sinful.pmgit("check", "--range", "refs/heads/-x..refs/heads/--output=PWNED")
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])


def test_paths_choose_what_is_judged(sinful: Repo) -> None:
    assert sinful.pmgit("check", "a.txt").out == "no findings in 1 file\n"
    assert sinful.pmgit("check", "a.txt", "b.txt").out == "no findings in 2 files\n"
    for path in (WEIGHTS, MODEL, f"{MODEL}/", "pretrained_model", ".", f"./{MODEL}/../bert"):
        found = sinful.pmgit("check", path)
        assert (found.code, blamed(found)) == (1, ["tracked-weights"]), path
    found = sinful.pmgit("check", str(sinful.path / MODEL))
    assert found.code == 1


def test_paths_from_a_subfolder(sinful: Repo) -> None:
    found = sinful.pmgit("check", "bert", cwd="pretrained_model")
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])
    assert sinful.pmgit("check", "../../b.txt", cwd=MODEL).code == 0
    # Paths in the report are from the top; fixes work where they are pasted.
    assert found.out.startswith(f"{WEIGHTS}: ")
    assert f":(top,literal){WEIGHTS}" in found.out
    assert sinful.pmgit("check", "--all", cwd=MODEL).code == 1


@pytest.mark.parametrize("path", ["..", "../other", "/", "/etc/passwd", "a/../../b"])
def test_a_path_outside(path: str, sinful: Repo) -> None:
    failed = sinful.pmgit("check", "--", path)
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err.startswith(f"pmgit: {path!r} is outside of the repository\nhint: ")


@pytest.mark.parametrize("path", ["nothing", "c.pt", "pretrained", "*.txt", ":(top)a.txt"])
def test_a_path_that_is_not_in_the_index(path: str, sinful: Repo) -> None:
    failed = sinful.pmgit("check", path)
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err.startswith(f"pmgit: nothing in the index under {path!r}\nhint: ")


def test_a_path_through_a_link(sinful: Repo, tmp_path: Path) -> None:
    """The repository may be reached through a link; a link in it is judged as a link."""
    (tmp_path / "door").symlink_to(sinful.path)
    found = sinful.pmgit("check", str(tmp_path / "door" / MODEL))
    assert found.code == 1, found
    os.symlink("/etc/passwd", sinful.path / MODEL / "passwd")
    sinful.git("add", f"{MODEL}/passwd")
    linked = sinful.pmgit("check", f"{MODEL}/passwd")
    assert (linked.code, blamed(linked)) == (1, ["linked-model"])


def test_a_path_that_is_no_pattern(repo: Repo) -> None:
    repo.stage_all({"[a].pt": 1_500_000, "a.pt": 300})
    assert repo.pmgit("check", "[a].pt").code == 1
    assert repo.pmgit("check", "a.pt").code == 0


def test_a_bare_repository(sinful: Repo, tmp_path: Path) -> None:
    sinful.commit()
    sinful.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    bare = type(sinful)(tmp_path / "bare", sinful.env, init=None)
    found = bare.pmgit("check", "--all")
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])
    assert "fix: " not in found.out
    assert bare.pmgit("check", "--range", "HEAD~2..HEAD").code == 1


@pytest.mark.parametrize(
    "argv",
    [
        ["--all", "a.txt"], ["--all", "--range", "HEAD~1.."], ["--staged", "a.txt"],
        ["--staged", "--range=HEAD~1.."], ["--range", "HEAD~1..", "a.txt"],
        ["--range=", "--all"], ["--staged", "--all"], ["--all", "--staged"],
    ],
)  # fmt: skip
def test_one_thing_is_judged_at_a_time(argv: list[str], sinful: Repo) -> None:
    failed = sinful.pmgit("check", *argv)
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err == (
        "pmgit: --staged, --all, --range and PATH exclude each other\n"
        "hint: see: pmgit check --help\n"
    )


# --- select, ignore, options


def test_select_and_ignore(repo: Repo) -> None:
    repo.stage(WEIGHTS, 2000)
    for argv, rules in (
        ([], ["missing-info", "tracked-weights"]),
        (["--select", "size"], ["tracked-weights"]),
        (["--select", "size,info"], ["missing-info", "tracked-weights"]),
        (["--select", "size", "--select", "missing-info"], ["missing-info", "tracked-weights"]),
        (["--ignore", "info"], ["tracked-weights"]),
        (["--select", "size,info", "--ignore", "size"], ["missing-info"]),
    ):
        found = repo.pmgit("check", *argv)
        assert (found.code, blamed(found)) == (1, rules)
    assert repo.pmgit("check", "--ignore=size,info").code == 0


def test_the_command_line_counts_instead_of_the_configuration(repo: Repo) -> None:
    repo.stage_all({WEIGHTS: 2000, ".pmgit.toml": 'select = ["info"]\nignore = ["missing-info"]\n'})
    assert repo.pmgit("check").code == 0
    assert blamed(repo.pmgit("check", "--select", "size")) == ["tracked-weights"]
    assert blamed(repo.pmgit("check", "--ignore", "size")) == ["missing-info"]


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_rule(option: str, repo: Repo) -> None:
    failed = repo.pmgit("check", option, "size,mising-info")
    assert (failed.code, failed.out) == (2, "")
    assert failed.err == (
        "pmgit: unknown rule or family 'mising-info'\nhint: did you mean 'missing-info'?\n"
    )


@pytest.mark.parametrize("option", ["--select", "--ignore"])
@pytest.mark.parametrize("names", ["", ","])
def test_no_names_are_a_mistake(option: str, names: str, repo: Repo) -> None:
    failed = repo.pmgit("check", option, names)
    assert failed.code == 2, failed


def test_an_option_of_a_rule(repo: Repo) -> None:
    repo.stage("best.pt", 1_500_000)
    assert repo.pmgit("check").code == 1
    assert repo.pmgit("check", "-c", "oversized-blob.max-weights-size=2MB").code == 0
    # It wins over the configuration, and the last one counts.
    repo.stage(".pmgit.toml", '[rules.oversized-blob]\nmax-weights-size = "2 MB"\n')
    assert repo.pmgit("check").code == 0
    assert repo.pmgit("check", "--config", "oversized-blob.max-weights-size=1MB").code == 1
    twice = [f"-coversized-blob.max-weights-size={size}" for size in ("1MB", "3MB")]
    assert repo.pmgit("check", *twice).code == 0


def test_a_lowered_limit_is_exact(repo: Repo) -> None:
    """Sizes of many files are taken from the index where that is good enough."""
    for number in range(300):
        repo.write(f"{number}.txt", "x" * 100)
    repo.write("long.txt", "x" * 101)
    repo.git("add", ".")
    found = repo.pmgit("check", "-c", "oversized-blob.max-file-size=100")
    assert found.out.startswith("long.txt: oversized-blob: 101 bytes raw in Git")
    assert "1 error in 301 files" in found.out


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("nonsense", "not RULE.OPTION=VALUE: 'nonsense'"),
        ("oversized-blob=1", "not RULE.OPTION=VALUE: 'oversized-blob=1'"),
        ("oversized-blob.max-file-size", "not RULE.OPTION=VALUE"),
        ("oversized-blob.max-file-size=big", "'rules.oversized-blob.max-file-size' is the text"),
        ("oversized-blob.max-fil-size=1", "unknown key 'rules.oversized-blob.max-fil-size'"),
        ("oversized-blb.max-file-size=1", "[rules.oversized-blb]: unknown rule 'oversized-blb'"),
        ("missing-pointer.x=1", "unknown key 'rules.missing-pointer.x'"),
    ],
)
def test_a_wrong_setting(setting: str, message: str, repo: Repo) -> None:
    failed = repo.pmgit("check", "-c", setting)
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err.startswith(f"pmgit: {message}")
    assert "\nhint: " in failed.err or "not a size" in failed.err


# --- the answer


def test_the_text_names_findings_fixes_and_where_to_read_why(repo: Repo) -> None:
    repo.stage(WEIGHTS, 2_500_000)
    found = repo.pmgit("check")
    assert (found.code, found.err) == (1, "")
    assert found.out == (
        f"{MODEL}: missing-info: no INFO.md\n"
        f"{WEIGHTS}: tracked-weights: 2.5 MB of weights raw in Git,"
        " neither ignored nor in Git LFS\n"
        "\n"
        f"fix: {SUBCOMMAND}{WEIGHTS} && pmgit gitignore && git add -- .gitignore\n"
        f"fix: pmgit info new bert && git add -- {MODEL}/INFO.md\n"
        "\n"
        "2 errors in 1 file. Why: pmgit explain missing-info tracked-weights\n"
    )


def test_the_json_is_an_interface(repo: Repo) -> None:
    """The shape is an interface: nothing may be missing, nothing added unseen."""
    repo.stage(WEIGHTS, 2_500_000)
    found = repo.pmgit("check", "--format", "json")
    assert (found.code, found.err) == (1, "")
    assert found.json == {
        "findings": [
            {
                "rule": "missing-info",
                "severity": "error",
                "path": MODEL,
                "message": "no INFO.md",
                "line": None,
                "commit": None,
                "fix": {
                    "commands": [
                        ["pmgit", "info", "new", "bert"],
                        ["git", "add", "--", f"{MODEL}/INFO.md"],
                    ],
                    "shell": f"pmgit info new bert && git add -- {MODEL}/INFO.md",
                    "safe": True,
                    "plan": None,
                },
            },
            {
                "rule": "tracked-weights",
                "severity": "error",
                "path": WEIGHTS,
                "message": "2.5 MB of weights raw in Git, neither ignored nor in Git LFS",
                "line": None,
                "commit": None,
                "fix": {
                    "commands": [
                        [*SUBCOMMAND.split(), WEIGHTS],
                        ["pmgit", "gitignore"],
                        ["git", "add", "--", ".gitignore"],
                    ],
                    "shell": f"{SUBCOMMAND}{WEIGHTS} && pmgit gitignore && git add -- .gitignore",
                    "safe": True,
                    "plan": None,
                },
            },
        ],
        "checked": 1,
        "not_judged": 0,
        "not_scanned": 0,
        "forgiven": 0,
    }


def test_json_without_findings(repo: Repo) -> None:
    clean = repo.pmgit("check", "--format=json")
    assert clean.code == 0
    counts = {"checked": 0, "not_judged": 0, "not_scanned": 0, "forgiven": 0}
    assert clean.json == {"findings": [], **counts}


def test_json_with_a_line(repo: Repo) -> None:
    repo.stage_all(
        {
            f"{MODEL}/INFO.md": "# BERT\n\n**Source**: https://example.invalid/x\n",
            f"{MODEL}/config.json": "{}\n",
        }
    )
    lines = {(f["rule"], f["line"]) for f in repo.check()}
    assert lines == {("incomplete-info", 3)}


def test_json_with_a_commit(sinful: Repo) -> None:
    sin = sinful.git("rev-parse", "HEAD").strip()
    (finding,) = sinful.check("--range", "HEAD~1..HEAD")
    assert (finding["rule"], finding["commit"]) == ("tracked-weights", sin)
    assert finding["fix"]["plan"].startswith("amends the last commit of main")
    assert finding["fix"]["safe"] is False


def test_json_with_an_unsafe_fix(sinful: Repo) -> None:
    (finding,) = sinful.check("--all")
    assert finding["fix"]["safe"] is False
    assert finding["fix"]["commands"][0] == ["git", "rm", "--cached", "-q", "--", WEIGHTS]


def test_json_holds_any_name(repo: Repo) -> None:
    names: list[str | bytes] = [b"w\xff.pt", "a\n::error::b.pt", "模型.pt", "\x1b[2J.pt"]
    names += ['"\\.pt', "a\u202eb.pt"]
    repo.stage_all(dict.fromkeys(names, 1_500_000))
    found = repo.pmgit("check", "--format", "json", env={"LC_ALL": "C"})
    assert found.out.isascii()
    paths = {os.fsencode(f["path"]) for f in found.json["findings"]}
    assert paths == {os.fsencode(name) for name in names}


def test_warnings_let_it_pass(repo: Repo) -> None:
    repo.stage(f"{MODEL}/config.json", "{}\n")
    warned = repo.pmgit("check")
    assert warned.code == 0, warned
    assert f"{MODEL}: missing-info (warning): no INFO.md" in warned.out
    assert "1 warning in 1 file. Why: " in warned.out
    assert [f["severity"] for f in repo.check()] == ["warning"]


def test_an_unknown_format(repo: Repo) -> None:
    assert repo.pmgit("check", "--format", "xml").code == 2


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_utf8_in_any_locale(locale: str, repo: Repo) -> None:
    """In C pmgit starts itself again with -X utf8; in C.UTF-8 Python is not in that mode."""
    repo.stage("模型.pt", 1_500_000)
    env = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = repo.pmgit("check", env=env)
    assert found.out.startswith("模型.pt: oversized-blob: 1.5 MB raw in Git")


# --- what is not here


@pytest.fixture
def partial(sinful: Repo, tmp_path: Path) -> Repo:
    """A partial clone that has no blob."""
    sinful.commit()
    sinful.git("config", "uploadpack.allowFilter", "true")
    there = tmp_path / "partial"
    sinful.git("clone", "-q", "--filter=blob:none", "-n", sinful.path.as_uri(), str(there))
    clone = type(sinful)(there, sinful.env, init=None)
    clone.read_head()
    return clone


def test_a_partial_clone_is_not_clean(partial: Repo) -> None:
    failed = partial.pmgit("check", "--all", "--ignore", "info")
    assert failed.code == 3, failed
    assert failed.out == "no findings in 4 files\n"
    assert failed.err == (
        "not judged: 4 objects are not here (partial clone), and pmgit does not fetch\n"
        "hint: fetch them, or accept it: --allow-missing\n"
    )
    # Nothing was fetched.
    assert partial.git("cat-file", "--batch-all-objects", "--batch-check").count(" blob ") == 0


def test_a_partial_clone_may_be_accepted(partial: Repo) -> None:
    accepted = partial.pmgit("check", "--all", "--ignore", "info", "--allow-missing")
    assert accepted.code == 0, accepted
    assert accepted.err.startswith("not judged: 4 objects are not here")
    answer = partial.pmgit(
        "check", "--all", "--ignore=info", "--allow-missing", "--format", "json"
    ).json
    assert (answer["checked"], answer["not_judged"]) == (4, 4)


def test_what_is_found_in_a_partial_clone_counts(partial: Repo) -> None:
    partial.stage("best.pt", 1_500_000)
    found = partial.pmgit("check", "--all", "--ignore", "info", "--allow-missing")
    assert (found.code, blamed(found)) == (1, ["oversized-blob"])


def test_a_sparse_checkout(sinful: Repo) -> None:
    sinful.commit()
    sinful.git("sparse-checkout", "set", "--no-cone", "/a.txt")
    assert not (sinful.path / WEIGHTS).exists()
    found = sinful.pmgit("check", "--all")
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])


def test_pointers_are_small(lfs_repo: Repo) -> None:
    lfs_repo.add_info(MODEL)
    lfs_repo.stage_blob(WEIGHTS, pointer(b"0" * 50_000_000))
    assert lfs_repo.pmgit("check", "--all").code == 0


# --- into a file


@pytest.mark.parametrize("form", ["text", "sarif", "junit"])
def test_a_file_holds_what_would_be_printed(form: str, sinful: Repo, tmp_path: Path) -> None:
    file = tmp_path / "a b.out"
    file.write_text("old")
    printed = sinful.pmgit("check", "--all", "--format", form)
    written = sinful.pmgit("check", "--all", "--format", form, "--output", str(file))
    assert (written.code, written.out) == (1, "")
    assert written.err == (
        f"1 error in 4 files. Why: pmgit explain tracked-weights\nwrote {file}\n"
    )
    assert file.read_text("utf-8") == printed.out
    assert not list(tmp_path.glob("*.tmp"))


def test_a_clean_file_says_so(sinful: Repo) -> None:
    written = sinful.pmgit("check", "--format", "sarif", "--output", "pmgit.sarif")
    assert (written.code, written.err) == (0, "no findings in 1 file\nwrote pmgit.sarif\n")
    assert (sinful.path / "pmgit.sarif").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="devices have other names there")
def test_output_may_go_to_streams(sinful: Repo) -> None:
    printed = sinful.pmgit("check", "--all", "--format", "json")
    for name in ("-", "/dev/stdout"):
        streamed = sinful.pmgit("check", "--all", "--format", "json", "--output", name)
        assert (streamed.code, streamed.out, streamed.err) == (1, printed.out, "")
    assert not (sinful.path / "-").exists()
    nothing = sinful.pmgit("check", "--all", "--output", os.devnull)
    assert (nothing.code, nothing.out) == (1, "")
    assert sinful.pmgit("check", "--all", "--output", "").code == 2


def test_a_file_that_cannot_be_written_is_no_success(sinful: Repo, tmp_path: Path) -> None:
    failed = sinful.pmgit("check", "--output", str(tmp_path / "nowhere" / "x"))
    assert (failed.code, failed.out) == (3, "")
    assert "could not be written" in failed.err


def test_a_configuration_that_is_not_staged_does_not_count_in_silence(repo: Repo) -> None:
    note = "note: .pmgit.toml counts as it is staged, not as it is on disk: git add .pmgit.toml\n"
    repo.write(".pmgit.toml", 'storage = "s3"\n')
    assert repo.pmgit("check").code == 2  # an untracked one counts
    repo.stage(".pmgit.toml", 'storage = "lfs"\n')
    assert repo.pmgit("check").err == ""
    repo.write(".pmgit.toml", 'storage = "lfs"\r\n')
    assert repo.pmgit("check").err == ""  # as Git for Windows writes it
    repo.write(".pmgit.toml", 'storage = "s3"\n')
    for options in ((), ("--all",)):
        shown = repo.pmgit("check", *options)
        assert (shown.code, shown.err) == (0, note), options
    assert repo.pmgit("-q", "check").err == ""
    repo.path.joinpath(".pmgit.toml").unlink()
    assert repo.pmgit("check").err == ""
