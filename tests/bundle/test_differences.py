"""Which differences between two files are named, and which are the last digits of another processor."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.differences import differences

FINDING = {
    "model": "m",
    "audit": "advice",
    "measure": "validation",
    "contrast": "E3(full)",
    "estimate": -3.2,
    "n_obs": 96,
}


def told(claimed: Any, found: Any) -> list[str]:
    return list(differences(claimed, found, "results.json"))


@pytest.mark.parametrize(
    ("claimed", "found", "sentence"),
    [
        ({"a": 1}, {"a": 2}, "results.json: a is 1, the logs give 2"),
        ({"a": 1.0}, {"a": 1.001}, "results.json: a is 1.0, the logs give 1.001"),
        ({"a": None}, {"a": 0.0}, "results.json: a is None, the logs give 0.0"),
        ({"a": False}, {"a": 0}, "results.json: a is False, the logs give 0"),
        ({"a": "pass"}, {"a": "fail"}, "results.json: a is 'pass', the logs give 'fail'"),
        ({"a": 1, "b": 2}, {"a": 1}, "results.json: b: is not among what the logs give"),
        ({"a": 1}, {"a": 1, "b": 2}, "results.json: b: is missing"),
        ([1], [1, 2], "results.json: has 1 entries, the logs give 2"),
        ({"a": []}, {"a": {}}, "results.json: a is [], the logs give {}"),
        ([FINDING], [{**FINDING, "estimate": -12.9}],
         "results.json: m · advice · validation · E3(full): estimate is -3.2, the logs give -12.9"),
        ([FINDING], [{**FINDING, "n_obs": 97}],
         "results.json: m · advice · validation · E3(full): n_obs is 96, the logs give 97"),
    ],
)  # fmt: skip
def test_each_difference_is_named_once(claimed: Any, found: Any, sentence: str) -> None:
    assert told(claimed, found) == [sentence]


@pytest.mark.parametrize(
    ("claimed", "found"), [(1.0, 1.00000001), (0.0, 1e-9), (1e-40, 1e-45), (1.0, 1), (-12.34567, -12.34561)]
)
def test_the_last_digits_of_an_estimate_may_differ(claimed: float, found: float) -> None:
    assert told({"estimate": claimed}, {"estimate": found}) == []


def test_hostile_text_is_shown_as_code_points_and_cut() -> None:
    [sentence] = told({"a": "\x1b[2J" + "x" * 1000}, {"a": "y"})
    assert "\x1b" not in sentence
    assert len(sentence) < 150


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON, JSON)
def test_two_values_without_fractions_differ_if_and_only_if_their_json_does(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (told(one, other) == []) is same
    assert (told(other, one) == []) is same
