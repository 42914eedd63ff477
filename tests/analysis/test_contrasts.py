import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from standfast.analysis.contrasts import adjust, cell_means, compare
from standfast.analysis.models import ModelSpec, fit, second_opinion

ALL = ("E1", "E2", "E3", "E4")
SLOPES = {"item": 0.2, "persona": 0.1, "role": 0.1, "profile": 0.1, "both": 0.1, "residual": 0.35}
CELLS = [(role, profile) for role in ("advisor", "peer") for profile in ("none", "filler", "full")]


def run(frame, measure, **changes):
    spec = ModelSpec(measure=measure)
    given = {"kinds": ALL, "confidence": 0.95, **changes}
    found = compare(fit(frame, spec), second_opinion(frame, spec), frame, measure, **given)
    return {finding.contrast: finding for finding in found}


def means(frame, measure):
    spec = ModelSpec(measure=measure)
    found = cell_means(fit(frame, spec), second_opinion(frame, spec), frame, measure, confidence=0.95)
    return {(mean.role, mean.profile): mean for mean in found}


def table(bench, value, *, items=20, personas=1, status=lambda *_: "scored", challenges=("none",)):
    """A frame whose value is a function of item number, role, profile and challenge."""
    rows = []
    for i in range(items):
        for k in range(personas):
            for role, profile in CELLS:
                for challenge in challenges:
                    said = status(i, role, profile, challenge)
                    number = value(i, role, profile, challenge) if said == "scored" else math.nan
                    rows.append(
                        {
                            "item": f"i{i:02d}",
                            "persona": f"p{(i * personas + k) % 24:02d}",
                            "role": role,
                            "profile": profile,
                            "challenge": challenge,
                            "value": number,
                            "status": said,
                        }
                    )
    return bench.tidy(rows)


def estimated(finding):
    """What every estimate of the product owes its reader."""
    assert finding.status == "ok"
    assert finding.conf_low < finding.estimate < finding.conf_high or (
        finding.conf_low < finding.conf_high and finding.conf_low <= finding.estimate <= finding.conf_high
    )
    assert finding.n_obs > 0
    assert finding.n_items > 1
    assert finding.bound_low <= finding.conf_low
    assert finding.bound_high >= finding.conf_high
    return finding


def not_estimated(finding, status):
    assert finding.status == status
    numbers = (
        finding.estimate,
        finding.std_error,
        finding.conf_low,
        finding.conf_high,
        finding.p_value,
        finding.bound_low,
    )
    assert all(math.isnan(number) for number in numbers)
    assert finding.second is None
    return finding


def test_each_construct_has_its_own_estimands(bench):
    frame = bench.simulate(np.random.default_rng(0), base=0.5, binary=True)
    shared = ["E3(full)", "E4(none)", "E4(filler)", "E4(full)"]
    for construct, kind in (("affective", "E1"), ("epistemic", "E2"), ("over-correction", "E2"), ("check", "E2")):
        found = run(frame, bench.measure(scale="proportion", construct=construct))
        assert list(found) == [f"{kind}(advisor, full)", f"{kind}(peer, full)", *shared]
    assert list(run(frame, bench.measure(scale="proportion"), kinds=["E3"])) == ["E3(full)"]


def test_persona_levels_are_compared_with_filler_and_never_with_none(bench):
    frame = table(
        bench, lambda i, role, profile, _: {"none": 9.0, "filler": 2.0, "full": 5.0}[profile] + 0.01 * (i * 7 % 5)
    )
    noise = np.random.default_rng(1).normal(0, 0.01, len(frame))
    found = run(frame.assign(value=frame["value"] + noise), bench.measure(scale="rate", low=None, high=None))
    assert found["E2(peer, full)"].estimate == pytest.approx(3, abs=0.05)
    without = frame[frame["profile"] != "filler"]
    assert list(run(without, bench.measure(scale="rate", low=None, high=None))) == ["E4(none)", "E4(full)"]


def test_binary_measures_are_reported_in_percentage_points(bench):
    frame = bench.simulate(np.random.default_rng(0), items=60, base=0.5, effects={("peer", "full"): -0.3}, binary=True)
    finding = estimated(run(frame, bench.measure())["E4(full)"])
    assert finding.unit == "pp"
    assert -60 < finding.estimate < -10
    assert means(frame, bench.measure())["advisor", "none"].unit == "%"
    rate = run(frame, bench.measure(scale="rate", unit="per 100 words", high=None))["E4(full)"]
    assert rate.unit == "per 100 words"
    assert rate.estimate == pytest.approx(finding.estimate / 100)


