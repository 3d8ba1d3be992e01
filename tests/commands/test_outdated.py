"""`pmgit outdated`: a source is asked, and what it says is told file by file.

With updates of the same models in test_update.py; here is what is its own.
"""

from __future__ import annotations

from tests.hub_server import HubServer
from tests.kit import Repo, weights_bytes


def test_models_of_this_disk_are_not_asked_for(repo: Repo) -> None:
    repo.write("pretrained_model/mine/model.pt", 3000)
    assert repo.pmgit("add", "pretrained_model/mine").code == 0
    shown = repo.pmgit("outdated")
    assert (shown.code, shown.out) == (0, "no model here has a lock with a source to ask\n")


def test_a_repository_without_models_is_no_success_of_nothing(repo: Repo) -> None:
    for command in (("outdated",), ("pull",), ("verify",), ("verify", "--load"), ("status",)):
        shown = repo.pmgit(*command)
        assert (shown.code, shown.err) == (0, ""), command
        assert shown.out.startswith("no model: put one below the models folder"), command


def test_the_document_names_what_differs(repo: Repo) -> None:
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        first = hub.add("org/m", {"model.safetensors": weights_bytes(2000), "a.json": b"{}"})
        assert repo.pmgit("add", "org/m", "--yes").code == 0
        second = hub.add("org/m", {"model.safetensors": weights_bytes(3000), "b.json": b"{}"})
        shown = repo.pmgit("outdated", "--format", "json")
        assert shown.code == 1
        assert shown.json == {
            "pretrained_model/m": {
                "locked": first, "now": second, "new": ["b.json"], "gone": ["a.json"],
                "changed": ["model.safetensors"],
            }
        }  # fmt: skip
