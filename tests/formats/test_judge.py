"""Files judged by their content: samples for every check and every way around a scanner."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import pytest

from pmgit.formats import names, safetensors
from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from tests.formats import (
    chat_samples,
    container_samples,
    format_set_samples,
    found_samples,
    graph_samples,
    hdf5_samples,
    honest_samples,
    old_version_samples,
    reader_samples,
    refused_samples,
    template_samples,
    tensor_samples,
    tflite_samples,
    word_samples,
)
from tests.formats.assemble import bomb
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


def test_files_that_two_readers_read_differently() -> None:
    assert wrong(reader_samples.readers()) == []


def test_safetensors() -> None:
    assert wrong(tensor_samples.safetensors()) == []


def test_gguf_and_templates() -> None:
    assert wrong(tensor_samples.gguf_files()) == []


def test_chat_templates_of_models() -> None:
    assert wrong(chat_samples.chats()) == []


def test_chat_templates_that_put_names_together() -> None:
    assert wrong(template_samples.templates()) == []


def test_onnx() -> None:
    assert wrong(tensor_samples.onnx_files()) == []


def test_keras() -> None:
    assert wrong(tensor_samples.keras_files()) == []


def test_hdf5() -> None:
    assert wrong(hdf5_samples.hdf5_files()) == []


def test_arrays() -> None:
    assert wrong(tensor_samples.arrays()) == []


def test_impostors_and_templates() -> None:
    assert wrong(tensor_samples.impostors()) == []


def test_pointers() -> None:
    assert wrong(tensor_samples.pointers()) == []


def test_models_of_words() -> None:
    assert wrong(word_samples.words()) == []


def test_tflite() -> None:
    assert wrong(tflite_samples.models()) == []


def test_graphs_of_tensorflow() -> None:
    assert wrong(graph_samples.graphs()) == []


def test_what_unpacks_to_a_thousand_times_its_size_is_not_unpacked_to_its_end() -> None:
    """Of a third of what may come out in all: a file of weights does not deflate so well."""
    packed = bomb(20_000_000)
    assert zlib.decompress(packed) == bytes(20_000_000)
    found = opinion_on("model.pkl", packed)
    assert found.verdict == "unknown"
    assert found.findings[0].message == "it unpacks to more than 500 times its size"


def test_zips() -> None:
    assert wrong(container_samples.zips()) == []


def test_what_a_second_set_of_files_has_found() -> None:
    assert wrong(found_samples.found()) == []


def test_what_the_libraries_refuse() -> None:
    assert wrong(refused_samples.refused()) == []


def test_what_a_set_without_pickles_has_found() -> None:
    assert wrong(format_set_samples.found()) == []


def test_what_libraries_write() -> None:
    assert wrong(honest_samples.honest()) == []


def test_what_older_versions_write() -> None:
    assert wrong(old_version_samples.old_versions()) == []


def test_pointers_in_archives() -> None:
    assert wrong(container_samples.pointers()) == []


def test_tars() -> None:
    assert wrong(container_samples.tars()) == []


@pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), RecursionError(), ValueError()])
def test_what_trips_pmgit_is_never_ok(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*_: object) -> bool:
        raise error

    monkeypatch.setattr(safetensors, "parse_header", trip)
    found = opinion_on("a.safetensors", tensor_samples.encode({}))
    assert found.verdict == ("broken" if isinstance(error, ValueError) else "unknown")
    monkeypatch.setattr(safetensors, "sniff", trip)
    found = opinion_on("a.safetensors", tensor_samples.encode({}))
    # Not of an unknown format either: that may come in (models/gate.py).
    assert (found.verdict, found.kind == names.DATA) == ("unknown", False)


def test_an_interruption_is_none_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(safetensors, "sniff", stop)
    with pytest.raises(KeyboardInterrupt):
        opinion_on("a.safetensors", tensor_samples.encode({}))


def test_a_vocabulary_is_no_json() -> None:
    """That of BERT begins with `[PAD]`; a list of JSON goes on with a value."""
    for text, kind in (
        ("[PAD]\n[UNK]\n", "text"), ("[section]\nkey = 1\n", "text"), ("[x", "text"),
        ("[1, 2]\n", "JSON"), ("[\n  {}]\n", "JSON"), ("[" + " " * 600 + "1]", "JSON"),
        ("[]", "JSON"), ("[null]", "JSON"), ('{"a": 1}', "JSON"),
    ):  # fmt: skip
        found = opinion_on("vocab.txt", text.encode())
        assert (found.kind, found.verdict) == (kind, "ok"), text


def test_of_what_cannot_be_unpacked_only_that_is_said() -> None:
    data = b"\x80\x04N."
    for _ in range(20):
        data = gzip.compress(data, mtime=0)
    deep = "containers in containers, more than 8 deep"
    assert [one.message for one in opinion_on("model.pkl.gz", data).findings] == [deep]
    found = opinion_on("model.npy", data).findings
    assert [one.message for one in found] == [
        "packed with gzip: no reader of .npy files unpacks it", deep,
    ]  # fmt: skip
