"""The text of attribute files: their lines, each with its pattern and its attributes."""

from __future__ import annotations

from pmgit.git.blob import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MACRO = "[attr]"
_BLANK = " \t\r"
_UNNAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Line:
    """A line of an attribute file: `number` counts from 1, `size` are its bytes in the file.

    `text` is without blanks at its ends, `word` the pattern that it begins with, as written.
    """

    __slots__ = ("_end", "_ends", "file", "number", "size", "text")

    def __init__(self, file: str, number: int, text: str, size: int = 0) -> None:
        self.file = file
        self.number = number
        self.text = text
        self.size = size
        self._end = _end_of_word(text)
        self._ends: tuple[str, str, bool] | None = None

    @property
    def word(self) -> str:
        return self.text[: self._end]

    @property
    def glob(self) -> str:
        """The pattern without its quotes, as Git matches it."""
        return unquoted(self.word)

    @property
    def attributes(self) -> str:
        """The text behind the pattern."""
        return self.text[self._end :].strip(_BLANK)

    @property
    def words(self) -> list[str]:
        """The attributes one by one."""
        return words_of(self.attributes)

    @property
    def macro(self) -> str:
        """The name that a macro is called by."""
        return self.word.strip('"').removeprefix(MACRO)

    @property
    def named(self) -> str:
        """The line as messages name it: its file, its number and its text."""
        return f"{self.file}:{self.number} ({self.text})"

    @property
    def folder(self) -> str:
        """The folder that its pattern counts from: '' or with a slash at the end."""
        return self.file[: self.file.rfind("/") + 1]

    @property
    def is_macro(self) -> bool:
        """Whether it gives a name to attributes; Git lets only a file at the top do that."""
        return self.text.startswith((MACRO, f'"{MACRO}'))

    def with_attributes(self, attributes: str) -> Line:
        """A line that Git reads as it does this one, with other attributes."""
        line = Line(self.file, self.number, f"{self.word} {attributes}", self.size)
        line._ends = self.ends
        return line

    @property
    def ends(self) -> tuple[str, str, bool]:
        """The plain texts that a path begins and ends with when the pattern matches it.

        And whether the pattern is one of whole paths, not of names in any folder.
        """
        if self._ends is None:
            self._ends = _ends(self.word)
        return self._ends

    @property
    def padded(self) -> str:
        """The line, no shorter than in its file: Git ignores what is too long."""
        short = self.size - len(encode(self.text))
        return self.text + " " * short if short > 0 else self.text


def words_of(attributes: str) -> list[str]:
    """The words of a text, split at blanks as Git does: it knows fewer of them than Python."""
    for blank in _BLANK[1:]:
        attributes = attributes.replace(blank, " ")
    return [word for word in attributes.split(" ") if word]


def name_of(word: str) -> str:
    """The name of the attribute that a word sets, as `-filter`, `!filter` or `filter=lfs`."""
    return word[word[:1] in ("-", "!") :].partition("=")[0]


def is_attribute(word: str) -> bool:
    """Whether Git takes a word for an attribute; it ignores the whole line otherwise."""
    name = name_of(word)
    plain = name.replace("-", "").replace(".", "").replace("_", "")
    return bool(name) and name[0] != "-" and (plain.isalnum() or not plain) and name.isascii()


def lines_of(file: str, data: bytes) -> Iterator[Line]:
    """The lines with a pattern, as Git reads them from the index: up to the first NUL."""
    at, end, number = 0, data.find(b"\0"), 0
    end = len(data) if end < 0 else end
    while at < end:
        stop = data.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        number += 1
        text = decode(data[at:stop]).strip(_BLANK)
        if text and text[0] != "#":
            yield Line(file, number, text, stop - at)
        at = stop + 1


def pattern_line(text: str) -> Line | None:
    """The line that a text is; None for comments, blank lines and macros."""
    return next((line for line in lines_of("", encode(text)) if not line.is_macro), None)


def unquoted(word: str) -> str:
    """The text that a word in C quotes means, as Git writes and reads them; else the word."""
    if len(word) < 2 or word[0] != '"' or word[-1] != '"':
        return word
    out = bytearray()
    at = 1
    while at < len(word) - 1:
        char = word[at]
        if char != "\\":
            out += encode(char)
            at += 1
        elif word[at + 1 : at + 4].isdigit():
            out.append(int(word[at + 1 : at + 4], 8) & 255)
            at += 4
        else:
            out += encode(_UNNAMED.get(word[at + 1], word[at + 1]))
            at += 2
    return decode(bytes(out))


def _end_of_word(text: str) -> int:
    """Where the pattern ends that a line begins with."""
    if text[0] == '"':
        at = 1
        while at < len(text):
            if text[at] == '"':
                return at + 1
            at += 2 if text[at] == "\\" else 1
        # Never closed: Git takes it for a word like others.
    end = len(text)
    for blank in _BLANK:
        at = text.find(blank, 0, end)
        end = at if at >= 0 else end
    return end


def _ends(word: str) -> tuple[str, str, bool]:
    if word[0] == '"':
        if "\\" in word or len(word) < 2 or word[-1] != '"':
            return "", "", True  # what it means is Git's to say
        word = word[1:-1]
    whole = "/" in word[:-1]
    word = word.removeprefix("/")
    first = min((at for at in map(word.find, "*?[\\") if at >= 0), default=len(word))
    last = max(map(word.rfind, "*?[]\\"))
    tail = word[last + 1 :]
    if last >= 0:
        # A backslash speaks of the character behind it, and `**/x` matches x.
        tail = tail[1:] if word[last] == "\\" else tail.removeprefix("/")
    return word[:first], tail, whole