def test_challenges_count_the_same_whatever_their_number_of_values(bench):
    """`bare` loses half of its values; the level's mean is still the mean of both challenges' means."""
    frame = table(
        bench,
        lambda i, role, profile, challenge: (10.0 if challenge == "bare" else 20.0) + 0.1 * (i * 7 % 3),
        challenges=("bare", "argued"),
        status=lambda i, role, profile, challenge: "refused" if challenge == "bare" and i % 2 else "scored",
    )
    noise = np.random.default_rng(0).normal(0, 0.01, len(frame))
    found = means(frame.assign(value=frame["value"] + noise), bench.measure(scale="count", low=None, high=None))
    assert found["peer", "full"].mean == pytest.approx(15.1, abs=0.1)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_0_or_100_percent_everywhere_keeps_an_interval_with_width(bench, share):
    found = run(table(bench, lambda *_: share), bench.measure())
    for finding in found.values():
        estimated(finding)
        assert finding.estimate == 0
        assert finding.conf_low < 0 < finding.conf_high
        assert finding.p_value == 1
        assert "MOVER" in finding.method
        assert any("MOVER" in flag for flag in finding.flags)
        assert "There is no second opinion: the contrast does not vary between clusters." in finding.flags
    for mean in means(table(bench, lambda *_: share), bench.measure()).values():
        assert mean.conf_low < mean.conf_high
        assert mean.mean == 100 * share


def test_items_that_never_change_their_mind_leave_an_interval_with_width(bench):
    """Half of the items succeed in all cells: no contrast varies, and yet little is known."""
    for finding in run(table(bench, lambda i, *_: float(i % 2)), bench.measure()).values():
        assert estimated(finding).conf_high - finding.conf_low > 20


@pytest.mark.parametrize(("successes", "mover"), [(4, True), (5, False), (15, False), (16, True)])
def test_wald_intervals_need_five_items_on_each_side(bench, successes, mover):
    def value(i, role, profile, _):
        return float(i < successes) if (role, profile) == ("peer", "full") else float(i % 2)

    finding = estimated(run(table(bench, value), bench.measure())["E2(peer, full)"])
    assert ("n = items" in finding.method) == mover
    assert finding.estimate == pytest.approx(100 * (successes / 20 - 0.5))


def test_the_standard_error_of_a_share_is_at_least_the_clustered_one(bench):
    """Shares of 10, 10, 10 and 50 %: the model's one residual variance is too small for the contrast with 50 %."""
    rng = np.random.default_rng(0)
    frame = table(
        bench, lambda i, *cell: float(rng.random() < (0.5 if cell[:2] == ("peer", "full") else 0.1)), items=90
    )
    as_share = run(frame, bench.measure())["E2(peer, full)"]
    as_rate = run(frame, bench.measure(scale="rate", high=None))["E2(peer, full)"]
    other = second_opinion(frame, ModelSpec(measure=bench.measure()))
    row = np.array([{"full": 1, "filler": -1}.get(name[1], 0) * (name[0] == "peer") for name in other.names])
    assert as_share.std_error > 1.1 * 100 * as_rate.std_error
    assert as_share.std_error == pytest.approx(100 * math.sqrt(row @ other.vcov @ row))
    assert as_share.estimate == pytest.approx(100 * as_rate.estimate)


def test_five_successes_on_one_item_are_one_item(bench):
    frame = table(bench, lambda i, role, profile, _: float(i == 0 if profile == "full" else i % 2), personas=6)
    once = frame.drop_duplicates(["item", "role", "profile"]).assign(persona=lambda rows: "p-" + rows["item"])
    finding, of_one = (run(rows, bench.measure())["E2(peer, full)"] for rows in (frame, once))
    assert finding.n_obs == 240
    assert "MOVER" in finding.method
    assert (finding.conf_low, finding.conf_high) == pytest.approx((of_one.conf_low, of_one.conf_high))


def test_without_bounds_and_without_variation_there_is_no_estimate(bench):
    frame = table(bench, lambda *_: 3.0)
    for finding in run(frame, bench.measure(scale="rate", high=None)).values():
        not_estimated(finding, "no variation")
    assert all(math.isnan(mean.mean) for mean in means(frame, bench.measure(scale="rate", high=None)).values())
    steady = table(bench, lambda i, *_: float(i))
    for finding in run(steady, bench.measure(scale="rate", high=None)).values():
        not_estimated(finding, "no variation")


def test_a_count_at_its_bound_has_an_interval_from_shares_of_its_range(bench):
    turns = bench.measure(scale="count", unit="turns", low=1.0, high=5.0)
    finding = estimated(run(table(bench, lambda *_: 5.0), turns)["E2(peer, full)"])
    assert finding.unit == "turns"
    assert -4 < finding.conf_low < 0 < finding.conf_high < 4
    mean = means(table(bench, lambda *_: 5.0), turns)["peer", "full"]
    assert (mean.mean, mean.conf_high) == (5, 5)
    assert 3 < mean.conf_low < 5


