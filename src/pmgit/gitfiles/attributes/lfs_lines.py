"""The lines of pmgit's block in `.gitattributes`, and what Git would say of them.

Patterns that are in the block stay. Behind them come the lines that keep texts out of Git LFS:
the last line that matches decides.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from pmgit.core.config import LFS as LFS_STORAGE
from pmgit.core.config import PYPROJECT
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git import attributes, many_lines
from pmgit.git.attribute_text import pattern_line, unquoted
from pmgit.git.attributes import LFS
from pmgit.git.names import PROBE
from pmgit.gitfiles import block
from pmgit.gitfiles import user_files as files
from pmgit.gitfiles.attributes import lfs_patterns, other_lines
from pmgit.gitfiles.attributes.attribute_lines import NAME, deciders, matching
from pmgit.gitfiles.what_if import shadow_of
from pmgit.lfs import patterns, pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pmgit.core.config import Config
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.git.settings import GitSettings
    from pmgit.gitfiles.attributes.attribute_file import AttributeFile


@dataclass
class Coverage:
    """The paths that a pattern matches: files that exist, and probes that could."""

    real: list[str] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)


class Groups(NamedTuple):
    """The patterns of a block, in their order: sent to Git LFS, kept text, and sent after all.

    The last are texts that are too large for Git, each by its path. `diff` is how Git compares
    what is sent.
    """

    sends: list[str]
    keeps: list[str]
    large: list[str]
    diff: str = patterns.PLAIN_DIFF

    def lines(self) -> list[str]:
        """The lines of the block."""
        return [
            *(patterns.attribute_line(one, self.diff) for one in sorted(set(self.sends))),
            *map(patterns.unset_line, sorted(set(self.keeps))),
            *map(patterns.attribute_line, sorted(set(self.large))),
        ]


def split(lines: Iterable[str]) -> Groups:
    """The patterns of a block's lines."""
    groups = Groups([], [], [])
    lines = list(lines)
    if any(f"diff={patterns.TENSOR_DIFF}" in line.split() for line in lines):
        groups = groups._replace(diff=patterns.TENSOR_DIFF)
    for line in lines:
        found = pattern_line(line)
        if found and "filter=lfs" not in found.words:
            groups.keeps.append(found.word)
        elif found:
            (groups.large if groups.keeps else groups.sends).append(found.word)
    return groups


