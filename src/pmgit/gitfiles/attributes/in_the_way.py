"""Which lines win over the block that `pmgit lfs-setup` writes, so that it would refuse.

Those of a `.gitattributes` in a deeper folder, as models from the Hub have one, and those behind
the block.
"""

from __future__ import annotations

from pmgit.core.errors import UsageError
from pmgit.git import attributes
from pmgit.git.attributes import LFS
from pmgit.gitfiles import block
from pmgit.gitfiles.attributes import only_here
from pmgit.gitfiles.attributes.attribute_lines import NAME, deciders
from pmgit.gitfiles.what_if import shadow_of
from pmgit.lfs import patterns
from pmgit.model import storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pmgit.git.repository import Repository
    from pmgit.model.subject import Subject
    from pmgit.snapshots.base import Snapshot

#: Of so many paths the line is looked for.
_LOOKED_UP = 500


def note(line: str) -> str:
    """The part of a message about such a line."""
    return f"; {line} wins over what `pmgit lfs-setup` writes: change that line or take it out"


def lines_against_weights(subject: Subject) -> dict[str, str]:
    """The judged files that no line of the block sends to Git LFS, and the line that wins."""
    paths = dict.fromkeys(b.path for b in (*subject.files, *subject.judged_for_lfs))
    return lines_against(subject.snapshot, list(paths))


def lines_against_texts(subject: Subject) -> dict[str, str]:
    """The judged texts that no line of the block keeps out of Git LFS, and the line that wins."""
    most = storage.largest_text(subject.config)
    texts = [blob for blob in subject.lfs_files if patterns.must_be_text(blob.path)]
    paths = [blob.path for blob in texts if subject.content_size(blob) <= most]
    line = patterns.unset_line("*")
    files = subject.snapshot.attribute_texts()
    return _defeating(subject.repository, files, paths, line, everywhere=True)


def lines_against(snapshot: Snapshot, paths: Sequence[str]) -> dict[str, str]:
    """The `paths` that no line of the block sends to Git LFS, each with the line that wins.

    By what is staged, which others get, and by the disk, which `git add` reads.
    """
    repository, staged = snapshot.repository, snapshot.attribute_texts()
    on_disk = only_here.on_disk(repository, staged, paths)
    line = patterns.attribute_line("*")
    return {
        **_defeating(repository, on_disk, paths, line, everywhere=False),
        **_defeating(repository, staged, paths, line, everywhere=True),
    }


def _defeating(
    repository: Repository,
    files: Mapping[str, bytes],
    paths: Sequence[str],
    line: str,
    *,
    everywhere: bool,
) -> dict[str, str]:
    """The paths that do not get the attributes of `line`, as the block, and the deciding line."""
    try:
        top = block.replace(files.get(NAME, b""), [line], where=block.HERE)
    except UsageError:
        return {}  # `pmgit lfs-setup` reports what is wrong with the block
    with shadow_of(repository, {**files, NAME: top}, everywhere=everywhere) as shadow:
        found = attributes.of_paths(shadow, paths, "filter", "text", everywhere=everywhere)
    sends = f"filter={LFS}" in line
    wrong: dict[str, list[str]] = {"filter": [], "text": []}
    for path, given in found.items():
        if (given["filter"] == LFS) != sends:
            wrong["filter"].append(path)
        elif sends and given["text"] != "unset":
            wrong["text"].append(path)
    return {
        path: decides.named
        for name, some in wrong.items()
        if some
        for path, decides in deciders(repository, files, some[:_LOOKED_UP], name).items()
    }
