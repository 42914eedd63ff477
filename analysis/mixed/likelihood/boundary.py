"""Variances at zero: where Lambda loses rank, and how its factors are written then.

The deviance does not change when a column of L changes its sign, so that its gradient vanishes at a column of zeros
whether or not it is a minimum.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.mixed.likelihood.terms import Floats, Term, unpack


def reduced(term: Term, L: Floats, below: float) -> list[Floats]:
    """Return versions of L with one dimension less, for each that is smaller than `below`.

    A correlated L loses its smallest singular value and is written with its last column zero; of an uncorrelated one
    each small diagonal entry becomes zero.
    """
    if not term.correlated:
        small = [i for i in range(term.s) if 0 < abs(L[i, i]) < below]
        return [np.diag(np.where(np.arange(term.s) == i, 0.0, np.diag(L))) for i in small]
    left, sizes, _ = np.linalg.svd(L)
    rank = int((L != 0).any(axis=0).sum())
    if rank == 0 or sizes[rank - 1] >= below:
        return []
    out = np.zeros_like(L)
    if rank > 1:
        out[:, : rank - 1] = np.linalg.qr((left[:, : rank - 1] * sizes[: rank - 1]).T)[1].T
    return [out]


def held(terms: Sequence[Term], theta: Floats) -> NDArray[np.bool_]:
    """Tell which entries of theta stand in columns of zeros, shape (m,)."""
    factors = unpack(terms, theta)
    zero = [(L == 0).all(axis=0) for L in factors]
    return np.array([zero[t][j] for t, term in enumerate(terms) for _, j in term.entries], dtype=np.bool_)


def outward(terms: Sequence[Term], theta: Floats) -> list[list[int]]:
    """Return, for each term that has a column of zeros, where the entries of its first such column stand in theta."""
    found: list[list[int]] = []
    k = 0
    for term, L in zip(terms, unpack(terms, theta), strict=True):
        zero = np.flatnonzero((L == 0).all(axis=0))
        columns = zero if not term.correlated else zero[:1]
        places = {j: [k + e for e, (_, column) in enumerate(term.entries) if column == j] for j in columns}
        found.extend(places.values())
        k += len(term.entries)
    return found


def signs(terms: Sequence[Term], theta: Floats) -> list[Floats]:
    """Return the sign of each column's diagonal entry per term, each of shape (s,); 1 for zero."""
    return [np.where(np.diag(L) < 0, -1.0, 1.0) for L in unpack(terms, theta)]
