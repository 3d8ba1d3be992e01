"""Lines of `.gitattributes` that are meant to send files to Git LFS, and do not.

What a line matches is asked of Git (`attribute_lines`); here is only why it matches nothing, and
the pattern that would do what was meant. A pattern for files that may still come is no fault.
"""

from __future__ import annotations

from typing import NamedTuple

from pmgit.git.attributes import LFS
from pmgit.lfs import patterns
from pmgit.setup.attributes import lfs_patterns
from pmgit.setup.attributes.attribute_lines import Line, given, macros, matching, parse, speaks
from pmgit.setup.shadow import Shadow, attributes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pmgit.git.repository import Repository

#: Git ignores a line that is longer (since 2.38.4).
MAX_LINE = 2047
_PLAIN = frozenset({"text", "binary", "diff", "merge", "eol", "ident", "crlf", "lockable"})
_WILD = frozenset("*?[\\")


class Dead(NamedTuple):
    """A line that sends nothing, or not all, to Git LFS; `cure` is the pattern that would.

    `cure` counts from the top of the repository, for `pmgit lfs-setup`; '' when no new line helps.
    Of lines that contradict each other `by` are those that win, `pattern` is what this one is for.
    """

    file: str
    number: int
    why: str
    cure: str = ""
    by: tuple[Line, ...] = ()
    pattern: str = ""


