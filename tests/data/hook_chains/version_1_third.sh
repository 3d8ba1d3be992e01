#!/bin/sh
# pmgit hook chain 1: written by `pmgit init`, taken back by `pmgit init --undo`.
# pmgit judges, then the hook runs that was here before, then Git LFS uploads.
stage=pre-push
python='/opt/my tools/python3'
judge=yes
framework=no
only_configured=no
upload=yes
sourced=no

case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
# As a framework's .legacy hook: it runs its own stage itself.
case $0 in
    *.legacy) framework=no ;;
esac

input=
if [ "$stage" = pre-push ]; then
    # Every part below gets the whole of what Git says about this push.
    input=$(cat) || exit 3
fi
feed() {
    if [ -n "$input" ]; then
        # Who does not read it closes the pipe; that is no error.
        printf '%s\n' "$input" 2>/dev/null | "$@"
    else
        "$@"
    fi
}

if [ "$only_configured" = yes ] && [ ! -f .pmgit.toml ] &&
    ! git cat-file -e HEAD:.pmgit.toml 2>/dev/null &&
    ! grep -q '^\[tool\.pmgit[].]' pyproject.toml 2>/dev/null; then
    judge=no
    framework=no
    [ "$upload" = always ] || upload=no
fi

uses_lfs() {
    # Storage elsewhere, and locks that somebody wants checked, are asked for in the configuration.
    git config --get-regexp '^lfs\.(storage|.*locksverify)$' >/dev/null 2>&1 && return 0
    git grep -q -e filter=lfs HEAD -- .gitattributes '*/.gitattributes' 2>/dev/null && return 0
    ls -A "$(git rev-parse --git-common-dir)/lfs/objects" 2>/dev/null | grep -q .
}
# Where nothing is in Git LFS, it would only ask the server about locks, and say that it did.
if [ "$upload" = yes ] && ! uses_lfs; then
    upload=no
fi

if [ "$judge" = yes ]; then
    if command -v pmgit-hook >/dev/null 2>&1; then
        feed pmgit-hook "$stage" "$@" || exit $?
    # -I: neither the repository nor the environment can put a module in front of ours.
    elif "$python" -I -c 'import pmgit.hook' </dev/null >/dev/null 2>&1; then
        feed "$python" -I -m pmgit.hook "$stage" "$@" || exit $?
    else
        echo "pmgit: the $stage hook is installed, but pmgit is not" >&2
        echo "hint: install pmgit as its README says, then try again" >&2
        exit 3
    fi
fi

previous=$here/$stage.before-pmgit
if [ "$sourced" = yes ] && [ -f "$previous" ]; then
    feed sh -e "$previous" "$@" || exit $?
elif [ -f "$previous" ] && [ -x "$previous" ]; then
    feed "$previous" "$@" || exit $?
fi

if [ "$framework" = yes ] && [ -f .pre-commit-config.yaml ]; then
    # No hook lies in /dev/null: what pre-commit takes for its own older hook has run above.
    at=/dev/null
    config=.pre-commit-config.yaml
    if command -v pre-commit >/dev/null 2>&1; then
        feed pre-commit hook-impl --config="$config" --hook-type="$stage" --hook-dir="$at" \
            -- "$@" || exit $?
    elif "$python" -I -c 'import pre_commit' </dev/null >/dev/null 2>&1; then
        feed "$python" -I -m pre_commit hook-impl --config="$config" --hook-type="$stage" \
            --hook-dir="$at" -- "$@" || exit $?
    else
        echo "pmgit: $config asks for pre-commit, which is not installed" >&2
        echo "hint: pip install pre-commit" >&2
        exit 3
    fi
fi

if [ "$framework" = prek ] && { [ -f prek.toml ] || [ -f .pre-commit-config.yaml ] ||
    [ -f .pre-commit-config.yml ]; }; then
    if command -v prek >/dev/null 2>&1; then
        # No hook lies there: what prek would take for its own older hook has run above.
        feed prek hook-impl --hook-type="$stage" --hook-dir="$here/none" -- "$@" || exit $?
    else
        echo "pmgit: the hooks here are run by prek, which is not installed" >&2
        echo "hint: pip install prek" >&2
        exit 3
    fi
fi

if [ "$upload" = always ] || { [ "$upload" = yes ] && command -v git-lfs >/dev/null 2>&1; }; then
    if ! command -v git-lfs >/dev/null 2>&1; then
        echo "pmgit: this repository uses Git LFS, and git-lfs is not on the PATH" >&2
        echo "hint: install it (https://git-lfs.com), or nothing is uploaded" >&2
        exit 3
    fi
    feed git lfs pre-push "$@" || exit $?
fi
exit 0
