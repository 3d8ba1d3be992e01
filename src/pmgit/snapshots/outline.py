"""An outline of folders of the index with very many entries, without a list of all of them.

It takes two questions: what HEAD has directly in these folders, and where below them the index has
a file of a certain name. Git lists the rest of one folder when somebody needs it.
"""

from __future__ import annotations

import os

from pmgit.core.lazy import lazy
from pmgit.git import process
from pmgit.git.blob import FOLDER, at_or_below, changed
from pmgit.git.entries import FILES, INDEX, TREE, of_index, of_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: Of more folders than this, all is listed.
_FOLDERS = 400
#: So many names make a folder a large one.
MANY = 50
#: What has a meaning in a pattern of Git.
_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\*?["})


def is_worth_it(roots: Iterable[str], top: str = "") -> bool:
    """Whether folders are so large, by the names in them on disk, that an outline costs less.

    A list of few models takes Git less time than a look at all of the index.
    """
    names = 0
    for root in roots:
        place = os.path.join(top, root)
        try:
            names += 0 if os.path.islink(place) else len(os.listdir(place))
        except OSError:
            continue
    return names > MANY


class Question:
    """The questions for an outline of the folders `roots`, under way.

    `note` is the name of the files that are looked for. Of `files` it is asked as well what HEAD
    has at these paths.
    """

    def __init__(
        self,
        roots: Sequence[str],
        note: str,
        files: Sequence[str] = (),
        *,
        top: str = "",
        env: dict[str, str] | None = None,
    ) -> None:
        self.roots, self.note, self._files = tuple(roots), note, files
        inside = [f"{root}/" for root in roots]
        self._named = process.start(*TREE, "HEAD", "--", *files, *inside, top=top, env=env)
        # A star also means slashes, and Git is quick at patterns with one of them.
        noted = [f":(top){root.translate(_SPECIAL)}/*/{self.note}" for root in self.roots]
        self._noted = process.start(*INDEX, "--", *noted, top=top, env=env, literal=False)

    def finish(
        self, repository: Repository, changes: list[Blob], unmerged: Sequence[str], *, unborn: bool
    ) -> Outline | None:
        """The outline of an index that has these changes against HEAD; None where Git has none."""
        no_names, named, _ = self._named.wait()
        no_notes, noted, _ = self._noted.wait()
        if no_notes or (no_names and not unborn):
            return None
        found = Outline(repository, self.roots, changes, unmerged)
        entries = of_tree(named)
        found.folders = {entry.path for entry in entries if entry.mode == FOLDER}
        found.files = [entry for entry in entries if entry.mode != FOLDER]
        # An empty note looks the same as what is only announced (`git add -N`).
        empty, end = repository.id_of(b""), -len(self.note) - 1
        found.noted = {
            blob.path[:end] for blob in of_index(noted) if blob.is_regular and blob.oid != empty
        }
        return found


class Outline:
    """An outline of some folders: HEAD's names in them, and the changes of the index.

    `folders` are the folders that HEAD has directly in `roots`, `files` what else it has there
    (and the files that were asked for), `noted` all folders below with a note in the index.
    """

    def __init__(
        self,
        repository: Repository,
        roots: tuple[str, ...],
        changes: list[Blob],
        unmerged: Sequence[str],
    ) -> None:
        self.roots = roots
        self.folders: set[str] = set()
        self.files: list[Blob] = []
        self.noted: set[str] = set()
        self._repository = repository
        self._changes = changes
        self._unmerged = unmerged

    def at(self, paths: Sequence[str]) -> dict[str, Blob]:
        """The entries of the index at those of `paths` that were asked for, by path."""
        changes = at_or_below(self._changes, paths)
        before = [blob for blob in self.files if blob.path in paths]
        return changed(before, changes, self._unmerged)

    def names(self, roots: Sequence[str]) -> set[str]:
        """All paths directly in `roots`, of files and of folders, that HEAD or the index has."""
        begins = tuple(f"{root}/" for root in roots)
        found = {blob.path for blob in self.files if blob.path.startswith(begins)}
        found.update(folder for folder in self.folders if folder.startswith(begins))
        for root in roots:
            loose, inside = self._changes_in[root]
            found.update(blob.path for blob in loose)
            found.update(inside)
        return found

    def below(self, folders: Iterable[str], roots: Sequence[str]) -> dict[str, Blob] | None:
        """The entries of the index below these folders of `roots`, and directly in `roots`.

        None where HEAD cannot be read.
        """
        begins = tuple(f"{root}/" for root in roots)
        before = [blob for blob in self.files if blob.path.startswith(begins)]
        changes = [change for root in roots for change in self._changes_in[root][0]]
        for folder in folders:
            for root in roots:
                changes += self._changes_in[root][1].get(folder, ())
        old = [folder for folder in folders if folder in self.folders]
        if old:
            listed = old if len(old) <= _FOLDERS else roots
            code, out, _ = self._repository.start(*FILES, "HEAD", "--", *listed).wait()
            if code:
                return None
            inside = tuple(f"{folder}/" for folder in old)
            entries = of_tree(out)
            before += [b for b in entries if listed is old or b.path.startswith(inside)]
        found = changed(before, changes, self._unmerged)
        return {path: found[path] for path in sorted(found)}

    @lazy
    def _changes_in(self) -> dict[str, tuple[list[Blob], dict[str, list[Blob]]]]:
        """The changes of each root: those directly in it, and the others by their folder in it."""
        found = {}
        for root in self.roots:
            loose: list[Blob] = []
            inside: dict[str, list[Blob]] = {}
            begin, last = len(root) + 1, "/"
            for change in at_or_below(self._changes, (root,)):
                path = change.path
                if path.startswith(last):
                    inside[last[:-1]].append(change)
                elif "/" in path[begin:]:
                    last = path[: path.index("/", begin) + 1]
                    inside.setdefault(last[:-1], []).append(change)
                elif len(path) > begin:
                    loose.append(change)
            found[root] = loose, inside
        return found
