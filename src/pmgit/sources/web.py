"""Requests to a source: tried again while there is hope, and every failure in plain words."""

from __future__ import annotations

import json
import os
import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pmgit import __version__
from pmgit.hub import places
from pmgit.hub.client import UnreachableError, origin, request
from pmgit.sources import errors
from pmgit.sources.errors import PassingError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pmgit.hub.client import Response

T = TypeVar("T")

#: Who asks, where no library says it.
HEADERS = {"user-agent": f"pmgit/{__version__}"}
#: How often something is tried: without a connection (nobody waits for a network that is off),
#: and else.
CONNECTIONS, ATTEMPTS = 3, 6
#: Seconds: the first pause between two tries, the longest one, and what a server may ask for.
_FIRST, _LONGEST, _PATIENCE = 0.5, 30.0, 120.0
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
#: A listing of 100,000 files has 30 MB.
_MOST_JSON = 200_000_000


def demand_online() -> None:
    """Raise SourceError when the user has switched the network off, as huggingface_hub reads it."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    decides = next((name for name in names if os.environ.get(name)), names[0])
    if places.is_true(os.environ, decides):
        raise errors.offline()


def host(url: str) -> str:
    """The server of an address as people know it, without user and password."""
    parts = urlsplit(url)
    _, name, port = origin(url)
    return f"{name}:{port}" if f":{port}" in parts.netloc else name


@contextmanager
def failures(url: str, help: str = "") -> Iterator[None]:
    """Turn a server's silence into PassingError; into SourceError where waiting does not help."""
    try:
        yield
    except UnreachableError as error:
        if error.is_offline:
            raise errors.offline() from None
        if error.may_pass:
            raise PassingError(error.why, is_connecting=error.is_connecting) from None
        raise errors.silent(host(url), error.why, help) from None


def persist(
    task: Callable[[], T],
    url: str,
    *,
    sleep: Callable[[float], None] = time.sleep,
    help: str = "",
) -> T:
    """The result of `task`, after as many tries as are worth it; SourceError when none worked."""
    patience = Patience(url, sleep=sleep, help=help)
    while True:
        try:
            with failures(url, help):
                return task()
        except PassingError as error:
            patience.wait(error)


class Patience:
    """The pauses between tries to reach the server of `url`, and the end of them."""

    def __init__(
        self,
        url: str,
        *,
        sleep: Callable[[float], None],
        attempts: int = ATTEMPTS,
        help: str = "",
    ) -> None:
        self._url = url
        self._sleep = sleep
        self._attempts = attempts
        self._help = help
        self._failed = 0

    def renew(self) -> None:
        """Begin to count anew: something has arrived."""
        self._failed = 0

    def wait(self, error: PassingError) -> None:
        """Pause after a failure; SourceError when it was one too many, or the pause too long."""
        self._failed += 1
        if error.wait > _PATIENCE:
            raise errors.limited(host(self._url), error.wait)
        if self._failed >= (
            min(CONNECTIONS, self._attempts) if error.is_connecting else self._attempts
        ):
            raise errors.silent(host(self._url), error.why, self._help)
        pause = min(_FIRST * 2 ** (self._failed - 1), _LONGEST)
        # Many machines that were cut off at once do not come back at once.
        pause *= 0.75 + random.random() / 2  # noqa: S311
        self._sleep(error.wait if error.wait >= 0 else pause)


def demand_patience(status: int, headers: Mapping[str, str]) -> None:
    """Raise PassingError when an answer with this status may be another one later."""
    if status in _PASSING:
        raise PassingError(f"status {status}", wait=_retry_after(status, headers))


