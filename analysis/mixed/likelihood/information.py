"""Average information: the curvature of a linear mixed model's deviance in its variances, without second derivatives.

In the variances γ = theta² of effects that are independent of each other, V = I + Σ γ_k V_k, and with P the projection
that takes out the fixed effects, s = (n − p) / y'Py,

    d²d / dγ_k dγ_l = −tr(P V_k P V_l) + 2 s y'P V_k P V_l P y − (s² / (n − p)) y'P V_k P y · y'P V_l P y.

The data's s y'P V_k P V_l P y estimates the trace. Put in its place, it leaves s (y'P V_k P V_l P y − ...), which takes
one solution of the system per variance, is never negative, and in a balanced design is the curvature at the optimum.

Source: Gilmour, Thompson and Cullis (1995), Average information REML, Biometrics 51(4), 1440–1450; here profiled over
the residual variance.
"""

from collections.abc import Sequence

import numpy as np
from scipy import linalg

from standfast.analysis.mixed.likelihood.approximation import Laplace
from standfast.analysis.mixed.likelihood.blocks import Blocks
from standfast.analysis.mixed.likelihood.factor import Factor, rows_times
from standfast.analysis.mixed.likelihood.layout import Layout
from standfast.analysis.mixed.likelihood.linear import Solution, System
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem
from standfast.analysis.mixed.likelihood.terms import Floats, Term


def independent(terms: Sequence[Term]) -> bool:
    """Tell whether all random effects are independent of each other, so that each entry of theta has its variance."""
    return all(term.s == 1 or not term.correlated for term in terms)


def average_information(system: System, found: Solution) -> Floats:
    """Return about the second derivatives of the deviance with respect to theta², shape (k, k).

    Args:
        system: Cross-products; its terms' effects are independent.
        found: What is known at one theta.
    """
    along = _directions(system, found.z_residual)
    product = _products(system.places, system.blocks, found.factor, along, system.places.rest + system.p)
    pull = (along * found.z_residual[:, None]).sum(axis=0)  # y'P V_k P y
    information: Floats = (product - np.outer(pull, pull) / found.r2) * found.scale
    return information


def average_information_at(system: LaplaceSystem, found: Laplace) -> Floats:
    """Return the same of a generalised model, by its working response at the modes, which has a residual variance of 1.

    Args:
        system: Data; its terms' effects are independent.
        found: What is known at one theta, with beta found together with the modes.
    """
    z_residual = (system.transposed @ found.modes.at.score)[: system.q]
    size = system.places.rest + system.p
    return _products(system.places, found.blocks, found.factor, _directions(system, z_residual), size)


def _products(places: Layout, A: Blocks, factor: Factor, along: Floats, size: int) -> Floats:
    """Return y'P V_k P V_l P y of each pair of variances, shape (k, k).

    Args:
        places: Layout of Z.
        A: Cross-products of [Z X].
        factor: `factorise` of them.
        along: V_k P y in the columns of Z, shape (G b + r, k).
        size: Columns of [rest, X].
    """
    (G, b, _), r = A.border.shape, places.rest
    lead, rest = along[: G * b].reshape(G, b, -1), along[G * b :]
    border = A.border[:, :, :size].reshape(G * b, size)
    in_lead = A.lead @ lead + (border[:, :r] @ rest).reshape(lead.shape)  # cross-products with V_k P y
    in_rest = border.T @ along[: G * b] + A.rest[:size, :r] @ rest
    whole = np.einsum("lak,lam->km", lead, in_lead) + rest.T @ in_rest[:r]
    turned = factor.lead.T @ in_lead
    solved = factor.inverse @ turned
    left = in_rest - border.T @ (factor.lead @ solved).reshape(G * b, -1)
    left = rows_times(places, factor.rest, left, transpose=True)
    root = linalg.solve_triangular(factor.root[:size, :size], left, lower=True, check_finite=False)
    product: Floats = whole - np.einsum("lak,lam->km", turned, solved) - root.T @ root
    return product


def _directions(system: System | LaplaceSystem, z_residual: Floats) -> Floats:
    """Return V_k P y in the columns of Z, one for each entry of theta, shape (G b + r, k)."""
    positions = system.places.positions
    pulls = [z_residual[position] for position in positions]
    alone = tuple(range(len(system.terms))) if system.merged is None else system.merged.alone
    first = np.cumsum([0, *(len(term.entries) for term in system.terms)])
    along = np.zeros((len(z_residual), int(first[-1])))
    if system.merged is not None:
        for position, pull, family in zip(positions, pulls, system.merged.families, strict=False):
            for k, share in zip(family.members, family.shares, strict=True):
                along[position, first[k]] = pull @ ((family.rotation * share) @ family.rotation.T)
    families = len(positions) - len(alone)
    for k, position, pull in zip(alone, positions[families:], pulls[families:], strict=True):
        for effect in range(system.terms[k].s):
            along[position[:, effect], first[k] + effect] = pull[:, effect]
    return along
