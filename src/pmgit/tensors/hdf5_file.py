"""HDF5, with or without a Keras model: all datasets by their names from the root."""

from __future__ import annotations

from pmgit.formats import hdf5
from pmgit.tensors.contents import FileContents, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader


def read(reader: Reader, caps: Caps) -> FileContents:
    """The contents; BrokenError or TooMuchError when the structure cannot be read."""
    file = hdf5.open_file(reader, caps, keeps=True)
    file.look()
    found = FileContents()
    for one in sorted(file.datasets, key=lambda one: one.name):
        name = one.name.decode("utf-8", "surrogateescape")
        found.tensors.append(plain(name, one.type, one.shape, one.begin, one.length))
    return found
