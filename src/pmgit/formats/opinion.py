"""What pmgit thinks of one file: a verdict, the kind of the file, and what speaks against it."""

from __future__ import annotations

from pmgit.formats.fields import Fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

#: From the best to the worst. A file with several findings gets the worst of their verdicts.
OK, WARN, POINTER, UNKNOWN, BROKEN, UNSAFE = (
    "ok", "warn", "pointer", "unknown", "broken", "unsafe",
)  # fmt: skip
VERDICTS = (OK, WARN, POINTER, UNKNOWN, BROKEN, UNSAFE)
#: What a program may go on with.
PASSES = (OK, WARN)

#: So many findings of one file are kept, the worst first.
MOST_FINDINGS = 50
#: Texts out of files are cut to so many characters.
_LONGEST = 200


class FileFinding(Fields):
    """One thing about a file: what it does to the verdict, a sentence, and the evidence.

    `evidence` is taken from the file (the global of a pickle, the name of a tensor), `where` is
    the member of a container ('' is the file itself), `offset` counts bytes of that member.
    """

    __slots__ = ("evidence", "message", "offset", "verdict", "where")

    def __init__(
        self,
        verdict: str,
        message: str,
        evidence: str = "",
        offset: int | None = None,
        where: str = "",
    ) -> None:
        self.verdict = verdict
        self.message = message
        self.evidence = evidence
        self.offset = offset
        self.where = where

    @property
    def sentence(self) -> str:
        """The finding in words: what, the evidence, and the place. Taken from the file as it is."""
        text = f"{self.message}: {self.evidence}" if self.evidence else self.message
        place = f"byte {self.offset}" if self.offset is not None else ""
        where = " of ".join(filter(None, (place, self.where)))
        return f"{text} ({where})" if where else text

    def within(self, where: str) -> FileFinding:
        """The same finding about the container in which `where` names this file."""
        return self.but(where=f"{where}/{self.where}" if self.where else where)


class Opinion(Fields):
    """The `kind` of a file by its content, and the findings, the worst first."""

    __slots__ = ("findings", "kind")

    def __init__(self, kind: str, findings: tuple[FileFinding, ...] = ()) -> None:
        self.kind = kind
        self.findings = findings

    @property
    def verdict(self) -> str:
        """The worst verdict of the findings; `ok` when there are none."""
        return max((one.verdict for one in self.findings), key=VERDICTS.index, default=OK)


#: What somebody who has looked into a file can accept: what it loads, not that it is broken.
_ACCEPTABLE = (WARN, UNKNOWN, UNSAFE)


def split(found: Opinion, names: Collection[str]) -> tuple[Opinion, tuple[FileFinding, ...]]:
    """The opinion without the findings that `names` accept, and these findings.

    A name is the evidence of a finding, such as a global of a pickle; `*` is any.
    """
    accepted = tuple(
        one
        for one in found.findings
        if one.verdict in _ACCEPTABLE and ("*" in names or (one.evidence and one.evidence in names))
    )
    return found.but(findings=tuple(x for x in found.findings if x not in accepted)), accepted


def opinion(kind: str, findings: list[FileFinding]) -> Opinion:
    """The opinion with these findings: each once, the worst first, and not endlessly many."""
    once = list(dict.fromkeys(findings))
    once.sort(key=lambda one: -VERDICTS.index(one.verdict))
    if len(once) > MOST_FINDINGS:
        left = len(once) - MOST_FINDINGS + 1
        worst = once[MOST_FINDINGS - 1].verdict
        once[MOST_FINDINGS - 1 :] = [FileFinding(worst, f"{left} more findings")]
    return Opinion(kind, tuple(once))


def short(text: str | bytes) -> str:
    """Text from a file, for a finding: cut, and bytes that are not UTF-8 as `\\xff`."""
    if isinstance(text, bytes):
        text = text[: 4 * _LONGEST].decode("utf-8", "backslashreplace")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class BrokenError(ValueError):
    """The file is not what it should be; the text says where and how."""

    verdict = BROKEN

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


class TooMuchError(Exception):
    """More than pmgit looks at: the file is too big, too deep or too slow to judge."""

    verdict = UNKNOWN
    offset: int | None = None
