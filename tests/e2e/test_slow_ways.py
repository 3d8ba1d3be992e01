"""Weights that come in several steps, each of which looks harmless."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests import contents
from tests.e2e.push_server import make_server, put_server
from tests.kit import isolated_environment, pointer

if TYPE_CHECKING:
    from tests.e2e.push_server import Server
    from tests.kit import Repo

LOOSE = "pretrained_model/w{}"
RANGE = "origin/main..main"


@cache
def _described() -> contents.Contents:
    """A clone that knows what its server has, with a model: on both sides, but for the address."""
    with TemporaryDirectory() as folder:
        top = Path(folder, "top")
        server = make_server(top, isolated_environment(Path(folder, "home")))
        server.clone.add_info("pretrained_model/bert")
        commit = server.clone.commit()
        server.accepted("main")
        server.clone.git("update-ref", "refs/remotes/origin/main", commit)
        return contents.read(top)


@pytest.fixture
def server(tmp_path: Path, env: dict[str, str]) -> Server:
    server = put_server(tmp_path, env, _described())
    with open(server.clone.path / ".git/config", "a", encoding="utf-8") as config:
        config.write(f'[remote "origin"]\n\turl = {server.path}\n')
        config.write("\tfetch = +refs/heads/*:refs/remotes/origin/*\n")
    return server


@pytest.fixture
def clone(server: Server) -> Repo:
    return server.clone


def refused(server: Server, rule: str) -> None:
    """By the server, and in the clone."""
    assert f": {rule}: " in server.refused("main")
    here = server.clone.pmgit("check", "--range", RANGE)
    assert here.code == 1, here
    assert f": {rule}: " in here.out


def test_what_was_no_weights_becomes_some(server: Server, clone: Repo) -> None:
    names = [LOOSE.format(before) for before in ("note", "empty", "link", "submodule")]
    clone.stage_all({names[0]: "note\n", names[1]: b""})
    clone.stage_blob(names[2], b"bert", "120000")
    oid = clone.git("rev-parse", "HEAD").strip()
    clone.git("update-index", "--add", "--cacheinfo", f"160000,{oid},{names[3]}")
    clone.commit()
    ignored = ("--ignore", "linked-model")
    assert clone.pmgit("check", "--range", RANGE, *ignored).code == 0
    for name in names:
        (clone.path / name).unlink(missing_ok=True)
    clone.stage_all(dict.fromkeys(names, 999_000))
    here = clone.hook("pre-commit", *ignored)
    assert here.code == 1, here
    clone.commit()
    for told in (here.out, server.refused("main"), clone.pmgit("check", "--range", RANGE).out):
        found = [
            line.split(": ")[0] for line in told.splitlines() if ": misplaced-weights:" in line
        ]
        assert sorted(found) == sorted(names), told


def test_loose_weights_that_were_there_are_a_warning(clone: Repo) -> None:
    clone.stage(LOOSE.format(".pt"), 900_000)
    clone.commit()
    clone.stage(LOOSE.format(".pt"), 910_000)
    assert clone.hook("pre-commit").code == 0


def test_from_loose_into_a_model_folder(server: Server, clone: Repo) -> None:
    clone.stage_all({f"pretrained_model/m{number}.safetensors": 99_000 for number in range(3)})
    clone.commit()
    for number in range(3):
        name = f"m{number}.safetensors"
        clone.git("mv", f"pretrained_model/{name}", f"pretrained_model/bert/{name}")
    assert "tracked-weights" in clone.rules()
    clone.commit()
    refused(server, "tracked-weights")


def test_from_a_text_into_a_model_folder(server: Server, clone: Repo) -> None:
    clone.stage_all({f"pretrained_model/p{number}.txt": 99_000 for number in range(3)})
    clone.commit()
    for number in range(3):
        new = f"pretrained_model/bert/model-{number}.safetensors"
        clone.git("mv", f"pretrained_model/p{number}.txt", new)
    assert "tracked-weights" in clone.rules()
    clone.commit()
    refused(server, "tracked-weights")


def test_loose_and_gone_again(server: Server, clone: Repo) -> None:
    clone.stage_all({f"pretrained_model/m{number}.safetensors": 99_000 for number in range(3)})
    clone.commit()
    clone.git("rm", "-q", "--cached", "-r", "pretrained_model")
    clone.add_info("pretrained_model/bert")
    clone.commit()
    refused(server, "tracked-weights")


def test_a_model_that_grows_and_is_renamed(server: Server, clone: Repo) -> None:
    clone.stage_all({f"pretrained_model/bert/p{number}.txt": 5_100_000 for number in (1, 2)})
    clone.commit()
    refused(server, "oversized-model")
    clone.git("mv", "pretrained_model/bert", "pretrained_model/bert-base")
    clone.commit()
    refused(server, "oversized-model")


def test_a_rename_of_what_was_there_is_free(server: Server, clone: Repo) -> None:
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    clone.stage_all({f"pretrained_model/bert/p{number}.txt": 5_100_000 for number in (1, 2)})
    clone.commit()
    server.accepted("main")
    away.rename(hook)
    clone.git("fetch", "-q", "origin")
    clone.git("mv", "pretrained_model/bert", "pretrained_model/bert-base")
    clone.commit()
    server.accepted("main")
    assert clone.pmgit("check", "--range", "origin/main..main").code == 0


def test_a_submodule_that_asks_not_to_be_looked_at(server: Server, clone: Repo) -> None:
    path = "pretrained_model/bert/s"
    # Without an address no clone can have it, so it is refused where it is seen.
    clone.stage(".gitmodules", f'[submodule "s"]\n\tpath = {path}\n\tignore = all\n')
    clone.commit()
    server.accepted("main")
    clone.git("fetch", "-q", "origin")
    clone.git("switch", "-q", "-c", "side")
    oid = clone.git("rev-parse", "HEAD").strip()
    clone.git("update-index", "--add", "--cacheinfo", f"160000,{oid},{path}")
    clone.commit()
    clone.git("switch", "-q", "main")
    clone.stage("a.txt", "a\n")
    clone.commit()
    clone.git("merge", "-q", "--no-verify", "--no-edit", "side")
    refused(server, "linked-model")


def test_a_pointer_that_was_the_target_of_a_link(server: Server, clone: Repo) -> None:
    """A model without INFO.md; and an object that nobody has ever uploaded."""
    clone.git("lfs", "install", "--local", "--force", "--skip-repo")
    clone.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    clone.commit()
    server.accepted("main")
    path = "pretrained_model/gpt/model.safetensors"
    text = pointer(b"never uploaded")
    oid = clone.git("hash-object", "-w", "--stdin", stdin=text).strip()
    clone.git("update-index", "--add", "--cacheinfo", f"120000,{oid},{path}")
    clone.git("commit", "-q", "--no-verify", "-m", "link")
    clone.git("push", "-q", "--no-verify", "origin", "main")
    clone.git("fetch", "-q", "origin")
    clone.git("update-index", "--cacheinfo", f"100644,{oid},{path}")
    assert clone.hook("pre-commit", "--select", "missing-info").code == 1
    clone.git("commit", "-q", "--no-verify", "-m", "file")
    line = f"refs/heads/main {clone.git('rev-parse', 'main').strip()} refs/heads/main "
    line += f"{clone.git('rev-parse', 'origin/main').strip()}\n"
    done = clone.hook(
        "pre-push",
        "origin",
        str(server.path),
        "--select",
        "absent-object",
        stdin=line.encode(),
    )
    assert "absent-object" in done.out, done


def test_a_folder_that_git_renames_in_a_merge(server: Server, clone: Repo) -> None:
    """What one side adds goes to where the other side has moved the folder: that is no news."""
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    for number in range(4):
        clone.stage(f"data/f{number}", "".join(f"{number} {line}\n" for line in range(99)))
    clone.commit()
    clone.git("switch", "-q", "-c", "feature")
    clone.stage("data/t.dat", 12_000_000)
    clone.commit()
    clone.git("switch", "-q", "main")
    clone.git("mv", "data", "d2")
    clone.commit()
    server.accepted("main", "feature")
    away.rename(hook)
    clone.git("fetch", "-q", "origin")
    clone.git("switch", "-q", "feature")
    clone.run(["git", "merge", "-q", "--no-verify", "--no-edit", "main"])
    clone.git("add", "-A")
    clone.git("commit", "-q", "--no-verify", "-m", "Merge", code=None)
    assert "d2/t.dat" in clone.git("ls-files")
    report = clone.pmgit("check", "--range", "origin/feature..feature")
    assert report.code == 0, report
    server.accepted("feature")


def test_below_a_tag_known_is_a_path_and_an_id(server: Server, clone: Repo) -> None:
    """A text, and a blob that came by a tag of its own, are new where they become weights."""
    text = clone.stage("notes.txt", 300_000)
    clone.commit()
    alone = clone.git("hash-object", "-w", "--stdin", stdin=text.read_bytes() + b"x").strip()
    server.accepted("main", f"{alone}:refs/tags/alone")
    clone.git("fetch", "-q", "origin")
    for oid in (alone, clone.git("rev-parse", "HEAD:notes.txt").strip()):
        path = "pretrained_model/bert/model.safetensors"
        clone.git("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")
        tree = clone.git("write-tree").strip()
        clone.git("reset", "-q")
        clone.git("tag", "-f", "light", tree)
        clone.git("tag", "-f", "-a", "-m", "x", "annotated", tree)
        clone.git("tag", "-f", "-a", "-m", "x", "nested", "annotated")
        for name, ref in (
            ("light", "refs/notes/x"),
            ("annotated", f"refs/replace/{tree}"),
            ("nested", "refs/tags/nested"),
        ):
            told = server.refused(f"refs/tags/{name}:{ref}")
            assert f"{path}: tracked-weights" in told, (name, ref)
        line = f"refs/tags/light {tree} refs/tags/light {'0' * 40}\n".encode()
        pushed = clone.hook("pre-push", "origin", "x", stdin=line)
        assert f"{path}: tracked-weights" in pushed.out, pushed
    # What the server has as it is, is no news, also where only a tag has it.
    known = clone.git("rev-parse", "HEAD^{tree}").strip()
    server.accepted(f"{known}:refs/tags/known", f"{alone}:refs/tags/again")
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    server.accepted("light")
    away.rename(hook)
    server.accepted("light:refs/tags/same")


def test_the_old_id_of_a_push_is_what_the_pusher_says(server: Server, clone: Repo) -> None:
    """It skips no ref, chooses no configuration, and is nothing to hold a tip against.

    Git refuses a wrong one when it moves the ref; not even then where a hook of its own does that.
    """
    base = clone.git("rev-parse", "main").strip()
    clone.stage(".pmgit.toml", 'exclude = ["*"]\n')
    lax = clone.commit("Weaken")
    clone.git("reset", "-q", "--hard", base)
    # A merge has several commits behind it that the server has: the old one chooses among them.
    clone.git("switch", "-q", "-c", "side")
    clone.stage("side.txt", "x")
    side = clone.commit()
    clone.git("switch", "-q", "main")
    clone.stage("main.txt", "x")
    clone.commit()
    server.accepted("main", "side")
    clone.git("merge", "-q", "--no-ff", "--no-commit", "side")
    clone.stage(".gitattributes", "*.bin filter=lfs\n")
    clone.stage("pretrained_model/gpt/model.bin", pointer(b"x"))
    merge = clone.commit("Merge")
    clone.stage("pretrained_model/gpt/more.txt", "x")
    above = clone.commit("Above")
    hook = server.path / "hooks/pre-receive"
    hook.rename(hook.with_name("away"))
    server.accepted(f"{above}:refs/heads/x", f"{lax}:refs/heads/y")
    server.accepted(":x", ":y")  # the objects stay
    for old in (
        merge,
        lax,
        above,
        side,
        "1" * 40,
        clone.git("rev-parse", f"{side}^{{tree}}").strip(),
    ):
        line = f"{old} {merge} refs/for/main\n".encode()
        told = server.hook("pre-receive", stdin=line)
        assert told.code == 1, (old, told)
        assert "pretrained_model/gpt: missing-info" in told.out, (old, told)
        assert "judged by: pmgit's defaults" in told.out, (old, told)


def test_refs_that_are_pushed_together(server: Server, clone: Repo) -> None:
    """What one of them brings on the way is not what the server had."""
    clone.stage(".gitattributes", "*.bin filter=lfs\n")
    clone.stage("pretrained_model/gpt/model.bin", pointer(b"x"))
    clone.stage("pretrained_model/t5/a.txt", "x" * 6_000_000)
    middle = clone.commit("Not described yet")
    clone.add_info("pretrained_model/gpt")
    clone.git("rm", "-q", "pretrained_model/t5/a.txt")
    clone.commit("Described, and smaller")
    clone.git("switch", "-q", "-c", "other", middle)
    clone.stage("pretrained_model/t5/b.txt", "y" * 6_000_000)
    clone.commit("Neither")
    server.accepted("main:refs/heads/alone")
    server.accepted(":alone")
    for refs in (("main", "other"), ("other", "main")):
        told = server.refused(*refs)
        assert "pretrained_model/gpt: missing-info" in told, refs
        assert "pretrained_model/t5: oversized-model: 12.0 MB" in told, refs
    lines = [
        f"refs/heads/{name} {clone.git('rev-parse', name).strip()} refs/heads/{name} {'0' * 40}\n"
        for name in ("main", "other")
    ]
    pushed = clone.hook(
        "pre-push",
        "origin",
        "x",
        "--ignore",
        "absent-object",
        stdin="".join(lines).encode(),
    )
    assert "pretrained_model/gpt: missing-info" in pushed.out, pushed
    assert "pretrained_model/t5: oversized-model: 12.0 MB" in pushed.out, pushed


def test_a_merge_of_what_the_server_has(server: Server, clone: Repo) -> None:
    """Its models are no news at the tip; what the merge itself makes of them is."""
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    clone.stage(".gitattributes", "*.bin filter=lfs\n")
    clone.commit()
    clone.git("branch", "feature")
    for name in ("gpt", "Bad Name", "described"):
        clone.stage(f"pretrained_model/{name}/model.bin", pointer(name.encode()))
    clone.stage("pretrained_model/loose.bin", pointer(b"loose"))
    clone.add_info("pretrained_model/described")
    clone.commit()
    clone.git("switch", "-q", "feature")
    clone.stage("feature.txt", "x")
    clone.commit()
    server.accepted("main", "feature")
    away.rename(hook)
    clone.git("merge", "-q", "--no-verify", "--no-edit", "main")
    server.accepted("feature", "feature:refs/heads/new")
    server.accepted(":new")
    clone.git("reset", "-q", "--hard", "feature~1")
    for lost, rule in (
        ("pretrained_model/described/INFO.md", "missing-info"),
        (".gitattributes", "uncovered-pointer"),
    ):
        clone.git("merge", "-q", "--no-ff", "--no-commit", "main")
        clone.git("rm", "-q", "-f", lost)
        clone.commit("Merge")
        for ref in ("+feature", "feature:refs/heads/new"):
            told = server.refused(ref)
            assert f": {rule}: " in told, (ref, told)
        clone.git("reset", "-q", "--hard", "feature~1")


def test_a_merge_with_an_old_ancestor_revives_nothing(server: Server, clone: Repo) -> None:
    """What main has taken away is new again, although a parent of the merge has it."""
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    clone.stage(LOOSE.format(".pt"), 2000)
    old = clone.commit("Old").strip()
    server.accepted("main")
    clone.git("rm", "-q", LOOSE.format(".pt"))
    main = clone.commit("Taken away").strip()
    server.accepted("main")
    away.rename(hook)
    parents = ("-p", old, "-p", main)
    revived = clone.git("commit-tree", *parents, "-m", "x", f"{old}^{{tree}}").strip()
    assert ": misplaced-weights: " in server.refused(f"{revived}:refs/heads/main")
