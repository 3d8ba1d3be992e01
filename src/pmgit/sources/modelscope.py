"""Models of ModelScope (modelscope.cn), asked without its SDK.

Its commit, its files with the sha256 of each, its license, and the bytes: four GETs. Some of its
habits, read in modelscope-hub 0.5.1 and in public reports: an unknown revision or file is a success
with an empty answer, a list is cut at 3,000 rows in silence, and Range is ignored for small files.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from pmgit.model.lock_file import MODELSCOPE, is_hex
from pmgit.sources import errors, web
from pmgit.sources.errors import GoneError, SourceError
from pmgit.sources.listing import Listing, RemoteFile, a_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pmgit.sources.web import ByteStream

PUBLIC = "https://modelscope.cn"
#: Where a list of files is cut, and how many lists are asked for to see around that.
_CUT, _MOST_LISTS = 3000, 2000
#: The default branch, and that of models that came from elsewhere.
_BRANCHES = ("master", "main")
#: An error in place of a file is short.
_SHORT = 100_000


class ModelScope:
    """The model `repo_id` of ModelScope."""

    type = MODELSCOPE
    elsewhere = ""

    def __init__(self, repo_id: str, revision: str = "", pattern: str = "") -> None:
        self.repo_id = repo_id
        self.revision = revision
        self.pattern = pattern

    @property
    def address(self) -> str:
        """Of the server, by the variable that its SDK reads."""
        found = os.environ.get("MODELSCOPE_ENDPOINT", "").strip() or PUBLIC
        return (found if "://" in found else f"https://{found}").rstrip("/")

    @property
    def label(self) -> str:
        return f"{web.host(self.address)}/models/{self.repo_id}"

    @property
    def page(self) -> str:
        return f"{PUBLIC}/models/{self.repo_id}"

    @property
    def name(self) -> str:
        return self.repo_id.rpartition("/")[2]

    def look(self, revision: str = "", *, sleep: Callable[[float], None] = time.sleep) -> Listing:
        """The files of the model at a revision; SourceError when ModelScope does not list them."""
        web.demand_online()
        asked = revision or self.revision
        for branch in [asked] if asked else _BRANCHES:
            commit = self._commit(branch, sleep)
            if commit:
                break
        else:
            raise self._unknown(asked or _BRANCHES[0])
        files = self._files(commit, sleep)
        license, private, gated, notes = self._about(sleep)
        return Listing(
            {
                "type": MODELSCOPE, "repo_id": self.repo_id, "requested": branch,
                "revision": commit,
            },
            files,
            page=self.page,
            license=license,
            gated=gated,
            private=private,
            notes=notes,
        )  # fmt: skip

    @contextmanager
    def open(
        self, revision: str, file: RemoteFile, start: int, validator: str
    ) -> Iterator[ByteStream]:
        """The bytes of a file; the token goes to ModelScope alone, not where it sends to."""
        web.demand_online()
        query = urlencode({"Revision": revision, "FilePath": file.path}, quote_via=quote)
        with web.stream(
            f"{self._api}/repo?{query}",
            start,
            validator,
            web.HEADERS,
            secrets=_secrets(),
            home=self.address,
            refusal=lambda status, _: self._refusal(status),
        ) as found:
            # "No such file" may be a success, with the error where the file should be.
            if found.is_json and found.total != file.size and 0 <= found.total < _SHORT:
                self._demand_success(found.read(_SHORT), file)
            yield found

    @property
    def _api(self) -> str:
        return f"{self.address}/api/v1/models/{self.repo_id}"

    def _commit(self, revision: str, sleep: Callable[[float], None]) -> str:
        """The full commit of a branch, tag or commit; '' when there is none of that name."""
        data = self._data("commits", {"Ref": revision, "PageNumber": "1", "PageSize": "1"}, sleep)
        rows = _get(data, "Commit")
        found = _get(rows[0], "Id") if isinstance(rows, list) and rows else ""
        if is_hex(found, 40):
            return str(found)
        # Whether the route knows commits as well is not written anywhere; the list of files does.
        return revision if is_hex(revision, 40) else ""

    def _files(self, commit: str, sleep: Callable[[float], None]) -> list[RemoteFile]:
        """All files of a commit, folder by folder where a list would be cut."""
        rows: dict[str, Mapping[str, Any]] = {}
        folders, asked = [""], 0
        while folders:
            folder = folders.pop()
            found = self._rows(commit, folder, True, sleep)
            asked += 1
            if len(found) >= _CUT:
                found = self._rows(commit, folder, False, sleep)
                asked += 1
                if len(found) >= _CUT or asked > _MOST_LISTS:
                    raise SourceError(
                        f"{self.label} has more files than ModelScope lists",
                        f"get it with git: git clone {self.page}.git",
                    )
                folders += _folders(found, folder)
            rows.update({str(row["Path"]): row for row in found if row.get("Type") != "tree"})
        return [a_file(path, row.get("Size"), row.get("Sha256")) for path, row in rows.items()]

    def _rows(
        self, commit: str, folder: str, deep: bool, sleep: Callable[[float], None]
    ) -> list[Mapping[str, Any]]:
        query = {"Revision": commit, "Recursive": str(deep)} | ({"Root": folder} if folder else {})
        found = _get(self._data("repo/files", query, sleep), "Files")
        if not isinstance(found, list):
            raise self._unknown(commit)
        return [row for row in found if isinstance(_get(row, "Path"), str)]

    def _about(self, sleep: Callable[[float], None]) -> tuple[str, bool, bool, list[str]]:
        """License, whether it is private, whether it is gated, and notes."""
        url = f"{self.address}/openapi/v1/models/{self.repo_id}"
        try:
            status, document = self._get_json(url, sleep)
        except SourceError:
            status, document = 0, None
        data = _get(document, "data")
        if status != 200 or not isinstance(data, dict):
            return "", False, False, [f"{self.label} does not say which license it has"]
        license = data.get("license")
        return (
            license if isinstance(license, str) else "",
            data.get("private") is True,
            data.get("gated") is True,
            [],
        )

    def _get_json(self, url: str, sleep: Callable[[float], None]) -> tuple[int, Any]:
        """Status and document of an answer, after as many tries as are worth it."""

        def get() -> tuple[int, Any]:
            return web.get_json(url, web.HEADERS, _secrets(), self.address)

        return web.persist(get, self.address, sleep=sleep)

    def _data(self, route: str, query: Mapping[str, str], sleep: Callable[[float], None]) -> object:
        """The data in an answer of the server; SourceError when it is an error, or none at all."""
        url = f"{self._api}/{route}?{urlencode(query, quote_via=quote)}"
        status, document = self._get_json(url, sleep)
        if status != 200:
            raise self._refusal(status)
        if not isinstance(document, dict) or "Code" not in document:
            raise errors.silent(web.host(self.address), "it answers with something else than data")
        if document["Code"] != 200:
            raise self._refusal(404)
        return document.get("Data")

    def _demand_success(self, body: bytes, file: RemoteFile) -> None:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if _get(document, "Code") not in (None, 200):
            raise SourceError(
                f"{self.label} does not give the file {file.path!r}",
                f"see what it has: {self.page}/files",
            )

    def _unknown(self, revision: str) -> SourceError:
        return GoneError(
            f"{self.label} has no branch, tag or commit {revision!r}",
            f"see which there are: {self.page}/files",
        )

    def _refusal(self, status: int) -> SourceError:
        if status in (401, 403, 404):
            why, hint = "", "; a token goes into MODELSCOPE_API_TOKEN"
            if _secrets():
                why, hint = ", or the token is not valid", ", and at MODELSCOPE_API_TOKEN"
            kind = GoneError if status == 404 else SourceError
            return kind(
                f"{self.label} is not there, private or gated{why}",
                f"look at {self.page}{hint}",
            )
        return SourceError(f"{self.label} answers with status {status}", f"look at {self.page}")


def _secrets() -> dict[str, str]:
    """The headers of the token, as the SDK sends it. The SDK's own store is a pickle: not read."""
    token = os.environ.get("MODELSCOPE_API_TOKEN", "").strip()
    return {"authorization": f"Bearer {token}", "cookie": f"m_session_id={token}"} if token else {}


def _get(value: object, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _folders(rows: list[Mapping[str, Any]], folder: str) -> list[str]:
    """The folders right below `folder`: nothing that would lead out, or around."""
    begin = f"{folder}/" if folder else ""
    found = [str(row["Path"]) for row in rows if row.get("Type") == "tree"]
    return [path for path in found if path.startswith(begin) and "/" not in path[len(begin) :]]
