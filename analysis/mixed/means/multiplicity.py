"""P-values and critical values for several tests at once.

`adjust` corrects p-values whatever their correlation. `single_step` and `critical_value` use it: they take the largest
of k statistics that are jointly t distributed, as Tukey's and Dunnett's methods do for their special cases. Its
distribution is integrated without random numbers, so that equal input gives equal output.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special
from scipy.stats import qmc

Floats = NDArray[np.float64]
Method = Literal["none", "holm", "hochberg", "bonferroni", "benjamini-hochberg", "bh"]
METHODS: tuple[Method, ...] = ("none", "holm", "hochberg", "bonferroni", "benjamini-hochberg", "bh")

# Eigenvalues of a correlation matrix below this share of the largest are rounding.
_RANK = 1e-10
# Directions over which the largest statistic is integrated, those of them that tell how far it is like the sum of all
# single ones, and the classes of its size. Probabilities are then right to 1e-5 up to rank 5 and to 5e-5 up to rank 14.
_DIRECTIONS, _FEW, _CLASSES = 2**19, 2**12, 2**13
_ANGLES = 2**16  # directions in the plane


def adjust(p_values: ArrayLike, method: Method) -> Floats:
    """Return p-values corrected for their number.

    NaN stays NaN and is not counted: a contrast that could not be estimated was not tested.

    Args:
        p_values: Shape (k,), 0 to 1.
        method: `holm`, `hochberg` and `bonferroni` bound the chance of any false rejection (hochberg for tests that
            are independent or positively dependent), `benjamini-hochberg` (`bh`) the expected share of false ones.

    Example:
        >>> adjust([0.01, 0.04, 0.03], "holm").tolist()
        [0.03, 0.06, 0.06]

    Raises:
        ValueError: A p-value is not between 0 and 1, or the method is not known.

    Source: Holm (1979), Scand. J. Statist. 6, 65-70; Hochberg (1988), Biometrika 75, 800-802; Benjamini and Hochberg
        (1995), J. R. Statist. Soc. B 57, 289-300. R's `p.adjust` gives the same.
    """
    if method not in METHODS:
        message = f"adjust: no method {method!r}. Known: {', '.join(METHODS)}."
        raise ValueError(message)
    p = np.array(p_values, dtype=np.float64)
    tested = ~np.isnan(p)
    known = p[tested]
    if ((known < 0) | (known > 1)).any():
        message = f"adjust: p-values lie between 0 and 1, found {known.min():g} to {known.max():g}"
        raise ValueError(message)
    order = np.argsort(known, kind="stable")
    known[order] = np.minimum(_stepwise(known[order], method), 1.0)
    p[tested] = known
    return p


def _stepwise(p: Floats, method: Method) -> Floats:
    """Return the corrected values of increasing p-values, before they are capped at 1."""
    rank = np.arange(1, len(p) + 1)
    left = len(p) - rank + 1
    if method == "none":
        return p
    if method == "bonferroni":
        return p * len(p)
    if method == "holm":
        return np.maximum.accumulate(p * left)
    factor = left if method == "hochberg" else len(p) / rank
    return np.minimum.accumulate((p * factor)[::-1])[::-1]


def single_step(statistics: ArrayLike, correlation: Floats, df: ArrayLike) -> Floats:
    """Return two-sided p-values corrected by the joint distribution of all statistics.

    Each is the probability that the largest of k |t| exceeds this one. It is at least the uncorrected value, and at
    most Šidák's. NaN stays NaN and is not counted.

    Args:
        statistics: t statistics, shape (k,).
        correlation: Of the k estimates, shape (k, k); may be singular, as that of all pairwise differences is.
        df: Degrees of freedom, above 0, infinite for z statistics; one number, or one per statistic.

    Source: Hothorn, Bretz and Westfall (2008), Biometrical Journal 50, 346-363, equation 4.
    """
    t = np.abs(np.asarray(statistics, dtype=np.float64))
    freedom = np.broadcast_to(np.asarray(df, dtype=np.float64), t.shape)
    known = ~(np.isnan(t) | np.isnan(freedom))
    p = np.full(t.shape, np.nan)
    if known.any():
        largest = _largest(correlation[np.ix_(known, known)])
        p[known] = [_tail(largest, *pair) for pair in zip(t[known], freedom[known], strict=True)]
    return p


def critical_value(correlation: Floats, df: ArrayLike, confidence: float = 0.95) -> Floats:
    """Return c such that all k intervals estimate ± c × standard error hold together with the given confidence.

    Args:
        correlation: Of the k estimates, shape (k, k); may be singular.
        df: Degrees of freedom, above 0; may be infinite. Where they differ between estimates, each has its own c.
        confidence: Between 0 and 1.

    Returns:
        Of the shape of df.
    """
    largest = _largest(correlation)
    each = np.asarray(df, dtype=np.float64)
    found = {freedom: _critical(largest, freedom, 1 - confidence) for freedom in set(each.ravel().tolist())}
    return np.array([found[freedom] for freedom in each.ravel().tolist()]).reshape(each.shape)


def _critical(largest: "_Largest", df: float, miss: float) -> float:
    low, high = _t_quantile(miss, df), _t_quantile(-np.expm1(np.log1p(-miss) / largest.k), df)
    if largest.rank == 1:
        return low
    share = _share(largest, _beyond(largest, (low + high) / 2, df))

    def excess(c: float) -> float:
        return _tail(largest, c, df, share) - miss

    # The error of the integral can put the solution beyond an end, where all estimates are as good as one or independent.
    if excess(low) <= 0:
        return low
    return high if excess(high) >= 0 else float(optimize.brentq(excess, low, high, xtol=1e-9))


class _Largest(NamedTuple):
    """Sizes of k statistics a'u, all of length one, over evenly spread directions u.

    Attributes:
        k: Number of statistics.
        rank: Dimensions that they span.
        largest: Share of directions in which the largest |a'u| is of each class, shape (classes,).
        single: Mean number of statistics of which |a'u| is of each class, shape (classes,).
        few: |a'u| in some of the directions, shape (few, k).
    """

    k: int
    rank: int
    largest: Floats
    single: Floats
    few: Floats


def _largest(correlation: Floats) -> _Largest:
    values, vectors = np.linalg.eigh(correlation)
    kept = values > _RANK * values[-1]
    A = vectors[:, kept] * np.sqrt(values[kept])
    A /= np.linalg.norm(A, axis=1)[:, None]
    k, rank = A.shape
    directions = _directions(rank)
    largest, single = np.zeros(_CLASSES), np.zeros(_CLASSES)
    for part in np.split(directions, max(1, len(directions) // _FEW)):
        sizes = np.abs(part @ A.T)
        largest += _classified(sizes.max(axis=1))
        single += _classified(sizes.ravel())
    n = len(directions)
    return _Largest(k, rank, largest / n, single / n, np.abs(directions[:_FEW] @ A.T))


def _directions(rank: int) -> Floats:
    """Return evenly spread points of the unit sphere, shape (n, rank)."""
    if rank == 1:
        return np.ones((1, 1))
    if rank == 2:
        # In bit-reversed order, so that the first few are evenly spread, too.
        angle = np.pi * (qmc.Sobol(1, scramble=False).random(_ANGLES)[:, 0] + 0.5 / _ANGLES)
        return np.column_stack([np.cos(angle), np.sin(angle)])
    normal = special.ndtri(qmc.Sobol(rank, scramble=False).random(_DIRECTIONS) + 0.5 / _DIRECTIONS)
    return np.asarray(normal / np.linalg.norm(normal, axis=1)[:, None])


def _classified(sizes: Floats) -> Floats:
    """Return how many sizes from 0 to 1 stand at each of the classes' nodes, each shared by its two neighbours."""
    place = np.clip(sizes, 0.0, 1.0) * (_CLASSES - 1)
    below = np.minimum(place.astype(np.int64), _CLASSES - 2)
    above = place - below
    lower = np.bincount(below, 1 - above, minlength=_CLASSES)
    return np.asarray(lower + np.bincount(below + 1, above, minlength=_CLASSES))


