"""The places of a repository: Git is asked for them once, at the start."""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.git import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import _Hash

#: Git 2.34 is what Ubuntu 22.04 ships.
OLDEST_GIT = (2, 34)
_OLDEST = ".".join(map(str, OLDEST_GIT))
#: The empty tree, which Git knows without having it: (by the format of object ids).
EMPTY_TREE = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
#: From so many bytes on, OpenSSL is faster, its loading included.
_SMALL = 1_000_000
#: The format of object ids by the number of their digits.
FORMATS = {len(oid): name for name, oid in EMPTY_TREE.items()}

_QUESTIONS = (
    "--path-format=absolute",
    "--is-bare-repository",
    "--show-object-format",
    "--show-prefix",
    "--git-dir",
    "--git-common-dir",
    "--git-path",
    "objects",
    "--git-path",
    "index",
)


#: What a repository configures for its index is not for one of our own: the other half of a split
#: one would stay in the repository, and git 2.39 refuses every index where both are configured
#: ("cannot use split index with a sparse index"). Listing a sparse index fails there, too, once it
#: is split ("position for replacement 8 exceeds base index size 8"); all of it is listed anyway.
_WHOLE_INDEX = ("-c", "core.splitIndex=false", "-c", "index.sparse=false")


class Repository:
    """The places of one repository; all paths are absolute.

    `top` is the work tree's top folder, and the git directory in a bare repository. `prefix` is
    the folder below `top` where the user stands, with a trailing slash, or empty.
    """

    __slots__ = (
        "bare",
        "common_dir",
        "env",
        "git_dir",
        "index",
        "object_format",
        "objects",
        "prefix",
        "top",
    )

    def __init__(self, answers: list[str], top: str) -> None:
        (bare, self.object_format, prefix) = answers[:3]
        (self.git_dir, self.common_dir, self.objects, self.index) = answers[3:7]
        self.bare = bare == "true"
        self.top = top or self.git_dir
        # In a hook Git has already gone to the top; GIT_PREFIX holds the folder of the user.
        self.prefix = prefix or os.environ.get("GIT_PREFIX", "")
        #: What commands get that run at the top.
        self.env = self._places()

    def _places(self) -> dict[str, str]:
        """The variables that lead Git to this repository also from its top.

        Relative values mean another place there, and a work tree that is set apart from its
        repository (core.worktree) does not lead to it.
        """
        environ, found = os.environ, {}
        if environ.get("GIT_INDEX_FILE"):
            found["GIT_INDEX_FILE"] = self.index
        if environ.get("GIT_OBJECT_DIRECTORY"):
            found["GIT_OBJECT_DIRECTORY"] = self.objects
        if environ.get("GIT_COMMON_DIR"):
            found["GIT_COMMON_DIR"] = self.common_dir
        if environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES"):
            found["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = self._alternates()
        # Git might find another repository, or none, from the top of the work tree.
        is_apart = not self.bare and self.git_dir != os.path.join(self.top, ".git")
        if environ.get("GIT_DIR") or environ.get("GIT_WORK_TREE") or is_apart:
            found["GIT_DIR"] = self.git_dir
            if not self.bare:
                found["GIT_WORK_TREE"] = self.top
        return found

    def _alternates(self) -> str:
        """GIT_ALTERNATE_OBJECT_DIRECTORIES, made absolute.

        Git goes to the top of the work tree before it looks there, from inside of it only.
        """
        here = os.getcwd()
        inside = not self.bare and os.path.join(here, "").startswith(os.path.join(self.top, ""))
        return os.pathsep.join(
            # One in quotes is left as it is: a colon or a line break is part of it.
            path if path[:1] in ("", '"') else os.path.join(self.top if inside else here, path)
            for path in os.environ["GIT_ALTERNATE_OBJECT_DIRECTORIES"].split(os.pathsep)
        )

    def elsewhere(self, top: str, git_dir: str, env: dict[str, str]) -> Repository:
        """A repository in a folder of its own, with the object format of this one."""
        places = [git_dir, git_dir, f"{git_dir}/objects", f"{git_dir}/index"]
        bare = "true" if top == git_dir else "false"
        found = Repository([bare, self.object_format, "", *places], top)
        found.prefix = ""
        found.env = {
            "GIT_DIR": git_dir,
            "GIT_WORK_TREE": top,
            "GIT_COMMON_DIR": git_dir,
            "GIT_INDEX_FILE": found.index,
            "GIT_OBJECT_DIRECTORY": found.objects,
            **env,
        }
        return found

    @property
    def empty_tree(self) -> str:
        return EMPTY_TREE[self.object_format]

    def id_of(self, data: bytes, kind: str = "blob") -> str:
        """The id that an object with this content has in Git."""
        digest = self.hasher(len(data), kind)
        digest.update(data)
        return digest.hexdigest()

    def hasher(self, size: int, kind: str = "blob") -> _Hash:
        """What makes the id of an object of `size` bytes, once it has got these."""
        digest: _Hash
        if self.object_format == "sha1" and size < _SMALL:
            digest = _small_sha1()
        else:
            import hashlib

            digest = hashlib.new(self.object_format, usedforsecurity=False)
        digest.update(f"{kind} {size}\0".encode("ascii"))
        return digest

    def store(self, data: bytes, kind: str = "blob") -> str:
        """Write an object with this content, as it is; returns its id."""
        out = self.run("hash-object", "-t", kind, "-w", "--stdin", stdin=data)
        return out.decode("ascii").strip()

    @property
    def is_partial(self) -> bool:
        """Whether this is a partial clone: Git marks the packs that came from a promisor."""
        # While a push is received, `objects` is its quarantine.
        for folder in {self.objects, f"{self.common_dir}/objects"}:
            try:
                if any(name.endswith(".promisor") for name in os.listdir(f"{folder}/pack")):
                    return True
            except OSError:
                continue
        return False

    @property
    def is_sparse(self) -> bool:
        """Whether this work tree is, or was, a sparse checkout."""
        # Written by `git sparse-checkout`; one per work tree.
        return os.path.exists(os.path.join(self.git_dir, "info", "sparse-checkout"))

    @property
    def shallow_commits(self) -> set[str]:
        """The commits whose parents are cut off, in a shallow clone."""
        try:
            with open(f"{self.common_dir}/shallow", encoding="ascii") as file:
                return set(file.read().split())
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise PmgitError(f"{error.filename} cannot be read: {error.strerror}") from error

    def start(
        self,
        *argv: str,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        literal: bool = True,
        own_hooks: bool = False,
        into: int = -1,
        source: int = -1,
    ) -> process.Process:
        """Start a git command at the top of this repository; as `process.start`."""
        if argv[0] == "ls-files" or (env and "GIT_INDEX_FILE" in env):
            argv = (*_WHOLE_INDEX, *argv)
        return process.start(
            *argv,
            stdin=stdin,
            top=self.top,
            env={**self.env, **(env or {})},
            literal=literal,
            own_hooks=own_hooks,
            into=into,
            source=source,
        )

    def run(self, *argv: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> bytes:
        """The standard output of a git command at the top of this repository."""
        return self.start(*argv, stdin=stdin, env=env).finish()


def _small_sha1() -> _Hash:
    """The same without OpenSSL, which takes hashlib 4 ms to load: too long for a text of 1 kB."""
    try:
        from _sha1 import sha1  # type: ignore[import-not-found]
    except ImportError:  # a Python that was built without it
        from hashlib import sha1
    digest: _Hash = sha1(usedforsecurity=False)
    return digest


def check_version(output: bytes) -> None:
    """Refuse a git that is too old, by what `git version` printed."""
    words = output.decode("ascii", "replace").split()
    numbers = words[2].split(".") if len(words) > 2 else []
    found = tuple(int(n) for n in numbers[:2] if n.isdigit())
    if len(found) == 2 and found < OLDEST_GIT:
        raise PmgitError(
            f"git {words[2]} is too old: pmgit needs git 2.34 or newer",
            "install a newer git: https://git-scm.com/downloads",
        )


class Discovery:
    """The git process that finds the repository; `finish` waits for it.

    It also shows a git that is far too old: before 2.31 it does not know the first question, and
    prints it. Only then git is asked for its version, which takes 2 ms of a commit's 25; the doctor
    always asks.
    """

    def __init__(self) -> None:
        self._facts = process.start("rev-parse", *_QUESTIONS, "--show-toplevel")

    def finish(self) -> Repository:
        """The repository, or the error that there is none or that git is too old."""
        code, out, err = self._facts.wait()
        answers = os.fsdecode(out).split("\n")
        if code == 0 and len(answers) == 9:
            return Repository(answers[:7], answers[7])
        if answers[0] == "true":
            # A bare repository has no top; everything before that question was answered.
            return Repository(answers[:7], "")
        if answers[0] == "false" and code:
            raise PmgitError(
                "this is inside the git directory, not in a work tree",
                "go to the repository's own folder, or set GIT_WORK_TREE",
            )
        check_version(process.start("version").wait()[1])
        if code:
            raise process.GitError(("rev-parse",), code, err)
        raise PmgitError(
            "git did not say where the repository is",
            "a line break in the path of the repository is not supported",
        )


def receiving(id_length: int) -> Repository:
    """The repository that is receiving a push, from the environment that Git gives its hook.

    No process is needed for it. Object ids have `id_length` digits. The quarantine of the push
    (GIT_OBJECT_DIRECTORY and its alternates) stays as Git has set it.
    """
    git_dir = os.environ.get("GIT_DIR", "")
    if not os.path.isfile(os.path.join(git_dir, "HEAD")):
        return discover()  # run by hand
    return at(git_dir, FORMATS.get(id_length, "sha1"))


def at(git_dir: str, object_format: str = "sha1") -> Repository:
    """The repository with this git directory, taken for a bare one; no process is needed."""
    git_dir = common_dir = os.path.realpath(git_dir)
    try:
        with open(os.path.join(git_dir, "commondir"), "rb") as file:
            common_dir = os.path.join(git_dir, os.fsdecode(file.read()).strip())
    except FileNotFoundError:
        pass  # only a linked work tree has one
    except OSError as error:
        raise PmgitError(f"{error.filename} cannot be read: {error.strerror}") from error
    objects = os.environ.get("GIT_OBJECT_DIRECTORY") or os.path.join(common_dir, "objects")
    places = [git_dir, common_dir, os.path.abspath(objects), os.path.join(git_dir, "index")]
    repository = Repository(["true", object_format, "", *places], "")
    # A pushed tree is never in a work tree, also when the repository has one (core.worktree).
    repository.env |= {"GIT_DIR": git_dir, "GIT_WORK_TREE": git_dir}
    return repository


def discover() -> Repository:
    """The repository that the current folder lies in."""
    return Discovery().finish()
