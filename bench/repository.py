"""The repositories of the hook benchmark: 10,000 committed files, N staged ones.

One has a source tree and a few models, in two states (without and with a configuration file), the
other one nothing but 1,000 models.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMMITTED = 10_000
PER_FOLDER = 100

#: The patterns that the Hugging Face Hub writes into a new repository, and two formats after them.
LFS_PATTERNS = (
    "*.7z", "*.arrow", "*.bin", "*.bz2", "*.ckpt", "*.ftz", "*.gz", "*.h5", "*.joblib", "*.lfs.*",
    "*.mlmodel", "*.model", "*.msgpack", "*.npy", "*.npz", "*.onnx", "*.ot", "*.parquet", "*.pb",
    "*.pickle", "*.pkl", "*.pt", "*.pth", "*.rar", "*.safetensors", "saved_model/**/*", "*.tar.*",
    "*.tar", "*.tflite", "*.tgz", "*.wasm", "*.xz", "*.zip", "*.zst", "*tfevents*", "*.gguf",
    "*.keras",
)  # fmt: skip

PRE_COMMIT_CONFIG = """\
repos:
  - repo: builtin
    hooks:
      - id: check-added-large-files
"""

#: What `pmgit init` writes.
PMGIT_CONFIG = """\
models = ["pretrained_model"]
storage = "ignore"
language = "en"

[rules.missing-info]
local = "error"
"""

INFO = """\
# {name}

