"""The doctor names weights that are raw in Git."""

from __future__ import annotations

from tests.kit import Repo, pointer, random_bytes

BERT = "pretrained_model/bert"


def said(repo: Repo) -> list[tuple[str, str]]:
    checks = repo.pmgit("doctor", "--format", "json").json["checks"]
    return [(c["status"], c["evidence"]) for c in checks if c["name"] == "raw-weights"]


def test_they_are_named_with_their_size(repo: Repo) -> None:
    repo.stage(f"{BERT}/model.safetensors", 3_000)
    repo.stage("ckpt/best.pt", 2_000_000)
    repo.stage("pretrained_model/gpt/notes.txt", random_bytes(300_000))
    repo.stage("pretrained_model/t5/model.safetensors", pointer(b"x"))
    repo.stage("pretrained_model/t5/tokenizer.json", "{}\n")
    repo.stage("data.csv", 11_000_000)
    repo.commit()
    names = f"ckpt/best.pt, {BERT}/model.safetensors, pretrained_model/gpt/notes.txt"
    evidence = f"3 files of weights are raw in Git (2.3 MB): {names}"
    assert said(repo) == [("warning", evidence)]
    shown = repo.pmgit("doctor")
    assert "pmgit check --all; what old commits hold: pmgit history" in shown.out
    # What is forgiven is named as well, and no warning.
    assert repo.pmgit("baseline").code == 0
    assert said(repo) == [("ok", f"{evidence}; .pmgit-baseline forgives it")]


def test_raw_where_the_attributes_ask_for_a_pointer(lfs_repo: Repo) -> None:
    content = random_bytes(3_000)
    lfs_repo.stage_blob(f"{BERT}/model.safetensors", content)
    lfs_repo.write(f"{BERT}/model.safetensors", content)
    ((status, evidence),) = said(lfs_repo)
    assert (status, "1 file of weights is raw in Git (3.0 kB)" in evidence) == ("warning", True)
    assert lfs_repo.pmgit("lfs-setup", "--no-proof").code == 0
    assert said(lfs_repo) == []


def test_nothing_is_said_of_none(repo: Repo) -> None:
    repo.write(f"{BERT}/model.safetensors", 3_000)
    assert repo.pmgit("gitignore").code == 0
    repo.add_info(BERT)
    assert said(repo) == []
