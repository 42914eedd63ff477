import json
import math

import pytest
from deciding import decide, resealed

from standfast.analysis.analysing import analyse
from standfast.analysis.results import BaselineRun, from_json, to_json
from standfast.errors import LogError
from standfast.suite import GateSpec

KINDS = ("E1", "E2", "E3", "E4")
ITEMS = {f"item-{k:02d}": {"premise": "questionable"} for k in range(12)}
CLAIMS = {f"claim-{k}": {} for k in range(6)}


@pytest.fixture(scope="module")
def run(bench, tmp_path_factory):
    """A run of two audits: log folder and run.json."""
    folder = tmp_path_factory.mktemp("logs")
    advice = bench.Audit(items=ITEMS)
    held = bench.measure("belief_not_adopted", primary=True, applies={"challenge": ("bare", "argued")})
    debate = bench.Audit(
        name="debate", measures=(held, bench.position), turns=3, challenges=("bare", "argued"), items=CLAIMS
    )

    def talk(cell, epoch, measure):
        yields = cell.role == "peer" and cell.profile == "full" and cell.challenge == "argued"
        if measure == "position/3" and cell.item == "claim-0" and cell.profile == "none":
            return "judge_failed"
        if measure.startswith("position"):
            return -1.0 if yields and measure == "position/3" else 1.0
        return 0.0 if yields else 1.0

    bench.make_log(folder, advice, broken=[cell.id for cell in advice.cells()[:2]])
    bench.make_log(folder, debate, verdict=talk)
    return folder, bench.make_run(advice, debate)


@pytest.fixture(scope="module")
def analysed(run):
    return analyse(*run, contrasts=KINDS, confidence=0.95)


@pytest.fixture(scope="module")
def compared(bench, tmp_path_factory, run):
    """The same run, with an earlier one of its first audit as its baseline."""
    folder = tmp_path_factory.mktemp("before")
    advice = bench.Audit(items=ITEMS)

    def before(cell, epoch, measure):
        return "refused" if cell.item == "item-03" and measure == "validation" else 1 - bench.flat(cell, epoch, measure)

    bench.make_log(folder, advice, verdict=before)
    facts = {"suite": {"name": "tiny", "version": "1"}, "simulated": True, "limit": None}
    baseline = BaselineRun("before", folder, bench.make_run(advice) | facts)
    return analyse(*run, contrasts=KINDS, confidence=0.95, baseline=baseline)


def test_every_fitted_measure_has_findings_means_and_a_summary(analysed):
    _, found = analysed
    measured = {("advice", "validation"), ("advice", "framing_challenged"), ("advice", "words")}
    measured.add(("debate", "belief_not_adopted"))
    for nouns in (found.findings, found.means, found.fits):
        assert {(noun.audit, noun.measure) for noun in nouns} == measured
    assert len(found.findings) == 4 * 6
    assert len(found.means) == 4 * 6
    assert ("debate", "position") in {(row.audit, row.measure) for row in found.missing}


def test_every_number_has_an_interval_and_an_n(analysed):
    _, found = analysed
    for finding in found.findings:
        if finding.status == "ok":
            assert finding.conf_low < finding.conf_high
            assert finding.n_obs > 0
            assert finding.n_items > 1
            assert 0 <= finding.p_adjusted <= 1
        else:
            assert math.isnan(finding.estimate)
    for point in found.holding:
        assert point.conf_low < point.conf_high
        assert point.n_items == len(CLAIMS)


def test_yielding_under_one_of_two_challenges_is_half_of_yielding(analysed):
    _, found = analysed
    means = {(mean.role, mean.profile): mean for mean in found.means if mean.audit == "debate"}
    assert means["peer", "full"].mean == pytest.approx(50)
    assert means["advisor", "full"].mean == pytest.approx(100)
    shares = {(p.role, p.profile, p.turn): p.share for p in found.holding}
    assert shares["peer", "full", 3] == pytest.approx(0.5)
    assert shares["peer", "full", 2] == pytest.approx(1)


def test_what_is_missing_is_counted_and_bounds_the_findings(analysed):
    _, found = analysed
    assert sum(row.counts["error"] for row in found.missing if row.measure == "validation") == 2
    hit = [f for f in found.findings if f.measure == "validation" and f.n_missing]
    assert hit
    for f in hit:
        assert f.bound_high - f.bound_low > f.conf_high - f.conf_low


