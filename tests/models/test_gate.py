"""What `add`, `update` and `pull` bring is judged before it gets its name, from wherever it comes.

The pickles here are put together byte by byte, and nobody loads them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pmgit.model import lock_file
from pmgit.model.lock_file import Lock, LockedFile
from tests.file_server import FileServer
from tests.formats.assemble import CALL, call, named, pickled, torch_zip
from tests.hub_server import HubServer
from tests.kit import Repo, pointer, random_bytes, weights_bytes
from tests.weights import Weights

NAME = "tuned"
ID = f"org/{NAME}"
MODEL = f"pretrained_model/{NAME}"
UNSAFE = torch_zip(pickled(CALL))
SOUND = torch_zip()
PAGE = b"<!DOCTYPE html>\n<html><body>Too many requests</body></html>\n"
#: What each of these is refused for, under the name of weights.
BAD = {
    "weights.bin": (UNSAFE, "unsafe: ", "os.system"),
    "page.bin": (PAGE, "broken: ", "a page of the web"),
    "cut.safetensors": (weights_bytes(5000)[:-1], "broken: ", ""),
    "pointer.safetensors": (pointer(b"somewhere else"), "pointer: ", "not here"),
    "packed.nemo": (b"7z\xbc\xaf\x27\x1c" + random_bytes(500), "unknown: ", "does not open"),
    "many.pkl": (b"\x80\x04N." * 1001, "unknown: ", "1,000 pickles in a row"),
}


@pytest.fixture
def hub(repo: Repo) -> Iterator[HubServer]:
    with HubServer() as server:
        repo.env |= server.environment(str(repo.path.parent / "hf"))
        yield server


def files_of(repo: Repo) -> dict[str, bytes]:
    """All that lies in the models folder."""
    top = repo.path / "pretrained_model"
    return {
        str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()
    }


def lock_in(repo: Repo, files: dict[str, bytes], source: dict[str, object]) -> None:
    """A lock that somebody has committed, whose files are not here."""
    locked = [LockedFile(n, len(d), hashlib.sha256(d).hexdigest()) for n, d in files.items()]
    repo.write(f"{MODEL}/pmgit.lock", lock_file.render(Lock(source, locked, created="2026-01-01")))


def test_nothing_of_a_model_with_a_bad_file_is_added(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, {name: content for name, (content, _, _) in BAD.items()} | {"config.json": b"{}"})
    shown = repo.pmgit("--quiet", "add", ID, "--yes")
    assert shown.code == 1, shown
    for name, (_, verdict, what) in BAD.items():
        line = next((one for one in shown.out.splitlines() if f"/{name}: " in one), shown.out)
        assert verdict in line, line
        assert what in line, line
    assert f"pmgit: {MODEL}: 6 of 7 files refused; nothing was added" in shown.err
    assert "hint: do not load it" in shown.err
    assert files_of(repo) == {}
    # A second run fetches nothing of it again, and says the same.
    sent = [sum(asked.sent[0] for asked in server.log) for server in (hub.cdn,)]
    again = repo.pmgit("--quiet", "add", ID, "--yes")
    assert (again.code, again.out) == (1, shown.out)
    assert [sum(asked.sent[0] for asked in server.log) for server in (hub.cdn,)] == sent
    # What is right about it can be had.
    assert repo.pmgit("add", ID, "--yes", "--include", "config.json").code == 0
    assert set(files_of(repo)) == {f"{NAME}/{n}" for n in ("config.json", "INFO.md", "pmgit.lock")}


def test_what_is_odd_is_said_and_taken(repo: Repo, hub: HubServer) -> None:
    files = {
        "fasttext.bin": random_bytes(3000),
        "training_args.bin": torch_zip(pickled(named("mypackage.args", "Arguments") + b")\x81")),
        "same.bin": random_bytes(3000),
        "README.md": b"# A model\n",
    }
    hub.add(ID, files)
    shown = repo.pmgit("add", ID, "--yes")
    assert shown.code == 0, shown
    for line in (
        f"note: {MODEL}/fasttext.bin: unknown: it is of no format that pmgit knows",
        f"note: {MODEL}/training_args.bin: warn: needs code that pmgit does not know: mypackage.a",
    ):
        assert line in shown.err
    assert (
        files_of(repo).items() >= {f"{NAME}/{name}": data for name, data in files.items()}.items()
    )
    oid = hashlib.sha256(random_bytes(3000)).hexdigest()
    assert len(hub.cdn.starts(f"/objects/{oid}")) == 1, "the same bytes are fetched once"
    assert repo.pmgit("verify").code == 0


def test_what_the_repository_accepts_comes_in(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, {"pytorch_model.bin": UNSAFE, "page.bin": PAGE})
    oid = hashlib.sha256(UNSAFE).hexdigest()
    text = f'[accepted.{oid}]\nglobals = ["%s"]\nreason = "read by Kim"\n'
    for names, code in (("os.popen", 1), ("os.system", 0)):
        repo.write(".pmgit.toml", text % names)
        shown = repo.pmgit("add", ID, "--yes", "--include", "pytorch_model.bin")
        assert shown.code == code, (names, shown)
        # What is accepted is said all the same.
        assert "os.system" in shown.out + shown.err, (names, shown)
    assert (repo.path / MODEL / "pytorch_model.bin").read_bytes() == UNSAFE
    # That a file is broken nobody can accept.
    oid = hashlib.sha256(PAGE).hexdigest()
    repo.write(".pmgit.toml", f'[accepted.{oid}]\nglobals = ["*"]\nreason = "x"\n')
    shutil.rmtree(repo.path / MODEL)
    assert repo.pmgit("add", ID, "--yes", "--include", "page.bin").code == 1


def test_an_update_to_something_unsafe_leaves_all_as_it_was(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, {"pytorch_model.bin": SOUND, "config.json": b"{}"})
    assert repo.pmgit("add", ID, "--yes").code == 0
    before = files_of(repo)
    hub.add(ID, {"pytorch_model.bin": UNSAFE, "config.json": b'{"a": 1}', "vocab.txt": b"a\n"})
    shown = repo.pmgit("update", NAME, "--yes")
    assert (shown.code, "os.system" in shown.out) == (1, True), shown
    assert f"{MODEL}: 1 of 3 files refused; nothing was changed" in shown.err
    assert files_of(repo) == before
    assert repo.pmgit("verify").code == 0
    # The authors mend it.
    hub.add(ID, {"pytorch_model.bin": torch_zip(compress=True), "config.json": b'{"a": 1}'})
    assert repo.pmgit("update", NAME, "--yes").code == 0
    assert repo.pmgit("verify").code == 0


@pytest.mark.parametrize("where", ["source", "hub cache", "object of git lfs", "other model"])
def test_what_is_locked_is_judged_wherever_it_comes_from(
    repo: Repo, hub: HubServer, where: str
) -> None:
    files = {"model.safetensors": weights_bytes(3000), "pytorch_model.bin": UNSAFE}
    commit = hub.add(ID, files)
    lock_in(repo, files, {"type": "huggingface", "repo_id": ID, "revision": commit})
    oid = hashlib.sha256(UNSAFE).hexdigest()
    place = {
        "hub cache": Path(repo.env["HF_HOME"], f"hub/models--org--{NAME}/blobs", oid),
        "object of git lfs": repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid,
        "other model": repo.path / "pretrained_model/other/pytorch_model.bin",
    }.get(where)
    if place:
        place.parent.mkdir(parents=True)
        place.write_bytes(UNSAFE)
    if where == "other model":
        shutil.copy(repo.path / MODEL / "pmgit.lock", place.parent)  # type: ignore[union-attr]
    before = files_of(repo)
    shown = repo.pmgit("pull", NAME)
    assert (shown.code, "os.system" in shown.out) == (1, True), shown
    assert f"{MODEL}: 1 of 2 files refused; nothing was restored" in shown.err
    assert files_of(repo) == before
    asked = [one for one in hub.cdn.log if one.path.endswith(oid)]
    assert bool(asked) == (where == "source")
    assert repo.pmgit("pull", NAME).code == 1
    assert [one for one in hub.cdn.log if one.path.endswith(oid)] == asked


def test_one_refused_model_does_not_stop_the_others(repo: Repo, hub: HubServer) -> None:
    commit = hub.add(ID, {"pytorch_model.bin": UNSAFE})
    hub.add("org/good", {"model.safetensors": weights_bytes(3000)})
    assert repo.pmgit("add", "org/good", "--yes").code == 0
    lock_in(
        repo, {"pytorch_model.bin": UNSAFE},
        {"type": "huggingface", "repo_id": ID, "revision": commit},
    )  # fmt: skip
    weights = repo.path / "pretrained_model/good/model.safetensors"
    weights.unlink()
    shown = repo.pmgit("pull")
    assert (shown.code, weights.exists()) == (1, True), shown
    assert not (repo.path / MODEL / "pytorch_model.bin").exists()


def test_what_git_lfs_fetches_is_judged_before_it_is_checked_out(
    lfs_repo: Repo, weights: Weights
) -> None:
    repo = lfs_repo
    repo.stage_all(
        {
            ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
            f"{MODEL}/pytorch_model.bin": UNSAFE,
            "pretrained_model/good/model.bin": weights["onet.pt"],
        }
    )
    repo.commit("Two models")
    remote = repo.add_remote()
    repo.git("push", "-q", "-u", "origin", "main")
    other = repo.path.parent / "clone"
    repo.git(
        "clone", "-q", str(remote.path), str(other), env={**repo.env, "GIT_LFS_SKIP_SMUDGE": "1"}
    )
    clone = Repo(other, repo.env, init=None)
    before = (other / MODEL / "pytorch_model.bin").read_bytes()
    assert before == pointer(UNSAFE)
    shown = clone.pmgit("pull")
    assert (shown.code, "os.system" in shown.out) == (1, True), shown
    assert f"{MODEL}: 1 of 1 file refused; nothing was restored" in shown.err
    assert (other / MODEL / "pytorch_model.bin").read_bytes() == before
    assert (other / "pretrained_model/good/model.bin").read_bytes() == weights["onet.pt"]
    shown = clone.pmgit("pull", "--replace", NAME)
    assert shown.code == 1, shown
    assert (other / MODEL / "pytorch_model.bin").read_bytes() == before


def test_half_of_a_model_in_git_lfs_is_not_checked_out(lfs_repo: Repo) -> None:
    files = {"model.safetensors": weights_bytes(3000), "pytorch_model.bin": UNSAFE}
    with HubServer() as hub:
        lfs_repo.env |= hub.environment(str(lfs_repo.path.parent / "hf"))
        commit = hub.add(ID, files)
        lock_in(lfs_repo, files, {"type": "huggingface", "repo_id": ID, "revision": commit})
        content = files["model.safetensors"]
        oid = hashlib.sha256(content).hexdigest()
        there = lfs_repo.path / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
        there.parent.mkdir(parents=True)
        there.write_bytes(content)
        place = f"{MODEL}/model.safetensors"
        lfs_repo.stage_blob(place, pointer(content))
        lfs_repo.write(place, pointer(content))
        lfs_repo.commit("A model in two ways")
        shown = lfs_repo.pmgit("pull")
        assert (shown.code, "os.system" in shown.out) == (1, True), shown
        assert (lfs_repo.path / place).read_bytes() == pointer(content)
        # Its source has none of it any more: what Git LFS has comes all the same.
        del hub.models[ID]
        shutil.rmtree(lfs_repo.path / ".git/pmgit/incoming")
        assert lfs_repo.pmgit("pull").code == 3
        assert (lfs_repo.path / place).read_bytes() == content


def test_a_model_of_this_disk_is_not_copied_when_it_is_unsafe(repo: Repo) -> None:
    folder = repo.path.parent / "mine"
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.pt").write_bytes(UNSAFE)
    (folder / "config.json").write_text("{}")
    shown = repo.pmgit("add", str(folder))
    assert shown.code == 1, shown
    assert "pretrained_model/mine/onnx/model.pt: unsafe: " in shown.out
    assert "pretrained_model/mine: 1 of 2 files refused; nothing was added" in shown.err
    assert not (repo.path / "pretrained_model").exists()
    assert not list((repo.path / ".git/pmgit/incoming").iterdir())
    assert (folder / "onnx" / "model.pt").read_bytes() == UNSAFE


def test_a_model_in_its_place_stays_there_and_is_not_locked(repo: Repo) -> None:
    repo.write(f"{MODEL}/model.pt", UNSAFE)
    before = files_of(repo)
    shown = repo.pmgit("add", MODEL)
    assert (shown.code, "os.system" in shown.out) == (1, True), shown
    assert "they lie there as before, and pmgit.lock is not written" in shown.err
    assert files_of(repo) == before
    repo.write(f"{MODEL}/model.pt", SOUND)
    assert repo.pmgit("add", MODEL).code == 0
    locked = files_of(repo)
    repo.write(f"{MODEL}/model.pt", UNSAFE)
    shown = repo.pmgit("update", NAME)
    assert (shown.code, "os.system" in shown.out) == (1, True), shown
    assert files_of(repo) == {**locked, f"{NAME}/model.pt": UNSAFE}


def test_pointers_in_the_work_tree_are_locked_as_what_they_stand_for(lfs_repo: Repo) -> None:
    content = weights_bytes(3000)
    lfs_repo.stage_blob(f"{MODEL}/model.safetensors", pointer(content))
    lfs_repo.write(f"{MODEL}/model.safetensors", pointer(content))
    shown = lfs_repo.pmgit("add", MODEL)
    assert shown.code == 0, shown
    # The words of a pointer in a pickle let nothing through.
    lfs_repo.write(f"{MODEL}/other.pt", pickled(call("os", "system", pointer(b"x").decode())))
    assert lfs_repo.pmgit("update", NAME).code == 1


def test_the_file_of_an_address_is_not_fetched_twice_to_be_refused(repo: Repo) -> None:
    repo.env["HF_HUB_OFFLINE"] = "0"
    with FileServer({"/m.pt": UNSAFE}) as web:
        for _ in range(2):
            shown = repo.pmgit("add", f"{web.url}/m.pt", "--yes")
            assert (shown.code, "os.system" in shown.out) == (1, True), shown
        assert len([one for one in web.log if one.method == "GET" and one.sent[0]]) == 1
        web.files["/m.pt"] = SOUND  # the authors mend it
        shown = repo.pmgit("add", f"{web.url}/m.pt", "--yes")
    assert shown.code == 0, shown
    assert (repo.path / "pretrained_model/m/m.pt").read_bytes() == SOUND
    assert [name for name in os.listdir(repo.path / ".git/pmgit/incoming") if "note" in name] == []


def test_what_a_file_names_is_printed_escaped(repo: Repo) -> None:
    hostile = "os\x1b]0;x\x07\u202e.\x9b31m"
    repo.write(f"{MODEL}/model.pt", pickled(named(hostile, "::error::x") + b")R"))
    repo.env["GITHUB_ACTIONS"] = "true"
    shown = repo.pmgit("add", MODEL)
    assert shown.code == 1, shown
    for text in (shown.out, shown.err):
        assert all(char.isprintable() for char in text.replace("\n", "")), text
        assert not any(line.startswith(("::", "##[")) for line in text.splitlines())
    assert "\\x1b]0;x" in shown.out


def test_a_copied_file_is_accepted_by_the_hash_that_its_refusal_names(repo: Repo) -> None:
    folder = repo.path.parent / "mine"
    folder.mkdir()
    (folder / "model.pt").write_bytes(UNSAFE)
    refused = repo.pmgit("add", str(folder))
    table = f"[accepted.{hashlib.sha256(UNSAFE).hexdigest()}]"
    assert (refused.code, f"{table} in .pmgit.toml" in refused.err) == (1, True), refused
    repo.write(".pmgit.toml", f'{table}\nglobals = ["os.system"]\nreason = "read by Kim"\n')
    assert repo.pmgit("add", str(folder)).code == 0
    # Another file that loads the same is another file.
    (folder / "model.pt").write_bytes(torch_zip(pickled(CALL), more={"x": b"x"}))
    assert repo.pmgit("add", str(folder), "--name", "other").code == 1
