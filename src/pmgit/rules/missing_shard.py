"""The rule `missing-shard`."""

from __future__ import annotations

import os

from pmgit.core.finding import ERROR, WARNING, Fix, Step
from pmgit.core.rule import SHARDS, Rule
from pmgit.core.units import counted, listed
from pmgit.model import twins
from pmgit.model.shards import sets_of
from pmgit.rules._held_shards import all_held
from pmgit.snapshots.base import RANGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.core.finding import Finding
    from pmgit.model.shards import ShardSet
    from pmgit.model.subject import Subject
    from pmgit.rules._held_shards import Group, Held

#: So many files are named in a message.
_NAMED = 3
#: So many missing files a fix can name.
_CURED = 200
#: Good models that have fewer bytes than their index counts. The index of Mistral 7B in .bin has
#: 0.1 % more than its shards. Whoever converts weights may keep the sum of the old ones, which
#: counts tensors twice that share their bytes: 16 % of mT5's are its vocabulary.
_EXPLAINED, _SHARED = 50, 5


class MissingShard(Rule):
    """A model in shards that is not complete, or whose index names other files.

    ## What it reports

    Of a model that a change touches: shards that the index (`model.safetensors.index.json` and its
    kind) names and the model has not; shards of the same set that the index does not name; an
    index that is no JSON, or that names a path outside of its folder; shards that are together
    smaller than the tensors that the index counts. Of shards without an index
    (`model-00001-of-00003.gguf`): numbers that are missing or there twice, and two sets of one
    name. Names and sizes decide, so pointers are enough.

    Where the weights go to Git LFS, a shard has to be in Git. Where Git ignores them, it has to be
    in `pmgit.lock` or on disk, and a clone without any weights is not asked for some.

    These are errors when the weights, INFO.md or the index change, and warnings when the model is
    only touched. Always a warning are: an index of which no shard is there, beside the same weights
    in another format; locked shards that this clone lacks, where it has others; and a sum of bytes
    that is less than a fifth too small, or that another type of numbers explains.

    ## Why it is bad

    Nobody sees it before the model is loaded, hours later and on another machine. Some programs
    then go on with random numbers.

    ## Example

    ```console
    $ git add pretrained_model/llama/*.json pretrained_model/llama/model-0000[12]-of-00003*
    $ git commit -m "Add Llama"
    ```

    ## What to do

    Where the shards lie on disk, the printed command stages them; where `pmgit.lock` has them and
    their source, it fetches them. Else copy the shards into place, or add the model again. An
    index that is left over from other weights is taken out: `git rm` it.
    """

    name = "missing-shard"
    family = "content"
    severity = "error or warning"
    scope = SHARDS

    def check(self, subject: Subject) -> Iterator[Finding]:
        groups: list[Group] = []
        for held in all_held(subject):
            groups += held.groups
            for path, why in held.faults:
                severity = _severity(held, [path])
                yield self.finding(path, f"no index of shards: {why}", severity=severity)
        # Of all models at once: the same few processes for one and for many.
        doubtful = [group.sample for group in groups if not group.is_tracked]
        if doubtful:
            subject.snapshot.learn_filters(doubtful)
        sized = [blob for group in groups if group.total_size for blob in group.blobs]
        subject.snapshot.contents.look(sized)
        for group in groups:
            yield from self._of_index(group) if group.path else self._of_numbers(group)

    def _of_index(self, group: Group) -> Iterator[Finding]:
        there = group.there
        missing = [name for name in group.names if name not in there]
        if len(missing) == len(group.names) and not group.goes_to_lfs:
            return  # ignored weights, of which this clone has none
        if missing:
            what = f"names {counted(len(missing), 'shard')} that the model has not"
            yield self._missing(group, group.path, what, missing)
        elif group.not_here:
            message = f"not in this clone: {listed(group.not_here, _NAMED)}"
            fix = _fix(group, group.not_here)
            yield self.finding(group.path, message, severity=WARNING, fix=fix)
        more = [name for name in group.beside if name in there]
        if more:
            message = (
                f"does not name {counted(len(more), 'shard')} beside it: {listed(more, _NAMED)};"
                " take out what is left over, or write the index anew"
            )
            severity = _severity(group.held, [group.path], more)
            yield self.finding(group.path, message, severity=severity)
        if not missing and group.total_size:
            yield from self._too_small(group)

    def _missing(
        self, group: Group, path: str, what: str, names: Sequence[str], count: int = 0
    ) -> Finding:
        message = f"{what}: {listed(names, _NAMED, count)}"
        twin = group.twin if group.path and len(names) == len(group.names) else ""
        if twin:
            message += f"; it is left over: {twin} has the same weights, so git rm the index"
            return self.finding(path, message, severity=WARNING)
        fix = _fix(group, names) if len(names) <= _CURED else None
        if fix is None and group.held.subject.origin != RANGE:
            stage = " and stage them" if group.goes_to_lfs else ""
            message += f"; copy them into place{stage}, or add the model again"
        severity = _severity(group.held, [path], [*group.names, *names])
        return self.finding(path, message, severity=severity, fix=fix)

    def _too_small(self, group: Group) -> Iterator[Finding]:
        held = group.held
        sizes = group.sizes
        total, found = group.total_size, sum(sizes)
        safe = all(name.endswith(twins.SAFE) for name in group.names)
        if min(sizes) < 0 or found >= total or (not safe and (total - found) * _EXPLAINED < total):
            return
        converted = any(abs(found * times - total) * _EXPLAINED < total for times in (2, 4))
        doubtful = converted or not safe or (total - found) * _SHARED < total
        yield self.finding(
            group.path,
            f"counts {total:,} bytes of tensors, and its shards have {found:,}: they are cut"
            " short, or of another model",
            severity=WARNING if doubtful else _severity(held, [group.path], group.names),
        )

    def _of_numbers(self, group: Group) -> Iterator[Finding]:
        there = group.there
        here = [name for name in group.names if name in there]
        for shards in sets_of(here).values():
            yield from self._of_set(group, shards)

    def _of_set(self, group: Group, shards: ShardSet) -> Iterator[Finding]:
        held = group.held
        path = held.place(shards.names[0])
        severity = _severity(held, [path], group.names)
        counts = sorted(shards.paths)
        if len(counts) > 1:
            message = (
                f"shards of {len(counts)} sets, and no index says which to load:"
                f" {listed([f'of {count}' for count in counts], _NAMED)}; take out the old ones"
            )
            yield self.finding(path, message, severity=severity)
            return
        numbers = shards.paths[counts[0]]
        twice = [name for names in numbers.values() if len(names) > 1 for name in names]
        beyond = [name for n, names in numbers.items() if n > counts[0] for name in names]
        for what, names in (("there twice", twice), (f"a number over {counts[0]}", beyond)):
            if names:
                message = f"{what}: {listed(sorted(names), _NAMED)}"
                yield self.finding(path, message, severity=severity)
        number, names = shards.missing(counts[0], _CURED + 1)
        if number > 0:
            what = f"{number:,} of {counts[0]:,} shards missing"
            yield self._missing(group, path, what, names, number)


