"""The directory of a zip, read as strictly as the readers of models disagree about it.

Python's zipfile goes by the directory at the end; torch and others also read the header before
each member. Where the two differ, one reader sees what the other does not.
"""

from __future__ import annotations

import struct

from pmgit.formats.fields import Fields
from pmgit.formats.members import wrong_name
from pmgit.formats.opinion import BROKEN, UNSAFE, BrokenError, FileFinding, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 0xFFFF
_MOST_DIRECTORY = 16_000_000
_UNICODE_NAME = 0x7075
_CONTROLS = frozenset(range(32)) - {9, 10, 13}
_ENCRYPTED, _SIZES_BEHIND = 1, 8
#: An archive behind another file begins within so many bytes, as its words are aligned.
_ALIGNMENT = 64
#: Behind a member its sum and its lengths may stand again; padding is not longer.
_DESCRIPTOR, _LONGEST_GAP = 24, 1 << 16
#: A name of so few bytes is shown as it is.
_PLAIN_NAME = 100
_SYMLINK, _FILE_TYPE = 0o120000, 0o170000


class Member(Fields):
    """A member: its name, how it is packed, and where its `packed` bytes begin. `crc` is its
    checksum; None where the writer wrote none."""

    __slots__ = ("begin", "crc", "header", "method", "name", "packed", "size")

    def __init__(
        self,
        *,
        name: str,
        method: int,
        crc: int | None,
        packed: int,
        size: int,
        header: int,
        begin: int,
    ) -> None:
        self.name = name
        self.method = method
        self.crc = crc
        self.packed = packed
        self.size = size
        self.header = header
        self.begin = begin

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


def read_directory(
    reader: Reader, caps: Caps, before_it: int = 0
) -> tuple[list[Member], list[FileFinding]]:
    """The members of a zip in their order, and what is wrong with how they are listed.

    So many bytes `before_it` are another file's, which ends where the archive begins.
    BrokenError when there is no directory, or it cannot be read.
    """
    end, findings = _end(reader)
    count, length, offset, before = _place(reader, end)
    caps.members(count)
    if length > _MOST_DIRECTORY:
        raise BrokenError(f"its directory of {length:,} bytes is too long")
    shift = before - length - offset
    if shift < 0:
        raise BrokenError("its directory is not where it says", end)
    caps.reading(length)
    data = reader.read(offset + shift, length)
    members: list[Member] = []
    at = 0
    while at < length:
        if len(data) - at < _ENTRY.size or data[at : at + 4] != b"PK\x01\x02":
            raise BrokenError("an entry of its directory is none", offset + shift + at)
        fields = _ENTRY.unpack_from(data, at)
        name_length, extra_length, comment_length = fields[10:13]
        begin = at + _ENTRY.size
        raw = data[begin : begin + name_length]
        extra = data[begin + name_length : begin + name_length + extra_length]
        at = begin + name_length + extra_length + comment_length
        member, wrong = _member(reader, fields, raw, extra, shift)
        members.append(member)
        findings += wrong
    if len(members) != count:
        text = f"its directory has {len(members):,} members, and says {count:,}"
        findings.append(FileFinding(BROKEN, text, offset=end))
    findings += _of_places(members, offset + shift, reader, caps)
    # Writers that append count from the begin of the file, the others from that of the archive.
    first = min((member.header for member in members), default=offset + shift)
    if first > before_it + _ALIGNMENT * bool(before_it):
        text = f"{first - before_it:,} bytes before the archive: another file may be in it"
        findings.append(FileFinding(BROKEN, text, offset=before_it))
    return members, findings


def _end(reader: Reader) -> tuple[int, list[FileFinding]]:
    """Where the record at the end begins, which names the directory."""
    length = min(reader.size, _END.size + _LONGEST_COMMENT)
    begin = reader.size - length
    tail = reader.read(begin, length)
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0:
        # Readers take the last record there is, whatever it says of what stands behind it.
        left = len(tail) - at - _END.size
        left -= _END.unpack_from(tail, at)[7] if left >= 0 else 0
        if left < 0:
            raise BrokenError("its end record ends behind the file", begin + at)
        comment = tail[at + _END.size :]
        if left == 0 and _CONTROLS.isdisjoint(comment):
            return begin + at, []
        if left == 0:
            return begin + at, [FileFinding(BROKEN, "a comment that is no text", offset=begin + at)]
        text = f"{left:,} bytes behind the archive"
        return begin + at, [FileFinding(BROKEN, text, offset=reader.size - left)]
    raise BrokenError("a zip without its directory: it was cut", reader.size)


