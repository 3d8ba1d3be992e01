"""`pmgit convert` around torch: what moves where, what follows, and what is refused.

A module stands in for torch (`tests/models/stand_ins.py`); with the real one:
`tests/models/test_convert_torch.py`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from pmgit.cli import main
from pmgit.formats import names
from pmgit.formats.reader import BytesReader
from pmgit.model import info_block, lock_file
from pmgit.scan.scanned import judge_content
from tests.anybody import as_anybody
from tests.formats import assemble
from tests.hub_server import HubServer
from tests.kit import ACTING, BIN, Repo, Result, pointer
from tests.models import stand_ins
from tests.models.stand_ins import checkpoint

ROOT = "pretrained_model"
KEPT = f".git/pmgit/converted/{ROOT}"
ONE, TWO = "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"
NEW_SET = [
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
]  # fmt: skip


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stand_ins.environment(tmp_path_factory.mktemp("stand-ins"))


@pytest.fixture(autouse=True)
def _stand_in(repo: Repo, python: Path) -> None:
    repo.env["PMGIT_CONVERT_PYTHON"] = str(python)


def convert(repo: Repo, *args: str, code: int = 0) -> Result:
    shown = repo.pmgit("convert", *args, "--yes")
    assert shown.code == code, shown
    assert not ACTING.search(shown.out + shown.err)
    assert not list((repo.path / ".git/pmgit/incoming").glob("*"))
    return shown


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix != ".tmp"
    }


def line(shown: Result, name: str) -> str:
    """What is to be pasted of a line that begins with this name."""
    return next(one for one in shown.out.splitlines() if one.startswith(f"{name}: "))[
        len(name) + 2 :
    ]


def shards(repo: Repo, model: str, **wrong: str) -> Path:
    """A set of two shards with its index, in which `wrong` are wrong."""
    places = {"A.first": ONE, "A.second": ONE, "B.first": TWO, "B.second": TWO, **wrong}
    repo.write(f"{ROOT}/{model}/{ONE}", checkpoint("A"))
    repo.write(f"{ROOT}/{model}/{TWO}", checkpoint("B"))
    index = {"metadata": {"total_size": 1, "note": "é"}, "weight_map": places}
    repo.write(f"{ROOT}/{model}/pytorch_model.bin.index.json", json.dumps(index))
    return repo.path / ROOT / model


def test_lock_and_info_follow_and_the_old_file_comes_back(repo: Repo) -> None:
    repo.write(f"{ROOT}/mine/pytorch_model.bin", checkpoint("A"))
    repo.write(f"{ROOT}/mine/unet/old.fp16.ckpt", checkpoint("B"))
    repo.write(f"{ROOT}/mine/config.json", "{}")
    assert repo.pmgit("add", f"{ROOT}/mine").code == 0
    folder = repo.path / ROOT / "mine"
    before = state(folder)
    dry = repo.pmgit("convert", "mine", "--dry-run")
    assert dry.code == 0, dry
    assert f"{ROOT}/mine/pytorch_model.bin: converts: to model.safetensors, 2 tensors, " in dry.out
    assert (state(folder), (repo.path / KEPT).exists()) == (before, False)
    asked = repo.pmgit("convert", "mine")
    assert (asked.code, "--yes" in asked.err, state(folder)) == (2, True, before), asked
    shown = convert(repo, "mine")
    after = state(folder)
    assert sorted(after) == [
        "INFO.md", "config.json", "model.safetensors", "pmgit.lock", "unet/old.fp16.safetensors",
    ]  # fmt: skip
    data = after["model.safetensors"]
    assert judge_content(BytesReader(data), "model.safetensors").verdict == "ok"
    assert data.endswith(b"A" + bytes(range(1, 24)))
    assert judge_content(BytesReader(data), "x").kind == names.SAFETENSORS
    assert repo.pmgit("verify").code == 0
    listed = [one.path for one in info_block.listed(after["INFO.md"])]
    assert listed == ["config.json", "model.safetensors", "unet/old.fp16.safetensors"]
    checked = repo.pmgit("info", "check", "--format", "json").json["findings"]
    assert {one["rule"] for one in checked} <= {"incomplete-info"}
    assert "nothing to convert" in convert(repo, "mine").out
    assert state(folder) == after
    assert state(repo.path / KEPT / "mine/1").items() <= before.items()
    assert repo.sh(line(shown, "back")).code == 0
    assert state(folder) == before
    # And once more: the old files of the first time stay what they are.
    convert(repo, "mine")
    assert state(folder) == after
    assert state(repo.path / KEPT / "mine/1") == state(repo.path / KEPT / "mine/2")


def test_it_asks_and_takes_no_for_an_answer(repo: Repo) -> None:
    repo.write(f"{ROOT}/mine/a.pt", checkpoint("A"))
    before = state(repo.path / ROOT)
    shown = repo.sh_at_terminal("pmgit convert mine", "n\n")
    assert (shown.code, state(repo.path / ROOT)) == (130, before), shown
    shown = repo.sh_at_terminal("pmgit convert mine", "y\n", cwd=ROOT)
    assert (shown.code, [*state(repo.path / ROOT)]) == (0, ["mine/a.safetensors"]), shown
    # The line is right where it was printed.
    assert repo.sh(line(shown, "back"), cwd=ROOT).code == 0
    assert state(repo.path / ROOT) == before


def test_shards_get_an_index_of_their_own(repo: Repo) -> None:
    folder = shards(repo, "set")
    convert(repo, "set")
    assert sorted(state(folder)) == NEW_SET
    index = json.loads((folder / NEW_SET[2]).read_text())
    assert index == {
        "metadata": {"total_size": 48, "note": "é"},
        "weight_map": {
            "A.first": NEW_SET[0], "A.second": NEW_SET[0], "B.first": NEW_SET[1],
            "B.second": NEW_SET[1],
        },
    }  # fmt: skip
    # An index that says something else, or a shard that is not here: nothing of the set changes.
    shards(repo, "more", zz=ONE)
    shards(repo, "other", **{"A.first": TWO})
    (shards(repo, "lacking") / TWO).unlink()
    (shards(repo, "pointer") / TWO).write_bytes(pointer(checkpoint("B")))
    (shards(repo, "unsafe") / TWO).write_bytes(assemble.torch_zip(assemble.pickled(assemble.CALL)))
    shards(repo, "outside", zz="../../../secret.bin")
    (shards(repo, "no-index") / "pytorch_model.bin.index.json").write_text("[" * 100_000)
    for model, why in {
        "more": "do not agree about zz",
        "other": "do not agree about A.first",
        "lacking": f"{TWO}: stays: it is not here",
        "pointer": f"{TWO}: stays: pointer: a Git LFS pointer",
        "unsafe": f"{TWO}: stays: unsafe: ",
        "outside": "secret.bin: stays: it is not here",
        "no-index": "pytorch_model.bin.index.json: stays: it is no index of shards",
    }.items():
        before = state(repo.path / ROOT / model)
        shown = convert(repo, model, code=1)
        assert why in shown.out, (model, shown)
        assert ("pmgit pull" in shown.out) == (model == "pointer"), shown
        assert state(repo.path / ROOT / model) == before, model


def test_what_cannot_be_converted_stays_and_says_why(repo: Repo, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(checkpoint("A"))
    for name, data in {
        "more.pt": checkpoint("E"), "ends.pt": checkpoint("K"), "a.bin": checkpoint("A"),
        "a.pt": checkpoint("B"), "unsafe.pt": assemble.CLASSIC, "cut.pt": checkpoint("A")[:-9],
        "optimizer.pt": checkpoint("A"), "training_args.bin": checkpoint("A"),
        "not\x1b[31m.pt": b"<html>", "model.onnx": assemble.onnx(), "a.txt": b"text",
    }.items():  # fmt: skip
        repo.write(f"{ROOT}/odd/{name}", data)
    folder = repo.path / ROOT / "odd"
    (folder / "link.pt").symlink_to(elsewhere)
    before = state(folder)
    shown = repo.pmgit("convert", "odd", "--dry-run")
    assert shown.code == 1
    stays = dict(one.split(": stays: ") for one in shown.out.splitlines() if ": stays: " in one)
    assert {name.removeprefix(f"{ROOT}/odd/"): why[:40] for name, why in stays.items()} == {
        "more.pt": "this would be lost: epoch (int)",
        "a.pt": "so is a.safetensors",
        "unsafe.pt": stays[f"{ROOT}/odd/unsafe.pt"][:40],
        "cut.pt": stays[f"{ROOT}/odd/cut.pt"][:40],
        "not\\x1b[31m.pt": stays[f"{ROOT}/odd/not\\x1b[31m.pt"][:40],
        "link.pt": "it is a link: what it leads to is not th",
    }
    assert stays[f"{ROOT}/odd/unsafe.pt"].startswith("unsafe: ")
    assert stays[f"{ROOT}/odd/cut.pt"].startswith("broken: ")
    assert "optimizer" not in shown.out
    # One of them ends the child while it is written: then nothing is converted.
    shown = convert(repo, "odd", code=3)
    assert f"{ROOT}/odd/ends.pt could not be converted: it was ended by SIGABRT" in shown.err
    assert state(folder) == before
    (folder / "ends.pt").unlink()
    repo.write(f"{ROOT}/huge/a.pt", checkpoint("H"))
    assert "there is not enough room: " in convert(repo, "huge", code=3).err
    assert state(folder.with_name("huge")) == {"a.pt": checkpoint("H")}
    convert(repo, "odd", code=1)
    after = state(folder)
    assert after.pop("a.safetensors")
    assert after == {
        name: data for name, data in before.items() if name not in ("a.bin", "ends.pt")
    }


def test_a_model_of_a_source_is_locked_as_one_of_this_machine(repo: Repo) -> None:
    """Nobody else has the new file: pull must not ask the source for it, and status says so."""
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        files = {"pytorch_model.bin": checkpoint("A"), "config.json": b"{}"}
        commit = hub.add("org/mine", files, card={"license": "mit"})
        assert repo.pmgit("add", "org/mine", "--yes").code == 0
        shown = convert(repo, "mine")
        assert "note: no source has the new files" in shown.out
        place = repo.path / ROOT / "mine/pmgit.lock"
        lock = lock_file.parse(place.read_bytes(), "")
        assert lock.source == {
            "type": "local", "converted_from": "huggingface", "repo_id": "org/mine",
            "revision": commit,
        }  # fmt: skip
        assert lock.license == "mit"
        assert [file.path for file in lock.files] == ["config.json", "model.safetensors"]
        page = (repo.path / ROOT / "mine/INFO.md").read_bytes()
        assert [one.path for one in info_block.listed(page)] == ["config.json", "model.safetensors"]
        assert b"org/mine" in page
        for args in (("verify",), ("pull",), ("outdated",), ("verify", "--remote")):
            assert repo.pmgit(*args).code == 0, args
        assert "this folder is the only copy" in repo.pmgit("status").out
        before = place.read_bytes()
        assert repo.pmgit("update", "mine").code == 0
        assert place.read_bytes() == before


def test_what_is_there_already_is_compared_and_never_replaced(repo: Repo) -> None:
    old = repo.write(f"{ROOT}/twin/pytorch_model.bin", checkpoint("A"))
    new = old.with_name("model.safetensors")
    convert(repo, "twin")
    right = new.read_bytes()
    for data, why in (
        (right[:-1] + b"\xff", "A.second has other numbers"),
        (right.replace(b"A.first", b"A.fIrst"), "is in one of both files alone"),
        (b"{}", "is not pytorch_model.bin in another format"),
    ):
        old.write_bytes(checkpoint("A"))
        new.write_bytes(data)
        shown = convert(repo, "twin", code=2)
        assert f"{ROOT}/twin/model.safetensors is there already, and is not " in shown.err
        assert why in shown.err, shown
        assert state(old.parent) == {old.name: checkpoint("A"), new.name: data}
    new.write_bytes(right)
    convert(repo, "twin")
    assert state(old.parent) == {"model.safetensors": right}
    folder = shards(repo, "set")
    (folder / NEW_SET[2]).write_text("{}")
    assert "is another one" in convert(repo, "set", code=2).err
    assert (folder / NEW_SET[2]).read_text() == "{}"


def test_the_printed_line_stages_both_files(lfs_repo: Repo, python: Path) -> None:
    """In Git LFS, and in Git where the old file was raw; where both are ignored, nothing of it."""
    repo = lfs_repo
    repo.env |= {"PMGIT_CONVERT_PYTHON": str(python), "PMGIT_LFS_SETUP_PROOF": "0"}
    lines = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    repo.stage(".gitattributes", lines + lines.replace("bin", "safetensors"))
    for name in ("inside", "raw"):
        repo.write(f"{ROOT}/{name}/pytorch_model.bin", checkpoint("A"))
        repo.add_info(f"{ROOT}/{name}")
    repo.git("add", f"{ROOT}/inside")
    repo.stage_blob(f"{ROOT}/raw/pytorch_model.bin", checkpoint("A"))
    repo.commit()
    assert repo.blob(f"{ROOT}/inside/pytorch_model.bin").startswith(b"version https://git-lfs")
    for name in ("inside", "raw"):
        shown = convert(repo, name)
        assert repo.sh(line(shown, "next")).code == 0, shown
        new, old = f"{ROOT}/{name}/model.safetensors", f"{ROOT}/{name}/pytorch_model.bin"
        assert (new in repo.staged(), old in repo.staged()) == (True, False)
        assert repo.blob(new).startswith(b"version https://git-lfs")
    changes = repo.git("status", "--porcelain", "--", ROOT).splitlines()
    # The same content under two names is one rename.
    assert {one[:2] for one in changes} <= {"A ", "D ", "R "}
    assert {one[1] for one in changes} == {" "}
    # A line for *.bin alone: the new file would be raw in Git.
    repo.write(f"{ROOT}/alone/pytorch_model.bin", checkpoint("A"))
    repo.git("add", f"{ROOT}/alone")
    repo.write(".gitattributes", lines)
    pasted = line(convert(repo, "alone"), "next")
    assert pasted.startswith("pmgit lfs-setup && git add -- ")
    done = repo.sh(pasted)
    assert done.code == 0, done
    assert repo.blob(f"{ROOT}/alone/model.safetensors").startswith(b"version https://git-lfs")
    repo.write(".gitignore", "*.bin\n*.safetensors\n")
    repo.write(f"{ROOT}/ignored/pytorch_model.bin", checkpoint("A"))
    assert "next: " not in convert(repo, "ignored").out


def killed_before_rename(repo: Repo, number: int) -> int:
    """How a process ends that runs `pmgit convert`, and is killed before so many renames."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        count, real = 0, os.replace

        def replace(source: str, target: str) -> None:
            nonlocal count
            if "pretrained_model" in os.fspath(target):
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)
            real(source, target)

        os.replace = replace  # type: ignore[assignment]
        os.chdir(repo.path)
        os.environ.clear()
        os.environ.update(repo.env)
        sys.argv = ["pmgit", "convert", "set", "--yes"]
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        main()
    finally:
        os._exit(99)


