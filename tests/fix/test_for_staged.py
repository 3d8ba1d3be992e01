"""Fixes, run in every situation: the finding is gone, no command fails, nothing is lost."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.core.finding import Finding, Fix, Step
from pmgit.core.shell import Shell
from pmgit.fix import for_staged as fixes
from pmgit.fix import renames
from pmgit.git.blob import Blob
from tests.core.test_shell import HOSTILE
from tests.kit import BIN, Repo, pointer, random_bytes, weights_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROOT = "pretrained_model"
BERT = f"{ROOT}/bert"


class Scene:
    """A rule that wants one path out of Git (or moved to `own`), and how to break it."""

    def __init__(
        self, rule: str, path: str, option: str = "", *, content: Callable[[int], bytes],
        own: str = "",
    ) -> None:  # fmt: skip
        self.rule = rule
        self.path = path
        self.own = own
        self.option = ("-c", f"{rule}.{option}") if option else ()
        self.content = content

    def write(self, repo: Repo, version: int) -> None:
        """Put a version of the path on disk; each is as bad as the other, and larger."""
        file = repo.path / self.path
        if self.rule == "linked-model":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            file.symlink_to(os.fsdecode(self.content(version)))
        else:
            repo.write(self.path, self.content(version))

    def on_disk(self, repo: Repo) -> bytes:
        file = repo.path / self.path
        file = file if os.path.lexists(file) else repo.path / self.own / file.name
        return os.fsencode(os.readlink(file)) if file.is_symlink() else file.read_bytes()


def binary(version: int) -> bytes:
    return random_bytes(1000 * version, version)


#: Each in a folder of its own, all of them in one repository: one run judges them all. The two
#: limits are above what the other scenes have.
SCENES = [
    Scene(
        "oversized-blob", "checkpoints/best.pt", "max-weights-size=50000",
        content=lambda version: random_bytes(60_000 * version, version),
    ),
    Scene("tracked-weights", f"{BERT}/model.bin", content=binary),
    Scene(
        "oversized-model", f"{ROOT}/words/vocab.txt", "max-model-size=50000",
        content=lambda version: b"a word\n" * 10_000 * version,
    ),
    Scene("misplaced-weights", f"{ROOT}/net.pth", content=binary, own=f"{ROOT}/net"),
    Scene("linked-model", f"{ROOT}/gpt2/link", content=lambda version: b"/mnt/" + b"x" * version),
]  # fmt: skip
PATHS = sorted(scene.path for scene in SCENES)
ARGUMENTS = (
    "--select", ",".join(scene.rule for scene in SCENES),
    *(word for scene in SCENES for word in scene.option),
)  # fmt: skip


def stage_all(repo: Repo, version: int) -> None:
    for scene in SCENES:
        scene.write(repo, version)
    repo.git("add", "-f", "--", *PATHS)


def found(repo: Repo, *args: str) -> list[dict[str, Any]]:
    """The finding of each scene, in their order; there must be no others."""
    findings = repo.check(*ARGUMENTS, *args)
    by_rule = {finding["rule"]: finding for finding in findings}
    assert len(by_rule) == len(findings) == len(SCENES), findings
    for scene in SCENES:
        assert by_rule[scene.rule]["path"] in (scene.path, os.path.dirname(scene.path)), findings
    return [by_rule[scene.rule] for scene in SCENES]


def paste_fixes(repo: Repo, *args: str, cwd: str = "") -> list[str]:
    """Paste what is printed for all scenes; no finding may be left."""
    pasted = repo.pmgit("check", *ARGUMENTS, *args, cwd=cwd).fixes
    for fix in pasted:
        repo.paste(fix, cwd=cwd)
    assert repo.check(*ARGUMENTS, *args) == [], pasted
    return pasted


def assert_on_disk(repo: Repo, version: int) -> None:
    for scene in SCENES:
        assert scene.on_disk(repo) == scene.content(version), scene.rule


LEFT = {".gitignore", *(f"{scene.own}/INFO.md" for scene in SCENES if scene.own)}


@pytest.mark.parametrize(("born", "cwd"), [(True, ""), (False, "sub dir")])
def test_newly_staged(repo: Repo, born: bool, cwd: str) -> None:
    (repo.path / "sub dir").mkdir()
    if born:
        repo.commit("first", "--allow-empty")
    stage_all(repo, 1)
    for finding in found(repo):
        assert "git rm --cached -f -q -- " in finding["fix"]["shell"], finding
    paste_fixes(repo, cwd=cwd)

    assert set(repo.staged()) <= LEFT
    assert_on_disk(repo, 1)


def test_staged_and_then_deleted_on_disk(repo: Repo) -> None:
    stage_all(repo, 1)
    for scene in SCENES:
        (repo.path / scene.path).unlink()
    shutil.rmtree(repo.path / ROOT)
    paste_fixes(repo)

    assert set(repo.staged()) <= LEFT
    assert_on_disk(repo, 1)  # the index held the only copies


def test_staged_and_then_changed_on_disk(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    stage_all(repo, 1)
    for scene in SCENES:
        scene.write(repo, 2)

    assert repo.pmgit("check", *ARGUMENTS).fixes == []
    for scene, finding in zip(SCENES, found(repo), strict=True):
        assert finding["fix"] is None, finding
        message = finding["message"]
        assert "the file on disk differs from what is staged, so no command is safe" in message
        # What it says to do: the staged content is there to be saved.
        command = message.partition("(git ")[2].partition(")")[0]
        saved = repo.git(*command.split()).encode("utf-8", "surrogateescape")
        assert saved == scene.content(1), scene.rule


def test_a_file_became_a_folder_on_disk(repo: Repo) -> None:
    stage_all(repo, 1)
    for scene in SCENES:
        (repo.path / scene.path).unlink()
        repo.write(f"{scene.path}/x", "in the way")

    for finding in found(repo):
        assert finding["fix"] is None, finding


@pytest.mark.parametrize(("cwd", "on_disk"), [("sub dir", True), ("", False)])
def test_in_head_and_changed(repo: Repo, cwd: str, on_disk: bool) -> None:
    """And deleted on disk, in one of the two."""
    (repo.path / "sub dir").mkdir()
    stage_all(repo, 1)
    repo.commit()
    stage_all(repo, 2)
    if not on_disk:
        for scene in SCENES:
            (repo.path / scene.path).unlink()
    (fix,) = paste_fixes(repo, cwd=cwd)

    begin = "git restore --staged -- " if on_disk else "git restore --ignore-skip-worktree-bits -- "
    assert fix.startswith(begin)
    assert repo.git("diff", "--cached", "--name-only") == ""
    assert repo.blob(SCENES[0].path) == SCENES[0].content(1)
    assert_on_disk(repo, 2)


def test_in_head_and_unchanged_is_unsafe(repo: Repo) -> None:
    stage_all(repo, 1)
    repo.commit()
    result = repo.pmgit("check", "--all", *ARGUMENTS)
    for finding in found(repo, "--all"):
        assert finding["message"].endswith(" (already committed)"), finding

    assert result.fixes == []
    begin = "unsafe fix (everybody else's copy of the file is deleted at their next pull): "
    lines = [line for line in result.out.splitlines() if line.startswith(begin)]
    for line in lines:
        repo.paste(line.removeprefix(begin))
    assert set(repo.staged()) <= LEFT
    assert_on_disk(repo, 1)


def test_the_whole_tree_with_something_new_staged(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    stage_all(repo, 1)
    paste_fixes(repo, "--all")


def test_after_gitattributes_has_changed(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    file = repo.stage(f"{BERT}/model.bin", b"\0\r\n" * 99)
    # What would be staged anew differs from both the index and HEAD: git refuses without -f.
    repo.stage(".gitattributes", "*.bin text\n")
    os.utime(file, (1, 1))  # as `git lfs track` does
    (fix,) = repo.pmgit("check", "--select", "tracked-weights").fixes
    repo.paste(fix)

    assert repo.check("--select", "tracked-weights") == []


def test_ids_of_sha256(tmp_path: Path, env: dict[str, str]) -> None:
    repo = Repo(tmp_path / "r", env, init=("--object-format=sha256",))
    repo.stage(f"{BERT}/model.bin", 500)
    repo.paste_all("--select", "tracked-weights")

    assert repo.staged() == [".gitignore"]


#: So many names of 200 bytes are too long for a command line (pmgit.core.shell.LONG).
MANY = 60


def test_in_a_linked_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first", "--allow-empty")
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "other tree"))
    tree = Repo(tmp_path / "other tree", repo.env, init=None)
    for number in range(MANY):
        tree.write(f"{BERT}/{number:0200}.bin", 10)
    tree.git("add", "-A")
    (fix,) = tree.paste_all("--select", "tracked-weights")

    assert " --pathspec-from-file=" in fix
    assert tree.staged() == [".gitignore"]


def test_in_a_sparse_checkout(repo: Repo) -> None:
    """What is new, what was in HEAD, and names."""
    repo.stage(f"{BERT}/model.bin", binary(1))
    repo.stage("src/a.py", "")
    repo.commit()
    repo.git("sparse-checkout", "set", "src")
    repo.stage_blob(f"{BERT}/model.bin", binary(2))
    repo.stage_blob(f"{ROOT}/gpt2/model.bin", binary(3))
    repo.git("update-index", "--skip-worktree", f"{BERT}/model.bin", f"{ROOT}/gpt2/model.bin")
    repo.stage_blob(f"{ROOT}/T5 x/config.json", b"{}")
    repo.stage_blob(f"{ROOT}/T5 x/a:b.json", b"{ }")
    wanted = ("--select", "tracked-weights,naming")
    repo.paste_all(*wanted)

    assert repo.check(*wanted) == []
    assert repo.blob(f"{BERT}/model.bin") == binary(1)
    assert (repo.path / BERT / "model.bin").read_bytes() == binary(2)
    assert (repo.path / ROOT / "gpt2/model.bin").read_bytes() == binary(3)
    renamed = [f"{ROOT}/t5-x/a_b.json", f"{ROOT}/t5-x/config.json"]
    assert repo.staged() == [".gitignore", f"{BERT}/model.bin", *renamed, "src/a.py"]


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


@pytest.mark.parametrize(("cwd", "born"), [("", True), (BERT, False)])
def test_hostile_names(repo: Repo, born: bool, cwd: str) -> None:
    if born:
        repo.commit("first", "--allow-empty")
    # What a glob, or an exclusion, would reach as well.
    repo.write(f"{BERT}/a.json", "{}")
    contents = {f"{BERT}/{name}": random_bytes(2_000, at) for at, name in enumerate(HOSTILE)}
    for path, content in contents.items():
        repo.write(path, content)
    repo.git("add", "-A")
    (fix,) = repo.pmgit("check", "--select", "tracked-weights", cwd=cwd).fixes
    repo.paste(fix, cwd=cwd)

    assert repo.check("--select", "tracked-weights") == []
    assert repo.staged() == [".gitignore", f"{BERT}/a.json"]
    assert not list(repo.path.rglob("PWNED*"))
    for path, content in contents.items():
        assert (repo.path / path).read_bytes() == content


def test_hostile_names_gone_from_disk(repo: Repo) -> None:
    repo.write("a.bin", binary(3))
    for name in HOSTILE:
        repo.write(f"x{name}", binary(4))
    repo.git("add", "-A")
    repo.commit()
    kept = repo.staged()
    limit = ("-c", "oversized-blob.max-file-size=500", "--select", "oversized-blob")
    # An exclusion and a pattern, when they stand alone, mean all others; then all of them at once.
    for names in ([":!x.bin"], ["*.bin"], HOSTILE):
        contents = {name: random_bytes(1000, number) for number, name in enumerate(names)}
        repo.stage_blobs(contents)
        (fix,) = repo.pmgit("check", *limit).fixes
        repo.paste(fix)

        assert repo.staged() == kept, fix
        assert not list(repo.path.rglob("PWNED*")), fix
        for name, content in contents.items():
            assert (repo.path / name).read_bytes() == content, name
            (repo.path / name).unlink()
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
        repo.write(name, random_bytes(1000, number))
    repo.git("--literal-pathspecs", "add", "--", *HOSTILE)
    (fix,) = repo.pmgit("check", *LFS_LIMIT).fixes
    repo.paste(fix)
    assert_stored(repo, *HOSTILE)


def test_hundreds_of_files(repo: Repo) -> None:
    (repo.path / "sub dir").mkdir()
    repo.stage(f"{BERT}/config.json", "{}")
    repo.commit()
    for number in range(300):
        repo.write(f"{BERT}/part [{number}]*.bin", bytes([0, number % 256, number // 256]))
    repo.git("add", ".")
    (fix,) = repo.pmgit("check", "--select", "tracked-weights", cwd="sub dir").fixes
    assert " --pathspec-from-file=" in fix
    assert len(fix) < 500
    repo.paste(fix, cwd="sub dir")

    assert repo.check("--select", "tracked-weights") == []
    assert repo.staged() == [".gitignore", f"{BERT}/config.json"]


def test_a_printed_list_is_not_overwritten_by_the_next(repo: Repo) -> None:
    for number in range(MANY):
        repo.write(f"{BERT}/{number:0200}.bin", 10)
    repo.git("add", "-A")
    (first,) = repo.pmgit("check", "--select", "tracked-weights").fixes
    for number in range(MANY):
        repo.write(f"{ROOT}/gpt2/{number:0200}.bin", 11)
    repo.git("add", "-A")
    (second,) = repo.pmgit("check", "--select", "tracked-weights").fixes
    assert first != second
    repo.paste(first)

    assert len([path for path in repo.staged() if path.startswith(f"{ROOT}/gpt2/")]) == MANY


# -- everything at once ---------------------------------------------------------------------------


SAFE, TORCH, ONNX = (weights_for(f"x.{s}", 3000) for s in ("safetensors", "pth", "onnx"))


def mess(repo: Repo) -> None:
    """Everything that can be wrong at once."""
    names_in_a_mess(repo)
    repo.write(f"{ROOT}/BERT base (copy)/it's $(touch PWNED)\n.pt", binary(2))
    repo.write(f"{ROOT}/BERT base (copy)/sub./x?.txt", "text")
    gone = repo.write(f"{ROOT}/gone: x/model.bin", binary(4))
    repo.write(f"{ROOT}/gone: x/other.bin", binary(5))
    repo.write(f"{ROOT}/con/\udcff\u202e.bin", binary(6))
    repo.write(f"{ROOT}/-rf/:(exclude)[a]*.bin", binary(7))
    repo.write("checkpoints/best of.pt", SAFE + b"\0")
    repo.git("add", "-f", ROOT, "checkpoints")
    gone.unlink()


def names_in_a_mess(repo: Repo) -> None:
    """Folders and files that have to be renamed, one onto the other, and a link; all staged."""
    repo.write(f"{ROOT}/BERT base (copy)/model.safetensors", SAFE)
    repo.write(f"{ROOT}/BERT base (copy)/config.json", "{}")
    repo.write(f"{ROOT}/BERT base (copy)/step:1000.bin", binary(1))
    repo.write(f"{ROOT}/gpt2/vocab.txt", "a")
    repo.write(f"{ROOT}/gpt2/Vocab.txt", "b")
    repo.write(f"{ROOT}/GPT2/merges.txt", "c")
    repo.write(f"{ROOT}/GPT2/model.bin", binary(3))
    repo.write(f"{ROOT}/resnet50.pth", TORCH)
    repo.write(f"{ROOT}/ResNet50.onnx", ONNX)
    (repo.path / ROOT / "linked").symlink_to("/mnt/share/linked")
    repo.git("add", "-f", ROOT)


def assert_clean(repo: Repo) -> None:
    result = repo.pmgit("check")
    assert result.code == 0, result.out
    assert result.fixes == []
    assert not list(repo.path.rglob("PWNED*"))


@pytest.fixture
def unproved(repo: Repo) -> None:
    """`pmgit lfs-setup` is pasted without its proof: once here, by hostile names, it has it."""
    repo.env["PMGIT_LFS_SETUP_PROOF"] = "0"


@pytest.mark.parametrize(
    ("storage", "cwd", "born"),
    [("ignore", "sub dir", False), ("lfs", "", True)],
)
def test_all_fixes_of_a_mess(
    repo: Repo, unproved: None, born: bool, cwd: str, storage: str
) -> None:
    repo.stage(".pmgit.toml", f'storage = "{storage}"\n')
    repo.write("sub dir/x", "")
    if born:
        repo.commit()
    mess(repo)
    repo.paste_all(cwd=cwd)

    assert_clean(repo)
    repo.commit("mended")
    kept = (SAFE, *map(binary, range(1, 8)), ONNX)
    assert {hashlib.sha256(content).digest() for content in kept} <= repo.contents()
    staged = set(repo.staged())
    assert f"{ROOT}/bert-base-copy/INFO.md" in staged
    if storage == "lfs":
        assert repo.blob(f"{ROOT}/bert-base-copy/model.safetensors").startswith(b"version ")
        assert repo.blob(f"{ROOT}/bert-base-copy/step_1000.bin").startswith(b"version ")
    else:
        assert not [path for path in staged if path.endswith((".bin", ".pt", ".safetensors"))]


def test_all_fixes_of_a_mess_one_after_the_other(repo: Repo, unproved: None) -> None:
    """As a program does it that reads the JSON: apply the first fix, and judge again.

    Of this storage there are commands of every kind; those of the other one are run without a shell
    in tests/report/test_machine.py.
    """
    gone = f"{ROOT}/gone: x/model.bin"
    repo.stage_all(
        {
            ".pmgit.toml": 'storage = "lfs"\n',
            f"{ROOT}/BERT base (copy)/model.safetensors": SAFE,
            f"{ROOT}/BERT base (copy)/config: 1.json": "{}",
            gone: binary(4),
            f"{ROOT}/gone: x/it's $(touch PWNED)\n.bin": binary(5),
            f"{ROOT}/resnet50.safetensors": SAFE + b" ",
            f"{ROOT}/gpt2/vocab.txt": "a",
            f"{ROOT}/GPT2/vocab.txt": "b",
        }
    )
    (repo.path / gone).unlink()
    before = repo.contents()
    for _ in range(40):
        safe = [f for f in repo.check() if f["fix"] and f["fix"]["safe"]]
        if not safe:
            break
        for program, *words in safe[0]["fix"]["commands"]:
            result = repo.pmgit(*words) if program == "pmgit" else repo.run([program, *words])
            assert result.code == 0, (program, words, result)

    assert_clean(repo)
    assert not before - repo.contents()


def test_some_rules_only(repo: Repo) -> None:
    """Names and notes are put right, and what is too large stays where it is in Git."""
    names_in_a_mess(repo)
    repo.paste_all("--select", "naming,info")
    assert f"{ROOT}/bert-base-copy/step_1000.bin" in repo.staged()

    assert [f for f in repo.check("--select", "naming,info") if f["severity"] == "error"] == []


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
