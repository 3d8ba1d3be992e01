"""`tracked-weights`: weights of a model that are raw in Git."""

from __future__ import annotations

from typing import Any

import pytest

from tests.formats.test_kinds import pieces
from tests.kit import Repo, pointer, random_bytes, weights_bytes
from tests.weights import FILES, Weights

BERT = "pretrained_model/bert"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "tracked-weights", *args)


def paths(repo: Repo, *args: str) -> list[str]:
    return [finding["path"] for finding in findings(repo, *args)]


@pytest.mark.parametrize("name", [entry[2] for entry in FILES])
def test_reports_genuine_weights(repo: Repo, weights: Weights, name: str) -> None:
    repo.stage(f"{BERT}/{name}", weights[name])

    assert paths(repo) == [f"{BERT}/{name}"]


def test_the_message_has_measure_and_limit(repo: Repo) -> None:
    repo.stage(f"{BERT}/pytorch_model.bin", 450_000)
    (finding,) = findings(repo)

    assert finding["message"] == ("450.0 kB of weights raw in Git, neither ignored nor in Git LFS")
    assert finding["severity"] == "error"


@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "m.zip", "m.tar.gz", "m.tar.gz.part-aa", "m.bin.001", "arrays.npz",
     "onnx/model.onnx", "variables/variables.data-00000-of-00001", "MODEL.BIN", "modèle.bin"],
)  # fmt: skip
def test_archives_parts_and_subfolders_count(repo: Repo, name: str) -> None:
    repo.stage(f"{BERT}/{name}", 300)

    assert paths(repo) == [f"{BERT}/{name}"]


def test_any_other_large_binary_counts(repo: Repo) -> None:
    repo.stage_all(
        {
            f"{BERT}/consolidated": 100_001,
            f"{BERT}/at-the-limit": 100_000,
            f"{BERT}/dump": b"text " * 50_000,
        }
    )

    assert paths(repo) == [f"{BERT}/consolidated"]


def test_shards_below_every_size_are_all_reported(repo: Repo) -> None:
    names = [f"{BERT}/model-{n:05}-of-00030.safetensors" for n in range(1, 31)]
    repo.stage_blobs(dict.fromkeys(names, weights_bytes(450)))

    assert paths(repo) == names


def test_it_accepts_what_are_no_weights(repo: Repo) -> None:
    contents = [
        ("model.safetensors", b""),
        ("model.bin", pointer(random_bytes(2_000_000))),
        ("tokenizer.model", random_bytes(500_000)),
        ("spm.spm", random_bytes(500_000)),
        ("vocab.txt", b"word\n" * 300_000),
        ("config.json", b"{}"),
        ("model.safetensors.index.json", b"{}" * 99_000),
        ("logo.png", random_bytes(50_000)),
        (".gitkeep", b""),
    ]
    # Each in a model of its own: what one is does not depend on the others.
    repo.stage_blobs({f"{BERT}-{at}/{name}": text for at, (name, text) in enumerate(contents)})

    assert findings(repo) == []


def test_tokenizers_and_text_under_any_name(repo: Repo) -> None:
    for name in ("spm.model", "zh.bpe.model", "tokenizer.model", "tekken.json", "tokenizer.bin"):
        repo.stage(f"{BERT}/{name}", 200_000)  # whatever it is
    repo.stage_all(
        {
            f"{BERT}/y.ncnn.param": "7767517\n",
            f"{BERT}/vocab.bpe": "a" * 200_000,
            f"{BERT}/boosted.model": "tree\nversion=v3\n" * 9999,
            f"{BERT}/labels.dat": "猫\n".encode("utf-16"),
            f"{BERT}/de.model": pieces(9999),
        }
    )

    assert findings(repo) == []
    assert findings(repo, "--all") == []


NAMES_OF_TEXT = ["m.txt", "model.safetensors.json", "README.md", "merges.txt", "config.json"]


