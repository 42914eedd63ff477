import copy
import math

import numpy as np
import pandas as pd
import pytest

from standfast.analysis.pairing import check, mismatches, pair
from standfast.errors import LogError


@pytest.fixture(scope="module")
def measures(bench):
    return {("advice", "m"): bench.measure("m"), ("advice", "words"): bench.words, ("debate", "m"): bench.measure("m")}


def frame_of(bench, values, **changes):
    """One value per item, in the peer's full profile."""
    rows = [
        {"item": f"i{k}", "role": "peer", "profile": "full", "value": value if not isinstance(value, str) else math.nan}
        | {"status": value if isinstance(value, str) else "scored"}
        | changes
        for k, value in enumerate(values)
    ]
    return bench.tidy(rows)


def test_values_of_one_sample_are_paired(bench, measures):
    candidate = frame_of(bench, [1.0, 0.0, 1.0, "error", "refused", "no_position", 0.0])
    baseline = frame_of(bench, [0.0, 0.0, "judge_failed", 1.0, "refused", 1.0, "no_position"])
    (found,) = pair(candidate, baseline.sample(frac=1, random_state=1), measures)
    rows = found.rows.sort_values("item")
    assert rows["status"].tolist() == ["scored", "scored", *["missing"] * 3, "no_position", "no_position"]
    assert rows["value"].tolist()[:2] == [1.0, 0.0]
    assert rows["value"].isna().sum() == 5
    assert rows["candidate"].tolist()[:3] == [1.0, 0.0, 1.0]
    assert (found.pairing.n_paired, found.pairing.n_candidate, found.pairing.n_baseline) == (7, 7, 7)


@pytest.mark.parametrize("factor", ["item", "role", "wording", "persona", "profile", "challenge", "epoch"])
def test_only_samples_that_agree_in_every_factor_are_paired(bench, measures, factor):
    candidate, baseline = frame_of(bench, [1.0] * 6), frame_of(bench, [0.0] * 6)
    other = {"wording": 2, "epoch": 2}.get(factor, "other")
    baseline.loc[baseline["item"].isin(["i4", "i5"]), factor] = other if factor != "item" else ["x", "y"]
    (found,) = pair(candidate, baseline, measures)
    assert sorted(found.rows["item"]) == ["i0", "i1", "i2", "i3"]
    assert (found.pairing.n_paired, found.pairing.n_candidate, found.pairing.n_baseline) == (4, 6, 6)


def test_too_few_pairs_are_refused(bench, measures):
    candidate, baseline = frame_of(bench, [1.0] * 7), frame_of(bench, [0.0] * 3)
    with pytest.raises(
        LogError, match=r"^advice, mockllm/model: 3 of 7 cells have a counterpart .* at least half must"
    ):
        pair(candidate, baseline, measures)
    assert len(pair(candidate.head(6), baseline, measures)[0].rows) == 3


def test_further_epochs_are_left_over(bench, measures):
    candidate = pd.concat([frame_of(bench, [1.0, 0.0], epoch=epoch) for epoch in (1, 2, 3)])
    (found,) = pair(candidate, frame_of(bench, [0.0, 1.0]), measures)
    assert found.rows["value"].tolist() == [1.0, -1.0]
    assert (found.pairing.n_paired, found.pairing.n_candidate) == (2, 6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"audit_version": "2-A"}, "advice: version 1-A, the baseline's is 2-A; these are not comparable"),
        ({"judge": "other/judge"}, "advice: judge mockllm/judge, the baseline's is other/judge"),
    ],
)
def test_other_versions_and_judges_are_refused(bench, measures, changes, message):
    with pytest.raises(LogError, match=message):
        pair(frame_of(bench, [1.0, 0.0]), frame_of(bench, [0.0, 1.0], **changes), measures)


def test_a_copy_is_refused(bench, measures):
    same = frame_of(bench, [1.0, 0.0, "error"])
    with pytest.raises(LogError, match="the baseline's values are the candidate's, one by one"):
        pair(same, same.assign(model="other/name"), measures)
    still = frame_of(bench, [1.0] * 3)  # all alike says nothing about where they come from
    assert len(pair(still, still, measures)) == 1


