"""`git diff`, `git show` and `git log -p` of weights: real git shows tensors, or says why not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from tests.e2e.set_ups import set_up
from tests.formats.assemble import torch_zip
from tests.kit import Repo, isolated_environment, pointer
from tests.made_once import put_copy, settle
from tests.tensors.test_read import hostile

pytestmark = pytest.mark.usefixtures("quick_hooks")

BERT = "pretrained_model/bert"
MODEL = f"{BERT}/model.safetensors"
LINE = "/pretrained_model/**/*.safetensors filter=lfs diff=pmgit merge=lfs -text"


def model(**changes: Any) -> bytes:
    tensors = {"a.weight": np.ones((2, 3), "f4"), "a.bias": np.zeros(2, "f4")} | changes
    return save({name: value for name, value in tensors.items() if value is not None})


def changes(text: str) -> list[str]:
    """The lines of a patch that were removed or added."""
    return [line for line in text.splitlines() if line[:1] in ("+", "-") and line[1:2] != line[:1]]


def numbers(lines: list[str]) -> list[str]:
    """The lines about tensors, without the hash at their ends."""
    return [f"{line.rpartition('] ')[0]}]" for line in lines if line[1:].startswith("tensor ")]


@pytest.fixture(scope="module")
def with_setting(tmp_path_factory: pytest.TempPathFactory, lfs_template: Path) -> Path:
    """What `compared` is a copy of."""
    folder = tmp_path_factory.mktemp("compared")
    shutil.copytree(lfs_template, folder / "repo")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"), init=None)
    repo.stage(MODEL, model())
    repo.add_info(BERT)
    done = repo.pmgit("lfs-setup", "--no-proof", "--textconv")
    assert done.code == 0, done
    assert "set diff.pmgit.textconv for this clone\n" in done.out
    assert "proved: git diff shows the tensors of 1 file now\n" in done.out
    repo.commit("Add a model")
    settle(repo)
    return repo.path


@pytest.fixture
def compared(repo: Repo, with_setting: Path) -> Repo:
    """A repository whose weights are compared by their tensors, with two commits of a model."""
    return put_copy(repo, with_setting)


def test_without_smudging_nothing_is_copied_and_all_is_shown(compared: Repo) -> None:
    compared.stage(MODEL, model(**{"a.bias": None}))
    compared.commit("Change it")
    shown = {
        skip: changes(compared.sh(f"GIT_LFS_SKIP_SMUDGE={skip} git -c core.pager=cat show").out)
        for skip in "01"
    }
    assert shown["0"] == shown["1"] != []


def patch(repo: Repo, *args: str) -> str:
    done = repo.sh(f"git -c core.pager=cat {' '.join(args)}")
    assert (done.code, done.err) == (0, ""), done
    return done.out


def test_what_git_shows(compared: Repo) -> None:
    changed = model(**{"a.weight": np.full((2, 3), 2, "f4"), "a.bias": None,
                       "c": np.zeros(4, "i8")})  # fmt: skip
    compared.write(MODEL, changed)
    expected = [
        "-tensor a.bias F32 [2]", "-tensor a.weight F32 [2, 3]",
        "+tensor a.weight F32 [2, 3]", "+tensor c I64 [4]",
    ]  # fmt: skip
    assert numbers(changes(patch(compared, "diff"))) == expected
    compared.git("add", "-A")
    assert numbers(changes(patch(compared, "diff", "--cached"))) == expected
    compared.commit("Change it")
    for args in (("show",), ("log", "-1", "-p"), ("diff", "HEAD~1")):
        assert numbers(changes(patch(compared, *args))) == expected, args
    assert numbers(changes(patch(compared, "-C", BERT, "diff", "HEAD~1"))) == expected
    assert compared.blob(MODEL) == pointer(changed)
    assert compared.rules("--all") == []
    assert "version https://git-lfs" in patch(compared, "show", "--no-textconv")


def test_a_file_and_its_pointer_are_the_same(compared: Repo) -> None:
    """The work tree has the content, the index a pointer; only the time of the file changes."""
    file = compared.path / MODEL
    content = file.read_bytes()
    file.unlink()
    compared.write(MODEL, content)
    assert changes(patch(compared, "diff", "HEAD")) == []
    lines = compared.pmgit("inspect", "--textconv", MODEL).out
    compared.write("pointer/model.safetensors", pointer(content))
    assert compared.pmgit("inspect", "--textconv", "pointer/model.safetensors").out == lines


def test_an_object_that_is_not_here_is_said(compared: Repo) -> None:
    """Git has Git LFS make the content before a textconv gets it; where it may not, a pointer."""
    compared.stage_blob(MODEL, pointer(b"far away"))
    compared.commit("Change it elsewhere")
    failed = compared.sh("git -c core.pager=cat show")
    assert failed.code == 128
    assert "smudge filter lfs failed" in failed.err
    done = compared.sh("GIT_LFS_SKIP_SMUDGE=1 git -c core.pager=cat show")
    assert (done.code, done.err) == (0, "")
    lines = changes(done.out)
    assert any(line.startswith("+Git LFS object sha256:") for line in lines)
    assert "+not here, so its tensors are not shown: git lfs fetch" in lines
    assert "-tensor a.bias F32 [2]" in numbers(lines)


def test_why_git_is_not_to_cache(compared: Repo) -> None:
    """It would remember that an object is not here, when it is here since."""
    other = model(**{"a.bias": None})
    compared.stage_blob(MODEL, pointer(other))
    compared.commit("Change it elsewhere")
    for setting in ("true", "false"):
        show = f"GIT_LFS_SKIP_SMUDGE=1 git -c diff.pmgit.cachetextconv={setting} show | cat"
        assert "+not here" in compared.sh(show).out
        compared.run(["git", "lfs", "clean", "x.safetensors"], stdin=other)
        assert ("+not here" in compared.sh(show).out) is (setting == "true")
        for file in (compared.path / ".git/lfs/objects").rglob(pointer(other)[54:118].decode()):
            file.unlink()


def test_raw_blobs(compared: Repo) -> None:
    compared.write(".git/info/attributes", "raw.* diff=pmgit\n")
    compared.stage_blob("raw.safetensors", model())
    compared.commit("Raw")
    compared.stage_blob("raw.safetensors", model(**{"a.bias": np.ones(2, "f4")}))
    compared.commit("Raw again")
    lines = changes(patch(compared, "show", "--", "raw.safetensors"))
    assert numbers(lines) == ["-tensor a.bias F32 [2]", "+tensor a.bias F32 [2]"]
    assert len(lines) == 2


def test_the_file_of_the_user_is_kept_and_a_second_run_changes_nothing(lfs_repo: Repo) -> None:
    repo = lfs_repo
    theirs = "*.mp4 filter=lfs diff=lfs merge=lfs -text\r\n# ours\n*.md  text\n"
    (repo.path / ".gitattributes").write_bytes(theirs.encode())
    repo.git("add", "-A")
    repo.stage(MODEL, model())
    assert repo.pmgit("lfs-setup", "--no-proof").code == 0
    before = (repo.path / ".gitattributes").read_bytes(), repo.git("config", "--local", "-l")
    assert repo.pmgit("lfs-setup", "--no-proof", "--textconv").code == 0
    after = (repo.path / ".gitattributes").read_bytes()
    assert after == before[0].replace(
        b".safetensors filter=lfs diff=lfs", b".safetensors filter=lfs diff=pmgit"
    )
    assert after.startswith(theirs.encode())
    config = (repo.path / ".git/config").read_bytes()
    for args in (("--textconv",), ()):  # the lines stay, also without the option
        done = repo.pmgit("lfs-setup", "--no-proof", *args)
        assert done.code == 0
        assert (repo.path / ".gitattributes").read_bytes() == after
        assert (repo.path / ".git/config").read_bytes() == config
    assert repo.git("check-attr", "diff", "--", MODEL, "a.mp4").split()[2::3] == ["pmgit", "lfs"]
    assert repo.pmgit("lfs-setup", "--no-proof", "--no-textconv").code == 0
    assert (
        (repo.path / ".gitattributes").read_bytes(),
        repo.git("config", "--local", "-l"),
    ) == before


def test_a_dry_run_changes_nothing(lfs_repo: Repo) -> None:
    lfs_repo.stage(MODEL, model())
    assert lfs_repo.pmgit("lfs-setup", "--no-proof").code == 0
    file, config = lfs_repo.path / ".gitattributes", lfs_repo.path / ".git/config"
    before = file.read_bytes(), config.read_bytes()
    done = lfs_repo.pmgit("lfs-setup", "--textconv", "--dry-run")
    assert f"+{LINE}\n" in done.out
    assert "would set diff.pmgit.textconv for this clone\n" in done.out
    assert (file.read_bytes(), config.read_bytes()) == before


def test_it_goes_with_git_lfs_and_with_the_setup(repo: Repo) -> None:
    repo.add_info(BERT)
    repo.write(MODEL, model())
    set_up(repo, "--hooks", "native", "--storage", "lfs")
    assert repo.pmgit("lfs-setup", "--no-proof", "--textconv").code == 0
    assert "diff=pmgit" in (repo.path / ".gitattributes").read_text()
    assert repo.pmgit("init", "--undo", "--yes").code == 0
    assert "pmgit" not in repo.git("config", "--local", "-l")
    assert not (repo.path / ".gitattributes").exists()


def test_leaving_git_lfs_takes_it_back(compared: Repo) -> None:
    compared.env["PMGIT_LFS_SETUP_PROOF"] = "0"
    compared.write(".pmgit.toml", 'storage = "lfs"\n')
    done = compared.pmgit("lfs-setup", "--leave", "--yes")
    assert done.code == 0, done
    assert "diff.pmgit" not in compared.git("config", "--local", "-l")
    again = compared.pmgit("lfs-setup", "--textconv")
    assert again.code == 2
    assert "ignored by Git here" in again.err
    assert compared.pmgit("lfs-setup", "--no-textconv").code == 0
    assert compared.pmgit("lfs-setup", "--leave", "--textconv").code == 2


def test_a_clone_without_the_setting_compares_as_before(compared: Repo) -> None:
    compared.stage(MODEL, model(**{"a.bias": None}))
    compared.commit("Change it")
    compared.git("config", "--unset", "diff.pmgit.textconv")
    lines = changes(patch(compared, "show"))
    assert [line[:5] for line in lines] == ["-oid ", "-size", "+oid ", "+size"]


def test_without_pmgit_git_goes_on(compared: Repo, tmp_path: Path) -> None:
    compared.stage(MODEL, model(**{"a.bias": None}))
    compared.commit("Change it")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("git", "sh", "cat", "env", "git-lfs"):
        where = compared.sh(f"command -v {name}").out.strip()
        (tools / name).symlink_to(where)
    done = compared.run([str(tools / "git"), "show"], env={"PATH": str(tools)})
    assert (done.code, done.err) == (0, "")
    lines = changes(done.out)
    assert len(lines) == 2
    assert "pmgit could not be run, so only the hash is shown" in done.out


def test_names_are_files_and_nothing_runs(compared: Repo) -> None:
    """The setting gets the bare name of a file of the work tree; the repository chooses names."""
    names = ["--help.safetensors", "-rf.safetensors", "$(touch PWNED).safetensors",
             "`touch PWNED`.safetensors", "; touch PWNED;.safetensors", "a b'\"\n.safetensors",
             "--format=json.safetensors", "HEAD:x.safetensors"]  # fmt: skip
    compared.write(".gitattributes", "*.safetensors diff=pmgit\n")
    for name in names:
        compared.write(name, model())
        compared.git("add", "--", f":(literal){name}")
    compared.commit("Names")
    for name in names:
        compared.write(name, model(**{"a.bias": None}))
    shown = patch(compared, "diff")
    assert shown.count("-tensor a.bias F32 [2]") == len(names)
    assert not list(compared.path.rglob("PWNED*"))


def test_hostile_files_are_shown_as_text(compared: Repo) -> None:
    compared.write(".gitattributes", "*.pt diff=pmgit\n*.safetensors diff=pmgit\n")
    evil = "\x1b[2J\n::error::x"
    files = {"deep.pt": torch_zip(hostile()["deep"]), "cut.safetensors": model()[:-9],
             "evil.safetensors": save({evil: np.zeros(1, "f4")}, {evil: evil}),
             "text.pt": evil.encode()}  # fmt: skip
    for name, content in files.items():
        compared.stage_blob(name, content)
    compared.commit("Hostile")
    shown = patch(compared, "show")
    assert "\x1b" not in shown
    assert "+::" not in shown
    assert "+broken: " in shown


def test_the_setting_of_somebody_is_kept(compared: Repo) -> None:
    theirs = "pmgit inspect --textconv --no-content --"
    compared.git("config", "diff.pmgit.textconv", theirs)
    assert compared.pmgit("lfs-setup", "--no-proof", "--textconv").code == 0
    assert compared.git("config", "diff.pmgit.textconv").strip() == theirs
    compared.write(MODEL, model(**{"a.bias": np.ones(2, "f4")}))
    assert changes(patch(compared, "diff")) == []
