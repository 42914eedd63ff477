"""Profile-likelihood intervals of standard deviations, correlations, sigma and fixed effects.

A value is inside where the deviance, minimised over all other parameters, exceeds its minimum by no more than the
quantile of chi-square with one degree of freedom. Always by maximum likelihood, as in lme4's confint.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import chdtri

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.restrictions import (
    Restriction,
    hold_beta,
    hold_correlation,
    hold_sd,
    hold_sigma,
)
from standfast.analysis.mixed.likelihood.gaussian import GaussianEstimate
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.terms import Floats, unpack
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.analysis.mixed.scaled import refit
from standfast.errors import FitError

Kind = Literal["sd", "cor", "sigma", "beta"]

# Where diagonal entries of theta start, and start again if they end at zero, where the gradient always vanishes.
_INSIDE, _AGAIN = 0.05, 0.5
_DOUBLINGS = 40  # of the distance from the estimate, after which an interval counts as unbounded
_PRECISE = 1e-8  # of an end, relative to the first distance


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInterval:
    """The interval of one parameter, in the user's units.

    Attributes:
        name: Such as `item.(Intercept)`, `item.(Intercept).role[T.peer]`, `sigma`, or a fixed effect.
        kind: Standard deviation, correlation, sigma, or fixed effect.
        estimate: By maximum likelihood; NaN for the correlation with an effect that does not vary.
        low: Lower end; 0 for standard deviations and −1 for correlations where no value is excluded.
        high: Upper end; 1 for correlations where no value is excluded.
    """

    name: str
    kind: Kind
    estimate: float
    low: float
    high: float


class _Parameter(NamedTuple):
    """One parameter of the scaled system.

    Attributes:
        name: As of `ProfileInterval`.
        kind: As of `ProfileInterval`.
        estimate: In the units of the system.
        step: First distance that is tried.
        low: Least possible value.
        high: Largest possible value.
        hold: The deviance with the parameter held.
        unit: What multiplies a value to give the user's.
        shift: What is then added.
    """

    name: str
    kind: Kind
    estimate: float
    step: float
    low: float
    high: float
    hold: Callable[[], Restriction]
    unit: float = 1.0
    shift: float = 0.0


def profile(
    fit: MixedFit, *, confidence: float = 0.95, kinds: tuple[Kind, ...] = ("sd", "cor", "sigma", "beta")
) -> tuple[ProfileInterval, ...]:
    """Return profile-likelihood intervals, terms in theta's order.

    Args:
        fit: A linear mixed model; one by REML is fitted again by ML.
        confidence: Such as 0.95.
        kinds: Which parameters; correlations are those of correlated terms.

    Raises:
        FitError: The model is not gaussian, or its fit by ML did not converge.

    Source: Bates, Mächler, Bolker and Walker (2015), J. Stat. Softw. 67(1), section 5.1; there the ends are read off a
        spline through the profile, here they are solved for.
    """
    ml = refit(fit, reml=False)
    if not isinstance(ml.system, System) or not isinstance(ml.inner, GaussianEstimate):
        message = f"profile: intervals by profile are for linear models, this is a {fit.family} one; use the bootstrap"
        raise FitError(message)
    if not ml.converged:
        message = "profile: the fit by maximum likelihood did not converge, so that there is no minimum to compare with"
        raise FitError(message)
    limit = float(chdtri(1, 1 - confidence))
    with one_thread():
        return tuple(
            _interval(parameter, ml.inner.deviance, limit)
            for parameter in _parameters(ml, ml.system, ml.inner)
            if parameter.kind in kinds
        )


def _parameters(fit: MixedFit, system: System, found: GaussianEstimate) -> Iterator[_Parameter]:
    theta, sigma = found.theta, found.sigma
    for t, L in enumerate(unpack(system.terms, theta)):
        yield from _of_term(fit, system, found, t, L)
    step = 2.5 * sigma / np.sqrt(2 * system.n)
    yield _Parameter("sigma", "sigma", sigma, step, 1e-3 * sigma, np.inf, partial(hold_sigma, system, theta), fit.unit)
    errors = sigma * np.sqrt(np.diag(found.unscaled))
    for j, name in enumerate(fit.names):
        x = float(fit.design.scaling.x[j])
        yield _Parameter(
            name,
            "beta",
            float(found.beta[j]),
            2 * float(errors[j]),
            -np.inf,
            np.inf,
            partial(hold_beta, system, theta, j),
            fit.unit / x,
            float(fit.shift[j]) / x,
        )


def _of_term(fit: MixedFit, system: System, found: GaussianEstimate, t: int, L: Floats) -> Iterator[_Parameter]:
    term, scale, sigma = system.terms[t], fit.design.scaling.z[t], found.sigma
    sd = sigma * np.sqrt((L**2).sum(axis=1))
    entries = term.entries
    for (i, j), name in zip(entries, term.theta_names, strict=True):
        if i == j:
            step = max(0.5 * float(sd[i]), 0.1 * sigma)
            unit = fit.unit / float(scale[i])
            yield _Parameter(
                name, "sd", float(sd[i]), step, 0.0, np.inf, partial(hold_sd, system, found.theta, sigma, t, i), unit
            )
        else:
            product = float(sd[i] * sd[j])
            estimate = sigma**2 * float(L[i] @ L[j]) / product if product else np.nan
            yield _Parameter(
                name, "cor", estimate, 0.5, -1.0, 1.0, partial(hold_correlation, system, found.theta, t, i, j)
            )


def _interval(parameter: _Parameter, minimum: float, limit: float) -> ProfileInterval:
    estimate, unit, shift = parameter.estimate, parameter.unit, parameter.shift
    low, high = parameter.low, parameter.high
    if not np.isnan(estimate):
        excess = _excess(parameter.hold(), minimum, limit)
        low = _end(excess, estimate, -parameter.step, low)
        high = _end(excess, estimate, parameter.step, high)
    return ProfileInterval(
        name=parameter.name,
        kind=parameter.kind,
        estimate=unit * estimate + shift,
        low=unit * low + shift,
        high=unit * high + shift,
    )


def _excess(held: Restriction, minimum: float, limit: float) -> Callable[[float], float]:
    """Return the root of the deviance's excess over its minimum, less that of the limit: nearly linear in the value."""

    def excess(value: float) -> float:
        deviance = _minimised(held, value)
        return float(np.sqrt(max(deviance - minimum, 0.0)) - np.sqrt(limit))

    return excess


