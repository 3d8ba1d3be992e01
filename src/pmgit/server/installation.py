"""Installs the pre-receive hook on a server, keeps the hook that was there, and takes ours away.

In the hook the shell finds pmgit and becomes Python; where no hook was there before, nothing is
copied from one process to the next.

Git runs one file, so a hook that was there is kept beside ours and runs after it, with the same
input. In a folder such as `pre-receive.d`, whose files the server runs one after the other, ours
is one more file.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pmgit
from pmgit.core.errors import PmgitError, UsageError
from pmgit.core.shell import quote
from pmgit.git import repository
from pmgit.gitfiles import user_files
from pmgit.hooks import hook_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_MARK = b"#!/bin/sh\n# pmgit server hook "
_VERSION = 4

_TEXT = r"""#!/bin/sh
# pmgit server hook @VERSION@ @DIGEST@
# Written by `pmgit server install`, taken back by `pmgit server install --undo`.
made_folder=@MADE@
python=@PYTHON@
hook=@HOOK@
library=@LIBRARY@
packages=@PACKAGES@
start='import gc, sys
gc.disable()
sys.path += sys.argv[1:3]
del sys.argv[1:3]
from pmgit.hook import run
run()'

judge() {
    # -I: neither the folder nor the environment of a push can put a module in front of ours.
    # utf8: paths are bytes, whatever the locale of the server.
    # -S: what is installed need not be looked through at each start; it takes a tenth of a push.
    if [ -x "$python" ] && [ -f "$library/pmgit/hook.py" ]; then
        exec "$python" -I -S -X utf8 -c "$start" "$library" "$packages" pre-receive@OPTIONS@
    elif [ -x "$python" ] && [ -f "$hook" ]; then
        exec "$python" -I "$hook" pre-receive@OPTIONS@
    elif command -v pmgit-hook >/dev/null 2>&1; then
        exec pmgit-hook pre-receive@OPTIONS@
    fi
    echo "pmgit: this server judges pushes with pmgit, which is not where it was: $hook" >&2
    echo "the push was refused because it could not be judged: tell the server's administrator" >&2
    exit 3
}

case $0 in
    */pre-receive) before=$0.before-pmgit ;;
    *) before= ;;
esac
if [ -z "$before" ] || [ ! -f "$before" ] || [ ! -x "$before" ]; then
    judge
fi

