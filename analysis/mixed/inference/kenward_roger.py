"""Adjusted covariance and degrees of freedom by Kenward and Roger's method, from cross-products alone.

V = sigma² I + sum of gamma_i Z G_i Z' is linear in the variance components gamma: the entries of each term's covariance
matrix and the residual variance. With P_i = −X'V⁻¹ V_i V⁻¹X and Q_ij = X'V⁻¹ V_i V⁻¹ V_j V⁻¹X, the covariance Phi of
beta becomes Phi + 2 Phi [sum W_ij (Q_ij − P_i Phi P_j)] Phi, where W is twice the inverse of the expected information of
gamma. Source: Kenward and Roger (1997), Biometrics 53, 983-997; Halekoh and Højsgaard (2014), J. Stat. Softw. 59(9),
whose pbkrtest this follows to the guards against division by zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.ftest import RANK, FTest
from standfast.analysis.mixed.inference.ftest import f_test as tested
from standfast.analysis.mixed.inference.precision import Products, products
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.terms import Floats, Term
from standfast.errors import FitError

# Eigenvalues of the information below this share of the largest count as zero; pbkrtest's.
_FLAT = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class KenwardRoger:
    """What every test of rows of beta needs; r variance components.

    Attributes:
        vcov: Adjusted covariance of beta, shape (p, p).
        unadjusted: The covariance that it corrects, shape (p, p).
        slopes: P_i, derivatives of the information of beta, shape (r, p, p).
        covariance: W, covariance of the variance components, shape (r, r).
    """

    vcov: Floats
    unadjusted: Floats
    slopes: Floats
    covariance: Floats


def kenward_roger(fit: MixedFit) -> KenwardRoger:
    """Return the adjusted covariance of beta, in the user's units.

    Raises:
        FitError: The model is not gaussian, was not fitted by REML, or has too many random effects (`precision.MOST_EFFECTS`).
    """
    if not isinstance(fit.system, System) or fit.method != "REML":
        message = f"Kenward-Roger: defined for linear models fitted by REML, this is a {fit.family} one by {fit.method}"
        raise FitError(message)
    inner = of_system(fit.system, fit.inner.theta, fit.sigma / fit.unit)
    D = np.outer(fit.design.scaling.x, fit.design.scaling.x)
    return KenwardRoger(
        vcov=fit.unit**2 * inner.vcov / D,
        unadjusted=fit.unit**2 * inner.unadjusted / D,
        slopes=inner.slopes * D / fit.unit**2,
        covariance=inner.covariance,
    )


def of_system(system: System, theta: Floats, sigma: float) -> KenwardRoger:
    """Return the same for a scaled system at its REML optimum."""
    at = products(system, theta, sigma)
    inverse = linalg.inv(at.XVX)
    Phi = (inverse + inverse.T) / 2
    moments = _moments(system.terms, at)
    P, Q = moments.slopes, moments.second
    PhiP = Phi @ P
    information = (
        moments.traces
        - 2 * np.einsum("ab,ijba->ij", Phi, Q, optimize=True)
        + np.einsum("iab,jba->ij", PhiP, PhiP, optimize=True)
    )
    W = _doubled_inverse(information)
    bias = np.einsum("ij,ijab->ab", W, Q, optimize=True) - np.einsum("ij,iab,jbc->ac", W, P, PhiP, optimize=True)
    adjusted = Phi + Phi @ (bias + bias.T) @ Phi
    return KenwardRoger(vcov=adjusted, unadjusted=Phi, slopes=P, covariance=W)


def _doubled_inverse(information: Floats) -> Floats:
    """Return twice the inverse, over the directions that the data tell apart."""
    values, vectors = np.linalg.eigh((information + information.T) / 2)
    known = np.abs(values) > _FLAT * np.abs(values).max()
    kept = vectors[:, known]
    doubled: Floats = 2 * (kept / values[known]) @ kept.T
    return doubled


def degrees(rows: Floats, adjusted: KenwardRoger) -> Floats:
    """Return the degrees of freedom of each row, shape (k,); NaN for a row of zeros."""
    return np.array([_approximate(row[None], adjusted, 1).dendf if row.any() else np.nan for row in rows])


def f_test(rows: Floats, beta: Floats, adjusted: KenwardRoger) -> FTest:
    """Test that rows @ beta = 0, with the F statistic scaled.

    Args:
        rows: Shape (q, p); redundant ones are left out.
        beta: Shape (p,).
        adjusted: `kenward_roger` of the same fit.
    """
    kept = _independent(rows)
    q = len(kept)
    if not q:
        return FTest(np.nan, 0, np.nan, np.nan)
    found = _approximate(kept, adjusted, q)
    value = kept @ beta
    wald = float(value @ np.linalg.solve(kept @ adjusted.vcov @ kept.T, value))
    return tested(found.scaling * wald / q, q, found.dendf, found.scaling)


def _independent(rows: Floats) -> Floats:
    """Return an orthonormal basis of the rows' span, shape (d, p)."""
    if not rows.any():
        return rows[:0]
    _, size, basis = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(basis[size > RANK * size[0]])


