"""The rule `duplicate-weights`."""

from __future__ import annotations

from pmgit.core.rule import COPIES, Rule
from pmgit.core.units import counted, show_size
from pmgit.model import twins
from pmgit.model.shards import shard_of
from pmgit.model.weights import BINARY_BYTES, OTHER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: How much larger one format of the same numbers may be than another. bert-base-uncased has 440 MB
#: as safetensors and 536 MB as tf_model.h5, gpt2 548 MB and 703 MB as rust_model.ot. What was saved
#: with half as many bits for each number has half the size.
_FORMATS = 1.8
#: The same for files that only have the same name: what a format adds to the numbers.
_NAMES, _ADDED = 1.02, 100_000
#: With so many of the same bytes that all have their place, another one is compared.
_COMPARED = 50


class DuplicateWeights(Rule):
    """Weights that a repository has twice: in several formats, or in several places.

    ## What it reports

    New weights of a model beside the same in another format, by the names that transformers,
    diffusers, peft, timm and open_clip give them (`model.safetensors`, `pytorch_model.bin`,
    `tf_model.h5`, `flax_model.msgpack`, `rust_model.ot`), or by the same name with another ending
    (`.safetensors`, `.bin`, `.pth`, `.ckpt`) and the same size. And new weights with the same bytes
    as others, by blob id or the oid of the pointer: among the models that the change touches and
    all files that it adds; with `--all` in the whole tree.

    Not reported are files below 100 kB, shards of one set, variants (`.fp16`, `.non_ema`), sizes
    that speak of another type of numbers, states of an optimizer, an adapter beside its base,
    checkpoints of several steps, and parts that two pipelines have in common. Nor are exports for
    other runtimes (`.onnx`, `.gguf`, `.tflite`, OpenVINO, TorchScript's `.pt`) or the original
    files of the authors (`consolidated.00.pth`): who has them beside safetensors wants both.

    ## Why it is bad

    Every clone downloads and keeps both, and sooner or later only one of them is updated. A program
    may then load the other one, which may be a pickle that runs code.

    ## Example

    `git add pretrained_model/whisper-small` with all that the Hub has of it: `model.safetensors`,
    and 967 MB each as `pytorch_model.bin`, `tf_model.h5` and `flax_model.msgpack`.

    ## What to do

    The printed command takes the copy out of the index and leaves it on disk; safetensors are kept
    rather than pickles, and what lies in a model's folder rather than a loose copy. Where two whole
    models are the same, let your code load one, and take the folder of the other out. `pmgit add`
    downloads only one format.
    """

    name = "duplicate-weights"
    family = "content"
    severity = "warning"
    scope = COPIES

    def check(self, subject: Subject) -> Iterator[Finding]:
        new = {blob.path for blob in subject.tip_files}
        formats = list(_in_formats(subject, new))
        places = list(_in_places(subject, new))
        if not formats and not places:
            return
        # Of all models at once: the same few processes for one and for many.
        blobs = [blob for units in formats for unit in units for blob in unit.blobs]
        blobs += [blob for copies in places for blob in copies]
        subject.snapshot.contents.look(blobs)
        subject.snapshot.learn_filters(blob.path for blob in blobs)
        seen = set()
        for units in formats:
            for finding in self._of_formats(subject, units):
                seen.add(finding.path)
                yield finding
        of_models: dict[tuple[str, str], list[tuple[Blob, Blob]]] = {}
        for copies in places:
            for blob, kept in _too_many(subject, new, copies):
                place, home = map(subject.places.model_of, (blob.path, kept.path))
                if blob.path in seen:
                    continue
                if place and place != home:
                    of_models.setdefault((place, home), []).append((blob, kept))
                else:
                    yield self._of_copy(subject, blob, kept)
        for pairs in of_models.values():
            yield self._of_models(subject, pairs)

    def _of_formats(self, subject: Subject, units: Sequence[_Unit]) -> Iterator[Finding]:
        from pmgit.fix.for_staged import Advice  # a clean commit needs no fixes
        from pmgit.rules._copies_out import take_out

        kept, *others = units
        for other in others:
            saved = other.size(subject)
            if saved < BINARY_BYTES or not _agree(kept, other, subject):
                continue
            message = f"{other.shown} ({show_size(saved)}) has the same weights as {kept.shown}"
            if kept.suffix == twins.SAFE:
                advice = take_out(subject, other.blobs, whole=True)
                message += f": keep {kept.shown}, which runs nothing when it is loaded"
            else:
                advice = Advice(None, "; keep the format that your code loads")
            yield self.about(other.blobs[0], message, advice, severity=self.severity)

    def _of_copy(self, subject: Subject, blob: Blob, kept: Blob) -> Finding:
        """The finding of a copy outside of models, or in the same model."""
        from pmgit.fix.for_staged import Advice
        from pmgit.rules._copies_out import take_out

        message = f"the same {show_size(subject.content_size(kept))} as {kept.path}"
        if subject.is_loose(blob.path):
            advice = Advice(None, ", which a model has in its folder: delete this loose copy")
        else:
            message += ", which stays"
            advice = take_out(subject, [blob])
        return self.about(blob, message, advice, severity=self.severity)

    def _of_models(self, subject: Subject, pairs: Sequence[tuple[Blob, Blob]]) -> Finding:
        """The finding of a model whose files another one has: one of the two, whichever."""
        blob, kept = min(pairs, key=lambda pair: pair[0].path)
        size = show_size(sum(subject.content_size(one) for one, _ in pairs))
        message = f"the same {size} as {kept.path}"
        if len(pairs) > 1:
            home = subject.places.model_of(kept.path)
            others = counted(len(pairs) - 1, "other file")
            message = f"this and {others} are the same {size} as in {home}"
        message += ": one of the two models is enough"
        return self.about(blob, message, severity=self.severity)


