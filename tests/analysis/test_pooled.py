import numpy as np
import pandas as pd
import pytest

from standfast.analysis.gated import Wanted, findings

SLOPES = {"item": 0.5, "persona": 0.2, "role": 0.2, "profile": 0.2, "both": 0.3, "residual": 0.5}
LEVELS = ("L(peer, full)", "E2(peer, full)", "E2(advisor, full)", "E3(full)", "E4(full)")


@pytest.fixture(scope="module")
def rate(bench):
    return bench.measure(scale="rate", unit="per 100 words", low=None, high=None)


def run(frame, measures, contrasts=LEVELS, audits=("pooled",), **more):
    wanted = [Wanted(audit, "m", contrast, 0.95) for audit in audits for contrast in contrasts]
    found = findings(frame, measures, wanted, pairs=more.pop("pairs", {}), **more)
    return {(one.audit, one.contrast): one for one in found}


def audit(bench, name, seed, *, prefix="", **changes):
    frame = bench.simulate(np.random.default_rng(seed), sd=SLOPES, **changes)
    # Personas of their own, so that a contrast is a mean of differences within pairs and nothing is weighted.
    return frame.assign(audit=name, item=prefix + frame["item"], persona=prefix + frame["item"] + frame["persona"])


def both(bench, **second):
    one = audit(bench, "advice", 1, items=20, prefix="a-")
    two = audit(bench, "debate", 2, **{"items": 8, "prefix": "d-", "challenges": ("agree", "argued", "bare"), **second})
    return pd.concat([one, two], ignore_index=True)


def test_each_audit_counts_the_same_whatever_its_items_and_challenges(bench, rate):
    frame, measures = both(bench), {("advice", "m"): rate, ("debate", "m"): rate}
    found = run(frame, measures, audits=("pooled", "advice", "debate"))
    for contrast in LEVELS:
        own = [found[name, contrast].estimate for name in ("advice", "debate")]
        assert found["pooled", contrast].estimate == pytest.approx(np.mean(own), abs=1e-6)
        assert own[0] != pytest.approx(own[1], abs=1e-3)
    pooled = found["pooled", "E2(peer, full)"]
    assert pooled.n_items == 28
    assert pooled.n_obs == sum(found[name, "E2(peer, full)"].n_obs for name in ("advice", "debate"))
    assert pooled.method.startswith("Pooled over advice, debate; each counts the same.")
    assert pooled.std_error < found["debate", "E2(peer, full)"].std_error


def test_a_contrast_is_pooled_over_the_audits_that_ask_it(bench, rate):
    frame, measures = both(bench), {("advice", "m"): rate, ("debate", "m"): rate}
    found = run(frame, measures, ("D(peer, full, argued)",), audits=("pooled", "debate"))
    own, pooled = found["debate", "D(peer, full, argued)"], found["pooled", "D(peer, full, argued)"]
    assert pooled.estimate == pytest.approx(own.estimate, abs=1e-6)
    assert pooled.n_obs == own.n_obs


def test_an_item_that_two_audits_share_counts_once(bench, rate):
    """The item's own deviation does not average out over audits, so the interval must be wider than for two items."""
    rng = np.random.default_rng(5)
    one = bench.simulate(rng, items=24, sd={**SLOPES, "both": 1.5, "residual": 0.3})
    other = one.assign(value=one["value"] + rng.normal(0, 0.3, len(one)))
    measures = {("advice", "m"): rate, ("spontaneous", "m"): rate}
    shared = pd.concat([one.assign(audit="advice"), other.assign(audit="spontaneous")], ignore_index=True)
    apart = shared.assign(item=shared["audit"] + shared["item"])
    held, split = (run(frame, measures)["pooled", "E2(peer, full)"] for frame in (shared, apart))
    assert (held.n_items, split.n_items) == (24, 48)
    assert held.estimate == pytest.approx(split.estimate)
    assert held.std_error > 1.25 * split.std_error


