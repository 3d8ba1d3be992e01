"""`uncovered-pointer`: a pointer at a path that no attribute sends to Git LFS."""

from __future__ import annotations

import os
import shutil
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import pytest

from tests.kit import Repo, isolated_environment, pointer, weights_bytes
from tests.lfs_install import install_lfs
from tests.made_once import settle
from tests.server_install import judging_remote
from tests.snapshots.test_staged import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RULE = "uncovered-pointer"
SELECT = ("--select", RULE)
PATH = "pretrained_model/bert/model.safetensors"
CONTENT = weights_bytes(3000)
POINTER = pointer(CONTENT)


# -- reports --------------------------------------------------------------------------------------


def test_a_pointer_anywhere_is_reported(repo: Repo) -> None:
    paths = ["a/b/c", "docs/a.txt", "model.bin", PATH]
    repo.stage_blobs(dict.fromkeys(paths, POINTER))
    found = repo.check(*SELECT)
    assert [finding["path"] for finding in found] == paths
    for finding in found:
        assert finding["severity"] == "error"
        assert finding["message"] == (
            "a Git LFS pointer (to 3.0 kB) that no line of .gitattributes covers"
        )


def test_other_rules_do_not_take_it_for_weights(repo: Repo) -> None:
    repo.stage(PATH, POINTER)
    repo.add_info("pretrained_model/bert")
    assert repo.rules() == [RULE]


def test_old_pointers_when_their_line_goes(lfs_repo: Repo) -> None:
    lfs_repo.stage_all({PATH: CONTENT, "other.txt": "x"})
    lfs_repo.commit()
    assert lfs_repo.check(*SELECT) == []
    lfs_repo.git("rm", "-q", ".gitattributes")
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == [PATH]
    lfs_repo.git("reset", "-q")
    lfs_repo.git("checkout", "-q", ".")
    lfs_repo.stage("pretrained_model/.gitattributes", "*.safetensors -filter\n")
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == [PATH]


def test_a_line_that_was_not_staged(lfs_repo: Repo) -> None:
    lfs_repo.write(".gitattributes", "*.safetensors filter=lfs\n*.gguf filter=lfs\n")
    lfs_repo.stage("a.gguf", CONTENT)
    assert lfs_repo.blob("a.gguf") == POINTER
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == ["a.gguf"]


def test_a_faulty_pointer_is_one(repo: Repo) -> None:
    repo.stage(PATH, POINTER.replace(b"\n", b"\r\n"))
    assert repo.rules() == ["malformed-pointer", "missing-info", RULE]


def test_in_a_range_and_in_the_whole_tree(repo: Repo) -> None:
    repo.stage("a.txt", "x")
    base = repo.commit()
    repo.stage(PATH, POINTER)
    tip = repo.commit()
    (finding,) = repo.check("--range", f"{base}..HEAD", *SELECT)
    assert (finding["path"], finding["commit"]) == (PATH, tip)
    assert finding["fix"]["commands"][2][:2] == ["pmgit", "lfs-setup"]
    assert [f["path"] for f in repo.check("--all", *SELECT)] == [PATH]


# -- accepts --------------------------------------------------------------------------------------


def test_covered_pointers_are_right(lfs_repo: Repo) -> None:
    lfs_repo.stage(PATH, CONTENT)
    assert lfs_repo.check(*SELECT) == []


def test_what_is_no_pointer(repo: Repo) -> None:
    """Texts about Git LFS, an excluded test file, and a link."""
    texts = [
        b"version https://git-lfs.github.com/spec/v1 is how a pointer begins\n",
        b"# Pointers\n\n    " + POINTER,
        b"x" * 900 + POINTER,
        POINTER + b"x" * 2000,
        b"*.bin filter=lfs diff=lfs merge=lfs -text\n",
        b"",
    ]
    repo.stage(".pmgit.toml", 'exclude = ["tests/data/"]\n')
    repo.stage_blobs({f"docs/{number}.md": text for number, text in enumerate(texts)})
    repo.stage_blob("tests/data/pointer.txt", POINTER)
    repo.stage_blob("link", POINTER, "120000")
    assert repo.check(*SELECT) == []
    repo.stage_blob("tests/pointer.txt", POINTER)
    assert [finding["path"] for finding in repo.check(*SELECT)] == ["tests/pointer.txt"]


