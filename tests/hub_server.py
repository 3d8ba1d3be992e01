"""A local Hugging Face Hub: models, branches, gates, tokens, and Git LFS files on a second port.

As huggingface_hub 2.4 asks and as the Hub answers: the real client works with it, `hf download`
included. Whatever is of Git LFS is redirected to another port, as the Hub redirects to its CDN.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from tests.file_server import CHUNK, Asked, Handler, Server

LFS = (".safetensors", ".bin", ".h5", ".msgpack", ".onnx", ".pt", ".pth")


def blob_id(content: bytes) -> str:
    """The id that Git gives a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@lru_cache(64)
def sha256_of(content: bytes) -> str:
    """The id that Git LFS gives a content; every answer about a model names it."""
    return hashlib.sha256(content).hexdigest()


@dataclass
class Model:
    """A model: files by commit and path, commits by branch or tag, and what its card says."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    gated: str = ""
    private: bool = False
    safetensors: dict[str, Any] | None = None


class _Cdn(Server):
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        super().__init__()

    def answer(self, handler: Handler, asked: Asked) -> None:
        oid = asked.path.rpartition("/")[2]
        if oid not in self.objects:
            handler.empty(404)
            return
        handler.content(asked, oid, self.objects[oid], etag=f'"{oid}"')


class XetServer(Server):
    """The store of Xet, as hf_xet 1.8 asks it: which parts of which xorb make up a file.

    A file is one xorb of chunks of 64 KiB, not compressed, of which 16 are fetched at a time, from
    `/xorbs/HASH/NUMBER`. `hashes` maps what Xet calls a file to its sha256; `objects` has the
    contents by that.
    """

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.hashes: dict[str, str] = {}
        super().__init__()

    def answer(self, handler: Handler, asked: Asked) -> None:
        kind, _, rest = asked.path.strip("/").removeprefix("v1/").partition("/")
        name = rest.partition("/")[0]
        if name not in self.hashes or kind not in ("reconstructions", "xorbs"):
            handler.empty(404)
            return
        content = self.objects[self.hashes[name]]
        if kind == "xorbs":
            begin, _, end = asked.headers["range"].removeprefix("bytes=").partition("-")
            body = _xorb(content)[int(begin) : int(end) + 1]
            handler.content(asked, asked.path, body, has_ranges=False)
            return
        first, last = asked.start // CHUNK, -(-len(content) // CHUNK)
        parts = [
            {"start": at, "end": min(at + 16, last)} for at in range(first // 16 * 16, last, 16)
        ]
        parts[0]["start"] = first
        handler.document(200, {
            "offset_into_first_range": asked.start - first * CHUNK,
            "terms": [
                {
                    "hash": name, "range": part,
                    "unpacked_length": len(content[part["start"] * CHUNK : part["end"] * CHUNK]),
                }
                for part in parts
            ],
            "fetch_info": {name: [
                {
                    "range": part, "url": f"{self.url}/xorbs/{name}/{part['start'] // 16}",
                    "url_range": {
                        "start": part["start"] * (CHUNK + 8),
                        "end": min(part["end"] * (CHUNK + 8), len(content) + last * 8) - 1,
                    },
                }
                for part in parts
            ]},
        })  # fmt: skip


def _xorb(content: bytes) -> bytes:
    """Chunks with their headers: version, length, no compression, length."""
    out = []
    for at in range(0, len(content), CHUNK):
        chunk = content[at : at + CHUNK]
        size = len(chunk).to_bytes(3, "little")
        out += [b"\0", size, b"\0", size, chunk]
    return b"".join(out)


class HubServer(Server):
    """Serves `models` by id. `tokens` maps a valid token to the gated models that it may read.

    `moved` maps old ids to new ones; `api_faults` are statuses (with headers) that the next
    questions about a model get; `extra` are rows that every listing has besides the real ones.
    Faults of contents go by path for small files (`/org/name/resolve/COMMIT/config.json`), and to
    `cdn` by sha256 for those of Git LFS. With `has_xet` the latter are in `xet` as well, and
    `xet_token` is the status of the route that gives tokens for it.
    """

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.tokens: dict[str, set[str]] = {}
        self.moved: dict[str, str] = {}
        self.api_faults: list[tuple[int, dict[str, str]]] = []
        self.extra: list[dict[str, Any]] = []
        self.cdn = _Cdn()
        self.xet = XetServer(self.cdn.objects)
        self.has_xet = False
        self.xet_token = 200
        super().__init__()

    def close(self) -> None:
        super().close()
        self.cdn.close()
        self.xet.close()

    def add(
        self, repo_id: str, files: dict[str, bytes], *, branch: str = "main", **about: Any
    ) -> str:
        """Commit files to a branch of a model, with its card and gates; the commit."""
        model = self.models.setdefault(repo_id, Model())
        for name, value in about.items():
            setattr(model, name, value)
        # By their ids: `repr` of 4 MB takes 100 ms.
        ids = sorted((path, sha256_of(content)) for path, content in files.items())
        commit = hashlib.sha1(repr((repo_id, branch, len(model.commits), ids)).encode()).hexdigest()
        model.commits[commit] = dict(files)
        model.branches[branch] = commit
        for path, content in files.items():
            if path.endswith(LFS):
                self.cdn.objects[sha256_of(content)] = content
        return commit

    def environment(self, home: str, **more: str) -> dict[str, str]:
        """The variables that make huggingface_hub use this Hub, and no other place.

        Over plain HTTP: to read the certificates of this machine takes 20 ms for every call. Xet
        does not start without any.
        """
        found = {
            "HF_ENDPOINT": self.url, "HF_HOME": home, "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", **more,
        }  # fmt: skip
        if found["HF_HUB_DISABLE_XET"] == "0":
            return found
        return {"SSL_CERT_FILE": "", "SSL_CERT_DIR": home, **found}

    def answer(self, handler: Handler, asked: Asked) -> None:
        path = asked.path.strip("/")
        if "/xet-read-token/" in path:
            if self.xet_token != 200:
                handler.empty(self.xet_token)
                return
            handler.empty(200, {
                "X-Xet-Cas-Url": self.xet.url, "X-Xet-Access-Token": "xet-token",
                "X-Xet-Token-Expiration": str(int(time.time()) + 3600),
            })  # fmt: skip
        elif path.startswith("api/models/"):
            self._describe(handler, asked, path.removeprefix("api/models/"))
        elif "/resolve/" in path:
            self._resolve(handler, asked)
        else:
            handler.empty(404)

    def _describe(self, handler: Handler, asked: Asked, rest: str) -> None:
        if self.api_faults:
            handler.empty(*self.api_faults.pop(0))
            return
        repo_id, _, action = rest.partition("/revision/")
        if "/tree/" in rest:
            repo_id, _, action = rest.partition("/tree/")
        if repo_id in self.moved:
            target = quote(asked.path.replace(repo_id, self.moved[repo_id]))
            handler.empty(307, {"Location": f"{target}?{asked.query}"})
            return
        revision = unquote(action) or "main"
        if not self._let_in(handler, asked, repo_id):
            return
        model = self.models[repo_id]
        commit = model.branches.get(revision, revision)
        if commit not in model.commits:
            handler.empty(404, {"X-Error-Code": "RevisionNotFound"})
            return
        rows = [self._row(path, content) for path, content in model.commits[commit].items()]
        rows += self.extra
        if "/tree/" in rest:
            handler.document(200, [
                {"type": "file", "path": row["rfilename"], "oid": row["blobId"],
                 "size": row["size"], **({"lfs": row["lfs"] | {"oid": row["lfs"]["sha256"]}}
                                         if row["lfs"] else {})}
                for row in rows
            ])  # fmt: skip
            return
        handler.document(200, {
            "_id": "1", "id": repo_id, "modelId": repo_id, "sha": commit, "private": model.private,
            "gated": model.gated or False, "disabled": False, "downloads": 1, "likes": 1,
            "tags": [f"license:{one}" for one in _as_list(model.card.get("license"))],
            "lastModified": "2026-01-01T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
            "cardData": model.card, "siblings": rows,
            **({"safetensors": model.safetensors} if model.safetensors else {}),
        })  # fmt: skip

    def _row(self, path: str, content: bytes) -> dict[str, Any]:
        if not path.endswith(LFS):
            return {
                "rfilename": path,
                "size": len(content),
                "blobId": blob_id(content),
                "lfs": None,
            }
        oid = sha256_of(content)
        pointer = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
        ).encode()
        lfs = {"size": len(content), "sha256": oid, "pointerSize": len(pointer)}
        return {
            "rfilename": path, "size": len(content), "blobId": blob_id(pointer), "lfs": lfs,
        }  # fmt: skip

    def _resolve(self, handler: Handler, asked: Asked) -> None:
        repo_id, _, rest = asked.path.strip("/").partition("/resolve/")
        revision, _, path = rest.partition("/")
        if repo_id in self.moved:
            target = asked.path.replace(repo_id, self.moved[repo_id])
            handler.empty(307, {"Location": quote(target)})
            return
        if not self._let_in(handler, asked, repo_id, files=True):
            return
        model = self.models[repo_id]
        commit = model.branches.get(revision, revision)
        if commit not in model.commits:
            handler.empty(404, {"X-Error-Code": "RevisionNotFound"})
            return
        content = model.commits[commit].get(path)
        if content is None:
            handler.empty(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
            return
        common = {"X-Repo-Commit": commit}
        if path.endswith(LFS):
            oid = sha256_of(content)
            # By another name than the Hub's: huggingface_hub 1 takes a port for the same server.
            if self.has_xet:
                name = oid[::-1]  # Xet's own hash, which is none of the sha256
                self.xet.hashes[name] = oid
                route = f"https://huggingface.co/api/models/{repo_id}/xet-read-token/{commit}"
                common |= {"X-Xet-Hash": name, "Link": f'<{route}>; rel="xet-auth"'}
            cdn = self.cdn.url.replace("127.0.0.1", "localhost")
            handler.empty(302, {
                "Location": f"{cdn}/objects/{oid}?Signature=s3cr3t", **common,
                "X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{oid}"',
            })  # fmt: skip
            return
        handler.content(asked, asked.path, content, etag=f'"{blob_id(content)}"', headers=common)

    def _let_in(self, handler: Handler, asked: Asked, repo_id: str, *, files: bool = False) -> bool:
        """Whether who asks may see the model, or have its files; if not, the answer is given."""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        model = self.models.get(repo_id)
        if token and token not in self.tokens:
            wrong = {"X-Error-Message": "Invalid credentials in Authorization header"}
            handler.document(401, {"error": "Invalid credentials"}, wrong)
        elif model is None or (model.private and repo_id not in self.tokens.get(token, ())):
            code = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
            handler.document(404 if token else 401, {"error": "Repository not found"}, code)
        elif files and model.gated and repo_id not in self.tokens.get(token, ()):
            handler.document(
                403 if token else 401, {"error": "gated"}, {"X-Error-Code": "GatedRepo"}
            )
        else:
            return True
        return False


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []
