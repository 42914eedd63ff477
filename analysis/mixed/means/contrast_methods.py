"""Coefficients of the usual contrasts of m levels, in the order and with the signs of emmeans."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, NamedTuple, get_args

import numpy as np

from standfast._problems import nearest
from standfast.analysis.mixed.likelihood.terms import Floats

Named = Literal["pairwise", "revpairwise", "trt.vs.ctrl", "consec", "poly"]
Method = Named | Mapping[str, Sequence[float]]

_DEGREES = ("linear", "quadratic", "cubic", "quartic")
_HIGHEST = 6  # degree of polynomial contrasts, emmeans' limit


class Contrasts(NamedTuple):
    """c contrasts of m levels: their names, length c, and coefficients, shape (c, m)."""

    names: tuple[str, ...]
    coefficients: Floats


def coefficients(method: Method, levels: Sequence[str], *, reference: str | None = None, sign: str = "-") -> Contrasts:
    """Return contrasts.

    Args:
        method: `pairwise` first minus second, `revpairwise` second minus first, `trt.vs.ctrl` each minus the
            reference, `consec` each minus the one before, `poly` orthogonal polynomials of equally spaced levels in
            whole numbers; or names -> coefficients.
        levels: Names of the m levels.
        reference: The level that `trt.vs.ctrl` compares with, the first by default.
        sign: Between the names of two levels, `-` for differences and `/` for ratios.

    Raises:
        ValueError: The method or the reference is not known, or coefficients are not m numbers.
    """
    if not isinstance(method, str):
        return _given(method, len(levels))
    if method not in get_args(Named):
        message = f"contrasts: no method {method!r}. Known: {', '.join(get_args(Named))}."
        raise ValueError(message)
    if method == "poly":
        return _polynomials(len(levels))
    pairs = _pairs(method, len(levels), _reference(levels, reference))
    C = np.zeros((len(pairs), len(levels)))
    for row, (plus, minus) in enumerate(pairs):
        C[row, plus], C[row, minus] = 1.0, -1.0
    names = [_bracketed(level) for level in levels]
    return Contrasts(tuple(f"{names[plus]} {sign} {names[minus]}" for plus, minus in pairs), C)


def crossed(parts: Sequence[Floats]) -> Floats:
    """Return the Kronecker product of matrices, the rows and columns of the first varying fastest."""
    found: Floats = np.ones((1, 1), dtype=np.float64)
    for part in parts:
        found = np.asarray(np.kron(part, found), dtype=np.float64)
    return found


def _pairs(method: Named, m: int, reference: int) -> list[tuple[int, int]]:
    if method == "pairwise":
        return list(combinations(range(m), 2))
    if method == "revpairwise":
        return [(i, j) for i in range(m) for j in range(i)]
    if method == "consec":
        return [(i + 1, i) for i in range(m - 1)]
    return [(i, reference) for i in range(m) if i != reference]


def _reference(levels: Sequence[str], reference: str | None) -> int:
    if reference is None:
        return 0
    if reference not in levels:
        near = nearest(reference, levels)
        hint = f" Did you mean {near!r}?" if near else ""
        message = f"contrasts: no reference level {reference!r}. Known: {', '.join(levels)}.{hint}"
        raise ValueError(message)
    return list(levels).index(reference)


def _bracketed(level: str) -> str:
    """Return a name that can stand beside a minus or a slash."""
    return f"({level})" if " - " in level or " / " in level else level


def _given(method: Mapping[str, Sequence[float]], m: int) -> Contrasts:
    for name, row in method.items():
        if len(row) != m or not np.isfinite(np.asarray(row, dtype=np.float64)).all():
            message = (
                f"contrasts: {name!r} has coefficients {list(row)}; {m} finite numbers would be right, one per row"
            )
            raise ValueError(message)
    rows = np.array([list(map(float, row)) for row in method.values()]).reshape(len(method), m)
    return Contrasts(tuple(map(str, method)), rows)


def _polynomials(m: int) -> Contrasts:
    """Return orthogonal polynomials, each scaled to the smallest whole numbers."""
    count = min(_HIGHEST, m - 1)
    powers = np.vander(np.arange(m) - (m - 1) / 2, count + 1, increasing=True)
    Q, R = np.linalg.qr(powers)
    rows = (Q * np.sign(np.diag(R)))[:, 1:].T
    names = [_DEGREES[j] if j < len(_DEGREES) else f"degree {j + 1}" for j in range(count)]
    return Contrasts(tuple(names), np.array([_whole(row) for row in rows]).reshape(count, m))


def _whole(row: Floats) -> Floats:
    """Return a multiple of a row that is as good as whole, as emmeans finds it."""
    scaled = row / row[row > 0.01].min()
    off = float(np.abs(scaled - np.round(scaled)).max())
    while off > 0.05:
        scaled = scaled / off
        off = float(np.abs(scaled - np.round(scaled)).max())
    return np.asarray(np.round(scaled))
