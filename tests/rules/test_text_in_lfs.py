"""`text-in-lfs`: small texts that belong into Git and are sent to Git LFS."""

from __future__ import annotations

import pytest

from tests.kit import Repo, pointer, weights_bytes
from tests.lfs_install import install_lfs

RULE = "text-in-lfs"
SELECT = ("--select", RULE)
BERT = "pretrained_model/bert"
TEXTS = (
    ".gitattributes", ".gitignore", "pretrained_model/.gitkeep", f"{BERT}/.gitattributes",
    f"{BERT}/INFO.md", f"{BERT}/pmgit.lock", f"{BERT}/README.md", "README.md", "LICENSE",
    f"{BERT}/config.json", f"{BERT}/Config.JSON", f"{BERT}/tokenizer_config.json",
    f"{BERT}/model.safetensors.index.json", ".pmgit.toml",
)  # fmt: skip
CONFIG = b'{"hidden_size": 768}\n'


@pytest.fixture
def everything(repo: Repo) -> Repo:
    """A repository in which somebody ran `git lfs track "*"`."""
    install_lfs(repo)
    repo.write(".gitattributes", "* filter=lfs diff=lfs merge=lfs -text\n")
    repo.git("-c", "filter.lfs.clean=", "-c", "filter.lfs.process=", "-c",
             "filter.lfs.required=false", "add", ".gitattributes")  # fmt: skip
    return repo


@pytest.fixture
def folder(repo: Repo) -> Repo:
    """A repository in which somebody ran `git lfs track "pretrained_model/**"`."""
    install_lfs(repo)
    repo.stage(".gitattributes", "pretrained_model/** filter=lfs diff=lfs merge=lfs -text\n")
    repo.commit()
    return repo


# -- reports --------------------------------------------------------------------------------------


def test_a_text_is_reported_as_a_pointer_and_raw(everything: Repo) -> None:
    def assert_reported(*paths: str) -> None:
        found = everything.check(*SELECT)
        assert {f["path"] for f in found} == {".gitattributes", *paths}
        for finding in found:
            assert finding["severity"] == "error", finding
            assert finding["message"] == (
                "text that belongs into Git, but .gitattributes sends it to Git LFS"
            )

    # A configuration that is a pointer is an error of its own.
    pointers = [path for path in TEXTS[1:] if path != ".pmgit.toml"]
    for path in pointers:
        everything.stage_blob(path, pointer(b"text\n"))
    assert_reported(*pointers)
    for path in TEXTS[1:]:
        everything.stage_blob(path, b"# nothing\n" if path == ".pmgit.toml" else b"text\n")
    assert_reported(*TEXTS[1:])


def test_it_is_the_one_rule_that_speaks(folder: Repo) -> None:
    folder.stage_blob(f"{BERT}/config.json", CONFIG)
    folder.add_info(BERT)
    found = folder.check()
    assert {(f["path"], f["rule"]) for f in found} >= {
        (f"{BERT}/config.json", RULE), (f"{BERT}/INFO.md", RULE),
    }  # fmt: skip
    assert "missing-pointer" not in {f["rule"] for f in found}


def test_old_texts_when_the_attributes_change(repo: Repo) -> None:
    repo.stage(f"{BERT}/config.json", CONFIG)
    repo.commit()
    repo.stage(".gitattributes", "pretrained_model/** filter=lfs\n")
    assert [f["path"] for f in repo.check(*SELECT)] == [f"{BERT}/config.json"]


def test_in_a_range(folder: Repo) -> None:
    base = folder.git("rev-parse", "HEAD").strip()
    folder.stage(f"{BERT}/config.json", CONFIG)
    tip = folder.commit()
    (finding,) = folder.check("--range", f"{base}..HEAD", *SELECT)
    assert (finding["path"], finding["commit"]) == (f"{BERT}/config.json", tip)
    folder.paste(finding["fix"]["shell"])
    assert folder.check("--range", f"{base}..HEAD", *SELECT) == []


# -- accepts --------------------------------------------------------------------------------------


def test_what_may_go_to_lfs(folder: Repo) -> None:
    for name in ("model.safetensors", "pytorch_model.bin", "tokenizer.json", "vocab.txt",
                 "merges.txt", "data.json", "my-config.json", "INFO.md.bin", "notes.md",
                 "config.json.zip"):  # fmt: skip
        folder.write(f"{BERT}/{name}", 3000)
    folder.git("add", BERT)
    assert len(folder.staged()) == 11
    assert folder.check(*SELECT) == []


def test_large_texts_may_go_to_lfs(folder: Repo) -> None:
    path = f"{BERT}/model.safetensors.index.json"
    folder.stage(path, b" " * 2000)
    assert folder.rules(*SELECT) == [RULE]
    assert folder.rules(*SELECT, "-c", f"{RULE}.max-text-size=2000") == [RULE]
    assert folder.rules(*SELECT, "-c", f"{RULE}.max-text-size=1999") == []
    folder.stage_blob(path, b" " * 2000)  # the limit is the text's, raw as well
    assert folder.rules(*SELECT, "-c", f"{RULE}.max-text-size=1999") == []
    folder.stage_blob(path, pointer(b"x").replace(b"size 1", b"size 10000001"))
    assert folder.rules(*SELECT) == []


