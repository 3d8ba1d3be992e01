"""One file of a scan: pointers, files beside it, and files that change or cannot be read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pmgit.formats.reader import FileReader
from pmgit.scan import scanned
from pmgit.scan.scanned import scan
from tests.formats.assemble import initializer, onnx, pickled, torch_zip
from tests.formats.format_set_samples import openvino
from tests.formats.graph_samples import entry, index
from tests.kit import pointer, random_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder: the other one has the HOME of the tests."""
    found = tmp_path / "folder"
    found.mkdir()
    return found


def verdicts(*paths: Path) -> dict[str, str]:
    return {Path(one.path).name: one.opinion.verdict for one in scan([str(p) for p in paths])}


def test_a_pointer_names_what_is_not_here(folder: Path) -> None:
    (folder / "a.bin").write_bytes(pointer(bytes(5000)))
    (folder / "b.bin").write_bytes(pointer(bytes(130)))
    one, other = scan([str(folder)])
    assert one.opinion.kind == "Git LFS pointer"
    assert [finding.message for finding in one.opinion.findings] == [
        "a Git LFS pointer: the 5.0 kB that it stands for are not here"
    ]
    assert "another pointer" in other.opinion.findings[1].message


def test_files_that_an_onnx_model_needs(folder: Path) -> None:
    def write(name: str, location: str, length: int = 8) -> None:
        entries = (("location", location), ("offset", "0"), ("length", str(length)))
        (folder / name).write_bytes(onnx(initializer(*entries)))

    (folder / "sub").mkdir()
    (folder / "sub/w.data").write_bytes(bytes(8))
    (folder / "w.data").write_bytes(bytes(8))
    (folder / "inside.data").symlink_to("w.data")
    (folder / "out.data").symlink_to("/etc/passwd")
    (folder / "way").symlink_to("/etc")
    os.mkfifo(folder / "pipe.data")
    write("good.onnx", "w.data")
    write("below.onnx", "sub/w.data")
    write("linked.onnx", "inside.data")
    write("short.onnx", "w.data", 9)
    write("missing.onnx", "none.data")
    (folder / "half.data").write_bytes(bytes(4))
    (folder / "half.onnx").write_bytes(onnx(initializer(("location", "half.data"))))
    write("out.onnx", "out.data")
    write("way.onnx", "way/passwd")
    write("pipe.onnx", "pipe.data")
    found = verdicts(*folder.glob("*.onnx"))
    assert found == {
        "good.onnx": "ok", "below.onnx": "ok", "linked.onnx": "ok", "short.onnx": "broken",
        "missing.onnx": "broken", "out.onnx": "unsafe", "way.onnx": "unsafe", "pipe.onnx": "unsafe",
        "half.onnx": "broken",
    }  # fmt: skip


def test_numbers_that_a_graph_of_openvino_needs(folder: Path) -> None:
    constants = (
        'element_type="f32" shape="2" offset="0" size="8"',
        'element_type="i4" shape="" offset="8" size="1"',
        'element_type="string" shape="2" offset="9" size="5"',
        'element_type="i64" shape="0" offset="13" size="1"',  # of no numbers: one byte all the same
    )
    for name, size in (("good", 14), ("longer", 20), ("cut", 13), ("missing", None)):
        (folder / f"{name}.xml").write_bytes(openvino(*constants))
        if size is not None:
            (folder / f"{name}.bin").write_bytes(random_bytes(size))
    (folder / "pointed.xml").write_bytes(openvino(*constants))
    (folder / "pointed.bin").write_bytes(pointer(bytes(14)))
    assert verdicts(*folder.glob("*.xml")) == {
        "good.xml": "ok", "longer.xml": "ok", "cut.xml": "broken", "missing.xml": "broken",
        "pointed.xml": "ok",
    }  # fmt: skip


def test_files_that_an_index_of_tensorflow_needs(folder: Path) -> None:
    data = "variables.data-00000-of-00001"
    for name, size in (("good", 24), ("longer", 30), ("cut", 23), ("missing", None)):
        (folder / name).mkdir()
        (folder / name / "variables.index").write_bytes(index(entry((2, 3), 0, 24)))
        if size is not None:
            (folder / name / data).write_bytes(random_bytes(size))
    found = {
        f"{Path(one.path).parent.name}/{Path(one.path).name[10:14]}": one.opinion.verdict
        for one in scan([str(folder)])
    }
    assert found == {
        "good/inde": "ok", "good/data": "ok", "longer/inde": "ok", "longer/data": "ok",
        "cut/inde": "broken", "cut/data": "broken", "missing/inde": "broken",
    }  # fmt: skip


