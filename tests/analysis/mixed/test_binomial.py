"""The binomial response: known answers, derivatives, tails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, log_expit
from scipy.stats import binom

from standfast.analysis.mixed.likelihood.binomial import Binomial, logistic
from standfast.errors import FitError

# Central differences with this step: error about STEP² for values of order one, plus rounding over STEP.
STEP, DIFFERENCE = 1e-5, 1e-7
ROUNDING = 1e-13

etas = st.floats(-20, 20)
far_etas = st.floats(-700, 700)
trials = st.integers(1, 50)


def one(eta: float, successes: float, n: float) -> tuple[float, float, float, float]:
    at = logistic(np.array([eta]), np.array([successes]), np.array([n]))
    return at.log_likelihood, float(at.score[0]), float(at.weight[0]), float(at.slope[0])


def test_at_even_odds_the_values_are_those_known() -> None:
    log_likelihood, score, weight, slope = one(0.0, 3.0, 4.0)
    assert log_likelihood == pytest.approx(4 * np.log(0.5), rel=ROUNDING)
    assert (score, weight, slope) == (1.0, 1.0, 0.0)


@given(eta=st.floats(-8, 8), n=trials, data=st.data())
def test_log_likelihood_is_the_binomial_one_up_to_its_constant(eta: float, n: int, data: st.DataObject) -> None:
    y = data.draw(st.integers(0, n))
    expected = binom.logpmf(y, n, expit(eta)) - binom.logpmf(y, n, 0.5) - n * np.log(2)
    assert one(eta, y, n)[0] == pytest.approx(expected, rel=1e-10, abs=1e-10)


@given(eta=etas, n=trials, data=st.data())
def test_derivatives_agree_with_differences(eta: float, n: int, data: st.DataObject) -> None:
    y = data.draw(st.integers(0, n))
    up, here, down = (np.array(one(eta + step, y, n)) for step in (STEP, 0, -STEP))
    differences = (up - down) / (2 * STEP)
    assert differences[:3] * [1, -1, 1] == pytest.approx(here[1:], rel=1e-5, abs=n * DIFFERENCE)


@given(eta=far_etas, n=trials)
def test_tails_keep_their_relative_accuracy(eta: float, n: int) -> None:
    low, high = one(eta, 0, n), one(eta, n, n)
    assert low[0] == pytest.approx(n * log_expit(-eta), rel=ROUNDING)
    assert high[0] == pytest.approx(n * log_expit(eta), rel=ROUNDING)
    assert low[1] == pytest.approx(-n * expit(eta), rel=ROUNDING)
    assert high[1] == pytest.approx(n * expit(-eta), rel=ROUNDING)
    assert high[2] == pytest.approx(n * expit(eta) * expit(-eta), rel=ROUNDING)


@given(eta=far_etas, n=trials, data=st.data())
def test_successes_and_failures_change_places_with_the_sign(eta: float, n: int, data: st.DataObject) -> None:
    y = data.draw(st.integers(0, n))
    one_way, other_way = one(eta, y, n), one(-eta, n - y, n)
    assert one_way[:3] == pytest.approx((other_way[0], -other_way[1], other_way[2]), rel=ROUNDING, abs=1e-12)
    assert one_way[3] == -other_way[3]


@pytest.mark.parametrize(("successes", "found"), [(0.0, "0 successes in 6"), (3.0, "6 successes in 6")])
def test_a_constant_outcome_is_refused(successes: float, found: str) -> None:
    with pytest.raises(FitError, match=f"{found} trials. Both outcomes have to occur"):
        Binomial(np.full(2, successes), np.full(2, 3.0))


def test_rows_are_taken_with_their_trials() -> None:
    taken = Binomial(np.array([1.0, 2, 0]), np.array([2.0, 3, 4])).take(np.array([2, 1]))
    assert taken.successes.tolist() == [0, 2]
    assert taken.trials.tolist() == [4, 3]
