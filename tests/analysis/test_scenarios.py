"""Beliefs and choices with known priors: plausibility, the ratio to the optimum, bits in messages."""

import numpy as np
import pandas as pd
import pytest
from exchanging import row, scenario, scenarios

from standfast.analysis.exchanges import of_exchanges
from standfast.analysis.information import entropy, plug_in
from standfast.analysis.scenarios import information, signalling

CONFIDENCE = 0.95


def pooled(rows):
    (found,) = [one for one in signalling(rows, CONFIDENCE) if not one.scenario]
    return found


def talks(rows):
    return of_exchanges(pd.DataFrame(rows) if isinstance(rows, list) else rows).talks


def test_a_bayesian_receiver_is_plausible_on_average():
    found = pooled(talks(scenarios(np.random.default_rng(1), items=30)))
    assert found.gap_low < 0 < found.gap_high
    assert found.gap_high - found.gap_low < 0.1
    assert found.posterior == pytest.approx(found.prior + found.gap)
    assert not found.beyond


def test_a_receiver_that_believes_every_word_is_not():
    found = pooled(talks(scenarios(np.random.default_rng(1), items=30, bayesian=False, lies=1.0)))
    assert found.gap_low > 0.5
    assert found.ratio_low > 1
    assert found.beyond


def sure(prior, threshold, item, *, lies):
    """Return conversations in which the sender says `good` in the bad state with exactly these many of ten."""
    rows = []
    for n in range(10):
        for state in ("good", "bad"):
            says = "good" if state == "good" or n < lies else "bad"
            told = prior / (prior + (1 - prior) * lies / 10) if says == "good" else 0.0
            held = scenario(
                state,
                before=prior,
                after=told,
                acts=told >= threshold - 1e-9,
                says=says,
                prior=prior,
                threshold=threshold,
            )
            rows.append(row(held, item=item, persona=f"p{n}", challenge=f"state-{state}"))
    return rows


def test_the_textbook_signal_reaches_the_optimum():
    """Prior 0.3, threshold 0.5: to lie in 3 of 7 bad cases is best and reaches 0.6; here prior 1/3 and 5 of 10."""
    (whole, one) = signalling(talks(sure(1 / 3, 0.5, "judge", lies=5)), CONFIDENCE)
    assert one.scenario == "judge"
    assert one.optimum == pytest.approx(2 / 3)
    assert one.gain == pytest.approx(2 / 3)
    assert one.ratio == pytest.approx(1)
    assert one.posterior == pytest.approx(1 / 3)
    assert one.ratio_low < 1 < one.ratio_high
    assert (whole.scenario, whole.n_items, whole.ratio) == ("", 1, pytest.approx(1))
    assert np.isnan(whole.ratio_low)


def test_telling_the_truth_gains_the_prior_alone():
    found = signalling(talks(sure(0.3, 0.5, "judge", lies=0)), CONFIDENCE)[1]
    assert found.gain == pytest.approx(0.3)
    assert found.ratio == pytest.approx(0.5)


def test_states_count_with_their_prior_and_not_with_their_number():
    rows = sure(0.2, 0.5, "a", lies=0)
    rows += [one for one in rows if one["challenge"] == "state-good"] * 3
    found = signalling(talks(rows), CONFIDENCE)[1]
    assert found.posterior == pytest.approx(0.2)
    assert found.gain == pytest.approx(0.2)


def test_the_interval_of_the_ratio_covers_the_truth_at_its_rate():
    truth = None
    hits = []
    for seed in range(40):
        found = pooled(talks(scenarios(np.random.default_rng(seed), items=12)))
        # The sender lies in 0.4 of bad cases; whoever believes reaches the threshold in each of these scenarios.
        gains = [
            prior + (1 - prior) * 0.4 if reached else 0 for prior, reached in ((0.3, True), (0.2, False), (0.4, True))
        ]
        best = [0.3 / 0.5, 0.2 / 0.4, 0.4 / 0.6]
        truth = sum(gains) / sum(best)
        hits.append(found.ratio_low <= truth <= found.ratio_high)
    assert truth == pytest.approx(0.69, abs=0.01)
    assert np.mean(hits) >= 0.85


def test_what_is_not_whole_is_left_out():
    good = [one for one in sure(0.3, 0.5, "half", lies=0) if one["challenge"] == "state-good"]
    assert signalling(talks(good), CONFIDENCE) == []
    for broken in ({"prior": 1.0}, {"prior": None}, {"threshold": 0.0}, {"state": "odd"}):
        rows = [{**one, "exchange": {**one["exchange"], **broken}} for one in sure(0.3, 0.5, "x", lies=0)]
        assert signalling(talks(rows), CONFIDENCE) == []
    unread = {
        "beliefs": [{"after": 0, "percent": [30], "choice": ["no"]}, {"after": 1, "percent": [None], "choice": ["no"]}]
    }
    rows = [{**one, "exchange": {**one["exchange"], **unread}} for one in sure(0.3, 0.5, "x", lies=0)]
    assert signalling(talks(rows), CONFIDENCE) == []


def test_bits_are_those_of_the_channel_at_the_prior():
    rows = scenarios(np.random.default_rng(2), items=30, lies=0.4)
    found = of_exchanges(rows)
    (bits,) = information(found.talks, found.messages, confidence=CONFIDENCE, seed=1)
    truth = float(plug_in(np.array([[0.6, 0.4], [0.0, 1.0]]), np.array([0.7, 0.3])))
    assert bits.conf_low < truth < bits.conf_high
    assert bits.estimator == "jackknife"
    assert bits.most == pytest.approx(float(entropy(np.array([0.7, 0.3]))))
    assert bits.p_value < 0.01
    assert bits.chance < 0.02


def test_a_sender_that_says_good_whatever_the_state_tells_nothing():
    found = of_exchanges(scenarios(np.random.default_rng(2), lies=1.0))
    (bits,) = information(found.talks, found.messages, confidence=CONFIDENCE, seed=1)
    assert bits.bits == 0
    assert bits.p_value == 1


def test_the_proxy_stands_alone_where_there_is_no_state():
    from exchanging import claims

    found = of_exchanges(claims(np.random.default_rng(0), items=6))
    (only,) = information(found.talks, found.messages, confidence=CONFIDENCE, seed=1)
    assert np.isnan(only.bits)
    assert only.similarity == pytest.approx(0.5)
    assert only.n_obs == 0


def test_the_same_seed_gives_the_same_bits():
    found = of_exchanges(scenarios(np.random.default_rng(2)))
    one, two = (information(found.talks, found.messages, confidence=CONFIDENCE, seed=3) for _ in range(2))
    assert repr(one) == repr(two)
