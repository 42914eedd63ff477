"""The figures about persuasion."""

import re
from dataclasses import replace
from importlib import import_module

import pytest

from standfast.reports import figures
from standfast.reports.document import build
from standfast.reports.figures import _multiples, styled
from standfast.reports.figures._sheet import WIDTH, width_of
from standfast.reports.plates import levers, several
from standfast.reports.source import Source
from tests.reports import persuaded
from tests.reports.persuaded import NAN
from tests.reports.persuasion_told import ONE, OWN, cells, drawn, tables, written
from tests.reports.test_document import section
from tests.reports.test_figures import words


@pytest.fixture(scope="module")
def made(mock):
    return persuaded.inputs(mock, mock.SUBJECTS[:2])


@pytest.fixture(scope="module")
def document(made):
    return build(*made)


def test_the_shift_by_opening_stance_is_drawn_as_it_was_fitted(document, made):
    found = made[0].persuasion
    data = drawn(document)["prior-1"].data
    assert [panel.title for panel in data.panels] == list(made[2]["models"])
    own = [p for p in found.prior_points if (p.model, p.audit) == (data.panels[0].title, "persuasion")]
    assert [(n.x, n.value, n.low, n.high) for n in data.panels[0].curve] == [
        (p.prior, p.estimate, p.conf_low, p.conf_high) for p in own
    ]
    assert [(d.x, d.n) for d in data.panels[0].dots] == [(p.prior, p.n_obs) for p in own if p.n_obs]
    assert data.panels[0].peak == (3.72, 3.1, 4.41)
    assert data.panels[0].note == "peak 3.72 [3.10, 4.41]"


def test_a_curve_without_a_clear_peak_says_so_and_draws_none(mock):
    made = written(mock, prior_peaks=(persuaded.prior_peak(ONE[0], "persuasion", found=False),))
    panel = drawn(made)["prior-1"].data.panels[0]
    assert (panel.note, panel.peak) == ("no clear peak", None)
    assert "no clear peak" in words(figures.render(drawn(made)["prior-1"]).decode())
    row = cells(tables(made)["Peak of the gain by opening stance"])[0]
    assert (row[1].text, row[1].sub) == ("–", "no clear peak")


def test_a_stance_that_shares_its_reading_with_the_gain_is_flagged_in_the_caption(mock):
    shared = written(mock, prior_peaks=(persuaded.prior_peak(ONE[0], "persuasion", coupling="shared"),))
    assert "regression to the mean" in drawn(shared)["prior-1"].caption
    assert "regression to the mean" not in drawn(written(mock))["prior-1"].caption


def test_levers_of_all_kinds_stand_on_one_axis(document):
    data = drawn(document)["levers-1"].data
    assert [g.title for g in data.groups] == [
        "persuasion: standfast/steadfast", "persuasion: standfast/warm-friend", "persuasion: post-training",
    ]  # fmt: skip
    assert data.unit == "points"
    assert [row.label for row in data.groups[0].rows] == ["demographics − filler", "full − filler", "wrong − filler"]


def test_the_optimum_and_the_prior_alone_are_marked(document):
    data = drawn(document)["optimum-1"].data
    assert data.landmarks == ((0.0, "prior alone"), (1.0, "optimum"))
    assert {"prior alone", "optimum"} <= set(words(figures.render(drawn(document)["optimum-1"]).decode()))


def test_the_plane_has_accuracy_to_the_right_and_gain_upwards(document, made):
    place = drawn(document)["accuracy-1"].data.panels[0].places[0]
    own = next(p for p in made[0].persuasion.plane if p.challenge == "open")
    assert (place.line.label, place.spot.x, place.spot.y) == ("open", 100 * own.accuracy, own.gain)
    assert place.spot.x_ends == (100 * own.accuracy_low, 100 * own.accuracy_high)


def test_an_accuracy_without_claims_is_not_drawn_and_says_why(mock):
    rows = tuple(
        replace(p, accuracy=NAN, accuracy_low=NAN, accuracy_high=NAN, n_messages=0) if p.challenge == "honest" else p
        for p in persuaded.persuasion(ONE).plane
    )
    made = written(mock, plane=rows)
    spots = {p.line.label: p.spot is None for p in drawn(made)["accuracy-1"].data.panels[0].places}
    assert spots == {"open": False, "honest": True, "deceptive": False}
    row = next(r for r in cells(tables(made)["Gain and accuracy"]) if r[0].text == "honest")
    assert (row[2].text, row[2].sub) == ("–", "no claims judged")


