"""Missingness by condition: Cochran's Q, relabelling, hostile input, size and power."""

import math
from itertools import product

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import cochrans_q

from standfast.analysis.missingness import depends_on_condition

FEW = "missingness differs between conditions in fewer than 2 items"


def ask(missing, seed=1, **options):
    """Test an array (item, condition, repetition)."""
    at = np.indices(missing.shape)
    return depends_on_condition(missing.ravel(), at[1].ravel(), at[0].ravel(), np.random.default_rng(seed), **options)


def test_with_one_value_per_cell_it_is_cochrans_q():
    missing = np.random.default_rng(1).random((40, 5, 1)) < 0.3
    found = ask(missing)
    known = cochrans_q(missing[:, :, 0].astype(int))
    assert found.statistic == pytest.approx(known.statistic)
    assert found.df == known.df == 4
    assert found.p_value == pytest.approx(known.pvalue, abs=0.05)
    assert (found.n, found.n_missing) == (200, missing.sum())


def test_permutation_p_is_that_of_all_permutations():
    # Three items of three speak for condition 1: of the 8 relabellings 2 are as extreme.
    missing = np.zeros((3, 2, 1), dtype=bool)
    missing[:, 1] = True
    assert ask(missing, n_permutations=9999).p_value == pytest.approx(2 / 8, abs=0.02)


def test_items_that_lack_a_condition_are_compared_on_the_others():
    rng = np.random.default_rng(2)
    rows = [(i, c) for i in range(6) for c in range(3) if not (i < 3 and c == 2)]
    item, condition = np.array(rows).T
    missing = rng.random(len(rows)) < 0.5
    found = depends_on_condition(missing, condition, item, rng, 9999)
    # Brute force: deviations from the item's mean, labels permuted in all ways within items, Mahalanobis distance.
    deviations = [missing[item == i] - missing[item == i].mean() for i in range(6)]
    ways = [{tuple(d[list(p)]) for p in _orders(len(d))} for d in deviations]
    weights = [[_ways(d, w) for w in each] for d, each in zip(deviations, ways, strict=True)]
    totals = np.array([sum((np.pad(d, (0, 3 - len(d))) for d in chosen), np.zeros(3)) for chosen in product(*ways)])
    chances = np.array([math.prod(chosen) for chosen in product(*weights)])
    inverse = np.linalg.pinv((totals * chances[:, None]).T @ totals / chances.sum())
    distance = np.einsum("pi,ij,pj->p", totals, inverse, totals)
    observed = sum((np.pad(d, (0, 3 - len(d))) for d in deviations), np.zeros(3))
    statistic = float(observed @ inverse @ observed)
    assert found.statistic == pytest.approx(statistic)
    exact = chances[distance >= statistic * (1 - 1e-9)].sum() / chances.sum()
    assert found.p_value == pytest.approx(exact, abs=0.02)


def _orders(n):
    return [p for p in product(range(n), repeat=n) if len(set(p)) == n]


def _ways(deviation, wanted):
    return sum(tuple(deviation[list(p)]) == wanted for p in _orders(len(deviation)))


def test_a_condition_that_loses_values_is_found():
    rng = np.random.default_rng(3)
    missing = rng.random((24, 4, 4)) < np.array([0.02, 0.02, 0.02, 0.25])[None, :, None]
    assert ask(missing).p_value == 1 / 2000  # the observed labels count, so never 0


def test_one_item_that_loses_a_condition_is_no_evidence():
    missing = np.random.default_rng(4).random((24, 4, 20)) < 0.05
    missing[0, 3] = True
    assert ask(missing).p_value > 0.05


def test_order_and_names_do_not_matter():
    rng = np.random.default_rng(5)
    missing, at = rng.random((12, 3, 2)) < 0.3, np.indices((12, 3, 2))
    order = rng.permutation(missing.size)
    renamed = depends_on_condition(
        missing.ravel()[order], 7 - at[1].ravel()[order], 100 * at[0].ravel()[order], np.random.default_rng(1)
    )
    assert renamed.statistic == pytest.approx(ask(missing).statistic)


def test_the_same_seed_gives_the_same_answer():
    missing = np.random.default_rng(6).random((12, 3, 2)) < 0.3
    assert ask(missing) == ask(missing)


@pytest.mark.parametrize(
    ("missing", "status"),
    [
        (np.zeros((4, 3, 2), bool), "nothing is missing"),
        (np.zeros((0, 3, 2), bool), "nothing is missing"),
        (np.ones((4, 3, 2), bool), "everything is missing"),
        (np.eye(4, dtype=bool)[:, None, :], "there is only one condition"),
        (np.eye(4, dtype=bool)[None, :, :], "one item cannot tell"),
        (
            np.eye(4, dtype=bool)[:, :1, None].repeat(3, axis=1),
            FEW,
        ),
        (
            np.eye(4, dtype=bool)[:, :3, None] & (np.arange(4) < 1)[:, None, None],
            FEW,
        ),
    ],
)
def test_where_there_is_nothing_to_test_it_says_why(missing, status):
    found = ask(missing)
    assert found.status == status
    assert math.isnan(found.p_value)
    assert math.isnan(found.statistic)
    assert found.n_missing == missing.sum()


def test_equal_shares_do_not_count_as_differing_by_rounding():
    missing = np.zeros((3, 3, 3), dtype=bool)
    missing[:, :, 0] = True  # a third everywhere
    assert ask(missing).n_items == 0


@pytest.mark.slow
@pytest.mark.parametrize("clumped", [False, True])
def test_level_is_kept_also_where_values_go_missing_in_clumps(clumped):
    rng = np.random.default_rng(7)
    rejected = []
    for _ in range(1000):
        share = rng.beta(0.05, 0.45, (24, 4, 1)) if clumped else 0.1
        found = ask(rng.random((24, 4, 4)) < share, rng, n_permutations=199)
        rejected.append(found.p_value <= 0.05)
    assert np.mean(rejected) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1000)
