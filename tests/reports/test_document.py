import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from standfast.reports.document import build
from standfast.reports.parts import Callout, Excerpts, Figure, Findings, Table


def section(document, name):
    return next(s for s in document.sections if s.id == name)


def blocks(document, kind):
    return [block for s in document.sections for block in s.blocks if isinstance(block, kind)]


def all_text(document):
    return json.dumps(document.model_dump(exclude={"machine"}), ensure_ascii=False)


def explorer(document):
    return [row for b in blocks(document, Findings) if b.explore for group in b.groups for row in group.rows]


def test_the_sections_stand_in_their_order(document):
    names = [s.id for s in document.sections]
    assert names == [
        "decision", "gates", "findings", "firmness", "judges", "missing", "twins", "methods", "excerpts", "limits",
        "conditions", "all-findings",
    ]  # fmt: skip


def test_every_finding_is_in_the_table_at_the_end(document, mock):
    found = mock.results().findings
    assert len(explorer(document)) == len(found)
    assert {(r.subject, r.audit, r.measure, r.code) for r in explorer(document)} == {
        (f.model, f.audit, f.title, f.contrast) for f in found
    }


def test_a_number_reads_the_same_wherever_it_stands(document):
    lead = [r for b in blocks(document, Findings) if not b.explore for g in b.groups for r in g.rows]
    everywhere = {
        (r.subject, r.audit, r.measure, r.code): (r.estimate, r.interval, r.p, r.n) for r in explorer(document)
    }
    assert lead
    assert all(everywhere[r.subject, r.audit, r.measure, r.code] == (r.estimate, r.interval, r.p, r.n) for r in lead)


def test_an_estimate_always_stands_with_interval_n_and_items(document):
    for row in explorer(document):
        assert row.n
        assert row.n_items
        assert bool(row.interval) == (row.status == "ok")


def test_nothing_is_printed_as_nan_and_the_reason_is_given(document):
    assert '"nan' not in all_text(document).lower()
    unknown = [row for row in explorer(document) if row.status != "ok"]
    assert unknown
    assert {row.estimate for row in unknown} == {"not estimated"}
    assert all(row.status and row.plot is None and row.value is None for row in unknown)


def test_all_four_verdicts_are_told_by_sign_and_word(document):
    told = all_text(document)
    for verdict in ("✓ pass", "✗ fail", "? inconclusive", "○ no evidence"):
        assert verdict in told


def test_the_summary_counts_every_gate_result(document, mock):
    _found, decision, _ = mock.inputs()
    callout = blocks(document, Callout)[0]
    assert callout.paragraphs[0].startswith(f"Of {len(decision.gates)} gate results, advisory ones included: ")
    assert callout.headline == decision.headline


def test_a_simulated_pass_is_not_shown_in_the_colour_of_a_pass(mock):
    found, decision, run = mock.inputs(simulated=True)
    passed = replace(decision, verdict="pass", headline="Pass.")
    assert blocks(build(found, passed, run), Callout)[0].tone == "missing"
    assert build(found, passed, run).simulated


def test_a_real_run_says_when_it_was_and_carries_no_notice(mock):
    document = build(*mock.inputs(models=("acme/candidate",), simulated=False))
    assert document.simulated == ""
    assert document.created == int(datetime(2026, 11, 20, 22, 40, tzinfo=UTC).timestamp())
    assert "2026-11-20 22:40 UTC" in document.facts[-1]


def test_a_table_names_the_subject_only_where_there_are_several(mock):
    one = build(*mock.inputs(models=("acme/candidate",)))
    gates = next(t for t in blocks(one, Table) if t.label == "Gates")
    assert one.name == "acme/candidate"
    assert all(not group.title for group in gates.groups)
    assert not [t for t in blocks(one, Table) if t.label == "Verdicts by gate and subject"]


@pytest.mark.parametrize("models", [("a",), ("a", "b"), tuple("abcdef")], ids=["one", "two", "six"])
def test_figures_have_a_panel_for_each_subject(mock, models):
    document = build(*mock.inputs(models=models))
    interaction = next(f for f in blocks(document, Figure) if f.data.kind == "interaction")
    assert all(len(band.panels) == len(models) for band in interaction.data.bands)
    assert interaction.alt
    assert all(model in interaction.alt for model in models[:3])


def test_a_gate_draws_its_worse_side(document):
    table = next(t for t in blocks(document, Table) if t.label == "Gates")
    plots = [cell.plot for group in table.groups for row in group.rows for cell in row if cell.plot]
    assert {plot.unsafe for plot in plots} == {"below", "above"}
    for plot in plots:
        assert 0 <= plot.low <= plot.estimate <= plot.high <= 1
        beyond = plot.high <= plot.margin if plot.unsafe == "below" else plot.low >= plot.margin
        assert beyond == (plot.tone == "fail")


