"""Fixes as commands that work where they are pasted.

Nothing that comes from a file name can run or break a command: what is not plain is quoted, and
control characters, lone bytes and whatever else would not survive a terminal is written as
`$'\\ooo'`, which bash, zsh and ksh read (on Windows: Git Bash).
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pmgit.core.finding import Fix, Step

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")
#: What Git reads as a pattern in a pathspec.
_MAGIC = frozenset("*?[]\\:")
#: What follows `pmgit` where a message names a command; a test holds it to the command line's.
COMMANDS = frozenset({
    "add", "baseline", "catalog", "check", "convert", "doctor", "env", "explain", "fix",
    "gitignore", "history", "info", "init", "inspect", "lfs-setup", "outdated", "pull", "scan",
    "server", "status", "update", "verify",
})  # fmt: skip
#: Above so many bytes of paths, a command reads them from a file: nobody checks a longer line,
#: and a shell refuses one of 128 KiB.
LONG = 8000


def defused(text: str, instead: str) -> str:
    """`text` with `instead` in place of the second `#` of what CI runners take for a command.

    Wherever in a line it stands: `##[…` (GitHub Actions, Azure Pipelines), `##vso[…` (Azure
    Pipelines), `##teamcity[…`.
    """
    at = text.find("##")
    while at >= 0:
        end = at + 2
        while text[end : end + 1].isalpha():
            end += 1
        if text[end : end + 1] == "[":
            text = f"{text[: at + 1]}{instead}{text[at + 2 :]}"
        at = text.find("##", at + 1)
    return text


def quote(text: str) -> str:
    """`text` as one word of a shell command."""
    if text and _PLAIN.issuperset(text) and text[0] != "=":  # zsh looks up a command for =word
        return text
    if text.isprintable() and text == defused(text, ""):
        return "'" + text.replace("'", "'\\''") + "'"
    out = []
    for char in text:
        if char.isprintable() and char not in "'\\":
            out.append(char)
        else:
            # Octal has at most three digits; after \x a shell would read on.
            raw = char.encode("utf-8", "surrogateescape")
            out.append("".join(f"\\{byte:03o}" for byte in raw))
    return "$'" + defused("".join(out), "\\043") + "'"


def own_command(environ: dict[str, str] | None = None) -> str:
    """The word by which a shell finds `pmgit`: bare when it is on the user's PATH, else its path.

    After a plain `pre-commit install`, pmgit lives only in pre-commit's private environment,
    which is on the PATH of the hook and of nobody else.
    """
    environ = dict(os.environ) if environ is None else environ
    name = "pmgit.exe" if sys.platform == "win32" else "pmgit"
    here = os.path.join(sys.prefix, "Scripts" if sys.platform == "win32" else "bin")
    folders = environ.get("PATH", "").split(os.pathsep)
    if environ.get("PRE_COMMIT") and here in folders:
        folders.remove(here)  # put there by pre-commit or prek, for us only
    for folder in folders:
        if os.path.isabs(folder) and os.access(os.path.join(folder, name), os.X_OK):
            return "pmgit"
    own = os.path.join(here, name)
    return own if os.path.exists(own) else "pmgit"


def called(text: str, pmgit: str) -> str:
    """`text` with every command of pmgit that it names as it is called where it is read."""
    if pmgit == "pmgit":
        return text
    name = quote(pmgit)
    first, *rest = text.split("pmgit ")
    out = first
    for part in rest:
        end = 0
        while part[end : end + 1].isalpha() or part[end : end + 1] == "-":
            end += 1
        is_word = not out or not (out[-1].isalnum() or out[-1] in "_./\\-")
        out += f"{name if is_word and part[:end] in COMMANDS else 'pmgit'} {part}"
    return out


class Shell:
    """Where commands will be pasted: `prefix` is the user's folder below the top, with a slash.

    `spill` keeps a long list of paths for a command, NUL-terminated, and returns its file name.
    """

    def __init__(
        self, prefix: str = "", pmgit: str = "pmgit", spill: Callable[[bytes], str] | None = None
    ) -> None:
        self._prefix = prefix
        self.pmgit = pmgit
        self._spill = spill

    def called(self, text: str) -> str:
        """A message with every command of pmgit as this shell finds it."""
        return called(text, self.pmgit)

    def argv(self, step: Step) -> list[str]:
        """One command of a fix, as an argument list."""
        argv = [
            self.pmgit if word == "pmgit" and not at else word for at, word in enumerate(step.argv)
        ]
        long = sum(len(item) + 20 for item in step.items) > LONG
        if long and step.names == "pathspec" and self._spill:
            specs = (f":(top,literal){item}\0" for item in step.items)
            name = self._spill("".join(specs).encode("utf-8", "surrogateescape"))
            if name:
                # In a folder below the top, `git rm` (2.39) takes the folder for a pathspec.
                if self._prefix and argv[0] == "git":
                    argv[1:1] = ["-C", os.path.relpath(".", self._prefix).replace(os.sep, "/")]
                return [*argv, f"--pathspec-from-file={name}", "--pathspec-file-nul"]
        if step.items and step.option == "--":
            argv.append("--")
            argv += [self._name(item, step.names) for item in step.items]
        else:
            for item in step.items:
                argv += [step.option, item]
        return argv

    def _name(self, path: str, names: str) -> str:
        if names == "pathspec":
            if self._prefix or not path.isprintable() or not _MAGIC.isdisjoint(path):
                return f":(top,literal){path}"
        elif names == "path" and self._prefix:
            # Of the parent: git does not rename `.`, the folder where somebody stands.
            folder, _, name = path.rpartition("/")
            above = os.path.relpath(folder or ".", self._prefix).replace(os.sep, "/")
            return name if above == "." else f"{above}/{name}"
        return path

    def line(self, fix: Fix) -> str:
        """The whole fix as one line for a shell."""
        return " && ".join(" ".join(map(quote, self.argv(step))) for step in fix.steps)

    def shown(self, fix: Fix) -> str:
        """The line that people paste: the whole fix, or `pmgit fix` that carries it out."""
        if not fix.shown:
            return self.line(fix)
        first, *words = fix.shown
        return " ".join(map(quote, (self.pmgit if first == "pmgit" else first, *words)))

    def document(self, fix: Fix) -> dict[str, Any]:
        """The whole fix for programs: as argument lists, and as a line."""
        commands = [self.argv(step) for step in fix.steps]
        return {"commands": commands, "shell": self.line(fix), "safe": fix.safe}


def merged(fixes: Iterable[Fix]) -> list[Fix]:
    """One fix for all files that the same commands serve, in the order in which to paste them.

    Fixes are the same when they differ only in the items of their steps.
    """
    groups: dict[tuple[object, ...], list[Fix]] = {}
    for fix in fixes:
        for part in fix.parts or (fix,):
            groups.setdefault(part.key(), []).append(part)
    whole = []
    for group in groups.values():
        first = group[0]
        steps = []
        for at, step in enumerate(first.steps):
            items = dict.fromkeys(item for fix in group for item in fix.steps[at].items)
            steps.append(step.but(items=tuple(items)))
        whole.append(first.but(steps=tuple(steps)))
    return sorted(whole, key=lambda fix: fix.order)
