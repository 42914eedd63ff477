from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from standfast.analysis import baseline, pairing
from standfast.analysis.gated import Wanted, findings
from standfast.analysis.models import ModelSpec, fit
from standfast.analysis.robustness import Evidence, left_out, varying

SLOPES = {"item": 0.3, "persona": 0.2, "role": 0.1, "profile": 0.1, "both": 0.1, "residual": 0.3}
PEER = Wanted("advice", "m", "E2(peer, full)", 0.95)
GAP = Wanted("advice", "m", "E3(full)", 0.9)
SAMPLE = ["item", "persona", "role", "profile", "challenge", "wording", "epoch"]


@pytest.fixture(scope="module")
def rate(bench):
    return bench.measure(scale="rate", unit="per 100 words", low=None, high=None)


@pytest.fixture(scope="module")
def frame(bench):
    """Three wordings in turn, and sample ids as a run has them."""
    return named(bench.simulate(np.random.default_rng(1), items=24, sd=SLOPES, profiles=("filler", "full")))


def named(frame):
    pair = pd.factorize(frame["item"] + frame["persona"])[0]
    frame = frame.assign(wording=1 + pair % 3)
    return frame.assign(sample=frame[SAMPLE[:6]].astype(str).agg("_".join, axis=1).astype("string"))


def evidence(frame, *measures, **more):
    named = {("advice", measure.name): measure for measure in measures}
    given = {"pairs": {}, "variances": {}, "people": {}, "sources": {}}
    return Evidence(frame=frame, **{"measures": named, **given, **more})


def run(evidence, wanted=(PEER,)):
    known = findings(evidence.frame, evidence.measures, wanted, pairs=evidence.pairs)
    return tuple(left_out(evidence, known, wanted))


def with_words(frame, length):
    """The same samples with the measure of their length."""
    sized = frame.assign(measure="words", value=length(frame), status="scored")
    return pd.concat([frame, sized], ignore_index=True)


def peers_full(frame):
    return (frame["role"] == "peer") & (frame["profile"] == "full")


def test_what_is_left_is_estimated_as_if_the_rest_had_not_been_asked(frame, rate):
    found = {(one.name, one.finding.contrast): one for one in run(evidence(frame, rate), (PEER, GAP))}
    assert len(found) == 6
    for wording in (1, 2, 3):
        rest = frame[frame["wording"] != wording]
        for direct in findings(rest, {("advice", "m"): rate}, (PEER, GAP), pairs={}):
            one = found[f"wording {wording} of the roles", direct.contrast]
            assert one.dropped == "wording"
            assert one.finding == direct


def test_dropping_what_varies_not_at_all_from_the_model_changes_next_to_nothing(frame, rate):
    """A random effect that the whole run estimates at zero is not tried again."""
    whole = fit(frame, ModelSpec(measure=rate))
    sd = dict(zip(whole.theta_names, whole.theta, strict=True))
    terms = varying(sd)
    assert 0 < len(terms) < len(whole.theta_names) - 1
    slow = run(evidence(frame, rate))
    quick = run(evidence(frame, rate, variances={("mockllm/model", "advice", "m"): sd}))
    for one, other in zip(slow, quick, strict=True):
        assert one.finding.estimate == pytest.approx(other.finding.estimate, abs=0.01)
        assert one.finding.std_error == pytest.approx(other.finding.std_error, rel=0.15)
    assert varying({"residual": 1.0}) == (("item",),)
    assert varying({}) == (("item",),)


def test_an_effect_that_one_wording_carries_is_gone_without_it(frame, rate):
    carried = frame.copy()
    carried.loc[peers_full(carried) & (carried["wording"] == 2), "value"] -= 4
    found = {one.name: one.finding for one in run(evidence(carried, rate))}
    assert found["wording 2 of the roles"].conf_high > 0 > found["wording 2 of the roles"].conf_low
    assert found["wording 1 of the roles"].conf_high < 0
    assert found["wording 3 of the roles"].conf_high < 0


def test_personas_are_left_out_by_age_and_by_how_they_ask(frame, rate):
    styles, ages = ("blunt", "gentle"), ("18-24", "25-34", "65 and over")
    names = sorted(frame["persona"].unique())
    people = {
        name: {"age": ages[k % 3], "gender": "woman", "style": styles[k % 2]} for k, name in enumerate(names[:-1])
    }
    people["never asked"] = {"age": "35-44", "style": "balanced"}
    found = [one for one in run(evidence(frame, rate, people=people)) if one.dropped == "personas"]
    assert [one.name for one in found] == [
        *(f"age: {age}" for age in ages),
        *(f"style: {style}" for style in styles),
    ]
    for one in found:
        attribute, _, level = one.name.partition(": ")
        kept = [name for name in names if people.get(name, {}).get(attribute) != level]
        assert one.finding.n_obs == (frame["persona"].isin(kept) & (frame["role"] == "peer")).sum()


