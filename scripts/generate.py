#!/usr/bin/env python3
"""Write every file that is made from the code; with --check, only say which are out of date.

Rule table, hook manifest, pages of the documentation, JSON schema, hook shims: each of these has
its one source in `src/pmgit`. A test runs `--check`.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import house

TOP = Path(__file__).resolve().parent.parent
SOURCE = TOP / "src" / "pmgit"
sys.path.insert(0, str(TOP / "src"))

FAMILIES = ("size", "lfs", "naming", "info", "content", "license")
EDIT = "made by scripts/generate.py; do not edit"


def rule_classes() -> list[tuple[str, str, dict[str, str]]]:
    """Module, class and literal attributes of every rule, told from the source alone.

    The table that is written here is what importing the rules would need.
    """
    found = []
    for path in sorted((SOURCE / "rules").glob("[a-z]*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and any(
                isinstance(base, ast.Name) and base.id == "Rule" for base in node.bases
            ):
                values: dict[str, str] = {}
                for item in node.body:
                    if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
                        if isinstance(item.value, ast.Constant):
                            values[item.targets[0].id] = str(item.value.value)
                        elif isinstance(item.value, ast.Name):
                            values[item.targets[0].id] = item.value.id
                found.append((path.stem, node.name, values))
    return sorted(found, key=lambda rule: (FAMILIES.index(rule[2]["family"]), rule[0]))


def rule_table() -> str:
    entries = "\n".join(
        f'    "{values["name"]}": RuleEntry("{module}", "{values["family"]}",'
        f" rule.{values['scope']}),"
        for module, _, values in rule_classes()
    )
    return f'''"""The rules, one module each; their table here is {EDIT}."""

from __future__ import annotations

from pmgit.core import rule


class RuleEntry:
    """Where a rule is, and what is known of it without importing it."""

    __slots__ = ("family", "module", "scope")

    def __init__(self, module: str, family: str, scope: str) -> None:
        self.module = module
        self.family = family
        self.scope = scope


RULES = {{
{entries}
}}

FAMILIES = tuple(dict.fromkeys(entry.family for entry in RULES.values()))


def load(name: str) -> type[rule.Rule]:
    """The class of a rule, imported when it is needed. It is called as its module is."""
    module = RULES[name].module
    called = "".join(word.title() for word in module.split("_"))
    imported = __import__(f"pmgit.rules.{{module}}", fromlist=[called])
    found: type[rule.Rule] = getattr(imported, called)
    return found
'''


FAMILY_TEXT = {
    "size": "blobs and model folders that are too large for Git's history",
    "lfs": "raw blobs where pointers belong, and pointers where none do",
    "naming": "names and places that break on other systems or say nothing",
    "info": "models that nobody can account for",
    "license": "models whose license is unknown, contradicted or not allowed",
    "content": "weights that are unsafe, broken, incomplete or there twice",
}


def hook_manifest() -> str:
    from pmgit.hook import STAGES
    from pmgit.rules import FAMILIES as PRESENT

    stages = ", ".join([*STAGES, "manual"])
    entries = [("pmgit", "pmgit", "every rule, in one process", "pmgit-hook")]
    entries += [
        (
            f"pmgit-{family}",
            f"pmgit: {family}",
            FAMILY_TEXT[family],
            f"pmgit-hook --select {family}",
        )
        for family in PRESENT
    ]
    text = f"# {EDIT}.\n# File names are not passed: what is judged is the index, deletions too.\n"
    for hook, name, description, entry in entries:
        text += f"""
- id: {hook}
  name: {json.dumps(name)}
  description: {json.dumps(description)}
  entry: {entry}
  language: python
  always_run: true
  pass_filenames: false
  require_serial: true
  stages: [{stages}]
  minimum_pre_commit_version: "3.2.0"
""".lstrip("\n")
    return text


def rules() -> list[Any]:
    from pmgit import rules as table

    return [table.load(name) for name in table.RULES]


def meaning(option: Any) -> str:
    """The help of an option or setting, with the values that it can have."""
    from pmgit.core.option import NAMES

    if not option.choices:
        return str(option.help)
    values = ", ".join(f"`{json.dumps(choice)}`" for choice in option.choices)
    return f"{option.help} {'Any' if option.type == NAMES else 'One'} of {values}."


def rules_page() -> str:
    parts = [
        f"<!-- {EDIT}: the text is the docstring of each rule -->\n\n# Rules\n\n{rules_index('')}\n"
    ]
    for rule in rules():
        page = inspect.cleandoc(rule.__doc__).replace("\n## ", "\n### ")
        parts.append(f"## {rule.name}\n\n*Family `{rule.family}`, {rule.severity}.* {page}\n")
        if rule.options:
            lines = "\n".join(
                f"| `{option.name}` | `{option.shown}` | {meaning(option)} |"
                for option in rule.options
            )
            parts.append(f"### Options\n\n| option | default | meaning |\n|---|---|---|\n{lines}\n")
    return "\n".join(parts)


def rules_index(page: str) -> str:
    lines = [
        f"| `{rule.family}` | [`{rule.name}`]({page}#{rule.name}) | {rule.severity} |"
        f" {inspect.cleandoc(rule.__doc__).splitlines()[0]} |"
        for rule in rules()
    ]
    return "\n".join(["| family | rule | severity | reports |", "|---|---|---|---|", *lines, ""])


def cli_page() -> str:
    import click

    from pmgit.cli import COMMANDS, main_group

    text = f"<!-- {EDIT}: the text is what `--help` prints -->\n\n# Commands\n\n"
    text += EXIT_CODES
    context = click.Context(main_group, info_name="pmgit", terminal_width=80, max_content_width=80)
    text += f"## pmgit\n\n```\n{main_group.get_help(context)}\n```\n"
    for name in COMMANDS:
        text += _command_help(main_group.get_command(context, name), name, context)
    from pmgit.hook import USAGE

    return text + f"\n## pmgit-hook\n\n```\n{USAGE}```\n"


def _command_help(command: Any, name: str, parent: Any) -> str:
    import click

    context = click.Context(command, info_name=name, parent=parent, terminal_width=80)
    text = f"\n## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            text += _command_help(command.get_command(context, sub), sub, context)
    return text


EXIT_CODES = """\
## Exit codes

