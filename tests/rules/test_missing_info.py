"""`missing-info`: a model without an INFO.md, in the snapshot or ignored in the work tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import Repo, pointer, random_bytes
from tests.made_once import made_once

if TYPE_CHECKING:
    from pathlib import Path

RULE = "missing-info"
SELECT = ("--select", RULE)
BERT = "pretrained_model/bert"
BLOCK = "/pretrained_model/**\n!/pretrained_model/**/\n!/pretrained_model/**/INFO.md\n"


def found(repo: Repo, *args: str) -> list[tuple[str, str]]:
    return [(f["path"], f["severity"]) for f in repo.check(*SELECT, *args)]


def only(repo: Repo, *args: str) -> dict[str, Any]:
    (finding,) = repo.check(*SELECT, *args)
    return finding


@pytest.fixture
def old(repo: Repo) -> Repo:
    """A repository that has an old model without INFO.md: weights, text and a subfolder."""
    repo.stage_all(
        {
            f"{BERT}/model.safetensors": 2000,
            f"{BERT}/config.json": "{}\n",
            f"{BERT}/onnx/model.onnx": 2000,
        }
    )
    repo.commit()
    return repo


@pytest.fixture
def documented(repo: Repo) -> Repo:
    """A repository with a complete model."""
    return made_once(repo, _document)


def _document(repo: Repo) -> None:
    repo.stage(f"{BERT}/model.safetensors", 2000)
    repo.add_info(BERT)
    repo.commit()


@pytest.fixture
def ignored(repo: Repo) -> Repo:
    """A repository in which weights lie ignored, as most do."""
    return made_once(repo, _ignore)


def _ignore(repo: Repo) -> None:
    repo.stage(".gitignore", BLOCK)
    repo.commit()
    repo.write(f"{BERT}/model.safetensors", 2000)


# -- errors: weights or INFO.md change ------------------------------------------------------------


def test_weights_are_added(repo: Repo) -> None:
    models = {}
    for kind, content in (("raw", b"\0" * 2000), ("pointer", pointer(b"x"))):
        for at, name in enumerate(("model.safetensors", "sub/deep/model.bin", "archive.tar.gz")):
            model = f"pretrained_model/{kind}-{at}"
            models[model] = {f"{model}/config.json": b"{}\n", f"{model}/{name}": content}
    repo.stage_blobs({path: data for files in models.values() for path, data in files.items()})
    findings = repo.check(*SELECT)
    assert [finding["path"] for finding in findings] == sorted(models)
    for finding in findings:
        assert (finding["severity"], finding["message"]) == ("error", "no INFO.md"), finding


def test_weights_change_or_are_renamed(old: Repo) -> None:
    old.stage(f"{BERT}/model.safetensors", 2001)
    assert found(old) == [(BERT, "error")]
    old.git("reset", "-q", "--hard")
    old.git("mv", f"{BERT}/model.safetensors", f"{BERT}/weights.safetensors")
    assert found(old) == [(BERT, "error")]


def test_info_is_removed(documented: Repo) -> None:
    documented.git("rm", "-q", f"{BERT}/INFO.md")
    finding = only(documented)
    assert finding["severity"] == "error"
    assert finding["message"] == "INFO.md is removed, the model stays"
    # Exactly this passes every hook that works on file names.
    assert documented.hook().code == 1


def test_info_is_removed_where_the_weights_are_ignored(ignored: Repo) -> None:
    ignored.add_info(BERT)
    ignored.commit()
    ignored.git("rm", "-q", "--cached", f"{BERT}/INFO.md")
    assert found(ignored) == [(BERT, "error")]


def test_a_model_is_deleted_and_its_ignored_weights_stay(ignored: Repo) -> None:
    """`git rm -r` leaves them, so that nobody can tell a deletion from a slip: the way is named."""
    ignored.add_info(BERT)
    ignored.commit()
    ignored.git("rm", "-q", "-r", BERT)
    finding = only(ignored)
    assert finding["message"].endswith("; to delete the model, delete its folder, too")
    assert "note:" not in ignored.pmgit("check", *SELECT).out  # the fix leaves nothing changed
    ignored.paste(finding["fix"]["shell"])
    assert ignored.git("status", "--porcelain") == ""
    ignored.git("rm", "-q", "-r", BERT)
    ignored.sh(f"rm -r {BERT}")
    assert ignored.hook().code == 0


def test_info_is_renamed(documented: Repo) -> None:
    documented.git("mv", f"{BERT}/INFO.md", f"{BERT}/ABOUT.md")
    assert found(documented) == [(BERT, "error")]


def test_the_whole_tree(old: Repo) -> None:
    assert found(old, "--all") == [(BERT, "error")]
    assert [(f["path"], f["severity"]) for f in old.check(*SELECT, BERT)] == [(BERT, "error")]


def test_a_range(old: Repo) -> None:
    base = old.git("rev-parse", "HEAD").strip()
    old.stage(f"{BERT}/model.safetensors", 2001)
    old.commit()
    finding = only(old, "--range", f"{base}..HEAD")
    assert finding["severity"] == "error"
    old.paste(finding["fix"]["shell"])
    assert found(old, "--range", f"{base}..HEAD") == []


def test_a_range_with_weights_that_only_their_content_shows(old: Repo) -> None:
    """Also when a later commit of the range touches the model again."""
    base = old.git("rev-parse", "HEAD").strip()
    old.stage(f"{BERT}/tensors.xyz", random_bytes(120_000))
    old.commit()
    old.stage(f"{BERT}/config.json", '{"a": 1}\n')
    old.commit()
    for text in (f"{base}..HEAD", f"{base}..HEAD~1"):
        assert found(old, "--range", text) == [(BERT, "error")]
    # What is only touched is an old sin.
    assert found(old, "--range", "HEAD~1..HEAD") == [(BERT, "warning")]


def test_an_intent_to_add_is_no_info(repo: Repo) -> None:
    repo.stage(f"{BERT}/model.safetensors", 2000)
    repo.write(f"{BERT}/INFO.md", "# BERT\n")
    repo.git("add", "-N", f"{BERT}/INFO.md")
    assert found(repo) == [(BERT, "error")]
    assert found(repo, "--all") == [(BERT, "error")]
    assert len(repo.paste_all(*SELECT)) == 1
    assert repo.blob(f"{BERT}/INFO.md") == b"# BERT\n"


def test_many_models_in_many_folders(repo: Repo) -> None:
    repo.stage(".pmgit.toml", 'models = ["a", "b/models"]\n')
    for path in ("a/one", "a/org/two", "b/models/three", "b/models/org/four", "c/five"):
        repo.stage_all({f"{path}/model.pt": 2000, f"{path}/sub/model.pt": 2000})
    repo.add_info("a/org/two")
    assert found(repo) == [
        ("a/one", "error"), ("b/models/org/four", "error"), ("b/models/three", "error"),
    ]  # fmt: skip


# -- warnings: the model is only touched ----------------------------------------------------------


def test_a_model_that_is_only_touched(old: Repo) -> None:
    old.stage(f"{BERT}/config.json", '{"a": 1}\n')
    assert found(old) == [(BERT, "warning")]
    assert old.hook("pre-commit").code == 0
    old.git("reset", "-q", "--hard")
    old.git("update-index", "--chmod=+x", f"{BERT}/model.safetensors")
    assert found(old) == [(BERT, "warning")]
    old.git("reset", "-q", "--hard")
    old.git("rm", "-q", f"{BERT}/onnx/model.onnx")
    assert found(old) == [(BERT, "warning")]


def test_old_sins_do_not_stop_other_work(old: Repo) -> None:
    old.stage("src/code.py", "x = 1\n")
    assert found(old) == []


# -- weights that lie ignored in the work tree ----------------------------------------------------


@pytest.mark.parametrize(
    ("local", "severity"),
    [("", "warning"), ("warning", "warning"), ("error", "error"), ("off", "")],
)
def test_ignored_weights(ignored: Repo, local: str, severity: str) -> None:
    if local:
        ignored.stage(".pmgit.toml", f'[rules.missing-info]\nlocal = "{local}"\n')
    wanted = [(BERT, severity)] if severity else []
    ignored.stage("src/code.py", "x = 1\n")
    assert found(ignored) == wanted
    assert ignored.hook("pre-commit").code == (1 if severity == "error" else 0)
    option = ("-c", f"missing-info.local={local or 'warning'}")
    assert found(ignored, *option) == wanted
    # The whole tree judges what is tracked as new; what lies here ignored stays what it is.
    assert found(ignored, "--all") == wanted


def test_a_touched_model_is_told_whatever_is_said_of_ignored_weights(old: Repo) -> None:
    old.stage(".gitignore", "*.bin\n")
    old.write(f"{BERT}/local.bin", 2000)
    old.stage(f"{BERT}/config.json", '{"a": 1}\n')
    for local, severity in (("off", "warning"), ("warning", "warning"), ("error", "error")):
        assert found(old, "-c", f"missing-info.local={local}") == [(BERT, severity)]


def test_the_message_for_ignored_weights(ignored: Repo) -> None:
    assert only(ignored)["message"] == "no INFO.md for the weights that lie here, ignored by Git"


@pytest.mark.parametrize("how", ["exclude", "global", "nested"])
def test_other_ways_to_ignore(repo: Repo, how: str) -> None:
    repo.write(f"{BERT}/model.safetensors", 2000)
    assert found(repo) == []
    if how == "exclude":
        repo.write(".git/info/exclude", "*.safetensors\n")
    elif how == "global":
        own = repo.path.parent / "home" / "ignore"
        own.write_text("*.safetensors\n")
        repo.git("config", "--global", "core.excludesFile", str(own))
    else:
        repo.write(f"{BERT}/.gitignore", "*.safetensors\n")
    assert found(repo) == [(BERT, "warning")]


def test_what_is_untracked_and_not_ignored_does_not_count(repo: Repo) -> None:
    repo.write(f"{BERT}/model.safetensors", 2000)
    assert found(repo) == []


def test_ignored_files_that_are_no_weights(ignored: Repo) -> None:
    (ignored.path / BERT / "model.safetensors").unlink()
    ignored.write(f"{BERT}/config.json", "{}\n")
    assert found(ignored) == []


def test_weights_without_a_known_ending(ignored: Repo) -> None:
    """Told by their size, and never opened: vosk, tesseract, tensors without any ending."""
    (ignored.path / BERT / "model.safetensors").unlink()
    for number, name in enumerate(("am/final.mdl", "eng.traineddata", "tensor")):
        ignored.write(f"pretrained_model/m{number}/{name}", 100_001)
    for number, name in enumerate(
        ("logo.png", "train.log", "x.py", "x.incomplete", ".DS_Store", "model.part-1.md", "x.so")
    ):
        ignored.write(f"pretrained_model/n{number}/{name}", 100_001)
    ignored.write("pretrained_model/small/tensor", 100_000)
    wanted = [(f"pretrained_model/{name}", "warning") for name in ("m0/am", "m1", "m2")]
    assert found(ignored) == found(ignored, "--all") == wanted
    ignored.paste_all(*SELECT)
    assert found(ignored) == []


def test_info_in_the_index_serves_ignored_weights(ignored: Repo) -> None:
    ignored.add_info(BERT)
    assert found(ignored, "-c", "missing-info.local=error") == []
    ignored.commit()
    assert found(ignored, "-c", "missing-info.local=error") == []


def test_the_work_tree_of_a_range_does_not_count(ignored: Repo) -> None:
    ignored.stage("a", "a")
    ignored.commit()
    assert found(ignored, "--range", "HEAD~1..HEAD", "-c", "missing-info.local=error") == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_the_look_at_the_work_tree_opens_nothing(ignored: Repo, tmp_path: Path) -> None:
    models = ignored.path / "pretrained_model"
    # Opening one of these would wait for ever; following the link would walk the whole disk.
    os.mkfifo(models / "bert" / "pipe.safetensors")
    os.mkfifo(models / "pipe")
    (models / "everything").symlink_to("/")
    (models / "bert" / "up").symlink_to("..")
    (models / "loop").symlink_to("loop")
    (models / "linked.safetensors").symlink_to("/dev/zero")
    outside = tmp_path / "share" / "gpt"
    outside.mkdir(parents=True)
    (outside / "model.safetensors").write_bytes(b"x")
    (models / "gpt").symlink_to(outside)
    locked = models / "locked"
    locked.mkdir()
    locked.chmod(0)
    try:
        assert found(ignored) == [(BERT, "warning")]
    finally:
        locked.chmod(0o755)


@pytest.mark.parametrize("how", ["a branch", "a branch of the remote"])
def test_weights_that_another_branch_describes(ignored: Repo, how: str) -> None:
    """Ignored files stay when Git switches: a hotfix is not about a model of `feature`."""
    ignored.write(".pmgit.toml", '[rules.missing-info]\nlocal = "error"\n')
    ignored.git("switch", "-q", "-c", "feature")
    ignored.add_info(BERT)
    ignored.commit("A model")
    feature = ignored.git("rev-parse", "HEAD").strip()
    ignored.git("switch", "-q", "main")
    if how != "a branch":
        ignored.git("update-ref", "refs/remotes/origin/feature", feature)
        ignored.git("branch", "-q", "-D", "feature")
    ignored.write("pretrained_model/other/model.safetensors", 2000)
    ignored.stage("hotfix.py", "1\n")
    assert found(ignored) == [("pretrained_model/other", "error")]
    assert found(ignored, "--all") == [("pretrained_model/other", "error")]
    assert BERT not in ignored.pmgit("doctor").out
    # What this branch itself had described, and has not any more, is told.
    ignored.git("merge", "-q", feature)
    ignored.git("rm", "-q", "--cached", f"{BERT}/INFO.md")
    assert (BERT, "error") in found(ignored, "--all")


def test_files_are_listed_and_not_read(ignored: Repo) -> None:
    huge = ignored.path / BERT / "huge.safetensors"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    before = huge.stat().st_atime_ns
    assert found(ignored) == [(BERT, "warning")]
    assert huge.stat().st_atime_ns == before


def test_a_models_folder_that_is_a_link_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    share = tmp_path / "share" / "bert"
    share.mkdir(parents=True)
    (share / "model.safetensors").write_bytes(b"\0" * 2000)
    (repo.path / "pretrained_model").symlink_to(share.parent)
    repo.stage(".gitignore", "*.safetensors\npretrained_model\n")
    assert found(repo, "-c", "missing-info.local=error") == []
    assert repo.hook().code == 0


# -- accepts --------------------------------------------------------------------------------------


def test_a_model_with_info(documented: Repo) -> None:
    documented.stage(f"{BERT}/model.safetensors", 2001)
    assert found(documented) == []
    assert found(documented, "--all") == []


def test_a_model_that_is_deleted_as_a_whole(documented: Repo) -> None:
    documented.git("rm", "-q", "-r", BERT)
    assert found(documented) == []


def test_a_model_that_moves_with_its_info(documented: Repo) -> None:
    documented.git("mv", BERT, "pretrained_model/bert-base")
    assert found(documented) == []


@pytest.mark.parametrize(
    "path",
    ["pretrained_model/README.md", "pretrained_model/.gitkeep", "pretrained_model/org/README.md",
     "pretrained_model/model.bin", "other/bert/model.safetensors", "pretrained_model_x/a/b.bin",
     "deep/pretrained_model/bert/model.bin"],
)  # fmt: skip
def test_what_is_no_model(repo: Repo, path: str) -> None:
    repo.stage(path, 2000)
    assert found(repo) == []


# -- fixes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cwd", ["", "pretrained_model", BERT])
def test_the_fix_writes_and_stages_it(repo: Repo, cwd: str) -> None:
    repo.stage(f"{BERT}/model.safetensors", 2000)
    assert len(repo.paste_all(*SELECT, cwd=cwd)) == 1
    assert repo.blob(f"{BERT}/INFO.md") == (repo.path / BERT / "INFO.md").read_bytes()
    assert found(repo) == []


def test_the_fix_keeps_an_info_that_lies_there(repo: Repo) -> None:
    repo.stage(f"{BERT}/model.safetensors", 2000)
    repo.write(f"{BERT}/INFO.md", "# mine\n")
    repo.paste_all(*SELECT)
    assert repo.blob(f"{BERT}/INFO.md") == b"# mine\n"


@pytest.mark.parametrize("on_disk", [True, False])
@pytest.mark.parametrize("cwd", ["", "pretrained_model"])
def test_the_fix_of_a_removed_info(documented: Repo, on_disk: bool, cwd: str) -> None:
    before = documented.blob(f"{BERT}/INFO.md")
    documented.git("rm", "-q", *(["--cached"] if on_disk else []), f"{BERT}/INFO.md")
    if on_disk:
        documented.write(f"{BERT}/INFO.md", "# an edit that must stay\n")
    documented.paste_all(*SELECT, cwd=cwd)
    assert documented.blob(f"{BERT}/INFO.md") == before
    on_disk_now = (documented.path / BERT / "INFO.md").read_bytes()
    assert on_disk_now == (b"# an edit that must stay\n" if on_disk else before)


def test_the_fix_for_ignored_weights(ignored: Repo) -> None:
    option = ("-c", "missing-info.local=error")
    assert len(ignored.paste_all(*SELECT, *option)) == 1
    assert ignored.staged() == [".gitignore", f"{BERT}/INFO.md"]
    assert found(ignored, *option) == []


def test_the_fix_where_info_is_ignored_too(repo: Repo) -> None:
    trio = "pretrained_model/*\n!pretrained_model/README.md\n!pretrained_model/.gitkeep\n"
    repo.stage(".gitignore", trio)
    repo.write(f"{BERT}/model.safetensors", 2000)
    repo.paste_all(*SELECT, "-c", "missing-info.local=error")
    assert f"{BERT}/INFO.md" in repo.staged()
    assert repo.blob(".gitignore").startswith(trio.encode())


@pytest.mark.parametrize("storage", ["ignore", "lfs"])
def test_the_fix_with_odd_names(repo: Repo, storage: str) -> None:
    repo.write(".pmgit.toml", f'storage = "{storage}"\n')
    names = ("-dash", "--help", "with space", "quote'\"$(touch PWNED)", "google/bert", "ünï", "*")
    for name in names:
        repo.write(f"pretrained_model/{name}/model.safetensors", 2000)
    repo.git("add", ".")
    repo.paste_all(*SELECT)
    assert {f"pretrained_model/{name}/INFO.md" for name in names} <= set(repo.staged())
    assert not list(repo.path.rglob("PWNED"))


def test_the_fix_in_several_models_folders(repo: Repo) -> None:
    repo.stage(".pmgit.toml", 'models = ["a", "b"]\n')
    repo.stage_all({f"{folder}/model.pt": 2000 for folder in ("a/one", "b/one", "b/two")})
    repo.paste_all(*SELECT)
    assert {f"{folder}/INFO.md" for folder in ("a/one", "b/one", "b/two")} <= set(repo.staged())


def test_the_fixes_of_many_models(repo: Repo) -> None:
    repo.stage_all({f"pretrained_model/m{number}/model.pt": 2000 for number in range(4)})
    repo.paste_all(*SELECT)
    assert found(repo) == []


def test_a_bare_repository_gets_no_fix(old: Repo, tmp_path: Path) -> None:
    old.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(tmp_path / "bare.git", old.env, init=None)
    finding = only(bare, "--all")
    assert (finding["severity"], finding["fix"]) == ("error", None)


@pytest.mark.parametrize("cone", ["--cone", "--no-cone"])
def test_what_a_sparse_checkout_leaves_out_can_be_recorded(cone: str, repo: Repo) -> None:
    """INFO.md, the ignore rules that let it in, and a loose file that becomes a model.

    Without cones the .gitignore at the top is not on disk either; its lines stay.
    """
    repo.stage_all({"src/a.txt": "a", ".gitignore": "# mine\npretrained_model/*\n"})
    repo.commit()
    repo.git("sparse-checkout", "init", cone)
    repo.git("sparse-checkout", "set", "src")
    assert (repo.path / ".gitignore").exists() == (cone == "--cone")
    repo.stage_blob("pretrained_model/bert/config.json", b"{}")
    repo.stage_blob("pretrained_model/gpt2.bin", pointer(random_bytes(2000)))
    printed = repo.pmgit("check", "--select", "info,naming").fixes
    assert any("pmgit info new bert" in fix for fix in printed)
    assert any("git mv" in fix for fix in printed)
    for fix in printed:
        repo.paste(fix)
    added = {f"{BERT}/INFO.md", "pretrained_model/gpt2/INFO.md", ".gitignore"}
    assert added <= set(repo.staged())
    assert repo.blob(".gitignore").startswith(b"# mine\npretrained_model/*\n# >>> pmgit")
