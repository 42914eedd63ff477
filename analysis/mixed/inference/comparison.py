"""Likelihood-ratio tests between nested models, and information criteria."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.nesting import nesting
from standfast.analysis.mixed.likelihood.terms import diagonal
from standfast.analysis.mixed.scaled import refit
from standfast.errors import FitError

BOUNDARY = (
    "A variance is zero under the smaller model, on the boundary of what is possible: p_value is conservative, about "
    "twice too large for one variance."
)
NOT_NESTED = "The smaller model is not recognised as a special case of the larger: compare AIC or BIC."
NOT_CONVERGED = "A fit did not converge."


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One model of a comparison, and its test against the one before it.

    Attributes:
        formula: The model.
        n_parameters: Fixed effects, entries of theta, thresholds, and sigma.
        aic: Akaike's criterion.
        bic: Schwarz's criterion, with rows as observations.
        log_likelihood: Restricted where the method is REML.
        deviance: −2 log-likelihood.
        statistic: Likelihood ratio; NaN for the first model and where there is no test.
        df: Difference in parameters; NaN likewise.
        p_value: Of chi-square with `df`.
        p_mixture: Of the mixture in equal parts of chi-squares with df − 1 and df, the distribution where the larger
            model adds exactly one variance, with covariances or fixed effects or without; NaN elsewhere.
        note: What the reader must know of the test; empty if nothing.
    """

    formula: str
    n_parameters: int
    aic: float
    bic: float
    log_likelihood: float
    deviance: float
    statistic: float
    df: float
    p_value: float
    p_mixture: float
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Models in order of their number of parameters.

    Attributes:
        method: Criterion that was compared: ML, REML, or Laplace.
        models: One per fit.
    """

    method: str
    models: tuple[Compared, ...]

    def frame(self) -> pd.DataFrame:
        """Return the table, one row per model."""
        columns = Compared.__dataclass_fields__
        return pd.DataFrame([{name: getattr(model, name) for name in columns} for model in self.models])


def compare(*fits: MixedFit, method: Literal["ML", "REML"] = "ML") -> Comparison:
    """Compare fits to the same data by likelihood-ratio tests, each with the next smaller one.

    Args:
        fits: At least two; gaussian ones that were fitted by the other method are fitted again.
        method: For gaussian models; REML only where the fixed parts are equal, as restricted likelihoods of different
            fixed parts are of different data.

    Raises:
        FitError: There are fewer than two fits, their data or families differ, or REML is asked for with unequal fixed
            parts.

    Source: Stram and Lee (1994), Biometrics 50, 1171-1177, and Self and Liang (1987), JASA 82, 605-610, for the mixture.
    """
    _check(fits)
    if method == "REML":
        _check_fixed(fits)
    same = [fit if fit.family != "gaussian" else _by(fit, method) for fit in fits]
    models = sorted(same, key=n_parameters)
    first = _alone(models[0])
    rest = [_tested(small, large) for small, large in pairwise(models)]
    return Comparison(method=models[0].method, models=(first, *rest))


def n_parameters(fit: MixedFit) -> int:
    """Return the number of estimated parameters."""
    return len(fit.beta) + len(fit.theta) + len(fit.thresholds) + (fit.family == "gaussian")


def aic(fit: MixedFit) -> float:
    """Return −2 log-likelihood + 2 k."""
    return fit.criterion + 2 * n_parameters(fit)


def bic(fit: MixedFit) -> float:
    """Return −2 log-likelihood + k log n."""
    return fit.criterion + n_parameters(fit) * float(np.log(fit.n_obs))


def mixture_p(statistic: float, df: int) -> float:
    """Return the upper tail of half chi-square with df − 1 and half with df degrees of freedom.

    Example:
        >>> round(mixture_p(2.71, 1), 3)
        0.05
    """
    point = float(statistic <= 0) if df == 1 else float(chdtrc(df - 1, max(statistic, 0.0)))
    return (point + float(chdtrc(df, max(statistic, 0.0)))) / 2


def _by(fit: MixedFit, method: str) -> MixedFit:
    return fit if fit.method == method else refit(fit, reml=method == "REML")


def _check(fits: Sequence[MixedFit]) -> None:
    if len(fits) < 2:
        message = f"compare: {len(fits)} fit given; a comparison needs at least two"
        raise FitError(message)
    for what, values in (("rows", [fit.n_obs for fit in fits]), ("families", [fit.family for fit in fits])):
        if len(set(values)) > 1:
            found = ", ".join(map(str, values))
            message = (
                f"compare: the fits have different {what}, {found}; fit all to the same data, without missing values"
            )
            raise FitError(message)
    responses = sorted({fit.formula.split("~")[0].strip() for fit in fits})
    if len(responses) > 1:
        message = f"compare: the fits have different responses, {', '.join(responses)}"
        raise FitError(message)


def _check_fixed(fits: Sequence[MixedFit]) -> None:
    first = set(fits[0].names)
    for fit in fits[1:]:
        if set(fit.names) != first:
            differing = ", ".join(sorted(first ^ set(fit.names)))
            message = f"compare: REML cannot compare different fixed parts, here in {differing}; use method='ML'"
            raise FitError(message)


def _alone(fit: MixedFit) -> Compared:
    """Return what can be said of a model without a test."""
    return Compared(
        formula=fit.formula,
        n_parameters=n_parameters(fit),
        aic=aic(fit),
        bic=bic(fit),
        log_likelihood=fit.log_likelihood,
        deviance=fit.criterion,
        statistic=np.nan,
        df=np.nan,
        p_value=np.nan,
        p_mixture=np.nan,
        note="",
    )


def _tested(small: MixedFit, large: MixedFit) -> Compared:
    df = n_parameters(large) - n_parameters(small)
    if df == 0 or nesting(small.design, large.design) is None:
        return replace(_alone(large), note=NOT_NESTED)
    statistic = small.criterion - large.criterion
    added = int(diagonal(large.design.terms).sum() - diagonal(small.design.terms).sum())
    notes = [NOT_CONVERGED] * (not (small.converged and large.converged)) + [BOUNDARY] * (added > 0)
    return replace(
        _alone(large),
        statistic=statistic,
        df=df,
        p_value=float(chdtrc(df, max(statistic, 0.0))),
        p_mixture=mixture_p(statistic, df) if added == 1 and not small.singular else np.nan,
        note=" ".join(notes),
    )
