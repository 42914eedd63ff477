"""Profile intervals against exact roots and lme4's, and the deviances that they are found from."""

import numpy as np
import pytest

from standfast.analysis.mixed import lmm
from standfast.analysis.mixed.inference.profiles import profile
from standfast.analysis.mixed.inference.restrictions import (
    hold_beta,
    hold_correlation,
    hold_sd,
    hold_sigma,
    reordered,
    reordered_theta,
)
from standfast.analysis.mixed.likelihood.linear import System, deviance
from standfast.errors import FitError

EXACT = 1e-7  # what is reached is 1e-9
SPLINE = 2e-3  # lme4 reads its ends off a spline, about three digits
STEP = 1e-6


def intervals(fit, *kinds):
    return {(one.kind, one.name): one for one in profile(fit, kinds=kinds or ("sd", "cor", "sigma", "beta"))}


@pytest.mark.parametrize("name", ["small_one", "small_crossed", "singular_zero"])
def test_intervals_of_standard_deviations_are_exact(fit_of, known, name):
    case = known["profiles"][name]
    found = intervals(fit_of(name, case["formula"]), "sd", "sigma")
    for what, told in case["exact"].items():
        one = found["sigma", "sigma"] if what == "sigma" else found["sd", f"{what}.(Intercept)"]
        assert (one.low, one.high) == pytest.approx((told["low"], told["high"]), rel=EXACT, abs=EXACT)
        assert one.estimate == pytest.approx(told["estimate"], rel=1e-6, abs=1e-9)


def test_an_interval_that_reaches_zero_ends_there(fit_of):
    one = intervals(fit_of("singular_zero"), "sd")["sd", "persona.(Intercept)"]
    assert (one.estimate, one.low) == (0.0, 0.0)
    assert one.high > 0


@pytest.mark.parametrize(
    ("name", "fixed"), [("small_crossed", ["Intercept"]), ("singular_zero", ["Intercept", "role[T.peer]"])]
)
def test_intervals_of_fixed_effects_agree_with_lme4(fit_of, known, name, fixed):
    case = known["profiles"][name]
    found = intervals(fit_of(name, case["formula"]), "beta")
    for column, (key, told) in zip(
        fixed, [(k, v) for k, v in case["lme4"].items() if k[:2] != "sd" and k != "sigma"], strict=True
    ):
        one = found["beta", column]
        assert (one.low, one.high) == pytest.approx((told["low"], told["high"]), rel=SPLINE), key


def test_slopes_agree_with_lme4(fit_of, known):
    told = known["profiles"]["covariate"]["lme4"]
    found = intervals(fit_of("covariate"))
    pairs = {
        ("sd", "g.x"): "sd_x|g",
        ("sd", "h.(Intercept)"): "sd_(Intercept)|h",
        ("sigma", "sigma"): "sigma",
        ("beta", "x"): "x",
        ("beta", "role[T.peer]"): "rolepeer",
    }
    for ours, theirs in pairs.items():
        assert (found[ours].low, found[ours].high) == pytest.approx(tuple(told[theirs].values()), rel=SPLINE)
    # lme4's spline is off here, 0.0316 and -0.759; where it ends the deviance is 3.816 and 4.281 above its minimum.
    assert found["sd", "g.(Intercept)"].low == pytest.approx(0.029757, abs=1e-6)
    assert found["sd", "g.(Intercept)"].high == pytest.approx(told["sd_(Intercept)|g"]["high"], rel=SPLINE)
    correlation = found["cor", "g.(Intercept).x"]
    assert (correlation.low, correlation.high) == pytest.approx((-0.615074, 1.0), abs=1e-6)


def test_sleepstudy_agrees_with_lme4(classic):
    # confint(lmer(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE), method = "profile")
    told = {
        ("sd", "Subject.(Intercept)"): (14.38148112, 37.71601874),
        ("cor", "Subject.(Intercept).Days"): (-0.48150044, 0.68498614),
        ("sd", "Subject.Days"): (3.80116476, 8.75336666),
        ("sigma", "sigma"): (22.89826622, 28.85799732),
        ("beta", "Intercept"): (237.68069547, 265.12951469),
        ("beta", "Days"): (7.35865330, 13.57591874),
    }
    found = intervals(lmm("Reaction ~ Days + (Days | Subject)", classic("sleepstudy")))
    assert list(found) == list(told)
    for which, ends in told.items():
        assert (found[which].low, found[which].high) == pytest.approx(ends, rel=1e-4)


