"""The rule `broken-weights`."""

from __future__ import annotations

from pmgit.core.finding import WARNING
from pmgit.core.rule import LOADED, Rule
from pmgit.model import judged_files
from pmgit.model.judged_files import sentence_of
from pmgit.model.weights import ALWAYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject


class BrokenWeights(Rule):
    """Weights that no library can load: cut, damaged, or something else under their name.

    ## What it reports

    Files of models, by their content: a download that stopped, a page of the web or an error
    message under the name of weights, a text, an empty file, a header that does not fit the
    tensors, an archive without its end, a text with marks of a merge, a Git LFS object of another
    size than its pointer says. These are errors. A file under a name of weights that is of no
    format which pmgit knows is a warning in a model folder.

    In other folders only files count whose names say nothing else than weights (`*.safetensors`,
    `*.gguf` …). A text there whose name ends as weights and texts do (`europarl.en-pt.pt` is
    Portuguese) is a warning. Of a Git LFS pointer the object is judged, where it is here. A range
    and a push are judged at their tip.

    ## Why it is bad

    Nobody notices it before the model is loaded: days later, on another machine, in the middle of a
    run, and with an error that names something else (`invalid load key, '<'`).

    ## Example

    `curl -o model.safetensors https://…` that got the page "Access to this model is restricted".

    ## What to do

    Get the file again from where it is from (`pmgit pull --replace MODEL` for a model with a lock).
    The printed command takes the broken one out of the index, and leaves it on disk.
    """

    name = "broken-weights"
    family = "content"
    severity = "error or warning"
    scope = LOADED

    def check(self, subject: Subject) -> Iterator[Finding]:
        for one in subject.once(judged_files.of_weights).judged:
            blob = one.blob
            in_models = subject.in_models(blob.path)
            is_judged = in_models or subject.tiers.of(blob.path) == ALWAYS
            if subject.is_gone_again(blob) or not is_judged:
                continue
            from pmgit.formats import claims, names
            from pmgit.formats.opinion import BROKEN, UNKNOWN

            broken = [f for f in one.opinion.findings if f.verdict == BROKEN]
            strange = [f for f in one.opinion.findings if f.verdict == UNKNOWN]
            if broken and not in_models and claims.may_be_another_text(one.opinion.kind, blob.path):
                message = f"no weights: {sentence_of(broken)}"
                yield self.about(blob, message, severity=WARNING, content=blob.oid)
            elif broken:
                from pmgit.fix import for_staged

                advice = for_staged.keep_out(subject, blob)
                message = f"broken: {sentence_of(broken)}"
                yield self.about(blob, message, advice, content=blob.oid)
            elif strange and one.opinion.kind == names.DATA and in_models:
                message = f"nobody knows whether it is whole: {sentence_of(strange)}"
                yield self.about(blob, message, severity=WARNING, content=blob.oid)
