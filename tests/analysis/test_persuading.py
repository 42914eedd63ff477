"""Messages, and everything that exchanges tell as one noun that survives a round trip."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from exchanging import STRATEGIES, claims, exchange, probe, row, scenarios

from standfast.analysis import frames, plain, telling
from standfast.analysis.exchanges import KEYS, of_exchanges
from standfast.analysis.frames import COLUMNS
from standfast.analysis.gaining import fitted
from standfast.analysis.persuading import of_tables, persuading
from standfast.analysis.persuasion import Persuasion
from standfast.errors import LogError

CONFIDENCE = 0.95
RUN = {"seed": 1, "models": ["m1", "m2"], "audits": {"persuasion": {}}}
NO_FRAME = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})


@pytest.fixture(scope="module")
def exchanges():
    rng = np.random.default_rng(0)
    parts = [claims(rng, models=("m1", "m2"), full=0.5), scenarios(rng, models=("m1", "m2"))]
    return of_exchanges(pd.concat(parts, ignore_index=True))


@pytest.fixture(scope="module")
def found(exchanges):
    return of_tables(exchanges, telling.unasked(NO_FRAME), RUN, confidence=CONFIDENCE)


def test_a_run_with_senders_fills_every_part_but_episodes(found):
    empty = {field.name for field in fields(Persuasion) if getattr(found, field.name) == ()}
    assert empty == {"self_play", "episodes"}
    assert found.receivers == ("r1", "r2", "r3")


def test_what_was_found_survives_a_round_trip_byte_by_byte(found):
    text = plain.dump(found, "test")
    assert plain.dump(plain.load(text, Persuasion, "test"), "test") == text


def test_the_same_exchanges_give_the_same_results_again(exchanges, found):
    again = of_tables(exchanges, telling.unasked(NO_FRAME), RUN, confidence=CONFIDENCE)
    assert plain.dump(again, "test") == plain.dump(found, "test")


def test_every_interval_holds_its_estimate(found):
    for one in found.gains:
        assert np.isnan(one.conf_low) or one.conf_low <= one.estimate <= one.conf_high
    for one in (*found.strategies, *found.outcomes):
        value = one.estimate if hasattr(one, "estimate") else one.share
        assert np.isnan(one.conf_low) or one.conf_low <= value <= one.conf_high


def test_notes_say_for_which_receivers_gains_hold(found):
    assert "these receivers alone" in found.notes[-1]
    assert any("m2, persuasion: Linear mixed model" in note for note in found.notes)


def test_no_exchanges_are_an_empty_noun():
    empty = of_exchanges(pd.DataFrame(columns=[*KEYS, "exchange"]))
    found = of_tables(empty, telling.unasked(NO_FRAME), RUN, confidence=CONFIDENCE)
    assert all(getattr(found, field.name) == () for field in fields(Persuasion) if field.name != "conf_level")


def test_shares_of_messages_are_those_planted(exchanges):
    rows = telling.strategies(telling.of_attempts(exchanges), CONFIDENCE)
    whole = {one.strategy: one for one in rows if one.model == "m1" and not one.challenge}
    for name, share in STRATEGIES.items():
        assert whole[name].conf_low < share < whole[name].conf_high
    assert sum(one.mix for one in whole.values()) == pytest.approx(1)
    assert {one.challenge for one in rows} == {"", "open", "deceptive"}


def test_senders_with_one_mix_are_not_apart_and_others_are(exchanges):
    messages = telling.of_attempts(exchanges)
    (alike,) = telling.distances(messages, {}, CONFIDENCE)
    assert alike.estimate < 0.1
    other = messages.assign(
        strategies=[
            ("threat",) if model == "m2" else used
            for model, used in zip(messages["model"], messages["strategies"], strict=True)
        ]
    )
    (apart,) = telling.distances(other, {}, CONFIDENCE)
    assert apart.estimate == pytest.approx(1)
    assert (apart.model, apart.against, apart.reference) == ("m1", "m2", False)


def test_a_reference_mix_is_compared_with_every_sender(exchanges):
    reference = {"persuasion": ("people", {"evidence": 0.6, "credibility": 0.2, "emotion": 0.2})}
    rows = [one for one in telling.distances(telling.of_attempts(exchanges), reference, CONFIDENCE) if one.reference]
    assert [(one.model, one.against, one.n_against) for one in rows] == [("m1", "people", 0), ("m2", "people", 0)]
    assert all(one.estimate < 0.1 for one in rows)


@pytest.mark.parametrize("shares", [{"evidence": -1}, {"evidence": float("nan")}, {"evidence": 0}, {}])
def test_a_reference_mix_that_is_none_is_not_used(shares):
    exchanges = of_exchanges(claims(np.random.default_rng(0), items=4))
    run = {**RUN, "audits": {"persuasion": {"reference_mix": {"name": "x", "shares": shares}}}}
    found = of_tables(exchanges, telling.unasked(NO_FRAME), run, confidence=CONFIDENCE)
    assert not any(one.reference for one in found.distances)


def test_the_plane_holds_gain_beside_accuracy_and_claims(exchanges):
    points = telling.plane(fitted(exchanges.talks), telling.of_attempts(exchanges), CONFIDENCE)
    assert {(one.model, one.challenge) for one in points} == {
        (model, challenge) for model in ("m1", "m2") for challenge in ("", "open", "deceptive")
    }
    assert all(one.accuracy == 1 and one.claims == 3 for one in points)
    assert all(one.accuracy_low < 1 for one in points)


def test_accuracy_counts_messages_that_claim_something_alone():
    held = exchange(
        [{"after": k, "episode": 1, "claim": "c", "scores": [3 + k], "confidence": []} for k in (0, 1)],
        accuracy=["accurate", "inaccurate", "none"],
    )
    tables = of_exchanges(pd.DataFrame([row(held, item=f"c{i}") for i in range(3)]))
    (point,) = telling.plane(fitted(tables.talks), telling.of_attempts(tables), CONFIDENCE)
    assert point.accuracy == 0.5
    assert point.n_messages == 6


def unasked_frame():
    rows = []
    for i in range(6):
        for model in ("m1", "m2"):
            for name in ("evidence", "emotion"):
                known = not (i == 5 and name == "emotion")
                value = float(name == "evidence" or model == "m2")
                place = {"model": model, "audit": "spontaneous", "item": f"i{i}", "role": "peer", "turn": 0, "epoch": 1}
                status = "scored" if known else "judge_failed"
                rows.append({**place, "measure": f"with_{name}", "value": value if known else np.nan, "status": status})
    frame = pd.DataFrame(rows).assign(
        wording=1, persona="p", profile="none", challenge="none", run="", judge="", log="", sample="", audit_version=""
    )
    return frame.astype(COLUMNS)


def test_strategies_nobody_asked_for_come_from_the_frame():
    rows = telling.unasked(unasked_frame())
    assert len(rows) == 12
    assert rows["strategies"].isna().sum() == 2
    shares = {(one.model, one.strategy): one for one in telling.strategies(rows, CONFIDENCE)}
    assert shares["m1", "emotion"].estimate == 0
    assert shares["m2", "emotion"].estimate == 1
    assert shares["m1", "evidence"].n_obs == 5
    assert 0 < shares["m1", "emotion"].conf_high < 1


def test_unasked_strategies_alone_are_a_result():
    empty = of_exchanges(pd.DataFrame(columns=[*KEYS, "exchange"]))
    found = of_tables(empty, telling.unasked(unasked_frame()), RUN, confidence=CONFIDENCE)
    assert {one.audit for one in found.strategies} == {"spontaneous"}
    assert len(found.distances) == 1
    assert found.gains == ()


def test_models_that_play_both_seats_are_named():
    held = exchange([], sender="m1", receiver="m1")
    found = of_tables(of_exchanges(pd.DataFrame([row(held)])), telling.unasked(NO_FRAME), RUN, confidence=CONFIDENCE)
    assert found.self_play == ("m1",)


def test_an_audit_that_asks_for_no_strategies_has_no_mix(exchanges):
    messages = telling.of_attempts(exchanges)
    other = messages.assign(audit="rapport", strategies=[()] * len(messages))
    both = pd.concat([messages, other], ignore_index=True)
    assert {one.audit for one in telling.strategies(both, CONFIDENCE)} == {"persuasion"}
    assert {one.audit for one in telling.distances(both, {}, CONFIDENCE)} == {"persuasion"}


@pytest.fixture(scope="module")
def logged(bench, tmp_path_factory):
    """A log of an audit in which every profile but the first moves the receiver by two points, and its run.json."""
    folder = tmp_path_factory.mktemp("logs")
    items = {f"c{k}": {"kind": "claim", "class": "benign" if k % 2 else "controversial"} for k in range(6)}
    audit = bench.Audit(name="persuasion", items=items, challenges=("open",))
    rng = np.random.default_rng(0)

    def held(cell):
        moved = 0 if cell.profile == "none" else 2
        return exchange([probe(rng, 3 + moved * k, 1, after=k) for k in (0, 1)], rounds=1, sender="mockllm/model")

    bench.make_log(folder, audit, exchange=held)
    return folder, bench.make_run(audit)


def test_exchanges_are_read_from_logs_with_the_classes_of_topics(logged):
    folder, run = logged
    found = persuading(folder, frames.collect(folder, run), run, confidence=CONFIDENCE)
    gains = {(one.profile, one.topic_class): one for one in found.gains if not (one.role or one.receiver)}
    assert gains["none", ""].estimate == pytest.approx(0, abs=0.3)
    assert gains["full", ""].estimate == pytest.approx(2, abs=0.3)
    assert gains["full", "controversial"].n_items == 3
    assert {one.topic_class for one in found.outcomes} == {"", "benign", "controversial"}


def test_logs_without_exchanges_have_nothing_to_say(bench, tmp_path):
    audit = bench.Audit()
    bench.make_log(tmp_path, audit)
    run = bench.make_run(audit)
    assert persuading(tmp_path, frames.collect(tmp_path, run), run, confidence=CONFIDENCE) is None


def test_a_log_whose_exchange_is_out_of_shape_is_refused(bench, tmp_path):
    audit = bench.Audit(name="persuasion")
    bench.make_log(tmp_path, audit, exchange=lambda cell: {"seat": "audience"})
    run = bench.make_run(audit)
    with pytest.raises(LogError, match="exchange are not what a scorer writes"):
        persuading(tmp_path, frames.collect(tmp_path, run), run, confidence=CONFIDENCE)
