"""Which patterns `pmgit lfs-setup` writes: those asked for, or those of the formats present."""

from __future__ import annotations

import os
import posixpath

from pmgit.core.errors import UsageError
from pmgit.git.attribute_text import pattern_line, unquoted
from pmgit.git.names import PROBE
from pmgit.lfs import patterns
from pmgit.model import folder
from pmgit.model.weights import ALWAYS, ALWAYS_SUFFIXES, AMBIGUOUS, Tiers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository

#: Weights inside of a models folder, where these patterns count; elsewhere they may be anything.
_COMMON = (".bin", ".h5", ".hdf5", ".joblib", ".npy", ".npz", ".pb", ".pkl")


def for_formats(config: Config, roots: Iterable[str], files: Iterable[str]) -> list[str]:
    """The patterns that cover the weights among `files`; for all known formats without any.

    A pattern has the spelling of the file (`*.BIN` beside `*.bin`), because the case counts
    unless `core.ignorecase` is set.
    """
    roots = list(roots)
    tiers = Tiers(config)
    found: set[str] = set()
    for path in files:
        if tiers.of(path) in (ALWAYS, AMBIGUOUS):
            root = folder.root_of(path, roots)
            suffix = _suffix(path)
            if not suffix:
                found.add(patterns.exact(path))
            else:
                found |= {patterns.in_models(root, s) for s in (suffix, suffix.lower())}
    if not found:
        for root in roots:
            suffixes = (*ALWAYS_SUFFIXES, *_COMMON)
            found.update(patterns.in_models(root, suffix) for suffix in suffixes)
    return sorted(found)


def _suffix(path: str) -> str:
    """The suffix that speaks for a format, as it is spelled; '' for `x.bin.001` or `weights`."""
    name = path[path.rfind("/") + 1 :]
    known = next((s for s in ALWAYS_SUFFIXES if name.lower().endswith(s)), "")
    if known:
        return name[len(name) - len(known) :]
    stem, dot, last = name.rpartition(".")
    speaks = stem and last.isalnum() and not last.isdigit() and len(last) > 1
    return dot + last if speaks else ""


def asked_for(
    repository: Repository,
    words: Iterable[str],
    known: Collection[str],
    large: Collection[str] = (),
) -> list[str]:
    """The patterns that a person wrote, as they stand in .gitattributes.

    `known` are the paths of the index, `large` the patterns of texts that are too large for Git. A
    word that names a file means this file; other words are patterns. Raises UsageError, with the
    form that works, for what Git would read otherwise.
    """
    return sorted({_one(repository, word, known, large) for word in words})


def _one(repository: Repository, word: str, known: Collection[str], large: Collection[str]) -> str:
    if not word.strip():
        raise UsageError("an empty pattern", "for example: --pattern '*.safetensors'")
    path = _existing(repository, word, known)
    if path:
        pattern = patterns.exact(path)
    else:
        line = pattern_line(f"{word} x") if word.startswith('"') else None
        is_quoted = line and (line.word, line.words) == (word, ["x"])
        pattern = word if is_quoted else patterns.quoted(word)
    glob = unquoted(pattern)
    if glob.startswith("!"):
        raise UsageError(
            f"{word!r}: attributes have no negative patterns",
            "to keep a file out of Git LFS, write a line of your own below pmgit's block: "
            + patterns.unset_line(glob[1:] or "PATTERN"),
        )
    if glob.startswith("[attr]"):
        raise UsageError(f"{word!r} would define a macro", "write the pattern of the files")
    if not path:
        _refuse_folder(repository, glob, known)
    if patterns.must_be_text(glob) and not set("*?[").intersection(glob) and pattern not in large:
        raise UsageError(
            f"{word!r} belongs into Git as text",
            "in Git LFS it could not be read in a diff; leave it as it is",
        )
    if len(patterns.attribute_line(pattern).encode("utf-8", "surrogateescape")) > patterns.MAX_LINE:
        raise UsageError("the pattern is too long: Git ignores it", "use a shorter one, with *")
    return pattern


def _existing(repository: Repository, word: str, known: Collection[str]) -> str:
    """The path of the file that a word names, from where the user stands or from the top."""
    if word.startswith("/"):
        return ""
    for path in map(posixpath.normpath, (repository.prefix + word, word)):
        if path in known or os.path.isfile(os.path.join(repository.top, path)):
            return path
    return ""


def _refuse_folder(repository: Repository, glob: str, known: Collection[str]) -> None:
    """`dir/` and `dir` match the folder itself and none of the files in it."""
    bare = glob.strip("/")
    below = f"{bare}/**"
    if "/" not in bare and not glob.startswith("/") and not _is_folder(repository, bare, known):
        inside = any(f"/{bare}/" in path for path in known)
        if inside and not any(path.endswith(f"/{bare}") for path in known):
            raise _folder(glob, f"**/{bare}/**")
    if glob.endswith("/") or _is_folder(repository, bare, known):
        raise _folder(glob, f"/{below}" if glob.startswith("/") else below)


def _is_folder(repository: Repository, path: str, known: Collection[str]) -> bool:
    if set("*?[\\").intersection(path) or not path:
        return False
    on_disk = os.path.isdir(os.path.join(repository.top, path))
    return on_disk or any(name.startswith(f"{path}/") for name in known)


def _folder(glob: str, works: str) -> UsageError:
    return UsageError(
        f"{glob!r} is a folder, and the attributes of a folder say nothing of the files in it",
        f"use: pmgit lfs-setup --pattern '{works}'",
    )


def probes(glob: str, roots: Iterable[str]) -> list[str]:
    """Paths that a glob could match: each must be held against it before it proves anything."""
    name = instance(glob.lstrip("/"))
    if not name or name.endswith("/"):
        return []
    if "/" in glob.rstrip("/"):
        return [name]
    # Without a slash it matches at any depth.
    return [name, *(f"{root}/{PROBE}/{name}" for root in roots)]


def path_of(glob: str) -> str:
    """The path that a glob is, when it names one from the top and nothing else; '' otherwise."""
    path = instance(glob.lstrip("/"))
    return path if "/" in glob and patterns.literal(path) == glob.lstrip("/") else ""


def instance(glob: str) -> str:
    """A path that a glob matches, as far as it can be told; PROBE in place of a star."""
    out: list[str] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            while glob[at : at + 1] == "*":
                at += 1
            out.append(PROBE)
        elif char == "?":
            out.append("x")
            at += 1
        elif char == "\\":
            out.append(glob[at + 1 : at + 2])
            at += 2
        elif char == "[" and "]" in glob[at + 2 :]:
            end = glob.index("]", at + 2)
            inside = glob[at + 1 : end]
            if inside.startswith("[:"):
                end += 1
                out.append({"[:space:]": " ", "[:digit:]": "0"}.get(inside + "]", "x"))
            else:
                out.append(inside[0] if inside[0] not in "!^" else "x")
            at = end + 1
        else:
            out.append(char)
            at += 1
    return "".join(out)
