"""One file judged: what it is by its content, whether it is whole, and what loading it would do.

Nothing of a file is ever run, unpickled or unpacked to disk. Adding a format is a module with
`sniff` and `judge`, and its name in FORMATS.
"""

from __future__ import annotations

from pmgit.formats import (
    claims,
    compressed,
    gguf,
    hdf5,
    npy,
    onnx,
    others,
    pickles,
    safetensors,
    tars,
    texts,
    zips,
)  # fmt: skip
from pmgit.formats.caps import Caps
from pmgit.formats.opinion import (
    BROKEN,
    UNKNOWN,
    BrokenError,
    FileFinding,
    Opinion,
    TooMuchError,
    opinion,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from pmgit.formats.reader import Reader

    class Format(Protocol):
        """What every format has: whether a content begins as it, and the judgement of one."""

        def sniff(self, head: bytes, reader: Reader, caps: Caps) -> bool: ...
        def judge(self, reader: Reader, caps: Caps) -> Opinion: ...


#: In the order in which they are asked. A pickle without a mark begins as a text does; a text is
#: what is left of both.
FORMATS: tuple[tuple[str, Format], ...] = (
    (zips.KIND, zips),
    (gguf.KIND, gguf),
    (npy.KIND, npy),
    (hdf5.KIND, hdf5),
    (safetensors.KIND, safetensors),
    ("compressed", compressed),
    (tars.KIND, tars),
    (pickles.KIND, pickles),
    (onnx.KIND, onnx),
    (texts.KIND, texts),
    (others.DATA, others),
)
#: So many first bytes are shown to a format.
_HEAD = 4096
#: The kind of what could not even be told apart. It is not DATA, which may be taken on trust.
_UNDECIDED = "undecided"
#: Where the name claims a format and the first bytes show none: the format says what is wrong.
_BY_NAME: dict[str, tuple[str, Format]] = {
    ".safetensors": (safetensors.KIND, safetensors),
    ".onnx": (onnx.KIND, onnx),
}


def judge(reader: Reader, name: str) -> Opinion:
    """The opinion on a whole file; OSError when it cannot be read."""
    return _judge(reader, name, Caps(_judge))


def _judge(reader: Reader, name: str, caps: Caps) -> Opinion:
    head = reader.read(0, _HEAD)
    kind = _UNDECIDED
    try:
        kind, form = next(one for one in FORMATS if one[1].sniff(head, reader, caps))
        if kind == others.DATA and head.strip(b"\0"):
            kind, form = _BY_NAME.get(claims.suffix_of(name), (kind, form))
        found = texts.judge(reader, caps, name) if form is texts else form.judge(reader, caps)
    except BrokenError as error:
        return opinion(kind, [FileFinding(BROKEN, str(error), offset=error.offset)])
    except TooMuchError as error:
        return opinion(kind, [FileFinding(UNKNOWN, str(error))])
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - a file that pmgit trips over is never ok
        text = f"pmgit could not judge it: {type(error).__name__}"
        return opinion(kind, [FileFinding(UNKNOWN, text)])
    if caps.depth:
        return found  # of a member the content counts, of a file also its name
    return opinion(found.kind, [*found.findings, *claims.against_name(found.kind, name, reader)])
