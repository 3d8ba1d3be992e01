"""scripts/generate.py: what is made from the code is up to date, and says all of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pmgit import hook, rules
from pmgit.cli import COMMANDS
from pmgit.core.config import SETTINGS, WEIGHTS, parse
from pmgit.core.errors import UsageError
from pmgit.core.units import read_size

ROOT = Path(__file__).parent.parent
GENERATED = (
    ".pre-commit-hooks.yaml", "docs/rules.md", "docs/cli.md", "docs/configuration.md",
    "docs/errors.md", "docs/hosts.md", "docs/pmgit.schema.json", "hooks/pre-commit",
    "hooks/pre-merge-commit", "src/pmgit/rules/__init__.py",
)  # fmt: skip


def generate(*args: str, top: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(top / "scripts/generate.py"), *args],
        capture_output=True, text=True, check=False, cwd=top,
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the script reads and writes, with what Python has compiled of it."""
    top = tmp_path / "copy"
    for folder in ("src", "scripts", "docs", "hooks"):
        shutil.copytree(ROOT / folder, top / folder)
    for name in (".pre-commit-hooks.yaml", "CONTRIBUTING.md", "README.md", "README.zh-CN.md"):
        shutil.copy(ROOT / name, top / name)
    return top


def test_everything_is_up_to_date() -> None:
    done = generate("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


#: One that is as it should be, but for its executable bit.
NOT_EXECUTABLE = "hooks/pre-merge-commit"


def modes(top: Path) -> set[int]:
    """Whether the hooks are executable, which Windows does not know."""
    if sys.platform == "win32":
        return {0o111}
    return {(top / "hooks" / stage).stat().st_mode & 0o111 for stage in hook.STAGES}


def test_check_changes_nothing_and_says_what_is_out_of_date(copy: Path) -> None:
    for name in GENERATED:
        if name == NOT_EXECUTABLE and sys.platform != "win32":
            (copy / name).chmod(0o644)
            continue
        with (copy / name).open("a") as file:
            file.write("# changed\n")
    before = {name: (copy / name).read_bytes() for name in GENERATED}, modes(copy)
    done = generate("--check", top=copy)
    assert done.returncode == 1
    assert ({name: (copy / name).read_bytes() for name in GENERATED}, modes(copy)) == before
    said = sorted(re.findall(r"^out of date: (\S+); run: python scripts/generate\.py$",
                             done.stdout, re.MULTILINE))  # fmt: skip
    assert said == sorted(GENERATED)


def test_it_writes_what_is_missing_and_nothing_else(copy: Path) -> None:
    """Hooks are executable, also one that was there and was not."""
    assert modes(ROOT) == {0o111}
    for name in GENERATED[:-1]:
        if name == NOT_EXECUTABLE and sys.platform != "win32":
            (copy / name).chmod(0o644)
        else:
            (copy / name).unlink()
    done = generate(top=copy)
    assert done.returncode == 0, done
    assert sorted(done.stdout.split()[1::2]) == sorted(GENERATED[:-1])
    for name in GENERATED:
        assert (copy / name).read_bytes() == (ROOT / name).read_bytes()
    assert modes(copy) == {0o111}
    assert generate(top=copy).stdout == ""


# --- the hook manifest


def manifest() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return found


def test_the_manifest_has_one_id_for_all_and_one_for_each_family() -> None:
    entries = {entry["id"]: entry["entry"] for entry in manifest()}
    assert entries == {
        "pmgit": "pmgit-hook",
        **{f"pmgit-{family}": f"pmgit-hook --select {family}" for family in rules.FAMILIES},
    }


def test_every_hook_sees_deletions_too_and_runs_once() -> None:
    for entry in manifest():
        assert entry["language"] == "python"
        assert entry["always_run"] is True
        assert entry["pass_filenames"] is False
        assert entry["require_serial"] is True
        assert entry["stages"] == ["pre-commit", "pre-merge-commit", "pre-push", "manual"]
        assert entry["name"]
        assert entry["description"]
        assert not {"files", "exclude", "types", "types_or", "args"} & entry.keys()


# --- the documentation


def test_docs_name_every_rule_and_option() -> None:
    pages = (ROOT / "docs/rules.md").read_text("utf-8")
    table = (ROOT / "docs/configuration.md").read_text("utf-8")
    for name in rules.RULES:
        assert f"\n## {name}\n" in pages
        page = pages.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        for option in rules.load(name).options:
            line = f"| `{option.name}` | `{option.shown}` | {option.help}"
            assert line in page
            assert line in table


def test_docs_name_every_setting() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    for name in (*SETTINGS, *WEIGHTS):
        assert f"\n| `{name}` | " in page


def test_docs_name_every_command_and_exit_code() -> None:
    page = (ROOT / "docs/cli.md").read_text("utf-8")
    for name in COMMANDS:
        assert f"\n## pmgit {name}\n" in page
    assert hook.USAGE in page
    for code in (0, 1, 2, 3, 130):
        assert f"\n| {code} | " in page


def test_the_readme_has_the_table_of_rules() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    table = text.partition("<!-- rules: begin -->\n")[2].partition("<!-- rules: end -->")[0]
    assert re.findall(r"^\| `\w+` \| \[`([a-z-]+)`\]", table, re.MULTILINE) == list(rules.RULES)


def test_the_example_of_the_documentation_is_valid() -> None:
    page = (ROOT / "docs/configuration.md").read_text("utf-8")
    for example in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        config = parse(example.encode(), ".pmgit.toml")
        for name in config.rules:
            config.check_options(name, rules.load(name).options)


# --- the schema


def schema() -> Any:
    return json.loads((ROOT / "docs/pmgit.schema.json").read_text("utf-8"))


def by_schema(text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(tomllib.loads(text)))


def by_code(text: str) -> bool:
    try:
        config = parse(text.encode(), ".pmgit.toml")
        for name in config.rules:
            if name not in rules.RULES:
                return False
            config.check_options(name, rules.load(name).options)
    except UsageError:
        return False
    return True


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("", True),
        ('models = ["a"]\nstorage = "lfs"\nlanguage = "zh"\nexclude = ["*"]\n', True),
        ('select = ["size"]\nignore = ["naming"]\n[weights]\nalways = ["*.x"]\n', True),
        ("[rules.oversized-blob]\nmax-file-size = 5\n", True),
        ("[rules.oversized-blob]\nmax-file-size = '5 MB'\n", True),
        ("[rules.bad-model-name]\nstrict = true\n", True),
        ("[rules.missing-info]\nlocal = 'off'\n", True),
        ("[rules.host-limit]\nhost = 'github'\n", True),
        ("[rules.host-limit]\nhost = 1\n", False),
        ("[rules]\n", True),
        ("storage = 'x'\n", False),
        ("modles = ['a']\n", False),
        ("models = 'a'\n", False),
        ("models = []\n", False),
        ("[rules.missing-inf]\nlocal = 'off'\n", False),
        ("[rules.missing-info]\nlocl = 'off'\n", False),
        ("[rules.missing-info]\nlocal = 'of'\n", False),
        ("[rules.missing-pointer]\nx = 1\n", False),
        ("[rules.oversized-blob]\nmax-file-size = -5\n", False),
        ("[rules.oversized-blob]\nmax-file-size = true\n", False),
        ("[rules.bad-model-name]\nstrict = 1\n", False),
        ("[weights]\nsometimes = ['*.x']\n", False),
    ],
)
def test_schema_and_code_agree(text: str, valid: bool) -> None:
    assert by_schema(text) is valid
    assert by_code(text) is valid


@pytest.mark.parametrize(
    "text",
    ["0", "500", "500 kB", "1MB", "1 mb", "1.5 MB", "10 MiB", "2gib", "1 TB", "7 B", "0 bytes",
     "1 byte", ".5 MB", "1. MB", " 7 kB ", "", " ", "MB", "-1", "1 XB", "1 MB 2", "nan", "٣ MB",
     "0x10", "1,5 MB", "1e3", "1_000", ".", "1.2.3", "1 k b", "5M", "100 k", "1 ki", "1 kbytes"],
)  # fmt: skip
def test_schema_and_code_agree_about_sizes(text: str) -> None:
    document = f"[rules.oversized-blob]\nmax-file-size = '{text}'\n"
    assert by_schema(document) is by_code(document)
    if by_code(document):
        assert read_size(text) >= 0
