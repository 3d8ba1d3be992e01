"""`pmgit add` of a model that a source has: look, choose, ask, fetch, lock."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pmgit.commands import _licenses
from pmgit.commands._bars import bytes_bar
from pmgit.commands._terminal import ask, named, note, say
from pmgit.commands._work_tree import alone
from pmgit.core.errors import UsageError
from pmgit.core.shell import quote
from pmgit.core.units import counted, listed, show_size
from pmgit.git.nested import is_repository
from pmgit.model import naming
from pmgit.model.folder import LOCK
from pmgit.models import account, choose, download
from pmgit.models.gate import KEPT, Gate
from pmgit.models.nearby import Nearby
from pmgit.report.text import visible

if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.models.choose import Choice
    from pmgit.sources.listing import Listing
    from pmgit.sources.source import Source

#: Formats that few projects load, the rarest first.
_RARE = (".ot", ".msgpack", ".h5", ".tflite", ".ort", ".onnx", ".gguf", ".bin")
#: So many of the files that are left out are named.
_NAMED = 5


@dataclass(kw_only=True)
class Wish:
    """The options of `pmgit add`: name, license, revision, patterns of files, --dry-run, --yes."""

    name: str | None
    license: str
    revision: str
    include: list[str]
    exclude: list[str]
    dry_run: bool
    yes: bool


def add(repository: Repository, config: Config, source: Source, wish: Wish) -> list[str]:
    """Fetch a model, describe and lock it; returns the paths of the files to stage.

    Raises UsageError and PmgitError (NotTakenError for files that are unsafe or broken); the next
    run goes on with the files that have arrived by then.
    """
    path = _folder(config, source, wish)
    shown = visible(path)
    refuse_outside(repository, path)
    if os.path.lexists(os.path.join(repository.top, path, LOCK)):
        raise UsageError(
            f"{shown} is locked already",
            f"to bring its files: pmgit pull {quote(path)};"
            f" to move it on: pmgit update {quote(path)}",
        )
    listing = source.look(wish.revision)
    include = wish.include or [source.pattern] * bool(source.pattern)
    chosen = choose.choose(listing.files, include, wish.exclude)
    if not chosen.taken:
        raise UsageError(f"no file of {source.label} is left", "see what it has: " + listing.page)
    _show(path, listing, chosen, wish.license)
    if not (include or wish.exclude):
        _show_several(chosen)
    folder = os.path.join(repository.top, path)
    licenses = _licenses.stated(folder, wish.license, source=listing.stated_license)
    _licenses.demand_allowed(config, shown, licenses, "--license")
    if wish.dry_run:
        return []
    if not wish.yes:
        ask("Fetch it?", "add --yes", before="fetches anything")
    models = account.collect(repository, config).models
    nearby = Nearby(repository, models, os.environ)
    with alone(repository, path):
        fetched = download.Download(repository, path, source, listing, nearby)
        with bytes_bar(shown, chosen.size) as fetched.on_bytes:
            fetched.arrive(chosen.taken)
        files = fetched.settle(Gate(config, click.echo, note), f"nothing was added; {KEPT}")
        patterns = {"include": include, "exclude": wish.exclude}
        lock = download.lock_of(folder, listing, files, patterns)
        info = download.info_of(
            config, folder, path.rpartition("/")[2], listing, files, license=wish.license
        )
        written = download.write(folder, lock, info)
    say(f"added {counted(len(files), 'file')} ({show_size(lock.size)}), wrote {', '.join(written)}")
    return [f"{path}/{name}" for name in written]


def refuse_outside(repository: Repository, path: str) -> None:
    """Raise UsageError for a folder that is a link or a repository, or lies in one below the top.

    Git would record no file of it: `git add` takes a link for a file, and makes a repository a
    submodule that nobody can fetch.
    """
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        place = "/".join(parts[:end])
        if os.path.islink(os.path.join(repository.top, place)):
            raise UsageError(
                f"{visible(place)} is a link: nothing of what is behind it would be recorded",
                "put a folder there; or see: pmgit explain linked-model",
            )
        if is_repository(os.path.join(repository.top, place)):
            raise UsageError(
                f"{visible(place)} is a repository of its own: nothing of it would be recorded",
                "choose another name: --name NAME; or see: pmgit explain linked-model",
            )


def _show_several(chosen: Choice) -> None:
    """Say what may be the same model more than once, with the option that takes less of it."""
    formats = chosen.formats()
    if len(formats) > 1:
        shown = ", ".join(f"{ending} {show_size(size)}" for ending, size in formats.items())
        # What is easiest to do without: transformers and diffusers load the first of them.
        last = next((end for end in _RARE if end in formats), list(formats)[-1])
        say(
            f"note: weights in several formats, which may be the same model: {shown};"
            f" to take less: --exclude '*{last}'"
        )
    ggufs = chosen.precisions()
    if len(ggufs) > 1:
        say(
            f"note: {len(ggufs)} GGUF files, which may be the same model in several precisions"
            f" ({show_size(max(ggufs[0].size, 0))} to {show_size(max(ggufs[-1].size, 0))} each);"
            f" to take one: --include {quote(ggufs[0].path)}"
        )


def _folder(config: Config, source: Source, wish: Wish) -> str:
    name = wish.name or source.name
    # The exact official name is accepted (rule bad-model-name), as it is on the Hub.
    if wish.name or not naming.in_hub_alphabet(name):
        demand_plain(name)
    demand_portable(name)
    return f"{config.models[0]}/{name}"


def demand_plain(name: str) -> None:
    """Raise UsageError for what is no name of a model's folder."""
    if not naming.is_plain(name):
        raise UsageError(
            f"{name!r} is not lower-case words joined by - or .",
            f"choose a name: --name {naming.plain_form(name) or 'NAME'}",
        )
    demand_portable(name)


def demand_portable(name: str) -> None:
    """Raise UsageError for a name that no folder may have on Windows."""
    if name.partition(".")[0].lower() in naming.DEVICES:
        raise UsageError(f"{name!r} is a device on Windows", "choose a name: --name NAME")


def _show(path: str, listing: Listing, chosen: Choice, given: str) -> None:
    """Print what will be fetched, from where, under which license, and what is left out.

    A license that is `given` is not the source's word.
    """
    commit = f" at {listing.revision[:12]}" if listing.revision else ""
    say(f"{visible(path)}: {counted(len(chosen.taken), 'file')}, {show_size(chosen.size)}")
    say(f"source: {visible(listing.page)}{commit}")
    if given:
        say(f"license: {_licenses.with_terms(given)}, by --license")
    if listing.stated_license or not given:
        say(f"license: {_licenses.with_terms(listing.stated_license)}")
    if chosen.left_out:
        names = [visible(file.path) for file in chosen.left_out]
        say(
            f"left out: {listed(names, _NAMED)}: safetensors have the same numbers"
            f" ({show_size(chosen.saved)} saved; to have them: --include PATTERN)"
        )
    for one in listing.notes:
        note(named(visible(one)))
