"""Cell means by least squares with a covariance clustered by item: no assumption on variances."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Clustered(NamedTuple):
    """Least-squares estimates.

    Attributes:
        coef: Shape (p,).
        vcov: Clustered covariance, shape (p, p).
    """

    coef: Floats
    vcov: Floats


def least_squares(y: Floats, X: Floats, clusters: Ints) -> Clustered:
    """Fit y = X beta with covariance CR1: G / (G − 1) × (n − 1) / (n − p) for G clusters.

    Args:
        y: Shape (n,).
        X: Full rank, shape (n, p) with n > p.
        clusters: Cluster of each row, from 0, shape (n,).
    """
    n, p = X.shape
    bread = np.linalg.inv(X.T @ X)
    coef = bread @ (X.T @ y)
    groups = int(clusters.max()) + 1
    scores = np.zeros((groups, p))
    np.add.at(scores, clusters, X * (y - X @ coef)[:, None])
    correction = groups / max(groups - 1, 1) * (n - 1) / (n - p)
    return Clustered(coef, correction * bread @ (scores.T @ scores) @ bread)
