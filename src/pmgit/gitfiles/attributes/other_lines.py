"""The attribute lines that decide otherwise than the tree, or than the block of `pmgit lfs-setup`.

What is judged goes by the attributes that every clone sees. `git add` here goes by those of the
user, the system and the clone as well, and by files that are not staged. Over the block win lines
behind it, and those of a `.gitattributes` in a deeper folder, as models from the Hub have one.
"""

from __future__ import annotations

import os

from pmgit.core.errors import UsageError
from pmgit.git import attributes
from pmgit.git.attributes import LFS
from pmgit.git.blob import folders_of
from pmgit.git.settings import GitSettings
from pmgit.gitfiles import block
from pmgit.gitfiles.attributes.attribute_lines import INFO, NAME, deciders, personal, read
from pmgit.gitfiles.what_if import shadow_of
from pmgit.lfs import patterns
from pmgit.model import storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.git.attribute_text import Line
    from pmgit.git.repository import Repository
    from pmgit.model.subject import Subject
    from pmgit.snapshots.base import Snapshot

#: Of so many paths the line is looked for; others are reported without it, or not at all.
_LOOKED_UP = 500


def is_silent(repository: Repository, settings: GitSettings | None = None) -> bool:
    """Whether this machine adds nothing to the attributes of a tree.

    `settings` are those of the repository, where they are known already.
    """
    if attributes.own_file(repository):
        return False
    settings = settings or GitSettings(repository)
    return not (personal(repository, settings) or ignores_case(settings))


def ignores_case(settings: GitSettings) -> bool:
    """Whether Git matches patterns here whatever the case of letters is."""
    found = settings.last("core.ignorecase")
    return found is not None and found.is_true


def sent(repository: Repository, paths: Iterable[str]) -> set[str]:
    """The paths that `git add` here sends to Git LFS: by the files on disk, and all others."""
    found = attributes.of_paths(repository, paths, "filter")
    return {path for path, given in found.items() if given["filter"] == LFS}


def sent_here_alone(snapshot: Snapshot, paths: Sequence[str]) -> dict[str, str]:
    """Why those of `paths` go to Git LFS here that go there in no other clone.

    The tree of the snapshot sends none of them there.
    """
    repository = snapshot.repository
    if not paths or is_silent(repository):
        return {}
    here = attributes.answers(attributes.ask(repository, paths, snapshot.index_env), paths)
    return why_sent(snapshot, [path for path in paths if here.get(path) == LFS])


def why_sent(snapshot: Snapshot, paths: Sequence[str]) -> dict[str, str]:
    """The sentence why each path goes to Git LFS here, and in no other clone."""
    if not paths:
        return {}
    repository, files = snapshot.repository, snapshot.attribute_texts()
    lines = deciders(repository, files, paths[:_LOOKED_UP])
    case = ignores_case(GitSettings(repository))
    found = {}
    for path in paths:
        line = lines.get(path)
        if line is None:
            found[path] = "here attributes of this machine send it to Git LFS, which no other has"
        elif line.file in files and case:
            found[path] = f"here core.ignoreCase lets {line.named} cover it, elsewhere nothing does"
        else:
            what = "by a macro" if line.file in files else "a line"
            found[path] = f"here {line.named} sends it to Git LFS, {what} that no other clone has"
    return found


def raw_here_alone(snapshot: Snapshot, paths: Sequence[str]) -> dict[str, str]:
    """The `paths` that `git add` here does not send to Git LFS, each with the line that decides.

    The tree of the snapshot sends all of them there. '' where no line keeps them raw: git before
    2.43 reads no `.gitattributes` that a sparse checkout leaves out.
    """
    repository = snapshot.repository
    staged = snapshot.attribute_texts()
    files = on_disk(repository, staged, paths)
    if files == staged and not repository.is_sparse and is_silent(repository):
        return {}
    here = sent(repository, paths)
    raw = [path for path in paths if path not in here]
    lines = deciders(repository, files, raw[:_LOOKED_UP]) if raw else {}
    deciding = {path: line for path, line in lines.items() if f"filter={LFS}" not in line.words}
    return {path: deciding[path].named if path in deciding else "" for path in raw}


def own_lines(repository: Repository, paths: Iterable[str]) -> dict[str, tuple[Line, bool]]:
    """The line of this clone alone that decides for each path, over every line of a tree.

    And whether it sends the path to Git LFS; a path that no such line matches is left out.
    """
    if repository.bare or not attributes.own_file(repository):
        return {}
    found = deciders(repository, {}, paths)
    lines = {path: line for path, line in found.items() if line.file == INFO}
    here = sent(repository, lines)
    return {path: (line, path in here) for path, line in lines.items()}


def lines_of_clone(subject: Subject) -> dict[str, tuple[str, bool]]:
    """The clone's own line for each judged file that has one, and whether it sends it to Git LFS.

    To be asked once for all, by `Subject.once`.
    """
    found = own_lines(subject.repository, _judged(subject))
    return {p: (line.named, sends) for p, (line, sends) in found.items()}


def raw_files(subject: Subject) -> dict[str, str]:
    """`raw_here_alone` for the raw files of a judgement that belong into Git LFS."""
    raw = [blob.path for blob in subject.lfs_files if subject.is_raw(blob)]
    return raw_here_alone(subject.snapshot, raw)


def on_disk(
    repository: Repository, staged: Mapping[str, bytes], paths: Iterable[str], name: str = NAME
) -> dict[str, bytes]:
    """The attribute files above paths as `git add` reads them: from the disk, else the index.

    `name` may be that of ignore files.
    """
    found = dict(staged)
    for folder in folders_of(paths):
        place = f"{folder}/{name}" if folder else name
        # Git does not read it through a link.
        path = os.path.join(repository.top, place)
        data = None if os.path.islink(path) else read(path)
        if data is not None:
            found[place] = data
    return found


def _judged(subject: Subject) -> list[str]:
    """The paths that a judgement is about."""
    return list(dict.fromkeys(b.path for b in (*subject.files, *subject.judged_for_lfs)))


def note(line: str) -> str:
    """The part of a message about such a line."""
    return f"; {line} wins over what `pmgit lfs-setup` writes: change that line or take it out"


def lines_against_weights(subject: Subject) -> dict[str, str]:
    """The judged files that no line of the block sends to Git LFS, and the line that wins."""
    return lines_against(subject.snapshot, _judged(subject))


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
    here = on_disk(repository, staged, paths)
    line = patterns.attribute_line("*")
    return {
        **_defeating(repository, here, paths, line, everywhere=False),
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
