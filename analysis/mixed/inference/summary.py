"""A fit as text, with degrees of freedom and p-values, as lmerTest's summary prints it."""

from typing import Literal

import numpy as np
from scipy import stats

from standfast.analysis.mixed import printing
from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference import kenward_roger, satterthwaite
from standfast.analysis.mixed.likelihood.terms import Floats


def summary(fit: MixedFit, df: Literal["satterthwaite", "kenward-roger"] = "satterthwaite") -> str:
    """Return a fit as text; `print(fit)` is the same without degrees of freedom.

    Args:
        fit: Any fit. Binomial and ordinal ones have no degrees of freedom here: their p-values are Wald's.
        df: Method for gaussian fits. p-values of `kenward-roger` rest on its standard errors too.

    Raises:
        FitError: Kenward-Roger of a fit that has too many random effects for it.
    """
    return printing.text(fit, _tests(fit, df) if fit.family == "gaussian" else None)


def _tests(fit: MixedFit, df: str) -> printing.Tests:
    rows = np.eye(len(fit.beta))
    if df == "kenward-roger":
        adjusted = kenward_roger.kenward_roger(fit)
        degrees, std_error = kenward_roger.degrees(rows, adjusted), np.sqrt(np.diag(adjusted.vcov))
    else:
        degrees = satterthwaite.degrees(rows, fit.vcov, satterthwaite.variance_jacobian(fit))
        std_error = fit.std_error
    p_values: Floats = np.asarray(2 * stats.t.sf(np.abs(fit.beta / std_error), degrees), dtype=np.float64)
    return printing.Tests(degrees, p_values)
