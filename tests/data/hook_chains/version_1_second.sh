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

if [ "$judge" = yes ]; then
    if command -v pmgit-hook >/dev/null 2>&1; then
        feed pmgit-hook "$stage" "$@" || exit $?
    # -I: neither the repository nor the environment can put a module in front of ours.
    elif "$python" -I -c 'import pmgit.hook' </dev/null >/dev/null 2>&1; then
        feed "$python" -I -m pmgit.hook "$stage" "$@" || exit $?
    else
        echo "pmgit: the $stage hook is installed, but pmgit is not" >&2
        echo "hint: pip install pmgit" >&2
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

if [ "$upload" = always ] || { [ "$upload" = yes ] && command -v git-lfs >/dev/null 2>&1; }; then
    if ! command -v git-lfs >/dev/null 2>&1; then
        echo "pmgit: this repository uses Git LFS, and git-lfs is not on the PATH" >&2
        echo "hint: install it (https://git-lfs.com), or nothing is uploaded" >&2
        exit 3
    fi
    feed git lfs pre-push "$@" || exit $?
fi
exit 0
