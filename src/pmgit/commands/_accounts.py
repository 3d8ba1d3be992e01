"""Which models a command works on: those that it was given, or all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.commands import _work_tree
from pmgit.commands._model_names import ModelNames
from pmgit.models import account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository
    from pmgit.models.account import Accounts


def chosen(names: Sequence[str]) -> tuple[Repository, Accounts]:
    """The repository, and the models that `names` mean; without names everything there is.

    Raises UsageError, with the nearest name, for one that is no model.
    """
    repository, config = _work_tree.load()
    found = account.collect(repository, config)
    if not names:
        return repository, found
    known = ModelNames(repository, config)
    wanted = dict.fromkeys(known.resolve(name)[0] for name in names)
    found.others = [model for model in found.models if model.path not in wanted]
    found.models = [model for model in found.models if model.path in wanted]
    found.loose, found.clones = [], []
    return repository, found
