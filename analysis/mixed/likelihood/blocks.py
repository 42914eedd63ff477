"""Cross-products of [Z X], stored by their blocks.

Z stands in two parts (`layout`): a lead of G blocks of width b, and a rest of r columns. X follows the rest, so that
k = r + p columns border the lead.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from standfast.analysis.mixed.likelihood.layout import Layout
from standfast.analysis.mixed.likelihood.terms import Floats, Ints


class Blocks(NamedTuple):
    """A symmetric matrix over [lead, rest, X], stored by its blocks.

    Attributes:
        lead: Diagonal blocks of the lead, shape (G, b, b).
        border: Lead against rest and X, shape (G, b, k).
        rest: Rest and X, shape (k, k).
    """

    lead: Floats
    border: Floats
    rest: Floats


def cross_products(places: Layout, Z: sparse.csr_array, table: Floats, cell: Ints, weight: Floats) -> Blocks:
    """Return [Z X]'W[Z X], with X the same in all rows of a design cell.

    Args:
        places: Layout of Z.
        Z: Shape (M, G b + r).
        table: X of each cell, shape (C, p).
        cell: Cell of each row, shape (M,).
        weight: W, shape (M,).
    """
    G, b, r = places.groups, places.width, places.rest
    split, (M, C) = G * b, (len(cell), len(table))
    ZW = (sparse.diags_array(weight) @ Z).T.tocsr()
    in_cell = sparse.csr_array((np.ones(M), cell, np.arange(M + 1)), shape=(M, C))
    ZX: Floats = np.asarray((ZW @ in_cell) @ table, dtype=np.float64)
    ZZ = (ZW @ Z).tocoo()
    lead, border, rest = np.zeros((G, b, b)), np.zeros((split, r)), np.zeros((r, r))
    in_lead, rest_row = ZZ.col < split, ZZ.row >= split
    at = in_lead & ~rest_row
    lead[ZZ.row[at] // b, ZZ.row[at] % b, ZZ.col[at] % b] = ZZ.data[at]
    at = ~in_lead & ~rest_row
    border[ZZ.row[at], ZZ.col[at] - split] = ZZ.data[at]
    at = ~in_lead & rest_row
    rest[ZZ.row[at] - split, ZZ.col[at] - split] = ZZ.data[at]
    XX = table.T @ (table * np.bincount(cell, weight, minlength=C)[:, None])
    return Blocks(
        lead,
        np.concatenate([border, ZX[:split]], axis=1).reshape(G, b, -1),
        np.block([[rest, ZX[split:]], [ZX[split:].T, XX]]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """[Z X]'W[Z X] as a linear map of w, for outcomes whose weights change with every step.

    Attributes:
        places: Layout of Z.
        p: Columns of X.
        products: Product of each pair of a row's entries at its place in the flattened blocks, shape (M, E); of a
            symmetric pair only the place below the diagonal.
    """

    places: Layout
    p: int
    products: sparse.csr_array

    def assemble(self, weight: Floats) -> Blocks:
        """Return the cross-products at `weight`, shape (M,)."""
        lead, border, rest = self._split(self.products.T @ weight)
        return Blocks(_mirrored(lead), border, _mirrored(rest))

    def quadratic(self, matrix: Blocks) -> Floats:
        """Return z'Cz of each row for a symmetric matrix C over [lead, rest, X], shape (M,)."""
        lead, rest = _folded(matrix.lead), _folded(matrix.rest)
        return np.asarray(self.products @ np.concatenate([lead.ravel(), 2 * matrix.border.ravel(), rest.ravel()]))

    def _split(self, flat: Floats) -> Blocks:
        G, b, k = self.places.groups, self.places.width, self.places.rest + self.p
        lead, border = G * b * b, G * b * (b + k)
        return Blocks(flat[:lead].reshape(G, b, b), flat[lead:border].reshape(G, b, k), flat[border:].reshape(k, k))


def _mirrored(lower: Floats) -> Floats:
    """Return the symmetric matrices whose lower triangles are given, shape (..., m, m)."""
    return lower + np.swapaxes(np.tril(lower, -1), -1, -2)


def _folded(symmetric: Floats) -> Floats:
    """Return lower triangles with what stands above the diagonal added below it."""
    return np.tril(symmetric) + np.tril(symmetric, -1)


def pattern(places: Layout, Z: sparse.csr_array, X: Floats) -> Pattern:
    """Return the linear map from weights to cross-products.

    Args:
        places: Layout of Z.
        Z: Shape (M, G b + r), rows sorted or not.
        X: Shape (M, p).
    """
    M, p = X.shape
    full = sparse.hstack([Z, sparse.csr_array(X)]).tocsr()
    slots = np.diff(full.indptr)
    width = int(slots.max(initial=0))
    here = np.arange(width) < slots[:, None]
    columns, values = np.zeros((M, width), dtype=np.int64), np.zeros((M, width))
    columns[here], values[here] = full.indices, full.data
    size = _entries(places, p)
    chosen = [(i, j) for i in range(width) for j in range(i + 1)]
    index = np.empty((M, len(chosen)), dtype=np.int32 if size < 2**31 else np.int64)
    product = np.empty((M, len(chosen)))
    for pair, (i, j) in enumerate(chosen):
        index[:, pair] = _place(places, p, columns[:, i], columns[:, j])
        product[:, pair] = values[:, i] * values[:, j]
    present = product != 0
    starts = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    return Pattern(
        places=places, p=p, products=sparse.csr_array((product[present], index[present], starts), shape=(M, size))
    )


def _entries(places: Layout, p: int) -> int:
    k = places.rest + p
    return places.groups * places.width * (places.width + k) + k * k


def _place(places: Layout, p: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the product of two columns stands in the flattened blocks."""
    G, b, k = places.groups, places.width, places.rest + p
    low, high = np.minimum(one, other), np.maximum(one, other)
    in_lead = high * b + low % b
    in_border = G * b * b + low * k + (high - G * b)
    in_rest = G * b * (b + k) + (high - G * b) * k + (low - G * b)
    place: NDArray[np.int64] = np.where(high < G * b, in_lead, np.where(low < G * b, in_border, in_rest))
    return place
