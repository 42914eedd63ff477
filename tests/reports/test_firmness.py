"""How firm the decision is: replays, what is left out, evidence that cannot be used, audits that stopped."""

import json
from dataclasses import replace

import pytest

from standfast.reports.document import build
from standfast.reports.parts import Table
from tests.reports import decided
from tests.reports.test_decided import brief, cells, table
from tests.reports.test_document import all_text, section


@pytest.fixture(scope="module")
def made(mock):
    return decided.inputs(mock)


@pytest.fixture(scope="module")
def written(made):
    return build(*made)


def test_the_certificate_is_told_with_intervals_and_n(written, made):
    whole, gates, *_ = brief(written, "How sure")
    assert whole.startswith("A/A: run again at this size, the decision flips between pass and fail in 0.6 % [0.0, 1.2]")
    assert whole.endswith("(n\u00a01,000).")
    worst = max(made[3].gates, key=lambda g: g.false_pass.estimate)
    title = next(g.title for g in made[1].gates if g.id == worst.gate)
    assert f"passes in {100 * worst.false_pass.estimate:.1f} % [" in gates
    assert title in gates
    rates = cells(table(section(written, "firmness"), "Rates of the replays"))
    assert len(rates) == len(made[3].gates) + 1
    assert "a gate on the evidence is not replayed" in all_text(section(written, "firmness"))


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"policy_sha256": "00" * 32}, "of another policy"), ({"frame_sha256": "00" * 32}, "of other evidence")],
)
def test_a_certificate_of_something_else_is_not_shown(made, changed, told):
    found, decision, run, certificate = made
    document = build(found, decision, run, replace(certificate, **changed))
    assert told in brief(document, "How sure")[0]
    assert "A/A:" not in all_text(document)
    assert "Rates of the replays" not in all_text(document)


def test_without_a_certificate_it_says_that_nothing_was_measured(made):
    assert brief(build(*made[:3]), "How sure")[0].startswith("Not certified: ")


def test_a_certificate_of_a_plan_needs_no_frame(made):
    found, decision, run, certificate = made
    none = decided.rate(0.0, 1)
    plan = replace(
        certificate, frame_sha256="", gates=tuple(replace(g, halves=replace(none, n=0)) for g in certificate.gates)
    )
    plan = replace(plan, whole=replace(plan.whole, halves=replace(none, n=0)))
    document = build(found, decision, run, plan)
    assert "run twice as planned" in brief(document, "How sure")[0]
    columns = table(section(document, "firmness"), "Rates of the replays").columns
    assert not [c for c in columns if c.title.startswith("halves")]


def test_what_changes_a_verdict_is_named_on_page_one_and_counted_by_kind(written, made):
    changed = [c for c in made[1].robustness if c.verdict != c.was]
    assert changed
    told = " ".join(brief(written, "What would change it"))
    assert "Of nine parts of the evidence left out one at a time, " in told
    rows = {
        row[0].text: [cell.text for cell in row[2:]]
        for row in cells(table(section(written, "firmness"), "Verdicts that change when a part is left out"))
    }
    counts = sum(int(text.split()[0]) for texts in rows.values() for text in texts)
    assert counts == len(changed)
    listed = cells(table(section(written, "firmness"), "Which verdicts change"))
    assert len(listed) == len(changed)
    assert all(row[3].tone == "inconclusive" and row[2].text.endswith(" pp") for row in listed)


def test_it_says_when_nothing_changes_a_verdict_and_when_nothing_was_tried(made):
    found, decision, run, certificate = made
    steady = tuple(replace(c, verdict=c.was) for c in decision.robustness)
    document = build(found, replace(decision, robustness=steady), run, certificate)
    assert "Of nine parts of the evidence left out one at a time, none changes a verdict." in brief(
        document, "What would change it"
    )
    untried = build(found, replace(decision, robustness=()), run, certificate)
    assert any("was not tried" in line for line in brief(untried, "What would change it"))


def test_what_would_settle_an_open_gate_comes_first_and_blocking_gates_before_advisory_ones(written, made):
    first = brief(written, "What would change it")[0]
    open_ = next(g for g in made[1].gates if g.raw == "inconclusive" and g.blocking)
    assert (
        first
        == f"{open_.title}: About 72 items (now 48) would let it pass with probability 0.8, if the estimate is the truth."
    )


def test_evidence_that_cannot_be_used_is_on_page_one_once(made):
    found, decision, run, certificate = made
    problem = "The provider reported two models: one and two"
    bad = replace(found, integrity=decided.evidence(("acme/candidate",), ("advice", "debate"), (problem,)))
    document = build(bad, decision, run, certificate)
    assert "Evidence that cannot be used. advice and debate: The provider reported two models: one and two." in brief(
        document, "What is missing"
    )
    part = section(document, "integrity")
    assert "two cannot be used as evidence" in part.blocks[0].paragraphs[0]
    assert [row[-1].tone for row in cells(next(b for b in part.blocks if isinstance(b, Table)))] == ["fail", "fail"]


def test_an_audit_that_stopped_says_at_which_look(written):
    assert "Stopped early, with the error rate kept: debate at look 1 of 2." in brief(written, "How sure")
    (row,) = cells(table(section(written, "firmness"), "Looks"))
    assert [cell.text for cell in row] == ["debate", "1 of 2", "99.46 %", "288 of 576", "stopped early"]


def test_the_certificate_is_among_the_numbers_for_machines(written, made):
    attached = json.loads(written.machine)["certificate"]
    assert attached["whole"]["flips"]["estimate"] == made[3].whole.flips.estimate
    assert "certificate" not in json.loads(build(*made[:3]).machine)
