"""A frame and a model specification -> a Fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis import reml
from standfast.analysis.reml import Floats, Ints, Term
from standfast.measure import Measure

CELL = ["role", "profile", "challenge"]

# In this order; `reml.separable` says which of them a design supports.
RANDOM_EFFECTS = (
    ("item",),
    ("item", "persona"),
    ("item", "role"),
    ("item", "profile"),
    ("item", "role", "profile"),
)
CLUSTERED = "Ordinary least squares on the cell means, covariance clustered by item or pair (CR1), t with items − 1."
# Residuals below this share of the largest value are rounding.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What is fitted to one measure.

    Attributes:
        measure: The response, on its own scale; binary ones on the linear probability scale.
        random: Random effects, each an interaction of columns of the frame that starts with `item`.
        clusters: Item -> cluster, for items that share a situation and so are not independent; an item that is not
            named is a cluster of its own. Used where a covariance is clustered.
    """

    measure: Measure
    random: tuple[tuple[str, ...], ...] = RANDOM_EFFECTS
    clusters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One fitted model of one measure, one subject and one audit.

    The fixed part holds one mean per design cell (role × profile × challenge), so that every estimand is a
    linear combination of `coef`.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        names: Design cells as `(role, profile, challenge)`, length p; those with a scored value.
        coef: Cell means, shape (p,), on the measure's own scale.
        vcov: Their covariance, shape (p, p); NaN where the data cannot tell it.
        theta: Standard deviations of the random effects, then of the residual; names in `theta_names`.
        theta_names: Names of `theta`.
        df: Degrees of freedom of contrasts.
        df_method: How `df` was found.
        method: What was fitted, in words that the report prints.
        reductions: Random terms that were left out, and why; empty where the structure is maximal.
        converged: Whether the optimiser converged; a gate on a fit that did not is `missing`.
        singular: Whether a variance lies on its boundary.
        n_obs: Rows used.
        n_items: Items among them.
        cell_counts: Rows per design cell, shape (p,).
        cell_items: Items per design cell, shape (p,).
    """

    model: str
    audit: str
    measure: str
    names: tuple[tuple[str, str, str], ...]
    coef: NDArray[np.float64]
    vcov: NDArray[np.float64]
    theta: NDArray[np.float64]
    theta_names: tuple[str, ...]
    df: float
    df_method: str
    method: str
    reductions: tuple[str, ...]
    converged: bool
    singular: bool
    n_obs: int
    n_items: int
    cell_counts: NDArray[np.int64]
    cell_items: NDArray[np.int64]


def fit(frame: pd.DataFrame, spec: ModelSpec) -> Fit:
    """Fit the mixed model of one measure.

    Args:
        frame: Rows of one subject, one audit and one measure; those that were not scored are left out.
        spec: What is fitted.

    Returns:
        The fit. Where the values do not vary within cells, or are too few, it holds the cell means alone and `vcov`
        is NaN. Where they repeat exactly within items, it is that of `second_opinion`.
    """
    data = _data(frame, spec.clusters)
    if not data.varies:
        return _fit(
            frame, spec, data, method="Cell means; the values do not vary within cells, so no model was fitted."
        )
    terms = [Term(name=" × ".join(columns), codes=_codes(data.rows, columns)) for columns in spec.random]
    kept = reml.separable(data.X, terms)
    if reml.saturated(data.y, data.X, [terms[k] for k in kept]):
        coef, vcov = _clustered(data)
        why = "all random terms left out: values repeat exactly, which leaves no residual variance"
        return _fit(frame, spec, data, method=CLUSTERED, coef=coef, vcov=vcov, reductions=(why,), singular=True)
    found = reml.reml(data.y, data.X, data.items, [terms[k] for k in kept])
    names = [terms[k].name for k in kept]
    return _fit(
        frame,
        spec,
        data,
        method=_method(spec.measure, names),
        coef=found.coef,
        vcov=found.vcov,
        theta=np.sqrt(found.variances),
        theta_names=(*names, "residual"),
        reductions=_reductions(terms, kept, found.variances),
        converged=found.converged,
        singular=found.singular,
    )


def _reductions(terms: list[Term], kept: list[int], variances: Floats) -> tuple[str, ...]:
    left_out = [
        f"{term.name} left out: the design cannot tell it apart" for k, term in enumerate(terms) if k not in kept
    ]
    at_zero = [
        f"{terms[k].name} estimated at zero" for k, variance in zip(kept, variances, strict=False) if variance == 0
    ]
    return (*left_out, *at_zero)


def second_opinion(frame: pd.DataFrame, spec: ModelSpec) -> Fit:
    """Fit the cell means by ordinary least squares, with a covariance clustered by item, or by `spec.clusters`.

    It shares no assumption on variances with `fit`. Covariance CR1: G / (G − 1) × (n − 1) / (n − p) for G clusters.

    Args:
        frame: As for `fit`.
        spec: As for `fit`; the random effects play no part.
    """
    data = _data(frame, spec.clusters)
    if not data.varies:
        return _fit(frame, spec, data, method=CLUSTERED)
    coef, vcov = _clustered(data)
    return _fit(frame, spec, data, method=CLUSTERED, coef=coef, vcov=vcov)


def _clustered(data: "_Data") -> tuple[Floats, Floats]:
    n, p = data.X.shape
    bread = np.linalg.inv(data.X.T @ data.X)
    coef = bread @ (data.X.T @ data.y)
    groups = int(data.clusters.max()) + 1
    scores = np.zeros((groups, p))
    np.add.at(scores, data.clusters, data.X * (data.y - data.X @ coef)[:, None])
    correction = groups / max(groups - 1, 1) * (n - 1) / (n - p)
    return coef, correction * bread @ (scores.T @ scores) @ bread


class _Data(NamedTuple):
    """The scored rows as arrays."""

    rows: pd.DataFrame
    y: Floats
    X: Floats
    items: Ints
    clusters: Ints
    names: tuple[tuple[str, str, str], ...]
    n_items: int
    varies: bool


def _data(frame: pd.DataFrame, clusters: Mapping[str, str]) -> _Data:
    rows = frame[frame["status"] == "scored"].sort_values(["item", "persona", *CELL, "epoch"], ignore_index=True)
    keys = list(zip(*(rows[column] for column in CELL), strict=True))
    names = tuple(sorted(set(keys)))
    place = {name: i for i, name in enumerate(names)}
    X = np.zeros((len(rows), len(names)))
    X[np.arange(len(rows)), np.array([place[key] for key in keys], dtype=np.int64)] = 1.0
    y = rows["value"].to_numpy(np.float64)
    items = _codes(rows, ("item",))
    n_items = int(items.max()) + 1 if len(rows) else 0
    shared = rows["item"].map(lambda item: clusters.get(item, item))
    varies = n_items > 1 and len(rows) > len(names) and _residual(y, X) > _NOTHING * float(np.abs(y).max())
    return _Data(rows, y, X, items, pd.factorize(shared)[0].astype(np.int64), names, n_items, varies)


def _codes(rows: pd.DataFrame, columns: tuple[str, ...]) -> Ints:
    return np.asarray(rows.groupby(list(columns), sort=False).ngroup(), dtype=np.int64)


def _residual(y: Floats, X: Floats) -> float:
    """Return the largest distance of a value from its cell's mean."""
    return float(np.abs(y - X @ (X.T @ y / X.sum(axis=0))).max())


