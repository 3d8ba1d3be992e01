"""Git LFS pointers: the text of under 1024 bytes that stands for a blob.

After the git-lfs specification (docs/spec.md) and what its reader really takes (lfs/pointer.go):
it trims white space around the text, accepts CRLF and blank lines, but such a pointer is not
canonical, and git-lfs itself calls it broken (`git lfs fsck --pointers`). There is exactly one
right encoding. That of an empty file is the empty file.
"""

from __future__ import annotations

VERSION = "https://git-lfs.github.com/spec/v1"
#: Read by git-lfs, never written: the format's names before 2014.
OLD_VERSIONS = (
    "https://hawser.github.com/spec/v1",
    "http://git-media.io/v/2",
)
MAX_BYTES = 1024
#: No text in which Git could not merge two pointers is longer: three of them, some ancestors, and
#: marks with the subjects of commits.
MAX_CONFLICT = 8192

#: The fault of a pointer that a merge has left with the lines of two branches.
UNMERGED = "conflict markers of a merge"
#: Faults for which git-lfs does not take a text for a pointer (tried with 3.3).
_MARK, _UTF_16 = "a byte order mark", "UTF-16 instead of UTF-8"
NOT_BY_LFS = frozenset({_MARK, _UTF_16})

_HEX = frozenset("0123456789abcdef")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_BEGIN = b"version " + VERSION.encode() + b"\n"
_START, _MIDDLE = _BEGIN + b"oid sha256:", b"\nsize "
_OID_AT = len(_START)
_OID_END = _OID_AT + 64
_SIZE_AT = _OID_END + len(_MIDDLE)
_HEX_BYTES = b"0123456789abcdef"
_NAME = b"version https://git-lfs"
_OPENINGS = (_NAME, b"version https://hawser", b"version http://git-media")


class Pointer:
    """A pointer that can be read, by git-lfs or at least by us.

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
    """A text that was meant to be a pointer and cannot be read as one; `fault` says why."""

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
    plain = _plain(data)
    if plain:
        return plain
    if data.startswith(_BEGIN) and len(data) < MAX_BYTES:
        found = _parse(data)
        if isinstance(found, Pointer):
            found.fault = "" if found.text == data else _difference(found, data)
            return found
    stripped, fault = _unwrap(data)
    opens = stripped.startswith(_OPENINGS)
    if b"\n>>>>>>> " in stripped and b"\n<<<<<<< " in b"\n" + stripped and _NAME in stripped:
        return Broken(UNMERGED)
    if not opens and not (expected and _NAME in stripped[:200]):
        return None
    if len(data) >= MAX_BYTES and not fault:
        return Broken(f"{len(data)} bytes, a pointer has under {MAX_BYTES}")
    found = _parse(stripped)
    if isinstance(found, Pointer):
        found.fault = fault or _difference(found, data)
    return found


def readable(data: bytes | None, *, expected: bool = False) -> Pointer | None:
    """The pointer in `data` that can be read; None for all else, a broken one too."""
    found = read(data, expected=expected) if data else None
    return found if isinstance(found, Pointer) else None


def at(path: str) -> Pointer | None:
    """The pointer that a file on disk is; None for any other, a link, and where there is none."""
    from pmgit.formats.regular import read_regular

    return readable(read_regular(path, MAX_BYTES))


def encode(oid: str, size: int) -> bytes:
    """The canonical pointer to a content of `size` bytes with this sha256."""
    if not size:
        return b""
    return f"version {VERSION}\noid sha256:{oid}\nsize {size}\n".encode("ascii")


def _difference(pointer: Pointer, data: bytes) -> str:
    """In which way `data`, which nothing is wrapped around, is not the one right encoding."""
    if not pointer.size:
        return "an empty file is its own pointer"
    if not data.startswith(_BEGIN):
        return "an old version line"
    return "lines or numbers in another form"


def _unwrap(data: bytes) -> tuple[bytes, str]:
    """The text without what editors and terminals put around it, and what that was."""
    fault = encoding = ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in data[:2]:
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    if encoding:
        try:
            data, fault = data.decode(encoding).encode("utf-8"), _UTF_16
        except UnicodeError:
            return data, ""
    if data.startswith(b"\xef\xbb\xbf"):
        data, fault = data[3:], fault or _MARK
    if b"\r\n" in data:
        data, fault = data.replace(b"\r\n", b"\n"), fault or "CRLF line ends"
    stripped = data.strip()
    if data != stripped + b"\n":
        fault = fault or "white space around it"
    return stripped + b"\n", fault


def _plain(data: bytes) -> Pointer | None:
    """The pointer in the form that nearly all have, read in a tenth of the time."""
    if not data.startswith(_START) or data[_OID_END:_SIZE_AT] != _MIDDLE:
        return None
    oid, size = data[_OID_AT:_OID_END], data[_SIZE_AT:-1]
    if (
        size.isdigit()
        and len(size) < 19
        and not size.startswith(b"0")
        and not oid.translate(None, _HEX_BYTES)
        and data.endswith(b"\n")
    ):
        return Pointer(oid.decode("ascii"), int(size), data)
    return None


def _parse(data: bytes) -> Pointer | Broken:
    """The pointer in LF-terminated lines; says what is wrong at the first fault."""
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        return Broken("bytes that are not ASCII")
    if lines.pop():
        return Broken("no line end after the last line")
    values: dict[str, str] = {}
    for line in filter(None, lines):
        key, space, value = line.partition(" ")
        if not space:
            return Broken("a line that is not `key value`")
        if key in values:
            return Broken("a key that stands twice")
        if key not in ("version", "oid", "size") and not _is_extension(key):
            return Broken("a key that git-lfs does not know")
        values[key] = value
    if next(iter(values)) != "version" or values["version"] not in (VERSION, *OLD_VERSIONS):
        return Broken("an unknown version")
    oids = {key: _sha256(values.get(key, "")) for key in ("oid", *values) if key[0] in "oe"}
    if not all(oids.values()):
        return Broken("no oid of 64 lower-case hexadecimal digits")
    # One digit each, so the order of the names is the order of the priorities.
    extensions = sorted(key for key in oids if key != "oid")
    if len({key[4] for key in extensions}) != len(extensions):
        return Broken("two extensions of the same priority")
    size = values.get("size", "").removeprefix("+")
    if not (size.isascii() and size.isdigit() and len(size) < 20 and int(size) < 2**63):
        return Broken("no size in bytes")
    if not int(size) and oids["oid"] != _NOTHING:
        return Broken("size 0 with the oid of another content")
    text = encode(oids["oid"], int(size))
    for key in reversed(extensions):
        text = text.replace(b"\n", f"\n{key} {values[key]}\n".encode("ascii"), 1)
    return Pointer(oids["oid"], int(size), text)


def _is_extension(key: str) -> bool:
    """Whether a key is `ext-<digit>-<name>`."""
    words = key.split("-")
    return (
        len(words) == 3
        and words[0] == "ext"
        and len(words[1]) == 1
        and words[1].isdigit()
        and words[2][:1] in _WORD
    )


def _sha256(value: str) -> str:
    """The digits of `sha256:…`; '' when it is not that."""
    kind, _, oid = value.partition(":")
    return oid if kind == "sha256" and len(oid) == 64 and _HEX.issuperset(oid) else ""
