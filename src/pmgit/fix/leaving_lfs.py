"""Files that leave Git LFS: a change takes their line of `.gitattributes` away, and means it.

`git lfs untrack` is how people do it. The pointers stay in the index, and the content has to take
their place; where it is too large for Git, the file leaves Git altogether.
"""

from __future__ import annotations

from pmgit.core.config import LFS
from pmgit.core.finding import Fix, Step
from pmgit.fix import for_staged
from pmgit.fix.for_staged import COLLEAGUES, Advice
from pmgit.git import attributes, work_tree
from pmgit.git.blob import Blob, encode
from pmgit.git.objects import HEAD_BYTES
from pmgit.git.revisions import id_of
from pmgit.git.temporary import CommitIndex
from pmgit.lfs import store
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.lfs.pointer import Pointer
    from pmgit.model.subject import Subject

_FILES = (":(top,glob)**/.gitattributes",)
#: Puts the content in the place of the pointers that lie on disk. Git LFS downloads it if need be.
_EXPAND = (
    'cd "$(git rev-parse --show-cdup)." && new=$(mktemp) && trap \'rm -f "$new"\' EXIT && for file;'
    ' do GIT_LFS_SKIP_SMUDGE=0 git lfs smudge <"$file" >"$new" && cat "$new" >"$file" || exit; done'
)
#: The same in the index alone: `$1` mode, `$2` id of the pointer, `$3` path, `$4` size.
_STAGE = (
    "new=$(mktemp) && trap 'rm -f \"$new\"' EXIT &&"
    ' git cat-file blob "$2" | GIT_LFS_SKIP_SMUDGE=0 git lfs smudge >"$new" &&'
    ' test "$(($(wc -c <"$new")))" = "$4" && oid=$(git hash-object -w --no-filters -- "$new") &&'
    ' git update-index --cacheinfo "$1,$oid,$3"'
)
_ABOUT = (
    "leaves Git LFS: the content takes the place of the pointer (older commits keep theirs;"
    " git lfs migrate export would rewrite them)"
)
_OUT = (
    "leaves Git LFS, and Git, for which it is too large: the content stays on disk"
    " (older commits keep their pointers)"
)


class LeavingFixes:
    """Those of some pointers that leave Git LFS, and their fixes.

    The last change of `.gitattributes` says which: the change that is judged, or for a whole tree
    without one, the last commit that has changed such a file.
    """

    def __init__(self, subject: Subject, found: Sequence[tuple[Blob, Pointer]]) -> None:
        self._subject = subject
        self._paths = self._uncovered(subject, [blob.path for blob, _ in found])
        self._new = {blob.path for blob in subject.introduced if not blob.before}
        #: How many bytes come into each model.
        self._coming: dict[str, int] = {}
        for blob, pointer in found:
            if blob.path in self._paths and subject.in_models(blob.path):
                model = subject.places.model_of(blob.path)
                self._coming[model] = self._coming.get(model, 0) + pointer.size

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def _uncovered(self, subject: Subject, paths: Sequence[str]) -> set[str]:
        """Those of `paths` that the attributes covered before that change."""
        repository = subject.repository
        if not (subject.can_be_staged and paths):
            return set()
        staged = ("diff-index", "--cached", "--quiet", "HEAD", "--", *_FILES)
        code = repository.start(*staged, literal=False).wait()[0]
        before = "HEAD" if code == 1 else ""
        if code == 0 and subject.origin == TREE:
            words = ("rev-list", "-1", "HEAD", "--", *_FILES)
            code, out, _ = repository.start(*words, literal=False).wait()
            commit = out.decode("ascii").strip() if code == 0 else ""
            before = f"{commit}^" if commit else ""
        if not before or not id_of(repository, before):
            return set()  # it is the first commit
        old = Snapshot(repository, TREE, [], [], index=CommitIndex(repository, before))
        old.learn_filters(paths)
        return {path for path in paths if old.filter_of(path) == attributes.LFS}

    def advice(self, blob: Blob, pointer: Pointer, *, sent_here: bool) -> Advice:
        """The fix by which a pointer whose line is gone becomes the content, or leaves Git.

        `sent_here`: attributes of this machine alone make a pointer of whatever is added.
        """
        subject, repository = self._subject, self._subject.repository
        is_content = store.is_on_disk(repository, blob.path, pointer)
        is_pointer = not is_content and work_tree.compare(repository, blob) == work_tree.SAME
        # The pointer itself is of no use on disk any more.
        expand = Step("sh", "-c", _EXPAND, items=(blob.path,), names="verbatim")
        first = [expand] if is_pointer else []
        if self._fits(blob, pointer):
            if sent_here or not (is_content or is_pointer):
                words = (blob.mode, blob.oid, blob.path, str(pointer.size))
                return Advice(Fix(Step("sh", "-c", _STAGE, "sh", *words),
                                  about=_ABOUT))  # fmt: skip
            add = Step("git", "add", "--renormalize", *subject.sparse, items=(blob.path,))
            return Advice(Fix(*first, add, about=_ABOUT))
        if subject.storage == LFS:
            note = (
                "; raw it would be too large for Git, so it stays in Git LFS, or leaves Git too,"
                ' with storage = "ignore" in the configuration'
            )
            return Advice(for_staged.set_up(subject, blob), note)
        is_old = bool(subject.before(blob)) or blob.path not in self._new
        out = Step("git", "rm", "--cached", "-f", "-q", *subject.sparse, items=(blob.path,))
        steps = [*first, out, *for_staged.ignored(subject, blob)]
        warning = COLLEAGUES if is_old else ""
        return Advice(Fix(*steps, safe=not is_old, warning=warning, about=_OUT))

    def _fits(self, blob: Blob, pointer: Pointer) -> bool:
        """Whether the rules about sizes would let the content be raw in Git."""
        subject, config = self._subject, self._subject.config
        content = Blob.known(blob.path, pointer.oid, blob.mode, pointer.size)
        subject.snapshot.contents.know_head(content.oid, _head(subject, blob, pointer))
        most = config.size("oversized-blob", "max-file-size", 10_000_000)
        if subject.in_models(blob.path):
            of_model = config.size("oversized-model", "max-model-size", 10_000_000)
            if self._coming[subject.places.model_of(blob.path)] > of_model:
                return False
        if subject.is_weights(content):
            most = min(most, config.size("oversized-blob", "max-weights-size", 1_000_000))
            if subject.in_models(blob.path):
                most = min(most, config.size("tracked-weights", "max-raw-weights", 0))
        return pointer.size <= most


def _head(subject: Subject, blob: Blob, pointer: Pointer) -> bytes:
    """The first bytes of the content; of one that is not here, what any binary could begin with."""
    repository = subject.repository
    path = store.find_object(repository, pointer.oid)
    if not path and store.is_on_disk(repository, blob.path, pointer):
        path = f"{repository.top}/{blob.path}"
    try:
        with open(encode(path), "rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b"\0"
