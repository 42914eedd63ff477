"""The most that signals can reach: textbook answers, brute force, and what must hold of any optimum."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.signalling import Game, by_program, optimum, threshold_game, value


def belief(good):
    return np.array([1 - good, good])


def random_game(rng, actions, states):
    return Game(receiver=rng.normal(size=(actions, states)), sender=rng.normal(size=(actions, states)))


def test_the_prosecutor_convinces_the_judge_in_three_fifths_of_cases():
    found = optimum(threshold_game(0.5), belief(0.3))
    assert found.value == pytest.approx(0.6, abs=1e-15)
    assert found.silent == 0
    assert found.posteriors[:, 1] == pytest.approx([0.0, 0.5], abs=1e-15)
    assert found.chance == pytest.approx([0.4, 0.6], abs=1e-15)


@pytest.mark.parametrize("prior", [0.0, 0.1, 0.35, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.65, 1.0])
def test_a_threshold_is_reached_with_probability_prior_over_threshold(prior, threshold):
    expected = min(1.0, prior / threshold)
    for solve in (optimum, by_program):
        assert solve(threshold_game(threshold), belief(prior)).value == pytest.approx(expected, abs=1e-9)


def test_a_receiver_at_the_threshold_acts_in_the_senders_favour():
    assert value(threshold_game(0.7), belief(0.7)) == 1
    assert optimum(threshold_game(0.7), belief(0.7)).gain == 0


def two_signal_best(game, prior, steps=400):
    """Return the best of all schemes with two signals on a grid of posteriors."""
    grid = np.linspace(0, 1, steps + 1)
    heights = np.array([value(game, belief(good)) for good in grid])
    at, best = prior[1], value(game, prior)
    for low, high in itertools.product(np.flatnonzero(grid <= at), np.flatnonzero(grid > at)):
        share = (at - grid[low]) / (grid[high] - grid[low])
        best = max(best, (1 - share) * heights[low] + share * heights[high])
    return best


@pytest.mark.parametrize("seed", range(6))
def test_two_states_agree_with_every_scheme_of_two_signals(seed):
    rng = np.random.default_rng(seed)
    game, prior = random_game(rng, 4, 2), belief(rng.uniform(0.05, 0.95))
    brute = two_signal_best(game, prior, steps=200)
    found = optimum(game, prior).value
    assert brute <= found + 1e-9  # a scheme on the grid is a scheme
    assert found - brute < 0.05  # and the grid comes close


def on_a_grid(game, prior, steps):
    """Return the best over all distributions of posteriors on a fine grid of the simplex."""
    from scipy.optimize import linprog

    states = len(prior)
    points = [p for p in itertools.product(range(steps + 1), repeat=states) if sum(p) == steps]
    grid = np.array(points) / steps
    grid = np.vstack([grid, prior])
    heights = np.array([value(game, point) for point in grid])
    found = linprog(-heights, A_eq=np.vstack([grid.T, np.ones(len(grid))]), b_eq=np.append(prior, 1.0), method="highs")
    return -found.fun


@pytest.mark.parametrize(("seed", "states", "steps"), [(0, 3, 40), (1, 3, 40), (2, 3, 40), (3, 4, 16), (4, 4, 16)])
def test_more_states_agree_with_posteriors_on_a_fine_grid(seed, states, steps):
    rng = np.random.default_rng(seed)
    game, prior = random_game(rng, 3, states), rng.dirichlet(np.ones(states))
    brute, found = on_a_grid(game, prior, steps), optimum(game, prior).value
    assert brute <= found + 1e-9
    assert found - brute < 3 / steps


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), actions=st.integers(1, 5))
def test_the_envelope_and_the_program_agree_on_two_states(seed, actions):
    rng = np.random.default_rng(seed)
    game, prior = random_game(rng, actions, 2), belief(rng.uniform(0, 1))
    assert optimum(game, prior).value == pytest.approx(by_program(game, prior).value, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), states=st.integers(2, 4))
def test_an_optimum_is_plausible_reachable_and_no_worse_than_silence_or_full_disclosure(seed, states):
    rng = np.random.default_rng(seed)
    game, prior = random_game(rng, 3, states), rng.dirichlet(np.ones(states))
    found = optimum(game, prior)
    assert found.chance @ found.posteriors == pytest.approx(prior, abs=1e-7)
    assert found.chance.sum() == pytest.approx(1)
    assert found.gain >= -1e-9
    disclosed = sum(p * value(game, state) for p, state in zip(prior, np.eye(states), strict=True))
    assert found.value >= disclosed - 1e-9


def test_a_sender_with_the_receivers_utility_discloses_everything():
    rng = np.random.default_rng(5)
    utilities = rng.normal(size=(3, 3))
    prior = np.array([0.2, 0.3, 0.5])
    found = optimum(Game(receiver=utilities, sender=utilities), prior)
    assert found.value == pytest.approx(prior @ utilities.max(axis=0))


def test_a_game_and_a_prior_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="actions × states"):
        Game(receiver=np.zeros((2, 2)), sender=np.zeros((2, 3)))
    with pytest.raises(ValueError, match="finite"):
        Game(receiver=np.array([[np.nan, 0.0]]), sender=np.zeros((1, 2)))
    for prior in ([0.5, 0.6], [-0.1, 1.1], [1.0]):
        with pytest.raises(ValueError, match="distribution over 2 states"):
            optimum(threshold_game(0.5), np.array(prior))
    for threshold in (0.0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="threshold"):
            threshold_game(threshold)
