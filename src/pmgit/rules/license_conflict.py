"""The rule `license-conflict`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING
from pmgit.core.option import FLAG, Option
from pmgit.core.rule import LICENSES, Rule
from pmgit.model import info_file, lock_file, stated_licenses
from pmgit.model.folder import LOCK
from pmgit.model.info_file import LICENSE
from pmgit.model.lock_file import LockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding, Fix
    from pmgit.licenses.expression import Reading
    from pmgit.model.stated_licenses import Stated, Statement
    from pmgit.model.subject import Subject


class LicenseConflict(Rule):
    """A model whose files name different licenses.

    ## What it reports

    Of a model of which a change touches one of these: INFO.md, `pmgit.lock`, the front matter of
    README.md and the text in LICENSE name licenses that cannot be the same. `MIT License` and `mit`
    are the same, and `gpl` may be `gpl-3.0`. A text, a name or front matter that pmgit does not
    recognise is no conflict, and neither is a LICENSE beside others that it does not recognise: one
    of them may be for the code. Where INFO.md has a license of your own (`LicenseRef-NAME`), that
    counts.

    ## Why it is bad

    Everybody reads one of these files and goes by it. Mostly INFO.md was copied from another model,
    or the authors changed the license with a new version.

    ## Example

    INFO.md has `**License**: MIT`, and README.md begins with:

    ```yaml
    ---
    license: cc-by-nc-4.0
    ---
    ```

    ## What to do

    Look at the page of the model, and write into INFO.md what it has for the commit that you use.
    A lock of a model of your own is written anew by the printed command. When the source itself
    contradicts itself, ask its authors: nobody else can say which one is meant.

    What pmgit knows of each license is a hint, and no legal advice: docs/licenses.md.
    """

    name = "license-conflict"
    family = "license"
    severity = "warning"
    scope = LICENSES
    options = (
        Option("strict", FLAG, False, "Whether it is an error when weights or INFO.md change."),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        strict = self.option("strict")
        for stated in subject.once(stated_licenses.of_models):
            if len(stated.all) < 2:
                continue
            known = _known(stated)
            first = known[0] if known else None
            others = [one for one in known[1:] if first and not _agree(first, one, known)]
            if first is None or not others:
                continue
            severity = ERROR if strict and stated.is_due else WARNING
            names = ", ".join(_places(others))
            fix = _lock_anew(subject, stated, others)
            way = "the lock is older" if fix else _way(stated, first, others)
            message = f"{first.reading.shown} here, {names}: {way}"
            yield self.finding(first.path, message, severity=severity, line=first.line, fix=fix)


def _known(stated: Stated) -> list[Statement]:
    """The statements that can be held against each other."""
    if stated.is_own:
        return []
    known = [one for one in stated.all if one.reading.is_known]
    return [one for one in known if not (one.is_text and stated.has_other_texts)]


def _agree(first: Statement, other: Statement, known: list[Statement]) -> bool:
    """Whether two statements may name the same licenses.

    A text is one of several, where several are named; of several texts one has to fit.
    """
    if not other.is_text:
        return _covers(first.reading, other.reading) and _covers(other.reading, first.reading)
    texts = [one for one in known if one.is_text]
    return any(_covers(first.reading, one.reading) for one in texts)


def _covers(whole: Reading, part: Reading) -> bool:
    """Whether each license of `part` may be one of `whole`."""
    return all(
        any(a.license and b.license and a.license.may_be(b.license) for b in whole.names)
        for a in part.names
    )


def _places(others: list[Statement]) -> list[str]:
    """The licenses, each with the files that name it."""
    places: dict[str, list[str]] = {}
    for one in others:
        places.setdefault(one.reading.shown, []).append(one.name)
    return [f"{license} in {' and '.join(names)}" for license, names in places.items()]


def _way(stated: Stated, first: Statement, others: list[Statement]) -> str:
    if first is not stated.info:
        return "ask the authors which one is meant"
    wanted = {one.reading.shown for one in others}
    if len(wanted) > 1:
        return "write into INFO.md what the page of the model has"
    line = info_file.line_of(LICENSE, wanted.pop(), stated.language or "en")
    return f"if the page of the model has that, write in line {first.line} {line}"


def _lock_anew(subject: Subject, stated: Stated, others: list[Statement]) -> Fix | None:
    """The fix for a lock that alone differs: `pmgit update` takes what INFO.md or the card has."""
    if [one.name for one in others] != [LOCK]:
        return None
    try:
        lock = lock_file.parse(stated.lock, LOCK)
    except LockError:
        return None  # lock-mismatch speaks of it
    from pmgit.rules import _relock  # most licenses agree

    return _relock.Cures(subject, stated.model, lock).anew
