"""The rule `unsafe-weights`."""

from __future__ import annotations

from pmgit.core.finding import WARNING
from pmgit.core.rule import LOADED, Rule
from pmgit.model import judged_files
from pmgit.model.judged_files import sentence_of
from pmgit.snapshots.base import TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.core.finding import Finding
    from pmgit.formats.opinion import FileFinding
    from pmgit.model.judged_files import JudgedFile
    from pmgit.model.subject import Subject

_CODE = "can run code when it is loaded: "
_ODD = "worth a look before it is loaded: "


class UnsafeWeights(Rule):
    """Weights that can run code when somebody loads them.

    ## What it reports

    Files of models, and files in other folders whose names say that a library loads them (`*.pt`,
    `*.pkl`, `*.npy` …), by their content: pickles that name anything but what weights need, also
    inside of archives and checkpoints; chat templates that reach for Python; Keras layers with
    code; and files that are too large or too odd to be judged. Nothing of them is run. These are
    errors. Classes of packages that pmgit does not know are warnings.

    Of a Git LFS pointer the object is judged, where it is here. How many are not here is said: they
    are not called safe. A push and a range are judged commit by commit for what is raw in Git, and
    at their tip for Git LFS. [Scanning](scan.md) says how files are judged.

    ## Why it is bad

    `torch.load`, `joblib.load` and `pickle.load` run what a pickle names. Who can bring a file into
    the repository can run commands on every machine that loads the model.

    ## Example

    A `pytorch_model.bin` whose pickle names `os.system`.

    ## What to do

    Do not load the file. The printed command takes it out of the index, and leaves it on disk.
    Ask its authors for safetensors, which hold numbers only.

    For a file that somebody has looked into, `.pmgit.toml` says by its sha256 what it may load, and
    why. A changed file is judged anew:

    ```toml
    [accepted.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]
    globals = ["mylib.model.Net"]
    reason = "our own class, read by Kim on 2026-11-30"
    ```

    `pmgit scan` shows the names, `sha256sum FILE` the hash (for Git LFS it is the oid of the
    pointer). `globals = ["*"]` accepts all that this one file loads. The commit that adds such a
    file gets a warning with the reason.
    """

    name = "unsafe-weights"
    family = "content"
    severity = "error or warning"
    scope = LOADED

    def check(self, subject: Subject) -> Iterator[Finding]:
        for one in subject.once(judged_files.of_weights).judged:
            bad, odd, accepted = self._sorted(one)
            if bad:
                from pmgit.fix import for_staged
                from pmgit.formats.opinion import UNSAFE

                message = (_CODE if bad[0].verdict == UNSAFE else "") + sentence_of(bad)
                advice = for_staged.keep_out(subject, one.blob)
                yield self.about(one.blob, message, advice, content=one.blob.oid)
            if odd and not bad:
                yield self._warning(one, _ODD + sentence_of(odd))
            if accepted and subject.origin != TREE:
                reason = self.config.accepted[one.sha256]["reason"]
                yield self._warning(one, f"accepted ({reason}): {sentence_of(accepted)}")

    def _warning(self, one: JudgedFile, message: str) -> Finding:
        return self.about(one.blob, message, severity=WARNING, content=one.blob.oid)

    def _sorted(
        self, one: JudgedFile
    ) -> tuple[list[FileFinding], list[FileFinding], Sequence[FileFinding]]:
        """What is wrong with a file, what may be, and what the configuration accepts of it."""
        from pmgit.formats import names
        from pmgit.formats.opinion import UNKNOWN, UNSAFE, WARN, split

        rest, accepted = split(one.opinion, self.config.accepted_of(one.sha256))
        # What is of no known format nothing loads: broken-weights speaks of it.
        worst = (UNSAFE,) if rest.kind == names.DATA else (UNSAFE, UNKNOWN)
        bad = [finding for finding in rest.findings if finding.verdict in worst]
        odd = [finding for finding in rest.findings if finding.verdict == WARN]
        return bad, odd, accepted
