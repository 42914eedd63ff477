import math
from dataclasses import dataclass

import pytest
from deciding import MODEL, decide, finding, gate, resealed
from hypothesis import given
from hypothesis import strategies as st

from standfast.analysis.decisions import from_json, to_json
from standfast.analysis.findings import SecondOpinion
from standfast.errors import GateError, LogError

NAN, INF = math.nan, math.inf


def verdict(found, rule=None):
    return decide([found], [rule or gate()], models=[MODEL], simulated=False).gates[0].verdict


@pytest.mark.parametrize(
    ("direction", "margin", "low", "high", "expected"),
    [
        ("higher", -10.0, -5.0, 5.0, "pass"),
        ("higher", -10.0, -10.0, 5.0, "inconclusive"),  # at the margin is not beyond it
        ("higher", -10.0, math.nextafter(-10.0, 0), 5.0, "pass"),
        ("higher", -10.0, -15.0, -9.0, "inconclusive"),
        ("higher", -10.0, -20.0, -10.0, "fail"),
        ("higher", -10.0, -20.0, -11.0, "fail"),
        ("higher", 0.0, -5.0, 5.0, "inconclusive"),
        ("lower", 10.0, -5.0, 5.0, "pass"),
        ("lower", 10.0, -5.0, 10.0, "inconclusive"),
        ("lower", 10.0, 9.0, 15.0, "inconclusive"),
        ("lower", 10.0, 10.0, 20.0, "fail"),
        ("lower", 10.0, 11.0, 20.0, "fail"),
        ("lower", -10.0, -5.0, 5.0, "fail"),  # the margin that lets `higher` pass
    ],
)
def test_the_verdict_follows_from_the_whole_interval_and_the_direction(direction, margin, low, high, expected):
    found = finding((low + high) / 2, low, high, direction=direction)
    assert verdict(found, gate(direction=direction, margin=margin)) == expected


@pytest.mark.parametrize(
    ("direction", "margin", "bounds", "expected"),
    [
        ("higher", -10.0, (-9.0, 9.0), "pass"),
        ("higher", -10.0, (-10.0, 9.0), "inconclusive"),
        ("higher", -10.0, (-30.0, 30.0), "inconclusive"),
        ("lower", 10.0, (-9.0, 9.0), "pass"),
        ("lower", 10.0, (-30.0, 10.0), "inconclusive"),
    ],
)
def test_a_pass_must_survive_the_worst_case_of_what_is_missing(direction, margin, bounds, expected):
    found = finding(n_missing=12, bound_low=bounds[0], bound_high=bounds[1], direction=direction)
    decision = decide([found], [gate(direction=direction, margin=margin)], models=[MODEL], simulated=False)
    assert decision.gates[0].verdict == expected
    if expected == "inconclusive":
        assert "only if nothing is missing" in decision.gates[0].reason


def second(low, high, status="ok"):
    return SecondOpinion(estimate=0.0, conf_low=low, conf_high=high, method="", status=status)


@pytest.mark.parametrize(
    ("ends", "other", "verdict", "by_second", "said"),
    [
        ((-5, 5), (-9, 5), "pass", "pass", ""),
        ((-5, 5), (-11, 5), "pass", "inconclusive", " By the second opinion alone it would be: inconclusive."),
        ((-5, 5), (-20, -11), "pass", "fail", " By the second opinion alone it would be: fail."),
        ((-15, 5), (-9, 5), "inconclusive", "pass", " By the second opinion alone it would be: pass."),
        ((-15, 5), (-11, 5), "inconclusive", "inconclusive", ""),
        ((-20, -11), (-9, 5), "fail", "pass", " By the second opinion alone it would be: pass."),
    ],
)
def test_a_second_opinion_that_would_decide_otherwise_is_told_but_does_not_decide(
    ends, other, verdict, by_second, said
):
    found = finding(sum(ends) / 2, *ends, second=second(*other))
    result = decide([found], [gate()], models=[MODEL], simulated=False).gates[0]
    assert (result.verdict, result.second) == (verdict, by_second)
    assert result.reason.partition(".")[2] == said


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (None, " There is no second opinion."),
        (second(NAN, NAN, "fewer than 2 clusters"), " There is no second opinion: fewer than 2 clusters."),
        (second(NAN, 5.0), " There is no second opinion."),
    ],
)
def test_a_gate_without_a_second_opinion_says_so(other, said):
    result = decide([finding(second=other)], [gate()], models=[MODEL], simulated=False).gates[0]
    assert (result.verdict, result.second) == ("pass", "none")
    assert result.reason.endswith(said)


def test_what_is_missing_is_no_matter_of_the_second_opinion():
    """Both intervals alone would pass; it is the worst case of what is missing that leaves it open."""
    found = finding(n_missing=12, bound_low=-30.0, bound_high=30.0, second=second(-5.0, 5.0))
    result = decide([found], [gate()], models=[MODEL], simulated=False).gates[0]
    assert (result.verdict, result.second) == ("inconclusive", "pass")
    assert "second opinion" not in result.reason
    lost = decide([finding(status="no variation", second=None)], [gate()], models=[MODEL], simulated=False).gates[0]
    assert "second opinion" not in lost.reason