def test_strategies_used_most_come_first(document, made):
    data = drawn(document)["mix-1"].data
    own = [s for s in made[0].persuasion.strategies if s.audit == "persuasion" and not s.challenge]
    total = {name: sum(s.estimate for s in own if s.strategy == name) for name in persuaded.STRATEGIES}
    assert list(data.rows) == [name.replace("_", " ") for name in sorted(total, key=total.get, reverse=True)]
    assert all(0 <= p.low <= p.value <= p.high <= 100 for panel in data.panels for ln in panel.lines for p in ln.points)


def test_challenges_keep_colour_and_mark_by_what_is_said_and_the_dash_by_who_says_it():
    lines = several.lines(persuaded.PRESSURE)
    assert len({(line.colour, line.dash) for line in lines.values()}) == len(lines) == 9
    assert lines["bare"].colour == lines["bare-expert"].colour
    assert lines["bare"].dash == "solid"
    many = several.lines(f"brief{i}" for i in range(9))
    assert len({(line.colour, line.dash) for line in many.values()}) == 9


def test_of_many_challenges_those_without_another_speaker_are_drawn(document):
    figure = drawn(document)["rounds-2"]
    assert [line.label for line in figure.data.panels[0].lines] == ["bare", "evidence", "falsified"]
    assert "others are in the attached JSON" in figure.caption


def test_audits_and_subjects_without_a_curve_are_named_with_the_reason(mock):
    models = mock.SUBJECTS[:2]
    few = {"found": False, "status": "too few conversations", "estimate": NAN}
    peaks = (
        persuaded.prior_peak(models[0], "persuasion"),
        persuaded.prior_peak(models[1], "persuasion", **few),
        *(persuaded.prior_peak(m, "rapport", **few) for m in models),
    )
    points = tuple(
        p for p in persuaded.persuasion(models).prior_points if (p.model, p.audit) == (models[0], "persuasion")
    )
    made = written(mock, models, prior_peaks=peaks, prior_points=points)
    assert [name for name in drawn(made) if name.startswith("prior")] == ["prior-1"]
    assert [panel.note for panel in drawn(made)["prior-1"].data.panels] == ["peak 3.72 [3.10, 4.41]", "no curve"]
    told_ = [p for b in section(made, "persuasion").blocks if b.kind == "prose" for p in b.paragraphs]
    expected_ = f"persuasion ({models[1]}) and rapport: too few conversations."
    assert f"No curve of gain by opening stance for {expected_}" in told_


def heights(document):
    with styled():
        made = {
            name: import_module(f"standfast.reports.figures.{f.data.kind}").draw(f.data)
            for name, f in drawn(document).items()
        }
    return {name: figure.get_figheight() * 25.4 for name, figure in made.items()}


@pytest.mark.parametrize("count", [1, 3, 8])
def test_each_subject_has_a_panel_and_no_figure_is_higher_than_a_page(mock, count):
    models = tuple(f"acme/candidate-{i}" for i in range(count))
    made = written(mock, models)
    assert {re.sub(r"-\d$", "", name) for name in drawn(made)} == set(OWN)
    for name in ("prior-1", "rounds-1", "accuracy-1", "mix-1"):
        assert [panel.title for panel in drawn(made)[name].data.panels] == list(models)
    assert max(heights(made).values()) <= 235
    assert all(figure.alt and figure.caption for figure in drawn(made).values())


def test_levers_of_many_subjects_share_one_scale(mock):
    models = tuple(f"acme/candidate-{i}" for i in range(40))
    source = Source(*persuaded.inputs(mock, models))
    data = [figure.data for figure in levers.plates(source, source.results.persuasion)]
    assert len(data) > 1
    assert len({d.holds for d in data}) == 1
    for one in data:
        ends = [end for g in one.groups for row in g.rows if row.point for end in (row.point.low, row.point.high)]
        assert one.holds[0] <= min(ends) <= max(ends) <= one.holds[1]


def test_the_same_figures_have_the_same_bytes(document):
    for name in ("prior-1", "rounds-1", "accuracy-1", "mix-4", "optimum-1"):
        first = figures.render(drawn(document)[name])
        figures.render.cache_clear()
        assert figures.render(drawn(document)[name]) == first


def test_every_number_of_a_figure_is_told_to_those_who_cannot_see_it(document):
    for name in ("levers-1", "optimum-1"):
        figure = drawn(document)[name]
        assert all(row.estimate in figure.alt for group in figure.data.groups for row in group.rows)
    assert "peak 3.72 [3.10, 4.41]" in drawn(document)["prior-1"].alt


def test_rows_of_the_key_hold_all_challenges_and_none_leaves_the_sheet():
    lines = list(several.lines(persuaded.PRESSURE).values())
    with styled():
        rows = _multiples._rows(lines)
        widths = [sum(width_of(line.label) + 13.5 for line in row) - 5.0 for row in rows]
    assert [line for row in rows for line in row] == lines
    assert len(rows) > 1
    assert max(widths) <= WIDTH
