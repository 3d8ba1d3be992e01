"""Zip archives: those of torch, TorchScript, numpy and Keras, and any other one.

Every member is judged by its content, whatever its name, but for the storages of torch, which no
loader takes for anything but numbers: of these the length is compared.
"""

from __future__ import annotations

import zlib

from pmgit.formats import compressed, kinds, pickles, storages, torch_archives
from pmgit.formats.names import (
    ARRAY,
    HDF5,
    JSON,
    KERAS,
    KERAS_HDF5,
    NUMPY,
    OBJECTS,
    PACKAGE,
    PROGRAM,
    SCRIPT,
    TORCH,
    ZIP,
)
from pmgit.formats.opcodes import walk
from pmgit.formats.opinion import (
    BROKEN,
    UNSAFE,
    BrokenError,
    FileFinding,
    Opinion,
    TooMuchError,
    opinion,
    short,
)  # fmt: skip
from pmgit.formats.reader import BytesReader
from pmgit.formats.zip_directory import DEFLATED, STORED, Member, read_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.pickle_values import PickleStream
    from pmgit.formats.reader import Reader

#: Where Keras has the weights of a model, and as what; those of a large one are in several files.
_KERAS_WEIGHTS = {
    "model.weights.h5": (HDF5, KERAS_HDF5), "model.weights.npz": (NUMPY, ZIP),
    "model.weights.json": (JSON,),
}  # fmt: skip
_OF_MAR = "MAR-INF/MANIFEST.json"
_BEGIN, _EMPTY = b"PK\x03\x04", b"PK\x05\x06"
#: A member that is as long or shorter is compared with its checksum.
_MOST_COMPARED = 4_000_000
#: As long as a `serialization_id` is, in bytes, and some more.
#: Packages of software, which have libraries for the processor; nobody loads them as a model.
_PACKAGES = (
    ".aab", ".aar", ".apk", ".conda", ".egg", ".ipa", ".jar", ".nupkg", ".vsix", ".whl", ".zip",
)  # fmt: skip
_LONGEST_NOTE = 64
#: As long as pointers of Git LFS are, whatever size they name.
_POINTERS = range(100, 300)
#: The steps for the pickles that only say which line of a script is which.
_DEBUG_STEPS = 100_000


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is a zip archive."""
    return head.startswith((_BEGIN, _EMPTY))


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the archive and its members."""
    before, found_before = _before_it(reader, caps)
    members, findings = read_directory(reader, caps, before)
    findings += found_before
    kind = _kind(members)
    if kind == KERAS and not any(member.name in _KERAS_WEIGHTS for member in members):
        findings.append(FileFinding(BROKEN, "a model of Keras without its weights"))
    if reader.name.lower().endswith(".mar") and not any(m.name == _OF_MAR for m in members):
        findings.append(FileFinding(BROKEN, f"a model archive of TorchServe without {_OF_MAR}"))
    expected: dict[str, int | None] = {}
    # Without it there torch.load takes the object for any pickle, and imports its classes.
    constants = f"{torch_archives.root_of(members)}/constants.pkl"
    is_script = kind == SCRIPT and any(member.name == constants for member in members)
    if kind in (TORCH, SCRIPT):
        if not any(member.crc for member in members):
            # torch.serialization.set_crc32_options(False): it was told to write no checksums.
            members = [member.but(crc=None) for member in members]
        findings += torch_archives.findings(
            members, kind, reader.name, lambda member: content_of(reader, member, caps)
        )
        for member in members:
            if member.name.endswith((".pkl", ".debug_pkl")):
                found, stream = _of_torch_pickle(reader, member, is_script, caps)
                findings += found
                if stream is not None and member.name.endswith("/data.pkl"):
                    expected |= storages.sizes(stream)
                    if kind == SCRIPT:
                        findings += torch_archives.of_code(members, stream.globals.values())
        findings += _of_storages(reader, members, expected)
    for member in members:
        if member.is_folder or (kind in (TORCH, SCRIPT) and _is_done(member, expected)):
            continue
        findings += _of_member(reader, member, kind, caps)
    return opinion(kind, findings)


def _before_it(reader: Reader, caps: Caps) -> tuple[int, list[FileFinding]]:
    """Where the last archive of a distributed checkpoint of torch begins, which has one behind the
    other, and what is wrong with those before it; 0 of any other file."""
    if not reader.name.lower().endswith(".distcp"):
        return 0, []
    members, _ = read_directory(reader, caps)
    begin = min((member.header for member in members), default=0)
    if begin <= 0 or begin >= reader.size:
        return 0, []
    inside = caps.inside(reader.part(0, begin), reader.name)
    found = list(inside.findings)
    if inside.kind != TORCH:
        found.append(FileFinding(BROKEN, f"{inside.kind} before the archive", offset=0))
    return begin, found


