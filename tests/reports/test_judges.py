"""What the report says of the judges, of where conversations came from, and how it holds up when a run is large."""

import base64
import gzip
import itertools
import json
import re
import time
from dataclasses import replace

import pytest

from standfast.analysis import results
from standfast.errors import LogError
from standfast.reports import html, pdf
from standfast.reports.document import build
from standfast.reports.figures import holding
from standfast.reports.parts import Findings, Table
from tests.reports import judged
from tests.reports.test_document import all_text, blocks, section

NAN = float("nan")
AUDITS = ("advice", "debate", "goals", "facts", "premises", "memory", "judgement", "attribution")


def written(mock, name="judges", models=("acme/candidate",), **changed):
    found, decision, run = mock.inputs(models=models, simulated=False)
    run = {**run, "judges": ["acme/judge", "other/judge"]}
    return section(build(judged.with_judges(found, **changed), decision, run), name)


def table(part, start):
    return next(b for b in part.blocks if isinstance(b, Table) and b.label.startswith(start))


def first_page(document, name):
    brief = next(b for b in document.sections[0].blocks if b.kind == "brief")
    return next(e.lines for e in brief.entries if e.name == name)


def cells(made):
    return [row for group in made.groups for row in group.rows]


def test_one_judge_without_calibration_is_said_to_have_an_unknown_error(mock):
    document = build(*mock.inputs(models=("acme/candidate",)))
    told = all_text(document)
    assert told.count("One judge, uncalibrated: its error is not known.") == 3
    assert "judges-in-detail" not in [s.id for s in document.sections]


def test_a_panel_without_calibration_is_not_taken_for_one(mock):
    part = written(mock, calibration=None, corrected=())
    assert "The judges are not calibrated against human labels" in part.blocks[0].paragraphs[1]
    assert not [b for b in part.blocks if isinstance(b, Table) and "people" in b.label]


def test_a_judge_of_the_subjects_own_family_is_named(mock):
    assert written(mock).blocks[1].items == (
        "acme/judge judges acme/candidate, which is of its own family (Acme): it may favour it.",
    )


def test_measures_on_which_judges_agree_least_come_first_with_interval_n_and_items(mock):
    rows = cells(table(written(mock), "Agreement of the judges"))
    assert [row[0].text for row in rows] == ["Validation", "Deference", "Hedging"]
    assert (rows[0][1].text, rows[0][1].sub) == ("0.41 [0.31, 0.51]", "n 120, 24 items")
    assert rows[0][2].text == "0.40 [0.30, 0.50]"


def test_an_agreement_that_is_not_known_comes_last_and_says_why(mock):
    lost = judged.coefficient(NAN, status="the ratings do not vary")
    unknown = judged.agreement("praise", 0.1, kappa=lost, alpha=lost)
    known = judged.judging("acme/candidate")
    made = table(written(mock, judging=replace(known, agreements=(unknown, *known.agreements))), "Agreement of the")
    assert [row[0].text for row in cells(made)][-1] == "Praise"
    assert cells(made)[-1][1].text == "not estimated"
    assert "the ratings do not vary" in made.note


def test_more_than_the_body_holds_is_at_the_end(mock):
    names = tuple(f"measure {letter}" for letter in "abcdefghijkl")
    known = judged.judging("acme/candidate", names)
    body, details = (written(mock, name, judging=known) for name in ("judges", "judges-in-detail"))
    assert len(cells(table(body, "Agreement of the judges"))) == 8
    assert len(cells(table(details, "Agreement of the judges"))) == 12
    assert next(row[0].text for row in cells(table(body, "Verdicts and length"))) == "Measure l"


def test_the_echo_that_moves_the_judge_most_comes_first(mock):
    rows = cells(table(written(mock), "What echoes of the persona"))
    assert (rows[0][0].text, rows[0][1].text, rows[0][2].text) == ("Hedging", "+2.5 [−0.5, +5.5] pp", "4 of 60")


def test_a_calibration_tells_labels_agreement_confusion_and_bias(mock):
    body, details = written(mock), written(mock, "judges-in-detail")
    assert (
        "acme/judge was calibrated against human labels on 120 drawn samples on 2026-11-20."
        in body.blocks[0].paragraphs[1]
    )
    row = cells(table(body, "Judge and people, by question"))[0]
    assert [cell.text for cell in row] == [
        "validation", "0.84 [0.74, 0.94]", "0.67 [0.57, 0.77]", "0.66 [0.56, 0.76]", "0.71 [0.61, 0.81]", "120",
    ]  # fmt: skip
    confusion = cells(table(details, "validation: a person's answer"))
    assert [[cell.text for cell in line] for line in confusion] == [["yes", "40", "7"], ["no", "12", "61"]]
    bias = cells(table(details, "Bias by condition"))
    assert next([cell.text for cell in line] for line in bias) == [
        "Validation", "advisor", "full profile", "−0.04 [−0.11, +0.03]", "n 30, 12 items",
    ]  # fmt: skip


