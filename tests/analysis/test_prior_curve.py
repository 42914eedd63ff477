"""Gain by opening stance: a planted inverted U, no peak where there is none, and no false peak from misread stances."""

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.prior_curve import prior_curve


def study(seed, *, gain, items=60, noise=0.5, slope_of_items=0.2, receivers=3):
    """Return conversations whose true gain is a function of the true opening stance."""
    rng = np.random.default_rng(seed)
    n = items * 8
    item, persona = np.repeat(np.arange(items), 8), rng.integers(0, 16, n)
    receiver, stance = rng.integers(0, receivers, n), rng.integers(2, 7, n) + rng.normal(0, 0.3, n)
    moved = gain(stance) + rng.normal(0, slope_of_items, items)[item] + rng.normal(0, 0.2, 16)[persona]
    moved += rng.normal(0, 0.3, receivers)[receiver] + rng.normal(0, 0.5, n)
    read = [value + rng.normal(0, noise, n) for value in (stance, stance, stance + moved)]
    names = {"item": item, "persona": persona, "receiver": receiver}
    return pd.DataFrame(
        {
            **{name: values.astype(str) for name, values in names.items()},
            **dict(zip(("before", "again", "after"), read, strict=True)),
        }
    )


def fitted(rows, seed=0):
    return prior_curve(rows, confidence=0.95, rng=np.random.default_rng(seed))


def inverted(stance):
    return 1.5 - 0.2 * (stance - 3.5) ** 2


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_peak_is_found_with_its_curvature(seed):
    found = fitted(study(seed, gain=inverted))
    assert found.status == "ok"
    assert found.peak.interval.low < 3.5 < found.peak.interval.high
    assert found.peak.interval.high - found.peak.interval.low < 1.2
    assert found.curvature.conf_low < -0.2 < found.curvature.conf_high
    assert found.inner > 0.95
    assert found.coupling == "split"


def test_the_height_of_the_curve_is_the_planted_gain():
    found = fitted(study(1, gain=inverted, items=150))
    for stance in (2.0, 4.0, 6.0):
        height = found.at(stance)
        assert height.estimate == pytest.approx(inverted(stance), abs=0.25)
        assert height.conf_low < height.estimate < height.conf_high


def test_a_line_has_no_peak():
    found = [fitted(study(seed, gain=lambda stance: 1 - 0.3 * (stance - 4))) for seed in range(20)]
    assert sum(one.peak.found for one in found) <= 2
    assert {one.status for one in found} >= {"no peak"}
    assert all(np.isnan(one.peak.estimate) for one in found if not one.peak.found)


def test_a_u_that_is_not_inverted_has_no_peak():
    found = fitted(study(2, gain=lambda stance: 0.2 * (stance - 4) ** 2))
    assert not found.peak.found
    assert found.curvature.conf_low > 0
    assert found.inner < 0.05


def test_misread_stances_do_not_make_gain_fall_with_the_stance():
    """Regression to the mean: with shared readings a constant gain falls, with split ones it does not."""
    rows = study(3, gain=lambda stance: np.ones(len(stance)), noise=1.0, items=150)
    split, shared = fitted(rows), fitted(rows.assign(again=np.nan))
    slope = np.array([0.0, 1.0, 0.0])
    assert split.linear.effect(slope, 0.95).conf_low < 0 < split.linear.effect(slope, 0.95).conf_high
    assert shared.linear.effect(slope, 0.95).conf_high < -0.1
    assert (split.coupling, shared.coupling) == ("split", "shared")
    assert split.reliability == pytest.approx(2.09 / 3.09, abs=0.05)
    assert np.isnan(shared.reliability)


def test_curvature_is_not_flattened_by_misread_stances():
    found = [fitted(study(seed, gain=inverted, noise=0.8, items=300)).curvature.estimate for seed in range(10)]
    assert np.mean(found) == pytest.approx(-0.2, abs=0.02)


def test_five_receivers_are_a_sample_and_three_are_not():
    assert "receiver" not in fitted(study(1, gain=inverted)).linear.levels
    assert fitted(study(1, gain=inverted, receivers=6)).linear.levels["receiver"] == 6


def test_rows_without_a_second_half_are_left_out_where_they_are_few():
    rows = study(4, gain=inverted)
    rows.loc[:9, "again"] = np.nan
    assert fitted(rows).n == len(rows) - 10


@pytest.mark.parametrize("size", [0, 1, 10])
def test_too_few_conversations_have_no_curve(size):
    found = fitted(study(1, gain=inverted).head(size))
    assert found.status.startswith("too few")
    assert found.linear is None
    assert np.isnan(found.at(4.0).estimate)


def test_two_opening_stances_cannot_bend():
    rows = study(1, gain=inverted)
    two = rows.assign(before=np.where(np.arange(len(rows)) % 2, 3.0, 5.0), again=3.0)
    assert fitted(two).linear is None


def test_the_same_seed_gives_the_same_curve():
    rows = study(5, gain=inverted)
    assert fitted(rows, 1).inner == fitted(rows, 1).inner
    assert fitted(rows, 1).peak == fitted(rows, 2).peak
