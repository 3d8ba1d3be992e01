"""Which model folder a NAME means (`bert`, `org/name`, or a path), and which models are chosen.

A NAME is looked up from the top of the repository (`pretrained_model/bert`), then in the models
folders (`bert`), then where the user stands. The models folders come before the place, so that a
printed command means the same wherever it is pasted.
"""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from pmgit.commands import _work_tree
from pmgit.commands._terminal import note
from pmgit.core.errors import PmgitError, UsageError, nearest
from pmgit.core.shell import Shell, own_command, quote
from pmgit.core.units import counted
from pmgit.git.nested import is_repository
from pmgit.model import folder
from pmgit.models import account
from pmgit.report.text import visible
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pmgit.core.config import Config
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.models.account import Account, Accounts

#: What the commands about all models print where there are none.
NO_MODEL = "no model: put one below the models folder, then: pmgit add FOLDER"


def chosen_models(names: Sequence[str]) -> tuple[Repository, Config, Accounts]:
    """The repository, its configuration, and the models that `names` mean; without names all.

    Raises UsageError, with the nearest name, for one that is no model.
    """
    repository, config = _work_tree.load()
    found = account.collect(repository, config)
    left_out = [model for model in found.models if model.is_left_out]
    if not names:
        if left_out:
            count = counted(len(left_out), "model")
            note(
                f"outside of this sparse checkout: {count}; to have one: {_sparse_add(left_out[0])}"
            )
        found.models = [model for model in found.models if not model.is_left_out]
        return repository, config, found
    known = ModelNames(repository, config, found.listing)
    wanted = dict.fromkeys(known.resolve(name)[0] for name in names)
    left_out = [model for model in left_out if model.path in wanted]
    if left_out:
        shown = visible(left_out[0].path)
        raise UsageError(f"{shown} is outside of this sparse checkout", _sparse_add(left_out[0]))
    found.others = [model for model in found.models if model.path not in wanted]
    found.models = [model for model in found.models if model.path in wanted]
    found.loose, found.clones = [], {}
    found.links = [
        one for one in found.links if one.path.startswith(tuple(f"{m}/" for m in wanted))
    ]
    return repository, config, found


def _sparse_add(model: Account) -> str:
    return f"git sparse-checkout add {quote(model.path)}"


def refused(repository: Repository, model: Account) -> PmgitError:
    """The error for a model whose pmgit.lock cannot be used, with the command that cures it."""
    hint, cure = model.error.hint if model.error else "", model.cure
    command = f": {Shell(repository.prefix, own_command()).line(cure)}" if cure else ""
    return PmgitError(model.trouble, hint + command)


