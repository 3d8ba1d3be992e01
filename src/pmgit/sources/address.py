"""A single file behind an address, such as the weights that torch.hub and torchvision load."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from pmgit.core.errors import UsageError, cut
from pmgit.hub.client import request
from pmgit.model.lock_file import URL, trouble_with
from pmgit.sources import web
from pmgit.sources.errors import GoneError, SourceError
from pmgit.sources.listing import Listing, RemoteFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from pmgit.sources.web import ByteStream

#: The convention of torch.hub: `resnet50-11ad3fa6.pth` begins its sha256 with 11ad3fa6.
_HASH = re.compile(r"-([0-9a-f]{8,64})\.(?:pth|pt)$")
#: Eight digits that are a day rather than a hash.
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
#: Parts of an address that let anybody in who has it.
_SECRET = re.compile(
    r"(?i)signature|sig|token|access_?token|auth_?key|api_?key|key|password|secret"
    r"|x-(amz|goog|oss)-.+|awsaccesskeyid|ossaccesskeyid|key-pair-id|policy"
)


class Address:
    """The file behind `url`.

    `sha256` is the hash that somebody gave for it ('': nobody did), `requested` the name by which
    the address was found, such as torchvision's for these weights.
    """

    type = URL
    revision = ""
    elsewhere = ""
    #: There is one file.
    pattern = ""

    def __init__(self, url: str, sha256: str = "", requested: str = "") -> None:
        self.url = url
        self.sha256 = sha256
        self.requested = requested

    @property
    def address(self) -> str:
        return self.url

    @property
    def label(self) -> str:
        return web.host(self.url)

    @property
    def page(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """The file's name without hash and ending: `resnet50` of `resnet50-11ad3fa6.pth`."""
        rest = _HASH.sub("", self.only)
        return rest if rest != self.only else rest.rsplit(".", 1)[0]

    @property
    def only(self) -> str:
        return file_name(self.url)

    def look(self, revision: str = "", *, sleep: Callable[[float], None] = time.sleep) -> Listing:
        """The size of the file, and what is known of its hash; SourceError when it is not there."""
        if revision:
            raise UsageError("an address has no revisions", "leave out --revision")
        web.demand_online()
        size, etag = web.persist(self._size_and_etag, self.url, sleep=sleep)
        prefix = "" if self.sha256 else hash_of_name(self.only)
        notes = []
        if not self.sha256 and not prefix:
            notes.append(
                f"nothing proves the bytes of {self.only}: the sha256 of this first use is recorded"
            )
        elif prefix.isdecimal():
            notes.append(
                f"the sha256 has to begin with {prefix}, as {self.only} seems to say; if that is no"
                " hash, name the right one: --sha256 HASH"
            )
        source = {"type": URL, "url": self.url}
        if self.requested:
            source["requested"] = self.requested
        return Listing(
            source,
            [RemoteFile(self.only, size, self.sha256, prefix=prefix, etag=etag)],
            page=self.url,
            notes=notes,
        )

    @contextmanager
    def open(  # an address has one file, and no revisions
        self,
        revision: str,  # noqa: ARG002
        file: RemoteFile,  # noqa: ARG002
        start: int,
        validator: str,
    ) -> Iterator[ByteStream]:
        """The bytes of the file; there is nothing secret to send."""
        web.demand_online()
        with self._stream(start, validator) as found:
            self._demand_file(found.is_page)
            yield found

    def _stream(self, start: int, validator: str) -> AbstractContextManager[ByteStream]:
        return web.stream(
            self.url, start, validator, web.HEADERS, refusal=lambda status, _: self._refusal(status)
        )

    def _size_and_etag(self) -> tuple[int, str]:
        """The size in bytes, -1 when the server does not say, and what names its state there."""
        with request("HEAD", self.url, web.HEADERS) as answer:
            web.demand_patience(answer.status, answer.headers)
            if answer.status == 200 and "content-length" in answer.headers:
                found = web.ByteStream(answer)
                self._demand_file(found.is_page)
                return found.total, found.validator
        # Not every server likes HEAD, nor says a size then: begin to read, and stop.
        with self._stream(0, "") as found:
            self._demand_file(found.is_page)
            return found.total, found.validator

    def _demand_file(self, is_page: bool) -> None:
        if is_page and not self.only.lower().endswith((".html", ".htm")):
            raise SourceError(
                f"{self.label} gives a page for people, not the file {self.only!r}",
                "name the address of the file itself; one that needs a login cannot be used",
            )

    def _refusal(self, status: int) -> SourceError:
        if status in (404, 410):
            return GoneError(
                f"{self.label} has no file at {cut(self.url)}",
                "look for the new address of the model",
            )
        if status in (401, 403):
            return SourceError(
                f"{self.label} does not give {self.only!r} to everybody",
                "download it as that site wants, then add the file from this disk",
            )
        return SourceError(f"{self.label} answers with status {status}", f"look at {cut(self.url)}")


def check(url: str) -> None:
    """Raise UsageError for an address that cannot be locked: secret, or without a file."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not url.isprintable() or " " in url:
        raise UsageError(f"{cut(repr(url))} is no address", "for example: https://host/file.pth")
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "an address with a user or password cannot be locked",
            "download it, then add the file from this disk",
        )
    if any(_SECRET.fullmatch(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise UsageError(
            "an address with a signature or a key cannot be locked: it ends, or lets everybody in",
            "name the one without, or download it and add the file from this disk",
        )
    name = file_name(url)
    trouble = trouble_with(name) if name else "is empty"
    if trouble:
        raise UsageError(
            f"{cut(url)} names no file: {cut(repr(name))} {trouble}", "name the address of one file"
        )


def file_name(url: str) -> str:
    """The name of the file behind an address: the last part of its path."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def hash_of_name(name: str) -> str:
    """The begin of a file's sha256 that its name has; '' when it has none."""
    found = _HASH.search(name)
    return found[1] if found and not _DAY.fullmatch(found[1]) else ""
