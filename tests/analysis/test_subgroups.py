import numpy as np
import pytest

from standfast.analysis.contrasts import compare
from standfast.analysis.models import ModelSpec, both
from standfast.analysis.studies import Study, looked_into
from standfast.analysis.subgroups import item_effects, subgroups

SLOPES = {"item": 0.3, "persona": 0.1, "role": 0.1, "profile": 0.1, "both": 0.4, "residual": 0.4}
FLAT = {"item": 0.3, "persona": 0.0, "role": 0.0, "profile": 0.0, "both": 0.0, "residual": 0.5}
PEER = "E2(peer, full)"
OLD = {f"p{k:02d}": {"age": "old" if k % 3 == 0 else "young", "style": "blunt"} for k in range(24)}


@pytest.fixture(scope="module")
def rate(bench):
    return bench.measure(scale="rate", unit="per 100 words", low=None, high=None)


def study(frame, measure, contrasts=(PEER,), clusters=None):
    spec = ModelSpec(measure=measure, clusters=clusters or {}, link=False)
    fit, second = both(frame, spec)
    found = compare(fit, second, frame, measure, kinds=contrasts, confidence=0.95, quick=True)
    return Study(fit, frame, measure, found)


def of(frame):
    """The rows that E2(peer, full) adds and takes away."""
    return (frame["role"] == "peer") & (frame["profile"] == "full")


def test_items_are_drawn_towards_the_contrast_of_all_and_keep_their_mean(bench, rate):
    frame = bench.simulate(np.random.default_rng(1), items=24, personas=4, sd=SLOPES)
    given = study(frame, rate)
    found = item_effects(given, {})
    assert [one.item for one in found] == sorted(frame["item"].unique())
    assert {one.n_obs for one in found} == {8}
    estimate = given.findings[0].estimate
    assert np.mean([one.estimate for one in found]) == pytest.approx(estimate, abs=0.02)
    cells = frame[frame["role"] == "peer"].groupby(["item", "profile"])["value"].mean().unstack()
    raw = (cells["full"] - cells["filler"]).to_dict()
    for one in found:
        assert one.conf_low < one.estimate < one.conf_high
        assert one.unit == "per 100 words"
    drawn = np.array([one.estimate - estimate for one in found])
    own = np.array([raw[one.item] - estimate for one in found])
    assert 0.3 < drawn @ own / (own @ own) < 0.95  # between no difference and the items' own


def test_an_item_that_carries_the_effect_stands_out(bench, rate):
    frame = bench.simulate(np.random.default_rng(2), items=30, personas=4, sd={**SLOPES, "both": 0.2})
    frame.loc[of(frame) & (frame["item"] == "i007"), "value"] -= 3
    found = item_effects(study(frame, rate), {})
    lowest = min(found, key=lambda one: one.estimate)
    assert lowest.item == "i007"
    assert lowest.conf_high < np.median([one.estimate for one in found])


def test_a_pair_whose_items_are_both_asked_is_one_entry(bench, rate):
    frame = bench.simulate(np.random.default_rng(3), items=12, sd=SLOPES)
    clusters = {"i000": "first", "i001": "first", "i002": "second", "gone": "second"}
    found = {one.item: one for one in item_effects(study(frame, rate, clusters=clusters), clusters)}
    assert {"first", "i002", "i003"} < found.keys()
    assert not {"i000", "second"} & found.keys()
    assert found["first"].n_obs == 2 * found["i003"].n_obs
    alone = {one.item: one for one in item_effects(study(frame, rate), {})}
    assert found["first"].estimate == pytest.approx((alone["i000"].estimate + alone["i001"].estimate) / 2)


def test_levels_of_items_stay_on_their_scale(bench):
    frame = bench.simulate(np.random.default_rng(4), items=30, base=0.9, sd={**SLOPES, "item": 0.4}, binary=True)
    found = item_effects(study(frame, bench.measure(), ("L(peer, full)",)), {})
    assert max(one.conf_high for one in found) == 100.0
    assert min(one.conf_low for one in found) >= 0
    assert {one.unit for one in found} == {"%"}


def test_an_item_without_a_value_in_the_contrast_has_no_entry(bench, rate):
    frame = bench.simulate(np.random.default_rng(5), items=12, sd=SLOPES)
    lost = (frame["item"] == "i003") & (frame["role"] == "peer")
    frame.loc[lost, ["value", "status"]] = [np.nan, "refused"]
    assert "i003" not in {one.item for one in item_effects(study(frame, rate), {})}


def test_nothing_is_said_of_items_or_people_without_a_mixed_model(bench, rate):
    frame = bench.simulate(np.random.default_rng(6), items=6).assign(value=1.0)
    given = study(frame, rate)
    assert item_effects(given, {}) == []
    assert subgroups(given, OLD) == []


