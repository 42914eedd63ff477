"""The stages after the run, each from file to file in the run folder: analyse, gate, report."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from standfast import drift_file, reports, waivers
from standfast import suite as suites
from standfast.analysis import analysing, decisions, frames, gates, logs, needs, results, rules, samples, spreading
from standfast.analysis.decisions import EXIT_CODES, Decision, PolicyFacts
from standfast.analysis.gates import wanted
from standfast.analysis.outcome import Terms
from standfast.analysis.summaries import paused
from standfast.errors import AuditError, EvidenceError, GateError, RunError
from standfast.folder import SCHEMA, is_simulated, put, read, stopped
from standfast.stored import digest, read_calibration, read_certificate, read_decision, read_results, read_suite
from standfast.suite import Suite

POST_HOC_FILE, WAIVERS_FILE = "gates-post-hoc.yaml", "waivers.yaml"
MEMORY = ".read"  # what was read of the logs, for the next time


def analyse(
    folder: Path,
    *,
    baseline: Path | None = None,
    policy: Path | None = None,
    remember: bool = False,
    processes: int = 1,
) -> results.Results:
    """Read the logs, and calibration.json where there is one, and write frame.parquet and results.json.

    Args:
        folder: The run folder.
        baseline: Folder of a run to compare with, pair by pair; without one, E8 is not estimated.
        policy: A policy that was not fixed before the run, whose findings are wanted too.
        remember: Whether what is read of the logs is remembered in the folder, and what was remembered is trusted; not
            for a folder that somebody else made.
        processes: How many fit models at once where the run is large, to the same results; more than one are started
            afresh, so that a script needs the usual `if __name__ == "__main__":`.

    Raises:
        LogError: A log is damaged, the baseline cannot be compared, or the calibration is of another judge, rubric or
            language.
        RunError: A folder is no run folder, or the baseline is the run itself.
        EvidenceError: The suite or the policy was changed since the run began.
    """
    run = read(folder)
    suite = read_suite(folder, run)
    asked = [suite, *([suites.read_policy(policy, suite).suite] if policy else [])]
    ahead = analysing.__name__ if logs.size(folder / "logs") > spreading.LARGE_LOGS else ""
    kept = logs.kept(folder / MEMORY if remember else None)
    with paused(), kept, spreading.over(processes, ahead=ahead) as each:
        frame, found = analysing.analyse(
            folder / "logs",
            run,
            contrasts={*suite.contrasts, *(gate.contrast for one in asked for gate in one.gates if gate.contrast)},
            confidence=suite.confidence,
            baseline=_baseline(folder, baseline) if baseline else None,
            calibration=read_calibration(folder, run),
            wanted=lambda looks: [
                finding
                for one in asked
                for finding in wanted(one.gates, one.confidence, run["models"], looks, _twins(run))
            ],
            run_sha256=digest(run),
            each=each,
        )
    frames.write(frame, folder / "frame.parquet")
    put(folder / "results.json", results.to_json(found).encode())
    _keep(folder / POST_HOC_FILE, policy)
    return found


def gate(
    folder: Path,
    *,
    allow_simulated: bool = False,
    policy: Path | None = None,
    waived: Path | None = None,
    inconclusive: Literal["block", "warn"] = "block",
    today: date | None = None,
) -> Decision:
    """Read results.json and write decision.json, and beside it the waivers and a post hoc policy that it rests on.

    Args:
        folder: The run folder.
        allow_simulated: Whether a simulated run may exit with the code of its verdict.
        policy: Another policy than the one that was fixed before the run; the decision is then post hoc.
        waived: waivers.yaml.
        inconclusive: Whether an inconclusive decision holds the release or lets it go on.
        today: Day of the decision; today where `None` and something depends on it.

    Raises:
        GateError: The policy has no gates; a run without a rule is no pass.
        EvidenceError: What the decision would rest on is missing, altered or not of this run.
        SuiteError: The policy or the waivers are wrong.
    """
    run, suite, found = _evidence(folder)
    facts = run["policy"]
    if policy and suites.sha256(policy) != facts["sha256"]:
        own = suites.read_policy(policy, suite)
        suite, facts = own.suite, suites.policy_facts(suite, b"", own)
    if not suite.gates:
        message = f"{folder / facts['file']}: no gates; a decision needs at least one rule fixed before the run"
        raise GateError(message)
    granted = waivers.load(waived, {gate.id: gate.title for gate in suite.gates}) if waived else ()
    frame = frames.read(folder / "frame.parquet")
    dated = bool(granted) or any(gate.kind == "judge-quality" for gate in suite.gates)
    terms = Terms(
        models=run["models"],
        simulated=is_simulated_run(run, found),
        allow_simulated=allow_simulated,
        partial=_partial(folder, frame),
        trial=run["limit"] is not None or (found.baseline is not None and found.baseline.trial),
        confidence=suite.confidence,
        missing_gap=suite.missing_gap,
        policy=_policy(facts, run, suite, found),
        waivers=granted,
        today=(today or datetime.now(UTC).date()) if dated else None,
        inconclusive=inconclusive,
    )
    variances = {(fit.model, fit.audit, fit.measure): fit.variance for fit in found.fits}
    decision = gates.decide(
        found, suite.gates, terms, needed=lambda result: needs.of_gate(result, frame, variances, _pairs(run))
    )
    if policy and terms.policy and terms.policy.post_hoc:
        _keep(folder / POST_HOC_FILE, policy)
    _keep(folder / WAIVERS_FILE, waived)
    put(folder / "decision.json", decisions.to_json(decision).encode())
    return decision


def report(folder: Path, *, log_url: str = "") -> tuple[Path, ...]:
    """Read results.json, decision.json and certificate.json and write report.pdf, report.html and report.md.

    Without gates nothing is decided.

    Args:
        folder: The run folder.
        log_url: Where Inspect's viewer shows the logs; samples are linked there.
    """
    run = read(folder)
    found = read_results(folder, run)
    gated = read_suite(folder, run).gates or (folder / "decision.json").exists()
    decided = read_decision(folder, found) if gated else _undecided(run)
    made = read_certificate(folder, found)
    behind = samples.index(frames.read(folder / "frame.parquet"), run)
    return reports.write(folder, found, decided, run, certificate=made, samples=behind, log_url=log_url)


def _evidence(folder: Path) -> tuple[dict[str, Any], Suite, results.Results]:
    """Return what a decision rests on.

    Raises:
        EvidenceError: Some of it cannot be read, or does not belong together.
    """
    try:
        run = read(folder)
        if run.get("schema") != SCHEMA:
            message = f"{folder / 'run.json'}: schema is {run.get('schema')!r}, expected {SCHEMA!r}; run it again"
            raise EvidenceError(message)
        found = read_results(folder, run)  # which knows this run record; only then is it read
        return run, read_suite(folder, run), found
    except AuditError as error:
        raise EvidenceError(str(error)) from error


def _policy(facts: Mapping[str, str], run: Mapping[str, Any], suite: Suite, found: results.Results) -> PolicyFacts:
    looks = max((look.of for look in found.looks), default=1)
    return PolicyFacts(
        name=f"{facts['name']} {facts['version']}",
        file=facts["file"],
        sha256=facts["sha256"],
        post_hoc=facts["sha256"] != run["policy"]["sha256"],
        error_rate=rules.error_rate(suite.gates, suite.confidence, looks),
    )


def is_simulated_run(run: Mapping[str, Any], found: results.Results) -> bool:
    """Tell whether a simulated subject, judge or user took part, in the run, its baseline or its calibration.

    A name that a provider reported counts as well: a simulated model may stand in the place of a real one.
    """
    served = [name for one in found.integrity for name in one.served]
    others = [name for name in (run["user"], run.get("sender"), *run.get("receivers", ())) if name]
    named = [*run["models"], *run["judges"], *others, *served]
    parts = (found.baseline, found.calibration)
    return bool(run["simulated"]) or is_simulated(*named) or any(part is not None and part.simulated for part in parts)


def _twins(run: Mapping[str, Any]) -> dict[str, str]:
    """Return measure -> over-correction twin, over all audits."""
    measures = (measure for audit in run["audits"].values() for measure in audit["measures"])
    return {measure["name"]: measure["twin"] for measure in measures if measure.get("twin")}


def _pairs(run: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return audit -> item -> pair, for items that tell one situation twice."""
    return {
        audit: {item: facts["pair"] for item, facts in record["items"].items() if "pair" in facts}
        for audit, record in run["audits"].items()
    }


