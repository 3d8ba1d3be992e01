"""The proof of a server's hook: raw weights are pushed to a copy, and the hook refuses them.

The copy borrows the objects of the repository and has its default branch, so it is judged by the
same configuration. Nothing is pushed to the repository itself, and no other hook of it runs.
"""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.core.units import show_size
from pmgit.formats import safetensors
from pmgit.git import process, repository
from pmgit.git.blob import REGULAR, encode
from pmgit.git.cat_file import Batch
from pmgit.git.names import HEADS, PROBE
from pmgit.git.revisions import id_of
from pmgit.git.settings import GitSettings
from pmgit.server.config_source import Settings
from pmgit.server.judge import SERVER_FILE, Server

if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.server.installation import ServerHook

_PROBE = f"{PROBE}/model.safetensors"
_BYTES = 20_000
#: Where raw weights up to a size are allowed, the probe is larger; not for a limit above this.
_MOST = 20_000_000


def prove(place: ServerHook, hook: bytes, config: str) -> str:
    """Prove that a push of raw weights is refused; returns a line that names the configuration.

    Raises PmgitError when it is not, or when the hook could not judge it.
    """
    with TemporaryDirectory(prefix="pmgit-", ignore_cleanup_errors=True) as folder:
        there = os.path.join(os.path.realpath(folder), "server.git")
        form = _format(place.repository)
        _copy(place.repository, there, hook, form)
        by, judged = _configuration(there, config)
        allowed = max(judged.sizes("tracked-weights"), default=0)
        weights = safetensors.file_of(bytes(min(allowed, _MOST)) + os.urandom(_BYTES))
        output = _push(there, judged.models[0], weights, form)
    if output is None or ("judged by: " in output and "raw in Git" not in output):
        raise PmgitError(
            "not installed: raw weights would not be refused",
            f"see what {by} leaves out: select, ignore, exclude, limits",
        )
    if "[remote rejected]" not in output or "raw in Git" not in output:
        lines = [line.removeprefix("remote: ").strip() for line in output.splitlines()]
        raise PmgitError(f"not installed: the hook could not judge a push: {'; '.join(lines[:4])}")
    size = f" ({show_size(len(weights))})" if allowed else ""
    return f"a push of raw weights{size} to a copy is refused, judged by {by}"


def _copy(original: str, there: str, hook: bytes, form: tuple[str, ...]) -> None:
    """A bare repository with the hook, and with what `original` (if any) is judged by."""
    process.run("init", "-q", "--template=", *form, "--bare", there)
    os.makedirs(os.path.join(there, "hooks"))
    path = os.path.join(there, "hooks", "pre-receive")
    with open(path, "wb") as file:
        file.write(hook)
    os.chmod(path, 0o755)  # noqa: S103 - everybody who pushes has to run it
    if not original:
        return
    with open(os.path.join(there, "objects", "info", "alternates"), "wb") as file:
        file.write(os.fsencode(os.path.join(original, "objects")) + b"\n")
    found = repository.at(original)
    if tip := id_of(found, "HEAD"):
        process.run("update-ref", f"{HEADS}pmgit", tip, env={"GIT_DIR": there})
        process.run("symbolic-ref", "HEAD", f"{HEADS}pmgit", env={"GIT_DIR": there})
    named_file = GitSettings(found).text("pmgit.config")
    own = os.path.join(original, named_file or SERVER_FILE)
    if named_file or os.path.exists(own):
        process.run("config", "pmgit.config", os.path.expanduser(own), env={"GIT_DIR": there})


def _format(original: str) -> tuple[str, ...]:
    """The option of `git init` for the format of object ids that a repository, if any, has."""
    if not original:
        return ()
    out = process.run("rev-parse", "--show-object-format", env={"GIT_DIR": original})
    return ("--object-format=" + out.decode("ascii").strip(),)


def _configuration(there: str, config: str) -> tuple[str, Config]:
    """The configuration that the copy judges by: its name in words, and itself."""
    found = repository.at(there)
    batch = Batch(found)
    try:
        by, judged = Server(found, Settings(found, batch, ()), config).for_new_ref()
    finally:
        batch.close()
    return by, judged


def _push(there: str, root: str, weights: bytes, form: tuple[str, ...]) -> str | None:
    """Push raw weights; returns what git printed, None when they were accepted."""
    source = there[: -len("server.git")] + "source.git"
    process.run("init", "-q", "--template=", *form, "--bare", source)
    env = {"GIT_DIR": source}
    path = f"{root}/{_PROBE}".replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    head = (
        f"commit {HEADS}{PROBE}\ncommitter pmgit <pmgit@example.invalid> now\ndata 5\nprobe\n"
        f'M {REGULAR[0]} inline "{path}"\ndata {len(weights)}\n'
    )
    stdin = b"%s%s\n" % (encode(head), weights)
    # Of few objects it would have another process make files.
    whole = ("-c", "fastimport.unpackLimit=1")
    process.run(*whole, "fast-import", "--quiet", "--date-format=now", stdin=stdin, env=env)
    url = "file:///" + there.replace(os.sep, "/").lstrip("/")
    # The other end starts with an environment of its own, and so with its hooks.
    allowed = {**env, "GIT_ALLOW_PROTOCOL": "file"}
    refs = f"{HEADS}{PROBE}:{HEADS}{PROBE}"
    code, _, output = process.start("push", url, refs, env=allowed).wait()
    return output if code else None
