"""Repository ids, as huggingface_hub itself judges them."""

from __future__ import annotations

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from pmgit.core.errors import UsageError


def check(repo_id: str) -> None:
    """Refuse what the Hub would not take as a repository id; UsageError says why."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise UsageError(
            f"{repo_id!r} is neither an address nor a repository id: {error}",
            "for example: google-bert/bert-base-uncased",
        ) from None
