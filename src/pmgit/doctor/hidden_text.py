"""Models of text alone that ignore rules hide: Git has nothing of them, and no rule misses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.doctor.check import WARNING, Check
from pmgit.git import attributes
from pmgit.gitfiles import hidden_text
from pmgit.model import folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context


def checks(context: Context) -> Iterator[Check]:
    """`hidden-text`, where there is some."""
    files: dict[str, list[str]] = {}
    for model in hidden_text.text_models(context.repository, context.config, context.config.models):
        files[model] = list(folder.files_on_disk(context.repository.top, model))
    if not files:
        return
    asked = [path for paths in files.values() for path in paths]
    ignored = attributes.ignored(context.repository, asked)
    hidden = [model for model, paths in files.items() if all(path in ignored for path in paths)]
    if hidden:
        fix = Fix(Step("pmgit", "gitignore", "--keep-text", names="verbatim"))
        evidence = f"{hidden_text.sentence(hidden)}, and all of it is ignored by Git"
        yield Check("hidden-text", WARNING, evidence, fix)
