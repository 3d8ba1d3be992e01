"""Ways in which weights have got past the hook that everybody has, one test each.

Each goes through a real `git commit` with the native hook. `check-added-large-files` is asked
about the same staged change where it is known to let it pass: that is the evidence. The cases
that are right must pass.
"""

from __future__ import annotations

import bz2
import os
import shutil
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from pre_commit_hooks import check_added_large_files  # type: ignore[import-untyped]

from tests import contents
from tests.e2e.conftest import blamed, commit
from tests.e2e.set_ups import standing_in
from tests.kit import (
    Repo,
    isolated_environment,
    native_hooks,
    pointer,
    random_bytes,
    weights_bytes,
    weights_for,
)
from tests.lfs_install import install_lfs

if TYPE_CHECKING:
    from tests.kit import Result

pytestmark = pytest.mark.usefixtures("quick_hooks")

ROOT = Path(__file__).parent.parent.parent
MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.bin"
LFS = "filter=lfs diff=lfs merge=lfs -text"
BIG = 2_000_000


@cache
def _described() -> contents.Contents:
    """A repository with one described model: ten processes, once."""
    with TemporaryDirectory() as folder:
        repo = Repo(Path(folder, "repo"), isolated_environment(Path(folder, "home")))
        repo.git("config", "core.looseCompression", "0")
        repo.add_info(MODEL)
        repo.stage(f"{MODEL}/config.json", "{}\n")
        repo.commit("Describe the model")
        return contents.read(repo.path)


@pytest.fixture
def guarded(tmp_path: Path, env: dict[str, str]) -> Repo:
    """A repository with one described model, whose commits are judged; no LFS filter at all."""
    repo = Repo(tmp_path / "repo", env, init=None)
    contents.write(repo.path, _described())
    with open(repo.path / ".git/config", "a", encoding="utf-8") as config:
        config.write(f"[core]\n\thooksPath = {native_hooks(tmp_path)}\n")
    return repo


@pytest.fixture
def lfs(guarded: Repo) -> Repo:
    """The same with a configured LFS filter."""
    install_lfs(guarded, "--skip-repo")
    return guarded


def attributes(repo: Repo, *lines: str, path: str = ".gitattributes") -> None:
    """Commit these lines of attributes."""
    repo.stage(path, "".join(f"{line}\n" for line in lines))
    repo.commit("Attributes")


def stopped(repo: Repo, *args: str) -> set[str]:
    """The rules that stop the commit."""
    result = commit(repo, *args)
    assert result.code == 1, result
    return blamed(result)


def stopped_each(repo: Repo, rule: str, *names: str) -> None:
    """By this rule alone, once for each of these names as they are printed."""
    result = commit(repo)
    assert (result.code, blamed(result)) == (1, {rule}), result
    told = [line.partition(f": {rule}: ") for line in result.err.splitlines()]
    assert sorted(name for name, found, _ in told if found) == sorted(names), result


def passes(repo: Repo, *args: str) -> Result:
    """The commit is made, and without a word."""
    result = commit(repo, *args)
    assert (result.code, result.out, result.err) == (0, "", ""), result
    return result


def everybody_says(repo: Repo, *args: str) -> tuple[int, str]:
    """What the hook that everybody has answers of what is staged, without a start of Python."""
    with standing_in(repo), redirect_stdout(StringIO()) as said:
        return check_added_large_files.main(["--maxkb=500", *args]), said.getvalue()


def everybody_lets_it_pass(repo: Repo, *paths: str, enforce_all: bool = False) -> None:
    """The hook that everybody has says nothing about the same staged change."""
    flags = ["--enforce-all"] if enforce_all else []
    assert everybody_says(repo, *flags, *paths) == (0, "")


def everybody_stops_it(repo: Repo, *paths: str) -> None:
    code, said = everybody_says(repo, *paths)
    assert code == 1, said


# --- raw where a pointer belongs


def test_added_before_anything_was_tracked(guarded: Repo) -> None:
    guarded.stage(WEIGHTS, BIG)
    everybody_stops_it(guarded, WEIGHTS)
    assert stopped(guarded) == {"tracked-weights"}


