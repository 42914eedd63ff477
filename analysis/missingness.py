"""Whether values go missing more in some conditions than in others.

Missing values come in clumps: an item that one filter stops is stopped for every persona, and perhaps in one role
only. So the item is the unit. Under the hypothesis, an item's missing shares could stand under any other labels of the
conditions; the test permutes the labels within items, whole conditions at a time. That is exact under exchangeability
whatever the dependence among values of one item and condition. A test with single values as units is not: where items
miss in clumps of four, it rejects 36 to 73 % of true hypotheses at level 5 %, this one 2 to 5 % (1,000 simulations).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BATCH = 1_000_000  # permuted numbers held at once
_ROUNDING = 1e-9


class MissingnessTest(NamedTuple):
    """A test of the hypothesis that missingness does not depend on condition.

    Attributes:
        statistic: Cochran's Q on shares, about chi-square with `df` degrees of freedom; NaN where `status` is not `ok`.
        df: Conditions that can be compared, less one.
        p_value: By permutation, at least 1 / (permutations + 1); NaN where `status` is not `ok`.
        n: Planned values.
        n_missing: Those that are missing.
        n_items: Items whose missingness differs between conditions; only these speak.
        method: What was computed.
        status: `ok`, or why there is no test.
    """

    statistic: float
    df: int
    p_value: float
    n: int
    n_missing: int
    n_items: int
    method: str
    status: str = "ok"


def depends_on_condition(
    missing: Bools, condition: Ints, item: Ints, rng: np.random.Generator, n_permutations: int = 1999
) -> MissingnessTest:
    """Test whether missingness depends on condition, with items as units.

    With one value per item and condition the statistic is Cochran's Q. It is asked of missing shares per item and
    condition here, and items may lack conditions.

    Args:
        missing: Whether each planned value is missing, shape (n,). Values that do not apply are left out.
        condition: Condition of each value, any numbers, such as codes of role × profile × challenge, shape (n,).
        item: Item of each value, any numbers, shape (n,).
        rng: Source of the permutations.
        n_permutations: How many are drawn; the observed labels are counted as one more.

    Source: Cochran (1950), Biometrika 37, 256-266; p-value (1 + exceedances) / (1 + permutations), Davison and Hinkley
        (1997), section 4.3.
    """
    rates = _rates(missing, condition, item)
    deviations = rates - np.nanmean(rates, axis=1, keepdims=True) if rates.size else rates
    deviations = deviations[np.nansum(np.abs(deviations), axis=1) > _ROUNDING]
    n, n_missing, n_items = len(missing), int(missing.sum()), len(deviations)
    method = f"Cochran's Q on missing shares per item, {n_permutations} permutations of conditions within items"
    if status := _why_not(n, n_missing, rates.shape, n_items):
        return MissingnessTest(np.nan, 0, np.nan, n, n_missing, n_items, method, status)
    covariance = _covariance(deviations)
    inverse = np.asarray(np.linalg.pinv(covariance, hermitian=True), np.float64)
    observed = float(_quadratic(np.nansum(deviations, axis=0), inverse))
    permuted = _quadratic(_permuted_totals(deviations, n_permutations, rng), inverse)
    exceed = int((permuted >= observed * (1 - _ROUNDING)).sum())
    df = int(np.linalg.matrix_rank(covariance, hermitian=True))
    p_value = (1 + exceed) / (1 + n_permutations)
    return MissingnessTest(observed, df, p_value, n, n_missing, n_items, method)


def _rates(missing: Bools, condition: Ints, item: Ints) -> Floats:
    """Return the missing share per item and condition, NaN where none was planned."""
    items, rows = np.unique(item, return_inverse=True)
    conditions, columns = np.unique(condition, return_inverse=True)
    shape = len(items), len(conditions)
    at = rows * shape[1] + columns
    size = shape[0] * shape[1]
    planned = np.bincount(at, minlength=size).astype(np.float64)
    planned[planned == 0] = np.nan
    shares: Floats = (np.bincount(at, missing, size) / planned).reshape(shape)
    return shares


def _why_not(n: int, n_missing: int, shape: tuple[int, ...], n_items: int) -> str:
    """Return why there is nothing to test, nothing if there is."""
    if n_missing in (0, n):
        return "nothing is missing" if n_missing == 0 else "everything is missing"
    if shape[1] < 2:
        return "there is only one condition"
    if shape[0] < 2:
        return "one item cannot tell"
    if n_items < 2:
        return "missingness differs between conditions in fewer than 2 items"
    return ""


def _covariance(deviations: Floats) -> Floats:
    """Return the permutation covariance of the totals per condition: an item's variance times I − J / k, summed."""
    there = np.isfinite(deviations).astype(np.float64)
    k = there.sum(axis=1)
    variance = np.nansum(deviations**2, axis=1) / (k - 1)
    covariance: Floats = np.diag(variance @ there) - (there * (variance / k)[:, None]).T @ there
    return covariance


def _permuted_totals(deviations: Floats, n_permutations: int, rng: np.random.Generator) -> Floats:
    """Return totals per condition, shape (permutations, conditions), labels permuted within items."""
    totals = np.zeros((n_permutations, deviations.shape[1]))
    there = np.isfinite(deviations)
    for pattern in np.unique(there, axis=0):
        columns = np.flatnonzero(pattern)
        block = deviations[(there == pattern).all(axis=1)][:, columns]
        step = max(1, _BATCH // block.size)
        for start in range(0, n_permutations, step):
            count = min(step, n_permutations - start)
            shuffled = rng.permuted(np.broadcast_to(block, (count, *block.shape)), axis=2)
            totals[start : start + count, columns] += shuffled.sum(axis=1)
    return totals


def _quadratic(totals: Floats, inverse: Floats) -> Floats:
    return np.asarray(np.einsum("...i,ij,...j->...", totals, inverse, totals))
