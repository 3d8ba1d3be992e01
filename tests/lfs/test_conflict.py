"""`malformed-pointer`: conflict text of pointers that became an object of Git LFS."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.kit import Repo, isolated_environment, pointer, random_bytes, weights_bytes
from tests.lfs_install import stage_sent, store
from tests.made_once import put_copy, settle
from tests.server_install import judging_remote

SELECT = ("--select", "malformed-pointer")
PATH = "pretrained_model/bert/model (1).safetensors"
BASE, OURS, THEIRS = (weights_bytes(size) for size in (3000, 3001, 3002))


@pytest.fixture(scope="session")
def diverged(lfs_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two branches with other weights each: main, which is checked out, and side."""
    folder = tmp_path_factory.mktemp("diverged")
    shutil.copytree(lfs_template, folder / "repo")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"), init=None)
    repo.add_info("pretrained_model/bert")
    repo.stage(PATH, BASE)
    repo.commit("base")
    for branch, content in (("side", THEIRS), ("main", OURS)):
        repo.git("switch", "-q", *(["-c"] if branch == "side" else []), branch)
        repo.stage(PATH, content)
        repo.commit(f"{branch}: " + "other weights, " * 8)
    settle(repo)
    return repo.path


@pytest.fixture
def merging(repo: Repo, diverged: Path) -> Repo:
    return put_copy(repo, diverged)


def stage_conflict(repo: Repo, command: str) -> bytes:
    """Have Git fail to merge, and stage what it leaves; the text."""
    done = repo.sh(command)
    assert done.code != 0, done
    text = (repo.path / PATH).read_bytes()
    assert b"<<<<<<<" in text, text
    repo.git("add", "-A")
    return text


#: What leads to a conflict: the command, the content of each side, and the names of both.
WAYS = {
    "merge": ("git merge side", OURS, THEIRS, "HEAD", "MERGE_HEAD"),
    "diff3": ("git -c merge.conflictStyle=diff3 merge side", OURS, THEIRS, "HEAD", "MERGE_HEAD"),
    "zdiff3": ("git -c merge.conflictStyle=zdiff3 merge side", OURS, THEIRS, "HEAD", "MERGE_HEAD"),
    "squash": ("git merge --squash side", OURS, THEIRS, "HEAD", "side"),
    "CRLF": (
        "printf '* !text eol=crlf\\n' >.git/info/attributes; git merge side",
        OURS, THEIRS, "HEAD", "MERGE_HEAD",
    ),
    "long marks": (
        "printf '* conflict-marker-size=11\\n' >.git/info/attributes; git merge side",
        OURS, THEIRS, "HEAD", "MERGE_HEAD",
    ),
    "rebase": ("git rebase side", THEIRS, OURS, "HEAD", "REBASE_HEAD"),
    "cherry-pick": ("git cherry-pick side", OURS, THEIRS, "HEAD", "CHERRY_PICK_HEAD"),
    "stash pop": (
        (f"git restore -s side '{PATH}'; git stash -q; git restore -s HEAD~1 -SW '{PATH}';"
        " git commit -qm back; git stash pop"),
        BASE, THEIRS, "HEAD", "stash@{0}",
    ),
    "checkout -m": (
        f"git merge side; git checkout --ours '{PATH}'; git checkout -m '{PATH}'; false",
        OURS, THEIRS, "HEAD", "MERGE_HEAD",
    ),
}  # fmt: skip


#: Of these the text is another one; sides and names are those of `merge`, where each is taken.
SAME_SIDES = ("diff3", "zdiff3", "CRLF", "long marks", "checkout -m")


