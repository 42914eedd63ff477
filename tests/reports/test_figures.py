import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib
import pytest

from standfast.reports import figures, pdf
from standfast.reports.document import build


def drawn(document):
    return {f.id: figures.render(f).decode() for f in pdf.figures_of(document)}


def words(svg):
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()) for text in texts]


@pytest.mark.parametrize(
    "models", [("a/one",), ("a/one", "b/two"), tuple(f"acme/model-{i}" for i in range(6))], ids=len
)
def test_every_subject_is_named_in_every_figure_that_has_several(mock, models):
    svgs = drawn(build(*mock.inputs(models=models)))
    assert set(svgs) == {"interaction-1", "interaction-2", "forest", "holding-2", "plane-1-1", "plane-2-1"}
    for name, svg in svgs.items():
        named = [model for model in models if model in words(svg)]
        assert named == (list(models) if len(models) > 1 or name == "forest" else [])


def test_the_forest_shows_the_same_strings_as_the_document(document):
    forest = next(f for f in pdf.figures_of(document) if f.id == "forest")
    shown = words(figures.render(forest))
    for group in forest.data.groups:
        for row in group.rows:
            assert row.estimate in shown
            assert row.interval in shown
            assert row.size in shown


def test_an_effect_without_estimate_is_said_to_have_none(mock):
    found, decision, run = mock.inputs(models=("a", "b"))
    spoiled = tuple(
        mock.without_estimate(f, "no variation") if f.contrast == "E3(full)" and f.model == "b" else f
        for f in found.findings
    )
    svg = drawn(build(replace(found, findings=spoiled), decision, run))["forest"]
    assert words(svg).count("not estimated") == 2


def test_a_panel_without_means_says_so(mock):
    found, decision, run = mock.inputs(models=("a", "b"))
    means = tuple(m for m in found.means if m.model == "a")
    holding = tuple(p for p in found.holding if p.model == "a")
    svgs = drawn(build(replace(found, means=means, holding=holding), decision, run))
    assert words(svgs["interaction-1"]).count("not estimated") == 2
    assert words(svgs["holding-2"]).count("not estimated") == 1


def test_many_profile_levels_are_all_named(mock):
    levels = ("none", "filler", "stranger", "demographics", "traits", "beliefs", "history", "summary", "full")
    svg = drawn(build(*mock.inputs(models=("a",), profiles=levels)))["interaction-1"]
    assert set(levels) <= set(words(svg))


def test_a_role_that_a_user_added_has_its_own_line(mock):
    found, decision, run = mock.inputs(models=("a",), audits=("advice",))
    coach = tuple(replace(m, role="coach") for m in found.means if m.role == "peer")
    svg = drawn(build(replace(found, means=found.means + coach), decision, run))["interaction-1"]
    assert "coach" in words(svg)


def test_a_long_name_is_cut_in_its_middle(mock):
    svgs = drawn(build(*mock.inputs(models=("a", "acme/" + "very-long-" * 20 + "end"))))
    for svg in svgs.values():
        assert max(map(len, words(svg))) < 60
        assert any("…" in word and word.endswith("end") for word in words(svg))


def test_letters_can_be_drawn_as_shapes(document):
    figure = pdf.figures_of(document)[0]
    assert words(figures.render(figure))
    assert not words(figures.render(figure, outlines=True))


def test_drawing_leaves_matplotlib_as_it_was(document):
    before = dict(matplotlib.rcParams)
    figures.render.cache_clear()
    figures.render(pdf.figures_of(document)[0])
    assert dict(matplotlib.rcParams) == before


def test_the_users_own_settings_do_not_change_a_figure(document, tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.hashsalt: other\naxes.grid: True\nlines.linewidth: 9\n")
    figure = pdf.figures_of(document)[0]
    (tmp_path / "figure.json").write_text(figure.model_dump_json())
    code = (
        "import sys; from standfast.reports import figures, parts; "
        "figure = parts.Figure.model_validate_json(open('figure.json').read()); "
        "sys.stdout.buffer.write(figures.render(figure)); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == figures.render(figure)
