"""What Git says of paths: asked, with every kind of name, and never worked out here."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from pmgit.git import attributes
from pmgit.git.repository import discover
from tests.kit import Repo
from tests.snapshots.test_staged import NAMES

if TYPE_CHECKING:
    from pathlib import Path


def filters(paths: list[str]) -> list[str]:
    told = attributes.answers(attributes.ask(discover(), paths, {}), paths)
    return [told.get(path, "unspecified") for path in paths]


def test_odd_names_are_answered_in_their_order(here: Repo) -> None:
    here.stage(".gitattributes", "* filter=lfs\n*.bin -filter\n")
    names = [os.fsdecode(name) for name in NAMES]
    wanted = ["unset" if name.endswith(".bin") else "lfs" for name in names]
    assert filters(names) == wanted
    assert filters(names[::-1]) == wanted[::-1]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("*.bin filter=lfs\n", "lfs"),
        ("*.bin filter=lfs\n*.bin -filter\n", "unset"),
        ("*.bin filter=lfs\n*.bin !filter\n", "unspecified"),
        ("*.bin filter=lfs\n*.bin filter=x\n", "x"),
        ("*.bin filter=\n", ""),
        ("*.bin filter\n", "set"),
        ("[attr]big filter=lfs\n*.bin big\n", "lfs"),
        ("*.bin filter=lfs\n*.bin binary\n", "lfs"),
        ("m filter=lfs\n", "unspecified"),
        ("m/ filter=lfs\n", "unspecified"),
        ("m/** filter=lfs\n", "lfs"),
        ("*.BIN filter=lfs\n", "unspecified"),
        ("!*.bin filter=lfs\n", "unspecified"),
    ],
)
def test_attribute_lines(here: Repo, lines: str, wanted: str) -> None:
    here.stage(".gitattributes", lines)
    assert filters(["m/a.bin"]) == [wanted]


def test_names_that_are_words_of_the_answer(here: Repo) -> None:
    """The quick look at all answers at once says what each of them says."""
    names = ["filter", "lfs", "unspecified", "unset", "a.bin", "b/filter", "b/lfs", "z"]
    rng = random.Random(5)
    for _ in range(40):
        lines = "".join(
            f"{rng.choice(names)} {value}\n"
            for value in rng.choices(["filter=lfs", "filter=filter", "-filter", "text"], k=2)
        )
        here.stage(".gitattributes", lines)
        asked = rng.sample(names, rng.randint(1, 6))
        out = here.git("check-attr", "--cached", "-z", "filter", "--", *asked)
        assert filters(asked) == out.split("\0")[2::3], (lines, asked)


@pytest.mark.parametrize("value", ["lfs", "filter"])
def test_a_path_or_a_value_that_is_the_word_filter(here: Repo, value: str) -> None:
    here.stage(".gitattributes", f"*.bin filter={value}\nfilter filter={value}\n")
    told = {
        "a.bin": value, "filter": value, "filter/filter": value, "filter/x": "unspecified",
        "x": "unspecified", "z.bin": value,
    }  # fmt: skip
    for names in (list(told), list(told)[::-1], ["a.bin", "x"], ["x", "a.bin"], ["x"]):
        assert filters(names) == [told[name] for name in names]


def test_attributes_of_this_clone_and_of_the_user_count(here: Repo) -> None:
    here.write(".git/info/attributes", "*.a filter=lfs\n")
    own = here.path.parent / "home" / "attributes"
    own.write_text("*.b filter=lfs\n")
    here.git("config", "--global", "core.attributesFile", str(own))
    assert filters(["x.a", "x.b", "x.c"]) == ["lfs", "lfs", "unspecified"]


# -- what every clone sees -------------------------------------------------------------------------


def everywhere(paths: list[str]) -> list[str]:
    """The filters of paths as the tree has them, whatever this clone makes of it."""
    told = attributes.EveryClone(discover()).filters(paths)
    return [told.get(path, "unspecified") for path in paths]


def make_personal(repo: Repo) -> None:
    """Give the user and the clone attributes of their own, and a file system without case."""
    repo.write(".git/info/attributes", "*.i filter=lfs\n*.c !filter\n")
    own = repo.path.parent / "home" / "attributes"
    own.write_text("*.u filter=lfs\n[attr]mine filter=lfs\n")
    repo.git("config", "--global", "core.attributesFile", str(own))
    repo.git("config", "core.ignoreCase", "true")


LAYOUTS: dict[str, list[tuple[str, ...]]] = {
    "plain": [],
    "split index": [("update-index", "--split-index")],
    "sparse checkout": [("sparse-checkout", "set", "--cone", "in")],
    "sparse index": [("sparse-checkout", "set", "--cone", "--sparse-index", "in")],
    "linked work tree": [("worktree", "add", "-q", "../linked")],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("format", ["sha1", "sha256"])
def test_only_the_tree_counts_for_every_clone(
    tmp_path: Path,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    format: str,
    layout: str,
) -> None:
    repo = Repo(tmp_path / format, env, init=(f"--object-format={format}",))
    repo.stage(".gitattributes", "*.a filter=lfs\n*.m mine\n")
    repo.stage("in/.gitattributes", "*.c filter=lfs\n")
    repo.stage("out/deep/.gitattributes", "*.b filter=lfs\n")
    repo.commit()
    for command in LAYOUTS[layout]:
        repo.git(*command)
    paths = ["x.a", "in/x.c", "out/deep/x.b", "x.i", "x.u", "x.A", "x.m"]
    for personal in (False, True):
        if personal:
            make_personal(repo)
        monkeypatch.chdir(repo.path if layout != "linked work tree" else tmp_path / "linked")
        assert everywhere(paths) == ["lfs"] * 3 + ["unspecified"] * 4, personal
    # This is what Git does here, which a fix has to know.
    assert filters(paths)[3:] == ["lfs"] * 4
    assert filters(["in/x.c"]) == ["unspecified"]


def test_a_bare_repository_and_a_named_source_of_attributes(
    here: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.stage(".gitattributes", "*.a filter=lfs\n")
    here.git("read-tree", here.git("write-tree").strip())
    make_personal(here)
    monkeypatch.setenv("GIT_ATTR_SOURCE", "HEAD")  # which there is not
    assert everywhere(["x.a", "x.i"]) == ["lfs", "unspecified"]
    here.git("config", "core.bare", "true")
    monkeypatch.chdir(here.path / ".git")
    assert everywhere(["x.a", "x.i"]) == ["lfs", "unspecified"]


def test_ignore_rules_are_told_with_file_line_and_pattern(here: Repo) -> None:
    here.write(".gitignore", "# comment\n*.log\n!keep.log\n/m/*\n")
    here.write("m/.gitignore", "!INFO.md\n")
    here.write(".git/info/exclude", "secret\n")
    found = attributes.ignored(
        discover(), ["a.log", "deep/a.log", "keep.log", "m/x", "m/y/INFO.md", "secret", "free"]
    )
    assert found == {
        "a.log": (".gitignore", 2, "*.log"),
        "deep/a.log": (".gitignore", 2, "*.log"),
        "m/x": (".gitignore", 4, "/m/*"),
        "m/y/INFO.md": (".gitignore", 4, "/m/*"),
        "secret": (".git/info/exclude", 1, "secret"),
    }


def test_tracked_paths_are_answered_as_if_they_were_not(here: Repo) -> None:
    here.stage("a.log", "x")
    here.write(".gitignore", "*.log\n")
    assert list(attributes.ignored(discover(), ["a.log"])) == ["a.log"]


def test_nothing_is_asked_when_there_is_nothing_to_ask(here: Repo) -> None:
    assert attributes.ignored(discover(), []) == {}
    assert attributes.ignored(discover(), ["a"]) == {}


def test_ignore_rules_of_odd_names(here: Repo) -> None:
    here.write(".gitignore", "*\n")
    names = [os.fsdecode(name) for name in NAMES]
    assert sorted(attributes.ignored(discover(), names)) == sorted(names)
    here.write(".gitignore", "*\n!*\n")
    assert attributes.ignored(discover(), names) == {}
