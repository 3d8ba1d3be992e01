"""What the files of a judgement are by their content, and whether it is safe to load them.

The content of a pointer is its object, where that is here; of a raw file it is the blob. Of tensors
nothing is read, so most files cost what their headers do.
"""

from __future__ import annotations

import os

from pmgit.git import attributes, streams, work_tree
from pmgit.lfs import pointer, store
from pmgit.model.weights import BINARY_BYTES, NEVER, OTHER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from pmgit.formats.opinion import FileFinding, Opinion
    from pmgit.formats.reader import Reader
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: Texts that are used when a model is loaded, by the ends of their names, which mean no weights;
#: and what makes one worth a closer look, because nearly every model has a config.json.
_TEMPLATES = (".jinja", ".jinja2", ".j2")
_USED_TEXTS = (*_TEMPLATES, "config.json", "chat_template.json")
_NO_WEIGHTS = (NEVER, OTHER)
_WORDS = (b"chat_template", b"class_name", b"modelTopology")
_LONGEST_TEXT = 5_000_000
#: A pickle without a mark looks like a text that begins with one of these; or with one that has so
#: many bytes with its argument, or a line (0), and is followed by one of the others.
_FIRST_OF_PICKLES = (b"(", b"c", b"]", b"}", b")")
_WITH_ARGUMENT = dict.fromkeys((b"I", b"L", b"F", b"V", b"S", b"P"), 0) | {
    b"N": 1, b"K": 2, b"M": 3, b"J": 5, b"G": 9,
}  # fmt: skip
_SECOND_OF_PICKLES = b"(c]})N012pq"
#: What a file may be judged as.
_AS_WEIGHTS, _AS_TEXT = 1, 2
#: Raw files of at most so many bytes are read into memory, all others into a file.
_IN_MEMORY = 16_000_000
_TOGETHER = 64_000_000
#: So many bytes of objects of Git LFS are hashed: 15 ms. A commit has no time for more.
_HASHED = 16_000_000
#: Of a larger raw file Git would have to inflate all for minutes.
_MOST_READ = 4_000_000_000


class JudgedFile:
    """A blob with the opinion on its content.

    `sha256` is that of the content; of a raw blob only where the configuration names some file by
    its sha256, else ''.
    """

    __slots__ = ("blob", "opinion", "sha256")

    def __init__(self, blob: Blob, opinion: Opinion, sha256: str = "") -> None:
        self.blob = blob
        self.opinion = opinion
        self.sha256 = sha256


class Opinions:
    """The `judged` files, and how many pointers were `not_scanned`: their objects are not here."""

    __slots__ = ("judged", "not_scanned")

    def __init__(self, judged: list[JudgedFile], not_scanned: int) -> None:
        self.judged = judged
        self.not_scanned = not_scanned


def of_weights(subject: Subject) -> Opinions:
    """The opinions on the introduced files that somebody may load; asked by `subject.once`."""
    pointers: list[tuple[Blob, pointer.Pointer]] = []
    raw = []
    for blob in _candidates(subject):
        stands_for = subject.pointer_of(blob)
        if isinstance(stands_for, pointer.Pointer):
            # Of a push only the tip counts: a pointer puts nothing into the history.
            if not subject.is_gone_again(blob):
                pointers.append((blob, stands_for))
        elif stands_for is None:
            raw.append(blob)  # of damaged pointers another rule speaks
    judged, absent = _of_pointers(subject, pointers)
    judged += _of_raw(subject, raw)
    judged.sort(key=lambda one: one.blob.path)
    return Opinions(judged, absent)


def _candidates(subject: Subject) -> list[Blob]:
    """The introduced files whose content decides what happens when somebody loads them."""
    found, open_to_doubt, texts = [*subject.loaded_elsewhere], [], []
    tier_of = subject.tiers.of
    for blob in subject.model_files:
        tier = tier_of(blob.path)
        if tier == OTHER or (tier == NEVER and blob.size > BINARY_BYTES):
            open_to_doubt.append(blob)
        elif tier != NEVER:
            found.append(blob)
        if tier in _NO_WEIGHTS and blob.path.endswith(_USED_TEXTS):
            texts.append(blob)
    found += _binary(subject, open_to_doubt)
    found += _used_texts(subject, texts)
    if not subject.snapshot.removed:
        return list(dict.fromkeys(found))
    return [blob for blob in dict.fromkeys(found) if not _was_judged(subject, blob)]


def _was_judged(subject: Subject, blob: Blob) -> bool:
    """Whether this is an old file that is moved from where it was judged already.

    A name under which nobody looks into a file (`notes.txt`) makes the next one not free.
    """
    if not subject.is_moved(blob):
        return False
    roles = _roles(subject, blob.path, blob.size)
    before = subject.snapshot.removed[blob.commit, blob.oid]
    return any(not roles & ~_roles(subject, path, blob.size) for path in before)


