"""Git LFS pointers: the text of under 1024 bytes that stands for a blob.

After the git-lfs specification (docs/spec.md) and what its reader really takes: it trims white
space around the text and accepts CRLF, but such a pointer is not canonical, and git-lfs itself
calls it broken (`git lfs fsck --pointers`). There is exactly one right encoding.
"""

from __future__ import annotations

VERSION = "https://git-lfs.github.com/spec/v1"
#: Read by git-lfs, never written: the format's names before 2014.
OLD_VERSIONS = (
    "https://hawser.github.com/spec/v1",
    "http://git-media.io/v/2",
)
MAX_BYTES = 1024

_HEX = frozenset("0123456789abcdef")
_KEY = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
_BEGIN = b"version " + VERSION.encode() + b"\n"
_PLAIN = _BEGIN + b"oid sha256:%b\nsize %d\n"
_HEX_BYTES = frozenset(b"0123456789abcdef")
_OPENINGS = (b"version https://git-lfs", b"version https://hawser", b"version http://git-media")


class Pointer:
    """A pointer that git-lfs can read.

    `oid` is the sha256 of the content (64 hexadecimal digits), `size` its bytes, `text` the one
    right encoding. `fault` says how the bytes that were read differ from it ('' when canonical).
    """

    __slots__ = ("fault", "oid", "size", "text")

    def __init__(self, oid: str, size: int, text: bytes, fault: str = "") -> None:
        self.oid = oid
        self.size = size
        self.text = text
        self.fault = fault


class Broken:
    """What was meant to be a pointer and cannot be read as one; `fault` says why."""

    __slots__ = ("fault",)

    def __init__(self, fault: str) -> None:
        self.fault = fault


def may_be(head: bytes) -> bool:
    """Whether a small blob is worth a closer look; cheap, and never a false no."""
    return b"git-" in head or b"hawser" in head or b"g\0i\0t\0-" in head


def read(data: bytes, *, expected: bool = False) -> Pointer | Broken | None:
    """The pointer in `data`; None when it is something else altogether.

    A text that merely mentions Git LFS is no pointer. With `expected` (the attributes say lfs,
    or the name says weights) the mention within the first 200 bytes is enough to be a broken one.
    """
    if data.startswith(_BEGIN) and len(data) < MAX_BYTES:
        plain = _plain(data)
        if plain:
            return plain
        found = _parse(data)
        if isinstance(found, Pointer):
            found.fault = "" if found.text == data else "lines, keys or numbers in another form"
            return found
    stripped, fault = _unwrap(data)
    opens = stripped.startswith(_OPENINGS)
    if stripped.startswith(b"<<<<<<< ") and b"\n>>>>>>> " in stripped and b"git-lfs" in stripped:
        return Broken("conflict markers of a merge")
    if not opens and not (expected and b"version https://git-lfs" in stripped[:200]):
        return None
    if len(data) >= MAX_BYTES and not fault:
        return Broken(f"{len(data)} bytes, a pointer has under {MAX_BYTES}")
    found = _parse(stripped)
    if isinstance(found, Pointer):
        found.fault = fault or ("white space" if stripped != data else "an old version line")
    return found


def encode(oid: str, size: int) -> bytes:
    """The canonical pointer to a content of `size` bytes with this sha256."""
    return f"version {VERSION}\noid sha256:{oid}\nsize {size}\n".encode("ascii")


def _unwrap(data: bytes) -> tuple[bytes, str]:
    """The text without what editors and terminals put around it, and what that was."""
    fault = ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[1:2] == b"\0":
        try:
            data, fault = data.decode("utf-16").encode("utf-8"), "UTF-16 instead of UTF-8"
        except UnicodeError:
            return data, ""
    if data.startswith(b"\xef\xbb\xbf"):
        data, fault = data[3:], fault or "a byte order mark"
    if b"\r\n" in data:
        data, fault = data.replace(b"\r\n", b"\n"), fault or "CRLF line ends"
    stripped = data.strip()
    if fault or data != stripped + b"\n":
        fault = fault or "white space around it"
    return stripped + b"\n", fault


def _plain(data: bytes) -> Pointer | None:
    """The pointer in the form that nearly all have, told in a tenth of the time."""
    oid = data[len(_BEGIN) + 11 : len(_BEGIN) + 75]
    size = data[len(_BEGIN) + 81 : -1]
    if size.isdigit() and _HEX_BYTES.issuperset(oid) and len(size) < 19:
        number = int(size)
        text = _PLAIN % (oid, number)
        if text == data:
            return Pointer(oid.decode("ascii"), number, data)
    return None


def _parse(data: bytes) -> Pointer | Broken:
    """The pointer in LF-terminated lines; says what is wrong at the first fault."""
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        return Broken("bytes that are not ASCII")
    if lines.pop():
        return Broken("no line end after the last line")
    pairs = [line.partition(" ") for line in lines]
    if any(not space or not _KEY.issuperset(key) for key, space, _ in pairs):
        return Broken("a line that is not `key value`")
    keys = [key for key, _, _ in pairs]
    values = {key: value for key, _, value in pairs}
    if keys[0] != "version" or values["version"] not in (VERSION, *OLD_VERSIONS):
        return Broken("an unknown version")
    if len(values) != len(keys):
        return Broken("a key that stands twice")
    kind, _, oid = values.get("oid", "").partition(":")
    if kind != "sha256" or len(oid) != 64 or not _HEX.issuperset(oid):
        return Broken("no oid of 64 lower-case hexadecimal digits")
    size = values.get("size", "")
    if not (size.isascii() and size.isdigit() and len(size) < 20 and int(size) < 2**63):
        return Broken("no size in bytes")
    values["version"], values["size"] = VERSION, str(int(size))
    # version first, the rest ascending; keys that are not known are kept.
    ordered = ["version", *sorted(key for key in keys if key != "version")]
    text = "".join(f"{key} {values[key]}\n" for key in ordered)
    return Pointer(oid, int(size), text.encode("ascii"))
