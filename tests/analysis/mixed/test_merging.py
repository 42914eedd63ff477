"""Terms that are taken together: the likelihood, its gradient and the fit are those of the terms."""

import itertools

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.mixed import clmm, glmm, lmm
from standfast.analysis.mixed.data.formula import parse
from standfast.analysis.mixed.data.table import read
from standfast.analysis.mixed.design import build
from standfast.analysis.mixed.inference.satterthwaite import of_system
from standfast.analysis.mixed.likelihood import gaussian, laplace
from standfast.analysis.mixed.likelihood.linear import solution

ITEM = "(1 | item) + (1 | item:persona) + (1 | item:role:profile) + (1 | item:role) + (1 | item:profile)"
PERSONA = "(1 | persona:role:profile) + (1 | persona:role) + (1 | persona:profile) + (1 | persona)"
FULL = f"value ~ 0 + C(cell) + {ITEM} + {PERSONA} + (1 | item:challenge)"
CELLS = list(itertools.product(["advisor", "peer"], ["none", "brief", "full"], ["bare", "argued"]))


def frame(cells=CELLS, *, seed=1, missing=0.05):
    """Each of 8 items meets 3 of 6 personas, in all cells; some answers are missing."""
    rng = np.random.default_rng(seed)
    rows = [
        {"item": f"i{i}", "persona": f"p{(i + j) % 6}", "role": r, "profile": p, "challenge": c, "cell": f"{r}/{p}/{c}"}
        for i in range(8)
        for j in range(3)
        for r, p, c in cells
    ]
    out = pd.DataFrame(rows).sample(frac=1 - missing, random_state=seed).reset_index(drop=True)
    of = lambda *names: rng.normal(size=200)[out.groupby(list(names)).ngroup()]  # noqa: E731
    out["eta"] = of("item") + 0.6 * of("item", "role", "profile") + 0.7 * of("persona", "role") + 0.4 * of("persona")
    out["value"] = out["eta"] + rng.normal(size=len(out))
    out["yes"] = (rng.uniform(size=len(out)) < 1 / (1 + np.exp(-out["eta"]))).astype(float)
    out["grade"] = np.clip(np.round(out["value"]), -2, 2)
    return out


def compact(formula, data):
    parsed = parse(formula)
    return build(parsed, read(data, parsed, family="gaussian")).compact


