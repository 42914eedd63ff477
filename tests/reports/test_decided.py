"""Page 1 and what stands behind it: gates of every kind, waivers, replays, robustness, integrity, looks."""

import json
from dataclasses import replace

import pytest

from standfast.analysis.decisions import Quality
from standfast.reports import html, pdf
from standfast.reports.document import build
from standfast.reports.parts import Callout, Findings, SignOff, Table
from tests.reports import decided
from tests.reports.test_document import all_text, blocks, section

NAN = float("nan")
HOSTILE = '<script>alert("x")</script> #panic("y") $\\frac$ *bold* \u202e ' + "word " * 40


def page_one(document):
    return document.sections[0]


def front(document):
    """Leave out all but page 1 and the gates."""
    return document.model_copy(update={"sections": document.sections[:2]})


def table(part, label):
    return next(b for b in part.blocks if isinstance(b, Table) and b.label == label)


def cells(made):
    return [row for group in made.groups for row in group.rows]


def brief(document, name):
    made = next(b for b in page_one(document).blocks if b.kind == "brief")
    return next((e.lines for e in made.entries if e.name == name), ())


def gate(document, title):
    rows = cells(table(page_one(document), "Gates"))
    i = next(i for i, row in enumerate(rows) if row[0].text == title)
    return rows[i], rows[i + 1] if i + 1 < len(rows) else None


@pytest.fixture(scope="module")
def made(mock):
    return decided.inputs(mock)


@pytest.fixture(scope="module")
def written(made):
    return build(*made)


@pytest.mark.parametrize(
    "asked",
    [
        {"gates": 1},
        {"gates": 12},
        {"gates": 12, "simulated": True, "post_hoc": True},
        {"gates": 40, "certified": False},
        {"gates": 12, "models": ("a", "b", "c", "d")},
        {"gates": 6, "models": tuple(f"acme/model-{i}" for i in range(9))},
    ],
    ids=["one gate", "twelve gates", "with all marks", "forty gates", "four subjects", "nine subjects"],
)
def test_what_the_board_signs_is_on_one_page(mock, text_of, asked):
    first, second, *_ = text_of(pdf.render(front(build(*decided.inputs(mock, **asked)))))
    for words in ("Decision", "What would change it", "How sure", "What is missing", "Policy", "Release owner"):
        assert words in first
    assert second.count("Decision") == 1  # in the table of contents
    assert "Release owner" not in second


def test_page_one_stays_one_page_with_long_texts(mock, text_of):
    found, decision, run, certificate = decided.inputs(mock)
    long = tuple(
        replace(g, title=g.title + " and then some more words about it", reason=HOSTILE) for g in decision.gates
    )
    document = build(found, replace(decision, gates=long), run, certificate)
    first, second, *_ = text_of(pdf.render(front(document)))
    assert "Release owner" in first
    assert "Release owner" not in second


def test_it_ends_with_the_lines_to_sign_on_and_they_stand_nowhere_else(written):
    assert isinstance(page_one(written).blocks[-1], SignOff)
    assert len(blocks(written, SignOff)) == 1


def test_a_policy_chosen_after_the_run_is_marked_before_anything_else(mock, written):
    document = build(*decided.inputs(mock, post_hoc=True))
    first = page_one(document).blocks[0]
    assert isinstance(first, Callout)
    assert first.headline.startswith("Post hoc: this policy is not the one that was fixed before the run.")
    assert "(post hoc)" in brief(document, "Policy")[0]
    assert "Post hoc" not in all_text(written)
    assert "fixed before the run" in brief(written, "Policy")[0]


def test_a_pass_that_cannot_release_does_not_have_the_colour_of_a_pass(mock):
    found, decision, run, certificate = decided.inputs(mock, post_hoc=True)
    passed = replace(decision, verdict="pass", exit_code=12)
    assert [b.tone for b in page_one(build(found, passed, run, certificate)).blocks if b.kind == "callout"] == [
        "fail",
        "missing",
    ]
    free = replace(decision, verdict="pass", exit_code=0, policy=decided.policy())
    assert page_one(build(found, free, run, certificate)).blocks[0].tone == "pass"