class _Unit:
    """The files that hold the weights once: one file, or the shards of a set."""

    __slots__ = ("blobs", "is_known", "shown", "suffix")

    def __init__(self, blobs: Sequence[Blob], suffix: str, *, is_known: bool) -> None:
        self.blobs = sorted(blobs, key=lambda blob: blob.path)
        self.suffix = suffix
        self.is_known = is_known
        name = self.blobs[0].path.rpartition("/")[2]
        more = len(self.blobs) - 1
        self.shown = f"{name} with {counted(more, 'more shard')}" if more else name

    def size(self, subject: Subject) -> int:
        """The bytes of the weights; -1 when a partial clone lacks some."""
        here = all(blob.size >= 0 for blob in self.blobs)
        return sum(map(subject.content_size, self.blobs)) if here else -1


def _agree(kept: _Unit, other: _Unit, subject: Subject) -> bool:
    """Whether two sizes are those of the same numbers."""
    less, more = sorted((kept.size(subject), other.size(subject)))
    if less <= 0:
        return False
    # A model.ckpt is also what frameworks call the whole state of a training.
    known = kept.is_known and other.is_known and ".ckpt" not in (kept.suffix, other.suffix)
    if known and kept.suffix != other.suffix:
        return more <= less * _FORMATS
    return more <= less * _NAMES + _ADDED


def _in_formats(subject: Subject, new: set[str]) -> Iterator[list[_Unit]]:
    """For weights that are there in several formats, some of them new: each, the best first."""
    for model in subject.models:
        if not model.touched or len({*map(_kind, model.weights)}) < 2 or model.is_cached:
            continue
        found: dict[
            tuple[str, str, str], dict[tuple[int, bool], list[tuple[Blob, twins.Twin]]]
        ] = {}
        for blob in model.weights:
            twin = twins.twin_of(blob.path)
            if twin:
                found.setdefault(twin.key, {}).setdefault(twin.unit, []).append((blob, twin))
        for units in found.values():
            if len(units) > 1 and any(b.path in new for pairs in units.values() for b, _ in pairs):
                yield [
                    _Unit(
                        [blob for blob, _ in pairs],
                        pairs[0][1].suffix,
                        is_known=all(twin.is_known for _, twin in pairs),
                    )
                    for _, pairs in sorted(units.items())
                ]


def _kind(blob: Blob) -> tuple[str, bool]:
    """What differs between twins: their ending, or that one of them is in shards."""
    path = blob.path
    return path[path.rfind(".") :], path.rfind("-of-") > path.rfind("/")


def _in_places(subject: Subject, new: set[str]) -> Iterator[list[Blob]]:
    """The weights with the same bytes in several places, at least one of them new."""
    found: dict[str, dict[str, Blob]] = {}
    tier_of = subject.tiers.of
    for model in subject.models:
        if model.touched and not model.is_cached:
            for blob in model.weights:
                if tier_of(blob.path) == OTHER:
                    continue  # a picture may be a pointer, too
                found.setdefault(blob.oid, {})[blob.path] = blob
    for blob in subject.tip_files:
        if blob.oid in found:
            found[blob.oid].setdefault(blob.path, blob)
    for copies in found.values():
        if len(copies) > 1 and not new.isdisjoint(copies):
            blobs = [
                blob
                for path, blob in copies.items()
                if not path.rpartition("/")[2].startswith(twins.OF_TRAINING)
            ]
            if len(blobs) > 1:
                yield blobs


def _too_many(
    subject: Subject, new: set[str], copies: Sequence[Blob]
) -> Iterator[tuple[Blob, Blob]]:
    """Of files with the same bytes those that are one too many, each with the one to keep."""
    model_of = subject.places.model_of
    if copies[0].size < 0 or subject.content_size(copies[0]) < BINARY_BYTES:
        return
    keepers: list[Blob] = []
    of_models: dict[str, Blob] = {}
    for blob in sorted(copies, key=lambda blob: _worth(subject, new, blob)):
        place = model_of(blob.path)
        better = [of_models[place], *keepers] if place in of_models else keepers
        kept = next(
            (b for b in better if _is_copy(b.path, model_of(b.path), blob.path, place)), None
        )
        if kept:
            yield blob, kept
        else:
            of_models.setdefault(place, blob)
            keepers = [*keepers, blob][:_COMPARED]


def _worth(subject: Subject, new: set[str], blob: Blob) -> tuple[bool, bool, bool, int, int, str]:
    """The least is the copy to keep: in a model, safetensors, old, and not deep in its folder."""
    path = blob.path
    return (
        not subject.places.model_of(path),
        not path.endswith(twins.SAFE),
        path in new and subject.before(blob) != blob.oid,
        path.count("/"),
        len(path),
        path,
    )


def _is_copy(kept: str, home: str, path: str, place: str) -> bool:
    """Whether one of two files with the same bytes is one too many.

    `home` and `place` are the models that they lie in. Shards of one set, parts that are numbered
    and parts that two pipelines have in common are each where they are looked for.
    """
    one, other = shard_of(kept), shard_of(path)
    if one and other and one.key == other.key:
        return False
    if home == place and home:
        if path.endswith(twins.EXPORTS):
            return False
        first, second = kept.rpartition("/")[0], path.rpartition("/")[0]
        return first == second or _without_digits(first) != _without_digits(second)
    if home and place:
        name = path[len(place) :]
        return name.count("/") == 1 or kept[len(home) :] != name
    return True


def _without_digits(text: str) -> str:
    return "".join(character for character in text if not character.isdigit())
