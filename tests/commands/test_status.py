"""`pmgit status`: every model is on one line, and what it says of it is so."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.set_ups import set_up
from tests.kit import Repo, pointer, weights_bytes

pytestmark = pytest.mark.usefixtures("quick_hooks")

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"


def row(repo: Repo, model: str = MODEL) -> dict[str, Any]:
    shown = repo.pmgit("status", "--format", "json")
    assert shown.code == 0, shown
    [found] = [one for one in shown.json["models"] if one["model"] == model]
    return dict(found)


def messages(repo: Repo, model: str = MODEL) -> list[str]:
    return [one["message"] for one in row(repo, model)["attention"]]


def test_nothing_here_is_said_with_what_to_do(repo: Repo) -> None:
    shown = repo.pmgit("status")
    assert (shown.code, "no model" in shown.out, "pmgit add FOLDER" in shown.out) == (0, True, True)


def test_a_model_from_bare_weights_to_complete(repo: Repo) -> None:
    repo.write(WEIGHTS, 300_000)
    assert row(repo)["weights"] == "not locked"
    assert row(repo)["info"] == "missing"
    assert row(repo)["only_copy"]
    command, _ = [one["fix"] for one in row(repo)["attention"] if one["fix"]]
    assert command == [["pmgit", "add", MODEL]]
    repo.paste(" ".join(command[0]))
    assert (row(repo)["weights"], row(repo)["info"]) == ("here", "TODO")
    assert row(repo)["on_disk"] == 300_000
    repo.add_info(MODEL, "https://huggingface.co/google-bert/bert-base-uncased")
    assert (row(repo)["info"], row(repo)["license"]) == ("ok", "Apache-2.0")
    assert row(repo)["commit"] == "1" * 40


@pytest.mark.parametrize(
    ("content", "state"), [(None, "missing"), (b"short", "changed"), (b"POINTER", "pointer")]
)
def test_weights_that_are_not_as_locked(repo: Repo, content: bytes | None, state: str) -> None:
    file = repo.write(WEIGHTS, 300_000)
    assert repo.pmgit("add", MODEL).code == 0
    data = file.read_bytes()
    file.unlink()
    if content:
        file.write_bytes(pointer(data) if content == b"POINTER" else content)
    assert row(repo)["weights"] == state
    # What was added from disk, and is gone, no command brings back.
    is_said = any("no source to fetch them from" in text for text in messages(repo))
    assert (bool([one for one in row(repo)["attention"] if one["fix"]]), is_said) == (
        (False, True) if state == "missing" else (True, False)
    )


def test_what_verify_has_found_out_is_shown_without_reading_it_again(repo: Repo) -> None:
    repo.write(WEIGHTS, 5000)
    assert repo.pmgit("add", "bert").code == 0
    place = repo.path / WEIGHTS
    place.write_bytes(place.read_bytes()[:-1] + b"?")
    assert row(repo)["weights"] == "here"
    time.sleep(2.1)  # what was changed just now is not kept: it may change within the same tick
    assert repo.pmgit("verify").code == 1
    assert row(repo)["weights"] == "changed"
    place.write_bytes(place.read_bytes())  # it may be right now: nobody has looked
    assert row(repo)["weights"] == "here"


def test_content_that_is_in_git_lfs_is_counted_there(lfs_repo: Repo) -> None:
    data = weights_bytes(3000)
    lfs_repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    lfs_repo.stage_blob(WEIGHTS, pointer(data))
    lfs_repo.write(WEIGHTS, pointer(data))
    found = row(lfs_repo)
    assert (found["weights"], found["in_lfs"], found["only_copy"]) == ("pointer", 3000, False)
    lfs_repo.write(WEIGHTS, data)
    assert row(lfs_repo)["weights"] == "here"


def test_weights_that_came_after_the_lock_are_not_locked(repo: Repo) -> None:
    repo.write(WEIGHTS, 3000)
    assert repo.pmgit("add", MODEL).code == 0
    repo.write(f"{MODEL}/more.pt", 3000)
    assert row(repo)["weights"] == "not locked"


def test_weights_under_any_name_are_counted(repo: Repo) -> None:
    repo.write(f"{MODEL}/weights-without-an-ending", 200_000)
    repo.write(f"{MODEL}/config.json", "{}")
    assert row(repo)["weights"] == "not locked"


def test_a_model_of_text_alone_is_shown(repo: Repo) -> None:
    repo.stage_all({f"{MODEL}/config.json": "{}", f"{MODEL}/tokenizer.json": "{}"})
    assert row(repo)["weights"] == "none"
    assert not row(repo)["only_copy"]


def test_names_choose_and_wrong_ones_are_refused(repo: Repo) -> None:
    for name in ("bert", "gpt2"):
        repo.write(f"pretrained_model/{name}/model.pt", 3000)
    shown = repo.pmgit("status", "gpt2")
    assert "pretrained_model/gpt2" in shown.out
    assert "pretrained_model/bert" not in shown.out
    wrong = repo.pmgit("status", "gpt3")
    assert (wrong.code, "did you mean 'gpt2'?" in wrong.err) == (2, True)


def test_the_sums_are_those_of_the_rows(repo: Repo) -> None:
    repo.write("pretrained_model/bert/model.pt", 300_000)
    repo.stage("pretrained_model/gpt2/model.pt", 200_000)
    document = repo.pmgit("status", "--format", "json").json
    assert [one["formats"] for one in document["models"]] == [["pt"], ["pt"]]
    assert document["on_disk"] == sum(one["on_disk"] for one in document["models"]) == 500_000
    assert document["in_git"] == 200_000
    shown = repo.pmgit("status")
    assert "2 models: 500.0 kB on disk, 200.0 kB in Git, 0 bytes in Git LFS" in shown.out


def test_shards_of_tensorflow_are_one_format(repo: Repo) -> None:
    for name in ("v.data-00000-of-00002", "v.data-00001-of-00002"):
        repo.write(f"{MODEL}/{name}", 3000)
    assert row(repo)["formats"] == ["data"]


def test_every_weight_is_named_also_where_it_belongs_to_no_model(repo: Repo) -> None:
    repo.write("pretrained_model/loose.pt", 3000)
    repo.write("pretrained_model/notes.txt", "none")
    clone = Repo(repo.path / "pretrained_model" / "cloned", repo.env)
    clone.stage("model.pt", 3000)
    clone.commit()
    document = repo.pmgit("status", "--format", "json").json
    assert document["loose"] == ["pretrained_model/loose.pt"]
    assert document["clones"] == [
        {"path": "pretrained_model/cloned", "weights": ["pretrained_model/cloned/model.pt"]}
    ]
    shown = repo.pmgit("status").out
    assert "pretrained_model/loose.pt: lies in no model's folder" in shown
    assert (
        "pretrained_model/cloned: is a repository of its own, with"
        " pretrained_model/cloned/model.pt; see: pmgit explain linked-model" in shown
    )


def test_weights_without_an_ending_and_far_below_are_named(repo: Repo) -> None:
    deep = "a/b/c/d/e/f/g/h/i/j/model.pt"
    repo.write("pretrained_model/loose-weights", 200_000)
    repo.write(f"{MODEL}/config.json", "{}")
    repo.write(f"{MODEL}/{deep}", 200_000)
    document = repo.pmgit("status", "--format", "json").json
    assert document["loose"] == ["pretrained_model/loose-weights"]
    assert row(repo)["weights"] == "not locked"
    assert repo.pmgit("add", MODEL).code == 0
    assert row(repo)["weights"] == "here"
    assert repo.pmgit("verify", "bert").code == 0
    (repo.path / MODEL / deep).unlink()
    assert row(repo)["weights"] == "missing"


def in_hub_cache(place: Path) -> Path:
    """An entry of the Hub's cache below `place`: a blob, and a link to it; its snapshot."""
    entry = place / "models--org--name"
    snapshot = entry / "snapshots" / ("1" * 40)
    for folder in (snapshot, entry / "blobs"):
        folder.mkdir(parents=True)
    for name, oid in (("model.safetensors", "a" * 64), ("config.json", "b" * 40)):
        (entry / "blobs" / oid).write_bytes(weights_bytes(300_000))
        (snapshot / name).symlink_to(f"../../blobs/{oid}")
    return snapshot


