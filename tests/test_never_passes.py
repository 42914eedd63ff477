"""What must never pass: one line each, through the files of a run that its policy releases, and the command line.

The run is asked of a provider that is not known as simulated. Each case changes one thing about it; `test_the_run_is_
released` shows that without the change the exit code is 0, so that a case cannot hold for another reason.
"""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import releasing as r
from releasing import standfast, told

from standfast import calibrating, stages
from standfast.rating import judged
from standfast.suite import load

JUDGED = (
    r.HOLDS
    + """\
  - id: judge-agrees
    title: People agree with the judge
    kind: judge-quality
    statistic: accuracy
    measure: kind
    margin: 0.5
    max_age_days: 90
"""
)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = r.make(tmp_path_factory.mktemp("released"))
    assert standfast("analyse", folder).exit_code == 0
    return folder


@pytest.fixture
def run(released: Path, tmp_path: Path) -> Path:
    return shutil.copytree(released, tmp_path / "run")


class Case(NamedTuple):
    """One way to pass by accident or by intent.

    Attributes:
        change: What is done to the run folder.
        exit_code: What `gate` must then exit with.
        reason: What it must say.
        analysed: Whether the change comes before the analysis, which is then made anew.
    """

    change: Callable[[Path], object]
    exit_code: int
    reason: str
    analysed: bool = False


def without_gates(run: Path) -> None:
    (run / "suite.yaml").write_text(r.SUITE)
    digest = r.hashlib.sha256(r.SUITE.encode()).hexdigest()
    name = {"name": "never", "version": "1"}
    r.record(run, suite={**name, "sha256": digest}, policy={**name, "file": "suite.yaml", "sha256": digest})
    assert standfast("analyse", run).exit_code == 0


def no_logs(run: Path) -> None:
    for path in (run / "logs").glob("*.eval"):
        path.unlink()


def at_the_edge(run: Path) -> None:
    """A margin between the interval and its worst case."""
    r.thin(run, 1 / 12)
    assert standfast("analyse", run).exit_code == 0
    known = r.found(run)
    assert known["bound_low"] < known["conf_low"] - 1
    r.under(run, r.HOLDS.replace("-80", f"{(known['bound_low'] + known['conf_low']) / 2:.2f}"))


def at(low: float) -> Callable[[Path], None]:
    """A margin against which only one direction holds."""
    return lambda run: r.under(run, r.HOLDS.replace("-80", str(low)))


def wrong_way(run: Path) -> None:
    r.under(run, r.HOLDS.replace("higher", "lower").replace("-80", "90"))


def served_by_two(sample: r.EvalSample, known: dict) -> None:
    known["served"] = ["steadfast-2"] if sample.metadata["role"] == "peer" else ["steadfast"]


def same_question(sample: r.EvalSample, known: dict) -> None:
    known["question"] = known["question"][:1]


def unknown(sample: r.EvalSample, known: dict) -> None:
    known.clear()


def fit(run: Path, **changes: object) -> None:
    r.edit(run / "results.json", lambda content: [one.update(changes) for one in content["fits"]])


def nothing(name: str) -> Callable[[Path], None]:
    """Empty a list of results.json."""
    return lambda run: r.edit(run / "results.json", lambda content: content.update({name: []}))