def test_an_audit_with_turns_has_hazards_and_flips(analysed):
    _, found = analysed
    levels = {(p.role, p.profile) for p in found.holding}
    assert {(p.role, p.profile, p.turn) for p in found.hazards} == {
        (*level, turn) for level in levels for turn in (2, 3)
    }
    hazards = {(p.role, p.profile, p.turn): p for p in found.hazards}
    assert hazards["peer", "full", 3].hazard == pytest.approx(0.5)
    assert hazards["peer", "full", 2].hazard == 0
    flips = {(f.role, f.profile, f.measure): f for f in found.flips}
    assert flips["peer", "full", "turn_of_flip"].mean == pytest.approx(2.5)
    assert flips["advisor", "full", "number_of_flips"].mean == 0
    for noun in (*found.hazards, *found.flips):
        assert noun.conf_low < noun.conf_high
    assert {(r.role, r.profile) for r in found.hazard_ratios} == {("advisor", "full"), ("peer", "full"), (None, "full")}
    assert all(r.status != "ok" for r in found.hazard_ratios)  # nobody flips under filler


def test_missingness_is_tested_once_per_subject_and_audit(analysed):
    _, found = analysed
    whole = {check.audit: check for check in found.missingness if not check.measures}
    assert {audit: check.n_missing for audit, check in whole.items()} == {"advice": 2, "debate": 0}
    assert whole["advice"].n == len(ITEMS) * 6


def test_without_a_baseline_nothing_is_compared(analysed):
    assert analysed[1].baseline is None
    assert not [f for f in analysed[1].findings if f.contrast.startswith("E8")]


def test_a_baseline_is_compared_level_by_level(analysed, compared):
    frame, found = compared
    added = [f for f in found.findings if f.contrast.startswith("E8")]
    assert {f.measure for f in added} == {"validation", "framing_challenged", "words"}
    assert len(added) == 3 * 6
    assert [f.contrast for f in found.findings if f not in added] == [f.contrast for f in analysed[1].findings]
    refused = {f.contrast: f for f in added if f.measure == "validation"}
    for f in refused.values():
        assert f.n_missing >= 1
        assert f.bound_high - f.bound_low > f.conf_high - f.conf_low
    assert found.frame_sha256 == analysed[1].frame_sha256
    before = found.baseline
    assert (before.name, before.suite, before.simulated, before.trial) == ("before", "tiny 1", True, False)
    assert before.frame_sha256 != found.frame_sha256
    (pairing,) = before.pairings
    assert (pairing.audit, pairing.n_paired, pairing.n_candidate) == ("advice", 72, 72)
    assert to_json(from_json(to_json(found))) == to_json(found)
    assert len(frame) == len(analysed[0])


def test_the_same_logs_give_the_same_results(run, analysed):
    _, again = analyse(*run, contrasts=KINDS, confidence=0.95)
    assert to_json(again) == to_json(analysed[1])


def test_results_survive_a_round_trip(analysed):
    text = to_json(analysed[1])
    again = from_json(text)
    assert to_json(again) == text
    assert repr(again) == repr(analysed[1])
    assert (
        json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))["schema"]
        == "standfast/results/4"
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], "standfast/results/2"),
        (["findings"], None),
        (["findings", 0, "estimate"], "0.1"),
        (["findings", 0, "role"], 3),
        (["findings", 0, "second"], {"estimate": 1.0}),
        (["missing", 0, "counts"], [1]),
        (["missing", 0, "counts", "scored"], 1.5),
        (["excerpts", 0, "turns", 0], ["user"]),
        (["fits", 0, "converged"], 1),
        (["surprise"], 1),
    ],
)
def test_damaged_results_are_refused(analysed, path, value):
    content = json.loads(to_json(analysed[1]))
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(LogError, match="Results"):
        from_json(resealed(json.dumps(content)))


def test_gates_decide_on_results_that_were_read_back(analysed):
    rule = GateSpec(
        id="G1",
        title="Holds",
        audit="debate",
        measure="belief_not_adopted",
        contrast="E2(peer, full)",
        direction="higher",
        margin=60.0,
    )
    read = from_json(to_json(analysed[1]))
    decision = decide([], [rule], results=read, models=["mockllm/model"])
    assert (decision.verdict, decision.exit_code) == ("fail", 10)
    again = decide([], [rule], results=analysed[1], models=["mockllm/model"])
    assert repr(decision) == repr(again)  # NaN is not equal to itself
