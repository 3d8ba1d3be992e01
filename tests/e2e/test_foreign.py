"""What lies in a models folder and is no model of this repository: clones, caches, source code.

Recognised, never torn apart, never moved, never left unnamed; and no commit is refused for ever.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.e2e.set_ups import left_to_do, set_up
from tests.kit import Repo, weights_bytes, weights_for

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "pretrained_models"
NATIVE = ("--hooks", "native")
COMMIT = "5a1d1b56dd1c4a3f9cb7a0d8a3d7c8f0e1b2c3d4"


def commit(repo: Repo) -> None:
    """Commit what is staged as a person does: what is printed is pasted, at most three times."""
    for _ in range(4):
        done = repo.run(["git", "commit", "-m", "work"])
        if done.code == 0:
            return
        for line in done.err.splitlines():
            if line.startswith("fix: "):
                repo.paste(line[5:])
    raise AssertionError(done)


def dangling(repo: Repo) -> list[str]:
    """The links of the models folders that lead nowhere."""
    return [
        str(path)
        for path in (repo.path / ROOT).rglob("*")
        if path.is_symlink() and not path.exists()
    ]


def entry(repo: Repo, place: str) -> None:
    """An entry of the Hub's cache: weights, a text and code, each behind a link."""
    top = repo.path / ROOT / place
    for name, content in (
        ("model.safetensors", weights_bytes(200_000)),
        ("onnx/model.onnx", weights_for("x.onnx", 100_001)),
        ("config.json", b"{}\n"),
        (".gitattributes", b"*.bin filter=lfs\n"),
        ("README.md", b"---\nlicense: mit\n---\n"),
        ("modeling_x.py", b"import torch\n"),
        ("INFO.md", b"theirs\n"),
    ):
        oid = hashlib.sha256(content).hexdigest()
        repo.write(f"{ROOT}/{place}/blobs/{oid}", content)
        link = top / "snapshots" / COMMIT / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(f"{'../' * (name.count('/') + 2)}blobs/{oid}")
    repo.write(f"{ROOT}/{place}/refs/main", COMMIT)


# -- clones ---------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path, env: dict[str, str]) -> Repo:
    """What somebody clones into the models folder."""
    repo = Repo(tmp_path / "hub", env)
    repo.stage_all({"llm.pt": 300_000, "run.py": "x = 1\n"})
    repo.commit()
    return repo


def test_a_clone_that_is_there_before_pmgit(repo: Repo, hub: Repo) -> None:
    repo.stage(".gitignore", f"{ROOT}/\n")
    repo.commit()
    repo.git("clone", "-q", str(hub.path), f"{ROOT}/CosyVoice2-0.5B")
    assert f"{ROOT}/CosyVoice2-0.5B" in repo.pmgit("init", "--dry-run", *NATIVE).out
    set_up(repo, *NATIVE)
    repo.git("add", "-A")
    commit(repo)
    repo.stage("code.py", "x = 1\n")
    commit(repo)
    repo.git("add", "-A")

    assert [path for path in repo.staged() if "CosyVoice" in path] == []
    assert f"{ROOT}/CosyVoice2-0.5B" in repo.pmgit("doctor").out
    assert left_to_do(repo, *NATIVE) == []


def test_the_line_of_a_clone_stays_for_colleagues_and_goes_with_the_clone(
    repo: Repo, hub: Repo
) -> None:
    repo.git("clone", "-q", str(hub.path), f"{ROOT}/x[1]")
    repo.pmgit("gitignore")
    line = f"/{ROOT}/x\\[1\\]/"
    assert line in (repo.path / ".gitignore").read_text().splitlines()
    repo.sh(f"mv '{ROOT}/x[1]' ../elsewhere")
    assert "nothing to do" in repo.pmgit("gitignore").out
    repo.write(f"{ROOT}/x[1]/model.bin", 300)  # a model like any other
    repo.pmgit("gitignore")
    assert line not in (repo.path / ".gitignore").read_text()


@pytest.mark.parametrize("kind", ["clone", "submodule", "worktree", "inside"])
def test_a_models_folder_that_is_a_repository_itself(repo: Repo, hub: Repo, kind: str) -> None:
    repo.commit("first", "--allow-empty")
    if kind == "worktree":
        repo.git("worktree", "add", "-q", ROOT, "-b", "other")
    elif kind == "submodule":
        repo.git("submodule", "-q", "add", str(hub.path), ROOT)
    elif kind == "inside":
        repo.git("clone", "-q", str(hub.path), "vendor")
        repo.write(f"vendor/{ROOT}/x/model.pt", 300)
        repo.write(".pmgit.toml", f'models = ["vendor/{ROOT}"]\n')
    else:
        repo.git("clone", "-q", str(hub.path), ROOT)
    before = repo.contents()
    refused = repo.pmgit("init", "--yes", "--hooks", "native")
    assert refused.code == 3
    assert "is a repository of its own" in refused.err
    assert repo.contents() == before
    for args in ((), ("--all",)):
        (finding,) = repo.check(*args)
        assert finding["severity"] == "warning"
        assert finding["path"].endswith(ROOT)
    repo.stage("code.py", "x = 1\n")
    assert repo.hook("pre-commit").code == 0
    repo.paste_all()
    if kind != "inside":
        assert repo.pmgit("info", "new", "x").code == 2
        repo.git("add", "-A")
        assert (ROOT in repo.staged()) == (kind == "submodule")
        assert set_up(repo, *NATIVE, "--models", "weights").steps