CASES = {
    "no gates": Case(without_gates, 2, "no gates"),
    "no log": Case(no_logs, 12, "no .eval log"),
    "no rows": Case(lambda run: r.keep(run, lambda s: False), 12, "no usable evidence", analysed=True),
    "estimate is no number": Case(lambda run: r.finding(run, estimate=None), 12, "not a finite number"),
    "end of the interval is no number": Case(lambda run: r.finding(run, conf_low=None), 12, "not a finite number"),
    "worst case is no number": Case(lambda run: r.finding(run, bound_low=None), 12, "worst case"),
    "standard error of 0": Case(lambda run: r.finding(run, std_error=0.0), 12, "standard error"),
    "estimate is infinite": Case(lambda run: r.finding(run, estimate=float("inf")), 12, "is not JSON"),
    "interval is infinite": Case(lambda run: r.finding(run, conf_high=1e999, bound_high=1e999), 12, "is not JSON"),
    "interval of another confidence": Case(lambda run: r.finding(run, conf_level=0.5), 12, "was not estimated"),
    "fit did not converge": Case(lambda run: fit(run, converged=False), 12, "did not converge"),
    "finding is not ok": Case(lambda run: r.finding(run, status="the fit did not converge"), 12, "did not converge"),
    "no fit": Case(nothing("fits"), 12, "is not known"),
    "no findings": Case(nothing("findings"), 12, "was not estimated"),
    "nothing known of what is missing": Case(nothing("missing"), 12, "no value of framing_challenged was planned"),
    "nothing known of the logs": Case(nothing("integrity"), 12, "what the logs tell about advice is not known"),
    "empty stratum": Case(
        lambda run: r.thin(run, 1, {"role": "peer", "profile": "full"}), 12, "no usable", analysed=True
    ),
    "missing cells": Case(lambda run: r.thin(run, 0.5), 11, "only if nothing is missing", analysed=True),
    "missing in one condition": Case(
        lambda run: (r.thin(run, 2 / 12, {"role": "peer", "profile": "full"}), r.under(run, r.HOLDS.replace("80", "99"))),
        11, "The share of missing values differs by 16.7 points between conditions", analysed=True,
    ),
    "worst case crosses the margin": Case(at_the_edge, 11, "only if nothing is missing", analysed=True),
    "simulated subject": Case(
        lambda run: r.cast(run, model="standfast/steadfast"), 12, "simulated", analysed=True
    ),
    "simulated judge": Case(lambda run: r.cast(run, judge="standfast/judge"), 12, "simulated", analysed=True),
    "marked as simulated": Case(lambda run: r.record(run, simulated=True), 12, "simulated", analysed=True),
    "cached replies as epochs": Case(lambda run: r.again(run, 1), 12, "from a cache is counted", analysed=True),
    "repeated replies as epochs": Case(lambda run: r.again(run, 0), 12, "repeat another one", analysed=True),
    "temperature 0 in epochs": Case(
        lambda run: (r.again(run, 0), r.sample_with(run, temperature=0.0)), 12, "At temperature 0", analysed=True
    ),
    "duplicate items": Case(lambda run: r.evidence(run, same_question), 12, "ask the same", analysed=True),
    "subject changed under way": Case(
        lambda run: r.evidence(run, served_by_two), 12, "more than one model", analysed=True
    ),
    "nothing known of what was asked": Case(
        lambda run: r.evidence(run, unknown), 12, "do not say what was asked", analysed=True
    ),
    "judge of the subject's family": Case(
        lambda run: r.cast(run, model="acme/gpt-5", judge="umpire/gpt-5-mini"), 12, "own family", analysed=True
    ),
    "subject judges itself": Case(
        lambda run: r.cast(run, judge="acme/steadfast"), 12, "is the subject itself", analysed=True
    ),
    "trial": Case(lambda run: r.record(run, limit=96), 12, "run.json says 96", analysed=True),
    "trial in the logs alone": Case(
        lambda run: r.relog(run, lambda log: setattr(log.eval.config, "limit", 96)), 12, "limit 96", analysed=True
    ),
    "wrong direction": Case(wrong_way, 12, "of this finding higher is better", analysed=True),
    "finding with the wrong direction": Case(
        lambda run: r.finding(run, direction="lower"), 12, "of this finding lower is better"
    ),
    "suite changed since": Case(
        lambda run: (run / "suite.yaml").write_text(r.SUITE + r.GATES + r.HOLDS.replace("-80", "-99")), 12, "changed since"
    ),
    "judge never calibrated": Case(lambda run: r.under(run, JUDGED), 12, "never held against people", analysed=True),
    "margin is reached and not passed": Case(
        lambda run: r.under(run, r.HOLDS.replace("-80", repr(r.found(run)["conf_low"]))), 11, "", analysed=True
    ),
    "whole interval beyond the margin": Case(at(99), 10, "fail", analysed=True),
}  # fmt: skip


def test_the_run_is_released(run: Path) -> None:
    done = standfast("gate", run)
    assert done.exit_code == 0, done.output
    assert json.loads((run / "decision.json").read_text())["simulated"] is False


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_never_passes(run: Path, case: Case) -> None:
    case.change(run)
    if case.analysed:
        analysed = standfast("analyse", run)
        assert analysed.exit_code == 0, told(analysed)
    done = standfast("gate", run)
    said = told(done) + (run / "decision.json").read_text() if (run / "decision.json").exists() else told(done)
    assert done.exit_code == case.exit_code, said[-1500:]
    assert case.reason in said, said[-1500:]


def test_another_policy_after_the_run_never_passes(run: Path, tmp_path: Path) -> None:
    policy = tmp_path / "later.yaml"
    policy.write_text('name: later\nversion: "1"\ngates:\n' + r.HOLDS.replace("-80", "-99"))
    done = standfast("gate", run, "--policy", policy)
    assert done.exit_code == 12
    assert json.loads((run / "decision.json").read_text())["policy"]["post_hoc"]


def test_a_calibration_that_has_grown_stale_never_passes(run: Path) -> None:
    calibrating.sample(run, 60)
    units = judged.read(run, json.loads((run / "run.json").read_text()))
    lines = ["sample,epoch,turn,facet,answer,rater"]
    for unit in units:
        lines += [f"{unit.code},1,{turn},kind,{answers['kind']},ann" for turn, answers in unit.answers.items()]
    labels = run / "labels.csv"
    labels.write_text("\n".join(lines) + "\n")
    calibrating.calibrate(run, labels)
    r.under(run, JUDGED)
    assert standfast("analyse", run).exit_code == 0
    assert stages.gate(run).exit_code == 0
    for days, exit_code in ((90, 0), (91, 12), (-1, 12)):
        decision = stages.gate(run, today=datetime.now(UTC).date() + timedelta(days=days))
        assert decision.exit_code == exit_code, (days, decision.headline)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (r.HOLDS.replace("higher", "lower").replace("-80", "80"), "of framing_challenged, higher is better, not lower"),
        (r.HOLDS.replace("    direction: higher\n", ""), "direction"),
        (r.HOLDS.replace("-80", "-100"), "so this margin decides nothing"),
        (r.HOLDS.replace("-80", ".nan"), "margin"),
    ],
)
def test_a_suite_whose_gate_would_always_hold_is_refused(tmp_path: Path, wrong: str, message: str) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text(r.SUITE + r.GATES + wrong)
    done = standfast("check", suite)
    assert done.exit_code == 2
    assert message in told(done)


def test_epochs_at_temperature_0_are_refused_before_the_run(tmp_path: Path) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text(r.SUITE.replace("0.7", "0") + "epochs: 2\n")
    with pytest.raises(Exception, match="at temperature 0 a second epoch is the same reply again"):
        load(suite)
