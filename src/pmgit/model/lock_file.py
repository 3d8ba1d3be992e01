"""pmgit.lock: which bytes a model consists of, and where they are from; one file per model.

INFO.md is for people, this is for machines: sorted, one line for each file, so that two branches
that add or update different models merge without a conflict. It holds no address of a server that
somebody happens to use, no token, and nothing that changes by itself.
"""

from __future__ import annotations

from pmgit.core.errors import PmgitError, UsageError, cut
from pmgit.model.folder import INFO, LOCK
from pmgit.model.naming import DEVICES, fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

VERSION = 1
#: A lock of 10,000 files has 2 MB.
MAX_BYTES = 10_000_000
#: All that stands before the files.
_MAX_HEAD = 100_000
#: Each file has an opening brace and four keys.
_KEYS = 60_000
#: Where a model is from: the Hub, ModelScope, an address, or this machine alone.
HUB, MODELSCOPE, URL, LOCAL = "huggingface", "modelscope", "url", "local"
SOURCES = (HUB, MODELSCOPE, URL, LOCAL)

#: What most file systems take as the name of a file, in bytes.
_MAX_PART = 255

_HEX = frozenset("0123456789abcdef")
_HEADER = "# Written by pmgit: which bytes this model consists of. INFO.md is for people."


class LockError(PmgitError):
    """A pmgit.lock that cannot be used; the message says where and why.

    `argv` are the words of the Git command that gets a whole one; () where no command does.
    """

    def __init__(self, message: str, hint: str = "", *argv: str) -> None:
        super().__init__(message, hint)
        self.argv = argv


class LockedFile:
    """A file as it was locked.

    `path` counts from the model's folder; `size` is in bytes, `sha256` of the content (64
    hexadecimal digits); `blob` is the id by which the Hub knows it, '' when it is not from there.
    """

    __slots__ = ("blob", "path", "sha256", "size")

    def __init__(self, path: str, size: int, sha256: str, blob: str = "") -> None:
        self.path = path
        self.size = size
        self.sha256 = sha256
        self.blob = blob

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LockedFile) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"LockedFile{self._values()!r}"

    def _values(self) -> tuple[str, int, str, str]:
        return (self.path, self.size, self.sha256, self.blob)


class Lock:
    """A pmgit.lock, read.

    `source` has `type` (one of SOURCES) and what that needs to be fetched again; `license` is as
    the source names it ('' when it does not), `created` the ISO date of the first lock,
    `parameters` counts numbers by their type. `files` are sorted by path.
    """

    __slots__ = ("created", "files", "license", "parameters", "source")

    def __init__(
        self,
        source: Mapping[str, Any],
        files: Iterable[LockedFile],
        *,
        created: str,
        license: str = "",
        parameters: Mapping[str, int] | None = None,
    ) -> None:
        self.source = dict(source)
        self.files = tuple(sorted(files, key=lambda file: file.path))
        self.created = created
        self.license = license
        self.parameters = dict(parameters or {})

    @property
    def type(self) -> str:
        """The kind of source that the model is from, one of SOURCES."""
        return str(self.source["type"])

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files)


def render(lock: Lock) -> bytes:
    """The lock as the bytes of its file; the same for the same lock."""
    lines = [_HEADER, f"version = {VERSION}", f"created = {_text(lock.created)}", "", "[source]"]
    order = ["type", *sorted(key for key in lock.source if key != "type")]
    lines += [f"{key} = {_value(lock.source[key])}" for key in order]
    if lock.license:
        lines += ["", "[license]", f"id = {_text(lock.license)}"]
    if lock.parameters:
        lines += ["", "[parameters]"]
        lines += [f"{_key(dtype)} = {lock.parameters[dtype]}" for dtype in sorted(lock.parameters)]
    lines += ["", "[content]", "files = ["]
    lines += [f"    {_line(file)}," for file in lock.files]
    return "\n".join([*lines, "]", ""]).encode("utf-8")


