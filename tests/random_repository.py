"""Random repositories for `tests/e2e/test_same_verdict.py`, and what plain git says of them.

HEAD has a few files. The next commit is staged and also made, as a commit that no ref has: what is
staged, all that the index holds, the range, a push and a received push are then the same change.
Where its objects lie, how they are compressed, what the index looks like and what is damaged is up
to the seed.
"""

from __future__ import annotations

import os
import random
import shutil
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kit import Repo, pointer

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "pretrained_model/m"
#: Small, so that small files are on both sides of them.
MAX_WEIGHTS, MAX_FILE, MAX_MODEL, MAX_RAW = 20_000, 50_000, 150_000, 3_000
CONFIG = f"""\
select = ["oversized-blob", "oversized-model", "tracked-weights"]
[rules.oversized-blob]
max-weights-size = {MAX_WEIGHTS}
max-file-size = {MAX_FILE}
[rules.oversized-model]
max-model-size = {MAX_MODEL}
[rules.tracked-weights]
max-raw-weights = {MAX_RAW}
"""
#: Below this size pmgit reads a blob whole: it may be a pointer.
SMALL = 1024
SIZES = (
    0, 1, 100, 1000, SMALL - 1, SMALL, SMALL + 1, 2000, MAX_RAW, MAX_RAW + 1, 3900, 4000, 4096,
    5000, 8192, MAX_WEIGHTS, MAX_WEIGHTS + 1, 30_000, MAX_FILE - 1, MAX_FILE, MAX_FILE + 1, 70_000,
    140_000,
)  # fmt: skip
STORES = (
    "loose", "packed", "both", "some packed", "alternate", "alternate by the environment",
    "two indexes of packs", "partial clone",
)  # fmt: skip
ZEROS = {40: "0" * 40, 64: "0" * 64}


