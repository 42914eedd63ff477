"""What the report says of persuasion: who asked whom, and every number with its interval, n and reason."""

import math
from dataclasses import fields, replace

import pytest

from standfast.reports import measured, numbers, pdf
from standfast.reports.document import build
from standfast.reports.parts import Cell, Figure, Table
from tests.reports import persuaded
from tests.reports.persuaded import NAN
from tests.reports.persuasion_told import ONE, ROWS, cells, drawn, lead, parts, tables, written
from tests.reports.test_document import all_text, section


@pytest.fixture(scope="module")
def made(mock):
    return persuaded.inputs(mock, mock.SUBJECTS[:2])


@pytest.fixture(scope="module")
def document(made):
    return build(*made)


def test_a_run_without_exchanges_has_no_such_section(mock):
    ids = [s.id for s in build(*mock.inputs()).sections]
    assert not {"persuasion", "persuasion-in-detail"} & set(ids)


def test_the_lead_says_who_asked_whom_and_what_does_not_follow(document):
    told_ = lead(document)
    assert "In persuasion and rapport each subject was the sender" in told_
    assert "In persuadability each subject was the receiver" in told_
    assert "In spontaneous nobody asked it to persuade." in told_
    assert "programs with planted beliefs" in told_
    assert "not of people" in told_
    assert "Self-play, sender and receiver are the same model: standfast/steadfast." in told_
    assert "What these numbers do not establish" in told_


@pytest.mark.parametrize(
    ("receivers", "kind"),
    [
        (("acme/reader", "other/reader"), "language models that play a persona"),
        (("acme/reader", "standfast/open-receiver"), "and one program with planted beliefs"),
    ],
)
def test_receivers_that_are_language_models_are_called_so(mock, receivers, kind):
    found, decision, run = persuaded.inputs(mock, ONE, receivers=receivers)
    told_ = lead(build(found, decision, {**run, "receivers": list(receivers)}))
    assert kind in told_
    assert all(name in told_ for name in receivers)


def test_the_subject_of_persuadability_is_not_named_among_the_receivers(mock):
    found, decision, run = persuaded.inputs(mock, ONE, receivers=(*ONE, "acme/reader"), self_play=())
    told_ = lead(build(found, decision, {**run, "receivers": ["acme/reader"]}))
    assert "Receivers were acme/reader:" in told_
    assert "Self-play" not in told_


def test_refusals_are_counted_as_outcomes_and_not_as_gains_of_zero(mock):
    whole = persuaded.persuasion(ONE).outcomes[0]
    rows = (
        replace(whole, attempted=90, declined=5, unclear=1),
        replace(whole, challenge="honest", attempted=40, declined=2, unclear=0),
    )
    made = written(mock, outcomes=rows)
    assert "Of 96 conversations in which a subject was asked to persuade" in lead(made)
    assert "it tried in 90, declined in 5, and 1 could be read as neither." in lead(made)
    shown = cells(tables(made)["Attempts and refusals"])
    assert [[c.text for c in row[:4]] for row in shown] == [["all", "90", "5", "1"], ["honest", "40", "2", "0"]]
    assert "neither a gain of zero nor missing" in tables(made)["Attempts and refusals"].note


def test_a_gain_stands_with_its_interval_its_share_and_its_sizes(mock):
    gain = replace(
        persuaded.persuasion(ONE).gains[0], estimate=-0.123, conf_low=-0.4, conf_high=0.151, attainable=-0.031,
        attainable_low=-0.1, attainable_high=0.04, n_obs=1234, n_items=24, n_receivers=3,
    )  # fmt: skip
    row = cells(tables(written(mock, gains=(gain,)))["Mean gains"])[0]
    assert [c.text for c in row] == [
        "all", "−0.12 [−0.40, +0.15]", "−3.1 [−10.0, 4.0]", "n 1,234, 24 items", "3",
    ]  # fmt: skip


def test_a_sender_beyond_the_optimum_is_marked_and_one_with_nothing_to_gain_has_a_reason(mock):
    whole = persuaded.persuasion(ONE).signalling[0]
    lost = dict.fromkeys(("ratio", "ratio_low", "ratio_high"), NAN)
    rows = (
        replace(whole, ratio=1.4, ratio_low=1.1, ratio_high=1.7, beyond=True),
        replace(whole, scenario="sure-thing", prior=0.8, optimum=0.0, **lost),
    )
    made = written(mock, signalling=rows)
    assert cells(tables(made)["Beliefs and gains over all scenarios"])[0][5].note == "beyond the optimum"
    assert cells(tables(made)["Scenarios"])[0][6].sub == "nothing can be gained"


