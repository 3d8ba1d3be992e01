"""Samples of what the libraries themselves refuse: the form of torch's archives, and pickles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.formats.assemble import (
    CALL,
    legacy,
    named,
    pickled,
    state_dict,
    storage_id,
    text,
    torch_zip,
    zipped,
)
from tests.formats.container_samples import ENTRY, changed
from tests.formats.pickle_samples import tarred

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_GOOD = {
    "a/data.pkl": state_dict(), "a/byteorder": b"little", "a/data/0": bytes(24), "a/version": b"3\n"
}  # fmt: skip


def refused() -> Samples:
    """Verdict and content by the name of the file."""
    return _torch_archives() | _pickles() | _names()


def _but(**members: bytes | None) -> bytes:
    """An archive of torch with other members: `version` is a/version; None leaves one out."""
    all_of_them = _GOOD | {f"a/{name}": content for name, content in members.items()}
    return zipped({name: one for name, one in all_of_them.items() if one is not None})


def _script(code: dict[str, bytes], *, constants: bool = True, module: str = "net") -> bytes:
    """TorchScript whose data is one object of a class, such as __torch__.net.Net."""
    data = pickled(named(f"__torch__.{module}", "Net") + b")\x81}b")
    own = {"constants.pkl": pickled(b")")} if constants else {}
    return torch_zip(data, more={**own, **code})


def _without_sums(data: bytes) -> bytes:
    """A zip whose writer was told to write no checksums."""
    begin = data.index(ENTRY)
    while begin >= 0:
        data = data[: begin + 16] + bytes(4) + data[begin + 20 :]
        begin = data.find(ENTRY, begin + 4)
    return data


def _doubled(times: int, *, wide: bool = False) -> bytes:
    """A tuple of the same tuple twice, so many times over; `wide`: of the same 200 times."""
    if not wide:
        return b"K\x01\x85" + b"2\x86" * times
    again = b"".join(b"(" + b"h%c" % n * 200 + b"tq%c" % (n + 1) for n in range(times))
    return b"K\x01\x85q\0" + again


def _made_of(module: str, name: str) -> bytes:
    """An object of a class, as protocols 0 and 1 make it, and its state."""
    parts = named(module, name) + named("builtins", "object") + b"N\x87R"
    return pickled(named("copyreg", "_reconstructor") + parts + b"}b")


def _framed(length: int, body: bytes) -> bytes:
    return b"\x95" + length.to_bytes(8, "little") + body


def _across_a_frame() -> bytes:
    """Python's unpickler in C takes J and four bytes that stand behind the frame of two, as it has
    forgotten the \\1: it goes on one byte later than others, in what is bytes to them."""
    hidden = b"0" + CALL + b"0"
    hidden += b"C" + bytes((ord("N") - len(hidden) - 2,))
    hidden += b"x" * (ord("N") - len(hidden))
    return _framed(2, b"J\x01" + bytes(3) + b"CN" + hidden + b"00}")


def _pickles() -> Samples:
    long_text = b"X" + (3000).to_bytes(4, "little")
    key = b"}%sNs"
    old = legacy()
    return {
        # Python's unpickler stops at these.
        "bytes-as-text.pkl": ("broken", pickled(b"\x8c\x02\xff\xfe", 4)),
        "surrogate.pkl": ("ok", pickled(b"\x8c\x03\xed\xa0\x80", 4)),
        "long-bytes-as-text.pkl": ("broken", pickled(long_text + b"\xe9" * 3000)),
        "long-text.pkl": ("ok", pickled(long_text + "\xe9".encode() * 1500)),
        "text-of-python-2.pkl": ("ok", pickled(b"U\x02\xff\xfe")),
        "item-of-a-number.pkl": ("broken", pickled(b"K\x01K\x02K\x03s")),
        "no-item-of-a-number.pkl": ("unsafe", pickled(b"K\x01(e0" + CALL)),
        "item-of-a-tuple.pkl": ("broken", pickled(b")K\x01a")),
        "item-of-a-bytearray.pkl": ("ok", pickled(b"\x96" + bytes(8) + b"K\x01a", 5)),
        "list-as-key.pkl": ("broken", pickled(key % b"]")),
        "dictionary-as-key.pkl": ("broken", pickled(key % b"}")),
        "frozen-set-as-key.pkl": ("ok", pickled(key % b"(\x91", 4)),
        "tuple-as-key.pkl": ("ok", pickled(key % b"K\x01\x85")),
        # C takes these for numbers, and goes on.
        "hexadecimal": ("unsafe", b"I0x10\n0" + CALL + b"."),
        "after-blanks.pkl": ("unsafe", b"I" + b" " * 70_000 + b"1\n0" + CALL + b"."),
        "with-a-nul": ("unsafe", b"F1\0\n0" + CALL + b"."),
        "memo-with-a-sign": ("unsafe", b"I1\np +1\n0" + CALL + b"."),
        "memo-after-blanks": ("unknown", b"I1\np" + b" " * 70_000 + b"1\n0" + CALL + b"."),
        # A frame ends where an opcode does, and holds no other one.
        "framed.pkl": ("ok", pickled(_framed(3, b"}0}"), 4)),
        "framed-to-the-end.pkl": ("ok", pickled(_framed(2, b"}"), 4)),
        "across-a-frame.pkl": ("unsafe", pickled(_across_a_frame(), 4)),
        "across-a-frame.pt": ("unsafe", torch_zip(pickled(_across_a_frame(), 4))),
        "no-text-across-a-frame": ("broken", b"}" + _framed(6, b"X\2\0\0\0\xc3a") + CALL + b"."),
        "frame-in-a-frame.pkl": ("unsafe", pickled(_framed(12, _framed(2, b"}0") + b"}0"), 4)),
        "behind-its-end.pkl": ("unsafe", pickled(_framed(20, b"}"), 4) + pickled(b"N0" * 10)),
        # Arrays of Python 2 are lines as long as they are.
        "long-line.pkl": ("ok", b"(dS'w'\nS'" + b"\\x00" * 60_000 + b"'\ns."),
        "long-unicode-line.pkl": ("ok", b"(dVw\nV" + b"a" * 200_000 + b"\ns."),
        "unsafe-behind-a-long-line.pkl": ("unsafe", b"V" + b"a" * 200_000 + b"\n0" + CALL + b"."),
        "cut-in-a-long-line.pkl": ("broken", b"(dVw\nV" + b"a" * 200_000),
        "many-digits.pkl": ("broken", b"(dVw\nL" + b"9" * 5_000 + b"L\ns."),
        "very-many-digits.pkl": ("broken", b"(dVw\nI" + b"9" * 100_000 + b"\ns."),
        # Some programs have what a stream needs, and so go on.
        "bytes-elsewhere.pkl": ("broken", pickled(b"\x97", 5)),
        "unsafe-behind-bytes.pkl": ("unsafe", pickled(b"\x970" + CALL, 5)),
        # The hash of what is 300 bytes in the file takes years, the memo 32 GB.
        "doubled.pkl": ("unsafe", pickled(key % _doubled(60))),
        "doubled-wide.pkl": ("unsafe", pickled(key % _doubled(12, wide=True))),
        "doubled-nothing.pkl": ("unsafe", pickled(key % (b")" + b"2\x86" * 64))),
        "doubled-a-little.pkl": ("ok", pickled(key % _doubled(9))),
        "deep.pkl": ("ok", pickled(b")" + b"\x85" * 5000 + b"q\0h\0\x86")),
        "large-number.pkl": ("unsafe", pickled(b"K\x01r\xff\xff\xff\x7f")),
        "large-number-as-text.pkl": ("unsafe", pickled(b"K\x01p2147483647\n")),
        # A function may call what it gets: this one makes an object of a class.
        "handed-class.pkl": ("unsafe", _made_of("my_package", "thing_gen")),
        "handed-class-with-capital.pkl": ("warn", _made_of("my_package", "Thing")),
        # Its state has the text of a function, which is run as code.
        "distribution.pkl": ("unsafe", _made_of("scipy.stats._continuous_distns", "norm_gen")),
        "kept-distribution.pkl": (
            "unsafe", pickled(named("scipy.stats._continuous_distns", "norm_gen")),
        ),
        # torch stops at these.
        "storage-of-no-type.pt": (
            "broken", torch_zip(state_dict(storage_id(kind="Float3Storage"))),
        ),
        "storage-of-quarters.pt": (
            "ok", torch_zip(state_dict(storage_id(kind="QUInt4x2Storage")), storage=bytes(6)),
        ),
        "other-reference.pt": (
            "broken", torch_zip(pickled(b"(" + text("module") + text("x") + b"tQ")),
        ),
        "version-before-zip.pth": ("broken", old.replace(b"M\xe9\x03", b"M\xea\x03")),
    }  # fmt: skip


def _names() -> Samples:
    """What is no pickle under the name of one, and members of archives that are no weights."""
    page, pixels = b"<!DOCTYPE html><html></html>", b"\x89PNG\r\n\x1a\n" + bytes(40)
    return {
        "mangled.pkl": ("broken", pickled(b"}q\0")[1:].decode("latin-1").encode("utf-8") * 9),
        "mark-alone.pkl": ("broken", b"\x80\x04"),
        "protocol-255.pickle": ("broken", b"\x80\xff" + pickled(b"}")),
        "merged.joblib": ("broken", b"<<<<<<< ours\n" + pickled(b"}") + b"\n=======\n"),
        "page.nemo": ("broken", tarred({"model_weights.ckpt": page})),
        "nothing.nemo": ("broken", tarred({"model_weights.ckpt": b""})),
        "nothing-else.nemo": ("ok", tarred({"notes.txt": b"", "w.ckpt": torch_zip()})),
        "page.mar": ("broken", zipped({"MAR-INF/MANIFEST.json": b"{}", "m.pt": page})),
        "picture-in.mar": ("broken", zipped({"m.pt": pixels, "index.html": page})),
        "path-file.zip": ("ok", zipped({"precedence.pth": b"import os\n", "a.bin": b""})),
    }


def _package(**members: bytes) -> bytes:
    """What torch.package writes: pickles whose storages have numbers for keys, and code."""
    identity = storage_id().replace(text("0"), b"K\0")
    data = {"p/net/w.pkl": state_dict(identity), "p/.data/0.storage": bytes(24)}
    own = {"p/.data/extern_modules": b"", "p/.data/version": b"6\n"}
    return zipped(data | own | {f"p/{name}.py": one for name, one in members.items()})


def _torch_archives() -> Samples:
    other_root = {name.replace("a/data.pkl", "b/data.pkl"): one for name, one in _GOOD.items()}
    other_data = {name.replace("a/data/", "b/data/"): one for name, one in _GOOD.items()}
    plain = {"set/data.pkl": pickled(b"}"), "set/labels.txt": b"a\n"}
    return {
        "as-torch-writes-it.pt": ("ok", _but()),
        "no-version.pt": ("broken", _but(version=None)),
        "version-in-words.pt": ("broken", _but(version=b"latest\n")),
        "version-of-the-future.pt": ("broken", _but(version=b"99\n")),
        "old-version.pt": ("ok", _but(version=b"1\n")),
        "order-of-bytes.pt": ("broken", _but(byteorder=b"middle")),
        "big-order-of-bytes.pt": ("ok", _but(byteorder=b"big")),
        "no-order-of-bytes.pt": ("ok", _but(byteorder=None)),
        "longer-storage.pt": ("broken", torch_zip(storage=bytes(28))),
        # The folder of the first member is the one that counts.
        "data-elsewhere.pt": ("broken", zipped(dict(sorted(other_root.items())))),
        "storage-elsewhere.pt": ("broken", zipped(other_data)),
        "bundle.zip": ("ok", zipped(plain)),
        "bundle.pt": ("broken", zipped(plain)),
        "no-checksums.pt": ("ok", _without_sums(torch_zip())),
        "one-checksum.pt": ("broken", changed(torch_zip(), ENTRY, 16, bytes(4))),
        "no-checksums.npz": ("broken", _without_sums(zipped({"a.npy": b"\x93NUMPY"}))),
        "code.pt": ("ok", _script({"code/__torch__/net.py": b"class Net(Module):\n  pass\n"})),
        "no-constants.pt": (
            "broken", _script({"code/__torch__/net.py": b"class Net(Module):\n"}, constants=False),
        ),
        "no-code.pt": ("broken", _script({})),
        "code-in-c.pt": ("ok", _script({}, module="torch.classes.quantized")),
        "no-code-in-c.pt": ("broken", _script({}, module="torch.classes_of_mine")),
        "other-code.pt": ("broken", _script({"code/__torch__/x.py": b"class Net(Module):\n"})),
        "noise-for-code.pt": ("broken", _script({"code/__torch__/net.py": b"\xff\xfe\0" * 9})),
        "package-of-numbers.pt": ("warn", _package()),
        "package-of-code.pt": ("unsafe", _package(net=b"import os\n")),
        "bytecode.ptl": ("ok", _script({"bytecode.pkl": pickled(b")")})),
    }  # fmt: skip
