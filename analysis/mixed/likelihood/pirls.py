"""The data of a generalised linear mixed model, and its conditional modes at given parameters.

The modes are the u that minimise -2 l(X beta + Z Lambda u) + u'u. They are found by Newton's method, penalised
iteratively reweighted least squares (PIRLS) as in lme4's `glmer`; for logit links the likelihood is log-concave, and
the minimum is the only one. Source: Bates, Mächler, Bolker and Walker (2015), J. Stat. Softw. 67(1), and the vignette
"Computational methods for mixed models" of lme4, section on generalised models.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from standfast.analysis.mixed.likelihood.binomial import Evaluation
from standfast.analysis.mixed.likelihood.blocks import Blocks, Pattern, pattern
from standfast.analysis.mixed.likelihood.factor import Factor, factorise, solve, times_rest
from standfast.analysis.mixed.likelihood.fixed import Response
from standfast.analysis.mixed.likelihood.layout import Layout, spread
from standfast.analysis.mixed.likelihood.merging import Merged
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term

# Newton steps to the modes, and the shortest step that is tried.
_STEPS, _SHORTEST = 60, 1e-6
# A factor is used again while the decrement falls by this share per step.
_REUSE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class LaplaceSystem:
    """A generalised linear mixed model's data; columns of X and Z are of about unit size.

    Attributes:
        terms: Random-effects terms, in theta's order.
        places: Layout of Z.
        pattern: Z'WZ as a linear map of W.
        design: [Z X], shape (M, G b + r + p).
        transposed: Its transpose, by rows.
        cell: Design cell of each row, shape (M,).
        table: X of each design cell, shape (C, p).
        response: M rows.
        names: Of the columns of X.
        offset: Added to the linear predictor, shape (M,).
        merged: What the terms became in layout and design; `None` where these are the terms' own.
    """

    terms: tuple[Term, ...]
    places: Layout
    pattern: Pattern
    design: sparse.csr_array
    transposed: sparse.csr_array
    cell: Ints
    table: Floats
    response: Response
    names: tuple[str, ...]
    offset: Floats
    merged: Merged | None = None

    @property
    def p(self) -> int:
        """Return the number of columns of X."""
        return len(self.names)

    @property
    def q(self) -> int:
        """Return the number of columns of Z, padding included."""
        return self.places.columns


def laplace_system(
    terms: Sequence[Term],
    places: Layout,
    Z: sparse.csr_array,
    X: Floats,
    cell: Ints,
    response: Response,
    names: Sequence[str] = (),
    merged: Merged | None = None,
) -> LaplaceSystem:
    """Return the system of a model.

    Args:
        terms: Random-effects terms, in theta's order.
        places: Layout of Z.
        Z: Shape (M, G b + r).
        X: Shape (M, p), equal within a cell.
        cell: Design cell of each row, shape (M,).
        response: M rows.
        names: Of the columns of X, for messages; by default their numbers.
        merged: What the terms became in places and Z.
    """
    table = np.zeros((int(cell.max()) + 1, X.shape[1]))
    table[cell] = X
    design = sparse.hstack([Z, sparse.csr_array(X)]).tocsr()
    return LaplaceSystem(
        terms=tuple(terms),
        places=places,
        pattern=pattern(places, Z, np.empty((len(cell), 0))),
        design=design,
        transposed=design.T.tocsr(),
        cell=cell,
        table=table,
        response=response,
        names=tuple(names) or tuple(f"column {i + 1}" for i in range(X.shape[1])),
        offset=np.zeros(len(cell)),
        merged=merged,
    )


def hold(system: LaplaceSystem, columns: Ints, beta: Floats) -> LaplaceSystem:
    """Return the system with some columns of X held at their values in beta, shape (p,), and taken out of it."""
    kept = np.delete(np.arange(system.p), columns)
    design = sparse.csr_array(system.design[:, np.append(np.arange(system.q), system.q + kept)])
    return replace(
        system,
        design=design,
        transposed=design.T.tocsr(),
        table=system.table[:, kept],
        names=tuple(system.names[i] for i in kept),
        offset=system.offset + (system.table[:, columns] @ beta[columns])[system.cell],
    )


class Lambda(NamedTuple):
    """Lambda of a lead block, shape (b, b), and L of each term of the rest."""

    lead: Floats
    rest: list[Floats]


class Modes(NamedTuple):
    """The penalised log-likelihood at one point.

    Attributes:
        x: u, shape (G b + r,), and beta, shape (p,).
        eta: Linear predictor, shape (M,).
        at: Log-likelihood and derivatives there.
        objective: -2 l + u'u.
    """

    x: Floats
    eta: Floats
    at: Evaluation
    objective: float


def find_modes(
    system: LaplaceSystem,
    L: Sequence[Floats],
    thresholds: Floats,
    start: Floats,
    *,
    joint: bool,
    tolerance: float,
    stale: Blocks | None,
    known: Factor | None = None,
) -> Modes:
    """Return the conditional modes, by Newton's method with step halving.

    Args:
        system: Data.
        L: Factor of each term.
        thresholds: Shape (J - 1,).
        start: u and beta where the search starts, shape (G b + r + p,).
        joint: Minimise over beta as well (glmer's nAGQ = 0), else it stays as in `start`.
        tolerance: Decrease of the penalised deviance at which the modes count as found.
        stale: Cross-products from near by, tried before those at `start`.
        known: Their factor at L, where it is known.

    Raises:
        SingularSystemError: Cross-products are not finite, or with `joint` those of X are singular.
    """
    places = system.places
    factors = Lambda(*spread(places, L))
    size = places.rest + system.p * joint
    length = places.groups * places.width + size
    here = _penalised(system, factors, thresholds, start)
    factor = None if stale is None else known or factorise(places, stale, L)
    blocks, last, step = stale, np.inf, np.zeros_like(start)
    for _ in range(_STEPS):
        fresh = factor is None or blocks is None
        if factor is None or blocks is None:
            blocks = cross_products_at(system, here.at.weight, joint=joint)
            factor = factorise(places, blocks, L)
        right = apply(places, factors, system.transposed @ here.at.score, transpose=True)
        right[: system.q] -= here.x[: system.q]
        step[:length] = solve(places, blocks, factor, right[:length], size)
        decrement = float(right[:length] @ step[:length])
        moved = _line(system, factors, thresholds, here, step, halve=fresh)
        if moved is None:
            factor = None
            if fresh:
                break
            continue
        here = moved
        if decrement < tolerance:
            break
        if decrement > _REUSE * last:
            factor = None
        last = decrement
    return here


def _line(
    system: LaplaceSystem, factors: Lambda, thresholds: Floats, here: Modes, step: Floats, *, halve: bool
) -> Modes | None:
    """Return the first point along a step that does not raise the objective, if there is one."""
    length, allowed = 1.0, here.objective + 1e-10 * (1 + abs(here.objective))
    while length > _SHORTEST:
        tried = _penalised(system, factors, thresholds, here.x + length * step)
        if tried.objective <= allowed:
            return tried
        if not halve:
            return None
        length /= 2
    return None


def _penalised(system: LaplaceSystem, factors: Lambda, thresholds: Floats, x: Floats) -> Modes:
    eta = system.design @ apply(system.places, factors, x) + system.offset
    at = system.response.evaluate(eta, thresholds)
    u = x[: system.q]
    return Modes(x, eta, at, float(u @ u) - 2 * at.log_likelihood)


def apply(places: Layout, factors: Lambda, x: Floats, *, transpose: bool = False) -> Floats:
    """Return Lambda (or its transpose) times u, with beta after it unchanged; shape (G b + r + p,)."""
    split = places.groups * places.width
    lead = x[:split].reshape(places.groups, places.width) @ (factors.lead if transpose else factors.lead.T)
    return np.concatenate([lead.ravel(), times_rest(places, factors.rest, x[split:], transpose)])


def cross_products_at(system: LaplaceSystem, weight: Floats, *, joint: bool) -> Blocks:
    """Return Z'WZ, with `joint` bordered by X."""
    blocks = system.pattern.assemble(weight)
    if not joint:
        return blocks
    places = system.places
    split = places.groups * places.width
    cross = system.transposed @ (weight[:, None] * system.table[system.cell])
    border = np.concatenate([blocks.border, cross[:split].reshape(places.groups, places.width, -1)], axis=2)
    side = cross[split : system.q]
    return Blocks(blocks.lead, border, np.block([[blocks.rest, side], [side.T, cross[system.q :]]]))
