"""`pmgit info`: INFO.md files."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pmgit.commands import _info_fields, _info_show, _licenses, _output, _work_tree
from pmgit.commands._bars import bytes_bar
from pmgit.commands._model_names import NO_MODEL, ModelNames, chosen_models, refused
from pmgit.commands._options import dry_run_option, format_option, settings_option, yes_option
from pmgit.commands._output import FORMATS
from pmgit.commands._terminal import named, note, say, show_json
from pmgit.core.errors import CLEAN, FINDINGS, PmgitError, UsageError
from pmgit.core.finding import Fix, Step
from pmgit.core.shell import Shell, own_command, quote
from pmgit.gitfiles import user_files
from pmgit.gitfiles.user_files import make_folder, write_whole
from pmgit.licenses import phrase
from pmgit.licenses.expression import read
from pmgit.licenses.table import YES
from pmgit.model import caches, info_block, info_file, info_template
from pmgit.model import pin as pin_of
from pmgit.model.folder import INFO
from pmgit.model.info_file import FIELDS, LICENSE, REVISION, SOURCE
from pmgit.model.weights import Tiers
from pmgit.models import account, described, hashing, on_disk, sheet
from pmgit.models.account import Account
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.git.repository import Repository
    from pmgit.model.describe import Hasher


@click.group("info")
def command() -> None:
    """INFO.md: where each model is from, which commit, under which license."""


@command.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    help="Of the template; the configuration's `language` when not given.",
)
@click.option(
    "--source", default="", metavar="URL", help="Where the model is from: an address, or org/name."
)
@click.option("--downloaded", default="", metavar="DATE", help="The day, as YYYY-MM-DD.")
@click.option(
    "--revision", default="", metavar="TEXT", help="A branch, a version or a full commit."
)
@click.option("--license", default="", metavar="TEXT", help="Such as apache-2.0.")
@click.option("--dry-run", is_flag=True, help="Print what would be written.")
@yes_option
def new(
    *, names: tuple[str, ...], language: str | None, dry_run: bool, yes: bool, **options: str
) -> None:
    """Write an INFO.md for each MODEL (all that lack one, without it) from the template.

    A MODEL is `bert`, `org/name`, or the path of the model's folder. Facts that its files contain
    are filled in. At a terminal it asks for source, date of download, commit and license, unless
    they are given: Enter keeps what was found, TODO leaves a field open. What only a person knows
    is marked with TODO. An INFO.md that exists is left alone.
    """
    if len(names) != 1 and (options[SOURCE] or options[REVISION]):
        hint = "run it once for each MODEL"
        raise UsageError("--source and --revision belong to one model", hint)
    given = {key: _info_fields.checked(key, options[key]) for key in FIELDS}
    repository, config = _work_tree.load()
    language = language or config.language
    # All names are looked at, and all questions are answered, before anything is written.
    collected = account.collect(repository, config)
    models = ModelNames(repository, config, collected.listing)
    accounts = {model.path: model for model in collected.models}
    if names:
        found = dict.fromkeys(models.resolve(name) for name in names)
        for path, _ in found:
            _refuse_existing(repository, path, models)
    else:
        found = _without_info(repository.top, models, accounts)
        if not found:
            say("every model has an INFO.md" if accounts else named(NO_MODEL))
    asks = not (yes or all(given.values())) and _info_fields.can_ask()
    descriptions = []
    for path, root in found:
        model = accounts.get(path) or Account(path, root)
        if model.error:
            raise refused(repository, model)
        known = described.look(repository.top, model)
        answers = given
        if asks:
            shown = _shown(repository.top, path)
            click.echo(f"{shown}: Enter keeps what is in [ ], TODO leaves it open", err=True)
            answers = _info_fields.ask(known, given, language)
        descriptions.append((model, known, answers))
    with _hasher(repository, [model for model, _, _ in descriptions]) as hashed:
        for model, known, _ in descriptions:
            known.files = described.files(model, known, Tiers(config), hashed=hashed)
    for model, known, answers in descriptions:
        title = (caches.repo_id(model.name) or model.name).rpartition("/")[2]
        page = info_template.write(title, known, language, **answers)
        _write(repository.top, model.path, page, dry_run)
        for problem in known.problems:
            note(problem)
        license = answers[LICENSE] or known.license
        if license and phrase.terms(read(license)).commercial != YES:
            note(f"license {_licenses.with_terms(license)}")


@command.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option(
    "--pin",
    is_flag=True,
    help="Write the full commit behind a branch, where the lock or the Hub's client has noted it.",
)
@dry_run_option
def update(*, names: tuple[str, ...], pin: bool, dry_run: bool) -> None:
    """Write pmgit's block of files in INFO.md anew.

    For each MODEL, all of them without one: from pmgit.lock where there is one, else from the
    files on disk and the pointers of Git LFS. Everything outside of the block stays to the
    letter; with --pin, one commit comes in.
    """
    repository, config, accounts = chosen_models(names)
    tiers = Tiers(config)
    top, pages = repository.top, {}
    with _hasher(repository, accounts.models) as hashed:
        for model in accounts.models:
            if model.error:
                raise refused(repository, model)
            place, shown = os.path.join(top, model.path, INFO), _shown(top, model.path)
            data = user_files.read(place, info_file.MAX_BYTES)
            if data is None and names:
                way = f"write it: pmgit info new {quote(model.path)}"
                raise UsageError(f"there is no {shown}", way)
            if data is not None:
                page = _renewed(top, model, data, tiers, hashed)
                pages[place] = (shown, data, _pinned(top, model, page) if pin else page)
    # All pages are made before the first is written.
    for place, (shown, data, page) in pages.items():
        if page == data:
            say(f"{shown}: nothing to change")
        elif dry_run:
            say(f"would write {shown}")
        else:
            write_whole(place, page)
            say(f"wrote {shown}")
    if not pages:
        say("no INFO.md lies here; to write one: pmgit info new")


@contextmanager
def _hasher(repository: Repository, models: Iterable[Account]) -> Iterator[Hasher]:
    """What hashes the files of these models, with a bar where that takes a while."""
    sizes = (there.size for model in models if not model.lock for there in model.disk.values())
    with bytes_bar("hashing", sum(sizes)) as on_bytes:
        yield hashing.hasher(repository, on_bytes)


def _renewed(top: str, model: Account, data: bytes, tiers: Tiers, hashed: Hasher) -> bytes:
    """The INFO.md of a model with its block made anew."""
    info = info_file.parse(data)
    try:
        if info.problem:
            raise info_block.BlockError(info.problem)
        known = described.look(top, model)
        files = described.files(model, known, tiers, info_block.listed(data), hashed)
        return info_block.renewed(data, files, info.language or "en")
    except info_block.BlockError as error:
        raise PmgitError(f"{_shown(top, model.path)}: {error}", "nothing was written") from None


def _pinned(top: str, model: Account, data: bytes) -> bytes:
    """The INFO.md of a model of the Hub with its full commit, where that is known."""
    info = info_file.parse(data)
    if not info.repo_id or info.commit:
        return data
    commit = pin_of.known_commit(info, model.lock, os.path.join(top, model.path), model.name)
    if not commit:
        say(f"note: no full commit is known of {visible(model.path)}", err=True)
    return pin_of.pinned(data, commit) if commit else data


@command.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@format_option
def show(*, names: tuple[str, ...], form: str) -> None:
    """Show all that is known of each MODEL, and where it stands.

    Without a MODEL all of them are shown. Source, commit, date, license, parameters, architecture
    and files: from INFO.md, pmgit.lock, the model's own texts, the pointers of Git LFS, the headers
    of safetensors and the lists in checkpoints. No weights are read or loaded: a sha256 is the one
    that is written down; `pmgit verify` compares it. Where two places disagree, both are shown.

    Exit code 0: looked, whatever was found; 2: wrong usage; 3: could not look.
    """
    repository, _, accounts = chosen_models(names)
    sheets = [sheet.of(repository.top, model) for model in accounts.models]
    if form == "json":
        show_json(_info_show.document(sheets))
    elif not sheets:
        say(NO_MODEL)
    else:
        texts = ("\n".join(_info_show.lines(one)) for one in sheets)
        click.echo("\n\n".join(texts))


@command.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@settings_option
def check(*, names: tuple[str, ...], form: str, settings: tuple[str, ...]) -> int:
    """Compare INFO.md and pmgit.lock of each MODEL with the files here.

    Without a MODEL all of them are compared. Staged or not, ignored or not: everything counts as
    it lies in the work tree, as if it were to be recorded. Weights are hashed; what was hashed
    before and has not been touched since is not read again; a pointer of Git LFS has its hash.
    Nothing is asked of a network.

    The rules are missing-info, incomplete-info, stale-info, lock-mismatch, unpinned-revision and
    those about licenses.

    Exit code 0: no errors; 1: errors; 2: wrong usage; 3: could not look.
    """
    repository, config, accounts = chosen_models(names)
    config.override(*settings)
    if not accounts.models and form == "text":
        say(NO_MODEL)
        return CLEAN
    total = sum(there.size for model in accounts.models for there in model.disk.values())
    with bytes_bar("hashing", total) as on_bytes:
        report = on_disk.judge(repository, config, accounts, on_bytes)
    _output.show(report, repository, form, None)
    return FINDINGS if report.errors else CLEAN


def _write(top: str, path: str, data: bytes, dry_run: bool) -> None:
    """Write a new INFO.md, or print it, and say what is still to be filled in."""
    shown, folder = _shown(top, path), os.path.join(top, path)
    if dry_run:
        click.echo(data.decode("utf-8"), nl=False)
    else:
        make_folder(folder)  # what only the index has, a sparse checkout
        write_whole(os.path.join(folder, INFO), data, new=True)
        say(f"wrote {shown}")
    for number, line in info_template.unfilled(data):
        click.echo(f"{shown}:{number}: still to be filled in: {line.strip()}", err=True)


def _without_info(
    top: str, models: ModelNames, paths: Iterable[str]
) -> dict[tuple[str, str], None]:
    """The models among `paths` that have no INFO.md, with the models folders they lie in.

    Those for which none can be written are named in notes.
    """
    found: dict[tuple[str, str], None] = {}
    for path in paths:
        if os.path.lexists(os.path.join(top, path, INFO)) or models.is_tracked(f"{path}/{INFO}"):
            continue
        try:
            found[models.resolve(path)] = None
        except UsageError as error:
            note(visible(error.message))
    return found


def _refuse_existing(repository: Repository, path: str, models: ModelNames) -> None:
    file = f"{path}/{INFO}"
    if os.path.lexists(os.path.join(repository.top, file)):
        raise UsageError(f"{visible(file)} exists already", "edit it: nothing was written")
    if models.is_tracked(file):
        back = Fix(Step("git", "restore", items=(file,)))
        raise UsageError(
            f"{visible(file)} is in the index, and only missing on disk",
            f"bring it back: {Shell(repository.prefix, own_command()).line(back)}",
        )


def _shown(top: str, path: str) -> str:
    """INFO.md of a model, from where the user stands."""
    file = os.path.join(top, path, INFO)
    try:
        return visible(os.path.relpath(file).replace(os.sep, "/"))
    except ValueError:  # another drive
        return visible(file)
