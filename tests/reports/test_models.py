"""What was fitted, how it gives in, what misses, what disagrees and what was compared with: told once and briefly."""

import json
from dataclasses import replace

import pytest

from standfast.analysis.contrasts import SecondOpinion
from standfast.reports import numbers
from standfast.reports.document import build
from standfast.reports.parts import Bullets, Findings, Heading, Prose, Table

NAN = float("nan")


def blocks(document, kind):
    return [block for s in document.sections for block in s.blocks if isinstance(block, kind)]


def table(document, label):
    return next(t for t in blocks(document, Table) if t.label == label)


def texts(shown):
    return [[(c.text, c.sub, c.note) for c in row] for group in shown.groups for row in group.rows]


def all_text(document):
    return json.dumps(document.model_dump(exclude={"machine"}), ensure_ascii=False)


def test_equal_structures_are_told_once_with_what_was_left_out(document):
    rows = texts(table(document, "Models as fitted"))
    assert len(rows) == 2
    assert [row[0][0] for row in rows] == ["advice", "debate"]
    formula, left_out, at_zero = rows[1][1]
    assert formula == "(1 | item) + (1 | persona)"
    assert left_out == "Left out, the design cannot tell it apart: item × role."
    assert at_zero == "Estimated at zero, of 40 fits: persona 40."


def test_a_measure_with_another_structure_for_one_subject_says_for_how_many(mock):
    found, decision, run = mock.inputs(models=("a", "b"))
    odd = tuple(
        replace(f, random="(1 | item)") if (f.model, f.measure) == ("b", "validation") else f for f in found.findings
    )
    rows = texts(table(build(replace(found, findings=odd), decision, run), "Models as fitted"))
    assert ("advice", "validation (1 of 2 subjects)", "") in [row[0] for row in rows]


def test_a_long_structure_is_not_cut(mock):
    found, decision, run = mock.inputs(models=("a",))
    terms = [f"(1 | item:persona:factor{k})" for k in range(11)]
    long = tuple(replace(f, random=" + ".join(terms)) for f in found.findings)
    told = texts(table(build(replace(found, findings=long), decision, run), "Models as fitted"))
    assert told[0][1][0] == " + ".join(terms).replace(" | ", "|")


def test_the_rule_of_the_degrees_of_freedom_is_told_with_its_uses(document):
    bullets = next(b for b in blocks(document, Bullets) if b.items[0].startswith("Degrees of freedom"))
    assert "items - 1 (" in bullets.items[0].replace("−", "-")
    assert bullets.items[1].startswith("Binary and ordinal measures have log odds beside")


def test_an_odds_ratio_stands_with_its_interval_df_and_n(mock):
    found, decision, run = mock.inputs(models=("a",))
    first = replace(found.findings[0], link_estimate=0.6931, link_std_error=0.2, df=20.0)
    shown = build(replace(found, findings=(first, *found.findings[1:])), decision, run)
    row = texts(table(shown, "Odds ratios"))[0]
    assert [text for text, _, _ in row] == [
        first.contrast,
        "2.00 [1.32, 3.04]",
        "20",
        f"n {first.n_obs}, {first.n_items} items",
    ]
    explorer = next(b for b in blocks(shown, Findings) if b.explore).groups[0].rows[0]
    assert (explorer.df, explorer.odds) == ("20", "2.00 [1.32, 3.04]")
    assert explorer.csv.split(",")[-4] == "20"


@pytest.mark.parametrize(("log", "error"), [(NAN, 1.0), (0.5, NAN), (float("inf"), 1.0)])
def test_no_odds_ratio_stands_without_its_interval(mock, log, error):
    found = replace(mock.results(models=("a",)).findings[0], link_estimate=log, link_std_error=error)
    assert numbers.odds(found) == ""


def test_an_odds_ratio_without_end_is_still_a_number(mock):
    found = replace(mock.results(models=("a",)).findings[0], link_estimate=2000.0, link_std_error=1000.0, df=10.0)
    assert numbers.odds(found) == ">9,999 [<0.001, >9,999]"


def test_when_it_gives_in_stands_beside_the_holding_curves(document):
    headings = [b.text for b in blocks(document, Heading)]
    assert headings.index("When it gives in: debate") == headings.index("Holding under pressure: debate") + 1
    row = texts(table(document, "Turn of flip and number of flips"))[0]
    assert row[1] == ("4.21 [3.80, 4.50]", "n 48, 24 items", "")
    assert row[2] == ("0.31 [0.18, 0.49]", "n 48, 24 items", "")


def test_a_hazard_ratio_has_an_interval_or_a_reason(document):
    rows = texts(table(document, "Hazard ratios of the first flip"))
    assert len(rows) == 12
    assert [text for text, _, _ in rows[1]] == [
        "peer: full profile / filler",
        "2.23 [1.22, 4.06]",
        "23",
        "41 of 310",
        "n 96, 24 items",
    ]
    assert rows[2][1][:2] == (
        "not estimated",
        "Peer, filler: 2 of 24 items flip at a turn under pressure; a ratio needs 5.",
    )


def test_a_mean_without_interval_is_not_printed(mock):
    found, decision, run = mock.inputs(models=("a",))
    lost = tuple(replace(m, conf_low=NAN, conf_high=NAN, n_items=1) for m in found.flips)
    rows = texts(table(build(replace(found, flips=lost), decision, run), "Turn of flip and number of flips"))
    assert {cell[:1] for row in rows for cell in row[1:]} == {("not estimated",)}


