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
        ("{'Authorization': 'Bearer abcdefgh12'}", "{'Authorization': '***'}"),
        ("sent Bearer abcdefgh12", "sent Bearer ***"),
        ("https://h/x?a=1&X-Amz-Signature=ab%20&b=2", "https://h/x?a=1&X-Amz-Signature=***&b=2"),
        ("https://h/x?token=abc'", "https://h/x?token=***'"),
        ("https://h/x?monkey=abc&keyword=key", "https://h/x?monkey=***&keyword=key"),
        ("hf_" + "a1B2" * 6, "hf_***"),
        ("https://host/a@b", "https://host/a@b"),
        ("mail@host, C:\\x@y, hf_home", "mail@host, C:\\x@y, hf_home"),
        ("", ""),
    ],
)
def test_secrets_in_addresses_are_not_shown(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_secrets_of_the_environment_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "0123456789abcdef")
    monkeypatch.setenv("HF_TOKEN", "x")
    assert redact("the token 0123456789abcdef of x") == "the token *** of x"
