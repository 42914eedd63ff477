"""What is averaged over a reference grid: the linear predictor, or what it means on the scale of the response.

Every scale gives the grid's values, and their derivatives with respect to what was estimated, so that means, contrasts
and the delta method are matrix products after that.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.mixed.data.formula import parse
from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, unpack
from standfast.analysis.mixed.means.axes import Variable
from standfast.analysis.mixed.means.degrees import Freedom
from standfast.analysis.mixed.means.grid import ReferenceGrid, random_parts
from standfast.analysis.mixed.means.population import logistic_normal

Scale = Literal["link", "response", "regrid", "population"]
Outcome = Literal["mean", "probability", "exceedance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """n values on the rows of a grid, or on (row, response category) pairs, the category varying slowest.

    Attributes:
        grid: The reference grid.
        freedom: The fit and its degrees of freedom.
        scale: As it was asked for.
        name: What an average of the values is called, as by emmeans.
        back: Whether averages and their contrasts are on the logit scale, to be shown as probabilities and odds ratios.
        value: Shape (n,); 0 where not known.
        jacobian: Derivatives with respect to the parameters, shape (n, P).
        covariance: Of the parameters, shape (P, P); NaN for those without one.
        known: Whether the data determine the value, shape (n,).
        low: Least value there can be.
        high: Largest.
        category: The response's categories, where each has its own values.
        of_category: Category of each value, shape (n,).
    """

    grid: ReferenceGrid
    freedom: Freedom
    scale: Scale
    name: str
    back: bool
    value: Floats
    jacobian: Floats
    covariance: Floats
    known: NDArray[np.bool_]
    low: float = -np.inf
    high: float = np.inf
    category: Variable | None = None
    of_category: Ints | None = None


def basis(freedom: Freedom, grid: ReferenceGrid, scale: Scale, outcome: Outcome) -> Basis:
    """Return the grid's values on a scale; `means.marginal_means` says what they are.

    Raises:
        ValueError: The scale or the outcome is not known.
    """
    if scale not in get_args(Scale) or outcome not in get_args(Outcome):
        known = f"Known: type {', '.join(get_args(Scale))}; outcome {', '.join(get_args(Outcome))}."
        message = f"means: no type {scale!r} with outcome {outcome!r}. {known}"
        raise ValueError(message)
    fit = freedom.fit
    if fit.family == "gaussian" or (fit.family == "binomial" and scale in ("link", "response")):
        back = fit.family == "binomial" and scale == "response"
        return predictor(freedom, grid, scale, name="prob" if back else "emmean", back=back)
    if scale == "link":
        return _latent(freedom, grid)
    above = _above(fit, grid, random=scale == "population")
    if fit.family == "binomial":
        only = _Values(above.value[0], above.jacobian[0])
        return _basis(freedom, grid, scale, "prob", only, _joint(fit), low=0.0, high=1.0)
    return _ordinal(freedom, grid, scale, outcome, above)


class _Values(NamedTuple):
    """Values, and their derivatives with respect to the parameters."""

    value: Floats
    jacobian: Floats


def _basis(
    freedom: Freedom,
    grid: ReferenceGrid,
    scale: Scale,
    name: str,
    values: _Values,
    covariance: Floats,
    *,
    back: bool = False,
    low: float = -np.inf,
    high: float = np.inf,
    category: Variable | None = None,
) -> Basis:
    copies = 1 if category is None else len(category.values)
    known = np.tile(grid.estimable, copies) & np.isfinite(values.value)
    return Basis(
        grid=grid,
        freedom=freedom,
        scale=scale,
        name=name,
        back=back,
        value=np.where(known, values.value, 0.0),
        jacobian=np.where(known[:, None], values.jacobian, 0.0),
        covariance=covariance,
        known=known,
        low=low,
        high=high,
        category=category,
        of_category=None if category is None else np.repeat(np.arange(copies), len(grid.X)),
    )


def predictor(
    freedom: Freedom, grid: ReferenceGrid, scale: Scale = "link", *, name: str = "emmean", back: bool = False
) -> Basis:
    """Return X beta on the rows of a grid, without an ordinal model's thresholds."""
    X = grid.known_rows
    return _basis(freedom, grid, scale, name, _Values(X @ freedom.fit.beta, X), freedom.vcov, back=back)


