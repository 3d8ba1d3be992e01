"""The origin of the running pmgit: the entry by which others can install the same, or none.

Installers write it down (PEP 610, `direct_url.json`): a Git address with its commit, a folder, an
archive; nothing where it came from a package index. Only an address that others can reach goes
into a file that they share: no folder of this machine, and never a password or a token.
"""

from __future__ import annotations

import json
import os
from importlib import metadata
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

import pmgit
from pmgit.hooks.entry import GIT, INDEX, HookEntry
from pmgit.report.redact import redact

#: Addresses that lead to the same place on every machine.
_SCHEMES = ("https", "http", "ssh", "git")
#: What is in addresses, and nothing that YAML, TOML, a shell or a terminal reads otherwise.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/@%+-[]")
_HEX = frozenset("0123456789abcdef")


class Origin(NamedTuple):
    """The entry by which others can build the same pmgit; None where they cannot, and `why`.

    `why` is in words that follow "this pmgit was".
    """

    entry: HookEntry | None
    why: str = ""


def find() -> Origin:
    """The origin of the running pmgit."""
    for found in metadata.distributions(name="pmgit"):
        url = _direct_url(found)
        if _holds_us(found, url):
            return read(url)
    return Origin(None, "not installed: it runs from a folder")


def read(url: dict[str, Any] | None) -> Origin:
    """The origin by `direct_url.json`; None: there is no such file, as from a package index."""
    if url is None:
        return Origin(HookEntry(INDEX, pmgit.__version__))
    address = str(url.get("url", ""))
    shown = redact(address)
    vcs = url.get("vcs_info")
    if not isinstance(vcs, dict):
        what = "an archive" if "archive_info" in url else "a folder"
        return Origin(None, f"installed from {what} ({shown})")
    commit = str(vcs.get("commit_id", ""))
    if vcs.get("vcs") != "git" or len(commit) not in (40, 64) or not _HEX.issuperset(commit):
        return Origin(None, f"installed from {shown} without the commit of a Git repository")
    if url.get("subdirectory"):
        return Origin(None, f"installed from a folder within the repository {shown}")
    public = shareable(address)
    if not public:
        return Origin(None, f"installed from {shown}, which is no address for others")
    return Origin(HookEntry(GIT, commit, public))


def shareable(address: str) -> str:
    """A Git address as it can be shared: without user and password; '' when it cannot be."""
    if not _PLAIN.issuperset(address):
        return ""  # a query, too: it may hold a token
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in _SCHEMES or not host or host.startswith("-"):
        return _as_scp(address, parts)
    user, at, place = parts.netloc.rpartition("@")
    # The user of ssh belongs to the address (`git@…`); everywhere else it is a person or a token.
    keeps = parts.scheme == "ssh" and user.partition(":")[0] == "git"
    return urlunsplit(parts._replace(netloc=f"git{at}{place}" if keeps else place))


def _as_scp(address: str, parts: SplitResult) -> str:
    """`git@host:path`, which ssh reads, too."""
    user, at, place = address.partition("@")
    host, colon, path = place.partition(":")
    plain = not parts.scheme and user == "git" and at and colon and "/" not in host
    return address if plain and host and host[0] != "-" and path and "@" not in place else ""


def _direct_url(found: metadata.Distribution) -> dict[str, Any] | None:
    """The content of `direct_url.json`; None when there is none, empty when it is damaged."""
    text = found.read_text("direct_url.json")
    if text is None:
        return None
    try:
        url = json.loads(text)
    except ValueError:
        return {}
    return url if isinstance(url, dict) else {}


def _holds_us(found: metadata.Distribution, url: dict[str, Any] | None) -> bool:
    """Whether an installed package is the code that runs: a checkout on PYTHONPATH is not."""
    here = os.path.realpath(os.path.dirname(pmgit.__file__))
    info = url.get("dir_info") if url else None
    if isinstance(info, dict) and info.get("editable"):
        folder = os.path.realpath(_folder(str((url or {}).get("url", ""))))
        return os.path.normcase(here).startswith(os.path.normcase(folder).rstrip(os.sep) + os.sep)
    there = os.path.realpath(str(found.locate_file("pmgit")))
    return os.path.normcase(there) == os.path.normcase(here)


def _folder(url: str) -> str:
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path)