def test_text_that_is_not_sent_to_lfs(lfs_repo: Repo) -> None:
    lfs_repo.stage(f"{BERT}/config.json", CONFIG)
    lfs_repo.add_info(BERT)
    lfs_repo.stage(f"{BERT}/model.safetensors", 3000)
    assert lfs_repo.check(*SELECT) == []


def test_links_are_no_text(folder: Repo) -> None:
    (folder.path / BERT).mkdir(parents=True)
    (folder.path / BERT / "config.json").symlink_to("../other.json")
    folder.git("add", BERT)
    assert folder.check(*SELECT) == []


# -- fixes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("staged", "cwd"), [("pointer", BERT), ("raw", "")])
def test_the_fix(folder: Repo, cwd: str, staged: str) -> None:
    weights = weights_bytes(3000)
    folder.write(f"{BERT}/model.safetensors", weights)
    texts = {f"{BERT}/{name}": CONFIG for name in ("config.json", "LICENSE", "INFO.md")}
    for path in texts:
        folder.write(path, CONFIG)
    folder.git("add", "-f", BERT)
    assert {path: folder.blob(path) for path in texts} == dict.fromkeys(texts, pointer(CONFIG))
    if staged == "raw":
        folder.stage_blobs(texts)
    assert len(folder.pmgit("check", *SELECT).fixes) == 1
    folder.paste_all(*SELECT, cwd=cwd)
    for path in texts:
        assert folder.blob(path) == CONFIG
        assert (folder.path / path).read_bytes() == CONFIG
    assert folder.blob(f"{BERT}/model.safetensors") == pointer(weights)
    assert folder.check("--select", "lfs") == []


def test_the_fix_of_old_texts(folder: Repo) -> None:
    folder.stage_all({f"{BERT}/config.json": CONFIG, f"{BERT}/model.safetensors": 3000})
    folder.commit()
    assert len(folder.paste_all("--all", *SELECT)) == 1
    assert folder.blob(f"{BERT}/config.json") == CONFIG
    assert folder.check("--all", "--select", "lfs") == []


def test_the_fix_where_everything_is_caught(everything: Repo) -> None:
    everything.stage_all(
        {"README.md": "hello\n", f"{BERT}/config.json": CONFIG, f"{BERT}/model.safetensors": 3000}
    )
    everything.add_info(BERT)
    assert everything.blob("README.md") == pointer(b"hello\n")
    everything.paste_all(*SELECT)
    assert everything.blob("README.md") == b"hello\n"
    assert everything.blob(f"{BERT}/config.json") == CONFIG
    assert everything.blob(f"{BERT}/INFO.md").startswith(b"# Model")
    assert b"filter=lfs" in everything.blob(".gitattributes")
    assert everything.check("--select", "lfs") == []


def test_the_fix_where_gitattributes_is_a_pointer_itself(everything: Repo) -> None:
    # What `git lfs track "*"` and `git add .` leave behind: nothing is covered any more.
    everything.git("rm", "-q", "-f", "--cached", ".gitattributes")
    everything.git("add", ".gitattributes")
    assert everything.blob(".gitattributes").startswith(b"version https://git-lfs")
    everything.stage(f"{BERT}/model.safetensors", 3000)
    everything.add_info(BERT)
    assert {f["path"] for f in everything.check()} >= {".gitattributes"}
    everything.paste_all()
    assert b"filter=lfs" in everything.blob(".gitattributes")
    assert everything.check() == []


def test_a_line_in_the_folder_of_the_model_is_named(folder: Repo) -> None:
    """No line at the top helps: `pmgit lfs-setup` is refused until that one is gone."""
    folder.stage_blob(f"{BERT}/.gitattributes", b"# Hub\nconfig.json filter=lfs -text\n")
    folder.stage_blob(f"{BERT}/config.json", CONFIG)
    folder.stage_blob(f"{BERT}/README.md", b"# Model\n")
    folder.git("checkout-index", "-a", "-f")
    assert folder.pmgit("lfs-setup", "--no-proof").code == 3
    found = folder.check(*SELECT)
    named = f"; {BERT}/.gitattributes:2 (config.json filter=lfs -text) wins over what "
    assert {f["path"] for f in found} >= {f"{BERT}/config.json", f"{BERT}/README.md"}
    for finding in found:
        assert (finding["fix"], named in finding["message"]) == (None, True), finding
    folder.stage_blob(f"{BERT}/.gitattributes", b"# Hub\n")
    folder.write(f"{BERT}/.gitattributes", "# Hub\n")
    folder.paste_all(*SELECT)
    assert folder.blob(f"{BERT}/config.json") == CONFIG
