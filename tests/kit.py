"""Real repositories for tests: real git, real git-lfs, real commands in a real shell.

Nothing here can touch the developer: HOME, the git configuration of user and system, the caches
and the template folder all lie in the test's own folder (`isolated_environment`).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests import forked
from tests.formats import assemble
from tests.loose import loose_blob

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Where this environment's `pmgit` and `pmgit-hook` are.
BIN = Path(sys.executable).parent

#: By which shells the scripts are run: those of every Debian and macOS, on macOS two more, and
#: those that are named in PMGIT_TEST_SHELLS. One that is missing fails the run (conftest.py).
SHELLS = (
    *("sh", "dash", "bash"),
    *(("ksh", "zsh") if sys.platform == "darwin" else ()),
    *os.environ.get("PMGIT_TEST_SHELLS", "").split(),
)

#: The git that the tests run with.
GIT_VERSION = tuple(
    map(int, re.findall(r"\d+", subprocess.check_output(["git", "version"], text=True))[:3])
)

#: What a terminal or a CI log would act on: control characters but \n, C1, bidirectional marks.
ACTING = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
#: What CI systems take for a command, at the begin of a line. (GitLab's `section_start` is one
#: only when a carriage return follows, and there is none.)
COMMAND = re.compile(r"^\s*(::|##\[|##teamcity)", re.MULTILINE)

#: How old files are that a test writes; and how many it has written.
_A_DAY, _writes = 86_400, count()

#: What a test repository needs, and nothing that takes time for data which is thrown away: without
#: the last four, each commit waits for the disk and starts a process that looks for garbage.
GITCONFIG = """\
[user]
\tname = Test
\temail = test@example.invalid
[init]
\tdefaultBranch = main
[protocol "file"]
\tallow = always
[core]
\tautocrlf = false
\tfsync = none
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tautogc = false
"""

#: What a developer may have set, and tests begin without.
_OF_THE_DEVELOPER = (
    *("CI", "GITHUB_ACTIONS", "VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR", "TRANSFORMERS_CACHE"),
    *("SKIP", "HUSKY", "LEFTHOOK", "TERM", "COLUMNS", "LINES"),
)


def isolated_environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of the user's is read or written."""
    home.mkdir(parents=True, exist_ok=True)
    config = home / ".gitconfig"
    if not config.exists():
        config.write_text(GITCONFIG)
    (home / "templates").mkdir(exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PMGIT_", "PRE_COMMIT", "HF_", "XDG_", "PREK_", "PYTHON"))
        and name not in _OF_THE_DEVELOPER
    }
    path = os.pathsep.join([str(BIN), *kept.get("PATH", os.defpath).split(os.pathsep)])
    return {
        **kept,
        "PATH": path,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": str(config),
        # apt installs git-lfs into the system configuration: "no filter" could not be shown.
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TEMPLATE_DIR": str(home / "templates"),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        "HF_HUB_OFFLINE": "1",
        "LANG": "C.UTF-8",
    }


def native_hooks(folder: Path) -> Path:
    """A copy of `hooks/` to point core.hooksPath at: git-lfs writes its own hooks where that is."""
    target = folder / "native-hooks"
    if not target.exists():
        target.mkdir(parents=True)
        for hook in (Path(__file__).resolve().parent.parent / "hooks").glob("pre-*"):
            (target / hook.name).write_bytes(hook.read_bytes())
            (target / hook.name).chmod(0o755)
    return target


def random_bytes(size: int, seed: int = 0) -> bytes:
    """Incompressible bytes, the same for the same arguments; never text."""
    return b"\x00" + random.Random(seed * 1_000_003 + size).randbytes(size - 1) if size else b""