| code | meaning |
|---|---|
| 0 | clean; there may be warnings |
| 1 | findings that block |
| 2 | wrong usage, or a wrong configuration |
| 3 | the work could not be done (git, network, unreadable object): never "clean" |
| 130 | interrupted |

All other codes are reserved.

"""


def configuration_page() -> str:
    from pmgit.core.config import ACCEPTED, LICENSES, SETTINGS, WEIGHTS
    from pmgit.model import weights

    text = f"<!-- {EDIT} -->\n\n# Configuration\n\n{CONFIGURATION}"
    text += "\n## Settings\n\n| key | default | meaning |\n|---|---|---|\n"
    for name, setting in SETTINGS.items():
        default = json.dumps(setting.default) if setting.default != "" else "not set"
        text += f"| `{name}` | `{default}` | {meaning(setting)} |\n"
    text += "\n## [weights]\n\n| key | meaning |\n|---|---|\n"
    for name, setting in WEIGHTS.items():
        text += f"| `{name}` | {setting.help} |\n"
    for title, suffixes in (
        ("Always weights", weights.ALWAYS_SUFFIXES),
        (
            "Weights inside a model folder, but for text and tokenizers; elsewhere by content",
            weights.AMBIGUOUS_SUFFIXES,
        ),
        (
            "No weights, as long as they are not [binary](rules.md#tracked-weights)",
            (*weights.NEVER_SUFFIXES, *weights.NEVER_NAMES),
        ),
    ):
        text += f"\n{title}, built in: " + " ".join(f"`{suffix}`" for suffix in suffixes) + "\n"
    text += "\n## [licenses]\n\nThe policy of [`restricted-license`](rules.md#restricted-license);"
    text += " see [Licenses](licenses.md).\n\n| key | default | meaning |\n|---|---|---|\n"
    for name, setting in LICENSES.items():
        text += f"| `{name}` | `{setting.shown}` | {meaning(setting)} |\n"
    text += "\n## [accepted.SHA256]\n\nOne table for each file that somebody has looked into; see"
    text += " [`unsafe-weights`](rules.md#unsafe-weights).\n\n| key | default | meaning |\n"
    text += "|---|---|---|\n"
    for name, setting in ACCEPTED.items():
        text += f"| `{name}` | `{setting.shown}` | {meaning(setting)} |\n"
    text += "\n## [rules.NAME]\n\n| rule | option | default | meaning |\n|---|---|---|---|\n"
    for rule in rules():
        for option in rule.options:
            text += (
                f"| [`{rule.name}`](rules.md#{rule.name}) | `{option.name}` |"
                f" `{option.shown}` | {meaning(option)} |\n"
            )
    return text


CONFIGURATION = """\
`.pmgit.toml` at the top of the repository, or `[tool.pmgit]` in `pyproject.toml`. It belongs to
what is judged: a commit is judged with the configuration in the index, a range with the one at
its tip. An unknown key is an error. Sizes are numbers of bytes or text (`"1 MB"`, `"10 MiB"`).
[pmgit.schema.json](pmgit.schema.json) describes it for editors.

```toml
models = ["pretrained_model"]
storage = "ignore"            # or "lfs"
language = "en"               # of INFO.md templates: "en" or "zh"

[rules.missing-info]
local = "error"               # weights that lie ignored in the work tree need an INFO.md too

[rules.oversized-blob]
max-file-size = "20 MB"
```

