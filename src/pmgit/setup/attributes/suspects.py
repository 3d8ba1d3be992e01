"""A line that looks as if it sent files to Git LFS: the mistake in it, if it has one."""

from __future__ import annotations

from pmgit.git.attribute_text import Line
from pmgit.lfs import patterns
from pmgit.setup.attributes import lfs_patterns, mistakes
from pmgit.setup.attributes.mistakes import Mistake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


#: Git ignores a line that is longer (since 2.38.4).
MAX_LINE = 2047
_PLAIN = frozenset({"text", "binary", "diff", "merge", "eol", "ident", "crlf", "lockable"})
_WILD = frozenset("*?[\\")
_UNSET = "to keep files out of Git LFS, write '!filter' behind their pattern"


class Place:
    """Where the lines are: the folders that hold files, and what lies at the top.

    `top` is the folder of the repository on this machine, '' where that tells nothing.
    """

    def __init__(self, top: str, paths: Iterable[str], roots: Iterable[str]) -> None:
        self.top = top
        self.folders: set[str] = set()
        self.at_top: set[str] = {root.partition("/")[0] for root in roots}
        self._suffixes: dict[str, set[str]] = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            self.at_top.add(path.partition("/")[0])
            suffix = name[name.rfind(".") :] if "." in name else ""
            self._suffixes.setdefault(suffix.lower(), set()).add(suffix)
            while folder and folder not in self.folders:
                self.folders.add(folder)
                folder = folder.rpartition("/")[0]
        self._names = {folder.rpartition("/")[2] for folder in self.folders}

    def is_folder(self, path: str, *, anywhere: bool) -> bool:
        """Whether files lie in a folder, or `anywhere` in one of this name."""
        return path in self.folders or (anywhere and "/" not in path and path in self._names)

    def other_case(self, suffix: str) -> list[str]:
        """The suffixes of files that differ from this one in upper and lower case alone."""
        found = self._suffixes.get(suffix.lower(), set())
        return sorted(found - {suffix}) if suffix not in found else []


