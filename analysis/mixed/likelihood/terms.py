"""Random-effects terms, and how theta fills their factors Lambda.

A term `(1 + role | item)` draws one vector b = L u per level of its group, with u standard normal (in units of the
residual for gaussian outcomes) and L lower triangular. theta holds the entries of all L, in lme4's order: terms by
decreasing number of levels, and within a term the lower triangle column by column, or the diagonal alone where the
effects are uncorrelated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One random-effects term.

    Attributes:
        name: As in a formula, such as `1 + role | item`.
        group: Its grouping factor, such as `item` or `item:persona`.
        levels: Names of the group's levels, length q.
        columns: Names of its effects, length s, such as `(Intercept)`, `role[T.peer]`.
        correlated: Whether L is a full lower triangle or a diagonal.
        codes: Level of each row, 0 to q − 1, shape (M,).
        table: Value of each effect's covariate in each design cell, shape (C, s).
    """

    name: str
    group: str
    levels: tuple[str, ...]
    columns: tuple[str, ...]
    correlated: bool
    codes: Ints
    table: Floats

    @property
    def q(self) -> int:
        """Return the number of levels."""
        return len(self.levels)

    @property
    def s(self) -> int:
        """Return the number of effects per level."""
        return len(self.columns)

    @property
    def entries(self) -> list[tuple[int, int]]:
        """Return row and column in L of each of the term's parameters."""
        if not self.correlated:
            return [(i, i) for i in range(self.s)]
        return [(i, j) for j in range(self.s) for i in range(j, self.s)]

    @property
    def theta_names(self) -> list[str]:
        """Return a name for each parameter, such as `item.(Intercept)` or `item.(Intercept).role[T.peer]`."""
        named = [(self.columns[j], self.columns[i]) if i != j else (self.columns[i],) for i, j in self.entries]
        return [".".join((self.group, *names)) for names in named]


def ordered(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Return terms in lme4's order: by decreasing number of levels, otherwise as they stand."""
    return tuple(sorted(terms, key=lambda term: -term.q))


def unpack(terms: Sequence[Term], theta: Floats) -> list[Floats]:
    """Return L of each term, each of shape (s, s)."""
    factors, k = [], 0
    for term in terms:
        L = np.zeros((term.s, term.s))
        for i, j in term.entries:
            L[i, j] = theta[k]
            k += 1
        factors.append(L)
    return factors


def pack(terms: Sequence[Term], factors: Sequence[Floats]) -> Floats:
    """Return the entries of each L, or of a gradient with respect to it, as one vector, shape (k,)."""
    return np.array([L[i, j] for term, L in zip(terms, factors, strict=True) for i, j in term.entries])


def diagonal(terms: Sequence[Term]) -> NDArray[np.bool_]:
    """Tell which entries of theta are diagonal, so that they are not negative; shape (k,)."""
    return np.array([i == j for term in terms for i, j in term.entries], dtype=bool)


def row_scale(terms: Sequence[Term], scales: Sequence[Floats]) -> Floats:
    """Return what divides theta if each column of Z was divided by its scale, shape (k,).

    b = L u multiplies a column; a column divided by c has an effect, and so a row of L, multiplied by c.
    """
    return np.array([scale[i] for term, scale in zip(terms, scales, strict=True) for i, _ in term.entries])
