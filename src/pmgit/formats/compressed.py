"""Compressed files: what comes out of gzip, zlib, bzip2, xz, lzma, lz4 or zstd is judged, within
caps."""

from __future__ import annotations

from pmgit.formats import lz4_frame, zstd_frame
from pmgit.formats.caps import RATIO
from pmgit.formats.opinion import (
    UNKNOWN,
    BrokenError,
    FileFinding,
    Opinion,
    TooMuchError,
    opinion,
)  # fmt: skip
from pmgit.formats.reader import BytesReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_BEGINS = {
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00\x00": "lzma",
    lz4_frame.MAGIC: "lz4",
    b"\x02\x21\x4c\x18": "old lz4",
}
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
#: What is unpacked at once, and what the ratio does not count for: an array of zeros packs well.
_PORTION, _SMALL = 1 << 18, 16_000_000
#: Steps for a block, with which something may come out or nothing.
_BLOCK = 10
#: bzip2 takes so many times as long as the others for what comes out.
_SLOW = 8
_OPENED = ("gzip", "bzip2", "xz", "lzma", "zlib", "lz4", "zstd")


#: joblib before 0.9.4: these, the length in hexadecimal digits up to this place, zlib.
_OLD_JOBLIB, _OLD_JOBLIB_HEADER = b"ZF0x", 21


def _kind(head: bytes) -> str:
    if head.startswith(_ZLIB):
        return "zlib"
    if head.startswith(b"BZh") and not (head[3:4].isdigit() and head[4:10] == b"1AY&SY"):
        return ""
    if zstd_frame.begins(head):
        return "zstd"
    return next((kind for begin, kind in _BEGINS.items() if head.startswith(begin)), "")


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is compressed, as one whole."""
    kind = _kind(head)
    if kind == "zlib":
        # Two bytes prove little: the first block has to come out.
        return _starts(reader, kind)
    return bool(kind) or head.startswith(_OLD_JOBLIB)


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge what comes out."""
    kind, content = content_of(reader, caps)
    if content is None:
        text = f"packed with {kind}, which pmgit does not open"
        if kind == "zstd":
            text = "packed with zstd, which this Python opens after: pip install zstandard"
        return opinion(kind, [FileFinding(UNKNOWN, text)])
    inside = caps.inside(BytesReader(content), "")
    findings = [one.within(kind) for one in inside.findings]
    return opinion(f"{inside.kind} in {kind}", findings)


def content_of(reader: Reader, caps: Caps) -> tuple[str, bytes | None]:
    """How a file is packed, and all that comes out; None where pmgit does not open it."""
    head = reader.read(0, 4096)
    kind = _kind(head)
    if head.startswith(_OLD_JOBLIB):
        begin = head.find(b"x", _OLD_JOBLIB_HEADER - 1, _OLD_JOBLIB_HEADER + 2)
        kind, reader = "zlib", reader.part(max(begin, 0), reader.size)
    if kind not in _OPENED or (kind == "zstd" and not zstd_frame.is_there()):
        return kind, None
    return kind, lz4_frame.unpack(reader, caps) if kind == "lz4" else unpack(reader, kind, caps)


def unpack(reader: Reader, kind: str, caps: Caps) -> bytes:
    """All that comes out. BrokenError when it does not come out whole, TooMuchError when there is
    too much of it."""
    out = bytearray()
    begin = 0
    while True:
        engine = _engine(kind)
        begin = _one(reader, begin, engine, out, caps)
        # gzip, bzip2, xz and zstd may be written one behind the other, with zeros between them.
        while (head := reader.read(begin, 4096)) and not head.strip(b"\0"):
            begin += len(head)
        if begin >= reader.size:
            return bytes(out)
        if _kind(head.lstrip(b"\0")) != kind:
            raise BrokenError(f"{reader.size - begin:,} bytes behind its end", begin)
        begin += len(head) - len(head.lstrip(b"\0"))


def inflate(reader: Reader, caps: Caps) -> bytes:
    """All that comes out of a member of a zip, which is deflated without a header."""
    out = bytearray()
    _one(reader, 0, _engine("deflate"), out, caps)
    return bytes(out)


def inflated_head(reader: Reader, length: int) -> bytes:
    """The first bytes that come out of a deflated member; as many as can be had."""
    import zlib

    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(reader.read(0, length), length)
    except zlib.error:
        return b""


def _starts(reader: Reader, kind: str) -> bool:
    try:
        return bool(_engine(kind).decompress(reader.read(0, 4096), 64))
    except Exception:  # noqa: BLE001 - each library has errors of its own
        return False


def _engine(kind: str) -> Any:
    if kind == "zstd":
        return zstd_frame.Frame()
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor()
    if kind in ("xz", "lzma"):
        import lzma

        form = lzma.FORMAT_XZ if kind == "xz" else lzma.FORMAT_ALONE
        return lzma.LZMADecompressor(form, memlimit=100_000_000)
    import zlib

    bits = {"gzip": 31, "zlib": 15, "deflate": -15}[kind]
    return zlib.decompressobj(bits)


def _one(reader: Reader, begin: int, engine: Any, out: bytearray, caps: Caps) -> int:
    """Unpack one stream that begins at a place into `out`; the place behind it."""
    at, before = begin, len(out)
    weight = _SLOW if type(engine).__name__ == "BZ2Decompressor" else 1
    data, done = b"", 0
    while not engine.eof:
        # zlib hands back what it did not get to; the others keep it, and want no more until then.
        data = getattr(engine, "unconsumed_tail", b"")
        if not data and getattr(engine, "needs_input", True):
            data = reader.read(at, _PORTION)
            at += len(data)
            if not data:
                raise BrokenError("it ends before all is unpacked", reader.size)
            caps.reading(len(data))
        try:
            piece = engine.decompress(data, _PORTION)
        except MemoryError:
            raise TooMuchError("packed with a window that is too large") from None
        except Exception as error:  # noqa: BLE001 - each library has errors of its own
            text = str(error)
            if "memory" in text.lower():
                raise TooMuchError("packed with a window that is too large") from None
            raise BrokenError(f"it cannot be unpacked: {text}", at) from None
        blocks = getattr(engine, "blocks", 0)
        caps.step(_BLOCK * (blocks - done))
        done = blocks
        caps.inflating(len(piece) * weight)
        out += piece
        come = len(out) - before
        if come > _SMALL and come > RATIO * (at - begin):
            raise TooMuchError(f"it unpacks to more than {RATIO} times its size")
    return at - len(engine.unused_data)
