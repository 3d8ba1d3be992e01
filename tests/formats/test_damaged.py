"""Samples that are cut at every byte, and with bytes that are flipped: judged, and never ok."""

from __future__ import annotations

import random

from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from tests.formats.all_samples import samples

#: The formats of these say where they end; of the others a part may be whole.
ENDS = (
    ".safetensors",
    ".gguf",
    ".pt",
    ".pth",
    ".onnx",
    ".npy",
    ".npz",
    ".keras",
    ".joblib",
    ".tflite",
    ".h5",
    ".ftz",
    "-words.bin",
)
#: A cut of these is another whole file: texts, rows of pickles, and what is appended.
MAY_BE_WHOLE = (
    "no-elements.safetensors", "zlib-bomb.pkl", "tflite-described.tflite", "tflite-lost.tflite",
    "two-legacy.pth",
    "padded.gguf",
    "appended.npy", "appended-objects.npy",
)  # fmt: skip
LARGEST = 900


def verdict_on(name: str, data: bytes) -> str:
    opinion = judge_content(BytesReader(data), name)
    tripped = [one for one in opinion.findings if "pmgit could not judge it" in one.message]
    assert tripped == [], (name, data[:200], tripped)
    return opinion.verdict


def test_a_cut_file_is_never_ok() -> None:
    """At every byte where the whole is good; of the bad ones, four times as many, which only must
    not trip pmgit, at every eighth byte, beginning with another one in each sample. What two
    samples begin with is the same file when it is cut there: it is judged once, good ones first.
    """
    cut = 0
    judged: set[tuple[str, bytes]] = set()
    for name, (verdict, data) in sorted(samples().items(), key=lambda one: one[1][0] != "ok"):
        if len(data) > LARGEST or not name.endswith(ENDS) or name in MAY_BE_WHOLE:
            continue
        step = 1 if verdict == "ok" else 8
        for size in range(cut % step, len(data), step):
            part = name.rpartition(".")[2], data[:size]
            if part in judged:
                continue
            judged.add(part)
            found = verdict_on(name, data[:size])
            if verdict == "ok":
                # At the end of its graph a model of ONNX may be cut without a trace.
                passes = ("ok",) if name.endswith(".onnx") else ("ok", "warn")
                assert found not in passes, (name, size)
        cut += 1
    assert cut > 100


def test_flipped_bytes_never_trip_pmgit() -> None:
    dice = random.Random(37)
    flipped = 0
    for name, (_, data) in samples().items():
        # Half a second goes into a bomb, whatever is flipped.
        if not data or len(data) > 20_000 or "-bomb" in name:
            continue
        for _ in range(4):
            changed = bytearray(data)
            for _ in range(dice.randrange(1, 4)):
                changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
            verdict_on(name, bytes(changed))
            flipped += 1
    assert flipped > 4000
