#!/bin/sh
# pmgit hook chain 1: written by `pmgit init`, taken back by `pmgit init --undo`.
# pmgit judges, Git LFS uploads, then the hook runs that was here before.
stage=pre-push
python='/opt/my tools/python3'
judge=yes
framework=no
only_configured=no

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
