"""pmgit's entry among the user's lines of `.pre-commit-config.yaml`."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml

from pmgit.gitfiles import parts
from pmgit.hooks import config_entry, yaml_config
from pmgit.hooks.config_entry import NotExtendableError
from pmgit.hooks.entry import HookEntry
from pmgit.hooks.names import YAML
from tests.pairs import pairs


def taken_back(text: bytes, before: bytes | None, after: bytes) -> bytes | None:
    """A text without what came in between two versions."""
    return parts.taken_back(text, *parts.between(before or b"", after))


def loaded(text: bytes | str) -> Any:
    """The document, read by the C library where PyYAML has it: the same in a tenth of the time."""
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


BUILT, SYSTEM = HookEntry("index", "1.2.3"), HookEntry("system")
ENTRIES = [
    BUILT,
    SYSTEM,
    HookEntry("git", "12345678" * 5, "ssh://git@host.example:22/a/b.git", "python3"),
]
OTHERS = """\
# our hooks
repos:
  # formatting
  - repo: https://example.invalid/a   # pinned
    rev: v1
    hooks:
      - id: one
        args: [--fix]
  - repo: local
    hooks:
      - id: two
        name: two
        entry: "true"
        language: system
"""
ZOO = {
    "comments and two repositories": OTHERS,
    "a comment behind the last item": OTHERS + "      # - id: three\n# the end\n",
    "keys behind the list": OTHERS + "\nci:\n  autofix_prs: false  # no\n",
    "dashes without indentation": (
        "repos:\n- repo: https://example.invalid/a\n  rev: v1\n  hooks:\n  - id: one\nexclude: ^x\n"
    ),
    "anchors": (
        "x: &args [--fix]\ny: &hook\n  id: one\n  args: *args\nrepos: &all\n"
        "    - repo: https://example.invalid/a\n      rev: v1\n      hooks:\n        - *hook\n"
    ),
    "a merge key": (
        "base: &base {language: system, entry: 'true'}\nrepos:\n  - repo: local\n    hooks:\n"
        "      - <<: *base\n        id: one\n        name: one\n"
    ),
    "flow style in an item": (
        "repos:\n  - repo: https://example.invalid/a\n    rev: v1\n"
        "    hooks: [{id: one},\n       {id: two}]  # both\n"
    ),
    "a block text at the end": (
        "repos:\n  - repo: local\n    hooks:\n      - id: one\n        name: one\n"
        "        language: system\n        entry: |\n          echo one\n          echo two\n\n"
    ),
    "the dash on its own line": (
        "repos:\n  -\n    repo: https://example.invalid/a\n    rev: v1\n"
        "    hooks:\n      - id: one\n"
    ),
    "a document mark": "---\n" + OTHERS + "...\n",
    "hook types of the user's": "default_install_hook_types: [commit-msg]\n" + OTHERS,
    "Chinese comments": OTHERS.replace("formatting", "格式"),
    "a quoted key": OTHERS.replace("repos:", '"repos":'),
}
ENDS = {
    "LF": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "no last line end": lambda text: text.rstrip("\n"),
    "BOM": lambda text: "\ufeff" + text,
}


def kept(before: str, after: str) -> bool:
    """Whether every line of `before` is in `after`, in order (a missing last line end may come)."""
    lines = [line.rstrip("\r\n") for line in before.lstrip("\ufeff").split("\n")]
    found = [line.rstrip("\r\n") for line in after.lstrip("\ufeff").split("\n")]
    if after.startswith("\ufeff") != before.startswith("\ufeff"):
        return False
    return all(not d.startswith("- ") for d in difflib.ndiff(lines, found) if d.strip() != "-")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", ZOO)
def test_the_entry_is_added_and_all_else_is_kept(name: str, end: str) -> None:
    before = ENDS[end](ZOO[name])
    if name == "a block text at the end" and end == "no last line end":
        # A line end would become part of the text, which is another document.
        with pytest.raises(NotExtendableError, match="unusual"):
            config_entry.plan(before.encode(), BUILT, YAML)
        return
    change = config_entry.plan(before.encode(), BUILT, YAML)
    after = change.after.decode()
    assert kept(before, after)
    old, new = loaded(before), loaded(after)
    assert new["repos"][:-1] == old["repos"]
    [hook] = new["repos"][-1]["hooks"]
    assert (new["repos"][-1]["repo"], hook["id"], hook["entry"]) == ("local", "pmgit", "pmgit-hook")
    assert hook["language"] == "python"
    assert hook["additional_dependencies"][0].startswith("pmgit==")
    wanted = old.get("default_install_hook_types", ["pre-commit", "pre-merge-commit"])
    assert new.pop("default_install_hook_types") == wanted
    old.pop("default_install_hook_types", None)
    assert {**new, "repos": 0} == {**old, "repos": 0}
    if end == "CRLF":
        assert after.count("\n") == after.count("\r\n")


@pytest.mark.parametrize("name", ZOO)
def test_twice_is_once(name: str) -> None:
    first = config_entry.plan(ZOO[name].encode(), SYSTEM, YAML)
    second = config_entry.plan(first.after, SYSTEM, YAML)
    assert second.after == first.after


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
@pytest.mark.parametrize(
    "text",
    [
        "repos: []\n",
        "# none yet\nrepos: [ ]   # soon\nfail_fast: true\n",
        "repos: [{repo: meta, hooks: [{id: identity}]}]\n",
        "repos: [\n  {repo: meta, hooks: [{id: identity}]},\n  ]\r\n",
        "default_install_hook_types: [pre-push]\nrepos: [{repo: meta, hooks: [{id: 'a]'}]}]",
        "{default_install_hook_types: [pre-push], repos: [], fail_fast: true}\n",
    ],
)
def test_into_a_list_in_flow_style_the_entry_goes_in_flow_style(
    text: str, entry: HookEntry
) -> None:
    change = config_entry.plan(text.encode(), entry, YAML)
    old, new = loaded(text), loaded(change.after)
    assert new["repos"] == [*old["repos"], *loaded(yaml_config.lines(entry))]
    assert {**new, "repos": 0, "default_install_hook_types": 0} == {
        **old, "repos": 0, "default_install_hook_types": 0,
    }  # fmt: skip
    assert config_entry.plan(change.after, entry, YAML).after == change.after
    assert taken_back(change.after, change.before, change.after) == text.encode()


@pytest.mark.parametrize("end", ["LF", "CRLF"])
@pytest.mark.parametrize("name", ZOO)
def test_without_is_what_was_there(name: str, end: str) -> None:
    before = ENDS[end](ZOO[name]).encode()
    change = config_entry.plan(before, BUILT, YAML)
    assert taken_back(change.after, change.before, change.after) == before


def test_the_users_lines_stay_when_ours_go() -> None:
    change = config_entry.plan(OTHERS.encode(), BUILT, YAML)
    more = change.after + b"# mine\n"
    assert taken_back(more, change.before, change.after) == OTHERS.encode() + b"# mine\n"
    changed = change.after.replace(b"always_run: true", b"always_run: false")
    assert taken_back(changed, change.before, change.after) is None


@pytest.mark.parametrize("text", ["# ours", "---\r\n# ours\r\n", "\ufeff# ours\n"])
def test_comments_alone_are_kept(text: str) -> None:
    change = config_entry.plan(text.encode(), SYSTEM, YAML)
    assert change.after.decode().startswith(text)
    assert loaded(change.after) == loaded(config_entry.snippet(SYSTEM, YAML))
    assert taken_back(change.after, change.before, change.after) == text.encode()
    assert config_entry.plan(change.after, SYSTEM, YAML).after == change.after


def test_a_new_file_is_the_snippet() -> None:
    change = config_entry.plan(None, SYSTEM, YAML)
    document: Any = loaded(change.after)
    assert list(document) == ["default_install_hook_types", "repos"]
    [hook] = document["repos"][0]["hooks"]
    assert hook["language"] == "system"
    assert "additional_dependencies" not in hook


@pytest.mark.parametrize(
    "hook",
    [
        "id: pmgit",
        "id: pmgit-size",
        "id: mine\n        entry: python -m pmgit.hook || pmgit-hook\n        language: system",
    ],
)
def test_an_entry_by_hand_is_left_alone(hook: str) -> None:
    before = f"repos:\n  - repo: local\n    hooks:\n      - {hook}\n".encode()
    change = config_entry.plan(before, BUILT, YAML)
    assert change.after == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{repos: [{repo: meta, hooks: [{id: identity}]}]}\n", "unusual"),
        ("repos: [{repo: meta, hooks: [{id: identity}]},  # one\n]\n", "unusual"),
        ("repos:\n", "no list"),
        ("- repo: x\n", "no list"),
        ("fail_fast: true\n", "no list"),
        ("# ours\n...\n# a second document\n---\n", "no list|not valid"),
        ("repos: [\n", "not valid YAML at line"),
        ("repos:\n  - a\n---\nrepos:\n  - b\n", "not valid YAML"),
        ("repos: !!python/object:os.system []\n", "not valid YAML"),
    ],
)
def test_what_lines_cannot_extend_is_refused_with_the_snippet(text: str, why: str) -> None:
    with pytest.raises(NotExtendableError, match=why) as caught:
        config_entry.plan(text.encode(), BUILT, YAML)
    assert "- id: pmgit\n" in caught.value.snippet


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NotExtendableError):
        config_entry.plan(b"repos:\n  - \xff\xfe\n", BUILT, YAML)


def test_an_entry_is_exchanged_or_taken_out() -> None:
    """In block and flow style; all else stays, and it can be taken back."""
    flow = ("repos: []\n", "repos: [{repo: meta, hooks: [{id: identity}]}]\n")
    # PyYAML reads 2,000 lines a second: all of these together would take eight seconds.
    for text, new, old, end in pairs([*ZOO.values(), *flow], [*ENTRIES, None], ENTRIES, list(ENDS)):
        before = ENDS[end](text)
        if text == ZOO["a block text at the end"] and end == "no last line end":
            continue
        which = (text, old.kind, new.kind if new else "none", end)
        first = config_entry.plan(before.encode(), old, YAML)
        was = loaded(first.after)
        change = config_entry.exchange(first.after, old, new, YAML)
        assert change is not None, which
        assert kept(before, change.after.decode()) or text.startswith("repos: ["), which
        now = loaded(change.after)
        assert now == {**was, "repos": was["repos"][:-1] + ([new.item] if new else [])}, which
        if new and new != old:
            assert taken_back(change.after, first.after, change.after) == first.after, which


def test_an_entry_is_exchanged_where_it_is_all() -> None:
    for text, left in (
        (None, b""),
        (b"# mine\n", b"# mine\n"),
        (b"fail_fast: true\nrepos: []\n", 0),
    ):
        change = config_entry.plan(text, BUILT, YAML)
        out = config_entry.exchange(change.after, BUILT, None, YAML)
        assert out is not None
        assert left in (0, out.after)
    block = b"fail_fast: true\nrepos:\n" + yaml_config.lines(BUILT).encode()
    out = config_entry.exchange(block, BUILT, None, YAML)
    assert out is not None
    assert out.after == b"fail_fast: true\nrepos: []\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"always_run: true\n", b"always_run: true  # mine\n"),
        (b"always_run: true\n", b"always_run: true\n        verbose: true\n"),
        (b"always_run: true\n", b"always_run: true\n\n"),
    ],
)
def test_what_somebody_has_changed_is_not_exchanged(old: bytes, new: bytes) -> None:
    change = config_entry.plan(OTHERS.encode(), BUILT, YAML)
    changed = change.after.replace(old, new)
    assert changed != change.after
    assert config_entry.exchange(changed, BUILT, SYSTEM, YAML) is None


@pytest.mark.parametrize("rev", ["1" * 40, "0" * 40, "12345678e" + "1" * 31, "abcdef01" * 5])
def test_a_commit_is_text_whatever_its_digits(rev: str) -> None:
    new = HookEntry("git", rev, "https://host.example/a")
    for before in (b"repos: []\n", b"# ours\n"):
        change = config_entry.plan(before, new, YAML)
        assert loaded(change.after)["repos"][-1]["rev"] == rev
