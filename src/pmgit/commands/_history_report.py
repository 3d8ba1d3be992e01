"""The report of `pmgit history`, as lines and as a document."""

from __future__ import annotations

from dataclasses import asdict

from pmgit.core.units import show_size
from pmgit.history.scan import HEAD, HISTORY, INDEX, REF, REFLOG, UNKNOWN, UNREACHABLE
from pmgit.report.redact import redact
from pmgit.report.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.history.migration_plan import MigrationPlan, Weighed
    from pmgit.history.scan import History, Large

_WHERE = {
    HEAD: "in HEAD",
    REF: "in a ref",
    HISTORY: "only in history",
    INDEX: "only staged",
    REFLOG: "only in a reflog",
    UNREACHABLE: "unreachable",
    UNKNOWN: "unknown",
}
_PATHS = 3


def lines(weighed: Weighed, plan: MigrationPlan, top: int, least: int) -> list[str]:
    """The report for people."""
    history = weighed.history
    plural = "" if history.objects == 1 else "s"
    objects = f"{history.objects:,} object{plural} ({show_size(history.stored)} stored)"
    if not history.large:
        part = " of those that are here" if lacking(history) else ""
        return [f"no blob of {show_size(least)} or more{part}, in {objects}"]
    shown = history.large[:top]
    head = f"{_blobs(history.large)} of {show_size(least)} or more, in {objects}"
    out = [head + (f"; the largest {len(shown)}:" if len(shown) < len(history.large) else ":")]
    width = max(len(show_size(one.size)) for one in shown)
    for one in shown:
        out += _blob(one, width)
    out.append("")
    if weighed.weights:
        out.append(f"weights in commits: {_stored(weighed.weights, history, plan)}")
    others = len(history.large) - len(weighed.weights) - len(weighed.loose)
    if others:
        is_ = "1 blob is" if others == 1 else f"{others} blobs are"
        out.append(f"{is_} no weights by name, or in no commit: the plan leaves them")
    if weighed.loose:
        out.append(f"in no ref: {_stored(weighed.loose, history, plan)}")
    return out + _plan(plan)


def _plan(plan: MigrationPlan) -> list[str]:
    out = [f"note: {visible(note)}" for note in plan.notes]
    if not plan.steps:
        return out
    out += ["", "plan (nothing of it is done by pmgit; read all of it before the first step):"]
    if plan.affected:
        out.append(f"   who is affected: {plan.affected}")
    for number, step in enumerate(plan.steps, 1):
        out += [f"{number}. {visible(step.what)}:", f"   {step.shell}"]
    if plan.back is not None:
        out += [f"or {plan.back.what}:", f"   {plan.back.shell}"]
    return out


def _blob(one: Large, width: int) -> list[str]:
    paths = [visible(path) for path in one.paths]
    place = paths[0] if paths else f"(no path is known: blob {one.oid})"
    commit = ""
    if one.commit:
        author = visible(one.commit.author.rpartition(" <")[0])
        commit = f" ({one.commit.oid[:12]}, {visible(one.commit.date[:10])}, {author})"
    out = [f"{show_size(one.size):>{width + 2}}  {_WHERE[one.where]}: {place}{commit}"]
    if len(paths) > 1:
        more = f" and {len(paths) - _PATHS - 1} more" if len(paths) > _PATHS + 1 else ""
        out.append(f"{'':{width + 2}}  also: {', '.join(paths[1 : _PATHS + 1])}{more}")
    return out


def _blobs(large: list[Large]) -> str:
    size = show_size(sum(one.size for one in large))
    return f"{len(large):,} blob{'' if len(large) == 1 else 's'} ({size})"


def _stored(large: list[Large], history: History, plan: MigrationPlan) -> str:
    part = sum(one.stored for one in large)
    text = f"{_blobs(large)}; stored, they take {show_size(part)}"
    if not history.stored or history.borrows:  # part of it lies in another store
        return text
    text += f" of {show_size(history.stored)} ({min(part / history.stored, 1):.0%})"
    return text + (", which the plan frees" if plan.steps else "")


def lacking(history: History) -> list[str]:
    """The lines about objects that could not be looked at, with the way to get them."""
    out = [f"pmgit: {visible(redact(fault))}" for fault in history.faults]
    if history.damaged:
        out.append("hint: see what else is damaged: git fsck")
    if history.absent:
        objects = "1 object is" if history.absent == 1 else f"{history.absent:,} objects are"
        out.append(f"not judged: {objects} not here (partial clone), and pmgit does not fetch")
    if history.shallow:
        out.append("not judged: the history is cut (shallow clone): git fetch --unshallow")
    return out


def document(weighed: Weighed, plan: MigrationPlan, top: int, least: int) -> dict[str, Any]:
    """The report for programs. A byte that is not UTF-8 is a lone surrogate, as in `check`."""
    history = weighed.history
    return {
        "min_size": least,
        "blobs": [_entry(weighed, one) for one in history.large[:top]],
        "large": _sums(history.large),
        "weights": _sums(weighed.weights),
        "unreachable": _sums(weighed.loose),
        "objects": {"count": history.objects, "stored": history.stored},
        "not_here": {
            "absent": history.absent,
            "shallow": history.shallow,
            "faults": [redact(fault) for fault in history.faults],
        },
        "plan": {
            "include": plan.include,
            "steps": [asdict(step) for step in plan.steps],
            "back": asdict(plan.back) if plan.back else None,
            "affected": plan.affected or None,
            "notes": plan.notes,
        },
    }


def _sums(large: list[Large]) -> dict[str, int]:
    return {
        "count": len(large),
        "size": sum(one.size for one in large),
        "stored": sum(one.stored for one in large),
    }


def _entry(weighed: Weighed, one: Large) -> dict[str, Any]:
    commit = one.commit
    name, _, address = commit.author.rpartition(" <") if commit else ("", "", "")
    return {
        "oid": one.oid,
        "size": one.size,
        "stored": one.stored,
        "where": one.where,
        "weights": weighed.is_weights(one),
        "paths": list(one.paths),
        "commit": commit.oid if commit else None,
        "date": commit.date if commit else None,
        "author": name if commit else None,
        "email": address.removesuffix(">") if commit else None,
    }
