"""The cells of a binary or ordinal measure on the link scale: log odds, by a generalised linear mixed model.

Findings stand on the measure's own scale. A log odds ratio beside them does not shrink near 0 and 100 %, and is the
effect for one item and persona rather than on average over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis.mixed import MixedFit, clmm, glmm
from standfast.analysis.structure import Columns, formula, words
from standfast.errors import FitError
from standfast.measure import Measure

# Mean responses per level below which the Laplace approximation cannot be trusted with a term's variance: with a few
# binary responses per level it grows without end.
FEWEST = 5
FAMILIES = {"binary": "binomial", "ordinal": "ordinal"}
CHECKS = ("lexical", "check")  # axes that no conclusion rests on
_INTERCEPTS = (("item",), ("persona",))


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFit:
    """A fit on the link scale.

    Attributes:
        family: `binomial` or `ordinal`.
        formula: What was fitted, in lme4's notation.
        coef: Log odds of each design cell, shape (p,); for ordinal measures relative to the first cell. NaN where
            no model could be fitted.
        vcov: Their covariance, shape (p, p).
        converged: Whether the fit can be used.
        reductions: Random terms that were left out, and why, and why no model could be fitted.
    """

    family: str
    formula: str
    coef: NDArray[np.float64]
    vcov: NDArray[np.float64]
    converged: bool
    reductions: tuple[str, ...]


def on_link_scale(rows: pd.DataFrame, measure: Measure, random: Sequence[Columns], p: int) -> LinkFit | None:
    """Fit the cells on the link scale of the measure; `None` where its scale has none, or it is a check.

    The rule: terms with fewer than `FEWEST` responses per level are left out; if that does not converge, all but the
    intercepts of item and persona.

    Args:
        rows: Scored rows with `value` and `cell`, n of them.
        measure: The measure.
        random: Random effects that the design supports.
        p: Cells.
    """
    family = FAMILIES.get(measure.scale)
    if family is None or p < 2 or measure.construct in CHECKS:
        return None
    enough = [term for term in random if len(rows) >= FEWEST * rows.groupby(list(term), observed=True).ngroups]
    said = [f"{words(term)} left out: fewer than {FEWEST} responses per level" for term in random if term not in enough]
    simplest = [term for term in enough if term in _INTERCEPTS]
    for terms in (enough, simplest) if simplest != enough else (enough,):
        found = _fitted(rows, family, terms) if terms else None
        if isinstance(found, MixedFit) and found.converged:
            return _link(found, family, said, p)
        said.append(_why(found, terms))
    nothing = np.full((p, p), np.nan)
    return LinkFit(family=family, formula="", coef=nothing[0], vcov=nothing, converged=False, reductions=tuple(said))


def _fitted(rows: pd.DataFrame, family: str, terms: Sequence[Columns]) -> MixedFit | str:
    random = " + ".join(map(formula, terms))
    try:
        if family == "binomial":
            return glmm(f"value ~ 0 + C(cell) + {random}", rows)
        return clmm(f"value ~ 1 + C(cell) + {random}", rows)
    except FitError as error:
        return str(error)


def _why(found: MixedFit | str | None, terms: Sequence[Columns]) -> str:
    if found is None:
        return "no model: no grouping factor has enough responses per level"
    reason = found if isinstance(found, str) else " ".join(found.messages)
    return f"no fit with {', '.join(map(words, terms))}: {reason}"


def _link(found: MixedFit, family: str, said: Sequence[str], p: int) -> LinkFit:
    coef, vcov = np.zeros(p), np.zeros((p, p))
    first = p - len(found.beta)
    coef[first:], vcov[first:, first:] = found.beta, found.vcov
    return LinkFit(
        family=family,
        formula=found.formula.replace("C(cell)", "role:profile:challenge"),
        coef=coef,
        vcov=vcov,
        converged=True,
        reductions=tuple(said),
    )