# pmgit judges what is pushed; then the hook runs that was here before, with the same input.
input=$(cat) || exit 3
feed() {
    # Who does not read it closes the pipe; that is no error.
    printf '%s\n' "$input" 2>/dev/null | ("$@")
}
feed judge || exit $?
feed "$before" "$@" || exit $?
exit 0
"""


def hook_text(*, config: str = "", gitlab: bool = False, made_folder: bool = False) -> bytes:
    """The text of the hook, with a digest that shows whether somebody has changed it."""
    options = " --gitlab" if gitlab else ""
    if config:
        options += f" --config {quote(config)}"
    name = "pmgit-hook.exe" if sys.platform == "win32" else "pmgit-hook"
    values = {
        "VERSION": str(_VERSION),
        "MADE": "yes" if made_folder else "no",
        "PYTHON": quote(sys.executable),
        "HOOK": quote(os.path.join(os.path.dirname(sys.executable), name)),
        "LIBRARY": quote(os.path.dirname(os.path.dirname(os.path.abspath(pmgit.__file__)))),
        "PACKAGES": quote(sysconfig.get_path("purelib")),
    }
    lines = _TEXT
    for key, value in values.items():
        lines = lines.replace(f"@{key}@", value)
    # Last: a path may hold anything.
    data = lines.replace("@OPTIONS@", options).encode("utf-8", "surrogateescape")
    return data.replace(b"@DIGEST@", _digest(data), 1)


def _digest(data: bytes) -> bytes:
    """Of all but the first two lines, one of which holds it."""
    rest = data.split(b"\n", 2)[2]
    return hashlib.sha256(rest).hexdigest()[:16].encode("ascii")


def is_ours(data: bytes) -> bool:
    """Whether this is a hook that pmgit wrote, changed since or not."""
    return data.startswith(_MARK)


HOOK = "pre-receive"
#: The name in a folder of hooks; what was there before is kept beside ours under SAVED.
IN_FOLDER = "pmgit"
SAVED = f"{HOOK}.before-pmgit"


@dataclass
class ServerHook:
    """Where the hook of a server goes.

    `path` is the file, `chains` whether a hook that is there is kept and run, `repository` the
    bare repository that it is for ('' for a folder that several of them share).
    """

    path: str
    chains: bool
    repository: str = ""

    @property
    def saved(self) -> str:
        """Where the hook is kept that was there before."""
        return os.path.join(os.path.dirname(self.path), SAVED)

    @property
    def content(self) -> bytes | None:
        """The content of the hook file; None without one. A link counts by the file it leads to."""
        try:
            with open(self.path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b"" if os.path.islink(self.path) else None
        except OSError as error:
            raise PmgitError(f"{self.path} could not be read: {error.strerror}") from error


def find(folder: str) -> ServerHook:
    """Where the hook goes for DIR: a bare repository, or a folder of hooks. Raises UsageError."""
    folder = os.path.abspath(folder)
    if not os.path.isdir(folder):
        raise UsageError(f"there is no folder {folder}")
    name = os.path.basename(folder)
    if os.path.isfile(f"{folder}/HEAD") and os.path.isdir(f"{folder}/objects"):
        # core.hooksPath may lead to another folder.
        return _in_hooks(hook_state.hooks_folder(repository.at(folder)), folder)
    if name.endswith(".d"):
        return ServerHook(os.path.join(folder, IN_FOLDER), chains=False)
    # `common` is what gitolite links into every repository.
    if name in ("custom_hooks", "hooks", "common"):
        return _in_hooks(folder)
    raise UsageError(
        f"{folder} is neither a bare repository nor a folder of hooks",
        "name a bare repository, or the folder pre-receive.d or custom_hooks of the server;"
        " a clone is set up with: pmgit init",
    )


def _in_hooks(hooks: str, bare: str = "") -> ServerHook:
    # As Gitea, Forgejo and GitLab have it: their own pre-receive runs all files of this folder.
    several = os.path.join(hooks, f"{HOOK}.d")
    one = ServerHook(os.path.join(hooks, HOOK), chains=True, repository=bare)
    if os.path.isdir(several) and (not bare or _runs_folder(one)):
        return ServerHook(os.path.join(several, IN_FOLDER), chains=False, repository=bare)
    return one


def _runs_folder(place: ServerHook) -> bool:
    """Whether the hook of a repository runs the files of `pre-receive.d`; Git itself does not."""
    text = place.content or b""
    # The one of Gitea has `${hookname}.d`.
    return b".d" in text and not is_ours(text) and _runs(place.path)


def install(place: ServerHook, *, config: str, gitlab: bool, dry_run: bool) -> Iterator[str]:
    """Write the hook; yields a line for each thing that is done. Running twice changes nothing."""
    folder = os.path.dirname(place.path)
    now = place.content
    ours = now is not None and is_ours(now)
    made = not os.path.isdir(folder)
    if now is not None and ours:
        _refuse_changed(place, now)
        made = b"\nmade_folder=yes\n" in now
    wanted = hook_text(config=config, gitlab=gitlab, made_folder=made)
    if now == wanted and _runs(place.path):
        return
    keeps = now is not None and not ours
    if keeps and (not place.chains or os.path.lexists(place.saved)):
        taken = place.saved if place.chains else place.path
        raise PmgitError(
            f"{taken} exists already, and it is not pmgit's", "move it away, then run it again"
        )
    if keeps:
        does = "it runs after pmgit" if _runs(place.path) else "not executable, it does not run"
        yield f"keep the {HOOK} that is there as {place.saved}: {does}"
    yield f"write {place.path}"
    if not dry_run:
        if made and not ours:
            _run(os.mkdir, folder)
        _put(place, wanted, keeps=keeps)


def undo(place: ServerHook, *, dry_run: bool) -> Iterator[str]:
    """Take the hook away and put back what was there; yields a line for each thing."""
    now = place.content
    if now is None or not is_ours(now):
        return
    _refuse_changed(place, now)
    if place.chains and os.path.lexists(place.saved):
        yield f"put back {place.path}"
        if not dry_run:
            # The very file that was there: content, permissions, times, a link as a link.
            _run(os.replace, place.saved, place.path)
        return
    yield f"remove {place.path}"
    if dry_run:
        return
    _run(os.unlink, place.path)
    if b"\nmade_folder=yes\n" in now:
        try:
            os.rmdir(os.path.dirname(place.path))
        except OSError:
            pass  # somebody keeps something there


def _refuse_changed(place: ServerHook, now: bytes) -> None:
    """Raise PmgitError for a hook of ours that is not as pmgit wrote it."""
    is_unchanged = now.split(b"\n", 2)[1].split(b" ")[-1] == _digest(now)
    if not is_unchanged or os.path.islink(place.path):
        raise PmgitError(
            f"{place.path} was changed since pmgit wrote it, and stays",
            "move it away, then run it again",
        )


def _runs(path: str) -> bool:
    return os.name != "posix" or os.access(path, os.X_OK)


def _put(place: ServerHook, data: bytes, *, keeps: bool) -> None:
    """Put the hook in its place in one step: there is no moment without any hook."""
    part = f"{place.path}.{os.urandom(6).hex()}.tmp~"  # no server runs *~
    user_files.write_whole(part, data, new=True)
    try:
        _run(os.chmod, part, 0o755)
        if keeps:
            try:
                os.link(place.path, place.saved, follow_symlinks=False)
            except (OSError, NotImplementedError):
                _run(os.replace, place.path, place.saved)  # no hard links here
        _run(os.replace, part, place.path)
    finally:
        if os.path.exists(part):
            os.unlink(part)


def _run(action: Callable[..., object], *args: object) -> None:
    """Call a function of the system; its OSError becomes a PmgitError."""
    try:
        action(*args)
    except OSError as error:
        raise PmgitError(f"{error.filename}: {error.strerror}", "see who may write there") from None
