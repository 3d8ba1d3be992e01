"""The table of licenses: whole, and each row is found by every name that it has."""

from __future__ import annotations

from pathlib import Path

from pmgit.licenses import table
from pmgit.licenses.table import CONDITIONAL, NO, UNKNOWN, YES

KNOWN = table.load()


def test_the_rows_are_whole() -> None:
    assert len(KNOWN.by_id) == 83
    for id, row in KNOWN.by_id.items():
        assert id == id.lower().strip(), id
        assert row.commercial in (YES, NO, CONDITIONAL, UNKNOWN), id
        assert row.conditions, id
        assert row.conditions.isprintable(), id
        assert "licence" not in row.conditions.lower(), id
    # No use under a license that forbids it is called anything else.
    for id, row in KNOWN.by_id.items():
        assert (row.commercial == NO) == ("-nc" in id or "research" in id or id in (
            "apple-amlr", "deepfloyd-if-license",
        )), id  # fmt: skip
    spdx = [row.spdx for row in KNOWN.by_id.values() if row.spdx]
    assert len(spdx) == len({name.lower() for name in spdx}) == 55


def test_each_row_is_found_by_its_names_and_no_other_row_has_them() -> None:
    for id, row in KNOWN.by_id.items():
        for name in (id, id.upper(), row.spdx, f"{row.spdx} License", f" {id} "):
            if name and name != " License":
                assert KNOWN.find(name) is row, name
    for key, row in KNOWN._keys.items():
        assert table.key_of(key) == key, key
        assert KNOWN.find(key) is row, key
    lines = Path(table.__file__).with_name("table.tsv").read_text("utf-8").split("\n")
    keys = [key for line in lines if "\t" in line for key in line.split("\t")[4].split(" ")][1:]
    assert len(keys) == len({*keys}) == len(KNOWN._keys)


def test_spellings() -> None:
    for text, id in (
        ("Apache 2", "apache-2.0"), ("Apache2.0", "apache-2.0"), ("apache_2.0", "apache-2.0"),
        ("Apache License Version 2.0", "apache-2.0"), ("the mit license", "mit"),
        ("GPLv3", "gpl-3.0"), ("GPL v3+", "gpl-3.0"), ("GPL-3.0-or-later", "gpl-3.0"),
        ("GNU General Public License v2.0 only", "gpl-2.0"), ("LGPL 2.1", "lgpl-2.1"),
        ("GNU Affero General Public License v3.0", "agpl-3.0"), ("BSD 3-Clause", "bsd-3-clause"),
        ("CC BY-NC-SA 4.0", "cc-by-nc-sa-4.0"), ("cc by 4", "cc-by-4.0"), ("CC0", "cc0-1.0"),
        ("Creative Commons Attribution-ShareAlike 4.0 International", "cc-by-sa-4.0"),
        ("Llama 3.1 Community License", "llama3.1"), ("META LLAMA 3 COMMUNITY LICENSE", "llama3"),
        ("Gemma Terms of Use", "gemma"), ("CreativeML OpenRAIL-M", "creativeml-openrail-m"),
        ("Apache Software License 2.0", "apache-2.0"), ("ASL 2.0", "apache-2.0"),
        ("Simplified BSD", "bsd-2-clause"), ("New BSD License", "bsd-3-clause"),
        ('BSD 2-Clause "Simplified" License', "bsd-2-clause"), ("Expat", "mit"),
        ("Boost Software License 1.0", "bsl-1.0"), ("Eclipse Public License 2.0", "epl-2.0"),
        ("Open Data Commons Open Database License v1.0", "odbl"), ("SIL OFL 1.1", "ofl-1.1"),
        ("Creative Commons Zero v1.0 Universal", "cc0-1.0"), ("DeepFloyd IF License",
        "deepfloyd-if-license"), ("BigScience RAIL License v1.0", "bigscience-bloom-rail-1.0"),
        ("OpenMDW License Agreement, version 1.0 (OpenMDW-1.0)", "openmdw-1.0"),
        ("CreativeML Open RAIL++-M License", "openrail++"), ("Grok-2", "grok2-community"),
        ("Mozilla Public License 2.0", "mpl-2.0"), ("Unlicense", "unlicense"), ("ISC", "isc"),
        ("Apache 2.0 许可证", "apache-2.0"), ("MIT协议", "mit"),
    ):  # fmt: skip
        assert KNOWN.find(text) is KNOWN.by_id[id], (text, KNOWN.find(text))
    for text in (
        "", " ", "license", "The License", "mitt", "MIT?", "not MIT", "modified MIT", "MIT-0",
        "BUSL", "Business Source License 1.1", "Llama 9", "Apache 3.0", "cc-by-9.0",
        "public domain", "proprietary", "custom", "MIT\n", "x" * 300, "许可证",
    ):  # fmt: skip
        assert KNOWN.find(text) is None or text.strip() == "MIT", text


def test_families_stand_for_several() -> None:
    gpl, gpl_3 = KNOWN.by_id["gpl"], KNOWN.by_id["gpl-3.0"]
    assert gpl.is_family
    assert not gpl_3.is_family
    assert gpl.may_be(gpl_3)
    assert gpl_3.may_be(gpl)
    assert not gpl_3.may_be(KNOWN.by_id["gpl-2.0"])
    nc = KNOWN.find("cc-by-nc")
    assert nc is not None
    assert (nc.is_family, nc.commercial) == (True, NO)
    assert nc.may_be(KNOWN.by_id["cc-by-nc-4.0"])
    assert nc.may_be(KNOWN.by_id["cc"])
    assert not nc.may_be(KNOWN.by_id["cc-by-4.0"])
    assert not nc.may_be(KNOWN.by_id["cc-by-nc-sa-4.0"])
    llama = KNOWN.find("Llama license")
    assert llama is not None
    assert (llama.id, llama.commercial) == ("llama", CONDITIONAL)
    assert {row.id for row in KNOWN.members["cc"]} >= {"cc0-1.0", "cc-by-4.0", "cc-by-nc-nd-3.0"}
