"""`git cat-file`: kind, size and content of objects. The one reader of its answers.

A git process costs 3 ms, a question to one that runs already (`Batch`) a tenth of that.
"""

from __future__ import annotations

import os

from pmgit.git.blob import encode
from pmgit.git.process import GitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

#: Every object of the store, reachable or not: the one listing that never makes a partial clone
#: fetch. `--batch-check=…` follows.
EVERY = ("cat-file", "--batch-all-objects", "--unordered", "--buffer")
_FORMAT = "=%(objectname) %(objecttype) %(objectsize)"
_KINDS = frozenset({b"blob", b"tree", b"commit", b"tag"})
#: So many bytes of questions fit into a pipe of every system; git answers them, then come more.
_ASKED = 8_000
_CHUNK = 1 << 16
#: So much of an output is read at once, if there is so much.
_AT_ONCE = 1 << 20


class Answer:
    """Kind and size of an object; `kind` is '' when it is not here. `data` is its content."""

    __slots__ = ("data", "kind", "oid", "size")

    def __init__(self, header: bytes) -> None:
        words = header.split(b" ")
        found = len(words) == 3 and words[1] in _KINDS and words[2].isdigit()
        self.oid = words[0].decode("ascii") if found else ""
        self.kind = words[1].decode("ascii") if found else ""
        self.size = int(words[2]) if found else 0
        self.data = b""


class _Answers:
    """Answers, read from what git prints. `more` gives a piece of it, b"" at its end.

    Of a damaged object git prints fewer bytes than it announces. Where its output does not end
    there, `last` is the line behind all answers. EOFError is raised for what is not whole.
    """

    def __init__(self, more: Callable[[int], bytes], last: bytes = b"") -> None:
        self._more = more
        self._last = last
        self._data, self._at = b"", 0

    def line(self) -> bytes:
        """The next line, without its end."""
        while (end := self._data.find(b"\n", self._at)) < 0:
            self._have(len(self._data) - self._at + 1)
        line, self._at = self._data[self._at : end], end + 1
        return line

    def next(self, *, whole: bool) -> Answer:
        """The next answer, with the content when that was asked for (`whole`)."""
        answer = Answer(self.line())
        if whole and answer.kind:
            self._have(answer.size + 1)
            end = self._at + answer.size
            if self._data[end : end + 1] != b"\n":
                raise EOFError
            answer.data, self._at = self._data[self._at : end], end + 1
        return answer

    def _have(self, count: int) -> None:
        """Read on until there are so many bytes."""
        if len(self._data) - self._at >= count:
            return
        last = self._data[self._at :]
        parts, missing = [last], count - len(last)
        while missing > 0:
            if self._last and last.endswith(self._last):
                raise EOFError
            piece = self._more(missing + _CHUNK)
            if not piece:
                raise EOFError
            parts.append(piece)
            missing -= len(piece)
            last = last[-len(self._last) :] + piece
        self._data, self._at = b"".join(parts), 0


def ask(
    repository: Repository, names: Sequence[str], *, whole: bool = False
) -> tuple[list[Answer], int, str]:
    """Kind and size of the objects with these names, by one process; `whole`: their content too.

    A name is an id or such as `HEAD:path`, without line breaks. Also returns the exit
    code of git and its standard error: git gives up at some damaged objects. Those that it has not
    answered count as not here.
    """
    option = f"--batch{'' if whole else '-check'}{_FORMAT}"
    stdin = encode("".join(f"{name}\n" for name in names))
    code, out, err = repository.start("cat-file", "--buffer", option, stdin=stdin).wait_for_file()
    answers: list[Answer] = []
    try:
        read = _Answers(_pieces(out))
        while len(answers) < len(names):
            answers.append(read.next(whole=whole))
    except EOFError:
        answers += [Answer(b"") for _ in range(len(names) - len(answers))]
    finally:
        os.close(out)
    return answers, code, err


