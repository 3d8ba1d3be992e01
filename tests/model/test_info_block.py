"""The block of files in INFO.md: what is written is read again, and nobody's words are touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmgit.model.describe import Description, ModelFile
from pmgit.model.info_block import BlockError, listed, renewed
from pmgit.model.info_template import BEGIN, END, files_block, write
from pmgit.model.lock_file import trouble_with

SHA = "a" * 64
PATHS = st.text(min_size=1, max_size=12).filter(lambda path: not trouble_with(path))
FILES = st.lists(
    st.builds(ModelFile, PATHS, st.integers(0, 1 << 60), st.just(SHA))
    | st.builds(ModelFile, PATHS),
    unique_by=lambda file: file.path, max_size=4,
)  # fmt: skip
WORDS = st.binary(max_size=60).filter(lambda data: b"pmgit:files" not in data)
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


def test_a_block_without_an_end_is_refused_with_its_line() -> None:
    data = f"# x\n\n{BEGIN['en']}\n- `a`\n".encode()
    for call in (listed, lambda data: renewed(data, [], "en")):
        with pytest.raises(BlockError, match="line 3 never ends"):
            call(data)


def test_the_guides_own_page_has_no_block_and_keeps_its_words() -> None:
    data = "# BERT\n\n## 文件清单\n- `pytorch_model.bin` (440 MB) - PyTorch 权重\n".encode()
    assert listed(data) == []
    assert renewed(data, [ModelFile("a.bin", 1, SHA)], "zh").startswith(data)


@pytest.mark.parametrize(
    "line",
    ["", "-", "- `", "- ``", "words", "- \"x\"", '- `"\\q"`',
     f"- `a` - {'9' * 30} bytes, sha256 `{SHA}`",
     "- `a` - 5 bytes, sha256 `xyz`", "\x00\xff"],
)  # fmt: skip
def test_a_line_that_pmgit_would_not_write_claims_nothing(line: str) -> None:
    data = f"{BEGIN['en']}\n{line}\n{END}\n".encode()
    assert all(one.size == -1 and not one.sha256 for one in listed(data))
