"""`dead-attribute`: lines that are meant to send files to Git LFS, and do not."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import pointer, random_bytes
from tests.lfs_install import install_lfs
from tests.made_once import made_once

if TYPE_CHECKING:
    from tests.kit import Repo

RULE = "dead-attribute"
SELECT = ("--select", RULE)
BERT = "pretrained_model/bert"
LFS = "filter=lfs diff=lfs merge=lfs -text"


@pytest.fixture
def old(repo: Repo) -> Repo:
    """A repository with weights, and names that attribute lines get wrong."""
    return made_once(repo, _old)


def _old(repo: Repo) -> None:
    names = (f"{BERT}/x.bin", "my m/a b.bin", "!q.bin", "data/y.bin")
    repo.stage_blobs(dict.fromkeys(names, random_bytes(300)) | {f"{BERT}/config.json": b"{}\n"})
    repo.commit()
    repo.git("checkout", "-q", "-f", "HEAD")


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


#: Lines as people write them, in a repository with nothing of the kind; why; what was meant.
MISTAKES = [
    # quotes, and what only looks like them
    (f"'*.pth' {LFS}", "takes its quotes for part of the name", ("*.pth",)),
    (f"`*.pth` {LFS}", "takes its quotes for part of the name", ("*.pth",)),
    (f'"*.pth {LFS}', "its quote is never closed", ("*.pth",)),
    (f'"*.pth {LFS}"', "its attributes are part of the pattern", ("*.pth",)),
    (f"'*.pth {LFS}'", "is no attribute, so Git ignores the line", ("*.pth",)),
    (f"\u201c*.pth\u201d {LFS}", "(U+201C) only looks like '\"'", ("*.pth",)),
    (f"\uff0a.pth {LFS}", "(U+FF0A) only looks like '*'", ("*.pth",)),
    ("*.pth filter\uff1dlfs", "(U+FF1D) only looks like '='", ("*.pth",)),
    (f"*.pth\u00a0{LFS}", "(U+00A0) only looks like ' '", ("*.pth",)),
    ("*.pth filter=lfs\u3000diff=lfs", "(U+3000) only looks like ' '", ("*.pth",)),
    # several patterns in a line
    (f"*.{{pt,pth}} {LFS}", "Git knows no braces", ("*.pt", "*.pth")),
    (
        f"m/{{a,b}}/*.{{pt,pth}} {LFS}",
        "Git knows no braces",
        ("m/a/*.pt", "m/a/*.pth", "m/b/*.pt", "m/b/*.pth"),
    ),
    (f"*.[pt|pth] {LFS}", "Git knows no braces", ("*.pt", "*.pth")),
    (f"*.pt,*.pth {LFS}", "each pattern needs a line of its own", ("*.pt", "*.pth")),
    (f"*.pt;*.pth {LFS}", "each pattern needs a line of its own", ("*.pt", "*.pth")),
    (f"*.pt, *.pth {LFS}", "a blank ends the pattern", ("*.pt", "*.pth")),
    (f"*.pt *.pth {LFS}", "a blank ends the pattern", ("*.pt", "*.pth")),
    (f"*.pth, {LFS}", "each pattern needs a line of its own", ("*.pth",)),
    # other programs' patterns
    (f".*\\.(pt|pth)$ {LFS}", "it is a regular expression", ("*.pt", "*.pth")),
    (f"\\.pth$ {LFS}", "it is a regular expression", ("*.pth",)),
    (f":(glob)**/*.pth {LFS}", "has no ':(\u2026)' in front", ("**/*.pth",)),
    # places
    (f".\\{BERT[:16]}\\bert\\n.pth {LFS}", "no separator", (f"{BERT}/n.pth",)),
    (f".\\\\data\\\\n.pth {LFS}", "no separator", ("data/n.pth",)),
    (f"/home/dev/p/{BERT}/n.pth {LFS}", "a path of one machine", (f"/{BERT}/n.pth",)),
    (f"C:\\p\\data\\n.pth {LFS}", "a path of one machine", ("/data/n.pth",)),
    (f"~/p/data/n.pth {LFS}", "a path of one machine", ("/data/n.pth",)),
    (f"../data/n.pth {LFS}", "'..' leads nowhere", ()),
    (f"https://example.invalid/n.pth {LFS}", "it is an address", ()),
    # attributes
    ("*.pth filter=LFS", "the case counts: it is filter=lfs", ("*.pth",)),
    ("*.pth Filter=lfs", "the case counts: it is filter=lfs", ("*.pth",)),
    ("*.pth filter = lfs", "no blank may stand beside '='", ("*.pth",)),
    ("*.pth filter:lfs", "it is 'filter=lfs', with '='", ("*.pth",)),
    ("*.pth filter lfs", "it is 'filter=lfs', with '='", ("*.pth",)),
    ("*.pth filter=lfs,diff=lfs", "blanks separate attributes", ("*.pth",)),
    ('*.pth filter="lfs"', "quotes for part of the value", ("*.pth",)),
    ("*.pth filter=git-lfs", "Git LFS is called lfs", ("*.pth",)),
    ("*.pth fliter=lfs", "the attribute is called filter", ("*.pth",)),
    ("*.pth diff=lfs merge=lfs -text", "filter=lfs is missing", ("*.pth",)),
    ("*.pth lfs", "no [attr] line", ("*.pth",)),
    (f"*.pth {LFS} # ours", "a comment needs a line of its own", ("*.pth",)),
    (f"{LFS} *.pth", "the pattern has to come first", ("*.pth",)),
    ('git lfs track "*.pth"', "it is a command", ("*.pth",)),
]


def test_mistakes_and_what_was_meant(old: Repo) -> None:
    found = check(old, "".join(f"{line}\n" for line, _, _ in MISTAKES))
    by_line = {finding["line"]: finding for finding in found}
    for number, (line, why, meant) in enumerate(MISTAKES, 1):
        finding = by_line.pop(number)
        assert why in finding["message"], line
        words = finding["fix"]["commands"][0] if finding["fix"] else []
        assert tuple(word for word in words[2:] if word != "--pattern") == meant, line
    assert by_line == {}


def test_patterns_that_only_files_show_to_be_wrong(old: Repo) -> None:
    for line, why, meant in (
        (f"pretrained_model/*.bin {LFS}", "'*' does not reach", "pretrained_model/**/*.bin"),
        (f"pretrained_model/**.bin {LFS}", "'*' does not reach", "pretrained_model/**/*.bin"),
        (f"data/*.BIN {LFS}", "the case counts, and files here end in .bin", "data/*.bin"),
    ):
        (finding,) = check(old, f"{line}\n")
        assert why in finding["message"], line
        assert finding["fix"]["commands"][0][-1] == meant
    old.stage(".gitattributes", "\n")
    (finding,) = check(old, f"data/*.bin {LFS}\n", file="data/.gitattributes")
    assert "patterns of this file count from its folder, data/" in finding["message"]
    assert finding["fix"]["commands"][0][-1] == "/data/**/*.bin"


def test_macros_that_nobody_knows(old: Repo) -> None:
    """Git refuses them outside of the file at the top, and those of a user are his alone."""
    old.personal(f"[attr]mine-lfs {LFS}\n")
    old.stage("data/.gitattributes", f"[attr]big-lfs {LFS}\n*.bin big-lfs\n")
    found = check(old, "*.pth mine-lfs\n")
    assert [(f["path"], f["line"]) for f in found] == [("data/.gitattributes", 1)]
    assert "takes '[attr]' only from the .gitattributes at the top" in found[0]["message"]


def test_utf_16(old: Repo) -> None:
    """PowerShell writes it, also behind lines in UTF-8."""
    content = old.blob(f"{BERT}/x.bin")
    for encoding, before in product(("utf-16", "utf-16-be", "utf-16-le"), ("", "*.txt text\n")):
        written = before.encode() + f"# weights\r\n*.bin {LFS}\r\n".encode(encoding)
        old.stage(".gitattributes", written)
        (finding,) = old.check(*SELECT)
        assert "it has to be UTF-8" in finding["message"], encoding
        assert finding["line"] == 2 + bool(before), encoding
        assert len(old.paste_all(*SELECT)) == 1
        text = (old.path / ".gitattributes").read_text()
        assert text == f"{before}# weights\n*.bin {LFS}\n", encoding
    old.paste_all("--select", "missing-pointer")
    assert old.blob(f"{BERT}/x.bin") == pointer(content)


def test_a_byte_order_mark_is_part_of_the_pattern_in_every_clone(old: Repo) -> None:
    """Git skips it in the file on disk, and not in what it checks out by."""
    install_lfs(old)
    (finding,) = check(old, f"\ufeff*.bin {LFS}\n")
    assert "the byte order mark that the file begins with" in finding["message"]
    old.stage("data/z.bin", 300)
    assert old.blob("data/z.bin").startswith(b"version")
    assert old.rules() == [RULE, "uncovered-pointer"]
    old.paste_all()
    assert old.check(*SELECT) == []


@pytest.mark.parametrize("name", [".GitAttributes", ".gitattribute", "data/.GITATTRIBUTES"])
def test_a_file_that_is_only_nearly_called_so(old: Repo, name: str) -> None:
    (finding,) = check(old, f"*.bin {LFS}\n", file=name)
    assert (finding["path"], finding["line"]) == (name, 1)
    assert "Git reads no file of this name, only .gitattributes" in finding["message"]
    (fix,) = old.pmgit("check", *SELECT).fixes
    assert old.sh(fix).code == 0
    assert old.check(*SELECT) == []
    assert old.git("check-attr", "--cached", "filter", "data/y.bin").endswith(": lfs\n")


def test_files_that_are_called_otherwise_on_purpose(old: Repo) -> None:
    for name in ("templates/gitattributes", "docs/gitattributes.md", "gitattributes.py"):
        assert check(old, f"*.bin {LFS}\n", file=name) == []


def test_very_many_lines(old: Repo) -> None:
    """Some are told, and asked is once for all of them."""
    lines = [f"*.x{number} {LFS}\n" for number in range(1000)]
    assert check(old, "".join(lines)) == []
    found = check(old, "".join([*lines, "*.x1* -filter\n"]))
    assert 40 < len(found) < 60
    assert found[0]["message"].endswith(
        ".gitattributes:1001 (*.x1* -filter) takes out whatever it matches"
    )
    trace = old.path.parent / "trace"
    old.hook("pre-commit", "--select", RULE, env={"GIT_TRACE": str(trace)})
    assert trace.read_text().count("check-attr") < 12


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
    # names that look like a mistake, of files that may come
    f"it's.bin {LFS}\nv1,2.bin {LFS}\na-(1).bin {LFS}\n$x.bin {LFS}\n~old.bin {LFS}\n",
    f"模型（一）.bin {LFS}\narchive/pretrained_model/**/*.bin {LFS}\n/app/*.bin {LFS}\n",
    # exceptions, in whatever form, and attributes of others
    "*.md -filter=lfs\n*.txt !filter=lfs\n*.psd lockable\n*.q filter=other\n*.z my-lfs-note\n",
    # blanks and line ends
    f"  *.bin\t{LFS}  \r\n\r\n",
    # nothing is meant to go to Git LFS
    "pretrained_model/ text\n!x text\n# pretrained_model/ filter=lfs\n",
]


def test_names_that_look_like_a_mistake_and_exist(old: Repo) -> None:
    for name in ("q{a,b}.pth", "'c'.pth", "a, b.pth", "é＊.pth"):
        old.stage_blob(name, b"x")
    quoted = '"a, b.pth"'
    assert check(old, f"q{{a,b}}.pth {LFS}\n'c'.pth {LFS}\n{quoted} {LFS}\né＊.pth {LFS}\n") == []


def test_lines_that_work(old: Repo) -> None:
    for text in WORKING:
        assert check(old, text) == [], text


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
    install_lfs(old)
    content = old.blob(path)
    old.stage(".gitattributes", f"{pattern} {LFS}\n")
    assert len(old.paste_all(*SELECT)) == 1
    assert old.blob(path) == pointer(content)
    assert old.blob(f"{BERT}/config.json") == b"{}\n"


def test_the_fix_of_a_line_in_a_folder(old: Repo) -> None:
    install_lfs(old)
    old.stage("my m/.gitattributes", f"a b.bin {LFS}\n")
    assert len(old.paste_all(*SELECT)) == 1
    assert old.blob("my m/a b.bin").startswith(b"version")