class _Approximation(NamedTuple):
    dendf: float
    scaling: float


def _approximate(L: Floats, adjusted: KenwardRoger, q: int) -> _Approximation:
    """Match mean and variance of the Wald statistic to those of a scaled F; Kenward and Roger (1997), section 4."""
    Phi = adjusted.unadjusted
    Theta = L.T @ np.linalg.solve(L @ Phi @ L.T, L)
    parts = Theta @ Phi @ adjusted.slopes @ Phi
    traces = np.einsum("iaa->i", parts)
    A1 = float(traces @ adjusted.covariance @ traces)
    A2 = float(np.einsum("ij,iab,jba->", adjusted.covariance, parts, parts, optimize=True))
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
    c1, c2, c3 = (c / (3 * q + 2 * (1 - g)) for c in (g, q - g, q + 2 - g))
    V0, V1, V2 = 1 + c1 * B, 1 - c2 * B, 1 - c3 * B
    V0 = 0.0 if abs(V0) < 1e-10 else V0
    rho = _ratio(1 - A2 / q, V1) ** 2 * V0 / V2 / q
    dendf = 4 + (q + 2) / (q * rho - 1)
    return _Approximation(dendf, 1.0 if abs(dendf - 2) < 1e-2 else dendf * (1 - A2 / q) / (dendf - 2))


def _ratio(over: float, under: float) -> float:
    return 1.0 if abs(over) < 1e-14 and abs(under) < 1e-14 else over / under


class _Moments(NamedTuple):
    """What the information of gamma consists of.

    Attributes:
        slopes: P_i, shape (r, p, p).
        second: Q_ij, shape (r, r, p, p).
        traces: tr V⁻¹V_iV⁻¹V_j, shape (r, r).
    """

    slopes: Floats
    second: Floats
    traces: Floats


def _moments(terms: Sequence[Term], at: Products) -> _Moments:
    bases = [_basis(term) for term in terms]
    stops = np.cumsum([len(basis) for basis in bases])
    places = [slice(int(stop) - len(basis), int(stop)) for stop, basis in zip(stops, bases, strict=True)]
    r, p = int(stops[-1]) + 1, len(at.XVX)
    P, Q, K = np.empty((r, p, p)), np.empty((r, r, p, p)), np.empty((r, r))
    P[-1], Q[-1, -1], K[-1, -1] = -at.XVVX, at.XVVVX, at.trace
    for t, (G, x) in enumerate(zip(bases, places, strict=True)):
        H = at.ZVX[t]
        P[x] = -np.einsum("lap,xab,lbr->xpr", H, G, H, optimize=True)
        Q[x, -1] = np.einsum("lap,xab,lbr->xpr", H, G, at.ZVVX[t], optimize=True)
        Q[-1, x] = np.swapaxes(Q[x, -1], 1, 2)
        K[x, -1] = K[-1, x] = np.einsum("xab,ab->x", G, at.ZVVZ[t])
        for u, (F, y) in enumerate(zip(bases, places, strict=True)):
            Q[x, y] = _between(H, at.ZVZ[t][u], at.ZVX[u], G, F)
            K[x, y] = _trace(at.ZVZ[t][u], G, F)
    return _Moments(P, Q, K)


def _basis(term: Term) -> Floats:
    """Return the derivative of the term's covariance matrix with respect to each of its entries, shape (r, s, s)."""
    basis = np.zeros((len(term.entries), term.s, term.s))
    for k, (i, j) in enumerate(term.entries):
        basis[k, i, j] = basis[k, j, i] = 1.0
    return basis


def _between(H: Floats, block: Floats, other: Floats, G: Floats, F: Floats) -> Floats:
    """Return Q_ij for the components of two terms, shape (r, r', p, p)."""
    right = np.einsum("lbmc,mdr->lbcdr", block, other, optimize=True)
    whole = np.einsum("lap,lbcdr->abcdpr", H, right, optimize=True)
    found: Floats = np.einsum("xab,ycd,abcdpr->xypr", G, F, whole, optimize=True)
    return found


def _trace(block: Floats, G: Floats, F: Floats) -> Floats:
    """Return tr V⁻¹V_iV⁻¹V_j for the components of two terms, shape (r, r')."""
    _, s, _, v = block.shape
    flat = block.transpose(1, 3, 0, 2).reshape(s * v, -1)
    gram = (flat @ flat.T).reshape(s, v, s, v)
    found: Floats = np.einsum("xab,acbd,ycd->xy", G, gram, F, optimize=True)
    return found