def test_links_into_a_cache_are_named_also_when_they_lead_to_nothing(repo: Repo) -> None:
    snapshot = in_hub_cache(repo.path.parent / "cache")
    root = repo.path / "pretrained_model"
    (root / "bert").mkdir(parents=True)
    (root / "bert/model.safetensors").symlink_to(snapshot / "model.safetensors")
    (root / "bert/config.json").symlink_to(snapshot / "config.json")
    (root / "whole").symlink_to(snapshot)
    (root / "alone.pt").symlink_to(snapshot / "model.safetensors")
    (root / "alias").symlink_to("bert")  # what it leads to is named already
    links = {
        "pretrained_model/alone.pt": snapshot / "model.safetensors",
        "pretrained_model/bert/model.safetensors": snapshot / "model.safetensors",
        "pretrained_model/whole": snapshot,
    }
    document = repo.pmgit("status", "--format", "json").json
    assert document["links"] == [
        {"path": path, "target": str(target), "exists": True} for path, target in links.items()
    ]
    assert (row(repo)["weights"], row(repo)["only_copy"]) == ("link", False)
    assert [one["fix"] for one in row(repo)["attention"]] == [None]
    shutil.rmtree(snapshot.parent.parent)
    (root / "bert/weights-without-an-ending").symlink_to("/nowhere")
    shown = repo.pmgit("status").out
    for path in (*links, "pretrained_model/bert/config.json"):
        assert f"{path}: is a link that leads to nothing: {snapshot}" in shown
    assert "bert/weights-without-an-ending: is a link that leads to nothing: /nowhere" in shown
    assert row(repo)["weights"] == "link"
    assert repo.pmgit("status", "bert", "--format", "json").json["links"] != []


