"""Attributes that only this machine has, where they change what goes to Git LFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.finding import Fix
from pmgit.doctor.check import OK, WARNING, Check
from pmgit.fix import for_staged
from pmgit.git import attributes
from pmgit.git.attributes import LFS, EveryClone
from pmgit.gitfiles.attributes import other_lines
from pmgit.gitfiles.attributes.attribute_lines import deciders
from pmgit.lfs import patterns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.doctor.context import Context

NAME = "personal-attributes"
#: So many sources are named.
_SHOWN = 3


def checks(context: Context) -> Iterator[Check]:
    """`personal-attributes`."""
    repository = context.repository
    paths = list(dict.fromkeys([*context.tracked, *context.local]))
    if not paths or other_lines.is_silent(repository, context.git_settings):
        yield Check(NAME, OK, "attributes here are those that every clone has")
        return
    everywhere = EveryClone(repository).filters(paths)
    here = attributes.answers(attributes.ask(repository, paths, {}), paths)
    sent = [p for p in paths if here.get(p) == LFS and everywhere.get(p) != LFS]
    kept = [p for p in paths if here.get(p) != LFS and everywhere.get(p) == LFS]
    if not sent and not kept:
        yield Check(
            NAME, OK, "the attributes of this machine alone change nothing of what Git LFS gets"
        )
        return
    reasons: dict[str, list[str]] = {}
    for path, why in other_lines.why_sent(context.snapshot, sent).items():
        reasons.setdefault(why, []).append(path)
    lines = deciders(repository, context.snapshot.attribute_texts(), kept)
    for path in kept:
        line = lines[path].named if path in lines else "an attribute"
        reasons.setdefault(f"here {line} keeps raw what other clones send", []).append(path)
    shown = []
    for why, found in list(reasons.items())[:_SHOWN]:
        first = f"{len(found)} files, the first is " if len(found) > 1 else ""
        shown.append(f"{why}: {first}{found[0]}")
    if len(reasons) > _SHOWN:
        shown.append(f"and {len(reasons) - _SHOWN} more")
    places = dict.fromkeys(lines[path].named for path in kept if path in lines)
    hint = f"take out {', '.join(list(places)[:_SHOWN])}" if places else ""
    yield Check(NAME, WARNING, "; ".join(shown), _set_up(context, sent) if sent else None, hint)


def _set_up(context: Context, paths: Sequence[str]) -> Fix:
    """The lines that every clone gets, for what only this machine sends to Git LFS."""
    roots = context.config.models
    wanted = dict.fromkeys(
        patterns.for_file(path, roots) for path in paths if not patterns.must_be_text(path)
    )
    return Fix(for_staged.lfs_setup(wanted))
