"""Fixes, run in every situation: the finding is gone, no command fails, nothing is lost."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from pmgit.core.finding import Finding, Fix, Step
from pmgit.core.shell import Shell
from pmgit.fix import for_staged as fixes
from pmgit.fix import renames
from pmgit.git.blob import Blob
from tests.core.test_shell import HOSTILE
from tests.kit import BIN, Repo, pairs, pointer, random_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.weights import Weights

ROOT = "pretrained_model"
BERT = f"{ROOT}/bert"


class Scene:
    """A rule that wants one path out of Git (or moved to `own`), and how to break it."""

    def __init__(
        self, rule: str, path: str, *options: str, content: Callable[[int], bytes], own: str = ""
    ) -> None:
        self.rule = rule
        self.path = path
        self.own = own
        self.left = {".gitignore", *([f"{own}/INFO.md"] if own else [])}
        self.arguments = ("--select", rule, *(w for o in options for w in ("-c", f"{rule}.{o}")))
        self.content = content

    def __str__(self) -> str:
        return self.rule

    def write(self, repo: Repo, version: int) -> None:
        """Put a version of the path on disk; each is as bad as the other, and larger."""
        file = repo.path / self.path
        if self.rule == "linked-model":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            file.symlink_to(os.fsdecode(self.content(version)))
        else:
            repo.write(self.path, self.content(version))

    def stage(self, repo: Repo, version: int) -> None:
        self.write(repo, version)
        repo.git("add", "-f", "--", self.path)

    def on_disk(self, repo: Repo) -> bytes:
        file = repo.path / self.path
        file = file if os.path.lexists(file) else repo.path / self.own / file.name
        return os.fsencode(os.readlink(file)) if file.is_symlink() else file.read_bytes()

    def findings(self, repo: Repo, *args: str) -> list[dict[str, object]]:
        return repo.check(*self.arguments, *args)

    def fixes(self, repo: Repo, *args: str, cwd: str = "") -> list[str]:
        return repo.pmgit("check", *self.arguments, *args, cwd=cwd).fixes


def binary(version: int) -> bytes:
    return random_bytes(1000 * version, version)


SCENES = [
    Scene("oversized-blob", "checkpoints/best.pt", "max-weights-size=500", content=binary),
    Scene("tracked-weights", f"{BERT}/model.bin", content=binary),
    Scene(
        "oversized-model", f"{BERT}/vocab.txt", "max-model-size=500",
        content=lambda version: b"a word\n" * 100 * version,
    ),
    Scene("misplaced-weights", f"{ROOT}/net.pth", content=binary, own=f"{ROOT}/net"),
    Scene("linked-model", f"{BERT}/link", content=lambda version: b"/mnt/" + b"x" * version),
]  # fmt: skip
every_scene = pytest.mark.parametrize("scene", SCENES, ids=[scene.rule for scene in SCENES])


@pytest.mark.parametrize(
    ("scene", "born", "cwd"), pairs(SCENES, [True, False], ["", "sub dir"]), ids=str
)
def test_newly_staged(repo: Repo, scene: Scene, born: bool, cwd: str) -> None:
    (repo.path / "sub dir").mkdir()
    if born:
        repo.commit("first", "--allow-empty")
    scene.stage(repo, 1)
    (fix,) = scene.fixes(repo, cwd=cwd)
    repo.paste(fix, cwd=cwd)

    assert "git rm --cached -f -q -- " in fix
    assert scene.findings(repo) == []
    assert set(repo.staged()) <= scene.left
    assert scene.on_disk(repo) == scene.content(1)


@every_scene
@pytest.mark.parametrize("born", [True, False])
def test_staged_and_then_deleted_on_disk(repo: Repo, scene: Scene, born: bool) -> None:
    if born:
        repo.commit("first", "--allow-empty")
    scene.stage(repo, 1)
    (repo.path / scene.path).unlink()
    (repo.path / scene.path).parent.rmdir()
    for fix in scene.fixes(repo):
        repo.paste(fix)

    assert scene.findings(repo) == []
    assert set(repo.staged()) <= scene.left
    assert scene.on_disk(repo) == scene.content(1), "the index held the only copy"


@every_scene
def test_staged_and_then_changed_on_disk(repo: Repo, scene: Scene) -> None:
    repo.commit("first", "--allow-empty")
    scene.stage(repo, 1)
    scene.write(repo, 2)
    (finding,) = scene.findings(repo)

    assert scene.fixes(repo) == []
    assert finding["fix"] is None
    message = str(finding["message"])
    assert "the file on disk differs from what is staged, so no command is safe" in message
    # What it says to do: the staged content is there to be saved.
    command = message.partition("(git ")[2].partition(")")[0]
    assert repo.sh(f"git {command}").out.encode("utf-8", "surrogateescape") == scene.content(1)


@every_scene
def test_a_file_became_a_folder_on_disk(repo: Repo, scene: Scene) -> None:
    scene.stage(repo, 1)
    (repo.path / scene.path).unlink()
    repo.write(f"{scene.path}/x", "in the way")
    (finding,) = scene.findings(repo)

    assert finding["fix"] is None


@every_scene
@pytest.mark.parametrize("cwd", ["", "sub dir"])
def test_in_head_and_changed(repo: Repo, scene: Scene, cwd: str) -> None:
    (repo.path / "sub dir").mkdir()
    scene.stage(repo, 1)
    repo.commit()
    scene.stage(repo, 2)
    (fix,) = scene.fixes(repo, cwd=cwd)
    repo.paste(fix, cwd=cwd)

    assert fix.startswith("git restore --staged -- ")
    assert scene.findings(repo) == []
    assert repo.git("diff", "--cached", "--name-only") == ""
    assert repo.blob(scene.path) == scene.content(1)
    assert scene.on_disk(repo) == scene.content(2)


@every_scene
def test_in_head_changed_and_then_deleted_on_disk(repo: Repo, scene: Scene) -> None:
    scene.stage(repo, 1)
    repo.commit()
    scene.stage(repo, 2)
    (repo.path / scene.path).unlink()
    (fix,) = scene.fixes(repo)
    repo.paste(fix)

    assert scene.findings(repo) == []
    assert repo.git("diff", "--cached", "--name-only") == ""
    assert scene.on_disk(repo) == scene.content(2)


@every_scene
def test_in_head_and_unchanged_is_unsafe(repo: Repo, scene: Scene) -> None:
    scene.stage(repo, 1)
    repo.commit()
    result = repo.pmgit("check", "--all", *scene.arguments)
    (finding,) = scene.findings(repo, "--all")

    assert result.fixes == []
    begin = "unsafe fix (everybody else's copy of the file is deleted at their next pull): "
    (line,) = (line for line in result.out.splitlines() if line.startswith(begin))
    assert str(finding["message"]).endswith(" (already committed)")
    repo.paste(line.removeprefix(begin))
    assert set(repo.staged()) <= scene.left
    assert scene.on_disk(repo) == scene.content(1)


@every_scene
def test_the_whole_tree_with_something_new_staged(repo: Repo, scene: Scene) -> None:
    repo.commit("first", "--allow-empty")
    scene.stage(repo, 1)
    (fix,) = scene.fixes(repo, "--all")
    repo.paste(fix)

    assert scene.findings(repo, "--all") == []


def test_after_gitattributes_has_changed(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    file = repo.stage(f"{BERT}/model.bin", b"\0\r\n" * 99)
    # What would be staged anew differs from both the index and HEAD: git refuses without -f.
    repo.stage(".gitattributes", "*.bin text\n")
    os.utime(file, (1, 1))  # as `git lfs track` does
    (fix,) = repo.pmgit("check", "--select", "tracked-weights").fixes
    repo.paste(fix)

    assert repo.check("--select", "tracked-weights") == []


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_object_formats(tmp_path: Path, env: dict[str, str], object_format: str) -> None:
    repo = Repo(tmp_path / "r", env, init=(f"--object-format={object_format}",))
    repo.stage(f"{BERT}/model.bin", 500)
    repo.paste_all("--select", "tracked-weights")

    assert repo.staged() == [".gitignore"]


def test_in_a_linked_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first", "--allow-empty")
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "other tree"))
    tree = Repo(tmp_path / "other tree", repo.env, init=None)
    for number in range(300):
        tree.stage(f"{BERT}/{number:030}.bin", 10)
    tree.paste_all("--select", "tracked-weights")

    assert tree.staged() == [".gitignore"]


def test_in_a_sparse_checkout(repo: Repo) -> None:
    repo.stage(f"{BERT}/config.json", "{}")
    repo.stage("src/a.py", "")
    repo.commit()
    repo.git("sparse-checkout", "set", "src")
    repo.stage_blob(f"{BERT}/model.bin", binary(1))
    repo.git("update-index", "--skip-worktree", f"{BERT}/model.bin")
    repo.paste_all("--select", "tracked-weights")

    assert repo.check("--select", "tracked-weights") == []
    assert (repo.path / BERT / "model.bin").read_bytes() == binary(1)


def test_renames_in_a_sparse_checkout(repo: Repo) -> None:
    repo.stage("src/a.py", "")
    repo.commit()
    repo.git("sparse-checkout", "set", "src")
    repo.stage_blob(f"{ROOT}/BERT x/config.json", b"{}")
    repo.stage_blob(f"{ROOT}/BERT x/a:b.json", b"{ }")
    repo.paste_all("--select", "naming")

    assert repo.check("--select", "naming") == []
    assert repo.staged() == [f"{ROOT}/bert-x/a_b.json", f"{ROOT}/bert-x/config.json", "src/a.py"]


def test_in_head_and_changed_in_a_sparse_checkout(repo: Repo) -> None:
    repo.stage(f"{BERT}/model.bin", binary(1))
    repo.stage("src/a.py", "")
    repo.commit()
    repo.git("sparse-checkout", "set", "src")
    repo.stage_blob(f"{BERT}/model.bin", binary(2))
    repo.git("update-index", "--skip-worktree", f"{BERT}/model.bin")
    repo.paste_all("--select", "tracked-weights")

    assert repo.check("--select", "tracked-weights") == []
    assert repo.blob(f"{BERT}/model.bin") == binary(1)
    assert (repo.path / BERT / "model.bin").read_bytes() == binary(2)


def test_after_pre_commit_has_put_pmgit_on_its_own_path(repo: Repo) -> None:
    repo.stage(f"{BERT}/model.bin", binary(1))
    folders = [f for f in repo.env["PATH"].split(os.pathsep) if f != str(BIN)]
    repo.env["PATH"] = os.pathsep.join(folders)
    inside = {"PRE_COMMIT": "1", "PATH": os.pathsep.join([str(BIN), *folders])}
    (fix,) = repo.hook("--select", "size", env=inside).fixes
    assert f" && {BIN}/pmgit gitignore && " in fix
    repo.paste(fix)

    assert repo.staged() == [".gitignore"]


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cwd", "born"), [("", True), ("sub dir", False), (BERT, True)])
def test_hostile_names(repo: Repo, born: bool, cwd: str) -> None:
    (repo.path / "sub dir").mkdir()
    if born:
        repo.commit("first", "--allow-empty")
    # What a glob, or an exclusion, would reach as well.
    repo.stage(f"{BERT}/a.json", "{}")
    contents = {}
    for number, name in enumerate(HOSTILE):
        contents[f"{BERT}/{name}"] = random_bytes(100_001, number)
        repo.stage(f"{BERT}/{name}", contents[f"{BERT}/{name}"])
    (fix,) = repo.pmgit("check", "--select", "tracked-weights", cwd=cwd).fixes
    repo.paste(fix, cwd=cwd)

    assert repo.check("--select", "tracked-weights") == []
    assert repo.staged() == [".gitignore", f"{BERT}/a.json"]
    assert not list(repo.path.rglob("PWNED*"))
    for path, content in contents.items():
        assert (repo.path / path).read_bytes() == content


def test_hostile_names_one_by_one_each_gone_from_disk(repo: Repo) -> None:
    repo.stage("a.bin", binary(3))
    for name in HOSTILE:
        repo.write(f"x{name}", binary(4))
    repo.git("add", "-A")
    repo.commit()
    kept = repo.staged()
    limit = ("-c", "oversized-blob.max-file-size=500", "--select", "oversized-blob")
    for number, name in enumerate(HOSTILE):
        repo.stage(name, random_bytes(1000, number))
        (repo.path / name).unlink()
        (fix,) = repo.pmgit("check", *limit).fixes
        repo.paste(fix)

        assert repo.staged() == kept, name
        assert (repo.path / name).read_bytes() == random_bytes(1000, number), name
        assert not list(repo.path.rglob("PWNED*")), name
    assert repo.check(*limit) == []


LFS_LIMIT = ("-c", "oversized-blob.max-weights-size=500", "--select", "oversized-blob")
LFS_CONFIG = 'storage = "lfs"\n[weights]\nalways = ["*.bin", "*.bin "]\n'


def assert_stored(repo: Repo, *names: str) -> None:
    """Git LFS stores these files, and no other file of nearly the same name."""
    assert repo.check(*LFS_LIMIT) == []
    assert sorted(repo.staged()) == sorted([".gitattributes", *names])
    near = [f"{before}{name}{after}" for name in names for before, after in
            (("x", ""), ("", "x"), ("src/", ""))]  # fmt: skip
    asked = "".join(f"{path}\0" for path in [*names, *near, "src/a.bin"])
    answer = repo.git(
        "check-attr", "-z", "--stdin", "filter", stdin=asked.encode("utf-8", "surrogateescape")
    ).split("\0")
    found = dict(zip(answer[::3], answer[2::3], strict=False))
    for name in names:
        assert found.pop(name) == "lfs", name
        assert repo.blob(name).startswith(b"version https://git-lfs"), name
    assert set(found.values()) == {"unspecified"}, "a pattern covers more than its file"
    assert not list(repo.path.rglob("PWNED*"))


def test_hostile_names_that_git_lfs_is_to_store(repo: Repo) -> None:
    repo.write("src/a.bin", binary(2))
    repo.write(".pmgit.toml", LFS_CONFIG)
    for number, name in enumerate(HOSTILE):
        repo.stage(name, random_bytes(1000, number))
    (fix,) = repo.pmgit("check", *LFS_LIMIT).fixes
    repo.paste(fix)
    assert_stored(repo, *HOSTILE)


@pytest.mark.parametrize(
    "name",
    ["-rf.bin", "--pathspec-from-file=x.bin", "x\\'\n$(touch PWNED).bin", "trailing.bin ",
     "*.bin", "!!.bin", ":(exclude)x.bin", "\udcff\udcfe.bin"],
    ids=ascii,
)  # fmt: skip
def test_one_hostile_name_that_git_lfs_is_to_store(repo: Repo, name: str) -> None:
    repo.write("src/a.bin", binary(2))
    repo.write(".pmgit.toml", LFS_CONFIG)
    repo.stage(name, binary(1))
    (fix,) = repo.pmgit("check", *LFS_LIMIT).fixes
    repo.paste(fix)
    assert_stored(repo, name)


@pytest.mark.parametrize("cwd", ["", "sub dir"])
def test_a_thousand_files(repo: Repo, cwd: str) -> None:
    (repo.path / "sub dir").mkdir()
    repo.stage(f"{BERT}/config.json", "{}")
    repo.commit()
    for number in range(1000):
        repo.write(f"{BERT}/part [{number}]*.bin", bytes([0, number % 256, number // 256]))
    repo.git("add", ".")
    (fix,) = repo.pmgit("check", "--select", "tracked-weights", cwd=cwd).fixes
    assert " --pathspec-from-file=" in fix
    assert len(fix) < 500
    repo.paste(fix, cwd=cwd)

    assert repo.check("--select", "tracked-weights") == []
    assert repo.staged() == [".gitignore", f"{BERT}/config.json"]


def test_a_printed_list_is_not_overwritten_by_the_next(repo: Repo) -> None:
    for number in range(300):
        repo.stage(f"{BERT}/{number:030}.bin", 10)
    (first,) = repo.pmgit("check", "--select", "tracked-weights").fixes
    for number in range(300):
        repo.stage(f"{ROOT}/gpt2/{number:030}.bin", 11)
    (second,) = repo.pmgit("check", "--select", "tracked-weights").fixes
    assert first != second
    repo.paste(first)

    assert len([path for path in repo.staged() if path.startswith(f"{ROOT}/gpt2/")]) == 300


# -- everything at once ---------------------------------------------------------------------------


def mess(repo: Repo, weights: Weights) -> None:
    """Everything that can be wrong at once."""
    vad = weights.safetensors
    repo.stage(f"{ROOT}/BERT base (copy)/model.safetensors", vad)
    repo.stage(f"{ROOT}/BERT base (copy)/config.json", "{}")
    repo.stage(f"{ROOT}/BERT base (copy)/step:1000.bin", binary(1))
    repo.stage(f"{ROOT}/BERT base (copy)/it's $(touch PWNED)\n.pt", binary(2))
    repo.stage(f"{ROOT}/BERT base (copy)/sub./x?.txt", "text")
    repo.stage(f"{ROOT}/gpt2/vocab.txt", "a")
    repo.stage(f"{ROOT}/gpt2/Vocab.txt", "b")
    repo.stage(f"{ROOT}/GPT2/merges.txt", "c")
    repo.stage(f"{ROOT}/GPT2/model.bin", binary(3))
    repo.stage(f"{ROOT}/resnet50.pth", weights["alex.pth"])
    repo.stage(f"{ROOT}/ResNet50.onnx", weights["nmp.onnx"])
    repo.stage(f"{ROOT}/gone: x/model.bin", binary(4)).unlink()
    repo.stage(f"{ROOT}/gone: x/other.bin", binary(5))
    repo.stage(f"{ROOT}/con/\udcff\u202e.bin", binary(6))
    repo.stage(f"{ROOT}/-rf/:(exclude)[a]*.bin", binary(7))
    repo.stage("checkpoints/best of.pt", vad + b"\0")
    (repo.path / ROOT / "linked").symlink_to("/mnt/share/linked")
    repo.git("add", f"{ROOT}/linked")


def assert_clean(repo: Repo) -> None:
    result = repo.pmgit("check")
    assert result.code == 0, result.out
    assert result.fixes == []
    assert not list(repo.path.rglob("PWNED*"))


@pytest.mark.parametrize(
    ("storage", "cwd", "born"),
    [("ignore", "sub dir", False), ("lfs", "", True)],
)
def test_all_fixes_of_a_mess(
    repo: Repo, weights: Weights, born: bool, cwd: str, storage: str
) -> None:
    repo.stage(".pmgit.toml", f'storage = "{storage}"\n')
    repo.write("sub dir/x", "")
    if born:
        repo.commit()
    mess(repo, weights)
    repo.paste_all(cwd=cwd)

    assert_clean(repo)
    repo.commit("mended")
    kept = (weights.safetensors, *map(binary, range(1, 8)), weights["nmp.onnx"])
    assert {hashlib.sha256(content).digest() for content in kept} <= repo.contents()
    staged = set(repo.staged())
    assert f"{ROOT}/bert-base-copy/INFO.md" in staged
    if storage == "lfs":
        assert repo.blob(f"{ROOT}/bert-base-copy/model.safetensors").startswith(b"version ")
        assert repo.blob(f"{ROOT}/bert-base-copy/step_1000.bin").startswith(b"version ")
    else:
        assert not [path for path in staged if path.endswith((".bin", ".pt", ".safetensors"))]


@pytest.mark.parametrize("storage", ["ignore", "lfs"])
def test_all_fixes_of_a_mess_one_after_the_other(
    repo: Repo, weights: Weights, storage: str
) -> None:
    """As a program does it that reads the JSON: apply the first fix, and judge again."""
    repo.stage(".pmgit.toml", f'storage = "{storage}"\n')
    repo.stage(f"{ROOT}/BERT base (copy)/model.safetensors", weights.safetensors)
    repo.stage(f"{ROOT}/BERT base (copy)/config: 1.json", "{}")
    repo.stage(f"{ROOT}/gone: x/model.bin", binary(4)).unlink()
    repo.stage(f"{ROOT}/gone: x/it's $(touch PWNED)\n.bin", binary(5))
    repo.stage(f"{ROOT}/resnet50.pth", weights["alex.pth"])
    repo.stage(f"{ROOT}/gpt2/vocab.txt", "a")
    repo.stage(f"{ROOT}/GPT2/vocab.txt", "b")
    before = repo.contents()
    for _ in range(40):
        found = [f for f in repo.check() if f["fix"] and f["fix"]["safe"]]
        if not found:
            break
        for argv in found[0]["fix"]["commands"]:
            result = repo.run(argv)
            assert result.code == 0, (argv, result)

    assert_clean(repo)
    assert not before - repo.contents()


@pytest.mark.parametrize("families", ["size,naming", "naming", "naming,info", "lfs,naming"])
def test_some_rules_only(repo: Repo, weights: Weights, families: str) -> None:
    mess(repo, weights)
    repo.paste_all("--select", families)

    assert [f for f in repo.check("--select", families) if f["severity"] == "error"] == []


class Listing:
    """All that `settle` asks of a subject and of its places."""

    def __init__(self, *paths: str) -> None:
        self.listing = dict.fromkeys(paths)

    @property
    def places(self) -> Listing:
        return self

    def tracked_below(self, place: str) -> list[str]:
        return [p for p in self.listing if p == place or p.startswith(f"{place}/")]


def settled(subject: Listing, *found: Finding) -> list[list[tuple[str, ...]]]:
    """The commands that the findings get, which are sorted by path."""
    return [
        [(*step.argv, *step.items) for step in finding.pasted.steps] if finding.pasted else []
        for finding in renames.settle(list(found), subject)  # type: ignore[arg-type]
    ]


def rename(old: str, new: str) -> Finding:
    step = Step("git", "mv", items=(old, new), names="path")
    return Finding(old, "", fix=Fix(step, order=Fix.MOVE))


def test_what_lies_in_a_renamed_folder_is_renamed_there() -> None:
    outer, inner = settled(Listing("m/A/x:"), rename("m/A", "m/b"), rename("m/A/x:", "m/A/x_"))
    assert outer == [("git", "mv", "m/A", "m/b")]
    assert inner == [("git", "mv", "m/b/x:", "m/b/x_")]


def test_what_the_folder_has_cured_is_left_out() -> None:
    _, inner = settled(Listing("m/A:/x"), rename("m/A:", "m/b"), rename("m/A:/x", "m/A_/x"))
    assert inner == []


def test_two_renames_to_one_name() -> None:
    one, other = settled(Listing("m/A", "m/B"), rename("m/A", "m/c/x"), rename("m/B", "m/C"))
    assert one == [("git", "mv", "m/A", "m/c/x")]
    assert other == []


def test_a_rename_into_what_is_renamed() -> None:
    _, other = settled(Listing("m/A/x", "m/B"), rename("m/A", "m/c"), rename("m/B", "m/a/B"))
    assert other == []


def test_the_same_rename_twice_is_one_command() -> None:
    one, other = settled(Listing("m/A:/x"), rename("m/A:", "m/A_"), rename("m/A:", "m/A_"))
    assert one == other == [("git", "mv", "m/A:", "m/A_")]


def test_git_does_not_rename_what_has_left_the_index() -> None:
    out = Finding("m/A/x", "", fix=Fix(Step("git", "rm", "--cached", items=("m/A/x",))))
    gone, left = rename("m/A", "m/a"), rename("m/B", "m/b")
    restore = Step("git", "restore", items=("m/A/x",))
    gone = gone.with_fix(Fix(restore, *(gone.fix or Fix()).steps, order=Fix.MOVE))
    found = settled(Listing("m/A/x", "m/B/x"), gone, left, out)
    assert found[0] == [("mv", "-n", "m/A", "m/a")]
    assert found[2] == [("git", "mv", "m/B", "m/b")]
    [first, *_] = renames.settle([gone, left, out], Listing("m/A/x"))  # type: ignore[arg-type]
    assert first.fix is gone.fix, "by itself, the fix is what was right for what was judged"


def test_a_pointer_is_not_recorded_when_git_lfs_fails(repo: Repo, tmp_path: Path) -> None:
    repo.stage_blob("a.bin", binary(1))
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.git("add", ".gitattributes")
    (fix,) = repo.pmgit("check", "--select", "missing-pointer").fixes
    # The store of Git LFS cannot be written.
    (repo.path / ".git/lfs").mkdir(exist_ok=True)
    (repo.path / ".git/lfs/tmp").write_text("in the way")
    (repo.path / ".git/lfs/objects").write_text("in the way")
    result = repo.sh(fix)

    assert result.code != 0
    assert repo.blob("a.bin") == binary(1)


def test_no_pointer_is_recorded_of_a_blob_that_cannot_be_read(repo: Repo) -> None:
    oid = repo.stage_blob("a.bin", binary(1))
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    result = repo.run(Shell().argv(fixes.convert(Blob("a.bin", oid, "100644"))))

    assert result.code != 0
    assert repo.git("ls-files", "-s").split()[1] == oid


def test_a_pointer_is_made_of_what_is_staged(repo: Repo) -> None:
    repo.stage_blob("it's $(touch PWNED).bin", binary(1))
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.git("add", ".gitattributes")
    (fix,) = repo.pmgit("check", "--select", "missing-pointer").fixes
    repo.paste(fix)

    assert repo.blob("it's $(touch PWNED).bin") == pointer(binary(1))
    assert repo.check("--select", "missing-pointer") == []
    assert not (repo.path / "PWNED").exists()