**Source**: https://huggingface.co/example/{name}
**Downloaded**: 2026-01-13
**Commit**: `main` (commit: {commit})
**License**: Apache-2.0
"""

PLAIN, CONFIGURED = "plain", "configured"


class Texts:
    """Deterministic text of 1 to 20 kB that compresses as source code does."""

    def __init__(self) -> None:
        self._random = random.Random(20260101)
        letters = "etaoinshrdlucmfwypvbgkqjxz"
        words = [
            "".join(self._random.choices(letters, range(26, 0, -1), k=self._random.randint(2, 11)))
            for _ in range(4000)
        ]
        pool = []
        for _ in range(40_000):
            pool.append("    " * self._random.randint(0, 3))
            pool.append(" ".join(self._random.choices(words, k=self._random.randint(1, 10))) + "\n")
        self._pool = "".join(pool).encode()

    def next(self, name: str) -> bytes:
        size = int(1000 * 20 ** self._random.random())
        begin = self._random.randrange(len(self._pool) - size)
        return f"# {name}\n".encode() + self._pool[begin : begin + size]


def pointer(name: str) -> bytes:
    oid = hashlib.sha256(name.encode()).hexdigest()
    size = 1_000_000 + int(oid[:6], 16)
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n".encode()


def info(folder: str) -> bytes:
    """The INFO.md of a model, which no other model has."""
    commit = hashlib.sha1(folder.encode(), usedforsecurity=False).hexdigest()
    return INFO.format(name=folder.rpartition("/")[2], commit=commit).encode()


def model(number: int) -> str:
    return f"pretrained_model/model-{number // PER_FOLDER:03d}"


class Sources:
    """A tree of source code with a few models; a fifth of what is staged are pointers."""

    def committed(self, staged: int, texts: Texts) -> dict[str, bytes]:
        """The files of HEAD by their paths, where so many are going to be staged."""
        files = {}
        for weights in range(0, staged // 5 + 1, PER_FOLDER):
            files[f"{model(weights)}/INFO.md"] = info(model(weights))
        for number in range(COMMITTED - len(files)):
            name = f"src/project/old_{number // PER_FOLDER:03d}/module_{number:05d}.py"
            files[name] = texts.next(name)
        return files

    def staged(self, number: int, texts: Texts) -> tuple[str, bytes]:
        """Path and content of a staged file; each fifth is a pointer, the first one too."""
        if number % 5 == 0:
            weights = number // 5
            name = f"{model(weights)}/layer-{weights:05d}.safetensors"
            return name, pointer(name)
        name = f"src/project/new_{number // PER_FOLDER:03d}/module_{number:05d}.py"
        return name, texts.next(name)


class Models:
    """1,000 models of 10 files each, all of them on disk; what is staged are new models."""

    def committed(self, staged: int, texts: Texts) -> dict[str, bytes]:  # noqa: ARG002
        """The files of HEAD by their paths."""
        return dict(_model_file("old", number, texts) for number in range(COMMITTED))

    def staged(self, number: int, texts: Texts) -> tuple[str, bytes]:
        """Path and content of a staged file: INFO.md, pointers, texts of a new model."""
        return _model_file("new", number, texts)


def _model_file(kind: str, number: int, texts: Texts) -> tuple[str, bytes]:
    folder = f"pretrained_model/{kind}-model-{number // 10:04d}"
    place = number % 10
    if place == 0:
        return f"{folder}/INFO.md", info(folder)
    if place < 4:
        name = f"{folder}/model-{place:05d}-of-00003.safetensors"
        return name, pointer(name)
    name = f"{folder}/text-{place}.txt"
    return name, texts.next(name)


class Repository:
    """A repository with `staged` staged files in `folder`, which must not exist yet."""

    def __init__(
        self, folder: Path, staged: int, env: dict[str, str], layout: Sources | Models
    ) -> None:
        self.folder = folder
        self._layout = layout
        self.env = env
        folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("config", "gc.auto", "0")
        texts = Texts()
        self._commit(staged, texts)
        made = set()
        for number in range(staged):
            name, content = layout.staged(number, texts)
            path = folder / name
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            path.write_bytes(content)
        self.git("add", "-A")
        raw = self.git("diff-index", "--cached", "--raw", "-z", "--no-abbrev", "HEAD").split(b"\0")
        self.names = [os.fsdecode(name) for name in raw[1::2]]
        self.oids = [line.split()[3].decode() for line in raw[:-1:2]]
        assert len(self.names) == staged, (len(self.names), staged)
        self._two_states()

    def git(self, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> bytes:
        done = subprocess.run(
            ["git", *args],
            cwd=self.folder,
            env={**self.env, **(env or {})},
            input=stdin,
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout

    def _commit(self, staged: int, texts: Texts) -> None:
        """Make HEAD in one pack, and check it out."""
        files = {
            ".gitattributes": "".join(
                f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in LFS_PATTERNS
            ).encode(),
            ".pre-commit-config.yaml": PRE_COMMIT_CONFIG.encode(),
        }
        files |= self._layout.committed(staged, texts)
        stream = [b"commit refs/heads/main\ncommitter Bench <bench@example.invalid> 0 +0000\n"]
        stream.append(b"data 5\nfirst\n")
        for name, content in files.items():
            stream.append(f"M 100644 inline {name}\ndata {len(content)}\n".encode())
            stream.append(content + b"\n")
        self.git("fast-import", "--quiet", stdin=b"".join(stream))
        self.git("reset", "-q", "--hard")

    def _two_states(self) -> None:
        """Keep HEAD and index twice: as they are, and with a committed `.pmgit.toml`."""
        self._tips, git = {}, self.folder / ".git"
        for state in (PLAIN, CONFIGURED):
            if state == CONFIGURED:
                # The commit is HEAD and this one file: what is staged stays staged.
                self._toml().write_text(PMGIT_CONFIG)
                self.git("add", ".pmgit.toml")
                index = {"GIT_INDEX_FILE": str(git / "scratch-index")}
                self.git("read-tree", "HEAD", env=index)
                self.git("add", ".pmgit.toml", env=index)
                tree = self.git("write-tree", env=index).strip().decode()
                tip = self.git("commit-tree", "-p", "HEAD", "-m", "configure", tree)
            else:
                tip = self.git("rev-parse", "HEAD")
            self._tips[state] = tip.decode()
            shutil.copyfile(git / "index", git / f"index-{state}")

    def _toml(self) -> Path:
        return self.folder / ".pmgit.toml"

    def use(self, state: str) -> None:
        """Put the repository into a state; costs the same for both, outside what is measured."""
        git = self.folder / ".git"
        shutil.copyfile(git / f"index-{state}", git / "index")
        (git / "refs/heads/main").write_text(self._tips[state])
        if state == CONFIGURED:
            self._toml().write_text(PMGIT_CONFIG)
        else:
            self._toml().unlink(missing_ok=True)
