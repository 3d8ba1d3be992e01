"""Reads what a server judges a push by: its own settings, and the configuration of the old tips.

Never the pushed commits: a push that weakens the rules is judged by the rules before it.
"""

from __future__ import annotations

import os

from pmgit.core.config import BASELINE, FILE, PYPROJECT
from pmgit.core.lazy import lazy
from pmgit.git.settings import GitSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.cat_file import Answer, Batch
    from pmgit.git.ref_updates import RefUpdate
    from pmgit.git.repository import Repository

#: The files at the top of a tree that may hold the configuration.
NAMES = (FILE, PYPROJECT)
#: The default branch, which counts for refs that are new.
HEAD = "HEAD"

_TRUE = frozenset({"true", "yes", "on", "1"})


class Settings:
    """The answers of Git, read when they are needed."""

    def __init__(self, repository: Repository, batch: Batch, updates: Sequence[RefUpdate]) -> None:
        self.batch = batch
        self._config = GitSettings(repository)
        self._olds = [update for update in updates if update.old]
        self._refs = [_in_namespace(update.remote) for update in self._olds]
        self._trees = [*dict.fromkeys(update.old for update in self._olds), HEAD]
        self._asked = [(tree, name) for tree in self._trees for name in NAMES]
        self._names = [f"{tree}:{name}" for tree, name in self._asked]
        self._baselines = [f"{tree}:{BASELINE}" for tree in self._trees]

    @lazy
    def _infos(self) -> list[Answer]:
        """The present refs of the push, the configurations and baselines, by one question."""
        return self.batch.ask(self._refs + self._names + self._baselines)

    def confirm(self) -> None:
        """Clear the old id of every update whose ref has another one. Call it before all else.

        Git hands on the id that the pusher claims, and checks it only when it moves the ref; not
        even then where another hook moves it.
        """
        for update, answer in zip(self._olds, self._infos, strict=False):
            if answer.oid != update.old:
                update.old = ""

    @lazy
    def configured(self) -> dict[str, str]:
        """The settings of `git config` for pmgit on this server, by key: `config`, `gitlab`, …"""
        found = self._config.all.items()
        return {k[6:]: values[-1].value for k, values in found if k.startswith("pmgit.")}

    def recorded(self, most: int) -> dict[tuple[str, str], Answer]:
        """The files that the old tips and HEAD have, by (id or `HEAD`, name).

        With their content, unless that has more than `most` bytes.
        """
        answers = self._infos[len(self._refs) :]
        there = {
            asked: answer
            for asked, answer in zip(self._asked, answers, strict=False)
            if answer.kind == "blob"
        }
        wanted = list(dict.fromkeys(one.oid for one in there.values() if one.size <= most))
        contents = dict(zip(wanted, self.batch.ask(wanted, whole=True), strict=True))
        return {asked: contents.get(answer.oid, answer) for asked, answer in there.items()}

    def baselines(self) -> dict[str, str]:
        """The ids of the baselines that the old tips and HEAD (`HEAD`) have; '' for none."""
        answers = self._infos[-len(self._trees) :]
        return {tree: one.oid for tree, one in zip(self._trees, answers, strict=True)}


def _in_namespace(ref: str) -> str:
    """The full name of a ref: with GIT_NAMESPACE set, Git shows the part behind the namespace."""
    parts = [part for part in os.environ.get("GIT_NAMESPACE", "").split("/") if part]
    return "".join(f"refs/namespaces/{part}/" for part in parts) + ref


def is_true(value: str) -> bool:
    """Whether Git would read a setting as true."""
    return value.lower() in _TRUE