def test_a_two_sided_gate_shows_its_twin_with_its_own_margin(written, made):
    row, twin = gate(written, "It neither adopts the user's view nor disputes everything")
    assert twin[0].text == "and its over-correction twin: Contrarian"
    assert (row[1].plot.unsafe, twin[1].plot.unsafe) == ("below", "above")
    assert twin[2].text != row[2].text
    assert twin[0].sub == "better below +6.0 pp"
    assert twin[3].text == "as above"


def test_equivalence_is_worse_outside_two_margins(written):
    row, _ = gate(written, "Hedging stays as it is")
    plot = row[1].plot
    assert plot.unsafe == "outside"
    assert plot.other < plot.low < plot.high < plot.margin
    assert "better between −10.0 and +10.0 pp" in row[0].sub
    assert row[3].sub == "advisory"


@pytest.mark.parametrize(
    ("title", "told", "size"),
    [
        ("Enough was delivered and judged", "98.4 %", "n 9,216, counted"),
        ("The judge agrees with people", "0.71 [0.63, 0.79]", "n 120"),
    ],
)
def test_a_gate_on_the_evidence_shows_what_was_counted_and_no_zero(written, title, told, size):
    row, _ = gate(written, title)
    assert (row[2].text, row[2].sub) == (told, size)
    assert row[1].plot.zero is None


def test_evidence_that_was_not_found_is_not_estimated_and_not_drawn(made):
    found, decision, run, certificate = made
    lost = Quality(name="kappa", estimate=NAN, conf_low=NAN, conf_high=NAN, unit="", n=0, counted=False)
    gates = tuple(replace(g, quality=lost, verdict="missing") if g.quality else g for g in decision.gates)
    row, _ = gate(build(found, replace(decision, gates=gates), run, certificate), "The judge agrees with people")
    assert (row[1].plot, row[2].text, row[3].text) == (None, "not estimated", "○ no evidence")


def test_the_worst_case_of_missing_values_is_drawn_where_some_are_missing(written, made):
    lost = {g.title: g.finding.n_missing for g in made[1].gates if g.finding and g.finding.unit == "pp"}
    assert set(map(bool, lost.values())) == {True, False}
    for title, missing in lost.items():
        plot = gate(written, title)[0][1].plot
        assert bool(plot.worst) == bool(missing)
        assert not missing or (plot.worst[0] <= plot.low and plot.high <= plot.worst[1])


def test_a_waived_gate_is_no_pass_and_says_what_it_is_without(written, made):
    waived = next(g for g in made[1].gates if g.verdict == "waived")
    row, _ = gate(written, waived.title)
    assert (row[3].text, row[3].sub) == ("◇ waived", "else inconclusive")
    assert "one is waived" in blocks(written, Callout)[0].paragraphs[0]
    applied, unused = brief(written, "Waivers")
    assert applied.startswith(f"{waived.title}, applied: granted 2026-11-02 by B. Lind, expires 2027-01-20, not worse")
    assert "−22.0 pp" in applied
    assert "unused" in unused


@pytest.mark.parametrize("status", ["expired", "exceeded", "not yet", "too long"])
def test_a_waiver_that_covers_nothing_says_so(made, status):
    found, decision, run, certificate = made
    decision = replace(decision, waivers=(decided.waiver("contrary", status=status, not_worse_than=NAN),))
    (line,) = brief(build(found, decision, run, certificate), "Waivers")
    assert "covers nothing" in line
    assert "not worse than" not in line


def test_a_gate_at_another_confidence_says_so(made):
    found, decision, run, certificate = made
    gates = tuple(replace(g, finding=replace(g.finding, conf_level=0.975)) if g.finding else g for g in decision.gates)
    row, _ = gate(build(found, replace(decision, gates=gates), run, certificate), "No gain in contrariness")
    assert row[2].sub.endswith("· 97.5 % CI")


def test_the_number_of_a_gate_is_that_of_its_finding_in_the_table_of_all(written):
    everywhere = {
        r.ref: f"{r.estimate} {r.interval} {r.unit}"
        for b in blocks(written, Findings)
        if b.explore
        for g in b.groups
        for r in g.rows
    }
    shown = [row[2] for row in cells(table(page_one(written), "Gates")) if row[2].ref]
    assert len(shown) == 11
    assert all(everywhere[cell.ref] == cell.text for cell in shown)


