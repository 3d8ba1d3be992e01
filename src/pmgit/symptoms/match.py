"""Known error texts in what somebody has pasted: a line, or the whole output of a push."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pmgit.symptoms.data import Symptom, load

#: More than this is a log of something else; the error stands at its end.
MOST = 1_000_000
#: A line that is longer is cut: what is looked for stands at its beginning.
_LINE = 2_000
#: So many files are named in a command.
_FILES = 200

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07?")
_PREFIX = re.compile(r"(?:remote: ?|error: |hint: |GL-HOOK-ERR: ?)")


@dataclass(frozen=True)
class Match:
    """A symptom, and what the text names: files (with the sizes that it gives), objects."""

    symptom: Symptom
    files: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]
    oids: tuple[str, ...]


def find(text: str) -> list[Match]:
    """The symptoms in a text, the exact ones; only when there are none, the general ones."""
    lines = lines_of(text)
    # A terminal wraps lines, and people paste what they see.
    whole = " ".join(" ".join(lines).split()).casefold()
    found = [symptom for symptom in load() if _stands_in(whole, symptom)]
    exact = [symptom for symptom in found if not symptom.general]
    return [_match(symptom, lines) for symptom in exact or found]


def _stands_in(whole: str, symptom: Symptom) -> bool:
    for text in symptom.besides:
        whole = whole.replace(text.casefold(), "")
    return any(text.casefold() in whole for text in symptom.texts)


def lines_of(text: str) -> list[str]:
    """The lines as the server wrote them: without colours, and without what git puts before."""
    lines = []
    for line in re.split(r"\r\n|\n|\r", text[-MOST:].removeprefix("\ufeff")):
        rest = _COLOUR.sub("", line[:_LINE]).rstrip()
        while True:
            prefix = _PREFIX.match(rest)
            if not prefix:
                break
            rest = rest[prefix.end() :]
        # A tab begins a list of files (Git LFS); blanks are only indentation.
        lines.append(rest.lstrip(" "))
    return lines


def _match(symptom: Symptom, lines: list[str]) -> Match:
    files: dict[str, str] = {}
    paths: dict[str, None] = {}
    oids: dict[str, None] = {}
    pattern = re.compile(symptom.files) if symptom.files else None
    for line in lines:
        hit = pattern.search(line) if pattern else None
        if hit is None:
            continue
        named = hit.groupdict()
        name = next((named[k] for k in ("file", "quoted", "other") if named.get(k)), "")
        if name and len(files) < _FILES:
            files.setdefault(name, " ".join((named.get("size") or "").split()))
        if named.get("path") and len(paths) < _FILES:
            paths.setdefault(str(named["path"]))
        if named.get("oid") and len(oids) < _FILES:
            oids.setdefault(str(named["oid"]))
    return Match(symptom, tuple(files.items()), tuple(paths), tuple(oids))
