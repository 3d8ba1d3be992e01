"""The rule `unpinned-revision`."""

from __future__ import annotations

from pmgit.core.finding import WARNING
from pmgit.core.rule import MODELS, Rule
from pmgit.git.blob import NOT_HERE
from pmgit.model import info_file
from pmgit.model.info_file import REVISION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject


class UnpinnedRevision(Rule):
    """A model of the Hub whose INFO.md names a branch and no commit.

    ## What it reports

    An INFO.md whose source is a repository of the Hugging Face Hub, and whose revision has no full
    commit (40 or 64 hexadecimal digits). A placeholder is the matter of `incomplete-info`.

    ## Why it is bad

    A branch moves: `main` of next year is another model, under the same name.

    ## Example

    ```markdown
    **Source**: https://huggingface.co/google-bert/bert-base-uncased
    **Commit**: `main`
    ```

    ## What to do

    Write the full commit beside the branch; the page of the model lists it under "Files and
    versions". `pmgit add` writes it by itself.
    """

    name = "unpinned-revision"
    family = "info"
    severity = "warning"
    scope = MODELS

    def check(self, subject: Subject) -> Iterator[Finding]:
        infos = [m.info for m in subject.models if m.touched and m.info is not None]
        texts = subject.snapshot.contents.texts_of(infos, info_file.MAX_BYTES)
        for blob in infos:
            if blob.size == NOT_HERE or blob.oid not in texts:
                continue
            info = info_file.parse(texts[blob.oid])
            field = info.fields.get(REVISION)
            if field is None or not field.value or field.placeholder or info.problem:
                continue
            if info.repo_id and not info.commit:
                line = info_file.line_of(REVISION, "`main` (commit: …)", info.language or "en")
                message = f"{field.value!r} names no full commit: write it as {line}"
                yield self.finding(blob.path, message, severity=WARNING, line=field.line)
