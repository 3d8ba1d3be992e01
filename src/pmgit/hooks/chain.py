"""The hook chain: the script that `pmgit init` puts where Git looks for a hook.

Git runs one file per hook, and everybody wants to be it: pmgit, Git LFS, pre-commit, the user's
own script. The chain runs them all, in the order that loses nothing: pmgit judges first, then the
hook runs that was there before, then the framework, and Git LFS uploads last: a push that anybody
refuses has not sent gigabytes. What is pushed comes on standard input; it is read once and given
to each part.

A chain begins with its header: variables that the shell reads when it runs, and pmgit when it wants
to know what a chain does. The script below is the same for all.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields

from pmgit.core.shell import quote
from pmgit.hooks.names import PRE_COMMIT, PUSH

#: What every chain begins with; it is known by this, never by a guess.
_MARK = "#!/bin/sh\n# pmgit hook chain "
VERSION = 2
#: The hook that was there before is kept beside the chain under this name.
SAVED = "before-pmgit"

#: When Git LFS uploads: never, where the repository uses Git LFS, always.
NEVER, USED, ALWAYS = "never", "used", "always"
#: No framework is run.
NO_FRAMEWORK = "none"


@dataclass(frozen=True)
class ChainHeader:
    """The settings of a chain: one line `name=value` for each field, in this order.

    `stage` is the hook that Git runs, `python` the interpreter that has pmgit, for a shell without
    it on the PATH. `judge` is whether pmgit itself runs, `sourced` whether the hook before was no
    program but lines for `sh -e`, as husky has it. `framework` is the one that the chain runs where
    it cannot install its own hook: pre-commit refuses to when core.hooksPath is set.
    `only_configured` is for a hook folder that other repositories share: there the chain serves
    only repositories that have a configuration of pmgit. `upload` is ALWAYS in the place of
    Git LFS's own hook: then Git LFS must be installed.
    """

    stage: str
    python: str
    judge: bool = True
    framework: str = NO_FRAMEWORK
    only_configured: bool = False
    upload: str = NEVER
    sourced: bool = False


def text(header: ChainHeader) -> bytes:
    """The chain with this header."""
    lines = [
        f"{_MARK}{VERSION}: written by `pmgit init`, taken back by `pmgit init --undo`.",
        "# pmgit judges, then the hook runs that was here before, then Git LFS uploads.",
    ]
    for field in fields(header):
        value = getattr(header, field.name)
        word = _FLAGS[value] if isinstance(value, bool) else quote(value)
        lines.append(f"{field.name}={word}")
    return ("\n".join(lines) + _SCRIPT).encode("utf-8", "surrogateescape")


def is_chain(content: bytes) -> bool:
    """Whether a hook file is one of our chains, of this version or another."""
    return content.startswith(_MARK.encode())


def version(content: bytes) -> int:
    """The version of a chain; 0 when the hook file is none, or names no version."""
    number = content.removeprefix(_MARK.encode()).partition(b":")[0]
    return int(number) if is_chain(content) and number.isdigit() else 0


def read(content: bytes) -> ChainHeader | None:
    """The header of a chain, of this version or an earlier one; None when the hook file is none."""
    if not is_chain(content):
        return None
    values = dict[str, str]()
    for line in content.decode("utf-8", "surrogateescape").split("\n")[3:]:
        name, found, value = line.partition("=")
        if not found:
            break
        # As it stands when a person has broken its quotes.
        values[name] = "".join(words(value)[:1] or [value])
    if version(content) == 1:
        values = _of_version_1(values)
    return ChainHeader(
        values.get("stage", ""),
        values.get("python", ""),
        values.get("judge") == _FLAGS[True],
        values.get("framework", NO_FRAMEWORK),
        values.get("only_configured") == _FLAGS[True],
        values.get("upload", NEVER),
        values.get("sourced") == _FLAGS[True],
    )


def is_unchanged(content: bytes) -> bool:
    """Whether a hook file is a chain of this version, as pmgit writes it."""
    header = read(content)
    return header is not None and text(header) == content


_FLAGS = {True: "yes", False: "no"}


def _of_version_1(values: dict[str, str]) -> dict[str, str]:
    """The values of the first version: "yes" was pre-commit, before prek was known, and every chain
    for a push uploaded, before `upload` was a field.
    """
    usual = "yes" if values.get("stage") == PUSH else "no"
    framework, upload = values.get("framework", "no"), values.get("upload", usual)
    return {
        **values,
        "framework": {"yes": PRE_COMMIT, "no": NO_FRAMEWORK}.get(framework, framework),
        "upload": {"yes": USED, "no": NEVER}.get(upload, upload),
    }


def words(text: str) -> list[str]:
    """The words that a shell reads; none where its quotes are broken."""
    try:
        return shlex.split(text)
    except ValueError:
        return []


_SCRIPT = r"""

case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
# As a framework's .legacy hook: it runs its own stage itself.
case $0 in
    *.legacy) framework=none ;;
esac

input=
if [ "$stage" = pre-push ]; then
    # Every part below gets the whole of what Git says about this push.
    input=$(cat) || exit 3
fi
feed() {
    if [ -n "$input" ]; then
        # A part that does not read it closes the pipe; that is no error.
        printf '%s\n' "$input" 2>/dev/null | "$@"
    else
        "$@"
    fi
}

if [ "$only_configured" = yes ] && [ ! -f .pmgit.toml ] &&
    ! git cat-file -e HEAD:.pmgit.toml 2>/dev/null &&
    ! grep -q '^\[tool\.pmgit[].]' pyproject.toml 2>/dev/null; then
    judge=no
    framework=none
    [ "$upload" = always ] || upload=never
fi

uses_lfs() {
    # Storage elsewhere, and locks that somebody wants checked, are asked for in the configuration.
    git config --get-regexp '^lfs\.(storage|.*locksverify)$' >/dev/null 2>&1 && return 0
    git grep -q -e filter=lfs HEAD -- .gitattributes '*/.gitattributes' 2>/dev/null && return 0
    ls -A "$(git rev-parse --git-common-dir)/lfs/objects" 2>/dev/null | grep -q .
}
# Where nothing is in Git LFS, it would only ask the server about locks, and say that it did.
if [ "$upload" = used ] && ! uses_lfs; then
    upload=never
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

if [ "$framework" = pre-commit ] && [ -f .pre-commit-config.yaml ]; then
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

if [ "$upload" = always ] || { [ "$upload" = used ] && command -v git-lfs >/dev/null 2>&1; }; then
    if ! command -v git-lfs >/dev/null 2>&1; then
        echo "pmgit: this repository uses Git LFS, and git-lfs is not on the PATH" >&2
        echo "hint: install it (https://git-lfs.com), or nothing is uploaded" >&2
        exit 3
    fi
    feed git lfs pre-push "$@" || exit $?
fi
exit 0
"""
