"""Samples of TensorFlow Lite, as flatbuffers that are put together field by field."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

from tests.formats.assemble import CALL, pickled, torch_zip

Samples = dict[str, tuple[str, bytes]]

#: A table is a dictionary of its fields by number. A field is a number with its width, a text,
#: bytes, a list of whole numbers or of tables, or another table.
Table = dict[int, Any]


def flatbuffer(root: Table) -> bytes:
    """The flatbuffer with this table as root."""
    out = bytearray(struct.pack("<I4s", 0, b"TFL3"))
    struct.pack_into("<I", out, 0, _table(out, root))
    return bytes(out + bytes(-len(out) % 4))


def _table(out: bytearray, fields: Table) -> int:
    """Write a table and what it leads to; its place."""
    places, extent = [0] * (max(fields, default=-1) + 1), 4
    for number, value in sorted(fields.items()):
        width = value[1] if isinstance(value, tuple) else 4
        extent += -extent % width
        places[number], extent = extent, extent + width
    length = 4 + 2 * len(places)
    out += bytes(-(len(out) + length) % 8)
    out += struct.pack(f"<{2 + len(places)}H", length, extent, *places)
    table = len(out)
    out += struct.pack("<i", length) + bytes(extent - 4)
    for number, value in fields.items():
        place = table + places[number]
        if isinstance(value, tuple):
            out[place : place + value[1]] = value[0].to_bytes(value[1], "little")
        else:
            struct.pack_into("<I", out, place, _written(out, value) - place)
    return table


def _written(out: bytearray, value: Any) -> int:
    """Write what a field leads to; its place."""
    if isinstance(value, dict):
        return _table(out, value)
    out += bytes(-len(out) % 4)
    at = len(out)
    out += struct.pack("<I", len(value))
    if isinstance(value, str):
        out += value.encode() + b"\0"
    elif isinstance(value, bytes):
        out += value
    elif value and isinstance(value[0], dict):
        out += bytes(4 * len(value))
        for number, one in enumerate(value):
            place = at + 4 + 4 * number
            struct.pack_into("<I", out, place, _table(out, one) - place)
    else:
        out += struct.pack(f"<{len(value)}i", *value)
    return at


def model(
    *, tensor: Table | None = None, operator: Table | None = None, graph: Table | None = None,
    more: Table | None = None, data: bytes = bytes(24),
) -> bytes:  # fmt: skip
    """A model of one operation, which adds a constant of six numbers, with other fields."""
    added = {0: [2, 3], 1: (0, 1), 2: (1, 4), 3: "w", **(tensor or {})}
    add = {0: (0, 4), 1: [0, 1], 2: [0], 3: (11, 1), 4: {0: (1, 1)}, **(operator or {})}
    main = {0: [{0: [2, 3], 3: "x"}, added], 1: [0], 2: [0], 3: [add], 4: "m", **(graph or {})}
    root = {0: (3, 4), 1: [{3: (0, 4)}], 2: [main], 3: "made", 4: [{}, {0: data}], **(more or {})}
    return flatbuffer(root)


def apart(numbers: bytes) -> bytes:
    """A model whose numbers lie behind the flatbuffer."""
    place = len(model(more={4: [{}, {1: (9, 8), 2: (9, 8)}]}))
    return model(more={4: [{}, {1: (place, 8), 2: (len(numbers), 8)}]}) + numbers


def lost(*, extent: int = 8) -> bytes:
    """The model, and behind it a list of fields with its table, which nothing names."""
    return model() + struct.pack("<HHHhi4B", 6, extent, 7, 0, 8, 0, 0, 0, 3)


def and_pickle() -> bytes:
    """A model whose root is an opcode (SHORT_BINUNICODE): it passes over the mark, to a call."""
    body, root = model(), 0x8C + (6 << 8) + (1 << 16)
    (old,) = struct.unpack("<I", body[:4])
    pad = root - old - 8
    return struct.pack("<I", root) + b"TFL3" + (CALL + b".").ljust(pad, b"\0") + body[8:]


def described(data: bytes, members: dict[str, bytes]) -> bytes:
    """The model with an archive behind it, as writers of metadata put it there."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def models() -> Samples:
    good = model()
    shape = good.index(struct.pack("<3i", 2, 2, 3))
    again = model(tensor={4: {2: b"\0\0\x80?", 3: b"", 4: (1, 1), 5: {0: b"ab"}}})
    options = {3: (17, 1), 4: {0: [3, 2]}}
    bad = {
        "version": model(more={0: (2, 4)}),
        "no-graph": model(more={2: []}),
        "no-operation": model(operator={0: (7, 4)}),
        "no-tensor": model(operator={1: [0, 9]}),
        "negative-tensor": model(operator={1: [0, -2]}),
        "no-result": model(graph={2: [5]}),
        "no-buffer": model(tensor={2: (9, 4)}),
        "short": model(data=bytes(20)),
        "long": model(data=bytes(28)),
        "large-shape": model(tensor={0: [2**31 - 1] * 8}),
        "metadata": model(more={6: [{0: "m", 1: (9, 4)}]}),
        "signature": model(more={7: [{2: "s", 4: (9, 4)}]}),
        "endless-vector": good[:shape] + b"\xff\xff\xff\x7f" + good[shape + 4 :],
        "buffer-outside": model(more={4: [{}, {1: (10**6, 8), 2: (24, 8)}]}),
        "root-outside": b"\xf0\xff\0\0" + good[4:],
        "root-is-none": b"\x02\0\0\0" + good[4:],
        "options": model(operator=options).replace(struct.pack("<3i", 2, 3, 2), b"\xff" * 12),
        "padding": good[:-2],
    }
    found: Samples = {f"tflite-{name}.tflite": ("broken", data) for name, data in bad.items()}
    flex = {1: [{0: (32, 1), 1: "FlexWriteFile", 3: (32, 4)}]}
    texts = {"labels.txt": b"cat\ndog\n"}
    return found | {
        "tflite-good.tflite": ("ok", good),
        "tflite-quantized.tflite": ("ok", again),
        "tflite-options.tflite": ("ok", model(operator=options)),
        "tflite-optional.tflite": ("ok", model(operator={1: [0, -1]})),
        "tflite-apart.tflite": ("ok", apart(bytes(24))),
        "tflite-named.bin": ("ok", good),
        "tflite-named.pt": ("broken", good),
        "tflite-flex.tflite": ("unsafe", model(more=flex)),
        "tflite-flex-good.tflite": ("ok", model(more={1: [{1: "FlexErf"}]})),
        "tflite-longer.tflite": ("broken", good + b"more" * 40),
        "tflite-described.tflite": ("ok", described(good, texts)),
        "tflite-described-cut.tflite": ("broken", described(good, texts)[:-22]),
        "tflite-described-unsafe.tflite": ("unsafe", described(good, {"x": pickled(CALL)})),
        "tflite-lost.tflite": ("ok", lost()),
        "tflite-lost-short.tflite": ("broken", lost(extent=12)),
        "tflite-two.tflite": ("unsafe", good + torch_zip()),
        "tflite-and-more.tflite": ("broken", described(good + b"x" * 100, texts)),
        "tflite-and-pickle.tflite": ("unsafe", and_pickle()),
    }  # fmt: skip