def attached(reader: Reader, begin: int, caps: Caps) -> list[FileFinding]:
    """What is wrong with an archive behind another file, which ends at `begin`.

    In one with a model of its own some readers open the one model, others the other.
    """
    members, findings = read_directory(reader, caps, begin)
    if _kind(members) != ZIP:
        text = "an archive with a model behind the model: two files in one"
        findings.append(FileFinding(UNSAFE, text, offset=begin))
    for member in members:
        if member.header < begin:
            text = "a member of the archive lies in the model"
            findings.append(FileFinding(UNSAFE, text, where=short(member.name)))
        if not member.is_folder:
            findings += _of_member(reader, member, ZIP, caps)
    return findings


def _kind(members: list[Member]) -> str:
    names = {member.name for member in members}
    inner = {name.partition("/")[2] for name in names}
    if ".data/extern_modules" in inner:
        return PACKAGE
    if "data.pkl" in inner or "constants.pkl" in inner:
        is_script = "constants.pkl" in inner or any(name.startswith("code/") for name in inner)
        return SCRIPT if is_script else TORCH
    if "config.json" in names and ("metadata.json" in names or "model.weights.h5" in names):
        return KERAS
    if names and all(name.endswith(".npy") for name in names):
        return NUMPY
    return ZIP


def _is_done(member: Member, expected: dict[str, int | None]) -> bool:
    """Whether a member of a torch archive is judged already: pickles, and storages in use."""
    folder, _, key = member.name.rpartition("/")
    is_storage = folder.endswith(("/data", "/constants", "/tensors")) and key in expected
    is_constant = folder.endswith("/constants") and key.isdigit()
    return is_storage or is_constant or member.name.endswith((".pkl", ".debug_pkl"))


def content_of(reader: Reader, member: Member, caps: Caps) -> Reader:
    """The content of a member. BrokenError when it cannot be had."""
    part = reader.part(member.begin, member.packed)
    if part.size < member.packed:
        raise BrokenError("it ends in this member", reader.size)
    if member.method == STORED:
        if member.packed != member.size:
            raise BrokenError("it is not as long as the directory says")
        return part
    if member.method != DEFLATED:
        raise TooMuchError(f"a member packed by method {member.method}, which pmgit does not open")
    data = compressed.inflate(part, caps)
    if len(data) != member.size:
        raise BrokenError("it is not as long as the directory says")
    return BytesReader(data)


def _of_checksum(content: Reader, member: Member, caps: Caps) -> list[FileFinding]:
    if content.size > _MOST_COMPARED or member.crc is None:
        return []
    caps.reading(content.size)
    if zlib.crc32(content.read(0, content.size)) == member.crc:
        return []
    return [FileFinding(BROKEN, "its checksum is wrong", where=short(member.name))]


def _of_torch_pickle(
    reader: Reader, member: Member, is_script: bool, caps: Caps
) -> tuple[list[FileFinding], PickleStream | None]:
    """What is wrong with a pickle in an archive of torch, and what it does; None if it cannot be
    had."""
    where = short(member.name)
    try:
        content = content_of(reader, member, caps)
    except (BrokenError, TooMuchError) as error:
        return [FileFinding(error.verdict, str(error), where=where)], None
    found = _of_checksum(content, member, caps)
    is_debug = is_script and member.name.endswith(".debug_pkl")
    stream = walk(content, 0, caps.apart(_DEBUG_STEPS) if is_debug else caps)
    if is_debug:
        stream.too_much = ""  # only TorchScript's own reader takes it, which imports nothing
    is_object = not is_script and member.name.endswith("/data.pkl")
    judged = pickles.findings_of(stream, content, caps, is_script=is_script, is_archived=is_object)
    found += [one.but(where=where) for one in judged]
    left = content.size - stream.end
    if left and not (stream.fault or stream.too_much or is_debug):
        text = f"{left:,} bytes behind the pickle"
        found.append(FileFinding(BROKEN, text, offset=stream.end, where=where))
        rest = caps.inside(content.part(stream.end, left), "")
        found += [one.but(where=where) for one in rest.findings]
    return found, stream


