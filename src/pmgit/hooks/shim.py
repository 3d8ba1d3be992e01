"""The one source of the Git hooks in `hooks/`: a POSIX shell script that finds pmgit.

The same text serves every stage: the stage is the name of the hook file.
"""

from __future__ import annotations

SHIM = r"""#!/bin/sh
# pmgit: keeps pretrained weights out of Git's history. Made by scripts/generate.py.
# Usable straight from a clone (git config core.hooksPath PATH/hooks) or copied to .git/hooks.
stage=${0##*/}
stage=${stage##*\\}
if command -v pmgit-hook >/dev/null 2>&1; then
    exec pmgit-hook "$stage" "$@"
fi
for python in "${PMGIT_PYTHON-}" python3 python; do
    [ -n "$python" ] || continue
    # -I: neither the repository nor the environment can put a module in front of ours.
    if "$python" -I -c 'import pmgit.hook' >/dev/null 2>&1; then
        exec "$python" -I -m pmgit.hook "$stage" "$@"
    fi
done
echo "pmgit: the $stage hook is installed, but pmgit is not" >&2
echo "hint: install pmgit as its README says (or set PMGIT_PYTHON to a Python that has it)" >&2
exit 3
"""


def is_shim(content: bytes) -> bool:
    """Whether a hook file is this text with any hint: earlier versions had another."""
    return _without_hint(content.replace(b"\r\n", b"\n")) == _without_hint(SHIM.encode())


def _without_hint(text: bytes) -> list[bytes]:
    return [line for line in text.split(b"\n") if not line.startswith(b'echo "hint: ')]
