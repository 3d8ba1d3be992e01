"""Explains failures of Git, and names the way out. Imported when something has failed.

Git calls an object that this user may not read missing or corrupt, as if it were lost. Trying to
open the files shows which it is.
"""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    class Started(Protocol):
        """A git process under way, as `process.start` gives it."""

        def wait(self) -> tuple[int, bytes, str]:
            """Exit code, standard output, standard error."""


#: Git's words for an index that it could open and not understand. A pack has an "index file" too.
_BAD_INDEX = (
    "index file corrupt",
    "index file open failed",
    "index file smaller than expected",
    "unable to map index file",
    "broken index, expect",
    "malformed name field in the index",
    "corrupt link extension",
    "entries in index",
)
_INDEX_HINT = 'see who may read it: ls -ld "$(git rev-parse --git-path index)"'
_DENIED = ("Permission denied", "Operation not permitted")
#: Git's words for objects that are damaged or missing, or that it may not read.
_BAD_OBJECT = (
    "bad object", "bad tree object", "bad file", "corrupt", "could not get object info",
    "could not parse", "does not point to a valid object", "failed to read object",
    "missing object", "not a tree object", "object file", "packfile", "unable to parse",
    "unable to read", "unable to stream", "unable to unpack",
)  # fmt: skip
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)


def explained(message: str, stderr: str, start: Callable[..., Started]) -> tuple[str, str]:
    """The message in place of `message`, a line of what Git has printed (`stderr`), and the hint.

    `start` starts git where pmgit stands.
    """
    if lacks_objects(stderr, start):
        return message, (
            "this partial clone lacks what is asked for, and pmgit does not fetch;"
            " a checkout of that commit does, and a clone without a filter has everything"
        )
    denied = any(words in stderr for words in _DENIED)
    if denied and "index file open failed" in stderr:
        return message, _INDEX_HINT
    path = ""
    if "not a git repository" in stderr:
        path = _forbidden_git_dir()
    elif denied or any(words in stderr for words in _BAD_OBJECT):
        path = forbidden(start)
    if path:
        return message if denied else f"{path}: Permission denied", _forbidden_hint(path)
    return message, "see who may read the repository's files: ls -la" if denied else hint(stderr)


def lacks_objects(stderr: str, start: Callable[..., Started]) -> bool:
    """Whether Git complains of an object that a partial clone has left on the remote."""
    # All that git 2.34 prints when it may not fetch: transport 'https' not allowed.
    if "promisor" in stderr or "lazy fetching" in stderr or "' not allowed" in stderr:
        return True
    # Git 2.47 speaks of a missing tree alone, in a partial clone and in a damaged one alike.
    if not any(words in stderr for words in _NO_TREE):
        return False
    # By these Git itself knows whether there is a remote to fetch from.
    asked = r"^remote\..*\.promisor$|^extensions\.partialclone$"
    return start("config", "--get-regexp", asked).wait()[0] == 0


_NO_TREE = ("unable to read tree", "bad tree object", "not a tree object")


def unreadable(oid: str, why: str, stderr: str, start: Callable[..., Started]) -> tuple[str, str]:
    """The message about an object that Git could not read, and the hint.

    The cause is `why`, else what Git prints when it is asked for this object alone, else what it
    has printed about it before (`stderr`).
    """
    if not why:
        path = forbidden(start, oid)
        if path:
            return f"object {oid} cannot be read: {path}: Permission denied", _forbidden_hint(path)
        # The answer to a batch may be about others, too.
        _, kind, alone = start("cat-file", "-t", oid).wait()
        about = [*alone.splitlines(), *[line for line in stderr.splitlines() if oid in line]]
        if any("Too many open files" in line for line in about):
            why = "Too many open files"
            return f"object {oid} cannot be read: {why}", hint(why)
        # `error: …` is more precise than the `fatal: could not get object info` after it.
        named = {begin: line for begin, _, line in [line.partition(": ") for line in about]}
        why = named.get("error") or named.get("fatal", "")
        if kind and not why:
            why = "its size is not the recorded one"
        elif not why or "could not get object info" in why:
            why = "missing"
    return f"object {oid} is unreadable: {why}", "see what else is: git fsck"