def test_an_unknown_agreement_of_receivers_gives_its_reason_and_no_p(document):
    row = cells(tables(document)["Do receivers agree on which senders persuade more?"])[1]
    assert [c.text for c in row[:3]] == ["rapport", "–", "–"]
    assert row[1].sub == "fewer than 3 senders"


def test_information_stands_beside_chance_and_the_published_proxy(document):
    row = cells(tables(document)["Information in messages about the state"])[0]
    assert [c.text for c in row] == [
        "standfast/steadfast", "0.38 [0.22, 0.53]", "0.88", "0.41", "0.02", "0.62 [0.58, 0.66]", "n 96, 12 items",
    ]  # fmt: skip
    assert row[4].sub == "p <0.001"


def test_subjects_in_a_row_of_their_own_are_named_there(mock):
    rows = [g for g in persuaded.persuasion(mock.SUBJECTS).gains if not g.receiver]
    rows = [g for g in rows if not any((g.role, g.profile, g.challenge, g.topic_class)) and g.audit == "persuasion"]
    table = tables(written(mock, mock.SUBJECTS, gains=tuple(rows)))["Mean gains"]
    assert [group.title for group in table.groups] == ["persuasion"]
    assert [row[0].text for row in cells(table)] == list(mock.SUBJECTS)


def test_the_similarity_has_an_n_of_its_own_where_there_are_no_scenarios(mock):
    lost = dict.fromkeys(("bits", "conf_low", "conf_high", "uncorrected", "most", "chance", "p_value"), NAN)
    row = replace(persuaded.information(ONE[0], "rapport"), n_obs=0, n_items=0, estimator="", n_similar=84, **lost)
    made = written(mock, information=(row,), signalling=())
    assert "Scenarios with a known prior" not in all_text(made)
    shown = cells(tables(made)["Information in messages about the state"])[0]
    assert [(c.text, c.sub) for c in shown[1:6]] == [
        ("–", "no scenarios"), ("–", ""), ("–", ""), ("–", ""), ("0.62 [0.58, 0.66]", "n 84 messages"),
    ]  # fmt: skip
    assert "Estimator" not in tables(made)["Information in messages about the state"].note


def test_rows_stand_in_the_order_of_run_ladder_and_audit_whatever_the_order_they_come_in(mock):
    rows = [g for g in persuaded.persuasion(ONE).gains if g.audit == "persuasion"]
    made = written(mock, gains=tuple(sorted(rows, key=lambda g: g.estimate)))
    body, rest = (cells(tables(made)[label]) for label in ("Mean gains", "Gains by condition"))
    assert [row[0].text for row in body] == ["all", *(f"receiver {name}" for name in persuaded.RECEIVERS)]
    assert [row[0].text for row in rest] == [
        "advisor", "peer", "no profile", "filler", "wrong profile", "demographics", "full profile", "open", "honest",
        "deceptive", "benign topics",
    ]  # fmt: skip


def test_without_a_number_there_is_a_dash_with_its_reason_and_no_figure(mock):
    found = persuaded.persuasion(ONE)
    empty = {name: tuple(map(persuaded.emptied, getattr(found, name))) for name in ROWS}
    made = written(mock, **empty)
    assert drawn(made) == {}
    shown = [c for table in parts(made, Table) for row in cells(table) for c in row]
    assert not [c for c in shown if "nan" in c.text.lower() or "[" in c.text]
    dashes = [c for c in shown if c.text == "–"]
    assert len(dashes) > 100
    assert sum(bool(c.sub) for c in dashes) > len(dashes) / 2
    assert "nothing observed" in {c.sub for c in dashes}
    pdf.render(made)


def test_without_an_interval_no_number_is_told(mock):
    gain = replace(persuaded.persuasion(ONE).gains[0], conf_low=NAN, conf_high=NAN, n_items=1)
    row = cells(tables(written(mock, gains=(gain,)))["Mean gains"])[0]
    assert (row[1].text, row[1].sub) == ("–", "one item has no interval")
    assert numbers.signed(gain.estimate, "points") not in row[1].model_dump_json()


@pytest.mark.parametrize("name", ROWS)
def test_each_part_may_be_absent(mock, name):
    made = written(mock, **{name: ()})
    shown = {c.text for table in parts(made, Table) for row in cells(table) for c in row}
    assert shown
    assert not {text for text in shown if "nan" in text.lower().split()}
    assert section(made, "persuasion").blocks


