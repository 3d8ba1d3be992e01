"""`dead-attribute`: lines that are meant to send files to Git LFS, and do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import pointer, random_bytes

if TYPE_CHECKING:
    from tests.kit import Repo

RULE = "dead-attribute"
SELECT = ("--select", RULE)
BERT = "pretrained_model/bert"
LFS = "filter=lfs diff=lfs merge=lfs -text"


@pytest.fixture
def old(repo: Repo) -> Repo:
    """A repository with weights, and names that attribute lines get wrong."""
    for name in (f"{BERT}/x.bin", "my m/a b.bin", "!q.bin", "data/y.bin"):
        repo.stage_blob(name, random_bytes(300))
    repo.stage_blob(f"{BERT}/config.json", b"{}\n")
    repo.commit()
    repo.git("checkout", "-q", "-f", "HEAD")
    return repo


def check(repo: Repo, text: str, *, file: str = ".gitattributes") -> list[dict[str, Any]]:
    repo.stage(file, text)
    return repo.check(*SELECT)


# -- reports --------------------------------------------------------------------------------------

FORMS = [
    ("pretrained_model/", "names a folder", "pretrained_model/**"),
    ("pretrained_model", "names a folder", "pretrained_model/**"),
    (f"/{BERT}", "names a folder", f"/{BERT}/**"),
    ("bert", "names a folder", "**/bert/**"),
    ("bert/", "names a folder", "**/bert/**"),
    ("none/", "names a folder", "none/**"),
    ("pretrained_model/*", "does not reach into folders", "pretrained_model/**"),
    ("my m/*.bin", "a blank ends the pattern, so 'm/*.bin' is read", "my m/*.bin"),
    ("my\\ m/*.bin", "a blank ends the pattern", "my m/*.bin"),
    ("my b.bin", "a blank ends the pattern", "my b.bin"),
    ("!q.bin", "begins with '!'", "\\!q.bin"),
    ("!data/*.bin", "begins with '!'", ""),
    ("./data/*.bin", "begins with './'", "data/*.bin"),
    ("data\\*.bin", "no separator", "data/*.bin"),
    ('"a b', "quote is never closed", ""),
    ("a//b.bin", "no file can match it", ""),
    (f"data/*.{'x' * 2100}", "more than 2047 bytes", ""),
]


def test_lines_that_match_nothing(old: Repo) -> None:
    found = check(old, "".join(f"{pattern} {LFS}\n" for pattern, _, _ in FORMS))
    assert old.git("check-attr", "filter", f"{BERT}/x.bin", "data/y.bin").count("unspecified") == 2
    by_line = {finding["line"]: finding for finding in found}
    assert {finding["path"] for finding in found} == {".gitattributes"}
    assert {finding["severity"] for finding in found} == {"warning"}
    for number, (pattern, why, cure) in enumerate(FORMS, 1):
        finding = by_line.pop(number)
        assert "sends nothing to Git LFS: " in finding["message"], pattern
        assert why in finding["message"], pattern
        fix = finding["fix"]
        assert (fix["commands"][0][-1].strip('"') if fix else "") == cure, pattern
    assert by_line == {}


def test_a_word_that_is_no_attribute(old: Repo) -> None:
    (finding,) = check(old, "*.bin filter=lfs - text\n")
    assert "'-' is no attribute, so Git ignores the line" in finding["message"]


@pytest.mark.parametrize("by", ["!filter", "filter=other"])
def test_a_later_line_is_named(old: Repo, by: str) -> None:
    (finding,) = check(old, f"*.bin {LFS}\n\n# mine\n*.bin {by}\n")
    assert finding["line"] == 1
    assert finding["message"] == (
        f"the line for '*.bin' sends nothing to Git LFS: .gitattributes:4 (*.bin {by})"
        " takes out all 4 files that it matches"
    )


def test_a_nested_line_is_named_where_it_takes_out_some_weights(old: Repo) -> None:
    old.stage("pretrained_model/.gitattributes", "*.md text\n*.bin -filter\n")
    (finding,) = check(old, f"*.bin {LFS}\n")
    assert finding["message"] == (
        "pretrained_model/.gitattributes:2 (*.bin -filter) takes 1 of the 4 files of '*.bin' out"
        f" of Git LFS again, the first is {BERT}/x.bin"
    )


def test_a_macro_and_info_attributes(old: Repo) -> None:
    text = f"[attr]big {LFS}\n[attr]raw -filter\n*.bin big\n*.bin raw\n"
    (finding,) = check(old, text)
    assert finding["line"] == 3
    assert ".gitattributes:4 (*.bin raw) takes out" in finding["message"]
    old.write(".git/info/attributes", "*.bin -filter\n")
    (finding,) = check(old, f"*.bin {LFS}\n")
    assert ".git/info/attributes:1 (*.bin -filter) takes out" in finding["message"]


def test_two_lines_that_contradict_each_other_before_there_is_a_file(old: Repo) -> None:
    (finding,) = check(old, f"*.gguf {LFS}\n*.gguf -filter\n")
    assert "takes out whatever it matches" in finding["message"]


def test_in_a_folder(old: Repo) -> None:
    (finding,) = check(old, f"bert/ {LFS}\n", file="pretrained_model/.gitattributes")
    assert finding["path"] == "pretrained_model/.gitattributes"
    assert finding["fix"]["commands"][0][-1] == f"/{BERT}/**"


def test_a_carriage_return_and_a_byte_order_mark(old: Repo) -> None:
    (finding,) = check(old, f"\ufeff*.txt text\r\nbert/ {LFS}\r\n")
    assert (finding["line"], "names a folder" in finding["message"]) == (2, True)


def test_the_whole_tree_and_a_range_and_a_bare_repository(old: Repo) -> None:
    old.stage(".gitattributes", f"bert/ {LFS}\n")
    old.commit()
    assert old.check(*SELECT) == []
    assert [f["line"] for f in old.check("--all", *SELECT)] == [1]
    (finding,) = old.check("--range", "HEAD~1..HEAD", *SELECT)
    assert finding["fix"]["plan"] == "a new commit is enough, because this is judged at the tip"
    old.git("clone", "-q", "--bare", ".", "../bare.git")
    (finding,) = old.check("--all", *SELECT, cwd="../bare.git")
    assert finding["fix"] is None


# -- accepts --------------------------------------------------------------------------------------


WORKING = [
    # formats and folders to come
    f"*.gguf {LFS}\n*.[Pp][Tt] {LFS}\n/new/**/*.bin {LFS}\n",
    f"[a-c]x.q {LFS}\n[[:upper:]]*.pt {LFS}\nbert.bin {LFS}\n",
    # a text that belongs into Git, an exception by its name, attributes of somebody's own
    f"*.json {LFS}\nconfig.json !filter !diff !merge !text\n",
    f"*.bin {LFS}\n/data/y.bin -filter\n*.onnx my-own {LFS} lockable\n",
    # lines that agree, and such as change something else
    f"*.bin -filter\n*.bin binary\n*.bin {LFS}\n*.bin {LFS}\n*.bin -diff\n",
    # other lines do the work
    f"pretrained_model/ {LFS}\npretrained_model/** {LFS}\n",
    f'"my m/a b.bin" {LFS}\n\\!q.bin {LFS}\nmy[[:space:]]m/* {LFS}\n',
    # nothing is meant to go to Git LFS
    "pretrained_model/ text\n!x text\n# pretrained_model/ filter=lfs\n",
]


@pytest.mark.parametrize("text", WORKING)
def test_lines_that_work(old: Repo, text: str) -> None:
    assert check(old, text) == []


def test_the_block_of_pmgit_itself(old: Repo) -> None:
    assert old.pmgit("lfs-setup", "--no-proof").code == 0
    assert old.pmgit("lfs-setup", "--no-proof", "--pattern", "pretrained_model/**").code == 0
    assert old.check(*SELECT) == []


def test_texts_without_lfs_lines_are_not_asked_about(old: Repo) -> None:
    old.stage(".gitattributes", "*.png binary\n")
    trace = old.path.parent / "trace"
    old.hook("pre-commit", "--select", RULE, env={"GIT_TRACE": str(trace)})
    assert "check-attr" not in trace.read_text()


def test_nothing_is_asked_when_no_attributes_change(old: Repo) -> None:
    old.stage(".gitattributes", f"bert/ {LFS}\n")
    old.commit()
    old.stage(f"{BERT}/y.bin", 300)
    trace = old.path.parent / "trace"
    assert old.hook("pre-commit", "--select", RULE, env={"GIT_TRACE": str(trace)}).out == ""
    assert "check-attr" not in trace.read_text()


# -- fixes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("pretrained_model/", f"{BERT}/x.bin"),
        ("my m/*.bin", "my m/a b.bin"),
        ("!q.bin", "!q.bin"),
        ("data\\*.bin", "data/y.bin"),
    ],
)
def test_the_fix(old: Repo, pattern: str, path: str) -> None:
    content = old.blob(path)
    old.stage(".gitattributes", f"{pattern} {LFS}\n")
    assert len(old.paste_all(*SELECT)) == 1
    assert old.blob(path) == pointer(content)
    assert old.blob(f"{BERT}/config.json") == b"{}\n"


def test_the_fix_of_a_line_in_a_folder(old: Repo) -> None:
    old.stage("my m/.gitattributes", f"a b.bin {LFS}\n")
    assert len(old.paste_all(*SELECT)) == 1
    assert old.blob("my m/a b.bin").startswith(b"version")
