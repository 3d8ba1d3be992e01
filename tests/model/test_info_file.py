"""INFO.md, read: both languages, both colons, and whatever else lies in such a file."""

from __future__ import annotations

import time

import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

from pmgit.model import repo_id
from pmgit.model.info_file import MAX_BYTES, line_of, parse
from tests.bounds import FOR_EVER

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"

#: The template of the guide, to the letter.
GUIDE = """\
# BERT Base Uncased

**来源**：https://huggingface.co/bert-base-uncased
**下载日期**：2025-01-13
**版本/Commit**：`main` (commit: abc123...)
**许可证**：Apache 2.0

## 模型信息
- 参数量：110M
- 训练数据：BooksCorpus + English Wikipedia
- 用途：文本分类、命名实体识别、问答任务

## 文件清单
- `pytorch_model.bin` (440 MB) - PyTorch 权重
- `config.json` - 模型配置
- `vocab.txt` - 词表文件
- `tokenizer_config.json` - Tokenizer 配置

## 使用示例
见项目 `src/models/bert_classifier.py`

## 注意事项
- 需要 transformers >= 4.0
- 推荐使用 fp16 以节省显存
"""
ENGLISH = f"""\
# BERT Base Uncased

**Source**: https://huggingface.co/google-bert/bert-base-uncased
**Downloaded**: 2025-01-13
**Commit**: `main` (commit: {COMMIT})
**License**: Apache 2.0
"""


def test_reads_the_template_of_the_guide() -> None:
    info = parse(GUIDE.encode())

    assert (info.title, info.title_line, info.language) == ("BERT Base Uncased", 1, "zh")
    assert list(info.fields) == ["source", "downloaded", "revision", "license"]
    assert [field.line for field in info.fields.values()] == [3, 4, 5, 6]
    assert info.fields["source"].value == "https://huggingface.co/bert-base-uncased"
    assert info.fields["downloaded"].value == "2025-01-13"
    assert info.fields["license"].value == "Apache 2.0"
    assert info.repo_id == "bert-base-uncased"
    # The guide's own example of a commit is none.
    assert info.fields["revision"].placeholder
    assert [f.placeholder for f in info.fields.values()].count(True) == 1
    assert info.commit == ""


def test_reads_english() -> None:
    info = parse(ENGLISH.encode())

    assert (info.language, info.problem, info.utf8) == ("en", "", True)
    assert info.repo_id == "google-bert/bert-base-uncased"
    assert info.commit == COMMIT
    assert not any(field.placeholder for field in info.fields.values())


@pytest.mark.parametrize(
    "form",
    [
        "**{}**：{}", "**{}**: {}", "**{}：** {}", "**{}:** {}", "**{}:**{}", "{}: {}", "{}：{}",
        "- {}: {}", "- **{}**：{}", "* **{}:** {}", "+ {}: {}", "1. {}: {}", "2) **{}**: {}",
        "> **{}**: {}", "  - {} : {}", "__{}__: {}", "__{}:__ {}", "*{}*: {}", "`{}`: {}",
        "**{}: {}**", "**{}** ： {}  ", "{}: {}\\", "{}: {}<br>", "\u3000**{}**：{}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("label", ["来源", "Source", "URL", "SOURCE"])
def test_every_form_of_a_line(form: str, label: str) -> None:
    info = parse(f"# M\n\n{form.format(label, 'https://a.example/m')}\n".encode())

    assert info.fields["source"].value == "https://a.example/m"
    assert info.fields["source"].line == 3


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("下载日期", "downloaded"), ("Downloaded", "downloaded"), ("Download date", "downloaded"),
        ("版本/Commit", "revision"), ("版本", "revision"), ("commit", "revision"),
        ("Version", "revision"), ("Revision", "revision"), ("版本（Commit）", "revision"),
        ("许可证", "license"), ("License", "license"), ("LICENCE", "license"),
        ("许可证/License", "license"), ("来源 (Source)", "source"),
    ],
)  # fmt: skip
def test_every_label_of_a_field_is_known(label: str, key: str) -> None:
    assert list(parse(f"**{label}**: x\n".encode()).fields) == [key]