def test_added_outside_of_any_model(guarded: Repo) -> None:
    guarded.stage("checkpoints/best.pt", BIG)
    assert stopped(guarded) == {"oversized-blob"}


def test_tracked_afterwards_but_not_staged_anew(lfs: Repo) -> None:
    lfs.stage(WEIGHTS, BIG)
    lfs.stage(".gitattributes", f"*.bin {LFS}\n")
    assert stopped(lfs) == {"missing-pointer"}


def test_attribute_written_by_hand_and_the_file_added_again(lfs: Repo) -> None:
    """A plain `git add` of an unchanged file does not run the filter."""
    # Git stages a file again whose time is not older than the index.
    os.utime(lfs.write(WEIGHTS, BIG), (1_000_000_000, 1_000_000_000))
    lfs.git("add", WEIGHTS)
    lfs.stage(".gitattributes", f"*.bin {LFS}\n")
    lfs.git("add", WEIGHTS)
    assert len(lfs.blob(WEIGHTS)) == BIG
    assert stopped(lfs) == {"missing-pointer"}


def test_attribute_without_a_configured_filter(guarded: Repo) -> None:
    attributes(guarded, f"*.bin {LFS}")
    guarded.stage(WEIGHTS, 900_000)
    everybody_lets_it_pass(guarded, WEIGHTS)
    everybody_lets_it_pass(guarded, WEIGHTS, enforce_all=True)
    assert stopped(guarded) == {"missing-pointer"}


def test_attribute_without_a_configured_filter_outside_of_any_model(guarded: Repo) -> None:
    attributes(guarded, f"*.bin {LFS}")
    guarded.stage("data/small.bin", b"\0raw\n")
    everybody_lets_it_pass(guarded, "data/small.bin")
    assert stopped(guarded) == {"missing-pointer"}


def test_renormalised_without_a_configured_filter(guarded: Repo) -> None:
    attributes(guarded, f"*.bin {LFS}")
    guarded.stage(WEIGHTS, BIG)
    guarded.git("add", "--renormalize", WEIGHTS)
    assert stopped(guarded) == {"missing-pointer"}


def test_gitpython_index_add_bypasses_the_filter(lfs: Repo) -> None:
    import git

    attributes(lfs, f"*.bin {LFS}")
    lfs.write(WEIGHTS, 500_000)
    with git.Repo(lfs.path) as repository:
        repository.index.add([WEIGHTS])
    assert len(lfs.blob(WEIGHTS)) == 500_000
    everybody_lets_it_pass(lfs, WEIGHTS)
    assert stopped(lfs) == {"missing-pointer"}


def test_git_add_with_the_filter_passes(lfs: Repo) -> None:
    attributes(lfs, f"*.bin {LFS}")
    lfs.stage(WEIGHTS, BIG)
    assert lfs.blob(WEIGHTS) == pointer(weights_bytes(BIG, seed=len(WEIGHTS)))
    passes(lfs)


# --- attributes that do not say what they seem to say


def test_a_nested_attributes_file_takes_the_filter_away(lfs: Repo) -> None:
    unset = {"a": "-filter", "b": "!filter", "c": "filter=x", "d": "filter="}
    raw = [f"{MODEL}/{folder}/model.bin" for folder in unset]
    lfs.stage_all({
        ".gitattributes": f"*.bin {LFS}\n",
        **{f"{MODEL}/{name}/.gitattributes": f"*.bin {how}\n" for name, how in unset.items()},
    })  # fmt: skip
    lfs.commit("Attributes")
    lfs.stage_all(dict.fromkeys(raw, 400_000))
    assert all(len(lfs.blob(path)) == 400_000 for path in raw)
    stopped_each(lfs, "tracked-weights", *raw)


def test_a_later_line_takes_the_filter_away(lfs: Repo) -> None:
    attributes(lfs, f"*.bin {LFS}", "pretrained_model/** !filter")
    lfs.git("lfs", "track", "*.bin")  # "already supported"
    lfs.stage(WEIGHTS, 400_000)
    assert stopped(lfs) == {"tracked-weights"}


