"""The same persuasion in every output, and names from outside as text in all of them."""

import json
import math
from dataclasses import fields, replace

import pytest
from markdown_it import MarkdownIt

from standfast.analysis import results as results_
from standfast.reports import html, markdown, measured, pdf
from standfast.reports.document import build
from standfast.reports.text import coverage, show
from tests.reports import persuaded
from tests.reports.persuasion_told import ROWS
from tests.reports.test_hostile import HOSTILE, Elements, told
from tests.reports.test_same_numbers import Rows, squeezed

FEW = ("typst panic", "end of script", "markdown", "right to left", "matplotlib")  # an empty name stands for all


@pytest.fixture(scope="module")
def made(mock):
    return persuaded.inputs(mock, mock.SUBJECTS[:2])


@pytest.fixture(scope="module")
def document(made):
    return build(*made)


@pytest.fixture(scope="module")
def paper(document, text_of):
    return text_of(pdf.render(document))


def expected(found):
    """Return the intervals that must be read in every output, made from the JSON's numbers at full precision."""
    gains = [(g["estimate"], g["conf_low"], g["conf_high"]) for g in found["gains"]]
    rounds = [(r["estimate"], r["conf_low"], r["conf_high"]) for r in found["rounds"] if "-" not in r["challenge"]]
    levers = [(x["estimate"], x["conf_low"], x["conf_high"]) for x in found["levers"]]
    for value, low, high in (*gains, *rounds, *levers):
        yield measured.told(value, low, high, "points", signed=True)
    for o in found["outcomes"]:
        yield measured.told(*(100 * o[name] for name in ("share", "conf_low", "conf_high")), "%")
    for s in found["strategies"]:
        yield measured.told(*(100 * s[name] for name in ("estimate", "conf_low", "conf_high")), "%")
    for s in found["signalling"]:
        for name in ("posterior", "gap", "gain"):
            ends = (100 * s[f"{name}{end}"] for end in ("", "_low", "_high"))
            yield measured.told(*ends, "%" if name == "posterior" else "pp", signed=name != "posterior")
    for i in found["information"]:
        yield measured.told(i["bits"], i["conf_low"], i["conf_high"], "")
    for d in found["distances"]:
        yield measured.told(d["estimate"], d["conf_low"], d["conf_high"], "")


def test_every_number_of_the_json_stands_on_paper_on_the_page_and_in_the_markdown(document, paper):
    found = json.loads(document.machine)["results"]["persuasion"]
    wanted = {squeezed(text) for text in expected(found)}
    assert len(wanted) > 200
    assert "" not in wanted
    marked = MarkdownIt("commonmark").enable("table").render(markdown.render(document))
    outputs = {
        "paper": squeezed("".join(paper)),
        "page": squeezed("".join("".join(row) for row in Rows(html.render(document)).rows)),
        "markdown": squeezed("".join("".join(row) for row in Rows(marked).rows)),
    }
    assert {name: sorted(text for text in wanted if text not in shown) for name, shown in outputs.items()} == {
        name: [] for name in outputs
    }


def test_results_keep_persuasion_through_a_file(made):
    again = results_.from_json(results_.to_json(made[0]))
    assert again.persuasion.gains == made[0].persuasion.gains
    assert again.persuasion.ranking[0] == made[0].persuasion.ranking[0]
    assert math.isnan(again.persuasion.ranking[1].estimate)


def poisoned(mock, text):
    """Return inputs in which every name of the persuasion results is the hostile text."""
    found, decision, run = persuaded.inputs(mock, ("acme/plain", text))
    made = found.persuasion
    named = ("receiver", "challenge", "topic_class", "name", "strategy", "against", "scenario", "estimator", "status")

    def bad(row):
        own = {f.name for f in fields(row)}
        return replace(row, **{name: text for name in named if name in own and getattr(row, name)})

    rows = {name: tuple(map(bad, getattr(made, name))) for name in ROWS}
    few = {name: tuple(dict.fromkeys(own))[:12] for name, own in rows.items()}
    poison = replace(made, **few, receivers=(text, text), self_play=(text,), notes=(text,))
    keep = ("belief_not_adopted",)
    found = replace(
        found,
        findings=tuple(f for f in found.findings if f.measure in keep),
        missing=tuple(m for m in found.missing if m.measure in keep),
        persuasion=poison,
    )
    return found, decision, {**run, "receivers": []}


@pytest.fixture(scope="module")
def harmless(mock):
    made = build(*poisoned(mock, "plain"))
    return told(made)[0], Elements(html.render(made))


@pytest.mark.parametrize("name", FEW)
def test_names_from_outside_come_out_as_text(mock, harmless, name):
    made = build(*poisoned(mock, HOSTILE[name]))
    live, text = told(made)
    assert live == harmless[0]
    assert "".join(show(HOSTILE[name], longest=120).replace("@", "@\u200b").split()) in text
    page = Elements(html.render(made))
    for tag in ("script", "style", "img", "iframe", "a", "input", "b"):
        assert sum(t == tag for t, _ in page.found) == sum(t == tag for t, _ in harmless[1].found), tag


def test_paper_shows_names_from_outside_as_text(mock, text_of):
    name = HOSTILE["typst panic"]
    shown = "".join(text_of(pdf.render(build(*poisoned(mock, name)))))
    assert set("".join(show(name, drawable=coverage()).split())) <= set(shown)


def test_a_simulated_run_says_so_on_every_page_of_the_section(paper):
    own = [text for text in paper if "How far stances move" in text or "Mean gains" in text]
    assert own
    assert all("SIMULATED" in text for text in own)
