"""Model receivers held against people: do the claims that move people move the models that play them, and as far?

Both sides are means over answers, one for each claim (or claim and condition), and means of few answers are noisy. Noise
in the models' gains flattens the slope of people's shifts on them, and noise on either side lowers the correlation. Each
mean's own sampling variance is known from its answers, so the slope is that of a regression with errors in the
variables: covariance / (variance − mean sampling variance), by method of moments (Fuller 1987, Measurement error models,
section 3.1.1). The intercept goes with it, both have a sandwich covariance clustered by claim, and the uncorrected slope
stands beside. A mean of a single answer has no variance of its own and takes the pooled one. Means count the same
whatever they are of.

Where the models' means do not differ surely beyond their noise (F test, 5 %), or mostly consist of it, there is no slope.

Coverage of nominal 95 % intervals in percent, of what was planted, and share without a number (1,000 simulations each;
true gains with standard deviation 0.2, single answers 0.4 about them, slope 0.7, true correlation 0.81):

| claims × answers | reliability | slope      | intercept | uncorrected | correlation | corrected  | tau  | mean slope |
|------------------|-------------|------------|-----------|-------------|-------------|------------|------|------------|
| 12 × 12          | 0.75        | 91.0, 7 %  | 94.6      | 80.2        | 95.9        | 97.9, 44 % | 97.4 | 0.75       |
| 24 × 4           | 0.50        | 91.2, 36 % | 94.5      | 48.5        | 94.3        | 93.1, 71 % | 96.8 | 0.64       |
| 24 × 8           | 0.67        | 93.8, 5 %  | 94.2      | 66.2        | 94.3        | 96.0, 37 % | 96.3 | 0.74       |
| 48 × 4           | 0.50        | 95.0, 10 % | 95.2      | 22.7        | 94.7        | 94.7, 47 % | 96.9 | 0.73       |
| 48 × 8           | 0.67        | 95.1, 0 %  | 94.8      | 47.6        | 94.6        | 96.4, 16 % | 95.5 | 0.74       |
| 96 × 4           | 0.50        | 95.2, 2 %  | 96.4      | 3.0         | 95.2        | 94.3, 31 % | 95.8 | 0.73       |

The uncorrected slope is 0.35 to 0.54 on average. Correlation and tau are held against what the noise leaves of them.
"""

from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
import pandas as pd
from scipy import stats

from standfast.analysis import noisy
from standfast.analysis.coefficients import Coefficient, Floats, Ints
from standfast.analysis.intervals import critical_t
from standfast.analysis.noisy import FEWEST, NOISE

