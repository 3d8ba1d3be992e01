"""A network of its own for each test: nothing that this process imported decides for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import huggingface_hub.constants
import pytest

from tests.file_server import FileServer
from tests.hub_server import HubServer
from tests.modelscope_server import ModelScopeServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are sent, and a server that says nothing is waited for one second."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
    # huggingface_hub has read the variable when it was imported.
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "1")
    for name in ("HF_TOKEN", "MODELSCOPE_API_TOKEN", "MODELSCOPE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "part"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def scope(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelScopeServer]:
    with ModelScopeServer() as server:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        yield server


@pytest.fixture
def web() -> Iterator[FileServer]:
    with FileServer() as server:
        yield server