def _of_storages(
    reader: Reader, members: list[Member], expected: dict[str, int | None]
) -> list[FileFinding]:
    """What is wrong with the storages: each has to be there, as long as the pickle says."""
    found = []
    by_key = {}
    root = torch_archives.root_of(members)
    for member in members:
        folder, _, key = member.name.rpartition("/")
        if folder == f"{root}/data":
            by_key[key] = member
        elif not folder.endswith(("/data", "/constants")):
            continue
        if member.size in _POINTERS and _is_pointer(reader, member):
            text = "a Git LFS pointer in place of a tensor"
            found.append(FileFinding(BROKEN, text, where=short(member.name)))
    for key, size in expected.items():
        storage = by_key.get(key)
        if storage is None:
            found.append(FileFinding(BROKEN, "a tensor is missing", short(f"data/{key}")))
        elif size is not None and storage.size != size:
            text = f"a tensor of {size:,} bytes has {storage.size:,}"
            found.append(FileFinding(BROKEN, text, where=short(storage.name)))
    return found


def _is_pointer(reader: Reader, member: Member) -> bool:
    part = reader.part(member.begin, member.packed)
    if member.method == DEFLATED:
        return kinds.is_pointer(compressed.inflated_head(part, kinds.POINTER_MAX))
    return kinds.is_pointer(part.read(0, kinds.POINTER_MAX))


def _of_member(reader: Reader, member: Member, kind: str, caps: Caps) -> list[FileFinding]:
    """What is wrong with any other member."""
    where = short(member.name)
    part = reader.part(member.begin, member.packed)
    if member.method == DEFLATED and member.size > _MOST_COMPARED:
        plain = _of_plain_array(part, member)
        if plain is not None:
            return plain
    try:
        content = content_of(reader, member, caps)
    except (BrokenError, TooMuchError) as error:
        return [FileFinding(error.verdict, str(error), where=where)]
    found = _of_checksum(content, member, caps)
    if kind in (TORCH, SCRIPT) and _is_note(content):
        return found
    if kind == SCRIPT and "/code/" in member.name and content.size <= _MOST_COMPARED:
        code = content.read(0, content.size)
        if member.name.endswith(".py") and (b"\0" in code or not kinds.is_utf8(code)):
            found.append(FileFinding(BROKEN, "code that is no text", where=where))
        found += [one.but(where=where) for one in torch_archives.reaching_out(code)]
    if kind == KERAS and member.name == "config.json":
        # Whatever it looks like: json also reads UTF-16, and a text in it may look like data.
        from pmgit.formats import texts

        return found + [one.within(where) for one in texts.judge_keras(content, caps)]
    if kind == PACKAGE and member.name.endswith(".py"):
        # torch.package imports it in place of an installed module when it loads a pickle.
        found.append(FileFinding(UNSAFE, "Python code that is run when it is loaded", where=where))
    inside = caps.inside(content, member.name)
    is_library = member.name.endswith((".so", ".dll", ".dylib"))
    if (inside.kind == PROGRAM and kind != ZIP) or (
        is_library and not reader.name.lower().endswith(_PACKAGES)
    ):
        found.append(FileFinding(UNSAFE, "a program for the processor", where=where))
    weights = _KERAS_WEIGHTS.get(member.name, ()) if kind == KERAS else ()
    if weights and inside.kind not in weights:
        found.append(FileFinding(BROKEN, f"no weights: it is {inside.kind}", where=where))
    if kind == NUMPY and inside.kind not in (ARRAY, OBJECTS):
        found.append(FileFinding(BROKEN, f"no array: it is {inside.kind}", where=where))
    return found + [one.within(where) for one in inside.findings]


def _is_note(content: Reader) -> bool:
    """Whether it is `3` or `little`, as the members `version` and `byteorder` of torch: a pickle
    would end with a dot. To ask each format for them would import all, 40 ms of a commit."""
    return content.size <= _LONGEST_NOTE and content.read(0, _LONGEST_NOTE).strip().isalnum()


def _of_plain_array(part: Reader, member: Member) -> list[FileFinding] | None:
    """What is wrong with a large deflated member by its header, if it is an array of numbers; None
    if it is anything else."""
    head = compressed.inflated_head(part, 4096)
    if not head.startswith(b"\x93NUMPY"):
        return None
    from pmgit.formats import npy

    try:
        header, begin = npy.read_header(BytesReader(head))
        each = npy.item_size(header["descr"])
        length = begin + npy.elements_of(header["shape"]) * each
    except BrokenError:
        return None  # what is wrong is said of the whole of it
    if not each:
        return None
    if length == member.size:
        return []
    text = f"an array of {length:,} bytes has {member.size:,}"
    return [FileFinding(BROKEN, text, where=short(member.name))]
