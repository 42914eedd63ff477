"""Cluster bootstrap and two-stage t: brute force, known answers, invariances, hostile input and coverage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from standfast.analysis.resampling import cluster_bootstrap, two_stage_t

DIFFERENCE = np.array([1.0, -1.0])
DOUBLE = np.array([1.0, -1.0, -1.0, 1.0])


def crossed(y):
    """Values (cluster, cell, repetition) -> values, cell, cluster; NaN is left out."""
    at = np.indices(y.shape)
    there = np.isfinite(y)
    return y[there], at[1][there], at[0][there]


def drawn(seed, shape=(24, 2, 3), slope=0.5):
    rng = np.random.default_rng(seed)
    item = rng.normal(size=(shape[0], 1, 1))
    return item + rng.normal(0, slope, (*shape[:2], 1)) + rng.normal(size=shape)


def boot(y, weights, n_boot=400, seed=1, **options):
    return cluster_bootstrap(*crossed(y), weights, n_boot, np.random.default_rng(seed), **options)


def test_bootstrap_is_that_of_resampled_rows():
    y = drawn(1, (7, 2, 3))
    y[0, 0, 1:] = np.nan  # unequal counts
    rng = np.random.default_rng(5)
    chosen = rng.integers(0, 7, (200, 7))

    def contrast(clusters):
        means = [np.nanmean(y[clusters, c]) for c in (0, 1)]
        counts = [np.isfinite(y[clusters, c]).sum() for c in (0, 1)]
        parts = [np.nansum(y[clusters, c] - means[c], axis=1) / counts[c] for c in (0, 1)]
        added = parts[0] - parts[1]
        return means[0] - means[1], math.sqrt(7 / 6 * (added**2).sum())

    estimate, std_error = contrast(np.arange(7))
    t = sorted(abs(found - estimate) / error for found, error in map(contrast, chosen))
    half = t[189] * std_error  # the 190th of 200 is the 95 % quantile
    found = boot(y, DIFFERENCE, 200, seed=5)
    assert found[:4] == pytest.approx((estimate, estimate - half, estimate + half, std_error), rel=1e-9)
    assert (found.n_clusters, found.n_boot, found.status) == (7, 200, "ok")


def test_linearised_error_of_a_balanced_design_is_that_of_the_two_stage_t():
    y = drawn(2)
    linearised, staged = boot(y, DIFFERENCE), two_stage_t(*crossed(y), DIFFERENCE)
    assert linearised.estimate == pytest.approx(staged.estimate)
    assert linearised.std_error == pytest.approx(staged.std_error)


def test_two_stage_t_is_a_t_test_of_the_clusters_contrasts():
    y = drawn(3, (9, 4, 2))
    found = two_stage_t(*crossed(y), DOUBLE)
    known = stats.ttest_1samp(y.mean(axis=2) @ DOUBLE, 0.0)
    interval = known.confidence_interval(0.95)
    assert found.p_value == pytest.approx(known.pvalue)
    assert (found.conf_low, found.conf_high) == pytest.approx((interval.low, interval.high))
    assert (found.df, found.n_clusters, found.n_dropped) == (8.0, 9, 0)


def test_two_stage_t_counts_the_clusters_it_cannot_use():
    y = drawn(4, (6, 3, 2))
    y[0, 1] = y[1, 0] = np.nan
    y[2, 2] = np.nan  # a cell that is not needed
    y[3] = np.nan
    found = two_stage_t(*crossed(y), np.array([1.0, -1.0, 0.0]))
    assert (found.n_clusters, found.n_dropped) == (3, 2)


def test_cells_without_weight_play_no_part():
    y = drawn(5, (12, 3, 2))
    with_it, without = boot(y, np.array([1.0, -1.0, 0.0])), boot(y[:, :2], DIFFERENCE)
    assert with_it == without


def test_the_same_seed_gives_the_same_interval_and_another_nearly():
    y = drawn(6)
    assert boot(y, DIFFERENCE) == boot(y, DIFFERENCE)
    first, second = (boot(y, DIFFERENCE, 4000, seed) for seed in (1, 2))
    assert first.conf_low != second.conf_low
    assert first.conf_low == pytest.approx(second.conf_low, abs=0.3 * first.std_error)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-6, 1e6), shift=st.floats(-10, 10))
def test_the_interval_follows_scale_sign_and_shift(seed, scale, shift):
    y = drawn(seed, (8, 2, 2))
    plain, changed = boot(y, DIFFERENCE), boot(scale * (y + shift), DIFFERENCE)
    assert changed[:4] == pytest.approx([scale * number for number in plain[:4]], rel=1e-6, abs=1e-9 * scale)
    swapped = boot(y, -DIFFERENCE)
    assert (swapped.conf_low, swapped.conf_high) == pytest.approx((-plain.conf_high, -plain.conf_low))


def test_row_order_and_names_of_clusters_do_not_matter():
    values, cell, cluster = crossed(drawn(7))
    order = np.random.default_rng(1).permutation(len(values))
    given_ = cluster_bootstrap(values, cell, cluster, DIFFERENCE, 300, np.random.default_rng(1))
    renamed = cluster_bootstrap(
        values[order], cell[order], 1000 - 10 * (23 - cluster[order]), DIFFERENCE, 300, np.random.default_rng(1)
    )
    assert renamed[:4] == pytest.approx(given_[:4])


def test_resamples_without_a_needed_cell_are_counted_and_dropped():
    y = drawn(8, (40, 2, 2))
    y[:36, 0] = np.nan  # 4 of 40 clusters have cell 0; a resample has none of them with probability 0.9^40 = 1.5 %
    found = boot(y, DIFFERENCE, 2000)
    assert found.status == "ok"
    assert 0.005 < 1 - found.n_boot / 2000 < 0.03


def test_many_resamples_without_a_needed_cell_give_no_interval():
    y = drawn(9, (40, 2, 2))
    y[:39, 0] = np.nan
    found = boot(y, DIFFERENCE, 1000)
    assert math.isnan(found.conf_low)
    assert math.isfinite(found.estimate)
    assert found.status == f"{1000 - found.n_boot} of 1000 resamples lack a needed cell"


@pytest.mark.parametrize(
    ("y", "status"),
    [
        (np.full((5, 2, 2), 0.3), "the contrast does not vary between clusters"),
        (np.zeros((5, 2, 2)), "the contrast does not vary between clusters"),
        (drawn(1, (1, 2, 2)), "fewer than 2 clusters"),
        (np.array([[[1.0], [0.0]], *[[[0.0], [0.0]]] * 9]), "too few clusters differ from the rest"),
    ],
)
def test_where_nothing_varies_there_is_an_estimate_but_no_interval(y, status):
    found = boot(y, DIFFERENCE)
    assert found.status == status
    assert math.isfinite(found.estimate)
    assert math.isnan(found.conf_low)
    assert math.isnan(found.conf_high)


def test_an_empty_cell_gives_no_estimate():
    y = drawn(1, (5, 2, 2))
    y[:, 1] = np.nan
    found = boot(y, DIFFERENCE)
    assert found.status == "a needed cell has no value"
    assert math.isnan(found.estimate)
    assert two_stage_t(*crossed(y), DIFFERENCE).status == "fewer than 2 clusters have a value in every needed cell"


def test_no_values_at_all_give_no_estimate():
    none = np.empty(0), np.empty(0, int), np.empty(0, int)
    assert math.isnan(cluster_bootstrap(*none, DIFFERENCE, 10, np.random.default_rng(1)).estimate)
    assert two_stage_t(*none, DIFFERENCE).n_clusters == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"values": np.array([1.0, np.nan])}, "values must be finite"),
        ({"cell": np.array([0, 2])}, "cells must lie from 0 to 1, got 0 to 2"),
        ({"cell": np.array([-1, 0])}, "cells must lie from 0 to 1, got -1 to 0"),
        ({"cluster": np.array([0])}, "must be of one length, got 2, 2, 1"),
        ({"weights": np.zeros(2)}, "no cell has a weight other than 0"),
        ({"n_boot": 0}, "n_boot must be at least 1, got 0"),
    ],
)
def test_wrong_arguments_are_refused(changed, message):
    right = {"values": np.ones(2), "cell": np.arange(2), "cluster": np.arange(2), "weights": DIFFERENCE, "n_boot": 9}
    with pytest.raises(ValueError, match=message):
        cluster_bootstrap(**{**right, **changed}, rng=np.random.default_rng(1))


def shares(rng, mean, shape):
    """Binary values with item effects (0.4 of the variance) and item × cell effects."""
    item = rng.beta(1.5 * mean, 1.5 * (1 - mean), (shape[0], 1, 1)).clip(1e-6, 1 - 1e-6)
    cell = rng.beta(9 * item, 9 * (1 - item), (*shape[:2], 1))
    return (rng.random(shape) < cell).astype(float)


@pytest.mark.slow
@pytest.mark.parametrize("items", [24, 100])
@pytest.mark.parametrize("mean", [None, 0.05, 0.5])
def test_intervals_of_contrasts_cover(items, mean):
    rng = np.random.default_rng(items)
    covered = []
    for _ in range(1000):
        shape = (items, 4, 4)
        y = drawn(rng, shape, 0.7) if mean is None else shares(rng, mean, shape)
        found = cluster_bootstrap(*crossed(y), DOUBLE, 999, rng)
        if found.status == "ok":
            covered.append(found.conf_low <= 0 <= found.conf_high)
    assert len(covered) > 600
    assert np.mean(covered) > 0.95 - 3 * math.sqrt(0.95 * 0.05 / len(covered))