def _minimised(held: Restriction, value: float) -> float:
    """Return the deviance at a held value, minimised over the rest from several starts."""
    scale = held.low == 0
    inside = np.where(scale, np.maximum(held.start, _INSIDE), held.start)
    found, z = _search(held, value, inside)
    starts = [np.where(np.arange(len(z)) == k, 0.0, inside) for k in held.zeros]
    at_zero = scale & (z <= 0)
    if at_zero.any():
        starts.append(np.where(at_zero, _AGAIN, z))
    return min([found, *(_search(held, value, start)[0] for start in starts)])


def _search(held: Restriction, value: float, start: Floats) -> tuple[float, Floats]:
    if not len(start):
        return held.evaluate(value, start).deviance, start

    def evaluate(z: Floats) -> tuple[float, Floats]:
        return held.evaluate(value, z)

    found = minimize(
        evaluate,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(held.low, held.high, strict=True)),
        options={"maxiter": 500, "maxfun": 2000, "ftol": 1e-13, "gtol": 1e-6, "maxcor": 20},
    )
    return float(found.fun), np.asarray(found.x)


def _end(excess: Callable[[float], float], estimate: float, step: float, limit: float) -> float:
    """Return where the excess reaches zero, `limit` if it does not before."""
    inside, distance = estimate, step
    for _ in range(_DOUBLINGS):
        outside = max(inside + distance, limit) if step < 0 else min(inside + distance, limit)
        if outside == inside:
            return limit
        if excess(outside) > 0:
            return float(brentq(excess, inside, outside, xtol=_PRECISE * abs(step), rtol=1e-12))
        inside, distance = outside, 2 * distance
    return limit
