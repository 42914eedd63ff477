"""A formula and data -> a fitted mixed model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from scipy import sparse

from standfast.analysis.mixed.data.formula import Formula, parse
from standfast.analysis.mixed.data.table import Table, read
from standfast.analysis.mixed.design import Design, build
from standfast.analysis.mixed.fitted import Family, MixedFit
from standfast.analysis.mixed.likelihood import gaussian, laplace, linear
from standfast.analysis.mixed.likelihood.binomial import Binomial
from standfast.analysis.mixed.likelihood.cumulative import Cumulative
from standfast.analysis.mixed.likelihood.factor import SingularSystemError
from standfast.analysis.mixed.likelihood.layout import Layout
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.merging import Merged
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem, laplace_system
from standfast.analysis.mixed.likelihood.terms import Floats
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.analysis.mixed.scaled import NO_RESIDUAL, SATURATED, SaturatedError, gaussian_fit, laplace_fit
from standfast.errors import FitError

S = TypeVar("S")

# Residuals below this share of the response's size are rounding.
_NOTHING = 1e-9
# The square of a response must be a number, with room to add up.
_SMALLEST = 1e-140


def lmm(
    formula: str,
    data: pd.DataFrame | Path,
    *,
    reml: bool = True,
    weights: str | None = None,
    order: Mapping[str, Sequence[str]] | None = None,
) -> MixedFit:
    """Fit a linear mixed model.

    Args:
        formula: Such as `y ~ role * profile + (1 + role | item) + (1 | persona)`; the fixed part is formulaic's, the
            random part lme4's, but `||` leaves out all correlations, also among the levels of a factor.
        data: Rows, or a Parquet file; a file is read in chunks and may be larger than memory.
        reml: REML, else ML.
        weights: Column of row weights; the residual variance of a row is sigma² / weight.
        order: Factor -> its levels in order, where sorting is not wanted.

    Example:
        >>> frame = pd.DataFrame({"y": [1.0, 3.0, 2.0, 5.0, 3.0, 6.0], "g": list("aabbcc"), "x": [0, 1, 0, 1, 0, 1]})
        >>> [round(float(b), 6) for b in lmm("y ~ x + (1 | g)", frame).beta]
        [2.0, 2.666667]

    Raises:
        FitError: The formula or the data cannot be fitted; the message says why.
    """
    parsed = _parsed(formula)
    with _solvable():
        table = read(data, parsed, family="gaussian", weights=weights, order=order)
        design = build(parsed, table)
        _check_size(design)
        return _lmm(parsed, design, table, reml)


@contextmanager
def _solvable() -> Iterator[None]:
    """Run on one thread, and say in words where numbers leave no solution."""
    try:
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            yield
    except SingularSystemError as error:
        message = (
            "the columns of the model are too alike, or too far apart in size, to solve; centre and scale covariates"
        )
        raise FitError(message) from error


def _lmm(parsed: Formula, design: Design, table: Table, reml: bool) -> MixedFit:
    shift, unit, left = _without_random(design, table)

    def system(places: Layout, Z: sparse.csr_array, merged: Merged | None) -> System:
        within = table.within / unit**2
        return System(
            terms=design.terms,
            places=places,
            blocks=linear.with_response(places, Z, design.table, design.cell, table.weight, left, within),
            p=design.p,
            n=design.n,
            log_weights=table.log_weights,
            merged=merged,
        )

    whole, short = _systems(design, system)
    if gaussian.is_reproduced(short or whole, within=1 / SATURATED):
        raise SaturatedError(NO_RESIDUAL)
    return gaussian_fit(parsed, design, whole, short, shift=shift, unit=unit, reml=reml, n_dropped=table.dropped)


def _systems(design: Design, make: Callable[[Layout, sparse.csr_array, Merged | None], S]) -> tuple[S, S | None]:
    """Return the system of a design, and where some of its terms are taken together the one with these."""
    compact = design.compact
    short = make(compact.places, compact.Z, compact.merged) if compact else None
    return make(design.places, design.Z, None), short


def glmm(
    formula: str,
    data: pd.DataFrame | Path,
    *,
    family: Family = "binomial",
    trials: str | None = None,
    weights: str | None = None,
    order: Mapping[str, Sequence[str]] | None = None,
) -> MixedFit:
    """Fit a binomial mixed model with logit link by the Laplace approximation.

    Args:
        formula: As for `lmm`; the response is 0 or 1, a truth value, or with `trials` a proportion.
        data: Rows, or a Parquet file.
        family: `binomial`; `ordinal` is the same as `clmm`.
        trials: Column of the number of trials behind a proportion.
        weights: Column of repetitions of a row.
        order: Factor -> its levels in order, where sorting is not wanted.

    Raises:
        FitError: The formula or the data cannot be fitted; the message says why.
    """
    if family == "gaussian":
        message = "glmm fits binomial and ordinal responses; use lmm for a gaussian one"
        raise FitError(message)
    parsed = _parsed(formula)
    with _solvable():
        table = read(data, parsed, family=family, trials=trials, weights=weights, order=order)
        design = build(parsed, table, intercept=family == "binomial")
        response = _response(family, table)

        def system(places: Layout, Z: sparse.csr_array, merged: Merged | None) -> LaplaceSystem:
            return laplace_system(design.terms, places, Z, design.X, design.cell, response, design.names, merged)

        whole, short = _systems(design, system)
        return laplace_fit(parsed, family, design, table, whole, laplace.fit(whole, short))


def _response(family: Family, table: Table) -> Binomial | Cumulative:
    if family == "ordinal":
        return Cumulative.of(table.counts)
    return Binomial(table.successes, table.trials, table.log_constant)


def clmm(
    formula: str,
    data: pd.DataFrame | Path,
    *,
    weights: str | None = None,
    order: Mapping[str, Sequence[str]] | None = None,
) -> MixedFit:
    """Fit a cumulative-logit mixed model for ordered categories by the Laplace approximation.

    logit P(y <= j) = threshold_j − (x'beta + z'b), the sign of R's ordinal: a larger beta means higher categories.

    Args:
        formula: As for `lmm`; the response is an ordered categorical, or numbers or texts in their order.
        data: Rows, or a Parquet file.
        weights: Column of repetitions of a row.
        order: Column -> its levels in order, also that of the response, where sorting is not wanted.

    Raises:
        FitError: The formula or the data cannot be fitted; the message says why.
    """
    return glmm(formula, data, family="ordinal", weights=weights, order=order)


def _parsed(formula: str) -> Formula:
    parsed = parse(formula)
    if not parsed.random:
        message = f"formula: `{formula}` has no random part such as (1 | item); use least squares for a model without"
        raise FitError(message)
    return parsed


def _check_size(design: Design) -> None:
    if design.n <= design.p:
        message = f"{design.n} rows cannot tell {design.p} fixed effects; give more rows than that"
        raise FitError(message)
    for term in design.terms:
        if term.q < 2:
            message = f"grouping factor `{term.group}` has one level; it needs at least two"
            raise FitError(message)
        if term.q * term.s >= design.n:
            message = (
                f"({term.name}) has {term.q * term.s} random effects for {design.n} rows, so that they cannot be told "
                "from the residual; leave it out or use a factor with fewer levels"
            )
            raise FitError(message)


class _Shifted(NamedTuple):
    """Least-squares coefficients of the scaled columns, the residual's size, and the residuals in that unit."""

    shift: Floats
    unit: float
    left: Floats


def _without_random(design: Design, table: Table) -> _Shifted:
    X, cells, largest = design.table, len(design.table), float(np.abs(table.mean).max())
    if not (largest == 0 or _SMALLEST < largest < 1 / _SMALLEST):
        message = f"response values of the size of {largest:.1g} cannot be squared; divide them by a constant"
        raise FitError(message)
    weight = np.bincount(design.cell, table.weight, minlength=cells)
    total = np.bincount(design.cell, table.weight * table.mean, minlength=cells)
    shift = np.asarray(np.linalg.solve(X.T @ (X * weight[:, None]), X.T @ total), dtype=np.float64)
    left = table.mean - (X @ shift)[design.cell]
    unit = float(np.sqrt((table.within + table.weight @ left**2) / table.weight.sum()))
    if not unit > _NOTHING * largest:
        message = "the fixed part reproduces the response exactly, so that there is no variance to estimate"
        raise FitError(message)
    return _Shifted(shift, unit, left / unit)
