"""Arrays of numpy: one in a .npy, several in a .npz."""

from __future__ import annotations

from pmgit.formats import compressed, npy, zips
from pmgit.formats.dtypes import of_numpy
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.reader import BytesReader
from pmgit.formats.zip_directory import DEFLATED, read_directory
from pmgit.tensors.contents import LONGEST_NAME, FileContents, ListedTensor, cut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

#: The headers that numpy writes have 128 bytes.
_HEAD = 4096


def read(reader: Reader, caps: Caps) -> FileContents:  # noqa: ARG001 - one interface
    """The array of a .npy file; it has no name."""
    return FileContents([_array("", reader, 0)])


def read_archive(reader: Reader, caps: Caps) -> FileContents:
    """The arrays of a .npz file; the numbers of those that are packed are not unpacked."""
    members, _ = read_directory(reader, caps)
    found = FileContents()
    for member in members:
        caps.step(10)
        name = member.name.removesuffix(".npy")
        mark = f"crc32 {member.crc:08x}"
        try:
            if member.method == DEFLATED:
                part = reader.part(member.begin, member.packed)
                head = BytesReader(compressed.inflated_head(part, _HEAD))
                found.tensors.append(_array(name, head, -1, mark))
            else:
                content = zips.content_of(reader, member, caps)
                found.tensors.append(_array(name, content, member.begin, mark))
        except (BrokenError, TooMuchError) as error:
            found.notes.append(f"{cut(name, LONGEST_NAME)} is not listed: {error}")
    return found


def _array(name: str, reader: Reader, begin: int, mark: str = "") -> ListedTensor:
    """The array in `reader`, which begins at `begin` of the file (-1: it is packed there)."""
    if reader.read(0, 6) != b"\x93NUMPY":
        raise BrokenError("it is no array")
    header, data = npy.read_header(reader)
    elements = npy.elements_of(header["shape"])
    width = npy.item_size(header["descr"])
    dtype = "objects" if width == 0 else of_numpy(header["descr"])
    layout = "column by column" if header["fortran_order"] and len(header["shape"]) > 1 else ""
    place, length = (begin + data, elements * width) if begin >= 0 and width else (-1, 0)
    return ListedTensor(
        cut(name, LONGEST_NAME), dtype, header["shape"], elements, layout, "", place, length,
        mark if place < 0 else "",
    )  # fmt: skip