def test_audits_that_define_a_measure_differently_are_not_pooled(bench, rate):
    frame = both(bench)
    for changes in ({"high": 7.0}, {"direction": "lower"}, {"source": "other"}, {"applies": {"premise": ("sound",)}}):
        other = bench.measure(**{"scale": "rate", "unit": "per 100 words", "low": None, "high": None, **changes})
        found = run(frame, {("advice", "m"): rate, ("debate", "m"): other})["pooled", "E3(full)"]
        assert found.status == "debate defines m otherwise than advice"
        assert np.isnan(found.conf_low)
    leads = bench.measure(scale="rate", unit="per 100 words", low=None, high=None, primary=True)
    assert run(frame, {("advice", "m"): rate, ("debate", "m"): leads})["pooled", "E3(full)"].status == "ok"


def test_an_audit_that_lost_a_condition_leaves_no_pooled_estimate(bench, rate):
    frame = both(bench)
    lost = (frame["audit"] == "debate") & (frame["role"] == "peer") & (frame["profile"] == "full")
    frame.loc[lost, ["value", "status"]] = [np.nan, "judge_failed"]
    found = run(frame, {("advice", "m"): rate, ("debate", "m"): rate})
    assert found["pooled", "E2(peer, full)"].status.startswith("no scored value in peer, full, debate/agree")
    assert found["pooled", "E2(advisor, full)"].status == "ok"


def test_missing_values_of_one_audit_move_the_pooled_worst_case(bench):
    share = bench.measure()
    whole = both(bench).assign(value=lambda rows: (rows["value"] > 0).astype(float))
    some = (whole["audit"] == "debate") & (whole["item"] == "d-i003")
    holed = whole.copy()
    holed.loc[some, ["value", "status"]] = [np.nan, "refused"]
    measures = {("advice", "m"): share, ("debate", "m"): share}
    full, found = (run(frame, measures)["pooled", "L(peer, full)"] for frame in (whole, holed))
    assert (full.n_missing, found.n_missing) == (0, 6)
    assert found.bound_low < found.conf_low
    assert found.bound_high > found.conf_high


def test_a_measure_that_no_audit_takes_has_no_finding(bench, rate):
    assert run(both(bench), {}) == {}
    assert run(both(bench), {("advice", "other"): rate}) == {}


def test_a_pooled_finding_has_a_second_opinion_unless_it_must_be_quick(bench, rate):
    measures = {("advice", "m"): rate, ("debate", "m"): rate}
    slow = run(both(bench), measures, ("E3(full)",), quick=False)["pooled", "E3(full)"]
    assert slow.second.status == "ok"
    assert slow.second.estimate == pytest.approx(slow.estimate, abs=1e-6)
    assert run(both(bench), measures, ("E3(full)",))["pooled", "E3(full)"].second is None


@pytest.mark.slow
def test_pooled_intervals_cover_what_is_planted_when_items_and_personas_are_shared(bench, rate):
    """In each cell an item and a persona deviate in both audits alike, and once more in each of them."""
    rng, covered, runs = np.random.default_rng(11), 0, 200
    for _ in range(runs):
        of_item, of_persona = rng.normal(0, 0.4, (2, 24, 4))
        rows = []
        for name in ("advice", "debate"):
            frame = bench.simulate(rng, items=24, sd=SLOPES, profiles=("filler", "full"))
            cell = pd.factorize(frame["role"] + frame["profile"])[0]
            item, persona = (frame[column].str[1:].astype(int).to_numpy() for column in ("item", "persona"))
            moved = of_item[item, cell] + of_persona[persona, cell]
            rows.append(frame.assign(value=frame["value"] + moved, audit=name))
        found = run(pd.concat(rows, ignore_index=True), {(n, "m"): rate for n in ("advice", "debate")})
        one = found["pooled", "E2(peer, full)"]
        covered += one.conf_low <= 0 <= one.conf_high
    assert covered / runs >= 0.92  # 95 % less two Monte-Carlo standard errors
