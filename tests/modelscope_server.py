"""A local ModelScope: the four GETs that pmgit needs, with the habits of the real one.

A list is cut at `cut` rows in silence, an unknown revision is a success without files, small files
ignore Range, those of Git LFS are redirected to a second port.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs

from tests.file_server import Asked, FileServer, Handler, Server
from tests.hub_server import LFS


class ModelScopeServer(Server):
    """Serves `models`: by id, by commit, by path. `branches[id]` maps names to commits.

    `about[id]` is what the OpenAPI route says of a model; `token` is what private models
    (`private`) want.
    """

    def __init__(self) -> None:
        self.models: dict[str, dict[str, dict[str, bytes]]] = {}
        self.branches: dict[str, dict[str, str]] = {}
        self.about: dict[str, dict[str, Any]] = {}
        self.private: set[str] = set()
        self.token = ""
        self.cut = 3000
        self.cdn = FileServer()
        super().__init__()

    def close(self) -> None:
        super().close()
        self.cdn.close()

    def add(
        self, repo_id: str, files: dict[str, bytes], *, branch: str = "master", **about: Any
    ) -> str:
        """Commit files to a branch of a model; the commit."""
        commits = self.models.setdefault(repo_id, {})
        commit = hashlib.sha1(repr((repo_id, branch, len(commits))).encode()).hexdigest()
        commits[commit] = dict(files)
        self.branches.setdefault(repo_id, {})[branch] = commit
        self.about.setdefault(repo_id, {"license": "Apache License 2.0"}).update(about)
        return commit

    def answer(self, handler: Handler, asked: Asked) -> None:
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        parts = asked.path.strip("/").split("/")
        if parts[:2] == ["api", "v1"]:
            repo_id, route = "/".join(parts[3:5]), "/".join(parts[5:])
        else:
            repo_id, route = "/".join(parts[3:5]), "openapi"
        known = repo_id in self.models
        is_let_in = asked.headers.get("authorization") == f"Bearer {self.token}"
        if not known or (repo_id in self.private and not is_let_in):
            handler.document(404, _error(10010205001, "record not found"))
        elif route == "openapi":
            handler.document(200, {"success": True, "data": self.about[repo_id]})
        elif route == "commits":
            commit = self._commit(repo_id, query["Ref"])
            rows = [{"Id": commit}] if commit else None
            handler.document(200, _data({"Commit": rows, "TotalCount": int(bool(commit))}))
        elif route == "repo/files":
            handler.document(200, _data({"Files": self._files(repo_id, query)}))
        elif route == "repo":
            self._content(handler, asked, repo_id, query)
        else:
            handler.document(404, _error(1, "no such route"))

    def _commit(self, repo_id: str, revision: str) -> str:
        commit = self.branches[repo_id].get(revision, revision)
        return commit if commit in self.models[repo_id] else ""

    def _files(self, repo_id: str, query: dict[str, str]) -> list[dict[str, Any]] | None:
        commit = self._commit(repo_id, query["Revision"])
        if not commit:
            return None
        root = f"{query['Root'].strip('/')}/" if "Root" in query else ""
        rows: dict[str, dict[str, Any]] = {}
        for path, content in sorted(self.models[repo_id][commit].items()):
            if not path.startswith(root):
                continue
            folders = path[len(root) :].split("/")[:-1]
            for depth in range(1, len(folders) + 1):
                folder = root + "/".join(folders[:depth])
                if depth == 1 or query["Recursive"] == "True":
                    rows[folder] = {"Path": folder, "Type": "tree", "Size": 0, "Sha256": ""}
            if not folders or query["Recursive"] == "True":
                rows[path] = {
                    "Path": path, "Type": "blob", "Size": len(content),
                    "Sha256": hashlib.sha256(content).hexdigest(),
                }  # fmt: skip
        return list(rows.values())[: self.cut]

    def _content(self, handler: Handler, asked: Asked, repo_id: str, query: dict[str, str]) -> None:
        commit, path = self._commit(repo_id, query["Revision"]), query["FilePath"]
        content = self.models[repo_id].get(commit, {}).get(path)
        if content is None:
            handler.document(200, _error(10990101007, "file not found"))
        elif path.endswith(LFS):
            self.cdn.files[f"/{path}"] = content
            handler.empty(302, {"Location": f"{self.cdn.url}/{path}?auth_key=s3cr3t"})
        else:
            handler.content(asked, path, content, has_ranges=False)


def _data(data: Any) -> dict[str, Any]:
    return {"Code": 200, "Success": True, "Message": "", "RequestId": "1", "Data": data}


def _error(code: int, message: str) -> dict[str, Any]:
    return {"Code": code, "Success": False, "Message": message, "RequestId": "1", "Data": None}
