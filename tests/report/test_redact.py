"""No password and no token in what is shown."""

from __future__ import annotations

import pytest

from pmgit.report.redact import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@host/x.git", "https://***@host/x.git"),
        ("https://token@host", "https://***@host"),
        ("ssh://git@host:22/x and http://a:b@c", "ssh://***@host:22/x and http://***@c"),
        ("https://a:p@ss@host/x", "https://***@host/x"),
        ("http.extraHeader=Authorization: Basic abc=", "http.extraHeader=Authorization: ***"),
        ("hf_" + "a1B2" * 6, "hf_***"),
        ("https://host/a@b", "https://host/a@b"),
        ("mail@host, C:\\x@y, hf_home", "mail@host, C:\\x@y, hf_home"),
        ("", ""),
    ],
)
def test_secrets_in_addresses_are_not_shown(text: str, shown: str) -> None:
    assert redact(text) == shown