def test_of_very_many_gates_those_that_do_not_pass_come_first_and_all_stand_behind(mock):
    found, decision, run, certificate = decided.inputs(mock, gates=40)
    document = build(found, decision, run, certificate)
    shown = [row[3].tone for row in cells(table(page_one(document), "Gates")) if row[3].text != "as above"]
    open_ = sum(g.verdict not in ("pass", "waived") and g.blocking for g in decision.gates)
    assert len(shown) == 12 > open_ > 3
    assert set(shown[:open_]) == {"inconclusive"}
    everything = [row for row in cells(table(section(document, "gates"), "All gates")) if row[3].text != "as above"]
    assert len(everything) == 40


def test_every_margin_has_an_owner_and_a_reason_or_says_that_it_has_none(made):
    found, decision, run, certificate = made
    gates = (replace(decision.gates[0], owner="", why=""), *decision.gates[1:])
    rows = cells(table(section(build(found, replace(decision, gates=gates), run, certificate), "gates"), "Margins"))
    assert [cell.text for cell in rows[0][2:]] == ["nobody named", "No reason given."]
    assert rows[1][2].text == "Safety, A. Okafor"


def test_hostile_text_in_policy_waivers_and_replays_stays_text(made, text_of):
    found, decision, run, certificate = made
    decision = replace(
        decision,
        gates=tuple(
            replace(g, title=HOSTILE, reason=HOSTILE, owner=HOSTILE, why=HOSTILE, needed=HOSTILE)
            for g in decision.gates
        ),
        policy=decided.policy(name=HOSTILE, error_rate=HOSTILE),
        waivers=(decided.waiver(decision.gates[0].id, approver=HOSTILE, reason=HOSTILE),),
        robustness=tuple(replace(c, name=HOSTILE, verdict="fail") for c in decision.robustness),
    )
    found = replace(
        found,
        integrity=decided.evidence(("acme/candidate",), ("advice",), (HOSTILE,)),
        item_effects=tuple(replace(e, item=HOSTILE) for e in found.item_effects),
        subgroups=tuple(replace(s, group=HOSTILE, attribute=HOSTILE) for s in found.subgroups),
    )
    document = build(found, decision, run, replace(certificate, basis=HOSTILE, left_out=(HOSTILE,)))
    page = html.render(document)
    assert "<script>alert" not in page
    assert '#panic("y")' in "".join(text_of(pdf.render(document)))
    assert "\u202e" not in json.dumps(document.model_dump(exclude={"machine", "drill"}), ensure_ascii=False)


def test_an_inconclusive_decision_that_is_let_through_says_so(made):
    found, decision, run, certificate = made
    assert decision.verdict == "inconclusive"
    let = build(found, replace(decision, exit_code=0, inconclusive="warn"), run, certificate)
    held = build(found, decision, run, certificate)
    told = ["Let through although inconclusive" in all_text(document) for document in (let, held)]
    assert told == [True, False]


def test_a_simulated_pass_that_was_allowed_still_has_not_the_colour_of_one(mock):
    found, decision, run, certificate = decided.inputs(mock, simulated=True)
    allowed = replace(decision, verdict="pass", exit_code=0, allow_simulated=True)
    assert blocks(build(found, allowed, run, certificate), Callout)[0].tone == "missing"


def test_a_gate_whose_alternative_holds_is_not_among_the_reasons_to_hold(made):
    found, decision, run, certificate = made
    first, second, *others = decision.gates
    failing = replace(first, verdict="fail", raw="fail", reason="It fails", alternative="either")
    passing = replace(second, verdict="pass", raw="pass", alternative="either")
    clear = tuple(g for g in others if g.verdict == "pass")
    document = build(found, replace(decision, gates=(failing, passing, *clear)), run, certificate)
    assert len(blocks(document, Callout)[0].paragraphs) == 1
    assert gate(document, first.title)[0][3].sub == "one of either"
    alone = build(found, replace(decision, gates=(replace(failing, alternative=""), passing, *clear)), run, certificate)
    assert blocks(alone, Callout)[0].paragraphs[1] == f"Fails: {first.title}. It fails."
