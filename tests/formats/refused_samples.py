"""Samples of what the libraries themselves refuse: the form of torch's archives, and pickles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.formats.assemble import named, pickled, state_dict, torch_zip, zipped
from tests.formats.container_samples import ENTRY, changed

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_GOOD = {
    "a/data.pkl": state_dict(), "a/byteorder": b"little", "a/data/0": bytes(24), "a/version": b"3\n"
}  # fmt: skip


def refused() -> Samples:
    """Verdict and content by the name of the file."""
    return _torch_archives()


def _but(**members: bytes | None) -> bytes:
    """An archive of torch with other members: `version` is a/version; None leaves one out."""
    all_of_them = _GOOD | {f"a/{name}": content for name, content in members.items()}
    return zipped({name: one for name, one in all_of_them.items() if one is not None})


def _script(code: dict[str, bytes]) -> bytes:
    """TorchScript whose data is one object of the class __torch__.net.Net."""
    data = pickled(named("__torch__.net", "Net") + b")\x81}b")
    return torch_zip(data, more={"constants.pkl": pickled(b")"), **code})


def _without_sums(data: bytes) -> bytes:
    """A zip whose writer was told to write no checksums."""
    begin = data.index(ENTRY)
    while begin >= 0:
        data = data[: begin + 16] + bytes(4) + data[begin + 20 :]
        begin = data.find(ENTRY, begin + 4)
    return data


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
        "no-code.pt": ("broken", _script({})),
        "other-code.pt": ("broken", _script({"code/__torch__/x.py": b"class Net(Module):\n"})),
        "noise-for-code.pt": ("broken", _script({"code/__torch__/net.py": b"\xff\xfe\0" * 9})),
        "bytecode.ptl": ("ok", _script({"bytecode.pkl": pickled(b")")})),
    }  # fmt: skip