def test_numbers_beside_the_file_that_describes_them(folder: Path) -> None:
    for name in ("openvino.bin", "alone.bin", "outside.bin", "group1-shard1of1.bin"):
        (folder / name).write_bytes(random_bytes(5000))
    (folder / "openvino.xml").write_text("<?xml version='1.0'?><net/>")
    assert verdicts(folder / "alone.bin", folder / "group1-shard1of1.bin") == {
        "alone.bin": "unknown", "group1-shard1of1.bin": "unknown",
    }  # fmt: skip
    (folder / "model.json").write_text("{}")
    (folder / "m.onnx").write_bytes(onnx(initializer(("location", "outside.bin"))))
    assert verdicts(folder) == {
        "openvino.bin": "ok", "openvino.xml": "ok", "model.json": "ok", "alone.bin": "unknown",
        "group1-shard1of1.bin": "ok", "outside.bin": "ok", "m.onnx": "ok",
    }  # fmt: skip


def test_numbers_below_the_model_that_names_them(folder: Path) -> None:
    entries = (("location", "weights/w.bin"), ("offset", "0"), ("length", "8"))
    (folder / "model.onnx").write_bytes(onnx(initializer(*entries)))
    (folder / "weights").mkdir()
    for name in ("w.bin", "other.bin"):
        (folder / "weights" / name).write_bytes(b"\1\2\xfe\0" * 2)
    found = verdicts(*folder.glob("weights/*"))
    assert found == {"w.bin": "ok", "other.bin": "unknown"}
    assert verdicts(folder / "model.onnx") == {"model.onnx": "ok"}


def test_links_to_nothing(folder: Path) -> None:
    """Weights behind one are missing; other files are of somebody else's, or not fetched."""
    for name in ("setup.sh", "model.bin"):
        (folder / name).symlink_to("../gone")
    found = {Path(one.path).name: (one.opinion.verdict, one.could) for one in scan([str(folder)])}
    assert found == {"setup.sh": ("warn", True), "model.bin": ("unknown", False)}


def test_a_package_of_core_ml_has_its_files(folder: Path) -> None:
    place = "com.apple.CoreML/model.mlmodel"
    entries = {"itemInfoEntries": {"a": {"path": place}}, "rootModelIdentifier": "a"}
    manifest = folder / "Manifest.json"
    manifest.write_text(json.dumps(entries))
    assert verdicts(manifest) == {"Manifest.json": "broken"}
    (folder / "Data/com.apple.CoreML").mkdir(parents=True)
    (folder / "Data" / place).write_bytes(b"model")
    assert verdicts(manifest) == {"Manifest.json": "ok"}


def test_a_link_is_judged_by_what_it_leads_to(folder: Path) -> None:
    (folder / "blob").write_bytes(torch_zip(pickled(b"cos\nsystem\n(tR")))
    (folder / "snapshot").mkdir()
    (folder / "snapshot/model.bin").symlink_to("../blob")
    assert verdicts(folder / "snapshot") == {"model.bin": "unsafe"}


def test_a_file_that_changes_meanwhile_is_not_judged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "model.bin"
    file.write_bytes(torch_zip())
    judge = scanned.judge_content

    def grow(reader: FileReader, name: str) -> object:
        with file.open("ab") as more:
            more.write(b"more")
        return judge(reader, name)

    monkeypatch.setattr(scanned, "judge_content", grow)
    (one,) = scan([str(file)])
    assert (one.could, one.opinion.verdict) == (False, "unknown")


def test_a_sparse_file_of_a_terabyte(folder: Path) -> None:
    for name in ("a.bin", "b.pt", "c.safetensors", "d.txt"):
        with (folder / name).open("wb") as file:
            file.truncate(10**12)
    assert set(verdicts(folder).values()) <= {"broken", "ok", "unknown"}
    assert verdicts(folder)["a.bin"] == "broken"


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="Linux has files without a size")
def test_files_that_the_system_makes_up_have_no_verdict() -> None:
    """They seem to be empty: one gives more when it is read, the other one fails."""
    found = list(scan(["/proc/self/status", "/proc/self/mem"]))
    assert [(one.could, one.opinion.verdict) for one in found] == [(False, "unknown")] * 2


def test_the_tables_of_a_vocabulary_of_spacy(tmp_path: Path) -> None:
    """Messages of msgpack without a mark: by themselves nobody knows what they are."""
    tables = tmp_path / "lookups.bin"
    tables.write_bytes(b"\x80")
    assert verdicts(tables) == {"lookups.bin": "unknown"}
    (tmp_path / "strings.json").write_text('["a"]')
    assert verdicts(tables) == {"lookups.bin": "ok"}