@pytest.mark.parametrize("keep_text", ["--keep-text", "--no-keep-text"])
def test_a_name_of_text_hides_nothing(repo: Repo, keep_text: str) -> None:
    assert repo.pmgit("gitignore", keep_text).code == 0
    repo.stage_all({f"{BERT}/{name}": 1_100_000 for name in NAMES_OF_TEXT})
    found = findings(repo)
    assert [f["path"] for f in found] == sorted(f"{BERT}/{name}" for name in NAMES_OF_TEXT)
    assert all("in Git LFS; its content is binary: rename it, " in f["message"] for f in found)
    for fix in repo.pmgit("check", "--select", "tracked-weights").fixes:
        repo.paste(fix)

    assert findings(repo) == []
    # What is said of it is true, both ways.
    repo.stage(f"{BERT}/m.txt", 1_100_000)
    repo.write(".pmgit.toml", '[weights]\nnever = ["m.txt"]\n')
    assert findings(repo) == []
    (repo.path / BERT / "m.txt").rename(repo.path / BERT / "m.bin")
    repo.git("add", "-A")
    assert not repo.blob(".gitignore").count(b"m.bin")
    assert f"{BERT}/m.bin" not in repo.staged()


def test_a_name_of_text_where_weights_are_in_git_lfs(lfs_repo: Repo) -> None:
    """One file goes there, not all texts; nothing that must be text."""
    lfs_repo.stage_all({f"{BERT}/{name}": 1_100_000 for name in NAMES_OF_TEXT})
    lfs_repo.stage(f"{BERT}/labels.txt", "cat\ndog\n")
    pasted = lfs_repo.paste_all("--select", "size,lfs")
    assert len(pasted) == 2, pasted
    staged = lfs_repo.staged()
    assert [name for name in NAMES_OF_TEXT if f"{BERT}/{name}" in staged] == [
        "m.txt", "model.safetensors.json", "merges.txt",
    ]  # fmt: skip
    assert lfs_repo.blob(f"{BERT}/m.txt").startswith(b"version https://git-lfs")
    assert lfs_repo.blob(f"{BERT}/labels.txt") == b"cat\ndog\n"


def test_only_model_folders_count(repo: Repo) -> None:
    repo.stage("checkpoints/a.bin", 500)
    repo.stage("pretrained_model/loose.bin", 500)  # misplaced-weights speaks
    repo.stage("src/pretrained_model/bert/a.bin", 500)

    assert findings(repo) == []


def test_git_lfs_and_ignored_files_are_accepted(lfs_repo: Repo) -> None:
    lfs_repo.stage(f"{BERT}/model.safetensors", 2_000_000)
    lfs_repo.write(".gitignore", "*.bin\n")
    lfs_repo.write(f"{BERT}/model.bin", 2_000_000)
    lfs_repo.git("add", ".")

    assert findings(lfs_repo) == []


