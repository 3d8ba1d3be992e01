"""Trees that Git would not write: refused with the reason, wherever commits are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.push_server import Server
from tests.e2e.test_pre_receive import server
from tests.kit import weights_bytes

if TYPE_CHECKING:
    from tests.kit import Repo

__all__ = ["server"]

MODEL = "pretrained_model/x"
Entry = tuple[str, str, str]  # mode, name, id


@pytest.fixture
def clone(server: Server) -> Repo:
    """A clone that knows what its server has, with a model and a file below another folder."""
    clone = server.clone
    clone.git("remote", "add", "origin", str(server.path))
    clone.add_info(MODEL)
    clone.stage("data/m.bin", 2000)
    clone.commit()
    server.accepted("main")
    clone.git("fetch", "-q", "origin")
    return clone


def blob(clone: Repo) -> str:
    """The id of weights that are small enough for any place outside of a model."""
    return clone.git("hash-object", "-w", "--stdin", stdin=weights_bytes(3000)).strip()


def tree(clone: Repo, *entries: Entry) -> str:
    """Write these entries as they are."""
    data = b"".join(
        f"{mode} {name}".encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(oid)
        for mode, name, oid in entries
    )
    words = ("hash-object", "-t", "tree", "--literally", "-w", "--stdin")
    return clone.git(*words, stdin=data).strip()


def old(clone: Repo) -> dict[str, Entry]:
    """The entries of the top of main, by name."""
    lines = clone.git("ls-tree", "origin/main").splitlines()
    found = (line.replace("\t", " ").split(" ") for line in lines)
    return {name: (mode.lstrip("0"), name, oid) for mode, _, oid, name in found}


def commit(clone: Repo, *entries: Entry, parent: str = "origin/main") -> str:
    return clone.git("commit-tree", "-p", parent, "-m", "odd", tree(clone, *entries)).strip()


def odd(clone: Repo) -> dict[str, str]:
    """Commits with trees that hide a file, by what is wrong with them."""
    data = blob(clone)
    was = old(clone)
    weights = ("100644", "model.safetensors", data)
    below = tree(clone, ("40000", "x", tree(clone, weights)))
    rest = [was[name] for name in sorted(was) if name != "pretrained_model"]
    mine, other = was["pretrained_model"], ("40000", "pretrained_model", below)
    backwards = tree(clone, ("100644", "b", data), ("100644", "a", data))
    trees = {
        "slash": [("100644", f"{MODEL}/model.safetensors", data)],
        "slash beside the folder": [*rest, mine, ("100644", f"{MODEL}/model.safetensors", data)],
        "slash in a folder": [("40000", MODEL, tree(clone, weights))],
        "slash that hides a folder": [*rest, ("100644", "pretrained_model/a", data)],
        "dot": [("100644", ".", data), *rest, mine],
        "dots": [("40000", "..", below), *rest, mine],
        "git": [("40000", ".GIT", below), *rest, mine],
        "twice": [*rest, other, mine],
        "file and folder": [*rest, ("100644", "pretrained_model", data), other],
        "order": [*rest[1:], other, rest[0]],
        "order of a new folder": [*rest, mine, ("40000", "z", backwards)],
    }
    return {what: commit(clone, *entries) for what, entries in trees.items()}


def test_they_are_refused_with_the_reason(server: Server, clone: Repo) -> None:
    for number, (what, oid) in enumerate(odd(clone).items()):
        told = server.refused(f"{oid}:refs/heads/odd")
        assert f"the pushed {oid[:12]} has a tree that Git itself would not write: " in told, what
        # In the clone: of the whole range, or of a push. Git refuses names that no checkout writes.
        if number % 2:
            done = clone.pmgit("check", "--range", f"origin/main..{oid}")
        else:
            line = f"refs/heads/odd {oid} refs/heads/odd {'0' * 40}\n".encode()
            done = clone.hook("pre-push", "origin", "x", stdin=line)
        assert done.code == 3, (what, done)
        assert "Git itself would not write" in done.err or "invalid path" in done.err, what
        if number % 3 == 0:
            # A tag on the tree alone; where both folders are new, what is checked out is told.
            told = server.refused(f"{oid}^{{tree}}:refs/tags/odd")
            assert "would not write" in told or f"{MODEL}/model.safetensors: " in told, what


def test_what_is_there_already_can_be_mended(server: Server, clone: Repo) -> None:
    """A history that has one is no reason to refuse what comes after it."""
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    was = old(clone)
    wrong = sorted(was.values(), key=lambda entry: entry[1], reverse=True)
    dotted = [("100644", ".git", blob(clone)), *sorted(was.values(), key=lambda entry: entry[1])]
    starts = [commit(clone, *entries) for entries in (wrong, dotted)]
    for number, oid in enumerate(starts):
        server.accepted(f"{oid}:refs/heads/odd{number}")
    away.rename(hook)
    for number, oid in enumerate(starts):
        right = clone.git("rev-parse", "origin/main^{tree}").strip()
        mended = clone.git("commit-tree", "-p", oid, "-m", "mend", right).strip()
        server.accepted(f"{mended}:refs/heads/odd{number}")
        clone.git("switch", "-q", "--detach", mended)
        clone.stage(f"{MODEL}/model.safetensors", 3000)
        clone.commit()
        assert "tracked-weights" in server.refused(f"HEAD:refs/heads/odd{number}")


def test_modes_with_zeros_in_front(server: Server, clone: Repo) -> None:
    """As foreign tools have written them: judged, accepted, and made anew."""
    was = old(clone)

    def padded(below: str) -> list[Entry]:
        entries = [*was.values(), ("040000", "pretrained_model", below), ("0100644", "z", data)]
        kept = {name: (mode.rjust(6, "0"), name, oid) for mode, name, oid in entries}
        return [kept[name] for name in sorted(kept)]

    data = blob(clone)
    info = clone.git("rev-parse", f"origin/main:{MODEL}/INFO.md").strip()
    described: Entry = ("100644", "INFO.md", info)
    fine = tree(clone, ("040000", "x", tree(clone, described, ("0100644", "vocab.txt", data))))
    server.accepted(f"{commit(clone, *padded(fine))}:refs/heads/fine")
    bad = tree(
        clone, ("040000", "x", tree(clone, described, ("0100644", "model.safetensors", data)))
    )
    oid = commit(clone, *padded(bad))
    told = server.refused(f"{oid}:refs/heads/bad")
    assert f"{MODEL}/model.safetensors: tracked-weights" in told
    clone.git("update-ref", "refs/heads/bad", commit(clone, *padded(fine), parent=oid))
    done = clone.pmgit("fix", "--yes", "--range", "bad", "tracked-weights")
    assert "bad: 2 commits made anew" in done.out, done
    assert f"{MODEL}/model.safetensors" not in clone.git("ls-tree", "-r", "bad~1")
    server.accepted("bad")
