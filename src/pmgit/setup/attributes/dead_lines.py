"""Lines of `.gitattributes` that are meant to send files to Git LFS, and do not.

What a line gives, matches and decides is asked of Git, of all lines at once (`line_answers`). Why
it does nothing, and the patterns that would do what was meant, is in `mistakes`. A pattern for
files that may still come is no fault.
"""

from __future__ import annotations

from pmgit.git.attribute_text import Line, lines_of
from pmgit.git.attributes import LFS
from pmgit.git.many_lines import Paths
from pmgit.lfs import patterns
from pmgit.setup.attributes import (
    lfs_patterns,
    line_answers,
    mistakes,
    only_here,
    unread_files,
    verdicts,
)
from pmgit.setup.attributes.attribute_lines import NAME
from pmgit.setup.attributes.line_answers import NOTHING
from pmgit.setup.attributes.suspects import Place, Suspect
from pmgit.setup.attributes.verdicts import Dead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pmgit.git.repository import Repository

#: So many lines are looked at, and so many of them at a time; so many dead ones are told.
_MOST_LINES = 100_000
_TOGETHER = 20_000
_TOLD = 50
#: So many pairs of a path and a line are asked of Git for what looks like a mistake.
_PAIRS = 2_000_000


def find(
    repository: Repository,
    files: Mapping[str, bytes],
    paths: Iterable[str],
    roots: Sequence[str],
    is_weights: Callable[[str], bool],
    *,
    here: bool,
) -> list[Dead]:
    """The lfs lines that send nothing to Git LFS, or not all that is weights, in any clone.

    `files` are the contents of the `.gitattributes` files, by path, and of such as are nearly
    called so; `paths` are all files, `roots` the models folders. With `here`, also those that
    this clone's own attributes take out. Of very many only the first are told.
    """
    found: list[Dead] = []
    survey = _Survey(repository, files, paths, roots)
    for dead in survey.dead(is_weights, here):
        if len(found) == _TOLD:
            why = (
                f"only the first {_TOLD} lines that send nothing to Git LFS are told, not this one"
            )
            found.append(Dead(dead.file, dead.number, why))
            break
        found.append(dead)
    return found


