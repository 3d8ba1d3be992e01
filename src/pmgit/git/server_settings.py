"""What a server judges a push by: its own settings, and the configuration of the old tips.

Never the pushed commits: a push that weakens the rules is judged by the rules before it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.repository import Repository

_TRUE = frozenset({"true", "yes", "on", "1"})


class Settings:
    """The answers of Git, asked for at once and read when they are needed.

    `names` are the files at the top of a tree that may hold the configuration, `olds` the ids
    that the pushed refs have had.
    """

    def __init__(self, repository: Repository, olds: Iterable[str], names: Iterable[str]) -> None:
        self._config = repository.start("config", "-z", "--get-regexp", r"^pmgit\.")
        trees = [*dict.fromkeys(olds), "HEAD"]
        self._asked = [(tree, name) for tree in trees for name in names]
        self._files = repository.start(
            "cat-file", "--buffer", "--batch=%(objecttype) %(objectsize)",
            stdin="".join(f"{tree}:{name}\n" for tree, name in self._asked).encode("ascii"),
        )  # fmt: skip

    def configured(self) -> dict[str, str]:
        """What `git config` holds for pmgit on this server, by key: `config`, `gitlab`."""
        found = {}
        # Exit code 1: nothing is set.
        for line in self._config.finish(1).decode("utf-8", "surrogateescape").split("\0"):
            key, _, value = line.partition("\n")
            # A key without `=` is true, and has no line break here either.
            found[key.removeprefix("pmgit.")] = value if "\n" in line else "true"
        return found

    def recorded(self) -> dict[tuple[str, str], bytes]:
        """The files that the old tips and HEAD have: (id or `HEAD`, name) to content."""
        out, found, at = self._files.finish(), {}, 0
        for asked in self._asked:
            end = out.index(b"\n", at)
            kind, _, size = out[at:end].partition(b" ")
            at = end + 1
            if size.isdigit():
                if kind == b"blob":
                    found[asked] = out[at : at + int(size)]
                at += int(size) + 1
        return found


def is_true(value: str) -> bool:
    """Whether Git would read a setting as true."""
    return value.lower() in _TRUE
