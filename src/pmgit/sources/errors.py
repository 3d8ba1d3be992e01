"""Errors of sources, in plain words and with a way out. No token is ever in them."""

from __future__ import annotations

from pmgit.core.errors import PmgitError


class SourceError(PmgitError):
    """A source that does not give what it was asked for; the hint names a way out."""


class GoneError(SourceError):
    """The source answers, and does not have what it was asked for (or shows it to nobody)."""


class DamagedError(SourceError):
    """Bytes that arrived, twice, and are not those of the file."""


class PassingError(Exception):
    """Something that the next try may not meet.

    `why` is for people, `wait` the seconds to pause (-1: unknown).
    `is_connecting`: there was no connection. `must_restart`: what was fetched of the file so far
    cannot be continued.
    """

    def __init__(
        self, why: str, *, wait: float = -1, is_connecting: bool = False, must_restart: bool = False
    ) -> None:
        super().__init__(why)
        self.why = why
        self.wait = wait
        self.is_connecting = is_connecting
        self.must_restart = must_restart


def offline() -> SourceError:
    return SourceError(
        "HF_HUB_OFFLINE is set: nothing is fetched from anywhere",
        "to go online: unset HF_HUB_OFFLINE TRANSFORMERS_OFFLINE",
    )


def silent(host: str, why: str, help: str = "") -> SourceError:
    """For a server that gives no usable answer; `help` names another way to its files."""
    hint = "see whether this machine reaches it (a proxy is set by HTTPS_PROXY), then run it again"
    return SourceError(
        f"{host} does not answer as it should: {why}", f"{hint}; {help}" if help else hint
    )


def limited(host: str, wait: float) -> SourceError:
    """For a server that wants to be left alone for `wait` seconds."""
    minutes = max(1, round(wait / 60))
    return SourceError(
        f"{host} takes no more requests for {minutes} minute{'' if minutes == 1 else 's'}",
        "run it again then; what has arrived is kept",
    )
