"""Lines about licenses, as people write them: read as a whole, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmgit.licenses import table
from pmgit.licenses.expression import MAX_TEXT, Several, names_of, of_address, read


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("apache-2.0", "apache-2.0"),
        ("Apache-2.0.", "apache-2.0"),
        ("**MIT**", "mit"),
        ("`gpl-3.0`", "gpl-3.0"),
        ("The MIT License (MIT)", "mit"),
        ("MIT (see LICENSE)", "mit"),
        ("MIT（详见 LICENSE）", "mit"),
        ("[Apache 2.0](https://www.apache.org/licenses/LICENSE-2.0)", "apache-2.0"),
        ("Apache-2.0 (https://example.invalid/LICENSE)", "apache-2.0"),
        ("gemma: https://ai.google.dev/gemma/terms", "gemma"),
        ("<https://opensource.org/licenses/MIT>", "mit"),
        ("see https://opensource.org/licenses/MIT", "mit"),
        ("MIT OR Apache-2.0", "mit OR apache-2.0"),
        ("mit or apache 2.0", "mit OR apache-2.0"),
        ("MIT OR Apache-2.0 AND CC-BY-4.0", "mit OR (apache-2.0 AND cc-by-4.0)"),
        ("(MIT OR Apache-2.0) AND CC-BY-4.0", "(mit OR apache-2.0) AND cc-by-4.0"),
        ("MIT/Apache-2.0", "mit AND apache-2.0"),
        ("mit, apache-2.0", "mit AND apache-2.0"),
        ("MIT、Apache 2.0", "mit AND apache-2.0"),
        ("MIT 和 Apache 2.0", "mit AND apache-2.0"),
        ("mit; gpl-2.0 OR gpl-3.0", "mit AND (gpl-2.0 OR gpl-3.0)"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "gpl-2.0"),
        ("GPL-3.0-or-later WITH GCC-exception-3.1 OR MIT", "gpl-3.0 OR mit"),
        ('BSD 3-Clause "New" or "Revised" License', "bsd-3-clause"),
        ("GNU General Public License version 3 or any later version", "gpl-3.0"),
        (
            "Creative Commons Attribution Non Commercial 4.0 International (CC BY-NC 4.0)",
            "cc-by-nc-4.0",
        ),
        ("LicenseRef-llama3.1", "llama3.1"),
        ("LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc.", "llama2"),
        ("Apache 2.0 (matches upstream)", "apache-2.0"),
        ("MIT (same as the base model)", "mit"),
        ("CC-BY-SA 3.0 + GPLv3", "cc-by-sa-3.0 AND gpl-3.0"),
        ("GNU GPLv2", "gpl-2.0"),
    ],
)
def test_understood(text: str, shown: str) -> None:
    found = read(text)
    assert found.shown == shown
    assert found.is_known


@pytest.mark.parametrize(
    "text",
    [
        "MIT, but not for sale", "MIT (non-commercial use only)", "MIT (with changes)", "MIT?",
        "Apache-2.0 for code, CC-BY-NC-4.0 for weights", "MIT AND", "AND", "OR MIT", "MIT OR ()",
        "(MIT", "MIT)", "()", "MIT WITH", "MIT WITH (x)", "for research and education only",
        "MIT Apache-2.0", "MIT (Apache-2.0)", "tongyi-qianwen", "LicenseRef-", "LicenseRef-a b",
        "(" * 50 + "MIT" + " OR MIT)" * 50, "MIT OR " * 400 + "MIT", "other", "unknown", "https://",
        "https://example.invalid/MIT",
    ],
)  # fmt: skip
def test_not_understood(text: str) -> None:
    assert not read(text).is_known


def test_the_text_of_a_license_that_is_not_known_is_linked() -> None:
    for text, shown, link in (
        ("lfm1.0 LICENSE", "lfm1.0", "LICENSE"),
        ("tongyi (https://example.invalid/LICENSE)", "tongyi", "https://example.invalid/LICENSE"),
        ("[Tongyi](https://example.invalid/a)", "Tongyi", "https://example.invalid/a"),
        ("https://example.invalid/a.", "https://example.invalid/a.", "https://example.invalid/a"),
        ("LicenseRef-Agreement", "LicenseRef-Agreement", ""),
        ("", "", ""),
    ):
        found = read(text)
        assert (found.shown, found.link) == (shown, link), text
    (name,) = read("LicenseRef-Agreement").names
    assert name.own == "Agreement"
    assert read("").names == []


@pytest.mark.parametrize(
    ("address", "id"),
    [
        ("https://www.apache.org/licenses/LICENSE-2.0", "apache-2.0"),
        ("http://www.apache.org/licenses/LICENSE-2.0.html", "apache-2.0"),
        ("https://opensource.org/license/bsd-3-clause/", "bsd-3-clause"),
        ("https://spdx.org/licenses/MIT.html", "mit"),
        ("https://choosealicense.com/licenses/agpl-3.0/", "agpl-3.0"),
        ("https://www.gnu.org/licenses/gpl-3.0.en.html", "gpl-3.0"),
        ("https://www.gnu.org/licenses/old-licenses/gpl-2.0.txt", "gpl-2.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/deed.zh", "cc-by-nc-sa-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "cc0-1.0"),
        ("https://www.llama.com/llama3_1/license/", "llama3.1"),
        ("https://creativecommons.org/licenses/by-xx/4.0/", ""),
        ("https://creativecommons.org/", ""),
        ("https://apache.org.example.invalid/licenses/LICENSE-2.0", ""),
        ("https://example.invalid/licenses/MIT", ""),
        ("https://", ""),
    ],
)
def test_addresses_of_texts(address: str, id: str) -> None:
    found = of_address(address)
    assert (found.id if found else "") == id


#: All characters but halves of pairs. By default hypothesis finds them in 2 s.
LETTERS = st.characters(exclude_categories=["Cs"])
WORDS = st.sampled_from(
    ["MIT", "apache-2.0", "gpl", " OR ", " AND ", " WITH ", "(", ")", ",", "/", " ", "https://a.b/c",
     "](", "[", "LicenseRef-x", "（", "或", "*", "`", "LICENSE", "x", "\n", "\0", "\u202e"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(LETTERS, max_size=200), st.lists(WORDS, max_size=40).map("".join)))
def test_any_text_has_a_reading_that_names_what_the_table_has(text: str) -> None:
    found = read(text)
    assert len(found.text) <= MAX_TEXT
    for name in found.names:
        assert (
            name.license is None or name.license.families or name.license.id in (table.load().by_id)
        )
    if found.is_known:
        # What is shown is read as the same again.
        again = read(found.shown)
        assert again.shown == found.shown
        assert found.expression
        if isinstance(found.expression, Several):
            assert len(list(names_of(found.expression))) > 1


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(table.load().by_id)),
    st.sampled_from(["{}", "{} License", "the {} license", "({})", "**{}**", "{}.", "`{}`"]),
    st.booleans(),
)
def test_every_id_is_read_in_every_form(id: str, form: str, upper: bool) -> None:
    found = read(form.format(id.upper() if upper else id))
    assert [name.license.id for name in found.names if name.license] == [id]