def _latent(freedom: Freedom, grid: ReferenceGrid) -> Basis:
    """Return an ordinal model's linear predictor, counted from the mean of the thresholds as in emmeans."""
    fit = freedom.fit
    T, n, m = len(fit.thresholds), len(grid.X), len(fit.theta)
    jacobian = np.column_stack([grid.known_rows, np.full((n, T), -1 / T)])
    values = _Values(jacobian @ np.concatenate([fit.beta, fit.thresholds]), jacobian)
    return _basis(freedom, grid, "link", "emmean", values, fit.joint_vcov[m:, m:])


def _above(fit: MixedFit, grid: ReferenceGrid, *, random: bool) -> _Values:
    """Return P(y > j) on the grid with random effects at zero or averaged over them; binomial has one threshold, 0.

    T thresholds: values are of shape (T, n), derivatives with respect to (theta, beta, thresholds) of shape (T, n, P).
    """
    thresholds = fit.thresholds if len(fit.thresholds) else np.zeros(1)
    X, T = grid.known_rows, len(fit.thresholds)
    variance, slopes = _variance(fit, grid) if random else (np.zeros(len(X)), np.zeros((len(X), len(fit.theta))))
    found = logistic_normal(X @ fit.beta - thresholds[:, None], variance)
    by_threshold = -found.d_eta[:, :, None] * np.eye(len(thresholds), T)[:, None, :]
    jacobian = [found.d_variance[:, :, None] * slopes, found.d_eta[:, :, None] * X, by_threshold]
    return _Values(found.mean, np.concatenate(jacobian, axis=2))


def _variance(fit: MixedFit, grid: ReferenceGrid) -> tuple[Floats, Floats]:
    """Return the variance of the random effects' sum in each row, (n,), and its derivatives to theta, (n, m)."""
    factors = unpack(fit.design.terms, fit.theta)
    columns = random_parts(fit.design, grid.frame)
    spread = [Z @ L for Z, L in zip(columns, factors, strict=True)]
    variance = np.sum([(row**2).sum(axis=1) for row in spread], axis=0)
    parts = zip(fit.design.terms, columns, spread, strict=True)
    slopes = [2 * Z[:, i] * row[:, j] for term, Z, row in parts for i, j in term.entries]
    return np.asarray(variance), np.stack(slopes, axis=1)


def _joint(fit: MixedFit) -> Floats:
    """Return the covariance of (theta, beta, thresholds), with variances on their boundary taken as known."""
    covariance = fit.joint_vcov.copy()
    m = len(fit.theta)
    fixed = np.isnan(np.diag(covariance)[:m])
    at = np.flatnonzero(fixed)
    covariance[at, :] = covariance[:, at] = 0.0
    return covariance


def _ordinal(freedom: Freedom, grid: ReferenceGrid, scale: Scale, outcome: Outcome, above: _Values) -> Basis:
    """Turn probabilities above thresholds into scores 1 to J, or probabilities per category or threshold."""
    fit = freedom.fit
    T = len(fit.thresholds)
    if outcome == "mean":
        values = _Values(1 + above.value.sum(axis=0), above.jacobian.sum(axis=0))
        return _basis(freedom, grid, scale, "mean.class", values, _joint(fit), low=1.0, high=T + 1.0)
    if outcome == "exceedance":
        change, start, labels, name = np.eye(T), np.zeros(T), fit.threshold_names, "exc.prob"
    else:
        # Category j lies above threshold j − 1 and not above threshold j; every response lies above the one before 1.
        change, start = np.eye(T + 1, T, -1) - np.eye(T + 1, T), np.eye(T + 1)[0]
        labels, name = _categories(fit.threshold_names), "prob"
    n = len(start) * len(grid.X)
    values = _Values(
        (change @ above.value + start[:, None]).ravel(),
        np.tensordot(change, above.jacobian, axes=1).reshape(n, -1),
    )
    category = Variable(parse(fit.formula).response, labels, labels, counted=False)
    return _basis(freedom, grid, scale, name, values, _joint(fit), low=0.0, high=1.0, category=category)


def _categories(thresholds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the categories that thresholds such as `low|high` lie between."""
    if all(name.count("|") == 1 for name in thresholds):
        return (thresholds[0].split("|")[0], *(name.split("|")[1] for name in thresholds))
    return tuple(str(j + 1) for j in range(len(thresholds) + 1))
