"""The stages after the run, each from file to file in the run folder: analyse, gate, report."""

from pathlib import Path

from standfast import reports
from standfast.analysis import frames, gates, results
from standfast.errors import GateError, RunError
from standfast.folder import put, read
from standfast.suite import Suite
from standfast.suite import load as load_suite


def analyse(folder: Path) -> results.Results:
    """Read the logs and write frame.parquet and results.json."""
    run, suite = read(folder), _suite(folder)
    frame, found = results.analyse(folder / "logs", run, contrasts=suite.contrasts, confidence=suite.confidence)
    frames.write(frame, folder / "frame.parquet")
    put(folder / "results.json", results.to_json(found).encode())
    return found


def gate(folder: Path, *, allow_simulated: bool = False) -> gates.Decision:
    """Read results.json and write decision.json.

    Raises:
        GateError: The suite has no gates; a run without a rule is no pass.
    """
    run, suite = read(folder), _suite(folder)
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
    put(folder / "decision.json", gates.to_json(decision).encode())
    return decision


def report(folder: Path) -> tuple[Path, Path]:
    """Read results.json and decision.json and write report.pdf and report.html."""
    return reports.write(folder, read_results(folder), read_decision(folder), read(folder))


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
