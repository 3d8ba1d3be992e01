"""`missing-pointer`: a raw blob where the attributes ask for a pointer."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from tests.kit import BIN, Repo, pointer, random_bytes, weights_bytes
from tests.lfs_install import install_lfs
from tests.server_install import judging_remote
from tests.snapshots.test_staged import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULE = "missing-pointer"
SELECT = ("--select", RULE)
PATH = "pretrained_model/bert/model.safetensors"
ATTRIBUTES = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
CONTENT = weights_bytes(3000)


@pytest.fixture
def unfiltered(repo: Repo) -> Repo:
    """A repository whose attributes say lfs, on a machine without the filter."""
    repo.stage(".gitattributes", ATTRIBUTES)
    repo.commit()
    return repo


def is_pointer(repo: Repo, path: str, content: bytes) -> None:
    are_pointers(repo, {path: content})


def are_pointers(repo: Repo, contents: dict[str, bytes], mode: str = "100644") -> None:
    """The index holds the pointers, the store of Git LFS the contents."""
    listed = repo.git("ls-files", "-s", "-z").split("\0")
    for path, content in contents.items():
        data = pointer(content)
        oid = hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()
        assert f"{mode} {oid} 0\t{path}" in listed, path
        name = hashlib.sha256(content).hexdigest()
        stored = repo.path / ".git/lfs/objects" / name[:2] / name[2:4] / name
        assert stored.read_bytes() == content, path


# -- reports --------------------------------------------------------------------------------------


def test_a_raw_blob_is_reported(unfiltered: Repo) -> None:
    unfiltered.stage(PATH, CONTENT)
    (finding,) = unfiltered.check(*SELECT)
    assert finding["path"] == PATH
    assert finding["severity"] == "error"
    assert finding["message"] == "3.0 kB raw in Git, but .gitattributes sends it to Git LFS"
    assert finding["fix"]["safe"]


def test_it_speaks_before_other_rules_of_the_same_blob(unfiltered: Repo) -> None:
    unfiltered.stage(PATH, 3_000_000)
    unfiltered.add_info("pretrained_model/bert")
    assert unfiltered.rules() == [RULE]
    # Somebody who runs other rules only is still protected.
    assert unfiltered.rules("--ignore", RULE) == ["tracked-weights"]


def test_what_was_staged_before_the_attribute(repo: Repo) -> None:
    install_lfs(repo)
    repo.stage(PATH, CONTENT)
    repo.stage(".gitattributes", ATTRIBUTES)
    (finding,) = repo.check(*SELECT)
    assert finding["path"] == PATH


def test_what_went_around_the_filter(lfs_repo: Repo) -> None:
    lfs_repo.stage_blob(PATH, CONTENT)
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == [PATH]


def test_old_files_when_the_attributes_change(repo: Repo) -> None:
    install_lfs(repo)
    repo.stage_all({"old/a.safetensors": CONTENT, "old/b.txt": "text"})
    repo.commit()
    assert repo.check(*SELECT) == []
    repo.stage("old/.gitattributes", ATTRIBUTES)
    assert [f["path"] for f in repo.check(*SELECT)] == ["old/a.safetensors"]


def test_old_files_when_an_overriding_line_goes(repo: Repo) -> None:
    repo.stage(".gitattributes", ATTRIBUTES)
    repo.stage("old/.gitattributes", "* -filter\n")
    repo.stage("old/a.safetensors", CONTENT)
    repo.commit()
    repo.git("rm", "-q", "old/.gitattributes")
    assert [f["path"] for f in repo.check(*SELECT)] == ["old/a.safetensors"]


def test_old_sins_do_not_stop_today(unfiltered: Repo) -> None:
    unfiltered.stage(PATH, CONTENT)
    unfiltered.commit()
    unfiltered.stage("other.txt", "x")
    assert unfiltered.check(*SELECT) == []
    assert [f["path"] for f in unfiltered.check("--all", *SELECT)] == [PATH]


def test_other_ways_to_say_lfs(repo: Repo) -> None:
    repo.stage(".gitattributes", "[attr]big filter=lfs\n/macro/*.safetensors big\n")
    repo.stage("later/.gitattributes", "*.safetensors -filter\n" + ATTRIBUTES)
    paths = ["later/a.safetensors", "macro/a.safetensors"]
    repo.stage_blobs(dict.fromkeys(paths, CONTENT))
    assert [finding["path"] for finding in repo.check(*SELECT)] == paths


def test_a_pushed_commit_is_named(unfiltered: Repo) -> None:
    base = unfiltered.git("rev-parse", "HEAD").strip()
    unfiltered.stage(PATH, CONTENT)
    tip = unfiltered.commit()
    (finding,) = unfiltered.check("--range", f"{base}..HEAD", *SELECT)
    assert finding["commit"] == tip
    assert finding["fix"]["plan"].startswith("amends the last commit of main")
    unfiltered.paste(finding["fix"]["shell"])
    assert unfiltered.check("--range", f"{base}..HEAD", *SELECT) == []
    assert tip[:12] in finding["message"]


# -- accepts --------------------------------------------------------------------------------------


def test_pointers_and_empty_files_are_right(lfs_repo: Repo) -> None:
    lfs_repo.stage_all({PATH: CONTENT, "pretrained_model/bert/empty.safetensors": b""})
    assert lfs_repo.blob(PATH) == pointer(CONTENT)
    assert lfs_repo.check(*SELECT) == []
    assert lfs_repo.check("--all", *SELECT) == []


def test_what_is_not_sent_to_lfs(repo: Repo) -> None:
    """Each in a folder of its own; the last one has attributes that are not staged."""
    lines = [
        ATTRIBUTES + "*.safetensors -filter\n",
        ATTRIBUTES + "*.safetensors !filter\n",
        ATTRIBUTES + "*.safetensors filter=other\n",
        "*.SAFETENSORS filter=lfs\n",
        "models filter=lfs\n",
        "# *.safetensors filter=lfs\n",
        ATTRIBUTES,
    ]
    staged = {f"{at}/.gitattributes": text.encode() for at, text in enumerate(lines[:-1])}
    contents = {f"{at}/models/a.safetensors": CONTENT for at in range(len(lines))}
    repo.stage_blobs({**staged, **contents})
    repo.write(f"{len(lines) - 1}/.gitattributes", lines[-1])
    assert repo.check(*SELECT) == []
    repo.git("add", "--", f"{len(lines) - 1}/.gitattributes")
    assert [f["path"] for f in repo.check(*SELECT)] == [f"{len(lines) - 1}/models/a.safetensors"]


def test_links_submodules_and_deletions(unfiltered: Repo) -> None:
    unfiltered.stage("a.safetensors", CONTENT)
    commit = unfiltered.commit()
    unfiltered.git("rm", "-q", "a.safetensors")
    (unfiltered.path / "b.safetensors").symlink_to("elsewhere")
    unfiltered.git("add", "b.safetensors")
    unfiltered.git("update-index", "--add", "--cacheinfo", f"160000,{commit},c.safetensors")
    assert unfiltered.check(*SELECT) == []


# -- fixes ----------------------------------------------------------------------------------------


#: What lies on disk where the blob is staged: a model for each, in one repository.
ON_DISK = ("absent", "changed", "folder", "link", "link-above", "same", "small")


@pytest.mark.parametrize("filter_is", ["configured", "not configured"])
def test_the_fix(repo: Repo, filter_is: str) -> None:
    if filter_is == "configured":
        install_lfs(repo)
    repo.stage(".gitattributes", ATTRIBUTES)
    paths = {on_disk: f"pretrained_model/{on_disk}/model.safetensors" for on_disk in ON_DISK}
    contents = {path: weights_bytes(3000, at) for at, path in enumerate(paths.values())}
    repo.stage_blobs(contents)
    listed = repo.git("ls-files", "-s", "--", *contents).replace("100644", "100755")
    repo.git("update-index", "--index-info", stdin=listed.encode())
    repo.write(paths["same"], contents[paths["same"]]).chmod(0o755)
    repo.write(paths["changed"], b"edited" * 500)
    repo.write(paths["small"], pointer(b"older"))  # git-lfs 3.6 would take 1024 bytes, if it knew
    repo.write(f"{paths['folder']}/inside", b"a file in a folder of this name")
    repo.write("elsewhere/model.safetensors", CONTENT)
    (repo.path / paths["link"]).parent.mkdir()
    (repo.path / paths["link"]).symlink_to("../../elsewhere/model.safetensors")
    (repo.path / paths["link-above"]).parent.symlink_to("../elsewhere")
    before = sorted(p.relative_to(repo.path) for p in repo.path.glob("[!.]*/**/*"))
    hook = repo.write(".git/hooks/pre-push", "#!/bin/sh\n# somebody's own\n")
    pasted = repo.paste_all(*SELECT)
    assert len(pasted) == 2, pasted  # what is the same on disk goes by `git add`
    are_pointers(repo, contents, "100755")
    assert sorted(p.relative_to(repo.path) for p in repo.path.glob("[!.]*/**/*")) == before
    assert repo.check(*SELECT) == []
    # Only this repository's configuration was written; a hook of somebody else stays.
    assert "lfs" not in (repo.path.parent / "home/.gitconfig").read_text()
    assert hook.read_text() == "#!/bin/sh\n# somebody's own\n"


def test_one_command_serves_all_files(unfiltered: Repo) -> None:
    unfiltered.stage_all(
        {f"pretrained_model/bert/{number}.safetensors": 2000 + number for number in range(5)}
    )
    result = unfiltered.pmgit("check", *SELECT)
    assert len(result.fixes) == 1
    unfiltered.paste(result.fixes[0])
    assert unfiltered.check(*SELECT) == []


@pytest.mark.parametrize("on_disk", ["same", "changed"])
def test_the_fix_below_the_top(unfiltered: Repo, on_disk: str) -> None:
    unfiltered.stage(PATH, CONTENT)
    if on_disk == "changed":
        unfiltered.write(PATH, b"edited")
    pasted = unfiltered.paste_all(*SELECT, cwd="pretrained_model/bert")
    assert len(pasted) == 1
    is_pointer(unfiltered, PATH, CONTENT)


#: Of NAMES one of each kind, where Git LFS is started for each file: quotes, options, commands,
#: magic, patterns, line ends, what is no UTF-8.
EACH_BY_ITSELF = ("quote'.bin", 'double".bin', "back\\slash.bin", "line\nbreak", "-rf", "--help",
                  "$(touch PWNED)", ":(exclude)x", "*.bin", " ", b"w\xff.bin")  # fmt: skip


@pytest.mark.parametrize(("on_disk", "cwd"), [("same", ""), ("absent", "m")])
def test_the_fix_with_hostile_names(repo: Repo, on_disk: str, cwd: str) -> None:
    repo.stage(".gitattributes", "/m/x/** filter=lfs\n")
    contents = {}
    names = NAMES if on_disk == "same" else EACH_BY_ITSELF
    for number, name in enumerate(names):
        path = os.fsdecode(b"m/x/" + os.fsencode(name))
        contents[path] = random_bytes(1000, number)
        repo.write(path, contents[path])
    repo.git("add", "-A")
    if on_disk == "absent":
        for path in contents:
            (repo.path / path).unlink()
        (repo.path / "m").mkdir(exist_ok=True)
    assert len(repo.check(*SELECT)) == len(names)
    repo.paste_all(*SELECT, cwd=cwd)
    assert not list(repo.path.rglob("PWNED"))
    are_pointers(repo, contents)


def test_the_fix_of_old_files(repo: Repo) -> None:
    repo.stage_all({PATH: CONTENT, "gone/b.safetensors": weights_bytes(2000)})
    repo.commit()
    repo.stage(".gitattributes", ATTRIBUTES)
    (repo.path / "gone/b.safetensors").unlink()
    repo.paste_all(*SELECT)
    is_pointer(repo, PATH, CONTENT)
    is_pointer(repo, "gone/b.safetensors", weights_bytes(2000))
    assert not (repo.path / "gone/b.safetensors").exists()


def test_the_fix_where_text_is_converted(repo: Repo) -> None:
    # The file on disk has CRLF, the blob LF: what is recorded is what was staged.
    repo.stage(".gitattributes", "*.txt text eol=crlf\n")
    repo.stage("a.txt", b"line\r\n" * 100)
    repo.stage(".gitattributes", "*.txt text eol=crlf filter=lfs\n")
    repo.paste_all(*SELECT)
    is_pointer(repo, "a.txt", b"line\n" * 100)


def test_a_real_commit_passes_after_the_fix(unfiltered: Repo) -> None:
    hook = unfiltered.write(
        ".git/hooks/pre-commit", f"#!/bin/sh\nexec {BIN}/pmgit-hook pre-commit\n"
    )
    hook.chmod(0o755)
    unfiltered.add_info("pretrained_model/bert")
    unfiltered.stage(PATH, CONTENT)
    blocked = unfiltered.run(["git", "commit", "-q", "-m", "Add BERT"])
    assert blocked.code == 1
    assert RULE in blocked.out + blocked.err
    fixes = [
        line[5:] for line in (blocked.out + blocked.err).splitlines() if line.startswith("fix: ")
    ]
    for fix in fixes:
        unfiltered.paste(fix)
    unfiltered.git("commit", "-q", "-m", "Add BERT")
    assert unfiltered.blob(PATH, "HEAD") == pointer(CONTENT)
    assert unfiltered.git("status", "--porcelain") == ""


def test_when_git_lfs_fails_nothing_is_recorded(unfiltered: Repo, tmp_path: Path) -> None:
    unfiltered.stage_blob(PATH, CONTENT)
    (fix,) = unfiltered.pmgit("check", *SELECT).fixes
    # Somebody without git-lfs, or whose disk is full.
    fake = tmp_path / "fake" / "git-lfs"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\ncase "$1" in clean) exit 2;; esac\n')
    fake.chmod(0o755)
    path = os.pathsep.join([str(fake.parent), unfiltered.env["PATH"]])
    assert unfiltered.sh(fix, env={"PATH": path}).code != 0
    assert unfiltered.blob(PATH) == CONTENT


def test_in_a_sparse_checkout(unfiltered: Repo) -> None:
    unfiltered.stage_all({"kept/a.txt": "x", PATH: CONTENT})
    unfiltered.commit()
    unfiltered.git("sparse-checkout", "set", "--cone", "kept")
    assert not (unfiltered.path / PATH).exists()
    pasted = unfiltered.paste_all("--all", *SELECT)
    assert len(pasted) == 1
    is_pointer(unfiltered, PATH, CONTENT)


def test_in_a_linked_worktree(unfiltered: Repo) -> None:
    unfiltered.git("worktree", "add", "-q", "../linked")
    linked = Repo(unfiltered.path.parent / "linked", unfiltered.env, init=None)
    linked.stage(PATH, CONTENT)
    assert len(linked.paste_all(*SELECT)) == 1
    assert linked.blob(PATH) == pointer(CONTENT)


# -- on a server ----------------------------------------------------------------------------------


@pytest.fixture
def server(repo: Repo) -> Repo:
    """A server that judges pushes, called `origin`."""
    return judging_remote(repo)


@pytest.mark.parametrize("packed", [False, True])
def test_attributes_of_the_server_let_no_raw_blob_in(
    repo: Repo, server: Repo, packed: bool
) -> None:
    server.write("info/attributes", "*.safetensors -filter\n")
    repo.stage_all({".gitattributes": ATTRIBUTES, "data/x.safetensors": CONTENT})
    # A pushed pack is unpacked when it has few objects.
    repo.stage_blobs({f"{at}.txt": b"%d" % at for at in range(120 if packed else 0)})
    repo.commit()
    told = repo.run(["git", "push", "origin", "main"], env={"GIT_LFS_SKIP_PUSH": "1"})
    assert told.code == 1
    assert f"data/x.safetensors: {RULE}: 3.0 kB raw in Git" in told.err


def test_attributes_of_the_server_keep_no_raw_blob_out(repo: Repo, server: Repo) -> None:
    server.write("info/attributes", "*.txt filter=lfs\n")
    repo.stage("x.txt", "x")
    repo.commit()
    told = repo.run(["git", "push", "origin", "main"])
    assert told.code == 0, told
    repo.stage_all({".gitattributes": ATTRIBUTES, "y.txt": "y"})
    repo.commit()
    told = repo.run(["git", "push", "origin", "main"])
    assert told.code == 0, told


# -- where `git add` does otherwise than in other clones ------------------------------------------

INFO = ".git/info/attributes"


def by_the_clone(repo: Repo) -> str:
    repo.write(INFO, "# mine\n*.safetensors !filter\n")
    return f"{INFO}:2 (*.safetensors !filter)"


def by_a_file_that_is_not_staged(repo: Repo) -> str:
    repo.write(".gitattributes", ATTRIBUTES + "/pretrained_model/** -filter\n")
    return ".gitattributes:2 (/pretrained_model/** -filter)"


def by_a_file_that_is_not_tracked(repo: Repo) -> str:
    repo.write("pretrained_model/.gitattributes", "*.safetensors -filter\n")
    return "pretrained_model/.gitattributes:1 (*.safetensors -filter)"


@pytest.mark.parametrize(
    "way", [by_the_clone, by_a_file_that_is_not_staged, by_a_file_that_is_not_tracked]
)
def test_the_fix_works_where_git_add_keeps_the_file_raw(
    lfs_repo: Repo, way: Callable[[Repo], str]
) -> None:
    line = way(lfs_repo)
    lfs_repo.stage(PATH, CONTENT)
    assert lfs_repo.blob(PATH) == CONTENT
    (finding,) = lfs_repo.check(*SELECT)
    assert finding["message"].endswith(f"; here {line} keeps it raw: take that out, too")
    assert len(lfs_repo.paste_all(*SELECT)) == 1
    is_pointer(lfs_repo, PATH, CONTENT)


def test_lfs_setup_makes_pointers_where_git_add_does_not(repo: Repo) -> None:
    """In a sparse checkout, git before 2.43 reads no attribute file that is left out."""
    install_lfs(repo)
    repo.stage("kept/a.txt", "x")
    repo.stage("pretrained_model/bert/.gitattributes", ATTRIBUTES)
    repo.stage_blob(PATH, CONTENT)
    repo.commit()
    repo.git("sparse-checkout", "set", "--cone", "kept")
    (finding,) = repo.check("--all", *SELECT)
    assert finding["path"] == PATH
    repo.paste_all("--all", *SELECT)
    is_pointer(repo, PATH, CONTENT)
