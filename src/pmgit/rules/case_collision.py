"""The rule `case-collision`."""

from __future__ import annotations

from pmgit.core.rule import PATHS, Rule
from pmgit.model.folder import INFO
from pmgit.model.naming import fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject


class CaseCollision(Rule):
    """Two paths below a models folder that differ only in upper and lower case.

    ## What it reports

    A new file or folder whose name is the same as another's when case (or the way in which
    accented letters are composed) does not count.

    ## Why it is bad

    On macOS and Windows the two are one file: after a clone one of them is missing, and the
    other shows up as modified for ever.

    ## Example

    `pretrained_model/bert/vocab.txt` and `pretrained_model/bert/Vocab.txt`; or a file in
    `pretrained_model/BERT/` beside `pretrained_model/bert/`.

    ## What to do

    Paste the printed `git mv`: it moves the new file into the folder that was there first, or
    to a name that is free. Of two models, each with an INFO.md, it renames the folder of the new
    one, where that has weights.
    """

    name = "case-collision"
    family = "naming"
    scope = PATHS

    def check(self, subject: Subject) -> Iterator[Finding]:
        new = {c.path for c in subject.model_changes if c.oid and not c.before}
        if not new or not _may_collide(*subject.places.neighbours):
            return
        spellings = self._spellings(subject, new)
        right = {path: self._respell(path, spellings) for path in new}
        wrong = sorted((path for path in new if right[path] != path), key=str.swapcase)
        if not wrong:
            return
        from pmgit.fix import renames
        from pmgit.model.steering import steers_git

        names = None
        apart: dict[str, str] = {}
        for path in wrong:
            fix, hindrance = None, ""
            old, target = self._whole(subject, path, right)
            stays = old == path and (_leaves_last(path, wrong) or steers_git(path))
            if subject.snapshot.has_work_tree and not stays:
                names = names or renames.FreeNames(subject)
                if old != path:
                    target = apart[old] = apart.get(old) or names.numbered(target)
                elif not names.is_free(target, path):
                    target = names.numbered(target)
                hindrance = names.hindrance(old, target)
                stays = bool(hindrance) or names.is_bound(old)
                fix = None if stays else names.move(old, target)
            message = f"differs only in case from {right[path]!r}{hindrance}"
            yield self.finding(path, message, fix=fix)

    def _whole(self, subject: Subject, path: str, right: dict[str, str]) -> tuple[str, str]:
        """What has to be renamed for a path, and its right spelling: itself, or its whole model.

        Two folders that are described are two models: one with weights goes as it is, because those
        that Git ignores stay behind where its files move alone.
        """
        model = subject.places.model_of(path)
        info = f"{model}/{INFO}"
        other = right.get(info, info)
        if model and other != info and other in subject.places.listing:
            found = next((one for one in subject.models if one.path == model), None)
            if found and (found.weights or found.local):
                return model, other.rpartition("/")[0]
        return path, right[path]

    def _spellings(self, subject: Subject, new: set[str]) -> dict[str, str]:
        """For every file and folder, by its folded path: how its name is spelt; the oldest wins."""
        found: dict[str, str] = {}
        # Of those that are equally new, the one with more small letters: it is the plain name.
        for path in sorted(subject.places.listing, key=lambda path: (path in new, path.swapcase())):
            whole = ""
            for part in path.split("/"):
                whole = f"{whole}/{part}"
                found.setdefault(fold(whole), part)
        return found

    def _respell(self, path: str, spellings: dict[str, str]) -> str:
        """The path in the spelling that was there first."""
        right = whole = ""
        for part in path.split("/"):
            whole = f"{whole}/{part}"
            right = f"{right}/{spellings[fold(whole)]}"
        return right[1:]


def _may_collide(paths: Iterable[str], folders: Iterable[str]) -> bool:
    """Whether any two files or folders have names that differ only in case.

    All at once, as looking at each part of each path takes ten times as long. `folders` are those
    that the files lie in.
    """
    names = set(paths)
    folders = set(folders)
    while folders:
        names |= folders
        folders = {path.rpartition("/")[0] for path in folders} - names
    text = "\0".join(names)
    folded = text.lower().split("\0") if text.isascii() else map(fold, names)
    return len(set(folded)) != len(names)


def _leaves_last(path: str, wrong: list[str]) -> bool:
    """Whether this is the INFO.md of a folder from which other files still have to move.

    If it went first, the rest would be a model without one, which gets a new one.
    """
    folder, _, name = path.rpartition("/")
    inside = f"{folder}/"
    return name == INFO and any(p.startswith(inside) and p != path for p in wrong)