#: The renames before which a run is killed: of the second new file, of the first text that is
#: kept, of the new INFO.md, of the first old file and of the second. (All eleven take 10 s.)
STEPS = (2, 4, 7, 9, 10)


def test_a_run_that_is_killed_is_finished_by_the_next(repo: Repo) -> None:
    """Every content is somewhere then, and the next run ends as one that was not killed."""
    folder = shards(repo, "set")
    repo.write(f"{ROOT}/set/config.json", "{}")
    assert repo.pmgit("add", f"{ROOT}/set").code == 0
    before = state(folder)
    wanted = ["INFO.md", "config.json", *NEW_SET, "pmgit.lock"]
    for number in STEPS:
        assert killed_before_rename(repo, number) == -signal.SIGKILL
        everywhere = {*state(folder).values(), *state(repo.path / ".git/pmgit").values()}
        assert {*before.values()} <= everywhere, number
        convert(repo, "set")
        assert sorted(state(folder)) == wanted, number
        kept = max((repo.path / KEPT / "set").iterdir(), key=lambda one: int(one.name))
        assert {name: before[name] for name in state(kept)} == state(kept), number
        assert {ONE, TWO, "pmgit.lock", "INFO.md"} <= {*state(kept)}, number
        if number != STEPS[-1]:
            for name in NEW_SET:
                (folder / name).unlink()
            for name, data in before.items():
                (folder / name).write_bytes(data)
            for one in folder.glob("*.tmp"):
                one.unlink()
    assert repo.pmgit("verify").code == 0


