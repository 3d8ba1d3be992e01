"""Which classes are judged by their state; the samples have the states themselves."""

from __future__ import annotations

from pmgit.formats import given_states
from pmgit.formats.pickle_values import Box, GlobalName


def test_every_class_has_an_ending_by_which_its_calls_are_kept() -> None:
    for module, name in (
        ("joblib.memory", "Memory"), ("scipy.stats._continuous_distns", "norm_gen"),
        ("scipy.stats._continuous_distns", "rv_histogram"),
        ("scipy.stats._distn_infrastructure", "rv_sample"),
    ):  # fmt: skip
        assert given_states.is_judged(module, name)
        assert name.endswith(given_states.ENDINGS)
        assert given_states.is_wrong(GlobalName(module, name, 0), None)


def test_other_classes_may_get_anything() -> None:
    assert not given_states.is_judged("my_package", "Memory")
    assert not given_states.is_wrong(GlobalName("my_package", "Memory", 0), None)
    assert not given_states.is_wrong(GlobalName("my_package", "Memory", 0), Box())
