"""The hook chain: the script that `pmgit init` puts where Git looks for a hook.

Git runs one file per hook, and everybody wants to be it: pmgit, Git LFS, pre-commit, the user's
own script. The chain runs them all, in the order that loses nothing: pmgit judges first, before
gigabytes are uploaded, then Git LFS uploads, then comes whatever was there before. A pre-push
hook learns what is pushed on standard input; that is read once and given to each of them whole.
"""

from __future__ import annotations

from pmgit.report.shell import quote

#: What every chain begins with; it is known by this, never by a guess.
MARK = "# pmgit hook chain"
VERSION = 1
#: The hook that was there before is kept beside the chain under this name.
SAVED = "before-pmgit"


def text(
    stage: str,
    python: str,
    *,
    judge: bool = True,
    framework: bool = False,
    only_configured: bool = False,
) -> bytes:
    """The chain for one stage.

    `python` is the interpreter that has pmgit, for a shell without it on the PATH. `judge` runs
    pmgit itself, `framework` pre-commit (where it cannot install its own hook: it refuses to when
    core.hooksPath is set). `only_configured` is for a hook folder that other repositories share:
    there the chain judges only repositories that have a configuration of pmgit.
    """
    return (
        _TEMPLATE.replace("@VERSION@", str(VERSION))
        .replace("@STAGE@", stage)
        .replace("@PYTHON@", quote(python))
        .replace("@JUDGE@", _flag(judge))
        .replace("@FRAMEWORK@", _flag(framework))
        .replace("@CONFIGURED@", _flag(only_configured))
        .encode("utf-8", "surrogateescape")
    )


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def is_chain(content: bytes) -> bool:
    """Whether a hook file is one of our chains, of this version or another."""
    return content.startswith(f"#!/bin/sh\n{MARK} ".encode())


_TEMPLATE = r"""#!/bin/sh
# pmgit hook chain @VERSION@: written by `pmgit init`, taken back by `pmgit init --undo`.
# pmgit judges, Git LFS uploads, then the hook runs that was here before.
stage=@STAGE@
python=@PYTHON@
judge=@JUDGE@
framework=@FRAMEWORK@
only_configured=@CONFIGURED@

here=$(dirname -- "$0")
input=
finish() {
    [ -z "$input" ] || rm -f -- "$input"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

if [ "$stage" = pre-push ]; then
    # Every part below gets the whole of what Git says about this push.
    input=$(mktemp "${TMPDIR:-/tmp}/pmgit-push.XXXXXX") || exit 3
    cat >"$input" || exit 3
fi
with_input() {
    if [ -n "$input" ]; then "$@" <"$input"; else "$@"; fi
}

if [ "$only_configured" = yes ] &&
    ! git cat-file -e HEAD:.pmgit.toml 2>/dev/null && [ ! -f .pmgit.toml ]; then
    judge=no
fi
if [ "$judge" = yes ]; then
    if command -v pmgit-hook >/dev/null 2>&1; then
        with_input pmgit-hook "$stage" "$@" || exit $?
    elif [ -x "$python" ] && "$python" -I -c 'import pmgit.hook' >/dev/null 2>&1; then
        with_input "$python" -I -m pmgit.hook "$stage" "$@" || exit $?
    else
        echo "pmgit: the $stage hook is installed, but pmgit is not" >&2
        echo "hint: pip install pmgit" >&2
        exit 3
    fi
fi

previous="$here/$stage.before-pmgit"
if [ "$stage" = pre-push ] && command -v git-lfs >/dev/null 2>&1; then
    # Twice would ask the server twice: a previous hook that is Git LFS's own does it.
    if ! { [ -x "$previous" ] && grep -q 'git lfs pre-push' "$previous"; }; then
        with_input git lfs pre-push "$@" || exit $?
    fi
fi

if [ -x "$previous" ]; then
    with_input "$previous" "$@" || exit $?
fi

if [ "$framework" = yes ] && [ -f .pre-commit-config.yaml ]; then
    set -- hook-impl --config=.pre-commit-config.yaml --hook-type="$stage" --hook-dir "$here" -- "$@"
    if [ -x "$python" ] && "$python" -I -c 'import pre_commit' >/dev/null 2>&1; then
        with_input "$python" -I -m pre_commit "$@" || exit $?
    elif command -v pre-commit >/dev/null 2>&1; then
        with_input pre-commit "$@" || exit $?
    else
        echo "pmgit: .pre-commit-config.yaml asks for pre-commit, which is not installed" >&2
        echo "hint: pip install pre-commit" >&2
        exit 3
    fi
fi
exit 0
"""
