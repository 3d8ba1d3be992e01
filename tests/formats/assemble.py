"""Pickles, zips and messages put together byte by byte, for samples that are never loaded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from pmgit.formats.caps import Caps

if TYPE_CHECKING:
    from pmgit.formats.opinion import Opinion
    from pmgit.formats.reader import Reader


def fresh_caps(**given: int) -> Caps:
    """Caps for a content in which no other one may be found."""

    def no_inside(_reader: Reader, name: str, _caps: Caps) -> Opinion:
        raise AssertionError(name)

    return Caps(no_inside, **given)


def text(value: str) -> bytes:
    """BINUNICODE."""
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def named(module: str, name: str, protocol: int = 2) -> bytes:
    """The opcodes that put a global on the stack."""
    if protocol >= 4:
        return text(module) + text(name) + b"\x93"
    return f"c{module}\n{name}\n".encode()


def pickled(body: bytes, protocol: int = 2) -> bytes:
    """A whole pickle."""
    return (b"\x80" + bytes((protocol,)) if protocol >= 2 else b"") + body + b"."


def call(module: str, name: str, *args: str, protocol: int = 2) -> bytes:
    """The opcodes that call a global with texts, which never happens here."""
    return named(module, name, protocol) + b"(" + b"".join(map(text, args)) + b"tR"


#: What every sample that is to be refused would call.
CALL = call("os", "system", "echo pmgit")
#: The smallest payload of protocol 0, as the classics have it.
CLASSIC = b"cos\nsystem\n(S'echo pmgit'\ntR."


def torch_zip(
    data: bytes | None = None,
    *,
    storage: bytes = bytes(24),
    compress: bool = False,
    more: dict[str, bytes] | None = None,
) -> bytes:
    """An archive of torch with one tensor; `data` is its pickle, `more` are other members."""
    members = {
        "archive/data.pkl": state_dict() if data is None else data,
        "archive/byteorder": b"little",
        "archive/data/0": storage,
        "archive/version": b"3\n",
    }
    members |= {f"archive/{name}": content for name, content in (more or {}).items()}
    return zipped(members, compress=compress)


def zipped(members: dict[str, bytes], *, compress: bool = False) -> bytes:
    """A zip with these members, the same for the same ones."""
    out = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            # At level 1 zeros take a third of the time.
            archive.writestr(zipfile.ZipInfo(name), content, how, 1)
    return out.getvalue()


def storage_id(key: str = "0", count: int = 6, kind: str = "FloatStorage") -> bytes:
    """The opcodes for a storage of torch: its id, and BINPERSID."""
    parts = text("storage") + named("torch", kind) + text(key) + text("cpu")
    return b"(" + parts + b"K" + bytes((count,)) + b"tQ"


def tensor(identity: bytes | None = None) -> bytes:
    """The opcodes for a tensor of two rows and three columns."""
    shape = b"K\x02K\x03\x86K\x03K\x01\x86\x89"
    hooks = named("collections", "OrderedDict") + b")R"
    return (
        named("torch._utils", "_rebuild_tensor_v2")
        + b"("
        + (identity or storage_id())
        + b"K\x00"
        + shape
        + hooks
        + b"tR"
    )


def state_dict(identity: bytes | None = None, *, more: bytes = b"") -> bytes:
    """The pickle of a state dict with one tensor; `more` goes into the dictionary."""
    begin = named("collections", "OrderedDict") + b")R("
    return pickled(begin + text("weight") + tensor(identity) + more + b"u")


MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."


def legacy(data: bytes | None = None, *, storage: bytes = bytes(24)) -> bytes:
    """A checkpoint of before torch 1.6: five pickles, then the storages."""
    version = pickled(b"M\xe9\x03")
    system = pickled(b"}(" + text("little_endian") + b"\x88u")
    keys = pickled(b"](" + text("0") + b"e")
    identity = (
        b"(" + text("storage") + named("torch", "FloatStorage") + text("0") + text("cpu")
        + b"K\x06NtQ"
    )  # fmt: skip
    body = state_dict(identity) if data is None else data
    count = (len(storage) // 4).to_bytes(8, "little")
    return MAGIC + version + system + body + keys + count + storage


# --- other formats


def npy(header: str, body: bytes = b"", version: int = 1) -> bytes:
    """An array of numpy with this header."""
    raw = header.encode("latin-1") + b"\n"
    width = 2 if version == 1 else 4
    return b"\x93NUMPY" + bytes((version, 0)) + len(raw).to_bytes(width, "little") + raw + body


def array(descr: str = "'<f4'", shape: str = "(2, 3)", body: bytes = bytes(24)) -> bytes:
    """An array with this type and shape."""
    return npy(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}", body)


def field(number: int, value: bytes | int) -> bytes:
    """A field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    out = b""
    while value >= 128:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


def onnx(tensor: bytes = b"", *, graph: bytes = b"", more: bytes = b"") -> bytes:
    """A model of ONNX with one initializer."""
    node = field(1, b"x") + field(1, b"w") + field(2, b"y") + field(4, b"MatMul")
    body = field(1, node) + field(2, b"g") + (field(5, tensor) if tensor else b"") + graph
    body += b"".join(field(11, field(1, name)) for name in (b"x", b"w")) + field(12, field(1, b"y"))
    return field(1, 8) + field(2, b"pmgit") + field(7, body) + field(8, field(2, 17)) + more


def initializer(*entries: tuple[str, str], inside: bytes = b"") -> bytes:
    """A tensor of ONNX, with its numbers inside or by these entries outside."""
    outside = b"".join(field(13, field(1, k.encode()) + field(2, v.encode())) for k, v in entries)
    return (
        field(1, 2)
        + field(2, 1)
        + field(8, b"w")
        + (field(9, inside) if inside else outside + field(14, 1))
    )


def gguf(
    pairs: tuple[bytes, ...] = (),
    tensors: tuple[bytes, ...] = (),
    body: bytes = b"",
    *,
    counts: tuple[int, int] | None = None,
    version: int = 3,
    magic: bytes = b"GGUF",
) -> bytes:
    """A GGUF file of these entries and tensors; the numbers begin at a multiple of 32."""
    tensor_count, pair_count = counts or (len(tensors), len(pairs))
    head = magic + struct.pack("<IQQ", version, tensor_count, pair_count)
    head += b"".join(pairs) + b"".join(tensors)
    return head + bytes(-len(head) % 32 if tensors else 0) + body


def gguf_text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def pair(key: bytes, kind: int, value: bytes) -> bytes:
    """An entry of a GGUF file."""
    return gguf_text(key) + struct.pack("<I", kind) + value


def gguf_tensor(
    name: bytes = b"t", shape: tuple[int, ...] = (8,), kind: int = 0, offset: int = 0
) -> bytes:
    """An entry of the list of tensors; kind 0 is F32."""
    sizes = struct.pack(f"<{len(shape)}Q", *shape)
    return (
        gguf_text(name) + struct.pack("<I", len(shape)) + sizes + struct.pack("<IQ", kind, offset)
    )


def bomb(size: int) -> bytes:
    """Zeros that are deflated, a thousand to one: a million of them, again and again."""
    engine = zlib.compressobj(9)
    first, again = (
        engine.compress(bytes(1_000_000)) + engine.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    end = b"\x03\0" + zlib.adler32(bytes(size)).to_bytes(4, "big")
    return first + again * (size // 1_000_000 - 1) + end
