"""The fix for each situation: commands that cure a finding and lose nobody's file.

What is right depends on where the blob is (only staged, in HEAD, in an older commit), whether
the file on disk is the same, and where weights belong in this repository. Every fix here is run
by a test in a real repository.
"""

from __future__ import annotations

import os

from pmgit.core.config import LFS
from pmgit.core.finding import Fix, Step
from pmgit.git import work_tree
from pmgit.git.blob import SUBMODULE
from pmgit.gitfiles import models_folders
from pmgit.gitfiles.attributes import other_lines
from pmgit.lfs.pointer import Pointer
from pmgit.model import folder, steering, whole
from pmgit.model.weights import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.core.config import Config
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.model.folder import Model
    from pmgit.model.subject import Subject

#: --skip-repo: the repository's hooks are not touched, they may be somebody else's.
INSTALL = Step("git", "lfs", "install", "--local", "--skip-repo")

HOST_LIMIT = "host-limit"
COLLEAGUES = "everybody else's copy of the file is deleted at their next pull"
_DIFFERS = (
    "; the file on disk differs from what is staged, so no command is safe: save what you need of"
    " both (git cat-file blob {}), then stage anew"
)


def by_pmgit(config: Config, scope: Sequence[str], rules: Iterable[str]) -> tuple[str, ...]:
    """`pmgit fix` for these rules; `scope` are the options that name what is fixed.

    Options of rules from the command line of `pmgit check` are set again.
    """
    names = sorted(rules)
    typed = [
        word
        for rule, table in config.rules.items()
        if rule != HOST_LIMIT or rule in names
        for option, value in table.items()
        if config.is_typed(rule, option)
        for word in ("-c", f"{rule}.{option}={value.text}")
    ]
    return ("pmgit", "fix", *scope, *typed, *names)


class Advice:
    """A fix, or None and the reason why no command is right; `note` is added to the message."""

    __slots__ = ("fix", "note")

    def __init__(self, fix: Fix | None, note: str = "") -> None:
        self.fix = fix
        self.note = note


def keep_out(subject: Subject, blob: Blob, *, ignore: bool = True) -> Advice:
    """The fix that keeps a blob out of Git, while its file stays on disk.

    `ignore`: below a models folder the ignore rules are set up too, or the next `git add` would
    bring it back.
    """
    if steering.steers_git(blob.path):
        return Advice(None, f"{_committed(blob).note}{steering.advice(blob)}")
    if not subject.can_be_staged:
        return _committed(blob)
    before = subject.before(blob)
    if before == blob.oid:
        step = Step("git", "rm", "--cached", "-q", *subject.sparse, items=(blob.path,))
        steps = [step, *ignored(subject, blob, ignore)]
        return Advice(Fix(*steps, safe=False, warning=COLLEAGUES), " (already committed)")
    if before:
        back = Step("git", "restore", "--staged", items=(blob.path,))
    else:
        place = whole.folder_of(subject, blob.path)
        if place and blob.mode != SUBMODULE:
            together = subject.once(whole.leave_index, place)
            if together is None:
                return Advice(None, _DIFFERS.format(blob.oid[:12]))
            return Advice(Fix(*together, *ignored(subject, blob)))
        back = whole.out_of_index(subject, (blob.path,))
    there = _on_disk(subject, blob)
    if there == work_tree.DIFFERENT:
        return Advice(None, _DIFFERS.format(blob.oid[:12]))
    steps = [back]
    note = _from_disk(subject.repository) if before else ""
    if there == work_tree.ABSENT:
        # The index holds the only copy: put it on disk first, in a sparse checkout too.
        restore = Step("git", "restore", "--ignore-skip-worktree-bits", items=(blob.path,))
        steps.insert(0, restore)
    if not before:
        steps += ignored(subject, blob, ignore)
    return Advice(Fix(*steps), note)


def take_back(subject: Subject, model: Model) -> Advice:
    """The fix that takes what a commit changes of a model out of it, and leaves it on disk."""
    changes = [one for one in subject.model_changes if one.path.startswith(f"{model.path}/")]
    if not changes or not subject.can_be_staged:
        return Advice(None)
    if any(steering.steers_git(one.path) for one in changes):
        return Advice(None)
    there = {one.path: _on_disk(subject, one) for one in changes if one.oid}
    for one in changes:
        if there.get(one.path) == work_tree.DIFFERENT:
            return Advice(None, _DIFFERS.format(one.oid[:12]))
    absent = tuple(path for path, state in there.items() if state == work_tree.ABSENT)
    old = tuple(one.path for one in changes if subject.before(one))
    new = tuple(one.path for one in changes if not subject.before(one))
    steps = []
    if absent:
        steps.append(Step("git", "restore", "--ignore-skip-worktree-bits", items=absent))
    if old:
        steps.append(Step("git", "restore", "--staged", items=old))
    if new:
        steps.append(whole.out_of_index(subject, new))
    return Advice(Fix(*steps), _from_disk(subject.repository) if old else "")


