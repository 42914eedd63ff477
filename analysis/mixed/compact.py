"""Which terms of a model are taken together, and the arrays of the same model with fewer random effects."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from standfast.analysis.mixed.data.groups import joined
from standfast.analysis.mixed.data.table import Table
from standfast.analysis.mixed.likelihood.layout import Layout, design_matrix, layout
from standfast.analysis.mixed.likelihood.merging import Candidate, Merged, merge
from standfast.analysis.mixed.likelihood.terms import Ints, Term


class Compact(NamedTuple):
    """Terms that were taken together, with their arrays.

    Attributes:
        merged: What they became.
        places: Layout of Z.
        Z: Shape (M, columns).
    """

    merged: Merged
    places: Layout
    Z: sparse.csr_array


def compacted(terms: Sequence[Term], table: Table, p: int) -> Compact | None:
    """Take terms together that vary within the same groups by what a design cell tells, such as role and profile."""
    candidates = [found for base in range(len(terms)) if (found := _candidate(terms, base, table)) is not None]
    merged = merge(terms, candidates)
    if merged is None:
        return None
    places = layout(merged.merged, p)
    return Compact(merged, places, design_matrix(merged.merged, places, table.cell))


def _candidate(terms: Sequence[Term], base: int, table: Table) -> Candidate | None:
    own = set(terms[base].group.split(":"))
    labels = {k: label for k, term in enumerate(terms) if (label := _label(term, own, table)) is not None}
    if base not in labels:
        return None
    members = tuple(labels)
    largest = max(members, key=lambda k: int(labels[k].max()))
    within = tuple(k for k in members if _tells(labels[largest], labels[k]))
    return Candidate(base, within, tuple(labels[k] for k in within), within.index(largest))


def _label(term: Term, base: set[str], table: Table) -> Ints | None:
    """Return which level of its other factors each design cell has, shape (C,), `None` where cells do not tell that."""
    names = term.group.split(":")
    if not base <= set(names) or term.s != 1 or not (term.table == 1).all():
        return None
    label = np.zeros(len(table.cells), dtype=np.int64)
    others = [name for name in names if name not in base]
    if others:
        codes = joined(others, table.groups).codes
        label[table.cell] = codes
        if not np.array_equal(label[table.cell], codes):
            return None
    return label


def _tells(fine: Ints, coarse: Ints) -> bool:
    """Tell whether each level of the one lies within one of the other."""
    parent = np.zeros(int(fine.max()) + 1, dtype=np.int64)
    parent[fine] = coarse
    return bool(np.array_equal(parent[fine], coarse))
