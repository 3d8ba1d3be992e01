"""Where Git looks for hooks here, and what a hook file does, by its text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.hooks import chain, framework_files
from pmgit.hooks.hook_file import HookFile
from pmgit.hooks.names import FILES, LEFTHOOK

if TYPE_CHECKING:
    from pmgit.doctor.context import Context
    from pmgit.git.settings import GitSetting

_MOST = 1_000_000


@dataclass
class HookFolder:
    """`path` is where Git looks; `setting` is core.hooksPath when that is why.

    `own` is the folder in the git directory, `lefthook` the text of lefthook's configuration.
    """

    path: str
    own: str
    setting: GitSetting | None
    lefthook: str = ""

    @property
    def is_shared(self) -> bool:
        """Whether other repositories use it too."""
        return self.setting is not None and not self.setting.is_of_repository

    def hook(self, stage: str) -> HookFile:
        """The hook that Git runs for a stage."""
        found = HookFile.read(os.path.join(self.path, stage), stage)
        above, name = os.path.split(self.path)
        if found.runs and name == "_" and os.path.isfile(os.path.join(above, stage)):
            # husky: `.husky/_/pre-push` runs `sh -e .husky/pre-push`.
            found.handed_on += "\n" + HookFile.read(os.path.join(above, stage), stage).text
        for hook in (found, found.beside(chain.SAVED)):
            if hook.runs and hook.is_lefthook:
                found.handed_on += self.lefthook
        return found


def folder(context: Context) -> HookFolder:
    """The folder that Git runs hooks from."""
    path = context.hooks_folder
    own = os.path.join(context.repository.common_dir, "hooks")
    setting = context.settings.last("core.hookspath")
    found = HookFolder(path, own, setting if setting and setting.value else None)
    for name in FILES[LEFTHOOK]:
        path = os.path.join(context.repository.top, name)
        try:
            if os.path.isfile(path):  # a pipe may never end
                with open(path, "rb") as file:
                    found.lefthook += "\n" + file.read(_MOST).decode("utf-8", "replace")
        except OSError:
            continue
    return found


def onboard(context: Context) -> Fix:
    """The fix that adds pmgit's hooks to those that are here: it keeps them, and asks before."""
    words = ["pmgit", "init"]
    if not framework_files.present(context.repository.top) and not context.config.values["hooks"]:
        words += ["--hooks", "native"]
    return Fix(Step(*words))
