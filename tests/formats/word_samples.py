"""Samples of models of words and labels, fastText, word2vec and CRFsuite; and of Core ML's."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tests.formats.assemble import CALL, pickled, zipped
from tests.formats.container_samples import changed

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_MARK = b"\xba\x16\x4f\x2f"
_FLOATS = struct.pack("<2f", 0.5, -1.5)


def words() -> Samples:
    """Verdict and content by the name of the file."""
    return _fasttext() | _word2vec() | _crfsuite() | _core_ml()


def _arguments(dimensions: int = 2, *, kind: int = 2, buckets: int = 3) -> bytes:
    return struct.pack("<12id", dimensions, 5, 5, 1, 5, 1, 2, kind, buckets, 3, 6, 100, 1e-4)


def _entries(*words: bytes, labels: int = 0) -> bytes:
    """Words with how often they were read; the last ones are labels."""
    kinds = [0] * (len(words) - labels) + [1] * labels
    return b"".join(
        word + b"\0" + struct.pack("<qb", 7, kind) for word, kind in zip(words, kinds, strict=True)
    )


def _matrix(rows: int, dimensions: int = 2) -> bytes:
    return struct.pack("<qq", rows, dimensions) + _FLOATS * rows


def _quantizer(dimensions: int) -> bytes:
    return struct.pack("<4i", dimensions, 1, dimensions, dimensions) + bytes(1024 * dimensions)


def _model(
    version: int = 12, *, words: int = 2, pruned: int = -1, matrix: bytes = b"", more: bytes = b""
) -> bytes:
    """Two words with their vectors, of three buckets."""
    dictionary = struct.pack("<3iqq", words, words, 0, 14, pruned) + _entries(b"cat", b"dog")
    matrices = b"\0" + (matrix or _matrix(5)) + b"\0" + _matrix(2)
    return _MARK + struct.pack("<i", version) + _arguments() + dictionary + matrices + more


def _older(rows: int = 5) -> bytes:
    """The same as fastText wrote it before it had a mark."""
    dictionary = struct.pack("<3iq", 2, 2, 0, 14) + _entries(b"cat", b"dog")
    return _arguments() + dictionary + _matrix(rows) + _matrix(2)


def _quantized(codes: int = 4) -> bytes:
    """A classifier with a label, whose words have been pruned and packed."""
    head = _MARK + struct.pack("<i", 12) + _arguments(1, kind=3, buckets=0)
    dictionary = struct.pack("<3iqq", 3, 2, 1, 14, 1) + _entries(b"a", b"b", b"x", labels=1)
    packed = struct.pack("<?qqi", True, 4, 1, codes) + bytes(4) + _quantizer(1)
    packed += bytes(4) + _quantizer(1)
    outputs = struct.pack("<qq", 1, 1) + bytes(4)
    return head + dictionary + struct.pack("<ii", 0, 0) + b"\1" + packed + b"\0" + outputs


def _fasttext() -> Samples:
    good = _model()
    return {
        "fasttext.bin": ("ok", good),
        "fasttext-12.ftz": ("ok", good),
        "fasttext-11.bin": ("ok", _model(11)),
        "fasttext-quantized.ftz": ("ok", _quantized()),
        "older-fasttext-words.bin": ("ok", _older()),
        "fasttext-version.bin": ("broken", _model(13)),
        "fasttext-count.bin": ("broken", _model(words=3)),
        "fasttext-many.bin": ("broken", _model(words=2_000_000_000)),
        "fasttext-dimensions.bin": ("broken", _model(matrix=_matrix(5, 3))),
        "fasttext-rows.bin": ("broken", _model(matrix=struct.pack("<qq", 1 << 40, 2))),
        "fasttext-negative.bin": ("broken", _model(matrix=struct.pack("<qq", -5, 2))),
        "fasttext-kind.bin": ("broken", changed(good, b"dog\0", 12, b"\x09")),
        "fasttext-behind.bin": ("broken", _model(more=b"more")),
        "fasttext-behind-pickle.bin": ("unsafe", _model(more=pickled(CALL))),
        "fasttext-archive.bin": (
            "unsafe", _model(more=zipped({"data.pkl": pickled(CALL), "version": b"3"})),
        ),
        "fasttext-codes.ftz": ("broken", _quantized(codes=1 << 30)),
        "fasttext-only-mark.bin": ("broken", _MARK + bytes(range(64))),
        "older-fasttext-rows.bin": ("broken", _older(rows=4)),
        # Numbers that nobody trains with are of something else.
        "numbers.bin": ("unknown", struct.pack("<40i", *range(-20, 20))),
    }  # fmt: skip


def _word2vec() -> Samples:
    good = b"2 2\ncat " + _FLOATS + b"dog " + _FLOATS
    lines = b"2 2\ncat " + _FLOATS + b"\ndog " + _FLOATS + b"\n"
    return {
        "word2vec.bin": ("ok", lines),
        "gensim-words.bin": ("ok", good),
        "many-words.bin": ("ok", b"60000 1\n" + b"a \1\2\3\4" * 60_000),
        "no-such-words.bin": ("broken", b"60000 1\n" + b"a \1\2\3\4" * 59_000),
        "three-words.bin": ("broken", b"3" + good[1:]),
        "long-vectors.bin": ("broken", good.replace(b"2 2\n", b"2 9\n")),
        "behind-words.bin": ("broken", good + b"more of it"),
        "pickle-behind-words.bin": ("unsafe", good + pickled(CALL)),
        # A line of two numbers is in other files, too.
        "pixels.dat": ("ok", b"640 480\n" + bytes(range(256)) * 9),
        "pixels.bin": ("unknown", b"640 480\n" + bytes(range(256)) * 9),
    }


def _part(name: bytes, body: bytes = b"") -> bytes:
    return name + struct.pack("<II", 12 + len(body), len(body) // 20) + body


def _crf(parts: tuple[bytes, ...], *, version: int = 100, size: int = 0) -> bytes:
    places = [48]
    for part in parts[:-1]:
        places.append(places[-1] + len(part))
    body = b"".join(parts)
    head = struct.pack("<I4s9I", size or 48 + len(body), b"FOMC", version, 0, 2, 9, *places)
    return b"lCRF" + head + body


def _crfsuite() -> Samples:
    parts = (
        _part(b"FEAT", bytes(40)), _part(b"CQDB", bytes(20)), _part(b"CQDB", bytes(20)),
        _part(b"LFRF", bytes(20)), _part(b"AFRF"),
    )  # fmt: skip
    good = _crf(parts)
    return {
        "crfsuite-words.bin": ("ok", good),
        "crfsuite": ("ok", good),
        "crfsuite.txt": ("ok", b"lCRF is how models of CRFsuite begin.\n"),
        "crfsuite-behind.bin": ("broken", good + b"\0"),
        "crfsuite-version.bin": ("broken", _crf(parts, version=101)),
        "crfsuite-size.bin": ("broken", _crf(parts, size=9999)),
        "crfsuite-order.bin": ("broken", _crf((parts[1], parts[0], *parts[2:]))),
        "crfsuite-part.bin": ("broken", good.replace(b"LFRF", b"XXXX")),
        "crfsuite-features.bin": (
            "broken", good.replace(b"FEAT\x34\0\0\0\2", b"FEAT\x34\0\0\0\3"),
        ),
        "crfsuite-archive.bin": (
            "unsafe", good + zipped({"data.pkl": pickled(CALL), "version": b"3"}),
        ),
    }  # fmt: skip


def _blobs(*sizes: int, count: int = -1) -> bytes:
    """Numbers of a package of Core ML, each behind what is about it."""
    data = struct.pack("<II", len(sizes) if count < 0 else count, 2) + bytes(56)
    for size in sizes:
        data += bytes(-len(data) % 64)
        data += struct.pack("<IIQQ", 0xDEADBEEF, 1, size, len(data) + 64) + bytes(40) + bytes(size)
    return data


def _core_ml() -> Samples:
    data = struct.pack("<IIQQ", 502, 5, 0, 0) + b"\7\0\0\0\0\0\0\0generic" + bytes(20)
    return {
        "a.mlmodelc/coremldata.bin": ("ok", data),
        "a.mlmodelc/analytics/coremldata.bin": ("ok", data),
        "a.mlmodelc/weights/weight.bin": ("ok", data),
        "a.mlmodelc/other.bin": ("unknown", data),
        "a.mlmodelc/x/coremldata.bin": ("unsafe", pickled(CALL)),
        "elsewhere/coremldata.bin": ("unknown", data),
        "a.mlpackage/blobs-words.bin": ("ok", _blobs(20, 64, 6)),
        "blobs-count.bin": ("broken", _blobs(20, 64, count=3)),
        "blobs-fewer.bin": ("broken", _blobs(20, 64, count=1)),
        "blobs-many.bin": ("broken", _blobs(20, count=1 << 31)),
        "blobs-size.bin": (
            "broken",
            changed(_blobs(20, 64), b"\xef\xbe\xad\xde", 8, b"\xff" * 8),
        ),
        "blobs-place.bin": ("broken", changed(_blobs(20), b"\xef\xbe\xad\xde", 16, b"\xc0")),
        "blobs-behind.bin": ("broken", _blobs(20) + b"more"),
        "cut.mlpackage/Data/com.apple.CoreML/weights/weight.bin": (
            "broken",
            _blobs(20, 64)[:-1],
        ),
    }
