"""`misplaced-weights`: weights loose in the models folder."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo, pointer, random_bytes

RULE = "misplaced-weights"
ROOT = "pretrained_model"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *args)


def paths(repo: Repo, *args: str) -> list[str]:
    return [finding["path"] for finding in findings(repo, *args)]


def test_reports(repo: Repo) -> None:
    repo.stage(f"{ROOT}/resnet50-imagenet.pth", 500)
    (finding,) = findings(repo)

    assert finding["path"] == f"{ROOT}/resnet50-imagenet.pth"
    assert finding["severity"] == "error"
    assert finding["message"] == (
        "weights loose in the models folder: each model has a folder of its own"
    )


def test_pointers_and_unnamed_binaries_too(repo: Repo) -> None:
    repo.stage(f"{ROOT}/a.onnx", pointer(random_bytes(50_000)))
    repo.stage(f"{ROOT}/blob", 100_001)

    assert paths(repo) == [f"{ROOT}/a.onnx", f"{ROOT}/blob"]


def test_accepts(repo: Repo) -> None:
    repo.stage(f"{ROOT}/README.md", "text")
    repo.stage(f"{ROOT}/.gitkeep", b"")
    repo.stage(f"{ROOT}/logo.png", 50_000)
    repo.stage(f"{ROOT}/tokenizer.model", 500_000)
    repo.stage(f"{ROOT}/bert/model.bin", 500)
    repo.stage("model.bin", 500)

    assert findings(repo) == []


def test_old_ones_are_warnings_when_they_change(repo: Repo) -> None:
    repo.stage(f"{ROOT}/a.pt", 500)
    repo.commit()
    assert findings(repo) == []
    repo.stage(f"{ROOT}/a.pt", 600)

    assert [f["severity"] for f in findings(repo)] == ["warning"]
    repo.git("reset", "-q", "--hard")
    assert [f["severity"] for f in findings(repo, "--all")] == ["error"]


def test_configured_folders_and_excluded_paths(repo: Repo) -> None:
    repo.stage("zoo/a.pt", 500)
    repo.stage("zoo/b.pt", 500)
    repo.stage(f"{ROOT}/c.pt", 500)
    repo.write(".pmgit.toml", 'models = ["zoo"]\nexclude = ["zoo/b.*"]\n')

    assert paths(repo) == ["zoo/a.pt"]


def test_in_a_range(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    repo.stage(f"{ROOT}/a.pt", 500)
    repo.commit()
    (finding,) = findings(repo, "--range", "HEAD~1..HEAD")
    repo.paste(finding["fix"]["shell"])
    assert findings(repo, "--range", "HEAD~2..HEAD") == []


# -- fixes (every other situation of raw ones: tests/test_fixes.py) -------------------------------


def test_raw_ones_leave_the_index(repo: Repo) -> None:
    repo.stage(f"{ROOT}/a.pt", 500)
    (fix,) = repo.pmgit("check", "--select", RULE).fixes
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.staged() == [".gitignore"]
    assert (repo.path / ROOT / "a.pt").exists()


@pytest.mark.parametrize("cwd", ["", "sub dir", ROOT])
def test_those_in_git_lfs_move_into_a_folder_of_their_own(lfs_repo: Repo, cwd: str) -> None:
    (lfs_repo.path / "sub dir").mkdir()
    lfs_repo.stage(f"{ROOT}/ResNet 50.v2.safetensors", 2000)
    lfs_repo.stage(f"{ROOT}/$(touch PWNED) 'x'\n.safetensors", 3000)
    for fix in lfs_repo.pmgit("check", "--select", RULE, cwd=cwd).fixes:
        lfs_repo.paste(fix, cwd=cwd)

    assert findings(lfs_repo) == []
    assert set(lfs_repo.staged()) == {
        ".gitattributes",
        f"{ROOT}/resnet-50/INFO.md",
        f"{ROOT}/resnet-50/ResNet 50.v2.safetensors",
        f"{ROOT}/touch-pwned-x/INFO.md",
        f"{ROOT}/touch-pwned-x/$(touch PWNED) 'x'\n.safetensors",
    }
    assert lfs_repo.blob(f"{ROOT}/resnet-50/ResNet 50.v2.safetensors").startswith(b"version ")
    assert not list(lfs_repo.path.rglob("PWNED"))


def test_two_files_of_one_model(lfs_repo: Repo) -> None:
    lfs_repo.stage(f"{ROOT}/bert.fp16.safetensors", 2000)
    lfs_repo.stage(f"{ROOT}/bert.fp32.safetensors", 4000)
    lfs_repo.paste_all("--select", RULE)

    assert findings(lfs_repo) == []
    assert set(lfs_repo.staged()) == {
        ".gitattributes", f"{ROOT}/bert/INFO.md",
        f"{ROOT}/bert/bert.fp16.safetensors", f"{ROOT}/bert/bert.fp32.safetensors",
    }  # fmt: skip


def test_into_a_model_that_exists(lfs_repo: Repo) -> None:
    lfs_repo.add_info(f"{ROOT}/bert")
    lfs_repo.stage(f"{ROOT}/bert.safetensors", 2000)
    (fix,) = lfs_repo.pmgit("check", "--select", RULE).fixes
    lfs_repo.paste(fix)

    assert fix == (
        f"mkdir -p -- {ROOT}/bert && git mv -- {ROOT}/bert.safetensors {ROOT}/bert/bert.safetensors"
    )
    assert findings(lfs_repo) == []


def test_into_a_model_that_another_fix_describes(lfs_repo: Repo) -> None:
    lfs_repo.write(".gitignore", f"/{ROOT}/bert/*.bin\n")
    lfs_repo.write(f"{ROOT}/bert/model.bin", 2000)
    lfs_repo.stage(f"{ROOT}/bert.safetensors", 2000)
    lfs_repo.paste_all("--select", f"{RULE},missing-info")

    assert lfs_repo.check("--select", f"{RULE},missing-info") == []


def test_a_file_with_the_name_of_its_folder(lfs_repo: Repo) -> None:
    lfs_repo.stage(f"{ROOT}/resnet50", pointer(random_bytes(2_000_000)))
    (fix,) = lfs_repo.pmgit("check", "--select", RULE).fixes
    lfs_repo.paste(fix)

    assert findings(lfs_repo) == []
    assert f"{ROOT}/resnet50-model/resnet50" in lfs_repo.staged()


@pytest.mark.parametrize("name", ["模型.safetensors", ".safetensors", "a.safetensors"])
def test_when_there_is_no_name_for_the_folder_a_person_chooses(lfs_repo: Repo, name: str) -> None:
    lfs_repo.write(f"{ROOT}/a", "a file is in the way")
    lfs_repo.write(f"{ROOT}/a-model", "here too")
    lfs_repo.stage(f"{ROOT}/{name}", 2000)
    (finding,) = findings(lfs_repo)

    if finding["fix"]:
        lfs_repo.paste(finding["fix"]["shell"])
        assert findings(lfs_repo) == []
    else:
        assert f"`git mv` {name!r} into it" in finding["message"]


def test_raw_ones_wait_until_they_are_in_git_lfs(repo: Repo) -> None:
    # Attribute without filter: the blob is raw, missing-pointer makes a pointer of it first.
    repo.write(".gitattributes", f"/{ROOT}/** filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(".pmgit.toml", 'storage = "ignore"\n')
    repo.git("add", ".gitattributes")
    repo.stage(f"{ROOT}/a.pt", 500)
    repo.paste_all("--select", f"{RULE},missing-pointer")

    assert repo.check("--select", f"{RULE},missing-pointer") == []
    assert repo.blob(f"{ROOT}/a/a.pt").startswith(b"version https://git-lfs")
