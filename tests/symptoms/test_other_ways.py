"""Commands for errors that are not about a refused file: each in the situation it is meant for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit import Repo, pointer, weights_bytes
from tests.lfs_install import install_lfs
from tests.lfs_server import LfsServer
from tests.made_once import made_once
from tests.symptoms.reading import explain, way

NAME = "a b'c$.bin"
CONTENT = weights_bytes(3000)


class SmallServer(LfsServer):
    """A Git LFS server that takes no object of over 2000 bytes, in GitHub's words."""

    def batch(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = super().batch(request)
        for entry in answer["objects"]:
            if entry["size"] > 2000 and request["operation"] == "upload":
                message = "Size must be less than or equal to 2147483648"
                entry.pop("actions", None)
                entry["error"] = {"code": 422, "message": message}
        return answer


@pytest.fixture
def committed(repo: Repo) -> Repo:
    """A repository with Git LFS for *.bin and a bare remote."""
    return made_once(repo, _committed)


def _committed(repo: Repo) -> None:
    repo.add_remote()
    install_lfs(repo)
    repo.stage(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.commit()
    repo.git("push", "-q", "-u", "origin", "main")


def test_an_object_that_is_too_large(committed: Repo) -> None:
    with SmallServer() as server:
        committed.git("config", "lfs.url", server.url)
        committed.stage_all({NAME: CONTENT, "b.txt": "b\n"})
        committed.commit()
        refused = committed.run(["git", "push"])
        assert refused.code != 0
        shown = explain(committed, refused.out + refused.err)
        assert shown.out.startswith("The object is too large for Git LFS at GitHub\n")
        named = committed.sh(way(shown, "see more"))
        assert named.out.rstrip().endswith(NAME)
        line = way(shown, "take it out of the last commit")
        assert " -- FILE " in line  # the server names the object, not the file
        done = committed.sh(line.replace("FILE", '"a b\'c\\$.bin"'))
        assert done.code == 0, done
        assert committed.run(["git", "push"]).code == 0
        assert (committed.path / NAME).read_bytes() == CONTENT


def test_weights_that_are_pointers(committed: Repo, tmp_path: Path) -> None:
    with LfsServer() as server:
        committed.git("config", "-f", ".lfsconfig", "lfs.url", server.url)
        committed.git("add", ".lfsconfig")
        committed.stage(NAME, CONTENT)
        committed.commit()
        committed.git("push", "-q")
        # Cloned on a machine without git-lfs.
        committed.git("clone", "-q", str(tmp_path / "remote.git"), str(tmp_path / "clone"))
        clone = Repo(tmp_path / "clone", committed.env, init=None)
        assert (clone.path / NAME).read_bytes() == pointer(CONTENT)
        shown = explain(clone, "_pickle.UnpicklingError: invalid load key, 'v'.\n")
        assert "error:   lfs-filter" in clone.sh(way(shown, "see more")).out
        done = clone.sh(way(shown, "in the clone that the file is from"))
        assert done.code == 0, done
        assert (clone.path / NAME).read_bytes() == CONTENT

        quota = explain(clone, f"fatal: {NAME}: smudge filter lfs failed\nis over its data quota")
        part = quota.out.partition("only some of the objects:\n  ")[2].partition("\n")[0]
        (clone.path / NAME).unlink()
        done = clone.sh(part.replace("FILE", "'a b*.bin'"))
        assert done.code == 0, done
        assert (clone.path / NAME).read_bytes() == CONTENT


def test_a_branch_that_a_ruleset_protects(committed: Repo) -> None:
    committed.commit("work", "--allow-empty")
    shown = explain(committed, "remote: error: GH013: Repository rule violations found for x\n")
    done = committed.sh(way(shown, "changes must come through a pull request"))
    assert done.code == 0, done
    assert "refs/heads/my-change" in committed.git("ls-remote", "origin")


def test_ignored_weights_of_a_new_work_tree(repo: Repo) -> None:
    repo.write(".gitignore", "*.safetensors\n")
    repo.write("pretrained_model/bert/model.safetensors", CONTENT)
    assert repo.pmgit("add", "pretrained_model/bert").code == 0
    repo.git("add", ".")
    repo.commit()
    repo.git("worktree", "add", "-q", "../side")
    side = Repo(repo.path.parent / "side", repo.env, init=None)
    text = "Error no file named model.safetensors found in directory pretrained_model/bert."
    shown = explain(side, text)
    assert "missing" in side.sh(way(shown, "see more")).out
    assert side.sh(way(shown, "the model has a pmgit.lock")).code == 0
    assert (side.path / "pretrained_model/bert/model.safetensors").read_bytes() == CONTENT


def test_commits_that_a_server_does_not_replace(committed: Repo, tmp_path: Path) -> None:
    server = Repo(tmp_path / "remote.git", committed.env, init=None)
    server.git("config", "receive.denyNonFastForwards", "true")
    committed.git("commit", "-q", "--amend", "--allow-empty", "-m", "made anew")
    refused = committed.run(["git", "push", "--force"])
    assert refused.code != 0
    shown = explain(committed, refused.out + refused.err)
    assert shown.out.startswith("The server lets nobody replace the commits of this branch\n")
    assert committed.sh(way(shown, "replace nothing")).code == 0
    assert "refs/heads/my-change" in committed.git("ls-remote", "origin")
    line = way(shown, "when it is allowed")
    assert committed.sh(line).code != 0
    # As the text says, wherever its lines end.
    words = " ".join(shown.out.split())
    server.git(*words.split("on a server of your own with git ")[1].split(". ")[0].split())
    done = committed.sh(line)
    assert done.code == 0, done
    assert server.git("rev-parse", "main") == committed.git("rev-parse", "main")


def test_a_warning_of_github(repo: Repo) -> None:
    repo.stage(NAME, CONTENT)
    repo.commit()
    shown = explain(
        repo,
        f"remote: warning: File {NAME} is 60.26 MB; this is larger than GitHub's recommended"
        " maximum file size of 50.00 MB\n",
    )
    done = repo.sh(way(shown, "from the next commit on"))
    assert done.code == 0, done
    assert repo.blob(NAME, "HEAD") == pointer(CONTENT)
    assert (repo.path / NAME).read_bytes() == CONTENT


def test_blobs_that_gitlab_names_by_their_ids(repo: Repo) -> None:
    repo.stage(NAME, CONTENT)
    repo.commit()
    oid = repo.git("rev-parse", f"HEAD:{NAME}").strip()
    text = "remote: GitLab: You are attempting to check in one or more files which exceed the limit"
    shown = explain(repo, f"{text}:\nremote: - {oid} (123 MiB)\n")
    assert repo.sh(way(shown, "see more")).out == f"{oid} {NAME}\n"


def test_a_file_that_dvc_does_not_take(repo: Repo) -> None:
    repo.stage("models/a b.pt", CONTENT)
    repo.commit()
    text = "ERROR:  output 'models/a b.pt' is already tracked by SCM (e.g. Git).\n"
    done = repo.sh(way(explain(repo, text), "stop tracking it in Git"))
    assert done.code == 0, done
    assert repo.staged() == []
    assert (repo.path / "models/a b.pt").read_bytes() == CONTENT


def test_a_page_instead_of_weights(repo: Repo) -> None:
    repo.write("FILE", "<!doctype html><title>Sign in</title>\n")
    shown = explain(repo, "_pickle.UnpicklingError: invalid load key, '<'.\n")
    assert "Sign in" in repo.sh(way(shown, "see what it says")).out
