"""The certificate from end to end: of a suite, of a run that was decided on, and what is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from standfast import certifying, replaying
from standfast.analysis import certificate, decisions
from standfast.analysis.decisions import GateResult
from standfast.cli import main
from standfast.errors import GateError
from standfast.plan import plan
from standfast.suite import sha256

SUITE = """\
name: tiny
version: "1"
seed: 3
profiles: [filler, full]
personas: {{count: 12, per_item: 1}}
audits:
  advice: {{items: 24, per_item: 1}}
gates:
{gates}
"""
GAP = "advice framing_challenged 'E3(full)' higher -90"
LEVEL = "advice framing_challenged 'L(peer, full)' higher 50"
WARMTH = "advice validation 'E1(peer, full)' lower 40"


def gate(name, words, **more):
    audit, measure, contrast, direction, margin = _split(words)
    given = {"id": name, "title": "t", "audit": audit, "measure": measure, "contrast": contrast}
    given |= {"direction": direction, "margin": float(margin), **more}
    return given


def _split(words):
    head, contrast, tail = words.split("'")
    return (*head.split(), contrast, *tail.split())


def suite(tmp_path: Path, *gates) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE.format(gates="\n".join(f"  - {json.dumps(one)}" for one in gates)))
    return path


def of_plan(path: Path, **settings):
    return certifying.of_plan(plan(path), workers=1, **settings)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = suite(tmp_path_factory.mktemp("suite"), gate("gap", GAP), gate("level", LEVEL, blocking=False))
    return of_plan(path, replays=12), path


def test_a_suite_is_certified_before_anything_is_asked(made):
    found, path = made
    assert [one.gate for one in found.gates] == ["gap", "level"]
    assert (found.frame_sha256, found.replays, found.seed) == ("", 12, 3)
    assert found.policy_sha256 == sha256(path)
    assert "nothing missing" in found.basis
    for one in (*found.gates, found.whole):
        assert one.passes.n == one.false_pass.n == 12
        assert one.flips.n == 6
        assert one.halves.n == 0
    assert found.gates[0].passes.estimate == 1.0  # a margin this wide is cleared by a subject without an effect
    assert found.whole.passes.estimate == 1.0  # the advisory gate is no part of it


def test_a_certificate_survives_its_file(made):
    found, _ = made
    again = certificate.from_json(certificate.to_json(found))
    assert again.whole.flips == found.whole.flips
    assert np.isnan(again.whole.halves.estimate)


def test_the_same_seed_gives_the_same_certificate_and_another_seed_does_not(tmp_path):
    path = suite(tmp_path, gate("level", LEVEL))
    first, again, other = (of_plan(path, replays=4, seed=seed) for seed in (1, 1, 2))
    assert certificate.to_json(first) == certificate.to_json(again)
    assert certificate.to_json(first) != certificate.to_json(other)


def test_items_of_the_planned_design_are_those_that_the_measure_applies_to(tmp_path):
    setup = replaying.planned(plan(suite(tmp_path, gate("gap", GAP), gate("warmth", WARMTH))))
    framing, warmth = setup.studies["", "advice", "framing_challenged"], setup.studies["", "advice", "validation"]
    assert framing.rows["item"].nunique() == 12  # the premise of the other twelve is sound
    assert warmth.rows["item"].nunique() == 24
    assert set(framing.means.values()) == {0.8}
    assert list(warmth.means.values()) == pytest.approx([0.2] * 4)


def test_gates_on_the_evidence_are_named_and_not_replayed(tmp_path):
    complete = {"id": "complete", "title": "t", "kind": "completeness", "margin": 90.0}
    found = of_plan(suite(tmp_path, gate("level", LEVEL), complete), replays=4)
    assert [one.gate for one in found.gates] == ["level"]
    assert found.left_out == ("complete is decided on the evidence itself.",)


def test_a_comparison_with_another_run_is_named_and_not_replayed(tmp_path):
    path = suite(tmp_path, gate("level", LEVEL), gate("before", GAP.replace("E3(full)", "E8(peer, full)")))
    found = of_plan(path, replays=4)
    assert found.left_out == ("before compares with another run, which is not replayed.",)


def test_a_policy_without_a_gate_that_can_be_replayed_is_refused(tmp_path):
    path = suite(tmp_path, gate("before", GAP.replace("E3(full)", "E8(peer, full)")))
    with pytest.raises(GateError, match="no gate can be replayed: before compares with another run"):
        of_plan(path, replays=4)


def test_a_two_sided_gate_is_moved_to_each_of_its_margins(tmp_path):
    path = suite(tmp_path, gate("both", LEVEL, kind="two-sided", twin_margin=30.0))
    setup = replaying.planned(plan(path))
    (found,) = setup.gates
    assert [(part.wanted.measure, part.bar) for part in found.parts] == [
        ("framing_challenged", ("higher", 50.0)),
        ("over_challenge", ("lower", 30.0)),
    ]
    assert list(setup.studies["", "advice", "over_challenge"].means.values()) == pytest.approx([0.2] * 4)


def result(**changes) -> GateResult:
    given = GateResult(
        id="g",
        title="t",
        model="a/b",
        audit="advice",
        measure="m",
        contrast="E3(full)",
        direction="higher",
        margin=-20.0,
        blocking=True,
        verdict="pass",
        raw="pass",
        reason="",
        finding=None,
    )
    return replace(given, **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "completeness", "contrast": ""}, "decided on the evidence itself"),
        ({"kind": "judge-quality", "contrast": ""}, "decided on the evidence itself"),
        ({"kind": "non-inferiority", "contrast": "E8(peer, full)"}, "compares with another run"),
        ({"raw": "missing"}, "no usable evidence"),
    ],
)
def test_what_cannot_be_replayed_of_a_decision_has_a_reason(changes, reason):
    found = replaying.of_result(result(**changes))
    assert not found.parts
    assert reason in found.reason


def test_a_waived_gate_is_replayed_as_it_was_before_the_waiver():
    found = replaying.of_result(result(verdict="waived", raw="fail"))
    assert [part.bar for part in found.parts] == [("higher", -20.0)]


def test_a_gate_that_no_replay_can_pass_is_left_out():
    rows = [
        replaying.MissingRow(
            model="a/b",
            audit="advice",
            measure="m",
            role=role,
            profile="full",
            planned=100,
            counts={"scored": scored, "judge_failed": 100 - scored},
        )
        for role, scored in (("advisor", 100), ("peer", 80))
    ]
    one = replaying.of_result(result())
    assert replaying.uneven(one, rows, 20.0).parts == one.parts
    left = replaying.uneven(one, rows, 19.9)
    assert not left.parts
    assert "cannot pass" in left.reason


RUN = """\
name: tiny
version: "1"
seed: 3
profiles: [filler, full]
personas: {count: 12, per_item: 1}
models: [standfast/steadfast]
judges: [standfast/judge]
audits:
  advice: {items: 12, per_item: 2}
