"""Tags that bring weights: refused by both hooks, and made right by the printed plan."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_ways_round import (
    BIG,
    HOOKS,
    SERVERS,
    STORAGES,
    WEIGHTS,
    Ways,
    made,
    plans,
    push,
    ways,
    without_filter,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

__all__ = ["made", "ways"]

#: A blob is judged under the name of its tag.
NAME = "model.safetensors"
#: For what is about names, whatever happens to the weights.
one_storage = pytest.mark.parametrize("ways", ["ignore"], indirect=True)
SIGNED = "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAA\n-----END SSH SIGNATURE-----\n"


def tag(repo: Repo, kind: str, name: str, target: str) -> None:
    if kind == "light":
        repo.git("tag", name, target)
        return
    repo.git("tag", "-a", "-m", "The first\n\nof many", name, target)
    if kind == "signed":
        text = repo.git("cat-file", "tag", name) + SIGNED
        oid = repo.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=text.encode()).strip()
        repo.git("update-ref", f"refs/tags/{name}", oid)


def weights_on_remote(ways: Ways) -> int:
    names = ways.remote.git("rev-list", "--objects", "--no-object-names", "--all")
    sizes = ways.remote.git("cat-file", "--batch-check=%(objectsize)", stdin=names.encode()).split()
    return max(map(int, sizes))


@pytest.mark.parametrize(
    ("where", "kind", "server", "ways"),
    [
        ("branch", "light", "pre-push", "lfs"),
        ("alone", "annotated", "pre-receive", "ignore"),
        ("branch", "signed", "pre-receive", "lfs"),
        ("alone", "signed", "pre-push", "ignore"),
    ],
    indirect=["ways"],
)
def test_a_tag_is_made_anew(where: str, kind: str, server: str, ways: Ways) -> None:
    repo = ways.repo
    without_filter(ways)
    if where == "alone":
        repo.git("checkout", "-q", "--detach")
    ways.add_weights()
    ways.text("b.txt")
    tag(repo, kind, "v1", "HEAD")
    repo.git("tag", "other", "HEAD~1")
    value = repo.git("rev-parse", "v1").strip()
    tip = repo.git("rev-parse", "HEAD").strip()
    if where == "alone":
        repo.git("checkout", "-q", "main")
    before, files, head = ways.history("v1"), repo.contents(), repo.git("rev-parse", "HEAD")

    refused = push(ways, server, "v1")
    assert refused.code != 0, refused
    (fix,) = plans(refused)
    assert re.search(r"pmgit fix --range refs/tags/v1\b", fix), fix
    done = repo.sh_at_terminal(fix)
    assert done.code == 0, (fix, done)
    assert ("1 signature of the old content left out" in done.out) is (kind == "signed")
    accepted = push(ways, server, "v1")
    assert accepted.code == 0, accepted
    assert weights_on_remote(ways) < 10_000
    # Nothing else has moved, and the tag says what it said.
    assert repo.git("rev-parse", "HEAD") == head
    assert repo.git("rev-parse", "other").strip() == repo.git("rev-parse", f"{tip}~1").strip()
    assert not files - repo.contents()
    assert ways.history("v1") == before
    assert repo.git("cat-file", "-t", "v1").strip() == ("commit" if kind == "light" else "tag")
    if kind != "light":
        old, new = (
            re.sub(r"^object .*\n", "", repo.git("cat-file", "tag", name).split("-----BEGIN")[0])
            for name in (value, "v1")
        )
        assert new == old
    # And there is a way back.
    backup = f"refs/pmgit/backup/{value[:12]}-tag/v1"
    assert repo.git("rev-parse", backup).strip() == value
    back = repo.pmgit("fix", "--undo", "--range", "refs/tags/v1")
    assert back.code == 0, back
    assert repo.git("rev-parse", "v1").strip() == value
    assert repo.run(["git", "rev-parse", "-q", "--verify", backup]).code == 1
    again = repo.pmgit("fix", "--undo", "--range", "refs/tags/v1")
    assert "nothing to undo" in again.out, again


@pytest.mark.parametrize(
    ("what", "kind", "server", "ways"),
    [
        ("blob", "light", "pre-push", "ignore"),
        ("blob", "annotated", "pre-receive", "lfs"),
        ("tree", "light", "pre-receive", "ignore"),
        ("tree", "annotated", "pre-push", "lfs"),
    ],
    indirect=["ways"],
)
def test_a_tag_on_a_blob_or_a_tree(what: str, kind: str, server: str, ways: Ways) -> None:
    repo = ways.repo
    without_filter(ways)
    repo.write("src.py", "import bert\n")
    ways.add_weights()
    target = f"HEAD:{WEIGHTS}" if what == "blob" else "HEAD^{tree}"
    tag(repo, kind, NAME, target)
    value = repo.git("rev-parse", NAME).strip()
    repo.git("reset", "-q", "--hard", "HEAD~1")
    refused = push(ways, server, "main", NAME)
    assert refused.code != 0, refused
    (fix,) = plans(refused)
    done = repo.sh_at_terminal(fix)
    assert done.code == 0, (fix, done)
    assert repo.run(["git", "rev-parse", "-q", "--verify", NAME]).code == 1
    assert repo.git("rev-parse", f"refs/pmgit/backup/{value[:12]}-tag/{NAME}").strip() == value
    assert push(ways, server, "--tags", "main").code == 0
    # The backup has everything.
    oid = repo.git("hash-object", "--stdin", stdin=BIG).strip()
    assert repo.run(["git", "cat-file", "-e", oid]).code == 0


@pytest.mark.parametrize(
    ("server", "ways"), [*zip(SERVERS, STORAGES, strict=True)], indirect=["ways"]
)
def test_branch_and_tags_at_once(server: str, ways: Ways) -> None:
    """Plan by plan, until the push passes: nothing is left that brings weights."""
    repo = ways.repo
    without_filter(ways)
    ways.add_weights()
    repo.git("tag", "one")
    ways.text("b.txt")
    tag(repo, "annotated", "two", "HEAD")
    told: list[str] = []
    for _ in range(5):
        done = push(ways, server, "--tags", "main")
        if done.code == 0:
            break
        for fix in plans(done):
            pasted = repo.sh_at_terminal(fix)
            assert pasted.code == 0, (fix, done)
            told.append(pasted.out)
    else:
        pytest.fail("it never passed")
    assert weights_on_remote(ways) < 10_000
    assert any("the tag two has old ones: pmgit fix --range refs/tags/two" in t for t in told)
    # What shares commits still shares them.
    assert repo.git("rev-parse", "two^{commit}") == repo.git("rev-parse", "two^0")
    assert repo.run(["git", "merge-base", "--is-ancestor", "one", "two"]).code == 0


@one_storage
def test_a_tag_of_a_tag_is_refused(ways: Ways) -> None:
    repo = ways.repo
    without_filter(ways)
    ways.add_weights()
    tag(repo, "annotated", "inner", "HEAD")
    tag(repo, "annotated", "outer", "inner")
    done = repo.pmgit("fix", "--yes", "--range", "refs/tags/outer")
    assert done.code == 3, done
    assert "a tag of a tag" in done.err
    none = repo.pmgit("fix", "--yes", "--range", "refs/tags/gone")
    assert (none.code, none.err.splitlines()[0]) == (2, "pmgit: no tag 'gone'")


@one_storage
def test_what_is_judged_at_the_tip_of_a_tag(ways: Ways) -> None:
    """A new commit alone would not move it."""
    repo = ways.repo
    repo.stage("pretrained_model/new/vocab.txt", "a\nb\n")
    repo.stage("pretrained_model/new/x.pt", b"")
    repo.stage("pretrained_model/bad name/vocab.txt", "a\n")
    repo.git("commit", "-q", "--no-verify", "-m", "x")
    repo.git("tag", "v1")
    refused = push(ways, "pre-push", "v1")
    assert refused.code != 0, refused
    assert "move the tag there: git tag -f v1" in refused.out + refused.err
    assert plans(refused) == []


@one_storage
def test_a_tag_and_a_branch_with_names_alike(ways: Ways) -> None:
    """Each has a backup of its own, and its own way back."""
    repo = ways.repo
    without_filter(ways)
    repo.git("switch", "-q", "-c", "tags/v1")
    ways.add_weights()
    ways.text("b.txt")
    tag(repo, "annotated", "v1", "HEAD")
    repo.git("tag", "tags/v1")
    before = {name: repo.git("rev-parse", name) for name in ("refs/heads/tags/v1", "refs/tags/v1")}
    for asked in ("tags/v1", "refs/tags/v1", "refs/tags/tags/v1"):
        done = repo.pmgit("fix", "--yes", "--range", asked, "tracked-weights", "missing-pointer")
        assert done.code == 0, (asked, done)
    assert repo.pmgit("fix", "--undo").code == 0
    assert repo.pmgit("fix", "--undo", "--range", "refs/tags/v1").code == 0
    assert {name: repo.git("rev-parse", name) for name in before} == before


@pytest.mark.parametrize(
    ("kind", "name", "server", "ways"),
    [
        ("heads", "release/HEAD", "pre-receive", "lfs"),
        ("heads", "HEAD", "pre-push", "ignore"),
        ("tags", "refs/tags/x", "pre-receive", "ignore"),
        ("tags", "HEAD", "pre-push", "lfs"),
    ],
    indirect=["ways"],
)
def test_odd_names(kind: str, name: str, server: str, ways: Ways) -> None:
    repo = ways.repo
    without_filter(ways)
    ways.add_weights()
    ways.text("b.txt")
    ref = f"refs/{kind}/{name}"
    repo.git("update-ref", ref, "HEAD")
    repo.git("reset", "-q", "--hard", "origin/main")
    refused = push(ways, server, f"{ref}:{ref}")
    assert refused.code != 0, refused
    (fix,) = plans(refused)
    done = repo.sh_at_terminal(fix)
    assert done.code == 0, (fix, done)
    accepted = push(ways, SERVERS[1], f"{ref}:{ref}")
    assert accepted.code == 0, accepted


@one_storage
def test_pushed_under_another_name(ways: Ways) -> None:
    """A server knows the name that it got: what is here under it, or how to name what is."""
    repo = ways.repo
    without_filter(ways)
    repo.git("checkout", "-q", "--detach")
    ways.add_weights()
    ways.text("b.txt")
    repo.git("tag", "mine")
    repo.git("checkout", "-q", "main")
    # Only a tag has it, and it is pushed as a branch.
    refused = push(ways, "pre-receive", "mine:refs/heads/x")
    (fix,) = plans(refused)
    assert repo.sh_at_terminal(fix).code == 0, fix
    assert push(ways, "pre-receive", "mine:refs/heads/x").code == 0
    # The other way round, there is no such tag here.
    repo.git("switch", "-q", "-c", "b")
    ways.add_weights()
    (fix,) = plans(push(ways, "pre-receive", "b:refs/tags/v1"))
    done = repo.sh(f"{fix} --yes")
    assert done.code == 2, done
    assert "no tag 'v1'" in done.err
    assert "something else was pushed under this name" in done.err
    # No branch and no tag has it at all.
    tip = repo.git("rev-parse", "b").strip()
    repo.git("switch", "-q", "main")
    repo.git("branch", "-q", "-D", "b")
    (fix,) = plans(push(ways, "pre-receive", f"{tip}:refs/heads/y"))
    done = repo.sh(f"{fix} --yes")
    assert f"git branch NAME {tip[:12]}" in done.err, done


@one_storage
def test_what_another_remote_has_is_not_passed_over(ways: Ways, tmp_path: Path) -> None:
    repo = ways.repo
    without_filter(ways)
    repo.git("init", "-q", "--bare", str(tmp_path / "other.git"))
    repo.git("remote", "rename", "origin", "guard")
    repo.git("remote", "add", "origin", str(tmp_path / "other.git"))
    repo.git("switch", "-q", "-c", "b")
    ways.add_weights()
    ways.text("b.txt")
    repo.git("push", "-q", "--no-verify", "origin", "b")
    hook = ways.remote.path / "hooks/pre-receive"
    hook.parent.mkdir()
    shutil.copy(HOOKS / "pre-receive", hook)
    refused = repo.run(["git", "push", "--no-verify", "guard", "b"])
    (fix,) = plans(refused)
    done = repo.sh(f"{fix} --yes")
    assert done.code == 2, done
    assert "origin has" in done.err
    assert "pmgit fix --remote NAME --range b" in done.err
    # The hook in the clone knows the remote.
    (fix,) = plans(repo.run(["git", "push", "guard", "b"]))
    assert fix.startswith("pmgit fix --remote guard "), fix
    done = repo.sh_at_terminal(fix)
    assert done.code == 0, done
    assert "everybody who has fetched origin/b keeps the old ones" in done.out
    assert repo.run(["git", "push", "guard", "b"]).code == 0
    none = repo.pmgit("fix", "--remote", "nobody")
    assert (none.code, none.err.splitlines()[0]) == (2, "pmgit: no remote 'nobody'")
