"""What the search is made of: BFGS, differences of gradients, factors that lose rank."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.analysis.mixed.likelihood.boundary import held, outward, reduced, signs
from standfast.analysis.mixed.likelihood.descent import bfgs, forward_hessian, newton_step
from standfast.analysis.mixed.likelihood.terms import Floats, Term, unpack

FULL = {"tolerance": 1e-12, "noise": 0.0, "steps": 200, "longest": 1.0}


def term(s: int, *, correlated: bool = True) -> Term:
    columns, levels = tuple("abc"[:s]), ("1", "2")
    codes, table = np.array([0, 1]), np.ones((1, s))
    return Term(name="g", group="g", levels=levels, columns=columns, correlated=correlated, codes=codes, table=table)


def rosenbrock(x: Floats) -> tuple[float, Floats]:
    a, b = 1 - x[0], x[1] - x[0] ** 2
    return float(a**2 + 100 * b**2), np.array([-2 * a - 400 * x[0] * b, 200 * b])


def test_a_bent_valley_is_followed_to_its_end() -> None:
    found = bfgs(rosenbrock, np.array([-1.2, 1.0]), np.eye(2) / 100, **FULL)
    assert found.settled
    assert found.x == pytest.approx([1, 1], abs=1e-5)


def test_steps_stay_where_the_function_exists() -> None:
    """x − log x has its minimum at 1 and no value below 0."""

    def barrier(x: Floats) -> tuple[float, Floats]:
        return (float(x[0] - np.log(x[0])), 1 - 1 / x) if x[0] > 0 else (np.inf, x)

    found = bfgs(barrier, np.array([3.0]), np.array([[50.0]]), **FULL | {"longest": 10.0})
    assert found.x == pytest.approx([1], abs=1e-5)


def test_a_search_that_cannot_go_down_says_so() -> None:
    found = bfgs(lambda x: (float(x[0]), -np.ones(1)), np.zeros(1), np.eye(1), **FULL)
    assert not found.settled
    assert found.value == 0


def test_differences_of_the_gradient_give_the_hessian_of_the_free_coordinates() -> None:
    def gradient(x: Floats) -> Floats:
        return rosenbrock(x[:2])[1] if len(x) == 2 else np.append(rosenbrock(x[:2])[1], 0.0)

    x = np.array([0.5, 0.3, 9.0])
    H = forward_hessian(gradient, x, np.array([0, 1]), gradient(x), 1e-7)
    assert np.abs(H - [[2 - 400 * (0.3 - 0.75), -200], [-200, 200]]).max() < 1e-2


def test_a_newton_step_expects_nothing_where_there_is_no_minimum() -> None:
    step, decrement = newton_step(np.diag([2.0, 4.0]), np.array([2.0, 4.0]))
    assert step == pytest.approx([-1, -1])
    assert decrement == pytest.approx(3)
    step, decrement = newton_step(np.diag([2.0, -4.0]), np.array([2.0, 4.0]))
    assert step == pytest.approx([-1, -1])
    assert decrement == np.inf


@given(entries=st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_a_reduced_factor_keeps_the_rest_of_the_covariance(entries: list[float]) -> None:
    L = np.zeros((3, 3))
    L[np.tril_indices(3)] = entries
    rank = int(L.any(axis=0).sum())
    for smaller in reduced(term(3), L, below=10.0):
        values, kept = np.linalg.eigvalsh(L @ L.T), np.linalg.eigvalsh(smaller @ smaller.T)
        assert np.array_equal(smaller, np.tril(smaller))
        assert not smaller[:, rank - 1 :].any()
        assert kept[4 - rank :] == pytest.approx(values[4 - rank :], abs=1e-9)


def test_dimensions_that_are_large_stay() -> None:
    assert reduced(term(2), np.array([[1.0, 0], [0.3, 0.8]]), below=0.1) == []
    assert len(reduced(term(2, correlated=False), np.diag([0.05, 0.01]), below=0.1)) == 2
    assert reduced(term(2), np.zeros((2, 2)), below=0.1) == []


def test_entries_in_columns_of_zeros_are_held_and_looked_out_from() -> None:
    terms = [term(2), term(2, correlated=False), term(1)]
    theta = np.array([0.7, 0.2, 0.0, 0.0, 0.5, 0.4])
    assert held(terms, theta).tolist() == [False, False, True, True, False, False]
    assert outward(terms, theta) == [[2], [3]]
    assert outward([term(2)], np.zeros(3)) == [[0, 1]]


def test_signs_make_diagonals_positive() -> None:
    terms, theta = [term(2), term(1)], np.array([-0.7, 0.2, 0.3, -0.4])
    flipped = [L * sign for L, sign in zip(unpack(terms, theta), signs(terms, theta), strict=True)]
    assert all((np.diag(L) > 0).all() for L in flipped)
    assert flipped[0] @ flipped[0].T == pytest.approx(unpack(terms, theta)[0] @ unpack(terms, theta)[0].T)