class Suspect:
    """The line, whether it `sends` what it matches to Git LFS, and the mistake that it shows."""

    def __init__(self, line: Line, sends: bool, macros: Collection[str], place: Place) -> None:
        self.line = line
        self.sends = sends
        self.glob = patterns.unquoted(line.word)
        self._place = place
        self._macros = macros
        self.mistake = self._look()

    @property
    def why(self) -> str:
        return self.mistake.why if self.mistake else ""

    @property
    def meant(self) -> tuple[str, ...]:
        return self.mistake.meant if self.mistake else ()

    @property
    def meant_lines(self) -> list[Line]:
        """The patterns that were meant, as lines of the same file."""
        file, number = self.line.file, self.line.number
        return [Line(file, number, f"{patterns.quoted(glob)} x") for glob in self.meant]

    @property
    def is_sure(self) -> bool:
        """Whether Git reads the line so, whatever files there are."""
        return bool(self.mistake and self.mistake.sure)

    @property
    def real_only(self) -> bool:
        return bool(self.mistake and self.mistake.real_only)

    def _look(self) -> Mistake | None:
        before = self._before_attributes()
        found = self._of_form(before)
        if self.sends or found:
            return found or self._of_pattern()
        if found := mistakes.whole_line(self.glob, self.line.attributes):
            return found
        wrong = mistakes.of_attributes(self.line.attributes)
        if wrong is None:
            return None
        inner = self._of_pattern()
        return wrong._replace(meant=inner.meant if inner else (self.glob,))

    def _of_form(self, before: list[str]) -> Mistake | None:
        """What is wrong with the line as a whole."""
        glob, line = self.glob, self.line
        if found := mistakes.command(line.text):
            return found
        if glob.startswith("!"):
            why = f"Git ignores a line that begins with '!'; {_UNSET}"
            return Mistake(why, ("\\" + glob,), sure=True, real_only=True)
        if glob.startswith('"'):
            return Mistake("its quote is never closed", () if before else (glob[1:],))
        if before:
            return self._of_blanks(before)
        if line.size > MAX_LINE:
            return Mistake(f"Git ignores a line of more than {MAX_LINE} bytes", sure=True)
        return None

    def _of_blanks(self, before: list[str]) -> Mistake:
        """What a pattern with blanks means: a name that has some, or several patterns."""
        words = [self.line.word, *before]
        why = f"a blank ends the pattern, so {before[0]!r} is read as an attribute"
        sure = not all(map(mistakes.is_attribute, before)) or words[0].endswith("\\")
        several = [word.rstrip(",;|") for word in words]
        if all("*" in word or word != bare for word, bare in zip(words, several, strict=True)):
            return Mistake(why, tuple(filter(None, several)), sure=sure)
        whole = " ".join([words[0].removesuffix("\\"), *before])
        quoted = mistakes.of_pattern(whole) if "'" in whole else None
        meant = quoted.meant if quoted and quoted.meant else (whole,)
        real_only = not sure and not any("." in word for word in before)
        return Mistake(why, meant, sure=sure, real_only=real_only)

    def _of_pattern(self) -> Mistake | None:
        """What is wrong with the pattern alone."""
        glob, place, folder = self.glob, self._place, self.line.folder
        bare = glob.strip("/")
        meant = None if folder else mistakes.machine_path(glob, place.top, place.at_top)
        if meant is not None:
            why = "it is a path of one machine; patterns count from the top of the repository"
            return Mistake(why, meant)
        if found := mistakes.of_pattern(glob):
            return found
        if glob.endswith("/") or self._names_folder(bare):
            why = "it names a folder, which says nothing of the files in it"
            return Mistake(why, (self._inside(bare),), sure=glob.endswith("/"))
        if glob.startswith("./"):
            return Mistake("no path of Git begins with './'", (glob[2:],))
        if "\\" in glob and folder + glob.partition("\\")[0].strip("/") in place.folders:
            return Mistake("'\\' is no separator of folders for Git", (glob.replace("\\", "/"),))
        if folder and glob.lstrip("/").startswith(folder):
            why = f"patterns of this file count from its folder, {folder}"
            return Mistake(why, (glob.lstrip("/")[len(folder) :],), real_only=True)
        return self._of_depth_or_case(bare)

    def _of_depth_or_case(self, bare: str) -> Mistake | None:
        above, _, last = bare.rpartition("/")
        suffix = last[last.rfind(".") :] if "." in last else ""
        if others := self._place.other_case(suffix) if suffix else []:
            meant = tuple(self.glob[: -len(suffix)] + other for other in others)
            why = f"the case counts, and files here end in {others[0]}"
            return Mistake(why, meant, real_only=True)
        why = "'*' does not reach into folders"
        if above and last == "*" and self._names_folder(above):
            return Mistake(why, (f"{self.glob}*",))
        if above and "*" in last and last.strip("*"):
            begin = self.glob[: -len(last)].removesuffix("**/")
            deep = f"{begin}**/{last.replace('**', '*')}"
            return Mistake(why, (deep,), real_only=True) if deep != self.glob else None
        return None

    def _before_attributes(self) -> list[str]:
        """The words behind the pattern that are no attributes: the rest of a name with blanks."""
        found: list[str] = []
        for word in self.line.words:
            plain = mistakes.normalised(word)
            if "=" in plain or word[0] in "-!#" or word in _PLAIN or word in self._macros:
                return found
            if "lfs" in plain.lower() or plain.lower().startswith("filter"):
                return found
            found.append(word)
        return []

    def _names_folder(self, bare: str) -> bool:
        if not bare or not _WILD.isdisjoint(bare):
            return False
        anywhere = "/" not in self.glob.rstrip("/")
        return self._place.is_folder(self.line.folder + bare, anywhere=False) or (
            anywhere and self._place.is_folder(bare, anywhere=True)
        )

    def _inside(self, bare: str) -> str:
        """The pattern for the files in a folder; at any depth when it only lies deeper."""
        at_place = self._place.is_folder(self.line.folder + bare, anywhere=False)
        if at_place or not self._names_folder(bare):
            return f"/{bare}/**" if self.glob.startswith("/") else f"{bare}/**"
        return f"**/{bare}/**"

    def probes(self, glob: str, roots: Sequence[str]) -> list[str]:
        """Paths that a glob of this file could match, of files that may go to Git LFS."""
        folder = self.line.folder
        found = lfs_patterns.probes(glob, () if folder else roots)
        # A text that is too large for Git is named from the top.
        return [
            folder + path
            for path in found
            if not patterns.must_be_text(path) or path == lfs_patterns.path_of(glob)
        ]

    def from_top(self, glob: str) -> str:
        """A glob of this file as a pattern of the top of the repository."""
        folder = self.line.folder
        if not folder:
            return patterns.quoted(glob)
        deep = "" if "/" in glob.rstrip("/") else "**/"
        return patterns.quoted(f"/{patterns.literal(folder)}{deep}{glob.lstrip('/')}")