def _roles(subject: Subject, path: str, size: int) -> int:
    """What a file is judged as, by its name: as weights, as a text that is used."""
    tier = subject.tiers.of(path)
    if not subject.in_models(path):
        return _AS_WEIGHTS if subject.tiers.is_loaded(path) else 0
    is_used = tier in _NO_WEIGHTS and path.endswith(_USED_TEXTS)
    may_be_weights = tier != NEVER or size > BINARY_BYTES
    return _AS_WEIGHTS * may_be_weights | _AS_TEXT * is_used


def _binary(subject: Subject, blobs: list[Blob]) -> list[Blob]:
    """Those of the blobs, whose names prove nothing, that are no plain texts."""
    if not blobs:
        return []
    from pmgit.formats import kinds

    heads = subject.snapshot.contents.heads_of(blobs)
    return [
        blob
        for blob in blobs
        if (head := heads.get(blob.oid, b""))
        and (_may_be_a_pickle(head) or not kinds.is_text(head))
    ]


def _may_be_a_pickle(text: bytes) -> bool:
    """Whether a text may be a pickle of protocol 0 or 1, by how it begins."""
    if text.startswith(_FIRST_OF_PICKLES):
        return True
    length = _WITH_ARGUMENT.get(text[:1])
    if length is None:
        return False
    second = text[length or text.find(b"\n") + 1 :][:1]
    return bool(second) and second in _SECOND_OF_PICKLES


def _used_texts(subject: Subject, blobs: list[Blob]) -> list[Blob]:
    """Those of the texts in which a chat template or a layer with code may stand."""
    contents = subject.snapshot.contents
    found: set[Blob] = set()
    for part in _in_parts([blob for blob in blobs if not blob.path.endswith(_TEMPLATES)]):
        texts = contents.texts_of(part, _LONGEST_TEXT)
        found.update(b for b in part if any(word in texts.get(b.oid, b"") for word in _WORDS))
        contents.forget_large(part)
    return [blob for blob in blobs if blob.path.endswith(_TEMPLATES) or blob in found]


def _of_pointers(
    subject: Subject, pointers: Sequence[tuple[Blob, pointer.Pointer]]
) -> tuple[list[JudgedFile], int]:
    """The opinions on the objects that are here, and how many are not."""
    judged: list[JudgedFile] = []
    absent = 0
    room = _HASHED
    usual = [store.usual_folder(subject.repository)]
    for blob, stands_for in pointers:
        path = store.find_in(usual, stands_for.oid) or store.find_in(subject.stores, stands_for.oid)
        if not path:
            absent += 1
            continue
        if stands_for.size <= pointer.MAX_CONFLICT and _is_pointer(path):
            continue  # of a pointer to a pointer another rule speaks
        key = (stands_for.oid, blob.path)
        if key not in subject.opinions:
            is_hashed = stands_for.size <= room
            room -= stands_for.size if is_hashed else 0
            opinion = _of_object(subject, blob, stands_for, path, is_hashed=is_hashed)
            subject.opinions[key] = opinion
        judged.append(JudgedFile(blob, *subject.opinions[key]))
    return judged, absent


def _is_pointer(path: str) -> bool:
    from pmgit.formats.regular import read_regular

    return pointer.may_be(read_regular(path, pointer.MAX_CONFLICT) or b"")


def _of_object(
    subject: Subject, blob: Blob, stands_for: pointer.Pointer, path: str, *, is_hashed: bool
) -> tuple[Opinion, str]:
    """The opinion on an object of Git LFS, and the hash by which it may be accepted.

    To compare that takes seconds for a large object: those are compared only where somebody has
    accepted a file of this hash.
    """
    from pmgit.formats.judge import judge
    from pmgit.formats.opinion import BROKEN, UNKNOWN, FileFinding, opinion
    from pmgit.formats.reader import FileReader
    from pmgit.formats.regular import open_regular, reason_of

    try:
        with open_regular(path) as file:
            reader = _beside(subject, blob, FileReader(file))
            if reader.size != stands_for.size:
                text = f"the Git LFS object here has {reader.size:,} bytes, not {stands_for.size:,}"
                return opinion("Git LFS object", [FileFinding(BROKEN, text)]), ""
            found = judge(reader, blob.path)
            is_accepted = found.findings and stands_for.oid in subject.config.accepted
            if (is_hashed or is_accepted) and _sha256(file) != stands_for.oid:
                text = "the Git LFS object here has another sha256 than its pointer: git lfs fsck"
                return opinion(found.kind, [FileFinding(BROKEN, text), *found.findings]), ""
            return found, stands_for.oid
    except (OSError, ValueError) as error:
        text = f"its Git LFS object could not be read: {reason_of(error)}"
        return opinion("Git LFS object", [FileFinding(UNKNOWN, text)]), ""


