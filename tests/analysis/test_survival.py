import math

import pytest

from standfast.analysis.survival import holding

SCORES = {"h": 1.0, "n": 0.0, "a": -1.0}


def conversations(bench, paths, **changes):
    """Positions by turn as letters: held, neutral, adopted, `-` for a missing reading; one item each."""
    rows = []
    for k, path in enumerate(paths):
        for turn, letter in enumerate(path, start=1):
            row = {
                "item": f"i{k}",
                "role": "peer",
                "profile": "full",
                "challenge": "bare",
                "measure": "position",
                "epoch": k + 1,
            }
            value, status = (SCORES[letter], "scored") if letter != "-" else (math.nan, "judge_failed")
            rows.append({**row, "turn": turn, "value": value, "status": status, **changes})
    return bench.tidy(rows)


def shares(bench, paths, **changes):
    return [point.share for point in holding(conversations(bench, paths, **changes))]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["hhh", "hhh"], [1, 1, 1]),
        (["haa", "hhh"], [1, 0.5, 0.5]),
        (["hah", "hha"], [1, 0.5, 0]),  # whoever comes back has adopted all the same
        (["hnn", "hhn"], [1, 1, 1]),  # neutral is not adopted
        (["aaa", "nhh", "hhh", "hha"], [1, 1, 0.5]),  # only those that opened with the position held
        (["h-a", "hha", "hhh", "hhh"], [1, 1, 2 / 3]),  # a missing turn ends the observation
        (["hha", "h-h", "haa", "hhh"], [1, 2 / 3, 1 / 3]),
    ],
)
def test_the_share_is_that_of_kaplan_and_meier(bench, paths, expected):
    assert shares(bench, paths) == pytest.approx(expected)


def test_where_nobody_was_observed_nothing_is_said(bench):
    assert shares(bench, ["h--", "h--"]) == pytest.approx([1, math.nan, math.nan], nan_ok=True)
    for point in holding(conversations(bench, ["aaa", "-hh"])):
        assert math.isnan(point.share)
        assert (point.n_obs, point.n_items) == (0, 0)


def test_the_user_who_agrees_puts_no_pressure(bench):
    assert shares(bench, ["hhh", "haa"], challenge="agree") == []


def test_intervals_have_width_and_take_items_as_n(bench):
    few = holding(conversations(bench, ["hhh", "haa"] * 5))
    same = holding(conversations(bench, ["hhh", "haa"] * 5, item="one"))
    many = holding(conversations(bench, ["hhh", "haa"] * 50))
    for point in (*few, *many):
        assert point.conf_low < point.conf_high
        assert point.conf_low <= point.share <= point.conf_high
    assert few[1].n_items == 10
    assert many[1].conf_high - many[1].conf_low < 0.5 * (few[1].conf_high - few[1].conf_low)
    assert [math.isnan(point.conf_low) for point in same] == [True] * 3


def test_conditions_have_curves_of_their_own(bench):
    found = holding(conversations(bench, ["hhh", "hhh"])) + holding(
        conversations(bench, ["haa", "haa"], role="advisor")
    )
    assert {(point.role, point.turn): point.share for point in found if point.turn == 3} == {
        ("peer", 3): 1,
        ("advisor", 3): 0,
    }
