"""The block Cholesky factor of the penalised system.

With W = diag(w), the system that every fit solves is

    M = [ Λ'Z'WZΛ + I   Λ'Z'WX ]
        [ X'WZΛ         X'WX   ]

over the blocks of `blocks`. The lead is eliminated block by block; what remains is one dense Cholesky factor of size
k = r + p. Source: Bates, Mächler, Bolker and Walker (2015), J. Stat. Softw. 67(1), section 3, for the profiled system;
docs/statistics.md derives the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.linalg import lapack

from standfast.analysis.mixed.likelihood.blocks import Blocks
from standfast.analysis.mixed.likelihood.layout import Layout, Reach, gather, spread
from standfast.analysis.mixed.likelihood.terms import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """M factorised at one Lambda.

    Attributes:
        lead: Λ₀, shape (b, b).
        rest: L of each term of the rest.
        inverse: D⁻¹ of each lead block D = Λ₀'AΛ₀ + I, shape (G, b, b).
        schur: C = rest − border'Λ₀D⁻¹Λ₀'border, shape (k, k).
        root: Lower Cholesky factor of C with Λ of the rest on both sides and I added to its z part, shape (k, k).
        log_det_z: log |Λ'Z'WZΛ + I|.
        log_det_x: log |X'WX − ...|, the rest of log |M|; 0 where p = 0.
    """

    lead: Floats
    rest: list[Floats]
    inverse: Floats
    schur: Floats
    root: Floats
    log_det_z: float
    log_det_x: float


class SingularSystemError(ArithmeticError):
    """M is not positive definite: X is collinear, or numbers overflowed."""


def factorise(places: Layout, A: Blocks, L: Sequence[Floats], *, extra: int = 0) -> Factor:
    """Factorise M at one Lambda.

    Args:
        places: Layout of Z.
        A: Cross-products; after X may stand `extra` more columns, such as the response.
        L: Factor of each term.
        extra: Columns after X; `root` covers them, the determinants do not.

    Raises:
        SingularSystemError: M is not positive definite.
    """
    lead, rest = spread(places, L)
    b, k, r = A.lead.shape[1], len(A.rest), places.rest
    D = lead.T @ A.lead @ lead + np.eye(b)
    try:
        root = np.linalg.cholesky(D)
    except np.linalg.LinAlgError as error:
        raise SingularSystemError from error
    inverse_root = _inverse_of_lower(root)
    schur = A.rest - _gram(places, inverse_root @ lead.T, A.border)
    S = np.asfortranarray(_both_sides(places, schur, rest))
    S[np.arange(r), np.arange(r)] += 1.0
    c, info = lapack.dpotrf(S, lower=1, clean=1, overwrite_a=1)
    if info != 0:
        raise SingularSystemError
    logs = np.log(np.diag(c)) * 2
    lead_logs = 2 * float(np.log(np.einsum("lii->li", root)).sum())
    return Factor(
        lead=lead,
        rest=rest,
        inverse=np.swapaxes(inverse_root, 1, 2) @ inverse_root,
        schur=schur,
        root=c,
        log_det_z=lead_logs + float(logs[:r].sum()),
        log_det_x=float(logs[r : k - extra].sum()),
    )


def _gram(places: Layout, left: Floats, border: Floats) -> Floats:
    """Return Σ over lead blocks of (left border)'(left border), shape (k, k).

    Args:
        places: Layout of Z.
        left: Shape (G, b, b).
        border: Shape (G, b, k).
    """
    G, b, k = border.shape
    if places.reach is None:
        W = (left @ border).reshape(G * b, k)
        whole: Floats = W.T @ W
        return whole
    r, columns = places.rest, places.reach.columns
    W_z, W_x = left @ _within_reach(places.reach, border), left @ border[:, :, r:]
    transposed = np.swapaxes(W_z, 1, 2)
    gram = np.zeros((k, k))
    at = columns[:, :, None] * r + columns[:, None, :]
    gram[:r, :r] = np.bincount(at.ravel(), (transposed @ W_z).ravel(), minlength=r * r).reshape(r, r)
    gram[:r, r:] = _scattered(columns, transposed @ W_x, r)
    gram[r:, :r] = gram[:r, r:].T
    flat = W_x.reshape(G * b, k - r)
    gram[r:, r:] = flat.T @ flat
    return gram


def _within_reach(reach: Reach, border: Floats) -> Floats:
    """Return the columns of a border that its lead block meets, shape (G, b, m)."""
    return np.take_along_axis(border, reach.columns[:, None, :], axis=2) * reach.valid[:, None, :]


def _scattered(columns: NDArray[np.int64], values: Floats, r: int) -> Floats:
    """Return the sums of values, shape (G, m, e), by their column, shape (r, e)."""
    e = values.shape[2]
    at = columns[:, :, None] * e + np.arange(e)
    sums: Floats = np.bincount(at.ravel(), values.ravel(), minlength=r * e).astype(np.float64).reshape(r, e)
    return sums


def _inverse_of_lower(root: NDArray[np.floating[Any]]) -> Floats:
    """Return inverses of lower triangular matrices, shape (G, b, b)."""
    return np.asarray(1 / root if root.shape[1] == 1 else np.linalg.inv(root), dtype=np.float64)


def rows_times(places: Layout, factors: Sequence[Floats], matrix: Floats, *, transpose: bool = False) -> Floats:
    """Return Λ (or Λ') of the rest times the first r rows of a matrix; the other rows are left as they are."""
    out = matrix.copy()
    for place, L in zip((place for place in places.places if not place.lead), factors, strict=True):
        rows = slice(place.offset, place.stop)
        block = matrix[rows].reshape(place.copies, place.s, -1)
        out[rows] = np.matmul(L.T if transpose else L, block).reshape(place.copies * place.s, -1)
    return out


def _both_sides(places: Layout, matrix: Floats, factors: Sequence[Floats]) -> Floats:
    """Return Λ'CΛ, with Λ that of the rest and the identity for all columns after it."""
    half = rows_times(places, factors, matrix, transpose=True)
    return rows_times(places, factors, np.ascontiguousarray(half.T), transpose=True)


class Inverse(NamedTuple):
    """Λ M⁻¹ Λ' on the blocks that rows can reach, and the traces that gradients need.

    Attributes:
        blocks: Λ M⁻¹ Λ' over [lead, rest] and, where `size` covers X, X; shapes as of `Blocks` with k = size.
        trace: Σ over levels of (A Λ M⁻¹) per term, each of shape (s, s); the gradient of log |M| with respect to L
            is twice it.
    """

    blocks: Blocks
    trace: list[Floats]


def invert(places: Layout, A: Blocks, factor: Factor, size: int) -> Inverse:
    """Return the parts of M⁻¹ that gradients and leverages need.

    Where the layout knows which columns a lead block can meet, the border's entries in all others are left 0.

    Args:
        places: Layout of Z.
        A: Cross-products.
        factor: `factorise` of them.
        size: Leading columns of [rest, X] that count: r for the random effects alone, r + p with the fixed ones.
    """
    S_inverse = _inverse(factor.root[:size, :size])
    scaled = rows_times(places, factor.rest, S_inverse)  # Λ S⁻¹
    K = rows_times(places, factor.rest, np.ascontiguousarray(scaled.T))  # Λ S⁻¹ Λ'
    traces = _rest_traces(places, factor.schur[:size, :size], scaled)
    PK, Q = _through(places, A.border[:, :, :size], K)
    LD = factor.lead @ factor.inverse
    M_inverse = factor.inverse + np.swapaxes(LD, 1, 2) @ Q @ LD
    lead_trace = (A.lead @ (factor.lead @ M_inverse) - Q @ LD).sum(axis=0)
    E = LD @ factor.lead.T
    blocks = Blocks(factor.lead @ M_inverse @ factor.lead.T, -(E @ PK), K)
    return Inverse(blocks, gather(places, lead_trace, traces))


def _through(places: Layout, border: Floats, K: Floats) -> tuple[Floats, Floats]:
    """Return border K, shape (G, b, size), and border K border', shape (G, b, b)."""
    G, b, size = border.shape
    if places.reach is None:
        whole = (border.reshape(G * b, size) @ K).reshape(G, b, size)
        return whole, whole @ np.swapaxes(border, 1, 2)
    r, columns = places.rest, places.reach.columns
    B_z, B_x = _within_reach(places.reach, border), border[:, :, r:]
    K_zx = K[:r, r:][columns]
    met = B_z @ K[columns[:, :, None], columns[:, None, :]] + B_x @ np.swapaxes(K_zx, 1, 2)
    side = B_z @ K_zx + B_x @ K[r:, r:]
    PK = np.zeros((G, b, size))
    np.put_along_axis(PK[:, :, :r], columns[:, None, :], met, axis=2)  # right in a repeated column 0 too
    PK[:, :, r:] = side
    return PK, met @ np.swapaxes(B_z, 1, 2) + side @ np.swapaxes(B_x, 1, 2)


def _inverse(root: Floats) -> Floats:
    if not len(root):
        return np.zeros((0, 0))
    inverse, _ = lapack.dpotri(np.asfortranarray(root), lower=1)
    return np.ascontiguousarray(inverse + np.tril(inverse, -1).T)


def _rest_traces(places: Layout, schur: Floats, scaled: Floats) -> list[Floats]:
    """Return Σ over levels of (C Λ S⁻¹) on the diagonal blocks of each term of the rest."""
    traces = []
    for place in places.places:
        if not place.lead:
            at = slice(place.offset, place.stop)
            left = schur[at].reshape(place.copies, place.s, -1)
            right = scaled[:, at].reshape(-1, place.copies, place.s)
            traces.append(np.einsum("lak,klb->ab", left, right, optimize=True))
    return traces


def solve(places: Layout, A: Blocks, factor: Factor, right: Floats, size: int) -> Floats:
    """Solve M x = right.

    Args:
        places: Layout of Z.
        A: Cross-products.
        factor: `factorise` of them.
        right: Shape (G b + size,).
        size: As for `invert`.

    Returns:
        x, shape (G b + size,).
    """
    G, b, _ = A.border.shape
    border = A.border[:, :, :size].reshape(G * b, size)
    first = np.einsum("lac,lc->la", factor.inverse, right[: G * b].reshape(G, b))
    reduced = right[G * b :] - times_rest(places, factor.rest, border.T @ (first @ factor.lead.T).ravel(), True)
    x = linalg.cho_solve((factor.root[:size, :size], True), reduced, check_finite=False) if size else reduced
    back = (border @ times_rest(places, factor.rest, x)).reshape(G, b) @ factor.lead
    first = first - np.einsum("lac,lc->la", factor.inverse, back)
    return np.concatenate([first.ravel(), x])


def times_rest(places: Layout, factors: Sequence[Floats], x: Floats, transpose: bool = False) -> Floats:
    """Return Λ x (or Λ'x) for the columns of [rest, X], shape (size,)."""
    return rows_times(places, factors, x[:, None], transpose=transpose)[:, 0]


def times_lambda(places: Layout, factor: Factor, u: Floats, *, transpose: bool = False) -> Floats:
    """Return b = Λ u (or Λ'u) for the columns of Z, shape (G b + r,)."""
    split = places.groups * places.width
    lead = u[:split].reshape(places.groups, places.width) @ (factor.lead if transpose else factor.lead.T)
    return np.concatenate([lead.ravel(), times_rest(places, factor.rest, u[split:], transpose)])


def by_term(places: Layout, vector: Floats) -> list[Floats]:
    """Return the entries of a vector over the columns of Z per term, each of shape (q, s)."""
    return [vector[position] for position in places.positions]


def outer_by_term(places: Layout, one: Floats, other: Floats) -> list[Floats]:
    """Return Σ over levels of one_l other_l' per term, each of shape (s, s)."""
    return [a.T @ c for a, c in zip(by_term(places, one), by_term(places, other), strict=True)]
