"""The rule `unpinned-revision`."""

from __future__ import annotations

import os

from pmgit.core.finding import WARNING, Fix, Step
from pmgit.core.rule import MODELS, Rule
from pmgit.model import info_file, recorded
from pmgit.model.info_file import REVISION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.folder import Model
    from pmgit.model.info_file import Info
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

    Where the lock knows the commit, or what the Hub's client has left in the folder, the printed
    command writes it. Else write it beside the branch; the page of the model lists it under
    "Files and versions". `pmgit add` writes it by itself.
    """

    name = "unpinned-revision"
    family = "info"
    severity = "warning"
    scope = MODELS

    def check(self, subject: Subject) -> Iterator[Finding]:
        infos = subject.once(recorded.infos)
        for model in subject.models:
            path = model.info.path if model.touched and model.info else ""
            if path not in infos:
                continue
            data, info = infos[path]
            field = info.fields.get(REVISION)
            if field is None or not field.value or field.placeholder or info.problem:
                continue
            # The commit first: nearly every INFO.md has one, and it is found in half the time.
            if not info.commit and info.repo_id:
                line = info_file.line_of(REVISION, "`main` (commit: …)", info.language or "en")
                message = f"{field.value!r} names no full commit: write it as {line}"
                fix = self._fix(subject, model, info, data)
                yield self.finding(path, message, severity=WARNING, line=field.line, fix=fix)

    def _fix(self, subject: Subject, model: Model, info: Info, data: bytes) -> Fix | None:
        """The fix that writes the commit, where this clone knows it."""
        if not subject.snapshot.has_work_tree or model.info is None:
            return None
        from pmgit.model import pin  # seldom needed

        folder = os.path.join(subject.repository.top, model.path)
        lock = recorded.lock_of(subject, model)
        commit = pin.known_commit(info, lock, folder, model.name)
        if not commit or pin.pinned(data, commit) == data:
            return None
        return Fix(
            Step("pmgit", "info", "update", "--pin", model.path, names="verbatim"),
            Step("git", "add", *subject.sparse, items=(model.info.path,)),
            order=Fix.RECORD,
        )
