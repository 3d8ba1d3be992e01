"""The objects that the server of Git LFS has, asked through Git LFS itself.

Git LFS knows which server it is, how to log in and what to ask there (the batch API), but has no
command that only asks. So `git lfs pre-push` is run as it would be for the push, over a commit
that has nothing but the pointers in question, and with an empty store: there is nothing that it
could upload, and it lists what the server wants to have. The commit lies in a temporary folder.
"""

from __future__ import annotations

import os
import tempfile
import threading

from pmgit.core.errors import PmgitError
from pmgit.git.blob import REGULAR
from pmgit.git.settings import GitSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.git.repository import Repository

#: The answer takes a second. Somebody may have to type a password; a server that is not there
#: makes Git LFS wait for half a minute, eight times.
SECONDS = 120
#: For this one run of Git LFS, which uploads nothing: without them it names but one object.
_SETTINGS = {
    "lfs.allowincompletepush": "true",
    "lfs.locksverify": "false",
    "lfs.transfer.maxretries": "1",
}
_BATCH = "sending batch of size "
_COMMIT = "tree {}\nauthor pmgit <pmgit> 0 +0000\ncommitter pmgit <pmgit> 0 +0000\n\nask\n"


class NoAnswerError(PmgitError):
    """The server did not say which objects it has; the message is that of Git LFS."""


def lacking(repository: Repository, remote: str, ref: str, blobs: Mapping[str, str]) -> set[str]:
    """The objects that the server lacks to which a push of `ref` to `remote` would upload.

    `blobs` are the ids of pointers, by the ids of the objects that they name. Where objects are
    copied by something else than a server, nobody can be asked, and all of them are lacking.
    Raises NoAnswerError.
    """
    keys = GitSettings(repository).all
    if any(k.startswith("lfs.") and k.endswith(".standalonetransferagent") for k in keys):
        return set(blobs)  # it is a program of the user's, and would be started
    with tempfile.TemporaryDirectory(prefix="pmgit-", ignore_cleanup_errors=True) as folder:
        out = _ask(repository, remote, ref, blobs, folder)
    return {oid for oid in blobs if oid in out}


def _ask(
    repository: Repository, remote: str, ref: str, blobs: Mapping[str, str], folder: str
) -> str:
    """The output of Git LFS about a push of these pointers."""
    objects = os.path.join(folder, "objects")
    os.makedirs(os.path.join(objects, "info"))
    with open(os.path.join(objects, "info", "alternates"), "wb") as file:
        file.write(os.fsencode(repository.objects) + b"\n")
    env = {"GIT_OBJECT_DIRECTORY": objects}
    entries = "".join(f"{REGULAR[0]} blob {blobs[oid]}\t{oid}\0" for oid in sorted(blobs))
    tree = repository.run("mktree", "-z", stdin=entries.encode("ascii"), env=env)
    text = _COMMIT.format(tree.decode("ascii").strip()).encode("ascii")
    commit = repository.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=text, env=env)
    tip = commit.decode("ascii").strip()
    # A person who pushes may be asked for a password, as by Git LFS afterwards.
    may_ask = os.environ.get("GIT_TERMINAL_PROMPT", "1")
    trace = os.path.join(folder, "trace")
    env |= {"GIT_LFS_SKIP_PUSH": "0", "GIT_TERMINAL_PROMPT": may_ask, "GIT_TRACE": trace}
    words = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    words += ["-c", f"lfs.storage={folder}/lfs", "lfs", "pre-push", remote, remote]
    refs = f"{ref} {tip} {ref} {'0' * len(tip)}\n".encode("utf-8", "surrogateescape")
    reading, writing = os.pipe()
    process = repository.start(*words, stdin=refs, env=env, into=writing)
    os.close(writing)
    out: list[bytes] = []
    reader = threading.Thread(target=_read, args=(reading, out), daemon=True)
    reader.start()
    reader.join(SECONDS)
    if reader.is_alive():
        process.stop()
        raise NoAnswerError(f"none within {SECONDS} seconds")
    code, _, err = process.wait()
    if code:
        from pmgit.report.redact import redact

        lines = [line.strip() for line in err.splitlines() if line.strip()]
        raise NoAnswerError(redact(lines[0])[:200] if lines else f"git lfs ended with {code}")
    if _asked(trace) < len(blobs):
        raise NoAnswerError("Git LFS did not ask it")
    return b"".join(out).decode("utf-8", "replace") + err


def _read(pipe: int, into: list[bytes]) -> None:
    """Read until Git LFS has ended."""
    with open(pipe, "rb") as file:
        into.append(file.read())


def _asked(trace: str) -> int:
    """The number of objects that Git LFS has asked for, by its trace: silence must not be a yes."""
    try:
        with open(trace, encoding="utf-8", errors="replace") as file:
            sizes = [line.partition(_BATCH)[2].split() for line in file if _BATCH in line]
    except OSError:
        return 0
    return sum(int(words[0]) for words in sizes if words and words[0].isdigit())
