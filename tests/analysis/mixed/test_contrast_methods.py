"""Coefficients of contrasts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.analysis.mixed.means.contrast_methods import coefficients, crossed

LEVELS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("method", "names", "rows"),
    [
        ("pairwise", ("a - b", "a - c", "b - c"), [[1, -1, 0], [1, 0, -1], [0, 1, -1]]),
        ("revpairwise", ("b - a", "c - a", "c - b"), [[-1, 1, 0], [-1, 0, 1], [0, -1, 1]]),
        ("consec", ("b - a", "c - b"), [[-1, 1, 0], [0, -1, 1]]),
        ("trt.vs.ctrl", ("b - a", "c - a"), [[-1, 1, 0], [-1, 0, 1]]),
        ("poly", ("linear", "quadratic"), [[-1, 0, 1], [1, -2, 1]]),
    ],
)
def test_contrasts_of_three_levels(method: str, names: tuple[str, ...], rows: list[list[int]]) -> None:
    found = coefficients(method, LEVELS)  # type: ignore[arg-type]
    assert found.names == names
    assert found.coefficients.tolist() == rows


def test_the_reference_level_can_be_chosen() -> None:
    found = coefficients("trt.vs.ctrl", LEVELS, reference="c")
    assert found.names == ("a - c", "b - c")
    assert found.coefficients.tolist() == [[1, 0, -1], [0, 1, -1]]


@pytest.mark.parametrize(
    ("levels", "rows"),
    [
        (4, [[-3, -1, 1, 3], [1, -1, -1, 1], [-1, 3, -3, 1]]),
        (5, [[-2, -1, 0, 1, 2], [2, -1, -2, -1, 2], [-1, 2, 0, -2, 1], [1, -4, 6, -4, 1]]),
        (6, [[-5, -3, -1, 1, 3, 5], [5, -1, -4, -4, -1, 5], [-5, 7, 4, -4, -7, 5], [1, -3, 2, 2, -3, 1]]),
    ],
)
def test_polynomials_are_the_whole_numbers_of_the_tables(levels: int, rows: list[list[int]]) -> None:
    found = coefficients("poly", [str(i) for i in range(levels)])
    assert found.coefficients[: len(rows)].tolist() == rows


def test_polynomials_stop_at_degree_six() -> None:
    found = coefficients("poly", [str(i) for i in range(9)])
    assert found.names == ("linear", "quadratic", "cubic", "quartic", "degree 5", "degree 6")
    assert np.abs(found.coefficients @ found.coefficients.T - np.diag((found.coefficients**2).sum(axis=1))).max() == 0


@given(st.sampled_from(["pairwise", "revpairwise", "consec", "trt.vs.ctrl", "poly"]), st.integers(1, 8))
def test_contrasts_sum_to_zero(method: str, levels: int) -> None:
    found = coefficients(method, [str(i) for i in range(levels)])  # type: ignore[arg-type]
    assert found.coefficients.shape == (len(found.names), levels)
    assert np.abs(found.coefficients.sum(axis=1)).max(initial=0.0) == 0


def test_ratios_and_compound_names() -> None:
    assert coefficients("pairwise", ("a - b", "c"), sign="/").names == ("(a - b) / c",)


def test_given_coefficients_are_taken_as_they_are() -> None:
    found = coefficients({"c against the rest": (-0.5, -0.5, 1)}, LEVELS)
    assert found.names == ("c against the rest",)
    assert found.coefficients.tolist() == [[-0.5, -0.5, 1]]


def test_products_let_the_first_factor_vary_fastest() -> None:
    one, two = np.array([[1.0, -1.0]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    assert crossed([one, two]).tolist() == [[1, -1, 2, -2], [3, -3, 4, -4]]


@pytest.mark.parametrize(
    ("method", "reference", "message"),
    [
        ("dunnet", None, r"no method 'dunnet'\. Known: pairwise"),
        ("trt.vs.ctrl", "B", r"no reference level 'B'\. Known: a, b, c\. Did you mean 'b'"),
        ({"x": [1, -1]}, None, r"'x' has coefficients \[1, -1\]; 3 finite numbers"),
        ({"x": [1, -1, np.nan]}, None, "3 finite numbers"),
    ],
)
def test_wrong_contrasts_are_refused(method: object, reference: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        coefficients(method, LEVELS, reference=reference)  # type: ignore[arg-type]
