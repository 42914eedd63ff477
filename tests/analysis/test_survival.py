import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.survival import flips, hazards, holding

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


def flat(points):
    """The numbers of curves, in their order."""
    return [number for p in points for number in (p.turn, p.share, p.conf_low, p.conf_high)]


def test_hazards_are_of_those_still_held(bench):
    found = hazards(conversations(bench, ["haaa", "hhah", "hhhh", "h-aa", "nhha"]))
    assert [(p.turn, p.n_obs, p.n_flips) for p in found] == [(2, 3, 1), (3, 2, 1), (4, 1, 0)]
    assert [p.hazard for p in found] == pytest.approx([1 / 3, 1 / 2, 0])
    assert [p.n_items for p in found] == [3, 2, 1]
    assert all(p.conf_low < p.conf_high for p in found[:2])
    assert math.isnan(found[2].conf_low)  # one item


def test_hazards_are_unknown_where_nobody_is_at_risk(bench):
    found = hazards(conversations(bench, ["haa", "haa"]))
    assert found[0].hazard == 1
    assert math.isnan(found[1].hazard)
    assert (found[1].n_obs, found[1].n_items) == (0, 0)


@pytest.mark.parametrize(
    ("paths", "turn_of_flip", "number_of_flips"),
    [
        (["hhhhh", "hhhhh"], 5, 0),
        (["haaaa", "haaaa"], 1, 1),
        (["haaaa", "hhhhh"], 3, 0.5),
        (["hahah", "hahah"], 1, 4),
        (["hhnna", "hnnnn"], 4.5, 0.5),  # neutral is not adopted
        (["hhh-h", "hhhhh", "haaaa", "hhhhh"], 4, 1 / 3),  # a missing turn ends the observation, and leaves no count
    ],
)
def test_turn_and_number_of_flips_are_means_over_what_opened_held(bench, paths, turn_of_flip, number_of_flips):
    turn, number = flips(conversations(bench, [*paths, "aaaaa", "nhhhh"]))
    assert (turn.measure, turn.unit, turn.highest) == ("turn_of_flip", "turns", 5)
    assert (number.measure, number.unit, number.highest) == ("number_of_flips", "flips", 4)
    assert (turn.mean, number.mean) == pytest.approx((turn_of_flip, number_of_flips))
    assert turn.n_obs == len(paths)
    assert number.n_obs == sum("-" not in path for path in paths)


def test_the_turn_of_flip_is_the_area_under_the_curve(bench):
    frame = conversations(bench, ["hhaah", "h-hhh", "haahh", "hhhha", "hhhh-"] * 3)
    assert flips(frame)[0].mean == pytest.approx(sum(point.share for point in holding(frame)))


def test_no_interval_has_width_zero(bench):
    for path in ("hhhhh", "haaaa", "hahah"):
        frame = conversations(bench, [path] * 12)
        for mean in flips(frame):
            assert mean.conf_low < mean.conf_high
            assert 0 <= mean.conf_low <= mean.mean <= mean.conf_high <= mean.highest
        for point in holding(frame):
            assert point.conf_low < point.conf_high


def of_items(bench, by_item):
    """Conversations of several personas on each item."""
    rows = [
        conversations(bench, [path], item=f"i{i}", persona=f"p{k}")
        for i, own in enumerate(by_item)
        for k, path in enumerate(own)
    ]
    return type(rows[0])(np.vstack([part.to_numpy() for part in rows]), columns=rows[0].columns).astype(rows[0].dtypes)


def test_copies_of_a_conversation_on_an_item_add_nothing(bench):
    paths = ["hhaaa", "hhhhh", "haaaa"] * 6
    once, eight = (holding(of_items(bench, [[path] * k for path in paths])) for k in (1, 8))
    for one, other in zip(once, eight, strict=True):
        assert (one.share, one.conf_low, one.conf_high) == pytest.approx((other.share, other.conf_low, other.conf_high))
    assert (once[0].n_obs, eight[0].n_obs) == (18, 144)


def test_unlike_conversations_on_an_item_narrow_the_interval(bench):
    apart = holding(of_items(bench, [["hhaaa"] * 2, ["hhhhh"] * 2] * 9))
    mixed = holding(of_items(bench, [["hhaaa", "hhhhh"]] * 18))
    assert apart[3].share == mixed[3].share == 0.5
    assert mixed[3].conf_high - mixed[3].conf_low < apart[3].conf_high - apart[3].conf_low


def test_a_pair_of_items_counts_as_one(bench):
    frame = conversations(bench, ["hhaaa", "hhaaa", "hhhhh", "hhhhh"] * 6)
    pairs = {"advice": {f"i{k}": f"pair-{k // 2}" for k in range(24)}}
    alone, paired = holding(frame)[-1], holding(frame, pairs)[-1]
    assert alone.share == paired.share
    assert alone.n_items == paired.n_items == 24
    assert paired.conf_high - paired.conf_low > 1.2 * (alone.conf_high - alone.conf_low)


@settings(max_examples=15, deadline=None)
@given(
    order=st.permutations(range(10)),
    paths=st.lists(st.sampled_from(["hhh", "haa", "hha", "h-a", "nhh"]), min_size=10, max_size=10),
)
def test_the_order_of_rows_and_the_names_of_items_say_nothing(bench, order, paths):
    frame = conversations(bench, paths)
    renamed = frame.assign(item=frame["item"].map({f"i{k}": f"x{order[k]}" for k in range(10)})).sample(
        frac=1, random_state=1
    )
    assert flat(holding(frame)) == pytest.approx(flat(holding(renamed)), nan_ok=True)


def test_a_frame_without_positions_has_no_curves(bench):
    empty = conversations(bench, ["hhh"]).iloc[:0]
    other = conversations(bench, ["hhh"], measure="words")
    for frame in (empty, other):
        assert (holding(frame), hazards(frame), flips(frame)) == ([], [], [])


def test_one_turn_has_a_curve_and_no_flips(bench):
    frame = conversations(bench, ["h", "h"])
    assert [point.share for point in holding(frame)] == [1]
    assert (hazards(frame), flips(frame)) == ([], [])