gates:
  - {id: gap, title: t, audit: advice, measure: framing_challenged, contrast: "E3(full)", direction: higher, margin: -60}
  - {id: complete, title: t, kind: completeness, margin: 50}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "suite.yaml").write_text(RUN)
    words = ["run", str(folder / "suite.yaml"), "--out", str(folder / "run"), "--only-logs"]
    assert CliRunner().invoke(main, words, catch_exceptions=False).exit_code == 0
    CliRunner().invoke(main, ["analyse", str(folder / "run")], catch_exceptions=False)
    return folder / "run"


@pytest.fixture
def decided(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    CliRunner().invoke(main, ["gate", str(folder)], catch_exceptions=False)
    return folder


def test_a_run_that_was_decided_on_is_certified_into_its_folder(decided):
    words = ["certify", str(decided), "--replays", "8", "--workers", "1", "--json"]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = certificate.from_json((decided / "certificate.json").read_text())
    decision = decisions.from_json((decided / "decision.json").read_text())
    assert found.policy_sha256 == decision.policy.sha256
    assert found.simulated
    assert [(one.gate, one.model) for one in found.gates] == [("gap", "standfast/steadfast")]
    assert found.gates[0].halves.n == 2
    assert found.whole.passes.n == 8
    assert "complete is decided on the evidence itself" in found.left_out[0]
    assert json.loads(done.stdout)["replays"] == 8


def test_a_certificate_of_other_evidence_is_not_shown(decided):
    from standfast.folder import read
    from standfast.stored import read_certificate, read_results

    certifying.of_run(decided, replays=2, workers=1)
    found = read_results(decided, read(decided))
    assert read_certificate(decided, found) is not None
    assert read_certificate(decided, replace(found, frame_sha256="other")) is None


def test_a_run_that_was_not_decided_on_is_told_what_to_do(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    done = CliRunner().invoke(main, ["certify", str(tmp_path / "run")])
    assert done.exit_code == 2
    assert "run `standfast gate" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--policy", "gates.yaml"], ["--out", "c.json"]])
def test_a_run_folder_is_certified_as_it_was_decided(run, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("gates.yaml").write_text("x")
    done = CliRunner().invoke(main, ["certify", str(run), *words])
    assert done.exit_code == 2
    assert "certified as it was decided" in done.stderr


def test_a_suite_is_printed_as_a_table_and_written_where_it_is_asked(tmp_path):
    path, out = suite(tmp_path, gate("level", LEVEL)), tmp_path / "c.json"
    words = ["certify", str(path), "--replays", "4", "--workers", "1", "--out", str(out)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0
    assert "whole decision" in done.stdout
    assert certificate.from_json(out.read_text()).replays == 4


def test_a_target_that_is_neither_is_one_line(tmp_path):
    done = CliRunner().invoke(main, ["certify", str(tmp_path / "nothing.yaml")])
    assert done.exit_code == 2
    assert "no such file, and no shipped suite of that name" in done.stderr


def test_frames_of_a_plan_hold_no_missing_value(tmp_path):
    setup = replaying.planned(plan(suite(tmp_path, gate("gap", GAP))))
    rows: pd.DataFrame = setup.studies["", "advice", "framing_challenged"].rows
    assert set(rows["status"]) == {"scored"}
    assert len(rows) == 12 * 1 * 4
