"""`pmgit add`: a model on this disk is copied, described and locked; nothing is replaced."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pmgit.model import lock_file
from tests.kit import Repo, random_bytes
from tests.weights import Weights

pytestmark = pytest.mark.usefixtures("quick_hooks")

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"


def lock(repo: Repo, model: str = MODEL) -> lock_file.Lock:
    return lock_file.parse((repo.path / model / "pmgit.lock").read_bytes(), "pmgit.lock")


def test_a_model_in_its_place_is_described_and_locked(repo: Repo, weights: Weights) -> None:
    genuine = weights.safetensors
    repo.write(WEIGHTS, genuine)
    repo.write(f"{MODEL}/config.json", "{}\n")
    before = repo.contents()
    shown = repo.pmgit("add", "bert")
    assert shown.code == 0, shown
    found = lock(repo)
    assert [file.path for file in found.files] == ["config.json", "model.safetensors"]
    assert found.size == len(genuine) + 3
    assert found.parameters == {"F32": 309_633}
    assert found.type == lock_file.LOCAL
    assert "this folder is the only copy" in shown.out
    assert before <= repo.contents()
    [line] = [line for line in shown.out.splitlines() if line.startswith("next: ")]
    repo.paste(line.removeprefix("next: "))
    names = ("INFO.md", "config.json", "pmgit.lock")
    assert repo.staged() == [f"{MODEL}/{name}" for name in names]  # raw weights are left out


def test_a_folder_elsewhere_is_copied_whole(repo: Repo, weights: Weights) -> None:
    folder = repo.path.parent / "my-model"
    (folder / "onnx").mkdir(parents=True)
    (folder / "model.pt").write_bytes(random_bytes(5000))
    (folder / "onnx" / "model.onnx").write_bytes(weights["nmp.onnx"])
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[core]\n\tfsmonitor = touch run\n")
    (folder / "secret").symlink_to("/etc/hostname")
    for name in (".gitattributes", ".gitignore", ".DS_Store", "__pycache__/x.pyc", ".msc"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("*\n")
    shown = repo.pmgit("add", str(folder))
    assert shown.code == 0, shown
    assert "note: 1 link not followed, and not copied: secret" in shown.err
    assert [f.path for f in lock(repo, "pretrained_model/my-model").files] == [
        "model.pt",
        "onnx/model.onnx",
    ]
    copied = repo.path / "pretrained_model" / "my-model"
    assert sorted(p.name for p in copied.iterdir()) == ["INFO.md", "model.pt", "onnx", "pmgit.lock"]
    assert not list((repo.path / ".git" / "pmgit" / "incoming").iterdir())
    assert (folder / "model.pt").exists()


def in_hub_cache(home: Path, data: bytes) -> Path:
    """A snapshot as huggingface_hub lays it out, with links to nothing and to somebody's secret."""
    entry = home / "models--google--ViT_b"
    contents = {"model.safetensors": data, "config.json": b"{}\n", ".gitattributes": b"*\n"}
    snapshot = entry / "snapshots" / ("86b5e093" * 5)
    snapshot.mkdir(parents=True)
    (entry / "blobs").mkdir()
    for name, content in contents.items():
        blob = hashlib.sha256(content).hexdigest()
        (entry / "blobs" / blob).write_bytes(content)
        (snapshot / name).symlink_to(f"../../blobs/{blob}")
    (snapshot / "secret").symlink_to("/etc/hostname")
    return snapshot


@pytest.mark.parametrize("is_inside", [False, True])
@pytest.mark.parametrize("is_entry", [False, True])
def test_what_the_hubs_cache_has_becomes_a_model_with_its_names(
    repo: Repo, weights: Weights, is_inside: bool, is_entry: bool
) -> None:
    """Its links lead to files without names, which nobody can load."""
    home = repo.path / "pretrained_model" if is_inside else repo.path.parent / "hub"
    snapshot = in_hub_cache(home, weights.safetensors)
    entry = snapshot.parent.parent
    assert repo.pmgit("add", str(entry if is_entry else snapshot)).code == 0
    found = lock(repo, "pretrained_model/ViT_b")
    assert [file.path for file in found.files] == ["config.json", "model.safetensors"]
    assert found.source == {
        "type": "huggingface", "repo_id": "google/ViT_b", "revision": snapshot.name,
    }  # fmt: skip
    info = (repo.path / "pretrained_model/ViT_b/INFO.md").read_text()
    assert "**Source**: https://huggingface.co/google/ViT_b\n" in info
    assert snapshot.name in info
    assert repo.pmgit("verify", "ViT_b").code == 0
    assert (snapshot / "model.safetensors").read_bytes() == weights.safetensors
    if is_inside:
        assert "before you remove this one" in repo.pmgit("status").out


