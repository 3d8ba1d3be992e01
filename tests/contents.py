"""A folder of a test as data, so that what took many processes to make is made once and written.

A copy by its files would take a folder of the session; this one is kept by who calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: What lies in a folder, by path: the content of files, None for folders.
Contents = dict[str, "bytes | None"]


def read(top: Path) -> Contents:
    """All that lies in a folder."""
    return {
        str(file.relative_to(top)): file.read_bytes() if file.is_file() else None
        for file in sorted(top.rglob("*"))
    }


def write(top: Path, contents: Contents) -> None:
    """Make all this in a folder, which may be there; modes are not kept."""
    top.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if content is None:
            (top / name).mkdir()
        else:
            (top / name).write_bytes(content)
