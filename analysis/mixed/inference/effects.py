"""Random effects as they are reported: conditional modes, and the shares of variance that they explain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.nesting import by_cell
from standfast.analysis.mixed.likelihood.factor import by_term, factorise, invert, times_lambda
from standfast.analysis.mixed.likelihood.laplace import LaplaceEstimate
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.terms import Floats, unpack

# Variance of the standard logistic distribution, the residual of binomial and ordinal models on the latent scale.
LOGISTIC = np.pi**2 / 3


def conditional_modes(fit: MixedFit) -> pd.DataFrame:
    """Return the conditional modes of all random effects, given theta and beta, in the user's units.

    Returns:
        One row per term, level and effect: `group`, `level`, `effect`, `mode`, and `std_dev`, the conditional standard
        deviation, which takes theta, beta and sigma as known (lme4's condVar).
    """
    modes, errors = _modes(fit)
    frames = []
    for term, z, mode, error in zip(fit.design.terms, fit.design.scaling.z, modes, errors, strict=True):
        frame = pd.DataFrame(
            {
                "group": term.group,
                "level": np.repeat(term.levels, term.s),
                "effect": np.tile(term.columns, term.q),
                "mode": (fit.unit * mode / z).ravel(),
                "std_dev": (fit.unit * error / z).ravel(),
            }
        )
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _modes(fit: MixedFit) -> tuple[list[Floats], list[Floats]]:
    """Return modes and standard deviations per term, each of shape (q, s), in the units of the system."""
    system, places, found = fit.system, fit.design.places, fit.inner
    if isinstance(system, System):
        blocks, scale = system.blocks, fit.sigma / fit.unit
    else:
        at = system.response.evaluate(cast(LaplaceEstimate, found).eta, fit.thresholds)
        blocks, scale = system.pattern.assemble(at.weight), 1.0
    extra = len(blocks.rest) - places.rest
    factor = factorise(places, blocks, unpack(fit.design.terms, found.theta), extra=extra)
    inverse = invert(places, blocks, factor, places.rest).blocks
    variance = np.concatenate([np.einsum("gii->gi", inverse.lead).ravel(), np.diag(inverse.rest)])
    b = times_lambda(places, factor, found.u)
    return by_term(places, b), by_term(places, scale * np.sqrt(np.maximum(variance, 0.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Variance by source, on the scale of the linear predictor, averaged over the rows of data.

    Attributes:
        fixed: Of the fixed part.
        random: Of each grouping factor; with slopes the mean over rows of z'Sigma z.
        residual: sigma² (of a row with weight 1), or pi²/3 for binomial and ordinal models, which is the residual of
            the latent response.
    """

    fixed: float
    random: Mapping[str, float]
    residual: float

    @property
    def total(self) -> float:
        """Return the sum of all sources."""
        return self.fixed + sum(self.random.values()) + self.residual

    @property
    def icc(self) -> dict[str, float]:
        """Return each factor's share of the variance that the fixed part leaves (adjusted ICC)."""
        left = sum(self.random.values()) + self.residual
        return {group: variance / left for group, variance in self.random.items()}

    @property
    def r2_marginal(self) -> float:
        """Return the share of the fixed part."""
        return self.fixed / self.total

    @property
    def r2_conditional(self) -> float:
        """Return the share of the fixed part and all random effects."""
        return 1 - self.residual / self.total


def explained(fit: MixedFit) -> Explained:
    """Return the variance that each part of a model stands for.

    Source: Nakagawa and Schielzeth (2013), Methods Ecol. Evol. 4, 133-142; Johnson (2014), Methods Ecol. Evol. 5,
        944-946, for slopes. R's performance::r2 and insight::get_variance give the same.
    """
    counts = fit.design.cell_counts
    n = counts.sum()
    mean = by_cell(fit.design) @ (fit.beta * fit.design.scaling.x)
    fixed = float(counts @ (mean - counts @ mean / n) ** 2 / max(n - 1, 1))
    gaussian = fit.family == "gaussian"
    scale = fit.sigma if gaussian else 1.0
    random: dict[str, float] = {}
    for term, L in zip(fit.design.terms, unpack(fit.design.terms, fit.inner.theta), strict=True):
        variance = scale**2 * float(counts @ ((term.table @ L) ** 2).sum(axis=1) / n)
        random[term.group] = random.get(term.group, 0.0) + variance
    return Explained(fixed=fixed, random=random, residual=scale**2 if gaussian else LOGISTIC)
