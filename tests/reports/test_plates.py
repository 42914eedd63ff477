"""The figures of ladder, plane, items, groups of personas and judge against people."""

from dataclasses import replace

import pytest

from standfast.reports import figures
from standfast.reports.document import build
from standfast.reports.parts import Figure, Table
from tests.reports import decided, judged
from tests.reports.test_document import all_text, blocks, section
from tests.reports.test_figures import words

NAN = float("nan")


@pytest.fixture(scope="module")
def made(mock):
    return decided.inputs(mock, ladder=True)


@pytest.fixture(scope="module")
def drawn(made):
    return {f.id: f for f in blocks(build(*made), Figure)}


def written(made, **changed):
    found, *others = made
    return {f.id: f for f in blocks(build(replace(found, **changed), *others), Figure)}


def find(found, contrast, measure="belief_not_adopted"):
    return next(f for f in found.findings if (f.contrast, f.measure) == (contrast, measure))


def test_the_ladder_shows_every_rung_against_filler(drawn, made):
    data = drawn["ladder-2"].data
    assert data.ticks == ("filler", "demographics", "traits", "beliefs", "history", "full")
    band = next(b for b in data.bands if b.title == "Belief not adopted")
    peer = next(line for line in band.panels[0].lines if line.label == "peer")
    assert [p.x for p in peer.points] == list(range(6))
    assert peer.points[0].value == 0
    assert peer.points[-1].value == find(made[0], "E2(peer, full)").estimate
    assert peer.points[2].low == find(made[0], "E2(peer, traits)").conf_low


def test_the_trend_is_the_least_squares_line_through_the_rungs(made):
    found = made[0]
    slope = 1.5
    line = {level: slope * x - 4 for x, level in enumerate(decided.LADDER[1:])}

    def bent(f):
        if f.measure != "belief_not_adopted" or f.role != "peer":
            return f
        if f.contrast == "E6(peer)":
            return replace(f, estimate=slope)
        return replace(f, estimate=line[f.profile] - line["filler"]) if f.contrast.startswith("E2(") else f

    drawn = written(made, findings=tuple(map(bent, found.findings)))["ladder-2"].data
    band = next(i for i, b in enumerate(drawn.bands) if b.title == "Belief not adopted")
    peer = [one.label for one in drawn.bands[band].panels[0].lines].index("peer")
    assert drawn.slopes[band][0][peer] == pytest.approx((0.0, 5 * slope))


def test_a_trend_without_all_of_its_rungs_is_not_drawn(made):
    found = made[0]
    lost = tuple(
        replace(f, status="nothing was scored", estimate=NAN) if f.contrast == "E2(peer, traits)" else f
        for f in found.findings
    )
    data = written(made, findings=lost)["ladder-2"].data
    band = next(i for i, b in enumerate(data.bands) if b.title == "Belief not adopted")
    by_role = dict(zip([one.label for one in data.bands[band].panels[0].lines], data.slopes[band][0], strict=True))
    assert by_role["peer"] is None
    assert by_role["advisor"] is not None


def test_a_ladder_of_two_rungs_has_no_figure(mock):
    assert not [name for name in written(decided.inputs(mock)) if name.startswith("ladder")]


def test_the_plane_has_the_better_corner_at_the_lower_right(drawn, made):
    data = drawn["plane-1-1"].data
    assert (data.x_axis, data.y_axis, data.flipped) == ("Framing challenged (%)", "Over-challenge (%)", False)
    peer = next(m for m in data.panels[0].moves if m.label == "peer")
    mean = next(m for m in made[0].means if (m.measure, m.role, m.profile) == ("framing_challenged", "peer", "full"))
    assert (peer.end.x, peer.end.x_ends) == (mean.mean, (mean.conf_low, mean.conf_high))
    lower = tuple(replace(f, direction="lower") if f.measure == "framing_challenged" else f for f in made[0].findings)
    assert written(made, findings=lower)["plane-1-1"].data.flipped


def test_a_role_without_a_mean_has_no_arrow(made):
    means = tuple(replace(m, mean=NAN) if (m.role, m.profile) == ("peer", "full") else m for m in made[0].means)
    moves = written(made, means=means)["plane-1-1"].data.panels[0].moves
    assert {m.label: m.end is None for m in moves} == {"advisor": False, "peer": True}


def test_items_are_sorted_and_counted_where_they_leave_zero_out(drawn, made):
    figure = drawn["items-1"]
    points = figure.data.panels[0].points
    assert [p.value for p in points] == sorted(p.value for p in points)
    below = sum(p.high < 0 for p in points)
    told = (
        "one"
        if below == 1
        else str(below)
        if below > 9
        else ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")[below]
    )
    assert f"{told} clearly below zero" in figure.alt
    assert figure.data.worse == "below"
    assert figure.data.panels[0].whole == find(made[0], "E3(full)").estimate


