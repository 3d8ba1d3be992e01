"""The rule `incomplete-info`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING, Finding
from pmgit.core.option import CHOICE, NAMES, Option
from pmgit.core.rule import MODELS, Rule
from pmgit.core.units import counted
from pmgit.git.blob import NOT_HERE
from pmgit.lfs import pointer
from pmgit.model import info_file, recorded
from pmgit.model.info_file import FIELDS, LABELS, REVISION, Info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: What is wrong with a field, in this order.
_MISSING, _EMPTY, _TODO = "missing", "empty", "still TODO"
_EXAMPLE = "with only an example"


class IncompleteInfo(Rule):
    """An INFO.md that does not say where the model is from, or under which license.

    ## What it reports

    One line a model: the fields of `required` that its INFO.md lacks, leaves empty, or fills with a
    placeholder (`TODO`, or the example `abc123...` of the guide), by the names that the file's
    language has for them; and an INFO.md that cannot be read: over 1 MB, not text, or with the
    lines of two branches. It is an error when weights or INFO.md change and when the whole tree is
    judged, and a warning when the model is only touched. Where nothing is wrong but placeholders,
    `placeholders` decides: a warning, or an error too.

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
    **License**: TODO: the license, as the model's page names it
    ```

    ## What to do

    Only a person knows the answers, so there is no command to paste: write the lines, then stage
    INFO.md again. (`pmgit info new` asks for them when it writes the file.) Complete, they are:

    ```markdown
    **Source**: https://huggingface.co/google-bert/bert-base-uncased
    **Downloaded**: 2026-01-13
    **Commit**: `main` (commit: 86b5e0934494bd15c9632b12f734a8a67f723594)
    **License**: apache-2.0
    ```

    The source is the address of the download, the license is as the page of the model names it.
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
        Option(
            "placeholders",
            CHOICE,
            WARNING,
            "What placeholders in required fields are, where nothing else is wrong.",
            (ERROR, WARNING),
        ),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        required = self.option("required")
        strict = self.option("placeholders") == ERROR
        infos = subject.once(recorded.infos)
        for model in subject.models:
            blob = model.info
            if blob is None or not (model.touched or subject.is_due(model)):
                continue
            if blob.size == NOT_HERE:  # left on the remote by a partial clone
                continue
            data, info = infos.get(blob.path) or (b"", Info())
            severity = ERROR if subject.is_due(model) else WARNING
            problem = _problem(blob, data, info)
            if problem:
                is_unmerged = problem == info_file.UNMERGED
                way = "keep the lines of one" if is_unmerged else "save it as UTF-8 text"
                message = f"{problem}; {way}"
                yield self.finding(blob.path, message, severity=severity)
                continue
            open_fields = _Open(info, required, self.config.language)
            if open_fields.message:
                if not (strict or open_fields.lacks_any):
                    severity = WARNING
                line = open_fields.line
                yield self.finding(blob.path, open_fields.message, severity=severity, line=line)


def _problem(blob: Blob, data: bytes, info: Info) -> str:
    """Why an INFO.md cannot be read at all; '' when it can."""
    if not blob.is_regular:
        return "is a link or a submodule, not a file"
    if blob.size > info_file.MAX_BYTES:
        return info_file.too_large(blob.size)
    if len(data) < pointer.MAX_BYTES and pointer.may_be(data) and pointer.read(data):
        return "is a Git LFS pointer, which nobody can read in Git"
    return info.problem


class _Open:
    """The required fields of an INFO.md that somebody has still to fill in.

    `message` names them, '' when there are none; `line` is where the first of them stands, or below
    which it belongs (0: at the top); `lacks_any` is false when all of them are placeholders.
    """

    def __init__(self, info: Info, required: list[str], language: str) -> None:
        labels = LABELS[info.language or language]
        groups: dict[str, list[str]] = {_MISSING: [], _EMPTY: [], _TODO: [], _EXAMPLE: []}
        lines = []
        for key in FIELDS:
            field = info.fields.get(key)
            if key not in required or (field and field.value and not field.placeholder):
                continue
            what = _MISSING if field is None else _TODO if field.value else _EMPTY
            label, example = labels[key], info_file.example_in(field.value) if field else ""
            # pmgit's own line has both: `TODO: the date of the download, as YYYY-MM-DD`.
            if field and example and not info_file.is_marked(field.value):
                what = _EXAMPLE
                label += f" ({example}{' is no full commit' if key == REVISION else ''})"
            groups[what].append(label)
            lines.append(_before(info, key) if field is None else field.line)
        self.lacks_any = bool(groups[_MISSING] or groups[_EMPTY])
        self.line = min(lines, default=0)
        self.message = "; ".join(
            f"{counted(len(names), 'field')} {what}: {', '.join(names)}"
            for what, names in groups.items()
            if names
        )
        if groups[_MISSING] and not info.utf8:
            self.message = f"not UTF-8, save it as UTF-8 first; {self.message}"


def _before(info: Info, key: str) -> int:
    """The line after which a missing field belongs: the field before it, else the title; or 0."""
    lines = [info.fields[k].line for k in FIELDS[: FIELDS.index(key)] if k in info.fields]
    return lines[-1] if lines else info.title_line