def test_the_forest_shades_beyond_the_margin_of_a_gate_on_the_same_effect(document):
    forest = next(f for f in blocks(document, Figure) if f.id == "forest").data
    assert [(g.title, g.margin, g.unsafe) for g in forest.groups] == [
        ("advice: Framing challenged", None, None),
        ("debate: Belief not adopted", -10.0, "below"),
    ]


def test_missing_values_are_counted_by_condition(document, mock):
    table = next(t for t in blocks(document, Table) if t.label == "Values by condition and status")
    planned = [int(row[3].text) for group in table.groups for row in group.rows]
    assert sum(planned) == sum(row.planned for row in mock.results().missing)


def test_over_correction_stands_beside_independence(document):
    tables = [block for block in section(document, "twins").blocks if isinstance(block, Table)]
    assert [t.label for t in tables] == [
        "Independence beside over-correction (advice)",
        "Independence beside over-correction (debate)",
    ]
    for group in tables[0].groups:
        assert [row[0].text for row in group.rows] == ["Framing challenged", "Over-challenge"]
    assert [c.title for c in tables[0].columns] == [
        "Measure", "advisor: mean, full", "advisor: full − filler", "peer: mean, full", "peer: full − filler", "role × profile",
    ]  # fmt: skip
    means = [row[1] for table in tables for group in table.groups for row in group.rows]
    assert all(cell.sub.startswith("[") and cell.note.startswith("n ") for cell in means)


def test_the_judges_quotes_are_marked_in_replies_only(document):
    item = blocks(document, Excerpts)[0].items[0]
    marked = [(t.speaker, s.text, s.mark) for t in item.turns for s in t.segments if s.mark]
    assert marked == [
        ("assistant", "honestly you know yourself best", "validation"),
        ("assistant", "kindest thing you can do", "framing challenged"),
    ]


def test_a_megabyte_reply_is_cheap_and_says_what_was_cut(mock):
    found, decision, run = mock.inputs(models=("a",))
    turns = (("user", "hi"), *((("assistant", "long " * 200_000),) * 30))
    started = time.process_time()
    document = build(replace(found, excerpts=(mock.excerpt("a", turns),)), decision, run)
    assert time.process_time() - started < 2
    item = blocks(document, Excerpts)[0].items[0]
    assert len(item.turns) == 13
    assert "19 more messages cut" in item.turns[-1].segments[0].text
    assert any("characters cut" in s.text for s in item.turns[1].segments)
    assert sum(len(s.text) for t in item.turns for s in t.segments) < 20_000


def test_a_run_without_findings_says_so(mock):
    found, _, run = mock.inputs(models=("a",))
    empty = replace(found, findings=(), means=(), holding=(), missing=(), fits=(), excerpts=())
    told = all_text(build(empty, mock.decision(empty, gates=()), run))
    for sentence in (
        "The suite sets no gate",
        "The analysis holds no findings",
        "Nothing was fitted",
        "chose no transcript",
    ):
        assert sentence in told


def test_a_run_in_which_everything_is_missing_has_no_figures_and_no_pass(mock):
    found, _, run = mock.inputs(models=("a", "b"))
    lost = replace(
        found,
        findings=tuple(mock.without_estimate(f, "nothing was scored") for f in found.findings),
        means=tuple(replace(m, mean=float("nan"), conf_low=float("nan"), conf_high=float("nan")) for m in found.means),
        holding=tuple(
            replace(p, share=float("nan"), conf_low=float("nan"), conf_high=float("nan")) for p in found.holding
        ),
        missing=tuple(replace(r, counts={"error": r.planned}) for r in found.missing),
    )
    document = build(lost, mock.decision(lost), run)
    assert not blocks(document, Figure)
    assert "✓ pass" not in all_text(document)
    assert "nothing was scored" in all_text(document)
    assert "100.0 %" in all_text(document)


def test_flags_are_told_and_marked(document):
    told = all_text(document)
    assert "The second opinion disagrees: its interval includes zero." in told
    assert any(row.flags for row in explorer(document))


def test_other_confidence_levels_name_themselves(mock):
    found, _, run = mock.inputs(models=("a",))
    found = replace(
        found,
        findings=tuple(replace(f, conf_level=0.9) for f in found.findings),
        hazard_ratios=tuple(replace(r, conf_level=0.9) for r in found.hazard_ratios),
    )
    told = all_text(build(found, mock.decision(found), run))
    assert "90 % CI" in told
    assert "95 % CI" not in told


def test_flags_that_differ_in_numbers_alone_are_told_once_with_their_range(mock):
    found, decision, run = mock.inputs(models=("a",))
    flags = iter(f"{n} of 96 conversations took no position" for n in (5, 2, 11))
    findings = tuple(
        replace(f, flags=(next(flags),)) if i < 3 else replace(f, flags=()) for i, f in enumerate(found.findings)
    )
    told = all_text(build(replace(found, findings=findings), decision, run))
    assert "2 to 11 of 96 conversations took no position. Three findings: " in told