@pytest.mark.parametrize(
    "line",
    ["Source code: x", "The license: x", "参数量：110M", "https://x.example", "# License: x"],
)
def test_other_lines_are_no_fields(line: str) -> None:
    assert parse(line.encode()).fields == {}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark(end: str) -> None:
    info = parse(b"\xef\xbb\xbf" + GUIDE.replace("\n", end).encode())

    assert info.title == "BERT Base Uncased"
    assert [field.line for field in info.fields.values()] == [3, 4, 5, 6]
    assert info.fields["license"].value == "Apache 2.0"


def test_lines_are_counted_as_editors_count_them() -> None:
    assert parse("a\u2028b\fc\x85d\n来源：x".encode()).fields["source"].line == 2


def test_code_blocks_and_comments_say_nothing() -> None:
    text = "```yaml\nSource: a\n```\n~~~\nLicense: b\n~~~\n<!-- Commit: c\nURL: d --> Version: e\n"
    info = parse(text.encode())

    assert {key: field.value for key, field in info.fields.items()} == {"revision": "e"}
    assert parse(b"Source: <!-- the address -->\n").fields["source"].value == ""
    assert parse(b"Source: <!-- it --> x\n").fields["source"].value == "x"
    # Inline code opens no block.
    assert "source" in parse(b"```x``` is code\nSource: a\n").fields


def test_the_first_value_that_says_something_counts() -> None:
    def value(text: str, key: str) -> str:
        return parse(text.encode()).fields[key].value

    assert value("License: a\nLicense: b\n", "license") == "a"
    assert value("License:\nLicense: b\n", "license") == "b"
    assert value("License: TODO\nLicense: b\n", "license") == "b"
    # A version and a commit, each in a line of its own.
    info = parse(f"版本：v1.0\nCommit: {COMMIT}\nVersion: 3\n".encode())
    assert info.commit == COMMIT
    assert info.fields["revision"].line == 2


def test_an_empty_field_is_there() -> None:
    field = parse("**来源**：\n".encode()).fields["source"]

    assert (field.value, field.line, field.placeholder) == ("", 1, False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("TODO", True), ("TODO: the address", True), ("TODO：网址", True), ("`main` (TODO)", True),
        ("commit:TODO", True), ("`main` (commit: abc123...)", True), ("abc123…", True),
        ("https://huggingface.co/ORG/NAME", True), ("YYYY-MM-DD", True), ("LICENSE-ID", True),
        ("https://a.example/TODO-app", False), ("https://a.example/TODO", False),
        ("TODOS", False), ("MIT", False), ("todo", False), ("abc1234", False), ("", False),
    ],
)  # fmt: skip
def test_a_placeholder_is_no_value(value: str, expected: bool) -> None:
    assert parse(f"Source: {value}".encode()).fields["source"].placeholder is expected


