"""Models of the Hugging Face Hub, or of a mirror of it (HF_ENDPOINT)."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pmgit.hub import api, places, xet
from pmgit.hub.client import UnreachableError
from pmgit.model.lock_file import HUB, is_hex
from pmgit.model.repo_id import is_valid
from pmgit.sources import errors, web
from pmgit.sources.errors import GoneError, SourceError
from pmgit.sources.listing import Listing, RemoteFile, a_file
from pmgit.sources.web import ByteStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pmgit.hub.api import HubModel
    from pmgit.hub.xet import XetFile

#: From so many bytes on, three small requests more for Xet are nothing.
_LARGE = 8_000_000
_TOKENS = "https://huggingface.co/settings/tokens"


class XetStream(ByteStream):
    """The bytes of a file from `start` on, by Xet; `on_failure` is called when they break off.

    Raises XetError when not one byte arrives.
    """

    def __init__(
        self, file: XetFile, start: int, size: int, on_failure: Callable[[], None]
    ) -> None:
        self.start, self.total, self.validator = start, size, ""
        self.is_bounded, self.is_page, self.is_json = True, False, False
        self._on_failure = on_failure
        self._chunks = xet.chunks(file, start, size)
        self._first = next(self._chunks, b"")

    def chunks(self) -> Iterator[bytes]:
        """The bytes; UnreachableError when they break off: the next try is without Xet."""
        yield self._first
        try:
            yield from self._chunks
        except xet.XetError as error:
            self._on_failure()
            raise UnreachableError(error.why) from None


class HuggingFace:
    """The model `repo_id` of the Hub."""

    type = HUB
    elsewhere = (
        "where it cannot be reached: HF_ENDPOINT=https://hf-mirror.com, or modelscope:ORG/NAME"
    )

    def __init__(self, repo_id: str, revision: str = "", pattern: str = "") -> None:
        self.repo_id = repo_id
        self.revision = revision
        self.pattern = pattern
        self._takes_xet = True

    @property
    def label(self) -> str:
        return f"{web.host(api.endpoint())}/{self.repo_id}"

    @property
    def address(self) -> str:
        return api.endpoint()

    @property
    def page(self) -> str:
        """At the Hub itself: a mirror has no page to ask for access on."""
        return f"{places.PUBLIC}/{self.repo_id}"

    @property
    def name(self) -> str:
        return self.repo_id.rpartition("/")[2]

    def look(self, revision: str = "", *, sleep: Callable[[float], None] = time.sleep) -> Listing:
        """The files of the model at a revision; SourceError when the Hub does not list them."""
        web.demand_online()
        asked = revision or self.revision

        def ask() -> HubModel:
            try:
                return api.model_info(self.repo_id, asked)
            except api.RefusedError as error:
                web.demand_patience(error.status, error.headers)
                raise self._refusal(error.status, error.headers, asked) from None

        found = web.persist(ask, api.endpoint(), sleep=sleep, help=self.elsewhere)
        if not is_hex(found.commit, 40) or not is_valid(found.id):
            raise errors.silent(
                web.host(api.endpoint()), "it names no commit of the model", self.elsewhere
            )
        source = {
            "type": HUB, "repo_id": found.id, "requested": asked or "main",
            "revision": found.commit,
        }  # fmt: skip
        license, name, link = _license(found.card, found.tags)
        if link and "://" not in link:  # a file of the repository, mostly LICENSE
            link = f"{places.PUBLIC}/{found.id}/blob/main/{quote(link)}"
        return Listing(
            source,
            [a_file(one.path, one.size, one.sha256, one.blob) for one in found.files],
            page=f"{places.PUBLIC}/{found.id}",
            license=license,
            license_name=name,
            license_link=link,
            gated=found.gated,
            private=found.private,
            parameters=_counts(found.parameters),
            notes=self._notes(found),
        )

    @contextmanager
    def open(
        self, revision: str, file: RemoteFile, start: int, validator: str
    ) -> Iterator[ByteStream]:
        """The bytes of a file; the token goes to the Hub alone, not where it sends to."""
        web.demand_online()
        plain, secret = api.headers()
        url = api.file_url(self.repo_id, file.path, revision)
        by_xet = self._by_xet(url, file, start, plain, secret)
        if by_xet:
            yield by_xet
            return
        with web.stream(
            url,
            start,
            validator,
            plain,
            secrets=secret,
            home=api.endpoint(),
            refusal=lambda status, headers: self._refusal(status, headers, revision, file.path),
        ) as found:
            yield found

    def _by_xet(
        self,
        url: str,
        file: RemoteFile,
        start: int,
        plain: Mapping[str, str],
        secret: Mapping[str, str],
    ) -> XetStream | None:
        """The bytes of a large file by Xet; None when it is not there, or cannot be used."""
        if not (self._takes_xet and file.sha256 and file.size >= _LARGE and xet.is_here()):
            return None
        try:
            found = xet.look_up(url, plain, secret, api.endpoint())
            return XetStream(found, start, file.size, self._give_up_xet) if found else None
        except xet.XetError:
            self._give_up_xet()
            return None

    def _give_up_xet(self) -> None:
        """From now on all comes by plain HTTP."""
        self._takes_xet = False

    def _notes(self, found: HubModel) -> list[str]:
        notes = []
        if found.id != self.repo_id:
            notes.append(f"{self.repo_id} is called {found.id} now")
        if found.private:
            notes.append(f"{found.id} is private: who clones this needs a token of their own")
        elif found.gated:
            notes.append(f"{found.id} is gated: ask for access on {places.PUBLIC}/{found.id}")
        if web.host(api.endpoint()) != web.host(places.PUBLIC) and api.headers()[1]:
            notes.append(
                f"the token of this machine goes to {web.host(api.endpoint())} (HF_ENDPOINT)"
            )
        return notes

    def _refusal(
        self, status: int, headers: Mapping[str, str], revision: str, path: str = ""
    ) -> SourceError:
        """The error for a status of the Hub, by the code that comes with it."""
        code = headers.get("x-error-code", "")
        words = headers.get("x-error-message", "").lower()
        has_token = bool(api.headers()[1])
        if code == "GatedRepo":
            login = "" if has_token else ", then log in: hf auth login (or set HF_TOKEN)"
            owner = " with the account that the token is of" if has_token else ""
            return SourceError(
                f"{self.repo_id} is gated: its owner decides who may have its files",
                f"ask for access on {self.page}{owner}{login}",
            )
        if code == "RevisionNotFound":
            return GoneError(
                f"{self.repo_id} has no branch, tag or commit {revision!r}",
                f"see which there are: {self.page}/tree/main",
            )
        if code == "EntryNotFound" or (path and status == 404 and code != "RepoNotFound"):
            return GoneError(
                f"{self.repo_id} has no file {path!r} at {revision}",
                f"see what it has: {self.page}/tree/{revision}",
            )
        if has_token and status == 401 and (code != "RepoNotFound" or "credentials" in words):
            return SourceError(
                f"{web.host(api.endpoint())} does not take the token of this machine",
                f"make a new one on {_TOKENS} and log in: hf auth login; or go without:"
                " unset HF_TOKEN, hf auth logout",
            )
        if status in (401, 404) or code == "RepoNotFound":
            way = (
                "if it is private, ask its owner to let the token's account in"
                if has_token
                else "if it is private, log in: hf auth login (or set HF_TOKEN)"
            )
            return GoneError(
                f"{web.host(api.endpoint())} has no model {self.repo_id}, or it is private",
                f"look for it: {self.page}; {way}",
            )
        if status == 403:
            return SourceError(
                f"{web.host(api.endpoint())} does not let this machine have {self.repo_id}",
                f"see what its token may read: {_TOKENS}"
                if has_token
                else f"look at {self.page}, and log in: hf auth login (or set HF_TOKEN)",
            )
        return SourceError(
            f"{web.host(api.endpoint())} answers with status {status} for {self.repo_id}",
            f"look at {self.page}",
        )


def _license(card: Mapping[str, Any], tags: list[str]) -> tuple[str, str, str]:
    """License, its name and its link, by the front matter or the tags that mirror it."""
    found = card.get("license")
    several = found if isinstance(found, list) else [found]
    ids = [one.strip() for one in several if isinstance(one, str) and one.strip()]
    ids = ids or [tag.removeprefix("license:") for tag in tags if tag.startswith("license:")]
    name, link = card.get("license_name"), card.get("license_link")
    return (
        ", ".join(dict.fromkeys(ids)),
        name if isinstance(name, str) else "",
        link if isinstance(link, str) else "",
    )


def _counts(parameters: Mapping[Any, Any]) -> dict[str, int]:
    return {
        dtype: count
        for dtype, count in parameters.items()
        if isinstance(dtype, str) and isinstance(count, int) and 0 <= count < 1 << 62
    }
