"""Output of git that is read while git still runs, and git processes that read one another.

For what may be larger than the memory, and for what is no longer wanted once enough is known.
"""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.git.process import GitError, no_temporary_files, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import IO

    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

#: How much is read at once. Larger reads get fresh memory from the system each time: of a large
#: difference that takes a fifth longer.
_CHUNK = 1 << 16
#: What a pipe of Linux holds when asked to.
_ROOM = 1 << 20
#: Else git writes every commit by itself.
_BUFFERED = {"GIT_FLUSH": "0"}
#: So many chunks are kept until the reader takes them; then git has to wait.
AHEAD = 1024


class Stream:
    """The output of one git process, or of several that read one another, chunk by chunk."""

    def __init__(self, reader: int, processes: list[Process]) -> None:
        self._reader = reader
        self._processes = processes

    def chunks(self) -> Iterator[bytes]:
        """The output as it comes."""
        while chunk := os.read(self._reader, _CHUNK):
            yield chunk

    def lines(self) -> Iterator[bytes]:
        """The output as it comes, in pieces that end with a line."""
        rest = b""
        for chunk in self.chunks():
            end = chunk.rfind(b"\n") + 1
            if end:
                yield rest + chunk[:end]
                rest = chunk[end:]
            else:
                rest += chunk
        if rest:
            yield rest

    def read(self) -> bytes:
        """The whole output; GitError when git failed."""
        out = b"".join(self.chunks())
        error = self.finish()
        if error:
            raise error
        return out

    def finish(self) -> GitError | None:
        """Wait for the end, once everything is read; the error, if any."""
        self._close()
        failed = None
        while self._processes:
            process = self._processes[0]
            code, _, err = process.wait()
            del self._processes[0]
            # The last one that failed is the cause: those that write to it fail because of it.
            if code:
                failed = GitError(process.argv, code, err)
        return failed

    def stop(self) -> None:
        """End all of it now."""
        while self._processes:
            self._processes.pop().stop()
        self._close()

    def _close(self) -> None:
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1


def single(*argv: str, top: str = "", env: dict[str, str] | None = None) -> Stream:
    """Start one git command whose output is read as it comes."""
    reader, writer = os.pipe()
    try:
        process = start(*argv, top=top, env=env, into=writer)
    except PmgitError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return Stream(reader, [process])


def first_bytes(repository: Repository, *argv: str, count: int) -> bytes:
    """The first `count` bytes of the output; git stops when nobody reads on."""
    stream = single(*argv, top=repository.top, env=repository.env)
    data = b""
    for chunk in stream.chunks():
        data += chunk
        if len(data) >= count:
            break
    error = stream.finish()
    if error and len(data) < count:
        raise error
    return data[:count]


def into_file(repository: Repository, *argv: str) -> IO[bytes]:
    """The output in an open file that has no name, however large it is; GitError when git failed.

    Not in memory, as what `process` keeps.
    """
    import tempfile

    stream = single(*argv, top=repository.top, env=repository.env)
    file = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        for chunk in stream.chunks():
            file.write(chunk)
        file.flush()
        error = stream.finish()
    except OSError as problem:
        file.close()
        stream.stop()
        raise no_temporary_files(problem) from problem
    if error:
        file.close()
        raise error
    return file


class Ahead(Stream):
    """A stream that is read on while its reader is busy with something else.

    As much as AHEAD reads are kept; a thread of its own waits for git.
    """

    def __init__(self, reader: int, processes: list[Process]) -> None:
        import queue
        import threading

        super().__init__(reader, processes)
        self._chunks: queue.Queue[bytes] = queue.Queue(AHEAD)
        self._thread = threading.Thread(target=self._fill, daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        for chunk in super().chunks():
            self._chunks.put(chunk)
        self._chunks.put(b"")

    def chunks(self) -> Iterator[bytes]:
        """The output as it comes."""
        import queue

        while True:
            try:
                # On Windows, a lock without a limit would not let ^C through.
                chunk = self._chunks.get(timeout=1)
            except queue.Empty:
                continue
            if not chunk:
                return
            yield chunk

    def _close(self) -> None:
        """The thread reads to the end of what the processes, now ended, have printed."""
        while self._thread.is_alive():
            while not self._chunks.empty():  # it may wait for room
                self._chunks.get_nowait()
            self._thread.join(0.01)
        super()._close()


class Running:
    """The git processes of one look at a repository; none of them outlives it.

    A context: when it ends, by an error or by ^C too, what still runs is stopped.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._all: list[Stream] = []

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, _1: type[BaseException] | None, _2: BaseException | None, _3: TracebackType | None
    ) -> None:
        for stream in self._all:
            stream.stop()

    def start(self, *commands: tuple[str, ...], stdin: bytes = b"", ahead: bool = False) -> Stream:
        """Start git commands, of which each reads what the one before it prints."""
        processes: list[Process] = []
        source = -1
        # Known before it runs: ^C may come at any moment.
        self._all.append(Stream(-1, processes))
        for argv in commands:
            reader, writer = os.pipe()
            _widen(writer)
            processes.append(
                start(
                    *argv,
                    stdin=stdin if source < 0 else b"",
                    top=self._repository.top,
                    env={**self._repository.env, **_BUFFERED},
                    into=writer,
                    source=source,
                )
            )
            os.close(writer)
            if source >= 0:
                os.close(source)
            source = reader
        stream = (Ahead if ahead else Stream)(source, processes)
        self._all[-1] = stream
        return stream


def _widen(fd: int) -> None:
    """Enlarge a pipe: git and its reader switch less often (Linux)."""
    try:
        import fcntl

        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _ROOM)
    except (ImportError, AttributeError, OSError):
        return  # another system, or a user with many pipes