def test_a_corrected_finding_stands_beside_the_uncorrected_one(mock):
    found = mock.results(models=("acme/candidate",))
    plain = next(
        f for f in found.findings if (f.audit, f.measure, f.contrast) == ("advice", "validation", "E1(peer, full)")
    )
    rows = cells(table(written(mock), "Findings with the judge's error taken off"))
    row = next(row for row in rows if row[0].sub == plain.contrast)
    assert row[1].text.startswith(f"+{plain.estimate:.1f} [")
    assert row[2].text.startswith(f"+{plain.estimate - 1.5:.1f} [")
    assert (row[2].sub, row[3].text, row[3].sub) == ("error pooled over roles", "60", "21 items")


def test_a_finding_that_could_not_be_corrected_is_counted_with_its_reason(mock):
    told = [p for b in written(mock, "judges-in-detail").blocks for p in getattr(b, "paragraphs", ())]
    assert "Three findings could not be corrected: too few labels: 8 on 5 items are needed." in told


def test_corrections_on_other_measures_are_counted_and_left_to_the_json(mock):
    found = mock.results(models=("acme/candidate",))
    more = tuple(judged.corrected(f) for f in found.findings if (f.audit, f.measure) == ("advice", "hedging"))
    part = written(mock, "judges-in-detail", corrected=more)
    assert part.blocks[-1].paragraphs == (f"Corrections on other measures, {len(more)}, are in the attached JSON.",)
    assert "Hedging" not in str([b for b in part.blocks if isinstance(b, Table) and "corrected" in b.label])


def test_a_simulated_calibration_says_so(mock):
    part = written(mock, calibration=judged.calibration(simulated=True))
    assert "Labels or replies are simulated." in part.blocks[0].paragraphs[1]


def record(mock, **facts):
    found, decision, run = mock.inputs(models=("acme/candidate",), simulated=False)
    audits = {**run["audits"], "debate": {**run["audits"]["debate"], **facts}}
    return build(found, decision, {**run, "user": "acme/user", "audits": audits})


def test_imported_conversations_are_named_on_the_first_page_in_methods_and_in_limits(mock):
    document = record(mock, placement="imported", user="imported")
    assert "was not proved" in " ".join(first_page(document, "What is missing"))
    for name in ("methods", "limits"):
        assert "imported" in str(section(document, name).model_dump())
    assert "was not proved" not in all_text(record(mock))


def test_a_simulated_user_is_named_with_its_fidelity(mock):
    document = record(mock, user="simulated")
    assert "The user of debate was simulated by acme/user." in first_page(document, "What is missing")
    assert "How far it kept to its part was not measured." in str(section(document, "methods").model_dump())


def test_the_fidelity_of_a_simulated_user_has_its_interval_and_n(mock):
    found, decision, run = mock.inputs(models=("acme/candidate",), simulated=False)
    mean = replace(found.means[0], audit="debate", measure="user_fidelity", mean=93.0, conf_low=88.0, conf_high=96.0)
    other = replace(mean, role="peer", mean=99.0, conf_low=95.0, conf_high=99.9)
    audits = {"debate": {**run["audits"]["debate"], "user": "simulated"}}
    run = {**run, "user": "acme/user", "audits": audits}
    told = str(section(build(replace(found, means=(*found.means, mean, other)), decision, run), "methods").model_dump())
    assert "in 93.0 [88.0, 96.0] % (acme/candidate, advisor, no profile, n 96) at the least and 99.0" in told


def test_items_of_a_benchmark_are_named_with_their_hash(mock):
    document = record(mock, source={"name": "sycon", "sha256": "ee55" * 16})
    assert f"debate: items from sycon, SHA-256 {'ee55' * 16}." in all_text(document)


def test_users_are_said_to_be_scripted_only_where_some_are(mock):
    assert "Users are scripted." in all_text(record(mock))
    found, decision, run = mock.inputs(models=("a",), audits=("debate",))
    run = {**run, "audits": {"debate": {**run["audits"]["debate"], "user": "imported"}}}
    assert "Users are scripted." not in all_text(build(found, decision, run))


