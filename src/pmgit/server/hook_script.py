"""The text of the pre-receive hook that `pmgit server install` writes.

The shell finds pmgit and becomes Python; where no hook was there before, nothing is copied from one
process to the next.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig

import pmgit
from pmgit.core.shell import quote

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


def text(*, config: str = "", gitlab: bool = False, made_folder: bool = False) -> bytes:
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


def is_unchanged(data: bytes) -> bool:
    """Whether it is as pmgit wrote it."""
    return is_ours(data) and data.split(b"\n", 2)[1].split(b" ")[-1] == _digest(data)
