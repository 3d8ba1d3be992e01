"""`pmgit init` on repositories as they are found: empty, old, broken, interrupted."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from tests.e2e.set_ups import left_to_do, set_up
from tests.kit import BIN, Repo, pointer, weights_bytes
from tests.lfs_install import install_lfs

pytestmark = pytest.mark.usefixtures("quick_pre_commit", "quick_hooks")

MODEL = "pretrained_model/bert/model.safetensors"
CONFIG = (
    "# ours\nx: &args [--fix]\nrepos:\n  - repo: local  # first\n    hooks:\n      - id: one\n"
    '        name: one\n        entry: "true"\n        language: system\n        args: *args\n'
)
#: Before each file that takes its place, or before each git command that changes something: a copy
#: of the repository, or the end by SIGKILL, or no file can be written any more. What makes copies
#: ends where the proof begins.
KILLER = """\
import os, resource, shutil, signal
# A hook framework that init runs is a Python too: it is not counted.
names = ("COPIED", "COPIES", "KILL_AT", "FULL_AT", "BEFORE")
copied, copies, kill_at, full_at, before = (os.environ.pop(name, "") for name in names)
number = 0
def come():
    if str(number) == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    if str(number) == full_at:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    if copies:
        shutil.copytree(copied, os.path.join(copies, str(number)), symlinks=True)
def counting(real, counts):
    def call(*args, **kwargs):
        global number
        if counts(*args):
            number += 1
            come()
        return real(*args, **kwargs)
    return call
def changes(git, argv, *_):
    # Not what is only tried in a folder of its own.
    return {"lfs", "add", "update-index", "-w"} & set(argv) and "pmgit-" not in str(argv)
if before == "files":
    os.replace = counting(os.replace, lambda *_: True)
elif before == "git":
    os.posix_spawn = counting(os.posix_spawn, changes)
if copies and not kill_at:
    from pmgit.commands import _init_proof
    _init_proof.proofs = lambda *_: os._exit(0)
if full_at == "0":
    come()
