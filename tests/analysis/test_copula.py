"""Values drawn around given means: exact marginals, known correlations, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.copula import Outcome, covariance, latent, seen, shifted, tilted

EVEN = Outcome(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
FIVE = Outcome(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([0.1, 0.2, 0.4, 0.2, 0.1]))


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_two_even_shares_correlate_by_the_arcsine_law(correlation):
    assert covariance(EVEN, correlation) == pytest.approx(np.arcsin(correlation) / (2 * np.pi), abs=1e-9)


@pytest.mark.parametrize("outcome", [EVEN, FIVE, tilted(EVEN, 0.05)])
def test_values_with_one_latent_variable_have_all_of_the_variance_in_common(outcome):
    assert covariance(outcome, 1.0) == pytest.approx(outcome.variance)
    assert covariance(outcome, 0.0) == pytest.approx(0.0, abs=1e-9)


@settings(deadline=None)
@given(st.floats(0.005, 0.995), st.sampled_from([EVEN, FIVE]))
def test_a_tilted_outcome_has_the_mean_that_was_asked(place, outcome):
    low, high = outcome.values[0], outcome.values[-1]
    mean = low + place * (high - low)
    found = tilted(outcome, mean)
    assert found.mean == pytest.approx(mean, abs=1e-9)
    assert found.chances.sum() == pytest.approx(1.0)
    assert (found.chances >= 0).all()


@pytest.mark.parametrize("mean", [0.0, 1.0, -3.0, float("nan")])
def test_a_mean_off_the_scale_is_refused(mean):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        tilted(EVEN, mean)


def test_an_outcome_without_ends_is_moved_whole():
    moved = shifted(FIVE, 10.0)
    assert moved.mean == pytest.approx(10.0)
    assert moved.variance == pytest.approx(FIVE.variance)


def test_ends_that_were_never_seen_can_still_be_reached():
    base = seen(np.array([0.4, 0.6]), (0.0, 1.0))
    assert list(base.values) == [0.0, 0.4, 0.6, 1.0]
    assert tilted(base, 0.95).mean == pytest.approx(0.95)


@pytest.mark.parametrize("mean", [0.5, 0.8])
def test_drawn_shares_have_the_mean_and_what_items_share_of_the_variance(mean):
    outcome, asked = tilted(EVEN, mean), 0.3
    share = latent({("item",): asked * outcome.variance, (): (1 - asked) * outcome.variance}, [outcome])[("item",)]
    rng = np.random.default_rng(5)
    item = rng.standard_normal((200_000, 1))
    values = outcome.drawn(np.sqrt(share) * item + np.sqrt(1 - share) * rng.standard_normal((200_000, 2)))
    assert set(np.unique(values)) == {0.0, 1.0}
    assert values.mean() == pytest.approx(mean, abs=0.004)
    assert np.corrcoef(values.T)[0, 1] == pytest.approx(asked, abs=0.01)


def test_a_term_within_another_adds_to_what_is_shared():
    variances = {("item",): 0.05, ("persona",): 0.02, ("item", "persona"): 0.03, (): 0.15}
    found = latent(variances, [EVEN])
    both = sum(found.values())
    assert covariance(EVEN, both) == pytest.approx(0.10, abs=5e-4)
    assert covariance(EVEN, found["item",]) == pytest.approx(0.05, abs=5e-4)


def test_nothing_is_shared_where_nothing_varies():
    assert latent({("item",): 0.0, (): 0.0}, [EVEN]) == {}
    assert latent({(): 0.25}, [EVEN]) == {}
