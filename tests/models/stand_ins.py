"""An environment with modules in the place of torch and safetensors, for what only needs a child.

They have as much of both as `child/convert.py` asks for: a checkpoint holds two tensors of three
numbers, named after the first byte of its storage. The real ones are in the tests of torch.
"""

from __future__ import annotations

import venv
from typing import TYPE_CHECKING

from tests.formats import assemble

if TYPE_CHECKING:
    from pathlib import Path

TORCH = """\
import ctypes, os, zipfile
__version__ = "9.9"
strided, uint8 = "strided", "uint8"
class Tensor:
    layout, is_quantized, is_nested, dtype = strided, False, False, "torch.float32"
    def __init__(self, data):
        self.data, self.buffer = data, ctypes.create_string_buffer(data, len(data))
        self.shape = (len(data) // 4,)
    def numel(self): return self.shape[0]
    def element_size(self): return 4
    def stride(self): return (1,)
    def data_ptr(self): return ctypes.addressof(self.buffer)
    def is_complex(self): return False
    def reshape(self, *_): return self
    view = reshape
    def same(self): return self
    detach = resolve_conj = resolve_neg = same
    def contiguous(self):
        if self.data[:1] == b"K": os.abort()
        return self
class nn:
    class Parameter(Tensor): pass
def equal(one, other):
    return one.data == other.data
def load(path, map_location, weights_only, mmap):
    assert weights_only is True
    with zipfile.ZipFile(path) as file:
        data = file.read("archive/data/0")
    name = chr(data[0])
    if name == "H":
        found = Tensor(data)
        found.shape = (1 << 50,)
        return {"a": found}
    if name == "E":
        return {"state_dict": {"a": Tensor(data)}, "epoch": 3}
    return {f"{name}.first": Tensor(data[:12]), f"{name}.second": Tensor(data[12:])}
"""
SAFETENSORS = """\
import json
import torch
class safe_open:
    def __init__(self, path, framework):
        assert framework == "pt"
        with open(path, "rb") as file:
            data = file.read()
        size = int.from_bytes(data[:8], "little")
        self.header = json.loads(data[8 : 8 + size])
        assert self.header.pop("__metadata__") == {"format": "pt"}
        self.body = data[8 + size :]
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def keys(self): return list(self.header)
    def get_tensor(self, name):
        begin, end = self.header[name]["data_offsets"]
        return torch.Tensor(self.body[begin:end])
"""


def environment(folder: Path) -> Path:
    """Make the environment in a folder."""
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "torch.py").write_text(TORCH)
    (site / "safetensors.py").write_text(SAFETENSORS)
    return folder


def checkpoint(name: str) -> bytes:
    """A checkpoint that the stand-in reads: K ends the child that writes it, E has more than
    tensors, H is huge when it is written out."""
    return assemble.torch_zip(storage=name.encode() + bytes(range(1, 24)))
