"""Newton steps in variances: exact on a quadratic, and never below zero."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.mixed.likelihood.scoring import Point, damped_step, score

LOW, HIGH = 1e-3, 1e4


def quadratic(H, best):
    """A deviance that is quadratic in the variances, least at `best` where that is allowed."""

    def place(theta):
        slope = H @ (theta**2 - best)
        return Point(float((theta**2 - best) @ slope) / 2, 2 * theta * slope, lambda: H)

    return place


def scored(place, k, enough=1e-12):
    start = np.full(k, 0.5)
    return score(place, start, place(start), low=LOW, high=HIGH, enough=enough)


def test_the_optimum_inside_is_found_in_one_step():
    H, best = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([0.4, 1.7])
    calls = []
    place = quadratic(H, best)

    def counted(theta):
        calls.append(theta)
        return place(theta)

    theta, here = scored(counted, 2)
    assert theta**2 == pytest.approx(best)
    assert len(calls) == 2  # the start, and the optimum
    assert here.value == pytest.approx(0, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 6))
def test_on_the_boundary_no_direction_that_is_allowed_leads_down(seed, k):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(k, k))
    H, best = A @ A.T + 0.1 * np.eye(k), rng.normal(size=k)
    theta, here = scored(quadratic(H, best), k)
    slope, scale = here.gradient / (2 * theta), np.abs(H).max() * (1 + np.abs(best).max())
    bound = theta <= LOW * (1 + 1e-9)
    assert (theta >= LOW * (1 - 1e-9)).all()
    assert np.abs(slope[~bound]).max(initial=0) < 1e-5 * scale
    assert slope[bound].min(initial=0) > -1e-5 * scale


def test_a_step_that_raises_the_deviance_is_shortened():
    def place(theta):  # far steeper than its curvature says
        v = theta[0] ** 2
        return Point(float(100 * (v - 1) ** 2), np.array([2 * theta[0] * 200 * (v - 1)]), lambda: np.array([[10.0]]))

    theta, here = scored(place, 1)
    assert theta[0] == pytest.approx(1.0, abs=1e-3)
    assert here.value < 1e-3


def test_a_place_without_a_deviance_is_not_gone_to():
    H, best = np.eye(1), np.array([9.0])

    def place(theta):
        return None if theta[0] ** 2 > 4 else quadratic(H, best)(theta)

    theta, _ = scored(place, 1)
    assert 0.5 < theta[0] <= 2.0


def test_where_the_curvature_is_no_number_the_search_ends():
    def place(theta):
        return Point(float(theta @ theta), 2 * theta, lambda: np.full((2, 2), np.nan))

    theta, here = scored(place, 2)
    assert theta == pytest.approx([0.5, 0.5])
    assert here.value == pytest.approx(0.5)


def test_a_flat_direction_and_none_at_all_give_a_step():
    assert damped_step(np.zeros((0, 0)), np.empty(0)).shape == (0,)
    assert np.isfinite(damped_step(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([1.0, 0.0]))).all()
