"""The page about licenses, with the table that pmgit itself reads."""

from __future__ import annotations

from pmgit.licenses import table


def licenses_page(edit: str) -> str:
    """docs/licenses.md: the policy, what is understood, and every license with its terms."""
    text = f"<!-- {edit}: the table is src/pmgit/licenses/table.tsv -->\n\n# Licenses\n\n{INTRO}"
    text += "\n| id | SPDX | commercial use | families | conditions |\n|---|---|---|---|---|\n"
    for row in table.load().by_id.values():
        families = " ".join(f"`{name}`" for name in row.families if name != row.id)
        text += f"| `{row.id}` | {row.spdx} | {row.commercial} | {families} | {row.conditions} |\n"
    return text


INTRO = """\
Every model has a license, and INFO.md names it. pmgit knows what the Hugging Face Hub has ids for:
whether a license allows commercial use, and what it asks for. This is a hint, and no legal advice:
the text of the license counts, and for a product a lawyer reads it.

`pmgit add` shows what is known before it asks, `pmgit status` has a word for each model, and
`pmgit info show` all of it, with the files that name the license. The rules about licenses judge
what is in Git; `pmgit info check` also judges a card and a LICENSE that Git ignores.

## A policy

```toml
# .pmgit.toml
[licenses]
commercial = true                    # no license that forbids commercial use
deny = ["agpl", "llama*"]            # none of these
allow = ["apache-2.0", "MIT", "bsd"] # only these
```

Every key may be left out. `deny` comes first, then `allow`, then `commercial`. An entry is

* an id of the Hub (`apache-2.0`) or of SPDX (`Apache-2.0`, `GPL-3.0-or-later`), in any spelling;
* a family: `gpl` is every version, `cc-by-nc` is `cc-by-nc-2.0`, `3.0` and `4.0`, but not
  `cc-by-nc-sa-4.0`; `cc`, `bsd`, `llama` and `openrail` are all of theirs;
* a pattern: `cc-by-nc*`, `llama*`;
* `LicenseRef-NAME` for a license that pmgit does not know, by its name
  (`LicenseRef-tongyi-qianwen`, `LicenseRef-acme-*`); `other` for all of these.

A name that is none of these is an error (exit code 2) that names the nearest one.

The rule [`restricted-license`](rules.md#restricted-license) holds every model that a commit touches
against the policy, and `pmgit check --all` holds all of them. `pmgit add` and `pmgit update` refuse
a model (exit code 1) before its first byte. With `commercial = true`, a license with conditions and
one of which nothing is known are a warning until `allow` names them.

**An agreement of your own** with the owner of a model: name it in INFO.md as `LicenseRef-NAME`, or
by `pmgit add SOURCE --license LicenseRef-NAME`. It counts in place of what the source gives to
everybody; a list in `allow` has to name it.

## What is understood

In INFO.md, in `pmgit.lock` and in the front matter of README.md: `apache-2.0`, `Apache 2.0`,
`Apache License, Version 2.0`, `The MIT License (MIT)`, `GPLv3+`, `CC BY-NC 4.0`,
`Llama 3.1 Community License`, `MIT 许可证`; the addresses of well-known texts; a link of Markdown;
a list (`mit, apache-2.0`: all of them count) and expressions of SPDX (`MIT OR Apache-2.0`, `AND`,
`WITH`, brackets). For `license: other` the card's `license_name` and `license_link` count.

What is not understood as a whole is not understood: `MIT, but not for sale` is no MIT. Then
[`unknown-license`](rules.md#unknown-license) asks for an id, or for a name and the address of the
text. `gpl` and other names for several licenses are asked for too.

The text in a LICENSE file is recognised by its title and, where people like to change it, by its
length. A text that is not surely one of the table is none of them, and never a conflict.
[`license-conflict`](rules.md#license-conflict) reports files of one model that name licenses which
cannot be the same.

The hook reads the front matter without a YAML parser: what is not in the plain form (anchors, texts
over several lines) it passes over.

## The table

The ids are those of [the Hub](https://huggingface.co/docs/hub/repositories-licenses) as of
22 August 2026, the SPDX ids those of the [SPDX list](https://spdx.org/licenses/) 3.29.0. The
conditions of standard licenses are common knowledge; those of `apple-amlr`, `apple-ascl`,
`intel-research`, `fair-noncommercial-research-license`, `llama3` and `gemma` were read in
the texts, in part. `h-research`, `openmdw-1.1`, `grok2-community` and `deepfloyd-if-license` were
not read. `bsl-1.0` is the Boost license, not the Business Source License. `gpl-3.0` and its like do
not say whether later versions are allowed.
"""
