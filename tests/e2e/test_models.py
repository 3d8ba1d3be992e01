"""`pmgit add` and `pmgit pull` with a real client against a local Hub: right, or nothing wrong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors import deserialize

from pmgit.model import info_file, lock_file
from tests.file_server import Asked, Fault, Handler
from tests.hub_server import HubServer
from tests.kit import BIN, Repo, isolated_environment, pointer, weights_bytes, weights_for
from tests.made_once import put_copy
from tests.weights import Weights

NAME = "bert-base-uncased"
ID = f"google-bert/{NAME}"
MODEL = f"pretrained_model/{NAME}"
CARD = b"---\nlicense: apache-2.0\ndatasets:\n- wikipedia\npipeline_tag: fill-mask\n---\n# BERT\n"


@pytest.fixture
def hub(repo: Repo) -> Iterator[HubServer]:
    """A Hub that the repository's commands use."""
    with HubServer() as server:
        repo.env |= server.environment(str(repo.path.parent / "hf"))
        yield server


@pytest.fixture(scope="session")
def files(weights: Weights) -> dict[str, bytes]:
    """What a repository of the Hub has: one model in three formats, and its text."""
    return {
        "README.md": CARD,
        "config.json": b'{"model_type": "bert"}\n',
        "model.safetensors": weights.safetensors,
        "pytorch_model.bin": weights_for("x.pt", 1_300_000),
        "tf_model.h5": weights_for("tf_model.h5", 1_400_000),
        "vocab.txt": b"a\nb\n",
        ".gitattributes": b"*.bin filter=lfs\n",
    }


def lock_of(repo: Repo, model: str = MODEL) -> lock_file.Lock:
    return lock_file.parse((repo.path / model / "pmgit.lock").read_bytes(), "pmgit.lock")


def test_a_model_is_one_command_away(repo: Repo, hub: HubServer, files: dict[str, bytes]) -> None:
    commit = hub.add(ID, files, card={"license": "apache-2.0"})
    shown = repo.pmgit("add", ID, "--yes")
    assert shown.code == 0, shown
    for line in (f"{MODEL}: 4 files, 1.2 MB", "license: apache-2.0", "left out: pytorch_model.bin"):
        assert line in shown.out
    folder = repo.path / MODEL
    for name in ("README.md", "config.json", "model.safetensors", "vocab.txt"):
        assert (folder / name).read_bytes() == files[name]
    assert {path.name for path in folder.iterdir()} == {
        "INFO.md", "README.md", "config.json", "model.safetensors", "pmgit.lock", "vocab.txt",
    }  # fmt: skip
    lock = lock_of(repo)
    assert lock.source == {
        "type": "huggingface", "repo_id": ID, "requested": "main", "revision": commit,
    }  # fmt: skip
    assert (lock.license, lock.parameters) == ("apache-2.0", {"F32": 309_633})
    assert "127.0.0.1" not in (folder / "pmgit.lock").read_text()
    info = info_file.parse((folder / "INFO.md").read_bytes())
    assert (info.repo_id, info.commit) == (ID, commit)
    assert not list((repo.path / ".git/pmgit/incoming").iterdir())
    assert repo.pmgit("verify").code == 0
    [line] = [line for line in shown.out.splitlines() if line.startswith("next: ")]
    repo.paste(line.removeprefix("next: "))
    texts = ("INFO.md", "README.md", "config.json", "pmgit.lock", "vocab.txt")
    assert repo.staged() == [f"{MODEL}/{name}" for name in texts]  # raw weights are left out


def clone(repo: Repo, hub: HubServer, files: dict[str, bytes]) -> Repo:
    """A clone by somebody else of a repository that has a model from the Hub."""
    hub.add(ID, files)
    assert repo.pmgit("gitignore").code == 0
    assert repo.pmgit("add", ID, "--yes").code == 0
    repo.git("add", ".")
    repo.commit("BERT")
    other = repo.path.parent / "clone"
    repo.git("clone", "-q", str(repo.path), str(other))
    found = Repo(other, {**repo.env, "HF_HOME": str(repo.path.parent / "other-hf")}, init=None)
    assert not (other / MODEL / "model.safetensors").exists()
    return found


