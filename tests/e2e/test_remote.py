"""`pmgit verify --remote`: a file that a source has changed or lost is named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.file_server import FileServer
from tests.hub_server import HubServer
from tests.kit import Repo, Result, weights_bytes, weights_for
from tests.modelscope_server import ModelScopeServer

ROOT = "pretrained_model"
DATA, CHECKPOINT = weights_bytes(2000), weights_for("a.pt", 2000)


@pytest.fixture(autouse=True)
def online(repo: Repo) -> None:
    repo.env["HF_HUB_OFFLINE"] = "0"


@pytest.fixture
def hub(repo: Repo) -> Iterator[HubServer]:
    with HubServer() as server:
        repo.env |= server.environment(str(repo.path.parent / "hf"), HF_HUB_DOWNLOAD_TIMEOUT="1")
        yield server


@pytest.fixture
def scope(repo: Repo) -> Iterator[ModelScopeServer]:
    with ModelScopeServer() as server:
        repo.env["MODELSCOPE_ENDPOINT"] = server.url
        yield server


def add(repo: Repo, *sources: str) -> None:
    for source in sources:
        shown = repo.pmgit("add", source, "--yes")
        assert shown.code == 0, shown


def states(shown: Result) -> dict[str, Any]:
    """What each model is at its source, and each of its files that is not the same."""
    found = {}
    for model in shown.json["models"]:
        name = model["model"].removeprefix(f"{ROOT}/")
        files = {one["path"]: one["state"] for one in model["files"] if one["state"] != "same"}
        found[name] = files or model["state"]
    return found


def test_every_difference_from_a_source_is_named(
    repo: Repo, hub: HubServer, scope: ModelScopeServer
) -> None:
    files = {"model.safetensors": DATA, "config.json": b"{}", "vocab.txt": b"a\n"}
    names = ("same", "weights", "text", "file", "commit", "repository")
    commits = {name: hub.add(f"org/{name}", files) for name in names}
    scoped = scope.add("org/scoped", files)
    scope.add("org/scoped-gone", files)
    with FileServer() as web:
        for name in ("there.pt", "longer.pt", "absent.pt", "mute.pt"):
            web.files[f"/{name}"] = CHECKPOINT
        add(repo, *(f"org/{name}" for name in names))
        add(repo, "modelscope:org/scoped", "modelscope:org/scoped-gone")
        add(repo, *(f"{web.url}{name}" for name in web.files))
        repo.write(f"{ROOT}/mine/model.pt", CHECKPOINT)
        add(repo, f"{ROOT}/mine")
        repo.write(f"{ROOT}/unlocked/model.pt", CHECKPOINT)
        same = repo.pmgit("verify", "--remote", "--format", "json")
        assert same.code == 0, same
        expected: dict[str, Any] = dict.fromkeys(states(same), "same") | {
            "mine": "no source", "unlocked": "no lock",
        }  # fmt: skip
        assert states(same) == expected

        # A branch that has moved on is no difference: the locked commit counts.
        hub.add("org/same", {"model.safetensors": weights_bytes(3000)})

        def now(name: str) -> dict[str, bytes]:
            return hub.models[f"org/{name}"].commits[commits[name]]

        now("weights")["model.safetensors"] = DATA[:-1] + b"?"
        now("text")["config.json"] = b"[]"
        del now("file")["vocab.txt"]
        del hub.models["org/commit"].commits[commits["commit"]]
        del hub.models["org/repository"]
        scope.models["org/scoped"][scoped]["model.safetensors"] = DATA[::-1]
        del scope.models["org/scoped-gone"]
        web.files["/longer.pt"] += b"x"
        del web.files["/absent.pt"]
        web.takes_head = False
        found = repo.pmgit("verify", "--remote", "--format", "json")
        assert found.code == 1, found
        assert states(found) == expected | {
            "weights": {"model.safetensors": "changed"},
            "text": {"config.json": "changed"},
            "file": {"vocab.txt": "gone"},
            "commit": "gone",
            "repository": "gone",
            "scoped": {"model.safetensors": "changed"},
            "scoped-gone": "gone",
            "longer": {"longer.pt": "changed"},
            "absent": "gone",
        }
        shown = repo.pmgit("verify", "--remote")
    for line in (
        f"{ROOT}/weights/model.safetensors: changed: its sha256 is ",
        f"{ROOT}/text/config.json: changed: its blob is ",
        f"{ROOT}/file/vocab.txt: gone: its source does not have it any more",
        f"{ROOT}/commit: gone: org/commit has no branch, tag or commit",
        f"{ROOT}/longer/longer.pt: changed: 2,001 bytes at its source, where pmgit.lock has 2,000",
        f"{ROOT}/mine: no source to compare with",
        f"{ROOT}/unlocked: no lock to compare with",
        "3 of 12 locks are as their sources have them",
    ):
        assert line in shown.out, line
    assert "files as 127.0.0.1" in shown.out


def test_an_address_is_compared_by_its_etag_where_that_is_the_hash(repo: Repo) -> None:
    class Hashing(FileServer):
        def answer(self, handler: Any, asked: Any) -> None:
            etag = f'"{hashlib.sha256(CHECKPOINT).hexdigest()}"'
            handler.content(asked, asked.path, CHECKPOINT, etag=etag)

    with Hashing() as web, FileServer({"/b.pt": CHECKPOINT}) as other:
        add(repo, f"{web.url}/a.pt", f"{other.url}/b.pt")
        shown = repo.pmgit("verify", "--remote", "--format", "json")
    by = {file["path"]: file["compared_by"] for m in shown.json["models"] for file in m["files"]}
    assert by == {"a.pt": "sha256", "b.pt": "size"}


def test_a_source_that_does_not_answer_is_no_difference(repo: Repo, hub: HubServer) -> None:
    hub.add("org/silent", {"model.safetensors": DATA})
    with FileServer({"/there.pt": CHECKPOINT}) as web:
        add(repo, "org/silent", f"{web.url}/there.pt")
        hub.close()
        shown = repo.pmgit("verify", "--remote")
        assert (shown.code, "hint: " in shown.err) == (3, True), shown
        assert f"{ROOT}/silent: unreachable: 127.0.0.1" in shown.err
        assert f"{ROOT}/there: 1 file as 127.0.0.1" in shown.out
        assert repo.pmgit("verify", "--remote", "there").code == 0
        assert states(repo.pmgit("verify", "--remote", "--format", "json")) == {
            "silent": "unreachable", "there": "same",
        }  # fmt: skip
        asked = len(web.log)
        repo.env["HF_HUB_OFFLINE"] = "1"
        offline = repo.pmgit("verify", "--remote")
        assert (offline.code, "HF_HUB_OFFLINE is set" in offline.err) == (3, True), offline
        assert len(web.log) == asked


def test_a_lock_that_cannot_be_read_is_not_right(repo: Repo) -> None:
    repo.write(f"{ROOT}/mine/model.pt", CHECKPOINT)
    add(repo, f"{ROOT}/mine")
    repo.write(f"{ROOT}/mine/pmgit.lock", "version = 99\n")
    shown = repo.pmgit("verify", "--remote")
    assert (shown.code, "pmgit.lock" in shown.out) == (1, True), shown
    assert repo.pmgit("verify", "--remote", "--force").code == 2
    assert repo.pmgit("verify", "--remote", "--shard", "1/2").code == 2
