"""The blob: a file of Git at a path, and what stood at that path before."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REGULAR = ("100644", "100755")
LINK, SUBMODULE, FOLDER = "120000", "160000", "040000"
#: Fewer are gone through sooner than a search in them is imported.
_MANY = 1000
#: The mode of what is not there.
NOTHING = "000000"

#: `Blob.size` before anybody has asked, and of a blob that a partial clone has not got.
UNKNOWN, NOT_HERE = -2, -1
#: How many times as large as a size that the index tells a blob may be (see `index_sizes`).
GROWTH = 12


class Blob:
    """The content of a file in Git: `size` in bytes, `head` its first bytes once read.

    `before` is the id of what stood at this path before ('' when nothing did), with the mode
    `before_mode`; `commit` the commit that introduced it when a range is judged. In a difference,
    `oid` is '' where a file is deleted. A submodule has mode 160000 and no content.

    One object is a change and a blob: with 50,000 staged files a second one for each costs 60 ms.
    """

    __slots__ = ("before", "before_mode", "commit", "head", "mode", "oid", "path", "size")

    def __init__(
        self,
        path: str,
        oid: str,
        mode: str = REGULAR[0],
        before: str = "",
        commit: str = "",
        *,
        before_mode: str = NOTHING,
    ) -> None:
        self.path = path
        self.oid = oid
        self.mode = mode
        self.before = before
        self.commit = commit
        self.before_mode = before_mode
        self.size = UNKNOWN
        self.head = b""

    @property
    def is_regular(self) -> bool:
        """A file: neither a link nor a submodule."""
        return self.mode in REGULAR

    @property
    def brings(self) -> bool:
        """Whether this change brings content in: another blob, or one that was no file before.

        A link and a submodule name an id as well, which may be that of any blob.
        """
        if self.oid != self.before or self.before_mode == SUBMODULE:
            return bool(self.oid)
        return bool(self.oid) and self.mode in REGULAR and self.before_mode not in REGULAR

    @property
    def leaves(self) -> bool:
        """Whether a file that stood at the path before is not there any more."""
        return self.before_mode in REGULAR and self.oid != self.before

    @property
    def old(self) -> Blob:
        """What stood at the path before."""
        return Blob(self.path, self.before, self.before_mode)

    def __repr__(self) -> str:
        return f"Blob({self.path!r}, {self.oid[:9]}, {self.mode}, {self.size})"


def encode(path: str) -> bytes:
    """A path as Git stores it, also when it is not UTF-8."""
    return path.encode("utf-8", "surrogateescape")


def decode(path: bytes) -> str:
    """A path from Git; bytes that are not UTF-8 become lone surrogates."""
    return path.decode("utf-8", "surrogateescape")


def parse_raw_diff(out: bytes, unmerged: list[str] | None = None) -> list[Blob]:
    """The changes in the output of `diff-index --raw -z` or `diff-tree --raw -z`.

    Nothing is recorded from unmerged paths; they are put into `unmerged`.
    """
    text = decode(out)
    # :000000 100644 <zeros> <id> A: what all lines of a large commit begin with, mostly
    at = text.find("\0") // 2 + 7
    plain = f":{NOTHING} {REGULAR[0]} ".ljust(at - 1, "0") + " "
    fields = text.split("\0")
    if text.startswith(plain):
        end = at + at - 16  # so many digits has an id
        heads = fields[:-1:2]
        oids = [head[at:end] for head in heads if head.startswith(plain)]
        if len(oids) == len(heads):
            return list(map(Blob, fields[1::2], oids))
    changes = []
    for head, path in zip(fields[:-1:2], fields[1::2], strict=True):
        # :100644 100644 <old id> <new id> M
        old_mode, mode, before, oid, status = head.split(" ")
        if status == "U":
            if unmerged is not None:
                unmerged.append(path)
            continue
        if old_mode == f":{NOTHING}":
            before = ""
        if status == "D":
            oid = ""
        changes.append(Blob(path, oid, mode, before, before_mode=old_mode[1:]))
    return changes


def parse_raw_diffs(
    chunks: Iterable[bytes], unmerged: list[str] | None = None
) -> Iterator[list[Blob]]:
    """As `parse_raw_diff`, of an output that comes in pieces of any length."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        end = rest.rfind(b"\0") + 1
        if rest.count(b"\0", 0, end) % 2:
            end = rest.rfind(b"\0", 0, end - 1) + 1  # the path is still to come
        yield parse_raw_diff(rest[:end], unmerged)
        rest = rest[end:]


