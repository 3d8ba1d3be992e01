"""`pmgit add`: put a model into the models folder, describe it and lock its bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.commands import _info_fields, _licenses, _next, _work_tree
from pmgit.commands._add_source import Wish, add, demand_plain, refuse_outside
from pmgit.commands._model_names import ModelNames
from pmgit.commands._options import yes_option
from pmgit.commands._terminal import named, note, say
from pmgit.core.errors import UsageError, nearest
from pmgit.core.shell import quote
from pmgit.core.units import counted, listed, show_size
from pmgit.formats.regular import read_regular
from pmgit.gitfiles.user_files import write_whole
from pmgit.model import folder, info_file, info_template, lock_file, traces
from pmgit.model.folder import INFO, LOCK
from pmgit.model.info_file import LICENSE
from pmgit.models import adopt, catalog
from pmgit.models.account import step_to_source
from pmgit.models.gate import Gate
from pmgit.report.text import visible
from pmgit.sources.errors import GoneError

if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.git.repository import Repository

#: So many links that are not followed, or models that were perhaps meant, are named.
_NAMED = 3


@click.command("add")
@click.argument("source", metavar="SOURCE")
@click.option("--name", metavar="NAME", help="The model's folder; not given: as the source has it.")
@click.option("--revision", default="", metavar="R", help="A branch, tag or commit of the source.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Only files that match.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="No files that match.")
@click.option(
    "--license", default="", metavar="TEXT", help="For INFO.md; else as the source has it."
)
@click.option("--sha256", default="", metavar="HASH", help="What the file of an address must have.")
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@yes_option
def command(
    *,
    source: str,
    name: str | None,
    revision: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    license: str,
    sha256: str,
    dry_run: bool,
    yes: bool,
) -> None:
    """Bring a model in from SOURCE, describe it in INFO.md and lock its bytes in pmgit.lock.

    SOURCE is a repository of the Hugging Face Hub or its page (google-bert/bert-base-uncased), a
    name of `pmgit catalog`, modelscope:ORG/NAME or its page, the address of a file, a name of
    torchvision's weights (torchvision:ResNet50_Weights.IMAGENET1K_V2), or a file or folder on
    this disk. A model that lies in the models folder already is locked where it is.

    Of the same weights in several formats safetensors are taken. Every byte is hashed while it
    arrives; a run that was killed goes on where it stopped. Nothing that exists is replaced.

    Each file is judged, as by `pmgit scan`, before it gets its name. When one is unsafe, broken or
    too odd to judge, nothing is added.

    Exit code 0: the model is there; 1: a file of it is refused, or the policy for licenses
    ([licenses] in .pmgit.toml) does not allow it; 2: wrong usage; 3: the source or the disk failed.
    """
    repository, config = _work_tree.load()
    wish = Wish(
        name=name, license=_info_fields.checked(LICENSE, license), revision=revision,
        include=list(include), exclude=list(exclude), dry_run=dry_run, yes=yes,
    )  # fmt: skip
    if _is_on_disk(repository, config, source):
        if revision or include or exclude or sha256:
            hint = "only --name and --license go with it"
            raise UsageError(f"{source!r} lies on this disk", hint)
        written = _from_disk(repository, config, source, wish)
    else:
        from pmgit.sources import resolve

        _refuse_absent(config, source)
        found = resolve.parse(catalog.source_of(source) or source, sha256)
        try:
            written = add(repository, config, found, wish)
        except GoneError as error:
            best = "" if "/" in source else _of_catalog(source.lower())
            if not best:
                raise
            raise type(error)(error.message, f"did you mean {best}? See: pmgit catalog") from None
    if written:
        for line in _next.add_models(repository, config, written):
            say(named(line))


def _of_catalog(name: str) -> str:
    """The names of the catalog that somebody may have meant; '' where nothing is like it."""
    names = [entry.name for entry in catalog.entries()]
    if name in names:
        return ""
    return listed([one for one in names if name in one], _NAMED) or nearest(name, names)


def _refuse_absent(config: Config, source: str) -> None:
    """Raise UsageError for a path below the models folders that is not there.

    The Hub is not asked for it: nobody's organisation is called so.
    """
    clean = source.replace(os.sep, "/")
    if any(clean.startswith(f"{root}/") for root in config.models):
        raise UsageError(
            f"there is no file or folder {source!r}",
            "to fetch a model, name its source, such as: pmgit add google-bert/bert-base-uncased",
        )


def _is_on_disk(repository: Repository, config: Config, source: str) -> bool:
    """Whether `source` names a file or folder, or a model that is in its place already.

    A name with a slash, or one of the catalog, is a source: the files that an interrupted run has
    fetched from it must not be taken for the whole model.
    """
    if os.path.lexists(source):
        return True
    if "/" in source or catalog.source_of(source):
        return False
    try:
        return bool(ModelNames(repository, config).resolve(source))
    except UsageError:
        return False


def _from_disk(repository: Repository, config: Config, source: str, wish: Wish) -> list[str]:
    """Copy and lock a model that lies on this disk; returns the paths of the files to stage."""
    if not os.path.lexists(source):  # the name of a model
        place = os.path.join(repository.top, ModelNames(repository, config).resolve(source)[0])
        source = os.path.relpath(place)
    path, is_there = _place(repository, config, source, wish.name)
    shown = visible(path)
    root = folder.root_of(path, config.models)
    refuse_outside(repository, path)
    if os.path.lexists(os.path.join(repository.top, path, LOCK)):
        hint = f"to lock its files as they are now: pmgit update {quote(path)}"
        raise UsageError(f"{shown} is locked already", hint)
    place = os.path.join(repository.top, path) if is_there else source
    licenses = _licenses.stated(place, wish.license)
    _licenses.demand_allowed(config, shown, licenses, "--license")
    found = None if is_there else adopt.gather(source)
    if wish.dry_run:
        say(f"would {'lock' if is_there else 'copy and lock'} {shown}")
        return []
    gate = Gate(config, click.echo, note)
    if found:
        size = adopt.copy_in(repository, found, source, path, gate)
        say(f"copied {show_size(size)} to {shown}")
        if found.links:
            many = counted(len(found.links), "link")
            names = listed([visible(link) for link in found.links], _NAMED)
            note(f"{many} not followed, and not copied: {names}")
    lock, known = adopt.lock_of(
        repository, config, path, path[len(root) + 1 :],
        license=wish.license, gate=gate if is_there else None, origin=found,
    )  # fmt: skip
    written = [f"{path}/{LOCK}"]
    if not os.path.lexists(os.path.join(repository.top, path, INFO)):
        data = info_template.write(
            path.rpartition("/")[2], known, config.language, license=wish.license
        )
        write_whole(os.path.join(repository.top, path, INFO), data, new=True)
        say(f"wrote {shown}/{INFO}")
        written.append(f"{path}/{INFO}")
        for number, line in info_template.unfilled(data):
            click.echo(f"{shown}/{INFO}:{number}: still to be filled in: {line.strip()}", err=True)
    write_whole(os.path.join(repository.top, path, LOCK), lock_file.render(lock), new=True)
    say(f"wrote {shown}/{LOCK}: {counted(len(lock.files), 'file')}, {show_size(lock.size)}")
    for problem in known.problems:
        note(problem)
    if lock.type == lock_file.LOCAL:
        say(f"note: {_only_copy(repository, config, path)}")
    return written


def _only_copy(repository: Repository, config: Config, path: str) -> str:
    """What is to be known about a model that is locked without a source."""
    page = read_regular(os.path.join(repository.top, path, INFO), info_file.MAX_BYTES)
    info = info_file.parse(page or b"")
    step = step_to_source(info, path.removeprefix(f"{config.models[0]}/"))
    if not step:
        shown = visible(path)
        return f"no source is known to fetch {shown} from again: this folder is the only copy"
    lock = os.path.relpath(os.path.join(repository.top, path, LOCK)).replace(os.sep, "/")
    return named(
        f"nothing here proves that these are the files of {info.repo_id}, which {INFO} names; to"
        f" compare them, and lock them as such: rm -- {quote(lock)} && {' '.join(step.argv)}"
    )


def _place(
    repository: Repository, config: Config, source: str, name: str | None
) -> tuple[str, bool]:
    """The model's folder from the top of the repository, and whether its files are in it."""
    if os.path.islink(source):
        real = os.path.realpath(source)
        raise UsageError(f"{source!r} is a link", f"name what it leads to: {real}")
    cached = traces.of_cache(source)[0]
    if cached:
        # What has names of its own in the cache gets those of the model in a folder of its own.
        chosen = name or cached.rpartition("/")[2]
        if name:
            demand_plain(chosen)
        return f"{config.models[0]}/{chosen}", False
    top = os.path.realpath(repository.top)
    whole = os.path.realpath(source)
    below = os.path.relpath(whole, top).replace(os.sep, "/")
    for root in config.models:
        place = os.path.join(top, root)
        if os.path.realpath(place) == whole or place.startswith(os.path.join(whole, "")):
            what = "is" if os.path.realpath(place) == whole else "holds"
            raise UsageError(
                f"{source!r} {what} the models folder {root}", "name the folder of one model"
            )
    if folder.root_of(below, config.models) and os.path.isdir(whole):
        if name:
            raise UsageError("--name is for what is copied", "rename the folder by git mv or mv")
        return ModelNames(repository, config).resolve(below)[0], True
    base = os.path.basename(whole)
    chosen = name or (base if os.path.isdir(whole) else base.partition(".")[0])
    demand_plain(chosen)
    return f"{config.models[0]}/{chosen}", False
