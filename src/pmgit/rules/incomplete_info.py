"""The rule `incomplete-info`."""

# ruff: noqa: RUF001 - the punctuation of Chinese text is meant
from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING, Finding
from pmgit.core.option import NAMES, Option
from pmgit.core.rule import MODELS, Rule
from pmgit.git.blob import NOT_HERE
from pmgit.lfs import pointer
from pmgit.model import info_file, recorded
from pmgit.model.info_file import DOWNLOADED, FIELDS, LICENSE, REVISION, SOURCE, Info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: What a field looks like. Each one counts as a placeholder: pasted as it is, it does not pass.
_EXAMPLES = {
    SOURCE: "https://huggingface.co/ORG/NAME",
    DOWNLOADED: "YYYY-MM-DD",
    REVISION: "`main` (commit: abc123...)",
    LICENSE: "LICENSE-ID",
}
_NAMES = {
    SOURCE: "source",
    DOWNLOADED: "date of download",
    REVISION: "commit",
    LICENSE: "license",
}
_WANTED = {
    "en": {
        SOURCE: "the address it was downloaded from",
        DOWNLOADED: "the date of the download",
        REVISION: "the branch and the full commit, 40 digits",
        LICENSE: "as the model's page names it, such as apache-2.0",
    },
    "zh": {
        SOURCE: "下载页面的网址",
        DOWNLOADED: "下载日期",
        REVISION: "分支和完整的 40 位 commit",
        LICENSE: "模型页面上写明的许可证，如 apache-2.0",
    },
}


class IncompleteInfo(Rule):
    """An INFO.md that does not say where the model is from, or under which license.

    ## What it reports

    A field of `required` that an INFO.md lacks or leaves empty, and an INFO.md that cannot be
    read: over 1 MB, or not text. These are errors when weights or INFO.md change and when the
    whole tree is judged, and warnings when the model is only touched. A field that still holds a
    placeholder (`TODO`, or the example `abc123...` of the guide) is always a warning.

    The fields may be named in Chinese or English: `来源` or `Source` (also `URL`), `下载日期` or
    `Downloaded` (also `Download date`), `版本/Commit` or `Commit` (also `版本`, `Version`,
    `Revision`), `许可证` or `License` (also `Licence`). Both colons are read, bold and list marks
    do not matter, and what stands in a code block or a comment does not count.

    ## Why it is bad

    Without the commit nobody can restore the same weights, without the source nobody can look
    anything up, and without the license nobody may ship the product. The one who has just
    downloaded the model knows all of it.

    ## Example

    ```markdown
    # BERT Base Uncased

    **Source**: https://huggingface.co/google-bert/bert-base-uncased
    **Downloaded**:
    ```

    ## What to do

    Only a person knows the answer, so there is no command to paste: the finding says which line
    to write, and where. Then stage INFO.md again. Complete, the lines are:

    ```markdown
    **Source**: https://huggingface.co/google-bert/bert-base-uncased
    **Downloaded**: 2026-01-13
    **Commit**: `main` (commit: 86b5e0934494bd15c9632b12f734a8a67f723594)
    **License**: apache-2.0
    ```
    """

    name = "incomplete-info"
    family = "info"
    severity = "error or warning"
    scope = MODELS
    options = (
        Option(
            "required",
            NAMES,
            list(FIELDS),
            "The fields that every INFO.md must fill.",
            FIELDS,
        ),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        required = self.option("required")
        infos = subject.once(recorded.infos)
        for model in subject.models:
            blob = model.info
            if blob is None or not (model.touched or subject.is_due(model)):
                continue
            if blob.size != NOT_HERE:  # left on the remote by a partial clone
                data, info = infos.get(blob.path) or (b"", Info())
                severity = ERROR if subject.is_due(model) else WARNING
                yield from self._judge(blob, data, info, required, severity)

    def _judge(
        self, blob: Blob, data: bytes, info: Info, required: list[str], severity: str
    ) -> Iterator[Finding]:
        """Everything that is wrong with one INFO.md."""
        problem = info.problem
        if not blob.is_regular:
            problem = "is a link or a submodule, not a file"
        elif blob.size > info_file.MAX_BYTES:
            problem = info_file.too_large(blob.size)
        elif len(data) < pointer.MAX_BYTES and pointer.may_be(data) and pointer.read(data):
            problem = "is a Git LFS pointer, which nobody can read in Git"
        if problem:
            yield self.finding(blob.path, f"{problem}; save it as UTF-8 text", severity=severity)
            return
        for key in required:
            yield from self._field(blob.path, info, key, severity)

    def _field(self, path: str, info: Info, key: str, severity: str) -> Iterator[Finding]:
        """The finding about one field, with the line to write instead."""
        language = info.language or self.config.language
        field = info.fields.get(key)
        wanted = f"({_WANTED[language][key]}): {info_file.line_of(key, _EXAMPLES[key], language)}"
        what = _NAMES[key]
        if field is None:
            at = _before(info, key)
            message = f"no {what}: write {f'below line {at}' if at else 'at the top'} {wanted}"
            if not info.utf8:
                message = f"not UTF-8, save it as UTF-8 first; {message}"
            yield self.finding(path, message, severity=severity, line=at)
        elif not field.value:
            message = f"the {what} is empty: write in line {field.line} {wanted}"
            yield self.finding(path, message, severity=severity, line=field.line)
        elif field.placeholder:
            message = f"the {what} is a placeholder: write in line {field.line} {wanted}"
            yield self.finding(path, message, severity=WARNING, line=field.line)


def _before(info: Info, key: str) -> int:
    """The line after which a missing field belongs: the field before it, else the title; or 0."""
    lines = [info.fields[k].line for k in FIELDS[: FIELDS.index(key)] if k in info.fields]
    return lines[-1] if lines else info.title_line