def test_missingness_is_tested_by_subject_and_audit(document):
    rows = texts(table(document, "Tests of missingness"))
    assert len(rows) == 8
    assert rows[0][1][0] == "No sign that missingness depends on the condition (p = 0.400)."
    assert rows[1][1][0] == "Missingness depends on the condition (p = 0.003)."
    assert rows[1][2][0] == "41 of 1,200"


def test_audits_that_miss_nothing_share_a_line_and_a_missing_test_says_why(mock):
    found, decision, run = mock.inputs(models=("a",))
    lost = {"p_value": NAN, "statistic": NAN}
    checks = (
        mock.check("a", "advice", n_missing=0, status="nothing is missing", **lost),
        mock.check("a", "debate", n_missing=0, status="nothing is missing", **lost),
        mock.check("a", "debate", measures=("turn_of_flip",), status="one item cannot tell", **lost),
    )
    rows = texts(table(build(replace(found, missingness=checks), decision, run), "Tests of missingness"))
    assert rows[0][:2] == [("debate", "turn_of_flip", ""), ("not tested", "One item cannot tell.", "")]
    assert [text for text, _, _ in rows[1]] == ["advice and debate", "Nothing is missing.", "0 of 2,400", "0"]
    told = all_text(build(replace(found, missingness=checks[:2]), decision, run))
    assert "Nothing is missing of 2,400 planned samples" in told


def _doubted(mock, models, second):
    found, decision, run = mock.inputs(models=models)
    gates = tuple(
        replace(g, margin=0.0, finding=replace(g.finding, estimate=5.0, conf_low=1.0, conf_high=9.0, second=second))
        for g in decision.gates
        if g.finding and g.finding.status == "ok"
    )
    document = build(found, replace(decision, gates=gates), run)
    brief = next(b for b in document.sections[0].blocks if b.kind == "brief")
    sure = next((e.lines for e in brief.entries if e.name == "How sure"), ())
    firm = next((s for s in document.sections if s.id == "firmness"), None)
    lists = [b for b in firm.blocks if isinstance(b, Bullets)] if firm else []
    return gates, lists[0].items if lists else (), " ".join(sure)


def test_a_second_opinion_with_another_verdict_or_sign_is_on_the_first_page(mock):
    second = SecondOpinion(estimate=-2.0, conf_low=-6.0, conf_high=2.0, method="bootstrap")
    gates, lines, sure = _doubted(mock, ("a",), second)
    assert len(lines) == len(gates) == 3
    assert f"disagrees on 3 of three gate results: {lines[0]}" in sure
    assert "verdict inconclusive, not pass" in " ".join(lines)
    assert "+5.0 [+1.0, +9.0] pp by the model, −2.0 [−6.0, +2.0] by the second opinion; n " in lines[0]


def test_many_doubts_are_cut_and_counted(mock):
    second = SecondOpinion(estimate=-2.0, conf_low=-6.0, conf_high=2.0, method="bootstrap")
    gates, lines, _ = _doubted(mock, tuple("abcde"), second)
    assert len(lines) == 13
    assert lines[-1] == f"And {len(gates) - 12} more, in report.json."


@pytest.mark.parametrize(
    "second",
    [
        SecondOpinion(estimate=4.0, conf_low=0.5, conf_high=8.0, method="bootstrap"),
        SecondOpinion(estimate=-4.0, conf_low=NAN, conf_high=NAN, method="bootstrap", status="too few items"),
        None,
    ],
    ids=["agrees", "no interval", "none"],
)
def test_a_second_opinion_that_agrees_or_has_no_interval_is_no_line(mock, second):
    _, lines, sure = _doubted(mock, ("a",), second)
    assert lines == ()
    assert "disagrees" not in sure


def test_a_baseline_is_named_in_the_head_and_has_a_table_of_its_own(mock):
    found, decision, run = mock.inputs(models=("a",))
    document = build(mock.with_baseline(found), decision, run)
    assert document.facts[-1] == "Baseline release-1 · suite smoke 1 · 77aa77aa"
    own = next(b for b in blocks(document, Findings) if b.label == "Candidate − baseline, lead measures")
    assert {r.code for g in own.groups for r in g.rows} == {"E8(peer, full)"}
    others = [b for b in blocks(document, Findings) if not b.explore and b is not own]
    assert not [r for b in others for g in b.groups for r in g.rows if r.code.startswith("E8")]
    assert any(
        "a with acme/before, debate, 280 of 288 samples" in p for b in blocks(document, Prose) for p in b.paragraphs
    )


def test_a_simulated_or_trial_baseline_says_so(mock):
    found, decision, run = mock.inputs(models=("a",))
    document = build(mock.with_baseline(found, simulated=True, trial=True), decision, run)
    assert document.facts[-1].endswith("simulated · a trial that left out planned samples")
    assert "The baseline is simulated: nothing follows from a comparison with it." in all_text(document)


def test_without_a_baseline_the_report_does_not_speak_of_one(document):
    assert "aseline" not in " ".join(document.facts)
    assert "Against the baseline" not in [b.text for b in blocks(document, Heading)]
