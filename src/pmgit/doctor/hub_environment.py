"""The variables of huggingface_hub: where models are cached, and where the token goes."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pmgit.core.finding import Fix, Step
from pmgit.core.shell import quote
from pmgit.core.units import show_size
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.hub import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pmgit.doctor.context import Context
    from pmgit.hub.places import HubPlaces

#: Less room than this at the cache is a warning: a model of 7 billion parameters in 16 bits
#: takes 14 GB.
LITTLE_BYTES = 15_000_000_000

_OLD_CACHE = "HUGGINGFACE_HUB_CACHE"
_DEAD = "TRANSFORMERS_CACHE"
_START_FILE = "do the same in your shell's start file; all variables: pmgit env"


def checks(context: Context) -> Iterator[Check]:
    """`hf-cache`, `hf-dead`, `hf-disk`, `hf-endpoint`."""
    found = places.places(context.environ)
    yield _cache(context, found)
    if _DEAD in context.environ:
        yield Check(
            "hf-dead", WARNING,
            f"{_DEAD} is set, and huggingface_hub does not read it: models go to"
            f" {context.shown(found.cache)}",
            _unset(_DEAD), _START_FILE,
        )  # fmt: skip
    yield disk(found.cache)
    yield _endpoint(context, found)


def _unset(*names: str) -> Fix:
    return Fix(Step("unset", *names))


def _cache(context: Context, found: HubPlaces) -> Check:
    name = "hf-cache"
    by = f"by {found.cache_from}" if found.cache_from else "the default"
    offline = ""
    if places.is_true(context.environ, "HF_HUB_OFFLINE"):
        offline = "; HF_HUB_OFFLINE is on: nothing is downloaded"
    evidence = f"{context.shown(found.cache) or 'an empty path'} ({by}){offline}"
    if not os.path.isabs(found.cache):
        evidence += ": relative, another one in every folder"
        return Check(name, WARNING, evidence, _absolute(found), _START_FILE)
    if found.cache_from == _OLD_CACHE:
        value = context.environ[_OLD_CACHE]
        fix = Fix(Step("export", f"HF_HUB_CACHE={value}"), *_unset(_OLD_CACHE).steps)
        return Check(name, WARNING, f"{evidence}: an old name, still read", fix, _START_FILE)
    if above := _closed(found.cache):
        evidence += f": {above} cannot be written to"
        return Check(name, ERROR, evidence, *_open(context.environ))
    return Check(name, OK, evidence)


def _absolute(found: HubPlaces) -> Fix:
    """The same folder as it is here, by its whole path: what is in it is found again."""
    if found.cache_from not in ("HF_HUB_CACHE", _OLD_CACHE):
        if not found.home:
            return _unset("HF_HOME")
        return Fix(Step("export", f"HF_HOME={os.path.abspath(found.home)}"))
    if not found.cache:
        return _unset(found.cache_from)
    steps = [Step("export", f"HF_HUB_CACHE={os.path.abspath(found.cache)}")]
    if found.cache_from == _OLD_CACHE:
        steps += _unset(_OLD_CACHE).steps
    return Fix(*steps)


def _closed(cache: str) -> str:
    """The part of a path that must be written to and cannot; '' when all is well."""
    above = _existing(cache)
    is_open = os.path.isdir(above) and os.access(above, os.W_OK | os.X_OK)
    return "" if is_open else above


def _open(environ: Mapping[str, str]) -> tuple[Fix | None, str]:
    """The fix that leads to a cache that can be written to, or None, and a hint."""
    hint = 'choose a folder that is yours: eval "$(pmgit env --home DIR)"'
    names = [n for n in ("HF_HUB_CACHE", _OLD_CACHE, "HF_HOME") if n in environ]
    rest = {name: value for name, value in environ.items() if name not in names}
    if not names or _closed(places.places(rest).cache):
        return None, hint
    return _unset(*names), f"or {hint}"


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
        evidence = f"free space at {where} is unknown: {error.strerror}"
        hint = f"see whether it can be read: df -h {quote(where)}"
        return Check(name, WARNING, evidence, hint=hint)
    evidence = f"{show_size(free)} free at {where}"
    if free < little:
        # What may go only a person knows.
        hint = (
            "hf cache ls --sort size shows what is cached, hf cache rm ID takes it away, hf cache"
            ' prune what is left over; for another disk: eval "$(pmgit env --home DIR)"'
        )
        return Check(name, WARNING, f"{evidence}, under {show_size(little)}", hint=hint)
    return Check(name, OK, evidence)


def _endpoint(context: Context, found: HubPlaces) -> Check:
    """An endpoint that is not the Hub gets the token, if there is one. Neither is printed."""
    name, host = "hf-endpoint", _host(found.endpoint)
    if not host:
        hint = f"or set it to a whole address, such as {places.PUBLIC}; {_START_FILE}"
        return Check(name, ERROR, "HF_ENDPOINT is not an address", _unset("HF_ENDPOINT"), hint)
    token, is_plain = _token(context, found), found.endpoint.lower().startswith("http://")
    if host in ("huggingface.co", "hf.co"):
        if not (token and is_plain):
            return Check(name, OK, f"{host}{', with a token' if token else ''}")
        return Check(
            name, ERROR, f"the token ({token}) goes to {host} over plain http",
            Fix(Step("export", f"HF_ENDPOINT={places.PUBLIC}")), _START_FILE,
        )  # fmt: skip
    if not token:
        return Check(name, OK, f"{host} (by HF_ENDPOINT), without a token")
    open_ = " over plain http, readable on the way" if is_plain else ""
    return Check(
        name, WARNING, f"HF_ENDPOINT is set: the token ({token}) goes to {host}{open_}",
        Fix(Step("export", "HF_HUB_DISABLE_IMPLICIT_TOKEN=1")),
        "or leave it, where that host may have the token",
    )  # fmt: skip


def _host(endpoint: str) -> str:
    """Host and port of an address, without user and password; '' when it is none."""
    try:
        parts = urlsplit(endpoint)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.hostname}{port}" if parts.scheme in ("http", "https") and parts.hostname else ""


def _token(context: Context, found: HubPlaces) -> str:
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