def _place(reader: Reader, end: int) -> tuple[int, int, int, int]:
    """The members that are listed, the directory's length and place, and what stands behind it."""
    fields = _END.unpack(reader.read(end, _END.size))
    count, length, offset = fields[4:7]
    locator = reader.read(end - 20, 20) if end >= 20 else b""
    if locator[:4] == b"PK\x06\x07":
        at = end - 20 - _END64.size
        record = reader.read(at, _END64.size)
        if record[:4] != b"PK\x06\x06":
            raise BrokenError("its second end record is not where it says", end)
        wide = _END64.unpack(record)
        # Some readers look where it says, others right before the locator. All of an archive that
        # stands behind something counts from its own begin.
        begin = at - wide[8] - wide[9]
        if int.from_bytes(locator[8:16], "little") not in (at, at - begin):
            raise BrokenError("its second end record is not where it says", end)
        given = (count, length, offset)
        count, length, offset = wide[7:10]
        for small, large, all_ones in zip(
            given, (count, length, offset), (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True
        ):
            if small not in (all_ones, large):
                raise BrokenError("its two end records differ", end)
        return count, length, offset, at
    if fields[1] or fields[2] or fields[3] != fields[4]:
        raise BrokenError("a part of an archive in several files", end)
    return count, length, offset, end


def _member(
    reader: Reader, fields: tuple[int, ...], raw: bytes, extra: bytes, shift: int
) -> tuple[Member, list[FileFinding]]:
    """One member, by its entry and by the header before it, and what is wrong with either."""
    flags, method = fields[3], fields[4]
    crc, packed, size = fields[7:10]
    mode, header = fields[15] >> 16, fields[16]
    size, packed, header = _wide(extra, (size, packed, header))
    name = raw.decode("utf-8", "backslashreplace")
    where = name if len(raw) < _PLAIN_NAME else short(name)
    found = []
    wrong = wrong_name(name)
    if wrong:
        found.append(FileFinding(UNSAFE, wrong, where=where))
    if mode & _FILE_TYPE == _SYMLINK:
        found.append(FileFinding(UNSAFE, "a symbolic link", where=where))
    other_name = _other_name(extra)
    if other_name not in (None, raw):
        text = "it has another name in an extra field"
        found.append(FileFinding(UNSAFE, text, short(other_name or b""), where=where))
    if flags & _ENCRYPTED:
        found.append(FileFinding(BROKEN, "it is encrypted", where=where))
    header += shift
    head = reader.read(header, _LOCAL.size + len(raw))
    local, own_name = head[: _LOCAL.size], head[_LOCAL.size :]
    if len(local) < _LOCAL.size or local[:4] != b"PK\x03\x04":
        found.append(FileFinding(BROKEN, "no header where the directory says", where=where))
        return Member(
            name=name, method=method, crc=crc, packed=0, size=0, header=header, begin=header
        ), found
    own = _LOCAL.unpack(local)
    begin = header + _LOCAL.size + own[9] + own[10]
    if own_name != raw or own[9] != len(raw):
        own_name = reader.read(header + _LOCAL.size, own[9])
        text = "it has another name in its own header"
        found.append(FileFinding(UNSAFE, text, short(own_name), where=where))
    if own[3] != method or (own[2] ^ flags) & _ENCRYPTED:
        text = "it is packed otherwise by its own header"
        found.append(FileFinding(UNSAFE, text, where=where))
    lengths_differ = own[7] not in (packed, 0xFFFFFFFF) or own[8] not in (size, 0xFFFFFFFF)
    if not own[2] & _SIZES_BEHIND and lengths_differ:
        found.append(FileFinding(BROKEN, "it has another length in its own header", where=where))
    return Member(
        name=name, method=method, crc=crc, packed=packed, size=size, header=header, begin=begin
    ), found


def _wide(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Size, packed size and place of a member; of a large one they stand in an extra field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            numbers = list(extra[at + 4 : at + 4 + length])
            found = []
            for value in values:
                if value == 0xFFFFFFFF and len(numbers) >= 8:
                    value = int.from_bytes(bytes(numbers[:8]), "little")  # noqa: PLW2901
                    del numbers[:8]
                found.append(value)
            return found[0], found[1], found[2]
        at += 4 + length
    return values


def _other_name(extra: bytes) -> bytes | None:
    """The name in UTF-8 that some readers take in place of a member's own; None without one."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _UNICODE_NAME and length >= 5:
            return extra[at + 9 : at + 4 + length]
        at += 4 + length
    return None


def _of_places(
    members: list[Member], directory: int, reader: Reader, caps: Caps
) -> list[FileFinding]:
    """What is wrong with where the members lie, with what lies between them, and with names that
    stand twice."""
    found = []
    names: set[str] = set()
    at = 0
    for member in sorted(members, key=lambda one: one.header):
        where = short(member.name)
        if at and member.header > at + _DESCRIPTOR and _has_more(reader, at, member.header, caps):
            text = f"{member.header - at:,} bytes before it that no directory lists"
            found.append(FileFinding(BROKEN, text, offset=at, where=where))
        if member.header < at:
            found.append(FileFinding(UNSAFE, "it lies in another member", where=where))
        at = max(at, member.begin + member.packed)
        if member.begin + member.packed > directory:
            found.append(FileFinding(BROKEN, "it ends behind the directory", where=where))
        if member.name in names:
            text = "a name that stands twice: which one is read depends on the reader"
            found.append(FileFinding(UNSAFE, text, where=where))
        names.add(member.name)
    if at and directory > at + _DESCRIPTOR and _has_more(reader, at, directory, caps):
        text = f"{directory - at:,} bytes behind its members that no directory lists"
        found.append(FileFinding(BROKEN, text, offset=at))
    return found


def _has_more(reader: Reader, begin: int, end: int, caps: Caps) -> bool:
    """Whether there is more than zeros between two places. A signature stands before the directory
    of signed archives, which are programs."""
    length = min(end - begin, _LONGEST_GAP)
    caps.reading(length)
    return bool(reader.read(begin, length).strip(b"\0")) or end - begin > length
