"""Where redirects may lead, and whom an address is of."""

from __future__ import annotations

import pytest

from pmgit.hub.client import UnreachableError, follow, origin


@pytest.mark.parametrize(
    ("url", "target", "found"),
    [
        ("https://hub/a/b", "/c?d=e", "https://hub/c?d=e"),
        ("https://hub/a/b", "c", "https://hub/a/c"),
        ("http://hub/a", "https://cdn/c", "https://cdn/c"),
        ("https://hub/a", "//cdn/c", "https://cdn/c"),
    ],
)
def test_redirects(url: str, target: str, found: str) -> None:
    assert follow(url, target) == found


@pytest.mark.parametrize(
    "target", ["http://hub/a", "file:///etc/passwd", "ftp://hub/a", "https://["]
)
def test_redirects_that_are_not_followed(target: str) -> None:
    with pytest.raises(UnreachableError) as caught:
        follow("https://hub/a", target)
    assert not caught.value.may_pass


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://hub/a", "https://HUB:443/b", True),
        ("http://hub/a", "http://hub:80/b", True),
        ("https://hub/a", "http://hub/a", False),
        ("https://hub/a", "https://hub:444/a", False),
        ("https://hub/a", "https://hub.evil/a", False),
        ("https://hub/a", "https://hub@evil/a", False),
    ],
)
def test_origins(one: str, other: str, same: bool) -> None:
    assert (origin(one) == origin(other)) is same
