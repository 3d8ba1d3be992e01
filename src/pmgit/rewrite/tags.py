"""Tags that follow their commit when that is made anew.

A light tag is the id of the commit. An annotated one is an object that names it: a new one is
written, with the tagger, date and message of the old, and without its signature, which would be a
wrong one.
"""

from __future__ import annotations

from pmgit.core.errors import PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository

#: What a signature begins with, at the end of the message (`gpg-interface.c` of Git).
SIGNATURES = (
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
    b"-----BEGIN SSH SIGNATURE-----",
)


def refuse_nested(repository: Repository, value: str, commit: str) -> None:
    """Raise PmgitError for a tag of a tag; `value` is what a ref holds that leads to `commit`."""
    if value != commit:
        _parts(repository, value, commit)


def _parts(repository: Repository, value: str, commit: str) -> tuple[list[bytes], bytes]:
    """The header of an annotated tag behind its first line, and all from the blank line on."""
    head, blank, message = repository.run("cat-file", "tag", value).partition(b"\n\n")
    first, *rest = head.split(b"\n")
    if first != b"object " + commit.encode("ascii"):
        raise PmgitError(
            "a tag of a tag is not made anew", "delete it, and make it again: git tag -d"
        )
    return rest, blank + message


def follow(repository: Repository, value: str, old: str, new: str) -> tuple[str, bool]:
    """The value of a tag for the commit `new` instead of `old`, and whether its signature is gone.

    Raises PmgitError for a tag of a tag.
    """
    if value == old:
        return new, False
    rest, text = _parts(repository, value, old)
    # Of the other hash algorithm, a signature is a header.
    kept, signed = [], False
    for line in rest:
        if line.startswith(b"gpgsig") or (signed and line.startswith(b" ")):
            signed = True
        else:
            kept.append(line)
    at = max(text.rfind(b"\n" + begin) for begin in SIGNATURES)
    if at >= 0:
        text, signed = text[: at + 1], True
    data = b"\n".join([b"object " + new.encode("ascii"), *kept]) + text
    return repository.store(data, "tag"), signed
