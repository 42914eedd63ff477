"""Whether one model is a special case of another, and how its columns follow from the other's."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from standfast.analysis.mixed.design import Design
from standfast.analysis.mixed.likelihood.terms import Floats, Ints

# Share of a column's size below which what other columns leave of it counts as nothing.
_NOTHING = 1e-8


class Nesting(NamedTuple):
    """How a null model's scaled columns follow from those of the full model.

    Attributes:
        cells: Design cell of the null model for each one of the full model, shape (C,).
        x: X of the null model is X of the full one times this, shape (p, p₀).
        z: The same for Z, shape (columns, columns₀).
    """

    cells: Ints
    x: Floats
    z: sparse.csr_array


def nesting(null: Design, full: Design) -> Nesting | None:
    """Return how a null model lies within a full one, `None` if it does not.

    It does where the full model knows all its variables, where its columns of X are combinations of the full model's,
    and where each of its random effects, or block of correlated ones, lies within one block of the same grouping
    factor. Other special cases, such as compound symmetry within an unstructured covariance, are not recognised.
    """
    if null.n != full.n:
        return None
    cells = _cell_map(null.cells, full.cells)
    if cells is None:
        return None
    x = _combination(by_cell(full), by_cell(null)[cells])
    found = [_within(block, _blocks(full), cells) for block in _blocks(null)]
    if x is None or any(part is None for part in found):
        return None
    z = sparse.lil_array((full.places.columns, null.places.columns))
    for block, part in zip(_blocks(null), found, strict=True):
        if part is not None:
            _fill(z, null, full, block, part)
    return Nesting(cells, x, z.tocsr())


def by_cell(design: Design) -> Floats:
    """Return scaled X of each design cell, shape (C, p); 0 in cells that no row has."""
    X = np.zeros((len(design.cells), design.p))
    X[design.cell] = design.X
    return X


def _cell_map(null: pd.DataFrame, full: pd.DataFrame) -> Ints | None:
    """Return the row of `null` with the same values for each row of `full`."""
    shared = list(null.columns)
    if not set(shared) <= set(full.columns):
        return None
    if not shared:
        return np.zeros(len(full), dtype=np.int64)
    keys = null.astype({name: object for name in shared}).assign(_row=np.arange(len(null)))
    looked_up = full[shared].astype(object).merge(keys.drop_duplicates(shared), on=shared, how="left")["_row"]
    return None if looked_up.isna().any() else looked_up.to_numpy(np.int64)


class _Block(NamedTuple):
    """Effects of one term with one unrestricted covariance matrix: the columns of its table, and the term's index."""

    term: int
    group: tuple[str, tuple[str, ...]]
    columns: tuple[int, ...]
    table: Floats


def _blocks(design: Design) -> list[_Block]:
    blocks = []
    for t, term in enumerate(design.terms):
        every = tuple(range(term.s))
        for columns in [every] if term.correlated else [(c,) for c in every]:
            blocks.append(_Block(t, (term.group, term.levels), columns, term.table[:, columns]))
    return blocks


class _Part(NamedTuple):
    block: _Block
    weights: Floats


def _within(block: _Block, candidates: Sequence[_Block], cells: Ints) -> _Part | None:
    for candidate in candidates:
        if candidate.group == block.group:
            weights = _combination(candidate.table, block.table[cells])
            if weights is not None:
                return _Part(candidate, weights)
    return None


def _combination(basis: Floats, wanted: Floats) -> Floats | None:
    """Return what `basis` is multiplied by to give `wanted`, `None` if nothing does."""
    if not basis.size:
        return None if wanted.any() else np.zeros((basis.shape[1], wanted.shape[1]))
    weights = np.asarray(np.linalg.lstsq(basis, wanted, rcond=None)[0], dtype=np.float64)
    left = np.abs(wanted - basis @ weights).max(initial=0.0)
    return weights if left <= _NOTHING * np.abs(wanted).max(initial=0.0) else None


def _fill(z: sparse.lil_array, null: Design, full: Design, block: _Block, part: _Part) -> None:
    ours = null.places.positions[block.term][:, block.columns]
    theirs = full.places.positions[part.block.term][:, part.block.columns]
    for i, j in np.ndindex(part.weights.shape):
        z[theirs[:, i], ours[:, j]] = part.weights[i, j]
