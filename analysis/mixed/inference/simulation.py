"""New responses from a fitted model: gaussian ones as cross-products, without rows; counts row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from scipy.special import expit

from standfast.analysis.mixed.likelihood.binomial import Binomial
from standfast.analysis.mixed.likelihood.cumulative import Cumulative
from standfast.analysis.mixed.likelihood.layout import Layout
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem
from standfast.analysis.mixed.likelihood.terms import Floats, Term, unpack
from standfast.errors import FitError

# Eigenvalues of cross-products below this share of the largest are rounding.
_RANK = 1e-11


class Products(NamedTuple):
    """A simulated response y as far as a fit sees it.

    Attributes:
        zy: Z'Wy, shape (G b + r,).
        xy: X'Wy, shape (p,).
        yy: y'Wy.
    """

    zy: Floats
    xy: Floats
    yy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """R of full column rank with R R' = [Z X]'W[Z X], block by block.

    With errors e of variance sigma² / w and g standard normal, sigma R g is distributed as [Z X]'We; and of e'We / sigma²
    the part within the span of [Z X] is g'g, the rest chi-square with n − rank degrees of freedom.

    Attributes:
        lead: Of the lead blocks, shape (G, b, b), zero in columns beyond a block's rank.
        border: Of rest and X below them, shape (G, b, k).
        rest: Of what the lead leaves of rest and X, shape (k, k), zero in columns beyond its rank.
        here: Which entries of g count in each lead block, shape (G, b).
        there: And in the rest, shape (k,).
    """

    lead: Floats
    border: Floats
    rest: Floats
    here: Floats
    there: Floats

    @classmethod
    def of(cls, system: System) -> Self:
        """Return the root of a system's cross-products, the response left out."""
        A = system.blocks
        border, rest = A.border[:, :, :-1], A.rest[:-1, :-1]
        values, vectors = np.linalg.eigh(A.lead)
        here = values > _RANK * values.max(initial=0.0)
        size = np.sqrt(np.where(here, values, 1.0))
        below = (np.swapaxes(vectors, 1, 2) @ border) * (here / size)[:, :, None]
        left = rest - np.tensordot(below, below, axes=([0, 1], [0, 1]))
        values, inner = np.linalg.eigh(left)
        there = values > _RANK * np.diag(rest).max(initial=0.0)
        return cls(
            lead=vectors * (here * size)[:, None, :],
            border=below,
            rest=inner * np.sqrt(np.where(there, values, 0.0)),
            here=here.astype(np.float64),
            there=there.astype(np.float64),
        )

    @property
    def rank(self) -> int:
        """Return the rank of [Z X]."""
        return int(self.here.sum() + self.there.sum())


def random_effects(terms: Sequence[Term], places: Layout, theta: Floats, rng: np.random.Generator) -> Floats:
    """Draw b = L u with standard normal u for every level, shape (G b + r,); 0 in padded columns."""
    b = np.zeros(places.columns)
    for term, L, position in zip(terms, unpack(terms, theta), places.positions, strict=True):
        b[position] = rng.standard_normal((term.q, term.s)) @ L.T
    return b


def products(system: System, root: Root, b: Floats, beta: Floats, sigma: float, rng: np.random.Generator) -> Products:
    """Draw the cross-products of y = X beta + Z b + e.

    Args:
        system: Cross-products of Z and X.
        root: `Root.of` it.
        b: Shape (G b + r,).
        beta: Shape (p,).
        sigma: Residual standard deviation.
        rng: Source of e.
    """
    A, r = system.blocks, system.places.rest
    G, width, _ = A.border.shape
    border, rest = A.border[:, :, :-1], A.rest[:-1, :-1]
    g, h = root.here * rng.standard_normal((G, width)), root.there * rng.standard_normal(len(rest))
    outside = rng.chisquare(system.n - root.rank) if system.n > root.rank else 0.0
    error = [
        sigma * np.einsum("lij,lj->li", root.lead, g),
        sigma * (np.einsum("lij,li->j", root.border, g) + root.rest @ h),
    ]
    lead, side = b[: G * width].reshape(G, width), np.concatenate([b[G * width :], beta])
    mean = [np.einsum("lij,lj->li", A.lead, lead) + border @ side, np.einsum("lij,li->j", border, lead) + rest @ side]
    yy = sum(float((c * (m + 2 * e)).sum()) for c, m, e in zip((lead, side), mean, error, strict=True))
    below = mean[1] + error[1]
    return Products(
        np.concatenate([(mean[0] + error[0]).ravel(), below[:r]]),
        below[r:],
        yy + sigma**2 * float((g**2).sum() + (h**2).sum() + outside),
    )


def check_whole(system: LaplaceSystem) -> None:
    """Refuse weighted counts, which no distribution draws.

    Raises:
        FitError: A row's number of responses is not whole.
    """
    totals = _totals(system)
    if not np.allclose(totals, np.rint(totals), rtol=0, atol=1e-9):
        found = float(totals[np.argmax(np.abs(totals - np.rint(totals)))])
        message = f"bootstrap: {found:g} responses in a row cannot be drawn; give weights and trials as whole numbers"
        raise FitError(message)


def _totals(system: LaplaceSystem) -> Floats:
    """Return the number of responses in each row, shape (M,)."""
    response = system.response
    return response.trials if isinstance(response, Binomial) else np.asarray(response.counts.sum(axis=1))


def counts(
    system: LaplaceSystem, theta: Floats, beta: Floats, thresholds: Floats, rng: np.random.Generator
) -> LaplaceSystem:
    """Draw random effects and responses, and return the system with these.

    Raises:
        FitError: An outcome or category never occurs among them.
    """
    b = random_effects(system.terms, system.places, theta, rng)
    eta = system.design @ np.concatenate([b, beta]) + system.offset
    response, totals = system.response, np.rint(_totals(system)).astype(np.int64)
    if isinstance(response, Binomial):
        drawn = rng.binomial(totals, expit(eta))
        return replace(system, response=Binomial(drawn.astype(np.float64), response.trials, response.log_constant))
    below = expit(thresholds - eta[:, None])
    shares = np.diff(below, axis=1, prepend=0.0, append=1.0)
    return replace(system, response=Cumulative.of(rng.multinomial(totals, shares).astype(np.float64)))