def test_old_sins_and_moves_within_models_are_free(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.bin": 500, f"{BERT}/b.bin": 600})
    repo.commit()
    repo.stage("notes.txt", "work")
    repo.git("mv", f"{BERT}/a.bin", f"{BERT}/c.bin")
    assert findings(repo) == []

    repo.stage(f"{BERT}/b.bin", 700)
    assert paths(repo) == [f"{BERT}/b.bin"]
    assert paths(repo, "--all") == [f"{BERT}/b.bin", f"{BERT}/c.bin"]


def test_a_move_into_a_model_folder_is_new(repo: Repo) -> None:
    repo.stage("a.bin", 500)
    repo.commit()
    repo.write(f"{BERT}/x", "")
    repo.git("mv", "a.bin", f"{BERT}/a.bin")

    assert paths(repo) == [f"{BERT}/a.bin"]


def test_the_limit_and_the_folders_are_options(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.bin": 500, "models/gpt/b.bin": 500})
    assert findings(repo, "-c", "tracked-weights.max-raw-weights=500") == []
    assert paths(repo, "-c", "tracked-weights.max-raw-weights=499") == [f"{BERT}/a.bin"]

    repo.write(".pmgit.toml", 'models = ["models"]\n')
    assert paths(repo) == ["models/gpt/b.bin"]
    repo.write(".pmgit.toml", '[rules.tracked-weights]\nmax-raw-weights = "1 kB"\n')
    assert findings(repo) == []
    repo.write(".pmgit.toml", 'exclude = ["bert/a.*"]\n')
    assert paths(repo) == [f"{BERT}/a.bin"]  # a slash inside anchors, as in .gitignore
    repo.write(".pmgit.toml", 'exclude = ["**/bert/a.*"]\n')
    assert findings(repo) == []


def test_configured_names(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/net.mymodel": 500, f"{BERT}/table.dat": 500})
    repo.write(".pmgit.toml", '[weights]\nalways = ["*.mymodel"]\nnever = ["table.dat"]\n')

    assert paths(repo) == [f"{BERT}/net.mymodel"]


# -- fixes (every other situation: tests/fix/test_for_staged.py) --


def test_the_fix_takes_it_out_of_git_for_good(repo: Repo) -> None:
    repo.stage_all({f"{BERT}/a.bin": 500, f"{BERT}/b.bin": 600, f"{BERT}/config.json": "{}"})
    result = repo.pmgit("check", "--select", "tracked-weights")
    (fix,) = result.fixes
    assert fix == (
        f"git rm --cached -f -q -- {BERT}/a.bin {BERT}/b.bin"
        " && pmgit gitignore && git add -- .gitignore"
    )
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.staged() == [".gitignore", f"{BERT}/config.json"]
    repo.git("add", ".")
    assert repo.staged() == [".gitignore", f"{BERT}/config.json"], "the next add brings them back"


def test_the_fix_where_weights_are_in_git_lfs(lfs_repo: Repo) -> None:
    lfs_repo.stage_all({f"{BERT}/a.bin": 500, f"{BERT}/b.pt": 600})
    result = lfs_repo.pmgit("check", "--select", "tracked-weights")
    (fix,) = result.fixes
    assert fix == (
        "pmgit lfs-setup --pattern '/pretrained_model/**/*.bin'"
        " --pattern '/pretrained_model/**/*.pt'"
    )
    lfs_repo.paste(fix)

    assert findings(lfs_repo) == []
    assert lfs_repo.blob(f"{BERT}/a.bin").startswith(b"version https://git-lfs")


def test_the_configured_storage_decides(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    repo.stage(f"{BERT}/a.bin", 500)
    (fix,) = repo.pmgit("check", "--select", "tracked-weights").fixes
    assert fix.startswith("pmgit lfs-setup ")
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.blob(f"{BERT}/a.bin").startswith(b"version https://git-lfs")


@pytest.mark.parametrize(
    ("line", "staged"), [("* -text !filter", True), ("*.safetensors text", False)]
)
def test_a_line_in_a_folder_that_wins_is_named(repo: Repo, line: str, staged: bool) -> None:
    """`pmgit lfs-setup` is refused: its lines are at the top, which is weaker."""
    repo.stage(".pmgit.toml", 'storage = "lfs"\n')
    path, file = f"{BERT}/model.safetensors", f"{BERT}/.gitattributes"
    repo.stage(path, 2_000)
    repo.write(file, f"{line}\n")
    if staged:
        repo.git("add", file)
    (finding,) = findings(repo)
    assert f"; {file}:1 ({line}) wins over what `pmgit lfs-setup` writes" in finding["message"]
    assert finding["fix"] is None
    assert repo.pmgit("lfs-setup", "--no-proof").code == 3
    repo.write(file, "")
    if staged:
        repo.git("add", file)
    repo.paste_all("--select", "tracked-weights,missing-pointer")
    assert repo.blob(path) == pointer((repo.path / path).read_bytes())