def parse(data: bytes, place: str) -> Lock:
    """The lock in `data`, the bytes of the file `place`.

    Raises LockError for what is no lock, of a newer pmgit, or names a path that must not be
    written to.
    """
    lock = _as_written(data)
    if lock:
        return lock
    from pmgit.core import toml_subset

    try:
        document = toml_subset.read(data, place, MAX_BYTES, keys=_KEYS)
    except UsageError as error:
        if b"\n<<<<<<< " in b"\n" + data:
            message = f"{place}: two branches have changed it, and it is not merged"
            raise LockError(message, *TAKE_ONE) from None
        raise LockError(error.message, *RESTORE) from None
    return _read(document, place)


def license_of(data: bytes) -> tuple[str, int]:
    """The license that the bytes of a lock name, and its line, from 1; ('', 0) without one.

    Nothing is said about what is wrong in the lock.
    """
    from pmgit.core import toml_subset

    head = data[:_MAX_HEAD].decode("utf-8", "replace").partition("\n[content]")[0]
    table = (toml_subset.loads(head) or {}).get("license")
    found = table.get("id") if isinstance(table, dict) else None
    if not isinstance(found, str) or not found:
        return "", 0
    return found, head.partition("\n[license]")[0].count("\n") + 3


def _as_written(data: bytes) -> Lock | None:
    """The lock in bytes that are just as `render` writes them; None for all others.

    Importing tomllib costs 15 ms, which a program that asks where a model is must not wait for.
    That the same bytes come out again proves that nothing was misread.
    """
    from pmgit.core import toml_subset

    try:
        head, found, rest = data.decode("utf-8").partition("\n[content]\nfiles = [\n")
    except UnicodeDecodeError:
        return None
    if not found or len(data) > MAX_BYTES or "\\" in rest:
        return None
    rows = []
    for line in rest.removesuffix("]\n").splitlines():
        name, _, facts = line.removeprefix('    { path = "').partition('", size = ')
        size, _, hashes = facts.partition(', sha256 = "')
        sha256, _, blob = hashes.removesuffix('" },').partition('", blob = "')
        if not size.isdecimal() or len(size) > 20:
            return None
        row: dict[str, Any] = {"path": name, "size": int(size), "sha256": sha256}
        rows.append({**row, "blob": blob} if blob else row)
    document = toml_subset.loads(head)
    if document is None:
        return None
    try:
        lock = _read({**document, "content": {"files": rows}}, "")
        return lock if render(lock) == data else None
    except (LockError, TypeError):
        return None


def _read(document: dict[str, Any], place: str) -> Lock:
    """The lock that a document of TOML holds; raises LockError as `parse` does."""
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise LockError(f"{place}: it is of a newer pmgit (version {version})", "update pmgit")
    if not _is_size(version) or version != VERSION:
        raise LockError(f"{place}: it has no version = {VERSION}", *RESTORE)
    source = _table(document, "source", place)
    if source.get("type") not in SOURCES:
        raise LockError(f"{place}: [source] has no type of {', '.join(SOURCES)}", *RESTORE)
    revision = source.get("revision")
    is_commit = revision is None or is_hex(revision, 40) or is_hex(revision, 64)
    if source["type"] in (HUB, MODELSCOPE) and not is_commit:
        # A branch would have other bytes tomorrow.
        raise LockError(f"{place}: [source] has a revision that is no full commit", *RESTORE)
    license = _table(document, "license", place).get("id", "")
    parameters = _table(document, "parameters", place)
    rows = _table(document, "content", place).get("files")
    if not isinstance(rows, list):
        raise LockError(f"{place}: [content] has no list of files", *RESTORE)
    files = [_file(row, place) for row in rows]
    odd = clash([file.path for file in files])
    if odd:
        raise LockError(f"{place}: {cut(repr(odd))} is listed twice, or below a file", *RESTORE)
    if not isinstance(license, str) or not all(_is_size(count) for count in parameters.values()):
        raise LockError(f"{place}: [license] or [parameters] is not as pmgit writes it", *RESTORE)
    return Lock(
        source,
        files,
        created=str(document.get("created", "")),
        license=license,
        parameters=parameters,
    )