def test_contrasts_by_challenge_stand_in_the_body_only_where_a_gate_reads_them(mock):
    found, decision, run = mock.inputs(models=("acme/candidate",))
    own = next(f for f in found.findings if (f.audit, f.measure) == ("debate", "turn_of_flip"))
    lead = next(
        f for f in found.findings if (f.audit, f.measure, f.profile) == ("debate", "belief_not_adopted", "full")
    )
    more = [replace(f, contrast=f"D(peer, full, {c})", challenge=c) for f in (own, lead) for c in ("agree", "evidence")]
    gate = replace(
        decision.gates[0], audit="debate", measure="turn_of_flip", contrast="D(peer, full, agree)", finding=more[0]
    )
    document = build(replace(found, findings=(*found.findings, *more)), replace(decision, gates=(gate,)), run)
    body = [
        (r.measure, r.code)
        for b in section(document, "findings").blocks
        if isinstance(b, Findings)
        for g in b.groups
        for r in g.rows
        if r.code.startswith("D(")
    ]
    assert body == [(own.title, "D(peer, full, agree)")]


def test_an_ordinal_measure_is_shown_in_its_unit(mock):
    found, decision, run = mock.inputs(models=("acme/candidate",))
    warm = tuple(replace(f, unit="points", title="Warmth") if f.measure == "validation" else f for f in found.findings)
    rows = [
        r
        for b in blocks(build(replace(found, findings=warm), decision, run), Findings)
        for g in b.groups
        for r in g.rows
    ]
    shown = [r for r in rows if r.measure == "Warmth" and r.status == "ok"]
    assert shown
    assert all(r.unit == "points" and len(r.estimate.rpartition(".")[2]) == 2 for r in shown)


@pytest.fixture(scope="module")
def large(mock):
    """Eight audits, a long ladder, four subjects."""
    parts = []
    levels = ("none", "filler", "stranger", "demographics", "traits", "full")
    for i, audit in enumerate(AUDITS):
        part = mock.results(
            profiles=levels, audits=("debate" if audit in ("debate", "goals", "facts") else "advice",), seed=i
        )
        rename = {
            name: tuple(replace(row, audit=audit) for row in getattr(part, name))
            for name in ("findings", "means", "holding", "missing", "fits", "flips", "hazard_ratios", "missingness")
        }
        parts.append(rename)
    joined = {name: tuple(row for part in parts for row in part[name]) for name in parts[0]}
    found = replace(mock.results(), **joined)
    return build(judged.with_judges(found), mock.decision(found), mock.run(audits=AUDITS))


@pytest.mark.slow
def test_a_large_report_is_set_in_reasonable_time(large):
    started = time.process_time()
    paper, page = pdf.render(large), html.render(large)
    assert time.process_time() - started < 60
    assert len(paper) < 40_000_000
    assert len(page) < 40_000_000


def test_on_paper_a_large_run_keeps_lead_and_over_correction_measures_and_the_page_keeps_all(large):
    rows = [r for b in blocks(large, Findings) if b.explore for g in b.groups for r in g.rows]
    assert {r.axis for r in rows if not r.minor} == {"affective", "epistemic", "over-correction"}
    assert 0 < sum(not r.minor for r in rows) < len(rows) / 2
    packed = re.search(r'id="data">([A-Za-z0-9+/=]+)<', html.render(large))[1]
    assert len(json.loads(gzip.decompress(base64.b64decode(packed)))["rows"]) == len(rows)
    note = section(large, "all-findings").blocks[0].paragraphs[-1]
    assert f"{sum(not r.minor for r in rows):,} of {len(rows):,}" in note


def test_no_figure_of_a_large_report_is_higher_than_a_page(large):
    heights = {figure.id: module_height(figure) for figure in pdf.figures_of(large)}
    assert [name for name in heights if name.startswith("forest")] == ["forest", "forest-2"]
    assert {name: height for name, height in heights.items() if height > 235} == {}


def module_height(figure):
    from importlib import import_module

    from standfast.reports.figures import styled

    with styled():
        return import_module(f"standfast.reports.figures.{figure.data.kind}").draw(figure.data).get_figheight() * 25.4


def test_names_of_curves_stay_below_the_top_of_the_plot_and_apart():
    heights = holding._heights([20.0, 99.0, 100.0, 100.0])
    assert heights[0] == 20.0
    assert max(heights) == 100.0
    assert all(b - a >= 8.5 for a, b in itertools.pairwise(heights))


def test_results_keep_judges_calibration_and_corrections_through_a_file(mock):
    found = judged.with_judges(mock.results(models=("acme/candidate",)))
    again = results.from_json(results.to_json(found))
    assert again.judging == found.judging
    assert again.calibration == found.calibration
    assert [c.contrast for c in again.corrected] == [c.contrast for c in found.corrected]


def test_results_of_an_older_version_are_refused_by_name(mock):
    text = results.to_json(mock.results(models=("a",))).replace("standfast/results/4", "standfast/results/1")
    with pytest.raises(LogError, match=r"schema is 'standfast/results/1', expected 'standfast/results/4'"):
        results.from_json(text)
