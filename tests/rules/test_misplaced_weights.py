"""`misplaced-weights`: weights loose in the models folder."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo, pointer, random_bytes, weights_for
from tests.lfs_install import install_lfs

RULE = "misplaced-weights"
ROOT = "pretrained_model"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *args)


def paths(repo: Repo, *args: str) -> list[str]:
    return [finding["path"] for finding in findings(repo, *args)]


def test_it_reports_weights_loose_in_the_folder(repo: Repo) -> None:
    repo.stage(f"{ROOT}/resnet50-imagenet.pth", 500)
    (finding,) = findings(repo)

    assert finding["path"] == f"{ROOT}/resnet50-imagenet.pth"
    assert finding["severity"] == "error"
    assert finding["message"] == (
        "weights loose in the models folder: each model has a folder of its own"
    )


def test_pointers_and_unnamed_binaries_too(repo: Repo) -> None:
    repo.stage_all({f"{ROOT}/a.onnx": pointer(random_bytes(50_000)), f"{ROOT}/blob": 100_001})

    assert paths(repo) == [f"{ROOT}/a.onnx", f"{ROOT}/blob"]


def test_it_accepts_other_files_and_models(repo: Repo) -> None:
    repo.stage_all(
        {
            f"{ROOT}/README.md": "text",
            f"{ROOT}/.gitkeep": b"",
            f"{ROOT}/logo.png": 50_000,
            f"{ROOT}/tokenizer.model": 500_000,
            f"{ROOT}/bert/model.bin": 500,
            "model.bin": 500,
        }
    )

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
    repo.stage_all({"zoo/a.pt": 500, "zoo/b.pt": 500, f"{ROOT}/c.pt": 500})
    repo.write(".pmgit.toml", 'models = ["zoo"]\nexclude = ["zoo/b.*"]\n')

    assert paths(repo) == ["zoo/a.pt"]


def test_in_a_range(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    repo.stage(f"{ROOT}/a.pt", 500)
    repo.commit()
    (finding,) = findings(repo, "--range", "HEAD~1..HEAD")
    repo.paste(finding["fix"]["shell"])
    assert findings(repo, "--range", "HEAD~2..HEAD") == []


# -- fixes (every other situation of raw ones: tests/fix/test_for_staged.py) --


def test_raw_ones_leave_the_index_and_move(repo: Repo) -> None:
    repo.stage(f"{ROOT}/a.pt", 500)
    (fix,) = repo.pmgit("check", "--select", RULE).fixes
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.staged() == [".gitignore", f"{ROOT}/a/INFO.md"]
    assert (repo.path / ROOT / "a/a.pt").exists()
    assert {finding["severity"] for finding in repo.check()} <= {"warning"}


def test_large_raw_ones_that_another_rule_takes_out_as_well(repo: Repo) -> None:
    repo.write(".pmgit.toml", '[rules.oversized-blob]\nmax-weights-size = "10 kB"\n')
    repo.stage(f"{ROOT}/a.pt", 15_000)
    repo.stage(f"{ROOT}/b.pt", 16_000).unlink()
    result = repo.pmgit("check")
    assert ": oversized-blob: " in result.out
    assert f": {RULE}: " in result.out
    for fix in result.fixes:
        repo.paste(fix)

    assert [f for f in repo.check() if f["severity"] == "error"] == []
    assert repo.staged() == [".gitignore", f"{ROOT}/a/INFO.md", f"{ROOT}/b/INFO.md"]
    assert (repo.path / ROOT / "b/b.pt").exists()


@pytest.mark.parametrize("cwd", ["", ROOT])
def test_those_in_git_lfs_move_into_a_folder_of_their_own(lfs_repo: Repo, cwd: str) -> None:
    lfs_repo.stage_all(
        {f"{ROOT}/ResNet 50.v2.safetensors": 2000, f"{ROOT}/$(touch PWNED) 'x'\n.safetensors": 3000}
    )
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
    lfs_repo.stage_all(
        {f"{ROOT}/bert.fp16.safetensors": 2000, f"{ROOT}/bert.fp32.safetensors": 4000}
    )
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


NAMES = {
    ".safetensors": "model",
    "另一个.safetensors": "model-model",
    "模型.safetensors": "model-2",
    "a.safetensors": "a-2",
    "ResNet50.safetensors": "resnet50-model",
    "qwen2.5-7b.Q4_K_M.safetensors": "qwen2.5-7b",
    "con.safetensors": "con-model",
    f"{'x' * 200}.safetensors": "x" * 80,
}


def test_the_names_of_the_folders_are_free_and_accepted(repo: Repo) -> None:
    repo.pmgit("gitignore")
    repo.git("add", ".gitignore")
    repo.commit()
    repo.write(f"{ROOT}/a", "a file is in the way")
    repo.write(f"{ROOT}/a-model", "here too")
    repo.write(f"{ROOT}/RESNET50/notes.txt", "in the way where case does not count")
    for name in NAMES:
        repo.write(f"{ROOT}/{name}", 2000)
    repo.git("add", "-f", "--", *(f"{ROOT}/{name}" for name in NAMES))
    # All in one round; a device's name is another rule's.
    for fix in repo.pmgit("check", "--select", RULE).fixes:
        repo.paste(fix)

    assert findings(repo) == []
    for name, folder in NAMES.items():
        assert (repo.path / ROOT / folder / name).exists(), name
        assert f"{ROOT}/{folder}/INFO.md" in repo.staged()
    assert "bad-model-name" not in repo.rules()
    assert "case-collision" not in repo.rules()


def test_raw_ones_wait_until_they_are_in_git_lfs(repo: Repo) -> None:
    # Attribute without filter: the blob is raw, missing-pointer makes a pointer of it first.
    repo.write(".gitattributes", f"/{ROOT}/** filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(".pmgit.toml", 'storage = "ignore"\n')
    repo.git("add", ".gitattributes")
    repo.stage(f"{ROOT}/a.pt", 500)
    repo.paste_all("--select", f"{RULE},missing-pointer")

    assert repo.check("--select", f"{RULE},missing-pointer") == []
    assert repo.blob(f"{ROOT}/a/a.pt").startswith(b"version https://git-lfs")


# -- shards, and what belongs together ------------------------------------------------------------

TOGETHER = ("big-00001-of-00002.safetensors", "big-00002-of-00002.safetensors")
INDEX = "big.safetensors.index.json"


@pytest.mark.parametrize(
    ("storage", "how"), [("ignore", "ignored"), ("ignore", "staged"), ("lfs", "staged")]
)
def test_what_belongs_together_moves_together(lfs_repo: Repo, storage: str, how: str) -> None:
    repo = lfs_repo
    repo.stage_all(
        {
            ".pmgit.toml": f'storage = "{storage}"\n[rules.missing-info]\nlocal = "error"\n',
            f"{ROOT}/big.py": "# code stays where it is imported from\n",
        }
    )
    if how == "ignored":
        repo.stage(".gitignore", f"{ROOT}/*.safetensors\n{ROOT}/*.onnx\n{ROOT}/*.json\n")
    repo.commit()
    for seed, name in enumerate((*TOGETHER, "Yolo.safetensors", "yolo.onnx")):
        repo.write(f"{ROOT}/{name}", weights_for(name, 9_000 + seed, seed))
    repo.write(f"{ROOT}/{INDEX}", '{{"weight_map": {{"a": "{}", "b": "{}"}}}}'.format(*TOGETHER))
    if how == "staged":
        repo.git("add", "-f", ROOT)
    repo.paste_all()

    there = {p.relative_to(repo.path / ROOT).as_posix() for p in (repo.path / ROOT).rglob("*.*")}
    moved = {f"big/{name}" for name in (*TOGETHER, INDEX, "INFO.md")}
    moved |= {"yolo/Yolo.safetensors", "yolo/yolo.onnx", "yolo/INFO.md", "big.py"}
    assert there == moved
    assert [f for f in repo.check() if f["severity"] == "error"] == []


def test_a_pointer_whose_line_covers_only_where_it_lay(repo: Repo) -> None:
    line = "filter=lfs diff=lfs merge=lfs -text"
    repo.stage(".gitattributes", f"/{ROOT}/*.bin {line}\n")
    install_lfs(repo)
    repo.stage(f"{ROOT}/a.bin", 2000)
    for fix in repo.pmgit("check").fixes:
        repo.paste(fix)

    assert [f for f in repo.check() if f["severity"] == "error"] == []
    assert repo.blob(f"{ROOT}/a/a.bin").startswith(b"version ")


# -- those that Git ignores -----------------------------------------------------------------------


@pytest.fixture
def ignored(repo: Repo) -> Repo:
    """A repository in which loose weights lie ignored: one of a known ending, one of none."""
    repo.write(".gitignore", f"/{ROOT}/resnet50.pth\n/{ROOT}/eng.*\n/{ROOT}/*.log\n")
    repo.git("add", ".gitignore")
    repo.commit()
    repo.write(f"{ROOT}/resnet50.pth", 300)
    repo.write(f"{ROOT}/eng.traineddata", 100_001)
    repo.write(f"{ROOT}/eng.small", 100_000)
    repo.write(f"{ROOT}/train.log", 300_000)
    return repo


def test_ignored_ones_are_named(ignored: Repo) -> None:
    for local, severity in (("warning", "warning"), ("error", "error"), ("off", None)):
        ignored.stage(".pmgit.toml", f'[rules.missing-info]\nlocal = "{local}"\n')
        wanted = [(f"{ROOT}/{name}", severity) for name in ("eng.traineddata", "resnet50.pth")]
        for args in ((), ("--all",)):
            found = [(f["path"], f["severity"]) for f in findings(ignored, *args)]
            assert found == (wanted if severity else []), local
        assert ignored.hook("pre-commit").code == (1 if severity == "error" else 0), local


def test_what_is_not_ignored_is_told_when_it_is_staged(repo: Repo) -> None:
    repo.write(f"{ROOT}/resnet50.pth", 300)

    assert findings(repo) == findings(repo, "--all") == []


@pytest.mark.parametrize("cwd", ["", ROOT])
def test_ignored_ones_move_and_stay_ignored(ignored: Repo, cwd: str) -> None:
    for fix in ignored.pmgit("check", "--select", RULE, cwd=cwd).fixes:
        ignored.paste(fix, cwd=cwd)

    assert ignored.check("-c", "missing-info.local=error", "--select", RULE) == []
    staged = [f"{ROOT}/{name}/INFO.md" for name in ("eng", "resnet50")]
    assert ignored.staged() == [".gitignore", *staged]
    ignored.git("add", "-A")
    assert ignored.staged() == [".gitignore", *staged]


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        (".gitignore", f"{ROOT}/\n"),
        (".gitignore", "*.pth\n*.md\n"),
        (f"{ROOT}/.gitignore", "*\n"),
        (".git/info/exclude", f"/{ROOT}/*\n"),
    ],
)
def test_where_info_would_be_ignored_too(repo: Repo, file: str, lines: str) -> None:
    repo.write(file, lines)
    repo.write(f"{ROOT}/resnet50.pth", 300)
    repo.paste_all("-c", "missing-info.local=error", "--select", f"{RULE},info")

    assert f"{ROOT}/resnet50/INFO.md" in repo.staged()
    assert (repo.path / ROOT / "resnet50/resnet50.pth").exists()


def test_what_a_link_or_dvc_leads_to_stays(ignored: Repo) -> None:
    (ignored.path / ROOT / "bert").mkdir()
    (ignored.path / ROOT / "bert/model.pth").symlink_to("../resnet50.pth")
    ignored.stage(f"{ROOT}/eng.traineddata.dvc", "outs:\n- path: eng.traineddata\n")
    found = findings(ignored, "-c", "missing-info.local=error")

    assert [(f["severity"], f["fix"]) for f in found] == [("warning", None)] * 2
    assert f"the link '{ROOT}/bert/model.pth' leads to it" in found[1]["message"]
    assert "move it with `dvc move`" in found[0]["message"]


def test_dot_files_stay_where_they_are(lfs_repo: Repo) -> None:
    lfs_repo.stage(".gitattributes", f"{ROOT}/** filter=lfs diff=lfs merge=lfs -text\n")
    lfs_repo.commit()
    texts = {".gitignore": "/private/\n", ".gitattributes": "*.x text\n", ".gitkeep": ""}
    texts |= {".DS_Store": "\0\1", "bert/.gitignore": "*.log\n", "bert/INFO.md": "# BERT\n"}
    lfs_repo.stage_all({f"{ROOT}/{name}": text for name, text in texts.items()})
    assert findings(lfs_repo) == []
    lfs_repo.paste_all()

    assert lfs_repo.rules("--select", "naming,size,lfs") == []
    for name, text in texts.items():
        assert (lfs_repo.path / ROOT / name).read_text() == text
    assert lfs_repo.blob(f"{ROOT}/.gitignore") == b"/private/\n"
    assert not (lfs_repo.path / ROOT / "gitignore").exists()


def test_a_models_folder_in_another_one(repo: Repo) -> None:
    """A file lies in one of them, and a models folder is no model of the other."""
    repo.stage_all(
        {
            ".pmgit.toml": f'models = ["models", "models/{ROOT}"]\n',
            f"models/{ROOT}/loose.safetensors": 3000,
            f"models/{ROOT}/x/model.safetensors": 3000,
            "models/y/model.safetensors": 3000,
        }
    )
    told = sorted((f["rule"], f["path"]) for f in repo.check("--select", "naming,info"))
    assert told == [
        ("misplaced-weights", f"models/{ROOT}/loose.safetensors"),
        ("missing-info", f"models/{ROOT}/x"), ("missing-info", "models/y"),
    ]  # fmt: skip
    repo.paste_all()
    assert repo.rules("--select", "naming,size") == []
    assert (repo.path / f"models/{ROOT}/loose/loose.safetensors").is_file()
