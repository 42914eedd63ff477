"""Which random effects a design supports: the maximal structure, reduced by one rule."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = tuple[str, ...]

# In this order. Items and personas are what findings generalise over: each has an intercept, and as slopes its own
# deviation in every role, profile level and cell of both. The wording belongs to a role's prompt.
RANDOM_EFFECTS: tuple[Columns, ...] = (
    ("item",),
    ("persona",),
    ("item", "persona"),
    ("item", "role", "profile"),
    ("item", "role"),
    ("item", "profile"),
    ("persona", "role", "profile"),
    ("persona", "role"),
    ("persona", "profile"),
    ("item", "challenge"),
    ("role", "wording"),
    ("item", "persona", "role", "profile", "challenge"),
)
# Smallest eigenvalue of the scaled cross-products of the components at which the design can tell them apart.
_RANK_TOLERANCE = 1e-7


class Structure(NamedTuple):
    """The random effects of one model.

    Attributes:
        kept: Interactions of columns whose levels have an effect each, in the order of `RANDOM_EFFECTS`.
        left_out: Those that the design cannot tell from the others or from the residual.
    """

    kept: tuple[Columns, ...]
    left_out: tuple[Columns, ...]


def choose(rows: pd.DataFrame, X: Floats, random: Sequence[Columns] = RANDOM_EFFECTS) -> Structure:
    """Return the largest structure whose variances the design can tell apart.

    The rule: terms are taken in order, and one stays if the cross-products of the components keep full rank with it,
    the residual's among them. It looks at the design alone, not at the values.

    Args:
        rows: Rows that are fitted, n of them.
        X: Fixed part of full rank, shape (n, p) with n > p.
        random: Terms in order.
    """
    single = {name: coded(rows, (name,)) for columns in random for name in columns}
    codes = [_crossed([single[name] for name in columns]) for columns in random]
    kept = _separable(X, codes)
    return Structure(
        tuple(random[k] for k in kept), tuple(columns for k, columns in enumerate(random) if k not in kept)
    )


def coded(rows: pd.DataFrame, columns: Columns) -> Ints:
    """Return the level of each row, shape (n,)."""
    return _crossed([np.asarray(pd.factorize(rows[column])[0], dtype=np.int64) for column in columns])


def _crossed(codes: Sequence[Ints]) -> Ints:
    """Return the combination of several levels that each row has, shape (n,), numbered as they first occur."""
    found = codes[0]
    for code in codes[1:]:
        found = pd.factorize(found * (int(code.max(initial=0)) + 1) + code)[0].astype(np.int64)
    return found


def words(columns: Columns) -> str:
    """Return a term in words."""
    return " × ".join(columns)


def formula(columns: Columns) -> str:
    """Return a term as in a formula."""
    return f"(1 | {':'.join(columns)})"


def _separable(X: Floats, codes: Sequence[Ints]) -> list[int]:
    gram = _gram(X, codes)
    size = np.sqrt(np.clip(np.diag(gram), 0, None))
    kept: list[int] = []
    for k in np.flatnonzero(size[:-1] > _RANK_TOLERANCE * len(X)):
        chosen = [*kept, int(k), len(codes)]
        scaled = gram[np.ix_(chosen, chosen)] / np.outer(size[chosen], size[chosen])
        if np.linalg.eigvalsh(scaled)[0] > _RANK_TOLERANCE:
            kept.append(int(k))
    return kept


def _gram(X: Floats, codes: Sequence[Ints]) -> Floats:
    """Return tr(P V_j P V_k) with V_k = Z_k Z_k' and P the projection off X; the residual, V = I, comes last.

    Its inverse gives the moment estimates of the variances (MINQUE with zero a-priori ratios), so that it has full rank
    where the design can tell them apart. Source: Searle, Casella and McCulloch, Variance Components (1992),
    section 11.3.
    """
    n, p = X.shape
    bread = np.linalg.inv(X.T @ X)
    seen = [_sums(code, X) for code in codes]
    projected = [bread @ (S.T @ S) for S in seen]
    k = len(codes)
    gram = np.full((k + 1, k + 1), float(n - p))
    for i in range(k):
        gram[i, k] = gram[k, i] = float(n - np.trace(projected[i]))
        for j in range(i + 1):
            one, other, count = _shared(codes[i], codes[j])
            crossed = float(((seen[i] @ bread)[one] * seen[j][other] * count[:, None]).sum())
            gram[i, j] = gram[j, i] = float(count @ count) - 2 * crossed + float(np.trace(projected[i] @ projected[j]))
    return gram


def _sums(codes: Ints, X: Floats) -> Floats:
    """Return Z'X, shape (q, p)."""
    rows = np.arange(len(codes) + 1)
    return np.asarray(
        sparse.csr_array((np.ones(len(codes)), codes, rows), shape=(len(codes), int(codes.max()) + 1)).T @ X
    )


def _shared(one: Ints, other: Ints) -> tuple[Ints, Ints, Floats]:
    """Return the entries of Z_i'Z_j that are not zero: row, column and value."""
    width = int(other.max()) + 1
    pairs, count = np.unique(one * width + other, return_counts=True)
    return pairs // width, pairs % width, count.astype(np.float64)