def _severity(held: Held, paths: Iterable[str], names: Iterable[str] = ()) -> str:
    """ERROR where weights, INFO.md or one of these files change, in whatever way."""
    subject = held.subject
    changed = subject.once(_changed_paths)
    every = {*paths, *map(held.path, names)}
    return WARNING if changed.isdisjoint(every) and not subject.is_due(held.model) else ERROR


def _changed_paths(subject: Subject) -> set[str]:
    return {change.path for change in subject.model_changes}


def _fix(group: Group, names: Sequence[str]) -> Fix | None:
    """The fix that brings in missing files from the disk or by the lock; None: it cannot."""
    held = group.held
    subject = held.subject
    if not subject.can_be_staged or not subject.snapshot.has_work_tree:
        return None
    steps = []
    away = [name for name in names if name not in held.disk]
    if away:
        from pmgit.model.lock_file import LOCAL

        if held.lock is None or held.lock.type == LOCAL or not held.locked.issuperset(away):
            return None
        steps.append(Step("pmgit", "pull", held.model.path, names="verbatim"))
    if group.goes_to_lfs:
        from pmgit.fix.for_staged import INSTALL

        paths = tuple(map(held.path, names))
        subject.snapshot.learn_filters(paths)
        if not all(map(subject.is_lfs, paths)) or not _are_sound(subject, paths):
            return None
        # -f: they may be ignored.
        steps += [INSTALL, Step("git", "add", "-f", *subject.sparse, items=paths)]
    return Fix(*steps) if steps else None


def _are_sound(subject: Subject, paths: Iterable[str]) -> bool:
    """Whether the files that are on disk can be loaded; else another rule takes them out again."""
    from pmgit.formats.opinion import PASSES
    from pmgit.scan.scanned import scan

    top = subject.repository.top
    there = [place for path in paths if os.path.lexists(place := os.path.join(top, path))]
    return all(one.opinion.verdict in PASSES for one in scan(there))
