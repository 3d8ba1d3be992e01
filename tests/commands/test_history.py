"""`pmgit history`: what it finds wherever it lies, and plans that work when they are pasted."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.set_ups import set_up
from tests.kit import ACTING, COMMAND, Repo, pointer, random_bytes, weights_bytes, weights_for
from tests.made_once import made_once

pytestmark = pytest.mark.usefixtures("quick_hooks")

BERT = "pretrained_model/bert"
ODD = f"{BERT}/a, b's [1]\n\"ü.bin"
FIRST, SIDE = weights_for("first.pt", 5000), weights_for("side.pt", 3000)


def look(repo: Repo, *args: str, code: int = 0, cwd: str = "") -> dict[str, Any]:
    """The document of `pmgit history`, here of blobs from 1 kB on."""
    result = repo.pmgit("history", "--min-size", "1kB", "--format", "json", *args, cwd=cwd)
    assert result.code == code, result
    found: dict[str, Any] = result.json
    return found


def where(document: dict[str, Any]) -> dict[str, str]:
    """Where each blob is, by its first path."""
    return {(one["paths"] or [""])[0]: one["where"] for one in document["blobs"]}


def steps(document: dict[str, Any]) -> list[str]:
    return [step["shell"] for step in document["plan"]["steps"]]


def objects(repo: Repo, *args: str) -> set[str]:
    """The ids of all objects that a repository's refs reach."""
    return {line[:40] for line in repo.git(*args, "rev-list", "--objects", "--all").splitlines()}


def lfs(folder: Path) -> set[str]:
    return {file.name for file in (folder / "lfs/objects").rglob("*") if file.is_file()}


@pytest.fixture
def old(repo: Repo) -> Repo:
    """Weights that were pushed, moved and removed, a tag, a branch that only origin has."""
    return made_once(repo, _old)


def _old(repo: Repo) -> None:
    repo.add_remote("origin", "origin.git")
    repo.stage_all({"code.py": "1\n", f"{BERT}/config.json": "{" + " " * 2000 + "}"})
    repo.commit("one")
    repo.stage_all({"first.pt": FIRST, ODD: weights_bytes(4000)})
    repo.commit("two")
    repo.git("tag", "-a", "-m", "tagged", "v1")
    repo.git("switch", "-q", "-c", "side")
    repo.stage("side.pt", SIDE)
    repo.commit("three")
    repo.git("switch", "-q", "main")
    repo.git("mv", "first.pt", "second.weights")
    repo.commit("four")
    repo.git("rm", "-q", "second.weights")
    repo.commit("five")
    repo.git("push", "-q", "origin", "main", "side", "v1")
    repo.git("branch", "-q", "-D", "side")


def test_the_plan_for_pushed_weights(old: Repo, tmp_path: Path) -> None:
    before = old.git("rev-parse", "main")
    found = look(old)
    assert where(found) == {
        "second.weights": "ref",  # the tag has it
        ODD: "head",
        "side.pt": "ref",
        f"{BERT}/config.json": "head",
    }
    assert found["blobs"][0]["paths"] == ["second.weights", "first.pt"]
    assert found["blobs"][0]["commit"] == old.git("rev-parse", "v1^{}").strip()
    assert found["blobs"][0]["author"] == "Test"
    assert [one["weights"] for one in found["blobs"]] == [True, True, True, False]
    assert found["weights"]["size"] == 12_000
    assert found["plan"]["include"] == ["*.pt", "*.weights", f"/{BERT}/*.bin"]
    assert "everybody with a clone" in found["plan"]["affected"]
    shown = old.pmgit("history", "--min-size", "1kB")
    assert all(f"   {line}\n" in shown.out for line in steps(found))
    assert "--yes" not in shown.out
    weights = {one["oid"] for one in found["blobs"] if one["weights"]}
    assert len(steps(found)) == 5
    for line in steps(found):
        old.paste(line)
    assert not weights & objects(old)
    assert not weights & objects(old, f"--git-dir={tmp_path / 'origin.git'}")
    held = {hashlib.sha256(data).hexdigest() for data in (FIRST, weights_bytes(4000), SIDE)}
    assert lfs(old.path / ".git") == held
    assert lfs(tmp_path / "origin.git") == held
    assert (old.path / ODD).read_bytes() == weights_bytes(4000)
    assert old.blob(ODD, "HEAD") == pointer(weights_bytes(4000))
    assert old.git("status", "--porcelain") == ""
    assert where(look(old)) == {f"{BERT}/config.json": "head"}
    old.paste(found["plan"]["back"]["shell"])
    assert old.git("rev-parse", "main") == before
    assert old.git("status", "--porcelain") == ""
    assert weights <= objects(old)


