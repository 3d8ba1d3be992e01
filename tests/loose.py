"""Loose objects, written without a process."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def loose_blob(objects: Path, content: bytes) -> str:
    """Write a blob into a folder of objects (SHA-1), as Git does it; its id."""
    data = b"blob %d\0%b" % (len(content), content)
    oid = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    file = objects / oid[:2] / oid[2:]
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(zlib.compress(data, 1))
        file.chmod(0o444)
    return oid
