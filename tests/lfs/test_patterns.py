"""Attribute patterns, held against what `git check-attr` answers."""

from __future__ import annotations

import os

import pytest

from pmgit.git.attribute_text import pattern_line
from pmgit.lfs import patterns
from tests.kit import Repo, weights_bytes
from tests.lfs_install import install_lfs

HOSTILE = [
    "plain.bin",
    "a b.bin",
    " leading.bin",
    "trailing ",
    "two  spaces",
    "tab\there",
    "#hash.bin",
    "!bang.bin",
    "\\!bang",
    "q[1].bin",
    "q[!1].bin",
    "]x",
    "st*r.bin",
    "qu?estion",
    "back\\slash",
    "\\",
    'quo"te.bin',
    '"quoted"',
    "'single'",
    "modèle.bin",
    "模型.bin",
    "new\nline",
    "cr\r",
    "\x01\x7f\x1b[0m",
    "\u00a0nbsp",
    "\u2028separator",
    "-dash",
    "--",
    "[attr]lfs",
    "$(touch x)",
    "~",
    "a,b;c&d|e",
    "non-utf-8-\udcff\udc80.bin",
    "7\u00e91",
    "\\n7",
    "filter=lfs",
]


def filters(repo: Repo, lines: list[str], paths: list[str]) -> dict[str, str]:
    """What Git answers for paths with these lines as the attributes."""
    data = "".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape")
    repo.write(".gitattributes", data)
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    result = repo.run(["git", "check-attr", "-z", "--stdin", "filter"], stdin=asked)
    assert result.code == 0, result
    assert "Negative" not in result.err
    fields = result.out.split("\0")
    return dict(zip(fields[::3], fields[2::3], strict=False))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_pattern_matches_its_name_and_nothing_else(repo: Repo, name: str) -> None:
    others = [f"x{name}", f"{name}x", "q1.bin", "star.bin", "quxestion", "other"]
    others += [f"{name}/below", "attr", "!", "hash.bin"]
    for pattern, prefix in ((patterns.exact(f"d/{name}"), "d/"), (patterns.exact(name), "")):
        line = patterns.attribute_line(pattern)
        found = filters(
            repo, [line], [prefix + name, f"deep/{prefix}{name}", *(prefix + o for o in others)]
        )
        assert [path for path, value in found.items() if value == "lfs"] == [prefix + name]
    found = filters(
        repo,
        [patterns.attribute_line(patterns.quoted(patterns.literal(name)))],
        [name, f"d/e/{name}", *others],
    )
    assert [path for path, value in found.items() if value == "lfs"] == [name, f"d/e/{name}"]


def test_the_file_stays_utf_8() -> None:
    for name in HOSTILE:
        patterns.exact(name).encode("utf-8")
        assert "\n" not in patterns.exact(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_line_is_read_back(name: str) -> None:
    line = pattern_line(patterns.attribute_line(patterns.exact(name)) + "\n")
    assert line is not None
    assert line.word == patterns.exact(name)
    assert line.words == patterns.LFS_ATTRIBUTES.split()
    assert line.glob == "/" + patterns.literal(name)


@pytest.mark.parametrize("line", ["", "  ", "# *.bin filter=lfs", "[attr]lfs filter=lfs", "\r\n"])
def test_lines_without_a_pattern(line: str) -> None:
    assert pattern_line(line) is None


@pytest.mark.parametrize(
    "folder", ["pretrained_model", "my models", "m[1]", "#m", "!m", "a/b", "模型"]
)
def test_in_models(repo: Repo, folder: str) -> None:
    line = patterns.attribute_line(patterns.in_models(folder, ".bin"))
    inside = [f"{folder}/x.bin", f"{folder}/a/x.bin", f"{folder}/a/b/c d.bin", f"{folder}/.bin"]
    outside = ["x.bin", f"x/{folder}/x.bin", f"{folder}/x.bin.gz", f"{folder}/xbin", "m1/x.bin"]
    found = filters(repo, [line], [*inside, *outside])
    assert [path for path, value in found.items() if value == "lfs"] == inside
    assert patterns.in_models("pretrained_model", ".bin") == "/pretrained_model/**/*.bin"


def test_the_case_counts(repo: Repo) -> None:
    repo.git("config", "core.ignorecase", "false")
    line = patterns.attribute_line(patterns.in_models("m", ".bin"))
    assert filters(repo, [line], ["m/a.bin", "m/A.BIN"]) == {
        "m/a.bin": "lfs",
        "m/A.BIN": "unspecified",
    }


def test_the_unset_line_leaves_a_text_as_it_is(repo: Repo) -> None:
    """Not filtered, diffed and merged as text, and no line end is converted."""
    install_lfs(repo)
    repo.write(
        ".gitattributes",
        "* filter=lfs diff=lfs merge=lfs -text\n" + patterns.unset_line("config.json") + "\n",
    )
    out = repo.git("check-attr", "filter", "diff", "merge", "text", "--", "config.json")
    assert out.count("unspecified") == 4
    text = b'{\r\n "a": 1,\n "b": 2\n}\n'
    repo.stage("config.json", text)
    assert repo.blob("config.json") == text
    repo.commit()
    repo.write("config.json", text.replace(b"2", b"3"))
    assert '+ "b": 3' in repo.git("diff")
    # Both sides change, far apart: a merge of texts has no conflict.
    repo.stage("config.json", b"1\n2\n3\n4\n5\n6\n7\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "other")
    repo.stage("config.json", b"one\n2\n3\n4\n5\n6\n7\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.stage("config.json", b"1\n2\n3\n4\n5\n6\nseven\n")
    repo.commit()
    repo.git("merge", "-q", "other", "-m", "m")
    assert repo.blob("config.json") == b"one\n2\n3\n4\n5\n6\nseven\n"


def test_the_lfs_line_makes_a_pointer(repo: Repo) -> None:
    install_lfs(repo)
    repo.write(".gitattributes", patterns.attribute_line(patterns.exact("m/q[1] é.bin")) + "\n")
    repo.stage("m/q[1] é.bin", weights_bytes(500))
    assert repo.blob("m/q[1] é.bin").startswith(b"version https://git-lfs")


@pytest.mark.parametrize(
    "path",
    [
        ".gitattributes", "a/.gitignore", ".gitmodules", "m/.gitkeep", "m/b/INFO.md", "m/info.MD",
        "m/pmgit.lock", ".pmgit.toml", "README", "a/README.md", "readme.txt", "README.zh-CN.md",
        "LICENSE", "License.txt", "LICENSE-APACHE", "NOTICE", "m/config.json", "m/Config.json",
        "m/generation_config.json", "m/model.safetensors.index.json",
        "m/pytorch_model.bin.index.json",
        "m/special_tokens_map.json", "m/1_Pooling/config.json", "m/chat_template.jinja",
    ],
)  # fmt: skip
def test_must_be_text(path: str) -> None:
    assert patterns.must_be_text(path)


@pytest.mark.parametrize(
    "path",
    [
        "m/model.safetensors", "m/tokenizer.json", "m/vocab.txt", "data.json", "README.pdf",
        "README.png", "readme/model.bin", "m/gitattributes", "config.json/model.bin",
        "index.json", "my_config.json.gz", "LICENSE.pdf", "m/INFO.md.bin", "",
    ],
)  # fmt: skip
def test_may_go_to_lfs(path: str) -> None:
    assert not patterns.must_be_text(path)
