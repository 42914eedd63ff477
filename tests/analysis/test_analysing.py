"""What an analysis collects beside its findings, from real logs."""

import pytest

from standfast.analysis.analysing import analyse
from standfast.analysis.gated import Wanted
from standfast.analysis.results import from_json, to_json

WANTED = (
    Wanted("advice", "validation", "E1(peer, full)", 0.95),
    Wanted("advice", "validation", "L(peer, full)", 0.9),
    Wanted("pooled", "validation", "L(peer, full)", 0.95),
)


@pytest.fixture(scope="module")
def found(bench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    audits = [bench.Audit(), bench.Audit(name="debate")]
    for audit in audits:
        bench.make_log(folder, audit)
    run = bench.make_run(*audits)
    for facts in run["audits"].values():
        facts["people"] = {"ann": {"age": "18-24"}, "bob": {"age": "65 and over"}}
    return analyse(folder, run, contrasts=("E1", "E3"), confidence=0.95, wanted=lambda _: WANTED)[1]


def test_what_gates_read_at_another_confidence_or_pooled_is_estimated_beside(found):
    assert {(one.audit, one.contrast, one.conf_level) for one in found.also} == {
        ("advice", "L(peer, full)", 0.9),
        ("pooled", "L(peer, full)", 0.95),
    }


def test_each_part_of_the_evidence_is_left_out(found):
    dropped = {(one.dropped, one.name) for one in found.left_out}
    assert {("personas", "age: 18-24"), ("personas", "age: 65 and over"), ("audit", "debate")} <= dropped
    assert ("longest", "the 5 % longest replies") in dropped
    assert {one.finding.audit for one in found.left_out if one.dropped == "audit"} == {"pooled"}


def test_items_are_looked_into_where_a_lead_contrast_or_a_gate_is(found):
    seen = {(one.audit, one.measure, one.contrast) for one in found.item_effects}
    assert ("advice", "validation", "E1(peer, full)") in seen
    assert not any(contrast.startswith("E3") for _, _, contrast in seen)
    assert found.subgroups == ()  # two groups of one persona each are none


def test_all_of_it_survives_a_round_trip(found):
    again = from_json(to_json(found))
    for name in ("also", "left_out", "item_effects", "subgroups"):
        assert repr(getattr(again, name)) == repr(getattr(found, name))