@pytest.mark.parametrize("reml", [True, False])
def test_deviance_and_gradient_are_those_of_the_terms_at_any_theta(reml):
    fit = lmm(FULL, frame(), reml=reml)
    assert fit.merged.places.columns < 0.7 * fit.system.places.columns
    rng = np.random.default_rng(2)
    for theta in (*rng.uniform(0, 2, size=(8, len(fit.theta))), np.zeros(len(fit.theta)), np.eye(len(fit.theta))[3]):
        one, other = (solution(system, theta, reml=reml) for system in (fit.system, fit.merged))
        assert other.deviance == pytest.approx(one.deviance, rel=1e-12)
        np.testing.assert_allclose(other.gradient, one.gradient, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_a_linear_fit_is_that_of_the_terms(seed):
    data = frame(seed=seed)
    fit = lmm(FULL, data)
    alone = gaussian.fit(fit.system)
    assert fit.inner.deviance == pytest.approx(alone.deviance, abs=1e-7)
    np.testing.assert_allclose(fit.inner.theta, alone.theta, atol=1e-4)
    np.testing.assert_allclose(fit.inner.beta, alone.beta, atol=1e-6)
    np.testing.assert_allclose(fit.inner.u, alone.u, atol=1e-3)
    np.testing.assert_allclose(fit.inner.unscaled, alone.unscaled, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("reml", [True, False])
def test_degrees_of_freedom_follow_from_the_same_as_those_of_the_terms(reml):
    fit = lmm(FULL, frame(seed=1), reml=reml)
    given = {"theta": fit.inner.theta, "sigma": fit.inner.sigma, "reml": reml}
    one, other = (of_system(fit.system, **given, merged=merged) for merged in (None, fit.merged))
    np.testing.assert_array_equal(other.free, one.free)
    np.testing.assert_allclose(other.jacobian, one.jacobian, atol=1e-8 * np.abs(one.jacobian).max())
    np.testing.assert_allclose(other.covariance, one.covariance, atol=1e-6 * np.abs(one.covariance).max())


@pytest.mark.parametrize(("response", "fitter"), [("yes", glmm), ("grade", clmm)])
def test_a_laplace_fit_is_that_of_the_terms(response, fitter):
    fixed = "0 + C(cell)" if fitter is glmm else "C(cell)"
    fit = fitter(f"{response} ~ {fixed} + {ITEM} + {PERSONA}", frame())
    alone = laplace.fit(fit.system)
    assert fit.design.compact is not None
    assert fit.inner.deviance == pytest.approx(alone.deviance, abs=1e-7)
    assert fit.inner.converged == alone.converged
    np.testing.assert_allclose(fit.inner.theta, alone.theta, atol=1e-4)
    np.testing.assert_allclose(fit.inner.beta, alone.beta, atol=1e-5)
    np.testing.assert_allclose(fit.inner.vcov, alone.vcov, rtol=1e-3, atol=1e-7)
    np.testing.assert_allclose(fit.inner.u, alone.u, atol=1e-3)
    np.testing.assert_allclose(fit.inner.eta, alone.eta, atol=1e-4)


def test_what_is_taken_together_varies_by_what_a_cell_tells():
    found = compact(FULL, frame()).merged
    names = sorted(sorted(found.terms[k].group for k in family.members) for family in found.families)
    assert names == [
        ["item", "item:profile", "item:role", "item:role:profile"],
        ["persona", "persona:profile", "persona:role", "persona:role:profile"],
    ]
    assert {found.terms[k].group for k in found.alone} == {"item:persona", "item:challenge"}
    assert [term.s for term in found.merged] == [6, 6, 1, 1]


def test_in_an_incomplete_table_of_combinations_only_what_turns_alike_is_taken_together():
    lacking = [cell for cell in CELLS if cell[:2] not in {("peer", "full"), ("peer", "brief")}]
    fit = lmm(FULL, frame(lacking))
    found = fit.merged.merged
    for family in found.families:
        groups = {found.terms[k].group.replace("persona", "item") for k in family.members}
        assert groups == {"item:profile", "item:role:profile"}  # one profile's roles are two or one, and alike
    for theta in np.random.default_rng(3).uniform(0, 2, size=(4, len(fit.theta))):
        one, other = (solution(system, theta, reml=True) for system in (fit.system, fit.merged))
        assert other.deviance == pytest.approx(one.deviance, rel=1e-12)
        np.testing.assert_allclose(other.gradient, one.gradient, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    "formula",
    [
        "value ~ 0 + C(cell) + (1 | item) + (1 | persona) + (1 | item:persona)",
        "value ~ 0 + C(cell) + (1 + role | item) + (1 | item:profile)",
        "value ~ 1 + (1 | item) + (1 | item:role)",  # no column of the fixed part tells the role
    ],
)
def test_nothing_is_taken_together_where_nothing_would_be_saved_or_told(formula):
    assert compact(formula, frame()) is None


def test_slopes_stand_beside_what_is_taken_together():
    formula = "value ~ 0 + C(cell) + (1 + role | persona) + (1 | item) + (1 | item:role) + (1 | item:profile) + (1 | item:role:profile)"
    data = frame()
    data["cell"] = data["role"] + "/" + data["profile"]
    fit = lmm(formula, data)
    theta = np.linspace(0.3, 1.2, len(fit.theta))
    one, other = (solution(system, theta, reml=True) for system in (fit.system, fit.merged))
    assert other.deviance == pytest.approx(one.deviance, rel=1e-12)
    np.testing.assert_allclose(other.gradient, one.gradient, rtol=1e-8, atol=1e-8)
