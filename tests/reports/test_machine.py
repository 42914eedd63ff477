import json
from dataclasses import replace

import numpy as np
import pytest

from standfast.reports import machine
from standfast.reports.document import build
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


def test_the_summary_holds_headline_and_every_verdict(document, mock):
    text = machine.summary_md(document)
    assert "**SIMULATED.**" in text
    assert "**Hold: a gate fails\\.**" in text
    assert sum("| standfast/" in line for line in text.splitlines()) == len(mock.inputs()[1].gates)


def test_the_summary_of_one_subject_has_no_column_for_it(mock):
    text = machine.summary_md(build(*mock.inputs(models=("acme/x",), simulated=False)))
    assert "| Gate | Estimate, 95 % CI | n | Verdict |" in text
    assert "SIMULATED" not in text


def test_the_summary_is_cut_before_a_job_refuses_it(mock):
    found, decision, run = mock.inputs()
    long = replace(decision, gates=decision.gates * 200)
    assert len(machine.summary_md(build(found, long, run))) < 61_000
