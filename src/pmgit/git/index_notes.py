"""Where an index has files of a certain name, without a git process that reads all of it.

Of 10,000 entries that takes Git 5 ms, and this 2. Only a plain index answers: of version 2, neither
split nor sparse. What is found must be an entry by all that surrounds a path in it; where that is
not sure of one of them, Git is asked.
"""

from __future__ import annotations

import os

from pmgit.git.blob import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.git.repository import Repository

_PLAIN = b"DIRC\0\0\0\2"
#: Where the other entries of a split index are.
_SHARED = "sharedindex."
#: The modes of files, of links and of submodules. An entry has its mode in the bytes before owner,
#: group, size, id and flags; the flags are the stage and the length of the path.
_MODES = (b"\0\0\x81\xa4", b"\0\0\x81\xed")
_OTHERS = (b"\0\0\xa0\0", b"\0\0\xe0\0")
_BETWEEN = 12


class _NotSureError(Exception):
    """Only Git can tell."""


def folders_with(repository: Repository, name: str, roots: Sequence[str]) -> set[str] | None:
    """The folders below `roots` in which the index has a file `name` that is not empty.

    None where only Git can tell.
    """
    try:
        with open(repository.index, "rb") as file:
            data = file.read()
        split = any(name.startswith(_SHARED) for name in os.listdir(repository.git_dir))
    except OSError:
        return None
    if split or repository.is_sparse or not data.startswith(_PLAIN):
        return None
    begins = tuple(encode(f"{root}/") for root in roots)
    empty = bytes.fromhex(repository.empty_blob)
    try:
        return {decode(place) for place in _places(data, encode(f"/{name}"), begins, empty)}
    except _NotSureError:
        return None


def _places(data: bytes, name: bytes, begins: tuple[bytes, ...], empty: bytes) -> Iterator[bytes]:
    """What comes before `name` in the paths that begin so, unless their blob is `empty`."""
    end, width = len(name), len(empty)
    for piece in data.split(name + b"\0")[:-1]:
        # Of a path of up to 255 bytes that is not in conflict, the flags are a NUL and its length.
        flags = piece.rfind(b"\0")
        oid, place = flags - width, piece[flags + 2 :]
        if place and piece[flags + 1] == len(place) + end:
            mode = piece[oid - _BETWEEN - 4 : oid - _BETWEEN]
            if mode in _MODES:
                if place.startswith(begins) and not piece.startswith(empty, oid):
                    yield place
                continue
            if mode in _OTHERS:
                continue
        if any(begin in piece[flags + 1 :] for begin in begins):
            raise _NotSureError
