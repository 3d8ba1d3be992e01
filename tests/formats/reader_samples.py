"""Files that two readers read differently: each holds a call that only one of them sees.

joblib passes over bytes that pickle takes for opcodes; zips have their directory found in two ways;
a safetensors file and a tar archive begin with bytes that may be opcodes. All were seen to run
something in the libraries themselves, with the harmless call that stands in them.
"""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile

from tests.formats.assemble import CALL, named, pickled, text
from tests.formats.pickle_samples import from_bytes

Samples = dict[str, tuple[str, bytes]]

_STOP = b"."
_PLAIN = b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
_WRAPPER = named("joblib.numpy_pickle", "NumpyArrayWrapper")
_PADDED = text("numpy_array_alignment_bytes")
#: Passed over, it leaves the stack as it was; followed, it calls something.
_HIDDEN = b"0" + CALL + _STOP


def readers() -> Samples:
    """Verdict and content by the name of the file."""
    return _first_opcodes() | _arrays_of_joblib() | _handed_on() | _zips() | _two_in_one()


def _first_opcodes() -> Samples:
    """Every opcode with which a pickle can begin, and which is taken from the stack again."""
    begins = (
        b"\x8f", b"\x8d\x01\0\0\0\0\0\0\0a", b"\x8e\x01\0\0\0\0\0\0\0a", b"\x8b\x01\0\0\0\x01",
        b"\x96\x01\0\0\0\0\0\0\0a", b"M\x01\0", b"J\1\0\0\0", b"F1\n", b"Va\n", b"Pa\n", b"\x97",
        b"\x83\1\0", b"\x84\1\0\0\0",
    )  # fmt: skip
    return {
        f"first-{number}{suffix}": ("unsafe", begin + b"0" + CALL + _STOP)
        for number, begin in enumerate(begins)
        for suffix in ("", ".bin")
    } | {"first-behind.pkl": ("unsafe", pickled(b"N") + b"\x8f0" + CALL + _STOP)}


def _dtype(code: str, state: bytes) -> bytes:
    return named("numpy", "dtype") + b"(" + text(code) + b"\x89\x88tR(" + state + b"tb"


_BYTES = _dtype("u1", b"K\x03" + text("|") + _PLAIN + b"K\x00")
_MARKED = _dtype("u1", b"K\x03" + text("|") + _PLAIN + b"K\x01")
_UNMARKED = _dtype("O8", b"K\x03" + text("|") + _PLAIN + b"K\x00")
_RECORD = _dtype(
    "V8",
    b"K\x03" + text("|") + b"N" + text("a") + b"\x85}" + text("a")
    + _dtype("O8", b"K\x03" + text("|") + _PLAIN + b"K\x3f") + b"K\x00\x86sK\x08K\x01K\x1b",
)  # fmt: skip


def _array(
    dtype: bytes, count: int, behind: bytes, more: bytes = b"", made: bytes = _WRAPPER + b")\x81"
) -> bytes:
    """A file of joblib with one array of so many elements; `more` are entries of its state."""
    shape = b"K" + bytes((count,)) + b"\x85"
    state = b"}(" + text("shape") + shape + text("dtype") + dtype + more + b"u"
    return b"\x80\x03" + made + state + b"b" + behind


def _arrays_of_joblib() -> Samples:
    hidden = len(_HIDDEN)
    many = b"".join(text(f"k{number}") + b"N" for number in range(120))
    as_made = named("builtins", "str") + b"(" + text("shape") + b"tR"
    through = named("copy_reg", "_reconstructor") + b"(" + _WRAPPER + named("builtins", "object")
    pairs = named("builtins", "dict") + b"(](" + text("shape") + b"K\x02\x85\x86e"
    return {
        # What pickle itself follows, where joblib passes over it.
        "followed.pkl": ("unsafe", _array(_BYTES, hidden, _HIDDEN + _STOP)),
        "followed-padding.pkl": (
            "broken", _array(_BYTES, hidden, b"0" * 0x31 + _HIDDEN + _STOP, _PADDED + b"K\x10"),
        ),
        # Places where joblib goes on, and a follower of its arrays might not.
        "no-padding.joblib": ("unsafe", _array(_BYTES, 2, b"N." + _HIDDEN, _PADDED + b"N")),
        "many-keys.joblib": (
            "unknown", _array(_BYTES, 40, b"N." + _HIDDEN, many + text("shape") + b"K\x02\x85"),
        ),
        "made-key.joblib": ("unknown", _array(_BYTES, 40, b"N." + _HIDDEN, as_made + b"K\x02\x85")),
        "made-state.joblib": (
            "unknown", b"\x80\x03" + _WRAPPER + b")\x81" + pairs + b"tRbN." + _HIDDEN,
        ),
        "set-twice.joblib": (
            "unsafe", _array(_BYTES, 2, b"N.}" + text("shape") + b"K\x02\x85sb" + _HIDDEN),
        ),
        "reconstructed.joblib": (
            "unknown", _array(_BYTES, 2, b"N." + _HIDDEN, made=through + b"NtR"),
        ),
        # Types of numbers that say of themselves that they are objects, and the other way round.
        "marked.joblib": ("unsafe", _array(_MARKED, 60, pickled(CALL) + b"." * 60)),
        "unmarked.joblib": ("broken", _array(_UNMARKED, 2, pickled(b"N") + b"." * 60)),
        "records.joblib": ("unsafe", _array(_RECORD, 20, pickled(CALL) + b"." * 160)),
        "records-of-text.joblib": ("ok", _array(_RECORD, 20, pickled(text("a")) + _STOP)),
    }  # fmt: skip


