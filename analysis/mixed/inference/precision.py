"""Dense cross-products over powers of V⁻¹, with V = sigma² (I + Z Lambda Lambda'Z'), from those of the system.

V has as many rows as the data and is never formed: V⁻¹ = (I − Z E Z') / sigma² with E = Lambda M⁻¹ Lambda'.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import linalg

from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.terms import Floats, Term, unpack
from standfast.errors import FitError

# Random effects beyond which dense matrices of that size take minutes.
MOST_EFFECTS = 4000


class Products(NamedTuple):
    """Cross-products over powers of V⁻¹.

    Attributes:
        ZVX: Z'V⁻¹X per term, each of shape (q, s, p).
        ZVVX: Z'V⁻²X, likewise.
        ZVZ: Z'V⁻¹Z per pair of terms, each of shape (q, s, q', s').
        ZVVZ: Diagonal blocks of Z'V⁻²Z summed over the term's levels, each of shape (s, s).
        XVX: X'V⁻¹X, shape (p, p).
        XVVX: X'V⁻²X, shape (p, p).
        XVVVX: X'V⁻³X, shape (p, p).
        trace: tr V⁻².
    """

    ZVX: list[Floats]
    ZVVX: list[Floats]
    ZVZ: list[list[Floats]]
    ZVVZ: list[Floats]
    XVX: Floats
    XVVX: Floats
    XVVVX: Floats
    trace: float


def products(system: System, theta: Floats, sigma: float) -> Products:
    """Return them at one theta and sigma.

    Raises:
        FitError: There are more than `MOST_EFFECTS` random effects.
    """
    terms, variance = system.terms, sigma**2
    ZZ, ZX, XX = _dense(system)
    L = unpack(terms, theta)
    transposed = [factor.T for factor in L]
    half = _times(terms, transposed, ZZ)
    M = _times(terms, transposed, half.T)
    M[np.diag_indices_from(M)] += 1.0
    right = np.hstack([half, _times(terms, transposed, ZX)])
    solved = _times(terms, L, linalg.cho_solve(linalg.cho_factor(M, lower=True), right))
    R, B = np.eye(len(ZZ)) - solved[:, : len(ZZ)], solved[:, len(ZZ) :]
    # V⁻¹Z = Z R / sigma² and V⁻¹X = (X − Z B) / sigma²
    ZVZ, left = ZZ @ R, ZX - ZZ @ B
    XVVX = XX - B.T @ ZX - B.T @ left
    slices = _slices(terms)
    return Products(
        ZVX=[(left[at] / variance).reshape(t.q, t.s, -1) for t, at in slices],
        ZVVX=[(R[:, at].T @ left / variance**2).reshape(t.q, t.s, -1) for t, at in slices],
        ZVZ=[[(ZVZ[i, j] / variance).reshape(t.q, t.s, u.q, u.s) for u, j in slices] for t, i in slices],
        ZVVZ=[_own_levels(t, R[:, at], ZVZ[:, at]) / variance**2 for t, at in slices],
        XVX=(XX - ZX.T @ B) / variance,
        XVVX=XVVX / variance**2,
        XVVVX=(XVVX - left.T @ R @ B) / variance**3,
        trace=(system.n - len(R) + float((R * R.T).sum())) / variance**2,
    )


def _times(terms: Sequence[Term], factors: Sequence[Floats], matrix: Floats) -> Floats:
    """Return the rows of each level times the term's factor, shape as of `matrix`."""
    parts = [
        (factor @ matrix[at].reshape(t.q, t.s, -1)).reshape(t.q * t.s, -1)
        for (t, at), factor in zip(_slices(terms), factors, strict=True)
    ]
    return np.concatenate(parts)


def _slices(terms: Sequence[Term]) -> list[tuple[Term, slice]]:
    stops = np.cumsum([t.q * t.s for t in terms])
    return [(t, slice(int(stop) - t.q * t.s, int(stop))) for t, stop in zip(terms, stops, strict=True)]


def _own_levels(term: Term, R: Floats, ZVZ: Floats) -> Floats:
    """Return the sum over levels of R_l' (Z'V⁻¹Z)_l, shape (s, s)."""
    shape = (len(R), term.q, term.s)
    found: Floats = np.einsum("kla,klb->ab", R.reshape(shape), ZVZ.reshape(shape), optimize=True)
    return found


def _dense(system: System) -> tuple[Floats, Floats, Floats]:
    """Return Z'WZ, Z'WX and X'WX, columns of Z by term, level and effect and without padding.

    Raises:
        FitError: There are more than `MOST_EFFECTS` columns.
    """
    columns = np.concatenate([position.ravel() for position in system.places.positions])
    if len(columns) > MOST_EFFECTS:
        message = (
            f"Kenward-Roger: {len(columns)} random effects need dense matrices of that size; up to {MOST_EFFECTS} are "
            "supported. Use Satterthwaite's method, which hardly differs with that many"
        )
        raise FitError(message)
    A, r = system.blocks, system.places.rest
    G, b, _ = A.border.shape
    where = np.full(system.places.columns, -1)
    where[columns] = np.arange(len(columns))
    lead, rest = where[: G * b], where[G * b :]
    real = lead >= 0
    border = A.border.reshape(G * b, -1)[real]
    block, i, j = np.nonzero(A.lead)
    ZZ, ZX = np.zeros((len(columns), len(columns))), np.empty((len(columns), system.p))
    ZZ[lead[block * b + i], lead[block * b + j]] = A.lead[block, i, j]
    ZZ[np.ix_(lead[real], rest)] = border[:, :r]
    ZZ[np.ix_(rest, lead[real])] = border[:, :r].T
    ZZ[np.ix_(rest, rest)] = A.rest[:r, :r]
    ZX[lead[real]], ZX[rest] = border[:, r:-1], A.rest[:r, r:-1]
    return ZZ, ZX, A.rest[r:-1, r:-1]