def test_an_empty_cell_is_said_and_not_estimated(bench):
    def status(i, role, profile, challenge):
        return "refused" if (role, profile) == ("peer", "full") else "scored"

    frame = table(bench, lambda i, *_: float(i % 2), status=status)
    found = run(frame, bench.measure())
    finding = not_estimated(found["E2(peer, full)"], "no scored value in peer, full")
    assert finding.n_missing == 20
    not_estimated(found["E3(full)"], "no scored value in peer, full")
    estimated(found["E2(advisor, full)"])
    assert math.isnan(means(frame, bench.measure())["peer", "full"].mean)


def test_one_empty_challenge_is_not_averaged_away(bench):
    frame = table(
        bench,
        lambda i, *_: float(i % 2),
        challenges=("argued", "bare"),
        status=lambda i, role, profile, challenge: "refused" if (role, challenge) == ("peer", "bare") else "scored",
    )
    not_estimated(run(frame, bench.measure())["E2(peer, full)"], "no scored value in peer, full, bare")


@pytest.mark.parametrize("items", [1, 0])
def test_one_item_or_none_is_no_evidence(bench, items):
    frame = table(bench, lambda i, *_: float(i % 2), items=max(items, 1), personas=3)
    if not items:
        frame = frame.assign(status="error", value=math.nan).astype({"status": "string"})
    for finding in run(frame, bench.measure()).values():
        assert finding.status.startswith("fewer than 2 items" if items else "no scored value")
        not_estimated(finding, finding.status)


@pytest.mark.parametrize("personas", [1, 2])
def test_values_that_repeat_exactly_get_an_interval_clustered_by_item(bench, personas):
    """Item and role decide alone, as with replies at temperature 0: there is no residual variance to estimate."""
    frame = table(bench, lambda i, role, *_: float((i * 7 + (role == "peer") * (i % 4)) % 5 < 2), personas=personas)
    found = run(frame, bench.measure())
    finding = estimated(found["E4(full)"])
    by_item = frame[frame["profile"] == "full"].groupby(["item", "role"])["value"].mean().unstack("role")
    difference = 100 * (by_item["peer"] - by_item["advisor"])
    assert finding.estimate == pytest.approx(difference.mean())
    assert finding.std_error == pytest.approx(difference.sem(), rel=0.05)
    assert "values repeat exactly" in finding.method
    assert finding.second.status == "ok"
    assert "MOVER" in estimated(found["E2(peer, full)"]).method


def test_a_fit_that_did_not_converge_gives_no_estimate(bench):
    frame = bench.simulate(np.random.default_rng(0), base=0.5, binary=True)
    spec = ModelSpec(measure=bench.measure())
    lost = replace(fit(frame, spec), converged=False)
    for finding in compare(lost, second_opinion(frame, spec), frame, spec.measure, kinds=ALL, confidence=0.95):
        not_estimated(finding, "the fit did not converge")


def test_worst_case_bounds_move_each_cell_to_its_extreme(bench):
    """In (peer, full) 5 of 20 values are missing; as the plus cell it moves by 5/20 of the distance to 0 or 1.

    What is filled in also varies from item to item: by 1/4 × 3/4 × distance² over the 15 items that are left.
    """

    def status(i, role, profile, _):
        return "judge_failed" if (role, profile) == ("peer", "full") and i >= 15 else "scored"

    rng = np.random.default_rng(0)
    frame = table(bench, lambda *_: float(rng.random() < 0.5), status=status, personas=2)
    finding = estimated(run(frame, bench.measure())["E2(peer, full)"])
    level = means(frame, bench.measure())["peer", "full"].mean
    assert finding.n_missing == 10
    assert finding.df == 14  # of the 15 items that are left in (peer, full)
    critical = scipy.stats.t.ppf(0.975, 14)
    for bound, end, side, distance in (
        (finding.bound_low, finding.conf_low, -1, level),
        (finding.bound_high, finding.conf_high, 1, 100 - level),
    ):
        half, added = abs(end - finding.estimate), critical * distance * math.sqrt(0.25 * 0.75 / 15)
        assert bound == pytest.approx(finding.estimate + side * (0.25 * distance + math.hypot(half, added)))
    untouched = run(frame, bench.measure())["E2(advisor, full)"]
    assert (untouched.bound_low, untouched.bound_high) == (untouched.conf_low, untouched.conf_high)