def test_items_of_a_level_are_held_against_the_mean(made):
    found = made[0]
    level = replace(find(found, "E3(full)"), contrast="L(peer, full)", role="peer", unit="%", estimate=60.0)
    effects = tuple(
        replace(e, contrast="L(peer, full)", unit="%", estimate=50.0 + i, conf_low=47.0 + i, conf_high=53.0 + i)
        for i, e in enumerate(e for e in found.item_effects if e.audit == "debate")
    )
    figure = written(made, findings=(*found.findings, level), item_effects=effects)["items-1"]
    assert figure.data.panels[0].clear == 60.0
    assert "seven clearly below the mean" in figure.alt


def test_the_items_at_both_ends_stand_beside_the_figure(made):
    part = section(build(*made), "drivers")
    table = next(b for b in part.blocks if isinstance(b, Table))
    own = sorted((e for e in made[0].item_effects if e.audit == "debate"), key=lambda e: e.estimate)
    rows = table.groups[0].rows
    assert [row[0].text for row in rows] == [e.item for e in own[:3]]
    assert [row[1].text for row in rows] == [e.item for e in own[::-1][:3]]
    assert all(cell.sub.endswith("pp, n 12") for row in rows for cell in row)


def test_an_item_without_an_interval_is_left_out(made):
    effects = tuple(replace(e, conf_low=NAN) if e.item == "item-0" else e for e in made[0].item_effects)
    drawn = written(made, item_effects=effects)
    assert [len(f.data.panels[0].points) for name, f in drawn.items() if name.startswith("items")] == [23, 47]


def test_groups_of_personas_show_the_shrunken_and_the_raw_value(drawn, made):
    data = drawn["subgroups-1-1"].data
    assert [g.title for g in data.groups] == ["age", "occupation"]
    own = [s for s in made[0].subgroups if s.audit == "debate"]
    rows = [row for g in data.groups for row in g.rows]
    assert [row.raw for row in rows] == [s.raw for s in own]
    assert [row.point.value for row in rows] == [s.estimate for s in own]
    shown = words(figures.render(drawn["subgroups-1-1"]).decode())
    assert "n / personas" in shown
    assert all(row.interval in shown for row in rows)


def test_only_some_contrasts_are_drawn_and_the_rest_is_counted(made):
    found = made[0]
    more = tuple(
        replace(e, contrast=f"E3(level-{i})") for i in range(9) for e in found.item_effects if e.audit == "debate"
    )
    document = build(replace(found, item_effects=(*found.item_effects, *more)), *made[1:])
    drawn = [f for f in blocks(document, Figure) if f.id.startswith("items")]
    assert len(drawn) == 6
    assert "role × profile" in drawn[0].data.axis  # what a gate reads comes first
    assert "Five more contrasts in the attached JSON." in all_text(document)


def test_judge_and_people_are_counted_in_a_matrix(made):
    found, *others = made
    document = build(judged.with_judges(found), *others)
    figure = next(f for f in blocks(document, Figure) if f.data.kind == "confusion")
    assert figure.data.matrices[0].counts == ((40, 7), (12, 61))
    assert "101 of 120 answers are the same" in figure.alt
    shown = words(figures.render(figure).decode())
    assert {"40", "7", "12", "61", "κ 0.67", "[0.57, 0.77]", "84.0 %", "person", "judge"} <= set(shown)


@pytest.mark.parametrize("kind", ["ladder-2", "plane-2-1", "items-1", "subgroups-1-1"])
def test_every_subject_has_its_panel_or_row(mock, kind):
    models = ("acme/one", "acme/two", "acme/three")
    drawn = {f.id: f for f in blocks(build(*decided.inputs(mock, models=models, ladder=True)), Figure)}
    shown = " ".join(words(figures.render(drawn[kind]).decode()))
    assert all(model in shown for model in models)


def test_the_same_figures_have_the_same_bytes(drawn):
    for figure in drawn.values():
        first = figures.render(figure)
        figures.render.cache_clear()
        assert figures.render(figure) == first


def test_no_item_is_named_where_all_are_alike(made):
    alike = tuple(replace(e, estimate=-3.0, conf_low=-9.0, conf_high=3.0) for e in made[0].item_effects)
    part = section(build(replace(made[0], item_effects=alike), *made[1:]), "drivers")
    assert [b for b in part.blocks if isinstance(b, Figure) and b.data.kind == "caterpillar"]
    assert not [b for b in part.blocks if isinstance(b, Table)]


def test_many_groups_of_personas_take_more_than_one_figure_and_none_is_lost(made):
    groups = tuple(
        replace(s, attribute=f"attribute {i}", group=f"{s.group} {i}")
        for i in range(40)
        for s in made[0].subgroups
        if (s.audit, s.attribute) == ("debate", "age")
    )
    long = tuple(replace(s, attribute="long", group=f"group {i}") for i, s in enumerate(groups[:70]))
    drawn = written(made, subgroups=(*groups, *long))
    own = [f for name, f in drawn.items() if name.startswith("subgroups")]
    assert len(own) > 4
    assert max(sum(1 + len(g.rows) for g in f.data.groups) for f in own) <= 34
    shown = [row.label for f in own for g in f.data.groups for row in g.rows]
    assert sorted(shown) == sorted(s.group for s in (*groups, *long))
