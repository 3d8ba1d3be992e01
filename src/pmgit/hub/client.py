"""HTTP by the client of huggingface_hub, so that proxies and certificates work as people know them.

A request follows redirects, and sends what is secret to one server alone. It never waits for ever.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 10
#: Seconds to wait for a connection, and for the next byte.
_CONNECT, _READ = 10.0, 30.0
#: Seconds, and the bytes that must arrive in each of them.
_WINDOW, _SLOWEST = 60.0, 1000
#: So much of a redirect's body is read, for the connection's sake.
_SMALL = 65_536


class UnreachableError(Exception):
    """A server that gave no answer, or broke off in the middle of one.

    `why` is for people. It `may_pass` when the next try may find the server well; `is_connecting`
    when there was no connection at all; `is_offline` when the user has switched the network off.
    """

    def __init__(
        self,
        why: str,
        *,
        may_pass: bool = True,
        is_connecting: bool = False,
        is_offline: bool = False,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.may_pass = may_pass
        self.is_connecting = is_connecting
        self.is_offline = is_offline


class Response:
    """An answer of a server: `status`, `headers` (names in lower case), and the body, once.

    `url` is where the answer is from in the end, after redirects.
    """

    def __init__(self, response: Any, url: str) -> None:
        self._response = response
        self.url = url
        self.status: int = response.status_code
        self.headers: dict[str, str] = {k.lower(): v for k, v in response.headers.items()}

    @property
    def is_encoded(self) -> bool:
        """Whether the body is compressed on its way: then its length says nothing of the file's."""
        return self.headers.get("content-encoding", "identity").lower() != "identity"

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives, up to 64 KiB at a time.

        Raises UnreachableError when it breaks off, or comes so slowly that it never ends.
        """
        pace = Pace(time.monotonic)
        with plain_errors():
            for chunk in (
                self._response.iter_bytes() if self.is_encoded else self._response.iter_raw()
            ):
                pace.see(len(chunk))
                yield chunk

    def read(self, limit: int) -> bytes:
        """The whole body; ValueError when it has more than `limit` bytes."""
        parts, size = [], 0
        for chunk in self.chunks():
            size += len(chunk)
            if size > limit:
                raise ValueError(f"more than {limit} bytes")
            parts.append(chunk)
        return b"".join(parts)

    def close(self) -> None:
        """Give the connection back, or break it off where the body has not been read."""
        with plain_errors():
            self._response.close()


class Pace:
    """Sees to it that bytes arrive at a rate that comes to an end; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self._count = 0

    def see(self, count: int) -> None:
        """Take note of `count` bytes; UnreachableError when they have been too few for a while."""
        self._count += count
        now = self._clock()
        if now - self._since < _WINDOW:
            return
        if self._count < _SLOWEST * (now - self._since):
            raise UnreachableError("it sends less than 1 kB in a second")
        self._since, self._count = now, 0


@contextmanager
def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    secrets: Mapping[str, str] | None = None,
    home: str = "",
    stay: bool = False,
) -> Iterator[Response]:
    """The answer to a request, whatever its status is; closed at the end of the block.

    `secrets` are headers that only the server of the address `home` may see, also after redirects.
    With `stay`, a redirect to another server is the answer.
    Raises UnreachableError when there is none.
    """
    for _ in range(_MOST_REDIRECTS):
        sent = {"accept-encoding": "identity", **headers}
        if secrets and _is_home(url, home):
            sent.update(secrets)
        with plain_errors():
            answer = Response(_send(method, url, sent), url)
        target = answer.headers.get("location", "")
        is_last = answer.status not in _REDIRECTS or not target
        if is_last or (stay and origin(follow(url, target)) != origin(url)):
            try:
                yield answer
            finally:
                answer.close()
            return
        _drain(answer)
        url = follow(url, target)
    raise UnreachableError("it sends from one address to the next without an end", may_pass=False)


def _is_home(url: str, home: str) -> bool:
    """Whether an address is of the server of `home`, or of the same one by https."""
    one, other = origin(url), origin(home)
    return one == other or (other == ("http", one[1], 80) and one == ("https", one[1], 443))


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address: whom a request goes to."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), port or {"https": 443, "http": 80}.get(scheme, 0)


def _send(method: str, url: str, headers: Mapping[str, str]) -> Any:
    from huggingface_hub.utils import get_session, httpx  # type: ignore[attr-defined]

    timeout = httpx.Timeout(patience(), connect=min(_CONNECT, patience()))
    session = get_session()
    built = session.build_request(method, url, headers=dict(headers), timeout=timeout)
    return session.send(built, stream=True, follow_redirects=False)


def patience() -> float:
    """The seconds to wait for the next byte; by the variable of huggingface_hub where it is set."""
    word = os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT", "")
    return float(word) if word.isascii() and word.isdigit() and 0 < int(word) < 3600 else _READ


def _drain(answer: Response) -> None:
    """Read the body of a redirect when it is small: its connection can be used again then."""
    length = answer.headers.get("content-length", "")
    try:
        if length.isdigit() and int(length) <= _SMALL:
            answer.read(_SMALL)
    except ValueError:
        pass
    finally:
        answer.close()


def follow(url: str, target: str) -> str:
    """The address to which a redirect from `url` leads; UnreachableError for an unsafe one."""
    try:
        found = urljoin(url, target)
        scheme, host, _ = origin(found)
    except ValueError:
        scheme = host = ""
    if scheme not in ("http", "https") or not host:
        raise UnreachableError("it sends to an address that is none", may_pass=False)
    if scheme == "http" and url.lower().startswith("https:"):
        raise UnreachableError("it sends from https to plain http", may_pass=False)
    return found


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what the client raises into UnreachableError, in words that hold nothing of a server."""
    from huggingface_hub import errors
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    try:
        yield
    except errors.OfflineModeIsEnabled:
        raise UnreachableError("HF_HUB_OFFLINE is set", may_pass=False, is_offline=True) from None
    except getattr(errors, "OIDCError", ()):  # since huggingface_hub 2
        raise UnreachableError("HF_OIDC_RESOURCE gives no token", may_pass=False) from None
    except httpx.TimeoutException as error:
        is_connecting = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
        raise UnreachableError("it did not answer in time", is_connecting=is_connecting) from None
    except httpx.ProxyError:
        raise UnreachableError("the proxy refused the connection", is_connecting=True) from None
    except httpx.ConnectError as error:
        words = str(error)
        is_tls = "CERTIFICATE" in words.upper() or "SSL" in words.upper()
        why = f"no secure connection: {words}" if is_tls else f"no connection: {words}"
        raise UnreachableError(why, may_pass=not is_tls, is_connecting=True) from None
    except httpx.ReadError:
        raise UnreachableError("the connection was reset") from None
    except httpx.RemoteProtocolError:
        raise UnreachableError("the connection was closed too early") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise UnreachableError("the address is none", may_pass=False) from None
    except UnicodeError:
        raise UnreachableError(
            "the address or the token has characters that cannot be sent", may_pass=False
        ) from None
    except httpx.RequestError as error:
        raise UnreachableError(f"the connection failed ({type(error).__name__})") from None
