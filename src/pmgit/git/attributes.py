"""Asks Git about paths: for their filter attribute, and whether ignore rules hide them.

Neither is worked out here: attribute patterns and ignore patterns differ
from each other, and pathspec follows neither to the letter (facts in docs/design.md).

What is judged goes by the attributes that every clone sees (`EveryClone`). What Git does in this
clone may be something else: a user, a system and a clone have attributes of their own.
"""

from __future__ import annotations

import os
import stat

from pmgit.core.errors import PmgitError
from pmgit.git.blob import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

LFS = "lfs"
ATTRIBUTES, IGNORE = ".gitattributes", ".gitignore"
#: The answers that mean that no filter touches the content.
UNSPECIFIED = "unspecified"
NO_FILTER = frozenset({UNSPECIFIED, "unset"})
_FILTER = b"\0filter\0"
#: How long git may take for the attributes of a push: so many seconds, and one for each so many
#: paths. It takes 2 ms for each when .gitattributes has 80,000 lines, 1 µs when it has 40.
_SECONDS, _PATHS = 10, 400

#: Without the user's attributes, and with the case of letters as it is on most systems.
#: Git before 2.43 reads no `.gitattributes` from the index that a sparse checkout leaves out.
OF_THE_TREE = (
    "-c", "core.attributesFile=" + os.devnull,
    "-c", "core.ignoreCase=false",
    "-c", "core.sparseCheckout=false",
)  # fmt: skip


def ask(repository: Repository, paths: Sequence[str], env: dict[str, str], *words: str) -> Process:
    """Start to ask for the filter attribute of `paths`, as Git in this clone has it.

    `--cached`: what counts is what will be recorded, not an edit that is not staged. `words` are
    options of git itself.
    """
    stdin = encode("\0".join(paths) + "\0")
    process = repository.start(
        *words, "check-attr", "--cached", "-z", "--stdin", "filter", stdin=stdin, env=env
    )
    seconds = _SECONDS + len(paths) // _PATHS
    return process.within(
        seconds,
        f"git did not find the attributes of the pushed files within {seconds} s",
        "no line of .gitattributes should have more than two `**`: git tries every way to share a"
        " path among them",
    )


class EveryClone:
    """The attributes that every clone of a repository sees: those of its tree, and no others.

    Neither those of the user, the system and the clone (`info/attributes`) count, nor what
    `core.ignoreCase` adds on some systems. Keep this object while a question of its is under way.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.env = {"GIT_ATTR_NOSYSTEM": "1"}
        if "GIT_ATTR_SOURCE" in os.environ:
            # `git --attr-source=X commit` hands it on. With --cached it decides nothing, but Git
            # looks it up: an id that needs no look.
            self.env["GIT_ATTR_SOURCE"] = repository.empty_tree
        if own_file(repository):
            from pmgit.git.temporary import EmptyRepository

            # No option leaves that file out.
            self._empty = EmptyRepository(repository)
            self.env |= self._empty.environment()

    def ask(self, paths: Sequence[str], env: dict[str, str]) -> Process:
        """Start to ask for the filter attribute of `paths`; `env` may name another index."""
        return ask(self._repository, paths, {**self.env, **env}, *OF_THE_TREE)

    def filters(self, paths: Sequence[str]) -> dict[str, str]:
        """The filter attribute of `paths`, as the index has the attributes; as `answers`."""
        return answers(self.ask(paths, {}), paths) if paths else {}


def own_file(repository: Repository) -> str:
    """The path of this clone's own attributes, which are stronger than all others; '' for none."""
    path = f"{repository.common_dir}/info/attributes"
    try:
        status = os.stat(path)
    except OSError:
        return ""
    if stat.S_ISFIFO(status.st_mode):
        raise _endless(path)
    return path if status.st_size else ""


def refuse_pipes(repository: Repository, paths: Iterable[str], name: str) -> None:
    """Raise PmgitError where a file called `name`, in a folder above one of `paths`, is a pipe.

    Git opens these files to answer about the paths, and waits for ever for somebody to write.
    Through links it does not read them (since 2.32).
    """
    folders = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    own = "exclude" if name == IGNORE else "attributes"
    places = [os.path.join(repository.top, folder, name) for folder in sorted(folders)]
    for place in (f"{repository.common_dir}/info/{own}", *places):
        try:
            if stat.S_ISFIFO(os.lstat(place).st_mode):
                raise _endless(place)
        except OSError:
            pass  # none is there


