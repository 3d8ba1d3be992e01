"""What `pmgit server install` writes, without its proof, which takes 30 processes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.kit import Repo, isolated_environment

HOOK = "hooks/pre-receive"


@cache
def _written() -> bytes:
    """The hook; it is the same for every repository of this machine."""
    with TemporaryDirectory() as folder:
        env = isolated_environment(Path(folder, "home"))
        server = Repo(Path(folder, "server.git"), env, init=("--bare",))
        assert server.pmgit("server", "install", ".").code == 0
        return (server.path / HOOK).read_bytes()


def judging_remote(repo: Repo) -> Repo:
    """A bare repository that judges pushes, the remote `origin` of this one."""
    server = repo.add_remote(folder="server.git")
    hook = server.path / HOOK
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(_written())
    hook.chmod(0o755)
    return server
