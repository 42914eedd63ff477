"""The ordered response: known answers, derivatives, tails, thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from standfast.analysis.mixed.likelihood.binomial import logistic
from standfast.analysis.mixed.likelihood.cumulative import Cumulative, free_of, threshold_jacobian, thresholds_of
from standfast.analysis.mixed.likelihood.terms import Floats
from standfast.errors import FitError

STEP = 1e-5
CLOSE = {"rel": 1e-5, "abs": 1e-6}  # of central differences with that step


def drawn(seed: int, M: int = 5, J: int = 4) -> tuple[Cumulative, Floats, Floats]:
    """Return counts in which every category occurs, eta and thresholds."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 3, (M, J)).astype(np.float64)
    counts[0] += 1
    return Cumulative.of(counts), rng.normal(0, 2, M), np.cumsum(0.2 + rng.exponential(1, J - 1)) - 2


def naive(response: Cumulative, eta: Floats, thresholds: Floats) -> float:
    below = expit(np.concatenate([[-np.inf], thresholds, [np.inf]]) - eta[:, None])
    return float((response.counts * np.log(np.diff(below, axis=1))).sum())


seeds = st.integers(0, 10_000)


@given(seed=seeds)
def test_log_likelihood_is_that_of_differences_of_logistic_functions(seed: int) -> None:
    response, eta, thresholds = drawn(seed)
    found = response.evaluate(eta, thresholds)
    assert found.log_likelihood == pytest.approx(naive(response, eta, thresholds), rel=1e-9)


@given(seed=seeds)
def test_derivatives_in_eta_agree_with_differences(seed: int) -> None:
    response, eta, thresholds = drawn(seed)
    here = response.evaluate(eta, thresholds)
    for i in range(len(eta)):
        e = STEP * np.eye(len(eta))[i]
        up, down = response.evaluate(eta + e, thresholds), response.evaluate(eta - e, thresholds)
        assert (up.log_likelihood - down.log_likelihood) / (2 * STEP) == pytest.approx(here.score[i], **CLOSE)
        assert -(up.score - down.score)[i] / (2 * STEP) == pytest.approx(here.weight[i], **CLOSE)
        assert (up.weight - down.weight)[i] / (2 * STEP) == pytest.approx(here.slope[i], **CLOSE)


@given(seed=seeds)
def test_gradient_in_the_thresholds_agrees_with_differences(seed: int) -> None:
    response, eta, thresholds = drawn(seed)
    leverage, adjoint = np.random.default_rng(seed + 1).normal(size=(2, len(eta)))

    def value(tau: Floats) -> float:
        at = response.evaluate(eta, tau)
        return -2 * at.log_likelihood + float(leverage @ at.weight + adjoint @ at.score)

    steps = STEP * np.eye(len(thresholds))
    expected = [(value(thresholds + e) - value(thresholds - e)) / (2 * STEP) for e in steps]
    assert response.threshold_gradient(eta, thresholds, leverage, adjoint) == pytest.approx(expected, **CLOSE)


@given(seed=seeds)
def test_rows_of_single_responses_tell_the_same_as_counts(seed: int) -> None:
    response, eta, thresholds = drawn(seed)
    rows, categories = np.nonzero(response.counts)
    times = response.counts[rows, categories].astype(int)
    single = Cumulative.of(np.eye(4)[np.repeat(categories, times)])
    row = np.repeat(rows, times)
    one, many = response.evaluate(eta, thresholds), single.evaluate(eta[row], thresholds)
    assert many.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)
    for name in ("score", "weight", "slope"):
        assert np.bincount(row, getattr(many, name), len(eta)) == pytest.approx(getattr(one, name), abs=1e-12)
    weights = np.random.default_rng(seed).normal(size=(2, len(eta)))
    assert single.threshold_gradient(eta[row], thresholds, *weights[:, row]) == pytest.approx(
        response.threshold_gradient(eta, thresholds, *weights), rel=1e-9, abs=1e-9
    )


@given(seed=seeds)
def test_two_categories_are_a_binomial_response(seed: int) -> None:
    response, eta, thresholds = drawn(seed, J=2)
    found = response.evaluate(eta, thresholds)
    expected = logistic(eta - thresholds[0], response.counts[:, 1], response.counts.sum(axis=1))
    assert found.log_likelihood == pytest.approx(expected.log_likelihood, rel=1e-12)
    assert found.score == pytest.approx(expected.score, abs=1e-12)
    assert found.weight == pytest.approx(expected.weight, abs=1e-12)
    assert found.slope == pytest.approx(expected.slope, abs=1e-12)


@pytest.mark.parametrize("eta", [-690.0, -60.0, 60.0, 690.0])
def test_far_tails_neither_cancel_nor_overflow(eta: float) -> None:
    """A middle category far out has log probability −|eta − nearest threshold| + log(1 − e^−1) to all digits."""
    response = Cumulative.of(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]]))
    thresholds = np.array([-0.5, 0.5])
    found = response.evaluate(np.array([-20.0, eta, 20.0]), thresholds)
    ends = 2 * np.log(expit(19.5))
    assert found.log_likelihood - ends == pytest.approx(0.5 - abs(eta) + np.log1p(-np.exp(-1)), rel=1e-14)
    assert found.score[1] == pytest.approx(-np.sign(eta), rel=1e-14)
    assert np.isfinite(response.threshold_gradient(np.array([-20.0, eta, 20.0]), thresholds, *np.ones((2, 3)))).all()


def test_thresholds_start_at_the_logits_of_the_shares() -> None:
    response = Cumulative.of(np.array([[1.0, 2, 1], [1, 0, 3]]))
    assert response.starting_thresholds() == pytest.approx([np.log(2 / 6), 0.0])


@given(free=st.lists(st.floats(-3, 3), min_size=1, max_size=6).map(np.array))
def test_free_thresholds_go_there_and_back(free: Floats) -> None:
    thresholds = thresholds_of(free)
    assert (np.diff(thresholds) > 0).all()
    assert free_of(thresholds) == pytest.approx(free, abs=1e-9)
    steps = STEP * np.eye(len(free))
    differences = [(thresholds_of(free + e) - thresholds_of(free - e)) / (2 * STEP) for e in steps]
    assert threshold_jacobian(free) == pytest.approx(np.array(differences).T, rel=1e-6, abs=1e-8)


def test_no_thresholds_are_no_parameters() -> None:
    assert thresholds_of(np.empty(0)).shape == free_of(np.empty(0)).shape == (0,)
    assert threshold_jacobian(np.empty(0)).shape == (0, 0)


@pytest.mark.parametrize(
    ("counts", "found"), [([[2.0, 0, 1]], "2, 0, 1"), ([[3.0]], "3"), ([[0.0, 0], [0, 2]], "0, 2")]
)
def test_an_empty_category_is_refused(counts: list[list[float]], found: str) -> None:
    with pytest.raises(FitError, match=f"{found} responses per category. At least 2 categories are needed, none empty"):
        Cumulative.of(np.array(counts))


def test_rows_are_taken_with_their_counts() -> None:
    response, eta, thresholds = drawn(3)
    rows = np.array([0, 2, 4])
    taken = response.take(rows).evaluate(eta[rows], thresholds)
    assert taken.score == pytest.approx(response.evaluate(eta, thresholds).score[rows], abs=1e-12)
