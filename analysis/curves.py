"""Holding curves as arrays, and clustered intervals for shares.

The interval of a share is Wilson's with an effective n: share × (1 − share) over the share's variance clustered by
item. Where fewer than `FEW` items leave one end, that variance says little, and n is the number of items; so no
interval has width 0. Coverage of nominal 95 % intervals in percent, for the share that holds to turn 5 (1,000
simulations each, item effects with standard deviation 1 on the logit of the hazard):

| items | conversations per item | holds 93 % | 77 % | 44 % | 14 % |
|-------|------------------------|------------|------|------|------|
| 12    | 1                      | 95.8       | 98.6 | 98.0 | 98.2 |
| 12    | 8                      | 98.6       | 94.3 | 95.6 | 97.4 |
| 24    | 1                      | 97.1       | 96.0 | 97.3 | 96.7 |
| 24    | 8                      | 95.5       | 95.1 | 94.8 | 95.2 |
| 100   | 1                      | 95.6       | 95.2 | 94.7 | 95.1 |
| 100   | 8                      | 94.3       | 94.6 | 95.8 | 94.7 |

There, hazards per turn cover 93 to 100 %, the restricted mean turn of flip 93 to 99 %, and the number of flips 94 to
100 %, but 89 % for 12 and 92 % for 24 items where 86 % of eight conversations each flip once. Wilson's interval with
n = items covers 98 to 100 % for eight conversations per item and is up to twice as wide; a t interval on the
complementary log-log scale covers 93 to 99 %.
"""

from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.intervals import Interval, critical_t, wilson

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Names = NDArray[np.object_]

ADOPTED = -1.0
FEW = 5
_CONFIDENCE = 0.95
_NOTHING = 1e-12  # variance of a share that is rounding


def at_risk(values: Floats) -> tuple[Bools, Bools]:
    """Return at which turns a conversation is observed and was held before, and at which of these it first flips.

    Args:
        values: Positions, shape (conversations, turns); the first turn is held.

    Returns:
        Two arrays of the shape of `values`.
    """
    adopted = values == ADOPTED
    before = np.cumsum(adopted, axis=1) - adopted
    risk = np.logical_and.accumulate(np.isfinite(values), axis=1) & (before == 0)
    return risk, risk & adopted


class Curve(NamedTuple):
    """Kaplan and Meier's curve: shares (T,), and what each conversation adds to their error, (T, n)."""

    share: Floats
    influence: Floats
    risk: Bools
    flip: Bools


def curve(values: Floats) -> Curve:
    """Return the holding curve of conversations whose first turn is held, shape (n, T); NaN for a missing turn.

    Source: Kaplan and Meier (1958), JASA 53, 457-481. Influence: Ying and Wei (1994), Journal of Multivariate Analysis
        50, 17-29, for the discrete hazard.
    """
    n, turns = values.shape
    risk, flip = at_risk(values)
    share, influence = np.full(turns, nan), np.zeros((turns, n))
    last, error = 1.0 if n else nan, np.zeros(n)
    for turn in range(turns):
        observed = int(risk[:, turn].sum())
        if observed:
            hazard = float(flip[:, turn].sum()) / observed
            error = error * (1 - hazard) - last * (flip[:, turn] - risk[:, turn] * hazard) / observed
            last *= 1 - hazard
        elif last > 0:
            last = nan
        share[turn], influence[turn] = last, error
    return Curve(share, influence, risk, flip)


def clustered(share: float, influence: Floats, clusters: Names, *, seen: Bools, above: Bools, below: Bools) -> Interval:
    """Return the interval of a share, clustered.

    Args:
        share: 0 to 1, or NaN.
        influence: What each conversation adds to the share's error, shape (n,).
        clusters: Cluster of each, shape (n,).
        seen: Conversations that were observed.
        above: Conversations that speak against a share of 0.
        below: Conversations that speak against a share of 1.

    Source: effective n, Korn and Graubard (1998), Survey Methodology 24, 193-201, here with Wilson's interval.
    """
    n = len(set(clusters[seen]))
    if n < 2 or np.isnan(share):
        return Interval(nan, nan)
    totals = np.bincount(np.unique(clusters, return_inverse=True)[1], influence)
    variance = len(totals) / (len(totals) - 1) * float(totals @ totals)
    few = min(len(set(clusters[above])), len(set(clusters[below]))) < FEW
    effective = float(n) if few or variance < _NOTHING else share * (1 - share) / variance
    ends = wilson(np.array([share]), np.array([effective]), critical_t(_CONFIDENCE, n - 1))
    return Interval(float(ends.low[0]), float(ends.high[0]))