class _Suspect:
    """An lfs line, and what may be wrong with it by its form alone.

    `sure`: Git reads it so for any file. `meant` is the pattern that was meant ('' for none);
    `real_only`: it only counts when files of that name exist.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.folder = line.file[: line.file.rfind("/") + 1]
        parts = patterns.split_line(line.text) or ("", [])
        self.word = parts[0]
        self.glob = patterns.unquoted(parts[0])
        self.why = ""
        self.meant = ""
        self.sure = False
        self.real_only = False

    def look(self, known: set[str], folders: set[str]) -> None:
        """Find what may be wrong; `known` are the plain attributes, `folders` those with files."""
        glob, bare = self.glob, self.glob.strip("/")
        before = self._before_attributes(known)
        wrong = [word for word in self.line.attributes if not _is_valid(word)]
        if glob.startswith("!"):
            self._is(f"Git ignores a line that begins with '!'; {_UNSET}", "\\" + glob, sure=True)
            self.real_only = True
        elif glob.startswith('"'):
            self._is("its quote is never closed", "")
        elif before:
            whole = " ".join([self.word.removesuffix("\\"), *before])
            why = f"a blank ends the pattern, so {before[0]!r} is read as an attribute"
            self._is(why, whole, sure=bool(wrong) or self.word.endswith("\\"))
            self.real_only = not any("." in word for word in before) and not self.sure
        elif wrong:
            self._is(f"{wrong[0]!r} is no attribute, so Git ignores the line", glob, sure=True)
        elif len(self.line.text.encode("utf-8", "surrogateescape")) > MAX_LINE:
            self._is(f"Git ignores a line of more than {MAX_LINE} bytes", "", sure=True)
        elif glob.endswith("/") or self._names_folder(bare, folders):
            why = "it names a folder, which says nothing of the files in it"
            self._is(why, self._inside(bare, folders), sure=glob.endswith("/"))
        elif glob.endswith("/*") and self._names_folder(bare[:-2], folders):
            self._is("'*' does not reach into folders", f"{glob}*")
        elif glob.startswith("./"):
            self._is("no path of Git begins with './'", glob[2:])
        elif "\\" in glob and self.folder + glob.partition("\\")[0].strip("/") in folders:
            self._is("'\\' is no separator of folders for Git", glob.replace("\\", "/"))

    def _is(self, why: str, meant: str, *, sure: bool = False) -> None:
        self.why, self.meant, self.sure = why, meant, sure

    def _before_attributes(self, known: set[str]) -> list[str]:
        """The words behind the pattern that are no attributes: the rest of a name with blanks."""
        found: list[str] = []
        for word in self.line.attributes:
            if "=" in word or word[0] in "-!" or word in known:
                return found
            found.append(word)
        return []

    def _names_folder(self, bare: str, folders: set[str]) -> bool:
        if not bare or not _WILD.isdisjoint(bare):
            return False
        deeper = f"/{bare}"
        return self.folder + bare in folders or (
            self._at_any_depth and any(name.endswith(deeper) for name in folders)
        )

    @property
    def _at_any_depth(self) -> bool:
        return "/" not in self.glob.rstrip("/")

    def _inside(self, bare: str, folders: set[str]) -> str:
        """The pattern for the files in a folder; at any depth when it only lies deeper."""
        if self.folder + bare in folders or not self._names_folder(bare, folders):
            return f"/{bare}/**" if self.glob.startswith("/") else f"{bare}/**"
        return f"**/{bare}/**"

    def probes(self, glob: str, roots: Sequence[str]) -> list[str]:
        """Paths that a glob of this file could match."""
        return [
            self.folder + path for path in lfs_patterns.probes(glob, () if self.folder else roots)
        ]

    def from_top(self, glob: str) -> str:
        """A glob of this file as a pattern of the top of the repository."""
        if not self.folder:
            return patterns.quoted(glob)
        inside = glob.lstrip("/")
        deep = "" if "/" in glob.rstrip("/") else "**/"
        return patterns.quoted(f"/{patterns.literal(self.folder)}{deep}{inside}")


_UNSET = "to keep files out of Git LFS, write '!filter' behind their pattern"


def _is_valid(word: str) -> bool:
    """Whether Git takes a word for an attribute; it ignores the whole line otherwise."""
    name = word.lstrip("!") if word[0] == "!" else word.partition("=")[0].removeprefix("-")
    plain = name.replace("-", "").replace(".", "").replace("_", "")
    return bool(name) and name[0] != "-" and (plain.isalnum() or not plain) and name.isascii()


def find(
    repository: Repository,
    files: Mapping[str, bytes],
    paths: Sequence[str],
    roots: Sequence[str],
    is_weights: Callable[[str], bool],
) -> list[Dead]:
    """The lfs lines that send nothing to Git LFS, or not all that is weights.

    `files` are the contents of the `.gitattributes` files, by path; `paths` all files; `roots`
    the models folders.
    """
    known = macros(files)
    suspects = [
        _Suspect(line)
        for file in files
        for line in parse(file, files[file])
        if f"filter={LFS}" in given(line.attributes, known)
    ]
    if not suspects:
        return []
    folders = _folders(paths)
    for suspect in suspects:
        suspect.look({*_PLAIN, *known}, folders)
    return list(_Judgement(repository, files, suspects, paths, roots).dead(is_weights))


def _folders(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while (path := path.rpartition("/")[0]) and path not in found:
            found.add(path)
    return found


class _Judgement:
    """Git's answers about all suspects at once."""

    def __init__(
        self,
        repository: Repository,
        files: Mapping[str, bytes],
        suspects: Sequence[_Suspect],
        paths: Sequence[str],
        roots: Sequence[str],
    ) -> None:
        self._suspects = suspects
        own = {s.folder + lfs_patterns.path_of(s.glob) for s in suspects}  # a text may be large
        self._real = frozenset(p for p in paths if p in own or not patterns.must_be_text(p))
        self._macros = macros(files)
        asked, marked = dict.fromkeys(self._real), dict(files)
        # What was meant stands in a file of its own line, behind those that are there.
        self._meant: dict[tuple[str, int], _Suspect] = {}
        for suspect in suspects:
            for glob in (suspect.glob, suspect.meant):
                asked.update(dict.fromkeys(suspect.probes(glob, roots) if glob else ()))
            if suspect.meant:
                file = suspect.line.file
                marked[file] += f"\n{patterns.quoted(suspect.meant)} x".encode(
                    "utf-8", "surrogateescape"
                )
                self._meant[file, marked[file].count(b"\n") + 1] = suspect
        asked = {p: None for p in asked if p in own or not patterns.must_be_text(p)}
        self._lines = matching(repository, marked, asked)
        with Shadow(repository, files) as shadow:
            found = attributes_of(shadow, asked, "filter")
        self._sent = {path for path, values in found.items() if values["filter"] == LFS}
        self._of_line: dict[tuple[str, int], list[str]] = {}
        for path, lines in self._lines.items():
            for line in lines:
                self._of_line.setdefault((line.file, line.number), []).append(path)

    def dead(self, is_weights: Callable[[str], bool]) -> Iterable[Dead]:
        """What is wrong with the suspects, in their order."""
        for suspect in self._suspects:
            line = suspect.line
            matched = self._of_line.get((line.file, line.number), [])
            real = [path for path in matched if path in self._real]
            wrong = bool(suspect.why) and (suspect.sure or not real)
            if wrong and self._counts(suspect):
                yield from self._useless(suspect)
            elif matched:
                yield from self._overridden(suspect, real, matched, is_weights)
            elif "[" not in suspect.glob:
                # With a class of characters, the paths that were tried prove nothing.
                yield Dead(line.file, line.number, f"{_sends(suspect)}: no file can match it")

    def _meant_by(self, suspect: _Suspect) -> list[str]:
        keys = [key for key, other in self._meant.items() if other is suspect]
        return self._of_line.get(keys[0], []) if keys else []

    def _counts(self, suspect: _Suspect) -> bool:
        return not suspect.real_only or suspect.sure or self._exists(suspect)

    def _exists(self, suspect: _Suspect) -> bool:
        return any(path in self._real for path in self._meant_by(suspect))

    def _useless(self, suspect: _Suspect) -> Iterable[Dead]:
        meant = self._meant_by(suspect)
        helps = bool(meant) and (self._exists(suspect) or not suspect.real_only)
        if helps and self._sent.issuperset(meant):
            return  # other lines do what was meant
        why = f"{_sends(suspect)}: {suspect.why}"
        yield Dead(
            suspect.line.file,
            suspect.line.number,
            why,
            suspect.from_top(suspect.meant) if helps else "",
        )

    def _overridden(
        self,
        suspect: _Suspect,
        real: Sequence[str],
        matched: Sequence[str],
        is_weights: Callable[[str], bool],
    ) -> Iterable[Dead]:
        """The line when others take out what it matches: the files, or what it could match."""
        line = suspect.line
        matched = real or matched
        out = {path: self._decider(path) for path in matched if path not in self._sent}
        whole = len(out) == len(matched)
        if not whole:
            # An exception is a fault when it takes out weights without naming them.
            out = {
                path: by
                for path, by in out.items()
                if real and by and is_weights(path) and not _WILD.isdisjoint(by.text.split()[0])
            }
        deciders = dict.fromkeys(by for by in out.values() if by and by != line)
        if not deciders:
            return
        named = " and ".join(f"{by.file}:{by.number} ({by.text})" for by in deciders)
        verb = "takes" if len(deciders) == 1 else "take"
        if not whole:
            why = (
                f"{named} {verb} {len(out)} of the {len(real)} files of {suspect.word!r}"
                f" out of Git LFS again, the first is {min(out)}"
            )
        elif not real:
            why = f"{_sends(suspect)}: {named} {verb} out whatever it matches"
        else:
            files = f"all {len(real)} files that it matches" if len(real) > 1 else real[0]
            why = f"{_sends(suspect)}: {named} {verb} out {files}"
        yield Dead(
            line.file, line.number, why, by=tuple(deciders), pattern=suspect.from_top(suspect.glob)
        )

    def _decider(self, path: str) -> Line | None:
        about = (x for x in reversed(self._lines[path]) if (x.file, x.number) not in self._meant)
        return next((x for x in about if speaks(x, "filter", self._macros)), None)


def _sends(suspect: _Suspect) -> str:
    return f"the line for {suspect.word!r} sends nothing to Git LFS"