def _on_disk(subject: Subject, blob: Blob) -> str:
    """What the file on disk is, compared with a blob, or with what a pointer stands for."""
    there = work_tree.compare(subject.repository, blob)
    stands_for = subject.pointer_of(blob) if there == work_tree.DIFFERENT else None
    if isinstance(stands_for, Pointer):
        from pmgit.lfs import store

        if store.is_on_disk(subject.repository, blob.path, stands_for):
            return work_tree.SAME
    return there


def _from_disk(repository: Repository) -> str:
    """A note for a commit that takes its content from the disk, whatever is staged; else ''."""
    name = of_commit(repository)
    if name == "index.lock":
        return "; commit without -a, which would take it from the disk again"
    if name:
        return "; leave it out of `git commit PATH`, which would take it from the disk again"
    return ""


def of_commit(repository: Repository) -> str:
    """The name of the index that `git commit -a` or `git commit PATH` makes for the hook, or ''."""
    name = os.path.basename(repository.index)
    return name if name == "index.lock" or name.startswith("next-index-") else ""


def ignored(subject: Subject, blob: Blob, wanted: bool = True) -> list[Step]:
    """The steps that keep the next `git add` from bringing a path back."""
    if not wanted or not (subject.in_models(blob.path) or blob.path in subject.roots):
        return []
    if blob.mode == SUBMODULE or whole.folder_of(subject, blob.path):
        return hide(subject, blob.path)
    if subject.storage == LFS or subject.once(_has_nested):
        return []  # in a nested block they are ignored, and were added all the same
    return let_in(subject)


def hide(subject: Subject, path: str) -> list[Step]:
    """The steps that have the ignore block hide what is no model: a clone, an entry of a cache."""
    root = folder.root_of(path, subject.roots)
    nested = subject.once(_has_nested)
    return _gitignore(subject, f"{root}/.gitignore" if nested else ".gitignore")


def let_in(subject: Subject) -> list[Step]:
    """The steps that write and stage ignore rules which hide weights and let INFO.md in.

    From inside of a models folder no line helps against one at the top that shuts the folder.
    """
    return _gitignore(subject, ".gitignore", *["--no-nested"] * subject.once(_has_nested))


def _gitignore(subject: Subject, file: str, *options: str) -> list[Step]:
    add = Step("git", "add", *subject.sparse, items=(file,))
    return [Step("pmgit", "gitignore", *options), add]


def _has_nested(subject: Subject) -> bool:
    """Whether the ignore block stands in the models folders."""
    return any(models_folders.ignore_blocks(subject.repository, subject.roots))


def _committed(blob: Blob) -> Advice:
    return Advice(None, f" (in commit {blob.commit[:12]})" if blob.commit else "")


def store(subject: Subject, blob: Blob) -> Advice:
    """The fix for a blob that Git must not hold: into Git LFS, or out of Git altogether."""
    if steering.steers_git(blob.path) or not goes_to_lfs(subject, blob):
        return keep_out(subject, blob)
    if subject.is_lfs(blob.path):
        return to_pointer(subject, blob)
    if not subject.can_be_staged:
        return _committed(blob)
    return set_up_here(subject, blob)


def set_up_here(subject: Subject, blob: Blob) -> Advice:
    """The same as `set_up`, or the reason why it would be refused."""
    line, sends = subject.once(other_lines.lines_of_clone).get(blob.path, ("", True))
    if not sends:
        return Advice(None, f"; {line} keeps it out of Git LFS on this machine: take it out first")
    line = subject.once(other_lines.lines_against_weights).get(blob.path, "")
    # A text that stays in Git LFS has all of it refused.
    line = line or next(iter(subject.once(other_lines.lines_against_texts).values()), "")
    return Advice(None, other_lines.note(line)) if line else Advice(set_up(subject, blob))


def text_again(subject: Subject, blob: Blob) -> Advice:
    """The fix that makes a pointer text again, or the reason why that would be refused here."""
    if not subject.can_be_staged:
        return Advice(None)
    line, sends = subject.once(other_lines.lines_of_clone).get(blob.path, ("", False))
    if sends:
        return Advice(None, f"; {line} sends it to Git LFS on this machine: take it out first")
    stuck = subject.once(other_lines.lines_against_texts)
    if stuck:
        # One text that stays in Git LFS has all of it refused.
        line = stuck.get(blob.path) or next(iter(stuck.values()))
        return Advice(None, other_lines.note(line))
    return Advice(Fix(Step("pmgit", "lfs-setup"), order=Fix.SETUP))


