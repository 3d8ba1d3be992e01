"""The variables of huggingface_hub: where models are cached, and where the token goes."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.finding import Fix, Step
from pmgit.hub import places
from pmgit.units import show_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context
    from pmgit.hub.places import Places

#: Less room than this at the cache is a warning: a model of 7 billion parameters in 16 bits
#: takes 14 GB.
LITTLE_BYTES = 15_000_000_000

_OLD_CACHE = "HUGGINGFACE_HUB_CACHE"
_DEAD = "TRANSFORMERS_CACHE"


def checks(context: Context) -> Iterator[Check]:
    """`hf-cache`, `hf-dead`, `hf-disk`, `hf-endpoint`."""
    found = places.places(context.environ)
    yield _cache(context, found)
    if _DEAD in context.environ:
        yield Check(
            "hf-dead", WARNING,
            f"{_DEAD} is set, and huggingface_hub does not read it: models go to"
            f" {context.shown(found.cache)}",
            Fix(Step("unset", _DEAD, names="verbatim"), order=Fix.SETUP),
            "take it out of your shell's start file too",
        )  # fmt: skip
    yield disk(found.cache)
    yield _endpoint(context, found)


def _cache(context: Context, found: Places) -> Check:
    name = "hf-cache"
    by = f"by {found.cache_from}" if found.cache_from else "the default"
    offline = ""
    if places.is_true(context.environ, "HF_HUB_OFFLINE"):
        offline = "; HF_HUB_OFFLINE is on: nothing is downloaded"
    evidence = f"{context.shown(found.cache) or 'an empty path'} ({by}){offline}"
    if not os.path.isabs(found.cache):
        hint = "set it to an absolute path; see: pmgit env"
        return Check(name, WARNING, f"{evidence}: relative, another one in every folder", hint=hint)
    if found.cache_from == _OLD_CACHE:
        value = context.environ[_OLD_CACHE]
        fix = Fix(
            Step("export", f"HF_HUB_CACHE={value}", names="verbatim"),
            Step("unset", _OLD_CACHE, names="verbatim"),
            order=Fix.SETUP,
        )
        hint = "change it in your shell's start file too; see: pmgit env"
        return Check(name, WARNING, f"{evidence}: an old name, still read", fix, hint)
    above = _existing(found.cache)
    if not os.path.isdir(above) or not os.access(above, os.W_OK | os.X_OK):
        hint = "choose a folder that is yours; see: pmgit env --help"
        return Check(name, ERROR, f"{evidence}: {above} cannot be written to", hint=hint)
    return Check(name, OK, evidence)


def _existing(path: str) -> str:
    """The deepest part of a path that is there."""
    while path and not os.path.lexists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path


def disk(cache: str, little: int = LITTLE_BYTES) -> Check:
    """The room on the disk that the cache is on, or will be."""
    name, where = "hf-disk", _existing(cache) or "."
    try:
        free = shutil.disk_usage(where).free
    except OSError as error:
        return Check(name, WARNING, f"free space at {where} is unknown: {error.strerror}")
    evidence = f"{show_size(free)} free at {where}"
    if free < little:
        hint = "hf cache ls shows what is cached, hf cache rm takes it away"
        return Check(name, WARNING, f"{evidence}, under {show_size(little)}", hint=hint)
    return Check(name, OK, evidence)


def _endpoint(context: Context, found: Places) -> Check:
    """An endpoint that is not the Hub gets the token, if there is one. Neither is printed."""
    name, host = "hf-endpoint", _host(found.endpoint)
    if not host:
        hint = f"a whole address, such as {places.PUBLIC}; or: unset HF_ENDPOINT"
        return Check(name, ERROR, "HF_ENDPOINT is not an address", hint=hint)
    token = _token(context, found)
    if host in ("huggingface.co", "hf.co"):
        plain = found.endpoint.lower().startswith("http://")
        if not (plain and token):
            return Check(name, OK, f"{host}{', with a token' if token else ''}")
        return Check(
            name, ERROR, f"the token ({token}) goes to {host} over plain http",
            hint=f"HF_ENDPOINT={places.PUBLIC}",
        )  # fmt: skip
    if not token:
        return Check(name, OK, f"{host} (by HF_ENDPOINT), without a token")
    open_ = " over plain http, readable on the way" if _is_plain(found.endpoint) else ""
    return Check(
        name, WARNING, f"HF_ENDPOINT is set: the token ({token}) goes to {host}{open_}",
        hint="where that host is not trusted: unset HF_TOKEN, and"
        " export HF_HUB_DISABLE_IMPLICIT_TOKEN=1",
    )  # fmt: skip


def _is_plain(endpoint: str) -> bool:
    return endpoint.lower().startswith("http://")


def _host(endpoint: str) -> str:
    """Host and port of an address, without user and password; '' when it is none."""
    try:
        parts = urlsplit(endpoint)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.hostname}{port}" if parts.scheme in ("http", "https") and parts.hostname else ""


def _token(context: Context, found: Places) -> str:
    """Where a token comes from; '' when none is sent. It is never read."""
    if places.is_true(context.environ, "HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        return ""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if context.environ.get(name, "").strip():
            return name
    try:
        return context.shown(found.token_file) if os.path.getsize(found.token_file) else ""
    except OSError:
        return ""
