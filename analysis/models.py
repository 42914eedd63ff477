"""A frame and a model specification -> a Fit, by the mixed-model engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from standfast.analysis import clustered, structure
from standfast.analysis.fits import CELL, Family, Fit
from standfast.analysis.link import LinkFit, on_link_scale
from standfast.analysis.mixed import MixedFit, lmm
from standfast.analysis.mixed.inference import satterthwaite
from standfast.analysis.mixed.scaled import SaturatedError
from standfast.analysis.structure import RANDOM_EFFECTS, Columns, Floats, Ints
from standfast.measure import Measure

CLUSTERED = "Ordinary least squares on the cell means, covariance clustered by item or pair (CR1), t with items − 1."
# Residuals below this share of the largest value are rounding.
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What is fitted to one measure.

    Attributes:
        measure: The response, on its own scale.
        random: Random effects in order, each an interaction of columns of the frame; the design says which stay.
        clusters: Item -> cluster, for items that share a situation and so are not independent; an item that is not
            named is a cluster of its own. Used where a covariance is clustered.
        link: Whether binary and ordinal measures are fitted on their link scale as well.
    """

    measure: Measure
    random: tuple[Columns, ...] = RANDOM_EFFECTS
    clusters: Mapping[str, str] = field(default_factory=dict)
    link: bool = True


def fit(frame: pd.DataFrame, spec: ModelSpec) -> Fit:
    """Fit the mixed model of one measure.

    Every measure is fitted on its own scale, because that is where findings and margins stand: by REML, with crossed
    random effects. Binary and ordinal measures are fitted on their link scale as well.

    Args:
        frame: Rows of one subject, one audit and one measure; those that were not scored are left out.
        spec: What is fitted.

    Returns:
        The fit. Where the values do not vary within cells, or are too few, it holds the cell means alone and `vcov`
        is NaN. Where they repeat exactly within items, it is that of `second_opinion`.
    """
    return _first(frame, spec, _data(frame, spec))


def second_opinion(frame: pd.DataFrame, spec: ModelSpec) -> Fit:
    """Fit the cell means by ordinary least squares, with a covariance clustered by item, or by `spec.clusters`.

    It shares no assumption on variances with `fit`.

    Args:
        frame: As for `fit`.
        spec: As for `fit`; the random effects play no part.
    """
    return _second(frame, spec, _data(frame, spec))


def both(frame: pd.DataFrame, spec: ModelSpec) -> tuple[Fit, Fit]:
    """Return `fit` and `second_opinion`; the rows are brought in order once."""
    data = _data(frame, spec)
    return _first(frame, spec, data), _second(frame, spec, data)


def _first(frame: pd.DataFrame, spec: ModelSpec, data: "_Data") -> Fit:
    if not data.varies:
        return _means(frame, spec, data)
    chosen = structure.choose(data.rows, data.X, spec.random)
    if not chosen.kept:
        return _second(frame, spec, data)
    try:
        found = lmm(_formula(data, chosen.kept), data.rows)
    except SaturatedError:
        why = "all random terms left out: values repeat exactly, which leaves no residual variance"
        return _of_clustered(frame, spec, data, (why,))
    return _of_mixed(frame, spec, data, found, chosen)


def _second(frame: pd.DataFrame, spec: ModelSpec, data: "_Data") -> Fit:
    return _of_clustered(frame, spec, data, ()) if data.varies else _means(frame, spec, data)


class _Data(NamedTuple):
    """The scored rows as arrays."""

    rows: pd.DataFrame
    y: Floats
    X: Floats
    items: Ints
    clusters: Ints
    names: tuple[tuple[str, str, str], ...]
    varies: bool


def _data(frame: pd.DataFrame, spec: ModelSpec) -> _Data:
    scored = frame[frame["status"] == "scored"]
    keys = [pd.factorize(scored[column], sort=True)[0] for column in reversed(("item", "persona", *CELL, "epoch"))]
    rows = scored.iloc[np.lexsort(keys)].reset_index(drop=True)
    groups = rows.groupby(list(CELL), sort=True, observed=True)
    cell, names = groups.ngroup().to_numpy(np.int64), tuple(sorted(cast("Any", groups.indices)))
    X = np.zeros((len(rows), len(names)))
    X[np.arange(len(rows)), cell] = 1.0
    y = rows["value"].to_numpy(np.float64)
    items = structure.coded(rows, ("item",))
    shared = rows["item"].astype(str).map(lambda item: spec.clusters.get(item, item))
    varies = (
        len(np.unique(items)) > 1 and len(rows) > len(names) and _residual(y, X) > _NOTHING * float(np.abs(y).max())
    )
    return _Data(rows.assign(cell=cell), y, X, items, pd.factorize(shared)[0].astype(np.int64), names, varies)


