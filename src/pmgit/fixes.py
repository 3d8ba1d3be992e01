"""The fix for each situation: commands that cure a finding and lose nobody's file.

What is right depends on where the blob is (only staged, in HEAD, in an older commit), whether
the file on disk is the same, and where weights belong in this repository. Every fix here is run
by a test in a real repository.
"""

from __future__ import annotations

import os
import stat

from pmgit.config import LFS
from pmgit.finding import Fix, Step
from pmgit.git.objects import encode
from pmgit.git.snapshot import RANGE, SUBMODULE
from pmgit.model.moves import sparse
from pmgit.model.naming import fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.finding import Finding
    from pmgit.git.snapshot import Blob
    from pmgit.model.subject import Subject

#: What the file on disk is, compared with the blob.
SAME, DIFFERENT, ABSENT = "same", "different", "absent"

_COLLEAGUES = "everybody else's copy of the file is deleted at their next pull"


def on_disk(subject: Subject, blob: Blob) -> str:
    """Whether the work tree holds this very content at the blob's path.

    The file is hashed here: asking Git would run the filters that the repository configures.
    """
    if blob.mode == SUBMODULE:
        return SAME  # the index holds no content that could get lost
    # As bytes: in a Latin-1 locale the text would name another file, and "absent" overwrites.
    path = os.path.join(os.fsencode(subject.repository.top), encode(blob.path))
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return ABSENT
    if _beyond_link(os.path.dirname(path), blob.path.count("/")):
        return DIFFERENT
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
        digest = _hasher(subject, len(content))
        digest.update(content)
        return SAME if digest.hexdigest() == blob.oid else DIFFERENT
    if not stat.S_ISREG(status.st_mode) or (blob.size >= 0 and status.st_size != blob.size):
        return DIFFERENT
    digest = _hasher(subject, status.st_size)
    try:
        with open(path, "rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return DIFFERENT
    return SAME if digest.hexdigest() == blob.oid else DIFFERENT


def _beyond_link(folder: bytes, depth: int) -> bool:
    """Whether one of the last `depth` folders is a link: Git does not look at what lies beyond."""
    for _ in range(depth):
        if os.path.islink(folder):
            return True
        folder = os.path.dirname(folder)
    return False


def _hasher(subject: Subject, size: int):  # type: ignore[no-untyped-def]
    import hashlib

    digest = hashlib.new(subject.repository.object_format, usedforsecurity=False)
    digest.update(f"blob {size}\0".encode("ascii"))
    return digest


class Advice:
    """A fix, or None and the reason why no command is right; `note` is added to the message."""

    __slots__ = ("fix", "note")

    def __init__(self, fix: Fix | None, note: str = "") -> None:
        self.fix = fix
        self.note = note


def keep_out(subject: Subject, blob: Blob, *, ignore: bool = True) -> Advice:
    """How a blob does not get into Git, while its file stays on disk.

    `ignore`: below a models folder the ignore rules are set up too, or the next `git add` would
    bring it back.
    """
    if subject.origin == RANGE or subject.repository.bare:
        return _committed(blob)
    before = subject.before(blob)
    if before == blob.oid:
        step = Step("git", "rm", "--cached", "-q", *sparse(subject), items=(blob.path,))
        steps = [step, *_ignored(subject, blob, ignore)]
        return Advice(Fix(*steps, safe=False, warning=_COLLEAGUES), " (already committed)")
    if before:
        back = Step("git", "restore", "--staged", items=(blob.path,))
    else:
        # -f: after .gitattributes has changed, git refuses without (and with --cached it only
        # takes the path out of the index).
        back = Step("git", "rm", "--cached", "-f", "-q", *sparse(subject), items=(blob.path,))
    there = on_disk(subject, blob)
    if there == DIFFERENT:
        return Advice(
            None,
            "; the file on disk differs from what is staged, so no command is safe: save what you"
            f" need of both (git cat-file blob {blob.oid[:12]}), then stage anew",
        )
    steps = [back]
    if there == ABSENT:
        # The index holds the only copy: put it on disk first, in a sparse checkout too.
        restore = Step("git", "restore", "--ignore-skip-worktree-bits", items=(blob.path,))
        steps.insert(0, restore)
    if not before:
        steps += _ignored(subject, blob, ignore)
    return Advice(Fix(*steps))


def _ignored(subject: Subject, blob: Blob, wanted: bool) -> list[Step]:
    """The steps that keep the next `git add` from bringing a path back."""
    if not wanted or not subject.in_models(blob.path) or subject.storage == LFS:
        return []
    return [
        Step("pmgit", "gitignore", names="verbatim"),
        Step("git", "add", items=(".gitignore",)),
    ]


def _committed(blob: Blob) -> Advice:
    return Advice(None, f" (in commit {blob.commit[:12]})" if blob.commit else "")


def store(subject: Subject, blob: Blob) -> Advice:
    """How weights get where they belong: into Git LFS, or out of Git altogether."""
    if subject.is_lfs(blob.path):
        return to_pointer(subject, blob)
    if subject.storage != LFS:
        return keep_out(subject, blob)
    if subject.origin == RANGE or subject.repository.bare:
        return _committed(blob)
    return Advice(set_up(subject, blob))


def set_up(subject: Subject, blob: Blob) -> Fix:
    """`pmgit lfs-setup` with the pattern for a blob: its format's, below a models folder."""
    from pmgit.lfs import patterns

    pattern = patterns.exact(blob.path)
    name = blob.path.rpartition("/")[2]
    suffix = os.path.splitext(name)[1]
    root = next((root for root in subject.roots if blob.path.startswith(f"{root}/")), "")
    if root and len(suffix) > 1 and suffix[1:].isalnum() and not suffix[1:].isdigit():
        pattern = patterns.in_models(root, suffix)
    return Fix(
        Step("pmgit", "lfs-setup", items=(pattern,), option="--pattern", names="verbatim"),
        order=Fix.SETUP,
    )


def to_pointer(subject: Subject, blob: Blob) -> Advice:
    """How a raw blob becomes the pointer that its attributes ask for."""
    if subject.origin == RANGE or subject.repository.bare:
        return _committed(blob)
    # --skip-repo: the repository's hooks are not touched, they may be somebody else's.
    install = Step("git", "lfs", "install", "--local", "--skip-repo", names="verbatim")
    there = on_disk(subject, blob)
    if there == SAME:
        # Without a configured filter --renormalize keeps the blob raw and exits 0.
        add = Step("git", "add", "--renormalize", *sparse(subject), items=(blob.path,))
        return Advice(Fix(install, add))
    # --renormalize would read the work tree, which holds something else or nothing.
    return Advice(Fix(install, convert(blob)))


def convert(blob: Blob) -> Step:
    """Make a pointer from the staged blob itself; whatever is on disk stays as it is.

    `$1` mode, `$2` blob id, `$3` path: no name is ever part of the script.
    """
    # Step by step: when git-lfs fails, an empty file must not be recorded in the blob's place.
    script = (
        'text=$(git cat-file blob "$2" | git lfs clean -- "$3") && test "$text"'
        " && oid=$(printf '%s\\n' \"$text\" | git hash-object -w --stdin)"
        ' && git update-index --cacheinfo "$1,$oid,$3"'
    )
    return Step("sh", "-c", script, "sh", blob.mode, blob.oid, blob.path, names="verbatim")


def replace_pointer(subject: Subject, blob: Blob, text: bytes) -> Advice:
    """How a blob becomes the pointer `text`, which is plain ASCII; the work tree is not touched."""
    if subject.origin == RANGE or subject.repository.bare:
        return _committed(blob)
    script = 'git update-index --cacheinfo "$1,$(printf %s "$2" | git hash-object -w --stdin),$3"'
    body = text.decode("ascii")
    return Advice(Fix(Step("sh", "-c", script, "sh", blob.mode, body, blob.path, names="verbatim")))


def settle(findings: list[Finding], subject: Subject) -> None:
    """Make fixes agree that are pasted one after the other, renames last.

    What another fix has taken out of the index cannot be renamed by git; what lies in a folder
    that is renamed first is found in the new folder; and no two things get the same name. A
    rename that cannot be made to agree is left out: it is printed again when the others are done.
    """
    in_order = sorted(findings, key=lambda f: (f.path, f.line, f.rule))
    taken: set[str] = set()
    added: list[str] = []
    for finding in in_order:
        for step in finding.fix.steps if finding.fix else ():
            if step.argv[:2] == ("git", "rm"):
                taken.update(step.items)
            elif step.argv[:2] == ("git", "add"):
                added += step.items
    done: list[tuple[str, str]] = []
    for finding in in_order:
        fix = finding.fix
        if fix and fix.order == Fix.MOVE:
            steps = _rename_untracked(fix, subject, taken, added) if taken else fix.steps
            steps = _follow(steps, done)
            finding.pasted = Fix(*steps, order=Fix.MOVE) if steps else None


def _rename_untracked(
    fix: Fix, subject: Subject, taken: set[str], added: list[str]
) -> tuple[Step, ...]:
    """Use a plain `mv` for what the other fixes take out of the index as a whole."""
    old = _rename(fix.steps)[0]
    inside = f"{old}/"
    tracked = {path for path in subject.listing if path == old or path.startswith(inside)}
    gone = tracked <= taken and not any(path.startswith(inside) for path in added)
    steps = []
    for step in fix.steps:
        if step.argv[:2] == ("git", "mv") and gone:
            steps.append(Step("mv", "-n", items=step.items, names="path"))
        elif step.argv[:2] == ("git", "restore"):
            # The others are on disk by then: what took them out of the index put them there.
            left = tuple(item for item in step.items if item not in taken)
            steps += [Step(*step.argv, items=left)] if left else []
        else:
            steps.append(step)
    return tuple(steps)


def _rename(steps: tuple[Step, ...]) -> tuple[str, str]:
    """What a fix renames, and to what."""
    for step in steps:
        if _renames(step):
            old, new = step.items
            return old, new
    raise AssertionError("a fix of this order renames")


def _renames(step: Step) -> bool:
    return step.argv[:2] in (("git", "mv"), ("mv", "-n"))


def _follow(steps: tuple[Step, ...], done: list[tuple[str, str]]) -> tuple[Step, ...]:
    """Adapt a rename to those done before it; empty when that leaves nothing to do, or no way."""
    old, new = _rename(steps)
    if (old, new) in done:
        return steps  # the same command, which is printed once
    begun_at = old
    for before, after in done:
        if old.startswith(f"{before}/"):
            depth = before.count("/") + 1
            new = "/".join([after, *new.split("/")[depth:]])
            old = after + old[len(before) :]
        elif old == before or _meet(new, before) or before.startswith(f"{old}/"):
            return ()
    inside = [after for _, after in done if old.startswith(f"{after}/")]
    if old == new or any(_meet(new, after) for _, after in done if after not in inside):
        return ()
    done.append((old, new))
    if begun_at == old:
        return steps
    return tuple(_moved(step, begun_at, old, new) for step in steps)


def _moved(step: Step, begun_at: str, old: str, new: str) -> Step:
    """A step of a rename, with the paths that things have by the time it is pasted."""
    if step.argv[0] == "mkdir":
        items: tuple[str, ...] = (new.rpartition("/")[0],)
    elif _renames(step):
        items = (old, new)
    elif step.argv[:2] == ("git", "restore"):
        items = tuple(old + item[len(begun_at) :] for item in step.items)
    else:
        items = step.items
    return Step(*step.argv, items=items, option=step.option, names=step.names)


def _meet(one: str, other: str) -> bool:
    """Whether two paths are the same, or one lies in the other, whatever the case."""
    one, other = fold(one), fold(other)
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
