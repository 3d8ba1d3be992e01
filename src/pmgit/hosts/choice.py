"""The chosen host: one that pmgit knows, or a file with the limits of another server."""

from __future__ import annotations

import os

from pmgit.core.config import MAX_BYTES
from pmgit.core.errors import UsageError, cut, nearest
from pmgit.hosts import limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.snapshots.base import Snapshot

RULE, OPTION = "host-limit", "host"


def chosen(snapshot: Snapshot, config: Config) -> limits.Host | None:
    """The host that the configuration or the command line names; None when neither does."""
    value = config.rules.get(RULE, {}).get(OPTION, "")
    typed = config.is_typed(RULE, OPTION)
    name = str(value.text if typed else value)
    if not name:
        return None
    if name in limits.NAMES:
        return limits.load(name)
    _demand_path(name, "" if typed or not config.source else f"{config.source}: ")
    # What a repository says must not make pmgit open files elsewhere; what is typed may.
    return limits.parse(_from_disk(name) if typed else _from_snapshot(snapshot, name), name)


def check(config: Config) -> None:
    """Refuse a name that is neither a host nor a file. Raises UsageError."""
    name = config.rules.get(RULE, {}).get(OPTION, "")
    if name and name not in limits.NAMES:
        _demand_path(name, f"{config.source}: ")


def sizes(snapshot: Snapshot, config: Config) -> list[int]:
    """The sizes above which the chosen host has something to say."""
    host = chosen(snapshot, config)
    return [size for size in host.sizes if size] if host else []


def _demand_path(name: str, where: str) -> None:
    """Refuse what is neither a host nor looks like a file."""
    if "/" in name or os.sep in name or name.endswith(".toml"):
        return
    best = nearest(name, list(limits.NAMES))
    known = f"known: {', '.join(limits.NAMES)}, or a file with limits (NAME.toml)"
    raise UsageError(
        f"{where}unknown host {cut(name)!r}", f"did you mean {best!r}?" if best else known
    )


def _from_disk(name: str) -> bytes:
    from pmgit.formats.regular import read_regular

    data = read_regular(os.path.realpath(name), MAX_BYTES + 1)
    if data is None:
        raise UsageError(
            f"no file {cut(name)!r} that could be read",
            f"known hosts: {', '.join(limits.NAMES)}; the form of a file: docs/hosts.md",
        )
    return data


def _from_snapshot(snapshot: Snapshot, name: str) -> bytes:
    """The content of a file of the repository, as what is judged has it."""
    path = name.removeprefix("./")
    inside = not os.path.isabs(path) and not {"", ".", ".."}.intersection(path.split("/"))
    blob = snapshot.listing(path).get(path) if inside else None
    if blob is None or not blob.is_regular:
        raise UsageError(
            f"{cut(name)!r} in [rules.{RULE}] is no file of this repository",
            "name a file that is tracked or staged, by its path from the top",
        )
    data = snapshot.contents.own_file(blob, MAX_BYTES)
    if data is None:
        raise UsageError(f"{path}: {blob.size} bytes is too large for limits")
    return data