class RandomRepository:
    """A repository made from `seed` below `folder`; `parts` says in words what it is like.

    `tip` is the commit of what is staged on top of HEAD. `sizes` are those of its blobs by path, as
    Git tells them, None where Git cannot read one; `doubtful` are paths of large blobs of which
    only the size can be read, `absent` those that a partial clone has not got.
    """

    def __init__(self, folder: Path, env: dict[str, str], seed: int) -> None:
        self.rng = random.Random(seed)
        self.parts: list[str] = []
        self.folder = folder
        self.absent: set[str] = set()
        form = self._one("sha1", "sha1", "sha256")
        self.repo = Repo(folder / "repository", dict(env), init=(f"--object-format={form}",))
        self.store = self._one(*STORES)
        self._configure()
        self._begin()
        self._stage()
        self._keep()
        self._damage()
        self._learn()

    def _one(self, *choices: str) -> str:
        chosen = self.rng.choice(choices)
        self.parts.append(chosen)
        return chosen

    def _perhaps(self, name: str, chance: float) -> bool:
        found = self.rng.random() < chance
        if found:
            self.parts.append(name)
        return found

    def _set(self, **values: object) -> None:
        lines = []
        for name, value in values.items():
            section, _, key = name.partition("_")
            lines.append(f"[{section}]\n\t{key} = {str(value).lower()}\n")
            self.parts.append(f"{section}.{key}={value}")
        with (self.repo.path / ".git/config").open("a") as file:
            file.writelines(lines)

    def _configure(self) -> None:
        self._set(core_compression=self.rng.randint(-1, 9))
        if self.rng.random() < 0.5:
            self._set(core_looseCompression=self.rng.randint(-1, 9))
        if self.rng.random() < 0.2:
            self._set(core_bigFileThreshold=10_000)
        if self.rng.random() < 0.3:
            self._set(index_version=self.rng.choice((2, 3, 4)))
        if self.rng.random() < 0.3:
            self._set(core_autocrlf=self.rng.choice((True, "input")))
        if self.rng.random() < 0.3:
            self._set(core_splitIndex=True)

    def _begin(self) -> None:
        repo = self.repo
        for name in ("kept/a.txt", "other/b.txt", "other/deep/c.txt", "d.txt"):
            repo.write(name, name)
        repo.write(".pmgit.toml", CONFIG)
        repo.write(
            ".gitattributes",
            "*.u16.txt text working-tree-encoding=UTF-16\n*.id.txt ident\n"
            "*.crlf.txt text eol=crlf\n",
        )
        repo.git("add", "-A")
        self.base = repo.commit()
        if self._perhaps("sparse", 0.25):
            how = ("--sparse-index",) if self._perhaps("sparse index", 0.7) else ()
            repo.git("sparse-checkout", "init", "--cone", *how)
            repo.git("sparse-checkout", "set", "kept")
        elif self.store != "partial clone" and self._perhaps("linked work tree", 0.15):
            repo.git("worktree", "add", "-q", "--detach", "../linked")
            self.repo = Repo(self.folder / "linked", repo.env, init=None)

    def _content(self, name: str) -> bytes:
        rng, size = self.rng, self.rng.choice(SIZES)
        if self.rng.random() < 0.3:
            size = rng.randint(0, 60_000)
        if name.endswith(".txt"):
            # Of one line and of many; deflated it takes between a thousandth and a half.
            words = ["$Id: 0123456789 $", "word", "x" * rng.randint(1, 50), f"{rng.random()}"]
            line = " ".join(rng.choices(words, k=rng.randint(1, 8)))
            end = rng.choice(("\n", "\n", "\r\n", ""))
            text = ((line + end) * (size // max(len(line + end), 1) + 1))[:size]
            return text.encode("utf-16" if name.endswith(".u16.txt") else "utf-8")
        if rng.random() < 0.15:
            return pointer(rng.randbytes(8))
        if rng.random() < 0.15:
            return bytes(size)
        # What does not deflate may be anywhere in it.
        part = rng.randint(0, min(size, 9000))
        tail = bytes(size - part) if rng.random() < 0.5 else rng.randbytes(size - part)
        parts = [rng.randbytes(part), tail]
        rng.shuffle(parts)
        return (b"\0" + b"".join(parts))[:size]

    def _stage(self) -> None:
        rng, repo = self.rng, self.repo
        repo.write(f"{MODEL}/config.json", "{}\n")
        for number in range(rng.randint(2, 14)):
            folder = rng.choice(
                (MODEL, MODEL, f"{MODEL}/v", "kept", "new", "new/é f", "other/deep")
            )
            end = rng.choice(("safetensors", "safetensors", "txt", "u16.txt", "id.txt", "crlf.txt"))
            name = f"{folder}/{number}.{end}"
            repo.write(name, self._content(name))
        split = ("--split-index", "--no-split-index", "")
        how = "" if "sparse index" in self.parts else rng.choice(split)
        if how:
            repo.git("update-index", how)
        # To stage outside of a sparse checkout is warned of, not refused.
        repo.git("add", *(("--sparse",) if "sparse" in self.parts else ()), "-A")
        tree = repo.git("write-tree").strip()
        self.tip = repo.git("commit-tree", "-p", "HEAD", "-m", "tip", tree).strip()

    # -- where the objects lie ------------------------------------------------------------------

    @property
    def objects(self) -> Path:
        return self.folder / "repository/.git/objects"

    def _ids(self) -> list[str]:
        """The ids of the blobs that the tip brings, sorted."""
        return sorted(set(self._brought().values()))

    def _brought(self) -> dict[str, str]:
        """The blobs that the tip brings, by path; all of them are new."""
        raw = self.repo.git("diff-tree", "-r", "-z", "--no-renames", "HEAD", self.tip).split("\0")
        return {path: line.split(" ")[3] for line, path in zip(raw[::2], raw[1::2], strict=False)}

    def _pack(self, oids: list[str]) -> None:
        name = str(self.objects / "pack/pack")
        stdin = "".join(f"{oid}\n" for oid in oids).encode()
        self.repo.git("pack-objects", "-q", name, stdin=stdin)

    def _keep(self) -> None:
        """Bring the objects where they are to lie."""
        repo, rng, store = self.repo, self.rng, self.store
        if store == "packed":
            repo.git("repack", "-q", "-a", "-d")
        elif store == "both":
            self._pack(self._ids())
        elif store in ("some packed", "two indexes of packs"):
            oids = self._ids()
            self._pack(rng.sample(oids, len(oids) // 2))
            if self._perhaps("pruned", 0.5):
                repo.git("prune-packed", "-q")
            if store == "two indexes of packs":
                self._pack(oids[:2])
                repo.git("multi-pack-index", "write")
                repo.git("commit-graph", "write", "--reachable")
        elif store.startswith("alternate"):
            shutil.move(self.objects, self.folder / "store")
            (self.objects / "info").mkdir(parents=True)
            (self.objects / "pack").mkdir()
            if store == "alternate":
                (self.objects / "info/alternates").write_text(f"{self.folder}/store\n")
            else:
                repo.env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = f"{self.folder}/store"
            if self._perhaps("some are here too", 0.5):
                for oid in rng.sample(self._ids(), 2):
                    target = self.objects / oid[:2] / oid[2:]
                    source = self.folder / "store" / oid[:2] / oid[2:]
                    if source.exists():
                        target.parent.mkdir(exist_ok=True)
                        shutil.copyfile(source, target)
        elif store == "partial clone":
            self._clone()

    def _clone(self) -> None:
        """Go on in a clone that lacks the large blobs of the tip; no ref of it has the tip."""
        source, form = self.repo, "sha256" if len(self.tip) == 64 else "sha1"
        source.git("config", "uploadpack.allowFilter", "true")
        source.git("update-ref", "refs/heads/tip", self.tip)
        least = self.rng.choice((1500, 10_000))
        self.repo = Repo(self.folder / "partial", source.env, init=(f"--object-format={form}",))
        address = source.path.as_uri()
        self.repo.git("remote", "add", "origin", address)
        self.repo.git("fetch", "-q", f"--filter=blob:limit={least}", "origin", "tip")
        self.repo.git("update-ref", "HEAD", self.base)
        for line in self.repo.git("for-each-ref", "--format=%(refname)", "refs/remotes").split():
            self.repo.git("update-ref", "-d", line)
        listed = self.repo.git("ls-tree", "-r", "-z", "--full-tree", self.tip)
        self.repo.git("update-index", "-z", "--index-info", stdin=listed.encode())
        # Nothing can be fetched any more.
        self.repo.git("config", "remote.origin.url", "https://127.0.0.1:1/gone.git")

    def _damage(self) -> None:
        """Damage loose copies of some blobs; some of these have a good copy elsewhere."""
        if not self._perhaps("damage", 0.4):
            return
        for oid in self.rng.sample(self._ids(), 2):
            for folder in (
                self.objects,
                self.folder / "store",
                self.folder / "partial/.git/objects",
            ):
                file = folder / oid[:2] / oid[2:]
                if file.exists() and self.rng.random() < 0.9:
                    name = self.rng.choice(list(DAMAGES))
                    self.parts.append(f"{oid[:7]} {name}")
                    file.chmod(0o644)
                    DAMAGES[name](file, self.rng)

    # -- what Git says --------------------------------------------------------------------------

    def _learn(self) -> None:
        present = None
        if self.store == "partial clone":
            listed = ("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
            present = set(self.repo.git(*listed).split())
        brought = self._brought()
        told: dict[str, tuple[int | None, bool]] = {}
        if "damage" not in self.parts and present is None:
            asked = ("cat-file", "--batch-check=%(objectname) %(objectsize)")
            stdin = "".join(f"{oid}\n" for oid in brought.values()).encode()
            for line in self.repo.git(*asked, stdin=stdin).splitlines():
                told[line.split(" ")[0]] = (int(line.split(" ")[1]), True)
        self.sizes: dict[str, int | None] = {}
        self.doubtful: set[str] = set()
        for path, oid in brought.items():
            if present is not None and oid not in present:
                self.absent.add(path)
                continue
            if oid not in told:
                told[oid] = self._said(oid)
            found, whole = told[oid]
            if found is not None and not whole and not 0 < found < SMALL:
                self.doubtful.add(path)
                whole = True
            self.sizes[path] = found if whole else None

    def _said(self, oid: str) -> tuple[int | None, bool]:
        """The size of a blob, None when Git cannot read it, and whether it can read all of it."""
        repo = self.repo
        kind = repo.run(["git", "cat-file", "-t", oid])
        size = repo.run(["git", "cat-file", "-s", oid])
        if kind.code or size.code or kind.out.strip() != "blob":
            return None, False
        # `cat-file` alone prints a blob as it is; in a batch the size that it says must be right.
        whole = repo.run(["git", "cat-file", "--batch=%(objectsize)"], stdin=f"{oid}\n".encode())
        said = whole.out.encode("utf-8", "surrogateescape")
        length = len(said) - len(size.out) - 1
        return int(size.out), whole.code == 0 and length == int(size.out)

    @property
    def readable(self) -> bool:
        """Whether Git can read what a judgement needs: all headers, and small blobs."""
        return None not in self.sizes.values()

    def findings(self) -> set[tuple[str, str]]:
        """The rules that have to object, with the paths."""
        found = set()
        sizes = {path: size or 0 for path, size in self.sizes.items()}
        pointers = {path for path in sizes if self._is_pointer(path)}
        below = {path: size for path, size in sizes.items() if path.startswith(f"{MODEL}/")}
        for path, size in sizes.items():
            weights = path.endswith(".safetensors")
            if path in pointers:
                continue
            if weights and path in below and size > MAX_RAW:
                found.add(("tracked-weights", path))
            elif size > (MAX_WEIGHTS if weights else MAX_FILE):
                found.add(("oversized-blob", path))
        if sum(below.values()) > MAX_MODEL:
            found.add(("oversized-model", MODEL))
        return found

    def _is_pointer(self, path: str) -> bool:
        return (self.sizes[path] or SMALL) < SMALL and self._content_of(path).startswith(
            b"version "
        )

    def _content_of(self, path: str) -> bytes:
        out = self.repo.run(["git", "cat-file", "blob", f"{self.tip}:{path}"]).out
        return out.encode("utf-8", "surrogateescape")


def _other_byte(file: Path, rng: random.Random) -> None:
    data = bytearray(file.read_bytes())
    at = rng.randrange(len(data) // 2, len(data))
    data[at] ^= 1 << rng.randrange(8)
    file.write_bytes(data)


def _instead(header: bytes, content: bytes) -> Callable[[Path, random.Random], object]:
    return lambda file, _: file.write_bytes(zlib.compress(header + content))


def _as_folder(file: Path, _: random.Random) -> None:
    file.unlink()
    file.mkdir()


def _as_link(file: Path, _: random.Random) -> None:
    file.unlink()
    file.symlink_to("nowhere")


#: What may happen to the file of a loose object.
DAMAGES: dict[str, Callable[[Path, random.Random], object]] = {
    "gone": lambda file, _: file.unlink(),
    "empty": lambda file, _: file.write_bytes(b""),
    "random bytes": lambda file, rng: file.write_bytes(rng.randbytes(file.stat().st_size + 5)),
    "zeros": lambda file, _: file.write_bytes(bytes(file.stat().st_size)),
    "cut": lambda file, rng: file.write_bytes(
        (data := file.read_bytes())[: rng.randrange(len(data))]
    ),
    "another byte": _other_byte,
    "longer": lambda file, rng: file.write_bytes(file.read_bytes() + rng.randbytes(9)),
    "a folder": _as_folder,
    "a dead link": _as_link,
    "a tree": _instead(b"tree 0\0", b""),
    "no header": _instead(b"hello", b""),
    "a size with a zero in front": _instead(b"blob 05\0", b"hello"),
    "a size with a sign": _instead(b"blob +5\0", b"hello"),
    "too short": _instead(b"blob 900\0", b"hello"),
    "too long": _instead(b"blob 3\0", b"hello"),
}


def variables(made: RandomRepository) -> dict[str, str]:
    """What the environment of a process has to have beside that of the test."""
    return {k: v for k, v in made.repo.env.items() if os.environ.get(k) != v}