def large_bytes(size: int, seed: int = 0) -> bytes:
    """Many bytes, never text: 16 kB again and again, which Git stores ten times as fast."""
    block = random_bytes(16_384, seed)
    return (block * (size // len(block) + 1))[:size]


def weights_bytes(size: int, seed: int = 0) -> bytes:
    """Weights that can be loaded: a safetensors file of one tensor; of few bytes, one of none."""
    make = random_bytes if size < 1_000_000 else large_bytes
    if size < 10:
        return make(size, seed)
    numbers = size - 104
    if numbers < 0:
        header = b"{}"
        numbers = 0
    else:
        header = b'{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (numbers, numbers)
    length = size - 8 - numbers
    return length.to_bytes(8, "little") + header.ljust(length) + make(numbers, seed)


def graph(size: int, seed: int = 0) -> bytes:
    """A sound file of ONNX with one tensor, of so many bytes (200 or more) in all."""

    def digits(number: int) -> bytes:
        return bytes((number >> 7 * at & 127 | 128 * (at < 4)) for at in range(5))

    def field(number: int, content: bytes) -> bytes:
        return bytes((number << 3 | 2,)) + digits(len(content)) + content

    make = random_bytes if size < 1_000_000 else large_bytes
    # Two versions, then a graph with a tensor: its shape, its type (U8), its name and its bytes.
    count = size - 2 - 4 - 6 - 6 - 6 - 2 - 3 - 6
    tensor = b"\x08" + digits(count) + b"\x10\x02B\x01w" + field(9, make(count, seed))
    return b"\x08\x08B\x02\x10\x11" + field(7, field(5, tensor))


def _pickled(numbers: bytes) -> bytes:
    """A pickle of bytes, which is the least that `torch.load` takes."""
    return b"\x80\x03B" + len(numbers).to_bytes(4, "little") + numbers + b"."


def _gguf(numbers: bytes) -> bytes:
    tensor = assemble.gguf_tensor(shape=(len(numbers),), kind=24)
    return assemble.gguf(tensors=(tensor,), body=numbers)


def _npy(numbers: bytes) -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({len(numbers)},), }}"
    return assemble.npy(header.ljust(100), numbers)


def _hdf5(numbers: bytes) -> bytes:
    """A root without anything in it, and numbers behind it."""
    head = b"\x89HDF\r\n\x1a\n" + bytes((2, 8, 8, 0))
    end = 64 + len(numbers)
    places = [0, 2**64 - 1, end, 48]
    root = b"\x01" + bytes(15)
    return head + b"".join(n.to_bytes(8, "little") for n in places) + bytes(4) + root + numbers


#: What the numbers of a model are put into, by suffix; so many bytes more, whatever they are.
_MAKERS: dict[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"), _pickled),
    ".gguf": _gguf,
    ".npy": _npy,
    ".npz": lambda numbers: assemble.zipped({"a.npy": _npy(numbers)}),
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".tflite": lambda numbers: b"\x1c\0\0\0TFL3" + numbers,
}


def weights_for(path: str, size: int, seed: int = 0) -> bytes:
    """Weights that can be loaded, in the format of the suffix of `path`; else bytes of no meaning.

    Of fewer bytes than the format needs there are none: an AssertionError.
    """
    suffix = os.path.splitext(path.lower())[1]
    if suffix in (".safetensors", ".bin"):
        return weights_bytes(size, seed)
    if suffix == ".onnx" and size >= 200:
        return graph(size, seed)
    filling = random_bytes if size < 1_000_000 else large_bytes
    make = _MAKERS.get(suffix)
    if not make or not size:
        return filling(size, seed)
    numbers = size - len(make(b""))
    assert numbers >= 0, f"{path} cannot have {size} bytes"
    return make(filling(numbers, seed))


def pointer(content: bytes) -> bytes:
    """The Git LFS pointer that stands for `content`."""
    oid = hashlib.sha256(content).hexdigest()
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    ).encode()


@dataclass
class Result:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def fixes(self) -> list[str]:
        """The commands that were printed as fixes, in their order."""
        return [line[5:] for line in self.out.splitlines() if line.startswith("fix: ")]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@cache
def _initialised(*options: str) -> dict[str, bytes | None]:
    """What `git init` makes, by path: the content of files, None for folders."""
    with TemporaryDirectory() as folder:
        env = isolated_environment(Path(folder, "home"))
        top = Path(folder, "repo")
        subprocess.run(["git", "init", "-q", *options, top], env=env, check=True)
        return {
            str(file.relative_to(top)): file.read_bytes() if file.is_file() else None
            for file in sorted(top.rglob("*"))
        }


def _result(code: int, out: bytes, err: bytes) -> Result:
    return Result(
        code, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape")
    )


