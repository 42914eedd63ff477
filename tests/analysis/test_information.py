"""Bits in messages: channels whose information is known in closed form, and the bias of each estimator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standfast.analysis.information import (
    ESTIMATORS,
    bits,
    entropy,
    estimate,
    jackknife,
    miller_madow,
    planted,
    plug_in,
)

EVEN = np.array([0.5, 0.5])


def h(p):
    return float(entropy(np.array([p, 1 - p])))


def studied(channel, prior, items=10, each=20, seed=0):
    """Return states, messages and items of a study with the same number of conversations in each state."""
    rng = np.random.default_rng(seed)
    item = np.repeat(np.arange(items), 2 * each)
    state = np.tile(np.repeat([0, 1], each), items)
    message = np.array([rng.choice(len(channel[s]), p=channel[s]) for s in state])
    return bits(state, message, item, np.array([1 - prior, prior]), rng=rng, deals=199)


@pytest.mark.parametrize("prior", [0.1, 0.3, 0.5])
def test_a_noiseless_channel_tells_the_entropy_of_the_state(prior):
    counts = np.array([[7.0, 0.0], [0.0, 9.0]])
    for estimator in ESTIMATORS:
        assert float(estimate(counts, np.array([1 - prior, prior]), estimator)) == pytest.approx(h(prior))


@pytest.mark.parametrize("error", [0.0, 0.11, 0.25, 0.5])
def test_a_binary_symmetric_channel_tells_one_less_the_entropy_of_its_error(error):
    channel = np.array([[1 - error, error], [error, 1 - error]])
    assert float(plug_in(channel, EVEN)) == pytest.approx(1 - h(error), abs=1e-12)


def test_information_is_symmetric_in_states_and_messages():
    joint = np.random.default_rng(1).dirichlet(np.ones(6)).reshape(2, 3)
    one = plug_in(joint, joint.sum(axis=1))
    other = plug_in(joint.T, joint.sum(axis=0))
    assert float(one) == pytest.approx(float(other))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=6, max_size=6), st.floats(0.05, 0.95))
def test_information_lies_between_nothing_and_the_entropy_of_the_state(numbers, prior):
    counts, weights = np.array(numbers, dtype=float).reshape(2, 3), np.array([1 - prior, prior])
    assert -1e-12 <= float(plug_in(counts, weights)) <= h(prior) + 1e-12
    for estimator in ESTIMATORS:
        assert 0 <= float(estimate(counts, weights, estimator)) <= h(prior) + 1e-12


def test_the_jackknife_leaves_out_each_draw_once():
    """Against the definition, draw by draw."""
    counts, prior = np.array([[3.0, 1.0, 2.0], [0.0, 4.0, 1.0]]), np.array([0.3, 0.7])
    bias = 0.0
    for s in range(2):
        n, left = counts[s].sum(), []
        for m in range(3):
            for _ in range(int(counts[s, m])):
                without = counts.copy()
                without[s, m] -= 1
                left.append(float(plug_in(without, prior)))
        bias += (n - 1) * (np.mean(left) - float(plug_in(counts, prior)))
    assert float(jackknife(counts, prior)) == pytest.approx(float(plug_in(counts, prior)) - bias)


def test_miller_and_madow_for_states_sampled_by_their_prior_is_the_textbook_correction():
    """With equal shares per state and n draws in all the bias is (S − 1)(M − 1) / 2n to first order."""
    counts = np.array([[4000.0, 3000.0, 3000.0]] * 2)
    off = float(plug_in(counts, EVEN) - miller_madow(counts, EVEN))
    assert off == pytest.approx(2 / (2 * 20000 * np.log(2)), rel=1e-6)


def test_the_correction_takes_most_of_the_bias_off():
    channel = np.array([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4]])
    error = planted(channel, n=20, draws=2000, seed=4)
    mean = {name: abs(float(e.mean())) for name, e in error.items()}
    assert mean["plug-in"] > 0.03
    assert mean["jackknife"] < 0.25 * mean["plug-in"]
    assert mean["Miller–Madow"] < 0.5 * mean["plug-in"]


def test_a_useless_channel_is_told_from_a_weak_one_by_chance_deals():
    useless = studied([[0.4, 0.3, 0.3]] * 2, 0.5)
    assert useless.p_value > 0.05
    assert useless.estimate < 0.02
    told = studied([[0.6, 0.2, 0.2], [0.2, 0.2, 0.6]], 0.5)
    assert told.p_value == pytest.approx(1 / 200)
    assert told.conf_low > told.chance


def test_the_interval_holds_the_truth_of_a_strong_channel():
    channel = [[0.8, 0.15, 0.05], [0.1, 0.2, 0.7]]
    truth = float(plug_in(np.array(channel), np.array([0.7, 0.3])))
    found = studied(channel, 0.3, items=20)
    assert found.conf_low < truth < found.conf_high
    assert found.conf_high - found.conf_low < 0.2
    assert found.most == pytest.approx(h(0.3))


def test_messages_that_go_with_the_item_and_not_with_the_state_tell_nothing():
    item = np.repeat(np.arange(6), 20)
    state = np.tile([0, 1], 60)
    message = (item % 2).astype(np.int64)
    found = bits(state, message, item, EVEN, rng=np.random.default_rng(0))
    assert found.estimate == pytest.approx(0, abs=1e-9)
    assert found.p_value == 1.0


def test_a_state_without_messages_leaves_no_estimate():
    nothing = np.zeros(4, dtype=np.int64)
    found = bits(nothing, nothing, np.arange(4), EVEN, rng=np.random.default_rng(0))
    assert np.isnan(found.estimate)
    assert np.isnan(found.p_value)
    empty = np.zeros(0, dtype=np.int64)
    assert np.isnan(bits(empty, empty, empty, EVEN, rng=np.random.default_rng(0)).estimate)


def test_the_same_seed_gives_the_same_bits():
    assert studied([[0.6, 0.4], [0.4, 0.6]], 0.3, seed=3) == studied([[0.6, 0.4], [0.4, 0.6]], 0.3, seed=3)
