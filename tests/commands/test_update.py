"""`pmgit update`: the lock follows the folder, INFO.md's block follows, people's words stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pmgit.model import info_file, lock_file
from tests.hub_server import HubServer
from tests.kit import Repo, weights_bytes

MODEL = "pretrained_model/mine"


def locked(repo: Repo) -> None:
    repo.write(f"{MODEL}/model.pt", 300_000)
    repo.write(f"{MODEL}/config.json", "{}\n")
    assert repo.pmgit("add", MODEL).code == 0


def test_what_changed_is_said_file_by_file_and_locked(repo: Repo) -> None:
    locked(repo)
    info = repo.path / MODEL / "INFO.md"
    info.write_text(info.read_text().replace("TODO: what it was trained on", "our own photographs"))
    repo.write(f"{MODEL}/model.pt", 400_000)
    (repo.path / MODEL / "config.json").unlink()
    repo.write(f"{MODEL}/extra.bin", 200_000)
    assert repo.pmgit("verify").code == 1
    dry = repo.pmgit("update", "--dry-run", "mine")
    assert repo.pmgit("verify").code == 1
    shown = repo.pmgit("update", "mine")
    assert shown.code == 0, shown
    for line in (
        "config.json: gone", "extra.bin: new (200.0 kB)",
        "model.pt: changed (300.0 kB to 400.0 kB)",
    ):  # fmt: skip
        assert f"{MODEL}/{line}" in shown.out
        assert f"{MODEL}/{line}" in dry.out
    assert repo.pmgit("verify").code == 0
    text = info.read_text()
    assert "our own photographs" in text
    assert "400000 bytes" in text
    assert "300000 bytes" not in text
    repo.paste(shown.out.splitlines()[-1].removeprefix("next: "))
    assert repo.staged() == [f"{MODEL}/INFO.md", f"{MODEL}/pmgit.lock"]


def test_a_second_time_nothing_changes(repo: Repo) -> None:
    locked(repo)
    before = {p: p.read_bytes() for p in (repo.path / MODEL).iterdir()}
    shown = repo.pmgit("update", MODEL)
    assert (shown.code, "nothing to change" in shown.out) == (0, True), shown
    assert {p: p.read_bytes() for p in (repo.path / MODEL).iterdir()} == before


def test_when_and_from_where_the_model_is_stays(repo: Repo) -> None:
    locked(repo)
    place = repo.path / MODEL / "pmgit.lock"
    place.write_text(place.read_text().replace("created = ", 'created = "2020-02-02" # '))
    repo.write(f"{MODEL}/model.pt", 500_000)
    assert repo.pmgit("update", MODEL).code == 0
    assert lock_file.parse(place.read_bytes(), "x").created == "2020-02-02"


def test_what_cannot_be_updated_is_refused(repo: Repo) -> None:
    repo.write(f"{MODEL}/model.pt", 3000)
    shown = repo.pmgit("update", MODEL)
    assert (shown.code, f"pmgit add {MODEL}" in shown.err) == (2, True), shown
    assert repo.pmgit("add", MODEL).code == 0
    assert repo.pmgit("update", MODEL, "--revision", "v2").code == 2
    place = repo.path / MODEL / "pmgit.lock"
    place.write_text(place.read_text().replace('"local"', '"huggingface"'))
    before = place.read_bytes()
    shown = repo.pmgit("update", MODEL)
    assert (shown.code, "names no source" in shown.err) == (2, True), shown
    assert place.read_bytes() == before


def test_a_broken_block_stops_it_before_anything_is_lost(repo: Repo) -> None:
    locked(repo)
    info = repo.path / MODEL / "INFO.md"
    info.write_text(info.read_text().replace("<!-- /pmgit:files -->\n", ""))
    repo.write(f"{MODEL}/model.pt", 400_000)
    before = {p: p.read_bytes() for p in (repo.path / MODEL).iterdir()}
    shown = repo.pmgit("update", MODEL)
    assert (shown.code, "never ends" in shown.err) == (3, True), shown
    assert {p: p.read_bytes() for p in (repo.path / MODEL).iterdir()} == before


# --- models of a source

ID = "org/tuned"
FROM_HUB = "pretrained_model/tuned"


@pytest.fixture
def hub(repo: Repo) -> Iterator[HubServer]:
    """A Hub with one model, which the repository has added."""
    with HubServer() as server:
        repo.env |= server.environment(str(repo.path.parent / "hf"))
        server.add(ID, FILES)
        assert repo.pmgit("add", ID, "--yes").code == 0
        yield server


FILES = {
    "README.md": b"---\nlicense: mit\n---\n",
    "config.json": b"{}\n",
    "model.safetensors": weights_bytes(200_000),
}


def lock_of(repo: Repo) -> lock_file.Lock:
    return lock_file.parse((repo.path / FROM_HUB / "pmgit.lock").read_bytes(), "pmgit.lock")


def test_a_branch_that_has_not_moved_changes_nothing(repo: Repo, hub: HubServer) -> None:
    before = {p: p.read_bytes() for p in (repo.path / FROM_HUB).iterdir()}
    assert repo.pmgit("outdated").code == 0
    shown = repo.pmgit("update", "tuned", "--yes")
    assert (shown.code, "nothing to change" in shown.out) == (0, True), shown
    assert {p: p.read_bytes() for p in (repo.path / FROM_HUB).iterdir()} == before


def test_the_lock_moves_to_what_the_branch_has(repo: Repo, hub: HubServer) -> None:
    weights = weights_bytes(300_000)
    new = {"config.json": b"{}\n", "model.safetensors": weights, "vocab.txt": b"a\n"}
    commit = hub.add(ID, new)
    old = lock_of(repo)
    info = repo.path / FROM_HUB / "INFO.md"
    info.write_text(info.read_text() + "\nmy own words\n")
    shown = repo.pmgit("outdated")
    assert shown.code == 1
    assert f"{FROM_HUB}  {str(old.source['revision'])[:12]}  {commit[:12]}  " in shown.out
    dry = repo.pmgit("update", "tuned", "--dry-run")
    assert lock_of(repo).source == old.source
    shown = repo.pmgit("update", "tuned", "--yes")
    assert shown.code == 0, shown
    for line in (
        "README.md: gone from the source; the file here stays", "vocab.txt: new (2 bytes)",
        "model.safetensors: changed (200.0 kB to 300.0 kB)",
    ):  # fmt: skip
        assert f"{FROM_HUB}/{line}" in shown.out
        assert f"{FROM_HUB}/{line}" in dry.out
    assert lock_of(repo).source["revision"] == commit
    assert lock_of(repo).created == old.created
    assert (repo.path / FROM_HUB / "model.safetensors").read_bytes() == weights
    assert (repo.path / FROM_HUB / "README.md").exists()
    page = info_file.parse(info.read_bytes())
    assert page.commit == commit
    assert "my own words" in info.read_text()
    assert "300000 bytes" in info.read_text()
    assert repo.pmgit("verify").code == 0
    assert repo.pmgit("outdated").code == 0


def test_a_change_of_the_card_alone_is_said_so(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, {**FILES, "README.md": b"---\nlicense: mit\n---\nnews\n"})
    assert "README.md only" in repo.pmgit("outdated").out


def test_a_revision_can_be_named(repo: Repo, hub: HubServer) -> None:
    first = str(lock_of(repo).source["revision"])
    hub.add(ID, {**FILES, "model.safetensors": weights_bytes(5000)})
    assert repo.pmgit("update", "tuned", "--yes").code == 0
    assert repo.pmgit("update", "tuned", "--revision", first, "--yes").code == 0
    assert lock_of(repo).source["revision"] == first
    assert (repo.path / FROM_HUB / "model.safetensors").read_bytes() == FILES["model.safetensors"]


def test_a_file_that_somebody_has_changed_stops_the_update(repo: Repo, hub: HubServer) -> None:
    hub.add(ID, {**FILES, "model.safetensors": weights_bytes(5000)})
    mine = repo.write(f"{FROM_HUB}/model.safetensors", b"my own fine-tune" * 100)
    before = (repo.path / FROM_HUB / "pmgit.lock").read_bytes()
    shown = repo.pmgit("update", "tuned", "--yes")
    assert shown.code == 3, shown
    assert "is another file" in shown.err
    assert mine.read_bytes() == b"my own fine-tune" * 100
    assert (repo.path / FROM_HUB / "pmgit.lock").read_bytes() == before


def test_a_source_that_is_silent_is_not_up_to_date(repo: Repo, hub: HubServer) -> None:
    del hub.models[ID]
    for command in (["outdated"], ["update", "tuned", "--yes"]):
        shown = repo.pmgit(*command)
        assert shown.code == 3, shown


def test_without_a_name_all_that_have_a_source_move(repo: Repo, hub: HubServer) -> None:
    assert "no model" in Repo(repo.path.parent / "empty", repo.env).pmgit("update").out
    locked(repo)
    for name in ("changed", "same"):
        hub.add(f"org/{name}", FILES)
        assert repo.pmgit("add", f"org/{name}", "--yes").code == 0
    root = repo.path / "pretrained_model"
    (repo.path / MODEL / "model.pt").write_bytes(b"trained on")
    (root / "changed/model.safetensors").write_bytes(b"my own")
    newer = {**FILES, "model.safetensors": weights_bytes(300_000)}
    for name in ("tuned", "changed"):
        hub.add(f"org/{name}", newer)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert "tuned/model.safetensors: changed" in repo.pmgit("update", "--dry-run").out
    assert {path: path.read_bytes() for path in before} == before
    shown = repo.pmgit("update", "--yes")
    assert (shown.code, "1 model of 3 not updated" in shown.err) == (3, True), shown
    assert "pretrained_model/changed: " in shown.err
    assert "same: nothing to change" in shown.out
    assert shown.out.count("next: git add") == 1
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    names = ("INFO.md", "model.safetensors", "pmgit.lock")
    assert {path for path in after if after[path] != before[path]} == {
        root / "tuned" / name for name in names
    }
    assert repo.pmgit("update", "--revision", "v2").code == 2


def test_another_branch_or_name_is_locked_also_where_the_commit_stays(repo: Repo) -> None:
    """Else a model whose branch is gone could never be asked for again."""
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        commit = hub.add("org/m", {"model.safetensors": weights_bytes(2000)}, branch="dev")
        hub.models["org/m"].branches["main"] = commit
        add = ("add", "org/m", "--revision", "dev", "--exclude", "*.bin", "--yes")
        assert repo.pmgit(*add).code == 0
        del hub.models["org/m"].branches["dev"]
        assert repo.pmgit("outdated").code == 3
        shown = repo.pmgit("update", "m", "--revision", "main")
        assert (shown.code, "follows 'main', not 'dev'" in shown.out) == (0, True), shown
        assert repo.pmgit("outdated").code == 0
        assert (
            f"`main` (commit: {commit})" in (repo.path / "pretrained_model/m/INFO.md").read_text()
        )
        hub.models["org/new"] = hub.models.pop("org/m")
        hub.moved["org/m"] = "org/new"
        shown = repo.pmgit("update")
        assert (shown.code, "org/m is called org/new now" in shown.err) == (0, True), shown
        hub.moved.clear()
        assert repo.pmgit("outdated").code == 0
        asked = len(hub.log)
        assert "nothing to change" in repo.pmgit("update").out
        assert not [one for one in hub.log[asked:] if "/resolve/" in one.path]