"""


def tree(repo: Repo, *, store: bool = False) -> dict[str, tuple[str, int]]:
    """Every file by path: the hash of its content, and its permissions."""
    found = {}
    for folder, _, names in os.walk(repo.path):
        for name in names:
            file = Path(folder, name)
            path = str(file.relative_to(repo.path))
            if path.startswith((".git/objects", ".git/lfs", ".git/index", ".git/pmgit")):
                continue
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            found[path] = (digest, stat.S_IMODE(file.stat().st_mode))
    return found


def changed(one: dict[str, tuple[str, int]], two: dict[str, tuple[str, int]]) -> list[str]:
    """The paths that differ."""
    return sorted(path for path in {*one, *two} if one.get(path) != two.get(path))


def index(repo: Repo) -> str:
    return repo.git("ls-files", "-s")


def old(repo: Repo) -> Repo:
    """A repository with a history: raw weights, ignore lines, hooks for pre-commit."""
    repo.stage(MODEL, 3000)
    repo.stage(".gitignore", "*.log\r\nbuild/\r\n")
    repo.stage(".gitattributes", "*.png binary\n")
    repo.stage(".pre-commit-config.yaml", CONFIG)
    repo.commit("What was here")
    return repo


def init(repo: Repo, *args: str, env: dict[str, str] | None = None) -> str:
    done = repo.pmgit("init", "--yes", *args, env=env)
    assert done.code == 0, done
    return done.out


NATIVE = ("--hooks", "native")
PRE_COMMIT = ("--hooks", "pre-commit", "--system")
PREK_WITH_LFS = ("--hooks", "prek", "--system", "--storage", "lfs")


# Git LFS by the chain, and no hooks at all, come in the repository with a history.
@pytest.mark.parametrize("setup", [NATIVE, PRE_COMMIT, PREK_WITH_LFS], ids=" ".join)
def test_an_empty_repository(repo: Repo, setup: tuple[str, ...]) -> None:
    system = repo.path.parent / "system"
    system.write_text("[core]\n\tpager = cat\n")
    del repo.env["GIT_CONFIG_NOSYSTEM"]
    repo.env["GIT_CONFIG_SYSTEM"] = str(system)
    configs = [Path(repo.env["GIT_CONFIG_GLOBAL"]), system]
    user = [file.read_bytes() for file in configs]
    before = tree(repo)
    if setup is PREK_WITH_LFS:  # the one with a history proves it
        set_up(repo, *setup)
    else:
        out = init(repo, *setup)
        assert "proved: raw weights staged below pretrained_model/ are refused" in out
    after, staged = tree(repo), index(repo)
    if setup is NATIVE:
        assert "nothing to do" in init(repo, *setup)
    assert left_to_do(repo, *setup) == []
    assert (tree(repo), index(repo)) == (after, staged)
    assert repo.pmgit("init", "--undo").code == 0
    assert tree(repo) == before
    assert index(repo) == ""
    assert [file.read_bytes() for file in configs] == user


# The chain is tried and taken back in such a one by `test_a_full_disk`, with and without Git LFS.
@pytest.mark.parametrize(
    "setup", [("--hooks", "none", "--language", "zh"), PREK_WITH_LFS], ids=" ".join
)
def test_an_old_repository_with_raw_weights(repo: Repo, setup: tuple[str, ...]) -> None:
    old(repo)
    before, staged = tree(repo), index(repo)
    out = init(repo, *setup)
    assert "1 file of weights (3.0 kB) raw in Git already" in out
    if "none" not in setup:
        assert "proved: raw weights staged below pretrained_model/ are refused" in out
    if "lfs" in setup:
        assert repo.blob(MODEL).startswith(b"version https://git-lfs")
        assert "proved: samples of 1 pattern were pushed" in out
    assert left_to_do(repo, *setup) == []
    assert repo.pmgit("init", "--undo").code == 0
    assert tree(repo) == before
    assert index(repo) == staged


def test_the_framework_runs_pmgit(repo: Repo) -> None:
    set_up(repo, "--system")
    repo.git("add", "-A")
    repo.stage("pretrained_model/gpt2/model.bin", 2_000_000)
    refused = repo.run(["git", "commit", "-q", "-m", "weights"])
    assert refused.code == 1
    assert "tracked-weights" in refused.out + refused.err


@pytest.mark.parametrize("name", ["prek.toml", ".pre-commit-config.yml"])
def test_the_files_that_only_prek_reads(repo: Repo, name: str) -> None:
    """No hook is installed yet; the entry goes where prek looks, and all is undone."""
    mark = {"id": "mark", "name": "mark", "entry": "touch ran", "language": "system"}
    hook = ", ".join(f'{key} = "{value}"' for key, value in mark.items())
    text = f'# ours\n[[repos]]\nrepo = "local"\nhooks = [{{ {hook}, always_run = true }}]'
    if name.endswith("yml"):
        text = "# ours\n" + CONFIG
    repo.stage(name, text)
    before = tree(repo)
    dry = repo.pmgit("init", "--dry-run", "--system").out
    assert "run prek install" in dry
    repo.path.rename(repo.path.parent / "fresh")
    shutil.copytree(repo.path.parent / "fresh", repo.path)
    ours = f"diff --git a/{name}" + dry.partition(f"diff --git a/{name}")[2].partition("\ndiff ")[0]
    assert repo.run(["git", "apply", "-"], stdin=ours.encode() + b"\n").code == 0
    applied = (repo.path / name).read_bytes()
    repo.write(name, text)
    if name == "prek.toml":
        assert f"proved: prek accepts {name}" in init(repo, "--system")
    else:  # proved below, where pre-commit is in the way
        set_up(repo, "--system")
    assert (repo.path / name).read_bytes() == applied
    assert left_to_do(repo) == []
    repo.git("add", "-A")
    assert repo.run(["git", "commit", "-q", "-m", "Set up"]).code == 0
    assert (repo.path / "ran").exists() == (name == "prek.toml")
    (repo.path / "ran").unlink(missing_ok=True)
    repo.stage("pretrained_model/gpt2/model.bin", 2_000_000)
    refused = repo.run(["git", "commit", "-q", "-m", "weights"])
    assert refused.code == 1
    assert "tracked-weights" in refused.out + refused.err
    repo.git("rm", "-q", "-f", "pretrained_model/gpt2/model.bin")
    assert repo.pmgit("init", "--undo").code == 0
    (repo.path / "ran").unlink(missing_ok=True)
    left = [path for path in changed(tree(repo), before) if not path.startswith(".git/")]
    assert left == []
    assert not (repo.path / ".git/hooks").exists()


BY_HAND = {
    ".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks:\n  - {id: weights, name: weights, "
    "entry: pmgit-hook, language: system, always_run: true, pass_filenames: false}\n",
    "prek.toml": 'repos = [{ repo = "local", hooks = [{ id = "pmgit", name = "mine", '
    'entry = "pmgit-hook", language = "system", always_run = true, pass_filenames = false }] }]\n',
}


@pytest.mark.parametrize("name", BY_HAND)
def test_an_entry_by_hand(repo: Repo, name: str) -> None:
    """It is the user's: it stays as it is, also when all is undone, and it is what runs."""
    text = BY_HAND[name]
    repo.stage(name, text)
    assert not [step.what for step in set_up(repo).steps if "entry in" in step.what]
    assert left_to_do(repo) == []
    repo.git("add", "-A")
    assert repo.run(["git", "commit", "-q", "-m", "Set up"]).code == 0
    repo.stage("pretrained_model/gpt2/model.bin", 2_000_000)
    refused = repo.run(["git", "commit", "-q", "-m", "weights"])
    assert "tracked-weights" in refused.out + refused.err
    assert repo.pmgit("init", "--undo").code == 0
    assert (repo.path / name).read_text() == text