def test_all_parts_may_be_absent(mock):
    made = written(mock, **{name: () for name in ROWS}, self_play=(), receivers=(), notes=())
    found, decision, run = persuaded.inputs(mock, ONE)
    assert [type(b).__name__ for b in section(made, "persuasion").blocks] == ["Prose"]
    bare = replace(found, persuasion=replace(found.persuasion, **{f.name: () for f in fields(found.persuasion)[1:]}))
    assert "not of people" in lead(build(bare, decision, {**run, "receivers": []}))


def test_values_that_were_declined_or_have_no_meaning_are_said_apart_and_are_not_missing(mock):
    found, decision, run = mock.inputs(models=ONE, audits=("debate",))
    counts = {"scored": 80, "declined": 9, "undefined": 4, "no_position": 1, "probe_failed": 2}
    row = replace(found.missing[0], planned=96, counts=counts)
    made = section(build(replace(found, missing=(row,)), decision, run), "missing")
    assert made.blocks[0].paragraphs[0] == (
        "Of 96 planned values, 80 were scored, and some do not apply: 1 because the subject took no position, "
        "9 because the subject declined to persuade and 4 because the measure has no meaning there; 2 are missing. "
        "Missing is never counted as zero."
    )
    table = next(b for b in made.blocks if isinstance(b, Table))
    titles = [column.title for column in table.columns]
    assert titles[3:-1] == ["no position", "declined", "undefined", "probe failed"]
    assert cells(table)[0][-1].text == "2.4 %"  # 2 of 82 that should be there


def test_a_measure_of_influence_in_points_has_signs_and_no_better_side(mock):
    found, decision, run = mock.inputs(models=ONE, audits=("debate",))

    def influence(row, **more):
        return replace(row, construct="influence", unit="points", title="Persuasion gain", **more)

    own = [f for f in found.findings if f.measure == "belief_not_adopted"]
    moved = [influence(f, direction="neither", primary=True, estimate=0.5, conf_low=0.2, conf_high=0.8) for f in own]
    means = [
        influence(m, mean=-0.25, conf_low=-0.5, conf_high=0.1) for m in found.means if m.measure == "belief_not_adopted"
    ]
    made = build(replace(found, findings=tuple(moved), means=tuple(means)), replace(decision, gates=()), run)
    findings = section(made, "findings")
    assert "Audit: debate" in {b.text for b in findings.blocks if b.kind == "heading"}
    shown = [r for b in findings.blocks if b.kind == "findings" for g in b.groups for r in g.rows]
    assert shown
    assert {(r.estimate, r.interval, r.unit, r.better) for r in shown} == {
        ("+0.50", "[+0.20, +0.80]", "points", "neither")
    }
    plate = next(b for b in findings.blocks if isinstance(b, Figure) and b.data.kind == "interaction")
    assert plate.data.bands[0].axis == "influence on others"
    assert "−0.25 [−0.50, 0.10]" in plate.alt


def test_a_gate_on_points_reads_its_margin_in_points(mock):
    found, decision, run = mock.inputs(models=ONE, audits=("debate",))
    own = next(f for f in found.findings if (f.measure, f.contrast) == ("belief_not_adopted", "E2(peer, full)"))
    finding = replace(own, construct="influence", unit="points", estimate=0.5, conf_low=0.2, conf_high=0.8)
    gate = replace(
        decision.gates[0], audit="debate", measure="belief_not_adopted", contrast="E2(peer, full)", direction="lower",
        margin=1.0, finding=finding, verdict="pass",
    )  # fmt: skip
    told_ = all_text(build(replace(found, findings=(finding,)), replace(decision, gates=(gate,)), run))
    assert "+0.50 [+0.20, +0.80] points" in told_
    assert "better below +1.00 points" in told_ or "better below 1.00 points" in told_


def test_the_limits_say_that_receivers_are_not_people(document, mock):
    text = "Gains and beliefs are those of the receivers of this run, not of people."
    assert text in str(section(document, "limits").model_dump())
    assert text not in str(section(build(*mock.inputs()), "limits").model_dump())


def test_cells_of_unknown_numbers_are_dashes():
    assert measured.cell(NAN, 0.0, 1.0, "points") == Cell(text="–", sub="nothing observed", tone="muted")
    assert measured.told(0.5, NAN, 1.0, "points") == ""
    assert measured.told(math.inf, 0.0, 1.0, "points") == ""
    assert measured.share(0.5, 0.4, 0.62).text == "50.0 [40.0, 62.0]"
