"""Xet, the store in which the Hub keeps large files: found for a file, and read by `hf_xet`.

`hf_xet` comes with huggingface_hub on most machines. It fetches parts of a file side by side and
gives the bytes in their order, from any place on; it does not compare hashes, so its caller does.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import cache
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from pmgit.hub import places
from pmgit.hub.client import UnreachableError, follow, origin, patience, request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: So many pieces may have arrived before they are written.
_WAITING = 16


class XetError(Exception):
    """Xet cannot be used here, or broke off; plain HTTP may still work. `why` is for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class XetFile:
    """A file in Xet: its `hash` there, the address of the `store`, and the token that it wants."""

    hash: str
    store: str
    token: str
    expires: int


@cache
def _client() -> Any:
    """The module `hf_xet`, imported when it is needed; None where it is not installed."""
    try:
        import hf_xet  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        return None
    return hf_xet


def is_here() -> bool:
    """Whether `hf_xet` is installed, gives streams, and is not switched off."""
    is_off = places.is_true(os.environ, "HF_HUB_DISABLE_XET")
    return not is_off and hasattr(_client(), "XetSession")


def look_up(
    url: str, headers: Mapping[str, str], secrets: Mapping[str, str], home: str
) -> XetFile | None:
    """The file behind the address `url` of the Hub `home`, in Xet; None when it is not there.

    Raises XetError when the Hub names a store that cannot be used: a mirror has none of its own,
    and those who need a mirror do not reach the store of the Hub either.
    """
    try:
        with request("HEAD", url, headers, secrets=secrets, home=home, stay=True) as answer:
            file = answer.headers.get("x-xet-hash", "")
            route = _route(answer.headers)
        if len(file) != 64 or not file.isalnum() or not route:
            return None
        # A mirror passes on what the Hub has said of itself.
        if route.startswith(f"{places.PUBLIC}/"):
            route = home + route.removeprefix(places.PUBLIC)
        with request("GET", route, headers, secrets=secrets, home=home) as answer:
            if answer.status != 200:
                raise XetError(f"status {answer.status} where a token for Xet should be")
            store = answer.headers.get("x-xet-cas-url", "")
            token = answer.headers.get("x-xet-access-token", "")
            expires = answer.headers.get("x-xet-token-expiration", "")
        if not (store and token and expires.isdigit()):
            raise XetError("no token for Xet")
        host = origin(follow(home, store))[1]
        if origin(home) != origin(places.PUBLIC) and host != origin(home)[1]:
            raise XetError(f"{host} is not the mirror that is in use")
        # hf_xet would try for minutes to reach a store that is not to be reached.
        with request("HEAD", store, {}):
            return XetFile(file, store, token, int(expires))
    except UnreachableError as error:
        raise XetError(error.why) from None


def _route(headers: Mapping[str, str]) -> str:
    """The address that gives tokens: by the Link header, else by the older one."""
    for link in headers.get("link", "").split(","):
        address, _, rest = link.partition(";")
        if 'rel="xet-auth"' in rest:
            return address.strip().removeprefix("<").removesuffix(">")
    return headers.get("x-xet-refresh-route", "")


def chunks(file: XetFile, start: int, size: int) -> Iterator[bytes]:
    """The bytes of a file of `size` bytes from `start` on, in their order.

    Raises XetError when they break off, or when none arrives for as long as `client.patience` says:
    hf_xet 1.8 tries for minutes to get a part that the store refuses.
    """
    arrived: Queue[bytes | Exception] = Queue(_WAITING)
    is_given_up = threading.Event()

    def read() -> None:
        client = _client()
        try:
            group = client.XetSession().new_download_stream_group(
                endpoint=file.store, token=file.token, token_expiry_unix_secs=file.expires
            )
            for chunk in group.download_stream(client.XetFileInfo(file.hash, size), start=start):
                if is_given_up.is_set():
                    group.abort()
                    return
                arrived.put(chunk)
            arrived.put(b"")
        except Exception as error:  # noqa: BLE001 - its errors have no class in common
            arrived.put(error)

    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            try:
                found = arrived.get(timeout=patience())
            except Empty:
                raise XetError("Xet sends nothing") from None
            if isinstance(found, Exception):  # its words may hold an address with a signature
                raise XetError(f"Xet broke off ({type(found).__name__})")
            if not found:
                return
            yield found
    finally:
        is_given_up.set()
        while not arrived.empty():
            arrived.get_nowait()
