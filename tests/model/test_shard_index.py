"""An index of shards: read within bounds; the rule's tests have what it makes of them."""

from __future__ import annotations

import json
import time

import pytest

from pmgit.model import shard_index

NAME = "model.safetensors.index.json"


def test_names_of_indexes() -> None:
    for path in (NAME, "a/pytorch_model.bin.index.json", "m.safetensors.index.fp16.json"):
        assert shard_index.may_be(path), path
    for path in ("model_index.json", "index.json", "m.index.html", "x.index.d/config.json"):
        assert not shard_index.may_be(path), path


def test_what_an_index_says() -> None:
    document = {
        "metadata": {"total_size": 1.5e10, "more": [1.5, None]},
        "weight_map": {"a": "y.safetensors", "b": "./part/x.safetensors", "c": "y.safetensors"},
    }
    found = shard_index.parse(json.dumps(document).encode(), NAME)
    assert found is not None
    assert (found.files, found.total_size) == (("y.safetensors", "part/x.safetensors"), 15 * 10**9)
    odd: tuple[object, ...] = ({}, {"total_size": "5"}, {"total_size": True}, [], 5)
    for metadata in (*odd, {"total_size": 1e400}, {"total_size": -5}):
        data = json.dumps({**document, "metadata": metadata}).encode()
        found = shard_index.parse(data, NAME)
        assert found is not None
        assert found.total_size == 0
    for other in (b"{}", b"[]", b'{"weight_map": 5}', b"no JSON", b"\xff", b""):
        assert shard_index.parse(other, "faiss.index.json") is None


def test_the_largest_in_use_is_read_and_no_text_takes_long() -> None:
    experts = ", ".join(
        f'"model.layers.{n // 400}.mlp.experts.{n % 400}.down_proj.weight_scale_inv": '
        f'"model-{n // 1000 + 1:05}-of-000163.safetensors"'
        for n in range(140_000)
    )
    largest = f'{{"metadata": {{"total_size": 1}}, "weight_map": {{{experts}}}}}'.encode()
    assert 12_000_000 < len(largest) < shard_index.MAX_BYTES
    most = shard_index.MAX_BYTES
    values = ",".join(f'"{n}":"{n}/xxxxxxxxxx"' for n in range(490_000))
    texts = {
        "largest": largest,
        "one": b'{"weight_map": {"a": "' + b"x" * (most - 30) + b'"}}',
        "escapes": b'{"weight_map": {"a": "' + b"\\ud800" * (most // 6 - 10) + b'"}}',
        "values": f'{{"weight_map": {{{values}}}}}'.encode(),
        "floats": b"[" + b"1.5," * 499_000 + b"1]",
        "tables": b'{"weight_map":' + b'{"a":' * 9_000 + b"1" + b"}" * 9_001,
        "blanks": b" " * most,
        "digits": b'{"weight_map": {"a": ' + b"1" * (most - 30) + b"}}",
    }
    for name, data in texts.items():
        assert len(data) <= most, name
        start = time.process_time()
        if name == "largest":
            found = shard_index.parse(data, NAME)
            assert found is not None
            assert len(found.files) == 140
        else:
            with pytest.raises(ValueError, match=r"^it |^its |Exceeds") as caught:
                shard_index.parse(data, NAME)
            assert len(str(caught.value)) < 300, name
        assert time.process_time() - start < 1, name
