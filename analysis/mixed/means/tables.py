"""Tables of marginal means and contrasts: from weights of a grid's values to estimates, intervals and p-values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from standfast.analysis.mixed.likelihood.terms import Floats, Ints
from standfast.analysis.mixed.means import degrees as freedoms
from standfast.analysis.mixed.means import multiplicity
from standfast.analysis.mixed.means import printing as means_printing
from standfast.analysis.mixed.means.scales import Basis

Adjust = Literal["none", "holm", "hochberg", "bonferroni", "benjamini-hochberg", "bh", "tukey", "mvt"]
# Corrections that hold for intervals, too.
SIMULTANEOUS: tuple[Adjust, ...] = ("bonferroni", "tukey", "mvt")

_NOT_ESTIMABLE = "not estimable: the formula has no finite value there, or the data do not determine it"
_NO_DATA = "no data to weight the average by"
_NO_ERROR = "no finite estimate, or the data do not tell the parameters apart"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeansTable:
    """k marginal means, or contrasts of them.

    Attributes:
        kind: Which of both.
        columns: What the rows are told apart by, the grouping variables last.
        labels: Levels of each row in these columns, length k.
        by: The grouping variables: each of their combinations is a family of its own.
        name: What the estimates are: `emmean`, `prob`, `mean.class`, `estimate`, `odds.ratio`.
        estimate: Shape (k,); NaN where there is none, see `reasons`.
        std_error: By the delta method on the scale of the estimates, shape (k,).
        df: Degrees of freedom, shape (k,); may be infinite.
        conf_low: Lower end of the interval, shape (k,).
        conf_high: Upper end, shape (k,).
        statistic: Of the hypothesis that what rows are linear in is 0: a log odds ratio for odds ratios, shape (k,).
        p_value: Two-sided, not corrected, shape (k,).
        p_adjusted: Corrected for the number of rows of the same family, shape (k,).
        reasons: Why an estimate is missing, empty where it is not, length k.
        weights: The linear functions: weights of the grid's values, shape (k, n).
        basis: The grid's values, on the scale on which rows are linear in them.
        confidence: Of the intervals: each for itself unless `adjust` is one of `SIMULTANEOUS`.
        adjust: How p-values were corrected.
        notes: What the reader must know.
    """

    kind: Literal["means", "contrasts"]
    columns: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    by: tuple[str, ...]
    name: str
    estimate: Floats
    std_error: Floats
    df: Floats
    conf_low: Floats
    conf_high: Floats
    statistic: Floats
    p_value: Floats
    p_adjusted: Floats
    reasons: tuple[str, ...]
    weights: Floats
    basis: Basis
    confidence: float
    adjust: Adjust
    notes: tuple[str, ...]

    @property
    def rows(self) -> Floats:
        """Return derivatives with respect to the parameters, on the link scale the weights of beta; shape (k, P)."""
        return np.where(np.isnan(self.weights), 0.0, self.weights) @ self.basis.jacobian

    @property
    def vcov(self) -> Floats:
        """Return the covariance of the rows on the scale on which they are linear, shape (k, k)."""
        return _covariance(self.rows, self.basis.covariance)

    def families(self) -> Iterator[tuple[tuple[str, ...], Ints]]:
        """Yield each combination of the grouping variables, and its rows."""
        yield from families(self.columns, self.labels, self.by)

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a frame in broom's words, one row per estimate."""
        frame = pd.DataFrame({name: [row[i] for row in self.labels] for i, name in enumerate(self.columns)})
        for name in ("estimate", "std_error", "df", "conf_low", "conf_high", "statistic", "p_value", "p_adjusted"):
            frame[name] = getattr(self, name)
        return frame.assign(reason=list(self.reasons))

    def __str__(self) -> str:
        """Return the table as emmeans prints it."""
        return means_printing.text(self)


def families(
    columns: Sequence[str], labels: Sequence[tuple[str, ...]], by: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], Ints]]:
    """Yield each combination of levels of `by` in the order of the rows, and where it stands."""
    places = [list(columns).index(name) for name in by]
    keys = [tuple(row[i] for i in places) for row in labels]
    for key in dict.fromkeys(keys):
        yield key, np.array([i for i, other in enumerate(keys) if other == key], dtype=np.int64)


class _Linear(NamedTuple):
    """k linear functions of a basis, each attribute of shape (k,) but for their covariance, (k, k)."""

    value: Floats
    error: Floats
    df: Floats
    reasons: tuple[str, ...]
    covariance: Floats


class Rows(NamedTuple):
    """The rows of a table before they are estimated; `MeansTable` says what each attribute is."""

    kind: Literal["means", "contrasts"]
    columns: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    by: tuple[str, ...]
    weights: Floats


def tabulate(basis: Basis, rows: Rows, *, confidence: float, adjust: Adjust, notes: Sequence[str]) -> MeansTable:
    """Return the table of linear functions of a grid's values.

    Raises:
        ValueError: The confidence is not between 0 and 1, or the correction is not known.
    """
    if not 0 < confidence < 1:
        message = f"confidence is {confidence}; it lies between 0 and 1"
        raise ValueError(message)
    found = _linear(basis, rows.weights)
    statistic = np.divide(found.value, found.error, out=np.full_like(found.value, np.nan), where=found.error > 0)
    p = _two_sided(statistic, found.df)
    corrected, critical = np.full_like(p, np.nan), np.full_like(p, np.nan)
    for _, at in families(rows.columns, rows.labels, rows.by):
        part = _Linear(found.value[at], found.error[at], found.df[at], (), found.covariance[np.ix_(at, at)])
        corrected[at], critical[at] = _correct(part, statistic[at], p[at], adjust, confidence)
    shown = _shown(basis, found, critical, rows.kind)
    return MeansTable(
        **rows._asdict(),
        **shown._asdict(),
        df=found.df,
        statistic=statistic,
        p_value=p,
        p_adjusted=corrected,
        reasons=found.reasons,
        basis=basis,
        confidence=confidence,
        adjust=adjust,
        notes=tuple(notes),
    )


