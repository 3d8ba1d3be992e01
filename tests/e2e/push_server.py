"""A server that judges what is pushed to it, and a clone that pushes; both begun once, then copied.

The hook is the one that `pmgit server install` writes. Each push runs it; a fork of pmgit takes the
place of its start, which is a third of what a push costs here, unless a test asks for the start.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pmgit.server import installation
from tests import contents, forked
from tests.kit import BIN, Repo, Result, isolated_environment

#: By what the hook starts pmgit.
START = '"$python" -I -S -X utf8 -c "$start" "$library" "$packages"'


class Server(Repo):
    """A bare repository with the hook, and `clone`, which pushes to it."""

    clone: Repo

    def guard(self, *, config: str = "", gitlab: bool = False, quick: bool = False) -> None:
        """Have Git run the hook as it is installed; what git processes it starts is kept.

        `quick`: Python is not started, but a fork of pmgit-hook asked for.
        """
        text = installation.hook_text(config=config, gitlab=gitlab).decode()
        if quick and (folder := forked.programs()):
            assert START in text
            text = text.replace(START, f'"{folder}/{forked.HOOK}/{forked.HOOK}"')
        self._write(text.replace("\n", f'\nexport GIT_TRACE="{self.trace}"\n', 1))

    def guard_by_hand(self) -> None:
        """The same by a hook of two lines, which leaves all to pmgit-hook, or to a fork of it."""
        self._write(f'#!/bin/sh\nGIT_TRACE="{self.trace}" exec "{quick_hook()}" pre-receive\n')

    def _write(self, text: str) -> None:
        hook = self.path / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(text)
        hook.chmod(0o755)

    @property
    def trace(self) -> Path:
        return self.path.parent / "trace"

    def processes(self) -> list[str]:
        """The git commands that the hook has started since this was last called, sorted."""
        if not self.trace.exists():
            return []
        text = self.trace.read_text()
        self.trace.unlink()
        return sorted(re.findall(r"^.* (?:trace: )?built-in: git (\S+)", text, re.M))

    def push(self, *refs: str, clone: Repo | None = None) -> Result:
        return (clone or self.clone).run(["git", "push", "-q", str(self.path), *refs])

    def refused(self, *refs: str, clone: Repo | None = None) -> str:
        """What the pusher reads when a push is refused; nothing of it may be left here."""
        before = self.state()
        done = self.push(*refs, clone=clone)
        assert done.code == 1, done
        assert "pre-receive hook declined" in done.err, done
        assert self.state() == before
        return "\n".join(line.removeprefix("remote: ").rstrip() for line in done.err.splitlines())

    def accepted(self, *refs: str, clone: Repo | None = None) -> str:
        done = self.push(*refs, clone=clone)
        assert done.code == 0, done
        left = list((self.path / "objects").rglob("pmgit*"))
        assert left == [], "what the hook puts into the quarantine is not for the repository"
        return done.err

    def state(self) -> set[str]:
        """Every ref and every object, quarantines included."""
        files = [str(file) for file in (self.path / "objects").rglob("*") if file.is_file()]
        return {*refs_of(self), *files, *(str(p) for p in (self.path / "objects").glob("tmp_*"))}


def quick_hook() -> str:
    """The program that asks for a fork of pmgit-hook, where there are forks."""
    folder = forked.programs()
    return f"{folder}/{forked.HOOK}/{forked.HOOK}" if folder else f"{BIN}/pmgit-hook"


def refs_of(bare: Repo) -> set[str]:
    """All refs of a bare repository, with what they hold; no process is needed for it."""
    files = [*(bare.path / "refs").rglob("*"), bare.path / "packed-refs", bare.path / "HEAD"]
    return {f"{file} {file.read_text()}" for file in files if file.is_file()}


@cache
def _begun(*init: str) -> contents.Contents:
    """What a first push leaves on both sides, by path: the content of files, None for folders."""
    with TemporaryDirectory() as folder:
        top = Path(folder, "top")
        env = isolated_environment(Path(folder, "home"))
        server = Server(top / "server.git", env, init=("--bare", *init))
        server.guard()
        server.clone = Repo(top / "clone", env, init=init)
        server.clone.stage("README.md", "x\n")
        server.clone.stage("old.txt", "old\n")
        server.clone.commit("Begin")
        server.accepted("main")
        return contents.read(top)


def make_server(tmp_path: Path, env: dict[str, str], *init: str, quick: bool = True) -> Server:
    """A server that has the first commit of its clone's main branch: 20 processes, once."""
    return put_server(tmp_path, env, _begun(*init), quick=quick)


def put_server(
    tmp_path: Path, env: dict[str, str], made: contents.Contents, *, quick: bool = True
) -> Server:
    """A server and its clone, as they were when these contents of both were read."""
    contents.write(tmp_path, made)
    server = Server(tmp_path / "server.git", env, init=None)
    server.guard(quick=quick)
    server.clone = Repo(tmp_path / "clone", env, init=None)
    return server
