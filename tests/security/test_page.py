"""docs/security.md: every promise names the tests that show it, and no test is left out."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)`")


def test_every_promise_is_shown_by_a_test_and_every_test_shows_one() -> None:
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    promises = [row for row in rows if row != "| promise | shown by |"]
    assert len(promises) > 20
    assert [row for row in promises if not NAMED.search(row)] == []
    named = set(NAMED.findall(page))
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []
    here = {f"tests/security/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    assert sorted(here - named) == [f"tests/security/{Path(__file__).name}"]
