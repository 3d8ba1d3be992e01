"""What torch itself wants of its archives, beside pickles that can be read: it refuses the rest.

Tried with torch 2.13. The reader in C++ takes the folder of the first member for the root of the
archive, and looks for everything in it: the version of the format, the order of the bytes, the
pickles, the storages, the code of TorchScript.
"""

from __future__ import annotations

from pmgit.formats.names import TORCH
from pmgit.formats.opinion import (
    BROKEN,
    UNSAFE,
    BrokenError,
    FileFinding,
    TooMuchError,
    short,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pmgit.formats.pickle_values import GlobalName
    from pmgit.formats.reader import Reader
    from pmgit.formats.zip_directory import Member

    ContentOf = Callable[[Member], Reader]

#: The newest version of the format that torch 2.13 reads; those of today are 3 to 10.
_NEWEST = 10
_BYTE_ORDERS = (b"little", b"big")
#: More than either of them has.
_LONGEST = 64
#: Suffixes under which nothing but torch opens an archive with a data.pkl in it.
_OF_TORCH = (".pt", ".pth", ".ckpt", ".bin", ".ptl", ".distcp")
#: The classes of TorchScript, whose code lies in the archive; with this member their bytecode does.
_CLASSES, _BYTECODE, _CONSTANTS = "__torch__", "bytecode.pkl", "constants.pkl"
#: Those in C++ have no code: the program that loads them has it (quantized layers, vocabularies).
_IN_C = "__torch__.torch.classes."


def root_of(members: list[Member]) -> str:
    """The folder in which torch looks for everything."""
    return members[0].name.partition("/")[0] if members else ""


def findings(
    members: list[Member], kind: str, name: str, content_of: ContentOf
) -> list[FileFinding]:
    """What is wrong with the form of an archive, of this kind and called this."""
    root = root_of(members)
    own = {one.name.removeprefix(f"{root}/"): one for one in members}
    if not _is_of_torch(own, name):
        return []  # some archive with a data.pkl in a folder
    found = []
    if kind == TORCH and "data.pkl" not in {one.lower() for one in own}:
        text = "no data.pkl in the folder of the first member, where torch looks for it"
        found.append(FileFinding(BROKEN, text, short(root)))
    version = own.get(".data/version") or own.get("version")
    if version is None:
        found.append(FileFinding(BROKEN, "the version of its format is missing"))
    else:
        found += _of_version(version, content_of)
    order = own.get("byteorder")
    if order is not None and kind == TORCH:
        given = _text_of(order, content_of)
        if given is not None and given not in _BYTE_ORDERS:
            text = "an order of bytes that torch does not know"
            found.append(FileFinding(BROKEN, text, short(given), where=short(order.name)))
    return found


def _is_of_torch(own: dict[str, Member], name: str) -> bool:
    if name.lower().endswith(_OF_TORCH) or "version" in own or ".data/version" in own:
        return True
    return any(one.startswith("data/") and one[5:].isdigit() for one in own)


def _of_version(member: Member, content_of: ContentOf) -> list[FileFinding]:
    text = _text_of(member, content_of)
    if text is None:
        return []
    # As std::stoull reads it: blanks and one sign before it, anything behind it.
    begin = text.lstrip(b" \t\r\n\v\f").removeprefix(b"+")
    number = begin[: len(begin) - len(begin.lstrip(b"0123456789"))]
    if number and len(number) < _LONGEST and 1 <= int(number) <= _NEWEST:
        return []
    message = f"a version of its format that torch does not read: 1 to {_NEWEST} are known"
    return [FileFinding(BROKEN, message, short(text), where=short(member.name))]


def reaching_out(code: bytes) -> list[FileFinding]:
    """What TorchScript code calls to write and read files, and to run other code."""
    import re  # takes 8 ms, and a commit of weights alone has no code

    calls = rb"\b(?:ops\s*\.\s*aten|torch|aten\s*::)\s*\.?\s*(?:save|from_file|_?load)\b"
    text = "TorchScript that reads or writes files"
    return [
        FileFinding(UNSAFE, text, short(call[0]), call.start()) for call in re.finditer(calls, code)
    ]


def _text_of(member: Member, content_of: ContentOf) -> bytes | None:
    """What is in a small member; None where it cannot be had, which is said of every member."""
    try:
        return content_of(member).read(0, _LONGEST)
    except (BrokenError, TooMuchError):
        return None


def of_code(members: list[Member], classes: Iterable[GlobalName]) -> list[FileFinding]:
    """What is wrong with the code of TorchScript: the module of each class in it has a member."""
    root = root_of(members)
    own = {one.name.removeprefix(f"{root}/") for one in members}
    if _BYTECODE in own:
        return []
    if _CONSTANTS not in own:
        return [FileFinding(BROKEN, f"{_CONSTANTS} is missing")]
    missing = {
        one.module
        for one in classes
        if one.module.partition(".")[0] == _CLASSES
        and not f"{one.module}.".startswith(_IN_C)
        and f"code/{one.module.replace('.', '/')}.py" not in own
    }
    return [
        FileFinding(BROKEN, "the code of its classes is missing", short(module))
        for module in sorted(missing)
    ]