@pytest.fixture(scope="session")
def cloned(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> Path:
    """What `other` is a copy of."""
    folder = tmp_path_factory.mktemp("cloned")
    with HubServer() as server:
        env = isolated_environment(folder / "home") | server.environment(str(folder / "hf"))
        return clone(Repo(folder / "repo", env), server, files).path


@pytest.fixture
def other(repo: Repo, hub: HubServer, files: dict[str, bytes], cloned: Path) -> Repo:
    """That clone, and the Hub has what its lock names."""
    hub.add(ID, files)
    return put_copy(repo, cloned)


def test_a_clone_gets_back_exactly_these_bytes(
    other: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    # The branch has moved on since: it is the commit that counts.
    hub.add(ID, {**files, "model.safetensors": weights_bytes(5000)})
    assert other.pmgit("verify").code == 1
    shown = other.pmgit("pull")
    assert shown.code == 0, shown
    assert "from huggingface" in shown.out
    assert (other.path / MODEL / "model.safetensors").read_bytes() == files["model.safetensors"]
    assert len(loaded(other.path / MODEL / "model.safetensors")) == 15
    assert other.pmgit("verify").code == 0
    asked = len(hub.log + hub.cdn.log)
    assert (other.pmgit("pull").code, len(hub.log + hub.cdn.log)) == (0, asked)


def test_what_lies_on_this_machine_is_not_fetched(other: Repo, files: dict[str, bytes]) -> None:
    data = files["model.safetensors"]
    oid = hashlib.sha256(data).hexdigest()
    commit = str(lock_of(other).source["revision"])
    cache = Path(other.env["HF_HOME"]) / "hub" / f"models--{ID.replace('/', '--')}"
    texts = ("README.md", "config.json", "vocab.txt")
    weights = other.path / MODEL / "model.safetensors"
    other.env["HF_HUB_OFFLINE"] = "1"
    for where, place in {
        "hub cache": cache / "snapshots" / commit / "model.safetensors",
        "blob of the hub cache": cache / "blobs" / oid,
        "git lfs": other.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid,
        "model": other.path / "pretrained_model/same/copy.safetensors",
    }.items():
        place.parent.mkdir(parents=True)
        place.write_bytes(data)
        if where == "model":
            assert other.pmgit("add", "pretrained_model/same").code == 0
        for name in texts:
            (other.path / MODEL / name).write_bytes(files[name])
        shown = other.pmgit("pull", NAME)
        assert shown.code == 0, (where, shown)
        assert "1 from this machine" in shown.out, where
        assert weights.read_bytes() == data, where
        assert place.read_bytes() == data, where
        # What is not here is no reason to leave the rest where it is: caches seldom have the card.
        weights.unlink()
        (other.path / MODEL / "README.md").unlink()
        shown = other.pmgit("pull", NAME)
        assert (shown.code, "HF_HUB_OFFLINE is set" in shown.err) == (3, True), (where, shown)
        assert weights.read_bytes() == data, where
        (other.path / MODEL / "README.md").write_bytes(files["README.md"])
        # A damaged copy of the same size is not taken.
        weights.unlink()
        place.write_bytes(data[:-1] + b"?")
        shown = other.pmgit("pull", NAME)
        assert (shown.code, "HF_HUB_OFFLINE is set" in shown.err) == (3, True), (where, shown)
        assert not weights.exists(), where
        place.unlink()


FAULTS = [
    Fault("status", 500), Fault("status", 503), Fault("status", 429, {"Retry-After": "0"}),
    Fault("truncate", 400_000), Fault("reset", 700_000), Fault("short", 1000),
    Fault("corrupt", 600_000), Fault("ignore_range"), Fault("wrong_range"),
]  # fmt: skip


def test_after_a_fault_the_bytes_are_right(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    hub.add(ID, files)
    oid = hashlib.sha256(files["model.safetensors"]).hexdigest()
    for fault in FAULTS:
        hub.cdn.faults[oid] = [fault]
        shown = repo.pmgit("add", ID, "--yes")
        assert shown.code == 0, (fault, shown)
        assert not hub.cdn.faults[oid], f"{fault} was not met"
        found = (repo.path / MODEL / "model.safetensors").read_bytes()
        assert found == files["model.safetensors"], fault
        for kept in ("pretrained_model", ".git/pmgit"):
            shutil.rmtree(repo.path / kept)


def test_bytes_that_are_always_wrong_are_never_under_the_final_name(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    hub.add(ID, files)
    oid = hashlib.sha256(files["model.safetensors"]).hexdigest()
    hub.cdn.always[oid] = Fault("corrupt", 600_000)
    shown = repo.pmgit("add", ID, "--yes")
    assert shown.code == 3, shown
    assert "is not what it should be" in shown.err
    assert not (repo.path / MODEL / "model.safetensors").exists()
    assert not (repo.path / MODEL / "pmgit.lock").exists()
    del hub.cdn.always[oid]
    assert repo.pmgit("add", ID, "--yes").code == 0
    assert repo.pmgit("verify").code == 0


def test_two_at_once_wait_for_each_other(
    other: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    oid = hashlib.sha256(files["model.safetensors"]).hexdigest()
    hub.cdn.always[oid] = Fault("slow", seconds=0.02)
    before = len(hub.cdn.starts(f"/objects/{oid}"))
    both = [
        subprocess.Popen([str(BIN / "pmgit"), "pull"], cwd=other.path, env=other.env,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]  # fmt: skip
    texts = [one.communicate(timeout=60)[0].decode() for one in both]
    assert [one.returncode for one in both] == [0, 0], texts
    assert len(hub.cdn.starts(f"/objects/{oid}")) == before + 1
    assert "waiting for another pmgit" in "".join(texts)


def test_files_come_side_by_side_and_the_same_bytes_only_once(
    repo: Repo, hub: HubServer, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, other_data = files["model.safetensors"], weights_bytes(1_100_000)
    both = {"model.safetensors": data, "same.safetensors": data, "other.safetensors": other_data}
    other = clone(repo, hub, {**files, **both})
    until_both_are_asked_for = threading.Barrier(2, timeout=30)
    answer = hub.cdn.answer

    def wait(handler: Handler, asked: Asked) -> None:
        until_both_are_asked_for.wait()
        answer(handler, asked)

    monkeypatch.setattr(hub.cdn, "answer", wait)
    before = len(hub.cdn.log)
    shown = other.pmgit("pull", "--jobs", "2")
    assert shown.code == 0, shown
    assert "1 from this machine, 5 from huggingface" in shown.out
    assert len(hub.cdn.log) == before + 2
    assert other.pmgit("verify").code == 0


def test_a_file_that_differs_stays_until_somebody_says_so(
    other: Repo, files: dict[str, bytes]
) -> None:
    mine = other.write(f"{MODEL}/model.safetensors", b"my own fine-tune" * 1000)
    shown = other.pmgit("pull")
    assert shown.code == 1, shown
    assert "differs, and stays" in shown.out
    assert mine.read_bytes() == b"my own fine-tune" * 1000
    [line] = [one for one in shown.out.splitlines() if one.startswith("to replace what")]
    assert other.sh(line.partition(": ")[2]).code == 0
    assert mine.read_bytes() == files["model.safetensors"]


@pytest.mark.parametrize("size", [3000, 10_100_000])
def test_what_an_earlier_lock_had_makes_way(
    repo: Repo, hub: HubServer, files: dict[str, bytes], size: int
) -> None:
    """Somebody else has moved the model on; here lies what the lock before named."""
    other = clone(repo, hub, {**files, "model.safetensors": weights_bytes(size)})
    assert other.pmgit("pull").code == 0
    newer = weights_bytes(size + 8)
    hub.add(ID, {**files, "model.safetensors": newer})
    assert repo.pmgit("update", NAME, "--yes").code == 0
    repo.git("add", "-u")
    repo.commit("BERT moves on")
    other.git("pull", "-q")
    weights, vocabulary = other.path / MODEL / "model.safetensors", other.path / MODEL / "vocab.txt"
    vocabulary.write_bytes(b"my own words\n")
    shown = other.pmgit("pull")
    assert (shown.code, weights.read_bytes() == newer) == (1, True), shown
    assert f"{MODEL}: 1 file as pmgit.lock had them before" in shown.out
    assert f"{MODEL}/vocab.txt: differs, and stays" in shown.out
    assert vocabulary.read_bytes() == b"my own words\n"


def test_what_only_a_lock_without_a_source_had_stays(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    mine = repo.write(f"{MODEL}/model.safetensors", weights_bytes(5000)).read_bytes()
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", f"{MODEL}/pmgit.lock")
    repo.commit("ours")
    (repo.path / MODEL / "pmgit.lock").unlink()
    shutil.rmtree(repo.path / MODEL)
    hub.add(ID, files)
    assert repo.pmgit("add", ID, "--yes").code == 0
    (repo.path / MODEL / "model.safetensors").write_bytes(mine)
    shown = repo.pmgit("pull", MODEL)
    assert (shown.code, "differs, and stays" in shown.out) == (1, True), shown
    assert (repo.path / MODEL / "model.safetensors").read_bytes() == mine


@pytest.mark.parametrize("kind", ["link to a folder", "link to a file", "file"])
def test_nothing_is_written_through_a_link(
    repo: Repo, hub: HubServer, files: dict[str, bytes], kind: str
) -> None:
    hub.add(ID, {**files, "onnx/model.onnx": weights_for("x.onnx", 2000)})
    outside = repo.path.parent / "outside"
    outside.mkdir()
    (outside / "target").write_text("mine")
    folder = repo.path / MODEL
    folder.mkdir(parents=True)
    if kind == "link to a folder":
        (folder / "onnx").symlink_to(outside)
    elif kind == "link to a file":
        (folder / "config.json").symlink_to(outside / "target")
    else:
        (folder / "onnx").write_text("mine")
    shown = repo.pmgit("add", ID, "--yes")
    assert shown.code == 3, shown
    assert sorted(path.name for path in outside.iterdir()) == ["target"]
    assert (outside / "target").read_text() == "mine"
    assert not (folder / "pmgit.lock").exists()
    assert ("is a file" if kind == "file" else "is a link") in shown.err


def test_nothing_is_brought_into_a_clone(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    """Git would record nothing of it, and `git add` would make a submodule of the folder."""
    hub.add(ID, files)
    repo.git("init", "-q", MODEL)
    shown = repo.pmgit("add", ID, "--yes")
    assert (shown.code, f"{MODEL} is a repository of its own" in shown.err) == (2, True), shown
    assert [path.name for path in (repo.path / MODEL).iterdir()] == [".git"]


def test_nothing_is_added_behind_a_link(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    """A models folder on a shared drive: Git takes the link for a file."""
    hub.add(ID, files)
    drive = repo.path.parent / "drive"
    (drive / "mine").mkdir(parents=True)
    (drive / "mine/model.safetensors").write_bytes(files["model.safetensors"])
    (repo.path / "pretrained_model").symlink_to(drive)
    for source in (ID, "pretrained_model/mine", "mine"):
        shown = repo.pmgit("add", source, "--yes")
        assert shown.code == 2, shown
        assert "pretrained_model" in shown.err.splitlines()[0]
        assert "pmgit explain linked-model" in shown.err
    assert [path.name for path in drive.rglob("*")] == ["mine", "model.safetensors"]


def test_a_hostile_lock_writes_nothing_outside(other: Repo) -> None:
    lock = other.path / MODEL / "pmgit.lock"
    lock.write_bytes(lock.read_bytes().replace(b'"config.json"', b'"../../.git/hooks/pre-commit"'))
    shown = other.pmgit("pull")
    assert shown.code == 3, shown
    assert not (other.path / ".git/hooks/pre-commit").exists()
    assert not (other.path / MODEL / "model.safetensors").exists()


def test_what_is_not_there_or_not_allowed_is_said_plainly(repo: Repo, hub: HubServer) -> None:
    hub.add("org/gated", {"model.safetensors": weights_bytes(2000)}, gated="manual")
    missing = repo.pmgit("add", "org/nothing", "--yes")
    assert (missing.code, "has no model org/nothing, or it is private" in missing.err) == (3, True)
    gated = repo.pmgit("add", "org/gated", "--yes")
    assert gated.code == 3
    assert "https://huggingface.co/org/gated" in gated.err
    revision = repo.pmgit("add", "org/gated", "--revision", "v9", "--yes")
    assert (revision.code, "no branch, tag or commit 'v9'" in revision.err) == (3, True)
    wrong = repo.pmgit("add", "ftp://x/y", "--yes")
    assert wrong.code == 2
    assert not (repo.path / "pretrained_model").exists()


def test_a_wrong_token_is_neither_shown_nor_kept_nor_sent_elsewhere(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    token = "hf_wrongwrongwrongwrong"
    hub.add(ID, files)
    repo.env["HF_TOKEN"] = token
    shown = repo.pmgit("add", ID, "--yes")
    assert shown.code == 3
    assert token not in shown.out + shown.err
    hub.tokens[token] = set()
    assert repo.pmgit("add", ID, "--yes").code == 0
    assert any("authorization" in one.headers for one in hub.log)
    assert not any("authorization" in one.headers for one in hub.cdn.log)
    for file in repo.path.rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes()


def test_without_an_answer_nothing_is_brought_and_patterns_choose_files(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    hub.add(ID, files)
    shown = repo.pmgit("add", ID)
    assert (shown.code, "--yes" in shown.err) == (2, True), shown
    assert repo.pmgit("add", ID, "--dry-run").code == 0
    assert not (repo.path / MODEL).exists()
    shown = repo.pmgit("add", ID, "--include", "*.bin", "--include", "*.json", "--yes")
    assert shown.code == 0, shown
    lock = lock_of(repo)
    assert [file.path for file in lock.files] == ["config.json", "pytorch_model.bin"]
    assert lock.source["include"] == ["*.bin", "*.json"]


@pytest.mark.parametrize(
    ("page", "taken"),
    [
        ("tree/main/onnx", ["onnx/a[1].json", "onnx/model.bin"]),
        ("blob/main/onnx/a%5B1%5D.json", ["onnx/a[1].json"]),
        ("resolve/main/pytorch_model.bin?download=true", ["pytorch_model.bin"]),
    ],
)
def test_the_page_of_a_file_or_folder_is_about_no_others(
    repo: Repo, hub: HubServer, files: dict[str, bytes], page: str, taken: list[str]
) -> None:
    files = files | {
        "onnx/a[1].json": b"{}",
        "onnx/a1.json": b"[]",
        "onnx/model.bin": weights_for("m.bin", 2_000),
    }
    files.pop("onnx/a1.json" if "tree" in page else "tf_model.h5")
    hub.add(ID, files)
    shown = repo.pmgit("add", f"{hub.url}/{ID}/{page}", "--yes")
    assert shown.code == 0, shown
    assert [file.path for file in lock_of(repo).files] == taken
    # That is locked, too: the other files are not new.
    assert repo.pmgit("outdated").code == 0
    shown = repo.pmgit("update", "--yes")
    assert (shown.code, "nothing to change" in shown.out) == (0, True), shown


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["model.safetensors", "onnx/model.onnx"], ["model.safetensors"]),
        (["pytorch_model.bin", "tf_model.h5", "config.json"], ["config.json", "pytorch_model.bin"]),
        (["m-Q4_0.gguf", "m-Q8_0.gguf", "README.md"], ["m-Q4_0.gguf"]),
    ],
)
def test_one_model_in_several_formats_is_said_with_the_option_that_takes_one(
    repo: Repo, hub: HubServer, names: list[str], taken: list[str]
) -> None:
    hub.add("org/m", {
        name: b"{}" if name.endswith(".json") else b"# x\n" if name.endswith(".md")
        else weights_for("x.pt" if name.endswith(".bin") else name, 9000 + at)
        for at, name in enumerate(names)
    })  # fmt: skip
    looked = repo.pmgit("add", "org/m", "--dry-run").out
    [note] = [line for line in looked.splitlines() if "may be the same model" in line]
    option = note.rpartition(": ")[2]
    shown = repo.sh(f"pmgit add org/m --yes {option}")
    assert (shown.code, "may be the same model" in shown.out) == (0, False), shown
    assert [file.path for file in lock_of(repo, "pretrained_model/m").files] == taken


def test_a_license_that_lies_beside_the_model_gets_its_address(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    card = {"license": "other", "license_name": "acme-1", "license_link": "LICENSE"}
    front = "".join(f"{key}: {value}\n" for key, value in card.items())
    hub.add("org/m", {**files, "README.md": f"---\n{front}---\n".encode()}, card=card)
    assert repo.pmgit("add", "org/m", "--yes").code == 0
    info = (repo.path / "pretrained_model/m/INFO.md").read_text()
    assert "**License**: acme-1 (https://huggingface.co/org/m/blob/main/LICENSE)\n" in info
    assert "license" not in repo.pmgit("info", "check").out


def test_a_name_of_the_catalog_is_a_source_and_one_that_was_mistyped_is_named_rightly(
    repo: Repo, hub: HubServer, files: dict[str, bytes]
) -> None:
    hub.add(ID, files)
    assert NAME in repo.pmgit("catalog").out
    assert "did you mean bert-base-uncased?" in repo.pmgit("add", "bert-base-uncasd", "--yes").err
    assert "did you mean bert-base-uncased, bert" in repo.pmgit("add", "BERT", "--yes").err
    unknown = repo.pmgit("add", NAME, "--revision", "nope", "--yes")
    assert "has no branch, tag or commit 'nope'" in unknown.err
    assert "did you mean" not in unknown.err
    # What was meant to be a folder is no question to the Hub.
    asked = len(hub.log)
    shown = repo.pmgit("add", "pretrained_model/nope", "--yes")
    assert (shown.code, "there is no file or folder" in shown.err) == (2, True), shown
    assert len(hub.log) == asked
    assert repo.pmgit("add", NAME, "--yes").code == 0
    assert lock_of(repo).source["repo_id"] == ID


def test_the_same_with_git_lfs(lfs_repo: Repo, files: dict[str, bytes]) -> None:
    repo = lfs_repo
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        hub.add(ID, files)
        repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
        assert f"next: git add -- {MODEL}\n" in repo.pmgit("add", ID, "--yes").out
        repo.git("add", "--", MODEL)
        assert f"{MODEL}/model.safetensors" in repo.staged()
        repo.commit("BERT")
    remote = Repo(repo.path.parent / "remote.git", repo.env, init=("--bare",))
    repo.git("remote", "add", "origin", str(remote.path))
    repo.git("push", "-q", "-u", "origin", "main")
    other = repo.path.parent / "clone"
    env = {**repo.env, "GIT_LFS_SKIP_SMUDGE": "1", "HF_HUB_OFFLINE": "1"}
    repo.git("clone", "-q", str(remote.path), str(other), env=env)
    clone = Repo(other, {**repo.env, "HF_HUB_OFFLINE": "1"}, init=None)
    assert (other / MODEL / "model.safetensors").stat().st_size < 200
    # No filter is configured here: `git lfs pull` alone would leave the pointer, and exit with 0.
    assert not clone.git("config", "--get", "filter.lfs.smudge", code=1)
    for command in (("verify",), ("status",)):
        assert f"fix: pmgit pull {MODEL}\n" in clone.pmgit(*command).out
    shown = clone.sh(f"pmgit pull {MODEL}")
    assert shown.code == 0, shown
    assert (other / MODEL / "model.safetensors").read_bytes() == files["model.safetensors"]
    assert clone.pmgit("verify").code == 0


def test_what_git_lfs_has_not_comes_from_the_source(
    lfs_repo: Repo, files: dict[str, bytes]
) -> None:
    repo = lfs_repo
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        hub.add(ID, files)
        repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
        assert repo.pmgit("add", ID, "--yes").code == 0
        repo.git("add", "--", MODEL)
        repo.commit("BERT")
        weights = repo.path / MODEL / "model.safetensors"
        # Other weights are staged: what is locked counts, not the new pointer.
        weights.write_bytes(weights_bytes(5000))
        repo.git("add", "--", MODEL)
        shown = repo.pmgit("pull", "--replace")
        assert (shown.code, weights.read_bytes()) == (0, files["model.safetensors"]), shown
        repo.git("add", "--", MODEL)
        assert repo.pmgit("verify").code == 0
        # A push that was never made has left pointers without objects.
        shutil.rmtree(repo.path / ".git/lfs")
        weights.write_bytes(pointer(files["model.safetensors"]))
        for folder in ("objects", "hub"):
            shutil.rmtree(repo.path.parent / "hf" / folder, ignore_errors=True)
        shown = repo.pmgit("pull")
        assert (shown.code, weights.read_bytes()) == (0, files["model.safetensors"]), shown
        assert "the source in pmgit.lock has the same files" in shown.err
        assert repo.pmgit("verify").code == 0


def trained(numbers: bytes) -> bytes:
    """A file of safetensors with one matrix of 64 times 64 numbers of 4 bytes."""
    tensor = {"dtype": "F32", "shape": [64, 64], "data_offsets": [0, len(numbers)]}
    header = json.dumps({"layer.weight": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + numbers


def loaded(file: Path) -> dict[str, bytes]:
    """The numbers of each tensor, as the library of safetensors reads the file."""
    found = deserialize(file.read_bytes())  # type: ignore[no-untyped-call]
    return {name: bytes(tensor["data"]) for name, tensor in found}


def test_a_model_that_was_trained_here_is_kept_by_git_lfs(repo: Repo) -> None:
    """Trained, committed by the commands that are printed, pushed; cloned, pulled, loaded."""
    numbers, better = bytes(range(256)) * 64, bytes(range(255, -1, -1)) * 64
    folder = "pretrained_model/mine"
    assert repo.pmgit("init", "--hooks", "none", "--yes").code == 0
    repo.env["PMGIT_LFS_SETUP_PROOF"] = "0"  # tests/init/test_lfs_proof.py
    repo.write(f"{folder}/model.safetensors", trained(numbers))
    assert repo.pmgit("add", folder).code == 0
    [keep] = [
        line.removeprefix("fix: ")
        for line in repo.pmgit("status").out.splitlines() if "lfs-setup" in line
    ]  # fmt: skip
    assert repo.sh(keep).code == 0
    repo.git("add", "-A")
    repo.commit("Our own model")
    remote = repo.add_remote()
    repo.git("push", "-q", "-u", "origin", "main")
    other = repo.path.parent / "clone"
    env = {**repo.env, "GIT_LFS_SKIP_SMUDGE": "1"}
    repo.git("clone", "-q", str(remote.path), str(other), env=env)
    cloned = Repo(other, repo.env, init=None)
    assert cloned.pmgit("verify").code == 1
    assert cloned.pmgit("pull").code == 0
    assert cloned.pmgit("verify").code == 0
    assert loaded(other / folder / "model.safetensors") == {"layer.weight": numbers}
    # After another epoch: what is locked moves on.
    repo.write(f"{folder}/model.safetensors", trained(better))
    assert repo.pmgit("verify").code == 1
    assert repo.pmgit("update", "mine").code == 0
    repo.git("add", "-A")
    repo.commit("Another epoch")
    repo.git("push", "-q")
    cloned.git("pull", "-q", env=env)
    assert cloned.pmgit("pull").code == 0
    assert cloned.pmgit("verify").code == 0
    assert loaded(other / folder / "model.safetensors") == {"layer.weight": better}


def test_weights_that_were_trained_on_are_no_download_any_more(repo: Repo, hub: HubServer) -> None:
    """What the client has noted beside config.json says nothing of weights that came later."""
    config = json.dumps({"_name_or_path": ID, "model_type": "bert"}).encode()
    commit = hub.add(ID, {"config.json": config, "model.safetensors": weights_bytes(3000)})
    command = ["hf", "download", ID, "--local-dir", MODEL, "--quiet"]
    subprocess.run([str(BIN / command[0]), *command[1:]], cwd=repo.path, env=repo.env, check=True)
    downloaded = repo.path.parent / "downloaded"
    shutil.copytree(repo.path / MODEL, downloaded)
    for trained in ("", "model.safetensors", "more.safetensors"):
        shutil.rmtree(repo.path / MODEL)
        shutil.copytree(downloaded, repo.path / MODEL)
        if trained:
            repo.write(f"{MODEL}/{trained}", weights_bytes(3000, 7))
            os.utime(repo.path / MODEL / trained, (4_000_000_000, 4_000_000_000))
        shown = repo.pmgit("add", MODEL)
        assert (shown.code, "this folder is the only copy" in shown.out) == (0, bool(trained)), (
            shown
        )
        source = lock_of(repo).source
        assert source.get("type") == ("local" if trained else "huggingface")
        assert source.get("revision", "") == ("" if trained else commit)
        assert (commit in (repo.path / MODEL / "INFO.md").read_text()) == (not trained)
