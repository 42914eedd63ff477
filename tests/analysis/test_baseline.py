import math

import numpy as np
import pytest
from deciding import decide

from standfast.analysis.baseline import compare
from standfast.analysis.contrasts import adjust
from standfast.analysis.pairing import pair
from standfast.suite import GateSpec

LEVELS = [(role, profile) for role in ("advisor", "peer") for profile in ("filler", "full")]
NAMES = [f"E8({role}, {profile})" for role, profile in LEVELS]


def releases(
    bench, rng, *, items=24, per_item=2, base=0.6, shift=0.0, item_sd=0.1, slope_sd=0.05, challenges=("none",)
):
    """Two runs of one binary measure; `shift` is added to the candidate's share in the peer's full profile."""
    rows = {"candidate": [], "baseline": []}
    for i in range(items):
        item, slope = rng.normal(0, item_sd), rng.normal(0, slope_sd)
        for k in range(per_item):
            facts = {"item": f"i{i}", "persona": f"p{(i * per_item + k) % 12}"}
            for role, profile in LEVELS:
                added = slope + (shift if (role, profile) == ("peer", "full") else 0.0)
                for run, share in (("candidate", base + item + added), ("baseline", base + item)):
                    for challenge in challenges:
                        cell = {**facts, "role": role, "profile": profile, "challenge": challenge}
                        rows[run].append({**cell, "value": float(rng.random() < share), "model": run})
    return bench.tidy(rows["candidate"]), bench.tidy(rows["baseline"])


def found(bench, candidate, baseline, measure=None, **options):
    measure = measure or bench.measure("m")
    differences = pair(candidate, baseline, {("advice", measure.name): measure})
    given = {"pairs": {}, "seed": 1, "confidence": 0.95, **options}
    return {finding.contrast: finding for finding in compare(differences, **given)}


def constant(frame, value, where=None):
    """The same frame with one value everywhere, or where said."""
    return frame.assign(value=value if where is None else np.where(where, value, frame["value"]))


def test_a_planted_difference_lies_in_its_interval(bench):
    candidate, baseline = releases(bench, np.random.default_rng(1), items=48, shift=-0.3)
    effects = found(bench, candidate, baseline)
    assert list(effects) == NAMES
    for name, finding in effects.items():
        planted = -30.0 if name == "E8(peer, full)" else 0.0
        assert finding.status == "ok"
        assert finding.conf_low < planted < finding.conf_high
        assert finding.conf_low < finding.estimate < finding.conf_high
        assert (finding.bound_low, finding.bound_high) == (finding.conf_low, finding.conf_high)
        assert finding.second.conf_low < planted < finding.second.conf_high
        assert (finding.unit, finding.n_obs, finding.n_items, finding.n_missing) == ("pp", 96, 48, 0)
        assert (finding.df, finding.df_method[:8]) == (11, "personas")
        assert finding.method.startswith("Paired differences, candidate − baseline (baseline).")
        assert "item" in finding.random
    assert effects["E8(peer, full)"].conf_high < 0


def test_swapping_the_releases_turns_every_difference_round(bench):
    candidate, baseline = releases(bench, np.random.default_rng(2), shift=-0.2)
    there, back = found(bench, candidate, baseline), found(bench, baseline, candidate)
    for name in NAMES:
        one, other = there[name], back[name]
        assert one.estimate == pytest.approx(-other.estimate)
        assert (one.conf_low, one.conf_high) == pytest.approx((-other.conf_high, -other.conf_low))
        # The draws go by the subject's name.
        assert (one.second.conf_low, one.second.conf_high) == pytest.approx(
            (-other.second.conf_high, -other.second.conf_low), abs=2
        )