def test_prek_is_meant_and_cannot_serve(repo: Repo) -> None:
    """Refused before anything is written, with what helps."""
    repo.write(".pre-commit-config.yaml", CONFIG)
    assert repo.run([str(BIN / "pre-commit"), "install"]).code == 0
    (repo.path / ".pre-commit-config.yaml").rename(repo.path / ".pre-commit-config.yml")
    before = tree(repo)
    done = repo.pmgit("init", "--yes", "--system")
    assert (done.code, tree(repo)) == (3, before)
    assert "is pre-commit's hook, and pre-commit does not read .pre-commit-config.yml" in done.err
    assert repo.sh(done.err.split("run it again: ")[1].strip()).code == 0
    folders = repo.env["PATH"].split(os.pathsep)
    without = os.pathsep.join(f for f in folders if not os.path.exists(f"{f}/prek"))
    done = repo.pmgit("init", "--yes", "--system", env={"PATH": without})
    assert done.code == 3
    assert "hint: install it: pip install prek; or" in done.err
    assert "proved: prek accepts .pre-commit-config.yml" in init(repo, "--system")


def test_under_a_hooks_path_the_chain_serves(repo: Repo) -> None:
    repo.write("hooks/pre-commit", "#!/bin/sh\necho mine >> ran\n").chmod(0o755)
    repo.git("config", "core.hooksPath", "hooks")
    before = tree(repo)
    set_up(repo, "--system")
    assert repo.git("config", "core.hooksPath") == "hooks\n"
    repo.git("add", "-A")
    repo.stage("pretrained_model/gpt2/model.bin", 2_000_000)
    refused = repo.run(["git", "commit", "-q", "-m", "weights"])
    assert refused.code == 1
    assert "tracked-weights" in refused.out + refused.err
    assert (repo.path / "ran").read_text() == "mine\n"
    (repo.path / "ran").unlink()
    (repo.path / "pretrained_model/gpt2/model.bin").unlink()
    (repo.path / "pretrained_model/gpt2").rmdir()
    assert repo.pmgit("init", "--undo").code == 0
    assert tree(repo) == before


