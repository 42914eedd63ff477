"""Gains by condition, round and episode, and levers: planted effects, against simple means, and what is left out."""

import numpy as np
import pandas as pd
import pytest
from exchanging import claims, exchange, probe, row

from standfast.analysis import gaining
from standfast.analysis.effects import FEWEST_RECEIVERS
from standfast.analysis.exchanges import of_exchanges

CONFIDENCE = 0.95


def planted(seed=0, **changes):
    return of_exchanges(claims(np.random.default_rng(seed), **changes))


@pytest.fixture(scope="module")
def exchanges():
    return planted(full=0.6, models=("m1", "m2"), by_model={"m2": 0.5})


@pytest.fixture(scope="module")
def fits(exchanges):
    return gaining.fitted(exchanges.talks)


def only(rows, **levels):
    (found,) = [row for row in rows if all(getattr(row, name) == level for name, level in levels.items())]
    return found


ALL = {"receiver": "", "role": "", "profile": "", "challenge": "", "topic_class": ""}


def test_the_planted_gain_is_inside_its_interval(fits):
    found = only(gaining.gains(fits, CONFIDENCE), model="m1", **ALL)
    assert found.conf_low < 1.3 < found.conf_high
    assert found.conf_high - found.conf_low < 0.6
    assert (found.n_items, found.n_receivers) == (16, 3)


def test_only_conversations_with_an_attempt_have_a_gain(exchanges, fits):
    found = only(gaining.gains(fits, CONFIDENCE), model="m1", **ALL)
    outcome = only(gaining.outcomes(exchanges.talks, CONFIDENCE), model="m1", topic_class="", challenge="")
    assert found.n_obs == outcome.attempted
    assert outcome.declined > 0
    assert outcome.attempted + outcome.declined + outcome.unclear == 16 * 2 * 4
    assert outcome.conf_low < outcome.share < outcome.conf_high


def test_a_sender_that_declines_everything_has_outcomes_and_no_gain():
    talks = planted(refuses=1.0).talks
    assert gaining.gains(gaining.fitted(talks), CONFIDENCE) == []
    found = only(gaining.outcomes(talks, CONFIDENCE), topic_class="", challenge="")
    assert (found.attempted, found.share) == (0, 0.0)


def test_each_receiver_has_a_row_whose_conversations_add_up(fits):
    rows = [row for row in gaining.gains(fits, CONFIDENCE) if row.model == "m1"]
    by_receiver = [row for row in rows if row.receiver]
    assert [row.receiver for row in by_receiver] == ["r1", "r2", "r3"]
    assert sum(row.n_obs for row in by_receiver) == only(rows, **ALL).n_obs


def test_margins_are_close_to_plain_means(fits):
    rows = fits[0].rows
    for profile in ("filler", "full"):
        found = only(gaining.gains(fits, CONFIDENCE), model="m1", **{**ALL, "profile": profile})
        assert found.estimate == pytest.approx(rows.loc[rows["profile"] == profile, "gain"].mean(), abs=0.1)


def test_the_share_of_the_attainable_gain_is_a_ratio_of_sums(fits):
    found, rows = only(gaining.gains(fits, CONFIDENCE), model="m1", **ALL), fits[0].rows
    assert found.attainable == pytest.approx(rows["gain"].sum() / rows["attainable"].sum())
    assert found.attainable_low < found.attainable < found.attainable_high


def test_the_profile_lever_holds_what_was_planted(fits):
    found = gaining.personalisation(fits, CONFIDENCE)
    assert {(one.model, one.name) for one in found} == {("m1", "full − filler"), ("m2", "full − filler")}
    for one in found:
        assert one.conf_low < 0.6 < one.conf_high
        assert one.conf_low > 0
        assert one.percent == pytest.approx(one.estimate * 100 / 6)


def test_a_profile_that_does_nothing_is_not_told_from_nothing():
    found = [
        one for seed in range(12) for one in gaining.personalisation(gaining.fitted(planted(seed).talks), CONFIDENCE)
    ]
    assert sum(one.conf_low < 0 < one.conf_high for one in found) >= 10


def test_the_lever_between_models_holds_what_was_planted(exchanges):
    pairs = [gaining.Pair("scale", "large − small", "m2", "m1")]
    (found,) = gaining.between(exchanges.talks, pairs, CONFIDENCE)
    assert found.conf_low < 0.5 < found.conf_high
    assert found.conf_low > 0
    (back,) = gaining.between(exchanges.talks, [gaining.Pair("scale", "x", "m1", "m2")], CONFIDENCE)
    assert back.estimate == pytest.approx(-found.estimate)