LEAST_RELIABLE = 0.3  # below it the corrected slope is more than three times the other one, and its interval fails
SURELY_VARY = 0.05  # p-value of "claims differ by noise alone" above which what is left of the variance may be noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """A coefficient of people's shifts on models' gains.

    Attributes:
        estimate: NaN where `status` says why.
        std_error: Clustered by claim.
        conf_low: Lower end of its t interval with claims − 2 degrees of freedom.
        conf_high: Upper end.
        n_obs: Means on either side.
        n_claims: Claims among them.
        status: `ok`, or why there is none.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_claims: int
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Model receivers held against people, both as shares of their scale's span.

    Attributes:
        correlation: Pearson's, of the means as they are.
        corrected: The same without the noise of the means.
        rank: Kendall's tau-b of the means.
        slope: Of people's shifts on models' gains, corrected for noise in the gains; 1 where models move as far.
        intercept: People's shift where models do not move; 0 where models are calibrated.
        uncorrected: The slope by least squares.
        reliability: Share of the variance of models' means that is no noise.
        people_reliability: The same of people's.
        bias: Mean of models' gains less people's shifts.
        n_units: Means on either side.
        n_claims: Claims among them.
        n_answers: Models' answers in them.
        n_people: People's answers in them.
        n_missing: Answers on either side left out because the number is missing.
        unmatched: Means that only one side has; they are left out.
    """

    correlation: Coefficient
    corrected: Coefficient
    rank: Coefficient
    slope: Slope
    intercept: Slope
    uncorrected: Slope
    reliability: float
    people_reliability: float
    bias: Slope
    n_units: int
    n_claims: int
    n_answers: int
    n_people: int
    n_missing: int
    unmatched: int


def hold(
    models: pd.DataFrame,
    people: pd.DataFrame,
    *,
    by: tuple[str, ...] = ("claim",),
    spans: tuple[float, float] = (6.0, 6.0),
    seed: int = 0,
    confidence: float = 0.95,
) -> Held:
    """Hold model receivers' gains against people's shifts on the same claims.

    Args:
        models: One row an answer: `claim`, `gain` towards the claim, NaN where missing, and the other columns of `by`.
        people: The same with `shift`.
        by: What a mean is of, `claim` first.
        spans: Width of the models' scale and of the people's, such as 6 for answers from 1 to 7 and 100 for 0 to 100.
        seed: Of the resamples.
        confidence: Of the intervals.

    Raises:
        ValueError: A column is absent, or `by` does not begin with `claim`.
    """
    _check(models, people, by, spans)
    one, other = _means(models, "gain", by, spans[0]), _means(people, "shift", by, spans[1])
    both = one.add_suffix("_x").join(other.add_suffix("_y"), how="inner").sort_index()
    claim: Ints = np.asarray(pd.factorize(both.index.get_level_values("claim"))[0], np.int64)
    x, y, noise, other_noise = (both[name].to_numpy(np.float64) for name in ("mean_x", "mean_y", "noise_x", "noise_y"))
    answers, others = int(both["n_x"].sum()), int(both["n_y"].sum())
    slopes = _slopes(x, y, noise, claim, answers, confidence)
    units = np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y, noise, other_noise], axis=1)
    rng = np.random.default_rng([seed, *b"receivers"])
    reliable = _reliable(x, noise, answers) and _reliable(y, other_noise, others)
    return Held(
        correlation=noisy.as_they_are(units, claim, rng, confidence),
        corrected=noisy.without_noise(units, claim, reliable, confidence),
        rank=noisy.of_ranks(x, y, claim, confidence),
        slope=slopes[1],
        intercept=slopes[0],
        uncorrected=_slopes(x, y, np.zeros(len(x)), claim, 0, confidence)[1],
        reliability=_reliability(x, noise),
        people_reliability=_reliability(y, other_noise),
        bias=_mean(x - y, claim, confidence),
        n_units=len(both),
        n_claims=both.index.get_level_values("claim").nunique(),
        n_answers=answers,
        n_people=others,
        n_missing=int(models["gain"].isna().sum() + people["shift"].isna().sum()),
        unmatched=len(one.index.symmetric_difference(other.index)),
    )


def _means(rows: pd.DataFrame, name: str, by: tuple[str, ...], span: float) -> pd.DataFrame:
    """Return mean, sampling variance of the mean (`noise`) and answers of each unit, as shares of the span."""
    known = rows[rows[name].notna()].astype(dict.fromkeys(by, str))
    index = [known[column] for column in by]
    groups = (known[name] / span).groupby(index)
    n, variance = groups.size(), groups.var(ddof=1)
    several = n[n > 1]
    pooled = float((variance[several.index] * (several - 1)).sum() / (several - 1).sum()) if len(several) else nan
    return pd.DataFrame({"mean": groups.mean(), "noise": variance.fillna(pooled) / n, "n": n}).rename_axis(list(by))


def _reliability(x: Floats, noise: Floats) -> float:
    total = float(x.var(ddof=1)) if len(x) > 1 else 0.0
    return 1 - float(noise.mean()) / total if total > 0 else nan


def _reliable(x: Floats, noise: Floats, answers: int) -> bool:
    """Tell whether means differ enough, and surely, beyond their noise: by size, and by the F test of equal claims.

    Source: the F of an analysis of variance; with unequal numbers of answers an approximation.
    """
    reliability = _reliability(x, noise)
    if not reliability >= LEAST_RELIABLE:
        return False
    if answers <= len(x) or reliability >= 1:
        return reliability >= 1  # nothing is noise
    return bool(stats.f.sf(1 / (1 - reliability), len(x) - 1, answers - len(x)) < SURELY_VARY)


def _slopes(x: Floats, y: Floats, noise: Floats, claim: Ints, answers: int, confidence: float) -> tuple[Slope, Slope]:
    """Return intercept and slope: the root of the moment equations, with their sandwich covariance."""
    n, groups = len(x), int(claim.max(initial=-1)) + 1
    if groups < FEWEST:
        return (_no_slope(f"fewer than {FEWEST} claims", n, groups),) * 2
    # As the variance of a sample, so that noise is taken off what it inflates.
    moment = float(((x - x.mean()) ** 2).sum()) * n / (n - 1) - n * float(noise.mean())
    total = float(((x - x.mean()) ** 2).sum())
    if not isfinite(moment):
        return (_no_slope("every mean is of one answer, so that its noise is not known", n, groups),) * 2
    if total <= 0 or not _reliable(x, noise, answers):
        return (_no_slope(f"the models' gains {NOISE}", n, groups),) * 2
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) * n / (n - 1) / moment
    intercept = float(y.mean()) - slope * float(x.mean())
    residual = y - intercept - slope * x
    centred = x - x.mean()
    scores = np.zeros((groups, 2))
    np.add.at(scores, claim, np.stack([residual, centred * residual + slope * noise], axis=1))
    bread = np.linalg.inv(np.array([[n, 0.0], [0.0, moment]]))
    vcov = groups / (groups - 2) * bread @ (scores.T @ scores) @ bread
    mean = float(x.mean())
    variances = (vcov[0, 0] - 2 * mean * vcov[0, 1] + mean**2 * vcov[1, 1], vcov[1, 1])
    half = critical_t(confidence, groups - 2)
    made = [
        Slope(
            estimate=estimate,
            std_error=sqrt(variance),
            conf_low=estimate - half * sqrt(variance),
            conf_high=estimate + half * sqrt(variance),
            n_obs=n,
            n_claims=groups,
        )
        for estimate, variance in zip((intercept, slope), map(float, variances), strict=True)
    ]
    return made[0], made[1]


def _mean(values: Floats, claim: Ints, confidence: float) -> Slope:
    n, groups = len(values), int(claim.max(initial=-1)) + 1
    if groups < FEWEST:
        return _no_slope(f"fewer than {FEWEST} claims", n, groups)
    mean = float(values.mean())
    squares = float((np.bincount(claim, values - mean) ** 2).sum())
    error = sqrt(groups / (groups - 1) * squares) / n
    half = critical_t(confidence, groups - 1) * error
    return Slope(estimate=mean, std_error=error, conf_low=mean - half, conf_high=mean + half, n_obs=n, n_claims=groups)


def _no_slope(why: str, n: int, groups: int) -> Slope:
    return Slope(estimate=nan, std_error=nan, conf_low=nan, conf_high=nan, n_obs=n, n_claims=groups, status=why)


def _check(models: pd.DataFrame, people: pd.DataFrame, by: tuple[str, ...], spans: tuple[float, float]) -> None:
    if not by or by[0] != "claim":
        message = f"by must begin with 'claim', got {by}"
        raise ValueError(message)
    for name, rows, value in (("models", models, "gain"), ("people", people, "shift")):
        if absent := [column for column in (*by, value) if column not in rows]:
            message = f"{name} needs columns {', '.join((*by, value))}; {', '.join(absent)} is absent"
            raise ValueError(message)
    if not all(isfinite(span) and span > 0 for span in spans):
        message = f"spans must be above 0, got {spans}"
        raise ValueError(message)