def test_a_macro_takes_the_filter_away(lfs: Repo) -> None:
    attributes(lfs, "[attr]raw -filter", f"*.bin {LFS}", "*.bin raw")
    lfs.stage(WEIGHTS, 400_000)
    assert stopped(lfs) == {"tracked-weights"}


def test_attributes_of_the_clone_alone_take_the_filter_away(lfs: Repo) -> None:
    attributes(lfs, f"*.bin {LFS}")
    lfs.write(".git/info/attributes", "*.bin -filter\n")
    lfs.stage(WEIGHTS, 400_000)
    assert stopped(lfs) == {"missing-pointer"}


def test_binary_after_the_lfs_line_takes_nothing_away(lfs: Repo) -> None:
    attributes(lfs, f"*.bin {LFS}", "*.bin binary")
    lfs.stage(WEIGHTS, BIG)
    everybody_lets_it_pass(lfs, WEIGHTS)
    passes(lfs)


def test_a_pattern_of_another_spelling(lfs: Repo) -> None:
    attributes(lfs, *(f"{pattern} {LFS}" for pattern in ("*.bin", "*.pth", "*.safetensors")))
    names = [f"{MODEL}/{name}" for name in ("model.BIN", "A.PTH", "model.gguf")]
    lfs.stage_all(dict.fromkeys(names, 400_000))
    stopped_each(lfs, "tracked-weights", *names)


def test_tracking_a_folder_matches_no_file_in_it(lfs: Repo) -> None:
    """pathspec would say that the lines match; Git says they do not."""
    folders = ("pretrained_model", "pretrained_model/", "bert/")
    assert lfs.run(["git", "lfs", "track", *folders]).code == 0
    attributes(lfs, *(f"{pattern} {LFS}" for pattern in folders))
    lfs.stage(WEIGHTS, 400_000)
    assert stopped(lfs) == {"tracked-weights"}
    # So a pointer there has no attribute either.
    lfs.stage(WEIGHTS, pointer(b"weights"))
    assert stopped(lfs) == {"uncovered-pointer"}


def test_a_blank_written_as_a_character_class_matches(lfs: Repo) -> None:
    """Git matches it and pathspec does not: Git is asked."""
    attributes(lfs, f"m[[:space:]]v.bin {LFS}")
    lfs.stage(f"{MODEL}/m v.bin", BIG)
    passes(lfs)


def test_an_unquoted_pattern_wrote_the_names_of_today(lfs: Repo) -> None:
    lfs.write(f"{MODEL}/old.pth", 400_000)
    lfs.sh(f"git lfs track {MODEL}/*.pth && git add .gitattributes")
    lfs.stage(f"{MODEL}/old.pth", 400_000)
    passes(lfs)
    lfs.stage(f"{MODEL}/new.pth", 400_000)
    assert stopped(lfs) == {"tracked-weights"}


def test_a_line_that_begins_with_an_exclamation_mark_is_ignored(lfs: Repo) -> None:
    lfs.git("lfs", "track", "--filename", f"{MODEL}/!y.bin", code=None)
    attributes(lfs, f"!y.bin {LFS}")
    lfs.stage(f"{MODEL}/!y.bin", 400_000)
    assert stopped(lfs) == {"tracked-weights"}


def test_attributes_that_are_not_staged_do_not_count(lfs: Repo) -> None:
    """What will be recorded has no attribute, whatever the work tree says."""
    lfs.write(".gitattributes", f"*.bin {LFS}\n")
    lfs.stage(WEIGHTS, BIG)
    assert lfs.blob(WEIGHTS).startswith(b"version https://git-lfs")
    assert stopped(lfs) == {"uncovered-pointer"}


def test_a_lfs_line_is_removed_and_the_pointers_stay(lfs: Repo) -> None:
    attributes(lfs, f"*.bin {LFS}")
    lfs.stage(WEIGHTS, BIG)
    passes(lfs)
    lfs.stage(".gitattributes", "*.txt text\n")
    assert stopped(lfs) == {"uncovered-pointer"}


