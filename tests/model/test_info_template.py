"""INFO.md, written: what is known is filled in, the rest is marked, and the reader agrees."""

from __future__ import annotations

import pytest

from pmgit.model import info_template
from pmgit.model.describe import Description, ModelFile
from pmgit.model.info_block import BEGIN, END, MAX_LISTED, files_block
from pmgit.model.info_file import FIELDS, MAX_BYTES, parse
from pmgit.model.info_template import unfilled, write

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def known() -> Description:
    found = Description()
    found.files = [ModelFile("config.json"), ModelFile("model.safetensors", 1_239_748, SHA)]
    found.parameters = {"I64": 512, "F32": 22_713_216}
    found.repo_id = "google-bert/bert-base-uncased"
    found.commit = COMMIT
    found.downloaded = "2026-01-13"
    found.license = "apache-2.0"
    found.card = {"datasets": ["wikipedia", "bookcorpus"], "pipeline_tag": ["fill-mask"]}
    return found


def test_english_filled() -> None:
    assert (
        write("bert", known(), "en").decode()
        == f"""\
# bert

**Source**: https://huggingface.co/google-bert/bert-base-uncased
**Downloaded**: 2026-01-13
**Commit**: `{COMMIT}`
**License**: apache-2.0

## Model
- Parameters: 22,713,216 F32 + 512 I64
- Training data: wikipedia, bookcorpus
- Use: fill-mask

## Files
{BEGIN["en"]}
- `config.json`
- `model.safetensors` (1.2 MB) - 1239748 bytes, sha256 `{SHA}`
{END}

## Usage
TODO: where this project loads it, such as `src/models/classifier.py`

## Notes
- TODO: what to know before using it (versions, precision, limits); or delete this line
"""
    )


def test_chinese_empty() -> None:
    text = write("bert", Description(), "zh").decode()

    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == ["# bert", "## 模型信息", "## 文件清单", "## 使用示例", "## 注意事项"]
    assert "**来源**：TODO：" in text
    assert "- 参数量：TODO：" in text
    assert "**版本/Commit**：TODO：" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_written_is_read(language: str) -> None:
    full = parse(write("bert", known(), language))
    empty = parse(write("bert", Description(), language))

    for info in (full, empty):
        assert (info.language, info.title, info.problem) == (language, "bert", "")
        assert tuple(info.fields) == FIELDS
    assert not any(field.placeholder for field in full.fields.values())
    assert all(field.placeholder for field in empty.fields.values())
    assert (full.repo_id, full.commit) == ("google-bert/bert-base-uncased", COMMIT)


def test_what_is_given_wins() -> None:
    info = parse(
        write("x", known(), "en", source="https://hf.co/a/b", license="mit", revision="v2")
    )

    assert info.repo_id == "a/b"
    assert info.fields["license"].value == "mit"
    assert info.fields["revision"].value == f"`v2` (commit: {COMMIT})"


@pytest.mark.parametrize(
    ("given", "commit", "source", "value", "placeholder"),
    [
        ("", "", "", "TODO: the branch or version, and the full commit", True),
        ("main", "", "https://hf.co/a/b", "`main` (commit: TODO: all 40 digits)", True),
        ("main", "", "", "`main` (commit: TODO: all 40 digits)", True),
        ("v0.17", "", "https://pytorch.org/vision", "`v0.17`", False),
        ("main", COMMIT, "", f"`main` (commit: {COMMIT})", False),
        (COMMIT, "", "", f"`{COMMIT}`", False),
        (COMMIT.upper(), "", "", f"`{COMMIT}`", False),
        ("a" * 40, COMMIT, "", f"`{'a' * 40}`", False),
    ],
)
def test_a_revision_is_a_commit_or_a_placeholder(
    given: str, commit: str, source: str, value: str, placeholder: bool
) -> None:
    found = Description()
    found.commit = commit
    field = parse(write("x", found, "en", source=source, revision=given)).fields["revision"]

    assert (field.value, field.placeholder) == (value, placeholder)


def test_a_guess_is_a_question() -> None:
    found = Description()
    found.guess = "google-bert/bert-base-uncased"
    info = parse(write("x", found, "en"))

    assert info.fields["source"].placeholder
    assert "`google-bert/bert-base-uncased` is mentioned here" in info.fields["source"].value
    assert info.repo_id == ""


@pytest.mark.parametrize(
    "path",
    ["<!-- x", "--> x", "a\nb", "a`b", 'a"b', "a\\b", "\x1b]0;x\x07", "w\udcff.bin", "\u202eb"],
)
def test_an_odd_name_breaks_nothing(path: str) -> None:
    found = Description()
    found.files = [ModelFile("a.bin", 1, SHA), ModelFile(path, 2, SHA), ModelFile("z.bin", 3, SHA)]
    data = write(path, found, "en")
    text = data.decode("utf-8")

    assert len(text.splitlines()) == len(write("x", known(), "en").splitlines()) + 1
    assert all(char.isprintable() or char == "\n" for char in text)
    # A comment that a name opens would hide the lines below it.
    assert text.count("<!--") == text.count("-->") == 2
    assert parse(data).fields.keys() == set(FIELDS)


def test_two_odd_names_stay_two() -> None:
    names = ["a\nb", "a\\nb", '"a\\nb"', "a\\u000ab", "a`b", "a\\u0060b"]
    lines = files_block([ModelFile(name, 1, SHA) for name in names], "en").splitlines()[1:-1]

    assert len(set(lines)) == len(names)


def test_too_many_files() -> None:
    found = Description()
    found.files = [ModelFile(f"{n:05}.txt") for n in range(5000)] + [ModelFile("z.bin", 1, SHA)]
    data = write("x", found, "en")

    assert len(data) < MAX_BYTES
    assert data.count(b"\n- `") == MAX_LISTED
    assert b"- `z.bin`" in data  # weights before text
    assert b"and 4001 more files" in data


def test_unfilled_lines() -> None:
    lines = unfilled(write("bert", known(), "en"))
    assert [text.split(":")[0] for _, text in lines] == ["TODO", "- TODO"]

    numbers = [number for number, _ in unfilled(write("bert", Description(), "zh"))]
    assert numbers[:4] == [3, 4, 5, 6]

    found = known()
    found.files.append(ModelFile("TODO"))
    assert unfilled(write("bert", found, "en"))[0][0] == lines[0][0] + 1


def test_a_title_without_a_letter() -> None:
    assert info_template.write("<>", Description(), "en").startswith(b"# Model\n")
