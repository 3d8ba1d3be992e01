"""pmgit's entry among the user's lines of `prek.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pmgit.gitfiles import parts
from pmgit.hooks import config_entry, framework_files, prek_config
from pmgit.hooks.config_entry import NotExtendableError
from pmgit.hooks.names import TOML, YAML, YML
from tests.hooks.test_config_entry import BUILT, ENDS, ENTRIES, SYSTEM, kept
from tests.kit import BIN

if TYPE_CHECKING:
    from pmgit.hooks.entry import HookEntry
    from tests.kit import Repo

TABLES = """\
#:schema https://www.schemastore.org/prek.json
fail_fast = true  # soon

# formatting
[[repos]]
repo = "meta"
hooks = [{ id = "identity" }]  # one

[[repos]]
repo = "local"
[[repos.hooks]]
id = "two"
name = "格式"
entry = "true"
language = "system"
# the end
"""
#: As `prek util yaml-to-toml` writes it: TOML 1.1, which tomllib of Python 3.11 cannot read.
CONVERTED = """\
default_install_hook_types = [
  "pre-commit",
  "commit-msg"
  ]

[[repos]]
repo = "local"
hooks = [
  {
    id = "a",  # a comment }
    name = "a ] [[x]]",
    entry = "true \\e[1m \\x41 \\" \\\\",
    language = "system",
  }
]
"""
LONG = '''\
repos = [{ repo = "local", hooks = [
  { id = "a", name = "a", language = "system", entry = """
true \\"""
[[repos]]
""" },
]}]
'''
#: Tables of one name with another in between, and each quoted in its own way.
APART = """\
[[repos]]
repo = "builtin"
hooks = []

[update]
  # in
\tx = 0x1F
[[ 'repos' ]]  # two
'repo' = "meta"

  [["repos" . hooks]]
  id = 'identity'


"""
#: The user's text, and how many lines of it get something put in (lists in one line).
ZOO = {
    "tables": (TABLES, 0),
    "what prek converts from YAML": (CONVERTED, 0),
    "keys only": ("fail_fast = true\n# soon\n", 0),
    "a comment only": ("# soon\n", 0),
    "keys of the same name elsewhere": ('[x]\nrepos = []\n[y]\n"repos" = 3\n', 0),
    "a text that looks like a table": (f"x = '''\n[[repos]]\n'''\n{TABLES}", 0),
    "an empty list": ("repos = []\nfail_fast = true\n", 1),
    "a list on lines": ('repos = [\n  { repo = "builtin", hooks = [] },  # one\n]\n', 0),
    "a list without a last comma": ('repos = [\n  { repo = "builtin", hooks = [] }\n]\n', 1),
    "a list on one line": ('"repos" = [{ repo = "builtin", hooks = [] }, ]\n[update]\n', 1),
    "a list of many lines": (LONG, 1),
    "a list that a comment ends": ('repos = [\n  { repo = "builtin", hooks = [] }  # one\n]\n', 1),
    "a list with a comment alone": ("repos = [\n  # none yet\n]\n", 0),
    "a list without items on lines": ("repos = [\n]\n", 0),
    "a list behind dotted keys": (
        'update."c d".x = 1  # soon\n\nrepos = [ { repo = "builtin", hooks = [] } , ]  # c\n',
        1,
    ),
    "tables of one name apart": (APART, 0),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", ZOO)
def test_the_entry_is_added_and_all_else_is_kept(name: str, end: str) -> None:
    text, split = ZOO[name]
    before = ENDS[end](text)
    change = config_entry.plan(before.encode(), BUILT, TOML)
    after = change.after.decode()
    if split:
        lines = before.splitlines()
        assert sum(line not in after.splitlines() for line in lines) == split
    else:
        assert kept(before, after)
    old, new = (framework_files.load(t.encode(), TOML) for t in (before, after))
    assert new["repos"][:-1] == old.get("repos", [])
    assert new["repos"][-1] == BUILT.item
    types = old.get("default_install_hook_types", ["pre-commit", "pre-merge-commit"])
    assert new.pop("default_install_hook_types") == types
    old.pop("default_install_hook_types", None)
    assert {**new, "repos": 0} == {**old, "repos": 0}
    if end == "CRLF":
        assert after.count("\n") == after.count("\r\n")
    assert (
        parts.taken_back(change.after, *parts.between(before.encode(), change.after))
        == before.encode()
    )
    again = config_entry.plan(change.after, BUILT, TOML)
    assert again.after == change.after


def test_lines_go_where_a_person_would_put_them() -> None:
    """Keys above the comment of the first table, below what editors look for; tables last."""
    after = config_entry.plan(TABLES.encode(), BUILT, TOML).after.decode()
    keys, tables = TABLES.split("# formatting")
    types = 'default_install_hook_types = ["pre-commit", "pre-merge-commit"]\n'
    entry = prek_config.as_tables(BUILT)
    assert after == f"{keys}{types}\n# formatting{tables}\n{entry}"


def test_prek_reads_each_of_them(repo: Repo) -> None:
    texts = [*(text for text, _ in ZOO.values()), *(ENDS["BOM"](text) for text, _ in ZOO.values())]
    for number, text in enumerate(["", *texts]):
        change = config_entry.plan(text.encode(), BUILT, TOML)
        repo.write(f"{number}/prek.toml", change.after)
    names = [str(file.relative_to(repo.path)) for file in repo.path.glob("*/prek.toml")]
    assert len(names) == 2 * len(ZOO) + 1
    done = repo.run([str(BIN / "prek"), "validate-config", *names])
    assert done.code == 0, done
    repo.write("prek.toml", "repos = []\n")  # without it prek looks into no folder below
    repo.git("add", "-A")
    listing = repo.run([str(BIN / "prek"), "list"])
    assert listing.code == 0, listing
    listed = listing.out.split()
    assert [hook.endswith(":pmgit") for hook in listed].count(True) == len(names), listed


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_it_says_what_the_entry_in_yaml_says(entry: HookEntry) -> None:
    toml, yaml = (config_entry.snippet(entry, name).encode() for name in (TOML, YAML))
    document: Any = framework_files.load(yaml, YAML)
    assert framework_files.load(toml, TOML) == document
    inline = config_entry.plan(b"repos = []\n", entry, TOML).after
    assert framework_files.load(inline, TOML) == document


@pytest.mark.parametrize(
    "hook", ['id = "pmgit"', 'id = "pmgit-lfs"', 'id = "x"\nentry = "env A=1 pmgit-hook"']
)
def test_an_entry_by_hand_is_left_alone(hook: str) -> None:
    before = f'[[repos]]\nrepo = "local"\n[[repos.hooks]]\n{hook}\n'.encode()
    change = config_entry.plan(before, BUILT, TOML)
    assert change.after == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("repos = 3\n", "has no list `repos`"),
        ("[repos]\n", "has no list `repos`"),
        ('x = "a\n', "not valid TOML: .* at line 1 "),
        ("x = '''" + "\\'" * 4000, "not valid TOML: .* at line 1 "),
        ('x = "' + "\\a" * 4000, "not valid TOML: .* at line 1 "),
        ("a" + ".a" * 9000 + " = 1\n", "a line of more than 10000 characters"),
        ("x = " + "[" * 5000, "not valid TOML"),
        ("x = " + "{" * 5000, "not valid TOML"),
        ("]}]\n", "not valid TOML"),
        ("\x00", "not valid TOML"),
    ],
    ids=lambda value: value[:20],
)
def test_what_lines_cannot_extend_is_refused_with_the_snippet(text: str, why: str) -> None:
    with pytest.raises(NotExtendableError, match=why) as caught:
        config_entry.plan(text.encode(), BUILT, TOML)
    assert "prek.toml" in caught.value.hint
    snippet = caught.value.snippet
    assert framework_files.has_entry(framework_files.load(snippet.encode(), TOML))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NotExtendableError, match="not UTF-8"):
        config_entry.plan(b"a = '\xff\xfe'\n", BUILT, TOML)


