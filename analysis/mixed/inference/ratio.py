"""The likelihood ratio of two nested models against its own distribution, drawn from the smaller one."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.bootstrap import check_failed, inside
from standfast.analysis.mixed.inference.nesting import Nesting, by_cell, nesting
from standfast.analysis.mixed.inference.replicates import Progress, Task, replicate
from standfast.analysis.mixed.inference.simulation import Root, check_whole, counts, products, random_effects
from standfast.analysis.mixed.likelihood import gaussian, laplace, linear
from standfast.analysis.mixed.likelihood.layout import design_matrix
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem, laplace_system
from standfast.analysis.mixed.likelihood.terms import Floats
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.analysis.mixed.scaled import refit
from standfast.errors import FitError


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioBootstrap:
    """A likelihood-ratio test whose reference distribution was drawn.

    Attributes:
        statistic: Likelihood ratio of the data, by ML.
        reference: Likelihood ratios of the replicates, shape (B,); NaN where a refit failed.
        p_value: (1 + replicates at least as large) / (1 + replicates).
        n_failed: Replicates of which a refit raised an error or did not converge.
        seed: Of the draws.
    """

    statistic: float
    reference: Floats
    p_value: float
    n_failed: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianRatioTask:
    """Draws a response of the null model in the columns of the full one, and fits both by ML.

    Attributes:
        full: Cross-products.
        root: `Root.of` them.
        null: The null model's.
        x: X of the null model is X of the full one times this.
        z: The same for Z.
        null_theta: Of the null model.
        full_theta: Of the full model.
        beta: Of the null model, in the columns and units of the full one.
        sigma: Residual standard deviation of the null model, in the units of the full one.
    """

    full: System
    root: Root
    null: System
    x: Floats
    z: sparse.csr_array
    null_theta: Floats
    full_theta: Floats
    beta: Floats
    sigma: float

    def __call__(self, rng: np.random.Generator) -> float | None:
        """Return one likelihood ratio, `None` if a fit did not converge."""
        b = self.sigma * random_effects(self.null.terms, self.null.places, self.null_theta, rng)
        drawn = products(self.full, self.root, self.z @ b, self.beta, self.sigma, rng)
        large = linear.replace_response(self.full, *drawn)
        small = linear.replace_response(self.null, self.z.T @ drawn.zy, self.x.T @ drawn.xy, drawn.yy)
        fits = [
            gaussian.fit(system, reml=False, start=inside(system, theta))
            for system, theta in ((small, self.null_theta), (large, self.full_theta))
        ]
        return fits[0].deviance - fits[1].deviance if all(fit.converged for fit in fits) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaplaceRatioTask:
    """Draws counts of the null model on the rows of the full one, and fits both; attributes of the null model."""

    full: LaplaceSystem
    null: LaplaceSystem
    theta: Floats
    beta: Floats
    thresholds: Floats

    def __call__(self, rng: np.random.Generator) -> float | None:
        """Return one likelihood ratio, `None` if a fit did not converge."""
        small = counts(self.null, self.theta, self.beta, self.thresholds, rng)
        fits = [laplace.fit(system) for system in (small, replace(self.full, response=small.response))]
        return fits[0].deviance - fits[1].deviance if all(fit.converged for fit in fits) else None


def bootstrap_ratio(
    null: MixedFit,
    full: MixedFit,
    n: int,
    *,
    seed: int,
    n_workers: int | None = None,
    progress: Progress | None = None,
) -> RatioBootstrap:
    """Test a null model within a full one without the chi-square approximation.

    It holds where chi-square does not: a variance on its boundary, fixed effects with few groups.

    Args:
        null: The smaller fit; gaussian fits by REML are fitted again by ML.
        full: The larger fit to the same data.
        n: Replicates, such as 1,000.
        seed: Equal seeds give equal results, whatever the number of workers.
        n_workers: Processes, by default one per processor, at most 8.
        progress: Called with the number of replicates done and n.

    Raises:
        FitError: The models are not nested or did not converge, more than a tenth of the refits failed, or the worker
            processes could not start.

    Source: Halekoh and Højsgaard (2014), J. Stat. Softw. 59(9), section 5, pbkrtest's PBmodcomp.
    """
    small, large = refit(null, reml=False), refit(full, reml=False)
    with one_thread():  # as in `bootstrap`
        task = _task(small, large)
    statistic = small.criterion - large.criterion
    found = replicate(task, n, seed, n_workers=n_workers, progress=progress)
    reference = np.array([np.nan if ratio is None else ratio for ratio in found])
    valid = reference[~np.isnan(reference)]
    check_failed(n - len(valid), n)
    return RatioBootstrap(
        statistic=statistic,
        reference=reference,
        p_value=(1 + int((valid >= statistic).sum())) / (1 + len(valid)),
        n_failed=n - len(valid),
        seed=seed,
    )


def _task(null: MixedFit, full: MixedFit) -> Task[float | None]:
    within = nesting(null.design, full.design) if null.family == full.family else None
    if within is None:
        message = (
            f"bootstrap: `{null.formula}` is not recognised as a special case of `{full.formula}` on the same data"
        )
        raise FitError(message)
    if not (null.converged and full.converged):
        message = "bootstrap: a fit did not converge, so that there is nothing to compare; simplify the random part"
        raise FitError(message)
    if isinstance(null.system, System) and isinstance(full.system, System):
        return _gaussian_task(null, full, null.system, full.system, within)
    if isinstance(null.system, LaplaceSystem) and isinstance(full.system, LaplaceSystem):
        check_whole(full.system)
        return LaplaceRatioTask(
            full=full.system,
            null=_on_rows_of(null, full, full.system, within),
            theta=null.inner.theta,
            beta=null.inner.beta,
            thresholds=null.thresholds,
        )
    message = f"no bootstrap between {type(null.system).__name__} and {type(full.system).__name__}"
    raise TypeError(message)


def _gaussian_task(
    null: MixedFit, full: MixedFit, null_system: System, full_system: System, within: Nesting
) -> GaussianRatioTask:
    return GaussianRatioTask(
        full=full_system,
        root=Root.of(full_system),
        null=null_system,
        x=within.x,
        z=within.z,
        null_theta=null.inner.theta,
        full_theta=full.inner.theta,
        beta=within.x @ (null.unit / full.unit * null.inner.beta),  # less the null model's shift, which both contain
        sigma=null.sigma / full.unit,
    )


def _on_rows_of(null: MixedFit, full: MixedFit, system: LaplaceSystem, within: Nesting) -> LaplaceSystem:
    """Return the null model's system on the full model's rows, whose cells and levels tell more apart."""
    codes = {(term.group, term.levels): term.codes for term in full.design.terms}
    terms = [
        replace(term, codes=codes[term.group, term.levels], table=term.table[within.cells])
        for term in null.design.terms
    ]
    Z = design_matrix(terms, null.design.places, system.cell)
    X = by_cell(null.design)[within.cells][system.cell]
    return laplace_system(terms, null.design.places, Z, X, system.cell, system.response, null.design.names)