def _linear(basis: Basis, weights: Floats) -> _Linear:
    no_data = np.asarray(np.isnan(weights).any(axis=1))
    used = np.where(no_data[:, None], 0.0, weights)
    unknown = np.asarray((used[:, ~basis.known] != 0).any(axis=1))
    missing = no_data | unknown
    used = np.where(missing[:, None], 0.0, used)
    covariance = _covariance(used @ basis.jacobian, basis.covariance)
    df = freedoms.degrees(basis.freedom, basis.grid, used, basis.of_category)
    error = np.where(missing, np.nan, np.sqrt(np.maximum(np.diag(covariance), 0.0)))
    value = np.where(np.isnan(error), np.nan, used @ basis.value)
    reasons = [
        _NO_DATA if a else _NOT_ESTIMABLE if b else _NO_ERROR if np.isnan(c) else ""
        for a, b, c in zip(no_data, unknown, error, strict=True)
    ]
    return _Linear(value, error, np.where(np.isnan(error), np.nan, df), tuple(reasons), covariance)


def _covariance(rows: Floats, covariance: Floats) -> Floats:
    """Return rows × covariance × rows', NaN where a row uses a parameter without one, shape (k, k)."""
    lacking = np.isnan(np.diag(covariance))
    found = rows @ np.where(np.isnan(covariance), 0.0, covariance) @ rows.T
    without = np.asarray((rows[:, lacking] != 0).any(axis=1))
    return np.where(without[:, None] | without, np.nan, found)


def _two_sided(statistic: Floats, df: Floats) -> Floats:
    return np.where(np.isinf(df), 2 * stats.norm.sf(np.abs(statistic)), 2 * stats.t.sf(np.abs(statistic), df))


def _critical(confidence: float, df: Floats) -> Floats:
    tail = (1 - confidence) / 2
    return np.where(np.isinf(df), stats.norm.isf(tail), stats.t.isf(tail, df))


def _correct(found: _Linear, statistic: Floats, p: Floats, adjust: Adjust, confidence: float) -> tuple[Floats, Floats]:
    """Return the corrected p-values of one family, and the critical values of its intervals, each of shape (k,)."""
    tested = ~np.isnan(p)
    if adjust == "tukey":
        return _tukey(statistic, found.df, confidence)
    if adjust != "mvt":
        each = 1 - (1 - confidence) / max(int(tested.sum()), 1) if adjust == "bonferroni" else confidence
        return multiplicity.adjust(p, adjust), _critical(each, found.df)
    critical = np.full_like(p, np.nan)
    if not tested.any():
        return critical, critical
    covariance = found.covariance[np.ix_(tested, tested)]
    size = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(size, size)
    corrected = np.full_like(p, np.nan)
    corrected[tested] = multiplicity.single_step(statistic[tested], correlation, found.df[tested])
    critical[tested] = multiplicity.critical_value(correlation, found.df[tested], confidence)
    return corrected, critical


def _tukey(statistic: Floats, df: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return p-values and critical values by the studentized range of as many means as the k pairs are of."""
    means = round((1 + np.sqrt(1 + 8 * len(statistic))) / 2)
    if means < 3:
        return _two_sided(statistic, df), _critical(confidence, df)
    p, critical = np.full_like(statistic, np.nan), np.full_like(statistic, np.nan)
    known = ~np.isnan(statistic)
    p[known] = stats.studentized_range.sf(np.abs(statistic[known]) * np.sqrt(2), means, df[known])
    values = {freedom: stats.studentized_range.ppf(confidence, means, freedom) for freedom in set(df[known].tolist())}
    critical[known] = [values[freedom] / np.sqrt(2) for freedom in df[known].tolist()]
    return p, critical


class _Shown(NamedTuple):
    name: str
    estimate: Floats
    std_error: Floats
    conf_low: Floats
    conf_high: Floats


def _shown(basis: Basis, found: _Linear, critical: Floats, kind: Literal["means", "contrasts"]) -> _Shown:
    """Return name, estimates, errors and ends of the intervals on the scale that is shown."""
    value, half = found.value, critical * found.error
    if kind == "contrasts" and basis.back:
        ratio = np.exp(value)
        return _Shown("odds.ratio", ratio, ratio * found.error, np.exp(value - half), np.exp(value + half))
    if kind == "contrasts":
        return _Shown("estimate", value, found.error, value - half, value + half)
    if basis.back:
        p = special.expit(value)
        return _Shown(
            basis.name, p, p * (1 - p) * found.error, special.expit(value - half), special.expit(value + half)
        )
    if basis.scale == "population" and np.isfinite(basis.low):
        low, high = _within(value, half, basis.low, basis.high)
        return _Shown(basis.name, value, found.error, low, high)
    return _Shown(basis.name, value, found.error, value - half, value + half)


def _within(value: Floats, half: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Return the ends of intervals that are symmetric on the logit scale between two bounds."""
    share = (value - low) / (high - low)
    slope = share * (1 - share) * (high - low)
    reach: NDArray[np.float64] = np.divide(half, slope, out=np.full_like(value, np.nan), where=slope > 0)
    centre = special.logit(share)
    ends = [low + (high - low) * special.expit(centre + sign * reach) for sign in (-1, 1)]
    return ends[0], ends[1]
