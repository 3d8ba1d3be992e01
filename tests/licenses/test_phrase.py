"""Short phrases about licenses."""

from __future__ import annotations

import pytest

from pmgit.licenses import phrase, table
from pmgit.licenses.expression import read


@pytest.mark.parametrize(
    ("text", "commercial", "cell"),
    [
        ("apache-2.0", "yes", "apache-2.0"),
        ("Llama 3.1 Community License", "conditional", "llama3.1, conditions"),
        ("CC BY-NC", "no", "cc-by-nc, non-commercial"),
        ("nobody-knows", "unknown", "nobody-knows, not known"),
        ("LicenseRef-Agreement", "unknown", "LicenseRef-Agreement, not known"),
        ("MIT OR CC-BY-NC-4.0", "yes", "mit OR cc-by-nc-4.0"),
        ("MIT AND CC-BY-NC-4.0", "no", "mit AND cc-by-nc-4.0, non-commercial"),
        ("(gemma OR cc) AND mit", "conditional", "(gemma OR cc) AND mit, conditions"),
        ("", "unknown", ", not known"),
    ],
)  # fmt: skip
def test_terms(text: str, commercial: str, cell: str) -> None:
    found = read(text)
    assert phrase.terms(found).commercial == commercial
    assert phrase.cell(found) == cell
    assert phrase.phrase(found).startswith("commercial use: ")


def test_all_conditions_of_a_list_are_named_and_one_of_a_choice() -> None:
    found = phrase.terms(read("mit, gpl-3.0, gemma")).conditions
    assert found.startswith("gemma: ")
    assert ("; mit: keep notice" in found, "; gpl-3.0: strong copyleft" in found) == (True, True)
    assert "gpl-3.0" not in phrase.terms(read("MIT OR GPL-3.0")).conditions


def test_each_license_of_the_table_has_a_phrase_of_one_line() -> None:
    for id in table.load().by_id:
        text = phrase.phrase(read(id))
        assert text.isprintable()
        assert len(text) < 300
