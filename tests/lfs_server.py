"""A small Git LFS server over HTTP: the batch API with the basic transfer, on loopback.

After https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md. It keeps objects in a
dictionary and a log of what it was asked, so that tests assert on what really arrived.
"""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from tests.file_server import QuietServer


class LfsServer:
    """Serves until it is closed; `objects` maps sha256 to content, `log` is `METHOD path`.

    `batches` are the batch requests. `refusal` is the status and message of the answer to each of
    them; with `is_silent` there is none. What is larger than `limit` is not taken (413), and what
    somebody else has locked is named in `locked`.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.log: list[str] = []
        self.batches: list[dict[str, Any]] = []
        self.refusal: tuple[int, str] | None = None
        self.is_silent = False
        self.limit = 0
        self.locked: list[str] = []
        self._closed = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self._body()
                if self.path.endswith("/objects/batch"):
                    outer.batches.append(json.loads(body))
                    if outer.is_silent:
                        outer._closed.wait()
                    elif outer.refusal:
                        self._json(outer.refusal[0], {"message": outer.refusal[1]})
                    else:
                        self._json(200, outer.batch(json.loads(body)))
                elif self.path.endswith("/locks/verify"):
                    theirs = [
                        {"id": path, "path": path, "owner": {"name": "Ada"},
                         "locked_at": "2026-01-01T00:00:00Z"}
                        for path in outer.locked
                    ]  # fmt: skip
                    self._json(200, {"ours": [], "theirs": theirs})
                elif self.path.endswith("/unlock"):
                    path = outer.locked.pop()
                    self._json(200, {"lock": {"id": path, "path": path,
                                              "locked_at": "2026-01-01T00:00:00Z"}})  # fmt: skip
                elif self.path.endswith("/verify"):
                    wanted = json.loads(body)
                    found = outer.objects.get(wanted["oid"])
                    right = found is not None and len(found) == wanted["size"]
                    self._json(200 if right else 404, {})
                else:
                    self._json(404, {"message": "not found"})

            def do_PUT(self) -> None:
                body = self._body()
                oid = self.path.rpartition("/")[2]
                if outer.limit and len(body) > outer.limit:
                    self._send(413, b"<h1>413 Request Entity Too Large</h1>", "text/html")
                    return
                if hashlib.sha256(body).hexdigest() != oid:
                    self._json(422, {"message": "the content is not what its id says"})
                    return
                outer.objects[oid] = body
                self._send(200, b"", "application/octet-stream")

            def do_GET(self) -> None:
                outer.log.append(f"GET {self.path}")
                if "/locks" in self.path:
                    locks = [{"id": path, "path": path, "owner": {"name": "Ada"},
                              "locked_at": "2026-01-01T00:00:00Z"}
                             for path in outer.locked]  # fmt: skip
                    self._json(200, {"locks": locks})
                    return
                body = outer.objects.get(self.path.rpartition("/")[2])
                if body is None:
                    self._json(404, {"message": "no such object"})
                else:
                    self._send(200, body, "application/octet-stream")

            def _body(self) -> bytes:
                outer.log.append(f"{self.command} {self.path}")
                if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                    parts = []
                    while size := int(self.rfile.readline().strip(), 16):
                        parts.append(self.rfile.read(size))
                        self.rfile.readline()
                    self.rfile.readline()
                    return b"".join(parts)
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def _json(self, status: int, document: Any) -> None:
                body = json.dumps(document).encode()
                self._send(status, body, "application/vnd.git-lfs+json")

            def _send(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = QuietServer(Handler)

    @property
    def url(self) -> str:
        """The address for `lfs.url`."""
        return f"http://127.0.0.1:{self._server.server_port}/lfs"

    @property
    def uploads(self) -> list[str]:
        """The ids of the objects that were sent, in order."""
        return [entry.rpartition("/")[2] for entry in self.log if entry.startswith("PUT ")]

    def batch(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a batch request: where each object goes to, or comes from."""
        objects = []
        for wanted in request["objects"]:
            oid = wanted["oid"]
            entry: dict[str, Any] = {"oid": oid, "size": wanted["size"], "authenticated": True}
            there = oid in self.objects
            if request["operation"] == "upload" and not there:
                entry["actions"] = {
                    "upload": {"href": f"{self.url}/objects/{oid}"},
                    "verify": {"href": f"{self.url}/verify"},
                }
            elif request["operation"] == "download":
                if there:
                    entry["actions"] = {"download": {"href": f"{self.url}/objects/{oid}"}}
                else:
                    entry["error"] = {"code": 404, "message": "object does not exist"}
            objects.append(entry)
        return {"transfer": "basic", "objects": objects}

    def close(self) -> None:
        self._closed.set()
        self._server.close()

    def __enter__(self) -> LfsServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
