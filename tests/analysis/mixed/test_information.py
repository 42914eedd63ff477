"""Average information is the curvature of the deviance where a design is balanced, and near it elsewhere."""

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.mixed import glmm, lmm
from standfast.analysis.mixed.likelihood.approximation import laplace
from standfast.analysis.mixed.likelihood.information import (
    average_information,
    average_information_at,
    independent,
)
from standfast.analysis.mixed.likelihood.linear import solution

CROSSED = "y ~ role * profile + (1 | item) + (1 | persona) + (1 | item:role) + (1 | item:profile) + (1 | item:persona)"


def frame(seed=3, items=9, personas=7, drop=0.0) -> pd.DataFrame:
    """Each item with each persona in all cells, with a deviation of its own for each level of each factor and pair."""
    rng = np.random.default_rng(seed)
    levels = [[f"i{k}" for k in range(items)], [f"p{k}" for k in range(personas)], ["a", "b"], ["u", "v", "w"]]
    rows = pd.MultiIndex.from_product(levels, names=["item", "persona", "role", "profile"]).to_frame(index=False)
    y = rng.normal(size=len(rows))
    for size, names in ((1.0, ["item"]), (0.7, ["persona"]), (0.6, ["item", "role"]), (0.5, ["item", "profile"])):
        place = rows.groupby(names).ngroup().to_numpy()
        y += size * rng.normal(size=place.max() + 1)[place]
    place = rows.groupby(["item", "persona"]).ngroup().to_numpy()
    y += 0.6 * rng.normal(size=place.max() + 1)[place]
    return rows.assign(y=y)[rng.random(len(rows)) >= drop].reset_index(drop=True)


def curvature(slope, variance, step=1e-4):
    """Second derivatives by central differences of the slope in the variances."""
    moved = np.eye(len(variance)) * step
    return np.array([(slope(variance + e) - slope(variance - e)) / (2 * step) for e in moved])


def test_it_is_the_curvature_at_the_optimum_of_a_balanced_design():
    fit = lmm(CROSSED, frame())
    assert fit.converged
    assert (fit.inner.theta > 0.1).all()
    system = fit.merged

    def slope(variance):
        theta = np.sqrt(variance)
        return solution(system, theta, reml=True).gradient / (2 * theta)

    found = average_information(system, solution(system, fit.inner.theta, reml=True))
    assert found == pytest.approx(curvature(slope, fit.inner.theta**2), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("reml", [True, False])
def test_terms_taken_together_have_that_of_the_terms(reml):
    fit = lmm(CROSSED, frame(drop=0.2))
    theta = np.array([0.3, 0.9, 0.05, 0.6, 1.4])
    apart, together = (
        average_information(system, solution(system, theta, reml=reml)) for system in (fit.system, fit.merged)
    )
    assert fit.merged is not None
    assert together == pytest.approx(apart, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_it_never_curves_down_wherever_it_is_taken(seed):
    rng = np.random.default_rng(seed)
    fit = lmm(CROSSED, frame(seed, drop=0.4))
    for theta in 10 ** rng.uniform(-2, 1, (5, len(fit.theta))):
        values = np.linalg.eigvalsh(average_information(fit.system, solution(fit.system, theta, reml=True)))
        assert values[0] > -1e-9 * values[-1]


def test_that_of_a_generalised_model_is_near_the_curvature_of_its_deviance():
    data = frame(items=40)
    data = data.assign(y=(data["y"] > 0.3).astype(float))
    fit = glmm("y ~ role + (1 | item) + (1 | persona)", data)
    system, theta = fit.system, fit.inner.theta
    start = np.concatenate([fit.inner.u, fit.inner.beta])

    def at(theta):
        return laplace(system, theta, np.empty(0), start, joint=True, tolerance=1e-12)

    def slope(variance):
        return at(np.sqrt(variance)).theta / (2 * np.sqrt(variance))

    found, exact = average_information_at(system, at(theta)), curvature(slope, theta**2)
    assert found == pytest.approx(exact, rel=0.5, abs=0.1 * np.abs(exact).max())


def test_correlated_effects_have_no_variance_each():
    data = frame()
    assert independent(lmm("y ~ role + (1 | item) + (1 | persona)", data).system.terms)
    assert independent(lmm("y ~ role + (1 + role || item)", data).system.terms)
    assert not independent(lmm("y ~ role + (1 + role | item)", data).system.terms)
