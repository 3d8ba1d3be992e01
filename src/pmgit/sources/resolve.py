"""The source that a text names (a Hub id, a page, an address), or that a lock names."""

from __future__ import annotations

import os
from glob import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pmgit.core.errors import UsageError, cut
from pmgit.hub import places
from pmgit.model import repo_id
from pmgit.model.lock_file import HUB, MODELSCOPE, URL, is_hex
from pmgit.sources import address, modelscope, torchvision
from pmgit.sources.address import Address
from pmgit.sources.huggingface import HuggingFace
from pmgit.sources.modelscope import ModelScope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.sources.source import Source

_EXAMPLES = (
    "for example: google-bert/bert-base-uncased, https://huggingface.co/ORG/NAME,"
    " modelscope:ORG/NAME, https://host/file.pth, torchvision:ResNet50_Weights.IMAGENET1K_V2"
)
_MODELSCOPES = frozenset({"modelscope.cn", "modelscope.ai"})
#: What a revision follows in an address, and then perhaps a file.
_OF_REVISIONS = frozenset({"tree", "blob", "resolve", "raw", "blame", "commit", "commits"})


def parse(text: str, sha256: str = "") -> Source:
    """The source that a text names; what lies on this disk is no matter of this function.

    `sha256` is the hash that somebody expects of the file behind an address. Raises UsageError.
    """
    text, sha256 = text.strip(), sha256.strip().lower()
    scheme, found, _ = text.partition("://")
    if found and scheme.lower() in ("http", "https"):
        one = _of_address(text)
    elif found:
        raise UsageError(f"{cut(scheme)}:// is no kind of address that pmgit fetches", _EXAMPLES)
    elif text.startswith("modelscope:"):
        one = ModelScope(_repo_id(text.removeprefix("modelscope:")))
    elif text.startswith("torchvision:"):
        url = torchvision.url_of(text.removeprefix("torchvision:"))
        address.check(url)
        one = Address(url, requested=text)
    elif _is_site(text.partition("/")[0]):
        one = _of_address(f"https://{text}")
    else:
        one = HuggingFace(_repo_id(text))
    return _with_hash(one, sha256) if sha256 else one


def of_lock(source: Mapping[str, Any]) -> Source:
    """The source that the [source] of a lock names; UsageError for one that nobody else has."""
    kind, found = source.get("type"), source.get("repo_id")
    if kind in (HUB, MODELSCOPE) and isinstance(found, str):
        requested = source.get("requested")
        asked = requested if isinstance(requested, str) else ""
        one = _repo_id(found)
        return HuggingFace(one, asked) if kind == HUB else ModelScope(one, asked)
    if kind == URL and isinstance(url := source.get("url"), str):
        if urlsplit(url).scheme.lower() not in ("http", "https"):
            raise UsageError(f"{cut(repr(url))} is no address to fetch from", _EXAMPLES)
        address.check(url)
        requested = source.get("requested")
        return Address(url, requested=requested if isinstance(requested, str) else "")
    raise UsageError(
        "pmgit.lock names no source that the model could be fetched from",
        "it was made or added on somebody's disk: ask who has it, or keep it with Git LFS",
    )


def _with_hash(one: Source, sha256: str) -> Address:
    if not isinstance(one, Address):
        raise UsageError(
            "--sha256 is for the file behind an address", "leave it out: this source names hashes"
        )
    if not is_hex(sha256, 64):
        raise UsageError(
            f"{cut(repr(sha256))} is no sha256", "it has 64 hexadecimal digits: sha256sum FILE"
        )
    prefix = address.hash_of_name(one.only)
    if not sha256.startswith(prefix) and not prefix.isdecimal():  # digits may be no hash
        raise UsageError(
            f"--sha256 is not the hash that {one.only!r} names, {prefix}",
            "see which of both is right",
        )
    return Address(one.url, sha256, one.requested)


def _repo_id(text: str) -> str:
    if text and repo_id.is_valid(text):
        return text
    message, hint = f"{cut(repr(text))} is no source of a model", _EXAMPLES
    if text.startswith((".", "/", "~")) or "\\" in text:
        message, hint = f"there is no file or folder {cut(repr(text))}", _EXAMPLES
    for mark in "@:":
        found, _, revision = text.partition(mark)
        if revision and repo_id.is_valid(found):
            hint = "a branch, tag or commit is an option: pmgit add ORG/NAME --revision R"
    raise UsageError(message, hint)


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2].lower().removeprefix("www.")


def _is_site(netloc: str) -> bool:
    return _host(netloc) in repo_id.HUGGING_FACE | _MODELSCOPES


def _of_address(url: str) -> Source:
    """The model whose page an address is, or else the file behind it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UsageError(f"{cut(repr(url))} is no address", _EXAMPLES) from None
    host = _host(parts.netloc)
    path = [unquote(part) for part in parts.path.split("/") if part]
    endpoint = _host(urlsplit(places.places(os.environ).endpoint).netloc)
    other = _host(urlsplit(ModelScope("").address).netloc)
    if host in (*_MODELSCOPES, _host(urlsplit(modelscope.PUBLIC).netloc), other):
        return _of_modelscope(url, path)
    if host in (*repo_id.HUGGING_FACE, endpoint):
        return _of_hub(url, path)
    address.check(url)
    return Address(url)


def _of_hub(url: str, path: list[str]) -> Source:
    if not path or path[0].lower() in repo_id.NO_MODEL:
        raise UsageError(f"{cut(url)} is not the page of a model", _EXAMPLES)
    size = 1 if len(path) > 1 and path[1] in repo_id.PAGES else 2
    found, rest = "/".join(path[:size]).removesuffix(".git"), path[size:]
    revision, pattern = _revision(rest) if rest and rest[0] in _OF_REVISIONS else ("", "")
    return HuggingFace(_repo_id(found), revision, pattern)


def _of_modelscope(url: str, path: list[str]) -> Source:
    if len(path) < 3 or path[0].lower() != "models":
        raise UsageError(f"{cut(url)} is not the page of a model", _EXAMPLES)
    found, rest = "/".join(path[1:3]), path[3:]
    if rest[:2] == ["file", "view"]:  # /models/ORG/NAME/file/view/master/config.json
        rest = rest[1:]
    names_revision = bool(rest) and rest[0] in ("view", "resolve", "tree")
    revision, pattern = _revision(rest) if names_revision else ("", "")
    return ModelScope(_repo_id(found), revision, pattern)


def _revision(rest: list[str]) -> tuple[str, str]:
    """The revision that the end of an address names, and the pattern for its file or folder.

    `refs/pr/1` has three parts; after `tree` there is a folder.
    """
    size = 4 if rest[1:2] == ["refs"] else 2
    place = escape("/".join(rest[size:]))
    if rest[0].startswith("commit"):
        place = ""  # the page is about what has changed
    return "/".join(rest[1:size]), f"{place}/" if place and rest[0] == "tree" else place
