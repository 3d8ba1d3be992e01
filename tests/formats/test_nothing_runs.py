"""All samples are judged in a process that forbids to import, to run, to open and to connect."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """\
import importlib, _compat_pickle, ast, bz2, codecs, json, lzma, pkgutil, re, sys, zlib
from pmgit import formats
from pmgit.formats import policy
from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from tests.formats.all_samples import samples

found = samples()
for module in pkgutil.iter_modules(formats.__path__):
    importlib.import_module(f"pmgit.formats.{module.name}")
import yaml
from pmgit.formats import zstd_frame
zstd_frame.is_there()  # its library is imported here
policy.of_global("a", "b")  # its lists are read here
policy.is_made_empty("a", "b")
for codec in (
    "raw-unicode-escape", "unicode-escape", "utf-16", "utf-16-le", "utf-16-be", "latin-1"
):
    codecs.lookup(codec)  # each is a module of its own
done = []

def forbid(event, args):
    begins = ("import", "exec", "open", "pickle.", "os.", "subprocess.", "socket.", "ctypes.",
              "marshal.", "shutil.", "tempfile.", "urllib.", "builtins.input",
              "builtins.breakpoint", "code.")
    if not done and event.startswith(begins):
        raise SystemExit(f"{event}: {args[:1]}")

sys.addaudithook(forbid)
wrong = []
for name, (verdict, data) in found.items():
    if judge_content(BytesReader(data), name).verdict != verdict:
        wrong.append(name)
done.append(True)
print(len(found), wrong)
"""


def test_nothing_of_any_sample_runs() -> None:
    top = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=top, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    count, _, wrong = done.stdout.partition(" ")
    assert int(count) > 600
    assert wrong.strip() == "[]"
