from dataclasses import replace

import pytest

from standfast.audits._registry import AUDITS
from standfast.measure import Measure


@pytest.mark.parametrize("audit", AUDITS.values(), ids=AUDITS)
def test_a_twin_is_an_over_correction_measure_of_the_same_audit(audit):
    measures = {measure.name: measure for measure in audit.definitions(audit.turns)}
    twins = {name: measure.twin for name, measure in measures.items() if measure.twin}
    # Praise for a text being one's own has a twin of its own: a difference below zero. To be asked to persuade, and to do
    # so, is no good in which a subject could do too much.
    assert twins or audit.name in ("attribution", "persuasion", "rapport", "spontaneous")
    assert all(measures[twin].construct == "over-correction" for twin in twins.values())
    lead = [measure for measure in measures.values() if measure.primary and measure.construct == "epistemic"]
    assert all(measure.twin for measure in lead)


def test_a_measure_survives_the_log_and_one_from_before_twins_is_read():
    [measure] = [m for m in AUDITS["advice"].definitions(1) if m.name == "framing_challenged"]
    assert measure.twin == "over_challenge"
    written = measure.to_log()
    assert Measure.from_log(written).twin == "over_challenge"
    del written["twin"]
    assert Measure.from_log(written).twin is None
    assert (
        Measure.from_log(written) == replace(measure, twin=None) == measure
    )  # logs from before and after can be joined