def test_a_damaged_file_of_the_hubs_cache_is_not_copied(repo: Repo, weights: Weights) -> None:
    snapshot = in_hub_cache(repo.path.parent / "hub", weights.safetensors)
    with (snapshot / "model.safetensors").open("r+b") as file:
        file.seek(500_000)
        file.write(b"?")
    shown = repo.pmgit("add", str(snapshot))
    assert (shown.code, "'model.safetensors' is damaged" in shown.err) == (3, True), shown
    assert not (repo.path / "pretrained_model").exists()


@pytest.mark.parametrize(
    "beside",
    [
        ".huggingface/download/model.pt.metadata", "huggingface/trees/x.json", ".locks/x", ".mdl",
        ".DS_Store", "part/Thumbs.db", "clone/model.bin", "._____temp/x.bin",
    ],
)  # fmt: skip
def test_what_is_locked_is_what_is_compared(repo: Repo, beside: str) -> None:
    """Notes of clients and desktops change by themselves, a clone belongs to another repository."""
    repo.write(f"{MODEL}/model.pt", 3000)
    repo.write(f"{MODEL}/{beside}", "x\n")
    if beside.startswith("clone"):
        repo.git("init", "-q", f"{MODEL}/clone")
    assert repo.pmgit("add", MODEL).code == 0
    assert [file.path for file in lock(repo).files] == ["model.pt"]
    assert repo.pmgit("verify").code == 0


def test_names_that_are_one_on_other_systems_are_not_locked(repo: Repo) -> None:
    """A lock that has both is none: nothing could be compared with it."""
    repo.write(f"{MODEL}/model.pt", 3000)
    repo.write(f"{MODEL}/MODEL.pt", 3000)
    shown = repo.pmgit("add", MODEL)
    assert (shown.code, "on systems that ignore case" in shown.err) == (3, True), shown
    assert not (repo.path / MODEL / "pmgit.lock").exists()


def test_a_single_file_becomes_a_model_of_its_name(repo: Repo) -> None:
    file = repo.path.parent / "resnet50-11ad3fa6.pth"
    file.write_bytes(random_bytes(3002))
    assert repo.pmgit("add", str(file)).code == 0
    assert (repo.path / "pretrained_model/resnet50-11ad3fa6/resnet50-11ad3fa6.pth").exists()
    assert repo.pmgit("add", str(file), "--name", "resnet50").code == 0
    assert lock(repo, "pretrained_model/resnet50").size == 3002


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["./nowhere"], "no file or folder"),
        (["LINK"], "is a link"),
        (["FOLDER", "--name", "My Model"], "--name my-model"),
        (["FOLDER", "--name", "../out"], "--name"),
        (["FOLDER", "--name", "taken"], "exists already"),
        ([MODEL, "--name", "other"], "--name is for what is copied"),
        (["EMPTY"], "no files"),
        (["LINKS"], "nothing but links"),
        (["ODD"], "cannot be shown"),
        (["TWICE"], "the same as another file on systems that ignore case"),
        (["FOLDER", "--name", "con"], "is a device on Windows"),
        (["."], "holds the models folder"),
        ([".."], "holds the models folder"),
        (["pretrained_model"], "is the models folder"),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_left(
    repo: Repo, args: list[str], said: str
) -> None:
    repo.write(f"{MODEL}/model.pt", 3000)
    repo.write("pretrained_model/taken/model.pt", 3000)
    above = repo.path.parent
    (above / "folder").mkdir()
    (above / "folder" / "model.pt").write_bytes(random_bytes(100))
    for name, files in (
        ("empty", []), ("odd", ["a\nb.pt"]), ("twice", ["a.pt", "A.pt"]), ("links", []),
    ):  # fmt: skip
        (above / name).mkdir()
        for file in files:
            (above / name / file).write_bytes(random_bytes(100))
    (above / "links" / "model.pt").symlink_to(above / "folder" / "model.pt")
    (above / "link").symlink_to(above / "folder")
    places = {
        name.upper(): above / name for name in ("link", "folder", "empty", "odd", "twice", "links")
    }
    before = repo.contents()
    shown = repo.pmgit("add", *[str(places.get(word, word)) for word in args])
    assert shown.code in (2, 3), shown
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert repo.contents() == before
    assert {p.name for p in (repo.path / "pretrained_model").iterdir()} == {"bert", "taken"}