def test_the_plan_in_a_repository_that_pmgit_guards(old: Repo, tmp_path: Path) -> None:
    """Old tags and branches have neither an INFO.md nor a baseline: the hook refuses them."""
    set_up(old, "--storage", "lfs", "--hooks", "native")
    old.git("add", ".")
    assert old.pmgit("baseline").code == 0
    old.git("add", ".")
    old.commit("set up", verify=True)
    old.git("push", "-q", "origin", "main")
    found = look(old)
    for line in steps(found):
        old.paste(line)
    weights = {one["oid"] for one in found["blobs"] if one["weights"]}
    assert not weights & objects(old, f"--git-dir={tmp_path / 'origin.git'}")


def test_what_is_not_committed_stops_the_plan(old: Repo) -> None:
    found = look(old, cwd=BERT)
    old.write("code.py", "edited\n")
    old.stage("staged", "new\n")
    refs = old.git("for-each-ref")
    for line in [step for step in steps(found) if "status" in step]:
        assert old.sh(line, cwd=BERT).code == 1
    assert old.git("for-each-ref") == refs
    assert (old.path / "code.py").read_text() == "edited\n"
    assert old.blob("staged") == b"new\n"
    assert not list(old.path.parent.glob("*before*"))
    said = look(old)["plan"]["affected"]
    old.git("stash", "-q")
    assert any("git stash" in note for note in look(old)["plan"]["notes"])
    assert look(old)["plan"]["affected"] == said, "what a stash holds is not rewritten"


def test_the_plan_for_what_is_not_pushed(repo: Repo) -> None:
    repo.stage("code.py", "1\n")
    repo.commit("one")
    repo.add_remote("origin", "origin.git")
    repo.git("push", "-q", "origin", "main")
    base = repo.git("rev-parse", "main")
    repo.git("switch", "-q", "-c", "work's")
    repo.stage(f"{BERT}/x.bin", 3000)
    repo.commit("two")
    found = look(repo)
    assert "no remote has them" in found["plan"]["affected"]
    assert found["plan"]["affected"].startswith("1 commit gets a new id")
    assert not [line for line in steps(found) if "push" in line]
    for line in steps(found):
        repo.paste(line)
    assert repo.git("rev-parse", "main") == base
    assert repo.git("merge-base", "HEAD", "main") == base
    assert found["blobs"][0]["oid"] not in objects(repo)
    assert where(look(repo)) == {}


def test_what_no_ref_holds(repo: Repo) -> None:
    repo.stage("code.py", "1\n")
    repo.commit("one")
    for number in range(2):
        repo.write("code.py", f"stashed {number}\n")
        repo.git("stash", "-q")
    repo.stage("amended.bin", 3000)
    repo.commit("two")
    repo.git("reset", "-q", "--hard", "HEAD^")
    repo.stage("nowhere.bin", 4000)
    repo.git("rm", "-q", "--cached", "nowhere.bin")
    repo.stage("staged.bin", 5000)
    found = look(repo)
    assert where(found) == {"staged.bin": "index", "": "unreachable", "amended.bin": "reflog"}
    assert found["blobs"][2]["commit"] == repo.git("rev-parse", "HEAD@{1}").strip()
    assert found["unreachable"] == {"count": 2, "size": 7000, "stored": found["blobs"][1]["stored"]
                                    + found["blobs"][2]["stored"]}  # fmt: skip
    shown = repo.pmgit("history", "--min-size", "1kB").out
    assert "4.0 kB  unreachable: (no path is known: blob " in shown
    assert "3.0 kB  only in a reflog: amended.bin (" in shown
    assert "git branch NAME COMMIT" in shown
    assert len(steps(found)) == 1
    repo.paste(steps(found)[0])
    assert repo.git("stash", "show", "-p", "stash@{1}").endswith("+stashed 0\n")
    assert where(look(repo)) == {"staged.bin": "index"}
    assert steps(look(repo)) == []