def test_a_placeholder_is_no_source() -> None:
    assert parse(b"Source: https://huggingface.co/ORG/NAME").repo_id == ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://huggingface.co/gpt2", "gpt2"),
        ("https://huggingface.co/gpt2/tree/main", "gpt2"),
        ("https://huggingface.co/openai/whisper-small", "openai/whisper-small"),
        ("https://huggingface.co/openai/whisper-small/", "openai/whisper-small"),
        ("https://huggingface.co/openai/whisper-small/tree/v1/a", "openai/whisper-small"),
        ("http://www.huggingface.co/a/b/blob/main/c.json?x=1#y", "a/b"),
        ("https://hf.co/a/b?library=x", "a/b"),
        ("https://HF-mirror.com/a/b", "a/b"),
        ("https://huggingface.co:443/a/b.git", "a/b"),
        ("https://modelscope.cn/models/Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-7B"),
        ("https://www.modelscope.cn/models/Qwen/Qwen2.5-7B/summary", "Qwen/Qwen2.5-7B"),
        ("[the page](https://huggingface.co/a/b)", "a/b"),
        ("<https://huggingface.co/a/b>", "a/b"),
        ("huggingface.co/a/b", "a/b"),
        ("a/b", "a/b"),
        ("`Qwen/Qwen2.5-7B`", "Qwen/Qwen2.5-7B"),
        ("从 https://huggingface.co/a/b（镜像）下载", "a/b"),
        ("from https://a.example/x, that is https://hf.co/a/b.", "a/b"),
        ("[bert-base](https://huggingface.co/google/bert-base)", "google/bert-base"),
        ("google/bert-base (https://huggingface.co/google/bert-base)", "google/bert-base"),
        (f"Downloaded from Hugging Face: https://hf.co/a/b, commit {COMMIT}, 2026-01-13", "a/b"),
        ("https://mirror.example/a/b, a mirror of https://huggingface.co/a/b", "a/b"),
        ("https://hf-mirror.com/a/b https://huggingface.co/a/b", "a/b"),
        ("官方模型页面：https://huggingface.co/a/b", "a/b"),
        ("下载自 https://modelscope.cn/models/a/b（main 分支）", "a/b"),
        # What only mentions a repository.
        ("our run of January, base https://huggingface.co/monologg/kobert", ""),
        ("fine-tuned from https://huggingface.co/a/b", ""),
        ("https://huggingface.co/a/b, fine-tuned by us", ""),
        ("huggingface.co/a/b (base model)", ""),
        ("base:https://huggingface.co/a/b", ""),
        ("[our tuning of b](https://huggingface.co/a/b)", ""),
        ("fine-tuned from a/b", ""),
        ("base_model: a/b", ""),
        ("基于 https://huggingface.co/a/b 微调", ""),
        ("自训练，底座 https://huggingface.co/a/b", ""),
        ("quantised from https://huggingface.co/a/b", ""),
        ("https://huggingface.co/a/b and https://huggingface.co/c/d", ""),
        ("https://ours.example/run https://huggingface.co/a/b", ""),
        ("https://github.com/ours/run (https://huggingface.co/a/b)", ""),
        ("https://huggingface.co/a/b, https://huggingface.co/datasets/c/d", ""),
        ("https://huggingface.co/a/b, https://arxiv.org/abs/2101.00001", ""),
        ("https://arxiv.org/abs/2101.00001", ""),
        ("from data/train", ""),
        ("n/a", ""),
        ("https://huggingface.co/datasets/a/b", ""),
        ("https://huggingface.co/spaces/a/b", ""),
        ("https://huggingface.co/docs/hub", ""),
        ("https://huggingface.co/", ""),
        ("https://huggingface.co", ""),
        ("https://modelscope.cn/datasets/a/b", ""),
        ("https://modelscope.cn/a/b", ""),
        ("https://huggingface.co@evil.example/a/b", ""),
        ("https://huggingface.co.evil.example/a/b", ""),
        ("https://evil.example/huggingface.co/a/b", ""),
        ("https://github.com/pytorch/vision", ""),
        ("https://huggingface.co/a/..%2f..%2fb", ""),
        ("huggingface.co/../../etc", ""),
        ("torchvision", ""),
        ("./a/b", ""),
        ("/mnt/models", ""),
        ("a/b c", ""),
        ("../b", ""),
        ("", ""),
    ],
)
def test_repository_ids(source: str, expected: str) -> None:
    assert parse(f"Source: {source}\n".encode()).repo_id == expected


def test_repositories_that_a_source_mentions() -> None:
    assert repo_id.mentioned("our run, base https://hf.co/a/b; data c/d") == ["a/b", "c/d"]
    assert repo_id.mentioned("fine-tuned from a/b") == ["a/b"]
    for source in ("our run of January", "https://example.invalid/a/b", "s3://bucket/run", "N/A"):
        assert repo_id.mentioned(source) == []


