"""Files that have arrived, judged before they get their names: what is unsafe or broken never does.

A refusal is about the whole model, because half of a model is none. Bytes that were fetched stay
where they have arrived, under a name that nothing loads: the next run judges them again, and
fetches nothing.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.core.errors import FINDINGS, PmgitError
from pmgit.core.units import counted
from pmgit.formats import names
from pmgit.formats.opinion import BROKEN, PASSES, POINTER, UNKNOWN, UNSAFE, split
from pmgit.formats.reader import FileReader
from pmgit.formats.regular import open_regular, reason_of
from pmgit.report.opinions import lines_of
from pmgit.scan.scanned import judge_content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pmgit.core.config import Config
    from pmgit.formats.opinion import Opinion

#: What helps, by the worst verdict of the files that are refused.
_HINTS = {
    UNSAFE: "do not load it: ask its authors for safetensors, or leave the file out; what you have"
    " looked into is accepted by [accepted.{}] in .pmgit.toml: pmgit explain unsafe-weights",
    BROKEN: "take another revision of it, or leave the file out",
    UNKNOWN: "ask its authors for safetensors, or leave the file out",
}
#: What a refusal means for a model that was fetched.
KEPT = (
    "what was fetched stays in the git directory (pmgit/incoming), so that it is not fetched again"
)


class NotTakenError(PmgitError):
    """Files of a model that are not taken, because they are unsafe, broken or cannot be judged."""

    exit_code = FINDINGS


@dataclass(frozen=True)
class Arrived:
    """A file that has arrived: its `path` in the model, its `place` on disk, its `sha256`, '' where
    nobody has hashed it yet.

    `folder` is where it lies beside the other files of its model, '' where it does not yet.
    `is_in_place`: it was not fetched but lies in its place, where a pointer of Git LFS is right.
    """

    path: str
    place: str
    sha256: str
    folder: str = ""
    is_in_place: bool = False


@dataclass(frozen=True)
class Gate:
    """The way into a models folder.

    `refuse` is called with a line for everything that speaks against a file that is refused,
    `note` with one for what is odd about a file that is taken.
    """

    config: Config
    refuse: Callable[[str], None]
    note: Callable[[str], None]

    def judge(self, model: str, files: Iterable[Arrived], outcome: str) -> None:
        """Judge the files of a model folder; all of them, so that one run names all faults.

        Raises NotTakenError when one is refused; `outcome` says in words what that means for the
        model. PmgitError when a file cannot be read.
        """
        refused: dict[str, str] = {}  # a hash for each verdict
        count = 0
        every = list(files)
        for file in every:
            found = _opinion(file)
            if file.is_in_place and found.verdict == POINTER:
                continue
            show = self.note
            sha256 = _sha256_of(file) if found.verdict not in PASSES else ""
            if is_refused(self.config, sha256, found):
                refused.setdefault(BROKEN if found.verdict == POINTER else found.verdict, sha256)
                count += 1
                show = self.refuse
            for line in lines_of(f"{model}/{file.path}", found):
                show(line)
        if refused:
            worst = next(verdict for verdict in _HINTS if verdict in refused)
            which = f"{count} of {counted(len(every), 'file')} refused"
            raise NotTakenError(
                f"{model}: {which}; {outcome}", _HINTS[worst].format(refused[worst])
            )


def is_refused(config: Config, sha256: str, found: Opinion) -> bool:
    """Whether a file with this opinion stays out; a pointer does where content was promised.

    A format that pmgit does not know is no reason to keep a file out. Everything else that it could
    not judge is: a file may be made too big or too deep on purpose.
    """
    rest, _ = split(found, config.accepted_of(sha256))
    if rest.verdict in PASSES:
        return False
    return not (rest.verdict == UNKNOWN and rest.kind == names.DATA)


def _sha256_of(file: Arrived) -> str:
    """The hash by which a repository accepts a file; one that is right needs none."""
    if file.sha256:
        return file.sha256
    with open_regular(file.place) as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _opinion(file: Arrived) -> Opinion:
    try:
        with open_regular(file.place) as opened:
            return judge_content(FileReader(opened, file.folder), file.path)
    except (OSError, ValueError) as error:
        name = os.path.basename(file.path)
        raise PmgitError(
            f"{name} could not be judged: {reason_of(error)}", "run it again"
        ) from error
