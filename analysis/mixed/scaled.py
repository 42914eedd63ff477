"""Fits of systems on their own scale -> fitted models in the user's units."""

import numpy as np

from standfast.analysis.mixed.data.formula import Formula, parse
from standfast.analysis.mixed.data.table import Table
from standfast.analysis.mixed.design import Design
from standfast.analysis.mixed.fitted import Family, MixedFit, messages
from standfast.analysis.mixed.likelihood import gaussian
from standfast.analysis.mixed.likelihood.laplace import LaplaceEstimate
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem
from standfast.analysis.mixed.likelihood.terms import Floats
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.errors import FitError

# Random effects this much larger than the residual have left none.
SATURATED = gaussian.HIGHEST / 10
NO_RESIDUAL = "the random effects reproduce the response exactly, so that there is no residual variance to estimate"


class SaturatedError(FitError):
    """The random effects reproduce the response, so that no residual variance is left."""


def gaussian_fit(
    formula: Formula,
    design: Design,
    system: System,
    merged: System | None,
    *,
    shift: Floats,
    unit: float,
    reml: bool,
    n_dropped: int = 0,
) -> MixedFit:
    """Fit a system of cross-products, and where there is one its merged form, and return the result in the user's units."""
    found = gaussian.fit(system, reml=reml, merged=merged)
    if found.theta.max(initial=0.0) > SATURATED:
        raise SaturatedError(NO_RESIDUAL)
    x, freedom = design.scaling.x, system.n - (system.p if reml else 0)
    theta_names = tuple(name for term in design.terms for name in term.theta_names)
    return MixedFit(
        family="gaussian",
        method="REML" if reml else "ML",
        formula=str(formula),
        names=design.names,
        beta=(unit * found.beta + shift) / x,
        vcov=(unit * found.sigma) ** 2 * found.unscaled / np.outer(x, x),
        theta=found.theta / design.theta_scale,
        theta_names=theta_names,
        sigma=unit * found.sigma,
        thresholds=np.empty(0),
        threshold_names=(),
        joint_vcov=np.empty((0, 0)),
        criterion=found.deviance + 2 * freedom * np.log(unit) + (2 * float(np.log(x).sum()) if reml else 0.0),
        n_obs=design.n,
        n_dropped=n_dropped,
        n_groups={term.group: term.q for term in design.terms},
        converged=found.converged,
        singular=found.singular,
        messages=messages(design, found.theta, converged=found.converged, n_dropped=n_dropped),
        design=design,
        shift=shift,
        unit=unit,
        inner=found,
        system=system,
        merged=merged,
    )


def laplace_fit(
    formula: Formula, family: Family, design: Design, table: Table, system: LaplaceSystem, found: LaplaceEstimate
) -> MixedFit:
    """Return the result in the user's units."""
    x, J = design.scaling.x, len(found.thresholds)
    scale = np.concatenate([design.theta_scale, x, np.ones(J)])
    said = messages(design, found.theta, converged=found.converged or bool(found.messages), n_dropped=table.dropped)
    return MixedFit(
        family=family,
        method="Laplace",
        formula=str(formula),
        names=design.names,
        beta=found.beta / x,
        vcov=found.vcov / np.outer(x, x),
        theta=found.theta / design.theta_scale,
        theta_names=tuple(name for term in design.terms for name in term.theta_names),
        sigma=np.nan,
        thresholds=found.thresholds,
        threshold_names=tuple(f"{a}|{b}" for a, b in zip(table.categories, table.categories[1:], strict=False)),
        joint_vcov=found.joint_vcov / np.outer(scale, scale),
        criterion=found.deviance,
        n_obs=design.n,
        n_dropped=table.dropped,
        n_groups={term.group: term.q for term in design.terms},
        converged=found.converged,
        singular=found.singular,
        messages=(*found.messages, *said),
        design=design,
        shift=np.zeros(len(x)),
        unit=1.0,
        inner=found,
        system=system,
    )


def refit(fit: MixedFit, *, reml: bool) -> MixedFit:
    """Fit the same gaussian model to the same data by REML or ML; other fits are returned as they are."""
    if not isinstance(fit.system, System) or fit.method == ("REML" if reml else "ML"):
        return fit
    with one_thread():
        return gaussian_fit(
            parse(fit.formula),
            fit.design,
            fit.system,
            fit.merged,
            shift=fit.shift,
            unit=fit.unit,
            reml=reml,
            n_dropped=fit.n_dropped,
        )
