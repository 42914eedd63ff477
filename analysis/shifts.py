"""How far people were moved, per condition and against people who read nothing, with claims as what is drawn.

Two designs are published. Where people were asked before and after, the outcome is the shift. Where they were asked
after alone, a message's effect is what its readers say beyond those who read none, on the same claim. For the second the
engine is given one row a person and what the message's readers vary by as their weight. That is the published two-stage
analysis (effect of each message by least squares with HC2 errors, then a meta-regression with these errors as known) in
one stage. On Hackenburg et al. 2025 with normal intervals the intercept is 5.77 [4.07, 7.48] and the slope on the
logarithm of the parameters 1.26 [0.65, 1.86], published 5.77 [4.07, 7.48] and 1.26 [0.65, 1.87], and the five components
of variance agree within 0.01; the tables without the smallest model and with other sizes of the frontier models agree to
every digit. That is with `fewest=2`, as the paper takes the variance of three readers as known; by
default it is pooled, and the intercept 5.75. The intervals returned here are wider, with t and at most claims − 1
degrees of freedom in the place of the normal distribution. What the engine cannot do is to take an error of each
estimate, or a covariance between estimates, as known: it needs the people, not the table of effects.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis.clustered import least_squares
from standfast.analysis.intervals import critical_t
from standfast.analysis.mixed import MixedFit, lmm
from standfast.analysis.mixed.inference import satterthwaite
from standfast.analysis.people import CONTROL
from standfast.errors import FitError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 5  # readers of a message from whom its own variance is taken; with fewer it is that of all
_FACTORS = ("claim", "message", "participant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far people were moved under one condition, in points of the study's scale.

    Attributes:
        condition: The condition, or what the effect is of.
        estimate: Mean shift towards the claim, or effect against control; NaN where `status` says why.
        std_error: Its standard error.
        df: Degrees of freedom of its t interval.
        conf_low: Lower end.
        conf_high: Upper end.
        n_obs: Answers used.
        n_missing: Answers left out because a number is missing.
        n_claims: Claims among those used.
        n_messages: Messages among them.
        n_participants: People among them.
        method: What was computed.
        status: `ok`, or why there is no estimate or no interval.
    """

    condition: str
    estimate: float
    std_error: float
    df: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_missing: int
    n_claims: int
    n_messages: int
    n_participants: int
    method: str
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The effect of messages against control.

    Attributes:
        effects: The mean effect, and where asked for what one more of a feature of the message adds.
        deviations: Standard deviation of the effects between messages, models and claims, such as `claim` or
            `claim: log_parameters`.
        correlation: Of a claim's effect and its slope; NaN without one.
        centre: Value of the feature at which the mean effect stands: its mean over messages; NaN without one.
    """

    effects: tuple[Shift, ...]
    deviations: dict[str, float]
    correlation: float
    centre: float


def shifts(frame: pd.DataFrame, by: str = "condition", confidence: float = 0.95) -> list[Shift]:
    """Return the mean shift of each condition of a study that asked before and after.

    Each condition is a mixed model of its own, with random intercepts of claim, message and participant where they
    repeat; the interval is a t interval with Satterthwaite's degrees of freedom, at most claims − 1. Where no such model
    can be fitted: the mean with a covariance clustered by claim.

    Args:
        frame: As `people` reads it.
        by: Column of the conditions, such as `condition` or `model`.
        confidence: Of the intervals.
    """
    return [_mean(str(name), own, confidence) for name, own in frame.groupby(by, sort=True)]


def against_control(
    frame: pd.DataFrame,
    *,
    slope: str = "",
    covariates: Sequence[str] = (),
    fewest: int = FEWEST,
    confidence: float = 0.95,
) -> Against:
    """Return the effect of reading a message, and what a feature of it adds, on the same claims.

    The outcome is the shift where `before` is there, else the answer after. The model has a control mean and own
    coefficients of the covariates for each claim, and effects that vary with claim, with message where a claim has
    several, and with model where there are several.

    Args:
        frame: As `people` reads it. Rows with a message but without the feature are left out, such as people's.
        slope: Numeric column that describes a message, such as `log_parameters`.
        covariates: Numeric columns that describe a person.
        fewest: Readers of a message from whom its own variance is taken.
        confidence: Of the intervals.

    Raises:
        FitError: Nobody is in the condition `control`, no claim has readers and control, or the model cannot be fitted.
    """
    rows, missing, centre = _readers(frame, slope, covariates)
    rows = rows.assign(_weight=_weights(rows, covariates, fewest))
    fixed = ["C(claim)", *(f"C(claim):{name}" for name in covariates), "_read"]
    effect = "0 + _read"
    if slope:
        fixed, effect = [*fixed, "_slope"], "0 + _read + _slope"
    random, readers = [f"({effect} | claim)"], rows[rows["_read"] == 1]
    if readers["_message"].nunique() > readers["claim"].nunique():  # else a message is its claim
        random.append("(0 + _read | _message)")
    if readers["model"].nunique() > 1:
        random.append("(0 + _read | model)")
    fit = lmm(f"_outcome ~ {' + '.join([*fixed, *random])}", rows, weights="_weight")
    if not fit.converged:
        message = f"effects against control: no optimum was found: {' '.join(fit.messages)}"
        raise FitError(message)
    terms = [("_read", "against control"), *([("_slope", slope)] if slope else [])]
    found = tuple(_of_fit(fit, term, name, rows, missing, confidence) for term, name in terms)
    deviations, correlation = _deviations(fit, slope)
    return Against(effects=found, deviations=deviations, correlation=correlation, centre=centre)


def _mean(name: str, own: pd.DataFrame, confidence: float) -> Shift:
    rows = own.assign(_outcome=own["after"] - own["before"])
    missing = int(rows["_outcome"].isna().sum())
    rows = rows[rows["_outcome"].notna()].astype(dict.fromkeys(_FACTORS, str))
    if rows["claim"].nunique() < 2:
        mean = float(rows["_outcome"].mean()) if len(rows) else nan
        return _shift(name, mean, nan, nan, rows, missing, confidence, "mean", "fewer than 2 claims")
    random = [factor for factor in _FACTORS if 1 < rows[factor].nunique() < len(rows)]
    # Claims that were answered once each are what is drawn, and the residual holds them.
    if rows["_outcome"].nunique() > 1 and random:
        try:
            fit = lmm(f"_outcome ~ 1 + {' + '.join(f'(1 | {factor})' for factor in random)}", rows)
        except FitError:
            fit = None
        if fit is not None and fit.converged:
            return _of_fit(fit, fit.names[0], name, rows, missing, confidence)
    codes: Ints = np.asarray(pd.factorize(rows["claim"])[0], np.int64)
    outcome: Floats = rows["_outcome"].to_numpy(np.float64)
    found = least_squares(outcome, np.ones((len(rows), 1)), codes)
    error = sqrt(float(found.vcov[0, 0]))
    status = "ok" if error > 0 else "the shift does not vary between claims"
    method = "mean, covariance clustered by claim"
    return _shift(name, float(found.coef[0]), error, float(codes.max()), rows, missing, confidence, method, status)


def _of_fit(fit: MixedFit, term: str, name: str, rows: pd.DataFrame, missing: int, confidence: float) -> Shift:
    place = fit.names.index(term)
    row = np.eye(len(fit.beta))[[place]]
    own = float(satterthwaite.degrees(row, fit.vcov, satterthwaite.variance_jacobian(fit))[0])
    df = min(own, rows["claim"].nunique() - 1) if np.isfinite(own) else rows["claim"].nunique() - 1
    error = float(np.sqrt(fit.vcov[place, place]))
    return _shift(name, float(fit.beta[place]), error, float(df), rows, missing, confidence, fit.formula)


def _shift(
    name: str,
    estimate: float,
    error: float,
    df: float,
    rows: pd.DataFrame,
    missing: int,
    confidence: float,
    method: str,
    status: str = "ok",
) -> Shift:
    half = critical_t(confidence, df) * error if status == "ok" else nan
    return Shift(
        condition=name,
        estimate=estimate,
        std_error=error,
        df=df,
        conf_low=estimate - half,
        conf_high=estimate + half,
        n_obs=len(rows),
        n_missing=missing,
        n_claims=rows["claim"].nunique(),
        n_messages=rows.loc[rows["message"] != "", "message"].nunique(),
        n_participants=rows["participant"].nunique(),
        method=method,
        status=status,
    )


def _readers(frame: pd.DataFrame, slope: str, covariates: Sequence[str]) -> tuple[pd.DataFrame, int, float]:
    """Return the rows with outcome, whether a message was read and its centred feature; how many lack a number."""
    read = frame["condition"] != CONTROL
    rows = frame.assign(_read=read.astype(float), _outcome=_outcome(frame), _message=_messages(frame, read))
    if slope:
        rows = rows[~read | rows[slope].notna()]
    whole = rows[["_outcome", *covariates]].notna().all(axis=1)
    missing, rows = int((~whole).sum()), rows[whole]
    both = rows.groupby("claim")["_read"].nunique()
    if not (both == 2).any():
        message = f"effects against control: no claim has answers in the condition {CONTROL!r} and in another one"
        raise FitError(message)
    rows = rows[rows["claim"].isin(both.index[both == 2])]
    if not slope:
        return rows, missing, nan
    centre = float(rows[rows["_read"] == 1].drop_duplicates("_message")[slope].mean())
    return rows.assign(_slope=(rows[slope] - centre).where(rows["_read"] == 1, 0.0)), missing, centre


def _outcome(frame: pd.DataFrame) -> "pd.Series[float]":
    return frame["after"] - frame["before"] if frame["before"].notna().any() else frame["after"]


def _messages(frame: pd.DataFrame, read: "pd.Series[bool]") -> "pd.Series[str]":
    own = frame["claim"].astype(str) + "\0" + frame["message"].astype(str)
    return own.where(read, frame["claim"].astype(str))


def _weights(rows: pd.DataFrame, covariates: Sequence[str], fewest: int) -> Floats:
    """Return 1 / variance of each message's readers (and of each claim's control), relative to the mean variance.

    As HC2: squared residuals of each claim's own regression on messages and covariates, over 1 − leverage.
    """
    squared = np.empty(len(rows))
    for place in rows.groupby("claim").indices.values():
        own = rows.iloc[place]
        X = np.column_stack([pd.get_dummies(own["_message"]).to_numpy(np.float64), own[list(covariates)]])
        inverse = np.linalg.pinv(X)
        y = own["_outcome"].to_numpy(np.float64)
        leverage = np.einsum("ij,ji->i", X, inverse)
        squared[place] = (y - X @ (inverse @ y)) ** 2 / np.maximum(1 - leverage, 0.05)
    by_message = pd.Series(squared, rows.index).groupby(rows["_message"])
    pooled = float(np.mean(squared))
    own_variance = by_message.mean().where((by_message.size() >= fewest) & (by_message.mean() > 1e-9 * pooled), pooled)
    return np.asarray(own_variance.mean() / rows["_message"].map(own_variance), np.float64)


def _deviations(fit: MixedFit, slope: str) -> tuple[dict[str, float], float]:
    """Return standard deviations by factor, and the correlation of a claim's effect with its slope."""
    found: dict[str, float] = {}
    correlation = nan
    for factor, entries in _entries(fit):
        name = factor.removeprefix("_")
        if len(entries) == 3:
            level, shared, own = entries
            whole = float(np.hypot(shared, own))
            found |= {name: level, f"{name}: {slope}": whole}
            correlation = shared / whole if whole > 0 else nan
        else:
            found[name] = entries[0]
    return found, correlation


def _entries(fit: MixedFit) -> Iterator[tuple[str, list[float]]]:
    """Yield factor -> its entries of the relative factor, in units of the outcome; the first is the level."""
    named: dict[str, list[float]] = {}
    for name, value in zip(fit.theta_names, fit.theta * fit.sigma, strict=True):
        named.setdefault(name.split(".")[0], []).append(float(value))
    yield from named.items()
