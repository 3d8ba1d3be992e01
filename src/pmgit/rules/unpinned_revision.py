"""The rule `unpinned-revision`."""

from __future__ import annotations

from pmgit.core.finding import WARNING
from pmgit.core.rule import MODELS, Rule
from pmgit.model import info_file, recorded
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
        infos = subject.once(recorded.infos)
        touched = [m.info.path for m in subject.models if m.touched and m.info is not None]
        for path in touched:
            if path not in infos:
                continue
            _, info = infos[path]
            field = info.fields.get(REVISION)
            if field is None or not field.value or field.placeholder or info.problem:
                continue
            # The commit first: nearly every INFO.md has one, and it is found in half the time.
            if not info.commit and info.repo_id:
                line = info_file.line_of(REVISION, "`main` (commit: …)", info.language or "en")
                message = f"{field.value!r} names no full commit: write it as {line}"
                yield self.finding(path, message, severity=WARNING, line=field.line)
