import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from standfast.analysis.intervals import critical_t, mover, mover_p_value, two_sided_p, wilson

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