def test_a_pair_of_which_one_model_is_absent_has_no_lever(exchanges):
    assert gaining.between(exchanges.talks, [gaining.Pair("other", "x", "m1", "m9")], CONFIDENCE) == []


def test_pairs_are_those_named_or_all_against_the_first():
    named = {"levers": [{"kind": "scale", "name": "large", "model": "b", "against": "a"}]}
    assert gaining.pairs_of(named, ["a", "b"]) == [("scale", "large", "b", "a")]
    assert gaining.pairs_of({}, ["a", "b", "c"]) == [("other", "b − a", "b", "a"), ("other", "c − a", "c", "a")]
    assert gaining.pairs_of({"levers": [{**named["levers"][0], "kind": "magic"}]}, [])[0].kind == "other"


def test_rounds_add_up_to_the_gain(exchanges):
    found = [row for row in gaining.rounds(exchanges, CONFIDENCE) if row.model == "m1" and not row.challenge]
    assert [row.after for row in found] == [1, 2, 3]
    assert found[0].step == found[0].estimate
    assert sum(row.step for row in found) == pytest.approx(found[-1].estimate, abs=0.02)
    assert all(row.conf_low < row.estimate < row.conf_high for row in found)


def series(rng, slope, items=14):
    rows = []
    for i in range(items):
        for p, profile in enumerate(("filler", "full")):
            drift, probes = rng.normal(0, 0.2), []
            for episode in range(4):
                gain = 1.5 + (slope + drift / 3) * episode
                probes += [
                    probe(rng, 2.5 + k * gain, 1, after=2 * episode + 2 * k, episode=episode + 1) for k in (0, 1)
                ]
            rows.append(
                row(exchange(probes, rounds=8), item=f"c{i}", persona=f"p{p}", profile=profile, challenge="raw")
            )
    return of_exchanges(pd.DataFrame(rows))


@pytest.mark.parametrize("slope", [-0.4, 0.0, 0.3])
def test_the_slope_over_episodes_holds_what_was_planted(slope):
    found = gaining.episodes(series(np.random.default_rng(1), slope).talks, CONFIDENCE)
    whole = only(found, profile="", challenge="")
    assert whole.conf_low < slope < whole.conf_high
    assert whole.conf_high - whole.conf_low < 0.35
    assert whole.first_low < 1.5 < whole.first_high
    assert whole.episodes == 4
    assert {row.profile for row in found} == {"", "filler", "full"}


def test_talks_of_one_episode_have_no_slope(exchanges):
    assert gaining.episodes(exchanges.talks, CONFIDENCE) == []


def test_few_receivers_are_fixed_and_many_are_random():
    few, many = (
        gaining.fitted(planted(1, receivers=tuple(f"r{k}" for k in range(n)), items=24).talks)[0].means.linear
        for n in (3, FEWEST_RECEIVERS + 3)
    )
    assert "3 receivers have fixed effects" in few.method
    assert "receiver" not in few.levels
    assert many.levels["receiver"] == FEWEST_RECEIVERS + 3
    assert "random item, persona, receiver" in many.method


def test_one_item_has_a_mean_and_no_interval():
    probes = [probe(np.random.default_rng(0), stance, 1, after=k) for k, stance in enumerate((3, 5))]
    talks = of_exchanges(pd.DataFrame([row(exchange(probes, rounds=1))])).talks
    (found,) = gaining.gains(gaining.fitted(talks), CONFIDENCE)
    assert np.isfinite(found.estimate)
    assert np.isnan(found.conf_low)
    assert (found.n_obs, found.n_items) == (1, 1)


def test_gains_that_do_not_vary_have_no_interval():
    still = {"episode": 1, "claim": "c", "confidence": [None, None]}
    probes = [{"after": 0, "scores": [3, 3], **still}, {"after": 3, "scores": [4, 4], **still}]
    talks = of_exchanges(pd.DataFrame([row(exchange(probes), item=f"c{i}") for i in range(6)])).talks
    (found,) = gaining.gains(gaining.fitted(talks), CONFIDENCE)
    assert found.estimate == pytest.approx(1.0)
    assert np.isnan(found.conf_low)