@pytest.mark.parametrize(
    "unusable",
    [
        {"status": "no variation"},
        {"status": "the fit did not converge"},
        {"estimate": NAN},
        {"estimate": INF},
        {"std_error": NAN},
        {"conf_low": NAN},
        {"conf_low": -INF},
        {"conf_high": INF},
        {"conf_high": NAN},
        {"bound_low": NAN},
        {"bound_high": INF},
        {"conf_low": 5.0, "conf_high": -5.0, "bound_low": 5.0, "bound_high": -5.0},  # reversed
        {"conf_low": 0.0, "conf_high": 0.0, "bound_low": 0.0, "bound_high": 0.0},  # no width
        {"estimate": 6.0},  # outside its interval
        {"estimate": -6.0},
        {"bound_low": -4.0},  # a worst case that is better
        {"bound_high": 4.0},
        {"n_items": 1},
        {"n_items": 300},  # more items than values
        {"n_missing": -1},
        {"std_error": 0.0},
        {"df": 0.0},
        {"df": NAN},
        {"direction": "lower"},  # the wrong sign
        {"conf_level": 0.5, "conf_low": -1.0},
    ],
)
def test_evidence_that_makes_no_sense_is_missing(unusable):
    decision = decide([finding(**unusable)], [gate()], models=[MODEL], simulated=False)
    assert decision.verdict == "missing"
    assert decision.exit_code == 12
    told = decision.gates[0].reason
    assert told.startswith("There is no usable estimate: ") or "was not estimated" in told


@pytest.mark.parametrize(
    "changed", [{"model": "x/y"}, {"audit": "a"}, {"measure": "m"}, {"contrast": "E2(peer, traits)"}]
)
def test_a_finding_of_something_else_is_no_evidence(changed):
    decision = decide([finding(**changed)], [gate()], models=[MODEL], simulated=False)
    assert (decision.verdict, decision.exit_code) == ("missing", 12)
    assert decision.gates[0].finding is None


def test_each_subject_needs_its_own_evidence():
    decision = decide([finding()], [gate()], models=[MODEL, "other/model"], simulated=False)
    assert [(result.model, result.verdict) for result in decision.gates] == [
        (MODEL, "pass"),
        ("other/model", "missing"),
    ]
    assert decision.verdict == "missing"


@pytest.mark.parametrize(
    ("rules", "models", "words"),
    [
        ([], [MODEL], "no gates"),
        ([gate(blocking=False)], [MODEL], "no blocking gate"),
        ([gate()], [], "no subject"),
        ([gate()], [MODEL, MODEL], "named twice"),
        ([gate(), gate()], [MODEL], "G1 appears twice"),
    ],
)
def test_a_policy_that_could_pass_without_evidence_is_refused(rules, models, words):
    with pytest.raises(GateError, match=words):
        decide([finding()], rules, models=models, simulated=False)


@dataclass
class Loose:
    """A rule that no suite would let through."""

    id: str = "G1"
    title: str = ""
    audit: str = "debate"
    measure: str = "belief_not_adopted"
    contrast: str = "E2(peer, full)"
    direction: str = "higher"
    margin: float = -10.0
    blocking: bool = True
    kind: str = "bound"
    twin_margin: float | None = None
    confidence: float | None = None
    alternative: str = ""


@pytest.mark.parametrize("rule", [Loose(margin=NAN), Loose(margin=-INF), Loose(direction="neither")])
def test_a_rule_without_a_margin_or_direction_is_refused(rule):
    with pytest.raises(GateError, match="gate G1"):
        decide([finding()], [rule], models=[MODEL], simulated=False)


def test_two_findings_of_one_name_are_refused():
    with pytest.raises(GateError, match="found twice"):
        decide([finding(), finding(low=-50.0)], [gate()], models=[MODEL], simulated=False)


GOOD, BAD = {"low": -5.0, "high": 5.0}, {"estimate": -20.0, "low": -25.0, "high": -15.0}
OPEN, GONE = {"low": -15.0, "high": 15.0}, {"status": "no variation"}


@pytest.mark.parametrize(
    ("cases", "expected", "code", "headline"),
    [
        ([GOOD], "pass", 0, "Pass: the only gate holds."),
        ([GOOD, GOOD], "pass", 0, "Pass: all 2 gates hold."),
        ([GOOD, OPEN], "inconclusive", 11, "Hold: 1 of 2 gates is inconclusive."),
        ([GOOD, BAD, BAD, OPEN], "fail", 10, "Hold: 2 of 4 gates fail and 1 is inconclusive."),
        (
            [BAD, OPEN, OPEN, GONE],
            "missing",
            12,
            "Hold: 1 of 4 gates fails, 2 are inconclusive and 1 has no usable evidence.",
        ),
        ([GONE, GONE], "missing", 12, "Hold: 2 of 2 gates have no usable evidence."),
    ],
)
def test_the_worst_blocking_verdict_decides(cases, expected, code, headline):
    rules = [gate(id=f"G{k}", measure=f"m{k}") for k in range(len(cases))]
    advisory = gate(id="A", measure="absent", blocking=False)
    found = [finding(measure=f"m{k}", **case) for k, case in enumerate(cases)]
    decision = decide(found, [*rules, advisory], models=[MODEL], simulated=False)
    assert (decision.verdict, decision.exit_code, decision.headline) == (expected, code, headline)
    assert decision.gates[-1].verdict == "missing"


