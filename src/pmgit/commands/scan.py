"""`pmgit scan`: whether files are what they say, and safe to load."""

from __future__ import annotations

import click

from pmgit.commands import _only_these
from pmgit.commands._options import format_option_of
from pmgit.commands._terminal import is_quiet, paint, say, show_json
from pmgit.core.errors import CLEAN, FAILED, FINDINGS
from pmgit.formats.opinion import PASSES, POINTER
from pmgit.inspection.shard_sets import scan_sets
from pmgit.report import opinions


@click.command("scan")
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(readable=False)
)
@format_option_of("text", "json", "sarif")
def command(paths: tuple[str, ...], form: str) -> int:
    """Judge files and folders before they are loaded, in Git or not.

    Nothing of a file is run, unpickled or unpacked to disk. The verdicts: ok; warn (code that
    pmgit does not know, or something odd); pointer (Git LFS has the content, it is not here);
    unknown (too big or too odd to judge); broken (cut, or not what its name says); unsafe (it can
    run code when it is loaded).

    Exit code 0: every file is ok or warn; 1: some are not; 2: wrong usage; 3: some could not be
    read.
    """
    found = []
    for one in scan_sets(paths):
        found.append(one)
        if form == "text" and not (is_quiet() and one.opinion.verdict in PASSES):
            for line in opinions.lines_of(one.path, one.opinion, paint()):
                click.echo(line)
    files = [(one.path, one.opinion) for one in found]
    failed = sum(not one.could for one in found)
    if form == "json":
        show_json(opinions.document(files))
    elif form == "sarif":
        click.echo(opinions.render_sarif(files, failed), nl=False)
    else:
        pointers = [path for path, opinion in files if opinion.verdict == POINTER]
        only = _only_these.option(pointers)
        for line in opinions.ending([opinion for _, opinion in files], paint(), only):
            say(line)
    if any(one.could and one.opinion.verdict not in PASSES for one in found):
        return FINDINGS
    return FAILED if failed else CLEAN