def test_everything_is_tracked_and_the_attributes_become_a_pointer(lfs: Repo) -> None:
    lfs.git("lfs", "track", "*")
    lfs.write(f"{MODEL}/INFO.md", (lfs.path / f"{MODEL}/INFO.md").read_bytes() + b"\nmore\n")
    lfs.git("add", "-A")
    assert lfs.blob(".gitattributes").startswith(b"version https://git-lfs")
    # From now on no attribute works any more, not even this one.
    assert stopped(lfs) == {"uncovered-pointer", "incomplete-info"}
    lfs.paste_all()
    assert lfs.blob(".gitattributes").startswith(b"* filter=lfs ")
    assert lfs.blob(f"{MODEL}/INFO.md").startswith(b"# Model\n")
    passes(lfs)


def test_config_json_in_lfs(lfs: Repo) -> None:
    lfs.stage(".gitattributes", f"/pretrained_model/** {LFS}\n")
    lfs.git("add", "--renormalize", f"{MODEL}/config.json")
    assert "text-in-lfs" in stopped(lfs)


# --- pointers


def test_a_pointer_without_an_attribute(guarded: Repo) -> None:
    guarded.stage(WEIGHTS, pointer(b"weights"))
    everybody_lets_it_pass(guarded, WEIGHTS, enforce_all=True)
    assert stopped(guarded) == {"uncovered-pointer"}


def test_an_executable_pointer_passes(lfs: Repo) -> None:
    attributes(lfs, f"*.bin {LFS}")
    lfs.write(WEIGHTS, BIG).chmod(0o755)
    lfs.git("add", WEIGHTS)
    assert lfs.git("ls-files", "-s", WEIGHTS).startswith("100755")
    passes(lfs)


def test_an_empty_tracked_file_is_no_missing_pointer(lfs: Repo) -> None:
    """Git LFS stores it as it is; only as weights it is of no use."""
    attributes(lfs, f"*.bin {LFS}")
    lfs.stage(WEIGHTS, b"")
    assert stopped(lfs) == {"broken-weights"}


# --- what changes, and how


def test_a_small_file_grows(guarded: Repo) -> None:
    guarded.stage("best.pt", 300)
    passes(guarded)
    guarded.stage("best.pt", BIG)
    everybody_lets_it_pass(guarded, "best.pt")
    assert stopped(guarded) == {"oversized-blob"}


def test_a_small_file_grows_in_commit_all(guarded: Repo) -> None:
    guarded.stage("best.pt", 300)
    passes(guarded)
    guarded.write("best.pt", BIG)
    assert stopped(guarded, "-a") == {"oversized-blob"}
    assert stopped(guarded, "--", "best.pt") == {"oversized-blob"}
    # Whatever is staged, both take the file from the disk: the fix alone would not be enough.
    said = [guarded.run(["git", "commit", "-m", "x", *how]).err for how in (["-a"], ["best.pt"])]
    assert "; commit without -a, " in said[0], said
    assert "; leave it out of `git commit PATH`, " in said[1], said


def test_only_the_named_path_is_judged(guarded: Repo) -> None:
    guarded.stage(WEIGHTS, BIG)
    guarded.stage("a.txt", "a\n")
    passes(guarded, "--", "a.txt")
    assert stopped(guarded) == {"tracked-weights"}


def test_a_large_old_file_that_is_only_renamed_passes(guarded: Repo) -> None:
    guarded.stage("best.pt", BIG)
    guarded.commit("An old sin")
    guarded.git("mv", "best.pt", "final.pt")
    everybody_lets_it_pass(guarded, "final.pt")
    passes(guarded)


def test_a_rename_into_a_model_makes_weights_of_it(guarded: Repo) -> None:
    guarded.stage("best.dat", weights_bytes(BIG))
    guarded.commit("An old sin")
    guarded.git("mv", "best.dat", WEIGHTS)
    everybody_lets_it_pass(guarded, WEIGHTS)
    assert stopped(guarded) == {"tracked-weights"}