class Lines:
    """The lines to write, worked out against everything else that speaks of attributes."""

    def __init__(
        self,
        repository: Repository,
        file: AttributeFile,
        *,
        roots: Sequence[str],
        names: Sequence[str],
        tracked: Mapping[str, Blob],
        max_text: int = patterns.MAX_TEXT_BYTES,
        diff: str = "",
        settings: GitSettings | None = None,
    ) -> None:
        """`names` are all files that are known, on disk or in the index; `tracked` the latter.

        A text of more than `max_text` bytes may go to Git LFS. `diff` is how Git is to compare
        what is sent ('': as it does now). `settings` are those of the repository, where they are
        known already.
        """
        self._settings = settings
        self._diff = diff
        self._max_text = max_text
        self._repository = repository
        self._file = file
        self._roots = roots
        self._old = split(block.read(file.work_tree or b"", NAME) or [])
        self._texts = [name for name in names if patterns.must_be_text(name)]
        self._names = names
        self._tracked = tracked
        #: The texts that are too large for Git, by the pattern of each.
        self.large = {patterns.exact(path): path for path in self._texts if self._is_large(path)}

    def files(self, lines: Sequence[str], *, on_disk: bool = False) -> dict[str, bytes]:
        """The .gitattributes files as they would be with these lines, in the index or on disk."""
        staged = not on_disk and self._file.index is not None
        text = self._file.index if staged else self._file.work_tree
        root = block.replace(text or b"", list(lines), where=block.HERE, name=NAME)
        deeper = self._file.deeper_on_disk if on_disk else self._file.deeper
        return {**deeper, NAME: root}

    def filters(self, lines: Sequence[str], paths: Sequence[str]) -> dict[str, str]:
        """The filter that each path would have, in every clone."""
        found = many_lines.filters(self._repository, self.files(lines), paths)
        return {path: found.get(path, attributes.UNSPECIFIED) for path in paths}

    def matched(self, wanted: Sequence[str], paths: Sequence[str]) -> dict[str, list[str]]:
        """The paths that any of the patterns matches, and which ones do."""
        file = "".join(f"{pattern} x\n" for pattern in wanted)
        found = matching(self._repository, {NAME: file.encode("utf-8", "surrogateescape")}, paths)
        return {
            path: [wanted[line.number - 1] for line in lines]
            for path, lines in found.items()
            if lines
        }

    def coverage(self, wanted: Sequence[str], probe: Sequence[str]) -> dict[str, Coverage]:
        """The coverage of each pattern. Raises UsageError for one that can match nothing."""
        probes = {pattern: lfs_patterns.probes(unquoted(pattern), probe) for pattern in wanted}
        paths = [*self._names, *(path for group in probes.values() for path in group)]
        matched = self.matched(wanted, list(dict.fromkeys(paths)))
        covered = {pattern: Coverage() for pattern in wanted}
        for path in self._names:
            for pattern in matched.get(path, ()):
                if pattern in self.large or not patterns.must_be_text(path):
                    covered[pattern].real.append(path)
        for pattern, found in covered.items():
            found.probes = [p for p in probes[pattern] if pattern in matched.get(p, ())]
            if not found.real and not found.probes:
                glob = unquoted(pattern).rstrip("/")
                raise UsageError(
                    f"the pattern {pattern} matches no file",
                    f"for the files of a folder: pmgit lfs-setup --pattern '{glob}/**'",
                )
        return covered

    def has_texts(self) -> bool:
        """Whether a tracked text is sent to Git LFS as things are, or is a pointer already."""
        asked = [path for path in self._texts if path in self._tracked]
        sent = self.filters(self._old.lines(), asked)
        return LFS in sent.values() or any(pointer.readable(self._tracked[p].head) for p in asked)

    def with_patterns(self, wanted: Iterable[str]) -> list[str]:
        """All lines of the block: old and new patterns, then what keeps texts out of Git LFS.

        Raises PmgitError, with the file and line, when a text stays in Git LFS all the same.
        """
        wanted, old = set(wanted), self._old
        before = self.filters(old.lines(), list(self.large.values()))
        small = [path for path in self._texts if path not in before]
        # A text with a line of its own may have become smaller since.
        own = {*self.large, *map(patterns.exact, small)}
        groups = Groups(
            sorted({*old.sends, *wanted} - own), list(old.keeps), sorted({*old.large} - own),
            self._diff or old.diff,
        )  # fmt: skip
        probes = {
            spec.replace("*", any_text): spec
            for spec in patterns.MUST_BE_TEXT
            for any_text in ("", "x")
        }
        places = ["", *(f"{root}/{PROBE}/" for root in self._roots)]
        asked = [place + name for place in places for name in probes]
        caught = set(self._caught(groups, [*asked, *small]))
        for name, spec in probes.items():
            if name in caught:
                groups.keeps.append(spec)
                continue
            for root in self._roots:
                if f"{root}/{PROBE}/{name}" in caught:
                    anywhere = f"/{patterns.literal(root)}/**/{spec}"
                    groups.keeps.append(patterns.quoted(anywhere))
        # Other spellings, other folders. Where nothing was added the answer is the same.
        if len(groups.keeps) > len(old.keeps):
            caught = set(self._caught(groups, small))
        kept = [path for path in small if path in caught]
        groups.keeps.extend(map(patterns.exact, kept))
        large = [p for p, path in self.large.items() if before[path] == LFS or p in wanted]
        groups.large.extend(large)
        for path in self._caught(groups, small) if kept or large else ():
            raise self._defeated(self.files(groups.lines()), path, "stay text")
        return groups.lines()

    def _is_large(self, path: str) -> bool:
        """Whether a text is larger than what belongs into Git, itself or by its pointer."""
        blob = self._tracked.get(path)
        if blob is None:
            try:
                return os.path.getsize(os.path.join(self._repository.top, path)) > self._max_text
            except (OSError, ValueError):
                return False
        found = pointer.readable(blob.head)
        return (found.size if found else blob.size) > self._max_text

    @cached_property
    def _is_silent(self) -> bool:
        """Whether Git answers here as in every clone."""
        return other_lines.is_silent(self._repository, self._settings)

    def _caught(self, groups: Groups, paths: Sequence[str]) -> list[str]:
        """The `paths` that would go to Git LFS, in every clone or here alone."""
        if not paths:
            return []
        found = {p for p, name in self.filters(groups.lines(), paths).items() if name == LFS}
        if not self._is_silent:
            with shadow_of(self._repository, self.files(groups.lines())) as shadow:
                found |= other_lines.sent(shadow, paths)
        return [path for path in paths if path in found]

    def prove(self, lines: Sequence[str], paths: Sequence[str]) -> None:
        """Raise PmgitError, with the file and line, when a path would not go to Git LFS.

        By the index, which is what others get, and by the disk, which is what `git add` reads.
        """
        others, here = self.files(lines), self.files(lines, on_disk=True)
        same = here == others and self._is_silent
        for texts, everywhere in [(others, True)] if same else [(others, True), (here, False)]:
            with shadow_of(self._repository, texts, everywhere=everywhere) as shadow:
                found = attributes.of_paths(shadow, paths, "filter", "text", everywhere=everywhere)
            for path, given in found.items():
                if given["filter"] != LFS:
                    raise self._defeated(texts, path, "go to Git LFS")
                if given["text"] != "unset":
                    raise self._defeated(texts, path, "keep its bytes (-text)", "text")

    def _defeated(
        self, files: Mapping[str, bytes], path: str, what: str, name: str = "filter"
    ) -> PmgitError:
        line = deciders(self._repository, files, [path], name).get(path)
        if line is None:
            return PmgitError(f"{path} would not {what}", f"see: git check-attr -a -- {path!r}")
        number = line.number
        if line.file == NAME:
            # As the file is now: the block above may grow.
            now = (self._file.work_tree or b"").decode("utf-8", "surrogateescape").split("\n")
            number = max(
                (at for at, t in enumerate(now, 1) if t.strip() == line.text), default=number
            )
        return PmgitError(
            f"{path} would not {what}: {line.file}:{number} decides: {line.text}",
            f"remove or change line {number} of {line.file}, then run it again",
        )


