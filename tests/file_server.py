"""Servers of files on loopback, with every fault that a network has: on purpose, and counted.

`FileServer` serves a dictionary. The local Hub and the local ModelScope stand on the same ground:
a handler that serves contents with Range, ETag and faults, and a log of what was asked.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import socket
import struct
import termios
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

CHUNK = 65_536


@dataclass(frozen=True)
class Asked:
    """A request: what was asked of which path, and how many bytes of a content were `sent`."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    sent: list[int] = field(default_factory=lambda: [0])

    @property
    def start(self) -> int:
        """Where its Range begins; 0 without one."""
        text = self.headers.get("range", "bytes=0-")
        return int(text.removeprefix("bytes=").partition("-")[0])


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer.

    `status` with `headers`; `truncate`, `reset`, `stall` after so many bytes (`stall` says
    nothing more until the server is closed); `short` is a whole answer of so many bytes;
    `corrupt` flips the byte there; `ignore_range`, `ignore_if_range`; `wrong_range` goes on one
    byte later than asked; `unbounded` and `chunked` have no length; `gzip` is compressed, which
    nobody has asked for; `page` is HTML; `slow` waits `seconds` after each 64 KiB.
    """

    kind: str
    number: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class QuietServer(ThreadingHTTPServer):
    """Answers on a port of loopback. Without a request nothing runs; `serve_forever` polls."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._is_open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients are killed here, and connections reset: no news."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether this is a client, and not what `close` wakes the thread with."""
        return self._is_open

    def close(self) -> None:
        self._is_open = False
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.server_port), 10):
            pass
        self._thread.join(10)
        self.server_close()

    def _serve(self) -> None:
        while self._is_open:
            self.handle_request()


class Server:
    """Serves on a port of loopback until it is closed.

    `faults[path]` are those of the next answers with that content, one each; `always[path]` is
    that of every one. `log` is what was asked.
    """

    def __init__(self) -> None:
        self.log: list[Asked] = []
        self.faults: dict[str, list[Fault]] = {}
        self.always: dict[str, Fault] = {}
        self.closed = threading.Event()
        server = self

        class Mine(Handler):
            owner = server

        self._http = QuietServer(Mine)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, handler: Handler, asked: Asked) -> None:
        """Answer a request; by the handler's methods."""
        raise NotImplementedError

    def fault(self, path: str) -> Fault:
        """The fault of the next answer with the content of `path`."""
        if path in self.always:
            return self.always[path]
        waiting = self.faults.get(path)
        return waiting.pop(0) if waiting else Fault("none")

    def starts(self, path: str) -> list[int]:
        """Where each GET of a path began."""
        return [one.start for one in self.log if one.path == path and one.method == "GET"]

    def close(self) -> None:
        self.closed.set()
        self._http.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: ClassVar[Server]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, unquote(parts.path), parts.query, headers)
        self.owner.log.append(asked)
        try:
            self.owner.answer(self, asked)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def empty(self, status: int, headers: dict[str, str] | None = None) -> None:
        self._head(status, {"Content-Length": "0", **(headers or {})})

    def document(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        kind = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self._head(status, kind | (headers or {}))
        self._write(body)

    def content(
        self,
        asked: Asked,
        path: str,
        body: bytes,
        *,
        etag: str = "",
        has_ranges: bool = True,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Serve a content, as asked, or with the fault that waits for it."""
        fault = self.owner.fault(path)
        if fault.kind == "status":
            self.empty(fault.number, fault.headers)
            return
        if fault.kind == "page":
            page = b"<html>log in first</html>"
            self._head(200, {"Content-Type": "text/html", "Content-Length": str(len(page))})
            self._write(page)
            return
        start, status = 0, 200
        wanted = asked.headers.get("range", "")
        same = asked.headers.get("if-range", etag) == etag or fault.kind == "ignore_if_range"
        if wanted and has_ranges and same and fault.kind != "ignore_range":
            start, status = asked.start, 206
            if start >= len(body):
                self.empty(416, {"Content-Range": f"bytes */{len(body)}"})
                return
            start += fault.kind == "wrong_range"
        sent = {"Content-Type": "application/octet-stream", **(headers or {})}
        if etag:
            sent["ETag"] = etag
        if fault.kind == "gzip":
            sent["Content-Encoding"] = "gzip"
            body = gzip.compress(body, 1)
        part = body[start:]
        if fault.kind == "corrupt" and start <= fault.number < len(body):
            at = fault.number - start
            part = part[:at] + bytes([part[at] ^ 1]) + part[at + 1 :]
        if fault.kind == "short":
            part = part[: fault.number]
        if status == 206:
            sent["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if fault.kind == "chunked":
            sent["Transfer-Encoding"] = "chunked"
        elif fault.kind == "unbounded":
            sent["Connection"] = "close"
        else:
            sent["Content-Length"] = str(len(part))
        self._head(status, sent)
        if self.command == "HEAD":
            return
        if fault.kind == "chunked":
            for at in range(0, len(part), CHUNK):
                piece = part[at : at + CHUNK]
                self._write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self._write(b"0\r\n\r\n")
            return
        self._send(asked, part, fault)

    def _send(self, asked: Asked, part: bytes, fault: Fault) -> None:
        broken = fault.kind in ("truncate", "reset", "stall")
        whole = part[: fault.number] if broken else part
        for at in range(0, len(whole), CHUNK):
            piece = whole[at : at + CHUNK]
            # Counted first: the other end may have it, and look, before this thread goes on.
            asked.sent[0] += len(piece)
            try:
                self._write(piece)
            except OSError:
                asked.sent[0] -= len(piece)
                raise
            if fault.kind == "slow":
                time.sleep(fault.seconds)
        if fault.kind == "stall":
            self.owner.closed.wait(60)
        if fault.kind == "reset":
            self._let_arrive()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()  # it keeps the connection open
            self.connection.close()
        if broken or fault.kind == "unbounded":
            self.close_connection = True

    def _let_arrive(self) -> None:
        """Wait until all that was sent is at the other end: a reset would throw it away."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            waiting = fcntl.ioctl(self.connection, termios.TIOCOUTQ, bytes(4))
            if waiting == bytes(4):
                return
            time.sleep(0.005)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _write(self, data: bytes) -> None:
        if self.command != "HEAD":
            self.wfile.write(data)
            self.wfile.flush()

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return  # after a reset

    def log_message(self, format: str, *args: Any) -> None:
        pass


class FileServer(Server):
    """Serves `files` by path; `redirects` sends from one path to an address."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        self.redirects: dict[str, str] = {}
        self.has_etags = True
        self.takes_head = True
        super().__init__()

    def answer(self, handler: Handler, asked: Asked) -> None:
        if asked.path in self.redirects:
            handler.empty(302, {"Location": self.redirects[asked.path]})
        elif asked.path not in self.files:
            handler.empty(404)
        elif asked.method == "HEAD" and not self.takes_head:
            handler.empty(405)
        else:
            body = self.files[asked.path]
            etag = f'"{hashlib.md5(body).hexdigest()}"' if self.has_etags else ""
            handler.content(asked, asked.path, body, etag=etag)