class _Survey:
    """All lines with what they give, and Git's answers about the files that there are."""

    def __init__(
        self,
        repository: Repository,
        files: Mapping[str, bytes],
        paths: Iterable[str],
        roots: Sequence[str],
    ) -> None:
        self._repository = repository
        self._roots = roots
        paths = list(paths)
        self._paths = frozenset(paths)
        self._files = files
        self._place = Place("" if repository.bare else repository.top, paths, roots)
        lines: list[Line] = []
        macros: list[Line] = []
        self._refused: list[Line] = []
        for file, data in files.items():
            for line in () if unread_files.is_misnamed(file) else lines_of(file, data):
                if len(lines) == _MOST_LINES:
                    break
                if not line.is_macro:
                    lines.append(line)
                elif file == NAME:
                    macros.append(line)
                elif LFS in line.attributes:
                    self._refused.append(line)
        texts = [line.attributes for line in lines]
        self._given = line_answers.given(repository, texts, macros)
        values = [self._given[text] for text in texts]
        pairs = list(zip(lines, values, strict=True))
        self._speaking = [line for line, value in pairs if value != NOTHING]
        self._sending = [line for line, value in pairs if value == LFS]
        looks = {text: LFS in mistakes.normalised(text).lower() for text in self._given}
        self._suspects = [
            (line, value == LFS)
            for (line, value), text in zip(pairs, texts, strict=True)
            if value == LFS or looks[text] or (not text and LFS in line.word)
        ]
        small = {path for path in paths if patterns.must_be_text(path)}
        small -= {path for line in self._sending if small for path in _named(line, small)}
        self._real = [path for path in paths if path not in small]
        self._contradicted = len(self._sending) < len(self._speaking)
        self._macros = {line.macro for line in macros}

    def dead(self, is_weights: Callable[[str], bool], here: bool) -> Iterator[Dead]:
        """What is wrong, in the order of the files."""
        for line in self._refused:
            why = "Git takes '[attr]' only from the .gitattributes at the top, so nothing knows it"
            yield Dead(line.file, line.number, why)
        yield from self._unread(here)
        if not self._suspects:
            return
        sending, deciding = self._strongest(self._real)
        if here:
            own = only_here.own_lines(self._repository, sending).items()
            against = {path: line for path, (line, sends) in own if not sends}
            self._given.update((line.attributes, "") for line in against.values())
            deciding = {**deciding, **against}
        of_line: dict[Line, list[str]] = {}
        for path, line in sending.items():
            of_line.setdefault(line, []).append(path)
        self._index = Paths(self._real)
        for begin in range(0, len(self._suspects), _TOGETHER):
            suspects = [
                Suspect(line, sends, self._macros, self._place)
                for line, sends in self._suspects[begin : begin + _TOGETHER]
            ]
            yield from self._judge(suspects, of_line, deciding, is_weights)

    def _unread(self, here: bool) -> Iterator[Dead]:
        """The first lfs line of each file that Git does not read, or not so far."""
        for file, data in self._files.items():
            fix = None
            if unread_files.is_misnamed(file):
                why = f"Git reads no file of this name, only {NAME}"
                lines = list(lines_of(file, data))
                fix = unread_files.renamed(file, self._paths) if here else None
            else:
                lines = unread_files.lost_lines(file, data)
                why = "Git reads no UTF-16, and no text behind a NUL: it has to be UTF-8"
                fix = unread_files.as_text(self._repository, file, data) if lines and here else None
            lines = [line for line in lines if LFS in mistakes.normalised(line.attributes).lower()]
            suspects = [Suspect(line, True, (), self._place) for line in lines[:_TOLD]]
            asked = [path for s in suspects for path in s.probes(s.glob, ())]
            if lines and not self._are_sent(asked):
                yield verdicts.useless(suspects[0], why)._replace(fix=fix)

    def _are_sent(self, paths: Sequence[str]) -> bool:
        """Whether there are paths, and all of them go to Git LFS."""
        _, deciding = self._strongest(paths)
        lines = (deciding.get(path) for path in paths)
        return bool(paths) and all(
            line is not None and self._given[line.attributes] == LFS for line in lines
        )

    def _strongest(self, paths: Sequence[str]) -> tuple[dict[str, Line], dict[str, Line]]:
        """Of paths the strongest line that sends them to Git LFS, and the one that decides."""
        sending = line_answers.deciding(self._repository, self._sending, paths)
        if not self._contradicted:
            return sending, sending
        return sending, line_answers.deciding(self._repository, self._speaking, sending)

    def _judge(
        self,
        suspects: Sequence[Suspect],
        of_line: Mapping[Line, list[str]],
        deciding: Mapping[str, Line],
        is_weights: Callable[[str], bool],
    ) -> Iterator[Dead]:
        # A line that only takes out what lies somewhere must not make others look dead.
        roots = self._roots if self._contradicted else ()
        probes = {s: s.probes(s.glob, roots) for s in suspects if s.sends}
        asked = dict.fromkeys(path for paths in probes.values() for path in paths)
        sending, winning = self._strongest(list(asked))
        useless, served = self._useless(self._wrong([s for s in suspects if s.mistake], of_line))
        for suspect in suspects:
            if suspect in useless:
                yield verdicts.useless(suspect, suspect.why, useless[suspect])
            elif suspect.sends and suspect not in served:
                real = of_line.get(suspect.line, [])
                could = [path for path in probes[suspect] if sending.get(path) is suspect.line]
                if real:
                    out = self._taken_out(real, deciding)
                    yield from verdicts.overridden(suspect, real, out, is_weights)
                elif could:
                    out = self._taken_out(could, winning)
                    yield from verdicts.contradicted(suspect, out, len(could))
                elif self._matches_nothing(suspect, probes[suspect], sending):
                    yield verdicts.useless(suspect, "no file can match it")

    def _matches_nothing(
        self, suspect: Suspect, probes: Sequence[str], sending: Mapping[str, Line]
    ) -> bool:
        """Whether not even the paths match that are made from the pattern.

        With a class of characters these prove nothing, and what another line sends is sent.
        """
        if not probes or "[" in suspect.glob:
            return False
        return not any(path in sending for path in probes)

    def _wrong(
        self, suspects: Iterable[Suspect], of_line: Mapping[Line, list[str]]
    ) -> list[Suspect]:
        """Those that look like a mistake and match no file that there is."""
        suspects = [s for s in suspects if s.is_sure or s.line not in of_line]
        suspects = [s for s in suspects if not s.real_only or s.is_sure or self._may_exist(s)]
        doubtful = [suspect.line for suspect in suspects if not suspect.is_sure]
        asked = self._candidates(doubtful)
        found = line_answers.matched(self._repository, asked)
        return [s for s in suspects if s.is_sure or (s.line in asked and not found[s.line])]

    def _may_exist(self, suspect: Suspect) -> bool:
        """Whether there may be files that the patterns match which were meant."""
        found = (self._index.candidates(line, 0) for line in suspect.meant_lines)
        return any(paths is None or bool(paths) for paths in found)

    def _candidates(self, lines: Sequence[Line]) -> dict[Line, Sequence[str]]:
        """The files that each line may match; left out is a line with too many to ask about."""
        most = max(1000, _PAIRS // (len(lines) or 1))
        found = {line: self._index.candidates(line, most) for line in lines}
        return {line: paths for line, paths in found.items() if paths is not None}

    def _useless(
        self, wrong: Iterable[Suspect]
    ) -> tuple[dict[Suspect, tuple[str, ...]], set[Suspect]]:
        """Those whose work no other line does, with the patterns that would; and the others."""
        meant = {suspect: suspect.meant_lines for suspect in wrong}
        probes = {
            line: suspect.probes(glob, self._roots)
            for suspect, lines in meant.items()
            for glob, line in zip(suspect.meant, lines, strict=True)
        }
        real = line_answers.matched(self._repository, self._candidates(list(probes)))
        could = line_answers.matched(self._repository, probes)
        every = dict.fromkeys(p for found in (real, could) for all in found.values() for p in all)
        _, deciding = self._strongest(list(every))
        sent = {p for p, line in deciding.items() if self._given[line.attributes] == LFS}
        useless: dict[Suspect, tuple[str, ...]] = {}
        served: set[Suspect] = set()
        for suspect, lines in meant.items():
            # The patterns that match something, and whether others send all of it.
            needed = {
                glob: sent.issuperset([*real.get(line, ()), *could[line]])
                for glob, line in zip(suspect.meant, lines, strict=True)
                if real.get(line) or (could[line] and not suspect.real_only)
            }
            if needed and all(needed.values()):
                served.add(suspect)
            elif needed or not suspect.real_only or suspect.is_sure:
                cures = (glob for glob, is_sent in needed.items() if not is_sent)
                useless[suspect] = tuple(map(suspect.from_top, cures))
        return useless, served

    def _taken_out(self, paths: Sequence[str], deciding: Mapping[str, Line]) -> dict[str, Line]:
        """Of paths that a line matches those that another one takes out of Git LFS."""
        pairs = ((path, deciding[path]) for path in paths)
        return {path: line for path, line in pairs if self._given[line.attributes] != LFS}


def _named(line: Line, texts: set[str]) -> list[str]:
    """The one of these texts that a line names from the top: one too large for Git has such."""
    if "/" not in line.word:
        return []
    glob = patterns.unquoted(line.word)
    path = line.folder + glob.lstrip("/")
    if "\\" in glob:
        path = line.folder + lfs_patterns.path_of(glob)
    return [path] if path in texts else []
