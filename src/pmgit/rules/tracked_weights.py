"""The rule `tracked-weights`."""

from __future__ import annotations

from pmgit.core.option import SIZE, Option
from pmgit.core.rule import RAW, Rule
from pmgit.core.units import show_both
from pmgit.model.weights import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject


#: Of a file whose name says that it is a text or a tokenizer.
_DOUBT = (
    "; its content is binary: rename it, or, if it is no weights, name it as `never` in [weights]"
    " of .pmgit.toml"
)


class TrackedWeights(Rule):
    """Weights of a model that are raw in Git.

    ## What it reports

    Weights inside a model folder (in a push or range that takes them away again, also those loose
    in the models folder), their archives and their parts, that are neither ignored nor
    in Git LFS and are larger than `max-raw-weights`. Thirty shards of 450 kB are caught as one
    file of 13 MB is. Weights are known by name (`*.safetensors`, `*.bin`, …) and, under
    other names, by being binary and over 100 kB. Text and tokenizers never are, whatever they are
    called: a `*.bin` that holds JSON, a SentencePiece model. A name of text alone proves nothing:
    `notes.txt` is weights when it is binary and over 100 kB, a vocabulary (`vocab.txt`,
    `tekken.json`) over 1 MB, a tokenizer (`spm.model`) over 8 MB.

    ## Why it is bad

    Each version of the weights stays in the history and in every clone, and no limit on the size
    of a single file sees shards and archives that stay just below it.

    ## Example

    `pretrained_model/bert-base-uncased/pytorch_model.bin`, staged without a Git LFS attribute.

    ## What to do

    The printed command takes the file out of the index, leaves it on disk and has Git ignore it
    (or, where the repository stores weights in Git LFS, sets up the pattern for it). To allow
    small weights, set `max-raw-weights`.
    """

    name = "tracked-weights"
    family = "size"
    scope = RAW
    options = (
        Option("max-raw-weights", SIZE, 0, "The largest weights file that may be raw in Git."),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        limit = self.option("max-raw-weights")
        raw = [
            blob
            for blob in subject.raw_model_files
            if blob.size > limit
            and (subject.in_model_folder(blob.path) or subject.is_gone_again(blob))
        ]
        raw = [blob for blob in subject.weights_among(raw) if not subject.is_moved(blob)]
        if not raw:
            return
        from pmgit.fix import for_staged

        subject.snapshot.learn_filters(blob.path for blob in raw)
        for blob in raw:
            advice = for_staged.store(subject, blob)
            size, most = show_both(blob.size, limit)
            allowed = f" (the limit is {most})" if limit else ""
            note = _DOUBT if subject.tiers.of(blob.path) == NEVER else ""
            message = f"{size} of weights raw in Git, neither ignored nor in Git LFS{allowed}{note}"
            yield self.about(blob, message, advice, content=blob.oid)
