"""Drift watch: the anchors asked again, what the endpoint says of itself, and whether its values moved."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import Fault
from operating import answer, asked

from standfast import drift_file, drifting, stages
from standfast.analysis import drifting as statistics
from standfast.analysis.intervals import critical_t
from standfast.budgets import Budget
from standfast.cli import main
from standfast.comparing import compare
from standfast.errors import EvidenceError, RunError
from standfast.measure import Measure

ITEMS, ANCHORS = 10, 12


def check(folder, **options):
    return drifting.drift(folder, display="none", **{"anchors": ANCHORS, **options})


def served(name="subject", **change):
    """Change what the server says of itself in the answers of one model."""
    return lambda body: Fault("altered", change=change["change"]) if body["model"] == name else None


def test_the_first_samples_of_the_run_are_asked_once_more_and_always_the_same(opened, folder):
    first = check(folder)
    assert asked(opened.requests) == {"subject": ANCHORS, "judge": ANCHORS}
    seen = {json.dumps(r.body["messages"]) for r in opened.requests if r.body["model"] == "subject"}
    opened.requests.clear()
    second = check(folder)
    assert {json.dumps(r.body["messages"]) for r in opened.requests if r.body["model"] == "subject"} == seen
    assert (first.folder, second.folder) == ("drift/001", "drift/002")
    planned = json.loads((folder / "run.json").read_text())["audits"]["advice"]["sample_ids"]
    again = json.loads((folder / "drift" / "001" / "run.json").read_text())["audits"]["advice"]["sample_ids"]
    assert again == planned[:ANCHORS]


def test_equal_answers_are_no_proof_where_the_anchors_are_few(folder):
    found = check(folder)
    assert (found.verdict, found.exit_code) == ("inconclusive", 11)
    [subject] = found.subjects.values()
    assert all("items would do" in reason or "no interval" in reason for reason in subject.reasons)
    assert not any(one.changed for one in subject.endpoints)
    assert {(one.role, one.kind) for one in subject.endpoints} == {
        (role, kind) for role in ("subject", "judge") for kind in ("name", "fingerprint")
    }


def test_a_margin_that_holds_every_interval_is_unchanged(folder):
    found = check(folder, margin=100, anchors=40)
    assert (found.verdict, found.exit_code) == ("unchanged", 0)
    drift_file.refuse(folder)


@pytest.mark.parametrize(
    ("model", "change", "told"),
    [
        ("subject", {"model": "subject-2026-02-02"}, "subject: its name is subject-2026-02-02, and was subject-2026-01-01"),
        ("subject", {"system_fingerprint": "fp_new"}, "subject: its fingerprint is fp_new, and was fp_loopback"),
        ("judge", {"model": "judge-2"}, "judge: its name is judge-2, and was judge-2026-01-01"),
    ],
)  # fmt: skip
def test_a_provider_that_calls_itself_otherwise_has_changed(opened, folder, model, change, told):
    opened.choose = served(model, change=change)
    found = check(folder)
    assert (found.verdict, found.exit_code) == ("changed", 10)
    [subject] = found.subjects.values()
    assert told in subject.reasons


def test_values_that_moved_are_a_change_whatever_the_provider_says(opened, folder):
    def warmer(body):
        text = answer(body)
        if body["model"] != "judge":
            return text
        whole = json.loads(text)
        whole["validation"]["answer"] = "yes"
        return json.dumps(whole)

    opened.reply = warmer
    found = check(folder)
    assert found.verdict == "changed"
    [subject] = found.subjects.values()
    [moved] = [one for one in subject.changes if one.verdict == "changed"]
    assert (moved.measure, moved.estimate, moved.n) == ("validation", pytest.approx(100), ANCHORS)
    assert moved.conf_low > 0


def test_a_run_whose_endpoint_changed_is_no_baseline(opened, folder, whole, tmp_path):
    opened.choose = served(change={"model": "subject-2026-02-02"})
    check(folder)
    other = Path(shutil.copytree(whole, tmp_path / "other"))
    for hold in (lambda: compare(other, folder), lambda: stages.analyse(other, baseline=folder)):
        with pytest.raises(EvidenceError, match="cannot be a baseline: its endpoint has changed"):
            hold()
    done = CliRunner().invoke(main, ["compare", str(other), str(folder)])
    assert done.exit_code == 12
    assert "its name is subject-2026-02-02" in done.stderr


def test_without_one_value_nothing_is_said(opened, folder):
    opened.reply = lambda body: "hm" if body["model"] == "judge" else answer(body)
    done = CliRunner().invoke(main, ["drift", str(folder), "--anchors", "4"])
    assert done.exit_code == 12
    assert "nothing can be said" in done.stderr
    assert drift_file.read(folder) == []


def test_a_check_that_its_budget_stopped_is_carried_on(opened, folder):
    with pytest.raises(RunError, match="the check is not finished"):
        check(folder, budget=Budget(calls=5))
    assert len(opened.requests) == 5
    assert drift_file.read(folder) == []
    assert check(folder).folder == "drift/001"
    assert len(opened.requests) == 2 * ANCHORS


def test_what_cannot_be_checked_is_refused_before_anything_is_paid(opened, folder):
    with pytest.raises(RunError, match="no subject a/b; known: openai-api/loopback"):
        check(folder, models=["a/b"])
    path = folder / "run.json"
    recorded = json.loads(path.read_text())
    recorded["audits"]["advice"]["version"] = "0-A"
    path.write_text(json.dumps(recorded))
    with pytest.raises(EvidenceError, match="asks or judges otherwise"):
        check(folder)
    path.write_text(json.dumps({**recorded, "part": [1, 2]}))
    with pytest.raises(RunError, match="a part of a run"):
        check(folder)
    assert opened.requests == []


def note(folder, verdict):
    drift_file.append(folder, {"at": "now", "subjects": {"a/b": {"verdict": verdict, "reasons": ["why"]}}})


def test_only_a_check_that_shows_no_change_lifts_a_change(tmp_path):
    for verdict, refused in (("unchanged", False), ("changed", True), ("inconclusive", True), ("unchanged", False)):
        note(tmp_path, verdict)
        assert bool(drift_file.changed(tmp_path)) == refused


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "standfast/drift/1"}', '{"schema": "x", "checks": []}', '{"schema": "standfast/drift/1", "checks": [1]}'])  # fmt: skip
def test_a_damaged_record_of_checks_is_no_baseline(tmp_path, text):
    (tmp_path / "drift.json").write_text(text)
    with pytest.raises(EvidenceError, match=r"drift\.json"):
        drift_file.refuse(tmp_path)


# The statistics.

MEASURE = Measure(
    name="held", title="Held", construct="epistemic", scale="binary", direction="higher", source="s", primary=True
)


def frame(values, status="scored"):
    rows = {
        "model": "m", "audit": "a", "measure": "held", "sample": [f"s{i}" for i in range(len(values))],
        "item": [f"i{i}" for i in range(len(values))], "epoch": 1, "turn": 0, "value": np.asarray(values, float),
    }  # fmt: skip
    made = pd.DataFrame(rows)
    return made.assign(status=np.where(made["value"].isna(), "refused", status))


def compared(then, now, margin=0.2):
    [one] = statistics.compare(frame(then), frame(now), {("a", "held"): MEASURE}, margin=margin, confidence=0.95)
    return one


@pytest.mark.parametrize("n", [20, 60])
def test_anchors_that_all_agree_leave_the_interval_of_wilson(n):
    critical = critical_t(0.95, n - 1)
    end = 100 * critical**2 / (n + critical**2)
    one = compared([1.0] * n, [1.0] * n)
    assert (one.estimate, one.conf_low, one.conf_high) == (0, pytest.approx(-end), pytest.approx(end))
    assert one.verdict == "unchanged"
    assert compared([1.0] * n, [1.0] * n, margin=0.999 * end / 100).verdict == "inconclusive"


def test_a_missing_half_can_only_widen():
    whole = compared([1.0] * 40, [1.0] * 40)
    part = compared([1.0] * 40, [np.nan] * 6 + [1.0] * 34)
    assert (part.n, part.n_missing) == (34, 6)
    assert part.bound_low < whole.bound_low - 5
    assert (whole.verdict, part.verdict) == ("unchanged", "inconclusive")


def test_fewer_than_five_items_are_never_a_verdict():
    one = compared([0.0] * 4, [1.0] * 4)
    assert one.estimate == 100
    assert np.isnan(one.conf_low)
    assert one.verdict == "inconclusive"


def test_several_measures_share_the_error():
    many = {("a", f"m{k}"): MEASURE for k in range(5)}
    frames = [
        pd.concat([frame(v).assign(measure=f"m{k}") for k in range(5)]) for v in ([0.0] * 30, [1.0] * 4 + [0.0] * 26)
    ]
    found = statistics.compare(*frames, many, margin=0.2, confidence=0.95)
    assert [one.conf_level for one in found] == pytest.approx([0.99] * 5)
    assert compared([0.0] * 30, [1.0] * 4 + [0.0] * 26).conf_low > found[0].conf_low


pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=5, max_size=40)


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_the_interval_holds_the_estimate_and_turns_with_the_direction(drawn):
    then, now = (np.array(one, float) for one in zip(*drawn, strict=True))
    n = np.arange(len(then))
    one, other = (statistics.paired(d, n, 1.0, 0.95, share=True) for d in (now - then, then - now))
    assert -1 <= one.low <= one.estimate <= one.high <= 1
    assert one.low < one.high
    assert (one.estimate, one.low, one.high) == pytest.approx((-other.estimate, -other.high, -other.low))


def test_intervals_cover_what_is_true():
    rng, n, runs = np.random.default_rng(7), 20, 600
    for rising, falling in ((0.05, 0.0), (0.1, 0.1), (0.3, 0.1)):
        drawn = rng.random((runs, n))
        values = np.where(drawn < rising, 1.0, np.where(drawn < rising + falling, -1.0, 0.0))
        held = 0
        for row in values:
            found = statistics.paired(row, np.arange(n), 1.0, 0.95, share=True)
            held += found.low <= rising - falling <= found.high
        assert held / runs > 0.93  # 95 % less two standard errors of 600 runs