def _residual(y: Floats, X: Floats) -> float:
    """Return the largest distance of a value from its cell's mean."""
    return float(np.abs(y - X @ (X.T @ y / X.sum(axis=0))).max())


def _formula(data: _Data, terms: tuple[Columns, ...]) -> str:
    fixed = "0 + C(cell)" if len(data.names) > 1 else "1"
    return " + ".join([f"value ~ {fixed}", *map(structure.formula, terms)])


def _of_mixed(frame: pd.DataFrame, spec: ModelSpec, data: _Data, found: MixedFit, chosen: structure.Structure) -> Fit:
    deviations = {
        term.group: float(np.sqrt(S[0, 0])) for term, S in zip(found.design.terms, found.covariances, strict=True)
    }
    theta = [deviations[":".join(columns)] for columns in chosen.kept]
    at_zero = [columns for columns, sd in zip(chosen.kept, theta, strict=True) if sd <= _NOTHING * found.sigma]
    known = satterthwaite.variance_jacobian(found)
    return _fit(
        frame,
        spec,
        data,
        family="gaussian",
        formula=found.formula.replace("0 + C(cell)", "0 + role:profile:challenge"),
        coef=found.beta,
        vcov=found.vcov,
        theta=np.array([*theta, found.sigma]),
        theta_names=(*map(structure.words, chosen.kept), "residual"),
        jacobian=known.jacobian,
        spread=known.covariance,
        link=on_link_scale(data.rows, spec.measure, chosen.kept, len(data.names)) if spec.link else None,
        method=_method(spec.measure, chosen.kept),
        reductions=(
            *(f"{structure.words(c)} left out: the design cannot tell it apart" for c in chosen.left_out),
            *(f"{structure.words(c)} estimated at zero" for c in at_zero),
        ),
        converged=found.converged,
        singular=found.singular,
        mixed=found,
    )


def _of_clustered(frame: pd.DataFrame, spec: ModelSpec, data: _Data, reductions: tuple[str, ...]) -> Fit:
    found = clustered.least_squares(data.y, data.X, data.clusters)
    return _fit(
        frame,
        spec,
        data,
        method=CLUSTERED,
        coef=found.coef,
        vcov=found.vcov,
        reductions=reductions,
        singular=bool(reductions),
    )


def _means(frame: pd.DataFrame, spec: ModelSpec, data: _Data) -> Fit:
    counts = data.X.sum(axis=0)
    return _fit(
        frame,
        spec,
        data,
        method="Cell means; the values do not vary within cells, so no model was fitted.",
        coef=data.X.T @ data.y / counts,
        vcov=np.full((len(data.names),) * 2, np.nan),
    )


def _method(measure: Measure, terms: tuple[Columns, ...]) -> str:
    scale = " on the probability scale" if measure.scale == "binary" else ""
    random = ", ".join(map(structure.words, terms))
    return f"Linear mixed model{scale} by REML: a mean per role × profile × challenge; random {random}."


def _fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    data: _Data,
    *,
    method: str,
    coef: Floats,
    vcov: Floats,
    family: Family = "means",
    formula: str = "",
    theta: Floats | None = None,
    theta_names: tuple[str, ...] = (),
    jacobian: Floats | None = None,
    spread: Floats | None = None,
    link: LinkFit | None = None,
    reductions: tuple[str, ...] = (),
    converged: bool = True,
    singular: bool = False,
    mixed: MixedFit | None = None,
) -> Fit:
    present = np.zeros((int(data.items.max(initial=-1)) + 1, len(data.names)))
    present[data.items, data.rows["cell"]] = 1.0
    return Fit(
        model=_only(frame, "model"),
        audit=_only(frame, "audit"),
        measure=spec.measure.name,
        family=family,
        formula=formula,
        names=data.names,
        coef=coef,
        vcov=vcov,
        theta=np.empty(0) if theta is None else theta,
        theta_names=theta_names,
        jacobian=np.empty((0, len(coef), len(coef))) if jacobian is None else jacobian,
        spread=np.empty((0, 0)) if spread is None else spread,
        link=link,
        method=method,
        reductions=reductions,
        converged=converged,
        singular=singular,
        n_obs=len(data.y),
        n_items=len(present),
        n_personas=data.rows["persona"].nunique(),
        cell_counts=data.X.sum(axis=0).astype(np.int64),
        cell_items=present.sum(axis=0).astype(np.int64),
        mixed=mixed,
    )


def _only(frame: pd.DataFrame, column: str) -> str:
    """Return the one value of a column."""
    values = frame[column].unique()
    if len(values) != 1:
        message = f"expected rows of one {column}, got {len(values)}"
        raise ValueError(message)
    return str(values[0])
