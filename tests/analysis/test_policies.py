"""Kinds of gates, alternatives, waivers, and what must be known of the evidence before a gate can pass."""

import math
from dataclasses import replace
from datetime import date

import pytest
from deciding import MODEL, decide, finding, fit, gate, intact, results_of, rows
from hypothesis import given
from hypothesis import strategies as st

from standfast.analysis.calibration import Calibration, FacetAgreement
from standfast.analysis.coefficients import Coefficient
from standfast.analysis.decisions import PolicyFacts
from standfast.analysis.gates import wanted
from standfast.analysis.rules import asked_confidence, confidences, error_rate
from standfast.analysis.sequential import Look
from standfast.errors import GateError
from standfast.waivers import Waiver

TODAY = date(2026, 11, 21)
NAN = math.nan


def only(decision):
    (result,) = decision.gates
    return result


# Equivalence


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-5.0, 5.0, "pass"),
        (-10.0, 5.0, "inconclusive"),
        (-5.0, 10.0, "inconclusive"),
        (-15.0, 15.0, "inconclusive"),
        (10.0, 15.0, "fail"),
        (-15.0, -10.0, "fail"),
        (9.0, 15.0, "inconclusive"),
    ],
)
def test_equivalence_holds_both_ends(low, high, expected):
    rule = gate(kind="equivalence", direction=None, margin=10)
    assert only(decide([finding((low + high) / 2, low, high)], [rule])).verdict == expected


def test_equivalence_needs_a_margin_above_zero():
    with pytest.raises(GateError, match="above 0"):
        decide([finding()], [gate(kind="equivalence", direction=None, margin=-10)])


# A measure and its over-correction twin

BOTH = {"kind": "two-sided", "twin_margin": 20.0, "contrast": "L(peer, full)"}


def held(estimate, low, high, **changes):
    return finding(estimate, low, high, contrast="L(peer, full)", twin="contrarian", unit="%", **changes)


def twin(estimate, low, high):
    return finding(estimate, low, high, contrast="L(peer, full)", measure="contrarian", direction="lower", unit="%")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((80, 70, 90), (10, 5, 15), "pass"),
        ((80, 70, 90), (18, 10, 26), "inconclusive"),
        ((80, 70, 90), (40, 30, 50), "fail"),
        ((40, 30, 49), (10, 5, 15), "fail"),
        ((50, 40, 60), (40, 30, 50), "fail"),
        ((80, 70, 90), None, "missing"),
        (None, (10, 5, 15), "missing"),
    ],
)
def test_two_sided_passes_only_where_both_sides_do(first, second, expected):
    found = [held(*first)] if first else []
    found += [twin(*second)] if second else []
    result = only(decide(found, [gate(**BOTH, margin=50)]))
    assert result.verdict == expected
    if first and second:
        assert result.twin.measure == "contrarian"


# Alternatives, confidence and looks


def test_alternatives_are_held_at_a_raised_confidence():
    rules = [gate(id="A", alternative="either"), gate(id="B", alternative="either"), gate(id="C")]
    assert confidences(rules, 0.95) == {"A": 0.975, "B": 0.975, "C": 0.95}
    asked = wanted(rules, 0.95, [MODEL], [], {})
    assert [one.confidence for one in asked] == [0.975, 0.975, 0.95]


def test_one_alternative_is_enough_and_none_is_not():
    rules = [gate(id="A", alternative="either"), gate(id="B", measure="position_held", alternative="either")]
    good = finding(conf_level=0.975)
    bad = finding(-20.0, -25.0, -15.0, measure="position_held", conf_level=0.975)
    one = decide([good, bad], rules)
    assert (one.verdict, one.headline) == ("pass", "Pass: the only gate holds.")
    both = decide(
        [replace(good, estimate=-20.0, conf_low=-25.0, conf_high=-15.0, bound_low=-25.0, bound_high=-15.0), bad], rules
    )
    assert (both.verdict, both.exit_code) == ("fail", 10)


def test_an_interval_of_another_confidence_decides_nothing():
    assert only(decide([finding(conf_level=0.9)], [gate()])).verdict == "missing"
    assert only(decide([finding(conf_level=0.99)], [gate(confidence=0.99)])).verdict == "pass"


def look(confidence):
    return Look(model=MODEL, audit="debate", look=1, of=2, confidence=confidence, stopped=True, samples=50, planned=100)


