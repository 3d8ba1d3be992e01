"""`pmgit info`: INFO.md files."""

from __future__ import annotations

import os

import click

from pmgit.commands import _licenses, _work_tree
from pmgit.commands._model_names import ModelNames, chosen_models
from pmgit.commands._options import one_line
from pmgit.commands._terminal import say
from pmgit.core.errors import PmgitError, UsageError
from pmgit.gitfiles import user_files
from pmgit.gitfiles.user_files import write_whole
from pmgit.licenses import phrase
from pmgit.licenses.expression import read
from pmgit.licenses.table import YES
from pmgit.model import caches, info_block, info_file, info_template, repo_id
from pmgit.model.describe import Description, ModelFile, describe
from pmgit.model.folder import INFO
from pmgit.model.weights import Tiers
from pmgit.models import download
from pmgit.report.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.models.account import Account


@click.group("info")
def command() -> None:
    """INFO.md: where each model is from, which commit, under which license."""


@command.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    help="Of the template; the configuration's `language` when not given.",
)
@click.option(
    "--source", default="", metavar="URL", help="Where the model is from: an address, or org/name."
)
@click.option("--license", default="", metavar="TEXT", help="Such as apache-2.0.")
@click.option(
    "--revision", default="", metavar="TEXT", help="A branch, a version or a full commit."
)
@click.option("--dry-run", is_flag=True, help="Print what would be written.")
def new(
    *,
    names: tuple[str, ...],
    language: str | None,
    source: str,
    license: str,
    revision: str,
    dry_run: bool,
) -> None:
    """Write an INFO.md for each model NAME from the template.

    A NAME is `bert`, `org/name`, or the path of the model's folder. Facts that the files of the
    model contain are filled in; what only a person knows is marked with TODO. An INFO.md that
    exists is left alone.
    """
    if len(names) > 1 and (source or revision):
        raise UsageError("--source and --revision belong to one model", "run it once for each NAME")
    source = _address(source) if source else ""
    license, revision = one_line("license", license), one_line("revision", revision)
    repository, config = _work_tree.load()
    models = ModelNames(repository, config)
    # All names are looked at before anything is written.
    found = dict.fromkeys(models.resolve(name) for name in names)
    for path, _ in found:
        _refuse_existing(repository.top, path, models)
    for path, root in found:
        name = path[len(root) + 1 :]
        folder = os.path.join(repository.top, path)
        there = os.path.isdir(folder)
        known = describe(folder, name, Tiers(config)) if there else Description()
        data = info_template.write(
            (caches.repo_id(name) or name).rpartition("/")[2],
            known,
            language or config.language,
            source=source,
            license=license,
            revision=revision,
        )
        shown = _shown(repository.top, path)
        if dry_run:
            click.echo(data.decode("utf-8"), nl=False)
        else:
            os.makedirs(folder, exist_ok=True)  # what only the index has, a sparse checkout
            write_whole(os.path.join(folder, INFO), data, new=True)
            say(f"wrote {shown}")
        for problem in known.problems:
            click.echo(f"note: {problem}", err=True)
        named = license or known.license
        if named and phrase.terms(read(named)).commercial != YES:
            click.echo(f"note: license {_licenses.with_terms(named)}", err=True)
        for number, line in info_template.unfilled(data):
            click.echo(f"{shown}:{number}: still to be filled in: {line.strip()}", err=True)


@command.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
def update(*, names: tuple[str, ...], dry_run: bool) -> None:
    """Write pmgit's block of files in INFO.md anew, for each MODEL (all of them without one).

    From pmgit.lock where there is one, else from the files on disk and the pointers of Git LFS.
    Everything outside of the block stays to the letter.
    """
    repository, accounts = chosen_models(names)
    tiers = Tiers(_work_tree.load(repository)[1])
    for model in accounts.models:
        place = os.path.join(repository.top, model.path, INFO)
        data = user_files.read(place)
        shown = _shown(repository.top, model.path)
        if data is None:
            if names:
                raise UsageError(f"there is no {shown}", f"write it: pmgit info new {model.path}")
            continue
        files = _files(repository.top, model, tiers)
        language = info_file.parse(data).language or "en"
        try:
            page = info_block.renewed(data, files, language)
        except info_block.BlockError as error:
            raise PmgitError(f"{shown}: {error}") from None
        if page == data:
            say(f"{shown}: nothing to change")
        elif dry_run:
            say(f"would write {shown}")
        else:
            write_whole(place, page)
            say(f"wrote {shown}")


def _files(top: str, model: Account, tiers: Tiers) -> list[ModelFile]:
    """The files of a model as its INFO.md lists them."""
    if model.lock:
        return download.listed(tiers, model.lock.files)
    folder = os.path.join(top, model.path)
    on_disk = describe(folder, model.name, tiers).files if os.path.isdir(folder) else []
    names = {file.path for file in on_disk}
    away = [
        ModelFile(path, stands_for.size, stands_for.oid)
        for path, stands_for in model.pointers.items()
        if path not in names
    ]
    return sorted([*on_disk, *away], key=lambda file: file.path)


def _refuse_existing(top: str, path: str, models: ModelNames) -> None:
    file = f"{path}/{INFO}"
    if os.path.lexists(os.path.join(top, file)):
        raise UsageError(f"{visible(file)} exists already", "edit it: nothing was written")
    if models.is_tracked(file):
        raise UsageError(
            f"{visible(file)} is in the index, and only missing on disk",
            f"bring it back: git restore -- {visible(file)}",
        )


def _address(text: str) -> str:
    """The source as an address: as it is, or the Hub's page of a repository id."""
    if repo_id.of_source(text) and "://" not in text and text.count("/") > 1:
        text = f"https://{text}"  # huggingface.co/org/name
    scheme, found, rest = text.partition("://")
    if not found:
        from pmgit.hub import api

        api.demand_repo_id(text)
        return info_template.HUB + text
    bad = not scheme.isalnum() or not rest or not text.isprintable()
    if bad or any(char in text for char in ' <>"`\\'):
        raise UsageError(f"{text!r} is not an address", "for example: https://huggingface.co/gpt2")
    if "@" in rest.partition("/")[0]:
        raise UsageError(
            "the source holds a user name or password, which would go into Git",
            "leave out what stands before the @",
        )
    return text


def _shown(top: str, path: str) -> str:
    """INFO.md of a model, from where the user stands."""
    file = os.path.join(top, path, INFO)
    try:
        return visible(os.path.relpath(file).replace(os.sep, "/"))
    except ValueError:  # another drive
        return visible(file)
