"""The license of a model, as commands show it and hold it against the policy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.commands._terminal import note
from pmgit.core.errors import FINDINGS, PmgitError
from pmgit.core.finding import ERROR
from pmgit.formats.regular import read_regular
from pmgit.licenses import phrase
from pmgit.licenses.expression import is_vaguer, read
from pmgit.licenses.policy import Policy
from pmgit.model import card, info_file
from pmgit.model.folder import INFO
from pmgit.report.text import visible

if TYPE_CHECKING:
    from pmgit.core.config import Config


class LicenseRefusedError(PmgitError):
    """The policy of the repository does not allow the license of a model."""

    exit_code = FINDINGS


def with_terms(license: str) -> str:
    """A license as its source names it, and what is known of it."""
    if not license:
        return "none is named: ask its owner before you use it"
    return f"{visible(license)} ({phrase.phrase(read(license))})"


def demand_allowed(config: Config, shown: str, licenses: list[str], where: str) -> None:
    """Raise LicenseRefusedError when the policy does not allow a license of the model `shown`.

    What it only warns of is printed. `where` is the place to name another license.
    """
    if not config.has_license_policy:
        return
    policy = Policy(config)
    expressions = [found for text in licenses if (found := read(text).expression)]
    for ruling in [policy.judge(one) for one in expressions] or [policy.of_none()]:
        text = visible(ruling.text)
        if ruling.severity == ERROR:
            way = f"{ruling.way} ({where})" if ruling.wants_name else ruling.way
            raise LicenseRefusedError(
                f"{shown}: {text}", f"{way}; see: pmgit explain restricted-license"
            )
        if ruling.severity:
            note(text)


def stated(folder: str, given: str = "", *, source: str | None = None) -> list[str]:
    """The licenses of a model: that which is `given`, else INFO.md's, and that of its source.

    Without a `source` the card in the folder names it. One of your own counts alone.
    """
    if not given:
        page = read_regular(os.path.join(folder, INFO), info_file.MAX_BYTES)
        given = info_file.parse(page or b"").license
    names = read(given).names
    if names and all(name.own for name in names):
        return [given]
    if source is None:
        front = read_regular(os.path.join(folder, "README.md"), card.MAX_BYTES)
        source = card.license_of(card.read(front or b""))
    if given and source and is_vaguer(read(source), read(given)):
        return [given]
    return [text for text in (given, source) if text]
