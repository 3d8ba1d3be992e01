"""What Git LFS writes, without its 10 or 14 processes: its settings, hooks and objects."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.kit import Repo, isolated_environment, pointer


@cache
def _written(*options: str) -> tuple[str, dict[str, bytes]]:
    """What it adds to the configuration of a new repository, and the hooks that it writes."""
    with TemporaryDirectory() as folder:
        repo = Repo(Path(folder, "repo"), isolated_environment(Path(folder, "home")))
        config = repo.path / ".git/config"
        before = config.read_text()
        repo.git("lfs", "install", "--local", *options)
        after = config.read_text()
        assert after.startswith(before)
        hooks = (repo.path / ".git/hooks").glob("*")
        return after.removeprefix(before), {hook.name: hook.read_bytes() for hook in hooks}


def install_lfs(repo: Repo, *options: str) -> None:
    """Set Git LFS up in a repository that has neither its filter nor hooks of its own."""
    lines, hooks = _written(*options)
    config = repo.path / ".git/config"
    text = config.read_text()
    assert '[filter "lfs"]' not in text
    assert "hooksPath" not in text or not hooks
    config.write_text(text + lines)
    if "--skip-repo" not in options:
        # pmgit asks whether this is there.
        (repo.path / ".git/lfs/tmp").mkdir(parents=True, exist_ok=True)
    _put(repo, hooks)


def store(repo: Repo, content: bytes) -> None:
    """Put content where Git LFS keeps it, as its filter does."""
    oid = hashlib.sha256(content).hexdigest()
    repo.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", content)


def stage_sent(repo: Repo, path: str, content: bytes) -> None:
    """Write a file and stage its pointer, as `git add` does where Git LFS gets the path."""
    repo.write(path, content)
    repo.stage_blob(path, pointer(content))
    store(repo, content)


def put_hooks(repo: Repo) -> None:
    """The hooks alone, where none is: `git lfs update` would start 10 processes for them."""
    if not (repo.path / ".git/hooks").exists():
        _put(repo, _written()[1])


def _put(repo: Repo, hooks: dict[str, bytes]) -> None:
    folder = repo.path / ".git/hooks"
    for name, content in hooks.items():
        folder.mkdir(exist_ok=True)
        assert not (folder / name).exists(), name
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
