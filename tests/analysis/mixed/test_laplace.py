"""The Laplace fits: known answers, brute force, gradients, boundaries, separation, invariances."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, gammaln

from standfast.analysis.mixed import clmm, glmm
from standfast.analysis.mixed.likelihood import search
from standfast.analysis.mixed.likelihood.approximation import Laplace, laplace
from standfast.analysis.mixed.likelihood.binomial import Binomial
from standfast.analysis.mixed.likelihood.cumulative import Cumulative
from standfast.analysis.mixed.likelihood.fixed import Response
from standfast.analysis.mixed.likelihood.laplace import LaplaceEstimate, fit
from standfast.analysis.mixed.likelihood.layout import design_matrix, layout
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem, laplace_system
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term, ordered, unpack
from standfast.errors import FitError

COMMITTED = Path(__file__).parents[2] / "data" / "mixed"
# The deviance at an optimum is known to about this; parameters follow as shares of their standard errors.
DEVIANCE, SHARE = 1e-6, 1e-4
STEP = 1e-5  # of central differences


def term(group: str, codes: Any, table: Floats, *, correlated: bool = True) -> Term:
    codes = np.asarray(codes, dtype=np.int64)
    names = tuple(f"x{i}" for i in range(table.shape[1]))
    levels = tuple(str(level) for level in range(int(codes.max()) + 1))
    return Term(name=group, group=group, levels=levels, columns=names, correlated=correlated, codes=codes, table=table)


def system_of(terms: list[Term], table: Floats, cell: Ints, response: Response) -> LaplaceSystem:
    order = ordered(terms)
    places = layout(order, table.shape[1])
    return laplace_system(order, places, design_matrix(order, places, cell), table[cell], cell, response)


class Data(NamedTuple):
    """A small crossed design, 4 cells of role × profile, one row per response."""

    item: Ints
    persona: Ints
    cell: Ints
    y: Ints


TABLE = np.array([[1.0, a, b] for a in (-1, 1) for b in (0, 1)])
SLOPE = TABLE[:, :2]


def drawn(seed: int, n: int = 300, J: int = 2, spread: float = 1.0) -> Data:
    rng = np.random.default_rng(seed)
    item, persona, cell = rng.integers(0, 12, n), rng.integers(0, 5, n), rng.integers(0, 4, n)
    b, slope, c = (spread * rng.normal(size=k) for k in (12, 12, 5))
    eta = TABLE[cell] @ [0.2, 0.4, -0.3] + b[item] + 0.6 * slope[item] * SLOPE[cell, 1] + 0.5 * c[persona]
    y = np.digitize(eta + rng.logistic(size=n), np.linspace(-1, 1, J - 1) if J > 2 else [0.0])
    return Data(item, persona, cell, y)


def model(data: Data, *, slopes: bool = True, ordinal: bool = False) -> LaplaceSystem:
    one = np.ones((4, 1))
    terms = [term("item", data.item, SLOPE if slopes else one), term("persona", data.persona, one)]
    if ordinal:
        return system_of(terms, TABLE[:, 1:], data.cell, Cumulative.of(np.eye(int(data.y.max()) + 1)[data.y]))
    return system_of(terms, TABLE, data.cell, Binomial(data.y.astype(float), np.ones(len(data.y))))


def at(system: LaplaceSystem, theta: Floats, beta: Floats, tau: Floats, *, joint: bool = False) -> Laplace:
    start = np.concatenate([np.zeros(system.q), beta])
    return laplace(system, theta, tau, start, joint=joint, tolerance=1e-14)


def std_errors(found: LaplaceEstimate) -> Floats:
    return np.sqrt(np.diag(found.joint_vcov))


# --- Known answers -----------------------------------------------------------------------------------------------


def published(data: Path, name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    folder = data / "mixed_models"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))[name]
    return pd.read_csv(folder / f"{expected['data']}.csv.gz"), expected


def test_cbpp_agrees_with_lme4(data: Path) -> None:
    frame, expected = published(data, "cbpp")
    size, cases = frame["size"].to_numpy(float), frame["incidence"].to_numpy(float)
    period = frame["period"].to_numpy() - 1
    constant = float(np.sum(gammaln(size + 1) - gammaln(cases + 1) - gammaln(size - cases + 1)))
    table = np.column_stack([np.ones(4), np.eye(4)[:, 1:]])
    herd = term("herd", pd.factorize(frame["herd"])[0], np.ones((4, 1)))
    found = fit(system_of([herd], table, period, Binomial(cases, size, constant)))
    known = expected["glmer"]
    beta, se = (np.array(list(known[key].values())) for key in ("beta", "se"))
    assert found.converged
    assert found.deviance == pytest.approx(known["deviance"], abs=DEVIANCE)
    assert found.theta == pytest.approx([known["theta"]], abs=1e-5)
    assert np.abs((found.beta - beta) / se).max() < 1e-5
    assert np.sqrt(np.diag(found.vcov)) == pytest.approx(se, rel=1e-4)


def test_verbagg_agrees_with_lme4(data: Path) -> None:
    """lme4 stops 7e-9 above the lowest deviance, 6e-5 standard errors away; its Hessian is one of differences there."""
    frame, expected = published(data, "verbagg")
    frame["said"] = (frame["r2"] == "Y").astype(int)
    order = {"Gender": ["F", "M"], "btype": ["curse", "scold", "shout"], "situ": ["other", "self"]}
    found = glmm("said ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)", frame, order=order)
    known = expected["glmer"]
    beta, se = (np.array(list(known[key].values())) for key in ("beta", "se"))
    assert found.converged
    assert known["deviance"] - DEVIANCE < found.criterion < known["deviance"]
    assert found.theta == pytest.approx(known["theta"], abs=1e-5)
    assert np.abs((found.beta - beta) / se).max() < SHARE
    assert found.std_error == pytest.approx(se, rel=1e-3)


def test_soup_agrees_with_ordinal(data: Path) -> None:
    frame, expected = published(data, "soup_clmm")
    found = clmm("SURENESS ~ PRODID + (1 | RESP)", frame.astype({"SURENESS": str, "PRODID": str}))
    known, se = (np.array(list(expected[key].values())) for key in ("coef", "se"))
    errors = np.sqrt(np.diag(found.joint_vcov))
    assert found.converged
    # What clmm reports with control = clmm.control(gradTol = 1e-10); by default it stops before the modes are found.
    assert found.log_likelihood == pytest.approx(-2659.5080134968, abs=1e-6)
    assert found.log_likelihood > expected["loglik"]
    assert found.theta == pytest.approx([expected["sd"]["RESP"]], abs=1e-5)
    assert np.concatenate([found.thresholds, found.beta]) == pytest.approx(known, abs=1e-4)
    assert np.concatenate([errors[6:], errors[1:6]]) == pytest.approx(se, rel=1e-4)


@pytest.mark.parametrize("name", ["votes", "trials", "rare", "ratings_crossed", "ratings_single", "ratings_slopes"])
def test_tight_optima_of_r_are_reproduced(name: str) -> None:
    reference = json.loads((COMMITTED / "expected.json").read_text("utf-8"))
    known = reference["fits"][name]
    frame, order = pd.read_csv(COMMITTED / f"{known['data']}.csv.gz"), reference["levels"][known["data"]]
    if known["family"] == "ordinal":
        found = clmm(known["formula"], frame, order=order)
    else:
        found = glmm(known["formula"], frame, trials=known.get("trials"), order=order)
    beta, se = (np.array(list(known[key].values())) for key in ("beta", "se"))
    assert found.converged
    assert found.criterion == pytest.approx(known["criterion"], abs=DEVIANCE)
    assert np.abs((found.beta - beta) / se).max() < SHARE
    assert found.std_error == pytest.approx(se, rel=1e-4)
    assert found.thresholds == pytest.approx(list(known.get("thresholds", {}).values()), abs=1e-5)


# --- The approximation -------------------------------------------------------------------------------------------


def dense(system: LaplaceSystem, theta: Floats, beta: Floats, tau: Floats) -> float:
    """Return the Laplace deviance from dense matrices, with the modes from a general optimiser."""
    blocks = []
    for each, L in zip(system.terms, unpack(system.terms, theta), strict=True):
        rows = each.table[system.cell] @ L
        indicator = np.eye(each.q)[each.codes]
        blocks.append((indicator[:, :, None] * rows[:, None, :]).reshape(len(rows), -1))
    A = np.hstack(blocks)
    fixed = system.table[system.cell] @ beta

    def penalised(u: Floats) -> tuple[float, Floats]:
        at = system.response.evaluate(fixed + A @ u, tau)
        return float(u @ u) - 2 * at.log_likelihood, 2 * u - 2 * A.T @ at.score

    u = minimize(penalised, np.zeros(A.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-7}).x
    weight = system.response.evaluate(fixed + A @ u, tau).weight
    log_det = np.linalg.slogdet(np.eye(len(u)) + A.T @ (weight[:, None] * A))[1]
    return float(penalised(u)[0] + log_det)


POINTS = {
    False: (np.array([0.8, 0.2, 0.5, 0.4]), np.array([0.1, 0.3, -0.2]), np.empty(0)),
    True: (np.array([0.8, -0.3, 0.5, 0.4]), np.array([0.3, -0.2]), np.array([-1.0, 0.2, 0.9])),
}


@pytest.mark.parametrize("ordinal", [False, True])
def test_deviance_equals_that_of_dense_matrices(ordinal: bool) -> None:
    system = model(drawn(1, n=60, J=4 if ordinal else 2), ordinal=ordinal)
    assert at(system, *POINTS[ordinal]).deviance == pytest.approx(dense(system, *POINTS[ordinal]), abs=1e-8)


@pytest.mark.parametrize("ordinal", [False, True])
@pytest.mark.parametrize("joint", [False, True])
def test_gradient_agrees_with_differences(ordinal: bool, joint: bool) -> None:
    system = model(drawn(2, J=4 if ordinal else 2), ordinal=ordinal)
    theta, beta, tau = POINTS[ordinal]
    found = at(system, theta, beta, tau, joint=joint)

    def value(point: Floats) -> float:
        return at(system, *np.split(point, [len(theta), len(theta) + len(beta)]), joint=joint).deviance

    point = np.concatenate([theta, beta, tau])
    steps = STEP * np.eye(len(point))
    expected = np.array([(value(point + e) - value(point - e)) / (2 * STEP) for e in steps])
    gradient = np.concatenate([found.theta, found.beta, found.thresholds])
    counts = np.ones(len(point), dtype=bool)
    counts[len(theta) : len(theta) + len(beta)] = not joint  # with `joint`, beta is where the modes put it
    assert gradient[counts] == pytest.approx(expected[counts], rel=1e-6, abs=1e-5)


def test_one_level_is_integrated_almost_exactly_where_it_has_many_rows() -> None:
    """With 4,000 responses per level the approximation and numerical integration agree to 1e-3."""
    rng = np.random.default_rng(5)
    group = np.repeat([0, 1], 4000)
    y = (rng.random(8000) < expit(np.array([-0.5, 0.7])[group])).astype(float)
    system = system_of(
        [term("g", group, np.ones((1, 1)))], np.ones((1, 1)), np.zeros(8000, int), Binomial(y, y * 0 + 1)
    )
    grid = np.linspace(-8, 8, 40_001)
    exact = 0.0
    for level in (0, 1):
        successes = y[group == level].sum()
        eta = 0.1 + 0.6 * grid
        log = successes * eta - 4000 * np.logaddexp(0, eta) - grid**2 / 2 - np.log(2 * np.pi) / 2
        exact += np.log(np.exp(log - log.max()).sum() * (grid[1] - grid[0])) + log.max()
    found = at(system, np.array([0.6]), np.array([0.1]), np.empty(0))
    assert found.deviance == pytest.approx(-2 * exact, abs=1e-3)


# --- The optimum -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordinal", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_search_goes_lower(ordinal: bool, seed: int) -> None:
    system = model(drawn(seed, J=4 if ordinal else 2, spread=0.5), ordinal=ordinal)
    found = fit(system)
    m, p = len(found.theta), system.p

    def value(point: Floats) -> tuple[float, Floats]:
        theta, beta, tau = np.split(point, [m, m + p])
        if (np.diff(tau) <= 0).any():
            return 1e9, np.zeros_like(point)
        there = at(system, theta, beta, tau)
        return there.deviance, np.concatenate([there.theta, there.beta, there.thresholds])

    best = min(
        minimize(value, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-6}).fun
        for start in (
            np.concatenate([np.full(m, 0.7), found.beta, found.thresholds]),
            np.concatenate([found.theta + 0.1, found.beta, found.thresholds]),
        )
    )
    assert found.converged
    assert found.deviance < best + DEVIANCE


@pytest.mark.parametrize("ordinal", [False, True])
def test_covariance_is_twice_the_inverse_hessian(ordinal: bool) -> None:
    system = model(drawn(4, n=600, J=4 if ordinal else 2), ordinal=ordinal)
    found = fit(system)
    sizes = np.cumsum([len(found.theta), len(found.beta)])
    point = np.concatenate([found.theta, found.beta, found.thresholds])

    def gradient(x: Floats) -> Floats:
        there = at(system, *np.split(x, sizes))
        return np.concatenate([there.theta, there.beta, there.thresholds])

    H = np.array([(gradient(point + e) - gradient(point - e)) / (2 * STEP) for e in STEP * np.eye(len(point))])
    expected = 2 * np.linalg.inv((H + H.T) / 2)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert not found.singular
    assert np.abs((found.joint_vcov - expected) / scale).max() < SHARE
    assert np.array_equal(found.vcov, found.joint_vcov[sizes[0] : sizes[1], sizes[0] : sizes[1]])


def test_modes_solve_their_equations() -> None:
    system = model(drawn(6))
    found = fit(system)
    score = system.transposed @ system.response.evaluate(found.eta, found.thresholds).score
    for each, L, position in zip(system.terms, unpack(system.terms, found.theta), system.places.positions, strict=True):
        assert found.u[position] == pytest.approx(score[position] @ L, abs=1e-6), each.group


def test_no_variance_between_levels_is_singular_and_equals_a_logistic_regression() -> None:
    """Every item has the same successes in every cell, fewer than chance would spread."""
    item = np.repeat(np.arange(10), 4)
    cell = np.tile(np.arange(4), 10)
    successes = np.array([3.0, 5, 6, 4])[cell]
    found = fit(system_of([term("item", item, np.ones((4, 1)))], TABLE, cell, Binomial(successes, np.full(40, 10.0))))
    logistic = sm.GLM(np.column_stack([successes, 10 - successes]), TABLE[cell], family=sm.families.Binomial()).fit()
    eta = TABLE[cell] @ logistic.params
    assert found.converged
    assert found.singular
    assert found.theta.tolist() == [0]
    assert found.beta == pytest.approx(logistic.params, abs=1e-7)
    assert np.sqrt(np.diag(found.vcov)) == pytest.approx(logistic.bse, rel=1e-5)
    assert np.isnan(found.joint_vcov[0]).all()
    assert np.isnan(found.joint_vcov[:, 0]).all()
    assert found.deviance == pytest.approx(-2 * float(successes @ eta - 10 * np.logaddexp(0, eta).sum()), abs=1e-7)


def test_slopes_that_repeat_the_intercepts_are_singular_on_a_line() -> None:
    rng = np.random.default_rng(8)
    item, cell = np.repeat(np.arange(30), 40), np.tile(np.arange(4), 300)
    eta = (rng.normal(size=30)[item]) * (1 + 0.8 * SLOPE[cell, 1])
    y = (rng.random(1200) < expit(eta)).astype(float)
    found = fit(system_of([term("item", item, SLOPE)], TABLE, cell, Binomial(y, np.ones(1200))))
    assert found.converged
    assert found.singular
    assert found.theta[0] > 0.5
    assert found.theta[2] == 0
    assert np.isnan(std_errors(found)).tolist() == [False, False, True, False, False, False]


@pytest.mark.parametrize("ordinal", [False, True])
def test_a_search_that_starts_on_the_boundary_leaves_it(ordinal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    system = model(drawn(9, J=4 if ordinal else 2), ordinal=ordinal)
    expected = fit(system)
    monkeypatch.setattr(search, "_START", 1e-6)
    found = fit(system)
    assert not expected.singular
    assert found.converged
    assert found.deviance == pytest.approx(expected.deviance, abs=DEVIANCE)
    assert found.theta == pytest.approx(expected.theta, abs=1e-4)


def test_uncorrelated_effects_lose_their_variances_one_by_one() -> None:
    rng = np.random.default_rng(10)
    item, cell = np.repeat(np.arange(30), 40), np.tile(np.arange(4), 300)
    successes = np.round(10 * expit(rng.normal(size=30)[item] - 0.3 * SLOPE[cell, 1]))
    terms = [term("item", item, SLOPE, correlated=False)]
    found = fit(system_of(terms, TABLE, cell, Binomial(successes, np.full(1200, 10.0))))
    assert found.converged
    assert found.singular
    assert found.theta[0] > 0.5
    assert found.theta[1] == 0


def test_an_ordinal_model_needs_no_fixed_effect() -> None:
    data = drawn(11, J=4)
    terms = [term("item", data.item, np.ones((1, 1)))]
    cell = np.zeros(len(data.y), dtype=np.int64)
    found = fit(system_of(terms, np.empty((1, 0)), cell, Cumulative.of(np.eye(4)[data.y])))
    assert found.converged
    assert found.beta.shape == (0,)
    assert found.vcov.shape == (0, 0)
    assert (np.diff(found.thresholds) > 0).all()


# --- What cannot be estimated ------------------------------------------------------------------------------------


def test_a_cell_without_failures_is_flagged_and_the_rest_is_found_at_the_limit() -> None:
    data = drawn(12, n=400)
    y = np.where(data.cell == 3, 1, data.y)
    cells = np.column_stack([np.ones(4), np.eye(4)[:, 1:]])  # an effect of its own for the cell that separates
    one = np.ones((4, 1))

    def fitted(rows: Ints, table: Floats) -> LaplaceEstimate:
        terms = [term("item", data.item[rows], one), term("persona", data.persona[rows], one)]
        return fit(system_of(terms, table, data.cell[rows], Binomial(y[rows].astype(float), np.ones(len(rows)))))

    found, rest = fitted(np.arange(400), cells), fitted(np.flatnonzero(data.cell < 3), cells[:, :3])
    assert not found.converged
    assert found.messages == (
        "Separation: along column 4 the responses are predicted perfectly; no finite estimate exists.",
    )
    assert np.isnan(std_errors(found)).tolist() == [False] * 5 + [True]
    assert rest.converged
    assert found.deviance == pytest.approx(rest.deviance, abs=1e-4)
    assert found.beta[:3] == pytest.approx(rest.beta, abs=1e-4)
    assert std_errors(found)[:5] == pytest.approx(std_errors(rest), rel=1e-3)


def test_an_ordinal_effect_without_a_finite_estimate_is_flagged() -> None:
    data = drawn(13, J=3, n=400)
    y = np.where(data.cell == 3, 2, data.y)
    terms = [term("item", data.item, np.ones((4, 1)))]
    found = fit(system_of(terms, np.eye(4)[:, 1:], data.cell, Cumulative.of(np.eye(3)[y])))
    assert not found.converged
    assert "along column 3 the responses" in found.messages[0]
    assert np.isnan(std_errors(found)).tolist() == [False, False, False, True, False, False]


def test_separation_by_a_covariate_is_flagged() -> None:
    x = np.linspace(-1, 1, 40)
    terms = [term("g", np.arange(40) % 4, np.ones((40, 1)))]
    table = np.column_stack([np.ones(40), x])
    found = fit(system_of(terms, table, np.arange(40), Binomial((x > 0.3).astype(float), np.ones(40))))
    assert not found.converged
    assert found.messages[0].startswith("Separation: along column 1, column 2")
    assert np.isnan(found.joint_vcov[1:]).all()


def test_levels_of_one_response_each_are_flagged() -> None:
    item = np.repeat(np.arange(12), 20)
    y = (item % 2).astype(float)
    cell = np.zeros(240, dtype=np.int64)
    found = fit(system_of([term("item", item, np.ones((1, 1)))], np.ones((1, 1)), cell, Binomial(y, np.ones(240))))
    assert not found.converged
    assert any(message.startswith("No finite variance: item.x0 grows without end") for message in found.messages)


def test_a_constant_outcome_is_refused() -> None:
    with pytest.raises(FitError, match=r"0 successes in 300 trials\. Both outcomes have to occur"):
        model(drawn(14)._replace(y=np.zeros(300, dtype=np.int64)))


def test_linearly_dependent_columns_are_refused() -> None:
    data = drawn(15)
    table = np.column_stack([TABLE, TABLE[:, 1] + TABLE[:, 2]])
    response = Binomial(data.y.astype(float), np.ones(300))
    with pytest.raises(FitError, match="its 4 columns are linearly dependent"):
        fit(system_of([term("item", data.item, np.ones((4, 1)))], table, data.cell, response))


# --- Invariances -------------------------------------------------------------------------------------------------


def same(one: LaplaceEstimate, other: LaplaceEstimate, beta: float = 1.0) -> None:
    assert other.converged == one.converged
    assert other.deviance == pytest.approx(one.deviance, abs=DEVIANCE)
    assert other.theta == pytest.approx(one.theta, abs=1e-4)
    assert beta * other.beta == pytest.approx(one.beta, abs=1e-4)
    assert np.diag(other.vcov) == pytest.approx(np.diag(one.vcov), rel=1e-3)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), ordinal=st.booleans())
def test_order_of_rows_and_names_of_levels_do_not_matter(seed: int, ordinal: bool) -> None:
    data = drawn(seed, J=4 if ordinal else 2)
    rng = np.random.default_rng(seed)
    order = rng.permutation(300)
    mixed = Data(rng.permutation(12)[data.item[order]], data.persona[order], data.cell[order], data.y[order])
    same(fit(model(data, ordinal=ordinal)), fit(model(mixed, ordinal=ordinal)))


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_trials_say_what_repeated_rows_say(seed: int) -> None:
    data = drawn(seed, n=500)
    key = (data.item * 5 + data.persona) * 4 + data.cell
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    response = Binomial(np.bincount(row, data.y), np.bincount(row).astype(float))
    terms = [term("item", data.item[first], SLOPE), term("persona", data.persona[first], np.ones((4, 1)))]
    same(fit(model(data)), fit(system_of(terms, TABLE, data.cell[first], response)))


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), ordinal=st.booleans())
def test_reversed_outcomes_reverse_the_effects(seed: int, ordinal: bool) -> None:
    data = drawn(seed, J=4 if ordinal else 2)
    reverse = data._replace(y=data.y.max() - data.y)
    same(fit(model(data, ordinal=ordinal)), fit(model(reverse, ordinal=ordinal)), beta=-1)
