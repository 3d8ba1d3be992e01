"""All checks, in the order in which things depend on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.doctor import (
    attribute_check,
    framework,
    git_lfs,
    hooks,
    hub_environment,
    models,
    personal_attributes,
    variables,
    weights,
)
from pmgit.doctor.check import ERROR, Check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.doctor.context import Context

GROUPS = {
    "git-lfs": git_lfs.checks,
    "hooks": hooks.checks,
    "pre-commit": framework.checks,
    "variables": variables.checks,
    "attributes": attribute_check.checks,
    "personal-attributes": personal_attributes.checks,
    "weights": weights.checks,
    "raw-weights": models.raw_weights,
    "hidden-text": models.hidden,
    "models": models.undescribed,
    "hub": hub_environment.checks,
}


def examine(context: Context, groups: Iterable[str] = GROUPS) -> list[Check]:
    """The results of all checks of these groups. One that fails is one ERROR with the reason."""
    found: list[Check] = []
    for name in groups:
        try:
            found += GROUPS[name](context)
        except PmgitError as error:
            evidence = f"could not look: {error.message}"
            found.append(Check(name, ERROR, evidence, hint=error.hint, looked=False))
    return found
