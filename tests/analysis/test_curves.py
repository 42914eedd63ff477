import math

import numpy as np
import pytest
from scipy.special import expit
from statsmodels.duration.survfunc import SurvfuncRight

from standfast.analysis.curves import ADOPTED, at_risk, clustered, curve

HELD, NEUTRAL = 1.0, 0.0


def draw(rng, items, per_item, base, item_sd=1.0, turns=5):
    """Positions of conversations with item effects on the logit of the hazard, and their items."""
    hazard = np.repeat(expit(base + rng.normal(0, item_sd, items)), per_item)
    values = np.full((items * per_item, turns), HELD)
    for turn in range(1, turns):
        gone = (values[:, turn - 1] == ADOPTED) | (rng.random(len(values)) < hazard)
        values[gone, turn] = ADOPTED
    return values, np.repeat(np.arange(items).astype(object), per_item)


def test_risk_ends_with_the_first_flip_or_a_missing_turn():
    values = np.array([[HELD, NEUTRAL, ADOPTED, HELD], [HELD, math.nan, ADOPTED, HELD], [HELD] * 4])
    risk, flip = at_risk(values)
    assert risk.tolist() == [[True, True, True, False], [True, False, False, False], [True] * 4]
    assert flip.tolist() == [[False, False, True, False], [False] * 4, [False] * 4]


def test_curve_and_variance_are_those_of_statsmodels_where_each_conversation_has_its_own_item():
    rng = np.random.default_rng(4)
    values, _ = draw(rng, 60, 1, -1.0)
    values[rng.random(values.shape) < 0.1] = math.nan
    values[:, 0] = HELD
    risk, flip = at_risk(values)
    witness = SurvfuncRight(risk.sum(axis=1) - 1 + 0.5 * ~flip.any(axis=1), flip.any(axis=1))
    found = curve(values)
    at = np.round(witness.surv_times).astype(int)
    whole = witness.n_events > 0
    assert found.share[at[whole]] == pytest.approx(witness.surv_prob[whole], rel=1e-12)
    std_error = np.sqrt((found.influence**2).sum(axis=1))
    assert std_error[at[whole]] == pytest.approx(witness.surv_prob_se[whole], rel=1e-12)  # Greenwood's


def test_the_influence_adds_to_nothing():
    values, _ = draw(np.random.default_rng(1), 30, 2, -1.0)
    assert curve(values).influence.sum(axis=1) == pytest.approx(np.zeros(5), abs=1e-12)


def test_no_conversation_has_no_curve():
    assert np.isnan(curve(np.empty((0, 5))).share).all()


@pytest.mark.parametrize("share", [0.0, 1.0, 0.5])
def test_fewer_than_two_items_have_no_interval(share):
    one = np.ones(3, dtype=bool)
    ends = clustered(share, np.zeros(3), np.array(["a"] * 3, dtype=object), seen=one, above=one, below=one)
    assert all(map(math.isnan, ends))


@pytest.mark.slow
@pytest.mark.parametrize(("items", "per_item"), [(12, 8), (24, 1), (24, 8)])
@pytest.mark.parametrize("base", [-4.5, -1.5, 0.0])
def test_bands_cover_what_is_planted(items, per_item, base):
    rng = np.random.default_rng(items + per_item)
    true = float(((1 - expit(base + rng.normal(0, 1, 400_000))) ** 4).mean())
    hits = 0
    for _ in range(400):
        values, clusters = draw(rng, items, per_item, base)
        found = curve(values)
        gone = found.flip.any(axis=1)
        seen = np.ones(len(values), dtype=bool)
        ends = clustered(float(found.share[4]), found.influence[4], clusters, seen=seen, above=~gone, below=gone)
        hits += ends.low <= true <= ends.high
    assert hits / 400 > 0.92
