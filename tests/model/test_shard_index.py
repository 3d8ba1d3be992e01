"""An index of shards: read within bounds; the rule's tests have what it makes of them."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING

import pytest

from pmgit.model import shard_index
from tests.bounds import FOR_EVER

if TYPE_CHECKING:
    from collections.abc import Callable

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
        assert time.process_time() - start < FOR_EVER, name


def test_the_short_way_reads_as_json_does() -> None:
    """Whatever is made of an index: the same document, or none."""
    document = {
        "metadata": {"total_size": 16060522496, "head.weight": "embed.weight"},
        "weight_map": {"a.weight": "model-1.safetensors", "b ü": "x", "c": "", "": "d"},
    }
    texts = [json.dumps(document, indent=2, ensure_ascii=False) + "\n"]
    assert shard_index.as_written(texts[0]) == document
    bare = json.dumps({"weight_map": {"a": "b"}}, indent=2)
    assert shard_index.as_written(bare) == {"weight_map": {"a": "b"}}
    texts += [bare, json.dumps(document), json.dumps(document, indent=4), "", "{", "{}"]
    chance = random.Random(5)
    pieces = [
        *'",:{}[]\\ \n0123456789-+.eE\ta\0\u2028',
        '": "',
        ",\n",
        '    "',
        "\n  }",
        "\r\n",
        "null",
    ]
    pieces += [
        '    "total_size": 0123,\n',
        '    "c": "again",\n',
        '"weight_map": {\n',
        "\u0663",
        '"x": 5',
    ]
    for _ in range(20_000):
        text = chance.choice(texts[:2])
        at = chance.randrange(len(text))
        to = at + chance.choice([0, 0, 1, 2, 9])
        texts.append(text[:at] + chance.choice(["", *pieces]) + text[to:])
    read = 0
    for text in texts:
        found = shard_index.as_written(text)
        if found is not None:
            read += 1
            pairs: list[list[object]] = []
            assert json.loads(text, object_pairs_hook=_kept(pairs)) == found, text
            assert all(len(set(keys)) == len(keys) for keys in pairs), text
    assert 100 < read < 15_000


def _kept(pairs: list[list[object]]) -> Callable[[list[tuple[str, object]]], dict[str, object]]:
    def keep(table: list[tuple[str, object]]) -> dict[str, object]:
        pairs.append([key for key, _ in table])
        return dict(table)

    return keep
