"""The binomial response with logit link, as the Laplace approximation needs it.

Rows are compressed: one row is all trials that share one linear predictor. Every quantity is computed from
exp(-|eta|), so that nothing overflows, and no tail is found as a difference of two numbers near 1.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from standfast.analysis.mixed.likelihood.terms import Floats, Ints
from standfast.errors import FitError


class Evaluation(NamedTuple):
    """Log-likelihood and its derivatives in the linear predictor eta.

    Attributes:
        log_likelihood: Sum over rows, without the constant of the family.
        score: dl/deta, shape (M,).
        weight: -d²l/deta² >= 0, shape (M,).
        slope: Change of the weight, dw/deta, shape (M,).
    """

    log_likelihood: float
    score: Floats
    weight: Floats
    slope: Floats


class Comparisons(NamedTuple):
    """The logistic comparisons that a log-likelihood consists of, K of them.

    Attributes:
        rows: Row of each, shape (K,).
        thresholds: Index of its threshold, 0 where the response has none, shape (K,).
        successes: Responses below the threshold (binomial: successes), shape (K,).
        failures: Responses above it, shape (K,).
    """

    rows: Ints
    thresholds: Ints
    successes: Floats
    failures: Floats


def logistic(eta: Floats, successes: Floats, trials: Floats) -> Evaluation:
    """Return log-likelihood and derivatives of successes out of trials at p = 1 / (1 + exp(-eta)).

    Relative accuracy is kept to |eta| = 700; weights below the smallest double are 0.

    Args:
        eta: Linear predictor, shape (K,).
        successes: In 0 .. trials, shape (K,).
        trials: Shape (K,).
    """
    small = np.exp(-np.abs(eta))
    large = 1.0 / (1.0 + small)
    tail = small * large  # probability of the less likely outcome
    rest = successes - trials * ~np.signbit(eta)  # successes below 0, minus the failures above: both shrink the sum
    log_likelihood = float(rest @ eta - trials @ np.log1p(small))
    weight = trials * tail * large
    return Evaluation(
        log_likelihood=log_likelihood,
        score=rest + np.copysign(trials * tail, eta),
        weight=weight,
        slope=-np.copysign(weight * (1.0 - small) * large, eta),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Binomial:
    """Counts of successes, one row per distinct linear predictor.

    Attributes:
        successes: Shape (M,), in 0 .. trials.
        trials: Shape (M,), positive.
        log_constant: Sum over the data of log choose(m, y); 0 where each trial is a row of the data.
    """

    successes: Floats
    trials: Floats
    log_constant: float = 0.0

    def __post_init__(self) -> None:
        """Refuse responses that no finite intercept fits."""
        total, successes = float(self.trials.sum()), float(self.successes.sum())
        if not 0.0 < successes < total:
            message = f"binomial response: {successes:g} successes in {total:g} trials. Both outcomes have to occur."
            raise FitError(message)

    @property
    def n_thresholds(self) -> int:
        """A binomial response has no thresholds."""
        return 0

    def take(self, rows: Ints) -> Self:
        """Return the response of some rows."""
        return type(self)(self.successes[rows], self.trials[rows])

    def starting_thresholds(self) -> Floats:
        """Return the empty vector."""
        return np.empty(0)

    def evaluate(self, eta: Floats, thresholds: Floats) -> Evaluation:
        """Return log-likelihood and derivatives at eta, shape (M,); `thresholds` is empty."""
        return logistic(eta, self.successes, self.trials)

    def threshold_gradient(self, eta: Floats, thresholds: Floats, leverage: Floats, adjoint: Floats) -> Floats:
        """Return the empty vector."""
        return np.empty(0)

    @property
    def pairs(self) -> Comparisons:
        """Every row is one comparison, at no threshold."""
        rows = np.arange(len(self.trials))
        return Comparisons(rows, np.zeros_like(rows), self.successes, self.trials - self.successes)

    @property
    def inner(self) -> Floats:
        """No category lies between two thresholds."""
        return np.empty(0)
