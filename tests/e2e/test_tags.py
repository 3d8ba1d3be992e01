"""Tags that bring weights: refused by both hooks, and made right by the printed plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.test_ways_round import (
    BIG,
    SERVERS,
    WEIGHTS,
    Ways,
    made,
    plans,
    push,
    ways,
    without_filter,
)

if TYPE_CHECKING:
    from tests.kit import Repo

__all__ = ["made", "ways"]

#: A blob is judged under the name of its tag.
NAME = "model.safetensors"
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


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("kind", ["light", "annotated", "signed"])
@pytest.mark.parametrize("where", ["branch", "alone"])
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
    backup = f"refs/pmgit/backup/{tip[:12]}/tags/v1"
    assert repo.git("rev-parse", backup).strip() == value
    back = repo.pmgit("fix", "--undo", "--range", "refs/tags/v1")
    assert back.code == 0, back
    assert repo.git("rev-parse", "v1").strip() == value
    assert repo.run(["git", "rev-parse", "-q", "--verify", backup]).code == 1
    again = repo.pmgit("fix", "--undo", "--range", "refs/tags/v1")
    assert "nothing to undo" in again.out, again


@pytest.mark.parametrize("kind", ["light", "signed"])
def test_the_git_commands_make_the_same_tag(kind: str, ways: Ways) -> None:
    repo = ways.repo
    without_filter(ways)
    ways.add_weights()
    ways.text("b.txt")
    tag(repo, kind, "v1", "HEAD")
    shown = repo.pmgit("fix", "--dry-run", "--range", "refs/tags/v1", "tracked-weights")
    lines = shown.out.splitlines()
    begin, end = lines.index("  ("), lines.index("  )")
    old = repo.git("rev-parse", "v1")
    script = "\n".join(line[2:] for line in lines[begin : end + 1])
    done = repo.sh(script)
    assert done.code == 0, (script, done)
    by_git = repo.git("rev-parse", "v1")
    assert by_git != old
    repo.git("update-ref", "refs/tags/v1", old.strip())
    assert repo.pmgit("fix", "--yes", "--range", "refs/tags/v1", "tracked-weights").code == 0
    assert repo.git("rev-parse", "v1") == by_git


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("kind", ["light", "annotated"])
@pytest.mark.parametrize("what", ["blob", "tree"])
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
    assert repo.git("rev-parse", f"refs/pmgit/backup/{value[:12]}/tags/{NAME}").strip() == value
    assert push(ways, server, "--tags", "main").code == 0
    # The backup has everything.
    oid = repo.git("hash-object", "--stdin", stdin=BIG).strip()
    assert repo.run(["git", "cat-file", "-e", oid]).code == 0


@pytest.mark.parametrize("server", SERVERS)
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
