"""Git LFS that is not installed: the command that installs it on this system."""

from __future__ import annotations

import os
import sys

from pmgit.git import process
from pmgit.git.program import path_of

#: The first of these programs that is on the PATH decides.
_LINUX = (
    ("apt-get", "sudo apt-get install git-lfs"),
    ("dnf", "sudo dnf install git-lfs"),
    ("yum", "sudo yum install git-lfs"),
    ("zypper", "sudo zypper install git-lfs"),
    ("pacman", "sudo pacman -S git-lfs"),
    ("apk", "sudo apk add git-lfs"),
    ("nix-env", "nix-env -iA nixpkgs.git-lfs"),
)
_MACOS = (("brew", "brew install git-lfs"), ("port", "sudo port install git-lfs"))
_WINDOWS = (
    ("winget", "winget install -e --id GitHub.GitLFS"),
    ("choco", "choco install git-lfs"),
    ("scoop", "scoop install git-lfs"),
)
NOT_IT = "the PyPI project called git-lfs is not it"
_EVERYWHERE = (("conda", "conda install -c conda-forge git-lfs"),)


def is_installed() -> bool:
    """Whether `git lfs` can run.

    Looked for where git looks, not run: an alias called lfs would be run instead.
    """
    if path_of("git-lfs"):
        return True
    # git puts the folder of its own programs first on the PATH of what it runs.
    folder = os.fsdecode(process.run("--exec-path")).strip()
    if sys.platform != "win32":
        return os.access(os.path.join(folder, "git-lfs"), os.X_OK)
    # Git for Windows adds its `bin` too, and keeps git-lfs there.
    return any(
        os.path.isfile(os.path.join(folder, *up, "git-lfs.exe")) for up in ((), ("..", "..", "bin"))
    )


def install_command() -> str:
    """The command that installs git-lfs on this system; '' when none is known."""
    systems = {"darwin": _MACOS, "win32": _WINDOWS}
    tools = (*systems.get(sys.platform, _LINUX), *_EVERYWHERE)
    return next((command for tool, command in tools if path_of(tool)), "")


def install_hint() -> str:
    """A hint with the command that installs git-lfs on this system."""
    return f"install it: {install_command() or 'https://git-lfs.com'} ({NOT_IT})"
