"""How far two mixes of strategies are apart: Jensen and Shannon's distance, corrected for small samples.

The divergence D of two mixes is the information, in bits, that one mention tells about which mix it is from; it lies
between 0 and 1, and so does the distance, its root. Mentions of few items make two samples of one mix look apart, so
the bias is taken off D by leaving out whole items in turn, and the interval is D ± t × the jackknife's standard error
with items − 1 degrees of freedom, both cut at 0. Mean distance and coverage of nominal 95 % intervals in percent (400
studies each, ten strategies, 4 mentions per item, items' own mixes vary; bootstrap: percentiles of 400 resamples of
items, shifted by twice the bias that they show):

| true distance | items | plug-in | jackknife | covers, jackknife | covers, bootstrap |
|---------------|-------|---------|-----------|-------------------|-------------------|
| 0             | 12    | 0.35    | 0.14      | 97.8              | 86.2              |
| 0             | 24    | 0.25    | 0.08      | 99.0              | 94.5              |
| 0             | 60    | 0.17    | 0.05      | 99.5              | 98.2              |
| 0.15          | 12    | 0.39    | 0.17      | 95.5              | 88.8              |
| 0.15          | 60    | 0.22    | 0.12      | 93.8              | 98.0              |
| 0.70          | 12    | 0.79    | 0.71      | 88.8              | 71.5              |
| 0.70          | 24    | 0.75    | 0.70      | 92.8              | 85.0              |
| 0.70          | 60    | 0.72    | 0.70      | 94.8              | 91.0              |

Source: Lin (1991), IEEE Transactions on Information Theory 37, 145-151; the distance as a metric: Endres and Schindelin
    (2003), ibid. 49, 1858-1860; use on strategies: arXiv 2604.22109.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.intervals import critical_t

Floats = NDArray[np.float64]

_NOTHING = 1e-12


class Distance(NamedTuple):
    """A distance between two mixes.

    Attributes:
        estimate: 0 to 1; NaN where a mix has no mention without one of the items, and for fewer than 3 items.
        conf_low: Lower end of its interval; NaN where the estimate is, or where nothing varies between items.
        conf_high: Upper end.
        uncorrected: Plug-in distance.
        n_items: Items with a mention.
    """

    estimate: float
    conf_low: float
    conf_high: float
    uncorrected: float
    n_items: int


def divergence(first: Floats, second: Floats) -> Floats:
    """Return the Jensen–Shannon divergence in bits, 0 to 1, NaN where a mix is empty.

    Args:
        first: Counts or shares, shape (…, K).
        second: Of the other mix, same shape.
    """
    p, q = _shares(first), _shares(second)
    middle = (p + q) / 2
    return np.asarray(np.clip((_relative(p, middle) + _relative(q, middle)) / 2, 0.0, 1.0))


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0))


def _relative(p: Floats, middle: Floats) -> Floats:
    """Return Kullback and Leibler's divergence in bits; 0 log 0 is 0."""
    ratio = np.divide(p, middle, out=np.ones_like(p), where=p > 0)
    return np.asarray((p * np.log2(ratio)).sum(axis=-1))


def distance(first: Floats, second: Floats, *, confidence: float = 0.95) -> Distance:
    """Return the corrected distance between two mixes and its interval, whole items left out in turn.

    Args:
        first: Mentions of each strategy on each item, shape (G, K).
        second: Those of the other mix on the same items, shape (G, K); or shares of a reference that counts as exact,
            shape (K,).
        confidence: Of the interval.

    Raises:
        ValueError: The mixes are not of the same items or strategies, or a count is negative.
    """
    fixed = second.ndim == 1
    if first.shape[-1:] != second.shape[-1:] or (not fixed and first.shape != second.shape):
        message = f"mixes must be of the same items and strategies, got shapes {first.shape} and {second.shape}"
        raise ValueError(message)
    if (first < 0).any() or (second < 0).any():
        message = "counts and shares of strategies must be at least 0"
        raise ValueError(message)
    mentioned = first.sum(axis=1) > 0 if fixed else (first.sum(axis=1) + second.sum(axis=1)) > 0
    own, other = first[mentioned], second if fixed else second[mentioned]
    groups = len(own)
    total = other if fixed else other.sum(axis=0)
    plain = float(divergence(own.sum(axis=0), total))
    left = divergence(own.sum(axis=0) - own, np.broadcast_to(total, own.shape) if fixed else total - other)
    if groups < 3 or not np.isfinite(left).all():
        return Distance(np.nan, np.nan, np.nan, _root(plain), groups)
    corrected = plain - (groups - 1) * (float(left.mean()) - plain)
    error = float(np.sqrt((groups - 1) / groups * ((left - left.mean()) ** 2).sum()))
    half = critical_t(confidence, groups - 1) * error if error > _NOTHING else np.nan
    return Distance(_root(corrected), _root(corrected - half), _root(corrected + half), _root(plain), groups)


def _root(squared: float) -> float:
    return float(np.sqrt(np.clip(squared, 0.0, 1.0)))
