"""`git lfs install --local` without its 14 processes: what it writes is copied."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.kit import Repo, isolated_environment


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
    config, folder = repo.path / ".git/config", repo.path / ".git/hooks"
    text = config.read_text()
    assert '[filter "lfs"]' not in text
    assert "hooksPath" not in text or not hooks
    config.write_text(text + lines)
    if "--skip-repo" not in options:
        # pmgit asks whether this is there.
        (repo.path / ".git/lfs/tmp").mkdir(parents=True, exist_ok=True)
    for name, content in hooks.items():
        folder.mkdir(exist_ok=True)
        assert not (folder / name).exists(), name
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
