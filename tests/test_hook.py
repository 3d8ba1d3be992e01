"""`pmgit-hook`: what it judges, what it prints, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pmgit import __version__
from pmgit.hook import STAGES, USAGE, Arguments
from tests.kit import ACTING, BIN, pointer
from tests.made_once import made_once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo, Result

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"


def blamed(result: Result) -> list[str]:
    """The rules that the hook named."""
    return result.out.rpartition("pmgit explain ")[2].split()


@pytest.fixture
def sinful(repo: Repo) -> Repo:
    """Weights are committed, a harmless file is staged."""
    return made_once(repo, _sinful)


def _sinful(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    repo.commit("Begin")
    repo.stage(WEIGHTS, 2000)
    repo.commit("Sin")
    repo.stage("b.txt", "b\n")


# --- what is judged


@pytest.mark.parametrize("stage", ["pre-commit", "pre-merge-commit"])
def test_a_stage_judges_what_is_staged(stage: str, sinful: Repo) -> None:
    # A stage in argv comes first, whatever the environment says.
    env = {"PRE_COMMIT_FROM_REF": "HEAD~1", "PRE_COMMIT_TO_REF": "HEAD"}
    assert sinful.hook(stage, env=env).code == 0
    env["PRE_COMMIT_REMOTE_NAME"] = "origin"
    assert sinful.hook(stage, env=env).code == 0
    sinful.stage(f"{MODEL}/more.safetensors", 2000)
    found = sinful.hook(stage, env=env)
    assert found.code == 1, found
    assert f"{MODEL}/more.safetensors: tracked-weights: 2.0 kB of weights raw" in found.out
    assert WEIGHTS not in found.out


def test_a_stage_with_nothing_staged_judges_nothing(sinful: Repo) -> None:
    """As in `commit --amend` of a message, and in `commit --allow-empty`."""
    sinful.commit()
    assert sinful.hook("pre-commit").code == 0


def test_what_is_staged_is_judged(sinful: Repo) -> None:
    assert sinful.hook().code == 0
    sinful.stage(f"{MODEL}/more.safetensors", 2000)
    assert sinful.hook().code == 1


def test_nothing_is_staged_judges_the_whole_tree(sinful: Repo) -> None:
    sinful.commit()
    found = sinful.hook()
    assert found.code == 1, found
    assert blamed(found) == ["missing-info", "tracked-weights"]
    assert " in 3 files. Why: " in found.out


def test_an_index_of_git_is_a_commit_under_way(sinful: Repo) -> None:
    """Git sets GIT_INDEX_FILE in every commit: nothing staged is not the whole tree then."""
    sinful.commit()
    assert sinful.hook(env={"GIT_INDEX_FILE": ".git/index"}).code == 0


def test_another_index_is_the_one_that_is_judged(sinful: Repo, tmp_path: Path) -> None:
    """As in `commit PATH`: the index that Git records is not the usual one."""
    other = {"GIT_INDEX_FILE": str(tmp_path / "other")}
    sinful.git("read-tree", "HEAD", env=other)
    sinful.stage(f"{MODEL}/more.safetensors", 2000)
    assert sinful.hook(env=other).code == 0
    assert sinful.hook("pre-commit", env=other).code == 0
    assert sinful.hook("pre-commit").code == 1


def test_the_variables_that_git_sets_in_a_hook(sinful: Repo) -> None:
    sinful.stage(f"{MODEL}/more.safetensors", 2000)
    env = {
        "GIT_DIR": ".git",
        "GIT_INDEX_FILE": ".git/index",
        "GIT_WORK_TREE": ".",
        "GIT_PREFIX": "pretrained_model/",
        "GIT_EDITOR": ":",
        "GIT_EXEC_PATH": sinful.git("--exec-path").strip(),
    }
    found = sinful.hook("pre-commit", env=env)
    assert found.code == 1, found
    assert f":(top,literal){WEIGHTS}".replace("model.", "more.") in found.out


def test_git_dir_from_elsewhere(sinful: Repo, tmp_path: Path) -> None:
    sinful.stage(f"{MODEL}/more.safetensors", 2000)
    env = {"GIT_DIR": str(sinful.path / ".git"), "GIT_WORK_TREE": str(sinful.path)}
    found = sinful.hook("pre-commit", cwd=tmp_path, env=env)
    assert found.code == 1, found


@pytest.mark.parametrize("folder", ["pretrained_model", MODEL])
def test_from_a_subfolder(folder: str, sinful: Repo) -> None:
    sinful.stage(".pmgit.toml", "models = [1]\n")
    assert sinful.hook(cwd=folder).code == 2
    sinful.stage_all({".pmgit.toml": 'ignore = ["info"]\n', f"{MODEL}/more.safetensors": 2000})
    found = sinful.hook(cwd=folder)
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])


def test_a_range_from_pre_commit(sinful: Repo) -> None:
    sinful.git("rm", "-q", WEIGHTS)
    sinful.commit("Repent")
    first, sin, tip = sinful.git("rev-list", "--reverse", "HEAD").split()
    found = sinful.hook(env={"PRE_COMMIT_FROM_REF": first, "PRE_COMMIT_TO_REF": tip})
    assert (found.code, blamed(found)) == (1, ["tracked-weights"])
    assert f"(in commit {sin[:12]})" in found.out
    clean = sinful.hook(env={"PRE_COMMIT_FROM_REF": sin, "PRE_COMMIT_TO_REF": tip})
    assert clean.code == 0, clean
    # One of the two alone says nothing.
    assert sinful.hook(env={"PRE_COMMIT_FROM_REF": first}).code == 0


def test_a_push_from_pre_commit(sinful: Repo) -> None:
    first, sin = sinful.git("rev-list", "--reverse", "HEAD").split()
    push = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main"}
    # The push of a root commit names no range.
    assert sinful.hook(env=push).code == 1
    found = sinful.hook(env={**push, "PRE_COMMIT_FROM_REF": first, "PRE_COMMIT_TO_REF": sin})
    assert found.code == 1, found


def test_a_push_outranks_what_is_staged(sinful: Repo) -> None:
    sinful.stage(f"{MODEL}/more.safetensors", 2000)
    first = sinful.git("rev-list", "--max-parents=0", "HEAD").strip()
    env = {
        "PRE_COMMIT_REMOTE_NAME": "origin",
        "PRE_COMMIT_FROM_REF": first,
        "PRE_COMMIT_TO_REF": first,
    }
    assert sinful.hook(env=env).code == 0


@pytest.mark.parametrize("ref", ["-x", "--output=PWNED", "--upload-pack=touch PWNED", "nowhere"])
def test_a_ref_is_never_an_option(ref: str, sinful: Repo) -> None:
    failed = sinful.hook(env={"PRE_COMMIT_FROM_REF": ref, "PRE_COMMIT_TO_REF": "HEAD"})
    assert failed.code == 3, failed
    assert failed.err.startswith("pmgit: no commit ")
    assert not list(sinful.path.rglob("PWNED"))


def test_a_branch_that_looks_like_an_option(sinful: Repo) -> None:
    sinful.git("update-ref", "refs/heads/-x", "HEAD~1")
    first = sinful.hook(env={"PRE_COMMIT_FROM_REF": "refs/heads/-x", "PRE_COMMIT_TO_REF": "HEAD"})
    assert first.code == 1, first


# --- select and ignore


def test_select_and_ignore(repo: Repo) -> None:
    repo.stage(WEIGHTS, 2000)
    assert blamed(repo.hook("pre-commit")) == ["missing-info", "tracked-weights"]
    for argv, rules in (
        (["--select", "size"], ["tracked-weights"]),
        (["--select=missing-info"], ["missing-info"]),
        (["--select", "size,info"], ["missing-info", "tracked-weights"]),
        (["--select", "size", "--select", "info"], ["missing-info", "tracked-weights"]),
        (["--ignore", "info"], ["tracked-weights"]),
        (["--select", "size,info", "--ignore", "missing-info"], ["tracked-weights"]),
    ):
        found = repo.hook("pre-commit", *argv)
        assert (found.code, blamed(found)) == (1, rules)
    assert repo.hook("pre-commit", "--ignore", "info,size").code == 0
    assert repo.hook("--select", "naming", "pre-commit").code == 0


# --- usage and errors


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_the_hook_explains_itself(word: str, tmp_path: Path, repo: Repo) -> None:
    """Also where there is no repository."""
    shown = repo.hook(word, cwd=tmp_path)
    assert (shown.code, shown.out, shown.err) == (0, USAGE, "")
    for stage in STAGES:
        assert stage in USAGE


def test_the_hook_says_its_version(repo: Repo) -> None:
    shown = repo.hook("--version", start=True)
    assert (shown.code, shown.out) == (0, f"pmgit {__version__}\n")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["post-commit"],
            "unknown stage 'post-commit': it is one of pre-commit, pre-merge-commit, pre-push",
        ),
        (["pre-push"], "pre-push needs the name or the address of the remote"),
        (["pre-push", "a", "b", "c"], "unknown stage 'c': it is one of"),
        (["pre-commit", "origin"], "unknown stage 'origin': it is one of"),
        (["pre-commit", "pre-commit"], "unknown stage 'pre-commit'"),
        (["--all"], "unknown option '--all'"),
        (["--all=x"], "unknown option '--all=x'"),
        (["--select"], "--select needs names of rules or families"),
        (["--select="], "--select needs names of rules or families"),
        (["--select", ","], "--select needs names of rules or families"),
        (["--ignore", ""], "--ignore needs names of rules or families"),
        (["--select", "siez"], "unknown rule or family 'siez'"),
        (["--select", "size", "--ignore", "mising-info"], "unknown rule or family 'mising-info'"),
        (["pre-receive", "--begun", "1:x"], "this hook is of an earlier pmgit"),
        (["a\x1b[2Jb"], "unknown stage 'a\\x1b[2Jb'"),
    ],
)
def test_wrong_usage(argv: list[str], message: str, repo: Repo) -> None:
    failed = repo.hook(*argv)
    assert (failed.code, failed.out) == (2, ""), failed
    assert failed.err.startswith(f"pmgit: {message}")
    assert "\nhint: " in failed.err
    assert not ACTING.search(failed.err)


def test_a_mistyped_name_gets_the_nearest(repo: Repo) -> None:
    failed = repo.hook("--select", "mising-info")
    assert failed.err == (
        "pmgit: unknown rule or family 'mising-info'\nhint: did you mean 'missing-info'?\n"
    )


def test_arguments_take_what_stands_after_an_option() -> None:
    arguments = Arguments(["--select", "a,b", "pre-commit", "--ignore=c", "--select", "d"])
    assert arguments.stage == "pre-commit"
    assert arguments.names == {"--select": ["a", "b", "d"], "--ignore": ["c"]}


def test_no_repository(tmp_path: Path, repo: Repo) -> None:
    failed = repo.hook("pre-commit", cwd=tmp_path)
    assert (failed.code, failed.out) == (3, ""), failed
    # Git's own words differ where it met a mount point on its way up, such as a tmpfs on /tmp.
    first, hint = failed.err.splitlines()
    assert first.startswith("pmgit: git rev-parse: fatal: not a git repository (or any "), failed
    assert hint == "hint: run it inside a repository, or make one: git init"


def test_no_git(repo: Repo, tmp_path: Path) -> None:
    failed = repo.hook("pre-commit", env={"PATH": str(tmp_path)}, start=True)
    assert failed.code == 3, failed
    assert failed.err == (
        "pmgit: git is not installed, or not on the PATH\n"
        "hint: install git 2.34 or newer: https://git-scm.com/downloads\n"
    )


def test_a_broken_configuration_stops_the_commit(repo: Repo) -> None:
    for text in ("models = 3\n", "modles = []\n", "= broken\n", "a = [1,\n"):
        repo.stage(".pmgit.toml", text)
        failed = repo.hook("pre-commit")
        assert (failed.code, failed.out) == (2, ""), (text, failed)
        assert failed.err.startswith("pmgit: .pmgit.toml: ")


def test_an_unreadable_object_is_never_clean(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    file = repo.stage(WEIGHTS, 2000)
    oid = repo.git("hash-object", str(file)).strip()
    loose = repo.path / ".git/objects" / oid[:2] / oid[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"broken")
    failed = repo.hook("pre-commit")
    assert failed.code == 3, failed
    assert failed.err.startswith("pmgit: ")
    assert "Traceback" not in failed.err


def failing_git(repo: Repo, verb: str, how: str) -> dict[str, str]:
    """The environment with a git of which one command does not work."""
    real = repo.sh("command -v git").out.strip()
    bin = repo.path.parent / "bin"
    bin.mkdir(exist_ok=True)
    script = f'case " $* " in *" {verb} "*) {how};; esac\nexec {real} "$@"\n'
    (bin / "git").write_text(f"#!/bin/sh\n{script}")
    (bin / "git").chmod(0o755)
    return {"PATH": f"{bin}:{repo.env['PATH']}"}


def test_without_the_tree_of_head_the_index_is_asked(lfs_repo: Repo) -> None:
    """A tree that is not here (partial clone without trees) does not stop a commit."""
    lfs_repo.stage(f"{MODEL}/old.txt", "text")
    lfs_repo.commit()
    lfs_repo.stage(f"{MODEL}/OLD.txt", "text")
    told = lfs_repo.hook("pre-commit")
    assert "case-collision" in told.out
    again = lfs_repo.hook("pre-commit", env=failing_git(lfs_repo, "ls-tree", "exit 128"))
    assert again == told


def test_a_whole_tree_that_is_not_all_here_is_not_clean(repo: Repo, tmp_path: Path) -> None:
    repo.stage("a.txt", "a\n")
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = type(repo)(tmp_path / "partial", repo.env, init=None)
    repo.git("clone", "-q", "--filter=blob:none", "-n", repo.path.as_uri(), str(partial.path))
    partial.read_head()
    failed = partial.hook()
    assert (failed.code, failed.out) == (3, ""), failed
    assert failed.err.startswith("not judged: 1 object is not here")
    # What is staged is judged all the same.
    assert partial.hook("pre-commit").code == 0
    partial.stage(WEIGHTS, 2000)
    assert partial.hook().code == 1


def test_a_range_that_is_not_all_here_is_not_clean(repo: Repo, tmp_path: Path) -> None:
    """What a range or a push brings must be here; old objects need not be, for a push."""
    repo.stage_all({".gitattributes": "*.safetensors filter=lfs\n", "old.txt": "old\n"})
    first = repo.commit()
    repo.stage("weights.safetensors", 2_000_000)
    second = repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = type(repo)(tmp_path / "partial", repo.env, init=None)
    repo.git("clone", "-q", "--filter=blob:none", "-n", repo.path.as_uri(), str(partial.path))
    partial.read_head()
    partial.git("cat-file", "-p", "HEAD:.gitattributes")  # without it nothing can be judged
    partial.git("remote", "add", "elsewhere", "file:///elsewhere")
    span = {"PRE_COMMIT_FROM_REF": first, "PRE_COMMIT_TO_REF": second}
    push = f"refs/heads/main {second} refs/heads/main {first}\n".encode()

    def pushed(line: bytes = push) -> Result:
        return partial.hook("pre-push", "elsewhere", "file:///elsewhere", stdin=line)

    for failed in (partial.hook(env=span), pushed()):
        assert (failed.code, failed.out) == (3, ""), failed
        assert failed.err.startswith("not judged: 1 object is not here")
        assert "hint: git log -p" in failed.err
    # A commit made here changes the attributes, so that old files would be looked at again.
    partial.stage_blob(".gitattributes", b"*.safetensors filter=lfs\n*.csv -text\n")
    tree = partial.git("write-tree", "--missing-ok").strip()
    own = partial.git("commit-tree", "-p", second, "-m", "own", tree).strip()
    line = f"refs/heads/main {own} refs/heads/main {second}\n".encode()
    done = pushed(line)
    assert done.code == 0, done
    assert done.err.startswith("not judged: ")
    # As the hint says.
    partial.git("log", "-p", f"{first}..{second}", env={"GIT_ALLOW_PROTOCOL": "file"})
    for refused in (partial.hook(env=span), pushed()):
        assert refused.code == 1, refused
        assert "weights.safetensors: missing-pointer" in refused.out


@pytest.mark.parametrize("verb", ["diff-index", "rev-parse", 'ls-"*"', "cat-file", "check-attr"])
def test_a_git_that_fails_is_never_clean(verb: str, lfs_repo: Repo) -> None:
    """Whatever git process dies, the answer is neither clean nor a finding."""
    lfs_repo.stage(WEIGHTS, pointer(b"0"))
    lfs_repo.add_info(MODEL)
    lfs_repo.git("repack", "-adq")  # small loose objects are read without git
    assert lfs_repo.hook("pre-commit").code == 0
    for how in ("kill -9 $$", "exit 1", "echo 'fatal: disk full' >&2; exit 128"):
        failed = lfs_repo.hook("pre-commit", env=failing_git(lfs_repo, verb, how))
        assert (failed.code, failed.out) == (3, ""), (how, failed)
        assert failed.err.startswith("pmgit: ")
        assert "Traceback" not in failed.err


@pytest.mark.parametrize("error", ["RecursionError", "RuntimeError('x')"])
def test_a_fault_of_pmgit_itself_is_neither_clean_nor_a_finding(error: str, repo: Repo) -> None:
    repo.stage(WEIGHTS, 2000)
    code = (
        "import sys\nfrom pmgit import hook\nfrom pmgit.check import engine\n"
        f"def judge(*args):\n    raise {error}\n"
        "engine.judge = judge\nsys.exit(hook.main(['pre-commit']))\n"
    )
    failed = repo.run([sys.executable, "-c", code])
    assert (failed.code, failed.out) == (3, ""), failed
    assert "pmgit: this is a fault of pmgit" in failed.err


def test_an_interrupt_while_git_works(repo: Repo) -> None:
    """^C while git works."""
    real = repo.sh("command -v git").out.strip()
    bin = repo.path.parent / "bin"
    bin.mkdir()
    started = repo.path.parent / "started"
    (bin / "git").write_text(f'#!/bin/sh\n: >"{started}"\nsleep 5\nexec {real} "$@"\n')
    (bin / "git").chmod(0o755)
    env = {**repo.env, "PATH": f"{bin}:{repo.env['PATH']}"}
    code = (
        "import signal, sys\nfrom pmgit import hook\n"
        # A shell starts what runs in the background with ^C ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.exit(hook.main(['pre-commit']))"
    )
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(
        argv, cwd=repo.path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        # However slow the machine is: ^C comes when git has started.
        while process.poll() is None and not started.exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"Traceback" not in err


# --- output


def test_the_whole_output(repo: Repo) -> None:
    repo.add_info(MODEL)
    repo.stage(WEIGHTS, 2_500_000)
    found = repo.hook("pre-commit", start=True)
    assert (found.code, found.err) == (1, "")
    assert found.out == (
        f"{WEIGHTS}: tracked-weights: 2.5 MB of weights raw in Git,"
        " neither ignored nor in Git LFS\n"
        "\n"
        f"fix: git rm --cached -f -q -- {WEIGHTS} && pmgit gitignore && git add -- .gitignore\n"
        "\n"
        "1 error in 2 files. Why: pmgit explain tracked-weights\n"
    )


def test_clean_says_nothing(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    clean = repo.hook("pre-commit", start=True)
    assert (clean.code, clean.out, clean.err) == (0, "", "")


def test_warnings_are_printed_and_let_it_pass(repo: Repo) -> None:
    repo.stage(f"{MODEL}/config.json", "{}\n")
    warned = repo.hook("pre-commit")
    assert warned.code == 0, warned
    assert "missing-info (warning): no INFO.md" in warned.out
    assert warned.out.endswith("1 warning in 1 file. Why: pmgit explain missing-info\n")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "en_US.ISO-8859-1"])
def test_output_is_utf8_whatever_the_locale(locale: str, repo: Repo) -> None:
    repo.stage("模型.pt", 1_500_000)
    env = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    found = repo.hook("pre-commit", env=env, start=True)
    assert found.code == 1, found
    assert found.out.startswith("模型.pt: oversized-blob: 1.5 MB raw in Git")
    assert "fix: git rm --cached -f -q -- '模型.pt'\n" in found.out


def test_a_name_that_is_not_utf8(repo: Repo) -> None:
    repo.stage(b"w\xff.pt", 1_500_000)
    found = repo.hook("pre-commit", env={"LC_ALL": "C"}, start=True)
    assert found.code == 1, found
    assert found.out.startswith("w\\xff.pt: oversized-blob: ")
    assert found.fixes == ["git rm --cached -f -q -- $':(top,literal)w\\377.pt'"]
    repo.paste(found.fixes[0])
    assert repo.staged() == []


@pytest.mark.parametrize("stream", [1, 2])
def test_a_closed_pipe(stream: int, repo: Repo) -> None:
    """Whoever read it has gone: the exit code still says what was found."""
    repo.stage(WEIGHTS, 2000)
    reader, writer = os.pipe()
    os.close(reader)
    argv = ["pre-commit"] if stream == 1 else ["--select", "nothing"]
    done = subprocess.run(
        [str(BIN / "pmgit-hook"), *argv], cwd=repo.path, env=repo.env, check=False,
        stdout=writer if stream == 1 else subprocess.PIPE,
        stderr=writer if stream == 2 else subprocess.PIPE,
    )  # fmt: skip
    os.close(writer)
    assert done.returncode == stream
    assert not (done.stderr or b"") + (done.stdout or b"")


@pytest.mark.parametrize("fd", [1, 2])
def test_a_stream_that_is_not_open(fd: int, repo: Repo) -> None:
    repo.stage(WEIGHTS, 2000)
    done = repo.sh(f"{BIN}/pmgit-hook pre-commit {fd}>&-")
    assert done.code == 1, done
    assert "Traceback" not in done.err