@pytest.mark.parametrize(
    "broken",
    [
        pointer(b"x" * 2000),
        b"*.png binary\r\npretrained_model/ filter=lfs diff=lfs merge=lfs -text\r\n",
    ],
    ids=["a pointer", "CRLF and a folder"],
)
def test_a_broken_gitattributes(repo: Repo, broken: bytes) -> None:
    repo.stage_blob(".gitattributes", broken)
    repo.write(".gitattributes", broken)
    repo.commit("Broken")
    before, staged = tree(repo), index(repo)
    done = repo.pmgit("init", "--yes", "--hooks", "none", "--storage", "lfs")
    if done.code == 0:
        assert "proved: raw weights" in done.out
        text = (repo.path / ".gitattributes").read_bytes()
        assert text.startswith(broken)
    else:
        # It says why, and nothing was written.
        assert done.code in (2, 3), done
        assert "hint: " in done.err
        assert tree(repo) == before
    assert repo.pmgit("init", "--undo").code == 0
    assert (tree(repo), index(repo)) == (before, staged)


def test_a_read_only_file(repo: Repo) -> None:
    old(repo)
    (repo.path / ".gitignore").chmod(0o444)
    before = tree(repo)
    done = repo.pmgit("init", "--yes", "--hooks", "none")
    assert done.code == 3
    assert ".gitignore is read-only" in done.err
    assert "run pmgit init again" in done.err
    assert tree(repo)[".gitignore"] == before[".gitignore"]
    assert repo.git("status").startswith("On branch main")
    (repo.path / ".gitignore").chmod(0o644)
    assert "proved: weights below pretrained_model/ are hidden" in init(repo, "--hooks", "none")


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of the size of files")
@pytest.mark.parametrize(
    ("at", "storage", "last"),
    [
        (0, "ignore", ""),
        (4, "ignore", "pretrained_model/README.md"),
        (12, "lfs", ".gitattributes"),
    ],
)
def test_a_full_disk(repo: Repo, tmp_path: Path, at: int, storage: str, last: str) -> None:
    """No file can be written any more, from the start or from that file on. What is there is whole,
    `last` written just before, and init can go on.
    """
    (tmp_path / "sitecustomize.py").write_text(KILLER)
    old(repo)
    before, staged = tree(repo), index(repo)
    setup = ("--hooks", "native", "--storage", storage)
    # Python would leave half of what it compiles, and believe it the next time.
    env = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tmp_path), "BEFORE": "files"}
    done = repo.pmgit("init", "--yes", *setup, env={**env, "FULL_AT": str(at)})
    assert done.code == 3, done
    assert "Traceback" not in done.err
    found = tree(repo)
    written = changed(found, before)
    assert last in written if at else not written
    assert not [path for path in found if path.endswith((".tmp", ".pmgit-new"))]
    for path in before:
        mine = (".gitignore", ".gitattributes", ".git/config")
        assert found[path] == before[path] or path in mine
    assert "error" not in repo.git("fsck")
    set_up(repo, *setup)
    assert repo.pmgit("init", "--undo").code == 0
    assert (tree(repo), index(repo)) == (before, staged)