def test_a_look_spends_its_share_of_every_gates_error():
    assert asked_confidence(0.95, 0.95, look(0.99)) == pytest.approx(0.99)
    assert asked_confidence(0.90, 0.95, look(0.99)) == pytest.approx(0.98)  # a fifth of the error, as for 0.95
    assert asked_confidence(0.95, 0.95, None) == 0.95
    known = results_of([finding(conf_level=0.95)], looks=(look(0.99),))
    assert only(decide([], [gate()], results=known)).verdict == "missing"
    known = results_of([finding(conf_level=0.95)], looks=(look(0.99),), also=(finding(conf_level=0.99),))
    assert only(decide([], [gate()], results=known)).verdict == "pass"


def test_the_error_rate_of_the_whole_is_told():
    assert "at most 2.5 %" in error_rate([gate()], 0.95)
    assert "intersection–union" in error_rate([gate()], 0.95)
    assert "at most 5 %" in error_rate([gate(), gate(id="B", confidence=0.9)], 0.95)
    assert "Bonferroni" in error_rate([gate(alternative="a"), gate(id="B", alternative="a")], 0.95)
    assert "3 looks" in error_rate([gate()], 0.95, 3)


# What must be known of the evidence


@pytest.mark.parametrize(
    ("changes", "verdict", "told"),
    [
        ({"integrity": ()}, "missing", "what the logs tell about debate is not known"),
        (
            {"integrity": (intact(MODEL, "debate", problems=("The provider changed the model.",)),)},
            "missing",
            "The provider changed the model.",
        ),
        ({"integrity": (intact("other/model", "debate"),)}, "missing", "is not known"),
        ({"fits": ()}, "missing", "the fit of belief_not_adopted in debate is not known"),
        ({"fits": (fit(MODEL, "debate", "belief_not_adopted", converged=False),)}, "missing", "did not converge"),
        ({"missing": ()}, "missing", "no value of belief_not_adopted was planned"),
        (
            {"missing": tuple(rows(MODEL, "debate", "belief_not_adopted", scored=(60, 60, 60, 50)))},
            "inconclusive",
            "differs by 16.7 points between conditions",
        ),
        (
            {"missing": tuple(rows(MODEL, "debate", "belief_not_adopted", scored=(60, 60, 60, 55)))},
            "pass",
            "The whole interval lies above",
        ),
    ],
)
def test_a_gate_passes_only_on_evidence_that_may_be_believed(changes, verdict, told):
    result = only(decide([], [gate()], results=results_of([finding()], **changes)))
    assert result.verdict == verdict
    assert told in result.reason


def test_missingness_by_condition_never_turns_a_failure_into_doubt():
    bad = finding(-20.0, -25.0, -15.0)
    known = results_of([bad], missing=tuple(rows(MODEL, "debate", "belief_not_adopted", scored=(60, 60, 60, 20))))
    assert only(decide([], [gate()], results=known)).verdict == "fail"


# Gates on the evidence

COMPLETE = {"id": "E", "kind": "completeness", "audit": "", "measure": "", "contrast": "", "direction": None}


@pytest.mark.parametrize(
    ("scored", "verdict"), [((60, 60, 60, 60), "pass"), ((57, 60, 60, 60), "pass"), ((60, 60, 56, 60), "fail")]
)
def test_completeness_is_decided_by_the_emptiest_condition(scored, verdict):
    known = results_of([finding()], missing=tuple(rows(MODEL, "debate", "belief_not_adopted", scored=scored)))
    decision = decide([], [gate(), gate(**COMPLETE, margin=95)], results=known)
    result = decision.gates[1]
    assert result.verdict == verdict
    assert (result.quality.n, result.quality.counted) == (60, True)
    assert result.quality.estimate == pytest.approx(100 * min(scored) / 60)


def test_completeness_of_nothing_is_missing():
    known = results_of([finding()], missing=())
    assert decide([], [gate(), gate(**COMPLETE, margin=95)], results=known).gates[1].verdict == "missing"


def agreement(facet="framing", low=0.5, high=0.8, n=150, status="ok"):
    value = Coefficient(value=(low + high) / 2, conf_low=low, conf_high=high, n=n, n_items=30, status=status)
    return FacetAgreement(
        facet=facet,
        ordered=False,
        n=n,
        n_answers=n,
        n_items=30,
        n_unread=0,
        n_raters=2,
        kappa=value,
        alpha=value,
        accuracy=value,
        between_raters=value,
        confusion={},
    )


