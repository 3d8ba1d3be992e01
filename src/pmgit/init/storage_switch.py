"""From `storage = "ignore"` to Git LFS and back: all of it, or nothing with the reason.

Where weights belong is written in three places that people read and Git reads: the configuration,
the ignore block, the README of a models folder. The configuration comes last, so a switch that was
interrupted is finished by the same command; every step is noted for `pmgit init --undo`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.config import FILE, IGNORE, LFS, parse
from pmgit.gitfiles import models_folders, user_files
from pmgit.hooks.installation import NONE
from pmgit.init import config_steps, onboarding, readme_template
from pmgit.init.detect import Look
from pmgit.init.journal import ENTRY, OWN, SetupStep
from pmgit.init.onboarding import SetupPlan

if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.snapshots.base import Snapshot


@dataclass
class Switch:
    """The configuration as it will be; the steps that open or shut the models folders, and those
    for what people read. `notes` say what is left to them.
    """

    config: Config
    roots: list[str]
    first: list[SetupStep] = field(default_factory=list)
    last: list[SetupStep] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def steps(self) -> list[SetupStep]:
        """All of them."""
        return [*self.first, *self.last]


def switch(
    snapshot: Snapshot, config: Config, storage: str, keep_text: bool | None = None
) -> Switch:
    """The steps to another storage, without those of Git LFS; `snapshot` is the index.

    Raises PmgitError when the configuration cannot be changed line by line, or a line of the
    user's defeats the new ignore rules.
    """
    repository = snapshot.repository
    name = config.source.partition(" ")[0] or FILE
    before = user_files.read(os.path.join(repository.top, name))
    was, now = map(config_steps.storage_line, (LFS if storage == IGNORE else IGNORE, storage))
    after = (before or b"").replace(was.encode(), now.encode())
    after = config_steps.put_key(after, config.source or FILE, "storage", storage)
    new = parse(after, name)
    roots = models_folders.existing(repository, new, snapshot.listing())
    made = Switch(new, roots)
    plan = SetupPlan(Look(), new, storage, NONE, roots)
    made.first = onboarding.ignore_steps(snapshot, plan, keep_text)
    for root in roots:
        made.last += _readme(repository, f"{root}/{readme_template.NAME}", made)
    made.last.append(SetupStep.writing(ENTRY, name, before, after, f": storage {storage!r}"))
    return made


def _readme(repository: Repository, name: str, made: Switch) -> list[SetupStep]:
    """The step that exchanges the paragraph on weights and Git in the README of a models folder."""
    path = os.path.join(repository.top, *name.split("/"))
    if os.path.islink(path) or not os.path.isfile(path):
        return []
    before = user_files.read(path) or b""
    after = readme_template.switched(before, made.config.storage)
    if after is None:
        made.notes.append(f"{name} is yours: check what it has on weights and Git")
        return []
    return [SetupStep.writing(OWN, name, before, after, ": its paragraph on weights and Git")]