On a command line: `-c oversized-blob.max-file-size=20MB`.
"""


#: What `units.read_size` reads, as a regular expression; a test holds the two together.
SIZE_TEXT = r"^\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*([kKmMgGtT]?[bB]|[kKmMgGtT][iI][bB]|bytes?)?\s*$"


def schema() -> str:
    from pmgit.core.config import ACCEPTED, LICENSES, SETTINGS, WEIGHTS
    from pmgit.core.option import CHOICE, FLAG, NAMES, SIZE, TEXT

    names = {"type": "array", "items": {"type": "string"}}
    size = {
        "oneOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": SIZE_TEXT},
        ]
    }

    def shape(setting: Any) -> dict[str, Any]:
        kinds: dict[str, dict[str, Any]] = {
            NAMES: names,
            FLAG: {"type": "boolean"},
            TEXT: {"type": "string"},
            SIZE: size,
            CHOICE: {"enum": list(setting.choices)},
        }
        found = {**kinds[setting.type], "description": setting.help}
        if setting.type == NAMES and setting.choices:
            found["items"] = {"enum": list(setting.choices)}
        return found

    def table(properties: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "properties": properties}

    by_rule = {r.name: table({o.name: shape(o) for o in r.options}) for r in rules()}
    settings: dict[str, Any] = {name: shape(setting) for name, setting in SETTINGS.items()}
    settings["models"]["minItems"] = 1
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pmgit configuration",
        "description": EDIT,
        **table(
            {
                **settings,
                "weights": table({name: shape(setting) for name, setting in WEIGHTS.items()}),
                "licenses": table({name: shape(setting) for name, setting in LICENSES.items()}),
                "accepted": {
                    "type": "object",
                    "additionalProperties": False,
                    "patternProperties": {
                        "^[0-9a-f]{64}$": {
                            **table({name: shape(setting) for name, setting in ACCEPTED.items()}),
                            "required": ["reason"],
                        }
                    },
                },
                "rules": table(by_rule),
            }
        ),
    }
    return json.dumps(document, indent=2) + "\n"


def push_ruleset() -> str:
    """The push ruleset for GitHub: the parts of pmgit's rules that GitHub itself can hold."""
    from pmgit.model.weights import ALWAYS_SUFFIXES
    from pmgit.rules.oversized_blob import OversizedBlob

    limit = next(o.default for o in OversizedBlob.options if o.name == "max-file-size")
    patterns = sorted(f"*{suffix}" for suffix in ALWAYS_SUFFIXES)
    ruleset = {
        "name": "pmgit: no weights, no large files",
        "target": "push",
        "enforcement": "active",
        "rules": [
            # In megabytes, from 1 to 100.
            {"type": "max_file_size", "parameters": {"max_file_size": limit // 1_000_000}},
            {
                "type": "file_extension_restriction",
                "parameters": {"restricted_file_extensions": patterns},
            },
        ],
    }
    return json.dumps(ruleset, indent=2) + "\n"


def shims() -> dict[str, str]:
    from pmgit.hook import HOOKS
    from pmgit.hooks.shim import SHIM

    return {f"hooks/{stage}": SHIM for stage in HOOKS}


def between(text: str, name: str) -> tuple[str, str, str]:
    """A page before, in and behind the block of this name, which its markers stay around."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    head, _, rest = text.partition(begin)
    inside, _, tail = rest.partition(end)
    return head + begin, inside, end + tail


def readme() -> str:
    """The README with its rule table made anew."""
    head, _, tail = between((TOP / "README.md").read_text("utf-8"), "rules")
    return head + rules_index("docs/rules.md") + tail


def chinese_readme() -> str:
    """The Chinese README with the transcripts of the English one."""
    english = (TOP / "README.md").read_text("utf-8")
    text = (TOP / "README.zh-CN.md").read_text("utf-8")
    for name in ("transcript", "first-day", "onboarding", "models"):
        head, _, tail = between(text, name)
        text = head + between(english, name)[1] + tail
    return text


def contributing() -> str:
    """CONTRIBUTING.md with the table of floors made anew."""
    head, _, tail = between((TOP / "CONTRIBUTING.md").read_text("utf-8"), "floors")
    return head + house.table() + tail


def generated() -> dict[str, str]:
    """Every generated file with its text; the rule table comes first, the others import it."""
    import host_pages
    import license_page

    return {
        ".pre-commit-hooks.yaml": hook_manifest(),
        "docs/rules.md": rules_page(),
        "docs/cli.md": cli_page(),
        "docs/configuration.md": configuration_page(),
        "docs/pmgit.schema.json": schema(),
        "docs/hosts.md": host_pages.hosts_page(EDIT),
        "docs/errors.md": host_pages.errors_page(EDIT),
        "docs/licenses.md": license_page.licenses_page(EDIT),
        "docs/github-push-ruleset.json": push_ruleset(),
        "CONTRIBUTING.md": contributing(),
        "README.md": readme(),
        "README.zh-CN.md": chinese_readme(),
        **shims(),
    }


def put(name: str, text: str, check: bool) -> bool:
    """Write a file, or with `check` only look; whether it was out of date."""
    path = TOP / name
    executable = name.startswith("hooks/")
    right = path.exists() and path.read_bytes() == text.encode("utf-8")
    if executable and right:
        right = bool(path.stat().st_mode & 0o100) or sys.platform == "win32"
    if right:
        return False
    if check:
        print(f"out of date: {name}; run: python scripts/generate.py")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
        if executable:
            path.chmod(0o755)
        print(f"wrote {name}")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if out of date")
    check = parser.parse_args().check
    stale = put("src/pmgit/rules/__init__.py", rule_table(), check)
    for name, text in generated().items():
        stale = put(name, text, check) or stale
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
