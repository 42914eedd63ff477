"""The reference grid and the averages over it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.mixed import MixedFit, lmm
from standfast.analysis.mixed.means.grid import cell_grid, estimable, margins, reference_grid
from standfast.errors import FitError


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Unbalanced: role p has year 3 in one row out of five, arm differs between items."""
    rng = np.random.default_rng(5)
    n = 240
    frame = pd.DataFrame({"item": rng.integers(0, 20, n), "role": rng.choice(["a", "p"], n, p=[0.7, 0.3])})
    frame["year"] = np.where(
        frame["role"] == "a", rng.choice([1, 2, 3], n), rng.choice([1, 2, 3], n, p=[0.6, 0.2, 0.2])
    )
    frame["arm"] = np.where(frame["item"] % 3 == 0, "t", "c")
    frame["x"] = rng.exponential(size=n)
    frame["seen"] = rng.random(n) < 0.4
    frame["y"] = rng.normal(size=n) + rng.normal(size=20)[frame["item"]] + frame["x"]
    return frame


@pytest.fixture(scope="module")
def fit(data: pd.DataFrame) -> MixedFit:
    return lmm("y ~ role * C(year) + seen + np.log(x) + (1 | item)", data)


def test_the_grid_has_all_combinations_of_levels_and_the_mean_of_numbers(fit: MixedFit, data: pd.DataFrame) -> None:
    grid = reference_grid(fit)
    assert grid.names == ("role", "year", "seen", "x")
    assert [variable.labels for variable in grid.variables[:3]] == [("a", "p"), ("1", "2", "3"), ("False", "True")]
    assert len(grid.frame) == 12
    assert grid.frame["role"].tolist()[:4] == ["a", "p", "a", "p"]
    assert grid.frame["x"].to_numpy() == pytest.approx(data["x"].mean())
    assert grid.X.shape == (12, 8)


def test_functions_are_taken_of_the_mean(fit: MixedFit, data: pd.DataFrame) -> None:
    grid = reference_grid(fit)
    assert grid.X[:, fit.names.index("np.log(x)")] == pytest.approx(np.log(data["x"].mean()))


def test_rows_of_data_are_counted(fit: MixedFit, data: pd.DataFrame) -> None:
    grid = reference_grid(fit)
    assert grid.counts.sum() == len(data)
    third = (data["role"] == "a") & (data["year"] == 2) & ~data["seen"]
    assert grid.counts[2] == third.sum()


def test_values_can_be_given(fit: MixedFit) -> None:
    grid = reference_grid(fit, {"x": [1, 2.5], "year": 2, "role": ["p"]})
    assert grid.frame["x"].unique().tolist() == [1.0, 2.5]
    assert grid.frame["year"].unique().tolist() == [2.0]
    assert grid.frame["role"].unique().tolist() == ["p"]
    assert len(grid.frame) == 4


def test_numbers_can_be_spread_around_their_mean(fit: MixedFit, data: pd.DataFrame) -> None:
    assert sorted(reference_grid(fit, spread=True).frame["x"].unique()) == pytest.approx(
        [data["x"].mean() - 1, data["x"].mean() + 1]
    )


def test_a_number_with_two_values_keeps_them(data: pd.DataFrame) -> None:
    grid = reference_grid(lmm("y ~ z + (1 | item)", data.assign(z=np.where(data["seen"], 2.5, -1.0))))
    assert grid.frame["z"].tolist() == [-1.0, 2.5]


def test_variables_of_the_random_part_alone_stand_in_the_grid(data: pd.DataFrame) -> None:
    grid = reference_grid(lmm("y ~ x + (1 + role || item)", data))
    assert grid.names == ("x", "role")


def test_a_polynomial_keeps_its_basis(data: pd.DataFrame) -> None:
    curved = lmm("y ~ poly(x, 2) + (1 | item)", data)
    plain = lmm("y ~ x + I(x**2) + (1 | item)", data)
    at = {"x": [0.1, 1.0, 2.0]}
    assert reference_grid(curved, at).X @ curved.beta == pytest.approx(
        reference_grid(plain, at).X @ plain.beta, rel=1e-6
    )


