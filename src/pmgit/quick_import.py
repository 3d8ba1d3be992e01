"""The modules of pmgit, imported as Python does it, with less around it.

A hook imports forty to seventy small modules, each of which costs importlib more for its generality
(lists of folders, kinds of files, kinds of caches) than the module itself takes. This finder knows
that `pmgit.a.b` is `a/b.py` and reads the compiled file beside it, if that is for this very source.
In all other cases it has no answer, and Python goes its own way; so it can never run old code.

What `importlib.machinery` would be imported for (0.6 ms) this module has itself: the class of its
specification and of its loader, and the first bytes of its own compiled file.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec, SourceFileLoader
    from types import CodeType, ModuleType
else:
    ModuleSpec, SourceFileLoader = type(__spec__), type(__spec__.loader)

_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
#: Of a compiled file: Python's magic number and what the source is told by; then its time and
#: size, where it is told by these (PEP 552).
_KIND, _HEADER = 8, 16
#: Small enough to be read into memory that the process has already.
_MOST_BYTES = 1 << 16


class _Loader(SourceFileLoader):
    """Python's own loader, which is told the compiled code instead of looking for it."""

    code: CodeType | None = None

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the module."""
        code, self.code = self.code, None
        return code or super().get_code(fullname)


class Finder:
    """Finds modules of pmgit that are compiled; all else is left to Python.

    `kind` is what a compiled file begins with, `tag` what its name says of this Python.
    """

    def __init__(self, kind: bytes, tag: str) -> None:
        self._kind = kind
        self._end = f".{tag}.pyc"

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module, when it is one of ours."""
        if path is None or not name.startswith("pmgit."):
            return None
        sep, leaf = os.sep, name[name.rindex(".") + 1 :]
        folder, inside = path[0], f"{path[0]}{sep}{leaf}"
        source, is_package = f"{inside}.py", False
        try:
            try:
                of_source = os.stat(source)
            except FileNotFoundError:
                folder, leaf, is_package = inside, "__init__", True
                source = f"{inside}{sep}__init__.py"
                of_source = os.stat(source)
            cached = f"{folder}{sep}__pycache__{sep}{leaf}{self._end}"
            data = _read(cached)
        except OSError:
            return None
        time, size = int(of_source.st_mtime) & 0xFFFFFFFF, of_source.st_size & 0xFFFFFFFF
        header = self._kind + time.to_bytes(4, "little") + size.to_bytes(4, "little")
        if not data.startswith(header) or len(data) == _MOST_BYTES:
            return None
        try:
            # Nothing else than Python itself would load from there.
            code = marshal.loads(memoryview(data)[_HEADER:])  # noqa: S302
        except (ValueError, EOFError, TypeError):
            return None  # damaged: Python says so
        if code.co_filename != source:
            return None  # it was moved: Python tells its code where it is now
        loader = _Loader(name, source)
        loader.code = code
        spec = ModuleSpec(name, loader, origin=source, is_package=is_package)
        spec.has_location = True
        spec.cached = cached
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(inside)
        return spec


def _read(path: str) -> bytes:
    fd = os.open(path, _OPEN)
    try:
        return os.read(fd, _MOST_BYTES)
    finally:
        os.close(fd)


def install() -> None:
    """Let this find the modules that are imported from now on.

    Not where Python was told something special about compiled files, or has none of this one.
    """
    tag = sys.implementation.cache_tag
    if not tag or sys.flags.optimize or sys.pycache_prefix:
        return
    try:
        kind = _read(__spec__.cached or "")[:_KIND]
    except OSError:
        return
    # Zeros behind the magic number: the source is told by time and size.
    if len(kind) == _KIND and not any(kind[4:]):
        sys.meta_path.insert(0, Finder(kind, tag))
