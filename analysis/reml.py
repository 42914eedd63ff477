"""Linear mixed models with independent random effects nested in one grouping factor, by REML.

Arrays in, frozen results out. The criterion and its gradient are those of statsmodels' `MixedLM`. Its own optimiser
is not used: it works on square roots of variances, where zero is always a stationary point, and stops far from the
optimum on designs like ours. A bounded search over the variances, from moment estimates, does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, nnls
from scipy.sparse.linalg import lsqr

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Variances are sought as ratios to the residual's, between these; up to ZERO a variance counts as zero.
RATIO_LOW, ZERO, RATIO_HIGH = 1e-6, 2e-6, 1e6
# Smallest eigenvalue of the scaled cross-products of the components at which the design can tell them apart.
RANK_TOLERANCE = 1e-7
# Share of a response's size below which what is left of it is rounding.
EXACT = 1e-7
# Largest change of the log-likelihood per unit of log variance at which the optimum counts as found.
GRADIENT_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One random effect: independent draws with one variance, one per level.

    Attributes:
        name: In words.
        codes: Level of each row, from 0, shape (n,); each level lies within one group.
        weights: Covariate of a random slope, shape (n,); `None` for an intercept.
    """

    name: str
    codes: Ints
    weights: Floats | None = None

    def matrix(self) -> sparse.csr_array:
        """Return the design matrix Z, shape (n, levels)."""
        n = len(self.codes)
        values = np.ones(n) if self.weights is None else self.weights
        return sparse.csr_array((values, (np.arange(n), self.codes)))

    def block(self, rows: Ints) -> Floats:
        """Return the part of Z for the rows of one group, without the columns of other groups."""
        codes = self.codes[rows]
        Z: Floats = (codes[:, None] == np.unique(codes)).astype(np.float64)
        return Z if self.weights is None else Z * self.weights[rows, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """REML estimates.

    Attributes:
        coef: Fixed effects, shape (p,).
        vcov: Their covariance (X' V⁻¹ X)⁻¹, shape (p, p).
        variances: Variance of each term, then of the residual, shape (k + 1,).
        log_likelihood: Restricted log-likelihood.
        converged: Whether its gradient vanishes, but for variances on their boundary.
        singular: Whether a variance lies on its boundary.
    """

    coef: Floats
    vcov: Floats
    variances: Floats
    log_likelihood: float
    converged: bool
    singular: bool


class Moments(NamedTuple):
    """Second moments of a response and of its random effects, after the fixed part is projected out (by P).

    Attributes:
        gram: tr(P V_j P V_k) with V_k = Z_k Z_k'; the residual, V = I, comes last; shape (k + 1, k + 1).
        quadratic: y' P V_k P y, shape (k + 1,). Its expectation is `gram` times the variances.
    """

    gram: Floats
    quadratic: Floats


def moments(y: Floats, X: Floats, terms: Sequence[Term]) -> Moments:
    """Return what the moment estimates (MINQUE with zero a-priori ratios) are solved from.

    Source: Searle, Casella and McCulloch, Variance Components (1992), section 11.3.
    """
    n, p = X.shape
    bread = np.linalg.inv(X.T @ X)
    resid = y - X @ (bread @ (X.T @ y))
    designs = [term.matrix() for term in terms]
    seen = [Z.T @ X for Z in designs]
    k = len(terms)
    gram = np.full((k + 1, k + 1), float(n - p))
    for i in range(k):
        gram[i, k] = gram[k, i] = float(designs[i].power(2).sum() - (seen[i] * (seen[i] @ bread)).sum())
        for j in range(i + 1):
            shared = designs[i].T @ designs[j]
            crossed = ((seen[i] @ bread) * (shared @ seen[j])).sum()
            projected = np.trace(seen[i].T @ seen[i] @ bread @ seen[j].T @ seen[j] @ bread)
            gram[i, j] = gram[j, i] = float(shared.power(2).sum() - 2 * crossed + projected)
    squares = [float(((Z.T @ resid) ** 2).sum()) for Z in designs]
    return Moments(gram, np.array([*squares, float(resid @ resid)]))


def separable(X: Floats, terms: Sequence[Term]) -> list[int]:
    """Return the indices of the terms whose variances the design can tell from one another and from the residual.

    The rule: terms are taken in order, and one stays if the cross-products of the components keep full rank with it.
    """
    gram = moments(np.zeros(len(X)), X, terms).gram
    size = np.sqrt(np.clip(np.diag(gram), 0, None))
    kept: list[int] = []
    for k in np.flatnonzero(size[:-1] > RANK_TOLERANCE * len(X)):
        chosen = [*kept, int(k), len(terms)]
        scaled = gram[np.ix_(chosen, chosen)] / np.outer(size[chosen], size[chosen])
        if np.linalg.eigvalsh(scaled)[0] > RANK_TOLERANCE:
            kept.append(int(k))
    return kept


def saturated(y: Floats, X: Floats, terms: Sequence[Term]) -> bool:
    """Tell whether fixed part and terms reproduce y exactly, so that no residual variance is left to estimate."""
    design = sparse.hstack([sparse.csr_array(X), *(term.matrix() for term in terms)]).tocsr()
    centred = y - y.mean()
    distance = lsqr(design, centred, atol=EXACT / 100, btol=EXACT / 100)[3]
    return bool(distance <= EXACT * np.linalg.norm(centred))


def reml(y: Floats, X: Floats, groups: Ints, terms: Sequence[Term]) -> Estimate:
    """Fit y = X beta + the terms + a residual.

    Args:
        y: Response, shape (n,), not `saturated`.
        X: Fixed part of full rank, shape (n, p) with n > p.
        groups: Group of each row; groups are independent of one another.
        terms: Random effects, such as `separable` kept.
    """
    unit = float(np.std(y - X @ np.linalg.lstsq(X, y, rcond=None)[0]))
    rows = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    blocks = [[term.block(at) for at in rows] for term in terms]
    found = _search(y / unit, X, groups, terms, blocks) if terms else _Found(np.empty(0), converged=True)
    ratios = np.where(found.ratios <= ZERO, 0.0, found.ratios)
    solved = _gls(y, X, rows, blocks, ratios)
    return Estimate(
        coef=solved.coef,
        vcov=solved.unscaled * solved.residual,
        variances=np.append(ratios, 1.0) * solved.residual,
        log_likelihood=solved.log_likelihood,
        converged=found.converged,
        singular=bool(((found.ratios <= ZERO) | (found.ratios >= RATIO_HIGH)).any()),
    )


class _Found(NamedTuple):
    ratios: Floats
    converged: bool


class _Solved(NamedTuple):
    coef: Floats
    unscaled: Floats
    residual: float
    log_likelihood: float


def _search(y: Floats, X: Floats, groups: Ints, terms: Sequence[Term], blocks: list[list[Floats]]) -> _Found:
    """Maximise MixedLM's REML criterion over the ratios of the variances to the residual's."""
    # Importing statsmodels takes seconds, and whoever only reads findings does without.
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec

    names = [[[str(level) for level in range(Z.shape[1])] for Z in by_group] for by_group in blocks]
    components = VCSpec([term.name for term in terms], names, blocks)
    model = MixedLM(y, X, groups=groups, exog_vc=components, use_sqrt=False)
    model.cov_pen = None  # fit() would set it
    none = np.zeros((0, 0))

    def deviance(ratios: Floats) -> tuple[float, Floats]:
        beta, _ = model.get_fe_params(none, ratios)
        params = MixedLMParams.from_components(beta, cov_re=none, vcomp=ratios)
        gradient = model.score_full(params, calc_fe=False)[2]
        return -model.loglike(params, profile_fe=False), -gradient

    best = minimize(
        deviance,
        _start(y, X, terms),
        jac=True,
        method="L-BFGS-B",
        bounds=[(RATIO_LOW, RATIO_HIGH)] * len(terms),
        options={"gtol": 1e-7, "ftol": 1e-14, "maxiter": 200},
    )
    return _Found(best.x, _at_optimum(best.x, -best.jac))


def _start(y: Floats, X: Floats, terms: Sequence[Term]) -> Floats:
    """Return the moment estimates under variances >= 0. In a balanced design they are the answer if none is 0."""
    gram, quadratic = moments(y, X, terms)
    root = np.linalg.cholesky(gram)
    variances, _ = nnls(root.T, np.linalg.solve(root, quadratic))
    return np.asarray(np.clip(variances[:-1] / max(variances[-1], 1e-3), RATIO_LOW, 100.0))


def _at_optimum(ratios: Floats, gradient: Floats) -> bool:
    stuck = ((ratios <= ZERO) & (gradient < 0)) | ((ratios >= RATIO_HIGH) & (gradient > 0))
    gain = np.abs(gradient) * np.maximum(ratios, 0.01)
    return bool(np.isfinite(gain).all() and (gain[~stuck] <= GRADIENT_TOLERANCE).all())


def _gls(y: Floats, X: Floats, rows: list[Ints], blocks: list[list[Floats]], ratios: Floats) -> _Solved:
    """Solve for beta under V = residual variance × W, with W = I + sum of ratio Z Z' group by group."""
    n, p = X.shape
    normal, right, squares, log_det = np.zeros((p, p)), np.zeros(p), 0.0, 0.0
    for g, at in enumerate(rows):
        W = np.eye(len(at))
        for ratio, by_group in zip(ratios, blocks, strict=True):
            W += ratio * by_group[g] @ by_group[g].T
        weighted = np.linalg.solve(W, np.column_stack([X[at], y[at]]))
        normal += X[at].T @ weighted[:, :p]
        right += X[at].T @ weighted[:, p]
        squares += float(y[at] @ weighted[:, p])
        log_det += float(np.linalg.slogdet(W)[1])
    unscaled = np.linalg.inv(normal)
    beta = unscaled @ right
    residual = (squares - float(right @ beta)) / (n - p)
    log_det += float(np.linalg.slogdet(normal)[1]) + (n - p) * (float(np.log(2 * np.pi * residual)) + 1)
    return _Solved(beta, (unscaled + unscaled.T) / 2, residual, -log_det / 2)
