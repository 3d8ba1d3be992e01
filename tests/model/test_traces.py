"""Traces of the Hub's client: its own downloads, its cache, and links into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.model.traces import of_links, snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
ENTRY = "/home/me/.cache/huggingface/hub/models--google-bert--bert-base-uncased"
BERT = "google-bert/bert-base-uncased"


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([], ("", "")),
        ([f"{ENTRY}/snapshots/{COMMIT}/config.json"], (BERT, COMMIT)),
        ([f"{ENTRY}/snapshots/{COMMIT}"], (BERT, COMMIT)),
        (["../../hub/models--gpt2/snapshots/" + COMMIT + "/onnx/model.onnx"], ("gpt2", COMMIT)),
        ([f"{ENTRY}/blobs/{'a' * 64}"], (BERT, "")),
        ([f"{ENTRY}/blobs/{'a' * 64}", f"{ENTRY}/snapshots/{COMMIT}/x"], (BERT, COMMIT)),
        ([f"{ENTRY}/snapshots/{COMMIT}/x", f"{ENTRY}/snapshots/{'1' * 40}/y"], (BERT, "")),
        ([f"{ENTRY}/blobs/x", "/hub/models--gpt2/blobs/x"], ("", "")),
        (["/data/weights.bin", f"{ENTRY}/snapshots/{COMMIT}/x"], (BERT, COMMIT)),
        ([ENTRY, f"{ENTRY}/refs/main", "models--", "models--/blobs/x"], ("", "")),
        (["/hub/models--a--b--c/blobs/x", "/hub/models--..--x/blobs/y"], ("", "")),
        (["/hub/models--a\n--b/blobs/x", "/hub/datasets--a--b/blobs/x"], ("", "")),
        ([f"{ENTRY}/snapshots/main/x"], (BERT, "")),
    ],
)
def test_links_name_repository_and_commit(targets: list[str], expected: tuple[str, str]) -> None:
    assert of_links(targets) == expected


def test_the_commit_of_the_main_branch_of_several_snapshots(tmp_path: Path) -> None:
    entry = tmp_path / "models--gpt2"
    for commit in (COMMIT, "1" * 40):
        (entry / "snapshots" / commit).mkdir(parents=True)
    assert snapshot_of(str(entry)) == ("", {})
    (entry / "refs").mkdir()
    (entry / "refs/main").write_text(COMMIT)
    (entry / "snapshots" / COMMIT / "config.json").write_text("{}")
    assert snapshot_of(str(entry)) == (
        COMMIT, {"config.json": str(entry / "snapshots" / COMMIT / "config.json")}
    )  # fmt: skip
    (entry / "refs/main").write_text("../../outside")
    assert snapshot_of(str(entry)) == ("", {})