def test_nothing_large(old: Repo) -> None:
    shown = old.pmgit("history")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("no blob of 1.0 MB or more, in ")
    assert old.pmgit("history", "--min-size", "big").code == 2
    assert old.pmgit("history", "--top", "0").code == 2


def test_pointers_do_not_count(lfs_repo: Repo) -> None:
    lfs_repo.stage(f"{BERT}/x.safetensors", 5_000_000)
    lfs_repo.commit()
    document = lfs_repo.pmgit("history", "--min-size", "100", "--format", "json").json
    assert document["blobs"] == []
    assert document["plan"]["steps"] == []


@pytest.mark.parametrize("kind", ["empty", "bare", "worktree", "sha256", "submodule", "tags"])
def test_kinds_of_repositories(kind: str, repo: Repo, tmp_path: Path) -> None:
    if kind == "empty":
        assert look(repo)["objects"] == {"count": 0, "stored": 0}
        return
    if kind == "sha256":
        repo = Repo(tmp_path / "sha256", repo.env, init=("--object-format=sha256",))
    repo.stage(f"{BERT}/x.bin", 3000)
    repo.commit()
    expected = {f"{BERT}/x.bin": "head"}
    if kind == "bare":
        repo.git("clone", "-q", "--mirror", str(repo.path), str(tmp_path / "bare.git"))
        repo = Repo(tmp_path / "bare.git", repo.env, init=None)
    elif kind == "worktree":
        repo.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
        tree = Repo(tmp_path / "tree", repo.env, init=None)
        tree.stage("tree.bin", 4000)
        tree.commit()
        assert where(look(repo)) == {"tree.bin": "ref", **expected}
        repo, expected = tree, {"tree.bin": "head", **expected}
        assert any("other work trees" in note for note in look(repo)["plan"]["notes"])
    elif kind == "submodule":
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
        repo.commit()
    elif kind == "tags":
        blob = repo.git("hash-object", "-w", "--stdin", stdin=random_bytes(4000)).strip()
        repo.git("tag", "blob", blob)
        blob = repo.git("hash-object", "-w", "--stdin", stdin=random_bytes(5000)).strip()
        tree_of = repo.git("mktree", stdin=f"100644 blob {blob}\tin a tree\n".encode()).strip()
        repo.git("tag", "-a", "-m", "x", "tree", tree_of)
        expected = {"": "ref", "in a tree": "ref", **expected}
    found = look(repo)
    assert where(found) == expected
    assert found["not_here"] == {"absent": 0, "shallow": False, "faults": []}
    if kind == "bare":
        for line in steps(found):
            assert repo.sh(line).code == 0, line
        assert where(look(repo)) == {}
        assert len(lfs(repo.path)) == 1


