"""Names of blobs that no commit tells: those of the index, and of trees that tags name directly.

`rev-list --objects` tells them as well, but ends a name where it has a line break.
"""

from __future__ import annotations

from pmgit.git import entries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.git.streams import Running

#: So many trees that tags name are listed.
_TREES = 100


def of_index(running: Running) -> Iterator[Blob]:
    """The entries of the index, if there is one."""
    stream = running.start(entries.INDEX)
    yield from entries.of_index(b"".join(stream.chunks()))
    stream.finish()  # a bare repository has none


def of_tags(running: Running) -> Iterator[Blob]:
    """The files of the trees that refs name without a commit."""
    for tree in trees_of_refs(running):
        stream = running.start((*entries.FILES, tree))
        yield from entries.of_tree(b"".join(stream.chunks()))
        stream.finish()


def trees_of_refs(running: Running) -> list[str]:
    """The ids of trees that refs name without a commit, of the first hundred."""
    form = "--format=%(objecttype) %(objectname)%00%(*objecttype) %(*objectname)"
    stream = running.start(("for-each-ref", form))
    said = b"".join(stream.chunks()).decode("ascii", "replace").replace("\n", "\0").split("\0")
    stream.finish()
    trees = dict.fromkeys(line[5:] for line in said if line.startswith("tree "))
    return list(trees)[:_TREES]