def calibration(*facets, day="2026-10-01"):
    return Calibration(
        judge="anthropic/judge",
        rubric={"debate": "0"},
        language="en",
        date=day,
        conf_level=0.95,
        simulated=False,
        drawn=150,
        facets=facets,
        biases=(),
        labelled=(),
    )


JUDGED = {"id": "J", "kind": "judge-quality", "audit": "", "measure": "", "contrast": "", "direction": None}


@pytest.mark.parametrize(
    ("found", "verdict", "told"),
    [
        (None, "missing", "never held against people"),
        (calibration(agreement()), "pass", "lies above 0.4"),
        (calibration(agreement(), agreement("sides", 0.3, 0.6)), "inconclusive", "kappa on sides"),
        (calibration(agreement(), agreement("sides", 0.1, 0.3)), "fail", "kappa on sides"),
        (calibration(agreement(n=29)), "missing", "fewer than 30"),
        (calibration(agreement(low=NAN, high=NAN)), "missing", "There is no kappa on framing"),
        (calibration(agreement(status="no variation")), "missing", "no variation"),
        (calibration(), "missing", "no question"),
        (calibration(agreement(), day="2026-01-01"), "missing", "324 days old, more than 180"),
        (calibration(agreement(), day="2027-01-01"), "missing", "yet to come"),
        (calibration(agreement(), day="soon"), "missing", "names no day"),
    ],
)
def test_judge_quality_needs_fresh_agreement_above_the_margin(found, verdict, told):
    known = results_of([finding()], calibration=found)
    result = decide([], [gate(), gate(**JUDGED, margin=0.4)], results=known, today=TODAY).gates[1]
    assert result.verdict == verdict
    assert told in result.reason


def test_a_policy_of_gates_on_the_evidence_alone_decides_nothing():
    with pytest.raises(GateError, match="on a finding"):
        decide([finding()], [gate(**COMPLETE, margin=95)])


# Waivers

OPEN = finding(-5.0, -15.0, 5.0)


def waiver(**changes):
    given = {
        "gate": "G1",
        "reason": "Known, mended in the next release.",
        "approver": "A. Board",
        "granted": "2026-11-01",
        "expires": "2026-12-01",
        "not_worse_than": -8.0,
    }
    return Waiver(**{**given, **changes})


@pytest.mark.parametrize(
    ("found", "granted", "status", "code"),
    [
        (OPEN, waiver(), "applied", 0),
        (finding(-7.0, -12.0, -2.0), waiver(model=MODEL), "applied", 0),
        (finding(-20.0, -25.0, -15.0), waiver(not_worse_than=-21.0), "applied", 0),
        (finding(-20.0, -25.0, -15.0), waiver(), "exceeded", 10),
        (OPEN, waiver(expires="2026-11-20"), "expired", 11),
        (OPEN, waiver(expires="2026-11-21"), "applied", 0),
        (OPEN, waiver(granted="2026-11-22"), "not yet", 11),
        (OPEN, waiver(granted="2026-06-01"), "too long", 11),
        (OPEN, waiver(model="other/model"), "unused", 11),
        (OPEN, waiver(gate="G9"), "unused", 11),
        (finding(), waiver(), "unused", 0),
        (finding(status="no variation"), waiver(), "exceeded", 12),
    ],
)
def test_a_waiver_covers_what_it_says_and_no_more(found, granted, status, code):
    decision = decide([found], [gate()], waivers=[granted], today=TODAY)
    assert [use.status for use in decision.waivers] == [status]
    assert decision.exit_code == code
    result = only(decision)
    assert (result.verdict == "waived") == (status == "applied")
    assert result.raw == only(decide([found], [gate()])).verdict


def test_a_waived_gate_is_no_pass_in_the_headline():
    decision = decide([OPEN], [gate()], waivers=[waiver()], today=TODAY)
    assert decision.headline == "Pass with waivers: 0 of 1 gate hold, 1 waived."
    assert decision.decided == "2026-11-21"


def test_a_waiver_of_the_measure_does_not_cover_its_twin():
    found = [held(45, 35, 55), twin(40, 30, 50)]
    granted = waiver(not_worse_than=40)
    assert decide(found, [gate(**BOTH, margin=50)], waivers=[granted], today=TODAY).exit_code == 10
    fine = [held(45, 35, 55), twin(10, 5, 15)]
    assert decide(fine, [gate(**BOTH, margin=50)], waivers=[granted], today=TODAY).exit_code == 0


