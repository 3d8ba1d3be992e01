"""HDF5 files: the configuration of a Keras model in them, and links that lead out of the file.

Read after the specification of the format, version 3: the superblock, the headers of objects, the
attributes of the root, groups as h5py writes them. The numbers are never read.
"""

from __future__ import annotations

import json

from pmgit.formats.hdf5_heap import blocks_of_heap, link_at
from pmgit.formats.keras_config import judge_config
from pmgit.formats.names import HDF5, KERAS_HDF5
from pmgit.formats.opinion import (
    BROKEN,
    UNKNOWN,
    UNSAFE,
    WARN,
    BrokenError,
    FileFinding,
    Opinion,
    opinion,
    short,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_MAGIC = b"\x89HDF\r\n\x1a\n"
#: The messages of an object header that are looked at.
_SPACE, _TYPE = 0x01, 0x03
_LINK_INFO, _LINK, _EXTERNAL_FILES, _LAYOUT = 0x02, 0x06, 0x07, 0x08
_ATTRIBUTE, _CONTINUES, _SYMBOLS, _ATTRIBUTE_INFO = 0x0C, 0x10, 0x11, 0x15
_CONTIGUOUS, _VIRTUAL, _THIS_FILE = 1, 3, b".\0"
_TEXT_CLASS, _VARIABLE_CLASS = 3, 9
_HARD, _EXTERNAL_LINK = 0, 64
#: Classes of types, and the kind of a space without any place.
_WHOLE, _FRACTION, _ENUMERATION, _NO_SPACE = 0, 1, 8, 2
_OTHER_TYPES = {3: "STRING", 6: "compound", 7: "reference", 9: "variable", 10: "array"}
_LONGEST_NAME = 1000
_LONGEST_CONFIG = 5_000_000
_USER_BLOCK, _LONGEST_USER_BLOCK = 512, 1 << 20
_PORTION, _HEAP_HEAD = 1 << 20, 16
_CONFIGS = (b"model_config", b"training_config")


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is an HDF5 file."""
    return head.startswith(_MAGIC)


def behind_user_block(reader: Reader) -> int:
    """Where the file begins behind bytes of its user; 0 where it does not, or at once.

    Readers look for it at 512 and at every double of that.
    """
    place = _USER_BLOCK
    while place <= min(reader.size, _LONGEST_USER_BLOCK):
        if reader.read(place, len(_MAGIC)) == _MAGIC:
            return place
        place *= 2
    return 0


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the file, and what stands before it."""
    file = open_file(reader, caps)
    findings = file.look()
    begin = file.before
    block = reader.read(0, begin)
    if block.strip(b"\0"):
        text = f"{begin:,} bytes before it, which no reader looks at"
        findings.append(FileFinding(WARN, text, offset=0))
        before = caps.inside(reader.part(0, begin), "")
        findings += [one for one in before.findings if one.verdict == UNSAFE]
    return opinion(KERAS_HDF5 if file.is_keras else HDF5, findings)


def open_file(reader: Reader, caps: Caps, *, keeps: bool = False) -> Hdf5File:
    """The file, also behind bytes of its user."""
    begin = 0 if reader.read(0, len(_MAGIC)) == _MAGIC else behind_user_block(reader)
    return Hdf5File(reader.part(begin, reader.size), caps, begin, keeps=keeps)


class Hdf5Dataset:
    """A dataset: its name from the root, what its numbers are and their shape, and where they lie
    in the file, one after the other (-1: they do not)."""

    __slots__ = ("begin", "length", "name", "shape", "type")

    def __init__(self, name: bytes, type: str, shape: tuple[int, ...]) -> None:
        self.name = name
        self.type = type
        self.shape = shape
        self.begin, self.length = -1, 0


class Hdf5File:
    """An HDF5 file that begins at `before` of a whole; what `look` has seen of it.

    With `keeps`, its `datasets` are listed, too.
    """

    def __init__(self, reader: Reader, caps: Caps, before: int = 0, *, keeps: bool = False) -> None:
        self.before = before
        self._keeps = keeps
        self.datasets: list[Hdf5Dataset] = []
        self._reader = reader
        self._caps = caps
        self._offset_width = self._length_width = 8
        self._found: list[FileFinding] = []
        self.is_keras = False

    def look(self) -> list[FileFinding]:
        """What is wrong with the file; BrokenError and TooMuchError say why it cannot be read."""
        root, end = self._superblock()
        end -= self.before  # which it counts from the begin of the whole
        if end > self._reader.size:
            over = end - self._reader.size
            raise BrokenError(f"it should be {over:,} bytes longer", self._reader.size)
        seen: set[int] = set()
        waiting = [(b"", root)]
        while waiting:
            path, address = waiting.pop()
            if address in seen:
                continue
            seen.add(address)
            places: dict[int, int] = {}
            links: list[tuple[bytes, int]] = []
            for kind, begin, length in self._messages(address):
                places.setdefault(kind, begin)
                if kind == _ATTRIBUTE and address == root:
                    self._attribute(begin, length)
                elif kind == _ATTRIBUTE_INFO and address == root:
                    self._attribute_info(begin, length)
                elif kind == _LINK:
                    links += self._link(begin, length)
                elif kind == _LINK_INFO:
                    links += self._many_links(begin)
                elif kind == _LAYOUT and self._is_elsewhere(begin):
                    text = "numbers that lie in other files"
                    self._found.append(FileFinding(UNSAFE, text, offset=begin))
                elif kind == _SYMBOLS:
                    links += self._symbols(begin)
                elif kind == _EXTERNAL_FILES:
                    text = "numbers that lie in another file"
                    self._found.append(FileFinding(UNSAFE, text, offset=begin))
            # In the order of the names: of two links to one object the first one names it.
            links.sort(reverse=True)
            waiting += [(b"%b/%b" % (path, name) if path else name, at) for name, at in links]
            if self._keeps and places.keys() >= {_SPACE, _TYPE, _LAYOUT}:
                self._keep(path, places)
        return self._found

    # --- bytes

    def _read(self, at: int, length: int) -> bytes:
        self._caps.step(3)
        self._caps.reading(length)
        data = self._reader.read(at, length)
        if len(data) < length:
            raise BrokenError("it ends in its structure", at)
        return data

    def _int(self, at: int, width: int) -> int:
        return int.from_bytes(self._read(at, width), "little")

    def _offset(self, at: int) -> int:
        return self._int(at, self._offset_width)

    def _superblock(self) -> tuple[int, int]:
        """Where the header of the root lies, and where the file should end."""
        version = self._int(8, 1)
        if version in (0, 1):
            widths = self._read(13, 2)
            self._widths(widths[0], widths[1])
            at = 24 if version == 0 else 28
            o = self._offset_width
            # base, free space, end, driver; then the entry of the root: name, header
            return self._offset(at + 5 * o), self._offset(at + 2 * o)
        if version in (2, 3):
            widths = self._read(9, 2)
            self._widths(widths[0], widths[1])
            o = self._offset_width
            return self._offset(12 + 3 * o), self._offset(12 + 2 * o)
        raise BrokenError(f"version {version} of the format is unknown", 8)

    def _widths(self, offset: int, length: int) -> None:
        if offset not in (2, 4, 8) or length not in (2, 4, 8):
            raise BrokenError("addresses of an impossible width", 9)
        self._offset_width, self._length_width = offset, length

    # --- objects

    def _messages(self, address: int) -> Iterator[tuple[int, int, int]]:
        """Kind, place and length of the messages in an object's header."""
        if self._read(address, 4) == b"OHDR":
            yield from self._messages_2(address)
            return
        if self._int(address, 1) != 1:
            raise BrokenError("no object where one should be", address)
        count, length = self._int(address + 2, 2), self._int(address + 8, 4)
        blocks = [(address + 16, length)]
        while blocks and count > 0:
            at, left = blocks.pop()
            end = at + left
            while at + 8 <= end and count > 0:
                count -= 1
                kind, size = self._int(at, 2), self._int(at + 2, 2)
                if kind == _CONTINUES:
                    more = self._offset(at + 8)
                    width = self._int(at + 8 + self._offset_width, self._length_width)
                    blocks.insert(0, (more, width))
                else:
                    yield kind, at + 8, size
                at += 8 + size

    def _messages_2(self, address: int) -> Iterator[tuple[int, int, int]]:
        flags = self._int(address + 5, 1)
        at = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        blocks = [(at + width, self._int(at, width))]
        head = 6 if flags & 4 else 4
        while blocks:
            at, left = blocks.pop()
            end = at + left
            while at + head <= end:
                kind, size = self._int(at, 1), self._int(at + 1, 2)
                if kind == _CONTINUES:
                    more = self._offset(at + head)
                    length = self._int(at + head + self._offset_width, self._length_width)
                    blocks.append((more + 4, length - 8))  # "OCHK" before, a checksum behind
                elif kind or size:
                    yield kind, at + head, size
                at += head + size

    def _link(self, begin: int, length: int) -> list[tuple[bytes, int]]:
        """The name of a link of a newer group, and the object that it leads to."""
        flags = self._int(begin + 1, 1)
        at = begin + 2
        kind = _HARD
        if flags & 8:
            kind, at = self._int(at, 1), at + 1
        at += (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
        width = 1 << (flags & 3)
        name_length = self._int(at, width)
        name = self._read(at + width, min(name_length, length))
        at += width + name_length
        if kind == _HARD:
            return [(name, self._offset(at))]
        if kind == _EXTERNAL_LINK:
            text = "a link into another file"
            self._found.append(FileFinding(UNSAFE, text, short(name), begin))
        return []

    def _is_elsewhere(self, begin: int) -> bool:
        """Whether the numbers of a dataset are parts of others, which may be of other files.

        They are not when there is one part, and the name of its file is that of this one (`.`).
        """
        version, layout = self._read(begin, 2)
        if version < 3 or layout != _VIRTUAL:
            return False
        heap = self._offset(begin + 2)
        if heap == (1 << 8 * self._offset_width) - 1:
            return False  # no part at all
        index = self._int(begin + 2 + self._offset_width, 4)
        parts = self._in_heap(heap, index, 1 + self._length_width + len(_THIS_FILE))
        return parts != b"\0" + (1).to_bytes(self._length_width, "little") + _THIS_FILE

    def _many_links(self, begin: int) -> list[tuple[bytes, int]]:
        """The links of a group that has many, which lie in a heap of their own; as `_link`."""
        heap = self._offset(begin + (10 if self._int(begin + 1, 1) & 1 else 2))
        if heap == (1 << 8 * self._offset_width) - 1:
            return []
        found = []
        for at, data in blocks_of_heap(self._read, heap, self._offset_width, self._length_width):
            pos = 0
            while (pos := data.find(b"\x01", pos)) >= 0:
                self._caps.step(3)
                link = link_at(data, pos, self._offset_width)
                if link is None or (link.target is not None and link.target >= self._reader.size):
                    pos += 1
                    continue
                if link.is_external:
                    text = "a link into another file"
                    self._found.append(FileFinding(UNSAFE, text, short(link.name), at + pos))
                elif link.target is not None:
                    found.append((link.name, link.target))
                pos = link.end
        return found

    def _symbols(self, begin: int) -> list[tuple[bytes, int]]:
        """The links of an older group, by its tree and the heap with the names; as `_link`."""
        found = []
        waiting = [(self._offset(begin), 0)]
        names = self._offset(begin + self._offset_width) + 8 + 2 * self._length_width
        names = self._offset(names) if self._keeps else 0
        while waiting:
            at, depth = waiting.pop()
            mark = self._read(at, 8)
            o = self._offset_width
            if mark[:4] == b"TREE" and depth < 16:
                begin = at + 8 + 2 * o + self._length_width
                step = o + self._length_width
                waiting += [
                    (self._offset(begin + n * step), depth + 1)
                    for n in range(int.from_bytes(mark[6:8], "little"))
                ]
            elif mark[:4] == b"SNOD":
                count = int.from_bytes(mark[6:8], "little")
                for n in range(count):
                    entry = at + 8 + n * (2 * o + 24)
                    if self._int(entry + 2 * o, 4) != 2:  # 2: a soft link
                        name = self._name(names + self._offset(entry)) if self._keeps else b""
                        found.append((name, self._offset(entry + o)))
            else:
                raise BrokenError("no group where one should be", at)
        return found

    # --- datasets

    def _keep(self, name: bytes, places: dict[int, int]) -> None:
        """Take a dataset down, by where the messages about it are."""
        shape = self._shape(places[_SPACE])
        found = Hdf5Dataset(name, self._type(places[_TYPE]), shape)
        begin = places[_LAYOUT]
        version, kind = self._read(begin, 2)
        if version >= 3 and kind == _CONTIGUOUS:
            o = self._offset_width
            at, length = self._offset(begin + 2), self._int(begin + 2 + o, self._length_width)
            if at + length <= self._reader.size:
                found.begin, found.length = self.before + at, length
        self.datasets.append(found)

    def _shape(self, begin: int) -> tuple[int, ...]:
        version, count = self._read(begin, 2)
        at = begin + (8 if version == 1 else 4)
        if version > 1 and self._int(begin + 3, 1) == _NO_SPACE:
            return (0,)
        width = self._length_width
        return tuple(self._int(at + n * width, width) for n in range(count))

    def _type(self, begin: int) -> str:
        """The type of numbers as it is called here; of others what they are."""
        head = self._read(begin, 8)
        kind, width = head[0] & 15, int.from_bytes(head[4:], "little")
        if kind == _WHOLE:
            return f"{'I' if head[1] & 8 else 'U'}{8 * width}"
        if kind == _FRACTION:
            exponent = self._int(begin + 13, 1)
            return "BF16" if (width, exponent) == (2, 8) else f"F{8 * width}"
        if kind == _ENUMERATION and width == 1:
            return "BOOL"
        return _OTHER_TYPES.get(kind, f"class {kind}")

    def _name(self, at: int) -> bytes:
        """A name of the heap of an older group."""
        length = min(_LONGEST_NAME, self._reader.size - at)
        return self._read(at, length).partition(b"\0")[0]

    # --- attributes

    def _attribute_info(self, begin: int, length: int) -> None:
        """Attributes that lie in a heap of their own, which pmgit does not open."""
        flags = self._int(begin + 1, 1)
        at = begin + 2 + (2 if flags & 1 else 0)
        nowhere = (1 << 8 * self._offset_width) - 1
        if length < at - begin + self._offset_width or self._offset(at) == nowhere:
            return
        heap = self._read(self._offset(at), _HEAP_HEAD)
        plain = heap[:5] == b"FRHP\0" and heap[7:9] == b"\0\0"  # its blocks are not compressed
        if not plain or self._has_config():
            text = "attributes that are packed in a way which pmgit does not open"
            self._found.append(FileFinding(UNKNOWN, text, offset=begin))

    def _has_config(self) -> bool:
        """Whether the name of a configuration stands anywhere in the file."""
        longest = max(map(len, _CONFIGS))
        for begin in range(0, self._reader.size, _PORTION):
            self._caps.reading(_PORTION)
            portion = self._reader.read(begin, _PORTION + longest)
            if any(name in portion for name in _CONFIGS):
                return True
        return False

    def _attribute(self, begin: int, length: int) -> None:
        version = self._int(begin, 1)
        sizes = self._read(begin + 2, 6)
        name_size, type_size, space_size = (
            int.from_bytes(sizes[n : n + 2], "little") for n in (0, 2, 4)
        )
        at = begin + (9 if version == 3 else 8)
        if version == 1:
            name_size, type_size, space_size = (
                -(-size // 8) * 8 for size in (name_size, type_size, space_size)
            )
        name = self._read(at, min(name_size, length)).rstrip(b"\0")
        if name in (b"keras_version", b"backend", b"layer_names", *_CONFIGS):
            self.is_keras = True
        if name not in _CONFIGS:
            return
        at += name_size
        kind = self._int(at, 1) & 15
        value = at + type_size + space_size
        if kind == _TEXT_CLASS:
            text = self._read(value, min(self._int(at + 4, 4), _LONGEST_CONFIG))
        elif kind == _VARIABLE_CLASS:
            text = self._variable(value)
        else:
            raise BrokenError(f"{short(name)} is no text", value)
        self._config(text.rstrip(b"\0"), short(name))

    def _variable(self, at: int) -> bytes:
        """A text of any length, which lies in a heap of the file."""
        length = self._int(at, 4)
        heap = self._offset(at + 4)
        index = self._int(at + 4 + self._offset_width, 4)
        if length > _LONGEST_CONFIG:
            raise BrokenError(f"a configuration of {length:,} bytes", at)
        return self._in_heap(heap, index, length)

    def _in_heap(self, heap: int, index: int, length: int) -> bytes:
        """The first bytes of an object in a heap of the file."""
        if self._read(heap, 4) != b"GCOL":
            raise BrokenError("no heap where one should be", heap)
        end = heap + self._int(heap + 8, self._length_width)
        at = heap + 8 + self._length_width
        head = 8 + self._length_width
        while at + head <= end:
            number, size = self._int(at, 2), self._int(at + 8, self._length_width)
            if number == index:
                return self._read(at + head, min(size, length))
            if number == 0:
                break
            at += head + -(-size // 8) * 8
        raise BrokenError("a text that its heap does not have", heap)

    def _config(self, text: bytes, where: str) -> None:
        try:
            document = json.loads(text)
        except RecursionError:
            found = [FileFinding(UNKNOWN, "a configuration that is nested too deeply", where=where)]
        except ValueError:
            found = [FileFinding(BROKEN, "a configuration that is no JSON", where=where)]
        else:
            found = judge_config(document, where)
        self._found += found