@pytest.mark.parametrize(
    ("found", "hooks", "tool", "file"),
    [
        ([], [], "", YAML),
        ([YAML], [], "", YAML),
        ([YAML], ["prek"], "prek", YAML),
        ([YAML, YML], ["prek"], "prek", YAML),
        ([TOML], [], "prek", TOML),
        ([TOML], ["pre-commit"], "prek", TOML),
        ([YML], [], "prek", YML),
        ([TOML, YAML], [], "prek", TOML),
        ([TOML, YAML], ["prek"], "prek", TOML),
        ([TOML, YAML], ["pre-commit"], "pre-commit", YAML),
    ],
)
def test_which_file_counts(found: list[str], hooks: list[str], tool: str, file: str) -> None:
    assert framework_files.tool(found, hooks) == tool
    assert framework_files.read_by(tool, found) == file


def test_which_file_counts_is_what_prek_says(repo: Repo) -> None:
    """The first of them, each with a hook of its own name."""
    for name in (TOML, YAML, YML):
        hook = f'id: "{name}", name: x, entry: x, language: system'
        text = f"repos: [{{repo: local, hooks: [{{{hook}}}]}}]\n"
        if name == TOML:
            hook = hook.replace(": ", "=").replace("=x", "='x'").replace("=system", "='system'")
            text = f"repos = [{{ repo = 'local', hooks = [{{ {hook} }}] }}]\n"
        repo.stage(name, text)
    for name in (TOML, YAML, YML):
        listed = repo.run([str(BIN / "prek"), "list"])
        assert listed.out.strip().removeprefix(".:") == name, listed
        assert framework_files.read_by("prek", framework_files.present(str(repo.path))) == name
        repo.git("rm", "-q", "-f", name)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", ZOO)
def test_an_entry_is_exchanged_and_taken_out_in_its_place(name: str, end: str) -> None:
    before = ENDS[end](ZOO[name][0]).encode()
    first = config_entry.plan(before, BUILT, TOML)
    change = config_entry.exchange(first.after, BUILT, SYSTEM, TOML)
    assert change is not None
    assert framework_files.load(change.after, TOML)["repos"][-1] == SYSTEM.item
    assert parts.taken_back(change.after, *parts.between(first.after, change.after)) == first.after
    out = config_entry.exchange(change.after, SYSTEM, None, TOML)
    assert out is not None
    old, left = (framework_files.load(data, TOML) for data in (before, out.after))
    assert left.get("repos", []) == old.get("repos", [])


def test_a_changed_entry_is_not_exchanged() -> None:
    change = config_entry.plan(None, BUILT, TOML)
    out = config_entry.exchange(change.after, BUILT, None, TOML)
    assert out is not None
    assert out.after == b""
    # Too large to find the places in it.
    large = b"#" * 9000 + b"\n"
    assert config_entry.exchange(large * 12 + change.after, BUILT, SYSTEM, TOML) is None
    with pytest.raises(NotExtendableError, match="too large"):
        config_entry.plan(large * 12, BUILT, TOML)
    for mine in (b"# mine\nalways_run", b"verbose = true\nalways_run"):
        changed = change.after.replace(b"always_run", mine)
        assert config_entry.exchange(changed, BUILT, SYSTEM, TOML) is None