def test_a_subject_meets_its_namesake_or_the_only_one(bench, measures):
    candidate = pd.concat([frame_of(bench, [1.0, 0.0], model="a/a"), frame_of(bench, [1.0, 1.0], model="b/b")])
    baseline = pd.concat([frame_of(bench, [0.0, 0.0], model="b/b"), frame_of(bench, [0.0, 1.0], model="a/a")])
    assert [(d.pairing.model, d.pairing.baseline) for d in pair(candidate, baseline, measures)] == [
        ("a/a", "a/a"),
        ("b/b", "b/b"),
    ]
    only = baseline[baseline["model"] == "b/b"]
    assert [d.pairing.baseline for d in pair(candidate, only, measures)] == ["b/b", "b/b"]
    with pytest.raises(LogError, match="c/c: the baseline has no subject of this name, but a/a, b/b"):
        pair(frame_of(bench, [1.0, 0.0], model="c/c"), baseline, measures)
    with pytest.raises(LogError, match="no subject of this name, but none at all"):
        pair(candidate, baseline.iloc[:0], measures)


def test_audits_and_measures_in_one_run_alone_are_left_out(bench, measures):
    candidate = pd.concat([frame_of(bench, [1.0, 0.0]), frame_of(bench, [1.0, 0.0], audit="debate")])
    found = pair(candidate, frame_of(bench, [0.0, 1.0]), measures)
    assert [(d.pairing.audit, d.measure.name) for d in found] == [("advice", "m")]


def test_turns_are_not_paired(bench, measures):
    candidate = pd.concat([frame_of(bench, [1.0, 0.0]), frame_of(bench, [1.0, 0.0], turn=1)])
    (found,) = pair(candidate, frame_of(bench, [0.0, 1.0]), measures)
    assert len(found.rows) == 2


@pytest.fixture
def run(bench):
    return bench.make_run(bench.Audit())


def test_runs_of_one_suite_are_comparable(run):
    check(run, copy.deepcopy(run))


def drop_item(audit):
    audit["items"].pop("item-0")


def narrow(audit):
    audit["measures"][0]["high"] = 3.0


def other_direction(audit):
    audit["measures"][0]["direction"] = "lower"


def reword(audit):
    audit["measures"][0]["title"] = "Another title"


def other_hash(name):
    return lambda audit: audit["hashes"].update({name: "x" * 64})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda audit: audit.update(version="2-A"), "version 1-A, the baseline's is 2-A"),
        (lambda audit: audit.update(turns=3), "turns 1, the baseline's 3"),
        (lambda audit: audit.update(placement="system"), "placement None, the baseline's 'system'"),
        (lambda audit: audit.update(person="third"), "person None, the baseline's 'third'"),
        (narrow, "validation is defined differently"),
        (other_direction, "validation is defined differently"),
        (lambda audit: audit.update(user="simulated"), "user None, the baseline's 'simulated'"),
        (other_hash("rubric"), "other rubric, by its hash"),
        (lambda audit: audit["hashes"].pop("rubric"), "other rubric, by its hash"),
        (other_hash("items"), "other items, by their hash"),
        (other_hash("role_prompts"), "other role prompts, by their hash"),
        (other_hash("personas"), "other personas, by their hash"),
        (lambda audit: (drop_item(audit), other_hash("items")(audit)), "other items, by their hash"),
    ],
)
def test_runs_that_ask_or_judge_differently_are_refused(run, change, why):
    other = copy.deepcopy(run)
    change(other["audits"]["advice"])
    with pytest.raises(LogError, match=f"^the baseline cannot be compared: advice: {why}"):
        check(run, other)


def test_what_does_not_move_a_value_is_no_reason_to_refuse(run):
    other = copy.deepcopy(run)
    reword(other["audits"]["advice"])
    other["judges"].append("mockllm/second")
    check(run, other)


TEXTS = {
    "items": {"item-0": "i0", "item-1": "i1"},
    "role_prompts": {"advisor": "ra", "peer": "rp"},
    "personas": {"ann/full": "pa", "bob/full": "pb"},
    "conversations": {"c1": "c"},
}


@pytest.fixture
def told(run):
    run["audits"]["advice"]["texts"] = copy.deepcopy(TEXTS)
    return run


