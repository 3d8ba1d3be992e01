"""pmgit's own findings in what somebody has pasted: the output of a refused commit or push."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pmgit.symptoms.match import lines_of

if TYPE_CHECKING:
    from collections.abc import Collection

#: As `report.text` prints a finding: the path, perhaps a line, the rule, perhaps that it warns.
_FINDING = re.compile(r"(?:\./)?(\S.*?)(?::\d+)?: ([a-z-]+)(?: \(warning\))?: \S")
#: The end of a report; a terminal may have wrapped it.
_WHY = re.compile(r"\. Why: \S*pmgit explain((?: [a-z-]+)+)")


def find(text: str, names: Collection[str]) -> dict[str, list[str]]:
    """The rules, of those with these `names`, that a text has findings of, with their paths."""
    lines = lines_of(text)
    found: dict[str, list[str]] = {}
    for line in lines:
        hit = _FINDING.match(line)
        if hit and hit[2] in names:
            paths = found.setdefault(hit[2], [])
            if hit[1] not in paths:
                paths.append(hit[1])
    for hit in _WHY.finditer(" ".join(" ".join(lines).split())):
        for name in hit[1].split():
            if name not in names:
                break  # words of what comes behind it
            found.setdefault(name, [])
    return found
