"""Where Git looks for hooks here, and what a hook file does, by its text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.hooks import chain, framework_files, hook_state
from pmgit.hooks.hook_file import LFS, HookFile
from pmgit.hooks.names import FILES, LEFTHOOK, LFS_CALLS

if TYPE_CHECKING:
    from pmgit.doctor.context import Context
    from pmgit.git.settings import GitSetting

_MOST = 1_000_000


@dataclass
class Hook(HookFile):
    """A hook file that Git runs; `handed_on` is the text of what it runs in turn."""

    handed_on: str = ""

    @property
    def text(self) -> str:
        """Its text, and that of what it runs in turn."""
        return (self.content or b"").decode("utf-8", "replace") + self.handed_on

    @property
    def exists(self) -> bool:
        return self.content is not None

    @property
    def framework(self) -> str:
        """pre-commit or prek when one of them wrote it, else ''."""
        return self.kind if self.is_framework else ""

    @property
    def is_lefthook(self) -> bool:
        """Whether lefthook wrote it. Its pre-push hook runs `git lfs pre-push` by itself, with
        Git's input (seen with 2.2.2; evilmartians/lefthook pull 306 and 731).
        """
        return any(line.startswith("call_lefthook run ") for line in self.lines)

    @property
    def uploads(self) -> bool:
        """Whether its text runs git-lfs; a comment does not count."""
        return self.kind == LFS or any(c in line for line in self.lines for c in LFS_CALLS)

    @property
    def judges(self) -> bool:
        """Whether its text runs pmgit; of a chain, whether its header has `judge`."""
        if self.chain:
            return self.chain.judge
        return any("pmgit-hook" in line or "pmgit.hook" in line for line in self.lines)

    @property
    def lines(self) -> list[str]:
        """The lines without comments."""
        lines = (line.strip() for line in self.text.splitlines())
        return [line for line in lines if not line.startswith("#")]

    @property
    def legacy(self) -> Hook:
        """The hook that pre-commit or prek has put aside and runs."""
        return Hook.read(f"{self.path}.legacy", self.stage)

    @property
    def saved(self) -> Hook:
        """The hook that pmgit's chain has put aside and runs."""
        return Hook.read(f"{self.path}.{chain.SAVED}", self.stage)


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

    def chains(self, stage: str) -> list[HookFile]:
        """The chains of pmgit for a stage, of any version: what Git runs, or a framework."""
        above, name = os.path.split(self.path)
        folder = above if name == "_" else self.path  # husky
        paths = [os.path.join(folder, name) for name in (stage, f"{stage}.legacy")]
        return [hook for path in paths if (hook := HookFile.read(path, stage)).chain]

    def hook(self, stage: str) -> Hook:
        """The hook that Git runs for a stage."""
        found = Hook.read(os.path.join(self.path, stage), stage)
        above, name = os.path.split(self.path)
        if found.runs and name == "_" and os.path.isfile(os.path.join(above, stage)):
            # husky: `.husky/_/pre-push` runs `sh -e .husky/pre-push`.
            found.handed_on += "\n" + Hook.read(os.path.join(above, stage), stage).text
        for hook in (found, found.saved):
            if hook.runs and hook.is_lefthook:
                found.handed_on += self.lefthook
        return found


def folder(context: Context) -> HookFolder:
    """The folder that Git runs hooks from."""
    path = hook_state.hooks_folder(context.repository)
    own = os.path.join(context.repository.common_dir, "hooks")
    setting = context.settings.last("core.hookspath")
    found = HookFolder(path, own, setting if setting and setting.value else None)
    for name in FILES[LEFTHOOK]:
        try:
            with open(os.path.join(context.repository.top, name), "rb") as file:
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
