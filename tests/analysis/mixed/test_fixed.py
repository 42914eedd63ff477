"""The fit without random effects: known answers and separation."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from statsmodels.miscmodels.ordinal_model import OrderedModel

from standfast.analysis.mixed.likelihood.binomial import Binomial
from standfast.analysis.mixed.likelihood.cumulative import Cumulative
from standfast.analysis.mixed.likelihood.fixed import fit_fixed, separating_direction, undetermined
from standfast.errors import FitError

X = np.array([[1.0, a, b] for a in (0, 1) for b in (0, 1, 2)])


def test_a_binomial_fit_is_the_logistic_regression() -> None:
    rng = np.random.default_rng(1)
    cell = rng.integers(0, 6, 300)
    y = (rng.random(300) < expit(X[cell] @ [-0.5, 1, 0.3])).astype(float)
    found = fit_fixed(Binomial(y, np.ones(300)), cell, X)
    expected = sm.Logit(y, X[cell]).fit(disp=0)
    assert found.beta == pytest.approx(expected.params, abs=1e-7)
    assert np.linalg.inv(found.information) == pytest.approx(expected.cov_params(), rel=1e-6)
    assert len(found.infinite) == len(found.held) == 0


def test_an_ordinal_fit_is_the_ordered_regression() -> None:
    rng = np.random.default_rng(2)
    cell = rng.integers(0, 6, 300)
    y = np.digitize(X[cell, 1:] @ [1, -0.4] + rng.logistic(size=300), [-1, 0, 1.5])
    found = fit_fixed(Cumulative.of(np.eye(4)[y]), cell, X[:, 1:])
    ordered = OrderedModel(y, X[cell, 1:], distr="logit")
    expected = ordered.fit(disp=0, method="newton")
    assert found.beta == pytest.approx(expected.params[:2], abs=1e-4)
    assert found.thresholds == pytest.approx(ordered.transform_threshold_params(expected.params)[1:-1], abs=1e-4)


def test_a_pure_cell_has_an_infinite_effect_only_where_it_has_one_of_its_own() -> None:
    cell = np.repeat(np.arange(6), 10)
    y = np.tile([0.0, 1], 30)
    y[cell == 5] = 1
    dummies = np.column_stack([np.ones(6), np.eye(6)[:, 1:]])
    one_more = fit_fixed(Binomial(y, np.ones(60)), cell, dummies)
    additive = fit_fixed(Binomial(y, np.ones(60)), cell, X)
    assert one_more.infinite.tolist() == one_more.held.tolist() == [5]
    assert additive.infinite.tolist() == []


def test_a_pure_reference_cell_makes_all_effects_infinite_but_holds_one() -> None:
    cell = np.repeat(np.arange(3), 10)
    y = np.tile([0.0, 1], 15)
    y[cell == 0] = 0
    found = fit_fixed(Binomial(y, np.ones(30)), cell, np.column_stack([np.ones(3), np.eye(3)[:, 1:]]))
    assert found.infinite.tolist() == [0, 1, 2]
    assert len(found.held) == 1
    assert np.isfinite(found.beta).all()


def test_two_pure_cells_are_held_each() -> None:
    cell = np.repeat(np.arange(4), 10)
    y = np.tile([0.0, 1], 20)
    y[cell == 1], y[cell == 2] = 0, 1
    found = fit_fixed(Binomial(y, np.ones(40)), cell, np.column_stack([np.ones(4), np.eye(4)[:, 1:]]))
    assert found.infinite.tolist() == found.held.tolist() == [1, 2]


@given(seed=st.integers(0, 10_000))
def test_a_separating_direction_contradicts_no_outcome(seed: int) -> None:
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(8), rng.integers(-1, 2, (8, 2))])
    successes = rng.integers(0, 2, 8).astype(float)
    failures = np.where(rng.random(8) < 0.8, 1 - successes, 1.0)
    direction = separating_direction(design, successes, failures)
    moved = design @ direction
    assert (moved[failures == 0] > -1e-7).all()
    assert (moved[successes == 0] < 1e-7).all()
    assert not direction.any() or np.abs(moved).max() > 0.5
    likelihood = lambda x: -(successes @ np.logaddexp(0, -design @ x) + failures @ np.logaddexp(0, design @ x))  # noqa: E731
    somewhere = rng.normal(size=3)
    assert likelihood(somewhere + direction) >= likelihood(somewhere) - 1e-7


def test_without_a_direction_the_maximum_is_finite() -> None:
    """Overlap in one covariate: the logistic regression has a solution."""
    design = np.column_stack([np.ones(4), [0.0, 1, 2, 3]])
    assert not separating_direction(design, np.array([0.0, 1, 0, 1]), np.array([1.0, 0, 1, 0])).any()
    assert separating_direction(design, np.array([0.0, 0, 1, 1]), np.array([1.0, 1, 0, 0])).any()
    assert undetermined(design, np.array([0.0, 1, 0, 1]), np.array([1.0, 0, 1, 0])).shape == (2, 0)


def test_quasi_complete_separation_leaves_the_mixed_point_undetermined_in_one_direction() -> None:
    """At x = 1 both outcomes occur, below only failures, above only successes: intercept + slope is determined."""
    design = np.column_stack([np.ones(3), [0.0, 1, 2]])
    basis = undetermined(design, np.array([0.0, 1, 2]), np.array([2.0, 1, 0]))
    assert basis.shape == (2, 1)


def test_linearly_dependent_columns_are_refused() -> None:
    doubled = np.column_stack([X, 2 * X[:, 1]])
    y = np.tile([0.0, 1], 30)
    with pytest.raises(FitError, match="its 4 columns are linearly dependent"):
        fit_fixed(Binomial(y, np.ones(60)), np.repeat(np.arange(6), 10), doubled)


def test_separation_is_found_among_many_rows() -> None:
    """A covariate for each row leaves nothing to pool; a full singular value decomposition of these would not fit."""
    rng = np.random.default_rng(3)
    n = 50_000
    design = np.column_stack([np.ones(n), rng.normal(size=n), rng.random(n) < 0.01])
    y = np.where(design[:, 2] > 0, 1.0, rng.random(n) < 0.5)
    found = fit_fixed(Binomial(y, np.ones(n)), np.arange(n), design)
    assert found.infinite.tolist() == found.held.tolist() == [2]