class ModelNames:
    """The model folders of a repository, on disk and in the index, by name.

    Who has asked Git already gives the `listing` of the index below the models folders.
    """

    def __init__(
        self, repository: Repository, config: Config, listing: Mapping[str, Blob] | None = None
    ) -> None:
        self._repository = repository
        self._top = repository.top
        self._prefix = repository.prefix
        self._roots = config.models
        if listing is None:
            listing = Snapshot(repository, TREE, [], []).listing(*self._roots)
        self._tracked = list(listing)
        files = [path for path, blob in listing.items() if folder.is_file(blob)]
        self._models: dict[str, str] = {}
        for root in self._roots:
            mine = [path for path in files if path.startswith(f"{root}/")]
            found = folder.find([*mine, *folder.files_on_disk(self._top, root)], root)
            self._models |= dict.fromkeys(found, root)

    def is_tracked(self, path: str) -> bool:
        """Whether the index has this path, a file or a folder."""
        return any(t == path or t.startswith(f"{path}/") for t in self._tracked)

    def resolve(self, name: str) -> tuple[str, str]:
        """The model folder that `name` means, from the top, and the models folder it lies in.

        UsageError, with the nearest name, when it is no folder on disk nor in the index, leads
        out of the models folders, or is no model's own folder.
        """
        clean = self._checked(name)
        for path in self._places(clean):
            root = folder.root_of(path, self._roots)
            if root and (self._is_on_disk(path, name) or self.is_tracked(path)):
                self._refuse_other_level(path, name)
                return path, root
        here = (clean, self._prefix + clean)
        if any(posixpath.normpath(path) in self._roots for path in here):
            raise UsageError(f"{name!r} is a models folder, not a model", self._known())
        best = nearest(clean.removeprefix(f"{self._roots[0]}/"), [*self._names(), *self._models])
        hint = f"did you mean {best!r}?" if best else self._known()
        raise UsageError(f"{name!r} is no model folder on disk, nor in the index", hint)

    def _places(self, clean: str) -> list[str]:
        paths = [clean, *(f"{root}/{clean}" for root in self._roots), self._prefix + clean]
        return [posixpath.normpath(path) for path in paths]

    def _checked(self, name: str) -> str:
        """`name` with plain slashes and none at its end; refused when it leads elsewhere.

        One that begins with `..`, or is absolute, leads from where the user stands: then it is
        returned as from the top.
        """
        clean = name.replace(os.sep, "/")
        parts = clean.split("/")
        if (parts[0] == ".." or os.path.isabs(name)) and "\0" not in name:
            while parts and parts[0] == "..":
                del parts[0]
            if ".." not in parts:
                clean = _work_tree.from_top(self._repository, name)
                if not folder.root_of(clean, self._roots) and clean not in self._roots:
                    raise UsageError(
                        f"{name!r} leads out of the models", f"write it as {self._example()}"
                    )
                parts = clean.split("/")
        if clean.startswith("/") or os.path.splitdrive(clean)[0]:
            raise UsageError(f"{name!r} is an absolute path", f"write it as {self._example()}")
        if ".." in parts or "\0" in name or any(part.lower() == ".git" for part in parts):
            raise UsageError(f"{name!r} leads out of the models", f"write it as {self._example()}")
        if not any(parts):
            raise UsageError("a model's name is empty", f"write it as {self._example()}")
        return clean.rstrip("/")

    def _is_on_disk(self, path: str, name: str) -> bool:
        """Whether this is a folder of the work tree, spelled just so; a link on the way is refused.

        Each part is looked up in its folder's listing, because a file system that ignores case
        would say yes to any spelling.
        """
        at = self._top
        for part in path.split("/"):
            try:
                if part not in os.listdir(at):
                    return False
            except OSError:
                return False
            at = os.path.join(at, part)
            if os.path.islink(at) or _is_junction(at):
                raise UsageError(
                    f"{name!r} leads through the link {os.path.relpath(at, self._top)!r}",
                    "pmgit does not write through links; see: pmgit explain linked-model",
                )
            shown = os.path.relpath(at, self._top).replace(os.sep, "/")
            below = any(path.startswith(f"{shown}/") for path in self._tracked)
            if shown in self._tracked or (is_repository(at) and not below):
                raise UsageError(
                    f"{name!r} lies in {shown!r}, a repository of its own: Git records no file of"
                    " it here",
                    "what to do with a clone: pmgit explain linked-model",
                )
        return os.path.isdir(at)

    def _refuse_other_level(self, path: str, name: str) -> None:
        """An organisation's folder would become a model by an INFO.md of its own."""
        if path in self._models:
            return
        above = [model for model in self._models if path.startswith(f"{model}/")]
        if above:
            raise UsageError(f"{name!r} is a part of the model {above[0]!r}", f"name {above[0]!r}")
        below = sorted(model for model in self._models if model.startswith(f"{path}/"))
        if below:
            raise UsageError(
                f"{name!r} holds models and is none itself",
                "name one of them: " + ", ".join(map(repr, below[:5])),
            )

    def _names(self) -> list[str]:
        return [path[len(root) + 1 :] for path, root in self._models.items()]

    def _known(self) -> str:
        every = self._names()
        names = sorted(
            path if every.count(name) > 1 else name
            for path, name in zip(self._models, every, strict=True)
        )
        if names:
            return "known: " + ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        return f"put the model's files into a folder first: {self._example()}"

    def _example(self) -> str:
        root = self._roots[0] if self._roots else "pretrained_model"
        return f"{root}/bert-base-uncased"


def _is_junction(path: str) -> bool:
    check = getattr(os.path, "isjunction", None)  # Python 3.12, Windows
    return bool(check and check(path))
