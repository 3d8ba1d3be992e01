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
_HARD = b"1"
#: Folders in folders, more than any archive has.
_DEEPEST = 64
_HEADERS = (_LONG_NAME, _LONG_LINK, *_PAX)
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
    #: Of each member its name, where it leads if it is a link, and whether it is a hard one.
    named: list[tuple[str, str | None, bool]] = []
    at = 0
    more: dict[str, str] = {}  # what headers of their own say of the next member
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
        if kind not in _HEADERS and "size" in more:
            size = int(more["size"]) if more["size"].isdigit() and len(more["size"]) < 20 else size
        begin, at = at + _BLOCK, at + _BLOCK + -(-size // _BLOCK) * _BLOCK
        if begin + size > reader.size:
            findings.append(FileFinding(BROKEN, "it ends in a member", offset=reader.size))
            break
        if kind in _HEADERS:
            caps.reading(size)
            text = reader.read(begin, min(size, _LONGEST_NAME))
            more |= _said(text, kind)
            continue
        name = more.get("path") or _name(block)
        target = more.get("linkpath") or _text(block[157:257])
        names.add(name.rstrip("/").rpartition("/")[2])
        if any(key.startswith("GNU.sparse") for key in more):
            findings.append(FileFinding(UNSAFE, "a file with holes", where=short(name)))
        more = {}
        findings += _of_member(kind, name, reader.part(begin, size), caps)
        named.append((name.rstrip("/"), target if kind in _LINKS else None, kind == _HARD))
    findings += _of_links(named, caps)
    kind_of_all = TORCH_TAR if {"pickle", "storages", "tensors"} <= names else TAR
    return opinion(kind_of_all, findings)


def _of_member(kind: bytes, name: str, content: Reader, caps: Caps) -> list[FileFinding]:
    """What is wrong with one member, but for where it leads if it is a link."""
    where = short(name)
    wrong = wrong_name(name)
    found = [FileFinding(UNSAFE, wrong, where=where)] if wrong else []
    if kind in _LINKS:
        pass  # where it leads depends on the others too
    elif kind in _FOLDER:
        pass
    elif kind not in _REGULAR:
        found.append(FileFinding(UNSAFE, "neither a file nor a folder", where=where))
    else:
        inside = caps.inside(content, name)
        found += [one.within(where) for one in inside.findings]
    return found


def _of_links(named: list[tuple[str, str | None, bool]], caps: Caps) -> list[FileFinding]:
    """What is wrong with links: one that leads out, and what lies or leads through another one."""
    links = {name for name, target, _ in named if target is not None}
    found = []
    for name, target, is_hard in named if links else []:
        caps.step(2 * (name.count("/") + (target or "").count("/")) + 4)
        where = short(name)
        if any(part in links for part in _folders(name)):
            found.append(FileFinding(UNSAFE, "it lies behind a link", where=where))
        if target is None:
            continue
        folder = "" if is_hard else name.rpartition("/")[0]
        way = wrong_name(target.replace("..", "_")) or _way_out(f"{folder}/{target}", links)
        if way:
            text = f"a link that leads out: {way}"
            found.append(FileFinding(UNSAFE, text, short(target), where=where))
    return found


def _folders(path: str) -> list[str]:
    """The folders that a path goes through, from the outermost on."""
    parts = path.split("/")[:_DEEPEST]
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _way_out(path: str, links: set[str]) -> str:
    """Why a path leads out of the archive, or may; '' when it does not."""
    at: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            if not at or "/".join(at) in links:
                return "a name that leads out of its folder"
            at.pop()
        elif part not in ("", "."):
            at.append(part)
        if len(at) > _DEEPEST:
            return "a name that is too deep"
    return ""


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


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("utf-8", "backslashreplace")


def _said(text: bytes, kind: bytes) -> dict[str, str]:
    """What a header of its own says of the next member, by the keys of pax."""
    if kind in (_LONG_NAME, _LONG_LINK):
        return {"path" if kind == _LONG_NAME else "linkpath": _text(text)}
    found = {}
    while text:
        # Each begins with its own length, and may have line ends in it.
        digits, _, _ = text[:20].partition(b" ")
        if not digits.isdigit() or not len(digits) < int(digits) <= len(text):
            break
        record, text = text[: int(digits)], text[int(digits) :]
        key, _, value = record[len(digits) + 1 : -1].partition(b"=")
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "backslashreplace")
    return found
