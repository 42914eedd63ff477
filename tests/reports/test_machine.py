import json
import re
from dataclasses import replace

import numpy as np
import pytest

from standfast.reports import machine
from standfast.reports.numbers import signed


def test_unknown_numbers_are_null_and_keys_are_sorted(mock):
    text = machine.to_json(*mock.inputs())
    data = json.loads(text, parse_constant=pytest.fail)
    unknown = [f for f in data["results"]["findings"] if f["status"] != "ok"]
    assert unknown
    assert all(f["estimate"] is None and f["conf_low"] is None for f in unknown)
    assert text == machine.to_json(*mock.inputs())
    assert text.isascii()
    assert list(data) == sorted(data)


def test_numbers_keep_their_precision_and_read_as_in_the_document(mock, document):
    data = json.loads(document.machine)
    rows = [
        r
        for s in document.sections
        for b in s.blocks
        if b.kind == "findings" and b.explore
        for g in b.groups
        for r in g.rows
    ]
    shown = {(r.subject, r.audit, r.measure, r.code): r.estimate for r in rows}
    for f in data["results"]["findings"]:
        told = shown[f["model"], f["audit"], f["title"], f["contrast"]]
        assert told == ("not estimated" if f["estimate"] is None else signed(f["estimate"], f["unit"]))


def test_transcripts_and_sample_ids_stay_in_the_logs(mock):
    data = json.loads(machine.to_json(*mock.inputs()))
    assert "excerpts" not in data["results"]
    assert all("sample_ids" not in record for record in data["run"]["audits"].values())


def test_numbers_of_numpy_and_half_characters_are_no_obstacle(mock):
    found, decision, run = mock.inputs(models=("a",))
    first = replace(found.findings[0], n_obs=np.int64(7), estimate=np.float64(1.5), title="x\ud800y\ud83d\ude00")
    data = json.loads(machine.to_json(replace(found, findings=(first,)), decision, run))
    assert data["results"]["findings"][0]["n_obs"] == 7
    assert data["results"]["findings"][0]["title"] == "x\ufffdy😀"


def test_findings_have_their_id_wherever_they_stand(mock):
    found, decision, run = mock.inputs()
    data = json.loads(machine.to_json(found, decision, run))
    assert [f["id"] for f in data["results"]["findings"]] == [f.id for f in found.findings]
    told = [g["finding"]["id"] for g in data["decision"]["gates"] if g["finding"]]
    assert told == [g.finding.id for g in decision.gates if g.finding]


def test_an_id_names_subject_audit_measure_contrast_and_confidence(mock):
    first = mock.inputs()[0].findings[0]
    assert first.id == replace(first, estimate=1.0, n_obs=3, status="lost").id
    others = {"model": "x", "audit": "x", "measure": "x", "contrast": "x", "conf_level": 0.99}
    changed = {replace(first, **{name: value}).id for name, value in others.items()}
    assert len(changed | {first.id}) == 6
    assert all(re.fullmatch("F-[0-9a-f]{8}", one) for one in changed)
    assert re.fullmatch("F-[0-9a-f]{8}", replace(first, model="\ud800").id)


def test_a_record_stands_on_a_line_of_its_own(mock):
    text = machine.to_json(*mock.inputs())
    assert sum(line.startswith('{"audit"') and '"contrast"' in line for line in text.splitlines()) >= 480