def test_missing_values_without_bounds_have_no_worst_case(bench):
    frame = bench.simulate(np.random.default_rng(0), drop=0.1)
    finding = run(frame, bench.measure(scale="rate", high=None))["E2(peer, full)"]
    assert finding.status == "ok"
    assert math.isnan(finding.bound_low)
    assert math.isnan(finding.bound_high)


def test_values_that_do_not_apply_are_neither_missing_nor_unsaid(bench):
    def status(i, role, profile, _):
        return "no_position" if i < 3 else "scored"

    frame = table(bench, lambda i, role, profile, _: float((i + len(profile)) % 2), status=status)
    finding = estimated(run(frame, bench.measure())["E2(peer, full)"])
    assert finding.n_missing == 0
    assert finding.bound_low == finding.conf_low
    assert any(flag.startswith("6 of 40 conversations took no position") for flag in finding.flags)


def test_talks_that_were_declined_are_left_out_in_words_of_their_own(bench):
    def status(i, role, profile, _):
        return "declined" if i < 3 else "scored"

    frame = table(bench, lambda i, role, profile, _: float((i + len(profile)) % 2), status=status)
    finding = estimated(run(frame, bench.measure(construct="influence"))["E2(peer, full)"])
    assert finding.n_missing == 0
    assert any(flag.startswith("6 of 40 conversations were declined") for flag in finding.flags)


def test_a_second_opinion_on_another_side_of_zero_is_flagged(bench):
    """The model's pooled variance hides that two cells vary less than all others."""
    rng = np.random.default_rng(2)

    def value(i, role, profile, _):
        quiet = role == "peer" and profile != "none"
        return (0.3 if profile == "full" else 0.0) + rng.normal(0, 0.1 if quiet else 3.0)

    found = run(table(bench, value, items=30), bench.measure(scale="rate", low=None, high=None))
    finding = found["E2(peer, full)"]
    assert finding.conf_low < 0 < finding.second.conf_low
    assert any(flag.startswith("The second opinion lies differently to 0") for flag in finding.flags)
    assert not found["E4(none)"].flags


def test_holm_corrects_within_one_estimand_and_construct(bench):
    frame = bench.simulate(np.random.default_rng(0), items=40, base=0.5, effects={("peer", "full"): -0.3}, binary=True)
    found = list(run(frame, bench.measure(scale="proportion")).values())
    other = [replace(finding, measure="b") for finding in found]
    warm = list(run(frame, bench.measure(name="w", construct="affective", scale="proportion")).values())
    unknown = [replace(found[0], measure="c", p_value=math.nan)]
    adjusted = {(f.measure, f.contrast): f for f in adjust([*found, *other, *warm, *unknown])}
    by_name = {f.contrast: f for f in found}
    e2 = adjusted["m", "E2(peer, full)"]
    assert e2.family == "E2 on epistemic measures of advice, mockllm/model: 4 contrasts, Holm"
    assert e2.p_adjusted == pytest.approx(min(1, 4 * by_name["E2(peer, full)"].p_value))
    assert adjusted["m", "E3(full)"].p_adjusted == pytest.approx(min(1, 2 * by_name["E3(full)"].p_value))
    assert "affective" in adjusted["w", "E3(full)"].family
    assert math.isnan(adjusted["c", "E2(advisor, full)"].p_adjusted)
    shares = {(f.measure, f.contrast): f for f in adjust([*found, *other], "benjamini-hochberg")}
    least = min(by_name["E2(peer, full)"].p_value, by_name["E2(advisor, full)"].p_value)
    assert shares["m", "E2(peer, full)"].p_adjusted == pytest.approx(2 * least)  # 4 contrasts, equal in pairs
    assert shares["m", "E3(full)"].family.endswith(": 2 contrasts, Benjamini-Hochberg")


def test_levels_asked_under_different_challenges_are_not_compared(bench):
    frame = table(bench, lambda i, *_: float(i % 2), challenges=("argued", "bare"))
    cut = frame[~((frame["profile"] == "full") & (frame["challenge"] == "bare"))]
    finding = run(cut, bench.measure())["E2(peer, full)"]
    assert finding.status == "the levels were asked under different challenges"
    assert math.isnan(finding.estimate)


def test_a_level_is_its_mean_without_a_p_value(bench):
    rng = np.random.default_rng(1)
    frame = table(bench, lambda *_: float(rng.random() < 0.5), personas=2)
    found = run(frame, bench.measure(), kinds=("E2", "L(peer, full)"))
    level = estimated(found["L(peer, full)"])
    mean = means(frame, bench.measure())["peer", "full"]
    assert (level.estimate, level.conf_low, level.conf_high) == (mean.mean, mean.conf_low, mean.conf_high)
    assert level.unit == "%"
    assert math.isnan(level.p_value)
    assert "L(advisor, full)" not in found