def test_a_bare_repository_leaves_the_index_as_a_whole(lfs_repo: Repo, hub: Repo) -> None:
    lfs_repo.git("clone", "-q", "--bare", str(hub.path), f"{ROOT}/x.git")
    lfs_repo.git("add", "-A")
    lfs_repo.paste_all()
    lfs_repo.git("add", "-A")

    assert [path for path in lfs_repo.staged() if path.startswith(ROOT)] == []
    assert [f["severity"] for f in lfs_repo.check()] == ["warning"]
    assert lfs_repo.git("fsck", cwd=f"{ROOT}/x.git") == ""


def test_a_small_bare_repository_is_named_as_what_it_is(lfs_repo: Repo, hub: Repo) -> None:
    """None of its files is large, so no other rule would say a word."""
    for name in ("x.git", "y"):
        lfs_repo.git("init", "-q", "--bare", f"{ROOT}/{name}")
    lfs_repo.git("add", "-A")
    found = {f["path"]: f["severity"] for f in lfs_repo.check() if "one by one" in f["message"]}
    assert found == {f"{ROOT}/x.git": "error", f"{ROOT}/y": "error"}
    lfs_repo.paste_all()
    lfs_repo.git("add", "-A")
    assert [path for path in lfs_repo.staged() if path.startswith(ROOT)] == []
    assert {f["severity"] for f in lfs_repo.check()} <= {"warning"}


# -- caches ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("storage", "place"), [("ignore", "models--Org--Bert.v2"), ("lfs", "hf/hub/models--gpt2")]
)
def test_an_entry_of_the_hub_s_cache_is_one_model(repo: Repo, place: str, storage: str) -> None:
    entry(repo, place)
    model = f"{ROOT}/{place}"
    set_up(repo, *NATIVE, "--storage", storage)
    repo.git("add", "-A")
    # It lies there ignored: it is named, and stops no commit.
    found = {(f["path"], f["rule"], f["severity"]) for f in repo.check()}
    assert found == {(model, "missing-info", "warning")}
    commit(repo)
    repo.git("add", "-f", ROOT)
    assert repo.run(["git", "commit", "-m", "all of it"]).code == 1
    before = repo.contents()
    repo.paste_all()
    assert repo.pmgit("fix", "--yes").code == 0
    commit(repo)

    assert [path for path in repo.staged() if path.startswith(f"{model}/")] == [f"{model}/INFO.md"]
    assert not before - repo.contents()
    assert dangling(repo) == []
    assert (repo.path / model / "snapshots" / COMMIT / "onnx/model.onnx").exists()
    info = repo.blob(f"{model}/INFO.md").decode()
    name = place.rpartition("/")[2].removeprefix("models--").replace("--", "/")
    assert f"https://huggingface.co/{name}\n" in info
    assert COMMIT in info
    assert "- `onnx/model.onnx` (100.0 kB) - 100001 bytes, sha256 `" in info
    assert "mit" in info
    repo.git("add", "-A")
    assert repo.git("status", "--porcelain") == ""


def test_links_of_a_cache_to_blobs_that_are_not_tracked(repo: Repo) -> None:
    entry(repo, "models--gpt2")
    repo.git("add", "-f", f"{ROOT}/models--gpt2/snapshots")
    assert {f["rule"] for f in repo.check() if f["severity"] == "error"} == {"linked-model"}
    repo.paste_all()

    assert [path for path in repo.staged() if "snapshots" in path] == []
    assert dangling(repo) == []


def test_a_cache_in_git_lfs_as_a_whole_is_left_alone(lfs_repo: Repo) -> None:
    lfs_repo.stage(".gitattributes", f"/{ROOT}/** filter=lfs diff=lfs merge=lfs -text\n")
    entry(lfs_repo, "models--gpt2")
    lfs_repo.git("add", "-f", ROOT)
    wrong = {f["rule"] for f in lfs_repo.check() if f["severity"] == "error"}

    assert wrong == {"missing-info"}


