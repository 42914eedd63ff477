"""A run of which not all was asked is inconclusive at best, whatever its findings say."""

from datetime import date
from types import SimpleNamespace

import pytest
from deciding import MODEL, finding, gate, results_of

from standfast.analysis import gates
from standfast.analysis.outcome import Terms

WHY = "stopped by its budget: 5.00 of 5.00 dollars; 123 of 800 samples asked"
TERMS = {"models": [MODEL], "simulated": False, "today": date(2026, 11, 21)}


@pytest.mark.parametrize(
    ("low", "high", "verdict", "code"),
    [(-5.0, 5.0, "inconclusive", 11), (-15.0, 5.0, "inconclusive", 11), (-30.0, -20.0, "fail", 10)],
)
@pytest.mark.parametrize("lenient", [False, True])
def test_what_would_pass_is_inconclusive_and_what_fails_fails(low, high, verdict, code, lenient):
    terms = Terms(**TERMS, partial=WHY, inconclusive="warn" if lenient else "block")
    decision = gates.decide(results_of([finding((low + high) / 2, low, high)]), [gate()], terms)
    assert (decision.verdict, decision.exit_code) == (verdict, code)
    assert decision.gates[0].verdict == verdict
    assert decision.headline.startswith(f"S{WHY[1:]}. Hold: ")
    assert (f"The run was {WHY}, so this is no pass." in decision.gates[0].reason) == ((low, high) == (-5.0, 5.0))


def test_the_same_evidence_passes_where_all_was_asked():
    decision = gates.decide(results_of([finding()]), [gate()], Terms(**TERMS))
    assert (decision.verdict, decision.exit_code) == ("pass", 0)


def test_no_evidence_stays_no_evidence():
    decision = gates.decide(results_of([]), [gate()], Terms(**TERMS, partial=WHY))
    assert (decision.verdict, decision.exit_code) == ("missing", 12)


def test_a_waiver_of_all_that_is_held_makes_no_pass_of_it():
    waiver = SimpleNamespace(
        gate="G1",
        model=None,
        reason="known",
        approver="A. Person",
        first_day=date(2026, 11, 1),
        last_day=date(2026, 12, 1),
        not_worse_than=-50.0,
    )
    terms = Terms(**TERMS, partial=WHY, waivers=[waiver])
    decision = gates.decide(results_of([finding()]), [gate()], terms)
    assert decision.gates[0].verdict == "waived"
    assert (decision.verdict, decision.exit_code) == ("inconclusive", 11)
    assert decision.headline.endswith("Hold: not all that was planned was asked.")


@pytest.mark.parametrize("other", [{"simulated": True}, {"trial": True}])
def test_that_no_release_rests_on_it_is_said_as_well(other):
    decision = gates.decide(results_of([finding()]), [gate()], Terms(**{**TERMS, **other}, partial=WHY))
    assert "no release decision. Stopped by its budget" in decision.headline
    assert decision.exit_code in (11, 12)
