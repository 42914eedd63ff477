"""Values with given cell means and correlations: a Gaussian latent variable cut at the quantiles of an outcome.

Each cell has a distribution over the values that were seen, tilted to the mean that is asked for. What rows share (an
item, a persona, a role's wording ...) is shared by their latent variable, so that values of 0 and 1 stay 0 and 1, means
are exact, and rows correlate about as the fit's variances say.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from standfast.analysis.structure import Columns

Floats = NDArray[np.float64]

_GRID = np.linspace(0.0, 1.0, 51)  # latent correlations at which the observed one is computed
_NODES = np.linspace(-8.0, 8.0, 801)
_DENSITY = stats.norm.pdf(_NODES) * (_NODES[1] - _NODES[0])
_STEEPEST = 500.0  # of a tilt, over the outcome's span: the mean is then at the end


class Outcome(NamedTuple):
    """A distribution over few values.

    Attributes:
        values: Ascending, shape (k,).
        chances: Their probabilities, shape (k,).
    """

    values: Floats
    chances: Floats

    @property
    def mean(self) -> float:
        """Return its mean."""
        return float(self.values @ self.chances)

    @property
    def variance(self) -> float:
        """Return its variance."""
        return float((self.values - self.mean) ** 2 @ self.chances)

    def cuts(self) -> Floats:
        """Return the latent values at which the outcome moves on, shape (k − 1,)."""
        return np.asarray(stats.norm.ppf(np.clip(np.cumsum(self.chances)[:-1], 0.0, 1.0)))

    def drawn(self, latent: Floats) -> Floats:
        """Return the value of each latent one."""
        return self.values[np.searchsorted(self.cuts(), latent)]


def seen(values: Floats, extremes: Sequence[float] = ()) -> Outcome:
    """Return the distribution of values, with the ends of their scale among them.

    Args:
        values: What was seen, shape (n,).
        extremes: Ends of the scale; each counts as half a value more, so that any mean can be reached.
    """
    all_values, counts = np.unique(np.concatenate([values, np.asarray(extremes, np.float64)]), return_counts=True)
    weights = counts - 0.5 * np.isin(all_values, extremes)
    return Outcome(all_values, weights / weights.sum())


def tilted(outcome: Outcome, mean: float) -> Outcome:
    """Return the outcome with another mean, its probabilities multiplied by exp(tilt × value).

    It is the distribution with that mean that is closest to the outcome in relative entropy; over 0 and 1 the only one.

    Args:
        outcome: With more than one value.
        mean: Strictly between its lowest and highest value.

    Raises:
        ValueError: The mean cannot be reached.
    """
    low, high = float(outcome.values[0]), float(outcome.values[-1])
    if not low < mean < high:
        message = f"a mean must lie between {low:g} and {high:g}, got {mean:g}"
        raise ValueError(message)
    scaled = (outcome.values - low) / (high - low)

    def chances(tilt: float) -> Floats:
        exponent = tilt * scaled
        weights = outcome.chances * np.exp(exponent - exponent.max())
        return np.asarray(weights / weights.sum())

    def off(tilt: float) -> float:
        return float(scaled @ chances(tilt)) - (mean - low) / (high - low)

    tilt = optimize.brentq(off, -_STEEPEST, _STEEPEST) if off(-_STEEPEST) < 0 < off(_STEEPEST) else 0.0
    return Outcome(outcome.values, chances(tilt)) if tilt else outcome


def shifted(outcome: Outcome, mean: float) -> Outcome:
    """Return the outcome moved to another mean, for scales without ends."""
    return Outcome(outcome.values + (mean - outcome.mean), outcome.chances)


def covariance(outcome: Outcome, correlation: float) -> float:
    """Return the covariance of two values whose latent variables have a correlation from 0 to 1."""
    if correlation >= 1:
        return outcome.variance
    cuts, steps = outcome.cuts(), np.diff(outcome.values)
    above = stats.norm.sf((cuts[:, None] - np.sqrt(correlation) * _NODES) / np.sqrt(1 - correlation))
    expected = outcome.values[0] + steps @ above  # of the value, given what the two share
    return float(max(_DENSITY @ (expected - _DENSITY @ expected) ** 2, 0.0))


def latent(variances: Mapping[Columns, float], outcomes: Sequence[Outcome]) -> dict[Columns, float]:
    """Return how much of the latent variable's variance of 1 each term has; the rest is its residual.

    Rows that share an item, a role and a profile level share all terms within item × role × profile. What such rows
    correlate by is matched, term by term from the smallest, on the mean over the outcomes.

    Args:
        variances: Term -> variance on the scale of the values; `()` is the residual.
        outcomes: Distributions of the cells.
    """
    total = sum(variances.values())
    terms = sorted((term for term in variances if term), key=lambda term: (len(term), term))
    if total <= 0 or not terms:
        return {}
    correlation = _inverse(outcomes)
    found: dict[Columns, float] = {}
    for term in terms:
        within = [other for other in terms if set(other) < set(term)]
        shared = (variances[term] + sum(variances[other] for other in within)) / total
        found[term] = max(correlation(min(shared, 1.0)) - sum(found[other] for other in within), 0.0)
    size = sum(found.values())
    return {term: share / max(size, 1.0) for term, share in found.items() if share > 0}


def _inverse(outcomes: Sequence[Outcome]) -> Callable[[float], float]:
    """Return observed correlation -> latent correlation."""
    total = sum(outcome.variance for outcome in outcomes)
    curve = np.array([sum(covariance(outcome, float(rho)) for outcome in outcomes) for rho in _GRID]) / total
    curve = np.maximum.accumulate(curve)
    return lambda observed: float(np.interp(observed, curve, _GRID))
