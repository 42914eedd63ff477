"""Non-inferiority and equivalence: emmeans' answers, and agreement of p-values with intervals."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from standfast.analysis.equivalence import between, beyond, noninferiority, tost

EMMEANS = 1e-4  # the tables are of a REML fit, whose df carry an error of 1e-7


@pytest.fixture(scope="module")
def emmeans(data: Path) -> dict[str, list[dict[str, float]]]:
    """Return emmeans' `test(delta = 8, side = ...)`, without adjustment.

    The tables do not hold delta; their t ratios do: (estimate + delta) / SE is 0.01531 for A − B, so delta is 8.
    """
    tables = json.loads((data / "mixed_models" / "expected.json").read_text())["emmeans"]
    for row in tables["machines_noninf"]:
        assert row["t.ratio"] * row["SE"] - row["estimate"] == pytest.approx(8, abs=1e-9)
    return tables


def columns(rows):
    return (np.array([row[name] for row in rows]) for name in ("estimate", "SE", "df"))


def test_equivalence_is_that_of_emmeans(emmeans):
    rows = emmeans["machines_tost"]
    expected = [row["p.value"] for row in rows]
    assert tost(*columns(rows), -8, 8) == pytest.approx(expected, abs=EMMEANS)


def test_noninferiority_is_that_of_emmeans(emmeans):
    rows = emmeans["machines_noninf"]
    found = noninferiority(*columns(rows), -8, "higher")
    assert found.statistic == pytest.approx([row["t.ratio"] for row in rows], abs=EMMEANS)
    assert found.p_value == pytest.approx([row["p.value"] for row in rows], abs=EMMEANS)


def test_superiority_is_margin_0():
    found = noninferiority(2.0, 1.0, 10, 0.0, "higher")
    assert float(found.p_value) == pytest.approx(0.036694, abs=1e-6)  # R: pt(2, 10, lower.tail = FALSE)


def test_infinite_df_gives_the_normal_distribution():
    assert float(tost(0.0, 1.0, math.inf, -1.96, 3.0)) == pytest.approx(0.0249979, abs=1e-7)


def test_directions_mirror_each_other():
    higher = noninferiority(-3.0, 2.0, 7, -5.0, "higher")
    lower = noninferiority(3.0, 2.0, 7, 5.0, "lower")
    assert (higher.statistic, higher.p_value) == (lower.statistic, lower.p_value)


def test_arguments_broadcast():
    assert tost([[0.0], [1.0]], 1.0, [5, 10, math.inf], -2, 2).shape == (2, 3)


@pytest.mark.parametrize(
    "wrong", [(math.nan, 1, 5), (0, math.nan, 5), (0, 0, 5), (0, -1, 5), (0, 1, math.nan), (0, 1, 0)]
)
def test_no_number_gives_no_number(wrong):
    assert math.isnan(tost(*wrong, -1, 1))
    assert math.isnan(noninferiority(*wrong, -1, "higher").p_value)


def test_nan_in_one_place_leaves_the_others():
    found = tost([0.0, math.nan], 0.1, 9, -1, 1)
    assert found[0] < 0.001
    assert math.isnan(found[1])


def test_crossed_margins_are_refused():
    with pytest.raises(ValueError, match="the lower margin must lie below the upper one"):
        tost(0.0, 1.0, 9, 1.0, 1.0)


def test_a_direction_that_is_none_is_refused():
    with pytest.raises(ValueError, match="direction must be higher or lower, got 'up'"):
        noninferiority(0.0, 1.0, 9, 1.0, "up")


@given(
    estimate=st.floats(-50, 50),
    std_error=st.floats(0.01, 30),
    df=st.floats(0.5, 500),
    low=st.floats(-40, -0.1),
    high=st.floats(0.1, 40),
    alpha=st.sampled_from([0.025, 0.05, 0.1]),
)
def test_p_is_below_alpha_exactly_if_the_interval_is_clear_of_the_margins(estimate, std_error, df, low, high, alpha):
    half = float(stats.t.ppf(1 - alpha, df)) * std_error
    equivalent, above = tost(estimate, std_error, df, low, high), noninferiority(estimate, std_error, df, low, "higher")
    ends = estimate - half, estimate + half
    if min(abs(ends[0] - low), abs(ends[1] - high)) > 1e-6 * max(1.0, half):  # at the margin, rounding decides
        assert (equivalent < alpha) == (between(*ends, low, high) == "pass")
        assert (above.p_value < alpha) == (beyond(*ends, low, "higher") == "pass")


@pytest.mark.parametrize(
    ("low", "high", "higher", "lower"),
    [
        (1, 3, "pass", "fail"),
        (-3, -1, "fail", "pass"),
        (-1, 1, "inconclusive", "inconclusive"),
        (0, 1, "inconclusive", "fail"),
        (-1, 0, "fail", "inconclusive"),
        (math.nan, 1, "missing", "missing"),
        (1, math.nan, "missing", "missing"),
        (-math.inf, math.inf, "inconclusive", "inconclusive"),
    ],
)
def test_an_interval_that_touches_the_margin_is_not_clear_of_it(low, high, higher, lower):
    assert beyond(low, high, 0.0, "higher") == higher
    assert beyond(low, high, 0.0, "lower") == lower


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-1, 1, "pass"),
        (-2, 1, "inconclusive"),
        (-3, 3, "inconclusive"),
        (1, 3, "inconclusive"),
        (2, 3, "fail"),
        (-9, -2, "fail"),
        (math.nan, 0, "missing"),
    ],
)
def test_equivalence_needs_the_whole_interval_between_the_margins(low, high, verdict):
    assert between(low, high, -2.0, 2.0) == verdict
