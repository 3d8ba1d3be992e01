"""What one file of weights holds, whatever its format: the tensors by name, and what else it says.

A tensor's type has the name that safetensors gives it (`F32`, `BF16`), also in other formats, so
that files of different formats can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from pmgit.formats.dtypes import WIDTHS

#: No library has tensors of more dimensions.
MOST_DIMENSIONS = 64
#: Texts out of files (names, values) are kept up to so many characters.
LONGEST_NAME, LONGEST_VALUE = 1000, 4000
#: So many values are kept, and so many names of files, globals and the like.
MOST_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class ListedTensor:
    """A tensor: its name, type and shape.

    `elements` are the numbers that are stored for it. `layout` says how they lie when that is not
    row by row. `same_as` names the tensor before it that has the very same numbers (of these only
    the first one counts). `begin` is where its bytes begin in the file, `length` how many there
    are; -1 where they do not lie there as they are. `mark` stands for the content where the file
    has a checksum of it.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    elements: int
    layout: str = ""
    same_as: str = ""
    begin: int = -1
    length: int = 0
    mark: str = ""


@dataclass
class FileContents:
    """What a file holds. `files` are the members that are no tensors, with their sizes; `inputs`
    and `outputs` are those of a graph; `notes` say what was not read, and why."""

    tensors: list[ListedTensor] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    globals: list[str] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    inputs: list[ListedTensor] = field(default_factory=list)
    outputs: list[ListedTensor] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def parameters(self) -> dict[str, int]:
        """The numbers by their type; those of tensors that share them once."""
        found: dict[str, int] = {}
        for tensor in self.tensors:
            if not tensor.same_as:
                found[tensor.dtype] = found.get(tensor.dtype, 0) + tensor.elements
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))

    def say(self, key: str, value: object) -> None:
        """Put a value into the metadata, cut where it is long."""
        if len(self.metadata) < MOST_VALUES:
            self.metadata[cut(key, LONGEST_NAME)] = cut(str(value), LONGEST_VALUE)


def cut(text: str, most: int) -> str:
    """A text of at most `most` characters; of a longer one its begin, its length and its hash."""
    if len(text) <= most:
        return text
    import hashlib

    oid = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:200]}… ({len(text):,} characters, sha256 {oid[:16]})"


def plain(
    name: str, dtype: str, shape: tuple[int, ...], begin: int = -1, length: int = -1
) -> ListedTensor:
    """A tensor whose numbers lie row by row in `length` bytes, or in what its shape takes."""
    elements = prod(shape)
    if length < 0:
        length = elements * WIDTHS.get(dtype, 0)
    if begin < 0 or (elements and not length):
        begin, length = -1, 0
    return ListedTensor(cut(name, LONGEST_NAME), dtype, shape, elements, "", "", begin, length)
