"""Whether pushes upload the objects of Git LFS: that is what its pre-push hook is for.

Without the hook `git push` succeeds, and the remote gets pointers to nothing. git-lfs writes the
hook itself when there is none; a hook of somebody else is never touched here.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from pmgit.hooks.names import LFS_CALLS, PUSH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository

_CALLS = tuple(call.encode() for call in LFS_CALLS)


class PushUpload(NamedTuple):
    """Whether a push uploads, the path of the pre-push hook, and a hint for when it does not."""

    uploads: bool
    hook: str
    hint: str = ""


def ensure(repository: Repository) -> PushUpload:
    """Let git-lfs write its hooks when there is no pre-push hook; say so when another is there."""
    folder, own = _hooks_folder(repository)
    hook = os.path.join(folder, PUSH)
    if not os.path.lexists(hook) and own:
        # pmgit runs git without hooks; here their real folder is what is meant.
        repository.start("-c", f"core.hooksPath={folder}", "lfs", "update").wait()
    if _uploads(hook):
        return PushUpload(True, hook)
    if os.path.lexists(hook):
        return PushUpload(False, hook, f'add this line to {hook}: git lfs pre-push "$@"')
    return PushUpload(False, hook, "git lfs update")


def is_wanted(repository: Repository) -> bool:
    """Whether `ensure` would have git-lfs write its hooks."""
    folder, own = _hooks_folder(repository)
    return own and not os.path.lexists(os.path.join(folder, PUSH))


def _hooks_folder(repository: Repository) -> tuple[str, bool]:
    """Where hooks are, and whether the folder belongs to this repository alone."""
    code, out, _ = repository.start(
        "config", "-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"
    ).wait()
    fields = os.fsdecode(out).split("\0") if code == 0 else []
    # The last one wins; the scope `command` is pmgit's own.
    found = [
        (scope, path)
        for scope, path in zip(fields[::2], fields[1::2], strict=False)
        if scope != "command"
    ]
    if not found:
        return os.path.join(repository.common_dir, "hooks"), True
    scope, path = found[-1]
    return os.path.join(repository.top, path), scope in ("local", "worktree")


def _uploads(hook: str) -> bool:
    """Whether a hook runs git-lfs, itself or through the hook that pre-commit put aside."""
    text = _read(hook)
    if any(call in text for call in _CALLS):
        return True
    moved = hook + ".legacy"
    if b"pre-commit" in text or b"prek" in text:
        return any(call in _read(moved) for call in _CALLS)
    return False


def _read(path: str) -> bytes:
    """The text of a hook that can run; empty when it cannot."""
    if os.name == "posix" and not os.access(path, os.X_OK):
        return b""
    try:
        with open(path, "rb") as file:
            return file.read(1_000_000)
    except OSError:
        return b""