def _handed_on() -> Samples:
    """Functions that are judged by what they are called with, handed to one that calls them."""
    tensor, inner = named("torch", "Tensor"), pickled(CALL)
    calls = named("torch._tensor", "_rebuild_from_type_v2") + b"(h\x00" + tensor
    whole = from_bytes(pickled(b"N"))[2:-1].replace(b"(B", b"q\x00(B", 1)
    packed = b"(B" + struct.pack("<I", len(inner)) + inner + b"t"
    get = named("builtins", "getattr") + b"q\x00(" + tensor + text("T") + b"tR"
    return {
        "bytes-handed-on.pkl": ("unsafe", pickled(whole + b"0" + calls + packed + b"}tR")),
        "getattr-handed-on.pkl": (
            "unsafe", pickled(get + b"0" + calls + b"(" + tensor + text("a") + b"t}tR"),
        ),
        "copied.pkl": ("unsafe", pickled(get.replace(b"q\x00", b"2", 1) + b"0")),
    }  # fmt: skip


def _npy(descr: str, body: bytes) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}\n".encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + body


def _zip(name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> tuple[bytes, int, int]:
    """A zip of one member; where its directory begins, and the record at the end."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo(name), content, method)
    data = out.getvalue()
    return data, data.index(b"PK\1\2"), data.rindex(b"PK\5\6")


def _zips() -> Samples:
    objects = _npy("'|O'", pickled(CALL))
    inner, directory, end = _zip("x.npy", objects)
    numbers = _npy(f"'|V{directory}'", inner[:directory])
    outer, first, last = _zip("a.npy", numbers)
    hidden = bytearray(inner[directory:end])
    hidden[42:46] = struct.pack("<I", outer.index(inner[:directory]))
    # A second record in the comment of the first one, with a comment that is too long.
    comment = (
        hidden + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 1, 1, len(hidden), len(outer), 0xFFFF)
    )
    in_comment = outer[:-2] + struct.pack("<H", len(comment)) + comment
    # Two records of a zip64: where the locator says, and right before it.
    record = "<4sQ2H2L4Q"
    there = struct.pack(record, b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, last - first, first)
    place = last + len(there)
    before = struct.pack(record, b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(hidden), place)
    ends = (
        struct.pack("<4sLQL", b"PK\6\7", 0, last, 1)
        + b"PK\5\6"
        + struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    )
    return {
        "two-ends.npz": ("broken", bytes(in_comment)),
        "two-zip64-ends.npz": ("broken", bytes(outer[:last] + there + hidden + before + ends)),
        "word.npz": ("unsafe", _zip("a.npy", _npy("'object'", pickled(CALL)), 8)[0]),
        "words.npz": ("unsafe", _zip("a.npy", _npy("'i4,object'", pickled(CALL)), 8)[0]),
        "letter.npz": ("unsafe", _zip("a.npy", objects, 8)[0]),
    }


def _two_in_one() -> Samples:
    """Whole files of another format that pickle follows from their first byte on."""
    info = tarfile.TarInfo("x")
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    header[: len(CALL) + 1] = CALL + _STOP
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    found = {"name.pkl": ("unsafe", bytes(header) + bytes(1024))}
    for suffix in (".bin", ".pt", ".safetensors"):
        found[f"two{suffix}"] = ("unsafe", safetensors_and_pickle())
    return found


def safetensors_and_pickle() -> bytes:
    """A sound safetensors file whose length is an opcode (X), and whose names are others: each
    passes over the next ones (U), until the tensor is reached, which is a call."""
    tensor = (CALL + _STOP).ljust(64, b"\0")
    tail = b'":' + json.dumps({"dtype": "U8", "shape": [64], "data_offsets": [0, 64]}).encode()
    length = ord("X") + (5 << 8)
    name, to_pass = b"", length - 2
    while to_pass > 0:
        step = min(0x7E, to_pass - 2)
        step -= 0x40 if 0 < to_pass - 2 - step < 0x24 else 0
        name += b"U" + bytes((step,)) + b"." * step
        to_pass -= 2 + step
    header = b'{"' + name[: length - 2 - len(tail) - 1] + tail + b"}"
    return struct.pack("<Q", length) + header + tensor
