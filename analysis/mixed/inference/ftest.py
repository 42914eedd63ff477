"""What every test of several rows L beta = 0 reports, however its degrees of freedom were found."""

from typing import NamedTuple

import numpy as np
from scipy.special import fdtrc

from standfast.analysis.mixed.likelihood.terms import Floats

# Eigenvalues below this share of the largest are rounding: rows that others reproduce.
RANK = float(np.sqrt(np.finfo(np.float64).eps))


class FTest(NamedTuple):
    """A test of q rows at once.

    Attributes:
        statistic: F, already scaled; NaN where all rows are zero.
        numdf: Numerator degrees of freedom, the rank of the rows.
        dendf: Denominator degrees of freedom.
        p_value: Upper tail of F.
        scaling: What F was multiplied by; 1 but for Kenward and Roger's.
    """

    statistic: float
    numdf: float
    dendf: float
    p_value: float
    scaling: float = 1.0


def f_test(statistic: float, numdf: float, dendf: float, scaling: float = 1.0) -> FTest:
    """Return the test of an F statistic, scaled or not; `statistic` is what the distribution is asked about."""
    return FTest(statistic, numdf, dendf, float(fdtrc(numdf, dendf, statistic)), scaling)


class Components(NamedTuple):
    """The rows' span, as combinations whose estimates are uncorrelated.

    Attributes:
        rows: Shape (d, p), d the rank of the rows.
        variance: Variance of each combination, shape (d,).
    """

    rows: Floats
    variance: Floats


def components(rows: Floats, vcov: Floats) -> Components:
    """Turn rows L into uncorrelated combinations by the eigenvectors of L vcov L', the redundant ones left out.

    Args:
        rows: L, shape (q, p).
        vcov: Covariance of beta, shape (p, p).
    """
    variance, vectors = np.linalg.eigh(rows @ vcov @ rows.T)
    kept = variance > RANK * max(float(variance[-1]), 0.0)
    return Components((vectors.T @ rows)[kept], variance[kept])
