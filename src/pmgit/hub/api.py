"""The Hub's own interface, by huggingface_hub: what a model is made of, and where its files are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pmgit import __version__
from pmgit.core.errors import UsageError
from pmgit.hub import places
from pmgit.hub.client import UnreachableError, plain_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Seconds that the Hub may take to describe a model.
_TIMEOUT = 30.0


class RefusedError(Exception):
    """An answer of the Hub with a `status` that is no success, and its `headers` (lower case)."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers


@dataclass(frozen=True)
class HubFile:
    """A file as the Hub lists it; unchecked. Unknown values are None."""

    path: object
    size: object
    blob: object
    sha256: object


class HubModel:
    """A model as the Hub describes it; unchecked.

    `id` and `commit` may be other ones than were asked for; `card` is the front matter of the
    README, `parameters` counts numbers by type.
    """

    __slots__ = ("card", "commit", "files", "gated", "id", "parameters", "private", "tags")

    def __init__(self, found: Any) -> None:
        self.id = str(found.id)
        self.commit = str(found.sha or "")
        self.files = [
            HubFile(one.rfilename, one.size, one.blob_id, one.lfs.sha256 if one.lfs else None)
            for one in found.siblings or []
        ]
        card = found.card_data
        self.card: dict[str, Any] = card.to_dict() if hasattr(card, "to_dict") else {}
        self.tags = [tag for tag in found.tags or [] if isinstance(tag, str)]
        self.gated = bool(found.gated)
        self.private = bool(found.private)
        self.parameters = dict(found.safetensors.parameters or {}) if found.safetensors else {}


def endpoint() -> str:
    """The address of the Hub or of the mirror that is used in its place."""
    return places.places(os.environ).endpoint


def demand_repo_id(text: str) -> None:
    """Raise UsageError, with the reason, for what the Hub would not take as a repository id."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(text)
    except HFValidationError as error:
        raise UsageError(
            f"{text!r} is neither an address nor a repository id: {error}",
            "for example: google-bert/bert-base-uncased",
        ) from None


def model_info(repo_id: str, revision: str) -> HubModel:
    """The files and the card of a model at a revision ('' is the default branch), by one request.

    Raises RefusedError for the Hub's refusal, UnreachableError when there is no usable answer.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi(endpoint=endpoint(), library_name="pmgit", library_version=__version__)
    try:
        with plain_errors():
            found = api.model_info(
                repo_id, revision=revision or None, files_metadata=True, timeout=_TIMEOUT
            )
            return HubModel(found)
    except HfHubHTTPError as error:
        headers = {k.lower(): v for k, v in error.response.headers.items()}
        raise RefusedError(error.response.status_code, headers) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        # What a portal or a proxy says in the Hub's place.
        raise UnreachableError(
            "it answers with no description of a model", may_pass=False
        ) from None


def file_url(repo_id: str, path: str, revision: str) -> str:
    """The address of a file. `path` is quoted, so that it stays a path."""
    return f"{endpoint()}/{repo_id}/resolve/{quote(revision, safe='')}/{quote(path)}"


def headers() -> tuple[dict[str, str], dict[str, str]]:
    """The headers for a request to the Hub: those for every server, and those that are secret.

    Raises UnreachableError when the token must be asked for first, and is not given.
    """
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    with plain_errors():
        plain = build_hf_headers(library_name="pmgit", library_version=__version__)
    secret = {name: plain.pop(name) for name in list(plain) if name.lower() == "authorization"}
    return plain, secret
