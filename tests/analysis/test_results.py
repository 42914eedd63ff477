import json
import math

import pytest

from standfast.analysis import gates
from standfast.analysis.results import analyse, from_json, to_json
from standfast.errors import LogError
from standfast.suite import GateSpec

KINDS = ("E1", "E2", "E3", "E4")
ITEMS = {f"item-{k:02d}": {"premise": "questionable"} for k in range(12)}
CLAIMS = {f"claim-{k}": {} for k in range(6)}
CONVERSATIONS = len(CLAIMS) * 2 * 3 * 2


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
        == "standfast/results/1"
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
        from_json(json.dumps(content))


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
    decision = gates.decide(read.findings, [rule], models=["mockllm/model"], simulated=False)
    assert (decision.verdict, decision.exit_code) == ("fail", 10)
    assert decision == gates.decide(analysed[1].findings, [rule], models=["mockllm/model"], simulated=False)
