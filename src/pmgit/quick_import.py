"""The modules of pmgit, imported as Python does it, with less around it.

A hook imports forty to seventy small modules, each of which costs importlib more for its generality
(lists of folders, kinds of files, kinds of caches) than the module itself takes. This finder knows
that `pmgit.a.b` is `a/b.py` and reads the compiled file beside it, if that is for this very source.
In all other cases it has no answer, and Python goes its own way.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import (  # type: ignore[attr-defined]
    MAGIC_NUMBER,
    SourceFileLoader,
    _compile_bytecode,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

_OPEN = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
#: What a compiled file begins with whose source is told by time and size (PEP 552).
_BEGIN = MAGIC_NUMBER + bytes(4)
_HEADER = 16


class _Loader(SourceFileLoader):
    """Python's own loader, which is told the compiled code instead of looking for it."""

    compiled = b""

    def get_code(self, name: str) -> CodeType | None:
        """The code of the module."""
        code: CodeType = _compile_bytecode(memoryview(self.compiled)[_HEADER:], name, None, None)
        self.compiled = b""
        return code


class Finder:
    """Finds modules of pmgit that are compiled; packages and all else are left to Python."""

    def __init__(self, tag: str) -> None:
        self._end = f".{tag}.pyc"

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module, when it is one of ours."""
        if path is None or not name.startswith("pmgit."):
            return None
        folder, leaf = path[0], name[name.rindex(".") + 1 :]
        source, cached = f"{folder}/{leaf}.py", f"{folder}/__pycache__/{leaf}{self._end}"
        try:
            of_source = os.stat(source)
            fd = os.open(cached, _OPEN)
            try:
                data = os.read(fd, os.fstat(fd).st_size)
            finally:
                os.close(fd)
        except OSError:
            return None
        time, size = int(of_source.st_mtime) & 0xFFFFFFFF, of_source.st_size & 0xFFFFFFFF
        if data[:_HEADER] != _BEGIN + time.to_bytes(4, "little") + size.to_bytes(4, "little"):
            return None
        loader = _Loader(name, source)
        loader.compiled = data
        spec = ModuleSpec(name, loader, origin=source)
        spec.has_location = True
        spec.cached = cached
        return spec


def install() -> None:
    """Let this find the modules that are imported from now on.

    Not where Python was told something special about compiled files.
    """
    tag = sys.implementation.cache_tag
    if tag and not (sys.flags.optimize or sys.pycache_prefix):
        sys.meta_path.insert(0, Finder(tag))
