"""pmgit keeps pretrained weights out of Git's history and every model accounted for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

__version__ = "0.1.0"
__all__ = ["__version__", "model_path"]


def model_path(name: str) -> Path:
    """The folder of a model, for code that loads it: `model_path("bert-base-uncased")`.

    `name` is that of the model below the models folder (`bert`, `org/name`), or its path from the
    top of the repository, which is that of the file that calls, else that of the current folder.
    Raises FileNotFoundError, with the command that cures it, when there is no such model, when a
    Git LFS pointer lies in the place of its weights, and when a file is absent or has not the size
    that pmgit.lock says. Files are not read.
    """
    import sys

    from pmgit.model.located import locate

    return locate(name, sys._getframe(1).f_globals.get("__file__"))
