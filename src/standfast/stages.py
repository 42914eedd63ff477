"""The stages after the run, each from file to file in the run folder: analyse, gate, report."""

import json
from pathlib import Path
from typing import Any

from standfast import reports
from standfast.analysis import frames, gates, results
from standfast.errors import GateError, RunError
from standfast.suite import Suite
from standfast.suite import load as load_suite


def read_run(folder: Path) -> dict[str, Any]:
    """Return run.json.

    Raises:
        RunError: The folder is no run folder.
    """
    path = folder / "run.json"
    try:
        facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error}); expected the folder that `standfast run` made"
        raise RunError(message) from error
    return facts


def analyse(folder: Path) -> results.Results:
    """Read the logs and write frame.parquet and results.json."""
    run, suite = read_run(folder), _suite(folder)
    frame, found = results.analyse(folder / "logs", run, contrasts=suite.contrasts, confidence=suite.confidence)
    frames.write(frame, folder / "frame.parquet")
    _write(folder / "results.json", results.to_json(found))
    return found


def gate(folder: Path, *, allow_simulated: bool = False) -> gates.Decision:
    """Read results.json and write decision.json.

    Raises:
        GateError: The suite has no gates; a run without a rule is no pass.
    """
    run, suite = read_run(folder), _suite(folder)
    if not suite.gates:
        message = f"{folder / 'suite.yaml'}: no gates; a decision needs at least one rule fixed before the run"
        raise GateError(message)
    found = read_results(folder)
    decision = gates.decide(
        found.findings,
        suite.gates,
        models=run["models"],
        simulated=run["simulated"],
        allow_simulated=allow_simulated,
    )
    _write(folder / "decision.json", gates.to_json(decision))
    return decision


def report(folder: Path) -> tuple[Path, Path]:
    """Read results.json and decision.json and write report.pdf and report.html."""
    return reports.write(folder, read_results(folder), read_decision(folder), read_run(folder))


def read_results(folder: Path) -> results.Results:
    """Return results.json."""
    return results.from_json(_read(folder / "results.json", "analyse"))


def read_decision(folder: Path) -> gates.Decision:
    """Return decision.json."""
    return gates.from_json(_read(folder / "decision.json", "gate"))


def _suite(folder: Path) -> Suite:
    return load_suite(folder / "suite.yaml")


def _read(path: Path, verb: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error}); run `standfast {verb} {path.parent}` first"
        raise RunError(message) from error


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
