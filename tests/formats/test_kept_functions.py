"""Functions that a pickle keeps count as called where something gets them that may call them."""

from __future__ import annotations

from tests.formats.caller_samples import callers
from tests.formats.test_judge import wrong


def test_what_may_call_a_function_is_unsafe_and_what_keeps_it_is_not() -> None:
    assert wrong(callers()) == []
