import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from standfast.analysis.reml import Term, reml, separable

CRITERION = 1e-4  # lme4 stops its search at about this distance from the optimum
RELATIVE = 1e-5  # of estimates, for the same reason


def codes(column):
    return pd.factorize(column)[0].astype(np.int64)


def read(data, name):
    return pd.read_csv(data / "mixed_models" / f"{name}.csv.gz")


def reference(data, name):
    return json.loads((data / "mixed_models" / "expected.json").read_text("utf-8"))[name]["reml"]


def sleepstudy(data, *, slopes):
    rows = read(data, "sleepstudy")
    days = rows["Days"].to_numpy(float)
    subject = codes(rows["Subject"])
    terms = [Term(name="Subject", codes=subject)]
    if slopes:
        terms.append(Term(name="Days", codes=subject, weights=days))
    return rows["Reaction"].to_numpy(float), np.column_stack([np.ones(len(rows)), days]), subject, terms


def one_way(data, name):
    rows = read(data, name)
    batch = codes(rows["Batch"])
    return rows["Yield"].to_numpy(float), np.ones((len(rows), 1)), batch, [Term(name="Batch", codes=batch)]


def pastes(data):
    rows = read(data, "Pastes")
    batch = codes(rows["batch"])
    terms = [Term(name="sample", codes=codes(rows["sample"])), Term(name="batch", codes=batch)]
    return rows["strength"].to_numpy(float), np.ones((len(rows), 1)), batch, terms


def machines(data):
    rows = read(data, "Machines")
    worker = codes(rows["Worker"])
    X = np.column_stack([np.ones(len(rows)), rows["Machine"] == "B", rows["Machine"] == "C"]).astype(float)
    nested = codes(rows["Worker"].astype(str) + rows["Machine"])
    return rows["score"].to_numpy(float), X, worker, [Term(name="wm", codes=nested), Term(name="w", codes=worker)]


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("sleep_zerocorr", lambda data: sleepstudy(data, slopes=True)),
        ("sleep_int", lambda data: sleepstudy(data, slopes=False)),
        ("dyestuff", lambda data: one_way(data, "Dyestuff")),
        ("dyestuff2_singular", lambda data: one_way(data, "Dyestuff2")),
        ("pastes_nested", pastes),
        ("machines_nested", machines),
    ],
)
def test_estimates_are_those_of_lme4(data: Path, name, build):
    expected = reference(data, name)
    found = reml(*build(data))
    assert -2 * found.log_likelihood == pytest.approx(expected["criterion"], abs=CRITERION)
    assert found.coef == pytest.approx(np.array(list(expected["beta"].values())), rel=RELATIVE)
    assert np.sqrt(np.diag(found.vcov)) == pytest.approx(np.array(list(expected["se"].values())), rel=RELATIVE)
    deviations = [component["sdcor"] for component in expected["varcor"]]
    assert np.sqrt(found.variances) == pytest.approx(np.array(deviations), rel=1e-3, abs=1e-9)
    assert found.converged
    assert found.singular == expected["singular"]


def crossed(rng, *, items, personas, replicates=1, drop=0.0, sd=(0.5, 0.5, 0.5)):
    """Items × personas × 2 roles with intercepts, role slopes and a residual; some rows dropped."""
    design = [(i, k, r) for i in range(items) for k in range(personas) for r in (0, 1) for _ in range(replicates)]
    rows = pd.DataFrame(design, columns=["item", "persona", "role"])
    intercept, slope = rng.normal(0, sd[0], items), rng.normal(0, sd[1], (items, 2))
    rows["y"] = intercept[rows["item"]] + slope[rows["item"], rows["role"]] + rng.normal(0, sd[2], len(rows))
    rows = rows[rng.random(len(rows)) >= drop].reset_index(drop=True)
    X = np.eye(2)[rows["role"].to_numpy()]
    return rows, X


def terms_of(rows, *columns):
    return [Term(name=" ".join(by), codes=rows.groupby(list(by)).ngroup().to_numpy(np.int64)) for by in columns]


@pytest.mark.parametrize("drop", [0.0, 0.2])
def test_coefficients_and_their_covariance_are_those_of_dense_least_squares(drop):
    rows, X = crossed(np.random.default_rng(3), items=6, personas=3, drop=drop)
    terms = terms_of(rows, ("item",), ("item", "persona"), ("item", "role"))
    y = rows["y"].to_numpy()
    found = reml(y, X, rows["item"].to_numpy(), terms)
    designs = [term.matrix().toarray() for term in terms]
    V = found.variances[-1] * np.eye(len(y)) + sum(v * Z @ Z.T for v, Z in zip(found.variances, designs, strict=False))
    vcov = np.linalg.inv(X.T @ np.linalg.solve(V, X))
    beta = vcov @ X.T @ np.linalg.solve(V, y)
    assert found.vcov == pytest.approx(vcov, rel=1e-9, abs=1e-12)
    assert found.coef == pytest.approx(beta, rel=1e-9)
    resid = y - X @ beta
    dense = -0.5 * (
        np.linalg.slogdet(V)[1]
        + np.linalg.slogdet(X.T @ np.linalg.solve(V, X))[1]
        + resid @ np.linalg.solve(V, resid)
        + (len(y) - 2) * np.log(2 * np.pi)
    )
    assert found.log_likelihood == pytest.approx(dense, abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_optimiser_finds_a_higher_likelihood(seed):
    rows, X = crossed(np.random.default_rng(seed), items=20, personas=3, sd=(0.5, 0.0, 0.7))
    terms = terms_of(rows, ("item",), ("item", "persona"), ("item", "role"))
    y, groups = rows["y"].to_numpy(), rows["item"].to_numpy()
    found = reml(y, X, groups, terms)
    blocks = [[term.block(np.flatnonzero(groups == g)) for g in np.unique(groups)] for term in terms]
    names = [[[str(c) for c in range(Z.shape[1])] for Z in by_group] for by_group in blocks]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MixedLM(y, X, groups=groups, exog_vc=VCSpec([t.name for t in terms], names, blocks))
        others = [model.fit(method=method).llf for method in ("bfgs", "powell")]
    assert found.log_likelihood >= max(others) - 1e-4
    assert found.converged


@pytest.mark.parametrize(
    ("personas", "replicates", "kept"),
    [
        (1, 1, [0]),  # persona is item; item × role is the residual
        (1, 2, [0, 2]),  # replicates tell item × role from the residual
        (2, 1, [0, 1, 2]),
        (2, 2, [0, 1, 2]),
    ],
)
def test_terms_that_the_design_confounds_are_left_out(personas, replicates, kept):
    rows, X = crossed(np.random.default_rng(0), items=8, personas=personas, replicates=replicates)
    assert separable(X, terms_of(rows, ("item",), ("item", "persona"), ("item", "role"))) == kept


def test_without_random_terms_it_is_least_squares():
    rows, X = crossed(np.random.default_rng(0), items=8, personas=1)
    found = reml(rows["y"].to_numpy(), X, rows["item"].to_numpy(), [])
    beta, squares, *_ = np.linalg.lstsq(X, rows["y"].to_numpy(), rcond=None)
    assert found.coef == pytest.approx(beta)
    assert found.vcov == pytest.approx(float(squares[0]) / (len(rows) - 2) * np.linalg.inv(X.T @ X))