def test_a_model_that_is_locked_is_not_locked_again(repo: Repo) -> None:
    repo.write(f"{MODEL}/model.pt", 3000)
    assert repo.pmgit("add", MODEL).code == 0
    before = repo.contents()
    shown = repo.pmgit("add", MODEL)
    assert (shown.code, "locked already" in shown.err) == (2, True), shown
    assert repo.contents() == before


def test_dry_run_changes_nothing(repo: Repo) -> None:
    repo.write(f"{MODEL}/model.pt", 3000)
    before = repo.contents()
    shown = repo.pmgit("add", "--dry-run", MODEL)
    assert shown.code == 0, shown
    assert "would lock" in shown.out
    assert repo.contents() == before


def test_an_info_that_is_there_stays_to_the_letter(repo: Repo) -> None:
    repo.write(f"{MODEL}/model.pt", 3000)
    repo.write(f"{MODEL}/INFO.md", "# Mine\r\n\r\nwords\r\n")
    assert repo.pmgit("add", MODEL).code == 0
    assert (repo.path / MODEL / "INFO.md").read_bytes() == b"# Mine\r\n\r\nwords\r\n"


@pytest.mark.skipif(os.name == "nt", reason="names of files on POSIX")
def test_a_name_that_no_lock_can_hold_is_refused(repo: Repo) -> None:
    repo.write(f"{MODEL}/a\nb.pt", 3000)
    shown = repo.pmgit("add", MODEL)
    assert shown.code == 3, shown
    assert "cannot be shown" in shown.err
    assert not (repo.path / MODEL / "pmgit.lock").exists()


def test_a_link_into_the_hubs_cache_is_no_source_of_the_files_beside_it(repo: Repo) -> None:
    """`pmgit pull` would look there for files that are somebody's own."""
    commit = "86b5e0934494bd15c9632b12f734a8a67f723594"
    repo.write(f"{MODEL}/config.json", "{}\n")
    cache = "/nowhere/hub/models--google--vit"
    (repo.path / MODEL / "model.safetensors").symlink_to(f"{cache}/snapshots/{commit}/model.x")
    assert repo.pmgit("add", MODEL).code == 0
    assert lock(repo).type == "local"


@pytest.mark.parametrize("set_up", ["", "ignore", "lfs"])
def test_weights_that_nothing_keeps_out_of_git_are_named_with_the_command(
    repo: Repo, set_up: str
) -> None:
    if set_up:
        repo.write(".pmgit.toml", f'storage = "{set_up}"\n')
    repo.write(WEIGHTS, 3000)
    shown = repo.pmgit("add", MODEL)
    repo.env["PMGIT_LFS_SETUP_PROOF"] = "0"
    line = "note: nothing keeps 1 file of weights out of Git here: "
    assert (shown.code, line in shown.out) == (0, True), shown
    command = shown.out.partition(line)[2].partition("\n")[0]
    way = {"": "init", "ignore": "gitignore", "lfs": "lfs-setup"}[set_up]
    assert command == f"pmgit {way}"
    assert repo.paste(f"{command} {'--yes --hooks none' if not set_up else ''}").code == 0
    repo.write(WEIGHTS, 4000)
    shown = repo.pmgit("update", MODEL)
    assert (shown.code, line in shown.out) == (0, False), shown
    repo.git("add", "-A")
    assert repo.pmgit("check").code == 0


def test_a_model_of_many_files_is_staged_by_a_short_line(repo: Repo) -> None:
    for number in range(60):
        repo.write(f"{MODEL}/data/{number}.json", "{}")
    repo.write(f"{MODEL}/model.pt", 3000)
    shown = repo.pmgit("add", "bert", cwd="pretrained_model").out.splitlines()[-1]
    assert len(shown) < 200
    repo.paste(shown.removeprefix("next: "), cwd="pretrained_model")
    assert len(repo.staged()) == 62
    assert f"{MODEL}/model.pt" not in repo.staged()
