"""Corrected p-values and simultaneous critical values."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from standfast.analysis.mixed.means.multiplicity import METHODS, adjust, critical_value, single_step

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)

# The integral over directions is right to about 1e-5 for the ranks here; mvtnorm's own answers to 2e-6.
INTEGRAL = 2e-5

# A correlation matrix without structure, and R's 1 - pmvt(-t, t, df, corr) for it at t = 1, 2.2 and 3.5, mvtnorm 1.1-3 with abseps 2e-6.
ODD = np.array(
    [
        [1, 0.626387055027138, 0.497198782423607, 0.388135737402974],
        [0.626387055027138, 1, -0.108108913919864, 0.367511816224914],
        [0.497198782423607, -0.108108913919864, 1, 0.666918305473298],
        [0.388135737402974, 0.367511816224914, 0.666918305473298, 1],
    ]
)
OF_ODD = [
    (3, [0.7125254772, 0.2586647063, 0.09426625476]),
    (7, [0.6967952651, 0.1713218402, 0.0298127997]),
    (40, [0.6851670734, 0.1050721073, 0.004185054191]),
    (np.inf, [0.6824192558, 0.09005513188, 0.001756215329]),
]
# The same for Dunnett's case of six comparisons with one control, all correlations 1/2.
OF_DUNNETT = [(2.0, 5, 0.3186688976), (3.0, 5, 0.106024594), (2.0, 20, 0.2289680846), (3.0, 20, 0.03299844604)]


def pairwise(means: int) -> np.ndarray:
    """Correlation of all differences of independent means of equal variance."""
    rows = [np.eye(means)[i] - np.eye(means)[j] for i in range(means) for j in range(i + 1, means)]
    return np.array(rows) @ np.array(rows).T / 2


@pytest.mark.parametrize(
    ("method", "name"),
    [("holm", "holm"), ("hochberg", "hochberg"), ("benjamini-hochberg", "BH"), ("bh", "BH")],
)
def test_corrected_p_values_are_those_of_r(classic_known: dict[str, Any], method: Any, name: str) -> None:
    answers = classic_known["p_adjust"]
    assert adjust(answers["p"], method) == pytest.approx(answers[name], abs=1e-12)


def test_corrected_p_values_of_three() -> None:
    p = [0.01, 0.04, 0.03]
    assert adjust(p, "holm") == pytest.approx([0.03, 0.06, 0.06])
    assert adjust(p, "hochberg") == pytest.approx([0.03, 0.04, 0.04])
    assert adjust(p, "bh") == pytest.approx([0.03, 0.04, 0.04])
    assert adjust(p, "bonferroni") == pytest.approx([0.03, 0.12, 0.09])
    assert adjust(p, "none") == pytest.approx(p)


@given(P_VALUES, st.sampled_from(METHODS), st.randoms(use_true_random=False))
def test_order_of_tests_does_not_matter(p: list[float], method: Any, random: Any) -> None:
    order = list(range(len(p)))
    random.shuffle(order)
    assert adjust([p[i] for i in order], method) == pytest.approx(adjust(p, method)[order])


@given(P_VALUES, st.sampled_from(METHODS))
def test_a_corrected_p_value_is_between_its_own_and_bonferronis(p: list[float], method: Any) -> None:
    found = adjust(p, method)
    assert (found >= np.array(p) - 1e-15).all()
    assert (found <= adjust(p, "bonferroni") + 1e-15).all()


@given(P_VALUES, st.sampled_from(METHODS))
def test_missing_p_values_stay_missing_and_do_not_count(p: list[float], method: Any) -> None:
    found = adjust([np.nan, *p, np.nan], method)
    assert np.isnan(found[[0, -1]]).all()
    assert found[1:-1] == pytest.approx(adjust(p, method))


def test_nothing_to_correct_gives_nothing() -> None:
    assert adjust([], "holm").shape == (0,)
    assert np.isnan(adjust([np.nan], "bh")).all()


def test_given_p_values_are_left_as_they_are() -> None:
    p = np.array([0.04, 0.01, np.nan])
    adjust(p, "holm")
    assert p[:2].tolist() == [0.04, 0.01]


def test_wrong_p_values_and_methods_are_refused() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, found -0\.1 to 0\.5"):
        adjust([0.5, -0.1], "holm")
    with pytest.raises(ValueError, match=r"no method 'sidak'\. Known: none, holm"):
        adjust([0.5], "sidak")  # type: ignore[arg-type]


@pytest.mark.parametrize(("df", "p"), OF_ODD)
def test_joint_p_values_are_those_of_mvtnorm(df: float, p: list[float]) -> None:
    assert single_step([1.0, -2.2, 3.5, 0], ODD, df)[:3] == pytest.approx(p, abs=INTEGRAL)


@pytest.mark.parametrize(("t", "df", "p"), OF_DUNNETT)
def test_comparisons_with_one_control_are_dunnetts(t: float, df: float, p: float) -> None:
    correlation = np.full((6, 6), 0.5) + 0.5 * np.eye(6)
    assert single_step(np.full(6, t), correlation, df) == pytest.approx(np.full(6, p), abs=INTEGRAL)


@pytest.mark.parametrize("means", [3, 4, 6])
@pytest.mark.parametrize("df", [4, 23.5, 200])
def test_all_pairs_of_balanced_means_are_tukeys(means: int, df: float) -> None:
    t = np.array([0.5, 2.0, 4.5])
    correlation = pairwise(means)
    filled = np.concatenate([t, np.zeros(len(correlation) - 3)])
    expected = stats.studentized_range.sf(t * np.sqrt(2), means, df)
    assert single_step(filled, correlation, df)[:3] == pytest.approx(expected, abs=INTEGRAL)


def test_the_critical_value_is_tukeys_and_mvtnorms() -> None:
    tukey = stats.studentized_range.ppf(0.95, 4, 12) / np.sqrt(2)
    assert critical_value(pairwise(4), 12) == pytest.approx(tukey, abs=1e-4)
    assert critical_value(ODD, 7) == pytest.approx(3.108478, abs=1e-4)


def test_small_joint_p_values_keep_their_relative_accuracy() -> None:
    expected = stats.studentized_range.sf(np.array([6.0, 8.0]) * np.sqrt(2), 5, 45.0)
    found = single_step([6.0, 8.0, *np.zeros(8)], pairwise(5), 45.0)[:2]
    assert found == pytest.approx(expected, rel=1e-3)


def test_one_statistic_however_often_is_not_corrected() -> None:
    same = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert single_step([2.5, -2.5], same, 10) == pytest.approx(2 * stats.t.sf([2.5, 2.5], 10), rel=1e-12)
    assert critical_value(same, 10) == pytest.approx(stats.t.ppf(0.975, 10), rel=1e-12)
    assert single_step([2.5], np.eye(1), np.inf) == pytest.approx(2 * stats.norm.sf(2.5), rel=1e-12)


def test_independent_z_statistics_are_sidaks() -> None:
    expected = 1 - (1 - 2 * stats.norm.sf([1.0, 2.0, 3.0])) ** 3
    assert single_step([1.0, 2.0, 3.0], np.eye(3), np.inf) == pytest.approx(expected, abs=INTEGRAL)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-4, 4), min_size=3, max_size=3), st.floats(1, 100))
def test_a_joint_p_value_is_between_its_own_and_sidaks(t: list[float], df: float) -> None:
    own = 2 * stats.t.sf(np.abs(t), df)
    found = single_step(t, pairwise(3), df)
    assert (found >= own - 1e-12).all()
    assert (found <= 1 - (1 - own) ** 3 + 1e-12).all()


def test_degrees_of_freedom_may_differ_between_statistics() -> None:
    both = single_step([2.0, 2.0, 1.0], pairwise(3), [5.0, 50.0, 5.0])
    assert both[0] == single_step([2.0, 2.0, 1.0], pairwise(3), 5.0)[0]
    assert both[1] == single_step([2.0, 2.0, 1.0], pairwise(3), 50.0)[1]


def test_missing_statistics_stay_missing_and_do_not_count() -> None:
    found = single_step([2.0, np.nan, 1.0], ODD[:3, :3], [9.0, 9.0, 9.0])
    assert np.isnan(found[1])
    assert found[[0, 2]] == pytest.approx(single_step([2.0, 1.0], ODD[np.ix_([0, 2], [0, 2])], 9.0))
    assert np.isnan(single_step([np.nan], np.eye(1), 5)).all()


def test_equal_input_gives_equal_output() -> None:
    assert critical_value(ODD, 7.3, 0.9) == critical_value(ODD, 7.3, 0.9)