def test_a_cache_of_the_hub_in_the_models_folder_is_a_model(repo: Repo) -> None:
    snapshot = in_hub_cache(repo.path / "pretrained_model")
    entry = "pretrained_model/models--org--name"
    found = row(repo, entry)
    assert (found["weights"], found["only_copy"]) == ("not locked", False)
    assert repo.pmgit("status", "--format", "json").json["links"] == []
    (snapshot.parent.parent / "blobs" / ("a" * 64)).unlink()
    [link] = repo.pmgit("status", "--format", "json").json["links"]
    assert (link["path"].endswith("/model.safetensors"), link["exists"]) == (True, False)


def test_a_models_folder_that_is_a_link_is_named(repo: Repo) -> None:
    shared = repo.path.parent / "shared"
    shared.mkdir()
    (repo.path / "pretrained_model").symlink_to(shared)
    shown = repo.pmgit("status").out
    assert f"pretrained_model: is a link that leads out of the models folders: {shared}" in shown


def test_the_only_copy_of_a_model_is_named_and_git_lfs_keeps_it(repo: Repo) -> None:
    repo.env["PMGIT_LFS_SETUP_PROOF"] = "0"
    repo.write(WEIGHTS, 300_000)
    set_up(repo, "--hooks", "none")
    repo.git("add", "-A")
    assert repo.pmgit("add", MODEL).code == 0
    assert row(repo)["only_copy"]
    shown = repo.pmgit("status").out
    assert f"{MODEL}: cannot be fetched again: this folder is the only copy" in shown
    [line] = [one for one in shown.splitlines() if one.startswith("fix: ")]
    # The kit's `paste` lets no file change; pmgit's lines of .gitignore and .pmgit.toml do.
    assert repo.sh(line.removeprefix("fix: ")).code == 0
    found = row(repo)
    assert (found["only_copy"], found["in_lfs"], found["in_git"]) == (False, 300_000, 0)
    assert not any("only copy" in message for message in messages(repo))


def test_what_can_be_fetched_or_is_in_git_or_not_here_is_no_only_copy(repo: Repo) -> None:
    source = "https://huggingface.co/google-bert/bert-base-uncased"
    names = {f"pretrained_model/{name}" for name in ("described", "in-git", "cloned-away")}
    for name in names:
        repo.write(f"{name}/model.pt", 3000)
    repo.add_info("pretrained_model/described", source)
    repo.git("add", "-f", "pretrained_model/in-git")
    assert repo.pmgit("add", "pretrained_model/cloned-away").code == 0
    (repo.path / "pretrained_model/cloned-away/model.pt").unlink()
    assert {name for name in names if row(repo, name)["only_copy"]} == set()


def test_names_with_escapes_do_not_reach_the_terminal(repo: Repo) -> None:
    repo.write("pretrained_model/b\x1b[31mad/model.pt", 3000)
    for command in ("status", "verify"):
        shown = repo.pmgit(command)
        assert "\x1b[31m" not in shown.out + shown.err
        assert shown.code in (0, 1)


def test_a_bare_repository_has_no_work_tree_to_look_at(repo: Repo) -> None:
    bare = Repo(repo.path.parent / "bare.git", repo.env, init=("--bare",))
    for command in ("status", "verify"):
        assert bare.pmgit(command).code == 3
