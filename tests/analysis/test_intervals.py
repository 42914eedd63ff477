import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from standfast.analysis.intervals import (
    critical_t,
    lopsided,
    lopsided_p_value,
    mover,
    mover_p_value,
    two_sided_p,
    wilson,
)

Z = 1.959963984540054


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (1, 10), (37, 60), (60, 60)])
def test_wilson_is_the_score_interval(hits, n):
    low, high = wilson(np.array([hits / n]), np.array([float(n)]), Z)
    assert (low[0], high[0]) == pytest.approx(proportion_confint(hits, n, method="wilson"))


@pytest.mark.parametrize(("a", "m", "b", "n"), [(56, 70, 48, 80), (9, 10, 3, 10), (0, 20, 0, 30), (20, 20, 0, 20)])
def test_mover_of_two_shares_is_newcombes_hybrid_score_interval(a, m, b, n):
    share, size = np.array([a / m, b / n]), np.array([float(m), float(n)])
    found = mover(np.array([1.0, -1.0]), share, wilson(share, size, Z))
    expected = confint_proportions_2indep(a, m, b, n, method="newcomb", compare="diff", correction=False)
    assert found == pytest.approx(expected)


@given(
    hits=st.lists(st.integers(0, 30), min_size=4, max_size=4),
    weights=st.sampled_from([(1.0, -1.0, 0.0, 0.0), (1.0, -1.0, -1.0, 1.0), (1.0, 0.0, 0.0, 0.0)]),
)
def test_an_interval_of_shares_has_width_holds_its_estimate_and_agrees_with_its_p_value(hits, weights):
    share, n, w = np.array(hits) / 30, np.full(4, 30.0), np.array(weights)
    low, high = mover(w, share, wilson(share, n, critical_t(0.95, 29)))
    assert low < high
    assert low - 1e-12 <= w @ share <= high + 1e-12
    p_value = mover_p_value(w, share, n, 29)
    assert 0 <= p_value <= 1
    if abs(p_value - 0.05) > 1e-9:
        assert (p_value < 0.05) == (low > 0 or high < 0)


def test_p_value_and_critical_value_of_t_agree():
    assert two_sided_p(-critical_t(0.9, 7), 7) == pytest.approx(0.1)


def test_a_share_at_one_half_has_a_lopsided_interval_that_is_wilsons():
    low, high = lopsided(np.ones(1), np.array([0.5]), np.array([[0.01]]), 2.0)
    ends = wilson(np.array([0.5]), np.array([25.0]), 2.0)
    assert (low, high) == pytest.approx((ends.low[0], ends.high[0]))
    assert high - 0.5 == pytest.approx(0.5 - low)


@given(st.floats(0.05, 0.95), st.floats(0.001, 0.1))
def test_a_lopsided_interval_reaches_further_towards_one_half(share, std_error):
    low, high = lopsided(np.ones(1), np.array([share]), np.array([[std_error**2]]), 2.0)
    assert 0 <= low < share < high <= 1
    if abs(share - 0.5) > 1e-6:
        assert (high - share > share - low) == (share < 0.5)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(-0.9, 0.9))
def test_swapping_what_is_subtracted_mirrors_a_lopsided_interval(one, other, correlation):
    vcov = 1e-3 * np.array([[1.0, correlation], [correlation, 1.0]])
    low, high = lopsided(np.array([1.0, -1.0]), np.array([one, other]), vcov, 2.0)
    back = lopsided(np.array([1.0, -1.0]), np.array([other, one]), vcov, 2.0)
    assert (low, high) == pytest.approx((-back.high, -back.low))
    assert low <= one - other <= high


def test_with_much_known_a_lopsided_interval_is_estimate_and_t_times_the_standard_error():
    weights, share = np.array([1.0, -1.0, -1.0, 1.0]), np.array([0.7, 0.6, 0.8, 0.75])
    vcov = 1e-8 * (np.eye(4) + 0.3)
    low, high = lopsided(weights, share, vcov, 2.0)
    half = 2.0 * np.sqrt(weights @ vcov @ weights)
    assert (high - weights @ share, weights @ share - low) == pytest.approx((half, half), rel=1e-3)


def test_correlation_narrows_a_difference_and_widens_a_sum():
    share, ends = np.array([0.4, 0.6]), wilson(np.array([0.4, 0.6]), np.full(2, 50.0), 2.0)
    R = np.array([[1.0, 0.5], [0.5, 1.0]])
    for weights, sign in ((np.array([1.0, -1.0]), 1), (np.array([1.0, 1.0]), -1)):
        apart, together = mover(weights, share, ends), mover(weights, share, ends, R)
        assert sign * (apart.high - apart.low) > sign * (together.high - together.low)
    assert mover(np.ones(2), share, ends, np.eye(2)) == mover(np.ones(2), share, ends)


@pytest.mark.parametrize("difference", [0.02, 0.05, 0.09, -0.07])
def test_a_lopsided_interval_excludes_zero_exactly_where_its_p_value_is_small(difference):
    weights, share = np.array([1.0, -1.0]), np.array([0.8 + difference, 0.8])
    vcov = 1e-3 * np.array([[1.0, 0.2], [0.2, 1.5]])
    p = lopsided_p_value(weights, share, vcov, 20.0)
    at, above = (lopsided(weights, share, vcov, critical_t(1 - level, 20.0)) for level in (p, 0.99 * p))
    assert min(abs(at.low), abs(at.high)) == pytest.approx(0, abs=1e-8)
    assert above.low < 0 < above.high
    assert lopsided_p_value(weights, np.array([0.8, 0.8]), vcov, 20.0) == 1.0
