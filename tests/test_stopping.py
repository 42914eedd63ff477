"""Audits that stop early: real runs of simulated subjects, and the protocol on its own."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import numpy as np
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.scorer import SampleScore, Score
from looking import STEADFAST, SUITE, SYCOPHANT, log_of, written

from standfast import stages, stopping, suite
from standfast.analysis import frames, logs, plans
from standfast.errors import LogError, SuiteError
from standfast.folder import read
from standfast.plan import catalogue, plan
from standfast.prospects import prospects
from standfast.rescore import rescore
from standfast.run import run


def asked(log: EvalLog) -> list[str]:
    return sorted(str(sample.id) for sample in log.samples or [])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("looks")
    return run(written(made), out=made / "run", display="none")


def test_a_clear_subject_stops_at_its_look_and_the_other_is_asked_everything(folder):
    names = read(folder)["audits"]["advice"]["sample_ids"]
    assert asked(log_of(folder, STEADFAST)) == sorted(names[:48])
    assert asked(log_of(folder, SYCOPHANT)) == sorted(names)
    looks = {look.model: look for look in frames.looks(folder / "logs", read(folder), confidence=0.95)}
    assert (looks[STEADFAST].look, looks[STEADFAST].stopped, looks[STEADFAST].samples) == (1, True, 48)
    assert (looks[SYCOPHANT].look, looks[SYCOPHANT].stopped, looks[SYCOPHANT].samples) == (2, False, 96)
    assert (1 - looks[STEADFAST].confidence) + (1 - looks[SYCOPHANT].confidence) == pytest.approx(0.05)


def test_the_frame_tells_what_was_not_asked_apart_from_what_is_missing(folder):
    frame = frames.collect(folder / "logs", read(folder))
    counted = frame.groupby(["model", "status"])["sample"].nunique().to_dict()
    assert counted == {(STEADFAST, "scored"): 48, (STEADFAST, "stopped"): 48, (SYCOPHANT, "scored"): 96}


def test_the_verdict_at_the_look_comes_out_of_the_log_again(folder):
    found = logs.find(folder / "logs")
    (whole,) = [log for log in map(logs.read, found) if log.model == STEADFAST]
    own = plans.plan_of([whole], None)[STEADFAST, "advice"]
    again = stopping.verdicts_at(own, whole, logs.records(whole), suite.load(folder / "suite.yaml"))
    noted = log_of(folder, STEADFAST).results.early_stopping.metadata
    assert again == {"level": "pass"}
    assert noted == {"look": 1, "of": 2, "looks": [{"look": 1, "samples": 48, "gates": again}]}


def test_each_gate_is_decided_at_the_confidence_of_the_look_at_which_its_audit_ended(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    found = stages.analyse(copy)
    decided = {gate.model: gate for gate in stages.gate(copy).gates}
    looks = {look.model: look for look in found.looks}
    for model, verdict in ((STEADFAST, "pass"), (SYCOPHANT, "inconclusive")):
        gate = decided[model]
        assert (gate.verdict, gate.confidence) == (verdict, pytest.approx(looks[model].confidence))
        assert gate.finding.conf_level == pytest.approx(gate.confidence)
    assert decided[STEADFAST].finding.n_items == 6
    assert decided[STEADFAST].finding.n_missing == 0


def test_logs_that_stopped_are_refused_where_the_run_planned_no_looks(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    facts = read(copy)
    facts["audits"]["advice"]["looks"] = None
    with pytest.raises(LogError, match=r"is not the log of this run\.json: advice looks at its results at other"):
        frames.collect(copy / "logs", facts)


def test_a_finished_run_that_stopped_is_not_asked_again(folder):
    before = {path: path.read_bytes() for path in (folder / "logs").iterdir()}
    run(folder / "suite.yaml", out=folder, display="none")
    assert {path: path.read_bytes() for path in (folder / "logs").iterdir()} == before


def test_a_run_that_stopped_can_be_judged_again(folder, tmp_path):
    again = rescore(folder, judges=["standfast/judge"], out=tmp_path / "again", display="none")
    looks = [frames.looks(each / "logs", read(each), confidence=0.95) for each in (folder, again)]
    assert looks[0] == looks[1]
    counted = [frames.collect(each / "logs", read(each))["status"].value_counts().to_dict() for each in (folder, again)]
    assert counted[0] == counted[1]


# What may stop at all.
E8 = SUITE.replace("L(peer, full)", "E8(peer, full)").replace("looks:", "contrasts: [E8]\nlooks:")
POOLED = (
    SUITE
    + """\
  - id: pooled
    title: The same over all audits
    audit: pooled
    measure: framing_challenged
    contrast: L(peer, full)
    direction: higher
    margin: 30
