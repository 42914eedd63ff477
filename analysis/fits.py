"""A fitted model of one measure, and the degrees of freedom of its contrasts."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.link import LinkFit
from standfast.analysis.mixed import MixedFit
from standfast.analysis.mixed.inference import satterthwaite
from standfast.analysis.structure import Floats

CELL = ["role", "profile", "challenge"]

Family = Literal["gaussian", "means"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One fitted model of one measure, one subject and one audit.

    The fixed part holds one mean per design cell (role × profile × challenge), so that every estimand is a
    linear combination of `coef`.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        family: `gaussian` for the mixed model on the measure's own scale, `means` where only cell means were taken.
        formula: What was fitted, in lme4's notation; empty for cell means.
        names: Design cells as `(role, profile, challenge)`, length p; those with a scored value.
        coef: Cell means, shape (p,), on the measure's own scale.
        vcov: Their covariance, shape (p, p); NaN where the data cannot tell it.
        theta: Standard deviations of the random effects, then of the residual; names in `theta_names`.
        theta_names: Names of `theta`.
        jacobian: Derivatives of `vcov` with respect to f variance parameters, shape (f, p, p); f = 0 where none were
            estimated.
        spread: Covariance of those parameters, shape (f, f).
        link: The same cells on the link scale of a binomial or ordinal model; `None` where the measure has none.
        method: What was fitted, in words that the report prints.
        reductions: Random terms that were left out, and why; empty where the structure is maximal.
        converged: Whether the optimiser converged; a gate on a fit that did not is `missing`.
        singular: Whether a variance lies on its boundary.
        n_obs: Rows used.
        n_items: Items among them.
        n_personas: Personas among them.
        cell_counts: Rows per design cell, shape (p,).
        cell_items: Items per design cell, shape (p,).
        mixed: The mixed model itself, for its random effects; `None` where none was fitted.
    """

    model: str
    audit: str
    measure: str
    family: Family
    formula: str
    names: tuple[tuple[str, str, str], ...]
    coef: NDArray[np.float64]
    vcov: NDArray[np.float64]
    theta: NDArray[np.float64]
    theta_names: tuple[str, ...]
    jacobian: NDArray[np.float64]
    spread: NDArray[np.float64]
    link: LinkFit | None
    method: str
    reductions: tuple[str, ...]
    converged: bool
    singular: bool
    n_obs: int
    n_items: int
    n_personas: int
    cell_counts: NDArray[np.int64]
    cell_items: NDArray[np.int64]
    mixed: MixedFit | None = None


class Degrees(NamedTuple):
    """Degrees of freedom of a contrast, and how they were found."""

    df: float
    method: str


def degrees(fit: Fit, row: Floats, *, items: int, personas: int) -> Degrees:
    """Return the degrees of freedom of a contrast: the fewer of Satterthwaite's and the levels' less one.

    Satterthwaite's are too many where a variance that matters was estimated as zero, so that they are bounded by what
    the factor with fewest levels can tell. One persona is no sample of personas, and sets no bound.

    Args:
        fit: The fit.
        row: Weights of the cells, shape (p,).
        items: Items in the levels that the contrast uses.
        personas: Personas in them.

    Source: docs/statistics.md, with the coverage of the rule.
    """
    bound, factor = (personas, "personas") if 1 < personas < items else (items, "items")
    levels = float(max(bound - 1, 0))
    if not len(fit.spread):
        return Degrees(levels, f"{factor} − 1")
    known = satterthwaite.VarianceJacobian(
        jacobian=fit.jacobian, covariance=fit.spread, free=np.arange(len(fit.spread) - 1), flat=0
    )
    own = float(satterthwaite.degrees(row[None, :], fit.vcov, known)[0])
    return (
        Degrees(own, "Satterthwaite") if own < levels else Degrees(levels, f"{factor} − 1, fewer than Satterthwaite's")
    )
