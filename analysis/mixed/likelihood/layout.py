"""Where the columns of Z stand: a block-diagonal lead part, eliminated group by group, and a rest.

The lead part holds every term whose levels lie within the levels of one grouping factor, such as item, item:role and
item:persona within item. Rows of different groups never meet there, so Z'Z is block diagonal. Blocks are padded to one
width; a padded column is zero everywhere and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term

# Numbers that the padded lead part and its border may hold.
_MOST_NUMBERS = 100_000_000
# Share of the rest's columns up to which a lead block meets few of them, products of these that may be held, and
# multiplications in the time that adding one product where it belongs takes.
_FEW, _MOST_PRODUCTS, _SCATTER = 0.5, 10_000_000, 200


class Place(NamedTuple):
    """Where a term's columns stand.

    Attributes:
        lead: Whether it is part of the lead.
        offset: Its first column within a lead block, or within the rest.
        copies: Levels per lead block (padded), or all its levels in the rest.
        s: Effects per level.
    """

    lead: bool
    offset: int
    copies: int
    s: int

    @property
    def stop(self) -> int:
        """Return the column after its last one."""
        return self.offset + self.copies * self.s


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of Z, G × b of the lead and then r of the rest.

    Attributes:
        groups: G, the number of lead blocks; 0 only where there is no term.
        width: b, the width of a lead block.
        rest: r, the columns of the rest.
        places: One per term.
        positions: Column of each level and effect of a term, each of shape (q, s).
        reach: The columns of the rest that rows of each lead block meet, where these are few; `None` where a lead block
            may meet any.
    """

    groups: int
    width: int
    rest: int
    places: tuple[Place, ...]
    positions: tuple[Ints, ...]
    reach: "Reach | None" = None

    @property
    def columns(self) -> int:
        """Return the number of columns of Z, padding included."""
        return self.groups * self.width + self.rest


class Reach(NamedTuple):
    """The few columns of the rest that each lead block meets, such as the two personas of an item.

    Attributes:
        columns: Shape (G, m), from 0 to r − 1; blocks that meet fewer than m repeat column 0.
        valid: Whether an entry is one of them, 1 or 0, shape (G, m).
    """

    columns: Ints
    valid: Floats


class _Nesting(NamedTuple):
    """The terms that lie within one factor: term -> (group of each level, place of each level in it)."""

    groups: int
    parents: dict[int, Ints]
    ranks: dict[int, Ints]
    copies: dict[int, int]


def layout(terms: Sequence[Term], p: int) -> Layout:
    """Choose the lead part that makes a factorisation cheapest.

    Args:
        terms: Random-effects terms, at least one.
        p: Columns of X.
    """
    candidates = {tuple(n.parents): n for n in (_nesting(terms, base) for base in terms)}
    return _layout(terms, min(candidates.values(), key=lambda nesting: _cost(terms, nesting, p)), p)


def design_matrix(terms: Sequence[Term], places: Layout, cell: Ints) -> sparse.csr_array:
    """Return Z, shape (M, columns), with the zeros of the cells' tables left out.

    Args:
        terms: Random-effects terms.
        places: Their layout.
        cell: Design cell of each row, shape (M,).
    """
    columns = np.concatenate(
        [position[term.codes] for term, position in zip(terms, places.positions, strict=True)], axis=1
    )
    values = np.concatenate([term.table[cell] for term in terms], axis=1)
    present = values != 0
    starts = np.concatenate([[0], np.cumsum(present.sum(axis=1))])
    return sparse.csr_array((values[present], columns[present], starts), shape=(len(cell), places.columns))


def _nesting(terms: Sequence[Term], base: Term) -> _Nesting:
    """Find the terms that lie within the grouping factor of `base`."""
    parents, ranks, copies = {}, {}, {}
    for t, term in enumerate(terms):
        parent = np.zeros(term.q, dtype=np.int64)
        parent[term.codes] = base.codes
        if np.array_equal(parent[term.codes], base.codes):
            parents[t] = parent
            ranks[t] = _rank(parent)
            copies[t] = int(ranks[t].max()) + 1
    return _Nesting(base.q, parents, ranks, copies)