def _endless(path: str) -> PmgitError:
    from pmgit.core.shell import quote

    return PmgitError(
        f"{path} is a named pipe, for whose end Git would wait for ever",
        f"put a plain file in its place, or remove it: rm {quote(path)}",
    )


def answers(process: Process, paths: Sequence[str]) -> dict[str, str]:
    """The filter attribute of the paths that git was asked about, without those UNSPECIFIED."""
    # path NUL "filter" NUL value NUL …
    out = process.finish()
    if not out.startswith(_FILTER[1:]) and _FILTER + _FILTER[1:] not in out:
        # Nothing but what is asked for is called so: of 50,000 paths only those have to be
        # looked at that Git LFS gets.
        pieces = out.split(_FILTER + LFS.encode() + b"\0")
        if out.count(_FILTER + UNSPECIFIED.encode() + b"\0") + len(pieces) - 1 == len(paths):
            lfs = b"\0".join([piece[piece.rfind(b"\0") + 1 :] for piece in pieces[:-1]])
            return dict.fromkeys(decode(lfs).split("\0"), LFS) if lfs else {}
    values = zip(paths, decode(out).split("\0")[2::3], strict=True)
    return {path: value for path, value in values if value != UNSPECIFIED}


def of_paths(
    repository: Repository, paths: Iterable[str], *names: str, everywhere: bool = False
) -> dict[str, dict[str, str]]:
    """The attributes of every path, by name; with no names all that any line sets or unsets.

    As Git has them in this work tree; with `everywhere` as every clone has them: without the
    attributes of the user and the system, and with the case of letters.
    """
    found: dict[str, dict[str, str]] = {path: {} for path in paths}
    if found:
        refuse_pipes(repository, found, ATTRIBUTES)
        out = repository.run(
            *(OF_THE_TREE if everywhere else ()),
            "check-attr", "-z", "--stdin", *(names or ("--all",)),
            stdin=encode("\0".join(found) + "\0"),
            env={"GIT_ATTR_NOSYSTEM": "1"} if everywhere else {},
        )  # fmt: skip
        fields = iter(decode(out).split("\0")[:-1])
        for path, name, value in zip(fields, fields, fields, strict=True):
            found[path][name] = value
    return found


def ignore_rules(
    repository: Repository, paths: Iterable[str], *, untracked: bool = False
) -> dict[str, tuple[str, int, str]]:
    """The rule that decides for each path: file, line and pattern; a `!` pattern lets it in.

    Paths that no rule is about are left out. Tracked paths are answered like others. With
    `untracked` no rule is about tracked ones, and Git also knows the ignore files that a sparse
    checkout leaves off disk.
    """
    # check-ignore refuses --literal-pathspecs and reads `:(…)`; `./` makes every path a path.
    asked = list(paths)
    if not asked:
        return {}
    refuse_pipes(repository, asked, IGNORE)
    stdin = b"".join(b"./" + encode(path) + b"\0" for path in asked)
    process = repository.start(
        "check-ignore", *(() if untracked else ("--no-index",)), "-v", "-n", "-z", "--stdin",
        stdin=stdin, literal=False,
    )  # fmt: skip
    # Exit code 1: none is ignored.
    fields = iter(decode(process.finish(1)).split("\0")[:-1])
    return {
        path[2:]: (source, int(line), pattern)
        for source, line, pattern, path in zip(fields, fields, fields, fields, strict=True)
        if pattern
    }


def ignored(
    repository: Repository, paths: Iterable[str], *, untracked: bool = False
) -> dict[str, tuple[str, int, str]]:
    """The paths that ignore rules hide, with the rule, as `ignore_rules`."""
    rules = ignore_rules(repository, paths, untracked=untracked)
    return {path: rule for path, rule in rules.items() if not rule[2].startswith("!")}


def outranks_top(source: str) -> bool:
    """Whether an ignore file lies in a folder, and so decides over `.gitignore` at the top."""
    return source.endswith("/.gitignore") and not os.path.isabs(source)
