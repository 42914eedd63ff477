"""Rows of data, and what is left of them when those with the same codes are put together."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Scalar = TypeVar("Scalar", bound=np.generic)

_LARGEST_KEY = 2**62
# A table of all possible keys is faster than looking for those that occur, up to this many per row and at least.
_DENSE_PER_ROW, _DENSE = 4, 10_000


class Rows(NamedTuple):
    """Rows of data, or groups of them, one per column of `codes`.

    Attributes:
        codes: Codes of each, shape (k, m).
        sums: What adds up, shape (s, m): number of rows, sum of weights, and whatever else.
        mean: Weighted mean response, shape (m,).
        within: Weighted sum of squares of the responses around these means.
    """

    codes: Codes
    sums: Floats
    mean: Floats
    within: float


def stack(parts: Sequence[Rows]) -> Rows:
    """Return the rows of all parts."""
    return Rows(
        np.concatenate([part.codes for part in parts], axis=1),
        np.concatenate([part.sums for part in parts], axis=1),
        np.concatenate([part.mean for part in parts]),
        float(np.sum([part.within for part in parts])),
    )


def merge(rows: Rows, sizes: Sequence[int], *, in_order: bool = False) -> Rows:
    """Put together the rows with the same codes.

    Means and sums of squares are merged around the means, never around zero, so that responses far from zero lose no
    precision.

    Args:
        rows: To be merged.
        sizes: Number of codes there may be in each row of `codes`, length k.
        in_order: Whether to return them in the order of their codes.

    Source: Chan, Golub & LeVeque (1983), Am. Stat. 37, 242–247, eq. 1.3 and the corrected two-pass sum.
    """
    first, inverse = distinct(rows.codes, sizes, in_order=in_order)
    sums = np.stack([total(inverse, values, len(first)) for values in rows.sums])
    weight = rows.sums[1]
    mean = total(inverse, weight * rows.mean, len(first)) / sums[1]
    left = rows.mean - mean[inverse]
    correction = total(inverse, weight * left, len(first)) / sums[1]
    around = float(weight @ left**2 - sums[1] @ correction**2)
    return Rows(rows.codes[:, first], sums, mean + correction, rows.within + max(around, 0.0))


def distinct(codes: Codes, sizes: Sequence[int], *, in_order: bool) -> tuple[Ints, Ints]:
    """Find the different columns of codes.

    Args:
        codes: Shape (k, n), each row from 0 up to its size.
        sizes: Length k.
        in_order: Whether they are numbered in the order of their codes, the first row of `codes` varying slowest.

    Returns:
        Where each of the m different ones stands first or again, shape (m,), and the number of each column, shape (n,).
    """
    n = codes.shape[1]
    key, size = np.zeros(n, dtype=np.int64), 1
    for row, more in zip(codes, sizes, strict=True):
        if size * more > _LARGEST_KEY:
            key, size = _number(key, size, in_order=in_order)
        key, size = key * more + row, size * more
    inverse, m = _number(key, size, in_order=in_order)
    somewhere = np.zeros(m, dtype=np.int64)
    somewhere[inverse] = np.arange(n)
    return somewhere, inverse


def _number(key: Ints, size: int, *, in_order: bool) -> tuple[Ints, int]:
    """Return keys renumbered from 0 without gaps, and how many there are."""
    if size <= max(_DENSE_PER_ROW * len(key), _DENSE):
        present = np.zeros(size, dtype=bool)
        present[key] = True
        numbers = np.cumsum(present) - 1
        return numbers[key], int(present.sum())
    if in_order:
        found, inverse = np.unique(key, return_inverse=True)
        return inverse, len(found)
    inverse, found = pd.factorize(key)
    return inverse.astype(np.int64, copy=False), len(found)


def total(inverse: Ints, values: Floats, m: int) -> Floats:
    """Return the sum of the values of each number, shape (m,)."""
    return np.asarray(np.bincount(inverse, values, minlength=m), dtype=np.float64)


def stacked(rows: Sequence[NDArray[Any]], kind: type[Scalar], n: int) -> NDArray[Scalar]:
    """Return rows of length n as one array, shape (len(rows), n), of that shape even where there is none."""
    return np.array(rows, dtype=kind).reshape(len(rows), n)