@pytest.mark.parametrize("kind", TEXTS)
def test_texts_that_both_runs_use_must_be_the_same_and_are_named(told, kind):
    other = copy.deepcopy(told)
    other["audits"]["advice"]["hashes"][kind] = "x" * 64
    name, *rest = other["audits"]["advice"]["texts"][kind]
    other["audits"]["advice"]["texts"][kind] = dict.fromkeys(["elsewhere", *rest], "x") | {
        r: TEXTS[kind][r] for r in rest
    }
    check(told, other)  # one asks this, the other that
    other["audits"]["advice"]["texts"][kind][name] = "x"
    assert mismatches(told, other) == [f"advice: other {kind.replace('_', ' ')}: {name}"]


def test_of_many_texts_the_first_are_named(told):
    other = copy.deepcopy(told)
    for number, audit in enumerate((told["audits"]["advice"], other["audits"]["advice"])):
        audit["texts"]["items"] = {f"i{k}": f"{number}-{k}" for k in range(9)}
    assert mismatches(told, other) == ["advice: other items: i0, i1, i2, i3 and 5 more"]


def test_texts_that_only_one_run_records_are_not_known_to_be_the_same(told):
    other = copy.deepcopy(told)
    del other["audits"]["advice"]["texts"]
    check(told, other)  # the hash over all items says that they are
    other_hash("items")(other["audits"]["advice"])
    assert mismatches(told, other) == mismatches(other, told) == ["advice: other items, by their hash"]


SAMPLING = {"temperature": 0.7, "max_tokens": None}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"judges": ["other/judge"]}, "judge mockllm/judge, the baseline's is other/judge"),
        ({"judges": []}, "judge mockllm/judge, the baseline's is nobody"),
        ({"sampling": SAMPLING | {"temperature": 0.0}}, "temperature 0.7, the baseline's 0"),
        ({"sampling": SAMPLING | {"temperature": None}}, "temperature 0.7, the baseline's not set"),
        ({"sampling": SAMPLING | {"max_tokens": 100}}, "max_tokens not set, the baseline's 100"),
        ({"sampling": None}, "how the baseline was sampled is not recorded"),
    ],
)
def test_runs_that_sample_or_read_differently_are_refused(run, change, why):
    now = run | {"sampling": SAMPLING}
    assert mismatches(now, now) == []
    assert mismatches(now, copy.deepcopy(now) | change) == [why]
    with pytest.raises(LogError, match=why):
        check(now, now | change)


def test_another_simulated_user_is_refused_where_one_plays(run):
    now, before = run | {"user": "a/user"}, copy.deepcopy(run) | {"user": "b/user"}
    assert mismatches(now, before) == []
    for each in (now, before):
        each["audits"]["advice"]["user"] = "simulated"
    assert mismatches(now, before) == ["simulated user a/user, the baseline's is b/user"]


def test_every_mismatch_is_named_at_once(bench):
    now = bench.make_run(bench.Audit(), bench.Audit(name="debate"))
    before = copy.deepcopy(now) | {"judges": ["other/judge"], "sampling": SAMPLING}
    before["audits"]["advice"] |= {"version": "2-A", "turns": 3}
    other_hash("items")(before["audits"]["debate"])
    assert mismatches(now, before) == [
        "judge mockllm/judge, the baseline's is other/judge",
        "how this run was sampled is not recorded",
        "advice: version 1-A, the baseline's is 2-A",
        "advice: turns 1, the baseline's 3",
        "debate: other items, by their hash",
    ]
    with pytest.raises(LogError) as caught:
        check(now, before)
    assert str(caught.value) == f"the baseline cannot be compared: {'; '.join(mismatches(now, before))}"


def test_runs_without_a_common_audit_are_refused(bench, run):
    other = bench.make_run(bench.Audit(name="debate"))
    with pytest.raises(LogError, match="the baseline has no audit of this run: it asked debate, the run advice"):
        check(run, other)


def test_inputs_are_left_alone(bench, measures):
    candidate, baseline = frame_of(bench, [1.0, 0.0]), frame_of(bench, [0.0, 1.0])
    before = candidate.copy(), baseline.copy()
    pair(candidate, baseline, measures)
    assert np.all([candidate.equals(before[0]), baseline.equals(before[1])])
