"""The pages about hosts and error texts, made from the data that pmgit itself reads."""

from __future__ import annotations

import re

from pmgit.hosts import limits
from pmgit.symptoms import data


def hosts_page(edit: str) -> str:
    """docs/hosts.md: every limit with its date and source, and the form of the files."""
    text = f"<!-- {edit}: the figures are src/pmgit/hosts/*.toml -->\n\n# Hosts\n\n{HOSTS}"
    for name in limits.NAMES:
        host = limits.load(name)
        text += f"\n## {name}\n\n{host.name}, at {' and '.join(host.domains)}.\n\n"
        text += (
            "| limit | of | advised | refused above | as of | source |\n|---|---|---|---|---|---|\n"
        )
        for kind, limit in host.limits.items():
            what = limits.KINDS[kind][1] + (f" ({limit.note})" if limit.note else "")
            cells = [limit.shown.get(key, "") for key in ("warn", "refuse")]
            text += f"| `{kind}` | {what} | {cells[0]} | {cells[1]} | {limit.date} |"
            text += f" [{_domain(limit.source)}]({limit.source}) |\n"
        quota = host.quota
        if quota:
            parts = [f"{value} of {key}" for key, value in quota.shown.items()]
            text += f"\n`{limits.QUOTA}`: {' and '.join(parts)} in {quota.plan}"
            text += f" ({quota.note})" if quota.note else ""
            text += f"; {quota.date}, [{_domain(quota.source)}]({quota.source})\n"
    return text + FORM.replace("KINDS", _kinds())


def _domain(url: str) -> str:
    return url.split("/")[2]


def _kinds() -> str:
    return "".join(f"| `{k}` | {unit} | {what} |\n" for k, (unit, what) in limits.KINDS.items())


HOSTS = """\
`pmgit check --host github` (or `gitlab`, `huggingface`, or a file) says what the host would
refuse, before anything is uploaded: an error is what it refuses, a warning what it advises
against. It is the rule [`host-limit`](rules.md#host-limit), and silent until a host is chosen. To
choose one for every commit:

```toml
[rules.host-limit]
host = "github"
```

`--range origin/main..HEAD` judges what a push would bring. A last line says how many Git LFS
objects are new to the host, as far as its remote-tracking branches tell, and how much storage it
includes; with `--format json` that is the key `host`.

These are figures of the hosts, copied on the day that stands beside them; hosts change them, and
a plan that is paid for has others. The last word is the server's.
"""

FORM = """
## A host of your own

A file of the same form, for a server whose administrator has set other limits:

```toml
name = "git.example.org"
domains = ["git.example.org"]       # of its addresses; for the remote-tracking branches

[file-size]
warn = "20 MB"
refuse = "50 MB"
date = "2026-11-23"                 # when somebody has looked
source = "https://git.example.org/help"
note = "ask the administrators for more"

[lfs-quota]
plan = "every project"
storage = "50 GB"
date = "2026-11-23"
source = "https://git.example.org/help"
```

`pmgit check --host limits.toml` reads it from disk. In the configuration, it is a file of the
repository, named by its path from the top: `host = ".limits.toml"`. Every limit has a `date`, a
`source`, and at least one of `warn` and `refuse`; a key that is not known is an error.

| limit | in | of |
|---|---|---|
KINDS"""


def errors_page(edit: str) -> str:
    """docs/errors.md: every error text that `pmgit explain` knows."""
    text = f"<!-- {edit}: the texts are src/pmgit/symptoms/*.toml -->\n\n# Error texts\n\n{ERRORS}"
    for symptom in data.load():
        text += f"\n## {symptom.name}\n\n{symptom.title}.\n\n"
        text += "".join(f"* `{quoted}`\n" for quoted in symptom.texts)
        text += f"\n{symptom.cause}\n"
        for way in symptom.fix:
            run = re.sub(r"(?<!@)\{(\w+)\}", _example, way.run)
            text += f"\n{way.when[0].upper()}{way.when[1:]}:\n\n```\n{run}\n```\n"
        rules = ", ".join(f"[`{rule}`](rules.md#{rule})" for rule in symptom.rules)
        text += f"\n{rules}{'. ' if rules else ''}Source: <{symptom.source}>\n"
    return text


def _example(found: re.Match[str]) -> str:
    return {
        "files": "-- FILE", "paths": "FILE", "patterns": "--pattern FILE", "include": "FILE",
        "oids": "-e OID", "remote": "origin", "range": "--range '@{upstream}..HEAD'",
        "pmgit": "pmgit", "install": "sudo apt-get install git-lfs",
    }[found[1]]  # fmt: skip


ERRORS = """\
What hosts and tools print when something went wrong with weights, what it means, and the way out.
`pmgit explain "GH001"` finds it by its text, and puts the names of the files in that it tells:

```
git push 2>&1 | pmgit explain -
```
"""
