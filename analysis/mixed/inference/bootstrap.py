"""Parametric bootstrap: responses drawn from a fitted model, and the model fitted to each of them.

What no formula for degrees of freedom knows, such as variances near zero or few levels in a binomial model, shows in
the spread of the refits. Gaussian responses are drawn as cross-products, at a cost that does not depend on the rows.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.replicates import Progress, Task, replicate
from standfast.analysis.mixed.inference.simulation import Root, check_whole, counts, products, random_effects
from standfast.analysis.mixed.likelihood import gaussian, laplace, linear
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem
from standfast.analysis.mixed.likelihood.terms import Floats, diagonal
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.errors import FitError

Kind = Literal["percentile", "studentised"]

# Diagonal entries of theta start at least here: at zero the gradient vanishes whether or not it is an optimum.
_INSIDE = 0.05
# Share of failed refits beyond which the others do not show the distribution.
MOST_FAILED = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """Refits to B responses that were drawn from a fit, in the user's units; NaN where a refit failed.

    Attributes:
        names: Fixed effects, length p.
        beta: Estimates that the responses were drawn from, shape (p,).
        vcov: Their covariance, shape (p, p).
        estimates: Fixed effects of each refit, shape (B, p).
        vcovs: Their covariances, shape (B, p, p).
        thetas: Entries of theta, shape (B, m).
        sigmas: Residual standard deviations, shape (B,); NaN unless gaussian.
        thresholds: Shape (B, J − 1).
        n_failed: Refits that raised an error or did not converge.
        seed: Of the draws.
    """

    names: tuple[str, ...]
    beta: Floats
    vcov: Floats
    estimates: Floats
    vcovs: Floats
    thetas: Floats
    sigmas: Floats
    thresholds: Floats
    n_failed: int
    seed: int


class Ends(NamedTuple):
    """Lower and upper ends of intervals, each of shape (k,)."""

    low: Floats
    high: Floats


class Refit(NamedTuple):
    """One refit in the units of its system; attributes as of the estimates, `vcov` that of beta."""

    beta: Floats
    vcov: Floats
    theta: Floats
    sigma: float
    thresholds: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianTask:
    """Draws a response of a linear mixed model and fits it; all in the units of the system.

    Attributes:
        system: Cross-products.
        root: `Root.of` them.
        theta: Shape (m,).
        beta: Shape (p,).
        sigma: Residual standard deviation.
        reml: REML, else ML.
    """

    system: System
    root: Root
    theta: Floats
    beta: Floats
    sigma: float
    reml: bool

    def __call__(self, rng: np.random.Generator) -> Refit | None:
        """Return one refit, `None` if it did not converge."""
        system = self.system
        b = self.sigma * random_effects(system.terms, system.places, self.theta, rng)
        drawn = products(system, self.root, b, self.beta, self.sigma, rng)
        found = gaussian.fit(linear.replace_response(system, *drawn), reml=self.reml, start=inside(system, self.theta))
        if not found.converged:
            return None
        return Refit(found.beta, found.sigma**2 * found.unscaled, found.theta, found.sigma, np.empty(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LaplaceTask:
    """Draws counts of a binomial or ordinal mixed model and fits them; attributes as of `GaussianTask`."""

    system: LaplaceSystem
    theta: Floats
    beta: Floats
    thresholds: Floats

    def __call__(self, rng: np.random.Generator) -> Refit | None:
        """Return one refit, `None` if it did not converge."""
        found = laplace.fit(counts(self.system, self.theta, self.beta, self.thresholds, rng))
        if not found.converged:
            return None
        return Refit(found.beta, found.vcov, found.theta, np.nan, found.thresholds)


def inside(system: System, theta: Floats) -> Floats:
    """Return theta moved off its boundary, where a search may start."""
    return np.where(diagonal(system.terms), np.maximum(theta, _INSIDE), theta)


def bootstrap(
    fit: MixedFit, n: int, *, seed: int, n_workers: int | None = None, progress: Progress | None = None
) -> Bootstrap:
    """Draw n responses from a fit and refit its model to each.

    Args:
        fit: A fit that converged.
        n: Replicates, such as 1,000.
        seed: Equal seeds give equal results, whatever the number of workers.
        n_workers: Processes, by default one per processor, at most 8.
        progress: Called with the number of replicates done and n.

    Raises:
        FitError: The fit did not converge, counts are weighted by fractions, or the worker processes could not start.
    """
    with one_thread():  # eigenvectors, and so the draws, depend on how many threads find them
        task = _task(fit)
    found = replicate(task, n, seed, n_workers=n_workers, progress=progress)
    missing = Refit(
        beta=np.full(len(fit.beta), np.nan),
        vcov=np.full(fit.vcov.shape, np.nan),
        theta=np.full(len(fit.theta), np.nan),
        sigma=np.nan,
        thresholds=np.full(len(fit.thresholds), np.nan),
    )
    rows = [missing if refit is None else refit for refit in found]
    x = fit.design.scaling.x
    return Bootstrap(
        names=fit.names,
        beta=fit.beta,
        vcov=fit.vcov,
        estimates=(fit.unit * np.array([row.beta for row in rows]) + fit.shift) / x,
        vcovs=fit.unit**2 * np.array([row.vcov for row in rows]) / np.outer(x, x),
        thetas=np.array([row.theta for row in rows]) / fit.design.theta_scale,
        sigmas=fit.unit * np.array([row.sigma for row in rows]),
        thresholds=np.array([row.thresholds for row in rows]),
        n_failed=sum(refit is None for refit in found),
        seed=seed,
    )


def _task(fit: MixedFit) -> Task[Refit | None]:
    system, inner = fit.system, fit.inner
    if not fit.converged:
        message = "bootstrap: the fit did not converge, so that there is nothing to draw from; simplify its random part"
        raise FitError(message)
    if isinstance(system, System):
        return GaussianTask(
            system=system,
            root=Root.of(system),
            theta=inner.theta,
            beta=inner.beta,
            sigma=fit.sigma / fit.unit,
            reml=fit.method == "REML",
        )
    check_whole(system)
    return LaplaceTask(system=system, theta=inner.theta, beta=inner.beta, thresholds=fit.thresholds)


def intervals(result: Bootstrap, rows: Floats, *, confidence: float = 0.95, kind: Kind = "studentised") -> Ends:
    """Return intervals of rows @ beta.

    Args:
        result: Of `bootstrap`.
        rows: Shape (k, p).
        confidence: Such as 0.95.
        kind: `percentile`, quantiles of the estimates, or `studentised`, quantiles of (estimate* − estimate) / standard
            error*, which keep their level with fewer groups.

    Raises:
        FitError: More than a tenth of the refits failed.
        ValueError: The kind is unknown.

    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, sections 5.2 and 5.3.
    """
    drawn = result.estimates @ rows.T
    valid = ~np.isnan(drawn).any(axis=1)
    check_failed(result.n_failed, len(drawn))
    outside = (1 - confidence) / 2
    ends = [outside, 1 - outside]
    if kind == "percentile":
        return Ends(*np.quantile(drawn[valid], ends, axis=0))
    if kind != "studentised":
        message = f"intervals: no kind {kind!r}. Known: percentile, studentised."
        raise ValueError(message)
    estimate = rows @ result.beta
    errors = np.sqrt(np.einsum("kp,bpq,kq->bk", rows, result.vcovs[valid], rows, optimize=True))
    low, high = np.quantile((drawn[valid] - estimate) / errors, ends, axis=0)
    std_error = np.sqrt(np.einsum("kp,pq,kq->k", rows, result.vcov, rows, optimize=True))
    return Ends(estimate - high * std_error, estimate - low * std_error)


def check_failed(n_failed: int, n: int) -> None:
    """Refuse a bootstrap with too many failed refits."""
    if n_failed > MOST_FAILED * n:
        message = (
            f"bootstrap: {n_failed} of {n} refits failed, more than {MOST_FAILED:.0%}, so that the others do not show "
            "the distribution; simplify the random part or give more data"
        )
        raise FitError(message)
