"""The ordered response with cumulative logit link, as the Laplace approximation needs it.

P(y <= j) = F(tau_j - eta) with F the logistic function: the sign of R's ordinal::clmm, a positive effect moves the
response up. The difference of two logistic functions factorises,

    F(b) - F(a) = F(b) F(-a) (1 - exp(a - b)),

so that the log-likelihood is a sum of binomial ones, a "success" for each response in category j and a "failure" for
each in category j + 1 at x = tau_j - eta, plus a term in the thresholds alone. Nothing cancels, however far the tail.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from standfast.analysis.mixed.likelihood.binomial import Comparisons, Evaluation, logistic
from standfast.analysis.mixed.likelihood.terms import Floats, Ints
from standfast.errors import FitError


def thresholds_of(free: Floats) -> Floats:
    """Return increasing thresholds, shape (J - 1,), from the first one and the logs of their increments."""
    return np.cumsum(np.concatenate([free[:1], np.exp(free[1:])]))


def free_of(thresholds: Floats) -> Floats:
    """Return the first threshold and the logs of the increments, shape (J - 1,)."""
    return np.concatenate([thresholds[:1], np.log(np.diff(thresholds))])


def threshold_jacobian(free: Floats) -> Floats:
    """Return d thresholds / d free, shape (J - 1, J - 1), lower triangular."""
    steps = np.concatenate([np.ones(len(free[:1])), np.exp(free[1:])])
    return np.tril(np.broadcast_to(steps, (len(free), len(free))))


@dataclass(frozen=True, slots=True, eq=False)
class Cumulative:
    """Counts of ordered categories, one row per distinct linear predictor; made by `Cumulative.of`.

    Attributes:
        counts: Responses of each row in each category, shape (M, J).
        inner: Responses in each category between two thresholds, shape (J - 2,).
        pairs: Every (row, threshold) that some response borders on, K of them.
        gather: Sums over the comparisons of a row, shape (M, K).
    """

    counts: Floats
    inner: Floats
    pairs: Comparisons
    gather: sparse.csr_array

    @classmethod
    def of(cls, counts: Floats) -> Self:
        """Return the response with these counts, shape (M, J).

        Raises:
            FitError: A category is empty, or there is only one.
        """
        totals = counts.sum(axis=0)
        if len(totals) < 2 or not (totals > 0).all():
            found = ", ".join(f"{total:g}" for total in totals)
            message = f"ordered response: {found} responses per category. At least 2 categories are needed, none empty."
            raise FitError(message)
        rows, thresholds = np.nonzero(counts[:, :-1] + counts[:, 1:])
        pairs = Comparisons(rows, thresholds, counts[rows, thresholds], counts[rows, thresholds + 1])
        entries = (np.ones(len(rows)), (rows, np.arange(len(rows))))
        return cls(counts, totals[1:-1], pairs, sparse.csr_array(entries, shape=(len(counts), len(rows))))

    @property
    def log_constant(self) -> float:
        """Each response is a draw of its own: 0."""
        return 0.0

    @property
    def n_thresholds(self) -> int:
        """J - 1."""
        return len(self.inner) + 1

    def take(self, rows: Ints) -> Self:
        """Return the response of some rows; raise `FitError` if they leave a category empty."""
        return self.of(self.counts[rows])

    def starting_thresholds(self) -> Floats:
        """Return the logits of the cumulative shares, shape (J - 1,): the fit without any effect."""
        below = np.cumsum(self.counts.sum(axis=0))
        logits: Floats = np.log(below[:-1] / (below[-1] - below[:-1]))
        return logits

    def evaluate(self, eta: Floats, thresholds: Floats) -> Evaluation:
        """Return log-likelihood and derivatives at eta, shape (M,), and increasing thresholds, shape (J - 1,)."""
        at = self._compare(eta, thresholds)
        return Evaluation(
            log_likelihood=at.log_likelihood + float(self.inner @ np.log(-np.expm1(-np.diff(thresholds)))),
            score=-(self.gather @ at.score),
            weight=self.gather @ at.weight,
            slope=-(self.gather @ at.slope),
        )

    def threshold_gradient(self, eta: Floats, thresholds: Floats, leverage: Floats, adjoint: Floats) -> Floats:
        """Return d/dtau of -2 l + sum_i leverage_i weight_i + sum_i adjoint_i score_i at fixed eta, shape (J - 1,).

        Args:
            eta: Linear predictor, shape (M,).
            thresholds: Increasing, shape (J - 1,).
            leverage: Factor of each row's weight, shape (M,).
            adjoint: Factor of each row's score, shape (M,).
        """
        at, rows = self._compare(eta, thresholds), self.pairs.rows
        change = -2.0 * at.score + leverage[rows] * at.slope + adjoint[rows] * at.weight
        gradient: Floats = np.bincount(self.pairs.thresholds, change, minlength=len(thresholds)).astype(np.float64)
        apart = 2.0 * self.inner / np.expm1(np.diff(thresholds))
        gradient[1:] -= apart
        gradient[:-1] += apart
        return gradient

    def _compare(self, eta: Floats, thresholds: Floats) -> Evaluation:
        rows, above, successes, failures = self.pairs
        return logistic(thresholds[above] - eta[rows], successes, successes + failures)