@pytest.mark.parametrize("way", WAYS)
def test_the_conflict_is_found_and_each_side_can_be_taken(way: str, merging: Repo) -> None:
    command, ours, theirs, mine, other = WAYS[way]
    text = stage_conflict(merging, command)
    # Every check of Git LFS itself calls it healthy.
    assert merging.blob(PATH) == pointer(text)
    (finding,) = merging.check()
    assert finding["rule"] == "malformed-pointer"
    begin = f"a Git LFS pointer to a damaged pointer ({len(text)} bytes): "
    assert finding["message"].startswith(begin)
    sides = re.findall(r"\(sha256 (\w+)\) of (\S+)", finding["message"])
    assert sides == [
        (pointer(ours).split(b":")[2][:12].decode(), mine),
        (pointer(theirs).split(b":")[2][:12].decode(), other),
    ]
    fix = finding["fix"]["shell"]
    assert f"--source={mine}" in fix
    if way in SAME_SIDES:
        return
    for content, name in ((theirs, other), (ours, mine)):
        stage_sent(merging, PATH, text)
        line = fix.replace("--source=HEAD", f"--source={name}")
        merging.paste(line)
        assert merging.blob(PATH) == pointer(content)
        assert (merging.path / PATH).read_bytes() == content
    assert merging.check() == []


def test_several_files_and_one_command(merging: Repo) -> None:
    # Of side in an index of its own: to check it out and back takes four filters of Git LFS.
    other = Repo(merging.path, {**merging.env, "GIT_INDEX_FILE": ".git/other"}, init=None)
    other.git("read-tree", "side")
    for repo, branch in ((other, b"side"), (merging, b"main")):
        contents = {f"pretrained_model/bert/{name}.safetensors": branch * 2000 for name in "ab"}
        for path, content in contents.items():
            store(repo, content)
            if repo is merging:
                repo.write(path, content)
        repo.stage_blobs({path: pointer(content) for path, content in contents.items()})
    made = other.git("commit-tree", "-p", "side", "-m", "more", other.git("write-tree").strip())
    merging.git("update-ref", "refs/heads/side", made.strip())
    merging.commit()
    stage_conflict(merging, "git merge side")
    result = merging.pmgit("check", *SELECT)
    assert result.code == 1
    assert result.out.count(": malformed-pointer: ") == 3
    assert "\nplan: takes the side of HEAD; for that of MERGE_HEAD put MERGE_HEAD in" in result.out
    (fix,) = result.fixes
    merging.paste(fix)
    assert merging.check(*SELECT) == []


def test_a_committed_one(merging: Repo) -> None:
    """Told of a range and at a push as well; the plan is a new commit."""
    base = merging.git("rev-parse", "HEAD").strip()
    stage_conflict(merging, "git merge side")
    merging.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "merged")
    (finding,) = merging.check("--all", *SELECT)
    assert " of HEAD^1 or " in finding["message"]
    assert " of HEAD^2" in finding["message"]
    (finding,) = merging.check("--range", f"{base}..HEAD", *SELECT)
    assert " of HEAD or 3.0 kB" in finding["message"]  # the conflict's own names
    merging.paste(finding["fix"]["shell"])
    assert merging.check("--range", f"{base}..HEAD", *SELECT) == []
    assert merging.blob(PATH, "HEAD") == pointer(OURS)
    assert merging.git("status", "--porcelain") == ""


def test_sides_that_no_commit_has_under_this_name(merging: Repo) -> None:
    """Renamed since: the pointer itself is recorded, and the other one told."""
    text = stage_conflict(merging, "git merge side")
    merging.git("reset", "-q", "--hard")
    path = "pretrained_model/bert/renamed.safetensors"
    merging.stage(path, text)
    (finding,) = merging.check(*SELECT)
    assert " of HEAD or " in finding["message"]
    shown = merging.pmgit("check", *SELECT).out
    other = pointer(THEIRS).decode().split()[3]
    assert f"stage the pointer with oid {other} and size 3002\n" in shown
    merging.paste(finding["fix"]["shell"])
    assert merging.blob(path) == pointer(OURS)
    assert (merging.path / path).read_bytes() == OURS


