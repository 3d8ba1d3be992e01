"""Raw diffs: how Git is asked for them, and the one reader of their records.

A record is `:<old mode> <new mode> <old id> <new id> <status>`, and behind it the path. That of a
merge (`-c`) has a colon, an old mode and an old id for each parent. The changes of whole commits
are read by `commit_diffs`, a long history by `log`.
"""

from __future__ import annotations

from pmgit.git.blob import NOTHING, REGULAR, Blob, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.git.repository import Repository

# --no-renames: a renamed blob must be judged under its new name, and finding renames costs time
# (and would make a partial clone fetch). --no-abbrev: ids are looked up.
_FORM = ("--raw", "--no-renames", "--no-abbrev", "--no-ext-diff")
# The user's configuration must not hide a submodule.
_SUBMODULES = "--ignore-submodules=none"

#: Two trees, or those of two commits.
DIFF_TREE = ("diff-tree", "-r", "-z", *_FORM, _SUBMODULES)
#: The index against a tree. --ita-invisible-in-index: what `git add -N` announces is not recorded;
#: `git diff` knows that, `git diff-index` needs the option.
DIFF_INDEX = ("diff-index", "--cached", "-z", *_FORM, _SUBMODULES, "--ita-invisible-in-index")
#: What commits change, a merge against all of its parents (`-c`). One process: `rev-list` with
#: `diff-tree --stdin` reads every commit twice, a fifth more in all. What a configuration could
#: change about `git log` is set.
LOG = (
    "log", "-c", "--root", *_FORM, _SUBMODULES, "--no-textconv", "--no-relative", "--no-color",
    "--no-show-signature", "--no-decorate", "--no-notes", "--no-mailmap", "-O/dev/null",
)  # fmt: skip
#: The same for `commit_diffs.of_walk`: the oldest commit first, with changed folders (`-t`).
WALK = (*LOG, "-t", "-z", "--format=format:%H %T %P", "--reverse", "--topo-order")
#: How the record of a new file begins.
_NO_FILE = f":{NOTHING}"


def between(repository: Repository, old: str, new: str) -> list[Blob]:
    """The changes between two trees, or those of two commits."""
    return changes(repository.run(*DIFF_TREE, old, new))


def changes(out: bytes, unmerged: list[str] | None = None) -> list[Blob]:
    """The changes in the output of DIFF_TREE or DIFF_INDEX.

    Nothing is recorded from unmerged paths; they are put into `unmerged`.
    """
    text = decode(out)
    # :000000 100644 <zeros> <id> A: what all lines of a large commit begin with, mostly
    at = text.find("\0") // 2 + 7
    plain = f":{NOTHING} {REGULAR[0]} ".ljust(at - 1, "0") + " "
    fields = text.split("\0")
    if text.startswith(plain):
        end = at + at - 16  # so many digits has an id
        records = fields[:-1:2]
        oids = [record[at:end] for record in records if record.startswith(plain)]
        if len(oids) == len(records):
            return list(map(Blob, fields[1::2], oids))
    found = []
    for record, path in zip(fields[:-1:2], fields[1::2], strict=True):
        if record[-1] != "U":
            found.append(change(record, path))
        elif unmerged is not None:
            unmerged.append(path)
    return found


def changes_in_pieces(
    pieces: Iterable[bytes], unmerged: list[str] | None = None
) -> Iterator[list[Blob]]:
    """As `changes`, of an output that comes in pieces of any length."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = rest.rfind(b"\0") + 1
        if rest.count(b"\0", 0, end) % 2:
            end = rest.rfind(b"\0", 0, end - 1) + 1  # the path is still to come
        yield changes(rest[:end], unmerged)
        rest = rest[end:]


def change(record: str, path: str) -> Blob:
    """The change that a record describes.

    Of a merge it is the change against a parent that has the content already, if one has.
    """
    if record.startswith("::"):
        modes, ids = parts(record)
        parents = zip(modes[:-1], ids[:-1], strict=True)
        found = [
            change(f":{old} {modes[-1]} {before} {ids[-1]} M", path) for old, before in parents
        ]
        return next((one for one in found if not one.introduces), found[0])
    old, mode, before, oid, _ = record.split(" ")
    # Where there is nothing, the id is zeros.
    oid, before = "" if mode == NOTHING else oid, "" if old == _NO_FILE else before
    return Blob(path, oid, mode, before, before_mode=old[1:])


def parts(record: str) -> tuple[list[str], list[str]]:
    """The modes and the ids of a record: those of the parents, the new one last."""
    parents = record.count(":")
    words = record[parents:].split(" ")
    return words[: parents + 1], words[parents + 1 : -1]
