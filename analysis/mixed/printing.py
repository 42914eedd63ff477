"""Fits as text, laid out as lme4, lmerTest and ordinal print them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from scipy import stats

from standfast.analysis.mixed.likelihood.terms import Floats, Term

_TITLES = {
    ("gaussian", "REML"): "Linear mixed model fit by REML",
    ("gaussian", "ML"): "Linear mixed model fit by maximum likelihood",
    ("binomial", "Laplace"): "Binomial mixed model (logit) fit by maximum likelihood (Laplace approximation)",
    ("ordinal", "Laplace"): "Cumulative link mixed model (logit) fit by maximum likelihood (Laplace approximation)",
}


class _Terms(Protocol):
    @property
    def terms(self) -> tuple[Term, ...]: ...


class Fitted(Protocol):
    """What is printed of a fit; `fit.MixedFit` says what each attribute is."""

    @property
    def family(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def formula(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def beta(self) -> Floats: ...
    @property
    def std_error(self) -> Floats: ...
    @property
    def sigma(self) -> float: ...
    @property
    def thresholds(self) -> Floats: ...
    @property
    def threshold_names(self) -> tuple[str, ...]: ...
    @property
    def joint_vcov(self) -> Floats: ...
    @property
    def criterion(self) -> float: ...
    @property
    def n_obs(self) -> int: ...
    @property
    def n_groups(self) -> Mapping[str, int]: ...
    @property
    def messages(self) -> tuple[str, ...]: ...
    @property
    def covariances(self) -> list[Floats]: ...
    @property
    def design(self) -> _Terms: ...


class Tests(NamedTuple):
    """Degrees of freedom and p-values of the fixed effects, each of shape (p,)."""

    df: Floats
    p_value: Floats


def text(fit: Fitted, tests: Tests | None = None) -> str:
    """Return a fit as text; with tests, the fixed effects carry their degrees of freedom and p-values."""
    criterion = "REML criterion" if fit.method == "REML" else "-2 log likelihood"
    groups = "; ".join(f"{name}, {levels}" for name, levels in fit.n_groups.items())
    parts = [
        _TITLES[fit.family, fit.method],
        f"Formula: {fit.formula}",
        f"{criterion}: {fit.criterion:.4f}",
        "",
        "Random effects:",
        *_random_effects(fit),
        f"Number of obs: {fit.n_obs}, groups: {groups}",
        "",
        *_fixed_effects(fit, tests),
        *_thresholds(fit),
    ]
    return "\n".join([*parts, *(["", *fit.messages] if fit.messages else [])])


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Return lines of a table; the first `left` columns stand to the left, numbers to the right."""
    table = [list(header), *map(list, rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    return [
        " ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def number(value: float, digits: int = 4) -> str:
    """Return a number with about as many significant digits, without an exponent where one can do without."""
    if not np.isfinite(value):
        return "NA"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return f"{value:.{max(0, digits - 1 - (int(np.floor(np.log10(abs(value)))) if value else 0))}f}"
    return f"{value:.{digits - 1}e}"


def probability(value: float) -> str:
    """Return a p-value as statisticians print it."""
    return "NA" if not np.isfinite(value) else "<0.0001" if value < 1e-4 else f"{value:.4f}"


def _random_effects(fit: Fitted) -> list[str]:
    rows = []
    for term, covariance in zip(fit.design.terms, fit.covariances, strict=True):
        deviation = np.sqrt(np.diag(covariance))
        for i, column in enumerate(term.columns):
            correlations = [
                f"{covariance[i, j] / (deviation[i] * deviation[j]):.2f}" if deviation[i] * deviation[j] > 0 else "NaN"
                for j in range(i if term.correlated else 0)
            ]
            name = term.group if i == 0 else ""
            rows.append([name, column, number(covariance[i, i]), number(float(deviation[i])), "  ".join(correlations)])
    if fit.family == "gaussian":
        rows.append(["Residual", "", number(fit.sigma**2), number(fit.sigma), ""])
    return aligned(["Groups", "Name", "Variance", "Std.Dev.", "Corr"], rows, left=2)


def _fixed_effects(fit: Fitted, tests: Tests | None) -> list[str]:
    if not len(fit.names):
        return ["No fixed effects"]
    statistic = fit.beta / fit.std_error
    letter = "t" if fit.family == "gaussian" else "z"
    header = ["", "Estimate", "Std. Error"]
    columns: list[list[str]] = [list(fit.names), [number(b, 5) for b in fit.beta], [number(s) for s in fit.std_error]]
    if tests is not None and letter == "t":
        header.append("df")
        columns.append([f"{df:.1f}" for df in tests.df])
    header.append(f"{letter} value")
    columns.append([f"{value:.3f}" for value in statistic])
    if tests is not None or letter == "z":
        p_values = 2 * stats.norm.sf(np.abs(statistic)) if tests is None else tests.p_value
        header.append(f"Pr(>|{letter}|)")
        columns.append([probability(float(p)) for p in p_values])
    return ["Fixed effects:", *aligned(header, [list(row) for row in zip(*columns, strict=True)], left=1)]


def _thresholds(fit: Fitted) -> list[str]:
    if not len(fit.thresholds):
        return []
    J = len(fit.thresholds)
    errors = np.sqrt(np.diag(fit.joint_vcov)[-J:])
    rows = [
        [name, number(value, 5), number(float(error)), f"{value / error:.3f}"]
        for name, value, error in zip(fit.threshold_names, fit.thresholds, errors, strict=True)
    ]
    return ["", "Threshold coefficients:", *aligned(["", "Estimate", "Std. Error", "z value"], rows, left=1)]
