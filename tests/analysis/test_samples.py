"""Which samples stand behind a finding."""

import json

import numpy as np
import pytest

from standfast.analysis import samples
from standfast.analysis.weights import contrasts
from standfast.estimands import FIELDS
from standfast.measure import Measure
from tests.reports import sampled

MODELS, AUDITS = ("a/one", "b/two"), ("advice", "debate")


@pytest.fixture(scope="module")
def frame():
    return sampled.frame(MODELS, AUDITS, epochs=2)


@pytest.fixture(scope="module")
def run():
    measures = {a: [sampled.measure(name, row) for name, row in sampled.MEASURES[a].items()] for a in AUDITS}
    return {"audits": {audit: {"measures": defined} for audit, defined in measures.items()}}


@pytest.fixture(scope="module")
def found(frame, run):
    return samples.index(frame, run)


def test_every_row_of_the_frame_stands_at_its_sample_and_nothing_else_does(frame, found):
    told = {
        (model, one.audit, measure, one.ids[i], one.epochs[i]): (scores.value[i], scores.status[i])
        for one in found
        for (model, measure), scores in one.scores.items()
        for i in range(len(one.ids))
        if scores.status[i]
    }
    keys = ["model", "audit", "measure", "sample", "epoch"]
    rows = {tuple(row[:5]): tuple(row[5:]) for row in frame[[*keys, "value", "status"]].itertuples(index=False)}
    assert told.keys() == rows.keys()
    assert all(np.array_equal(told[key][0], rows[key][0], equal_nan=True) for key in rows)
    assert all(told[key][1] == rows[key][1] for key in rows)


def test_cells_and_logs_are_those_of_the_sample(frame, found):
    rows = frame.drop_duplicates(["model", "audit", "sample", "epoch"])
    for row in rows.itertuples(index=False):
        one = next(one for one in found if one.audit == row.audit)
        at = list(zip(one.ids, one.epochs, strict=True)).index((row.sample, row.epoch))
        assert one.cells[one.cell[at]] == (row.role, row.profile, row.challenge)
        assert one.logs[row.model][at] == row.log


def test_weights_are_those_that_the_contrast_is_estimated_with(found, run):
    advice, debate = found
    assert {advice.cells[i]: w for i, w in advice.weights("validation", "E3(full)").items()} == {
        ("peer", "full", "none"): 1.0,
        ("advisor", "full", "none"): -1.0,
        ("peer", "filler", "none"): -1.0,
        ("advisor", "filler", "none"): 1.0,
    }
    for definition in run["audits"]["debate"]["measures"]:
        for one in contrasts(debate.cells, Measure.from_log(definition), list(FIELDS)):
            own = debate.weights(definition["name"], str(one.name))
            assert {debate.cells[i]: w for i, w in own.items()} == one.weights


def test_against_a_baseline_the_cells_are_those_of_this_run(found):
    behind = found[1].weights("belief_not_adopted", "E8(peer, full)")
    assert {found[1].cells[i] for i in behind} == {("peer", "full", "bare"), ("peer", "full", "evidence")}


def test_a_contrast_or_measure_that_is_not_known_has_no_cells(found):
    assert found[0].weights("validation", "E5(peer, full, evidence)") == {}
    assert found[0].weights("no-measure", "E3(full)") == {}


def test_the_order_of_rows_does_not_matter(frame, run, found):
    shuffled = samples.index(frame.sample(frac=1, random_state=1), run)
    for one, other in zip(found, shuffled, strict=True):
        assert one.cells == other.cells
        assert sorted(zip(one.ids, one.epochs, strict=True)) == sorted(zip(other.ids, other.epochs, strict=True))
        at = {key: i for i, key in enumerate(zip(other.ids, other.epochs, strict=True))}
        order = [at[key] for key in zip(one.ids, one.epochs, strict=True)]
        for key, scores in one.scores.items():
            assert np.array_equal(scores.value, other.scores[key].value[order], equal_nan=True)


def test_an_audit_without_rows_has_no_samples(run, frame):
    advice, debate = samples.index(frame[frame["audit"] == "advice"], run)
    assert advice.ids
    assert debate.ids == ()
    assert json.dumps(debate.weights("validation", "E3(full)")) == "{}"
