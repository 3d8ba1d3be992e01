"""ModelScope, with its habits: successes that are none, lists that are cut, ranges ignored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from pmgit.sources.errors import DamagedError, SourceError
from pmgit.sources.fetch import fetch
from pmgit.sources.listing import RemoteFile
from pmgit.sources.modelscope import ModelScope
from tests.file_server import Fault, FileServer

if TYPE_CHECKING:
    from pathlib import Path

    from pmgit.sources.listing import Listing
    from tests.modelscope_server import ModelScopeServer

WEIGHTS = bytes(range(256)) * 8000
FILES = {"README.md": b"# M\n", "configuration.json": b"{}", "model.safetensors": WEIGHTS}
TOKEN = "ms-" + "s3cr3t" * 5


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def look(repo_id: str = "org/m", revision: str = "") -> Listing:
    return ModelScope(repo_id).look(revision, sleep=lambda _: None)


def refused(repo_id: str = "org/m", revision: str = "") -> SourceError:
    with pytest.raises(SourceError) as caught:
        look(repo_id, revision)
    assert TOKEN not in caught.value.message + caught.value.hint
    assert caught.value.hint
    return caught.value


def test_a_model_is_listed_at_its_commit(scope: ModelScopeServer) -> None:
    first = scope.add("org/m", FILES, branch="v1.0")
    commit = scope.add("org/m", FILES, gated=True, private=False)
    found = look()
    assert found.source == {
        "type": "modelscope", "repo_id": "org/m", "requested": "master", "revision": commit,
    }  # fmt: skip
    assert found.files == tuple(
        RemoteFile(path, len(content), sha256(content)) for path, content in sorted(FILES.items())
    )
    assert found.license == "Apache License 2.0"
    assert (found.gated, found.private) == (True, False)
    assert found.page == "https://modelscope.cn/models/org/m"
    assert look(revision="v1.0").revision == first
    assert look(revision=first).revision == first


def test_the_default_branch_may_be_main(scope: ModelScopeServer) -> None:
    scope.add("org/m", FILES, branch="main")
    assert look().source["requested"] == "main"


def test_an_unknown_revision_is_no_success(scope: ModelScopeServer) -> None:
    scope.add("org/m", FILES)
    for revision in ("main", "0" * 40, "v1 &x=1"):
        assert "has no branch, tag or commit" in refused(revision=revision).message


def test_lists_that_are_cut_are_walked(scope: ModelScopeServer) -> None:
    scope.cut = 3000
    files = {f"{letter}/{n % 4}/{n}.json": b"{}" for letter in "abc" for n in range(1200)}
    scope.add("org/m", files | {"config.json": b"{}"})
    found = look()
    assert {file.path for file in found.files} == {*files, "config.json"}
    lists = [one for one in scope.log if one.path.endswith("repo/files")]
    assert len(lists) == 2 + 3


def test_a_folder_that_is_cut_is_refused(scope: ModelScopeServer) -> None:
    scope.add("org/m", {f"a/{n}.json": b"{}" for n in range(3001)})
    assert "git clone" in refused().hint


def test_private_and_absent_models(
    scope: ModelScopeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope.add("org/m", FILES)
    scope.private, scope.token = {"org/m"}, TOKEN
    for name in ("org/m", "org/none"):
        error = refused(name)
        assert "is not there, private or gated" in error.message
        assert "MODELSCOPE_API_TOKEN" in error.hint
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", TOKEN)
    assert "the token is not valid" in refused("org/none").message
    assert look().files


def test_without_a_license_a_model_is_listed_all_the_same(scope: ModelScopeServer) -> None:
    scope.add("org/m", FILES, license=None)
    assert look().license == ""


def test_something_else_than_modelscope(monkeypatch: pytest.MonkeyPatch) -> None:
    with FileServer({"/api/v1/models/org/m/commits": b"<html>"}) as web:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", web.url)
        assert "does not answer as it should" in refused().message
        web.files["/api/v1/models/org/m/commits"] = b"[" * 100_000
        assert "does not answer as it should" in refused().message
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", "127.0.0.1:9")
    assert "does not answer as it should" in refused().message


def test_hostile_names_are_left_out(scope: ModelScopeServer) -> None:
    scope.add("org/m", {"../x": b"1", "/etc/x": b"1", "INFO.md": b"1", "ok.json": b"1"})
    found = look()
    assert [file.path for file in found.files] == ["ok.json"]
    assert len(found.notes) == 3


def test_files_are_fetched_and_the_token_goes_to_modelscope_alone(
    scope: ModelScopeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**FILES, "a b/é&?#.json": b"odd"}
    scope.add("org/m", files)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", TOKEN)
    found = look()
    for number, file in enumerate(found.files):
        part = tmp_path / str(number)
        fetch(ModelScope("org/m"), found.revision, file, str(part))
        assert part.read_bytes() == files[file.path]
    assert all(TOKEN in one.headers["authorization"] for one in scope.log)
    assert all(TOKEN in one.headers["cookie"] for one in scope.log)
    assert len(scope.cdn.log) == 1
    assert TOKEN not in str(scope.cdn.log)


def test_small_files_begin_anew_and_large_ones_go_on(scope: ModelScopeServer, part: Path) -> None:
    readme = b"# M\n" * 100_000
    commit = scope.add("org/m", {**FILES, "README.md": readme})
    scope.faults["README.md"] = [Fault("truncate", 100_000)]
    scope.cdn.faults["/model.safetensors"] = [Fault("reset", 1_000_000)]
    for path, content in (("README.md", readme), ("model.safetensors", WEIGHTS)):
        file = RemoteFile(path, len(content), sha256(content))
        fetch(ModelScope("org/m"), commit, file, str(part), sleep=lambda _: None)
        assert part.read_bytes() == content
        part.unlink()
    assert scope.cdn.starts("/model.safetensors") == [0, 1_000_000]


def test_an_error_in_place_of_a_file(scope: ModelScopeServer, part: Path) -> None:
    commit = scope.add("org/m", FILES)
    for file in (RemoteFile("no.bin", 5000), RemoteFile("no.json", 5000, "0" * 64)):
        with pytest.raises(SourceError) as caught:
            fetch(ModelScope("org/m"), commit, file, str(part))
        assert "does not give the file" in caught.value.message
        assert part.read_bytes() == b""


def test_damage_is_refused(scope: ModelScopeServer, part: Path) -> None:
    commit = scope.add("org/m", FILES)
    scope.cdn.always["/model.safetensors"] = Fault("corrupt", 5)
    with pytest.raises(DamagedError):
        fetch(ModelScope("org/m"), commit, look().files[2], str(part))
    assert not part.exists()


def test_offline(scope: ModelScopeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in refused().message
    assert scope.log == []