def goes_to_lfs(subject: Subject, blob: Blob) -> bool:
    """Whether Git LFS is the place for a blob that Git must not hold.

    Weights, where the repository keeps them there; and then also what else belongs to a model,
    because a model without its tokenizer is none. Not what Git or pmgit itself has to read.
    """
    if subject.is_lfs(blob.path):
        return True
    if subject.storage != LFS or whole.folder_of(subject, blob.path):
        return False
    from pmgit.lfs import patterns
    from pmgit.model import storage

    if patterns.must_be_text(blob.path) and blob.size <= storage.largest_text(subject.config):
        return False  # text-in-lfs would object
    name = blob.path[blob.path.rfind("/") + 1 :]
    is_read = name.startswith(".") or name in (folder.INFO, folder.LOCK)
    return subject.is_weights(blob) or (subject.in_models(blob.path) and not is_read)


def set_up(subject: Subject, blob: Blob) -> Fix:
    """`pmgit lfs-setup` with the pattern for a blob."""
    return Fix(lfs_setup([pattern(subject, blob)]), order=Fix.SETUP)


def lfs_setup(wanted: Iterable[str]) -> Step:
    """`pmgit lfs-setup` for these patterns; without any it takes texts out of Git LFS."""
    items = tuple(wanted)
    return Step("pmgit", "lfs-setup", items=items, option="--pattern", names="verbatim")


def pattern(subject: Subject, blob: Blob) -> str:
    """The attribute pattern for a blob: its format's, for weights below a models folder.

    A text has a line of its own: others of its format are small, and belong into Git.
    """
    from pmgit.lfs import patterns

    # No pattern for all texts, where one of them holds weights.
    if subject.tiers.of(blob.path) != NEVER and subject.is_weights(blob):
        return patterns.for_file(blob.path, subject.roots)
    return patterns.exact(blob.path)


def to_pointer(subject: Subject, blob: Blob) -> Advice:
    """The fix that makes a raw blob the pointer that its attributes ask for."""
    if not subject.can_be_staged:
        return _committed(blob)
    line = subject.once(other_lines.raw_files).get(blob.path)
    note = f"; here {line} keeps it raw: take that out, too" if line else ""
    there = work_tree.compare(subject.repository, blob)
    if there == work_tree.SAME and line is None:
        # Without a configured filter --renormalize keeps the blob raw and exits 0.
        add = Step("git", "add", "--renormalize", *subject.sparse, items=(blob.path,))
        return Advice(Fix(INSTALL, add))
    # --renormalize would read the work tree, which holds something else or nothing, or go by
    # attributes that are not those of the tree.
    return Advice(Fix(INSTALL, convert(blob)), note)


def convert(blob: Blob) -> Step:
    """Make a pointer from the staged blob itself; whatever is on disk stays as it is.

    `$1` mode, `$2` blob id, `$3` path: no name is ever part of the script.
    """
    # Step by step: when git-lfs fails, an empty file must not be recorded in the blob's place.
    # git-lfs does not get the path: 3.6 takes only 1024 bytes where the file there is that small.
    script = (
        'size=$(git cat-file -s "$2") && text=$(git cat-file blob "$2" | git lfs clean)'
        # An extension of Git LFS may store something else.
        ' && case $text in *"size $size" | *ext-*) ;; *) false ;; esac'
        " && oid=$(printf '%s\\n' \"$text\" | git hash-object -w --stdin)"
        ' && git update-index --cacheinfo "$1,$oid,$3"'
    )
    return Step("sh", "-c", script, "sh", blob.mode, blob.oid, blob.path)


def replace_pointer(subject: Subject, blob: Blob, text: bytes) -> Advice:
    """The fix that makes a blob the pointer `text` (plain ASCII); the work tree is not touched."""
    if not subject.can_be_staged:
        return _committed(blob)
    # A word for each line: a line break in a word is nothing that fish could read.
    script = (
        'mode=$1; path=$2; shift 2; oid=$(for line; do printf "%s\\n" "$line"; done |'
        ' git hash-object -w --stdin) && git update-index --cacheinfo "$mode,$oid,$path"'
    )
    lines = text.decode("ascii").splitlines()
    words = ("sh", "-c", script, "sh", blob.mode, blob.path, *lines)
    return Advice(Fix(Step(*words)))