# -- fixes ----------------------------------------------------------------------------------------


def covered(repo: Repo, *paths: str) -> None:
    """The pointers are what they were, and the attributes that are staged cover them."""
    oid = repo.git("hash-object", "--stdin", stdin=POINTER).strip()
    listed = repo.git("ls-files", "-s", "-z").split("\0")
    said = repo.git("check-attr", "--cached", "-z", "filter", "--", *paths).split("\0")
    for at, path in enumerate(paths):
        assert f"100644 {oid} 0\t{path}" in listed, path
        assert said[3 * at + 2] == "lfs", path
    assert repo.check(*SELECT) == []


@pytest.mark.parametrize("filter_is", ["configured", "not configured"])
def test_the_fix(repo: Repo, filter_is: str) -> None:
    if filter_is == "configured":
        install_lfs(repo)
    repo.stage(PATH, POINTER)
    assert len(repo.paste_all(*SELECT)) == 1
    covered(repo, PATH)


def test_the_fix_below_the_top_keeps_the_users_own_lines(repo: Repo) -> None:
    own = "# ours\r\n*.txt text\r\n*.png binary"
    repo.stage_all({".gitattributes": own, PATH: POINTER})
    repo.paste_all(*SELECT, cwd="pretrained_model/bert")
    covered(repo, PATH)
    assert (repo.path / ".gitattributes").read_bytes().startswith(own.encode())


def test_the_fix_of_a_line_that_was_not_staged(lfs_repo: Repo) -> None:
    lfs_repo.write(".gitattributes", "*.safetensors filter=lfs\n*.gguf filter=lfs\n")
    lfs_repo.stage("a.gguf", CONTENT)
    lfs_repo.paste_all(*SELECT)
    covered(lfs_repo, "a.gguf")


def test_one_command_serves_all_files(repo: Repo) -> None:
    """Formats of models, others, names without a suffix, and names that break commands."""
    paths = ["docs/a.txt", "model.bin", "other", "a b/c.d"]
    for number in range(2):
        paths += [f"pretrained_model/{number}.bin", f"pretrained_model/gpt/{number}.gguf"]
    paths += [os.fsdecode(b"m/x/" + os.fsencode(name)) for name in NAMES]
    for path in paths:
        repo.write(path, POINTER)
    repo.git("add", "-A")
    (fix,) = repo.pmgit("check", *SELECT, cwd="m").fixes
    repo.paste(fix, cwd="m")
    assert not list(repo.path.rglob("PWNED"))
    covered(repo, *paths)


def test_a_text_that_lies_as_a_pointer_becomes_text_again(lfs_repo: Repo) -> None:
    text = b'{"hidden_size": 768}\n'
    lfs_repo.stage_all(
        {
            ".gitattributes": "pretrained_model/** filter=lfs\n",
            "pretrained_model/bert/config.json": text,
        }
    )
    assert lfs_repo.blob("pretrained_model/bert/config.json") == pointer(text)
    lfs_repo.commit()
    lfs_repo.stage(".gitattributes", "# nothing\n")
    lfs_repo.paste_all(*SELECT)
    assert lfs_repo.blob("pretrained_model/bert/config.json") == text


# -- leaving Git LFS ------------------------------------------------------------------------------

CSV, TXT = "data/a b.csv", "pretrained_model/bert/merges.txt"
TEXTS = {CSV: b"a,b\n" * 1000, TXT: b"a b\n" * 1001, "[x]'y.csv": b"c,d\n" * 1002}
MORE = f"{PATH} filter=lfs diff=lfs merge=lfs -text\n"