def test_what_items_do_to_both_releases_drops_out(bench):
    rng = np.random.default_rng(3)
    candidate, baseline = releases(bench, rng, item_sd=0.0, base=0.5)
    words = bench.words
    added = candidate["item"].map({f"i{k}": 1000.0 * k for k in range(24)}).to_numpy()
    plain, moved = (
        found(
            bench,
            *(frame.assign(measure="words", value=frame["value"] + shift) for frame in (candidate, baseline)),
            words,
        )
        for shift in (0.0, added)
    )
    for name in NAMES:
        assert moved[name].unit == "words"
        assert moved[name].estimate == pytest.approx(plain[name].estimate)
        assert moved[name].std_error == pytest.approx(plain[name].std_error, rel=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_two_releases_that_never_differ_have_an_interval_with_width(bench, value):
    candidate, baseline = releases(bench, np.random.default_rng(4))
    candidate, baseline = constant(candidate, value), constant(baseline, value)
    for finding in found(bench, candidate, baseline).values():
        assert finding.status == "ok"
        assert finding.estimate == 0
        assert finding.conf_low == pytest.approx(-finding.conf_high)
        assert 5 < finding.conf_high < 30
        assert finding.p_value == 1
        assert "Items that differ between the releases: 0 of 24." in finding.flags[0]
        assert finding.second.status != "ok"


def test_a_release_that_always_differs_has_one_too(bench):
    candidate, baseline = releases(bench, np.random.default_rng(4))
    for finding in found(bench, constant(candidate, 1.0), constant(baseline, 0.0)).values():
        assert finding.estimate == pytest.approx(100)
        assert 60 < finding.conf_low < finding.conf_high
        assert finding.conf_high >= 100


def test_few_items_that_differ_are_flagged(bench):
    candidate, baseline = releases(bench, np.random.default_rng(4))
    three = candidate["item"].isin(["i1", "i2", "i3"])
    effects = found(bench, constant(constant(candidate, 1.0), 0.0, three), constant(baseline, 1.0))
    finding = effects["E8(peer, full)"]
    assert finding.estimate == pytest.approx(-100 / 8)
    assert finding.conf_low < finding.estimate < finding.conf_high
    assert "3 of 24" in finding.flags[0]
    assert "MOVER" in finding.method


def test_a_measure_without_bounds_that_never_differs_has_no_estimate(bench):
    candidate, baseline = (constant(f, 7.0).assign(measure="words") for f in releases(bench, np.random.default_rng(4)))
    for finding in found(bench, candidate, baseline, bench.words).values():
        assert finding.status == "no variation"
        assert math.isnan(finding.estimate)


def lose(frame, n, **where):
    """The same frame in which the first n values of a level are missing."""
    hit = np.logical_and.reduce([frame[name] == value for name, value in where.items()])
    hit &= np.cumsum(hit) <= n
    return frame.assign(value=frame["value"].mask(hit), status=frame["status"].mask(hit, "judge_failed"))


def test_missing_halves_widen_the_bounds_as_far_as_they_could_go(bench):
    candidate, baseline = releases(bench, np.random.default_rng(6), base=0.5)
    level = {"role": "peer", "profile": "full"}
    whole = found(bench, candidate, baseline)["E8(peer, full)"]
    one = found(bench, lose(candidate, 6, **level), baseline)["E8(peer, full)"]
    both = found(bench, lose(candidate, 6, **level), lose(baseline, 6, **level))["E8(peer, full)"]
    assert (one.n_missing, one.n_obs) == (both.n_missing, both.n_obs) == (6, 42)
    assert one.estimate == both.estimate
    assert both.bound_low < one.bound_low < one.conf_low < one.conf_high < one.bound_high < both.bound_high
    # With both halves unknown each lost pair moves the mean from its own value to −1 or 1.
    half = 100 * 6 / 48
    assert both.conf_low - both.bound_low > half * (1 + both.estimate / 100) * 0.9
    assert one.bound_low < whole.estimate < one.bound_high
    other = found(bench, lose(candidate, 6, **level), baseline)["E8(advisor, full)"]
    assert (other.n_missing, other.bound_low) == (0, other.conf_low)


def test_missing_halves_of_a_measure_without_bounds_have_no_worst_case(bench):
    candidate, baseline = (
        f.assign(measure="words", value=f["value"] + 9) for f in releases(bench, np.random.default_rng(6))
    )
    finding = found(bench, lose(candidate, 1, role="peer", profile="full"), baseline, bench.words)["E8(peer, full)"]
    assert finding.status == "ok"
    assert math.isnan(finding.bound_low)
    assert math.isnan(finding.bound_high)


def test_what_does_not_apply_is_outside_and_said(bench):
    candidate, baseline = releases(bench, np.random.default_rng(6))
    level = {"role": "peer", "profile": "full"}
    spoiled = lose(candidate, 4, **level)
    spoiled["status"] = spoiled["status"].replace("judge_failed", "no_position")
    finding = found(bench, spoiled, baseline)["E8(peer, full)"]
    assert (finding.n_missing, finding.n_obs) == (0, 44)
    assert "4 of 48 pairs have a half that took no position to hold and are left out." in finding.flags


@pytest.mark.parametrize("items", [1, 2])
def test_too_few_items_have_no_estimate_or_a_wide_one(bench, items):
    candidate, baseline = releases(bench, np.random.default_rng(6), items=items, per_item=1)
    baseline = baseline.assign(value=1 - candidate["value"].to_numpy())
    for finding in found(bench, candidate, baseline).values():
        if items == 1:
            assert finding.status.startswith("fewer than 2 items in")
            assert math.isnan(finding.estimate)
        else:
            assert finding.conf_high - finding.conf_low > 100


def test_an_empty_level_is_said(bench):
    candidate, baseline = releases(bench, np.random.default_rng(6), challenges=("bare", "argued"))
    lost = lose(candidate, 99, role="peer", profile="full", challenge="argued")
    effects = found(bench, lost, baseline)
    assert effects["E8(peer, full)"].status == "no scored value in peer, full, argued"
    assert effects["E8(peer, filler)"].status == "ok"


def test_challenges_count_the_same(bench):
    candidate, baseline = releases(bench, np.random.default_rng(7), challenges=("bare", "argued"), per_item=4)
    bare = candidate["challenge"] == "bare"
    lost = lose(candidate, 60, role="peer", profile="full", challenge="bare")
    shifted = lost.assign(value=lost["value"].where(~bare, 0.0).where(lost["value"].notna()))
    finding = found(bench, shifted, baseline)["E8(peer, full)"]
    rows = shifted.assign(value=shifted["value"] - baseline["value"].to_numpy())
    own = rows[(rows["role"] == "peer") & (rows["profile"] == "full")].groupby("challenge")["value"].mean()
    # The mixed model weighs items, so that its means are near the plain ones, not equal to them.
    assert finding.second.estimate == pytest.approx(100 * own.mean())
    assert finding.estimate == pytest.approx(100 * own.mean(), abs=4)


def test_the_order_of_rows_and_other_levels_do_not_move_the_second_opinion(bench):
    candidate, baseline = releases(bench, np.random.default_rng(8))
    one = found(bench, candidate, baseline)["E8(peer, full)"]
    other = found(bench, candidate.sample(frac=1, random_state=1), baseline)["E8(peer, full)"]
    assert one.second == other.second
    assert one.estimate == pytest.approx(other.estimate)


def test_a_family_is_all_levels_on_one_construct(bench):
    candidate, baseline = releases(bench, np.random.default_rng(8), shift=-0.4)
    adjusted = adjust(found(bench, candidate, baseline).values())
    assert {f.family for f in adjusted} == {"E8 on epistemic measures of advice, candidate: 4 contrasts, Holm"}
    assert all(f.p_adjusted >= f.p_value for f in adjusted)


@pytest.mark.parametrize(
    ("shift", "margin", "verdict"), [(-0.5, -10.0, "fail"), (0.3, -10.0, "pass"), (0.0, 0.0, "inconclusive")]
)
def test_gates_hold_a_release_against_its_baseline(bench, shift, margin, verdict):
    candidate, baseline = releases(bench, np.random.default_rng(9), items=60, shift=shift)
    rule = GateSpec(
        id="G",
        title="No worse",
        audit="advice",
        measure="m",
        contrast="E8(peer, full)",
        direction="higher",
        margin=margin,
    )
    findings = adjust(found(bench, candidate, baseline).values())
    assert decide(findings, [rule], models=["candidate"]).verdict == verdict
    without = decide([], [rule], models=["candidate"])
    assert (without.verdict, without.exit_code) == ("missing", 12)


def test_samples_without_a_counterpart_are_counted(bench):
    candidate, baseline = releases(bench, np.random.default_rng(9))
    fewer = baseline[baseline["item"] != "i0"]
    finding = found(bench, candidate, fewer)["E8(peer, full)"]
    assert (finding.n_items, finding.n_obs) == (23, 46)
    assert "8 of 192 samples have no counterpart in the baseline and are left out." in finding.flags


@pytest.mark.slow
@pytest.mark.parametrize(("base", "items", "per_item"), [(0.6, 24, 2), (0.95, 24, 1), (0.7, 36, 4)])
def test_intervals_cover_what_is_planted(bench, base, items, per_item):
    rng, hits = np.random.default_rng(items), []
    for _ in range(100):
        candidate, baseline = releases(
            bench, rng, items=items, per_item=per_item, base=base, item_sd=0.02, slope_sd=0.02
        )
        hits += [f.conf_low <= 0 <= f.conf_high for f in found(bench, candidate, baseline).values()]
    assert np.mean(hits) > 0.93


def test_nothing_paired_gives_no_finding(bench):
    assert compare([], pairs={}, seed=1, confidence=0.95) == []
    assert isinstance(pair(bench.tidy([]), bench.tidy([]), {}), list)