class Killed:
    """A repository as it is when `pmgit init` is killed: what lies there at each moment is copied
    in one run, and another run is really killed, to compare.
    """

    def __init__(self, repo: Repo, before: str, *setup: str) -> None:
        self._repo, self._setup = repo, setup
        self._folder = repo.path.parent / "killed"
        killer = self._folder / "killer"
        killer.mkdir(parents=True)
        (killer / "sitecustomize.py").write_text(KILLER)
        self._env = {"PYTHONPATH": str(killer), "COPIED": str(repo.path), "BEFORE": before}
        self.begun = tree(repo), index(repo)
        self._fresh = repo.path.rename(self._folder / "fresh")
        self._run("copies", 0)
        self.done = tree(repo), index(repo)
        copies = (self._folder / "copies").iterdir()
        self.copies = sorted(copies, key=lambda copy: int(copy.name))

    def _run(self, name: str, number: int) -> None:
        """Run init, to the end of its steps or until it is killed."""
        self._start(self._fresh)
        (self._folder / name).mkdir()
        env = {**self._env, "COPIES": str(self._folder / name), "KILL_AT": str(number or "")}
        done = self._repo.pmgit("init", "--yes", *self._setup, env=env)
        assert done.code == (-9 if number else 0), done

    def _start(self, folder: Path) -> None:
        shutil.rmtree(self._repo.path, ignore_errors=True)
        shutil.copytree(folder, self._repo.path, symlinks=True)

    def assert_copied(self, *numbers: int) -> None:
        """A copy is what SIGKILL leaves, also of the index and of the journal."""
        repo = self._repo
        for number in numbers:
            self._run(f"at {number}", number)
            copy = Repo(self.copies[number - 1], repo.env, init=None)
            # git lfs install writes the keys of its filter in any order.
            assert set(changed(tree(repo), tree(copy))) <= {".git/config"}, number
            assert index(repo) == index(copy), number
            assert os.path.exists(repo.path / ".git/pmgit") == (copy.path / ".git/pmgit").exists()

    def assert_finished(self, number: int) -> None:
        """The next init does the rest."""
        self._start(self.copies[number - 1])
        set_up(self._repo, *self._setup)
        assert set(changed(tree(self._repo), self.done[0])) <= {".git/config"}, number
        assert index(self._repo) == self.done[1], number

    def assert_undone(self, number: int) -> None:
        """Undo takes all back."""
        self._start(self.copies[number - 1])
        assert self._repo.pmgit("init", "--undo").code == 0
        assert changed(tree(self._repo), self.begun[0]) == [], number
        assert index(self._repo) == self.begun[1], number


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(
    ("setup", "first"),
    [
        (("--hooks", "native", "--storage", "lfs"), 1),
        # What comes before the entry for the framework is the same.
        (("--hooks", "prek", "--system"), 9),
    ],
    ids=["native", "prek"],
)
def test_killed_at_every_step(repo: Repo, setup: tuple[str, ...], first: int) -> None:
    """kill -9 before each file takes its place: the next init finishes, and undo takes all back."""
    old(repo)
    install_lfs(repo, "--skip-repo")  # its step of 60 processes is for the test below
    killed = Killed(repo, "files", *setup)
    assert len(killed.copies) > first + 4
    killed.assert_copied(first + 4)
    for number in range(first, len(killed.copies) + 1):
        for path in killed.begun[0]:
            assert (killed.copies[number - 1] / path).is_file(), (number, path)
        if number % 2:
            killed.assert_finished(number)
        else:
            killed.assert_undone(number)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_inside_the_step_of_git_lfs(repo: Repo) -> None:
    """kill -9 before each git command that changes something: weights that lie here, weights
    that lie here otherwise, and a text that is a pointer in the index and on disk.
    """
    old(repo)
    text = b'{"a": 1}\n'
    oid = hashlib.sha256(text).hexdigest()
    repo.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", text)
    repo.stage("pretrained_model/bert/config.json", pointer(text))
    repo.stage("pretrained_model/gpt/model.safetensors", 2000)
    repo.commit("More")
    repo.write("pretrained_model/gpt/model.safetensors", b"otherwise")
    killed = Killed(repo, "git", "--hooks", "none", "--storage", "lfs")
    assert killed.done[0]["pretrained_model/bert/config.json"][0] == oid
    assert len(killed.copies) > 5
    killed.assert_copied(5)
    for number in range(1, len(killed.copies) + 1):
        killed.assert_undone(number)
        if number % 2:
            killed.assert_finished(number)


def test_undo_keeps_what_the_user_has_written_since(repo: Repo) -> None:
    old(repo)
    set_up(repo, "--hooks", "pre-commit", "--system", "--storage", "lfs")
    mine = {
        ".gitignore": b"mine.txt\n",
        ".gitattributes": b"*.jpg binary\n",
        ".pre-commit-config.yaml": b"# mine\n",
        ".pmgit.toml": b"# mine\n",
        ".git/hooks/pre-push": b"# mine\n",
    }
    for name, line in mine.items():
        file = repo.path / name
        file.write_bytes(file.read_bytes() + line)
    done = repo.pmgit("init", "--undo")
    assert done.code == 0, done
    texts = {name: (repo.path / name).read_bytes() for name in mine}
    assert texts[".gitignore"] == b"*.log\r\nbuild/\r\nmine.txt\n"
    assert texts[".gitattributes"] == b"*.png binary\n*.jpg binary\n"
    assert texts[".pre-commit-config.yaml"] == CONFIG.encode() + b"# mine\n"
    for name in (".pmgit.toml", ".git/hooks/pre-push"):
        assert texts[name].endswith(b"# mine\n")
        assert f"left {name}: it was changed since" in done.out
    assert not (repo.path / "pretrained_model/README.md").exists()


