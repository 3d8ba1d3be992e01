"""The rule `unknown-license`."""

from __future__ import annotations

from pmgit.core.errors import cut, nearest
from pmgit.core.finding import ERROR, WARNING
from pmgit.core.option import FLAG, Option
from pmgit.core.rule import LICENSES, Rule
from pmgit.licenses import table
from pmgit.model import info_file, stated_licenses
from pmgit.model.info_file import LICENSE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.licenses.expression import Named, Reading
    from pmgit.model.stated_licenses import Stated, Statement
    from pmgit.model.subject import Subject


#: Letters of a name that may be mistyped: shorter ones differ by one letter and are two licenses.
_FEWEST = 5


class UnknownLicense(Rule):
    """An INFO.md whose license nobody can look up.

    ## What it reports

    Of a model of which a change touches INFO.md, `pmgit.lock`, README.md or the text of a license:
    the license in INFO.md, when it is none that pmgit knows (it knows those that the Hub has ids
    for) and no address or file of its text stands beside it; when it is `other` or `unknown`; and
    when it is a name for several licenses, such as `gpl` or `cc-by-nc`, and no address says which.
    Upper and lower case, `Apache 2.0` for `apache-2.0`, `Apache License, Version 2.0`, Markdown
    links, lists, and expressions such as `MIT OR Apache-2.0` are understood. `LicenseRef-NAME` is a
    license of your own, such as an agreement with the owner. A missing license is the matter of
    `incomplete-info`.

    ## Why it is bad

    A team that ships the product has to find the text that allows it. A name that nobody has
    heard of leads to no text, and `gpl` leads to several.

    ## Example

    ```markdown
    **License**: tongyi-qianwen
    ```

    ## What to do

    The finding says which line to write: the id of the license, or its name and the address of
    its text:

    ```markdown
    **License**: tongyi-qianwen (https://huggingface.co/Qwen/Qwen-7B/blob/main/LICENSE)
    ```

    What pmgit knows of each license is a hint, and no legal advice: docs/licenses.md.
    """

    name = "unknown-license"
    family = "license"
    severity = "warning"
    scope = LICENSES
    options = (
        Option("strict", FLAG, False, "Whether it is an error when weights or INFO.md change."),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        strict = self.option("strict")
        for stated in subject.once(stated_licenses.of_models):
            if stated.info is None:
                continue
            why = _unknown(stated.info.reading)
            if why:
                severity = ERROR if strict and stated.is_due else WARNING
                message = f"{why}: {_wanted(stated, stated.info)}"
                yield self.finding(
                    stated.info.path, message, severity=severity, line=stated.info.line
                )


def _unknown(reading: Reading) -> str:
    """Why a license cannot be looked up; '' when it can."""
    if not reading.names:
        return f"{cut(reading.text)!r} names no license"
    return next((why for name in reading.names if (why := _of_name(name, reading))), "")


def _of_name(name: Named, reading: Reading) -> str:
    if name.own:
        return ""
    license = name.license
    if license is not None and license.id == table.NONE_STATED:
        return "no license is stated, so all rights are reserved"
    if reading.link or (
        license is not None and not license.is_family and license.id != table.OTHER
    ):
        return ""
    if license is None:
        return f"{cut(name.text)!r} is no license that pmgit knows"
    if license.id == table.OTHER:
        return f"{name.text!r} names no license"
    return f"{cut(name.text)!r} stands for several licenses"


def _wanted(stated: Stated, statement: Statement) -> str:
    """The line to write, as far as another file of the model, or the spelling, shows it."""
    known = next(
        (other for other in [*stated.others, *stated.texts] if other.reading.is_known), None
    )
    if known and not any(name.license.is_family for name in known.reading.names if name.license):
        line = info_file.line_of(LICENSE, known.reading.shown, stated.language or "en")
        return f"{known.name} has {known.reading.shown}; if that is right, write {line}"
    best = _mistyped(statement.reading.text)
    meant = f"did you mean {best!r}? Else " if best else ""
    return f"{meant}write its id, or its name and the address of its text"


def _mistyped(text: str) -> str:
    """The license whose name was mistyped; '' rather than another license than was meant.

    One letter makes Boost's license of that for business sources (bsl-1.0, BUSL-1.0), and one digit
    another version. So short names are none that were mistyped, and digits never are.
    """
    name = text.lower()
    best = nearest(name, list(table.load().names()), cutoff=0.85)
    letters = sum(char.isalpha() for char in name)
    if best in ("", name) or letters < _FEWEST or _digits(best) != _digits(name):
        return ""
    return best


def _digits(name: str) -> list[str]:
    return [char for char in name if char.isdigit()]