def test_a_rename_that_also_changes_is_new_content(guarded: Repo) -> None:
    guarded.stage("best.pt", BIG)
    guarded.commit("An old sin")
    guarded.git("mv", "best.pt", "final.pt")
    content = (guarded.path / "final.pt").read_bytes()
    guarded.stage("final.pt", content[:-9] + b"changed\n.")
    assert guarded.git("diff", "--cached", "--name-status", "-M").startswith("R")
    everybody_lets_it_pass(guarded, "final.pt")
    assert stopped(guarded) == {"oversized-blob"}


def test_a_copy_of_an_old_blob(guarded: Repo) -> None:
    guarded.stage("best.pt", BIG)
    guarded.commit("An old sin")
    shutil.copy(guarded.path / "best.pt", guarded.path / "copy.pt")
    guarded.git("add", "copy.pt")
    everybody_stops_it(guarded, "copy.pt")
    assert stopped(guarded) == {"oversized-blob"}


@pytest.mark.parametrize("afterwards", ["truncated", "deleted"])
def test_staged_large_and_no_longer_so_on_disk(afterwards: str, guarded: Repo) -> None:
    file = guarded.stage(WEIGHTS, BIG)
    if afterwards == "truncated":
        file.write_bytes(b"")
        everybody_lets_it_pass(guarded, WEIGHTS)
    else:
        file.unlink()
    assert stopped(guarded) == {"tracked-weights"}


def test_staged_small_and_large_on_disk_passes(guarded: Repo) -> None:
    guarded.stage("notes.bin", b"small\n")
    guarded.write("notes.bin", 12_000_000)
    passes(guarded)


def test_intent_to_add_is_not_content(guarded: Repo) -> None:
    guarded.write(WEIGHTS, BIG)
    guarded.git("add", "-N", WEIGHTS)
    guarded.stage("a.txt", "a\n")
    passes(guarded)


def test_only_info_is_deleted(guarded: Repo) -> None:
    guarded.git("rm", "-q", f"{MODEL}/INFO.md")
    everybody_lets_it_pass(guarded)
    assert stopped(guarded) == {"missing-info"}


def test_a_whole_model_is_deleted_passes(guarded: Repo) -> None:
    guarded.git("rm", "-q", "-r", MODEL)
    passes(guarded)


# --- names


def test_names_that_git_quotes_or_a_command_reads_otherwise(guarded: Repo) -> None:
    # As they are, and as they are printed.
    quoted = {"modèle.pt": "modèle.pt", 'mo"del.pt': 'mo"del.pt', "mo\ndel.pt": r"mo\x0adel.pt",
              "mo\tdel.pt": r"mo\x09del.pt", "mo\\del.pt": r"mo\del.pt"}  # fmt: skip
    read = {name: f"./{name}" for name in ("-rf.pt", "--help.pt", ":(exclude)x.pt", ":!x.pt")}
    read |= {"mo del.pt": "mo del.pt", "[a].pt": "[a].pt"}
    guarded.stage_all(dict.fromkeys((*quoted, *read, b"mod\xffel.pt"), BIG))
    everybody_lets_it_pass(guarded, *quoted)  # it fails at a name that is not UTF-8
    stopped_each(guarded, "oversized-blob", *quoted.values(), *read.values(), r"mod\xffel.pt")


def test_a_name_that_git_quotes_in_a_model(guarded: Repo) -> None:
    guarded.stage(f"{MODEL}/modèle.bin", BIG)
    for quote in ("true", "false"):
        guarded.git("config", "core.quotePath", quote)
        stopped_each(guarded, "tracked-weights", f"{MODEL}/modèle.bin")


# --- small pieces


def test_thirty_shards_below_every_limit(guarded: Repo) -> None:
    paths = [f"{MODEL}/pytorch_model-{n:05}-of-00030.bin" for n in range(1, 31)]
    for number, path in enumerate(paths):
        guarded.write(path, weights_for("x.pt", 450_000, seed=number))
    guarded.git("add", MODEL)
    everybody_lets_it_pass(guarded, *paths)
    assert stopped(guarded) == {"tracked-weights", "oversized-model"}


