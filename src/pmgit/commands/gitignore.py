"""`pmgit gitignore`: keep weights out of Git and INFO.md in it, and prove that it is so."""

from __future__ import annotations

import click

from pmgit.commands import _work_tree
from pmgit.commands._options import dry_run_option
from pmgit.commands._terminal import say, show_diffs
from pmgit.core.config import LFS
from pmgit.git.names import IGNORES as NAME
from pmgit.gitfiles import ignore_block
from pmgit.report.text import visible


@click.command("gitignore")
@click.option(
    "--keep-text/--no-keep-text",
    default=None,
    help="Let in the text of models (configurations, tokenizers, README, LICENSE), or no longer;"
    " not given: as the block has it.",
)
@click.option(
    "--nested/--no-nested",
    default=None,
    help="Write the block into a .gitignore of each models folder, or into the one at the top;"
    " not given: where it is, else at the top.",
)
@dry_run_option
def command(keep_text: bool | None, nested: bool | None, dry_run: bool) -> None:
    """Write the marked block of .gitignore for the models folders, and prove it.

    Weights below the models folders are hidden from Git at any depth, INFO.md, pmgit.lock and
    the folder's README.md are not; nor is source code, as far as your own lines do not hide it.
    Where weights belong into Git LFS, only caches and partial downloads are hidden. A clone that
    lies there is hidden in both cases. Your own lines stay; the block goes to the end, because
    the last line that matches decides. With --nested it decides over every line of the .gitignore
    at the top, as long as none of these hides the models folder itself.
    """
    repository, config = _work_tree.load()
    plan = ignore_block.plan(repository, config, keep_text, nested)
    if dry_run:
        show_diffs((name, *texts) for name, texts in plan.changes.items())
        if not plan.changes:
            say(f"{NAME}: nothing to change")
        return
    ignore_block.apply(repository, plan)
    for name, (_, after) in plan.changes.items():
        say(f"{'wrote' if after is not None else 'removed'} {visible(name)}")
    if not plan.changes:
        say(f"nothing to do: {NAME} is as it should be")
    text = ", nor is the text of models" if plan.keep_text and plan.storage != LFS else ""
    for line in plan.proved:
        say(f"proved: {line}{text}")
    for clone in map(visible, plan.clones):
        say(f"proved: {clone}/, a repository of its own, is hidden from Git")
