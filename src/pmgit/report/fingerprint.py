"""Marks by which findings are the same from one run to the next."""

from __future__ import annotations

import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.core.finding import Finding


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """For each finding 64 hexadecimal digits: the same in every run, and different from the others.

    Of the rule and the path, the blob where its bytes are the fault, and which one it is of those
    with the same. Lines, messages and commits change when nothing has been cured, so they play no
    part; raw weights in the place of others are a new fault, and no report may call them known.
    """
    seen: dict[tuple[str, ...], int] = {}
    found = []
    for finding in findings:
        key = (finding.rule, finding.path, *filter(None, [finding.content]))
        seen[key] = seen.get(key, 0) + 1
        whole = "\0".join([*key, str(seen[key])]).encode("utf-8", "surrogateescape")
        found.append(hashlib.sha256(whole).hexdigest())
    return found