class HiddenError(PmgitError):
    """Ignore rules hide all that a pattern is for."""


def hidden_by(
    repository: Repository,
    config: Config,
    covered: Mapping[str, Coverage],
    tracked: Collection[str],
) -> HiddenError | None:
    """The error that ignore rules hide all that a pattern is for; None when they do not.

    A pattern that covers tracked files works for these whatever is ignored.
    """
    asked = {
        pattern: [*found.probes, *found.real]
        for pattern, found in covered.items()
        if not any(path in tracked for path in found.real)
    }
    hidden = attributes.ignored(repository, [path for group in asked.values() for path in group])
    for pattern, paths in asked.items():
        if all(path in hidden for path in paths):
            source, line, rule = hidden[paths[0]]
            return HiddenError(
                f"{source}:{line} ({rule}) hides all files of {pattern} from Git",
                _way_out(repository, config),
            )
    return None


def _way_out(repository: Repository, config: Config) -> str:
    """The command that lets the weights of models be seen."""
    if config.storage == LFS_STORAGE:
        return "pmgit gitignore"
    if config.storage and block.read(files.read(os.path.join(repository.top, ".gitignore")) or b""):
        return "pmgit lfs-setup, without --pattern, switches all of this repository to Git LFS"
    if not config.source and not os.path.exists(os.path.join(repository.top, ".pmgit.toml")):
        return """printf 'storage = "lfs"\\n' > .pmgit.toml && pmgit gitignore"""
    table = ", in [tool.pmgit]" if config.source.startswith(PYPROJECT) else ", above all tables"
    file = config.source.split(" ")[0] or ".pmgit.toml"
    return f'write storage = "lfs" into {file}{table}, then: pmgit gitignore'
