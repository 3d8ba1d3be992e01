"""Whether pushes upload the objects of Git LFS: that is what its pre-push hook is for.

Without the hook `git push` succeeds, and the remote gets pointers to nothing. git-lfs writes the
hook itself when there is none; a hook of somebody else is never touched here.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from pmgit.hooks.hook_file import HookFile
from pmgit.hooks.names import PUSH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from pmgit.git.settings import GitSettings


class PushUpload(NamedTuple):
    """Whether a push uploads, the path of the pre-push hook, and a hint for when it does not."""

    uploads: bool
    hook: str
    hint: str = ""


def ensure(repository: Repository, folder: str, settings: GitSettings) -> PushUpload:
    """Let git-lfs write its hooks when there is no pre-push hook; say so when another is there.

    `folder` is where Git takes hooks from.
    """
    hook = os.path.join(folder, PUSH)
    if is_wanted(folder, settings):
        # pmgit runs git without hooks; here their real folder is what is meant.
        repository.start("-c", f"core.hooksPath={folder}", "lfs", "update").wait()
    found = HookFile.read(hook, PUSH)
    kept = found.beside("legacy") if found.is_framework else found
    if found.runs and kept.runs and (found.uploads or kept.uploads):
        return PushUpload(True, hook)
    if os.path.lexists(hook):
        return PushUpload(False, hook, f'add this line to {hook}: git lfs pre-push "$@"')
    return PushUpload(False, hook, "git lfs update")


def is_wanted(folder: str, settings: GitSettings) -> bool:
    """Whether `ensure` would have git-lfs write its hooks: not for other repositories."""
    setting = settings.last("core.hookspath")
    own = not setting or setting.is_of_repository
    return own and not os.path.lexists(os.path.join(folder, PUSH))
