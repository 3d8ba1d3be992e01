"""The snapshot as rules see it: weights, pointers, models, and what of them changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.core.config import Config
from pmgit.git.repository import discover
from pmgit.lfs import pointer as pointers
from pmgit.lfs.pointer import Broken, Pointer
from pmgit.model.subject import Subject
from pmgit.snapshots import commit_range, staged, tree
from tests.formats.test_kinds import pieces
from tests.kit import Repo, pointer, random_bytes, weights_bytes, weights_for

if TYPE_CHECKING:
    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model
    from pmgit.snapshots.base import Snapshot
    from tests.weights import Weights

BERT = "pretrained_model/bert"


@pytest.fixture
def here(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.chdir(repo.path)
    return repo


def subject(snapshot: Snapshot | None = None, **settings: object) -> Subject:
    snapshot = snapshot or staged.take()
    snapshot.survey(pointers.may_be, 200_000, ask_filters=True)
    return Subject(snapshot, Config(dict(settings)))


def everything(text: str = "", **settings: object) -> Subject:
    """All of the index, or a range of commits."""
    if text:
        return subject(commit_range.take_range(discover(), text), **settings)
    return subject(tree.take(discover()), **settings)


def named(blobs: list[Blob]) -> list[str]:
    return [blob.path for blob in blobs]


def models(seen: Subject) -> dict[str, Model]:
    return {model.path: model for model in seen.models}


# -- weights --------------------------------------------------------------------------------------


def weights_in(seen: Subject) -> list[str]:
    return [blob.path for blob in seen.introduced if seen.is_weights(blob)]


def test_names_decide_where_they_can(here: Repo) -> None:
    for path in (
        "a/model.safetensors", "a/model.PT", "a/model.gguf",  # always
        "a/small.bin", "a/data.npz", "a/b.h5",  # elsewhere these are data
        f"{BERT}/small.bin", f"{BERT}/data.npz", f"{BERT}/x.tar.gz", f"{BERT}/sub/p.bin.001",
        f"{BERT}/tokenizer.model", f"{BERT}/vocab.txt", f"{BERT}/big.json", f"{BERT}/other",
    ):  # fmt: skip
        here.stage(path, 500)
    here.stage(f"{BERT}/huge.json", 200_000)
    assert weights_in(subject()) == [
        "a/model.PT", "a/model.gguf", "a/model.safetensors",
        f"{BERT}/data.npz", f"{BERT}/huge.json", f"{BERT}/small.bin", f"{BERT}/sub/p.bin.001",
        f"{BERT}/x.tar.gz",
    ]  # fmt: skip


def test_content_counts_more_than_a_name(here: Repo, weights: Weights) -> None:
    """Text and tokenizers under names of weights, and the other way round."""
    model = pieces(5_000)
    assert len(model) > 500_000
    jit = weights["silero_vad.jit"]
    here.stage_all(
        {
            f"{BERT}/labels.bin": "cat\ndog\n",
            f"{BERT}/boosted.model": "tree\nversion=v3\n" * 20_000,
            f"{BERT}/gbk.dat": ("模型" * 9 + "\n").encode("gbk") * 9999,
            f"{BERT}/zh.model": model,
            f"{BERT}/small.model": pieces(9),
            f"{BERT}/pieces": model,
        }
    )
    assert weights_in(subject()) == []
    sizes = {
        f"{BERT}/b.model": 8_000_001, f"{BERT}/b.spm": 8_000_000, f"{BERT}/c.spm": 8_000_001,
        f"{BERT}/d.json": 100_001, f"{BERT}/e.txt": 100_000, f"{BERT}/f/vocab.txt": 1_000_000,
        f"{BERT}/g/vocab.txt": 1_000_001, "elsewhere/n.txt": 300_000,
    }  # fmt: skip
    here.stage_blobs({path: weights_for(path, size) for path, size in sizes.items()})
    here.stage_blobs({
        f"{BERT}/a.pkl": b"(dp0\nVweight\np1\nF1.5\ns.",  # pickled by Python 2
        f"{BERT}/h.safetensors": b"text, and a name that stands for nothing else",
        "elsewhere/m.txt": jit, "elsewhere/spm.model": jit,
    })  # fmt: skip
    expected = [
        "elsewhere/m.txt", "elsewhere/spm.model", f"{BERT}/a.pkl", f"{BERT}/b.model",
        f"{BERT}/c.spm", f"{BERT}/d.json", f"{BERT}/g/vocab.txt", f"{BERT}/h.safetensors",
    ]  # fmt: skip
    assert weights_in(subject()) == expected
    seen = subject()
    assert named(seen.weights_among(seen.introduced)) == expected
    # A person has the last word.
    seen = subject(weights={"never": ["[c-g]*", "vocab.*", "m.txt"], "ambiguous": ["labels.*"]})
    expected = [f"{BERT}/{name}" for name in ("a.pkl", "b.model", "h.safetensors", "labels.bin")]
    assert weights_in(seen) == ["elsewhere/spm.model", *expected]


def test_content_of_many_is_asked_for_at_once(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        here.stage_all({f"{BERT}/{number}.bin": "text", f"{BERT}/{number}.json": 100_001 + number})
    here.commit()
    here.git("gc", "-q")
    seen = everything()
    trace = here.path.parent / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    assert len(seen.weights_among(seen.introduced)) == 9
    assert trace.read_text().count(" built-in: git ") == 1


def test_any_large_binary_inside_of_a_model(here: Repo) -> None:
    here.stage_all(
        {
            f"{BERT}/shard-1": 100_001,
            f"{BERT}/shard-2": 100_000,
            f"{BERT}/text": b"word " * 40_000,
            "elsewhere/shard-1": 100_002,
        }
    )
    assert weights_in(subject()) == [f"{BERT}/shard-1"]


@pytest.mark.parametrize("packed", [False, True])
def test_content_proves_it_elsewhere(here: Repo, weights: Weights, packed: bool) -> None:
    kinds = ("nmp.tflite", "onet.pt", "silero_vad.jit", "silero_vad_16k.safetensors")
    names = ("model.bin", "model.dat", "noname")
    contents = {f"src/{kind}/{name}": weights[kind] for kind in kinds for name in names}
    firmware = {f"src/firmware/{name}": random_bytes(300_000) for name in names}
    here.stage_blobs(contents | firmware)
    if packed:
        here.git("-c", "core.compression=0", "gc", "-q")
    assert weights_in(subject()) == list(contents)


def test_own_patterns_come_first(here: Repo) -> None:
    here.stage_all(dict.fromkeys(("a/x.mymodel", f"{BERT}/a.bin", f"{BERT}/keep.safetensors"), 500))
    seen = subject(weights={"always": ["*.mymodel"], "never": ["keep.*"]})
    assert weights_in(seen) == ["a/x.mymodel", f"{BERT}/a.bin"]


def test_a_pointer_in_a_model_stands_for_weights(here: Repo) -> None:
    here.stage_all({f"{BERT}/no-suffix": pointer(b"x"), "elsewhere/no-suffix": pointer(b"y")})
    assert weights_in(subject()) == [f"{BERT}/no-suffix"]


def test_links_and_submodules_are_no_weights(here: Repo) -> None:
    here.stage("a", "a")
    commit = here.commit()
    (here.path / "link.safetensors").symlink_to("a")
    here.git("add", "link.safetensors")
    here.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub.safetensors")
    assert weights_in(subject()) == []


# -- pointers -------------------------------------------------------------------------------------


def test_what_a_blob_is(here: Repo) -> None:
    here.stage_all(
        {
            ".gitattributes": "*.lfs filter=lfs\n",
            "right": pointer(b"x"),
            "crlf": pointer(b"x").replace(b"\n", b"\r\n"),
        }
    )
    here.stage_blob("mention.lfs", b"see: version https://git-lfs.github.com/spec/v1\n")
    here.stage_all(
        {
            "mention.txt": b"see: version https://git-lfs.github.com/spec/v1\n",
            "raw.bin": 3000,
            "empty": b"",
        }
    )
    seen = subject()
    kinds = {blob.path: seen.pointer_of(blob) for blob in seen.introduced}
    assert isinstance(kinds["right"], Pointer)
    assert isinstance(kinds["crlf"], Pointer)
    assert kinds["crlf"].fault
    assert isinstance(kinds["mention.lfs"], Broken)
    assert kinds["mention.txt"] is kinds["raw.bin"] is kinds["empty"] is None
    assert [b.path for b in seen.introduced if seen.is_raw(b)] == [
        ".gitattributes", "mention.txt", "raw.bin",
    ]  # fmt: skip
    assert seen.concerns_lfs
    assert named(seen.lfs_files) == ["mention.lfs"]
    assert named(seen.pointer_like) == ["crlf", "mention.lfs", "mention.txt", "right"]


def test_the_same_content_is_judged_for_each_path(here: Repo) -> None:
    here.stage(".gitattributes", "*.lfs filter=lfs\n")
    text = b"see: version https://git-lfs.github.com/spec/v1\n"
    for name in ("a.txt", "b.lfs", "c.txt", "d.safetensors", "e.md"):
        here.stage_blob(name, text)
    seen = subject()
    assert [isinstance(seen.pointer_of(b), Broken) for b in seen.introduced[1:]] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_nothing_concerns_lfs(here: Repo) -> None:
    here.stage("a", "a")
    assert not subject().concerns_lfs


def test_a_change_of_attributes_judges_every_file_again(here: Repo) -> None:
    here.stage_all({path: path for path in ("old/a.bin", "old/b.txt", "c.bin")})
    here.commit()
    here.stage("new.bin", "new")
    assert named(subject().judged_for_lfs) == ["new.bin"]
    here.stage("old/.gitattributes", "*.bin filter=lfs\n")
    seen = subject()
    assert sorted(named(seen.judged_for_lfs)) == [
        "c.bin", "new.bin", "old/.gitattributes", "old/a.bin", "old/b.txt",
    ]  # fmt: skip
    assert named(seen.lfs_files) == ["old/a.bin"]
    here.commit()
    here.git("rm", "-q", "old/.gitattributes")
    assert sorted(named(subject().judged_for_lfs)) == ["c.bin", "new.bin", "old/a.bin", "old/b.txt"]


def test_files_that_attributes_send_to_lfs_in_a_range(here: Repo) -> None:
    """Whether the attributes of a file were asked for before must not matter."""
    here.stage("a.txt", "x")
    here.commit()
    here.stage_all({".gitattributes": "*.bin filter=lfs\n", "new.bin": "new"})
    here.commit()
    here.stage("later.bin", "later")
    here.commit()
    for text, paths in (
        ("HEAD~2..HEAD", ["later.bin", "new.bin"]),
        ("HEAD~1..HEAD", ["later.bin"]),
    ):
        for ask_filters in (True, False):
            snapshot = commit_range.take_range(discover(), text)
            snapshot.survey(pointers.may_be, 200_000, ask_filters=ask_filters)
            seen = Subject(snapshot, Config())
            assert seen.concerns_lfs
            assert sorted(named(seen.lfs_files)) == paths


def test_a_pointer_concerns_lfs_whatever_was_asked_before(here: Repo) -> None:
    here.stage("old.bin", pointer(b"x"))
    here.commit()
    here.stage("a.txt", "x")
    here.stage(".gitattributes", "*.txt text\n")
    seen = subject()
    [old] = [blob for blob in seen.snapshot.listing().values() if blob.path == "old.bin"]
    # Its size is found for another reason, before somebody wants to know what is in it.
    seen.snapshot.contents.measure([old])
    assert old.size > 0
    assert named(seen.pointer_like) == ["old.bin"]
    assert not seen.is_raw(old)


def test_a_question_is_asked_once_for_each_thing_that_it_is_about(here: Repo) -> None:
    asked = []

    def path_below(of: Subject, name: str = "") -> str:
        asked.append(name)
        return f"{of.roots[0]}/{name}"

    seen = subject()
    for _ in range(2):
        assert seen.once(path_below, "a") == "pretrained_model/a"
        assert seen.once(path_below, "b") == "pretrained_model/b"
        assert seen.once(path_below) == "pretrained_model/"
    assert asked == ["a", "b", ""]
    assert subject().once(path_below) == "pretrained_model/"
    assert asked == ["a", "b", "", ""], "another judgement has answers of its own"


# -- what changes ---------------------------------------------------------------------------------


def test_a_move_adds_nothing(here: Repo) -> None:
    here.stage_all({f"{name}.bin": weights_bytes(2000, ord(name)) for name in ("a", "b", "c")})
    here.commit()
    (here.path / BERT).mkdir(parents=True)
    here.git("mv", "a.bin", "moved.bin")
    here.git("mv", "b.bin", f"{BERT}/b.bin")  # what was a file becomes weights
    here.stage("copy.bin", weights_bytes(2000, ord("c")))
    seen = subject()
    assert {b.path: seen.is_moved(b) for b in seen.introduced} == {
        "moved.bin": True, f"{BERT}/b.bin": False, "copy.bin": False,
    }  # fmt: skip
    here.commit()
    here.git("mv", f"{BERT}/b.bin", f"{BERT}/c.bin")
    assert [subject().is_moved(blob) for blob in subject().introduced] == [True]
    here.commit()
    seen = everything("HEAD~2..HEAD")
    assert {b.path: seen.is_moved(b) for b in seen.introduced}[f"{BERT}/c.bin"]


def test_a_copy_beside_a_move_is_not_free(here: Repo) -> None:
    data = random_bytes(2000)
    here.stage_all(dict.fromkeys(("a.bin", "old/w.bin", f"{BERT}/w.bin"), data))
    here.commit("first")
    for path in ("a.bin", "old/w.bin", f"{BERT}/w.bin"):
        here.git("rm", "-q", path)
    # Three places for the one in a model folder, and four for the others: one and two are free.
    coming = [
        f"{BERT}2/w.bin",
        f"{BERT}2/x.bin",
        f"{BERT}/y.bin",
        "b.bin",
        "c.bin",
        "d.bin",
        "z/w.bin",
    ]
    here.stage_all(dict.fromkeys(coming, data))
    free = ["b.bin", f"{BERT}2/w.bin", "z/w.bin"]
    assert sorted(b.path for b in subject().introduced if subject().is_moved(b)) == free
    here.commit("second")
    seen = everything("HEAD~1..HEAD")
    assert sorted(b.path for b in seen.introduced if seen.is_moved(b)) == free


def test_what_was_there_before(here: Repo) -> None:
    here.stage_all({"same": "same", "changed": "one"})
    here.commit()
    old = here.git("rev-parse", ":changed").strip()
    here.stage_all({"changed": "two", "new": "new"})
    for seen in (subject(), everything()):
        before = {blob.path: seen.before(blob) for blob in seen.introduced}
        assert before["changed"] == old
        assert before["new"] == ""
    assert before["same"] == here.git("rev-parse", ":same").strip()


def test_the_files_of_the_tip_of_a_range(here: Repo) -> None:
    here.stage("base", "x")
    here.commit()
    here.stage_all({"gone": "x", "kept": "one"})
    here.commit()
    here.git("rm", "-q", "gone")
    here.stage("kept", "two")
    here.commit()
    seen = everything("HEAD~2..HEAD")
    assert named(seen.tip_files) == ["kept"]
    assert seen.tip_files[0].size == 3
    assert seen.tip_files[0] in seen.introduced  # and so knows its commit


# -- models ---------------------------------------------------------------------------------------


def test_the_models_that_a_change_touches(here: Repo) -> None:
    for name in ("one", "two", "org/three"):
        here.stage_all(
            {
                f"pretrained_model/{name}/model.bin": f"\0{name}",
                f"pretrained_model/{name}/sub/config.json": "{}",
            }
        )
        here.add_info(f"pretrained_model/{name}")
    here.commit()
    assert subject().models == []
    assert not subject().touches_models
    here.stage("pretrained_model/one/sub/config.json", '{"a": 1}')
    here.git("rm", "-q", "pretrained_model/two/INFO.md")
    here.stage("pretrained_model/org/three/model.bin", "\0other")
    seen = subject()
    found = models(seen)
    assert sorted(found) == ["pretrained_model/one", "pretrained_model/org/three",
                             "pretrained_model/two"]  # fmt: skip
    one, two, three = (found[f"pretrained_model/{n}"] for n in ("one", "two", "org/three"))
    assert [(m.weights_changed, m.info_changed, m.info_removed) for m in (one, two, three)] == [
        (False, False, False), (False, True, True), (True, False, False),
    ]  # fmt: skip
    assert [seen.is_due(m) for m in (one, two, three)] == [False, True, True]
    assert three.name == "org/three"
    assert three.info is not None
    assert two.info is None
    assert named(one.weights) == ["pretrained_model/one/model.bin"]


def test_a_deletion_touches_a_model(here: Repo) -> None:
    here.stage_all({f"{BERT}/a.bin": "a", f"{BERT}/b.bin": "b"})
    here.commit()
    here.git("rm", "-q", f"{BERT}/a.bin")
    assert list(models(subject())) == [BERT]
    here.git("rm", "-q", f"{BERT}/b.bin")
    assert subject().models == []  # it is gone


def test_the_whole_tree_is_due(here: Repo) -> None:
    here.stage(f"{BERT}/a.bin", "a")
    here.commit()
    seen = everything()
    assert [seen.is_due(model) for model in seen.models] == [True]


def test_weights_of_the_work_tree(here: Repo) -> None:
    here.stage(".gitignore", "*.bin\n")
    here.write(f"{BERT}/a.bin", "a")
    here.write(f"{BERT}/b.safetensors", "b")
    here.write(f"{BERT}/notes.txt", "c")
    here.stage(f"{BERT}/config.json", "{}")
    here.commit()
    seen = subject()
    (model,) = seen.models
    assert not model.touched
    assert sorted(model.local) == [f"{BERT}/a.bin", f"{BERT}/b.safetensors"]
    assert seen.ignored_weights(model) == [f"{BERT}/a.bin"]
    assert everything("HEAD..HEAD").models == []


def test_the_models_folder_that_a_bare_name_means(here: Repo) -> None:
    assert subject().places.first_root == "pretrained_model"
    here.stage("pretrained_models/bert/a.bin", "a")
    assert subject().places.first_root == "pretrained_models"
    here.stage("w/bert/a.bin", "a")
    seen = subject(models=["v", "w"])
    assert seen.places.first_root == "w"
    assert seen.in_models("w/bert/a.bin")
    assert not seen.in_models("pretrained_models/bert/a.bin")
    assert not seen.in_models("w")
    assert seen.in_model_folder("w/bert/a.bin")
    assert not seen.in_model_folder("w/loose.bin")
    assert seen.places.model_of("w/bert/sub/deep/x") == "w/bert"
    assert seen.places.model_of("w/README.md") == ""


# -- storage --------------------------------------------------------------------------------------


def test_where_weights_belong(here: Repo) -> None:
    here.stage("a", "a")
    assert subject().storage == "ignore"
    here.write(".gitattributes", "*.bin filter=lfs\n")
    assert subject().storage == "ignore"  # it is not staged
    here.git("add", ".gitattributes")
    assert subject().storage == "lfs"
    assert subject(storage="ignore").storage == "ignore"
    here.stage(".gitattributes", "# *.bin filter=lfs\n*.txt text\n")
    assert subject().storage == "ignore"
    here.stage("deep/.gitattributes", "*.bin filter=lfs -text\n")
    assert subject().storage == "lfs"
    assert everything().storage == "lfs"