def test_the_raw_contrast_of_a_group_is_that_of_its_own_cell_means(bench, rate):
    frame = bench.simulate(np.random.default_rng(7), items=40, sd=SLOPES)
    found = {one.group: one for one in subgroups(study(frame, rate), OLD)}
    assert found.keys() == {"old", "young"}  # everybody is blunt, which is no group
    for group, one in found.items():
        own = frame[frame["persona"].map(lambda name, group=group: OLD[name]["age"] == group)]
        means = own[own["role"] == "peer"].groupby("profile")["value"].mean()
        assert one.raw == pytest.approx(means["full"] - means["filler"])
        assert one.n_personas == own["persona"].nunique()
        assert one.n_obs == int((own["role"].eq("peer") & own["profile"].isin(["full", "filler"])).sum())
        assert one.conf_low < one.estimate < one.conf_high


def test_a_group_that_bends_more_is_found_and_groups_alike_are_drawn_together(bench, rate):
    alike = bench.simulate(np.random.default_rng(8), items=96, sd=FLAT)
    bent = alike.copy()
    bent.loc[of(bent) & bent["persona"].map(lambda name: OLD[name]["age"] == "old"), "value"] -= 2
    for frame, apart in ((alike, False), (bent, True)):
        found = {one.group: one for one in subgroups(study(frame, rate), OLD)}
        assert (found["old"].conf_high < found["young"].conf_low) is apart
        raw, drawn = (abs(getattr(found["old"], n) - getattr(found["young"], n)) for n in ("raw", "estimate"))
        assert drawn < raw
        assert drawn > 0.85 * raw if apart else drawn < 0.75 * raw


def test_one_persona_is_no_group_and_who_is_unknown_is_in_none(bench, rate):
    frame = bench.simulate(np.random.default_rng(9), items=24, sd=SLOPES)
    few = {"p00": {"age": "alone"}, **{f"p{k:02d}": {"age": "ab"[k % 2]} for k in range(1, 9)}}
    found = subgroups(study(frame, rate), few)
    assert {(one.group, one.n_personas) for one in found} == {("a", 4), ("b", 4)}
    assert subgroups(study(frame, rate), {"p00": {"age": "alone"}, "p01": {"age": "other"}}) == []
    assert subgroups(study(frame, rate), {}) == []


def test_a_group_that_lost_a_cell_is_left_out(bench, rate):
    frame = bench.simulate(np.random.default_rng(10), items=24, sd=SLOPES)
    three = {name: {"age": "abc"[k % 3]} for k, name in enumerate(OLD)}
    lost = of(frame) & frame["persona"].map(lambda name: three[name]["age"] == "b")
    frame.loc[lost, ["value", "status"]] = [np.nan, "judge_failed"]
    assert {one.group for one in subgroups(study(frame, rate), three)} == {"a", "c"}


def test_the_intervals_of_groups_hold_what_is_planted_in_them(bench, rate):
    rng, inside, n = np.random.default_rng(12), 0, 0
    four = {name: {"age": "abcd"[k % 4]} for k, name in enumerate(OLD)}
    for _ in range(25):
        frame = bench.simulate(rng, items=24, sd=SLOPES, profiles=("filler", "full"))
        planted = dict(zip("abcd", rng.normal(0, 0.4, 4), strict=True))
        moved = frame["persona"].map(lambda name, planted=planted: planted[four[name]["age"]])
        value = np.where(of(frame), frame["value"] + moved, frame["value"])
        for one in subgroups(study(frame.assign(value=value), rate), four):
            inside, n = inside + (one.conf_low <= planted[one.group] <= one.conf_high), n + 1
    assert inside / n >= 0.95 - 2.5 * np.sqrt(0.95 * 0.05 / 25)  # groups of one run share their items


def test_what_is_looked_into_is_the_lead_contrast_and_what_gates_read(bench):
    frame = bench.simulate(np.random.default_rng(13), profiles=("none", "filler", "demographics", "full"), sd=SLOPES)
    kinds = ("E2", "E3", "L")

    def chosen(gated, **changes):
        measure = bench.measure(scale="rate", unit="per 100 words", low=None, high=None, **changes)
        given = study(frame, measure, kinds)
        return {one.contrast for one in looked_into(given.findings, gated, set(frame["profile"]))}

    assert chosen(set(), primary=True) == {"E2(advisor, full)", PEER}
    assert chosen({("advice", "m", "L(peer, none)")}) == {"L(peer, none)"}
    assert chosen({("debate", "m", "L(peer, none)"), ("advice", "other", "E3(full)")}) == set()
