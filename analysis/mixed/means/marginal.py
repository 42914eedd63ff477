"""Estimated marginal means and contrasts, as R's emmeans defines them, and population-averaged ones beyond it."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from scipy import linalg

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.likelihood.terms import Floats
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.analysis.mixed.means.axes import At, unknown
from standfast.analysis.mixed.means.contrast_methods import Method, Named, coefficients, crossed
from standfast.analysis.mixed.means.degrees import Method as DfMethod
from standfast.analysis.mixed.means.degrees import freedom
from standfast.analysis.mixed.means.grid import Weights, cell_grid, margins, reference_grid
from standfast.analysis.mixed.means.notes import of_contrasts, of_means
from standfast.analysis.mixed.means.scales import Basis, Outcome, Scale, basis, predictor
from standfast.analysis.mixed.means.tables import Adjust, MeansTable, Rows, families, tabulate
from standfast.errors import FitError

Names = str | Sequence[str]


def marginal_means(
    fit: MixedFit,
    specs: Names,
    by: Names = (),
    *,
    at: At | None = None,
    weights: Weights = "equal",
    type: Scale = "link",
    outcome: Outcome = "mean",
    df: DfMethod | None = None,
    confidence: float = 0.95,
) -> MeansTable:
    """Return the means of every combination of some variables, averaged over all others of the fixed part.

    Args:
        fit: A fitted model.
        specs: Variable or variables whose levels are compared.
        by: Variables within whose levels they are compared.
        at: Variable -> the value or values it takes instead of all its levels or its mean.
        weights: Of the combinations that are averaged over, see `grid.margins`.
        type: `link`: of the linear predictor; an ordinal one counts from the mean of its thresholds.
            `response`: for a binomial model the mean linear predictor, shown as a probability, its contrasts as odds
            ratios. `regrid`: the mean of the combinations' probabilities, random effects at zero; for an ordinal model
            `response` is the same. `population`: the mean of the combinations' probabilities, each averaged over the
            random effects; intervals stay between the bounds. All are the same for a gaussian model.
        outcome: For an ordinal response off the link scale: the `mean` of the categories' numbers 1 to J, the
            `probability` of each, or the `exceedance` of each threshold; the last two by category.
        df: See `degrees.freedom`; Satterthwaite's by default for gaussian models, otherwise `levels`.
        confidence: Of each interval.

    Raises:
        FitError: A variable or level is not there, or the method is not one for this model.
        ValueError: An argument is not known.
    """
    with one_thread():
        values = basis(freedom(fit, df), reference_grid(fit, at), type, outcome)
        rows = _rows(values, _names(specs), _names(by), weights)
        notes = of_means(values, rows.columns, weights, confidence)
        return tabulate(values, rows, confidence=confidence, adjust="none", notes=notes)


def contrasts(
    means: MeansTable,
    method: Method = "pairwise",
    *,
    by: Names | None = None,
    adjust: Adjust = "holm",
    reference: str | None = None,
    confidence: float | None = None,
) -> MeansTable:
    """Return contrasts of the rows of a table, within each combination of the grouping variables.

    Contrasts of contrasts are allowed. Those of a binomial model's `response` means are odds ratios.

    Args:
        means: Marginal means.
        method: See `contrast_methods.coefficients`; a mapping gives one coefficient per row of a family.
        by: Grouping variables, those of the table by default.
        adjust: How p-values are corrected within each family; `tukey` for all pairs, `mvt` for any contrasts by their
            joint distribution. Intervals hold together with `bonferroni`, `tukey` and `mvt`, else each for itself.
        reference: The level that `trt.vs.ctrl` compares with, the first by default.
        confidence: That of the table by default.

    Raises:
        FitError: A grouping variable is not in the table, or a ratio was asked of what is not a difference.
        ValueError: An argument is not known.
    """
    within = means.by if by is None else _names(by)
    kept = [i for i, name in enumerate(_checked(means, within)) if name not in within]
    labels: list[tuple[str, ...]] = []
    weights: list[Floats] = []
    for key, at in families(means.columns, means.labels, within):
        levels = [" ".join(means.labels[r][i] for i in kept) for r in at]
        found = coefficients(method, levels, reference=reference, sign="/" if means.basis.back else "-")
        labels += [(name, *key) for name in found.names]
        weights.append(_combined(found.coefficients, means.weights[at]))
    if adjust == "tukey" and method not in ("pairwise", "revpairwise"):
        message = "adjust: tukey is for all pairs; mvt would be right for other contrasts"
        raise ValueError(message)
    rows = Rows("contrasts", ("contrast", *within), tuple(labels), within, np.concatenate(weights))
    return _contrast_table(means, rows, adjust, confidence)


def interaction_contrasts(
    means: MeansTable,
    methods: Named | Mapping[str, Method],
    *,
    by: Names | None = None,
    adjust: Adjust = "holm",
    confidence: float | None = None,
) -> MeansTable:
    """Return contrasts of contrasts: the products of one set of contrasts per variable.

    Args:
        means: Marginal means of every combination of the variables.
        methods: The method of each variable, or the name of one for all.
        by: Grouping variables, those of the table by default.
        adjust: As for `contrasts`.
        confidence: That of the table by default.

    Raises:
        FitError: A variable is not in the table, or a ratio was asked of what is not a difference.
        ValueError: An argument is not known.
    """
    within = means.by if by is None else _names(by)
    factors = [name for name in _checked(means, within) if name not in within]
    chosen: Mapping[str, Method] = dict.fromkeys(factors, methods) if isinstance(methods, str) else methods
    if set(chosen) != set(factors):
        message = f"interaction contrasts: methods for {', '.join(chosen)}; the rows differ in {', '.join(factors)}"
        raise FitError(message)
    labels: list[tuple[str, ...]] = []
    weights: list[Floats] = []
    for key, at in families(means.columns, means.labels, within):
        levels = [tuple(means.labels[r][means.columns.index(name)] for name in factors) for r in at]
        names, C = _products(factors, chosen, levels, "/" if means.basis.back else "-")
        labels += [(*name, *key) for name in names]
        weights.append(_combined(C, means.weights[at]))
    columns = [f"{name}_{chosen[name] if isinstance(chosen[name], str) else 'contrast'}" for name in factors]
    rows = Rows("contrasts", (*columns, *within), tuple(labels), within, np.concatenate(weights))
    return _contrast_table(means, rows, adjust, confidence)


def linear_functions(
    fit: MixedFit,
    rows: Floats | Mapping[str, Sequence[float]],
    *,
    df: DfMethod | None = None,
    adjust: Adjust = "none",
    confidence: float = 0.95,
) -> MeansTable:
    """Return estimates of rows @ beta, whatever the rows are.

    Args:
        fit: A fitted model.
        rows: Shape (k, p), or name -> row.
        df: As for `marginal_means`.
        adjust: As for `contrasts`.
        confidence: Of each interval.

    Raises:
        FitError: The method is not one for this model.
        ValueError: Rows are not p finite numbers, or an argument is not known.
    """
    named = rows if isinstance(rows, Mapping) else {str(i + 1): row for i, row in enumerate(np.atleast_2d(rows))}
    L = np.array([np.asarray(row, dtype=np.float64) for row in named.values()])
    if L.shape != (len(named), len(fit.names)) or not np.isfinite(L).all():
        message = f"linear functions: rows of shape {L.shape}; {len(fit.names)} finite numbers each would be right"
        raise ValueError(message)
    with one_thread():
        grid = cell_grid(fit)
        x = fit.design.scaling.x
        weights = linalg.lstsq((grid.X / x).T, (L / x).T)[0].T
        values = predictor(freedom(fit, df), grid)
        found = Rows("contrasts", ("contrast",), tuple((str(name),) for name in named), (), weights)
        notes = of_contrasts(values, adjust, confidence)
        return tabulate(values, found, confidence=confidence, adjust=adjust, notes=notes)


def _contrast_table(means: MeansTable, rows: Rows, adjust: Adjust, confidence: float | None) -> MeansTable:
    sums = np.abs(np.where(np.isnan(rows.weights), 0.0, rows.weights).sum(axis=1))
    if means.basis.back and (sums > 1e-8).any():
        message = (
            "contrasts: on the response scale only differences of logits, as odds ratios; use type='link' for others"
        )
        raise FitError(message)
    level = means.confidence if confidence is None else confidence
    with one_thread():
        notes = of_contrasts(means.basis, adjust, level)
        return tabulate(means.basis, rows, confidence=level, adjust=adjust, notes=notes)


def _combined(coefficients: Floats, weights: Floats) -> Floats:
    """Return the weights of contrasts, NaN where a mean that takes part has none."""
    missing = np.asarray(np.isnan(weights).any(axis=1))
    found = coefficients @ np.where(missing[:, None], 0.0, weights)
    found[(coefficients[:, missing] != 0).any(axis=1)] = np.nan
    return found


def _products(
    factors: Sequence[str], methods: Mapping[str, Method], levels: Sequence[tuple[str, ...]], sign: str
) -> tuple[list[tuple[str, ...]], Floats]:
    """Return names and coefficients of products of contrasts, the first factor varying fastest."""
    of_factor = [tuple(dict.fromkeys(row[i] for row in levels)) for i in range(len(factors))]
    place = {row: i for i, row in enumerate(levels)}
    if len(place) < len(levels) or len(levels) != np.prod([len(names) for names in of_factor]):
        message = f"interaction contrasts: rows are not all combinations of {', '.join(factors)}"
        raise FitError(message)
    order = [place[row[::-1]] for row in product(*of_factor[::-1])]
    found = [coefficients(methods[name], names, sign=sign) for name, names in zip(factors, of_factor, strict=True)]
    C = crossed([part.coefficients for part in found])
    placed = np.zeros_like(C)
    placed[:, order] = C
    return [names[::-1] for names in product(*(part.names for part in found[::-1]))], placed


def _names(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(dict.fromkeys(names))


def _checked(means: MeansTable, by: Sequence[str]) -> tuple[str, ...]:
    for name in by:
        if name not in means.columns:
            raise FitError(unknown("contrasts: no grouping variable", name, means.columns))
    return means.columns


def _rows(values: Basis, specs: Sequence[str], by: Sequence[str], weights: Weights) -> Rows:
    """Return the rows of a table of means; what has categories keeps each, by default as a grouping variable."""
    category = values.category
    name = None if category is None else category.name
    kept, within = ([n for n in names if n != name] for names in (specs, by))
    found = margins(values.grid, (*kept, *within), weights)
    if category is None or name is None:
        return Rows("means", (*kept, *within), found.labels, tuple(within), found.weights)
    compared = name in specs
    at = len(kept) if compared else len(kept) + len(within)
    labels = tuple((*row[:at], level, *row[at:]) for level in category.labels for row in found.labels)
    columns = (*kept, name, *within) if compared else (*kept, *within, name)
    return Rows(
        "means",
        columns,
        labels,
        tuple(within) if compared else (*within, name),
        crossed([found.weights, np.eye(len(category.labels))]),
    )