class Repo:
    """A repository in a folder, with its own environment."""

    def __init__(
        self, path: Path, env: dict[str, str], *, init: tuple[str, ...] | None = ()
    ) -> None:
        self.path = path
        self.env = env
        if init is not None:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                self.git("init", "-q", *init)
                return
            for name, content in _initialised(*init).items():
                if content is None:
                    (path / name).mkdir()
                else:
                    (path / name).write_bytes(content)

    def run(
        self,
        argv: list[str] | tuple[str, ...],
        *,
        cwd: str | Path = "",
        env: dict[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Result:
        """Run a program in the repository (or in its folder `cwd`)."""
        done = subprocess.run(
            argv,
            cwd=self.path / cwd,
            env={**self.env, **(env or {})},
            # Both end at once; /dev/null needs no pipe.
            input=stdin or None,
            stdin=None if stdin else subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=300,
        )
        return _result(done.returncode, done.stdout, done.stderr)

    def git(
        self,
        *args: str,
        code: int | None = 0,
        cwd: str | Path = "",
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
    ) -> str:
        """The output of a git command that must exit with `code` (None: with any)."""
        result = self.run(["git", *args], cwd=cwd, stdin=stdin, env=env)
        assert code is None or result.code == code, (args, result)
        return result.out

    def sh(
        self,
        command: str,
        *,
        cwd: str | Path = "",
        env: dict[str, str] | None = None,
        start: bool = False,
    ) -> Result:
        """Paste a command into a real shell; its `pmgit` is a fork as in `pmgit()`."""
        forks = {} if start else self._forks()
        return self.run(["bash", "-c", command], cwd=cwd, env={**forks, **(env or {})})

    def _forks(self) -> dict[str, str]:
        """The PATH of a shell in which `pmgit` is a fork, unless the test has another PATH."""
        folder = forked.programs()
        is_ours = forked.without_forks(self.env["PATH"]).startswith(f"{BIN}{os.pathsep}")
        return {"PATH": f"{folder}{os.pathsep}{self.env['PATH']}"} if folder and is_ours else {}

    def sh_at_terminal(self, command: str, answer: str = "y\n", *, cwd: str | Path = "") -> Result:
        """Paste a command into a shell whose standard input is a terminal; `answer` is typed."""
        import pty

        ours, theirs = pty.openpty()
        try:
            os.write(ours, answer.encode())
            done = subprocess.run(
                ["bash", "-c", command], cwd=self.path / cwd, env={**self.env, **self._forks()},
                stdin=theirs, capture_output=True, check=False, timeout=300,
            )  # fmt: skip
        finally:
            os.close(ours)
            os.close(theirs)
        return _result(done.returncode, done.stdout, done.stderr)

    def dialogue(
        self, command: str, steps: list[tuple[str, str]], *, cwd: str | Path = ""
    ) -> Result:
        """Paste a command into a shell at a terminal; all that it prints is `out`.

        Of each step the second text is typed when the first has appeared: `("Source", "gpt2\\n")`.
        """
        import pty

        # A key that interrupts reaches what runs at that terminal, which a fork does not.
        is_interrupted = any("\x03" in typed for _, typed in steps)
        env = self.env if is_interrupted else {**self.env, **self._forks()}
        child, terminal = pty.fork()
        if child == 0:
            # Whoever runs the tests in the background has these ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.chdir(self.path / cwd)
            os.execvpe("bash", ["bash", "-c", command], env)
        seen, at = b"", 0
        left = list(steps)
        while True:
            while left and (found := seen.find(left[0][0].encode(), at)) >= 0:
                at = found + len(left[0][0].encode())
                os.write(terminal, left.pop(0)[1].encode())
            ready, _, _ = select.select([terminal], [], [], 60)
            try:
                more = os.read(terminal, 65536) if ready else b""
            except OSError:  # Linux: the other end is closed
                more = b""
            if not more:
                break
            seen += more
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert not left, (left, seen)
        return _result(code, seen.replace(b"\r\n", b"\n"), b"")

    def pmgit(
        self,
        *args: str,
        cwd: str | Path = "",
        env: dict[str, str] | None = None,
        stdin: bytes = b"",
        start: bool = False,
        program: str = "pmgit",
    ) -> Result:
        """Run `pmgit`: a fork of it where that shows the same, the program itself if `start`."""
        argv = [str(BIN / program), *args]
        whole = {**self.env, **(env or {})}
        done = None if start else forked.run(argv, self.path / cwd, whole, stdin)
        return _result(*done) if done else self.run(argv, cwd=cwd, env=env, stdin=stdin)

    def personal(self, text: str) -> Path:
        """Give the user attributes of his own; the path of their file."""
        file = Path(self.env["HOME"], "my-attributes")
        file.write_text(text)
        self.git("config", "--global", "core.attributesFile", str(file))
        return file

    def add_remote(self, name: str = "origin", folder: str = "remote.git") -> Repo:
        """Make an empty bare repository beside this one, and a remote of that name for it."""
        remote = Repo(self.path.parent / folder, self.env, init=("--bare",))
        fetch = f"+refs/heads/*:refs/remotes/{name}/*"
        self._configure(f'[remote "{name}"]', f"url = {remote.path}", f"fetch = {fetch}")
        return remote

    def _configure(self, section: str, *lines: str) -> None:
        """Add a section to the configuration, as git does, without its process."""
        config = self.path / ".git/config"
        text = config.read_text()
        assert section not in text
        assert not set('"#;\\').intersection("".join(lines)), lines  # these are quoted
        config.write_text(
            text + "".join(f"{line}\n" for line in (section, *map("\t".__add__, lines)))
        )

    def push_first(self, model: str) -> None:
        """A first commit with a described model, pushed to a bare repository beside this one."""
        self.add_info(model)
        self.publish(self.commit("Begin"))

    def publish(self, oid: str) -> None:
        """Push main, which is this commit, to a new bare repository beside this one."""
        # What `git push -u` leaves, without its 30 processes.
        remote = self.add_remote().path
        shutil.copytree(self.path / ".git/objects", remote / "objects", dirs_exist_ok=True)
        for ref in remote / "refs/heads/main", self.path / ".git/refs/remotes/origin/main":
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(f"{oid}\n")
        self._configure('[branch "main"]', "remote = origin", "merge = refs/heads/main")

    def hook(self, *args: str, **how: Any) -> Result:
        """Run `pmgit-hook`, as `pmgit()` runs `pmgit`."""
        return self.pmgit(*args, program="pmgit-hook", **how)

    def check(self, *args: str, cwd: str | Path = "") -> list[dict[str, Any]]:
        """The findings of `pmgit check --format json`, which must have been able to judge."""
        result = self.pmgit("check", "--format", "json", *args, cwd=cwd)
        assert result.code in (0, 1), result
        findings: list[dict[str, Any]] = result.json["findings"]
        assert (result.code == 1) == any(f["severity"] == "error" for f in findings), result
        return findings

    def plumbing(self, *args: str, cwd: str | Path = "") -> list[str]:
        """The fixes as whole commands, also where people get to paste `pmgit fix`."""
        found = (finding["fix"] for finding in self.check(*args, cwd=cwd))
        return list(dict.fromkeys(fix["shell"] for fix in found if fix))

    def rules(self, *args: str) -> list[str]:
        """The names of the rules that object, once each, sorted."""
        return sorted({finding["rule"] for finding in self.check(*args)})

    def write(self, path: str | bytes, content: bytes | str | int) -> Path:
        """Write a file; a number stands for that many bytes: weights, where the name says so."""
        name = os.fsdecode(path)
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, int):
            content = weights_for(name, content, seed=len(name))
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        # Whatever is as young as the index, Git reads again and sends through its filter, in every
        # commit and status. No two writes have the same time, or Git would overlook the second.
        then = int(time.time()) - _A_DAY + next(_writes)
        os.utime(file, (then, then))
        return file

    def stage(self, path: str | bytes, content: bytes | str | int) -> Path:
        """Write a file and stage it, also when it is ignored."""
        return self.stage_all({path: content})[0]

    def stage_all(self, contents: Mapping[Any, bytes | str | int]) -> list[Path]:
        """Write files by their paths and stage them, also when they are ignored."""
        files = [self.write(path, content) for path, content in contents.items()]
        self.git("--literal-pathspecs", "add", "-f", "--", *map(os.fsdecode, contents))
        return files

    def stage_blob(self, path: str, content: bytes, mode: str = "100644") -> str:
        """Stage content that is not in the work tree; its id."""
        oid = self._store(content)
        self.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
        return oid

    def stage_blobs(self, contents: Mapping[str, bytes]) -> None:
        """Stage contents that are not in the work tree, many of them with one process."""
        stored = ((self._store(content), path) for path, content in contents.items())
        lines = [f"100644 {oid}\t".encode() + os.fsencode(path) + b"\0" for oid, path in stored]
        self.git("update-index", "-z", "--index-info", stdin=b"".join(lines))

    def _store(self, content: bytes) -> str:
        """Make a blob; its id. That takes a process only where ids are not those of SHA-1."""
        top = self.path / ".git"
        if (top / "objects").is_dir() and b"objectformat" not in (top / "config").read_bytes():
            return loose_blob(top / "objects", content)
        return self.git("hash-object", "-w", "--stdin", stdin=content).strip()

    def commit(self, message: str = "work", *args: str, verify: bool = False) -> str:
        """Commit what is staged; the new commit's id. Without hooks unless `verify`."""
        # --no-verify leaves post-commit, which Git LFS has too: 50 ms for every commit. With
        # arguments, Git may call the filters, which put their hooks where this points to.
        without = [] if verify or args else ["-c", f"core.hooksPath={self.env['HOME']}/no-hooks"]
        self.git(*without, "commit", "-q", "-m", message, *([] if verify else ["-n"]), *args)
        return self._head()

    def _head(self) -> str:
        """The id of HEAD, read where it commonly is: a process less for every commit."""
        top = self.path / ".git"
        try:
            head = (top / "HEAD").read_text().strip()
            return (top / head.removeprefix("ref: ")).read_text().strip()
        except OSError:
            return self.git("rev-parse", "HEAD").strip()

    def read_head(self) -> None:
        """Make the index that of HEAD; git 2.34's read-tree fetches what a partial clone lacks."""
        listed = self.git("ls-tree", "-r", "-z", "HEAD").encode("utf-8", "surrogateescape")
        self.git("update-index", "-z", "--index-info", stdin=listed)

    def blob(self, path: str, tree: str = "") -> bytes:
        """The content of a path in the index, or in a commit."""
        done = subprocess.run(
            ["git", "cat-file", "blob", f"{tree}:{path}"],
            cwd=self.path, env=self.env, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout

    def staged(self) -> list[str]:
        """The paths of the index."""
        return [path for path in self.git("ls-files", "-z").split("\0") if path]

    def add_info(self, model: str, source: str = "https://example.invalid/model") -> None:
        """Stage a complete INFO.md for the model in the folder `model`."""
        self.stage(
            f"{model}/INFO.md",
            f"# Model\n\n**Source**: {source}\n**Downloaded**: 2026-01-13\n"
            f"**Commit**: `main` (commit: {'1' * 40})\n**License**: Apache-2.0\n",
        )

    def paste(self, fix: str, *, cwd: str | Path = "") -> Result:
        """Paste a printed fix; it must work, and must not lose a file of the work tree.

        `pmgit fix` may ask at the terminal where it is pasted; the answer is yes.
        """
        before = self.contents()
        if "pmgit info update" in fix or "pmgit update" in fix:
            # They write these anew; that they keep every word of a person, tests of theirs show.
            owned = [*self.path.rglob("INFO.md"), *self.path.rglob("pmgit.lock")]
            before -= {hashlib.sha256(file.read_bytes()).digest() for file in owned}
        run = self.sh_at_terminal if "pmgit fix" in fix else self.sh
        result = run(fix, cwd=cwd)
        assert result.code == 0, (fix, result)
        lost = before - self.contents()
        assert not lost, (fix, lost)
        return result

    def paste_all(self, *args: str, cwd: str | Path = "") -> list[str]:
        """Paste all fixes that `pmgit check` prints, again and again until it prints none.

        What was pasted is returned. It fails when that does not end.
        """
        pasted: list[str] = []
        for _ in range(6):
            result = self.pmgit("check", *args, cwd=cwd)
            assert result.code in (0, 1), result
            if not result.fixes:
                return pasted
            for fix in result.fixes:
                self.paste(fix, cwd=cwd)
                pasted.append(fix)
        raise AssertionError(f"the fixes never end: {pasted}")

    def contents(self) -> set[bytes]:
        """The contents (hashed) that exist on disk, wherever they lie; none may get lost.

        Those of files that pmgit itself writes are left out; of Git LFS the objects count, too.
        """
        found = set()
        for folder, folders, names in os.walk(self.path):
            if folder.endswith("/.git"):
                folders[:] = {"lfs"}.intersection(folders)
            if "/.git" in folder and "/.git/lfs/objects" not in folder:
                continue
            for name in names:
                file = f"{folder}/{name}"
                if name not in (".gitignore", ".gitattributes", "index") and os.path.isfile(file):
                    found.add(hashlib.sha256(Path(file).read_bytes()).digest())
        return found