def _rank(parent: Ints) -> Ints:
    """Return the place of each level among those of its group, from 0."""
    order = np.argsort(parent, kind="stable")
    grouped = parent[order]
    first = np.searchsorted(grouped, grouped)
    rank = np.empty(len(parent), dtype=np.int64)
    rank[order] = np.arange(len(parent)) - first
    return rank


def _cost(terms: Sequence[Term], nesting: _Nesting, p: int) -> float:
    """Return about how many multiplications a factorisation takes."""
    width = sum(terms[t].s * m for t, m in nesting.copies.items())
    rest = sum(term.q * term.s for t, term in enumerate(terms) if t not in nesting.copies)
    side = rest + p + 1
    too_large = nesting.groups * width * (width + side) + side**2 > _MOST_NUMBERS
    work = nesting.groups * width * (width**2 + width * side + side**2) + side**3
    return float("inf") if too_large and width > 1 else float(work)


def _layout(terms: Sequence[Term], nesting: _Nesting, p: int) -> Layout:
    width = sum(terms[t].s * m for t, m in nesting.copies.items())
    offset, rest, places, positions = 0, 0, [], []
    for t, term in enumerate(terms):
        within = np.arange(term.s)
        if t in nesting.copies:
            place = Place(True, offset, nesting.copies[t], term.s)
            first = nesting.parents[t] * width + offset + nesting.ranks[t] * term.s
            offset = place.stop
        else:
            place = Place(False, rest, term.q, term.s)
            first = nesting.groups * width + rest + np.arange(term.q) * term.s
            rest = place.stop
        places.append(place)
        positions.append(first[:, None] + within)
    found = Layout(groups=nesting.groups, width=width, rest=rest, places=tuple(places), positions=tuple(positions))
    return replace(found, reach=_reach(terms, found, nesting, p))


def _reach(terms: Sequence[Term], places: Layout, nesting: _Nesting, p: int) -> Reach | None:
    """Return the columns of the rest that each lead block meets; `None` if they are not so few that it saves time."""
    first = next(iter(nesting.parents))
    group = nesting.parents[first][terms[first].codes]
    met = [
        np.unique(group * places.rest + column)
        for term, place, position in zip(terms, places.places, places.positions, strict=True)
        if not place.lead
        for column in (position[term.codes] - places.groups * places.width).T
    ]
    if not met:
        return None
    pairs = np.unique(np.concatenate(met))
    blocks, columns = pairs // places.rest, pairs % places.rest
    count = np.bincount(blocks, minlength=places.groups)
    m = int(count.max())
    if m > places.rest * _FEW or places.groups * m**2 > _MOST_PRODUCTS:
        return None
    if m**2 * (places.width + _SCATTER) > places.width * (places.rest + p) ** 2:
        return None
    slot = np.arange(len(pairs)) - np.repeat(np.cumsum(count) - count, count)
    reach = Reach(np.zeros((places.groups, m), dtype=np.int64), np.zeros((places.groups, m)))
    reach.columns[blocks, slot], reach.valid[blocks, slot] = columns, 1.0
    return reach


def spread(places: Layout, L: Sequence[Floats]) -> tuple[Floats, list[Floats]]:
    """Return Lambda of a lead block, shape (b, b), and the factors L of the rest's terms in order."""
    lead = np.zeros((places.width, places.width))
    rest = []
    for place, factor in zip(places.places, L, strict=True):
        if place.lead:
            for first in range(place.offset, place.stop, place.s):
                lead[first : first + place.s, first : first + place.s] = factor
        else:
            rest.append(factor)
    return lead, rest


def gather(places: Layout, lead: Floats, rest: Sequence[Floats]) -> list[Floats]:
    """Return per term the (s, s) sums over levels, from a lead block's (b, b) and the rest terms' own sums."""
    remaining = iter(rest)
    found = []
    for place in places.places:
        if place.lead:
            block = lead[place.offset : place.stop, place.offset : place.stop]
            split = block.reshape(place.copies, place.s, place.copies, place.s)
            found.append(np.einsum("lalb->ab", split))
        else:
            found.append(next(remaining))
    return found