def test_a_folder_that_cannot_be_written_to_stays_as_it_is(repo: Repo) -> None:
    folder = shards(repo, "set")
    before = state(folder)
    folder.chmod(0o555)
    shown = repo.run(as_anybody(str(BIN / "pmgit"), "convert", "set", "--yes"))
    folder.chmod(0o755)
    assert shown.code == 3, shown
    assert "could not be written: Permission denied" in shown.err
    assert state(folder) == before
    assert not list((repo.path / ".git/pmgit/incoming").glob("*"))


def test_what_is_missing_is_said(repo: Repo, tmp_path: Path) -> None:
    repo.write(f"{ROOT}/mine/a.pt", checkpoint("A"))
    repo.env["PMGIT_CONVERT_PYTHON"] = ""
    import venv

    venv.create(tmp_path / "bare", with_pip=False)
    bare = str(tmp_path / "bare")
    shown = convert(repo, "mine", "--python", bare, code=3)
    assert f"torch is not installed: {bare}/bin/python" in shown.err
    assert "hint: install pmgit[convert], or torch and safetensors there" in shown.err
    for args, says in {
        ("mine", "--python", "nowhere/python"): "is no program",
        ("mine", "--memory", "lots"): "no size",
        ("nothing", "--python", bare): "is no model folder",
    }.items():
        assert says in convert(repo, *args, code=2).err
    assert repo.pmgit("convert").code == 2
    assert [*state(repo.path / ROOT)] == ["mine/a.pt"]
