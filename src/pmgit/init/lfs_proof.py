"""The proof of a Git LFS set-up: a sample of every pattern is pushed, and its object arrives.

Attributes that look right lose weights all the same when the filter does nothing. So a sample of
each pattern is committed in a temporary repository that has the `.gitattributes` and the filter
of the set-up, and pushed to a temporary bare one. Nothing leaves the machine, no hook runs, and
nothing of the user's is written to.
"""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory

from pmgit.core.errors import PmgitError
from pmgit.formats.regular import read_regular
from pmgit.git import process
from pmgit.git.entries import FILES, of_tree
from pmgit.git.names import HEADS, PROBE
from pmgit.git.process import GitError
from pmgit.git.settings import GitSettings
from pmgit.gitfiles.attributes.attribute_lines import NAME
from pmgit.lfs import pointer, store
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.git.repository import Repository
    from pmgit.init.lfs_setup import LfsPlan

_REMOTE = "proof"
_BRANCH = f"{HEADS}proof"
#: A time in seconds.
_LONG_AGO = 1_000_000_000
#: What a configuration of the user's could do to a push that is to stay on this machine.
_OURS = {
    # Relative: each of the two repositories has a store of its own.
    "lfs.storage": "lfs",
    "lfs.standalonetransferagent": "lfs-standalone-file",
    "lfs.locksverify": "false",
    "lfs.concurrenttransfers": "8",
    "commit.gpgSign": "false",
    "push.gpgSign": "false",
    "maintenance.auto": "false",
    "gc.auto": "0",
    "core.safecrlf": "false",
    # What is proved are the attributes that every clone has.
    "core.attributesFile": os.devnull,
    "core.ignoreCase": "false",
    "user.name": "pmgit",
    "user.email": "pmgit@example.invalid",
}


class NotProvedError(PmgitError):
    """The set-up stands, but a sample did not arrive."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the set-up stands, but it is not proved: {why}",
            "see: git lfs env; without this proof: pmgit lfs-setup --no-proof",
        )


def push_samples(repository: Repository, made: LfsPlan) -> list[str]:
    """Push a sample for every pattern of `made`, and return the patterns whose object arrived.

    A pattern is left out when its sample would lie where another's does. Raises NotProvedError.
    """
    samples = _samples({word: [*one.probes, *one.real] for word, one in made.covered.items()})
    if not samples:
        return []
    try:
        with TemporaryDirectory(prefix="pmgit-", ignore_cleanup_errors=True) as folder:
            _push(repository, made, samples, os.path.realpath(folder))
    except NotProvedError:
        raise
    except OSError as error:
        raise NotProvedError(f"no temporary repository: {error.strerror}") from error
    except PmgitError as error:
        printed = error.stderr.splitlines() if isinstance(error, GitError) else []
        more = [line for line in printed if line.strip() and line not in error.message]
        raise NotProvedError("; ".join([error.message, *more[:5]])) from error
    return list(samples.values())


def _samples(wanted: Mapping[str, list[str]]) -> dict[str, str]:
    """A path for each pattern, such that they can all lie in one folder; the pattern by path."""
    chosen: dict[str, str] = {}
    # Those first that have the least choice.
    in_order = sorted(wanted.items(), key=lambda item: len(item[1]))
    for number, (pattern, paths) in enumerate(in_order):
        for path in paths:
            # `x.bin` and `x.BIN` are one file on some systems.
            numbered = path.replace(PROBE, f"{PROBE}-{number}", 1)
            ends = f"{numbered}/"
            if not any(ends.startswith(f"{p}/") or p.startswith(ends) for p in chosen):
                chosen[numbered] = pattern
                break
    return chosen


def _push(repository: Repository, made: LfsPlan, samples: Mapping[str, str], folder: str) -> None:
    remote, clone = os.path.join(folder, "remote.git"), os.path.join(folder, "clone")
    init = ("init", "-q", "--template=", f"--object-format={repository.object_format}")
    begun = [process.start(*init, "--bare", remote), process.start(*init, clone)]
    for one in begun:
        one.finish()
    url = "file:///" + remote.replace(os.sep, "/").lstrip("/")
    settings = {**_OURS, **GitSettings(repository).local("filter.lfs.")}
    settings |= dict.fromkeys((f"remote.{_REMOTE}.url", "lfs.url", "lfs.pushurl"), url)
    here = _at(repository, clone, settings)
    there = _at(repository, remote, settings)
    # One that had gone to Git LFS itself has no lines; its object is not in the clone.
    deeper = {p: data for p, data in made.attributes.deeper.items() if not pointer.read(data)}
    attributes = {**deeper, NAME: made.new_index}
    contents = {path: b"pmgit proof\n" + os.urandom(20) for path in samples}
    for path, content in {**attributes, **contents}.items():
        file = os.path.join(clone, *path.split("/"))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:
            out.write(content)
        # Older than the index, or Git could not know it unchanged, and would start Git LFS again.
        os.utime(file, (_LONG_AGO, _LONG_AGO))
    # -f: the user's own ignore rules do not count here.
    here.run("add", "-f", "--", ".")
    # `git commit` would look at all files again, and start Git LFS for it.
    tree = here.run("write-tree").decode("ascii").strip()
    tip = here.run("commit-tree", "-m", "proof", tree).decode("ascii").strip()
    here.run("update-ref", "HEAD", tip)  # git-lfs asks what HEAD is
    # What the pre-push hook of Git LFS does, with the input that Git would give it.
    refs = f"{_BRANCH} {tip} {_BRANCH} {'0' * len(tip)}\n".encode("ascii")
    here.run("lfs", "pre-push", _REMOTE, url, stdin=refs)
    here.run("push", "-q", _REMOTE, f"{tip}:{_BRANCH}")
    _look(there, samples, contents)


def _at(repository: Repository, top: str, settings: Mapping[str, str]) -> Repository:
    """A repository at `top` that is asked with these settings, over those of any configuration."""
    git_dir = os.path.join(top, ".git")
    env = {
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_LFS_SKIP_PUSH": "0",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (name, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return repository.elsewhere(top, git_dir if os.path.isdir(git_dir) else top, env)


def _look(there: Repository, samples: Mapping[str, str], contents: Mapping[str, bytes]) -> None:
    """Read in the remote what arrived; raises NotProvedError for the first that did not."""
    arrived = Snapshot(there, TREE, [], [])
    tree = there.run(*FILES, _BRANCH)
    blobs = {blob.path: blob for blob in of_tree(tree)}
    arrived.objects.survey(blobs.values(), pointer.may_be)
    for path, pattern in samples.items():
        blob = blobs.get(path)
        found = pointer.readable(blob.head, expected=True) if blob else None
        if found is None:
            raise NotProvedError(f"the sample of {pattern} went to Git raw, as {path}")
        object_path = store.object_path(os.path.join(there.git_dir, "lfs"), found.oid)
        if read_regular(object_path, len(contents[path]) + 1) != contents[path]:
            raise NotProvedError(
                f"the pointer to the sample of {pattern} was pushed, its object did not arrive"
            )
