"""`pmgit verify`: every way in which a file can be wrong is named, and nothing else is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.kit import Repo, pointer, weights_bytes
from tests.made_once import made_once

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"


@pytest.fixture
def locked(repo: Repo) -> Repo:
    """A repository with one model that is locked: weights, a text, a file in a folder."""
    return made_once(repo, _lock)


def _lock(repo: Repo) -> None:
    repo.write(WEIGHTS, 300_000)
    repo.write(f"{MODEL}/config.json", '{\n  "a": 1\n}\n')
    repo.write(f"{MODEL}/onnx/model.onnx", 200_000)
    shown = repo.pmgit("add", MODEL)
    assert shown.code == 0, shown


def states(repo: Repo, *args: str) -> dict[str, str]:
    """The files of all models that are not right, with what they are."""
    shown = repo.pmgit("verify", "--format", "json", *args)
    document = json.loads(shown.out)
    assert shown.code == (0 if document["right"] else 1), shown
    return {
        file["path"]: file["state"]
        for model in document["models"]
        for file in model["files"]
        if file["state"] != "right"
    }


def test_what_was_locked_is_right(locked: Repo) -> None:
    shown = locked.pmgit("verify")
    assert shown.code == 0, shown
    assert f"{MODEL}: right: 3 files, 500.0 kB" in shown.out
    assert states(locked) == {}
    assert states(locked, "bert") == {}


def flip(repo: Repo) -> None:
    file = repo.path / WEIGHTS
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_one_flipped_bit_is_found(locked: Repo) -> None:
    flip(locked)
    assert states(locked) == {"model.safetensors": "changed"}
    shown = locked.pmgit("verify")
    assert f"{WEIGHTS}: changed: its sha256 is not the one that pmgit.lock has" in shown.out


def test_a_flipped_bit_is_found_although_the_file_was_hashed_before(locked: Repo) -> None:
    """Its size is the same, and even its time: the change of the inode gives it away."""
    file = locked.path / WEIGHTS
    os.utime(file, (1_600_000_000, 1_600_000_000))
    assert states(locked) == {}
    flip(locked)
    os.utime(file, (1_600_000_000, 1_600_000_000))
    assert states(locked) == {"model.safetensors": "changed"}


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ("short", "changed"), ("long", "changed"), ("gone", "missing"), ("pointer", "pointer"),
        ("other pointer", "changed"), ("link", "changed"), ("folder", "missing"),
        ("empty", "changed"),
    ],
)  # fmt: skip
def test_what_lies_in_the_place_of_weights_is_named(locked: Repo, what: str, state: str) -> None:
    file = locked.path / WEIGHTS
    data = file.read_bytes()
    file.unlink()
    if what == "link":
        elsewhere = locked.write("elsewhere.safetensors", data)
        file.symlink_to(elsewhere)
    elif what == "folder":
        file.mkdir()
    elif what != "gone":
        content = {
            "short": data[:-1], "long": data + b"x", "pointer": pointer(data),
            "other pointer": pointer(b"other"), "empty": b"",
        }[what]  # fmt: skip
        file.write_bytes(content)
    assert states(locked) == {"model.safetensors": state}


def test_a_pointer_comes_with_the_command_that_brings_its_content(locked: Repo) -> None:
    file = locked.path / WEIGHTS
    file.write_bytes(pointer(file.read_bytes()))
    shown = locked.pmgit("verify")
    assert f"fix: pmgit pull {MODEL}" in shown.out


def test_weights_that_nothing_lists_are_named_and_texts_are_not(locked: Repo) -> None:
    locked.write(f"{MODEL}/extra.pt", 5000)
    locked.write(f"{MODEL}/notes.txt", "nothing that a model needs\n")
    assert states(locked) == {"extra.pt": "unlisted"}


def test_line_ends_of_windows_are_no_difference_and_other_words_are(locked: Repo) -> None:
    file = locked.path / MODEL / "config.json"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert states(locked) == {}
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    assert states(locked) == {"config.json": "changed"}


def test_pointers_of_git_say_what_is_right_where_there_is_no_lock(lfs_repo: Repo) -> None:
    data = weights_bytes(3000)
    lfs_repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    lfs_repo.stage_blob(WEIGHTS, pointer(data))
    assert states(lfs_repo) == {"model.safetensors": "missing"}
    lfs_repo.write(WEIGHTS, data)
    assert states(lfs_repo) == {}
    lfs_repo.write(WEIGHTS, data[:-1] + b"?")
    assert states(lfs_repo) == {"model.safetensors": "changed"}


def test_a_model_without_a_lock_is_not_called_right(repo: Repo) -> None:
    repo.write(WEIGHTS, 3000)
    shown = repo.pmgit("verify")
    assert shown.code == 1
    assert f"{MODEL}: no pmgit.lock: there is nothing to compare with" in shown.out
    assert f"fix: pmgit add {MODEL}" in shown.out
    repo.paste(f"pmgit add {MODEL}")
    assert states(repo) == {}


def test_texts_that_nothing_locks_are_not_called_right(locked: Repo) -> None:
    """A run that was killed may have put the small files of a model there, and no weights yet."""
    locked.write("pretrained_model/half/config.json", "{}\n")
    shown = locked.pmgit("verify")
    assert "pretrained_model/half: no pmgit.lock: nothing is compared" in shown.out
    assert "1 model right" in shown.out
    assert "nothing to compare" in locked.pmgit("verify", "half").out


def test_a_lock_that_cannot_be_read_is_named(locked: Repo) -> None:
    lock = locked.path / MODEL / "pmgit.lock"
    lock.write_bytes(lock.read_bytes().replace(b'path = "config', b'path = "../config'))
    shown = locked.pmgit("verify")
    assert shown.code == 1, shown
    assert "is not one below the model's folder" in shown.out


def test_every_file_is_in_exactly_one_part_of_the_work(locked: Repo) -> None:
    for name in "abcde":
        locked.write(f"pretrained_model/{name}/model.pt", 1000 * ord(name))
        assert locked.pmgit("add", f"pretrained_model/{name}").code == 0
    seen: list[tuple[str, str]] = []
    for part in ("1/3", "2/3", "3/3"):
        document = json.loads(locked.pmgit("verify", "--shard", part, "--format", "json").out)
        seen += [(m["model"], f["path"]) for m in document["models"] for f in m["files"]]
    whole = json.loads(locked.pmgit("verify", "--format", "json").out)
    every = [(m["model"], f["path"]) for m in whole["models"] for f in m["files"]]
    assert sorted(seen) == sorted(every)
    assert len(every) == 8


def test_a_model_that_has_nothing_in_a_part_is_not_called_right(locked: Repo) -> None:
    locked.write("pretrained_model/other/model.pt", 1000)
    assert locked.pmgit("add", "pretrained_model/other").code == 0
    shown = [locked.pmgit("verify", "--shard", f"{number}/9") for number in range(1, 10)]
    assert [one.code for one in shown] == [0] * 9
    lines = [line for one in shown for line in one.out.splitlines()]
    assert not [line for line in lines if "right: 0 files" in line]
    assert sum(line.startswith("1 model right (part ") for line in lines) == 4
    assert sum(line.startswith("nothing to compare (part ") for line in lines) == 5
    (locked.path / WEIGHTS).unlink()
    codes = [locked.pmgit("verify", "--shard", f"{number}/9").code for number in range(1, 10)]
    assert sorted(codes) == [0] * 8 + [1]


@pytest.mark.parametrize("text", ["0/2", "3/2", "x", "1/", "1/0", "-1/2", "1" * 20 + "/2"])
def test_a_part_that_does_not_exist_is_wrong_usage(repo: Repo, text: str) -> None:
    shown = repo.pmgit("verify", "--shard", text)
    assert shown.code == 2
    assert "hint:" in shown.err


def test_links_in_the_places_of_weights_are_nothing_to_lock(repo: Repo, tmp_path: Path) -> None:
    """As older clients of the Hub have made them: what is printed leads to files that can be."""
    real = tmp_path / "blob"
    real.write_bytes(weights_bytes(3000))
    (repo.path / MODEL).mkdir(parents=True)
    (repo.path / WEIGHTS).symlink_to(real)
    shown = repo.pmgit("verify")
    assert (shown.code, shown.fixes) == (1, [f"pmgit status {MODEL}"])
    assert f"see: pmgit status {MODEL}" in repo.pmgit("pull").out
    assert "pmgit explain linked-model" in repo.pmgit("status").out
    failed = repo.pmgit("add", MODEL)
    assert (failed.code, "has nothing but links" in failed.err) == (3, True), failed
    text = repo.pmgit("explain", "linked-model").out
    line = text.split("as those that older clients of the Hub have\nmade: ")[1].split(". That")[0]
    assert repo.sh(line.replace("FOLDER", MODEL)).code == 0
    assert repo.pmgit("add", MODEL).code == 0
    assert repo.pmgit("verify").code == 0
    assert real.exists()


def test_a_name_that_is_no_model_is_wrong_usage(locked: Repo) -> None:
    shown = locked.pmgit("verify", "bret")
    assert shown.code == 2
    assert "did you mean 'bert'?" in shown.err


# --- what was hashed before


def test_a_memory_that_others_may_have_written_is_not_believed(locked: Repo) -> None:
    os.utime(locked.path / WEIGHTS, (1_600_000_000, 1_600_000_000))
    time.sleep(2.1)  # what was changed just now is not kept: it may change within the same tick
    assert states(locked) == {}
    [file] = (locked.path / ".git" / "pmgit").glob("hashes-*.json")
    assert file.stat().st_mode & 0o777 == 0o600
    document = json.loads(file.read_text())
    assert WEIGHTS in document
    # Whoever can write it could make a damaged file look right.
    file.write_text(json.dumps({**document, WEIGHTS: [*document[WEIGHTS][:-1], "0" * 64]}))
    assert states(locked) == {"model.safetensors": "changed"}
    assert states(locked, "--force") == {}
    file.chmod(0o666)
    assert states(locked) == {}


@pytest.mark.parametrize("text", ["", "[]", "{", json.dumps({WEIGHTS: 7}), "[" * 100_000])
def test_a_damaged_memory_is_none(locked: Repo, text: str) -> None:
    folder = locked.path / ".git" / "pmgit"
    folder.mkdir(exist_ok=True)
    name = f"hashes-{os.getuid() if hasattr(os, 'getuid') else 0}.json"
    Path(folder, name).write_text(text)
    assert states(locked) == {}


def test_a_model_is_named_by_any_path_to_it(repo: Repo) -> None:
    """As the shell completes it, wherever the user stands."""
    repo.write("pretrained_model/bert/model.safetensors", weights_bytes(3000))
    repo.write("src/deep/a.py", "")
    assert repo.pmgit("add", "bert").code == 0
    whole = str(repo.path / "pretrained_model/bert")
    for name, cwd in (
        ("../../pretrained_model/bert", "src/deep"),
        ("../../pretrained_model/bert/", "src/deep"),
        ("../bert", "pretrained_model/bert"),
        (whole, "src"),
    ):
        shown = repo.pmgit("verify", name, cwd=cwd)
        assert (shown.code, "1 model right" in shown.out) == (0, True), (name, shown)
    for name in ("../..", "../a.py", "../../../bert", "../../pretrained_model/../src", "/etc"):
        shown = repo.pmgit("verify", name, cwd="src/deep")
        assert (shown.code, shown.out) == (2, ""), (name, shown)
