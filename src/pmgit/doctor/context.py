"""The context of all checks: the repository, its settings and files, the environment."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from pmgit.core.config import LFS, Config
from pmgit.git import attributes
from pmgit.git.settings import GitSettings
from pmgit.gitfiles.attributes import attribute_lines
from pmgit.gitfiles.attributes.attribute_lines import NAME, lfs_lines
from pmgit.gitfiles.attributes.unread_files import is_misnamed
from pmgit.hooks import hook_state
from pmgit.model import folder
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.git.repository import Repository
    from pmgit.hooks.hook_state import HookState


class Context:
    """The facts that checks share, each asked of Git or the disk once, when it is first needed."""

    def __init__(
        self,
        repository: Repository,
        config: Config | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.repository = repository
        self.config = config or Config()
        self.environ = dict(os.environ if environ is None else environ)

    @cached_property
    def settings(self) -> GitSettings:
        """Git's configuration, and that of Git LFS."""
        return GitSettings(self.repository, lfs=True)

    @cached_property
    def git_settings(self) -> GitSettings:
        """Git's configuration alone."""
        return self.settings.without_lfsconfig()

    @cached_property
    def hooks_folder(self) -> str:
        """The folder that Git takes hooks from."""
        return hook_state.hooks_folder(self.repository)

    def hooks(self) -> HookState:
        """The hooks, and the configurations that they read."""
        return hook_state.inspect(self.repository, self.git_settings, self.hooks_folder)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The index."""
        return Snapshot(self.repository, TREE, [], [])

    @cached_property
    def tracked(self) -> list[str]:
        """The regular files of the index."""
        return [path for path, blob in self.snapshot.listing().items() if blob.is_regular]

    @cached_property
    def local(self) -> list[str]:
        """The files below the models folders in the work tree, tracked or not."""
        top = self.repository.top
        return [path for root in self.config.models for path in folder.files_on_disk(top, root)]

    @cached_property
    def in_lfs(self) -> list[str]:
        """The tracked files that the attributes send to Git LFS."""
        if not self.tracked:
            return []
        asked = attributes.ask(self.repository, self.tracked, {})
        filters = attributes.answers(asked, self.tracked)
        return [path for path, filter in filters.items() if filter == attributes.LFS]

    @cached_property
    def attribute_files(self) -> dict[str, bytes]:
        """Every `.gitattributes` as Git reads it now: from the disk, else from the index.

        And such tracked files as are nearly called so.
        """
        listed = self.snapshot.listing()
        blobs = {p: b for p, b in listed.items() if p.rpartition("/")[2] == NAME or is_misnamed(p)}
        found = self.snapshot.objects.contents([b for b in blobs.values() if b.is_regular])
        files = {p: found.get(blob.oid, b"") for p, blob in blobs.items() if blob.is_regular}
        for path in {NAME, *blobs, *(p for p in self.local if p.rpartition("/")[2] == NAME)}:
            data = attribute_lines.read(os.path.join(self.repository.top, path))
            if data is not None:
                files[path] = data
        return files

    @cached_property
    def uses_lfs(self) -> bool:
        """Whether anything here is, or is meant to be, in Git LFS."""
        if self.in_lfs or self.config.storage == LFS:
            return True
        return any(map(lfs_lines, self.attribute_files.values()))

    def shown(self, path: str) -> str:
        """A path as a message names it: from the top when it lies there, `~` for HOME."""
        for base, mark in ((self.repository.top, ""), (os.path.expanduser("~"), "~/")):
            if os.path.isabs(base) and path.startswith(base.rstrip("/\\") + os.sep):
                return mark + path[len(base.rstrip("/\\")) + 1 :].replace(os.sep, "/")
        return path