def test_many_text_files_below_every_limit(guarded: Repo) -> None:
    """None of them is weights: only their sum speaks."""
    for number in range(12):
        guarded.write(f"{MODEL}/vocab-{number}.txt", random_bytes(450_000, seed=number).hex())
    guarded.git("add", MODEL)
    assert stopped(guarded) == {"oversized-model"}


def test_archives_and_parts_below_the_limit(guarded: Repo) -> None:
    names = ("model.tar.gz", "model.tar.part-aa", "model.bin.001", "model.zip", "model.bin.aa",
             "weights")  # fmt: skip
    packed = {f"{MODEL}/model.bin.bz2": bz2.compress(weights_bytes(450_000))}
    staged: dict[str, bytes | int] = {f"{MODEL}/{name}": 450_000 for name in names}
    staged |= packed
    guarded.stage_all(staged)
    everybody_lets_it_pass(guarded, *staged)
    stopped_each(guarded, "tracked-weights", *staged)


# --- links


def test_a_link_to_a_place_on_this_machine(guarded: Repo) -> None:
    os.symlink("/mnt/share/model.bin", guarded.path / WEIGHTS)
    guarded.git("add", WEIGHTS)
    assert stopped(guarded) == {"linked-model"}


def test_a_link_to_a_tracked_file_of_the_model_passes(guarded: Repo) -> None:
    os.symlink("config.json", guarded.path / MODEL / "again.json")
    guarded.git("add", f"{MODEL}/again.json")
    passes(guarded)


def test_a_link_is_judged_by_its_own_size(guarded: Repo) -> None:
    guarded.write("large.bin", 12_000_000)
    os.symlink("large.bin", guarded.path / "link.bin")
    guarded.git("add", "link.bin")
    passes(guarded)


# --- the hooks that Git runs


def test_an_amend_that_adds_weights(guarded: Repo) -> None:
    guarded.stage(WEIGHTS, BIG)
    assert stopped(guarded, "--amend") == {"tracked-weights"}


def test_an_amend_judges_against_the_commit_that_it_replaces(guarded: Repo) -> None:
    guarded.stage(WEIGHTS, BIG)
    guarded.commit("An old sin")
    passes(guarded, "--amend", "-m", "A better message")


def test_a_clean_merge_brings_weights(guarded: Repo) -> None:
    guarded.git("checkout", "-q", "-b", "weights")
    guarded.stage(WEIGHTS, BIG)
    guarded.commit("Add weights without hooks")
    guarded.git("checkout", "-q", "main")
    guarded.stage("a.txt", "a\n")
    passes(guarded)
    refused = guarded.run(["git", "merge", "-q", "--no-ff", "--no-edit", "weights"])
    assert refused.code != 0, refused
    assert blamed(refused) == {"tracked-weights"}


def test_the_commit_after_a_conflict_brings_weights(guarded: Repo) -> None:
    guarded.stage("a.txt", "a\n")
    passes(guarded)
    guarded.git("checkout", "-q", "-b", "weights")
    guarded.stage(WEIGHTS, BIG)
    guarded.stage("a.txt", "b\n")
    guarded.commit("Add weights without hooks")
    guarded.git("checkout", "-q", "main")
    guarded.stage("a.txt", "c\n")
    passes(guarded)
    guarded.git("merge", "-q", "weights", code=1)
    guarded.stage("a.txt", "b and c\n")
    assert stopped(guarded) == {"tracked-weights"}


def test_the_very_first_commit(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", str(native_hooks(repo.path.parent)))
    repo.stage(WEIGHTS, BIG)
    assert stopped(repo) == {"tracked-weights", "missing-info"}


def test_what_no_verify_lets_in_the_whole_tree_shows(guarded: Repo) -> None:
    names = ("model.SAFETENSORS", "model.bin ", "weights", "model.safetensors.backup")
    paths = {f"{MODEL}/{name}": BIG for name in names}
    guarded.stage_all(paths)
    assert commit(guarded, "--no-verify").code == 0
    found = guarded.check("--all")
    assert {f["path"] for f in found if f["rule"] == "tracked-weights"} == set(paths)