def change_of(path: str, modes: Sequence[str], ids: Sequence[str]) -> Blob:
    """The change of a commit: `modes` and `ids` of its parents, then its own; zeros for nothing.

    Of a merge it is the change against a parent that has the content already, if one has.
    """
    *befores, oid = [oid if oid.strip("0") else "" for oid in ids]
    changes = [
        Blob(path, oid, modes[-1], before, before_mode=mode)
        for mode, before in zip(modes, befores, strict=False)
    ]
    return next((change for change in changes if not change.brings), changes[0])


def parse_listing(out: bytes) -> list[Blob]:
    """The entries in the output of `ls-files -s -z`; unmerged ones are left out."""
    # 100644 <id> 0<TAB><path>
    lines = decode(out).split("\0")
    at = lines[0].find("\t") + 1
    return [
        Blob(line[at:], line[7 : at - 3], line[:6]) for line in lines if line[at - 3 : at] == " 0\t"
    ]


def parse_tree(out: bytes) -> list[Blob]:
    """The entries in the output of `ls-tree -z`."""
    # 100644 blob <id><TAB><path>
    found = []
    for line in decode(out).split("\0"):
        head, tab, path = line.partition("\t")
        if tab:
            mode, _, oid = head.split(" ")
            found.append(Blob(path, oid, mode))
    return found


def tree_entries(data: bytes, width: int) -> Iterator[tuple[bytes, bytes, str]]:
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


def at_or_below(changes: list[Blob], places: Iterable[str]) -> list[Blob]:
    """Of a difference, sorted by path as Git prints it, what lies at these places or below."""
    found: list[Blob] = []
    above = "/"
    for place in sorted(places, key=lambda place: f"{place}/"):
        begin = f"{place}/"
        if begin.startswith(above):
            continue  # it has been found already
        above = begin
        part = changes
        if len(changes) >= _MANY and place.isascii():
            # Git sorts bytes: of other characters the order may be another.
            from bisect import bisect_left

            first = bisect_left(changes, place, key=_path)
            part = changes[first : bisect_left(changes, f"{place}0", first, key=_path)]
        found += [blob for blob in part if blob.path.startswith(begin) or blob.path == place]
    return found


def changed(
    before: Iterable[Blob], changes: Iterable[Blob], unmerged: Iterable[str]
) -> dict[str, Blob]:
    """What the index has, by path, where HEAD has `before`."""
    found = {blob.path: blob for blob in before}
    for change in changes:
        if change.oid:
            found[change.path] = change
        else:
            found.pop(change.path, None)
    for path in unmerged:
        found.pop(path, None)
    return found


def folders_of(paths: Iterable[str]) -> set[str]:
    """The folders that these paths lie in, and all above them; '' is the top."""
    found = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _path(blob: Blob) -> str:
    return blob.path


def introduced_by(changes: Iterable[Blob], commit: str = "") -> list[Blob]:
    """The blobs that a change brings in, marked with the commit that did.

    A file whose content stays the same (its mode changed) brings in nothing.
    """
    # As `Blob.brings`, without a call for each of 50,000.
    found = [
        change
        for change in changes
        if change.oid
        and (
            change.oid != change.before
            or (change.mode in REGULAR and change.before_mode not in REGULAR)
            or change.before_mode == SUBMODULE
        )
    ]
    if commit:
        for blob in found:
            blob.commit = commit
    return found


def removed_by(changes: Iterable[Blob]) -> dict[tuple[str, str], list[str]]:
    """The paths that files leave in a change, by ('', blob id).

    A file leaves its path when it is deleted, and also when another takes its place.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        if change.leaves:
            found.setdefault(("", change.before), []).append(change.path)
    return found
