"""`pmgit inspect`: what is shown of files, pointers, revisions, shards and folders; differences."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save

from tests.formats.all_samples import samples
from tests.formats.assemble import (
    CALL,
    gguf,
    gguf_text,
    initializer,
    onnx,
    pair,
    pickled,
    state_dict,
    tensor,
    text,
    torch_zip,
)
from tests.kit import ACTING, COMMAND, Repo, pointer
from tests.test_house import loaded

if TYPE_CHECKING:
    from tests.weights import Weights

BERT = "pretrained_model/bert"
MODEL = f"{BERT}/model.safetensors"
COMPARED = " (compared: names, types, shapes and bytes)"


def model(**changes: Any) -> bytes:
    """A small model of three tensors, with some of them otherwise."""
    tensors = {"a.weight": np.ones((2, 3), "f4"), "a.bias": np.zeros(2, "f4"),
               "b": np.zeros(4, "f2")} | changes  # fmt: skip
    return save({name: value for name, value in tensors.items() if value is not None},
                {"format": "pt"})  # fmt: skip


@pytest.fixture
def folder(repo: Repo, tmp_path: Path) -> Path:
    """A folder that is in no repository."""
    found = tmp_path / "downloads"
    found.mkdir()
    return found


def shown(repo: Repo, *args: str, cwd: str | Path = "") -> Any:
    """The JSON of an inspection, whatever its exit code."""
    return repo.pmgit("inspect", "--format", "json", *args, cwd=cwd).json


def test_what_is_shown(repo: Repo, folder: Path) -> None:
    (folder / "m.safetensors").write_bytes(model())
    done = repo.pmgit("inspect", "m.safetensors", cwd=folder)
    assert done.out.splitlines() == [
        f"m.safetensors: safetensors, {len(model())} bytes",
        "  3 tensors, 12 parameters: F32 8, F16 4",
        "  tensors",
        *done.out.splitlines()[3:6],
        "  metadata",
        "    format: pt",
    ]
    assert sorted(done.out.splitlines()[3:6]) == [
        "    a.bias    F32  [2]", "    a.weight  F32  [2, 3]", "    b         F16  [4]",
    ]  # fmt: skip
    assert (done.code, done.err) == (0, "")
    short = repo.pmgit("inspect", "--no-tensors", "m.safetensors", cwd=folder).out
    assert "a.bias" not in short
    document = shown(repo, "m.safetensors", cwd=folder)
    assert len(document) == 1
    assert document[0]["parameters"] == {"F32": 8, "F16": 4}
    assert document[0]["metadata"] == {"format": "pt"}
    names = {one["name"]: (one["dtype"], one["shape"]) for one in document[0]["tensors"]}
    assert names == {"a.weight": ("F32", [2, 3]), "a.bias": ("F32", [2]), "b": ("F16", [4])}


def test_exit_codes_are_those_of_a_scan(repo: Repo, folder: Path) -> None:
    cases = {
        "ok.pt": torch_zip(), "warn.pkl": pickled(b"cpackage\nModel\n"),
        "unsafe.pt": torch_zip(pickled(CALL)), "broken.safetensors": b"",
        "pointer.bin": pointer(bytes(5000)), "unknown.bin": b"\x01\xfe" * 99,
    }  # fmt: skip
    for name, content in cases.items():
        (folder / name).write_bytes(content)
        done = repo.pmgit("inspect", name, cwd=folder)
        assert done.code == repo.pmgit("scan", name, cwd=folder).code, done
        assert name.partition(".")[0] in done.out.replace("ok.pt", "ok"), done
    assert "    os.system" in repo.pmgit("inspect", "unsafe.pt", cwd=folder).out
    done = repo.pmgit("inspect", "none.pt", cwd=folder)
    assert done.code == 3
    assert "none.pt: unknown: it could not be read: No such file" in done.out
    assert repo.pmgit("inspect", "none.pt", "ok.pt", cwd=folder).code == 3
    assert repo.pmgit("inspect", "none.pt", "unsafe.pt", cwd=folder).code == 1
    assert repo.pmgit("inspect", cwd=folder).code == 2


def test_a_pointer_shows_the_object_when_it_is_here(lfs_repo: Repo) -> None:
    lfs_repo.stage(MODEL, model())
    lfs_repo.commit("Add a model")
    lfs_repo.write(MODEL, pointer(model()))
    there = lfs_repo.pmgit("inspect", MODEL)
    assert there.code == 0
    assert there.out.startswith(f"{MODEL}: safetensors (in Git LFS), {len(model())} bytes\n")
    lfs_repo.write(MODEL, pointer(b"another"))
    away = lfs_repo.pmgit("inspect", MODEL)
    assert away.code == 1
    oid = shown(lfs_repo, MODEL)[0]["oid"]
    assert f"object sha256:{oid}, 7 bytes: not here\n" in away.out
    assert (
        f"hint: git lfs install --local --skip-repo && git lfs pull --include=/{MODEL}\n"
        in away.out
    )
    objects = [file for file in (lfs_repo.path / ".git/lfs/objects").rglob("*") if file.is_file()]
    lfs_repo.write(MODEL, pointer(model()))
    objects[0].chmod(0o644)
    objects[0].write_bytes(model()[:-1])
    done = lfs_repo.pmgit("inspect", MODEL)
    assert done.code == 1
    assert "the pointer says" in done.out


def test_revisions(lfs_repo: Repo) -> None:
    lfs_repo.stage(MODEL, model())
    lfs_repo.stage_blob("raw.safetensors", model(b=None))
    lfs_repo.commit("Add a model")
    lfs_repo.stage(MODEL, model(a=np.zeros(1, "f4")))
    lfs_repo.commit("Change it")
    assert len(shown(lfs_repo, f"HEAD~1:{MODEL}")[0]["tensors"]) == 3
    assert len(shown(lfs_repo, f"HEAD:{MODEL}")[0]["tensors"]) == 4
    assert len(shown(lfs_repo, ":raw.safetensors")[0]["tensors"]) == 2
    assert len(shown(lfs_repo, "HEAD:./model.safetensors", cwd=BERT)[0]["tensors"]) == 4
    for name in (f"HEAD~9:{MODEL}", "HEAD:none.bin", "HEAD:pretrained_model", "--upload-pack=x:y"):
        done = lfs_repo.pmgit("inspect", "--", name)
        assert (done.code, "it could not be read" in done.out) == (3, True), done
    done = lfs_repo.pmgit("inspect", "--diff", f"HEAD~1:{MODEL}", MODEL)
    assert done.code == 1
    assert "+ a  F32 [1]\n" in done.out


def test_a_model_by_its_name(lfs_repo: Repo) -> None:
    lfs_repo.write(MODEL, model())
    lfs_repo.write(f"{BERT}/config.json", '{"model_type": "bert"}\n')
    lfs_repo.write(f"{BERT}/chat_template.jinja", "{{ messages }}\n")
    done = lfs_repo.pmgit("inspect", "bert")
    size = len(model())
    assert done.code == 0
    assert done.out.splitlines() == [
        f"{BERT}/chat_template.jinja: chat template, 15 bytes",
        f"{BERT}/config.json: JSON, 23 bytes",
        f"{MODEL}: safetensors, {size} bytes: 3 tensors, 12 parameters: F32 8, F16 4",
        f"{BERT}: 3 files, {size + 38} bytes, 3 tensors, 12 parameters: F32 8, F16 4",
    ]
    assert "a.weight" in lfs_repo.pmgit("inspect", "--tensors", "bert").out
    document = shown(lfs_repo, "bert")[0]
    assert (document["kind"], document["size"], len(document["files"])) == ("folder", size + 38, 3)
    assert document["files"][0]["templates"] == {"chat_template": "{{ messages }}\n"}


def sharded(folder: Path, **names: bytes) -> None:
    """Two shards and their index."""
    first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    (folder / first).write_bytes(save({"a": np.zeros(3, "f4")}))
    (folder / second).write_bytes(save({"b": np.ones((2, 2), "f2"), "c": np.zeros(1, "f4")}))
    index = {"metadata": {}, "weight_map": {"a": first, "b": second, "c": second}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    for name, content in names.items():
        (folder / name).write_bytes(content)


def test_shards_are_one(repo: Repo, folder: Path) -> None:
    sharded(folder)
    index = "model.safetensors.index.json"
    found = shown(repo, index, cwd=folder)[0]
    assert (found["kind"], found["verdict"]) == ("safetensors in shards", "ok")
    assert sorted(one["name"] for one in found["tensors"]) == ["a", "b", "c"]
    total = repo.pmgit("inspect", ".", cwd=folder).out.splitlines()[-1]
    assert total.endswith("3 tensors, 8 parameters: F32 4, F16 4")
    other = folder.parent / "other"
    other.mkdir()
    sharded(other)
    assert repo.pmgit("inspect", "--diff", index, str(other / index), cwd=folder).code == 0
    (other / "model-00002-of-00002.safetensors").write_bytes(
        save({"b": np.zeros((2, 2), "f2"), "c": np.zeros(1, "f4")})
    )
    for two in ((index, str(other / index)), (".", str(other))):
        done = repo.pmgit("inspect", "--diff", *two, cwd=folder)
        assert done.code == 1
        assert "~ b  F16 [2, 2]  other numbers\n" in done.out
    (folder / "model-00001-of-00002.safetensors").unlink()
    gone = repo.pmgit("inspect", index, cwd=folder)
    assert gone.code == 3
    assert "model-00001-of-00002.safetensors" in gone.out


def test_an_index_that_is_wrong(repo: Repo, folder: Path) -> None:
    sharded(folder)
    index = folder / "model.safetensors.index.json"
    for names, message in (
        ({"a": "../m.safetensors"}, "a name that leads out"),
        ({"a": "/etc/passwd"}, "an absolute name"),
        ({"a": "sub/m.safetensors"}, "a name with a folder"),
        ({"x": "model-00001-of-00002.safetensors"}, "the index names tensors of no shard (1): x"),
        ({"a": "model-00002-of-00002.safetensors"}, "the index does not name tensors (2): b, c"),
    ):
        index.write_text(json.dumps({"weight_map": names}))
        done = repo.pmgit("inspect", index.name, cwd=folder)
        assert done.code == 1
        assert message in done.out
    index.write_text('{"weight_map": 3}')
    assert repo.pmgit("inspect", index.name, cwd=folder).code == 0


# --- differences


def test_differences(repo: Repo, folder: Path) -> None:
    (folder / "a.safetensors").write_bytes(model())
    changed = model(b=None, c=np.zeros(1, "i8"), **{
        "a.weight": np.full((2, 3), 2, "f4"), "a.bias": np.zeros(3, "f4"),
    })  # fmt: skip
    (folder / "b.safetensors").write_bytes(changed.replace(b'"pt"', b'"np"'))
    done = repo.pmgit("inspect", "--diff", "a.safetensors", "b.safetensors", cwd=folder)
    assert done.code == 1
    assert done.out.splitlines()[2:] == [
        "- b  F16 [4]",
        "+ c  I64 [1]",
        "~ a.bias  F32 [2] -> F32 [3]",
        "~ a.weight  F32 [2, 3]  other numbers",
        "- metadata format: pt",
        "+ metadata format: np",
        f"tensors: 1 removed, 1 added, 1 of another type or shape, 1 with other numbers{COMPARED}",
    ]
    found = repo.pmgit("inspect", "--diff", "--format", "json", "a.safetensors", "b.safetensors",
                       cwd=folder).json[0]["difference"]  # fmt: skip
    assert [one["name"] for one in found["changed"]] == ["a.weight"]
    assert found["metadata"] == {"format": {"before": "pt", "after": "np"}}


def test_the_same_and_what_was_compared(repo: Repo, folder: Path) -> None:
    for name, content in (("a", model()), ("b", model()), ("c", model(b=np.ones(4, "f2")))):
        (folder / f"{name}.safetensors").write_bytes(content)

    def diff(*args: str) -> tuple[int, str]:
        done = repo.pmgit("inspect", "--diff", *args, cwd=folder)
        return done.code, done.out.splitlines()[-1]

    assert diff("a.safetensors", "b.safetensors") == (0, "the same bytes")
    shapes = "tensors: 3 the same (compared: names, types and shapes)"
    assert diff("--no-content", "a.safetensors", "c.safetensors") == (0, shapes)
    assert diff("a.safetensors", "c.safetensors")[0] == 1
    assert diff("a.safetensors", "none.safetensors") == (3, "not compared")
    assert repo.pmgit("inspect", "--diff", "a.safetensors", cwd=folder).code == 2
    (folder / "cut.safetensors").write_bytes(model()[:-1])
    assert diff("a.safetensors", "cut.safetensors") == (3, "not compared")


def test_formats_are_compared_by_their_tensors(repo: Repo, folder: Path) -> None:
    numbers = np.arange(6, dtype="f4").reshape(2, 3)
    (folder / "m.safetensors").write_bytes(save({"weight": numbers}))
    (folder / "m.pt").write_bytes(torch_zip(storage=numbers.tobytes()))
    np.savez_compressed(folder / "m.npz", weight=numbers)
    done = repo.pmgit("inspect", "--diff", "m.safetensors", "m.pt", cwd=folder)
    assert done.code == 0, done
    assert "tensors: 1 the same (compared: names, types, shapes and bytes)\n" in done.out
    (folder / "m.pt").write_bytes(torch_zip(storage=bytes(24)))
    assert repo.pmgit("inspect", "--diff", "m.safetensors", "m.pt", cwd=folder).code == 1
    done = repo.pmgit("inspect", "--diff", "m.safetensors", "m.npz", cwd=folder)
    assert done.code == 3
    assert "? weight  F32 [2, 3]  its numbers could not be compared\n" in done.out


def words(word: bytes) -> bytes:
    """An entry of GGUF with an array of one word."""
    return pair(b"tokens", 9, struct.pack("<IQ", 8, 1) + gguf_text(word))


def test_what_is_not_listed_counts_too(repo: Repo, folder: Path) -> None:
    """The nodes of a graph, lists in a configuration, the words of a vocabulary."""
    inside = initializer(inside=bytes(8))
    pairs = {
        "m.onnx": (onnx(inside), onnx(inside).replace(b"MatMul", b"MatAdd")),
        "config.json": (b'{"a": [1, 2]}', b'{"a": [1, 3]}'),
        "m.gguf": (gguf((words(b"a"),)), gguf((words(b"b"),))),
        "notes.txt": (b"one", b"two"),
    }  # fmt: skip
    for side in (0, 1):
        (folder / str(side)).mkdir()
        for name, contents in pairs.items():
            (folder / str(side) / name).write_bytes(contents[side])
    for name in pairs:
        done = repo.pmgit("inspect", "--diff", f"0/{name}", f"1/{name}", cwd=folder)
        assert done.code == 1, done
        assert "~ other bytes, in what is not listed\n" in done.out
        assert repo.pmgit("inspect", "--diff", f"0/{name}", f"0/{name}", cwd=folder).code == 0
        one, other = (
            repo.pmgit("inspect", "--textconv", f"{n}/{name}", cwd=folder).out for n in "01"
        )
        assert one != other
    (folder / "a.safetensors").write_bytes(save({"a": np.zeros(2, "f4"), "b": np.ones(2, "f4")}))
    turned = json.dumps({
        "b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]},
    }).encode()  # fmt: skip
    data = len(turned).to_bytes(8, "little") + turned + np.array([1, 1, 0, 0], "f4").tobytes()
    (folder / "b.safetensors").write_bytes(data)
    done = repo.pmgit("inspect", "--diff", "a.safetensors", "b.safetensors", cwd=folder)
    assert (done.code, done.out.splitlines()[2:]) == (0, [f"tensors: 2 the same{COMPARED}"])


def test_broken_files_differ_by_their_bytes(repo: Repo, folder: Path) -> None:
    """Of two files with the same fault `git diff` would show nothing else."""
    for name, last in (("a", b"\0"), ("b", b"\1")):
        (folder / f"{name}.safetensors").write_bytes(model()[:-2] + last)
    one, other = (
        repo.pmgit("inspect", "--textconv", f"{name}.safetensors", cwd=folder).out for name in "ab"
    )
    assert "\nbroken: " in one
    assert one != other
    done = repo.pmgit("inspect", "--diff", "a.safetensors", "b.safetensors", cwd=folder)
    assert done.code == 3, done


def test_files_that_one_of_two_models_has(repo: Repo, folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "same.safetensors").write_bytes(model())
    (folder / "b" / "new.safetensors").write_bytes(model())
    (folder / "a" / "old.txt").write_bytes(b"x")
    done = repo.pmgit("inspect", "--diff", "a", "b", cwd=folder)
    assert done.code == 1
    assert "--- a/new.safetensors: no file\n" in done.out
    assert "+ a.weight  F32 [2, 3]\n" in done.out
    assert "+++ b/old.txt: no file\n" in done.out
    found = repo.pmgit("inspect", "--diff", "--format", "json", "a", "b", cwd=folder).json
    assert {one["before"]: one["difference"]["only"] for one in found} == {
        "a/new.safetensors": True, "a/old.txt": True, "a/same.safetensors": False,
    }  # fmt: skip
    (folder / "b" / "new.safetensors").unlink()
    (folder / "a" / "old.txt").unlink()
    assert repo.pmgit("inspect", "--diff", "a", "b", cwd=folder).code == 0


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="Linux has files without a size")
def test_files_that_the_system_makes_up(repo: Repo) -> None:
    for name in ("status", "mem"):
        done = repo.pmgit("inspect", f"/proc/self/{name}")
        assert (done.code, "could not be read" in done.out + done.err) == (3, True), done
        assert "fault of pmgit" not in done.err


def test_places_that_are_no_files(repo: Repo, folder: Path) -> None:
    os.mkfifo(folder / "pipe.bin")
    (folder / "loop.bin").symlink_to("loop.bin")
    (folder / "zero.bin").symlink_to("/dev/zero")
    (folder / "m.safetensors").write_bytes(model())
    (folder / "link.safetensors").symlink_to("m.safetensors")
    for name in ("pipe.bin", "loop.bin", "zero.bin"):
        for args in ((name,), ("--diff", name, "m.safetensors"), ("--diff", ".", name)):
            assert repo.pmgit("inspect", *args, cwd=folder).code == 3, args
        assert repo.pmgit("inspect", "--textconv", name, cwd=folder).code == 0
    assert (
        repo.pmgit("inspect", "--diff", "link.safetensors", "m.safetensors", cwd=folder).code == 0
    )
    assert repo.pmgit("inspect", "--textconv", ".", cwd=folder).code == 0


def test_shards_that_are_pointers(lfs_repo: Repo) -> None:
    index = f"{BERT}/model.safetensors.index.json"
    names = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    for name, shard in names.items():
        content = save({name: np.zeros(2, "f4")})
        lfs_repo.stage(f"{BERT}/{shard}", content)
        lfs_repo.write(f"{BERT}/{shard}", pointer(content))
    lfs_repo.write(index, json.dumps({"weight_map": names}))
    lfs_repo.stage(index, json.dumps({"weight_map": names}))
    for path in (index, f":{index}"):
        found = shown(lfs_repo, path)[0]
        assert (found["verdict"], found["parameters"]) == ("ok", {"F32": 4}), path
    lfs_repo.write(f"{BERT}/model-2.safetensors", pointer(b"elsewhere"))
    done = lfs_repo.pmgit("inspect", index)
    assert done.code == 1
    assert "not here" in done.out
    lfs_repo.write(f"{BERT}/model-1.safetensors", pointer(b"elsewhere"))
    lfs_repo.path.joinpath(index).unlink()
    together = lfs_repo.pmgit("inspect", BERT).out.splitlines()[-1]
    assert together == f"{BERT}: 2 files, 18 bytes"  # how many tensors is not known


def test_pointers_of_the_same_object_are_the_same_without_it(lfs_repo: Repo) -> None:
    lfs_repo.write("a.bin", pointer(b"far away"))
    lfs_repo.write("b.bin", pointer(b"far away"))
    lfs_repo.write("c.bin", pointer(b"elsewhere"))
    assert lfs_repo.pmgit("inspect", "--diff", "a.bin", "b.bin").code == 0
    assert lfs_repo.pmgit("inspect", "--diff", "a.bin", "c.bin").code == 3


# --- hostile files


def test_names_are_escaped_and_cut(repo: Repo, folder: Path) -> None:
    evil = "\x1b]0;pwned\x07\n::error file=x::y\n##[stop]\u202e" + "n" * 5000
    name = evil.encode()
    more = b"X" + len(name).to_bytes(4, "little") + name + tensor()
    (folder / "m.pt").write_bytes(torch_zip(state_dict(more=more + text("k") + text("\x1b[2J"))))
    header = {"__metadata__": {evil: evil}, evil: {
        "dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}  # fmt: skip
    data = json.dumps(header).encode()
    (folder / "m.safetensors").write_bytes(len(data).to_bytes(8, "little") + data + bytes(4))
    (folder / "chat_template.jinja").write_text(f"{{# {evil} #}}\n")
    for args in (("m.pt",), ("m.safetensors",), ("--diff", "m.pt", "m.safetensors"),
                 ("--textconv", "m.pt"), ("--textconv", "m.safetensors"), (".",),
                 ("chat_template.jinja",)):  # fmt: skip
        done = repo.pmgit("inspect", *args, cwd=folder)
        assert not ACTING.search(done.out.replace("\n", "")), args
        assert not COMMAND.search(done.out), args
        assert max(map(len, done.out.splitlines())) < 700, args
    for args in (("m.pt",), ("m.safetensors",), ("--diff", "m.pt", "m.safetensors"), (".",)):
        out = repo.pmgit("inspect", "--format", "json", *args, cwd=folder)
        assert json.loads(out.out)
        assert out.out.isascii()


def test_every_sample_is_shown_and_json_is_valid(repo: Repo, folder: Path) -> None:
    """Many of them in one folder: scan and inspection agree on each."""
    small = {
        name: data
        for name, (_, data) in samples().items()
        if len(data) < 2000 and "/" not in name and "bomb" not in name
    }
    # Whether its shards are there, the scan of a folder says, and the row of the shards here.
    del small["model.safetensors.index.json"]
    for name, data in list(small.items())[::4]:
        (folder / name).write_bytes(data)
    files = shown(repo, ".", cwd=folder)[0]["files"]
    scanned = repo.pmgit("scan", "--format", "json", ".", cwd=folder).json
    assert len(files) == len(scanned) > 100
    assert {one["path"]: one["verdict"] for one in scanned} == {
        one["path"]: one["verdict"] for one in files
    }  # fmt: skip
    done = repo.pmgit("inspect", "--tensors", ".", cwd=folder)
    assert (done.code, done.err) == (1, "")


def test_nothing_is_imported_that_could_load(repo: Repo, weights: Weights) -> None:
    path = weights.path("silero_vad.jit")
    code = "import sys, io; sys.stdout = io.StringIO(); from pmgit.cli import main\n"
    code += f"sys.argv = ['pmgit', 'inspect', {str(path)!r}]\n"
    code += "try: main()\nexcept SystemExit: pass\nsys.stdout = sys.__stdout__"
    names = {name.split(".")[0] for name in loaded(repo, code)}
    assert names & {"torch", "numpy", "safetensors", "pickle", "_pickle", "git"} == set()
