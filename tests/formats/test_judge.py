"""Files judged by their content: samples for every check and every way around a scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from tests.formats import container_samples, tensor_samples
from tests.formats.pickle_samples import pickles

if TYPE_CHECKING:
    from pmgit.formats.opinion import Opinion


def opinion_on(name: str, data: bytes) -> Opinion:
    return judge_content(BytesReader(data), name)


def wrong(samples: dict[str, tuple[str, bytes]]) -> list[str]:
    """The samples that get another verdict than they should."""
    found = []
    for name, (verdict, data) in samples.items():
        opinion = opinion_on(name, data)
        if opinion.verdict != verdict:
            first = opinion.findings[0] if opinion.findings else None
            found.append(f"{name}: {opinion.verdict}, not {verdict}: {opinion.kind}, {first}")
    return found


def test_pickles() -> None:
    assert wrong(pickles()) == []


def test_safetensors() -> None:
    assert wrong(tensor_samples.safetensors()) == []


def test_gguf_and_templates() -> None:
    assert wrong(tensor_samples.gguf_files()) == []


def test_onnx() -> None:
    assert wrong(tensor_samples.onnx_files()) == []


def test_keras() -> None:
    assert wrong(tensor_samples.keras_files()) == []


def test_arrays() -> None:
    assert wrong(tensor_samples.arrays()) == []


def test_impostors_and_templates() -> None:
    assert wrong(tensor_samples.impostors()) == []


def test_pointers() -> None:
    assert wrong(tensor_samples.pointers()) == []


def test_zips() -> None:
    assert wrong(container_samples.zips()) == []


def test_tars() -> None:
    assert wrong(container_samples.tars()) == []
