"""The configuration that a snapshot holds: what is judged contains the settings it is judged by."""

from __future__ import annotations

import os
import stat

from pmgit import rules
from pmgit.core import config as configuration
from pmgit.core.config import FILE, MAX_BYTES, MOST_BYTES, PYPROJECT, Config, WrongKeyError
from pmgit.core.errors import PmgitError, UsageError
from pmgit.core.toml_subset import too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.blob import Blob
    from pmgit.snapshots.base import Snapshot


def parse(data: bytes, source: str) -> Config:
    """As `core.config.parse`; of a key in a wrong place the error names the right one."""
    try:
        return configuration.parse(data, source)
    except WrongKeyError as error:
        from pmgit.check import misplaced_key

        raise misplaced_key.with_place(error) from None


def check_options(config: Config, rule: str) -> None:
    """Refuse what is set for a rule beside its options; as `parse`."""
    try:
        config.check_options(rule, rules.load(rule).options)
    except WrongKeyError as error:
        from pmgit.check import misplaced_key

        raise misplaced_key.with_place(error) from None


def read(snapshot: Snapshot) -> Config:
    """The configuration that the snapshot holds.

    One in the work tree that is not tracked counts too, or a new one would seem to do nothing;
    in a range of commits only what is committed does.
    """
    found = snapshot.listing(FILE, PYPROJECT)
    for name in (FILE, PYPROJECT):
        if name in found:
            data = _recorded(snapshot, found[name])
        else:
            data = _untracked(snapshot.repository.top, name) if snapshot.has_work_tree else None
        if data is not None:
            config = parse(data, name)
            if config.source:
                return config
    return Config()


def _recorded(snapshot: Snapshot, blob: Blob) -> bytes | None:
    """The content of a file of the snapshot; a link or a submodule is no configuration."""
    if blob.path == PYPROJECT and not blob.is_regular:
        return None
    data = snapshot.contents.own_file(blob, MOST_BYTES)
    # A pyproject.toml of others may be that large; nobody has written it by hand.
    if data is None and blob.path != PYPROJECT:
        raise too_large(blob.path, blob.size, MAX_BYTES)
    return data


def is_ahead(snapshot: Snapshot) -> bool:
    """Whether `.pmgit.toml` on disk is another one than in the snapshot, which counts."""
    found = snapshot.listing(FILE)
    if FILE not in found or not snapshot.has_work_tree:
        return False
    try:
        disk = _untracked(snapshot.repository.top, FILE)
    except PmgitError:
        return True
    recorded = _recorded(snapshot, found[FILE]) or b""
    # Git may write other line ends to disk.
    return disk is not None and disk.replace(b"\r\n", b"\n") != recorded.replace(b"\r\n", b"\n")


def on_disk(top: str) -> Config:
    """The configuration of a work tree, tracked or not."""
    for name in (FILE, PYPROJECT):
        data = _untracked(top, name)
        if data is not None:
            config = parse(data, name)
            if config.source:
                return config
    return Config()


def _untracked(top: str, name: str) -> bytes | None:
    """The content of a file of the work tree; nothing is opened that could hang or never end.

    One that cannot be read is an error, never left out: it may make rules stricter.
    """
    path = os.path.join(top, name)
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            if name == PYPROJECT:
                return None
            raise UsageError(f"{name} is not a file", "it holds the configuration, as TOML")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PmgitError(f"{name} cannot be read: {error.strerror}") from error
