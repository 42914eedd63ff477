"""Kendall's coefficient of concordance W: do judges rank the same objects alike?

Here judges are receivers and objects are senders: is the order of senders by gain the same whoever receives?
"""

from itertools import permutations
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

_EXACT = 20_000  # rankings of all judges that are gone through one by one
_DRAWN = 9_999


class Concordance(NamedTuple):
    """Agreement of m judges on n objects.

    Attributes:
        w: 0 to 1; NaN where undefined.
        p_value: Chance of a W as large or larger if each judge ranked at random; NaN where undefined.
        judges: m.
        objects: n.
        status: `ok`, or why W is undefined.
    """

    w: float
    p_value: float
    judges: int
    objects: int
    status: str = "ok"


def kendall_w(scores: Floats) -> Floats:
    """Return Kendall's W corrected for ties, NaN where every judge ties all objects.

    W = 12 S / (m² (n³ − n) − m T), with S the sum of squared deviations of the objects' rank sums from their mean, and
    T the sum over judges and groups of t tied objects of t³ − t.

    Args:
        scores: Score that each judge gives each object, the higher the better, shape (…, m, n), finite.

    Source: Kendall and Babington Smith (1939), Annals of Mathematical Statistics 10, 275-287; ties: Siegel and Castellan
        (1988), Nonparametric Statistics, 2nd edition, section 9.8.
    """
    m, n = scores.shape[-2:]
    ranks = stats.rankdata(scores, axis=-1)
    sums = ranks.sum(axis=-2)
    squares = ((sums - sums.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    tied = (scores[..., :, None] == scores[..., None, :]).sum(axis=-1)
    ties = (tied**2 - 1).sum(axis=(-2, -1))  # t³ − t over groups is t² − 1 over their members
    most = m**2 * (n**3 - n) - m * ties
    return np.asarray(np.divide(12 * squares, most, out=np.full(most.shape, np.nan), where=most > 0))


def concordance(scores: Floats, rng: np.random.Generator) -> Concordance:
    """Return W with its p-value by permutation: all rankings where they are few, otherwise 9,999 random ones.

    Args:
        scores: Shape (m, n); NaN where a judge did not score an object. A judge with a gap is refused, because ranks
            among fewer objects are not comparable.
        rng: Source of random rankings.
    """
    m, n = scores.shape
    why = _refused(scores)
    if why:
        return Concordance(np.nan, np.nan, m, n, why)
    found = float(kendall_w(scores))
    if np.isnan(found):
        return Concordance(np.nan, np.nan, m, n, "every judge ties all objects")
    by_chance = kendall_w(_at_random(scores, rng))
    exact = factorial(n) ** (m - 1) <= _EXACT
    extreme = int((by_chance >= found - 1e-9).sum())
    p_value = extreme / len(by_chance) if exact else (1 + extreme) / (1 + len(by_chance))
    return Concordance(found, p_value, m, n)


def _refused(scores: Floats) -> str:
    m, n = scores.shape
    if m < 2:
        return "fewer than 2 judges"
    if n < 2:
        return "fewer than 2 objects"
    gaps = int(np.isnan(scores).sum())
    return f"{gaps} of {m * n} scores are missing" if gaps else ""


def _at_random(scores: Floats, rng: np.random.Generator) -> Floats:
    """Return scores with each judge's dealt to the objects anew, shape (k, m, n); the first judge's may stay."""
    m, n = scores.shape
    if factorial(n) ** (m - 1) > _EXACT:
        return rng.permuted(np.broadcast_to(scores, (_DRAWN, m, n)), axis=-1)
    orders = np.array(list(permutations(range(n))))
    picks = np.indices((len(orders),) * (m - 1)).reshape(m - 1, -1)
    rest = [scores[judge][orders[pick]] for judge, pick in enumerate(picks, start=1)]
    return np.stack([np.broadcast_to(scores[0], rest[0].shape), *rest], axis=1)
