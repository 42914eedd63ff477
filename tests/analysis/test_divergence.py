"""Distances between mixes: known answers, an independent implementation, and the correction for small samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from standfast.analysis.divergence import distance, divergence

MIX = np.array([0.4, 0.3, 0.2, 0.1])


def mentions(mix, items, per, seed):
    return np.random.default_rng(seed).multinomial(per, mix, size=items).astype(float)


def test_identical_mixes_are_nothing_apart_and_disjoint_ones_fully():
    assert float(divergence(MIX, 7 * MIX)) == pytest.approx(0, abs=1e-15)
    assert float(divergence(np.array([1.0, 2, 0, 0]), np.array([0.0, 0, 5, 1]))) == pytest.approx(1)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=8, max_size=8))
def test_the_distance_is_scipys(numbers):
    p, q = np.array(numbers[:4], float), np.array(numbers[4:], float)
    if p.sum() == 0 or q.sum() == 0:
        assert np.isnan(divergence(p, q))
    else:
        assert np.sqrt(divergence(p, q)) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)


def test_divergence_is_the_information_of_a_mention():
    from standfast.analysis.information import plug_in

    other = np.array([0.1, 0.1, 0.3, 0.5])
    assert float(divergence(MIX, other)) == pytest.approx(float(plug_in(np.stack([MIX, other]), np.array([0.5, 0.5]))))


def test_two_samples_of_one_mix_are_hardly_apart_after_correction():
    found = [distance(mentions(MIX, 20, 2, seed), mentions(MIX, 20, 2, seed + 500)) for seed in range(60)]
    assert np.mean([one.uncorrected for one in found]) > 0.13
    assert np.mean([one.estimate for one in found]) < 0.09
    assert np.mean([one.conf_low == 0 for one in found]) > 0.9


def test_the_interval_holds_the_true_distance():
    other = np.array([0.1, 0.2, 0.3, 0.4])
    truth = jensenshannon(MIX, other, base=2)
    found = [distance(mentions(MIX, 30, 4, seed), mentions(other, 30, 4, seed + 500)) for seed in range(100)]
    assert np.mean([one.conf_low <= truth <= one.conf_high for one in found]) >= 0.88
    assert np.mean([one.estimate for one in found]) == pytest.approx(truth, abs=0.02)


def test_a_reference_counts_as_exact():
    counts = mentions(MIX, 30, 4, 1)
    found = distance(counts, MIX)
    assert found.conf_low == 0
    assert found.estimate < 0.1
    assert found.uncorrected == pytest.approx(jensenshannon(counts.sum(axis=0), MIX, base=2))
    assert distance(counts, 10 * MIX) == pytest.approx(found)


def test_the_order_of_mixes_and_items_without_mentions_change_nothing():
    first, second = mentions(MIX, 12, 3, 1), mentions(MIX[::-1], 12, 3, 2)
    found = distance(first, second)
    assert distance(second, first) == pytest.approx(found)
    empty = np.zeros((4, 4))
    assert distance(np.vstack([first, empty]), np.vstack([second, empty])) == found
    assert found.n_items == 12


def test_too_few_items_or_an_empty_mix_leave_no_estimate():
    assert np.isnan(distance(mentions(MIX, 2, 3, 1), mentions(MIX, 2, 3, 2)).estimate)
    assert np.isnan(distance(mentions(MIX, 5, 3, 1), np.zeros((5, 4))).estimate)
    assert np.isnan(distance(np.zeros((0, 4)), np.zeros((0, 4))).uncorrected)


def test_mixes_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="same items and strategies"):
        distance(np.ones((3, 4)), np.ones((4, 4)))
    with pytest.raises(ValueError, match="same items and strategies"):
        distance(np.ones((3, 4)), np.ones(3))
    with pytest.raises(ValueError, match="at least 0"):
        distance(-np.ones((3, 4)), np.ones((3, 4)))