def _method(measure: Measure, names: list[str]) -> str:
    scale = " on the linear probability scale" if measure.scale == "binary" else ""
    random = f"random {', '.join(names)}" if names else "no random term"
    return f"Linear mixed model{scale} by REML: a mean per role × profile × challenge; {random}; t with items − 1."


def _fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    data: _Data,
    *,
    method: str,
    coef: Floats | None = None,
    vcov: Floats | None = None,
    theta: Floats | None = None,
    theta_names: tuple[str, ...] = (),
    reductions: tuple[str, ...] = (),
    converged: bool = True,
    singular: bool = False,
) -> Fit:
    counts = data.X.sum(axis=0)
    present = np.zeros((data.n_items, len(data.names)))
    np.maximum.at(present, data.items, data.X)
    return Fit(
        model=_only(frame, "model"),
        audit=_only(frame, "audit"),
        measure=spec.measure.name,
        names=data.names,
        coef=data.X.T @ data.y / counts if coef is None else coef,
        vcov=np.full((len(data.names),) * 2, np.nan) if vcov is None else vcov,
        theta=np.empty(0) if theta is None else theta,
        theta_names=theta_names,
        df=float(max(data.n_items - 1, 0)),
        df_method="items − 1",
        method=method,
        reductions=reductions,
        converged=converged,
        singular=singular,
        n_obs=len(data.y),
        n_items=data.n_items,
        cell_counts=counts.astype(np.int64),
        cell_items=present.sum(axis=0).astype(np.int64),
    )


def _only(frame: pd.DataFrame, column: str) -> str:
    """Return the one value of a column."""
    values = frame[column].unique()
    if len(values) != 1:
        message = f"expected rows of one {column}, got {len(values)}"
        raise ValueError(message)
    return str(values[0])
