"""A fitted mixed model, in the user's units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from standfast.analysis.mixed import printing
from standfast.analysis.mixed.design import Design
from standfast.analysis.mixed.likelihood.gaussian import SINGULAR, GaussianEstimate
from standfast.analysis.mixed.likelihood.laplace import LaplaceEstimate
from standfast.analysis.mixed.likelihood.linear import System
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem
from standfast.analysis.mixed.likelihood.terms import Floats, diagonal, unpack

Family = Literal["gaussian", "binomial", "ordinal"]
Method = Literal["REML", "ML", "Laplace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedFit:
    """A fitted mixed model.

    p fixed effects, m entries of theta, J response categories (ordinal models only).

    Attributes:
        family: Distribution of the response.
        method: What was maximised.
        formula: As it was given.
        names: Fixed effects, length p.
        beta: Their estimates, shape (p,), on the link scale.
        vcov: Their covariance, shape (p, p).
        theta: Entries of the terms' factors L, relative to sigma for gaussian models, shape (m,).
        theta_names: Their names.
        sigma: Residual standard deviation; NaN unless gaussian.
        thresholds: Shape (J − 1,), increasing; empty unless ordinal.
        threshold_names: Such as `1|2`.
        joint_vcov: Covariance of (theta, beta, thresholds), square; NaN in rows and columns of entries of theta on
            their boundary; of shape (0, 0) for gaussian models.
        criterion: REML criterion, or −2 log-likelihood.
        n_obs: Rows of data.
        n_dropped: Rows left out because a value was missing.
        n_groups: Grouping factor -> levels.
        converged: Whether an optimum was found.
        singular: Whether a variance lies on its boundary.
        messages: What the reader must know: no convergence, variances at zero, separation, rows left out.
        design: The arrays, scaled.
        shift: Coefficients of the fit without random effects, which was taken off the response, shape (p,), of the
            scaled columns; zeros unless gaussian.
        unit: What the response was divided by after that; 1 unless gaussian.
        inner: Estimates of the scaled system.
        system: The scaled system: cross-products for gaussian models, distinct rows otherwise.
        merged: The same model with fewer random effects, in which theta was sought; gaussian models alone have it.
    """

    family: Family
    method: Method
    formula: str
    names: tuple[str, ...]
    beta: Floats
    vcov: Floats
    theta: Floats
    theta_names: tuple[str, ...]
    sigma: float
    thresholds: Floats
    threshold_names: tuple[str, ...]
    joint_vcov: Floats
    criterion: float
    n_obs: int
    n_dropped: int
    n_groups: Mapping[str, int]
    converged: bool
    singular: bool
    messages: tuple[str, ...]
    design: Design
    shift: Floats
    unit: float
    inner: GaussianEstimate | LaplaceEstimate
    system: System | LaplaceSystem
    merged: System | None = None

    @property
    def std_error(self) -> Floats:
        """Return the standard errors of beta, shape (p,)."""
        return np.sqrt(np.diag(self.vcov))

    @property
    def log_likelihood(self) -> float:
        """Return the log-likelihood, restricted for REML."""
        return -self.criterion / 2

    @property
    def covariances(self) -> list[Floats]:
        """Return the covariance matrix of each term's effects, each of shape (s, s), in the user's units."""
        scale = self.sigma if self.family == "gaussian" else 1.0
        return [scale**2 * L @ L.T for L in unpack(self.design.terms, self.theta)]

    def __str__(self) -> str:
        """Return the summary as statisticians know it."""
        return printing.text(self)


def messages(design: Design, theta: Floats, *, converged: bool, n_dropped: int) -> tuple[str, ...]:
    """Return what the reader must know of a fit; theta is that of the scaled system."""
    said = [] if converged else ["The search for the optimum did not converge."]
    at_zero = theta[diagonal(design.terms)] < SINGULAR
    names = [f"{term.group}.{column}" for term in design.terms for column in term.columns]
    zero = [name for name, is_zero in zip(names, at_zero, strict=True) if is_zero]
    if zero:
        said.append(f"Singular: no variance is left for {', '.join(zero)}.")
    if n_dropped:
        said.append(f"{n_dropped} rows with missing values were left out.")
    return tuple(said)