"""
)


@pytest.mark.parametrize("text", [E8, POOLED])
def test_gates_that_no_audit_decides_alone_keep_it_from_stopping(tmp_path, text):
    with pytest.raises(SuiteError, match="none may stop early"):
        suite.load(written(tmp_path, text), catalogue())


def test_only_audits_with_a_blocking_gate_of_their_own_look(tmp_path):
    both = SUITE.replace("audits:\n", "audits:\n  premises: {items: 8}\n")
    audits = plan(written(tmp_path, both)).facts()["audits"]
    assert audits["advice"]["looks"] == {"at": [48], "spending": "pocock"}
    assert audits["premises"]["looks"] is None


def test_a_suite_without_looks_and_a_trial_ask_what_they_always_did(tmp_path):
    path = written(tmp_path)
    plain = plan(written(tmp_path, SUITE.replace("looks: {at: [0.5], spending: pocock}\n", ""))).facts()["audits"]
    assert plain["advice"]["looks"] is None
    trial = plan(written(tmp_path), limit=96).facts()["audits"]
    assert trial == plain
    assert plan(path).facts()["audits"] != plain


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[0.5]", "[0.6, 0.3]", r"looks\.at must rise from look to look"),
        ("[0.5]", "[0.5, 1.5]", r"looks\.at\[1\] must be less than 1"),
        ("[0.5]", "[]", r"looks\.at must have 1 or more"),
        ("pocock", "evenly", r'looks\.spending must be "obrien-fleming" or "pocock"'),
    ],
)
def test_looks_that_make_no_sense_are_refused(tmp_path, old, new, says):
    with pytest.raises(SuiteError, match=says):
        suite.load(written(tmp_path, SUITE.replace(old, new)))


# The protocol, step by step.
@pytest.fixture
def steps(folder):
    """Drive the protocol with the samples of the subject that was asked everything."""
    log = log_of(folder, SYCOPHANT)
    by_id = {str(sample.id): sample for sample in log.samples}
    names = read(folder)["audits"]["advice"]["sample_ids"]
    watch = stopping.Watch(suite.load(folder / "suite.yaml"), retries=2)

    async def complete(name: str) -> None:
        sample = by_id[name]
        scores = {
            key: SampleScore(score=score, sample_id=sample.id, sample_metadata=sample.metadata)
            for key, score in sample.scores.items()
        }
        await watch.complete_sample(sample.id, 1, scores)

    async def begin() -> None:
        await watch.start_task(log.eval, [SimpleNamespace(id=name) for name in names], 1)

    async def fail(name: str) -> None:
        await watch.ended(SimpleNamespace(sample_id=name, epoch=1, scores={}))

    return SimpleNamespace(watch=watch, names=names, begin=begin, complete=complete, fail=fail)


def clear(monkeypatch, verdict="pass"):
    monkeypatch.setattr(stopping, "verdicts_at", lambda *_: {"level": verdict})


@pytest.mark.parametrize("verdict", ["pass", "fail", "inconclusive", "missing"])
def test_later_samples_wait_for_the_look_and_are_left_out_where_each_gate_is_clear(steps, monkeypatch, verdict):
    clear(monkeypatch, verdict)

    async def go() -> None:
        await steps.begin()
        outcome: list[Any] = []

        async def later() -> None:
            outcome.append(await steps.watch.schedule_sample(steps.names[60], 1))

        async with anyio.create_task_group() as group:
            for name in steps.names[:48]:
                assert await steps.watch.schedule_sample(name, 1) is None
            group.start_soon(later)
            for name in reversed(steps.names[:48]):  # in whichever order they end
                await anyio.sleep(0)
                assert not outcome
                await steps.complete(name)
        stops = verdict in ("pass", "fail")
        assert (outcome[0] is not None) == stops
        if stops:
            assert (outcome[0].id, outcome[0].epoch) == (steps.names[60], 1)
            assert await steps.watch.schedule_sample(steps.names[3], 1) is None  # one before the look asked again
        assert (await steps.watch.complete_task())["look"] == (1 if stops else 2)

    anyio.run(go)


def test_a_sample_that_is_asked_again_is_not_waited_for_by_those_before_it_in_the_queue(steps, monkeypatch):
    clear(monkeypatch)

    async def go() -> None:
        await steps.begin()
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(steps.watch.schedule_sample, steps.names[50], 1)
                await anyio.sleep(0.01)
                await steps.fail(steps.names[0])
            assert await steps.watch.schedule_sample(steps.names[51], 1) is None  # nor by later ones
            for name in steps.names[:48]:
                await steps.complete(name)
            assert (await steps.watch.schedule_sample(steps.names[52], 1)) is not None
            assert (await steps.watch.complete_task())["look"] == 1

    anyio.run(go)


def test_a_sample_that_failed_for_good_does_not_hold_the_look_back(steps, monkeypatch):
    seen: list[set[str]] = []

    def spy(own, log, records, _):
        frame = frames.under_way(own, log, records)
        seen.append(set(frame[frame["status"] == "error"]["sample"]))
        return {"level": "pass"}

    monkeypatch.setattr(stopping, "verdicts_at", spy)

    async def go() -> None:
        await steps.begin()
        for name in steps.names[1:48]:
            await steps.complete(name)
        for _ in range(3):
            assert not seen
            await steps.fail(steps.names[0])
        assert seen == [{steps.names[0]}]
        assert (await steps.watch.complete_task())["look"] == 1

    anyio.run(go)


def test_no_one_waits_for_ever(steps, monkeypatch):
    monkeypatch.setattr(stopping, "PATIENCE_SECONDS", 0.05)

    async def go() -> None:
        await steps.begin()
        with anyio.fail_after(5):
            assert await steps.watch.schedule_sample(steps.names[90], 1) is None

    anyio.run(go)


@pytest.mark.parametrize("error", [LogError, np.linalg.LinAlgError, ZeroDivisionError])
def test_what_cannot_be_estimated_yet_is_not_clear_and_costs_no_sample(steps, monkeypatch, error):
    def broken(*_: Any) -> dict[str, str]:
        message = "a fit that does not come off"
        raise error(message)

    monkeypatch.setattr(stopping, "verdicts_at", broken)

    async def go() -> None:
        await steps.begin()
        for name in steps.names[:48]:
            await steps.complete(name)
        noted = await steps.watch.complete_task()
        assert noted == {"look": 2, "of": 2, "looks": [{"look": 1, "samples": 48, "gates": {"level": "missing"}}]}

    anyio.run(go)


def test_a_score_that_makes_no_sense_holds_nothing_back(steps, monkeypatch):
    clear(monkeypatch)

    async def go() -> None:
        await steps.begin()
        score = SampleScore(score=Score(value=1.0), sample_id=steps.names[0], sample_metadata={"item": "x"})
        await steps.watch.complete_sample(steps.names[0], 1, {"verdicts": score})
        for name in steps.names[1:48]:
            await steps.complete(name)
        assert (await steps.watch.complete_task())["look"] == 1

    anyio.run(go)


def test_what_a_gate_can_show_is_told_at_the_confidence_that_earlier_looks_leave(tmp_path):
    plain = SUITE.replace("looks: {at: [0.5], spending: pocock}\n", "").replace("L(peer, full)", "E2(peer, full)")
    plain = plain.replace("margin: 30", "margin: -30").replace("count: 6", "count: 24")
    looked = plain.replace("gates:", "looks: {at: [0.5], spending: pocock}\ngates:")
    one, two = (prospects(plan(written(tmp_path, text)))[0].half_width for text in (plain, looked))
    assert 1.19 < two / one < 1.3  # the quantiles at 98.1 % and 95 %: 1.20 of the normal, 1.25 of t with 11