def _tail(found: _Largest, t: float, df: float, share: float | None = None) -> float:
    """Return the probability that the largest of the k |t| exceeds t.

    In direction u the statistics are r |a'u| / s with r² chi-square with as many degrees of freedom as there are
    dimensions, so that given u an F distribution is left. The sum of all single probabilities is known; a share of what
    the same directions miss it by is taken off.

    Source: Deák (1980), Numerische Mathematik 35, 35-60, for the normal; Somerville (1998), J. Comput. Graph. Stat. 7,
        for t.
    """
    alone = _t_tail(t, df)
    if found.rank == 1 or alone in (0.0, 1.0):
        return alone
    beyond = _beyond(found, t, df)
    share = _share(found, beyond) if share is None else share
    p = found.largest @ beyond - share * (found.single @ beyond - found.k * alone)
    return float(np.clip(p, alone, -np.expm1(found.k * np.log1p(-alone))))


def _beyond(found: _Largest, t: float, df: float) -> Floats:
    """Return the probability that r |a'u| / s exceeds t for each class of |a'u|, shape (classes,)."""
    ratio = np.full(_CLASSES, np.inf)
    ratio[1:] = (t / np.linspace(0, 1, _CLASSES)[1:]) ** 2
    if np.isfinite(df):
        return np.asarray(special.fdtrc(found.rank, df, ratio / found.rank))
    return np.asarray(special.chdtrc(found.rank, ratio))


def _share(found: _Largest, beyond: Floats) -> float:
    """Return how far the error of the largest one goes along with that of the sum of all, 0 to 1."""
    sample = np.interp(found.few, np.linspace(0, 1, _CLASSES), beyond)
    together = np.cov(sample.max(axis=1), sample.sum(axis=1))
    return float(np.clip(together[0, 1] / together[1, 1], 0.0, 1.0)) if together[1, 1] > 0 else 0.0


def _t_tail(t: float, df: float) -> float:
    """Return the two-sided p-value of t."""
    return 2 * float(special.stdtr(df, -t) if np.isfinite(df) else special.ndtr(-t))


def _t_quantile(miss: float, df: float) -> float:
    """Return the two-sided critical value of t."""
    return -float(special.stdtrit(df, miss / 2) if np.isfinite(df) else special.ndtri(miss / 2))
