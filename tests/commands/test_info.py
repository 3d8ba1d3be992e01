"""`pmgit info new`: which folder, what is written, what is refused."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import UsageError
from pmgit.hub import api
from tests.anybody import as_anybody
from tests.kit import Repo, Result, pointer, random_bytes, weights_bytes
from tests.weights import Weights, sha256

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("quick_hooks")

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
BERT = "pretrained_model/bert"


def new(repo: Repo, *args: str, cwd: str | Path = "", code: int = 0) -> Result:
    result = repo.pmgit("info", "new", *args, cwd=cwd)
    assert result.code == code, result
    assert "Traceback" not in result.err
    return result


def info(repo: Repo, model: str = BERT) -> str:
    return (repo.path / model / "INFO.md").read_bytes().decode()


@pytest.fixture
def bert(repo: Repo) -> Repo:
    """A repository with one model on disk."""
    repo.write(f"{BERT}/config.json", "{}")
    return repo


def test_from_download_to_clean(repo: Repo, weights: Weights) -> None:
    """A model as huggingface_hub leaves it: everything that counts is filled in."""
    folder = repo.path / "pretrained_model/silero-vad"
    folder.mkdir(parents=True)
    shutil.copy(weights.path("silero_vad_16k.safetensors"), folder / "model.safetensors")
    repo.write("pretrained_model/silero-vad/README.md", "---\nlicense: mit\n---\n")
    repo.write(
        "pretrained_model/silero-vad/.cache/huggingface/download/model.safetensors.metadata",
        f"{COMMIT}\netag\n{4_000_000_000}\n",
    )
    result = new(repo, "silero-vad", "--source", "snakers4/silero-vad")
    text = info(repo, "pretrained_model/silero-vad")

    assert result.out == "wrote pretrained_model/silero-vad/INFO.md\n"
    assert "**Source**: https://huggingface.co/snakers4/silero-vad\n" in text
    assert "**Downloaded**: 2096-10-02\n" in text
    assert f"**Commit**: `{COMMIT}`\n" in text
    assert "**License**: mit\n" in text
    assert "- Parameters: 309,633 F32\n" in text
    assert f"1239748 bytes, sha256 `{sha256(weights.safetensors)}`" in text
    repo.git("add", "pretrained_model/silero-vad/INFO.md")
    assert repo.check("--select", "info") == []


def test_an_lfs_pointer_is_enough(repo: Repo) -> None:
    content = weights_bytes(5000)
    repo.write(f"{BERT}/model.safetensors", pointer(content))
    new(repo, "bert")

    assert f"`model.safetensors` (5.0 kB) - 5000 bytes, sha256 `{sha256(content)}`" in info(repo)


@pytest.mark.parametrize(
    ("name", "cwd"),
    [
        ("bert", ""), ("bert/", ""), (BERT, ""), (f"{BERT}/", ""), (f"./{BERT}", ""),
        ("bert", "src"), (BERT, "src"), ("bert", "pretrained_model"), (".", BERT), ("./", BERT),
        ("bert", "pretrained_model/other"),
    ],
)  # fmt: skip
def test_every_way_to_name_a_model(bert: Repo, name: str, cwd: str) -> None:
    bert.write("src/bert/x.py", "")
    bert.write("pretrained_model/other/config.json", "{}")
    result = new(bert, name, cwd=cwd)

    assert info(bert).startswith("# bert\n")
    written = result.out.removeprefix("wrote ").rstrip("\n")
    assert (bert.path / cwd / written).resolve() == (bert.path / BERT / "INFO.md").resolve()


def test_organisation_and_name(repo: Repo) -> None:
    repo.write("pretrained_model/google/vit/config.json", "{}")
    new(repo, "google/vit")
    text = info(repo, "pretrained_model/google/vit")

    assert text.startswith("# vit\n")
    assert "`google/vit` is mentioned here" in text


def test_where_the_user_stands_in_an_organisation(repo: Repo) -> None:
    repo.write("pretrained_model/google/vit/config.json", "{}")
    new(repo, "vit", cwd="pretrained_model/google")

    assert info(repo, "pretrained_model/google/vit")


def test_a_models_folder_wins_over_where_the_user_stands(bert: Repo) -> None:
    """A printed command means the same wherever it is pasted."""
    bert.write("pretrained_model/google/bert/config.json", "{}")
    new(bert, "bert", cwd="pretrained_model/google")

    assert info(bert)
    assert not (bert.path / "pretrained_model/google/bert/INFO.md").exists()


def test_other_models_folders(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["models", "more/models"]\nlanguage = "zh"\n')
    repo.write("more/models/bert/config.json", "{}")
    new(repo, "bert")

    assert "**来源**：" in info(repo, "more/models/bert")


def test_the_configuration_may_lie_in_pyproject(bert: Repo) -> None:
    bert.write("pyproject.toml", '[tool.pmgit]\nlanguage = "zh"\n')
    new(bert, "bert")
    assert "**来源**：" in info(bert)


def test_the_language_is_asked_for(bert: Repo) -> None:
    new(bert, "bert", "--language", "zh")
    text = info(bert)

    assert "**许可证**：TODO：" in text
    assert "## 注意事项" in text
    assert new(bert, "x", "--language", "fr", code=2).err


def test_what_is_left_is_said_with_line_numbers(bert: Repo) -> None:
    result = new(bert, "bert", "--source", "gpt2", "--license", "MIT", "--revision", COMMIT)
    lines = info(bert).splitlines()

    assert lines[2] == "**Source**: https://huggingface.co/gpt2"
    assert f"{BERT}/INFO.md:4: still to be filled in: {lines[3]}" in result.err
    assert "INFO.md:3:" not in result.err
    assert result.err.count("still to be filled in") == sum("TODO" in line for line in lines)


def test_dry_run_writes_nothing(bert: Repo) -> None:
    result = new(bert, "bert", "--dry-run")

    assert result.out.startswith("# bert\n\n**Source**: TODO")
    assert not (bert.path / BERT / "INFO.md").exists()


def test_an_existing_file_is_left_alone(bert: Repo) -> None:
    new(bert, "bert")
    bert.write(f"{BERT}/INFO.md", "mine")
    for options in ([], ["--dry-run"]):
        result = new(bert, "bert", *options, code=2)
        assert "exists already" in result.err
        assert "hint: edit it" in result.err
    assert info(bert) == "mine"


def test_a_file_that_only_the_index_has_is_brought_back(bert: Repo) -> None:
    bert.stage(f"{BERT}/INFO.md", "mine")
    (bert.path / BERT / "INFO.md").unlink()
    result = new(bert, "bert", code=2)

    hint = result.err.partition("hint: bring it back: ")[2].strip()
    bert.paste(hint)
    assert info(bert) == "mine"


def test_without_a_name_all_that_lack_one_get_one(bert: Repo) -> None:
    bert.write("pretrained_model/gpt2/model.pt", 3000)
    bert.add_info("pretrained_model/kept", "https://huggingface.co/org/kept")
    bert.write("pretrained_model/gone/model.pt", 3000)
    bert.add_info("pretrained_model/gone", "https://huggingface.co/org/gone")
    bert.git("add", "-f", "pretrained_model/gone/INFO.md")
    (bert.path / "pretrained_model/gone/INFO.md").unlink()
    (bert.path / "pretrained_model/linked").symlink_to(bert.path.parent, target_is_directory=True)
    before = (bert.path / "pretrained_model/kept/INFO.md").read_bytes()
    shown = bert.pmgit("info", "new", "--source", "org/x")
    assert (shown.code, "belong to one model" in shown.err) == (2, True), shown
    shown = bert.pmgit("info", "new", "--license", "mit")
    assert shown.code == 0, shown
    found = {path.parent.name for path in (bert.path / "pretrained_model").glob("*/INFO.md")}
    assert found - {"linked"} == {"bert", "gpt2", "kept"}
    assert "mit" in (bert.path / "pretrained_model/gpt2/INFO.md").read_text()
    assert (bert.path / "pretrained_model/kept/INFO.md").read_bytes() == before
    shown = bert.pmgit("info", "new")
    assert (shown.code, "every model has an INFO.md" in shown.out) == (0, True), shown


def test_nothing_is_written_when_one_name_is_wrong(bert: Repo) -> None:
    bert.write("pretrained_model/gpt2/config.json", "{}")
    new(bert, "bert", "gtp2", code=2)
    assert not (bert.path / BERT / "INFO.md").exists()

    new(bert, "bert", "gpt2", f"{BERT}/", "--license", "mit")
    assert "**License**: mit" in info(bert)
    assert "**License**: mit" in info(bert, "pretrained_model/gpt2")


def test_one_source_for_one_model(bert: Repo) -> None:
    bert.write("pretrained_model/gpt2/config.json", "{}")
    assert "one model" in new(bert, "bert", "gpt2", "--source", "gpt2", code=2).err
    assert not (bert.path / BERT / "INFO.md").exists()


def test_the_nearest_name(bert: Repo) -> None:
    assert "did you mean 'bert'?" in new(bert, "brt", code=2).err
    assert "did you mean 'bert'?" in new(bert, "pretrained_model/brt", code=2).err
    assert "known: bert" in new(bert, "whisper", code=2).err


def test_no_models_at_all(repo: Repo) -> None:
    assert "put the model's files into a folder first" in new(repo, "bert", code=2).err


def test_a_folder_that_only_the_index_has_is_made(bert: Repo) -> None:
    bert.stage("pretrained_model/gpt2/config.json", "{}")
    shutil.rmtree(bert.path / "pretrained_model/gpt2")
    new(bert, "gpt2")
    assert info(bert, "pretrained_model/gpt2").startswith("# gpt2\n")


def test_an_empty_folder_is_enough(repo: Repo) -> None:
    (repo.path / BERT).mkdir(parents=True)
    new(repo, "bert")
    assert info(repo)


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "bert/../bert",
        "a/../../x",
        f"{BERT}/../../../x",
        "..",
        "/etc",
        "/",
        "",
        ".git",
        "bert/.git",
        "//",
    ],
)
def test_names_that_lead_elsewhere(bert: Repo, name: str) -> None:
    before = set(bert.path.parent.rglob("*"))
    new(bert, "--", name, code=2)
    assert set(bert.path.parent.rglob("*")) == before


def test_not_a_models_own_folder(bert: Repo) -> None:
    bert.write(f"{BERT}/onnx/config.json", "{}")
    bert.write("pretrained_model/google/vit/config.json", "{}")
    bert.write("src/a.py", "")

    assert "part of the model 'pretrained_model/bert'" in new(bert, "bert/onnx", code=2).err
    assert "'pretrained_model/google/vit'" in new(bert, "google", code=2).err
    assert "a models folder" in new(bert, "pretrained_model", code=2).err
    assert "a models folder" in new(bert, ".", cwd="pretrained_model", code=2).err
    new(bert, "src", code=2)
    new(bert, ".", code=2)
    assert list(bert.path.rglob("INFO.md")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
@pytest.mark.parametrize("link", ["pretrained_model", "pretrained_model/bert", f"{BERT}/INFO.md"])
def test_nothing_is_written_through_a_link(repo: Repo, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    (outside / "bert").mkdir(parents=True)
    (outside / "bert/config.json").write_text("{}")
    at = repo.path / link
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(
        outside / "bert"
        if link == BERT
        else outside
        if link == "pretrained_model"
        else outside / "x"
    )
    if link.endswith("INFO.md"):
        repo.write(f"{BERT}/config.json", "{}")

    assert new(repo, "bert", code=2).err
    assert sorted(os.listdir(outside)) == ["bert"]
    assert os.listdir(outside / "bert") == ["config.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs any byte in a name")
@pytest.mark.parametrize(
    "name", ["a b", "-rf", "--help", "a'b\"c", "$(touch PWNED)", "a\nb", "w\udcff", "*", ":(top)x"]
)
def test_odd_names(repo: Repo, name: str) -> None:
    repo.write(f"pretrained_model/{name}/config.json", "{}")
    result = new(repo, "--", name)

    assert all(line.isprintable() for line in (result.out + result.err).splitlines())
    assert (repo.path / "pretrained_model" / name / "INFO.md").is_file()
    assert not list(repo.path.rglob("PWNED"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("gpt2", "https://huggingface.co/gpt2"),
        ("openai/whisper-small", "https://huggingface.co/openai/whisper-small"),
        ("huggingface.co/openai/whisper-small", "https://huggingface.co/openai/whisper-small"),
        ("https://hf-mirror.com/gpt2/tree/main?x=1", "https://hf-mirror.com/gpt2/tree/main?x=1"),
        ("https://pytorch.org/vision/", "https://pytorch.org/vision/"),
        ("s3://bucket/key", "s3://bucket/key"),
    ],
)
def test_a_source_is_written_as_an_address(bert: Repo, source: str, expected: str) -> None:
    new(bert, "bert", "--source", source)
    assert f"**Source**: {expected}\n" in info(bert)


@pytest.mark.parametrize(
    "source",
    [
        "a/b/c", "a--b", "../x", "a b", "https://", "https://x y", "https://a.example/\nx", "é",
        "https://me:secret@huggingface.co/gpt2", "https://a.example/<!--", "datasets/a/b", "x.git",
    ],
)  # fmt: skip
def test_sources_that_are_refused(bert: Repo, source: str) -> None:
    result = new(bert, "bert", "--source", source, code=2)

    assert "hint: " in result.err
    assert "secret" not in result.err
    assert not (bert.path / BERT / "INFO.md").exists()


@pytest.mark.parametrize("option", ["--license", "--revision"])
@pytest.mark.parametrize(
    "value", ["a\nb", "<!-- x", "`x`", "x" * 201, "\x1b[2J", "TODO", "abc123..."]
)
def test_values_that_are_no_line_of_text(bert: Repo, option: str, value: str) -> None:
    new(bert, "bert", option, value, code=2)
    assert not (bert.path / BERT / "INFO.md").exists()


def test_repository_ids_are_judged_by_the_hub_client() -> None:
    api.demand_repo_id("google-bert/bert-base-uncased")
    with pytest.raises(UsageError, match=r"cannot end by '\.git'"):
        api.demand_repo_id("gpt2.git")


def test_outside_of_a_repository(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    result = new(repo, "bert", cwd=tmp_path / "elsewhere", code=3)
    assert "git init" in result.err


def test_a_bare_repository(repo: Repo, tmp_path: Path) -> None:
    repo.git("init", "-q", "--bare", str(tmp_path / "bare"))
    assert "bare" in new(repo, "bert", cwd=tmp_path / "bare", code=3).err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("modls = []\n", "did you mean 'models'?"),
        ("language = 1\n", "language"),
        ("[", "TOML"),
        ("x" * 1_000_001, "large"),
    ],
)
def test_a_broken_configuration(bert: Repo, text: str, why: str) -> None:
    bert.write(".pmgit.toml", text)
    assert why in new(bert, "bert", code=2).err
    assert not (bert.path / BERT / "INFO.md").exists()


def test_the_configuration_is_a_folder(bert: Repo) -> None:
    bert.write(".pmgit.toml/x", "")
    assert ".pmgit.toml is not a file" in new(bert, "bert", code=2).err


def test_broken_weights_are_said(bert: Repo) -> None:
    bert.write(f"{BERT}/model.safetensors", random_bytes(100))
    assert "note: 'model.safetensors': " in new(bert, "bert").err


def test_update_writes_the_block_anew_and_nothing_else(lfs_repo: Repo) -> None:
    repo = lfs_repo
    model = "pretrained_model/mine"
    repo.stage(".gitattributes", "*.pt filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(f"{model}/model.pt", 3000)
    assert repo.pmgit("info", "new", "mine").code == 0
    page = repo.path / model / "INFO.md"
    page.write_text(page.read_text().replace("TODO: what it was trained on", "photographs"))
    assert "nothing to change" in repo.pmgit("info", "update").out
    repo.write(f"{model}/model.pt", 4000)
    content = weights_bytes(5000)
    repo.stage_blob(f"{model}/away.pt", pointer(content))  # only its pointer is here
    before = page.read_text()
    assert repo.pmgit("info", "update", "--dry-run", "mine").code == 0
    assert page.read_text() == before
    assert repo.pmgit("info", "update", "mine").code == 0
    after = page.read_text()
    assert "4000 bytes" in after
    assert f"5000 bytes, sha256 `{sha256(content)}`" in after
    assert "3000 bytes" not in after
    assert "photographs" in after
    page.unlink()
    shown = repo.pmgit("info", "update", "mine")
    assert (shown.code, "pmgit info new" in shown.err) == (2, True), shown


def test_update_keeps_the_hashes_of_weights_that_are_not_here(repo: Repo) -> None:
    """In a clone without the ignored weights, and without a lock, nothing else has them."""
    assert repo.pmgit("gitignore").code == 0
    file = repo.write("pretrained_model/mine/model.pt", 3000)
    repo.write("pretrained_model/mine/other.pt", 4000)
    new(repo, "mine")
    before = info(repo, "pretrained_model/mine")
    os.unlink(repo.path / "pretrained_model/mine/other.pt")
    away = file.rename(repo.path / "away.pt")
    assert "nothing to change" in repo.pmgit("info", "update").out
    assert info(repo, "pretrained_model/mine") == before
    away.rename(file)
    assert repo.pmgit("info", "update", "mine").out.startswith("wrote ")
    assert "other.pt" not in info(repo, "pretrained_model/mine")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_update_keeps_every_other_byte(repo: Repo, language: str) -> None:
    """Line ends of Windows, a byte order mark, no line end at the last line, another encoding."""
    repo.write("pretrained_model/mine/model.pt", 3000)
    new(repo, "mine", "--language", language)
    page = repo.path / "pretrained_model/mine/INFO.md"
    plain = page.read_bytes()
    begin = plain.index(b"<!-- pmgit:files")
    end = plain.index(b"<!-- /pmgit:files -->") + len(b"<!-- /pmgit:files -->")
    for before, after in (
        (plain[:begin], plain[end:]),
        (b"\xef\xbb\xbf" + plain[:begin], plain[end:].rstrip(b"\n")),
        (plain[:begin] + "注".encode("gbk") + b"\x0c\r\n\n", b"\n\xff\xfe trailing \t\n\n\n"),
        (b"", b""),
    ):
        for line_end in (b"\n", b"\r\n"):
            parts = [part.replace(b"\n", line_end) for part in (before, plain[begin:end], after)]
            for size in (3000, 5000):
                repo.write("pretrained_model/mine/model.pt", size)
                page.write_bytes(b"".join(parts))
                code = repo.pmgit("info", "update", "mine").code
                made = page.read_bytes()
                assert (code, made.startswith(parts[0]), made.endswith(parts[2])) == (0, True, True)
                block = made[len(parts[0]) : len(made) - len(parts[2])]
                assert b"%d bytes" % size in block
                assert block.count(b"\n") == block.count(line_end)


def test_update_writes_nothing_when_one_page_is_broken(repo: Repo) -> None:
    for name in ("a", "b"):
        repo.write(f"pretrained_model/{name}/model.pt", 3000)
        new(repo, name)
        repo.write(f"pretrained_model/{name}/model.pt", 4000)
    page = repo.path / "pretrained_model/b/INFO.md"
    whole = page.read_text()
    for text, why in (
        (whole.replace("<!-- /pmgit:files -->\n", ""), "never ends"),
        (whole + whole, "blocks begin in lines 14 and"),
        (whole + "\0", "NUL"),
        ("x" * 1_000_001, "1,000,001 bytes"),
    ):
        page.write_text(text)
        before = repo.contents()
        shown = repo.pmgit("info", "update")
        assert (shown.code, why in shown.err) == (3, True), shown
        assert "pretrained_model/b/INFO.md" in shown.err
        assert repo.contents() == before


def test_update_of_nothing(repo: Repo) -> None:
    shown = repo.pmgit("info", "update")
    assert (shown.code, "pmgit info new" in shown.out) == (0, True), shown


@pytest.mark.skipif(sys.platform == "win32", reason="needs FIFOs and sparse files")
def test_pages_that_never_end(bert: Repo) -> None:
    """A pipe that nobody writes to, and fifty gigabytes."""
    page = bert.path / BERT / "INFO.md"
    for why in ("is not a file", "50,000,000,000 bytes"):
        if why == "is not a file":
            os.mkfifo(page)
        else:
            page.touch()
            os.truncate(page, 50_000_000_000)
        for command in ("new", "update"):
            shown = bert.pmgit("info", command, "bert")
            assert (shown.code in (2, 3), "Traceback" in shown.err) == (True, False), shown
        assert why in shown.err
        assert bert.pmgit("info", "show", "bert").code == 0
        assert bert.pmgit("info", "check", "bert").code in (1, 3)
        page.unlink()


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes of files")
def test_weights_that_must_not_be_read(bert: Repo) -> None:
    bert.write("pretrained_model/a/model.pt", 3000)
    bert.write(f"{BERT}/model.pt", 3000).chmod(0)
    before = bert.contents()
    for command in (["new", "a", "bert"], ["new", "bert", "--dry-run"]):
        shown = bert.run(as_anybody("pmgit", "info", *command))
        assert (shown.code, shown.out) == (3, ""), shown
        assert "model.pt' is unreadable: Permission denied" in shown.err
    assert bert.contents() == before
