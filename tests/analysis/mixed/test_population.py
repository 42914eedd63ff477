"""The mean of a logistic function over normal random effects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from standfast.analysis.mixed.means.population import logistic_normal

ETA = st.floats(-20, 20)
VARIANCE = st.floats(0, 400)
# What the quadrature of the reference is good for.
QUADRATURE = 1e-10


def by_quadrature(eta: float, variance: float) -> tuple[float, float, float]:
    """Mean and derivatives by adaptive quadrature, the integrand's step among the break points."""
    deviation = np.sqrt(variance)
    step = [-eta / deviation] if deviation > 0 and abs(eta / deviation) < 12 else None

    def mean(of: object) -> float:
        found = integrate.quad(
            lambda z: of(eta + deviation * z) * stats.norm.pdf(z),  # type: ignore[operator]
            -13,
            13,
            points=step,
            epsabs=1e-12,
            limit=500,
        )
        return float(found[0])

    def slope(x: float) -> float:
        return float(special.expit(x) * special.expit(-x))

    return mean(special.expit), mean(slope), mean(lambda x: -slope(x) * np.tanh(x / 2) / 2)


@pytest.mark.parametrize("variance", [0.0, 1e-6, 0.3, 1.0, 1.001, 3.0, 12.0, 50.0, 400.0])
@pytest.mark.parametrize("eta", [-8.0, -1.3, 0.0, 0.4, 5.0])
def test_means_and_derivatives_are_those_of_adaptive_quadrature(eta: float, variance: float) -> None:
    found = logistic_normal(np.array([eta]), np.array([variance]))
    assert np.array(found)[:, 0] == pytest.approx(by_quadrature(eta, variance), abs=QUADRATURE)


def test_means_and_slopes_are_those_of_r() -> None:
    """R 4.2: integrate(function(z) plogis(eta + sqrt(v) * z) * dnorm(z), -13, 13), and with dlogis."""
    found = logistic_normal(np.array([1.0, 1.0, -3.0, 0.5]), np.array([0.25, 4.0, 50.0, 1.0]))
    mean = [0.720580815243299, 0.647726438525869, 0.3404737948579585, 0.602027132816750]
    slope = [0.191941172210533, 0.140498236865873, 0.0502428384267085, 0.198986433591625]
    assert found.mean == pytest.approx(mean, abs=1e-13)
    assert found.d_eta == pytest.approx(slope, abs=1e-13)


@given(ETA, VARIANCE)
def test_the_mirror_image_has_the_complement_as_its_mean(eta: float, variance: float) -> None:
    up, down = (logistic_normal(np.array([sign * eta]), np.array([variance])) for sign in (1, -1))
    assert up.mean + down.mean == pytest.approx(1.0, abs=1e-13)
    assert up.d_eta == pytest.approx(down.d_eta, abs=1e-13)
    assert up.d_variance == pytest.approx(-down.d_variance, abs=1e-12)


@given(ETA, VARIANCE)
def test_averaging_moves_a_probability_towards_one_half(eta: float, variance: float) -> None:
    found = logistic_normal(np.array([eta]), np.array([variance]))
    assert abs(found.mean[0] - 0.5) <= abs(special.expit(eta) - 0.5) + 1e-13
    assert 0 <= found.mean[0] <= 1
    assert found.d_eta[0] >= 0


@given(ETA, st.floats(0.01, 400))
def test_derivatives_are_those_of_the_mean(eta: float, variance: float) -> None:
    step = 1e-5
    ends = logistic_normal(np.array([eta + step, eta - step, eta, eta]), variance + np.array([0, 0, step, -step]))
    found = logistic_normal(np.array([eta]), np.array([variance]))
    assert found.d_eta[0] == pytest.approx((ends.mean[0] - ends.mean[1]) / (2 * step), abs=1e-8)
    assert found.d_variance[0] == pytest.approx((ends.mean[2] - ends.mean[3]) / (2 * step), abs=1e-8)


def test_both_ways_of_integrating_meet() -> None:
    eta = np.linspace(-10, 10, 41)
    below, above = (np.array(logistic_normal(eta, np.full(41, v))) for v in (1.0, np.nextafter(1.0, 2.0)))
    assert below == pytest.approx(above, abs=1e-12)


def test_without_variance_it_is_the_logistic_function_itself() -> None:
    eta = np.linspace(-30, 30, 13)
    found = logistic_normal(eta, np.zeros(13))
    assert found.mean == pytest.approx(special.expit(eta), abs=1e-15)


def test_any_shape_and_missing_variances() -> None:
    found = logistic_normal(np.array([[0.0], [1.0]]), np.array([0.5, 2.0, np.nan]))
    assert found.mean.shape == (2, 3)
    assert np.isnan(found.mean[:, 2]).all()
    assert np.isfinite(found.mean[:, :2]).all()
