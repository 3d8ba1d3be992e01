"""What a source lists of a model: files, commit, license; checked before they are used."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.errors import cut
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import is_hex, trouble_with
from pmgit.model.naming import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: In any folder: an INFO.md makes a model of its own where none lies above.
_OURS = frozenset({INFO.lower(), LOCK})
#: What every repository of the Hub has, and no model needs: left out without a word.
_USUAL = frozenset({".gitattributes", ".gitignore", ".gitkeep"})


@dataclass(frozen=True)
class RemoteFile:
    """A file of a source.

    `path` counts from the model's folder; `size` is in bytes (-1: unknown), `sha256` of the content
    ('' unknown). `blob` is the id of the blob in the source's Git repository ('' unknown): of the
    content where there is no sha256, else of the Git LFS pointer. `prefix` is how the sha256 must
    begin, as the name of the file says ('': it says nothing). `etag` is that of an address.
    """

    path: str
    size: int = -1
    sha256: str = ""
    blob: str = ""
    prefix: str = ""
    etag: str = ""


@dataclass
class Listing:
    """A model at one commit of a source.

    `source` is what the lock records in [source]: `type`, what that needs, and the full commit as
    `revision` (an address has none). `files` are sorted by path, and their paths may be written to.
    `license` is as the source names it, several joined by ", " ('' when it names none); for "other"
    there may be `license_name` and `license_link`. `gated`: one must ask for access on `page`, the
    address for people. `parameters` counts numbers by their type. `notes` are for people: what was
    left out of the files and why, and what else they should know.
    """

    source: Mapping[str, str]
    files: Sequence[RemoteFile]
    _: KW_ONLY
    page: str
    license: str = ""
    license_name: str = ""
    license_link: str = ""
    gated: bool = False
    private: bool = False
    parameters: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Leave out the files that must not be written, with a note for each."""
        self.files, left_out = _writable(self.files)
        self.notes = (*self.notes, *left_out)

    @property
    def stated_license(self) -> str:
        """The license in one line; for "other" its name and link."""
        own = " ".join(word for word in (self.license_name, self.license_link) if word)
        text = own if self.license == "other" and own else self.license
        return "".join(char for char in text if char.isprintable())[:200]

    @property
    def revision(self) -> str:
        """The full commit; '' for an address."""
        return self.source.get("revision", "")

    @property
    def size(self) -> int:
        """The bytes of all files together, as far as they are known."""
        return sum(max(file.size, 0) for file in self.files)


def a_file(path: object, size: object, sha256: object, blob: object = "") -> RemoteFile:
    """A file as a source lists it; what is not of the right form counts as unknown."""
    return RemoteFile(
        path if isinstance(path, str) else "",
        size
        if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 62
        else -1,
        sha256 if is_hex(sha256, 64) else "",  # type: ignore[arg-type]
        blob if is_hex(blob, 40) or is_hex(blob, 64) else "",  # type: ignore[arg-type]
    )


def _writable(files: Iterable[RemoteFile]) -> tuple[tuple[RemoteFile, ...], list[str]]:
    """The files that may be written side by side on every system, and a note for each other one."""
    chosen: dict[str, RemoteFile] = {}
    folders: dict[str, str] = {}
    notes = []
    for file in sorted(files, key=lambda file: file.path):
        name = fold(file.path)
        above = [name[:at] for at, char in enumerate(name) if char == "/"]
        trouble = trouble_with(file.path)
        if name.rpartition("/")[2] in _OURS:
            trouble = "is one of pmgit's own files"
        other = chosen.get(name) or next((chosen[one] for one in above if one in chosen), None)
        if not trouble and (other or name in folders):
            same = other.path if other else folders[name]
            trouble = f"is the same as {cut(repr(same))} on systems that ignore case"
        if not trouble:
            chosen[name] = file
            folders.update(dict.fromkeys(above, file.path))
        elif file.path not in _USUAL:
            notes.append(f"{cut(repr(file.path))} of the source is left out: it {trouble}")
    return tuple(chosen.values()), notes