#: The hint, and the words of the command.
RESTORE = ("bring back what was committed", "git", "restore")
TAKE_ONE = ("take that of one branch (--ours or --theirs)", "git", "checkout", "--ours")


def _table(document: dict[str, Any], name: str, place: str) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise LockError(f"{place}: {name!r} is not a table", *RESTORE)
    return table


def _file(row: object, place: str) -> LockedFile:
    if not isinstance(row, dict) or not isinstance(row.get("path"), str):
        raise LockError(f"{place}: a file without a path", *RESTORE)
    path, size, sha256, blob = row["path"], row.get("size"), row.get("sha256"), row.get("blob", "")
    shown = cut(repr(path))
    problem = trouble_with(path)
    if problem:
        raise LockError(f"{place}: the path {shown} {problem}", *RESTORE)
    if not isinstance(size, int) or not _is_size(size):
        raise LockError(f"{place}: {shown} has no size in bytes", *RESTORE)
    if not isinstance(sha256, str) or not is_hex(sha256, 64):
        raise LockError(f"{place}: {shown} has no sha256 of 64 hexadecimal digits", *RESTORE)
    if blob and not (is_hex(blob, 40) or is_hex(blob, 64)):
        raise LockError(f"{place}: {shown} has a blob that is no id", *RESTORE)
    return LockedFile(path, size, sha256, blob)


def trouble_with(path: str) -> str:
    """Why a path of a source or a lock must not be written to; '' when it may.

    It stays inside of the model's folder on every system, and is none of the files that pmgit, Git
    or a shell gives a meaning.
    """
    parts = path.split("/")
    if not path or path.startswith("/") or "\\" in path or ":" in path:
        return "is not one below the model's folder"
    if any(part in ("", ".", "..") for part in parts):
        return "is not one below the model's folder"
    if len(path.encode("utf-8", "surrogatepass")) > 1000 or not path.isprintable():
        return "is too long, or holds characters that cannot be shown"
    if any(len(part.encode("utf-8")) > _MAX_PART for part in parts):
        return "has a part that is too long for a file's name"
    if any(part != part.strip(" ") or part.endswith(".") for part in parts):
        return "has a part that begins or ends with a blank or ends with a dot"
    lowered = [part.lower() for part in parts]
    if any(part.startswith(".git") or part.partition(".")[0] in DEVICES for part in lowered):
        return "is one that Git or Windows gives a meaning of its own"
    if path.lower() in (INFO.lower(), LOCK):
        return "is one of pmgit's own files"
    return ""


def clash(paths: Iterable[str]) -> str:
    """A path that cannot lie beside the others on every system; '' for none.

    Another one is the same on systems that ignore case, or it is the folder of this one.
    """
    seen: set[str] = set()
    every = list(paths)
    for path in every:
        name = fold(path)
        if name in seen:
            return path
        seen.add(name)
    for path in every:
        name = fold(path)
        if any(name[:at] in seen for at, char in enumerate(name) if char == "/"):
            return path
    return ""


def _is_size(value: object) -> bool:
    """Whether this is a whole number as sizes and counts are; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def is_hex(value: object, digits: int) -> bool:
    """Whether a value is a text of so many hexadecimal digits in lower case."""
    return isinstance(value, str) and len(value) == digits and _HEX.issuperset(value)


def _line(file: LockedFile) -> str:
    blob = f', blob = "{file.blob}"' if file.blob else ""
    return f'{{ path = {_text(file.path)}, size = {file.size}, sha256 = "{file.sha256}"{blob} }}'


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a lock")


def _key(text: str) -> str:
    return text if text.isascii() and text.replace("_", "").isalnum() else _text(text)


def _text(text: str) -> str:
    """A basic string of TOML."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
