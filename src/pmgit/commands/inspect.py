"""`pmgit inspect`: what is in weights, and how two files of them differ; nothing is loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.commands import _only_these, _work_tree
from pmgit.commands._options import format_option
from pmgit.commands._terminal import paint, say, show_json
from pmgit.core.errors import CLEAN, FAILED, FINDINGS, PmgitError, UsageError
from pmgit.core.units import counted, show_size
from pmgit.formats.opinion import PASSES, POINTER
from pmgit.inspection import document, folders, words
from pmgit.inspection.look import Looks, Surroundings
from pmgit.report import opinions
from pmgit.report.text import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pmgit.inspection.differences import Difference
    from pmgit.inspection.look import Inspected


@click.command("inspect")
@click.argument(
    "paths", metavar="FILE|MODEL...", nargs=-1, required=True, type=click.Path(readable=False)
)
@click.option("--diff", is_flag=True, help="How the second of two files, or models, differs.")
@click.option(
    "--tensors/--no-tensors",
    default=None,
    help="List each tensor.  [default: of a file, not of a model's folder]",
)
@click.option(
    "--content/--no-content",
    default=True,
    show_default=True,
    help="With --diff: whether the bytes of tensors are compared.",
)
@click.option(
    "--textconv",
    is_flag=True,
    help="For Git: the lines that `git diff` compares. Written by pmgit lfs-setup --textconv.",
)
@format_option
def command(
    *,
    paths: tuple[str, ...],
    diff: bool,
    tensors: bool | None,
    content: bool,
    textconv: bool,
    form: str,
) -> int:
    """Show what is in weights without loading them: tensors, metadata, globals, templates.

    FILE is a file, in Git or not, or REV:PATH (HEAD~1:pretrained_model/bert/model.safetensors);
    of a Git LFS pointer the object is shown when it is here, and of an index
    (model.safetensors.index.json) all shards as one. MODEL is a folder or the name of a model.

    Every file is judged as pmgit scan does, under the same limits, and listed when it is whole.

    Exit code 0: shown, and every file is ok or warn; 1: some are not; 3: some could not be read.
    With --diff 0: the same; 1: different; 3: that could not be found out.
    """
    if textconv:
        return _textconv(paths, content=content)
    if diff:
        if len(paths) != 2:
            raise UsageError("--diff takes two files or models", "pmgit inspect --diff A B")
        return _diff(_found(paths[0]), _found(paths[1]), content=content, form=form)
    shown: list[Any] = []
    codes: set[int] = set()
    around = Surroundings()
    for path in map(_found, paths):
        if os.path.isdir(path):
            codes |= _folder(path, around, shown, tensors=bool(tensors), form=form)
            continue
        with Looks(around) as looks:
            looked = folders.one(path, looks)
        codes.add(_code(looked))
        if form == "json":
            shown.append(document.of(looked))
        else:
            _show(looked, tensors=tensors is not False)
    if form == "json":
        show_json(shown)
    return _worst(codes)


def _found(path: str) -> str:
    """The path that is meant: as it is typed, or the folder of the model of this name."""
    if os.path.lexists(path) or ":" in path:
        return path
    from pmgit.commands._model_names import ModelNames

    try:
        repository, config = _work_tree.load()
        model = ModelNames(repository, config).resolve(path)[0]
    except PmgitError:
        return path
    return os.path.relpath(os.path.join(repository.top, model))


def _code(looked: Inspected) -> int:
    if not looked.could:
        return FAILED
    return CLEAN if looked.opinion.verdict in PASSES else FINDINGS


def _worst(codes: set[int]) -> int:
    """As a scan: what is wrong counts more than what could not be read."""
    return FINDINGS if FINDINGS in codes else FAILED if FAILED in codes else CLEAN


def _show(looked: Inspected, *, tensors: bool) -> None:
    for line in words.lines(looked, tensors=tensors):
        click.echo(line)
    for line in opinions.lines_of(looked.path, looked.opinion, paint()):
        click.echo(line)
    if looked.oid and not looked.here:
        # What is no file here is one of a revision, perhaps under another name.
        only = _only_these.option([looked.path]) if os.path.lexists(looked.path) else ""
        say(opinions.hint_of(POINTER, only))


def _folder(
    path: str, around: Surroundings, shown: list[Any], *, tensors: bool, form: str
) -> set[int]:
    """Show the files of a folder, and what they have together."""
    counted_files, size, codes = [], 0, set()
    files = []
    for looked, counts in folders.inspected(path, around):
        codes.add(_code(looked))
        if form == "json":
            files.append({**document.of(looked), "counts": counts})
        elif tensors:
            _show(looked, tensors=True)
        else:
            _show_short(looked)
        if counts:
            size += looked.size
            counted_files.append(looked)
            if form != "json":
                looked.reader = None
    if form == "json":
        together = {"size": size, "parameters": words.parameters_of(counted_files)}
        shown.append({"path": path, "kind": "folder", **together, "files": files})
    else:
        number = counted(len(counted_files), "file")
        # Where nothing is listed, such as pointers alone, nobody knows how many there are.
        is_listed = any(looked.contents.tensors for looked in counted_files)
        totals = f", {words.totals(counted_files)}" if is_listed else ""
        click.echo(f"{place_of(path)}: {number}, {show_size(size)}{totals}")
    return codes


def _show_short(looked: Inspected) -> None:
    tensors = f": {words.totals([looked])}" if looked.contents.tensors else ""
    click.echo(f"{words.head(looked)}{tensors}")
    for line in opinions.lines_of(looked.path, looked.opinion, paint()):
        click.echo(line)


def _diff(before: str, after: str, *, content: bool, form: str) -> int:
    shown, codes = [], set()
    for one, other, found in folders.compare(before, after, Surroundings(), compares=content):
        codes.add(_diff_code(found))
        if form == "json":
            shown.append(document.of_difference(one, other, found))
        else:
            for line in _diff_lines(one, other, found):
                click.echo(line)
    if form == "json":
        show_json(shown)
    return _worst(codes)


def _diff_code(found: Difference | None) -> int:
    if found is None:
        return FAILED
    return FINDINGS if found.is_any else FAILED if found.unknown else CLEAN


def _diff_lines(one: Inspected, other: Inspected, found: Difference | None) -> Iterator[str]:
    yield f"--- {words.head(one)}"
    yield f"+++ {words.head(other)}"
    if found is not None:
        yield from words.of_difference(found)
        return
    for looked in (one, other):
        yield from opinions.lines_of(looked.path, looked.opinion, paint())
    yield "not compared"


def _textconv(paths: tuple[str, ...], *, content: bool) -> int:
    """Print one file for `git diff`, which stops with an error at every other exit code."""
    if len(paths) != 1:
        raise UsageError("--textconv takes one file", "git gives it one")
    with Looks(Surroundings()) as looks:
        for line in words.for_diff(folders.one(paths[0], looks, alone=True), content=content):
            click.echo(line)
    return CLEAN