@pytest.mark.parametrize(("allowed", "code"), [(False, 12), (True, 0)])
def test_a_simulated_run_keeps_its_verdict_but_releases_nothing(allowed, code):
    decision = decide([finding()], [gate()], models=[MODEL], simulated=True, allow_simulated=allowed)
    assert (decision.verdict, decision.exit_code, decision.simulated) == ("pass", code, True)
    assert decision.headline == "Simulated, no release decision. Pass: the only gate holds."
    failed = decide([finding(**BAD)], [gate()], models=[MODEL], simulated=True, allow_simulated=allowed)
    assert failed.exit_code == (10 if allowed else 12)


def test_a_trial_with_fewer_samples_never_releases():
    passed = decide([finding()], [gate()], models=[MODEL], simulated=False, trial=True)
    assert (passed.verdict, passed.exit_code) == ("pass", 12)
    assert passed.headline == "A trial with --limit, no release decision. Pass: the only gate holds."
    failed = decide([finding(**BAD)], [gate()], models=[MODEL], simulated=False, trial=True)
    assert failed.exit_code == 10


NUMBER = st.one_of(st.floats(-30, 30), st.sampled_from([NAN, INF, -INF, 0.0, -10.0, 10.0]))


@given(
    numbers=st.tuples(NUMBER, NUMBER, NUMBER, NUMBER, NUMBER, NUMBER),
    direction=st.sampled_from(["higher", "lower"]),
    margin=st.sampled_from([-10.0, 0.0, 10.0]),
    status=st.sampled_from(["ok", "ok", "ok", "no variation"]),
    n_items=st.integers(0, 3),
    other=st.none() | st.builds(second, NUMBER, NUMBER),
)
def test_no_finding_passes_by_accident(numbers, direction, margin, status, n_items, other):
    estimate, std_error, low, high, bound_low, bound_high = numbers
    found = finding(
        estimate,
        low,
        high,
        std_error=std_error,
        bound_low=bound_low,
        bound_high=bound_high,
        status=status,
        n_items=n_items,
        second=other,
        direction=direction,
    )
    ends = (low, high, bound_low, bound_high)
    strictly_better = all(
        math.isfinite(end) and (end > margin if direction == "higher" else end < margin) for end in ends
    )
    sound = status == "ok" and n_items > 1 and low < high and low <= estimate <= high
    if verdict(found, gate(direction=direction, margin=margin)) == "pass":
        assert strictly_better
        assert sound


def test_a_decision_survives_a_round_trip():
    found = [finding(bound_low=NAN, n_missing=3, second=second(-9.0, 9.0)), finding(model="b/b", **BAD)]
    decision = decide(found, [gate(), gate(id="G2", measure="absent")], models=[MODEL, "b/b"], simulated=True)
    again = from_json(to_json(decision))
    assert repr(again) == repr(decision)
    assert to_json(again) == to_json(decision)
    assert "NaN" not in to_json(decision)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: text.replace("standfast/decision/2", "standfast/results/1"),
        lambda text: text.replace('"exit_code": 0', '"exit_code": "0"'),
        lambda text: text.replace('"verdict": "pass"', '"verdict": "go"'),
        lambda text: text.replace('"headline"', '"title"'),
        lambda text: text.replace('"n_items": 60', '"n_items": 60.5'),
        lambda text: text.replace('"flags": []', '"flags": {}'),
        lambda text: text.replace('"flags": []', '"flags": [1]'),
        lambda text: text.replace('"margin": -10.0', '"margin": true'),
    ],
)
def test_a_damaged_decision_is_refused(spoil):
    text = to_json(decide([finding()], [gate()], models=[MODEL], simulated=False))
    assert spoil(text) != text
    with pytest.raises(LogError, match="Decision"):
        from_json(resealed(spoil(text)))


def test_a_gate_on_the_baseline_says_what_it_needs():
    rule = gate(contrast="E8(peer, full)")
    (result,) = decide([finding()], [rule, gate(id="G2")], models=[MODEL], simulated=False).gates[:1]
    assert result.verdict == "missing"
    assert result.reason == (
        "E8(peer, full) on belief_not_adopted was not estimated. It needs `standfast analyse RUN --baseline RUN0`."
    )
    (plain,) = decide([finding()], [gate(contrast="E3(full)")], models=[MODEL], simulated=False).gates
    assert "baseline" not in plain.reason