def test_no_source_has_no_repository_id() -> None:
    assert parse(b"").repo_id == ""
    assert parse(b"").commit == ""


@pytest.mark.parametrize(
    "name",
    [
        "gpt2", "a/b", "a.b/c_d-e", "-a", "a-", ".a", "a.", "a--b", "a..b", "a.git", "a/b/c", "/a",
        "a/", "", "/", "a b", "é", "a/-b", "a_/b", "_a", "x" * 96, "x" * 97, "a/" + "x" * 96,
        "a/" + "x" * 97,
    ],
)  # fmt: skip
def test_ids_are_judged_as_huggingface_hub_judges_them(name: str) -> None:
    try:
        validate_repo_id(name)
        expected = True
    except HFValidationError:
        expected = False

    assert repo_id.is_valid(name) is expected


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        (f"`main` (commit: {COMMIT})", COMMIT),
        (COMMIT.upper(), COMMIT),
        (f"提交{COMMIT}。", COMMIT),
        (f"{'a' * 64} {COMMIT}", "a" * 64),
        (COMMIT[:39], ""),
        (COMMIT + "0", ""),
        (f"x{COMMIT}", ""),
        ("main", ""),
    ],
)
def test_full_commits(revision: str, expected: str) -> None:
    assert parse(f"Commit: {revision}\n".encode()).commit == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("来源: x", "zh"),
        ("Source：x", "en"),
        ("# 模型", "zh"),
        ("# Model", "en"),
        (" \n", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_text(text: str, expected: str) -> None:
    assert parse(text.encode()).language == expected


def test_the_line_of_a_field_is_read_back() -> None:
    for language in ("en", "zh"):
        for key in ("source", "downloaded", "revision", "license"):
            fields = parse(line_of(key, "x", language).encode()).fields
            assert (list(fields), fields[key].value) == ([key], "x")


def test_bytes_that_are_not_utf8() -> None:
    info = parse("Source: x\n许可证：MIT\n".encode("gbk"))

    assert not info.utf8
    assert list(info.fields) == ["source"]


def test_nul_bytes_and_size_are_problems() -> None:
    assert "NUL" in parse(b"Source: a\0b\n").problem
    assert "NUL" in parse(GUIDE.encode("utf-16")).problem
    assert parse(b"x" * MAX_BYTES).problem == ""
    assert (
        parse(b"x" * (MAX_BYTES + 1)).problem == "1,000,001 bytes, an INFO.md has at most 1,000,000"
    )


@pytest.mark.parametrize(
    "unit",
    [
        b"<!---->", b"<!--", b"```\n", b"~", b"**Source", b"TODO", b"Commit: TODOx ", b"> ", b":",
        b"Source: http://", b"\r", b"\r\n", b"\n", b"# ", b"a", b"- ", "：".encode(), b"\xff",
        b"\0", b"---\nlicense: ", b"Source: [", b"*" * 99,
    ],
)  # fmt: skip
def test_a_hostile_file_is_read_in_no_time(unit: bytes) -> None:
    data = (unit * (MAX_BYTES // len(unit) + 1))[:MAX_BYTES]
    begin = time.process_time()
    info = parse(data)
    found = (info.repo_id, info.commit)

    assert time.process_time() - begin < FOR_EVER
    assert found == ("", "")


def test_random_bytes_never_raise() -> None:
    import random

    source = random.Random(1)
    words = [
        b"Source",
        b"**",
        b":",
        "：".encode(),
        b"\n",
        b"<!--",
        b"-->",
        b"```",
        b"\0",
        b"\xe4",
        b"hf.co/a",
    ]
    for _ in range(2000):
        info = parse(b"".join(source.choices(words, k=source.randrange(30))))
        assert isinstance(info.repo_id + info.commit, str)