def test_borrowed_objects(repo: Repo, tmp_path: Path) -> None:
    repo.stage("x.bin", 3000)
    repo.commit()
    repo.git("clone", "-q", "--shared", str(repo.path), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", repo.env, init=None)
    repo.stage("y.bin", 4000)
    found = look(clone)
    assert where(found) == {"": "unreachable", "x.bin": "head"}
    assert any("alternates" in note for note in found["plan"]["notes"])


def test_a_reader_that_goes_away(old: Repo) -> None:
    """`pmgit history | head -1`: neither a traceback nor the exit code of findings."""
    done = old.sh("pmgit history --min-size 1 --top 9999 --format json | (exec <&-; sleep 1);"
                  " echo ${PIPESTATUS[0]}")  # fmt: skip
    assert (done.out, done.err) == ("3\n", ""), done


def test_a_cut_history_is_never_clean(old: Repo, tmp_path: Path) -> None:
    origin = tmp_path / "origin.git"
    old.git("--git-dir", str(origin), "config", "uploadpack.allowFilter", "true")
    for name, option, said in (
        ("shallow", "--depth=1", "the history is cut (shallow clone)"),
        ("blobless", "--filter=blob:none", "2 objects are not here (partial clone)"),
        ("treeless", "--filter=tree:0", "objects are not here (partial clone)"),
    ):
        old.git("clone", "-q", option, origin.as_uri(), str(tmp_path / name))
        clone = Repo(tmp_path / name, old.env, init=None)
        have = clone.git("count-objects", "-v")
        shown = clone.pmgit("history")
        assert shown.code == 3, (name, shown)
        assert said in shown.err, (name, shown)
        assert "of those that are here" in shown.out
        assert ("has not got its trees" in shown.err) == (name == "treeless"), shown
        assert "fsck" not in shown.err, "nothing is damaged"
        assert clone.pmgit("history", "--allow-missing").code == (3 if name == "treeless" else 0)
        assert steps(look(clone, code=3)) == []
        assert clone.git("count-objects", "-v") == have, "it fetched"


@pytest.mark.parametrize("how", ["missing", "truncated"])
def test_a_damaged_blob(how: str, repo: Repo) -> None:
    repo.stage_all({"old.txt": "old\n", "code.py": "1\n"})
    repo.commit("one")
    deep, tip = (repo.git("rev-parse", f"HEAD:{name}").strip() for name in ("old.txt", "code.py"))
    repo.git("rm", "-q", "old.txt")
    repo.stage("x.bin", 3000)
    repo.commit("two")
    assert look(repo)["not_here"]["faults"] == []
    for oid, min_size in ((tip, "1MB"), (deep, "1kB")):
        file = repo.path / ".git/objects" / oid[:2] / oid[2:]
        data = file.read_bytes()
        file.chmod(0o600)
        file.write_bytes(data[:4]) if how == "truncated" else file.unlink()
        shown = repo.pmgit("history", "--min-size", min_size)
        assert shown.code == 3, shown
        assert oid in shown.err
        assert "git fsck" in shown.err
        assert "Traceback" not in shown.err
        assert "plan (" not in shown.out
        file.write_bytes(data)


def test_a_missing_tree(repo: Repo) -> None:
    repo.stage("x.bin", 3000)
    repo.commit("one")
    tree = repo.git("rev-parse", "HEAD^{tree}").strip()
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    found = look(repo, code=3)
    assert where(found) == {"": "unknown"}
    assert tree in found["not_here"]["faults"][0]


def test_hostile_names(repo: Repo) -> None:
    names = [b"::error::x.bin", b"\x1b[2Jx.bin", b"\xff\xfe.bin", "a\u202eb.bin".encode(), b"-n"]
    for number, name in enumerate(names):
        repo.stage_blob("code.py", b"1\n")
        oid = repo.git("hash-object", "-w", "--stdin", stdin=weights_bytes(3000 + number)).strip()
        entry = f"100644 {oid}\t".encode() + name + b"\0"
        repo.git("update-index", "-z", "--index-info", stdin=entry)
    repo.git("config", "user.name", "a \x1b[31mred\u202e one")
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "gpg.program", str(repo.path / "evil"))
    repo.write("evil", f"#!/bin/sh\ntouch {repo.path}/ran\n").chmod(0o755)
    repo.commit()
    found = look(repo)
    paths = [one["paths"][0].encode("utf-8", "surrogateescape") for one in found["blobs"]]
    assert paths == names[::-1]
    assert found["blobs"][0]["author"] == "a \x1b[31mred\u202e one"
    shown = repo.pmgit("history", "--min-size", "1kB")
    assert not ACTING.search(shown.out), shown.out
    assert not COMMAND.search(shown.out)
    assert not (repo.path / "ran").exists()
    (repo.path / "evil").unlink()
    repo.git("checkout", "-q", "--", ".")
    for line in steps(found):
        repo.paste(line)
    assert (repo.path / os.fsdecode(names[2])).read_bytes() == weights_bytes(3002)
    left = {one["oid"] for one in look(repo)["blobs"]}
    assert left == {found["blobs"][0]["oid"]}  # "-n" is no weights by name


#: What `git log` reads and plain diff-tree does not; each could take something from its output.
TRAPS = {
    "log.showSignature": "true", "log.showRoot": "false", "log.diffMerges": "off",
    "log.decorate": "full", "log.mailmap": "true", "log.date": "relative", "log.follow": "1",
    "format.pretty": "oneline", "format.notes": "*", "notes.displayRef": "*", "color.ui": "always",
    "diff.relative": "true", "diff.orderFile": "order", "diff.renames": "copies",
    "diff.ignoreSubmodules": "all", "diff.noprefix": "true", "diff.external": "touch PWNED",
    "gpg.program": "touch", "core.pager": "touch PWNED", "pager.log": "touch PWNED",
    "log.excludeDecoration": "*", "i18n.logOutputEncoding": "UTF-16", "mailmap.file": "map",
    "core.quotePath": "false", "diff.algorithm": "minimal", "log.graphColors": "red",
}  # fmt: skip