def _keep(path: Path, source: Path | None) -> None:
    """Keep a copy of what a decision rests on, or none where it rests on nothing of the kind."""
    if source is None:
        path.unlink(missing_ok=True)
    elif source.resolve() != path.resolve():
        put(path, source.read_bytes())


def _partial(folder: Path, frame: pd.DataFrame) -> str:
    """Return why not all that was planned was asked, empty where all was."""
    left = frame.loc[(frame["status"] == "not_run") & (frame["log"] == ""), ["model", "audit", "sample", "epoch"]]
    planned = len(frame[["model", "audit", "sample", "epoch"]].drop_duplicates())
    unasked = len(left.drop_duplicates())
    return stopped(folder) or (f"not finished: {unasked:,} of {planned:,} samples were not asked" if unasked else "")


def _undecided(run: Mapping[str, Any]) -> Decision:
    """Return what a report says of a run whose suite has no gates: there is no evidence for a release."""
    return Decision(
        verdict="missing",
        exit_code=EXIT_CODES["missing"],
        simulated=run["simulated"],
        headline="No gate was fixed before the run, so nothing is decided.",
        gates=(),
    )


def _baseline(folder: Path, baseline: Path) -> results.BaselineRun:
    run = read(baseline)
    drift_file.refuse(baseline)
    if baseline.resolve() == folder.resolve():
        message = f"{baseline}: is the run itself; give the folder of another run as its baseline"
        raise RunError(message)
    if run.get("schema") != SCHEMA:
        message = (
            f"{baseline / 'run.json'}: schema is {run.get('schema')!r}, expected {SCHEMA!r}; it cannot be a baseline"
        )
        raise RunError(message)
    simulated = run["simulated"] or is_simulated(*run["models"], *run["judges"])
    return results.BaselineRun(baseline.resolve().name, baseline / "logs", {**run, "simulated": simulated})
