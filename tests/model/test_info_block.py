"""The block of files in INFO.md: what is written is read again, and nobody's words are touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmgit.model.describe import Description, ModelFile
from pmgit.model.info_block import BEGIN, END, BlockError, files_block, listed, renewed
from pmgit.model.info_file import parse
from pmgit.model.info_template import write
from pmgit.model.lock_file import trouble_with

SHA = "a" * 64
#: What a path may hold: of other characters, hypothesis would have to throw most texts away.
SHOWN = st.characters(exclude_categories=("C", "Z"), include_characters=" ", exclude_characters=":")
PATHS = st.text(SHOWN, min_size=1, max_size=12).filter(lambda path: not trouble_with(path))
FILES = st.lists(
    st.builds(ModelFile, PATHS, st.integers(0, 1 << 60), st.just(SHA))
    | st.builds(ModelFile, PATHS),
    unique_by=lambda file: file.path, max_size=4,
)  # fmt: skip
WORDS = st.binary(max_size=60).filter(
    lambda data: not any(mark in data for mark in (b"pmgit:files", b"```", b"~~~"))
)
ENDS = st.sampled_from([b"\n", b"\r\n"])


def facts(files: list[ModelFile]) -> set[tuple[str, int, str]]:
    return {(file.path, file.size if file.sha256 else -1, file.sha256) for file in files}


@settings(max_examples=60, deadline=None)
@given(
    before=WORDS,
    after=WORDS,
    old=FILES,
    new=FILES,
    end=ENDS,
    language=st.sampled_from(["en", "zh"]),
)
def test_only_the_block_changes(
    before: bytes,
    after: bytes,
    old: list[ModelFile],
    new: list[ModelFile],
    end: bytes,
    language: str,
) -> None:
    def page(files: list[ModelFile]) -> bytes:
        block = files_block(files, language).encode("utf-8", "surrogateescape")
        return before + end + block.replace(b"\n", end) + end + after

    made = renewed(page(old), new, "en")
    assert made == page(new)
    assert {(one.path, one.size, one.sha256) for one in listed(made)} == facts(new)
    assert renewed(made, new, "en") == made


@settings(max_examples=40, deadline=None)
@given(words=WORDS, files=FILES, language=st.sampled_from(["en", "zh"]))
def test_a_page_without_a_block_gets_one_at_its_end(
    words: bytes, files: list[ModelFile], language: str
) -> None:
    made = renewed(words, files, language)
    assert made.startswith(words)
    assert {(one.path, one.size, one.sha256) for one in listed(made)} == facts(files)
    assert renewed(made, files, language) == made


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_template_has_the_block_that_is_read(language: str) -> None:
    known = Description()
    known.files = [
        ModelFile("config.json"),
        ModelFile("model.bin", 1_234_567, SHA),
        ModelFile("odd `name`.pt", 5, SHA),
    ]
    data = write("bert", known, language)
    assert {(one.path, one.size, one.sha256) for one in listed(data)} == facts(known.files)
    for one in listed(data):
        assert one.path.split("`")[0] in data.decode().split("\n")[one.line - 1]


B, E = BEGIN["en"], END


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"# x\n\n{B}\n- `a`\n", "begins in line 3 never ends: add <!-- /pmgit:files -->"),
        (f"# x\n{E}\n{B}\n", "begins in line 3 never ends"),
        (f"# x\n{E}\n", "ends in line 2 and begins nowhere: delete that line"),
        (f"{B}\n{E}\nwords\n{B}\n{E}\n", "begin in lines 1 and 4: delete one"),
        (f"{B}\n{B}\n{E}\n{E}\n", "begin in lines 1 and 2: delete one"),
        (f"{B}\n{BEGIN['zh']}\n{E}\n", "begin in lines 1 and 2: delete one"),
        (f"{B}\n{E}\nwords\n{E}\n", "ends in lines 2 and 4: delete one"),
        (f"words {B}\n{E}\n", "line 1 does not stand alone"),
        (f"{B} words\n{E}\n", "line 1 does not stand alone"),
        (f"{B}\n- `a`{E}\n", "line 2 does not stand alone"),
        (f"# x\r{B}\r- `a`\r{E}\r", "line 1 does not stand alone"),
        ("<!-- pmgit:files\n-->\n", "line 1 does not stand alone"),
    ],
)
def test_broken_marks_are_refused_with_their_lines(text: str, why: str) -> None:
    for data in (text.encode(), text.replace("\n", "\r\n").encode()):
        for call in (listed, lambda data: renewed(data, [], "en")):
            with pytest.raises(BlockError, match=re.escape(why)):
                call(data)


@pytest.mark.parametrize(
    "begin",
    [B, "  " + B, BEGIN["zh"], "\ufeff" + B, "<!-- pmgit:files -->", "<!-- pmgit:files (mine) -->"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\n\nwords without an end"])
def test_marks_are_known_by_what_they_begin_with(begin: str, end: str, last: str) -> None:
    text = f"{begin}\n- `old.bin` - 1 bytes, sha256 `{SHA}`\n{END}{last}".replace("\n", end)
    data = text.encode()
    assert [one.path for one in listed(data)] == ["old.bin"]
    made = renewed(data, [ModelFile("a.bin", 1, SHA)], "en").decode()
    assert [one.path for one in listed(made.encode())] == ["a.bin"]
    assert made.endswith(f"{end}{END}" + last.replace("\n", end))
    assert made.startswith(begin[: begin.index("<")])
    assert made.count("\n") == made.count(end) == text.count("\n")
    assert renewed(made.encode(), [ModelFile("a.bin", 1, SHA)], "en") == made.encode()


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
{block}
## 使用示例
见项目 `src/models/bert_classifier.py`

## 注意事项
- 需要 transformers >= 4.0
- 推荐使用 fp16 以节省显存
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_guides_own_page_gets_a_block_in_its_section(end: str) -> None:
    data = GUIDE.format(block="").replace("\n", end).encode()
    info = parse(data)
    assert listed(data) == []
    assert {name: field.value for name, field in info.fields.items()} == {
        "source": "https://huggingface.co/bert-base-uncased", "downloaded": "2025-01-13",
        "revision": "`main` (commit: abc123...)", "license": "Apache 2.0",
    }  # fmt: skip
    assert (info.title, info.language) == ("BERT Base Uncased", "zh")
    files = [ModelFile("a.bin", 1, SHA)]
    made = renewed(data, files, info.language)
    block = f"\n{files_block(files, 'zh')}\n"
    assert made == GUIDE.format(block=block).replace("\n", end).encode()
    assert renewed(made, files, info.language) == made


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("## Files\n- `x`", ""),
        ("## Files", ""),
        ("## Files\n", "\n\n# Other\n"),
        ("# x\n## Files\n- `x`\n", "\n## Notes\n```\nsha256sum\n```\n"),
    ],
)
def test_below_a_heading_of_files(before: str, after: str) -> None:
    made = renewed((before + after).encode(), [ModelFile("a.bin", 1, SHA)], "en").decode()
    gap = "" if before.endswith("\n") else "\n"
    assert made == f"{before}{gap}\n{files_block([ModelFile('a.bin', 1, SHA)], 'en')}\n{after}"


@pytest.mark.parametrize(
    "text", ["```\n## Files\n```\n", "## Files\n```\n# x\n```\n", "<!--\n## Files\n-->\n",
             "## Files\n\n## 文件清单\n", "# Files\n"],
)  # fmt: skip
def test_where_code_or_a_comment_may_hide_it_the_block_goes_to_the_end(text: str) -> None:
    made = renewed(text.encode(), [], "en").decode()
    assert made == f"{text}\n## Files\n{files_block([], 'en')}\n"


@pytest.mark.parametrize(
    "line",
    ["", "-", "- `", "- ``", "words", "- \"x\"", '- `"\\q"`',
     f"- `a` - {'9' * 30} bytes, sha256 `{SHA}`",
     "- `a` - 5 bytes, sha256 `xyz`", "\x00\xff"],
)  # fmt: skip
def test_a_line_that_pmgit_would_not_write_claims_nothing(line: str) -> None:
    data = f"{BEGIN['en']}\n{line}\n{END}\n".encode()
    assert all(one.size == -1 and not one.sha256 for one in listed(data))


@pytest.mark.parametrize(
    ("begin", "close"), [("```", "```"), ("~~~~", "~~~~"), ("```markdown", "```")]
)
def test_marks_in_a_block_of_code_are_an_example(begin: str, close: str) -> None:
    shown = f"Write it so:\n\n{begin}\n{BEGIN['en']}\n- `theirs.bin`\n{END}\n{close}\n"
    assert listed(shown.encode()) == []
    made = renewed(shown.encode(), [ModelFile("mine.bin", 5, SHA)], "en")
    assert made.startswith(shown.encode())
    assert [one.path for one in listed(made)] == ["mine.bin"]
    assert renewed(made, [ModelFile("mine.bin", 5, SHA)], "en") == made
    # A fence that never ends hides nothing: the page would get block after block.
    open_end = f"{close}\n\n".encode() + files_block([ModelFile("a.bin")], "en").encode() + b"\n"
    assert [one.path for one in listed(open_end)] == ["a.bin"]