def test_a_value_where_the_formula_is_not_finite_is_not_estimable(fit: MixedFit) -> None:
    grid = reference_grid(fit, {"x": [0, 1]})
    assert grid.estimable.tolist() == [False] * 6 * 2 + [True] * 6 * 2
    assert np.isfinite(grid.known_rows).all()


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"rol": "a"}, 'at: no variable "rol". Known: role, year, seen, x. Did you mean "role"'),
        ({"role": "q"}, 'at: "role" has no level "q". Known: a, p.'),
        ({"year": 4}, 'at: "year" has no level "4". Known: 1, 2, 3.'),
        ({"x": "high"}, 'at: "x" is a number, found "high"'),
        ({"x": np.inf}, 'at: "x" is a number, found "inf"'),
        ({"x": []}, 'at: "x" is given no value'),
        ({"x": np.arange(1, 2000)}, "23988 combinations, at most 10000"),
    ],
)
def test_wrong_values_are_refused(fit: MixedFit, at: dict[str, Any], message: str) -> None:
    with pytest.raises(FitError) as caught:
        reference_grid(fit, at)
    assert message in str(caught.value)


def test_equal_weights_do_not_look_at_the_data(fit: MixedFit) -> None:
    found = margins(reference_grid(fit), ["role"])
    assert found.labels == (("a",), ("p",))
    assert found.weights[0].tolist() == [1 / 6, 0] * 6


def test_proportional_weights_are_those_of_what_is_averaged_over(fit: MixedFit, data: pd.DataFrame) -> None:
    grid = reference_grid(fit)
    found = margins(grid, ["role"], "proportional")
    expected = data.groupby(["year", "seen"]).size() / len(data)
    for row, weight in zip(range(1, 12, 2), found.weights[1][1::2], strict=True):
        assert weight == pytest.approx(expected[grid.frame["year"][row], grid.frame["seen"][row]])
    assert (found.weights[0][::2] == found.weights[1][1::2]).all()


def test_outer_weights_are_products_of_single_shares(fit: MixedFit, data: pd.DataFrame) -> None:
    found = margins(reference_grid(fit), ["role"], "outer")
    share = data["year"].value_counts(normalize=True), data["seen"].value_counts(normalize=True)
    expected = [share[0][year] * share[1][seen] for seen in (False, True) for year in (1, 2, 3)]
    assert found.weights[0][::2] == pytest.approx(expected)


def test_cell_weights_are_those_of_the_cells_themselves(fit: MixedFit, data: pd.DataFrame) -> None:
    found = margins(reference_grid(fit), ["role"], "cells")
    of_role = data[data["role"] == "p"]
    expected = of_role.groupby(["seen", "year"]).size() / len(of_role)
    assert found.weights[1][1::2] == pytest.approx(expected.to_numpy())


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["equal", "proportional", "outer", "cells"]), st.sets(st.sampled_from(["role", "year", "seen"])))
def test_weights_sum_to_one(fit: MixedFit, weights: Any, names: set[str]) -> None:
    found = margins(reference_grid(fit), sorted(names), weights)
    assert found.weights.sum(axis=1) == pytest.approx(1.0)
    assert len(found.labels) == len(found.weights)


def test_a_combination_without_data_has_no_weights_by_cells(data: pd.DataFrame) -> None:
    kept = data[(data["role"] == "a") | (data["year"] != 3)]
    found = margins(reference_grid(lmm("y ~ role + C(year) + (1 | item)", kept)), ["role", "year"], "cells")
    assert found.labels[5] == ("p", "3")
    assert np.isnan(found.weights[5]).all()
    assert np.isfinite(found.weights[:5]).all()


def test_wrong_margins_are_refused(fit: MixedFit) -> None:
    with pytest.raises(FitError, match=r'no variable "roles"\. Known: role, year, seen, x\. Did you mean "role"'):
        margins(reference_grid(fit), ["roles"])
    with pytest.raises(ValueError, match="weights: 'sizes' is not known"):
        margins(reference_grid(fit), ["role"], "sizes")  # type: ignore[arg-type]


def test_only_combinations_of_rows_of_the_data_are_estimable() -> None:
    X = np.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 1]])
    assert estimable(np.array([[1.0, 1, 1], [0, 1, -1]]), X).all()
    without_last = np.column_stack([X[:2], [0, 0]])
    assert estimable(np.array([[1.0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0]]), without_last).tolist() == [
        True,
        False,
        True,
    ]
    assert estimable(np.array([[np.inf, 0, 0]]), X).tolist() == [False]
    assert estimable(np.zeros((2, 0)), np.zeros((5, 0))).all()


def test_the_cells_of_the_data_are_a_grid_too(fit: MixedFit, data: pd.DataFrame) -> None:
    grid = cell_grid(fit)
    assert grid.counts.sum() == len(data)
    assert (fit.design.model_matrix(grid.frame) == grid.X).all()