def test_dyestuff_agrees_with_lme4(classic):
    found = intervals(lmm("Yield ~ 1 + (1 | Batch)", classic("Dyestuff")))
    assert [(one.low, one.high) for one in found.values()] == [
        pytest.approx(ends, rel=2e-4)
        for ends in ((12.198535, 84.063047), (38.229985, 67.657696), (1486.451500, 1568.548494))
    ]


def test_where_no_correlation_is_excluded_the_interval_is_everything(fit_of):
    # At 96.5 % the limit, 4.45, lies above 4.281, the deviance of a model without the intercept's variance, where any
    # correlation is as good as another; the nearest values below -0.615 are worse than that.
    found = profile(fit_of("covariate"), confidence=0.965, kinds=("cor",))
    assert [(one.low, one.high) for one in found] == [(-1.0, 1.0)]


def test_a_larger_confidence_widens_every_interval(fit_of):
    fit = fit_of("small_crossed")
    for narrow, wide in zip(profile(fit, confidence=0.5), profile(fit, confidence=0.99), strict=True):
        assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high


def test_neither_unit_nor_origin_of_the_response_matters(synthetic, fit_of):
    fit = fit_of("small_crossed")
    moved = lmm(fit.formula, synthetic("small").assign(y=lambda data: 500 - 1e4 * data["y"]))
    for one, other in zip(profile(fit), profile(moved), strict=True):
        ends = (500 - 1e4 * one.high, 500 - 1e4 * one.low) if one.kind == "beta" else (1e4 * one.low, 1e4 * one.high)
        assert (other.low, other.high) == pytest.approx(ends, rel=1e-6)


def test_the_order_of_effects_does_not_change_the_deviance(fit_of):
    fit = fit_of("slopes_4d")
    system, theta = fit.system, fit.inner.theta
    assert isinstance(system, System)
    for t, order in ((0, [2, 0, 3, 1]), (1, [1, 0])):
        moved, there = reordered(system, t, order), reordered_theta(system, theta, t, order)
        assert deviance(moved, there, reml=True) == pytest.approx(deviance(system, theta, reml=True), abs=1e-8)


def held_of(fit):
    """Return every kind of restriction, with a value to hold the parameter at."""
    system, theta, sigma = fit.system, fit.inner.theta, fit.inner.sigma
    return {
        "sigma": (hold_sigma(system, theta), 1.1 * sigma),
        "beta": (hold_beta(system, theta, 1), 0.3),
        "sd in the middle": (hold_sd(system, theta, sigma, 0, 2), 0.4),
        "sd of the rest": (hold_sd(system, theta, sigma, 1, 1), 0.2),
        "correlation": (hold_correlation(system, theta, 0, 3, 1), -0.4),
        "correlation in the rest": (hold_correlation(system, theta, 1, 1, 0), 0.7),
    }


@pytest.mark.parametrize(
    "which", ["sigma", "beta", "sd in the middle", "sd of the rest", "correlation", "correlation in the rest"]
)
def test_gradients_of_held_deviances_are_their_differences(fit_of, which):
    held, value = held_of(fit_of("slopes_4d"))[which]
    z = held.start + np.random.default_rng(2).uniform(0.01, 0.1, len(held.start))
    found = held.evaluate(value, z)
    for i, unit in enumerate(np.eye(len(z))):
        up, down = (held.evaluate(value, z + sign * STEP * unit).deviance for sign in (1, -1))
        assert found.gradient[i] == pytest.approx((up - down) / (2 * STEP), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(
    "which", ["sigma", "beta", "sd in the middle", "sd of the rest", "correlation", "correlation in the rest"]
)
def test_held_at_the_estimate_the_deviance_is_its_minimum(fit_of, which):
    fit = fit_of("slopes_4d", reml=False)
    covariances = fit.covariances
    z = [np.sqrt(np.diag(c)) for c in covariances]
    scale = fit.design.scaling
    at = {
        "sigma": fit.inner.sigma,
        "beta": fit.inner.beta[1],
        "sd in the middle": z[0][2] * scale.z[0][2] / fit.unit,
        "sd of the rest": z[1][1] * scale.z[1][1] / fit.unit,
        "correlation": covariances[0][3, 1] / (z[0][3] * z[0][1]),
        "correlation in the rest": covariances[1][1, 0] / (z[1][1] * z[1][0]),
    }
    held, _ = held_of(fit)[which]
    found = held.evaluate(float(at[which]), held.start)
    assert found.deviance == pytest.approx(fit.inner.deviance, abs=1e-7)
    assert np.abs(found.gradient).max() < 0.02


def test_counts_are_sent_to_the_bootstrap(fit_of):
    with pytest.raises(FitError, match="this is a binomial one; use the bootstrap"):
        profile(fit_of("votes"))