def test_personas_of_a_published_set_are_left_out_by_its_own_first_label(frame, rate):
    people = {
        name: {"id": name, "party": "ab"[k % 2], "town": "xyz"[k % 3]}
        for k, name in enumerate(frame["persona"].unique())
    }
    assert {one.name for one in run(evidence(frame, rate, people=people)) if one.dropped == "personas"} == {
        "party: a",
        "party: b",
    }


def test_what_is_all_of_the_evidence_is_not_left_out(frame, rate):
    alone = frame.assign(wording=1)
    same = {name: {"age": "18-24"} for name in frame["persona"].unique()}
    assert run(evidence(alone, rate, people=same)) == ()
    assert run(evidence(frame.assign(audit="debate"), rate)) == ()


def test_the_longest_replies_of_each_condition_are_left_out(bench, frame, rate):
    words = bench.words
    rng = np.random.default_rng(3)
    long = with_words(frame, lambda rows: rng.permutation(len(rows)) + np.where(peers_full(rows), 500.0, 0.0))
    (one,) = (one for one in run(evidence(long, rate, words)) if one.dropped == "longest")
    assert one.name == "the 5 % longest replies"
    sized = long[long["measure"] == "words"].set_index("sample")
    dropped = {
        sample
        for _, rows in sized.groupby(["role", "profile"])
        for sample in rows["value"].nlargest(round(0.05 * len(rows))).index
    }
    assert len(dropped) == 4 * 2  # 48 samples in each condition
    kept = frame[~frame["sample"].isin(dropped)]
    (direct,) = findings(kept, {("advice", "m"): rate}, [PEER], pairs={})
    assert one.finding == direct


def test_an_effect_of_a_few_long_replies_is_gone_without_them(bench, frame, rate):
    few = frame.copy()
    odd = (
        peers_full(few)
        & (few["item"].isin(["i003", "i011"]))
        & (few["persona"] == few["persona"].where(few["item"].isin(["i003", "i011"])))
    )
    first = few[odd].groupby("item").head(1).index
    few.loc[first, "value"] -= 12
    long = with_words(few, lambda rows: np.where(rows.index.isin(first), 900.0, 100.0))
    found = {one.dropped: one.finding for one in run(evidence(long, rate, bench.words))}
    (whole,) = findings(few, {("advice", "m"): rate}, [PEER], pairs={})
    assert whole.estimate < -0.4
    assert abs(found["longest"].estimate) < 0.2


def test_without_lengths_no_reply_is_the_longest(bench, frame, rate):
    unread = with_words(frame, lambda rows: np.nan).assign(
        status=lambda rows: np.where(rows["measure"] == "words", "error", "scored")
    )
    for rows in (frame, unread.astype({"status": "string"})):
        assert "longest" not in {one.dropped for one in run(evidence(rows, rate, bench.words))}


def test_values_that_are_missing_stay_missing_when_something_else_is_left_out(frame, bench):
    holed = frame.assign(value=(frame["value"] > 0).astype(float))
    lost = (holed["item"] == "i001") & peers_full(holed)
    holed.loc[lost, ["value", "status"]] = [np.nan, "refused"]
    found = {one.name: one.finding for one in run(evidence(holed, bench.measure()))}
    wordings = set(holed.loc[lost, "wording"])
    for wording in (1, 2, 3):
        one = found[f"wording {wording} of the roles"]
        gone = int(wording in wordings)
        assert one.n_missing == 2 - gone * int((holed.loc[lost, "wording"] == wording).sum())
        assert (one.bound_low < one.conf_low) is (one.n_missing > 0)


def test_a_pooled_finding_is_estimated_without_each_audit(bench, rate):
    parts = [
        bench.simulate(np.random.default_rng(k), items=12, sd=SLOPES, profiles=("filler", "full")).assign(audit=name)
        for k, name in enumerate(("advice", "debate", "facts"))
    ]
    frame = pd.concat(parts, ignore_index=True)
    measures = {(name, "m"): rate for name in ("advice", "debate", "facts")}
    wanted = [Wanted("pooled", "m", "E2(peer, full)", 0.95), PEER]
    given = evidence(frame, measures=measures, sources={"facts": "mmlu_pro"})
    found = [one for one in run(given, wanted) if one.dropped in ("audit", "benchmark")]
    assert [(one.dropped, one.name, one.finding.audit) for one in found] == [
        ("audit", "advice", "pooled"),
        ("audit", "debate", "pooled"),
        ("benchmark", "mmlu_pro (facts)", "pooled"),
    ]
    assert found[0].finding.method.startswith("Pooled over debate, facts;")
    own = {
        one.audit: one.estimate
        for one in findings(
            frame, measures, [w for a in ("advice", "debate", "facts") for w in [PEER._replace(audit=a)]], pairs={}
        )
    }
    assert found[0].finding.estimate == pytest.approx((own["debate"] + own["facts"]) / 2, abs=0.03)


