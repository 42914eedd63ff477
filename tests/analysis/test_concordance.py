"""Kendall's W: textbook answers, ties, exact p-values, gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from standfast.analysis.concordance import concordance, kendall_w


def w(scores):
    return concordance(np.array(scores, float), np.random.default_rng(0))


def test_three_executives_who_rank_six_applicants():
    """Siegel and Castellan (1988), table 9.9: W = 0.16."""
    scores = [[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1]]
    assert w(scores).w == pytest.approx(0.1619, abs=5e-5)


def test_ties_are_corrected_for():
    """Kendall's example of three rankings of ten objects, in Siegel (1956), chapter 9: W = 0.828."""
    ranks = [
        [1, 4.5, 2, 4.5, 3, 7.5, 6, 9, 7.5, 10],
        [2.5, 1, 2.5, 4.5, 4.5, 8, 9, 6.5, 10, 6.5],
        [2, 1, 4.5, 4.5, 4.5, 4.5, 8, 8, 8, 10],
    ]
    assert w(ranks).w == pytest.approx(0.828, abs=5e-4)


def test_the_same_order_is_full_agreement_and_opposite_orders_none():
    assert w([[1, 2, 3, 4]] * 3).w == pytest.approx(1)
    assert w([[1, 2, 3, 4], [4, 3, 2, 1]]).w == pytest.approx(0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(3, 6))
def test_w_is_friedmans_statistic_over_its_largest_value(seed, judges, objects):
    scores = np.random.default_rng(seed).integers(0, 6, (judges, objects)).astype(float)
    found = float(kendall_w(scores))
    if np.isnan(found):
        assert (scores == scores[:, :1]).all()
        return
    chi = stats.friedmanchisquare(*scores.T).statistic if objects > 2 else np.nan
    assert found == pytest.approx(chi / (judges * (objects - 1)), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_for_two_judges_w_is_half_of_one_and_their_rank_correlation(seed, objects):
    scores = np.random.default_rng(seed).normal(size=(2, objects))
    rho = stats.spearmanr(*scores).statistic
    assert float(kendall_w(scores)) == pytest.approx((1 + rho) / 2)


def test_p_values_of_few_objects_are_exact():
    # Three judges, three objects: 36 rankings beside the first judge's, one of which repeats it twice.
    assert w([[1, 2, 3]] * 3).p_value == pytest.approx(1 / 36)
    assert w([[1, 2], [1, 2], [1, 2]]).p_value == pytest.approx(1 / 4)


def test_random_rankings_have_uniform_p_values():
    rng = np.random.default_rng(3)
    found = [concordance(rng.normal(size=(4, 3)), rng).p_value for _ in range(200)]
    assert np.mean(np.array(found) <= 0.05) < 0.10
    assert 0.4 < np.mean(found) < 0.7


def test_many_objects_use_random_rankings():
    scores = np.tile(np.arange(8.0), (4, 1))
    assert w(scores).p_value == pytest.approx(1 / 10_000)


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ([[1, 2, 3]], "fewer than 2 judges"),
        ([[1], [2]], "fewer than 2 objects"),
        ([[1, 2], [1, np.nan]], "1 of 4 scores are missing"),
        ([[1, 1], [2, 2]], "every judge ties all objects"),
    ],
)
def test_what_has_no_w_says_why(scores, why):
    found = w(scores)
    assert found.status == why
    assert np.isnan(found.w)
    assert np.isnan(found.p_value)
