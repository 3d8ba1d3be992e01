"""The entries of trees and of the index: how Git is asked for them, and the reader of each form."""

from __future__ import annotations

from pmgit.git.blob import FOLDER, LINK, NOTHING, REGULAR, SUBMODULE, Blob, decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.git.repository import Repository

#: The entries of one tree, for `of_tree`; with paths behind it, those at these paths.
TREE = ("ls-tree", "-z", "--full-tree")
#: All files of a tree and of those below it, for `of_tree`.
FILES = ("ls-tree", "-r", "-z", "--full-tree")
#: The entries of the index, for `of_index`.
INDEX = ("ls-files", "-s", "-z")


def of_tree(out: bytes) -> list[Blob]:
    """The entries in the output of TREE or FILES."""
    # 100644 blob <id><TAB><path>
    found = []
    for line in decode(out).split("\0"):
        head, tab, path = line.partition("\t")
        if tab:
            mode, _, oid = head.split(" ")
            found.append(Blob(path, oid, mode))
    return found


def of_index(out: bytes) -> list[Blob]:
    """The entries in the output of INDEX; unmerged ones are left out."""
    # 100644 <id> 0<TAB><path>
    lines = decode(out).split("\0")
    at = lines[0].find("\t") + 1
    return [
        Blob(line[at:], line[7 : at - 3], line[:6]) for line in lines if line[at - 3 : at] == " 0\t"
    ]


def restage(repository: Repository, entries: Iterable[tuple[str, str, str]]) -> None:
    """Put these into the index: mode, id and path; one without an id leaves it."""
    zeros = "0" * len(repository.empty_tree)
    lines = [
        f"{mode if oid else NOTHING} {oid or zeros}\t".encode("ascii") + encode(path) + b"\0"
        for mode, oid, path in entries
    ]
    if lines:
        repository.run("update-index", "-z", "--index-info", stdin=b"".join(lines))


def in_object(data: bytes, width: int) -> Iterator[tuple[bytes, bytes, str]]:
    """Mode, name and id of the entries of a tree object; ids have `width` bytes.

    Raises ValueError where Git would not read it, or perhaps otherwise.
    """
    at = 0
    while at < len(data):
        blank, end = data.index(b" ", at), data.index(b"\0", at)
        mode, name, at = data[at:blank], data[blank + 1 : end], end + 1 + width
        if not (mode.isdigit() and name) or at > len(data):
            raise ValueError("a damaged tree")
        yield mode, name, data[end + 1 : at].hex()


def plain_mode(mode: bytes) -> str:
    """The mode of an entry of a tree object as Git reads and shows it.

    Old trees also have 100664, and foreign ones zeros in front. Raises ValueError.
    """
    number = int(mode, 8)
    kind = number & 0o170000
    if kind == 0o100000:
        return REGULAR[1] if number & 0o100 else REGULAR[0]
    return {0o120000: LINK, 0o040000: FOLDER}.get(kind, SUBMODULE)