def _retry_after(status: int, headers: Mapping[str, str]) -> float:
    """The seconds that a server asks for; -1 when it asks for none."""
    word = headers.get("retry-after", "").strip()
    if word.isascii() and word.isdigit():
        return float(word[:9])
    if word:
        from email.utils import parsedate_to_datetime

        try:
            return max(0.0, parsedate_to_datetime(word).timestamp() - time.time())
        except (ValueError, OverflowError, TypeError):
            return -1
    # The Hub's own, which every answer has: `"api";r=0;t=55` is 0 requests left for 55 seconds.
    parts = [part.strip().partition("=") for part in headers.get("ratelimit", "").split(";")]
    values = {name: value for name, _, value in parts}
    seconds = _number(values.get("t", ""))
    return float(seconds) if status == 429 and values.get("r") == "0" else -1


def get_json(
    url: str, headers: Mapping[str, str], secrets: Mapping[str, str], home: str
) -> tuple[int, Any]:
    """Status and document of an answer in JSON; the document is None when it is none.

    Raises PassingError and UnreachableError.
    """
    with request("GET", url, headers, secrets=secrets, home=home) as answer:
        demand_patience(answer.status, answer.headers)
        return answer.status, _document(answer)


def _document(answer: Response) -> Any:
    try:
        return json.loads(answer.read(_MOST_JSON))
    except (ValueError, RecursionError):
        return None


class ByteStream:
    """The bytes of a file from `start` on, as they arrive.

    `total` is the size of the whole file (-1: the server does not say), `validator` what names
    this state of it in an If-Range ('' when nothing does). When `is_bounded`, the end of the stream
    is the end of the file, and no broken connection.
    """

    def __init__(self, answer: Response) -> None:
        self._answer = answer
        headers = answer.headers
        length = _number(headers.get("content-length", ""))
        self.start, self.total = 0, length
        if answer.status == 206:
            self.start, self.total = _range(headers.get("content-range", ""))
        if answer.is_encoded:  # then a range is one of the compressed bytes
            self.start, self.total = -1 if answer.status == 206 else 0, -1
        self.is_bounded = length >= 0 or "chunked" in headers.get("transfer-encoding", "").lower()
        etag = headers.get("etag", "")
        strong = etag if etag.startswith('"') else ""
        self.validator = strong or headers.get("last-modified", "")
        self.is_page = headers.get("content-type", "").lower().startswith("text/html")
        self.is_json = "json" in headers.get("content-type", "").lower()

    def chunks(self) -> Iterator[bytes]:
        """The bytes; UnreachableError when they break off."""
        return self._answer.chunks()

    def read(self, limit: int) -> bytes:
        """All bytes; ValueError when there are more than `limit`."""
        return self._answer.read(limit)


@contextmanager
def stream(
    url: str,
    start: int,
    validator: str,
    headers: Mapping[str, str],
    *,
    secrets: Mapping[str, str] | None = None,
    home: str = "",
    refusal: Callable[[int, Mapping[str, str]], SourceError],
) -> Iterator[ByteStream]:
    """The bytes behind an address from `start` on; with a `validator` only if it still names them.

    The server may begin at another place: the stream knows. `refusal` makes the error for a status
    of the server of `home`; what another one refuses, that it sends to, is tried again: a signed
    address has an end. Raises PassingError, UnreachableError and SourceError.
    """
    sent = dict(headers)
    if start:
        sent["range"] = f"bytes={start}-"
        if validator:
            sent["if-range"] = validator
    with request("GET", url, sent, secrets=secrets, home=home or url) as answer:
        if answer.status == 416 and start:
            raise PassingError("it has fewer bytes than before", wait=0, must_restart=True)
        demand_patience(answer.status, answer.headers)
        if answer.status not in (200, 206):
            if origin(answer.url) != origin(home or url):
                raise PassingError(f"{host(answer.url)} gives status {answer.status}")
            raise refusal(answer.status, answer.headers)
        yield ByteStream(answer)


def _range(text: str) -> tuple[int, int]:
    """The begin of a part and the length of the whole, by its Content-Range; -1 is unknown."""
    unit, _, rest = text.strip().partition(" ")
    span, _, total = rest.partition("/")
    return (
        (_number(span.partition("-")[0]), _number(total)) if unit.lower() == "bytes" else (-1, -1)
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