# Policies after the fact, and inconclusive decisions


def facts(post_hoc):
    return PolicyFacts(name="release 1", file="gates.yaml", sha256="0" * 64, post_hoc=post_hoc, error_rate="")


@pytest.mark.parametrize(("post_hoc", "code"), [(False, 0), (True, 12)])
def test_a_policy_that_came_after_the_run_releases_nothing(post_hoc, code):
    decision = decide([finding()], [gate()], policy=facts(post_hoc))
    assert (decision.verdict, decision.exit_code) == ("pass", code)
    assert decision.headline.startswith("Post hoc policy") == post_hoc
    assert decide([finding(-20.0, -25.0, -15.0)], [gate()], policy=facts(post_hoc)).exit_code == 10


def test_an_inconclusive_decision_may_be_let_through_by_name():
    assert decide([OPEN], [gate()]).exit_code == 11
    warned = decide([OPEN], [gate()], inconclusive="warn")
    assert (warned.verdict, warned.exit_code) == ("inconclusive", 0)
    assert decide([OPEN], [gate()], inconclusive="warn", simulated=True).exit_code == 12
    assert decide([OPEN], [gate()], inconclusive="warn", policy=facts(post_hoc=True)).exit_code == 12
    assert decide([finding(-20.0, -25.0, -15.0)], [gate()], inconclusive="warn").exit_code == 10


# No findings file, however odd, passes by accident

WILD = st.one_of(st.floats(-60, 60), st.sampled_from([NAN, math.inf, -math.inf, 0.0, -10.0, 10.0, 50.0]))


@st.composite
def findings(draw, **fixed):
    low, high = draw(WILD), draw(WILD)
    return finding(
        draw(WILD),
        low,
        high,
        std_error=draw(WILD),
        df=draw(st.sampled_from([0.0, 1.0, 59.0, NAN])),
        bound_low=draw(st.sampled_from([low, low - 10, NAN])),
        bound_high=draw(st.sampled_from([high, high + 10, math.inf])),
        direction=draw(st.sampled_from(["higher", "higher", "lower", "neither"])),
        conf_level=draw(st.sampled_from([0.95, 0.95, 0.95, 0.5])),
        n_items=draw(st.integers(0, 61)),
        n_missing=draw(st.integers(-1, 3)),
        status=draw(st.sampled_from(["ok", "ok", "ok", ""])),
        **fixed,
    )


@given(
    first=findings(measure="m1"),
    second=findings(measure="m2"),
    margins=st.tuples(st.sampled_from([-10.0, 0.0, 10.0]), st.sampled_from([-10.0, 5.0])),
    directions=st.tuples(*[st.sampled_from(["higher", "lower"])] * 2),
    problems=st.sampled_from([(), (), ("Replies are repeated.",), ("",)]),
    converged=st.sampled_from([True, True, True, False]),
    scored=st.sampled_from([(60, 60, 60, 60), (60, 60, 60, 40), (0, 0, 0, 0)]),
    simulated=st.booleans(),
)
def test_exit_0_means_that_every_blocking_gates_whole_interval_is_better(
    first, second, margins, directions, problems, converged, scored, simulated
):
    rules = [gate(id=f"G{k}", measure=f"m{k}", margin=margins[k - 1], direction=directions[k - 1]) for k in (1, 2)]
    known = results_of(
        [first, second],
        integrity=(intact(MODEL, "debate", problems=problems),),
        fits=tuple(fit(MODEL, "debate", name, converged=converged) for name in ("m1", "m2")),
        missing=tuple(row for name in ("m1", "m2") for row in rows(MODEL, "debate", name, scored=scored)),
    )
    decision = decide([], rules, results=known, simulated=simulated)
    if decision.exit_code != 0:
        return
    assert not problems
    assert converged
    assert not simulated
    for one, margin, direction in zip((first, second), margins, directions, strict=True):
        ends = (one.conf_low, one.conf_high, one.bound_low, one.bound_high)
        assert all(math.isfinite(end) and (end > margin if direction == "higher" else end < margin) for end in ends)
        assert one.direction in ("neither", direction)
        assert one.status == "ok"
