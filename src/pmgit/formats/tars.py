"""Tar archives: their members, judged in place. Torch wrote them before 0.1.10, NeMo does."""

from __future__ import annotations

from pmgit.formats.members import wrong_name
from pmgit.formats.names import TAR, TORCH_TAR
from pmgit.formats.opinion import BROKEN, UNSAFE, BrokenError, FileFinding, Opinion, opinion, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_BLOCK = 512
_REGULAR, _FOLDER, _LINKS = b"0\x007", b"5", b"12"
#: The next member's name or the place that its link leads to, of GNU tar; its fields, of pax.
_LONG_NAME, _LONG_LINK, _PAX = b"L", b"K", (b"x", b"g")
_LONGEST_NAME = 1 << 16


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is a tar archive: by its mark, or by the sum of its first header."""
    block = head[:_BLOCK]
    return len(block) == _BLOCK and bool(block.strip(b"\0")) and _sum_is_right(block)


def _sum_is_right(block: bytes) -> bool:
    try:
        given = int(block[148:156].strip(b" \0") or b"-", 8)
    except ValueError:
        return False
    return given == sum(block[:148]) + sum(block[156:]) + 8 * 32


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge each member, and the archive itself."""
    findings: list[FileFinding] = []
    names: set[str] = set()
    at, long_name = 0, ""
    while True:
        block = reader.read(at, _BLOCK)
        if len(block) < _BLOCK:
            findings.append(FileFinding(BROKEN, "it ends without its end", offset=reader.size))
            break
        if not block.strip(b"\0"):
            if reader.size % _BLOCK or len(reader.read(at, 2 * _BLOCK)) < 2 * _BLOCK:
                findings.append(FileFinding(BROKEN, "it ends in its end", offset=at))
            break
        if not _sum_is_right(block):
            findings.append(FileFinding(BROKEN, "a header whose sum is wrong", offset=at))
            break
        caps.members(1)
        size, kind = _size(block[124:136]), block[156:157]
        begin, at = at + _BLOCK, at + _BLOCK + -(-size // _BLOCK) * _BLOCK
        if begin + size > reader.size:
            findings.append(FileFinding(BROKEN, "it ends in a member", offset=reader.size))
            break
        if kind in (_LONG_NAME, _LONG_LINK, *_PAX):
            caps.reading(size)
            text = reader.read(begin, min(size, _LONGEST_NAME))
            if kind != _LONG_LINK:
                long_name = _long_name(text, kind) or long_name
            continue
        name = long_name or _name(block)
        long_name = ""
        names.add(name.rstrip("/").rpartition("/")[2])
        findings += _of_member(block, name, reader.part(begin, size), caps)
    kind_of_all = TORCH_TAR if {"pickle", "storages", "tensors"} <= names else TAR
    return opinion(kind_of_all, findings)


def _of_member(block: bytes, name: str, content: Reader, caps: Caps) -> list[FileFinding]:
    """What is wrong with one member."""
    where, kind = short(name), block[156:157]
    wrong = wrong_name(name)
    found = [FileFinding(UNSAFE, wrong, where=where)] if wrong else []
    if kind in _LINKS:
        target = block[157:257].split(b"\0")[0].decode("utf-8", "backslashreplace")
        way = wrong_name(target)
        if way:
            found.append(
                FileFinding(UNSAFE, f"a link that leads out: {way}", short(target), where=where)
            )
    elif kind in _FOLDER:
        pass
    elif kind not in _REGULAR:
        found.append(FileFinding(UNSAFE, "neither a file nor a folder", where=where))
    elif content.size:
        inside = caps.inside(content, name)
        found += [one.within(where) for one in inside.findings]
    return found


def _size(field: bytes) -> int:
    """A number of a header: octal digits, or bytes when the first bit is set."""
    if field[0] & 0x80:
        return int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        raise BrokenError("a size that is no number") from None


def _name(block: bytes) -> str:
    name = block[:100].split(b"\0")[0]
    if block[257:263] == b"ustar\0" and block[345:500].strip(b"\0"):
        name = block[345:500].split(b"\0")[0] + b"/" + name
    return name.decode("utf-8", "backslashreplace")


def _long_name(text: bytes, kind: bytes) -> str:
    if kind == _LONG_NAME:
        return text.split(b"\0")[0].decode("utf-8", "backslashreplace")
    for line in text.split(b"\n"):
        key, is_path, value = line.partition(b" path=")
        if is_path and key.isdigit():
            return value.decode("utf-8", "backslashreplace")
    return ""