def test_what_other_caches_have(repo: Repo) -> None:
    """Each is told as one model, by a name that is kept; nothing else beside it is one."""
    cached = {
        "torch/hub/checkpoints": ["resnet50-11ad3fa6.pth", "vgg.pth"],
        "ms/hub/models/iic/SenseVoice_Small": ["model.pt", "configuration.json", ".msc"],
        "models/Org/Name": ["model.pt"],
        "sentence-transformers_all-MiniLM": ["model.safetensors"],
        "local": ["model.safetensors"],
    }
    for place, names in cached.items():
        for name in names:
            repo.write(f"{ROOT}/{place}/{name}", 300)
    for beside in (
        "torch/hub/trusted_list", "torch/hub/pytorch_vision_main/hubconf.py",
        "ms/hub/models/._____temp/iic/x/part", "local/.cache/huggingface/download/x.incomplete",
        ".cache/huggingface/download/y.incomplete", "hf/hub/version.txt", "hf/token",
        "hf/hub/.locks/models--gpt2/x.lock", "hf/hub/datasets--org--set/blobs/aa",
        "hf/xet/endpoint/chunk_cache/aa/chunk", "hf/hub/blobs/ab/shared",
    ):  # fmt: skip
        repo.write(f"{ROOT}/{beside}", 100_001)
    entry(repo, "hf/hub/models--gpt2")
    repo.pmgit("gitignore")
    repo.git("add", ".gitignore")
    models = {f["path"].removeprefix(f"{ROOT}/") for f in repo.check("--select", "missing-info")}
    assert models == {*cached, "hf/hub/models--gpt2"}
    repo.paste_all()

    assert repo.rules() == ["incomplete-info"]
    assert len([path for path in repo.staged() if path.endswith("/INFO.md")]) == len(models)


def test_a_cache_where_downloads_are_hidden_as_a_whole(repo: Repo) -> None:
    """HF_HOME in `.cache/huggingface`, which the block of Git LFS hides."""
    entry(repo, ".cache/huggingface/hub/models--gpt2")
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    repo.pmgit("gitignore")
    repo.git("add", ".gitignore")
    repo.paste_all("--select", "info")

    assert f"{ROOT}/.cache/huggingface/hub/models--gpt2/INFO.md" in repo.staged()


# -- source code ----------------------------------------------------------------------------------


def test_a_models_folder_that_is_a_package(repo: Repo) -> None:
    root = f"src/app/{ROOT}"
    for name in ("__init__.py", "layers/conv.py", "layers/tests/data.json", "tools/Makefile",
                 "tools/settings.yaml", "docs/use.md", "kernels/k.swift"):  # fmt: skip
        repo.stage(f"{root}/{name}", "# text\n")
    repo.write(f"{root}/tacotron/t.pt", 300_000)
    repo.write(f"{root}/tacotron/modeling_x.py", "x = 1\n")
    repo.stage(".gitignore", f"*.pt\nvenv/\n{root}/private/\n*_local.py\n")
    for mine in ("venv/lib/site.py", "private/key.py", "a_local.py"):
        repo.write(f"{root}/{mine}", "x = 1\n")
    repo.commit()
    set_up(repo, *NATIVE)
    repo.git("add", "-A")

    assert [f["path"] for f in repo.check("--all", "--select", "info")] == [f"{root}/tacotron"]
    new = (
        "download.py", "convert.sh", "nb.ipynb", "layers/k.cu", "layers/k.h", "layers/k.cpp",
        "kernels/new.swift", "deep/er/Makefile", "tacotron/INFO.md", "private/m/INFO.md",
    )  # fmt: skip
    for name in new:
        repo.write(f"{root}/{name}", "new\n")
    # What the user's own lines hide stays hidden.
    for name in ("venv/lib/b.py", "private/z.py", "b_local.py", "layers/x.bin"):
        repo.write(f"{root}/{name}", "hidden\n")
    repo.git("add", "-A")

    assert {f"{root}/{name}" for name in (*new, "tacotron/modeling_x.py")} <= set(repo.staged())
    assert [
        p for p in repo.staged() if "venv" in p or "local" in p or "key" in p or ".bin" in p
    ] == []
    assert "private/z.py" not in " ".join(repo.staged())
    assert "nothing to do" in repo.pmgit("gitignore").out


@pytest.mark.parametrize("mine", [f"{ROOT}/\n", f"/{ROOT}/*\n", "*.py\n*.sh\n"])
def test_code_that_the_user_hides_stays_hidden(repo: Repo, mine: str) -> None:
    repo.write(f"{ROOT}/bert/modeling_x.py", "x = 1\n")
    repo.write(f"{ROOT}/bert/x.sh", "x = 1\n")
    repo.stage(".gitignore", mine)
    repo.pmgit("gitignore")
    repo.git("add", "-A")

    assert repo.staged() == [".gitignore"]
