#!/usr/bin/env python3
"""How long `pmgit scan` takes, beside picklescan and the safetensors library.

Python's start is not in these figures: each scanner judges a file in a process that has imported
it, so that what is compared is the judging. Another table has whole processes.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import OrderedDict
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import shared

if TYPE_CHECKING:
    from collections.abc import Callable

TENSORS = 400


class Storage(NamedTuple):
    """Stands for a storage of torch."""

    key: str


class Tensor(NamedTuple):
    """Stands for a tensor of torch, and is pickled as one."""

    key: str
    elements: int

    def __reduce__(self) -> tuple[Any, ...]:
        shape = (self.elements // 8, 8)
        args: tuple[Any, ...] = (Storage(self.key), 0, shape, (8, 1), False, OrderedDict())
        return sys.modules["torch._utils"]._rebuild_tensor_v2, args


class Pickler(pickle.Pickler):
    """Writes what torch.save writes, without torch."""

    def __init__(self, out: io.BytesIO, elements: int) -> None:
        super().__init__(out, 2)
        self._elements = elements

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, Storage):
            return None
        return "storage", sys.modules["torch"].FloatStorage, obj.key, "cpu", self._elements


def state_dict(count: int, elements: int) -> bytes:
    """The pickle of a state dict of so many tensors, byte for byte as torch writes it."""
    names = {"torch": "FloatStorage", "torch._utils": "_rebuild_tensor_v2"}
    before = {name: sys.modules.get(name) for name in names}
    for module, name in names.items():
        sys.modules[module] = ModuleType(module)
        setattr(sys.modules[module], name, type(name, (), {"__module__": module}))
    out = io.BytesIO()
    tensors = {
        f"encoder.layer.{number}.attention.weight": Tensor(str(number), elements)
        for number in range(count)
    }
    Pickler(out, elements).dump(OrderedDict(tensors))
    for module, real in before.items():
        del sys.modules[module]
        if real is not None:
            sys.modules[module] = real
    return out.getvalue()


def torch_zip(path: Path, size: int, tensors: int = TENSORS) -> None:
    """An archive of torch with so many bytes of tensors, which a sparse file holds."""
    each = size // tensors
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        archive.writestr(zipfile.ZipInfo("model/data.pkl"), state_dict(tensors, each // 4))
        archive.writestr(zipfile.ZipInfo("model/version"), b"3\n")
        zeros = bytes(each)
        for number in range(tensors):
            archive.writestr(zipfile.ZipInfo(f"model/data/{number}"), zeros)


def legacy(path: Path, tensors: int = TENSORS) -> None:
    """A checkpoint of before torch 1.6, with small tensors."""
    keys = [str(number) for number in range(tensors)]
    parts = [
        pickle.dumps(value, 2)
        for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, keys)
    ]
    parts.insert(3, state_dict(tensors, 64))
    storage = struct.pack("<q", 64) + bytes(256)
    path.write_bytes(b"".join(parts) + storage * tensors)


def safetensors_file(path: Path, size: int, tensors: int = TENSORS) -> None:
    import json

    each = size // tensors
    header = {
        f"encoder.layer.{number}.attention.weight": {
            "dtype": "F32", "shape": [each // 4],
            "data_offsets": [number * each, (number + 1) * each],
        }
        for number in range(tensors)
    }  # fmt: skip
    raw = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        file.truncate(8 + len(raw) + each * tensors)


def folders(top: Path, count: int) -> None:
    """So many models: a configuration, a tokenizer, safetensors and a pickle of torch."""
    for number in range(count):
        folder = top / f"model-{number:03d}"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text('{"model_type": "bert"}\n')
        (folder / "tokenizer.json").write_text('{"version": "1.0"}\n' + " " * 200_000)
        safetensors_file(folder / "model.safetensors", 4_000_000, 100)
        torch_zip(folder / "pytorch_model.bin", 400_000, 100)


def pmgit(path: str) -> None:
    from pmgit.formats.opinion import PASSES
    from pmgit.scan.scanned import scan

    assert all(one.opinion.verdict in PASSES for one in scan([path])), path


def picklescan(path: str) -> None:
    from picklescan.scanner import (  # type: ignore[import-untyped]
        scan_directory_path,
        scan_file_path,
    )

    logging.getLogger("picklescan").setLevel(logging.CRITICAL + 1)
    found = scan_directory_path(path) if os.path.isdir(path) else scan_file_path(path)
    assert not found.infected_files, path


def safetensors(path: str) -> None:
    from safetensors import safe_open

    for file in sorted(Path(path).rglob("*.safetensors")) if os.path.isdir(path) else [path]:
        with safe_open(str(file), framework="np") as opened:
            opened.keys()


def timed(judge: Callable[[str], None], path: Path) -> float:
    begun = time.perf_counter()
    judge(str(path))
    return time.perf_counter() - begun


def whole(judge: str, path: Path) -> float:
    """Seconds of a process that judges one file, with its start and imports."""
    here = str(Path(__file__).resolve().parent)
    code = f"import sys; sys.path.insert(0, {here!r}); import scan; scan.{judge}({str(path)!r})"
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begun


def measure(top: Path, rounds: int, models: int) -> tuple[list[str], dict[str, float]]:
    """The lines of the table, and the figures that have a target."""
    cases: dict[str, tuple[Path, tuple[Callable[[str], None], ...]]] = {}
    for size in (5, 50, 500):
        torch_zip(top / f"zip-{size}.pt", size * 1_000_000)
        cases[f"torch zip, {size} MB"] = (top / f"zip-{size}.pt", (pmgit, picklescan))
        safetensors_file(top / f"{size}.safetensors", size * 1_000_000)
        cases[f"safetensors, {size} MB"] = (top / f"{size}.safetensors", (pmgit, safetensors))
    for count in (1, TENSORS):
        legacy(top / f"legacy-{count}.pth", count)
        name = f"legacy pickle, {count} tensor{'s' if count > 1 else ''}"
        cases[name] = (top / f"legacy-{count}.pth", (pmgit, picklescan))
    folders(top / "models", models)
    cases[f"{models} model folders"] = (top / "models", (pmgit, picklescan, safetensors))
    lines = ["| judged | pmgit | picklescan | safetensors |", "|---|---:|---:|---:|"]
    found = {}
    for name, (path, judges) in cases.items():
        times: dict[str, list[float]] = {judge.__name__: [] for judge in judges}
        for judge in judges:
            timed(judge, path)
        for _ in range(rounds):
            for judge in judges:
                times[judge.__name__].append(timed(judge, path))
        row = [name]
        for peer in ("pmgit", "picklescan", "safetensors"):
            if peer not in times:
                row.append("")
                continue
            by = shared.ratio(times["pmgit"], times[peer])
            found[f"{name} / {peer}"] = by
            shown = "" if peer == "pmgit" else f" (x{by:.2f})"
            row.append(f"{median(times[peer]) * 1000:.1f} ms{shown}")
        found[name] = median(times["pmgit"])
        lines.append("| " + " | ".join(row) + " |")
    return lines, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--targets", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines, found = measure(Path(folder), asked.rounds, asked.models)
        largest = Path(folder, "zip-500.pt")
        starts = {judge: median(whole(judge, largest) for _ in range(3)) for judge in
                  ("pmgit", "picklescan")}  # fmt: skip
    print("\n".join(lines if asked.markdown else shared.plain(lines)))
    print(f"\na process for the 500 MB torch zip: pmgit {starts['pmgit'] * 1000:.0f} ms,"
          f" picklescan {starts['picklescan'] * 1000:.0f} ms")  # fmt: skip
    print(f"x = pmgit's time in that of the peer; medians of {asked.rounds} interleaved rounds")
    if not asked.targets:
        return 0
    missed = []
    for size in (5, 50, 500):
        by = found[f"torch zip, {size} MB / picklescan"]
        missed += [f"torch zip, {size} MB: {by:.2f} of picklescan, not 0.5"] if by > 0.5 else []
    growth = found["torch zip, 500 MB"] / found["torch zip, 5 MB"]
    missed += [f"500 MB take {growth:.1f} times what 5 MB take"] if growth > 1.5 else []
    print("\n".join(missed) or "all targets are reached")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
