"""The filter attributes of paths: asked for many at once, while other work goes on."""

from __future__ import annotations

from pmgit.git import attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

#: Below so many paths Git is asked, whatever the attribute files are like.
_FEW_PATHS = 100
#: From so many bytes of attribute files times paths on, `many_lines` takes less time than Git.
_LONG = 2_000_000_000


class PathFilters:
    """Git's answers about filters as every clone sees them, not as this one has them.

    `index_env` points git at the index that has the attribute files.
    """

    def __init__(self, repository: Repository, index_env: dict[str, str] | None) -> None:
        self.repository = repository
        self.index_env = index_env or {}
        self._clones: attributes.EveryClone | None = None
        self._filters: dict[str, str] = {}  # left out is what has none
        self._lists: list[Sequence[str]] = []  # the paths that they were asked for
        self._answered: set[str] = set()  # the same, made when somebody asks for one of them
        self._asked: tuple[Sequence[str], Process] | None = None

    def ask_filters(self, paths: Sequence[str]) -> None:
        """Start to ask Git for the filter attribute of `paths`; `filter_of` waits for it."""
        if paths:
            self._collect()
            if not self._settle(paths):
                self._asked = (paths, self._start(paths, self.index_env))

    def _start(self, paths: Sequence[str], env: dict[str, str]) -> Process:
        self._clones = self._clones or attributes.EveryClone(self.repository)
        return self._clones.ask(paths, env)

    def _settle(self, paths: Sequence[str]) -> bool:
        """Answer for so many paths and so many lines of attribute files that Git takes long."""
        if len(paths) < _FEW_PATHS:
            return False
        files = self._attribute_files(_LONG // len(paths))
        if sum([blob.size for blob in files]) * len(paths) < _LONG:
            return False
        from pmgit.git import many_lines

        found = many_lines.filters(self.repository, self._texts_of(files), paths)
        self._filters.update(found)
        self._lists.append(paths)
        return True

    def _attribute_files(self, size: int) -> Sequence[Blob]:  # noqa: ARG002
        """The `.gitattributes` files, their sizes known; none where all are below `size`, or where
        it costs as much to find out."""
        return ()

    def _texts_of(self, files: Sequence[Blob]) -> dict[str, bytes]:
        """The contents of files, by path."""
        raise NotImplementedError

    def _collect(self) -> None:
        if self._asked:
            paths, process = self._asked
            self._asked = None
            self._filters.update(attributes.answers(process, paths))
            self._lists.append(paths)

    def _unanswered(self, paths: Iterable[str]) -> list[str]:
        """The paths that git has not been asked about."""
        while self._lists:
            self._answered.update(self._lists.pop())
        return [path for path in paths if path not in self._answered]

    def filter_of(self, path: str) -> str:
        """The filter attribute that `path` has in this snapshot: `lfs`, `unspecified`, …"""
        if self._asked:
            self._collect()
        if path not in self._filters:
            self.learn_filters([path])
        return self._filters.get(path, attributes.UNSPECIFIED)

    def learn_filters(self, paths: Iterable[str]) -> None:
        """Get to know the filter attribute of many paths, by one question."""
        self._collect()
        self.ask_filters(self._unanswered(paths))
        self._collect()

    def filtered(self, blobs: Sequence[Blob]) -> list[Blob]:
        """Those blobs on whose path a filter works."""
        self.learn_filters([blob.path for blob in blobs])
        found, none = self._filters, attributes.NO_FILTER
        return [blob for blob in blobs if blob.path in found and found[blob.path] not in none]