def readings(frame, other, share, *, turn=0):
    """What a second judge makes of a share of the samples."""
    read = frame[(frame["measure"] == "m") & (frame["status"] == "scored")]
    second = read[np.random.default_rng(4).random(len(read)) < share]
    parts = [
        read.assign(kind="primary", judge="lab/first"),
        second.assign(kind="second", judge="lab/second", value=other(second)),
    ]
    return pd.concat(parts, ignore_index=True).assign(turn=turn)


def test_another_judge_that_read_everything_takes_the_place_of_the_first(frame, rate):
    def harsher(rows):
        return rows["value"] - np.where(peers_full(rows), 1.0, 0.0) + 0.1 * np.sin(np.arange(len(rows)))

    (one,) = (x for x in run(evidence(frame, rate, readings=readings(frame, harsher, 1.0))) if x.dropped == "judge")
    assert one.name == "lab/first, with lab/second in its place"
    (direct,) = findings(frame.assign(value=harsher(frame)), {("advice", "m"): rate}, [PEER], pairs={})
    assert one.finding == direct


def test_another_judge_that_read_a_part_corrects_the_first(bench, rate):
    frame = named(bench.simulate(np.random.default_rng(8), items=60, sd=SLOPES, profiles=("filler", "full")))
    rng = np.random.default_rng(2)

    def harsher(rows):
        return rows["value"] - 1.0 * peers_full(rows).to_numpy(float) + rng.normal(0, 0.2, len(rows))

    (whole,) = findings(frame, {("advice", "m"): rate}, [PEER], pairs={})
    (one,) = (x for x in run(evidence(frame, rate, readings=readings(frame, harsher, 0.3))) if x.dropped == "judge")
    assert one.finding.estimate == pytest.approx(whole.estimate - 1.0, abs=0.15)
    assert one.finding.conf_low < whole.estimate - 1.0 < one.finding.conf_high
    assert one.finding.std_error > whole.std_error
    assert one.finding.bound_low == one.finding.conf_low
    assert "Corrected by what lab/second read otherwise on" in one.finding.method
    assert one.finding.second is None


def test_a_judge_that_read_too_little_or_nothing_of_the_measure_says_nothing(frame, rate):
    same = readings(frame, lambda rows: rows["value"], 0.03)
    blank = same.assign(value=same["value"].where(same["kind"] == "primary"))
    alone = same[same["kind"] == "primary"]
    turns = readings(frame, lambda rows: rows["value"], 1.0, turn=2)
    for read in (same, blank, alone, turns):
        assert "judge" not in {one.dropped for one in run(evidence(frame, rate, readings=read))}


def test_a_difference_to_the_baseline_is_estimated_without_each_part(frame, rate):
    rng = np.random.default_rng(5)
    before = frame.assign(value=frame["value"] + rng.normal(0, 0.3, len(frame)))
    before.loc[peers_full(before) & (before["wording"] == 3), "value"] += 3
    measures = {("advice", "m"): rate}
    differences = pairing.pair(frame, before, measures)
    wanted = Wanted("advice", "m", "E8(peer, full)", 0.9)
    found = {one.name: one.finding for one in left_out(evidence(frame, rate, differences=differences), (), [wanted])}
    assert len(found) == 3
    assert found["wording 1 of the roles"].estimate == pytest.approx(-1.5, abs=0.15)
    assert found["wording 2 of the roles"].estimate == pytest.approx(-1.5, abs=0.15)
    assert found["wording 3 of the roles"].estimate == pytest.approx(0, abs=0.15)
    rest = pairing.pair(*(rows[rows["wording"] != 3] for rows in (frame, before)), measures)
    direct = {one.contrast: one for one in baseline.compare(rest, pairs={}, seed=0, confidence=0.9, quick=True)}
    one, same = found["wording 3 of the roles"], direct["E8(peer, full)"]
    assert one == replace(same, flags=one.flags)


def test_gates_on_one_subject_are_estimated_for_it_alone(frame, rate):
    two = pd.concat([frame, frame.assign(model="mockllm/other")], ignore_index=True)
    found = run(evidence(two, rate), [PEER._replace(model="mockllm/other")])
    assert {one.finding.model for one in found} == {"mockllm/other"}
