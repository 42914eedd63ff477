"""Receivers: do they rank senders alike, how reliable are their probes, and the curve by opening stance."""

import numpy as np
import pandas as pd
import pytest
from exchanging import claims, exchange, row

from standfast.analysis.exchanges import of_exchanges
from standfast.analysis.receiving import by_prior, ranking, reliability

CONFIDENCE = 0.95
MODELS = ("m1", "m2", "m3", "m4")


def ranked(seed=0, **changes):
    rows = claims(np.random.default_rng(seed), models=MODELS, items=24, **changes)
    return ranking(of_exchanges(rows).talks, confidence=CONFIDENCE, seed=1)


def test_receivers_that_all_feel_a_better_sender_agree():
    (found,) = ranked(by_model={"m2": 1.0, "m3": 2.0, "m4": 3.0})
    assert found.estimate == pytest.approx(1)
    assert found.conf_low > 0.8
    assert found.p_value < 0.01
    assert (found.n_receivers, found.n_senders) == (3, 4)


def test_senders_that_are_alike_are_ranked_by_chance():
    found = [ranked(seed)[0] for seed in range(6)]
    assert np.mean([one.estimate for one in found]) < 0.75
    assert sum(one.p_value > 0.05 for one in found) >= 4


def test_a_receiver_that_met_one_sender_alone_leaves_no_ranking():
    rows = claims(np.random.default_rng(0), models=("m1", "m2"), items=8)
    rows = rows[[held["receiver"] != "r3" or held["sender"] == "m1" for held in rows["exchange"]]]
    (found,) = ranking(of_exchanges(rows).talks, confidence=CONFIDENCE, seed=1)
    assert found.status == "1 of 6 scores are missing"
    assert np.isnan(found.estimate)
    assert np.isnan(found.conf_low)


def test_one_sender_or_one_receiver_is_no_ranking():
    assert ranking(of_exchanges(claims(np.random.default_rng(0), items=4)).talks, confidence=CONFIDENCE, seed=1) == []
    rows = claims(np.random.default_rng(0), models=("m1", "m2"), receivers=("r1",), items=4)
    assert ranking(of_exchanges(rows).talks, confidence=CONFIDENCE, seed=1) == []


def probes(readings, **other):
    """Return the table of probes with these readings, one item each."""
    rows = []
    for i, scores in enumerate(readings):
        held = exchange([{"after": 0, "episode": 1, "claim": "c", "scores": scores, "confidence": []}], **other)
        rows.append(row(held, item=f"c{i}"))
    return of_exchanges(pd.DataFrame(rows)).probes


def test_the_intraclass_correlation_is_that_of_shrout_and_fleiss():
    """Their six targets and four judges: ICC(1,1) = 0.17; readings are off the stance scale, so they are halved."""
    table = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    (found,) = reliability(probes((table / 2).tolist()), confidence=CONFIDENCE, seed=1)
    assert found.icc == pytest.approx(0.166, abs=5e-4)
    assert found.repeat_sd == pytest.approx(np.sqrt(6.264) / 2, abs=2e-3)
    assert found.icc_low < found.icc < found.icc_high


def test_the_spread_of_repeats_is_the_planted_one():
    rng = np.random.default_rng(4)
    true = rng.uniform(2, 6, 150)
    readings = [
        [value + rng.normal(0, 0.5) for _ in range(int(k))]
        for value, k in zip(true, rng.integers(2, 4, 150), strict=True)
    ]
    (found,) = reliability(probes(readings), confidence=CONFIDENCE, seed=1)
    assert found.sd_low < 0.5 < found.sd_high
    truth = (16 / 12) / (16 / 12 + 0.25)
    assert found.icc_low < truth < found.icc_high


def test_readings_that_failed_are_counted_and_left_out():
    (found,) = reliability(probes([[4, 5], [None, 5], [3, 3], [None, None], [6, 2]]), confidence=CONFIDENCE, seed=1)
    assert (found.n_obs, found.n_missing) == (3, 3)


def test_probes_that_are_not_repeated_have_no_row():
    assert reliability(probes([[4], [5]]), confidence=CONFIDENCE, seed=1) == []


def test_repeats_that_never_differ_have_no_interval():
    (found,) = reliability(probes([[4, 4], [5, 5], [2, 2]]), confidence=CONFIDENCE, seed=1)
    assert (found.repeat_sd, found.icc) == (0, 1)
    assert np.isnan(found.sd_low)
    assert np.isnan(found.icc_low)


def test_gain_by_opening_stance_has_points_where_stances_were_seen():
    talks = of_exchanges(claims(np.random.default_rng(0), items=24)).talks
    points, (peak,) = by_prior(talks, confidence=CONFIDENCE, seed=1)
    assert [point.prior for point in points] == sorted({point.prior for point in points})
    assert points[0].prior <= 2 <= 4 <= points[-1].prior
    assert sum(point.n_obs for point in points) >= peak.n_obs
    assert peak.status in ("ok", "no peak")
    assert peak.found == (peak.status == "ok") == np.isfinite(peak.estimate)
    middle = next(point for point in points if point.prior == 3)
    assert middle.conf_low < 1 < middle.conf_high
    assert middle.observed == pytest.approx(1, abs=0.3)
