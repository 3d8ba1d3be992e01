"""Texts of licenses: recognised when they are surely what they seem, and nothing else."""

from __future__ import annotations

from pathlib import Path

from pmgit.licenses.texts import MAX_BYTES, recognised
from tests.rules.test_license_conflict import MIT

APACHE = (Path(__file__).parents[2] / "LICENSE").read_text()
BSD_2 = """\
Copyright (c) 2026, Somebody
All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted
provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions
   and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions
   and the following disclaimer in the documentation and/or other materials provided with the
   distribution.
{more}
THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER
IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF
THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""
THIRD = """
3. Neither the name of the copyright holder nor the names of its contributors may be used to endorse
   or promote products derived from this software without specific prior written permission.
"""
ADVERTISING = """
3. All advertising materials mentioning features or use of this software must display the following
   acknowledgement.
"""


def id_of(text: str) -> str:
    found = recognised(text.encode())
    return found.id if found else ""


def test_whole_texts() -> None:
    for text, id in (
        (APACHE, "apache-2.0"),
        (MIT, "mit"),
        (MIT.replace("MIT License\n", ""), "mit"),
        (MIT.replace("MIT License", "# The MIT License (MIT)"), "mit"),
        (MIT.replace("\n", "\r\n"), "mit"),
        (f"\ufeff{MIT}", "mit"),
        (BSD_2.format(more=""), "bsd-2-clause"),
        (BSD_2.format(more=THIRD), "bsd-3-clause"),
        (f"BSD 3-Clause License\n\n{BSD_2.format(more=THIRD)}", "bsd-3-clause"),
        ("MIT License\n", "mit"),
        ("apache-2.0\n", "apache-2.0"),
    ):
        assert id_of(text) == id, text[:80]


def test_titles_of_texts_that_are_not_changed() -> None:
    for title, id in (
        (
            "                    GNU GENERAL PUBLIC LICENSE\n       Version 3, 29 June 2007",
            "gpl-3.0",
        ),
        ("GNU GENERAL PUBLIC LICENSE\nVersion 2, June 1991", "gpl-2.0"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 2.1, February 1999", "lgpl-2.1"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007", "lgpl-3.0"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", "agpl-3.0"),
        ("Mozilla Public License Version 2.0\n==========", "mpl-2.0"),
        ("Attribution-NonCommercial 4.0 International\n\n===\n\nCreative Commons", "cc-by-nc-4.0"),
        ("Creative Commons Legal Code\n\nCC0 1.0 Universal", "cc0-1.0"),
        ("Creative Commons Legal Code\n\nAttribution-ShareAlike 3.0 Unported", "cc-by-sa-3.0"),
        ("LLAMA 2 COMMUNITY LICENSE AGREEMENT\t\nLlama 2 Version Release Date: July 18", "llama2"),
        ("META LLAMA 3 COMMUNITY LICENSE AGREEMENT\nMeta Llama 3 Version Release", "llama3"),
        ("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version Release Date", "llama3.1"),
        ("Gemma Terms of Use\n\nLast modified: April 1, 2024", "gemma"),
        (
            "Copyright (c) 2022 Somebody\n\nCreativeML Open RAIL-M\ndated August 22, 2022",
            "creativeml-openrail-m",
        ),
        ("BigScience RAIL License v1.0\ndated May 19, 2022", "bigscience-bloom-rail-1.0"),
        ("BigCode Open RAIL-M v1 License Agreement\n\nSection I: Preamble", "bigcode-openrail-m"),
        ("FAIR Noncommercial Research License\nv1", "fair-noncommercial-research-license"),
    ):
        assert id_of(f"{title}\n\n{'words of the text ' * 500}") == id, title


def test_a_text_that_goes_on_or_begins_otherwise_is_none() -> None:
    for text in (
        "",
        "\n",
        "Copyright Somebody\n",
        "LICENSE\n",
        "All rights reserved.\n",
        f"{MIT}\nThe model shall not be used by companies with more than 100 million users.\n",
        MIT.replace("subject to", "for a company with fewer than one hundred people, subject to"),
        MIT.replace("MIT License", "Modified MIT License"),
        MIT.replace("MIT License", "Acme License\n\nBased on the text of MIT."),
        f"{MIT}\n{MIT}",
        f"{MIT}\n{APACHE}",
        f"{APACHE}\n{'more terms ' * 30}",
        f"Commons Clause License Condition v1.0\n\n{APACHE}",
        f"Acme is under Apache 2.0 with additional terms.\n\n{APACHE}",
        APACHE.replace("Apache License", "Acme License"),
        "Apache License\nVersion 2.0, January 2004\n\nOther words.\n" * 20,
        BSD_2.format(more=ADVERTISING),
        BSD_2.format(more=THIRD * 3),
        f"MIT License\n\n{BSD_2.format(more='')}",
        "Tongyi Qianwen LICENSE AGREEMENT\n\nTongyi Qianwen Release Date: August 3, 2023\n",
        "Attribution-NonCommercial 4.0 International\n\nof some other kind\n",
        "GNU GENERAL PUBLIC LICENSE\nVersion 1, February 1989\n",
        "MIT License\n\nwith other words below it, which are many more than a title, and so on\n",
        "other\n",
        "unknown\n",
        MIT + "\0",
        "MIT License\n" + " " * MAX_BYTES,
    ):
        assert id_of(text) == "", text[:80]
    assert recognised(b"\xff\xfe" + MIT.encode("utf-16-le")) is None