def _pieces(file: int) -> Callable[[int], bytes]:
    """What gives a file piece by piece: all at once where it is small, or what is wanted.

    64 MB of contents took three times as much: the file, what was read of it, and the answers.
    """
    size = os.lseek(file, 0, os.SEEK_END)
    os.lseek(file, 0, os.SEEK_SET)
    return lambda wanted: os.read(file, max(wanted, min(size, _AT_ONCE)))


def demand(repository: Repository, names: Sequence[str], *, whole: bool = False) -> list[Answer]:
    """As `ask`; GitError when git gives up."""
    answers, code, err = ask(repository, names, whole=whole)
    if code:
        raise GitError(("cat-file",), code, err)
    return answers


def stored_sizes(repository: Repository, oids: Iterable[str]) -> dict[str, int]:
    """The bytes that objects take in the store, compressed and as differences; of those here."""
    form = "--batch-check=%(objectname) %(objectsize:disk)"
    stdin = "".join(f"{oid}\n" for oid in oids).encode("ascii")
    out = repository.run("cat-file", "--buffer", form, stdin=stdin).decode("ascii", "replace")
    words = (line.split(" ") for line in out.splitlines())
    return {oid: int(size) for oid, size in words if size.isdigit()}


def peeled(repository: Repository, oids: Iterable[str]) -> dict[str, Answer]:
    """The object that each id leads to once tags are followed."""
    unique = list(dict.fromkeys(oids))
    names = [f"{oid}^{{}}" for oid in unique]
    if repository.is_partial:
        # Git gives up at the first id that a partial clone has not got: ask for each alone.
        answers = [one for name in names for one in ask(repository, [name])[0]]
    else:
        answers = demand(repository, names)
    return dict(zip(unique, answers, strict=True))


class Batch:
    """One `git cat-file` for all that is asked, by and by, about the objects of a repository.

    `--batch-command` is known to git 2.36 and newer; an older git ends at once, and a process is
    started for each question.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._process: Process | None = None
        # Asked for behind all contents.
        self._nothing = "0" * len(repository.empty_tree)
        self._last = f"{self._nothing} missing".encode("ascii")
        ours, self._writer = os.pipe()
        self._reader, theirs = os.pipe()
        self._answers = _Answers(lambda count: os.read(self._reader, count), self._last + b"\n")
        try:
            argv = ("cat-file", "--buffer", f"--batch-command{_FORMAT}")
            self._process = repository.start(*argv, source=ours, into=theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    def ask(self, names: Sequence[str], *, whole: bool = False) -> list[Answer]:
        """Kind and size of the objects; `whole`: all of their content too, for small ones only."""
        answers: list[Answer] = []
        if self._process is not None:
            try:
                for part in _parts(names):
                    self._write(part, whole=whole)
                    answers += [self._answers.next(whole=whole) for _ in part]
                    if whole and self._answers.line() != self._last:
                        raise EOFError
                return answers
            except (BrokenPipeError, EOFError):
                self.close()
        # An older git, or one that has met something worse than an object that is not there: it
        # prints what that is below.
        return demand(self._repository, names, whole=whole)

    def _write(self, names: Sequence[str], *, whole: bool) -> None:
        command = "contents" if whole else "info"
        end = f"info {self._nothing}\n" if whole else ""
        text = "".join(f"{command} {name}\n" for name in names) + end + "flush\n"
        view = memoryview(encode(text))
        while view:
            view = view[os.write(self._writer, view) :]

    def close(self) -> None:
        """End the process."""
        process = self.leave()
        if process is not None:
            process.wait()

    def leave(self) -> Process | None:
        """Ask nothing more. Git ends by itself; a caller that ends now need not wait for it."""
        process, self._process = self._process, None
        if process is not None:
            os.close(self._writer)
            os.close(self._reader)
        return process


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """The names in portions that fit into a pipe."""
    begin, size = 0, 0
    for at, name in enumerate(names):
        size += len(encode(name)) + 10
        if size > _ASKED and at > begin:
            yield names[begin:at]
            begin, size = at, 0
    if begin < len(names):
        yield names[begin:]