@pytest.fixture(scope="session")
def all_pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what `tracked` is a copy of."""
    folder = tmp_path_factory.mktemp("tracked")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"))
    repo.add_remote()
    install_lfs(repo)
    repo.git("lfs", "track", "*.csv", "merges.txt", "*.safetensors")
    repo.add_info("pretrained_model/bert")
    repo.stage_all({**TEXTS, PATH: CONTENT})
    repo.git("add", ".gitattributes")
    repo.commit()
    repo.git("push", "-q", "-u", "origin", "main")
    settle(repo)
    return folder


@pytest.fixture
def tracked(tmp_path: Path, env: dict[str, str], all_pushed: Path) -> Repo:
    """A repository with texts and weights in Git LFS, as `git lfs track` does it, all pushed."""
    for name in ("repo", "remote.git"):
        shutil.copytree(all_pushed / name, tmp_path / name)
    repo = Repo(tmp_path / "repo", env, init=None)
    repo.git("remote", "set-url", "origin", str(tmp_path / "remote.git"))
    return repo


def untrack(repo: Repo, *patterns: str) -> None:
    """What `git lfs untrack` does, without its processes: the lines go, Git looks again."""
    lines = (repo.path / ".gitattributes").read_text().splitlines(keepends=True)
    left = [line for line in lines if line.split()[0] not in patterns]
    assert len(left) == len(lines) - len(patterns)
    repo.stage(".gitattributes", "".join(left))
    for path in (*TEXTS, PATH):
        file = repo.path / path
        if file.exists() and any(fnmatch(path, f"*{pattern}") for pattern in patterns):
            os.utime(file)


def has_left(repo: Repo, *paths: str) -> None:
    """The contents are raw in Git and on disk, and a clone without Git LFS has them."""
    for path in paths:
        assert repo.blob(path, "HEAD") == TEXTS[path], path
        assert (repo.path / path).read_bytes() == TEXTS[path], path
    assert repo.git("status", "--porcelain") == ""
    assert repo.check("--all", *SELECT) == []
    repo.git("push", "-q", "--no-verify")
    clone = repo.path.parent / "clone"
    skip = {"GIT_LFS_SKIP_SMUDGE": "1"}
    repo.git("clone", "-q", str(repo.path.parent / "remote.git"), str(clone), env=skip)
    for path in paths:
        assert (clone / path).read_bytes() == TEXTS[path], path


def test_files_leave_git_lfs(tracked: Repo) -> None:
    tracked.git("lfs", "untrack", "*.csv", "merges.txt")
    tracked.git("add", ".gitattributes")
    found = tracked.pmgit("check")
    assert found.code == 1
    assert (
        f"{CSV}: {RULE}: a Git LFS pointer (to 4.0 kB) that no line of .gitattributes" in found.out
    )
    assert "covers any more (to stay in Git LFS, bring its line back)" in found.out
    assert "\nplan: leaves Git LFS: the content takes the place of the pointer" in found.out
    assert "git lfs migrate export" in found.out
    (fix,) = found.fixes
    assert fix.startswith("git add --renormalize -- ")
    tracked.paste(fix, cwd="")
    assert tracked.check() == []
    tracked.commit("Leave Git LFS")
    has_left(tracked, *TEXTS)
    assert tracked.blob(PATH, "HEAD") == POINTER  # its line stands

    # The pointers of older commits: what the page of the rule names.
    tracked.git("lfs", "migrate", "export", "--include=*.csv,merges.txt", "--everything")
    assert tracked.blob(CSV, "HEAD~1") == TEXTS[CSV]
    assert tracked.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    "lines",
    ["*.safetensors filter=lfs\n*.csv -filter\n", MORE,
     "*.safetensors filter=lfs\n/elsewhere/*.csv filter=lfs\n"],
)  # fmt: skip
def test_ways_to_take_a_line_away(lines: str, tracked: Repo) -> None:
    tracked.stage(".gitattributes", lines)
    (fix,) = tracked.pmgit("check", *SELECT, cwd="data").fixes
    assert fix.startswith("git add --renormalize -- ")
    tracked.paste(fix, cwd="data")
    assert tracked.check(*SELECT) == []
    for path, content in TEXTS.items():
        assert tracked.blob(path) == content, path


@pytest.mark.parametrize("on_disk", ["pointer", "pointer, object elsewhere", "nothing", "changed"])
def test_the_content_is_not_on_disk(on_disk: str, tracked: Repo) -> None:
    for path in TEXTS:
        if on_disk == "nothing":
            (tracked.path / path).unlink()
        else:
            tracked.write(path, b"other\n" if on_disk == "changed" else tracked.blob(path))
    if on_disk == "pointer, object elsewhere":
        shutil.rmtree(tracked.path / ".git/lfs/objects")
    untrack(tracked, "*.csv", "merges.txt")
    found = tracked.pmgit("check", *SELECT)
    assert found.out.count(f": {RULE}: ") == len(TEXTS)
    assert found.fixes, "they are safe"
    for fix in found.fixes:
        done = tracked.sh(fix)
        assert done.code == 0, done
    for path, content in TEXTS.items():
        assert tracked.blob(path) == content
        file = tracked.path / path
        if on_disk == "changed":
            assert file.read_bytes() == b"other\n"
        else:
            assert file.exists() is (on_disk != "nothing")
    assert tracked.check(*SELECT) == []


def test_content_that_cannot_be_had_leaves_everything_as_it_was(tracked: Repo) -> None:
    tracked.write(CSV, tracked.blob(CSV))
    shutil.rmtree(tracked.path / ".git/lfs/objects")
    shutil.rmtree(tracked.path.parent / "remote.git/lfs")
    untrack(tracked, "*.csv", "merges.txt")
    for fix in tracked.pmgit("check", *SELECT).fixes:
        tracked.sh(fix)
    assert tracked.blob(CSV) == (tracked.path / CSV).read_bytes() == pointer(TEXTS[CSV])


@pytest.mark.parametrize("on_disk", ["content", "pointer"])
def test_weights_leave_git_too_where_they_are_ignored(on_disk: str, tracked: Repo) -> None:
    """Raw they would be refused, so their content stays on disk, and nowhere else."""
    if on_disk == "pointer":
        tracked.write(PATH, POINTER)
    tracked.stage(".pmgit.toml", 'storage = "ignore"\n')
    untrack(tracked, "*.safetensors")
    (finding,) = tracked.check(*SELECT)
    assert not finding["fix"]["safe"]
    if on_disk == "content":
        shown = tracked.pmgit("check", *SELECT).out
        assert "\nunsafe fix (everybody else's copy of the file is deleted at their next" in shown
    done = tracked.sh(finding["fix"]["shell"])
    assert done.code == 0, done
    assert (tracked.path / PATH).read_bytes() == CONTENT
    assert PATH not in tracked.staged()
    assert tracked.check() == []
    tracked.commit("Leave Git LFS")
    assert tracked.git("status", "--porcelain") == ""


@pytest.mark.parametrize("configured", [True, False])
def test_weights_stay_in_git_lfs_where_the_others_do(configured: bool, tracked: Repo) -> None:
    if configured:
        tracked.stage(".pmgit.toml", 'storage = "lfs"\n')
    tracked.stage(".gitattributes", "" if configured else "*.csv filter=lfs\n")
    found = [f for f in tracked.check(*SELECT) if f["path"] == PATH]
    assert "; raw it would be too large for Git, so it stays in Git LFS" in found[0]["message"]
    tracked.paste_all(*SELECT)
    covered(tracked, PATH)


def test_a_model_of_texts_that_are_together_too_large(tracked: Repo) -> None:
    tracked.stage_all(
        {f"pretrained_model/bert/{number}/merges.txt": b"a b\n" * 1000 for number in range(3)}
    )
    tracked.commit()
    lines = 'storage = "ignore"\n[rules.oversized-model]\nmax-model-size = "10 kB"\n'
    tracked.stage(".pmgit.toml", lines)
    untrack(tracked, "merges.txt")
    for finding in tracked.check():
        assert finding["fix"]["commands"][0][:3] == ["git", "rm", "--cached"]


@pytest.mark.parametrize("on_disk", ["content", "pointer"])
@pytest.mark.parametrize("known", ["a range", "the whole tree"])
def test_when_it_is_committed_already(known: str, on_disk: str, tracked: Repo) -> None:
    untrack(tracked, "*.csv", "merges.txt")
    tracked.commit("Leave Git LFS")
    tracked.stage("later.txt", "x\n")
    tracked.commit()
    for path, content in TEXTS.items():
        tracked.write(path, content if on_disk == "content" else tracked.blob(path))
        os.utime(tracked.path / path, (1, 1))  # Git looks again
    if on_disk == "content":
        assert tracked.git("status", "--porcelain") != ""
    which = ("--range", "@{u}..HEAD") if known == "a range" else ("--all",)
    found = tracked.pmgit("check", *which, *SELECT)
    assert found.out.count(f": {RULE}: ") == len(TEXTS)
    (fix,) = found.fixes
    if on_disk == "content":
        lines = tracked.plumbing(*which, *SELECT)
        assert all("git add --renormalize -- " in line for line in lines)
    if known == "a range":
        assert fix == f"pmgit fix --range main {RULE}"
    elif on_disk == "pointer":
        assert fix == f"pmgit fix --all {RULE}"
    done = tracked.sh(fix)
    assert done.code == 0, done
    if known == "the whole tree":
        tracked.commit("Go on")
    has_left(tracked, *TEXTS)


def test_text_that_belongs_into_git_leaves_by_itself(tracked: Repo) -> None:
    """Not by `pmgit lfs-setup`, which would set up Git LFS anew."""
    path = "pretrained_model/bert/config.json"
    tracked.stage(".gitattributes", "*.json filter=lfs\n*.csv filter=lfs\nmerges.txt filter=lfs\n"
                                    "*.safetensors filter=lfs\n")  # fmt: skip
    tracked.stage(path, b"{}\n")
    tracked.commit()
    untrack(tracked, "*.json")
    (fix,) = tracked.pmgit("check").fixes
    assert fix == f"git add --renormalize -- {path}"
    tracked.paste(fix)
    assert tracked.blob(path) == b"{}\n"


def test_a_pointer_that_no_line_ever_covered_is_not_leaving(tracked: Repo) -> None:
    tracked.stage("c.bin", POINTER)
    tracked.stage(".gitattributes", tracked.blob(".gitattributes") + b"# more\n")
    (finding,) = tracked.check(*SELECT)
    assert finding["message"].endswith("that no line of .gitattributes covers")
    assert finding["fix"]["commands"][0][:2] == ["pmgit", "lfs-setup"]
    tracked.commit()
    (finding,) = tracked.check("--all", *SELECT)
    assert finding["fix"]["commands"][0][:2] == ["pmgit", "lfs-setup"]


# -- what only this machine covers ----------------------------------------------------------------

LFS = "filter=lfs diff=lfs merge=lfs -text"
INFO = ".git/info/attributes"
UPPER = "pretrained_model/bert/net.PTH"


def by_user(repo: Repo) -> tuple[str, str]:
    repo.personal(f"# mine\n*.safetensors {LFS}\n")
    line = f"~/my-attributes:2 (*.safetensors {LFS})"
    return PATH, f"here {line} sends it to Git LFS, a line that no other clone has"


def by_clone(repo: Repo) -> tuple[str, str]:
    repo.write(INFO, f"*.safetensors {LFS}\n")
    return (
        PATH,
        f"here {INFO}:1 (*.safetensors {LFS}) sends it to Git LFS, a line that no other clone has",
    )


def by_macro_of_the_user(repo: Repo) -> tuple[str, str]:
    repo.personal(f"[attr]big {LFS}\n")
    repo.stage(".gitattributes", "*.safetensors big\n")
    return PATH, "(*.safetensors big) sends it to Git LFS, by a macro that no"


def by_ignored_case(repo: Repo) -> tuple[str, str]:
    repo.git("config", "core.ignoreCase", "true")
    repo.stage(".gitattributes", f"*.pth {LFS}\n")
    return UPPER, f"here core.ignoreCase lets .gitattributes:1 (*.pth {LFS}) cover it"


WAYS = [by_user, by_clone, by_ignored_case]


@pytest.mark.parametrize("way", WAYS)
def test_a_pointer_that_only_this_machine_covers(
    repo: Repo, way: Callable[[Repo], tuple[str, str]]
) -> None:
    install_lfs(repo)
    repo.stage("a.txt", "x")
    base = repo.commit()
    path, why = way(repo)
    repo.stage(path, CONTENT)
    assert repo.blob(path) == POINTER
    (finding,) = repo.check(*SELECT)
    assert (finding["path"], finding["rule"]) == (path, RULE)
    assert why in finding["message"]
    repo.commit()
    if way is by_clone:
        for mode in (("--all",), ("--range", f"{base}..HEAD")):
            (other,) = repo.check(*mode, *SELECT)
            assert (other["path"], other["message"]) == (path, finding["message"]), mode
    # With the fix, nobody's own attributes matter any more.
    repo.git("reset", "-q", "--soft", base)
    repo.paste_all(*SELECT)
    (repo.path / INFO).unlink(missing_ok=True)
    alone = ("-c", "core.attributesFile=/dev/null", "-c", "core.ignoreCase=false")
    said = repo.git(*alone, "check-attr", "--cached", "filter", path)
    assert said == f"{path}: filter: lfs\n"


def test_a_macro_that_only_the_user_has(repo: Repo) -> None:
    install_lfs(repo)
    path, why = by_macro_of_the_user(repo)
    repo.stage(path, CONTENT)
    assert repo.blob(path) == POINTER
    (finding,) = repo.check(*SELECT)
    assert why in finding["message"]


def test_pushes_are_judged_so_too(repo: Repo, quick_hooks: None) -> None:
    install_lfs(repo)
    server = judging_remote(repo)
    # Whoever keeps the server has attributes there; the pushed tree counts all the same.
    server.write("info/attributes", f"*.safetensors {LFS}\n")
    by_clone(repo)
    repo.add_info("pretrained_model/bert")
    repo.stage(PATH, CONTENT)
    repo.commit()
    told = repo.run(["git", "push", "origin", "main"], env={"GIT_LFS_SKIP_PUSH": "1"})
    assert told.code == 1
    assert f"{PATH}: {RULE}: a Git LFS pointer" in told.err


def test_the_clone_keeps_it_raw_so_no_line_helps(repo: Repo) -> None:
    """`pmgit lfs-setup` would be refused here: the line that is in the way is named instead."""
    repo.write(INFO, "*.safetensors -filter\n")
    repo.stage(PATH, POINTER)
    (finding,) = repo.check(*SELECT)
    assert f"; {INFO}:1 (*.safetensors -filter) keeps it out of Git LFS" in finding["message"]
    assert finding["fix"] is None
    (repo.path / INFO).unlink()
    repo.paste_all(*SELECT)
    covered(repo, PATH)


def test_a_text_that_this_machine_alone_sends_becomes_text_again(repo: Repo) -> None:
    path, text = "pretrained_model/bert/INFO.md", b"# Model\n" * 20
    install_lfs(repo)
    repo.write(INFO, f"*.md {LFS}\n")
    repo.stage(path, text)
    assert repo.blob(path) == pointer(text)
    (finding,) = repo.check(*SELECT)
    assert f"; {INFO}:1 (*.md {LFS}) sends it to Git LFS on this machine" in finding["message"]
    assert finding["fix"] is None  # `pmgit lfs-setup` would be refused
    (repo.path / INFO).unlink()
    repo.personal(f"*.md {LFS}\n")
    assert len(repo.paste_all(*SELECT)) == 1
    assert repo.blob(path) == text
