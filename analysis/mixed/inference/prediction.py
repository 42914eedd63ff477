"""Sums of fixed and random effects, such as the mean of one item in one cell: predictions with their errors.

The error of a prediction is that of l'(beta-hat, b-hat) − l'(beta, b), so that it has in it what the data do not tell
of the random effects, what they do not tell of the fixed ones, and that both are estimated together. Theta and sigma
are taken as known. Source: Henderson (1975), Biometrics 31, 423-447; docs/statistics.md.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.likelihood.factor import Factor, solve, times_lambda
from standfast.analysis.mixed.likelihood.linear import System, factor_at
from standfast.analysis.mixed.likelihood.terms import Floats
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.errors import FitError

# Grouping factor -> level -> what its effect counts.
Levels = Mapping[str, Mapping[str, float]]


class Prediction(NamedTuple):
    """Predicted sums.

    Attributes:
        value: In the unit of the response, shape (k,).
        std_error: Of value − truth, shape (k,).
    """

    value: Floats
    std_error: Floats


def predict(fit: MixedFit, rows: Floats, levels: Sequence[Levels]) -> Prediction:
    """Predict sums of the fixed effects and of random intercepts.

    A level that the data do not have is predicted as 0, and its whole variance is in the error.

    Args:
        fit: A linear mixed model of which each term is a random intercept.
        rows: What the fixed effects count, shape (k, p).
        levels: What random effects count, k of them; a factor that is not in the model has none.

    Raises:
        FitError: The model is not gaussian, or has random slopes.
    """
    system = fit.system
    if not isinstance(system, System) or any(term.s > 1 for term in system.terms):
        message = "predictions are made of linear mixed models with random intercepts; write slopes as (1 | item:role)"
        raise FitError(message)
    with one_thread():
        factor = factor_at(system, fit.inner.theta)
        b = times_lambda(system.places, factor, fit.inner.u)
        found = [_one(fit, system, factor, b, row, own) for row, own in zip(rows, levels, strict=True)]
    return Prediction(np.array([value for value, _ in found]), np.array([error for _, error in found]))


def _one(fit: MixedFit, system: System, factor: Factor, b: Floats, row: Floats, levels: Levels) -> tuple[float, float]:
    places, scaling = system.places, fit.design.scaling
    counted, unknown = np.zeros(places.columns), 0.0
    effects = zip(system.terms, places.positions, scaling.z, fit.inner.theta, strict=True)
    for term, position, z, theta in effects:
        known = {name: place for place, name in enumerate(term.levels)} if term.group in levels else {}
        for name, weight in levels.get(term.group, {}).items():
            if name in known:
                counted[position[known[name], 0]] += weight / float(z[0])
            else:
                unknown += (weight * float(theta) / float(z[0])) ** 2
    value = float(row @ fit.beta) + fit.unit * float(counted @ b)
    right = np.concatenate([times_lambda(places, factor, counted, transpose=True), row / scaling.x])
    variance = float(right @ solve(places, system.blocks, factor, right, places.rest + system.p))
    return value, fit.sigma * float(np.sqrt(max(variance, 0.0) + unknown))