def test_undo_does_not_bring_raw_weights_back_into_the_next_commit(repo: Repo) -> None:
    old(repo)
    set_up(repo, "--hooks", "none", "--storage", "lfs")
    repo.commit("Weights go to Git LFS")
    done = repo.pmgit("init", "--undo")
    assert f"left {MODEL} in the index: it is committed" in done.out
    assert repo.blob(MODEL) == pointer(weights_bytes(3000, seed=len(MODEL)))


def test_in_a_linked_worktree(repo: Repo, tmp_path: Path) -> None:
    old(repo)
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked", repo.env, init=None)
    set_up(linked, "--hooks", "native")
    assert (repo.path / ".git/hooks/pre-push").is_file()
    assert linked.pmgit("init", "--undo").code == 0
    assert linked.git("status", "--short") == ""
    assert not (repo.path / ".git/hooks").exists()


def test_a_clone_without_the_filter(lfs_repo: Repo, tmp_path: Path) -> None:
    """The colleague: weights are pointers on disk, and what brings them is said last."""
    content = weights_bytes(300_000)
    lfs_repo.stage("pretrained_model/bert/model.safetensors", content)
    lfs_repo.add_info("pretrained_model/bert")
    lfs_repo.stage(".pmgit.toml", 'storage = "lfs"\n')
    lfs_repo.commit()
    set_up(lfs_repo, "--hooks", "none")
    lfs_repo.git("add", "-A")
    lfs_repo.commit("Set up")
    lfs_repo.add_remote()
    lfs_repo.git("push", "-q", "origin", "main")
    lfs_repo.git("clone", "-q", str(tmp_path / "remote.git"), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", lfs_repo.env, init=None)
    out = init(clone, "--hooks", "none")
    assert "models folder pretrained_model/ (1 file of weights, 300.0 kB)" in out
    following = [line[6:] for line in out.splitlines() if line.startswith("next: ")]
    assert following == ["git lfs pull --include=pretrained_model/bert"]
    assert clone.sh(following[0]).code == 0
    assert (clone.path / "pretrained_model/bert/model.safetensors").read_bytes() == content
    assert clone.git("status", "--short") == ""
    assert "next: " not in init(clone, "--hooks", "none")
    assert clone.pmgit("doctor").code == 0


def test_in_a_submodule(repo: Repo, tmp_path: Path) -> None:
    """Its git directory, with the hooks, lies in that of the repository above, which is let be."""
    old(Repo(tmp_path / "library", repo.env))
    repo.git("submodule", "-q", "add", "../library", "libs/one")
    repo.commit("Use it")
    inner = Repo(repo.path / "libs/one", repo.env, init=None)
    before = tree(repo)
    set_up(inner, "--hooks", "native")
    assert (repo.path / ".git/modules/libs/one/hooks/pre-push").is_file()
    assert not (repo.path / ".git/hooks/pre-push").exists()
    inner.stage("pretrained_model/gpt2/model.bin", 2_000_000)
    assert inner.run(["git", "commit", "-q", "-m", "weights"]).code == 1
    inner.git("rm", "-q", "-f", "pretrained_model/gpt2/model.bin")
    assert inner.pmgit("init", "--undo").code == 0
    assert [p for p in changed(tree(repo), before) if not p.startswith(".git/modules")] == []


def test_a_moved_repository_can_be_undone(repo: Repo, tmp_path: Path) -> None:
    old(repo)
    before = tree(repo)
    set_up(repo, "--hooks", "native")
    os.rename(repo.path, tmp_path / "moved")
    moved = Repo(tmp_path / "moved", repo.env, init=None)
    assert moved.pmgit("init", "--undo").code == 0
    assert tree(moved) == before