@pytest.mark.parametrize("on_disk", ["the right file", "nothing", "the pointer"])
def test_what_lies_on_disk(on_disk: str, merging: Repo) -> None:
    stage_conflict(merging, "git merge side")
    file = merging.path / PATH
    if on_disk == "the right file":
        file.write_bytes(b"resolved" * 1000)
    elif on_disk == "nothing":
        file.unlink()
    else:
        file.write_bytes(merging.blob(PATH))
    (finding,) = merging.check(*SELECT)
    if on_disk == "the right file":
        assert finding["fix"] is None
        assert finding["message"].endswith("the file on disk is neither: stage it if it is the"
                                           " right one")  # fmt: skip
        return
    assert merging.sh(finding["fix"]["shell"]).code == 0
    assert merging.blob(PATH) == pointer(OURS)
    assert file.exists() is (on_disk == "the pointer")


def test_without_the_objects(merging: Repo) -> None:
    """As in a clone with GIT_LFS_SKIP_SMUDGE: the pointer lies on disk again."""
    stage_conflict(merging, "git merge side")
    for content in (BASE, OURS, THEIRS):
        oid = pointer(content).split(b":")[2][:64].decode()
        (merging.path / f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}").unlink()
    (finding,) = merging.check(*SELECT)
    assert merging.sh(finding["fix"]["shell"]).code == 0
    assert (merging.path / PATH).read_bytes() == merging.blob(PATH) == pointer(OURS)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"\xef\xbb\xbf" + pointer(OURS), "a pointer (of 3001 bytes)"),
        (b"\xff\xfe" + pointer(OURS).decode().encode("utf-16-le"), "a pointer (of 3001 bytes)"),
        (pointer(OURS) + pointer(THEIRS)[43:], "a damaged pointer (215 bytes): a key that stands"),
        (pointer(OURS)[:100], "a damaged pointer (100 bytes): no oid"),
        (b"\n".join(pointer(OURS).splitlines()[:2]) + b"\n>>>>>>> side\n", "a damaged pointer"),
    ],
)  # fmt: skip
def test_other_texts_that_git_lfs_takes_for_content(
    text: bytes, fault: str, lfs_repo: Repo
) -> None:
    """An editor, a script, `merge=union`, marks that were half removed."""
    lfs_repo.stage(PATH, text)
    assert lfs_repo.blob(PATH) == pointer(text)
    (finding,) = lfs_repo.check(*SELECT)
    assert finding["message"].startswith(f"a Git LFS pointer to {fault}")
    assert bool(finding["fix"]) is (b"\0" in text or text[0] == 0xEF)


def test_small_content_that_is_no_pointer(lfs_repo: Repo) -> None:
    lfs_repo.stage_all(
        {
            f"pretrained_model/bert/{number}.safetensors": content
            for number, content in enumerate(
                (
                    b"tiny",
                    b"<<<<<<< HEAD\na\n=======\nb\n>>>>>>> side\n",
                    random_bytes(1000),
                    b"See version https://git-lfs.github.com/spec/v1 of the pointer\n".rjust(
                        400, b"x"
                    ),
                )
            )
        }
    )
    lfs_repo.write(".gitattributes", "*.safetensors filter=lfs\n*.md filter=lfs\n")
    lfs_repo.stage("docs/lfs.md", b"A pointer begins with\n" + pointer(OURS))
    assert lfs_repo.blob("docs/lfs.md").startswith(b"version ")
    assert lfs_repo.check(*SELECT) == []


def test_a_server_that_has_the_objects(merging: Repo) -> None:
    judging_remote(merging)
    merging.git("push", "-q", "origin", "main")
    stage_conflict(merging, "git merge side")
    merging.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "merged")
    merging.git("lfs", "push", "origin", "main")
    refused = merging.run(["git", "push", "--no-verify", "origin", "main"])
    assert refused.code != 0
    assert f"{PATH}: malformed-pointer: a Git LFS pointer to a damaged pointer" in refused.err