def _of_raw(subject: Subject, blobs: Sequence[Blob]) -> Iterator[JudgedFile]:
    """The opinions on raw files."""
    known = subject.opinions
    new = [blob for blob in blobs if (blob.oid, blob.path) not in known]
    for one in _of_new(subject, new):
        known[one.blob.oid, one.blob.path] = one.opinion, one.sha256
    for blob in blobs:
        if (blob.oid, blob.path) in known:  # else nobody has its object
            yield JudgedFile(blob, *known[blob.oid, blob.path])


def _of_new(subject: Subject, blobs: Sequence[Blob]) -> Iterator[JudgedFile]:
    """The opinions on raw files that nobody has judged yet, of which the small ones are read
    together.
    """
    if not blobs:
        return
    from pmgit.formats.opinion import UNKNOWN, FileFinding, opinion

    is_hashed = bool(subject.config.accepted)
    for part in _in_parts([blob for blob in blobs if blob.size <= _IN_MEMORY]):
        yield from _of_part(subject, part, is_hashed=is_hashed)
    for blob in blobs:
        if blob.size <= _IN_MEMORY:
            continue
        if blob.size > _MOST_READ:
            text = "more than Git gives out in a bearable time"
            yield JudgedFile(blob, opinion("data", [FileFinding(UNKNOWN, text)]))
            continue
        yield _of_large(subject, blob, is_hashed=is_hashed)


def _of_part(subject: Subject, part: list[Blob], *, is_hashed: bool) -> Iterator[JudgedFile]:
    """The opinions on raw files that are in memory together, and no longer than this takes."""
    from pmgit.formats.judge import judge
    from pmgit.formats.reader import BytesReader

    contents = subject.snapshot.objects.contents(part)
    for blob in part:
        if blob.oid in contents:
            data = contents[blob.oid]
            sha256 = ""
            if is_hashed:
                import hashlib

                sha256 = hashlib.sha256(data).hexdigest()
            reader = _beside(subject, blob, BytesReader(data))
            yield JudgedFile(blob, judge(reader, blob.path), sha256)


def _in_parts(blobs: Sequence[Blob]) -> Iterator[list[Blob]]:
    """The blobs in parts that fit into memory."""
    part: list[Blob] = []
    room = _TOGETHER
    for blob in blobs:
        if part and blob.size > room:
            yield part
            part, room = [], _TOGETHER
        part.append(blob)
        room -= blob.size
    if part:
        yield part


def _of_large(subject: Subject, blob: Blob, *, is_hashed: bool) -> JudgedFile:
    """The opinion on a large raw blob: by its file in the work tree, where Git knows that this is
    the same before it is judged and afterwards, or by what Git writes into a file without a name.
    """
    file = _on_disk(subject, blob)
    if file:
        with file:
            judged = _of_file(subject, blob, file, is_hashed=is_hashed)
            again = _on_disk(subject, blob)
            if again:
                with again:
                    if os.path.sameopenfile(file.fileno(), again.fileno()):
                        return judged
    with streams.into_file(subject.repository, "cat-file", "blob", blob.oid) as written:
        return _of_file(subject, blob, written, is_hashed=is_hashed)


def _of_file(subject: Subject, blob: Blob, file: IO[bytes], *, is_hashed: bool) -> JudgedFile:
    from pmgit.formats.judge import judge
    from pmgit.formats.reader import FileReader

    found = judge(_beside(subject, blob, FileReader(file)), blob.path)
    return JudgedFile(blob, found, _sha256(file) if is_hashed else "")


def _on_disk(subject: Subject, blob: Blob) -> IO[bytes] | None:
    """The file of a blob in the work tree, open, where Git knows that it is the same."""
    if subject.snapshot.has_work_tree and subject.filter_of(blob.path) in attributes.NO_FILTER:
        return work_tree.open_unchanged(subject.repository, blob)
    return None


def _beside(subject: Subject, blob: Blob, reader: Reader) -> Reader:
    """The reader, that knows the names of the files beside a blob of a models folder."""
    if subject.in_models(blob.path):
        reader.names = subject.once(_names_in, blob.path.rpartition("/")[0])
    return reader


def _names_in(subject: Subject, folder: str) -> frozenset[str]:
    """The names of the files in a folder of a models folder; asked by `subject.once`."""
    return frozenset(
        one.path.rpartition("/")[2] for one in subject.places.by_folder.get(folder, ())
    )


def _sha256(file: IO[bytes]) -> str:
    import hashlib

    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def sentence_of(findings: Sequence[FileFinding]) -> str:
    """The worst of the findings on a file in words, and how many more there are."""
    more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
    return findings[0].sentence + more
