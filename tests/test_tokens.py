"""What `check` says a suite will use is what a run then uses, role by role."""

from pathlib import Path

import pytest
from inspect_ai.event import ModelEvent
from inspect_ai.log import list_eval_logs, read_eval_log

from standfast.plan import plan
from standfast.run import run
from standfast.tokens import REPLY_TOKENS, ROLES

SUITE = """
name: tokens
version: "1"
seed: 5
models: [standfast/sycophant]
judges: [standfast/judge, standfast/judge@2]
receivers: [standfast/receiver-open, standfast/receiver-guarded]
user: standfast/user
sender: standfast/user
overlap: 0.3
audits: {audits}
profiles: [filler, full]
personas: {{count: 6, per_item: 1}}
"""
INSPECT = {None: "subject", "grader": "judge"}  # model roles of a run; the others have their own names
RECEIVING = ("persuadability",)  # the subject itself is probed; elsewhere the receiver


def role_of(event: ModelEvent, audit: str) -> str:
    if event.role == "probe":
        return "subject" if audit in RECEIVING else "receiver"
    return INSPECT.get(event.role, event.role)


def write(tmp_path: Path, audits: str) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE.format(audits=audits))
    return path


@pytest.mark.parametrize(
    "audits",
    [
        pytest.param("{advice: {items: 30}, premises: {items: 20}, memory: {items: 16}}", marks=pytest.mark.slow),
        "{debate: {items: 12, challenges: [bare, agree]}, goals: {items: 8, challenges: [bare]}}",
        pytest.param("{facts: {items: 16}, judgement: {items: 30}, attribution: {items: 12}}", marks=pytest.mark.slow),
        pytest.param(
            "{persuadability: {items: 4}, persuasion: {items: 6}, spontaneous: {items: 12}}", marks=pytest.mark.slow
        ),
        "{rapport: {items: 2, challenges: [raw, summary]}}",
        "{debate: {items: 4, challenges: [bare], user: simulated}, persuadability: {items: 2, user: simulated}}",
    ],
)
def test_the_calls_and_tokens_of_each_role_are_those_that_a_run_uses_within_a_tenth(
    audits: str, tmp_path: Path
) -> None:
    suite = write(tmp_path, audits)
    planned = plan(suite)
    expected, calls = planned.usage(), planned.calls()["audits"]
    folder = run(suite, out=tmp_path / "run", display="none")
    for info in list_eval_logs(str(folder / "logs")):
        log = read_eval_log(info.name)
        audit = log.eval.metadata["standfast"]["audit"]
        events = [event for sample in log.samples for event in sample.events if event.event == "model"]
        for who in ROLES:
            asked = [event for event in events if role_of(event, audit) == who]
            assert len(asked) == calls[audit][f"{who}_calls"], (audit, who)
            read = sum(event.output.usage.input_tokens for event in asked)
            written = sum(event.output.usage.output_tokens for event in asked)
            assert expected[audit][f"{who}_input"] == pytest.approx(read, rel=0.1), (audit, who)
            assert expected[audit][f"{who}_output"] == pytest.approx(written, rel=0.1), (audit, who)


def test_without_simulated_models_a_length_is_assumed_and_said_so(tmp_path: Path) -> None:
    planned = plan(write(tmp_path, "{advice: {items: 4}}"), models=["acme/one"], judges=["acme/two"])
    found = planned.usage()["advice"]
    calls = planned.calls()["audits"]["advice"]["subject_calls"]
    assert (found["basis"], found["subject_output"]) == ("assumed", calls * REPLY_TOKENS)
    given = planned.usage(reply_tokens=10)["advice"]
    assert (given["basis"], given["subject_output"]) == ("given", calls * 10)
    assert given["judge_input"] < found["judge_input"]