def test_what_the_configuration_says_about_git_log(old: Repo) -> None:
    """Nothing of it counts, also for merges, the first commit, and an author named as a blob."""
    old.write("map", "Other <other@x> <t@example.invalid>\n")
    old.write("order", "first.pt\n")
    blob = old.git("rev-parse", "HEAD~1:first.pt", code=None).strip()[:40]
    old.git("switch", "-q", "-c", "merged")
    old.git("commit", "-q", "--allow-empty", "-m", "x", "--author", f"{blob} {blob} <{blob}>")
    old.git("switch", "-q", "-c", "other", "HEAD~1")
    old.stage("sub/other.bin", weights_bytes(3000, seed=3))
    old.commit("other")
    old.git("merge", "-q", "--no-commit", "merged")
    old.stage("sub/evil.bin", weights_bytes(3000, seed=4))
    merge = old.commit("merge")
    old.git("notes", "add", "-m", "::100644 a note")
    before = look(old), look(old, cwd="sub")
    evil = next(one for one in before[0]["blobs"] if "sub/evil.bin" in one["paths"])
    assert evil["commit"] == merge
    for key, value in TRAPS.items():
        old.git("config", key, value)
    assert (look(old), look(old, cwd="sub")) == before
    assert not list(old.path.rglob("PWNED"))


def test_an_interrupt_ends_the_git_processes_too(repo: Repo, tmp_path: Path) -> None:
    """^C that reaches pmgit alone ends the git processes, too."""
    repo.stage("code.py", "1\n")
    repo.commit()
    (tmp_path / "slow").mkdir()
    slow = tmp_path / "slow/git"
    slow.write_text(
        "#!/bin/sh\n"
        'case "$*" in *rev-list*|*cat-file*|*" log "*)\n'
        f"    echo $$ >> {tmp_path}/pids; exec sleep 100;; esac\n"
        'PATH=${PATH#*:}; exec git "$@"\n'
    )
    slow.chmod(0o755)
    path = f"{slow.parent}{os.pathsep}{repo.env['PATH']}"
    # A shell starts what runs in the background with ^C ignored.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pmgit.cli import main; sys.argv[1:] = ['history']; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=repo.path, env={**repo.env, "PATH": path}, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    pids = tmp_path / "pids"
    while not pids.exists() or len(pids.read_text().split()) < 3:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    # A process writes its number before the one that starts it has come back from doing so.
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, b"pmgit: interrupted")
    # Their parent is gone: whoever adopts them may take a moment to see that they have ended.
    end = time.monotonic() + 30
    while any(map(_runs, pids.read_text().split())):
        assert time.monotonic() < end
        time.sleep(0.05)


def _runs(pid: str) -> bool:
    """Whether a process goes on; one that nobody has waited for yet does not."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True  # no /proc here
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_the_counter(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from pmgit.commands import history

    clock = iter([0.0, 0.1, 1.0, 1.01, 2.0])
    monkeypatch.setattr("pmgit.commands.history.time.monotonic", lambda: next(clock))
    counter = history._Counter()
    assert not counter.is_shown
    for objects_, commits in ((1, 0), (123_456, 1000), (123_456, 2000), (7, 0)):
        counter.show(objects_, commits)
    counter.clear()
    shown = "123,456 objects, 1,000 commits"
    wiped = "7 objects".ljust(len(shown))
    assert capsys.readouterr().err == f"\r{shown}\r{wiped}\r         \r"


def test_names_with_line_breaks_that_no_commit_tells(repo: Repo) -> None:
    """`rev-list --objects` ends them at the line break."""
    name = "a\nb.pt"
    repo.stage(name, 2_000_000)
    (found,) = look(repo)["blobs"]
    assert (found["paths"], found["where"]) == ([name], "index")
    repo.git("tag", "t", repo.git("write-tree").strip())
    repo.git("rm", "-q", "--cached", name)
    (found,) = look(repo)["blobs"]
    assert (found["paths"], found["where"]) == ([name], "ref")
