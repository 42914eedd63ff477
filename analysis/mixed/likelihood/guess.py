"""What the deviance of a generalised model is guessed to be like before it was ever evaluated."""

import numpy as np

from standfast.analysis.mixed.likelihood.cumulative import free_of, threshold_jacobian
from standfast.analysis.mixed.likelihood.fixed import FixedFit
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem
from standfast.analysis.mixed.likelihood.terms import Floats


def first_inverse(system: LaplaceSystem, fixed: FixedFit, size: float) -> Floats:
    """Guess the inverse Hessian of the deviance with respect to theta, beta and thresholds at the start.

    Args:
        system: Data.
        fixed: Fit without random effects.
        size: Of theta's diagonals.
    """
    nt, p, m = len(fixed.thresholds), system.p, sum(len(term.entries) for term in system.terms)
    inverse = np.zeros((m + p + nt, m + p + nt))
    covariance = np.linalg.pinv(fixed.information, hermitian=True) / 2
    J = np.linalg.inv(threshold_jacobian(free_of(fixed.thresholds)))
    inverse[m : m + p, m : m + p] = covariance[nt:, nt:]
    inverse[m + p :, m + p :] = J @ covariance[:nt, :nt] @ J.T
    inverse[m : m + p, m + p :] = covariance[nt:, :nt] @ J.T
    inverse[m + p :, m : m + p] = inverse[m : m + p, m + p :].T
    inverse[np.arange(m), np.arange(m)] = 1 / np.maximum(_theta_information(system, fixed, size), 1.0)
    return inverse


def _theta_information(system: LaplaceSystem, fixed: FixedFit, size: float) -> Floats:
    """Guess the deviance's curvature in each entry of theta at the start: 4 q r_i r_j / theta², r the reliability."""
    eta = system.design @ np.concatenate([np.zeros(system.q), fixed.beta])
    weight = system.response.evaluate(eta, fixed.thresholds).weight
    found: list[float] = []
    for term in system.terms:
        signal = size**2 * (weight @ term.table[system.cell] ** 2) / term.q
        r = signal / (1 + signal)
        found.extend(4 * term.q * r[i] * r[j] / size**2 for i, j in term.entries)
    return np.array(found)