def hint(stderr: str) -> str:
    """The way out of what Git complains of, '' when none is known."""
    if "not a git repository" in stderr:
        return "run it inside a repository, or make one: git init"
    if "dubious ownership" in stderr:
        return next(
            (line.strip() for line in stderr.splitlines() if "safe.directory" in line),
            "the repository belongs to another user",
        )
    if "Too many open files in system" in stderr:
        return "this machine has as many files open as it may; end what else holds many"
    if "Too many open files" in stderr:
        return "let this shell open more files: ulimit -n 1024"
    # A split index has another half, which may be gone.
    if "index file open failed" in stderr and "No such file" not in stderr:
        return _INDEX_HINT
    if any(words in stderr for words in _BAD_INDEX):
        return (
            "the index is damaged; put it aside and have Git make a new one from HEAD, without what"
            ' was staged: i=$(git rev-parse --git-path index) && mv "$i" "$i.damaged" && git reset'
        )
    if "split index with a sparse index" in stderr:
        return "Git cannot have both: git config core.splitIndex false"
    if any(words in stderr for words in _BAD_OBJECT):
        return "see what else is damaged: git fsck"
    if "unknown option" in stderr or "unknown switch" in stderr or "usage: git" in stderr:
        return "pmgit needs git 2.34 or newer; see: git --version"
    return ""


def _forbidden_hint(path: str) -> str:
    from pmgit.core.shell import quote

    return f"see who may read it: ls -ld {quote(path)}"


def refused(what: str, stderr: str, start: Callable[..., Started]) -> PmgitError | None:
    """The error that `what` cannot be read; None when Git has only not found it."""
    path = forbidden(start)
    if path:
        return PmgitError(f"{what}: {path}: Permission denied", _forbidden_hint(path))
    if any(words in stderr for words in _BAD_OBJECT):
        return PmgitError(f"{what}: {stderr.splitlines()[-1]}", hint(stderr))
    return None


def _forbidden_git_dir() -> str:
    """The part of a `.git` here or above that this user may not read; '' for none."""
    folder = os.getcwd()
    while True:
        for name in (".git", ".git/HEAD", ".git/objects", ".git/refs"):
            path = os.path.join(folder, name)
            if os.path.lexists(path) and not os.access(path, os.R_OK):
                return path
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def forbidden(start: Callable[..., Started], oid: str = "") -> str:
    """The first file or folder of the object stores that this user may not read; '' for none.

    Of loose objects only `oid` counts, when it is given.
    """
    try:
        asked = ("rev-parse", "--path-format=absolute", "--git-path", "objects")
        facts, space = start(*asked), start("count-objects", "-v")
        places = facts.wait()[1].splitlines()
        # One line for each alternate, also for those that the environment names.
        stores = [line.partition(b": ") for line in space.wait()[1].splitlines()]
    except PmgitError:
        return ""  # what stops this, too, is reported by somebody else
    places += [path for name, _, path in stores if name == b"alternate"]
    return next((os.fsdecode(found) for place in places for found in _closed(place, oid)), "")


def _closed(folder: bytes, oid: str) -> Iterator[bytes]:
    """The files and folders in a folder that may not be read, itself included."""
    loose = len(os.path.basename(folder)) == 2
    if oid and loose and not oid.startswith(os.fsdecode(os.path.basename(folder))):
        return
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _closed(entry.path, oid)
                elif loose and oid and os.fsdecode(entry.name) != oid[2:]:
                    continue
                # A file that Git is just writing can be read by its writer alone.
                elif (
                    entry.is_file()
                    and not entry.name.startswith(b"tmp_")
                    and not _opens(entry.path)
                ):
                    yield entry.path
    except PermissionError:
        yield folder
    except OSError:
        pass  # it is not there: Git reports that


def _opens(path: bytes) -> bool:
    try:
        os.close(os.open(path, _OPEN))
    except PermissionError:
        return False
    except OSError:
        return True  # something else is wrong with it
    return True
