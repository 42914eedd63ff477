"""What a run folder holds, read back and held against what else lies there."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standfast import suite as suites
from standfast.analysis import calibration, certificate, decisions, frames, results
from standfast.analysis import logs as log_files
from standfast.analysis.calibration import Calibration
from standfast.analysis.certificate import Certificate
from standfast.analysis.decisions import Decision
from standfast.errors import EvidenceError, LogError, RunError
from standfast.suite import POLICY_FILE, SUITE_FILE, Suite


def read_suite(folder: Path, run: Mapping[str, Any]) -> Suite:
    """Return the suite as it was before the run, with the gates that were fixed then.

    Raises:
        EvidenceError: suite.yaml or gates.yaml was changed since.
        SuiteError: One of them is wrong.
    """
    path, recorded = folder / SUITE_FILE, run.get("policy", {})
    _check_hash(path, run.get("suite", {}).get("sha256"))
    suite = suites.load(path)
    if recorded.get("file") != POLICY_FILE:
        return suite
    _check_hash(folder / POLICY_FILE, recorded.get("sha256"))
    return suites.read_policy(folder / POLICY_FILE, suite).suite


def read_results(folder: Path, run: Mapping[str, Any]) -> results.Results:
    """Return results.json.

    Raises:
        LogError: It is damaged, altered, or of another version of this code.
        EvidenceError: It is not of the run record, frame and logs that lie beside it.
        RunError: It cannot be read.
    """
    try:
        found = results.from_json(_read(folder / "results.json", "analyse"))
    except LogError as error:
        message = f"{folder / 'results.json'}: {error}; run `standfast analyse {folder}` again"
        raise LogError(message) from error
    other = ""
    if frames.sha256(frames.read(folder / "frame.parquet")) != found.frame_sha256:
        other = "this frame.parquet"
    elif found.logs != ({} if run.get("simulated") else log_files.digests(folder / "logs")):
        other = "these logs"
    elif digest(run) != found.run_sha256:
        other = "this run.json"
    if other:
        message = f"{folder}: results.json is not of {other}; run `standfast analyse {folder}` again"
        raise EvidenceError(message)
    return found


def read_calibration(folder: Path, run: Mapping[str, Any], path: Path | None = None) -> Calibration | None:
    """Return a calibration that fits a run, `None` where the folder holds none and none is named.

    Args:
        folder: The run folder.
        run: Its run.json.
        path: A calibration of another run with the same judge, rubric and language.

    Raises:
        LogError: It is no calibration, or is stale or foreign.
    """
    path = path or folder / calibration.FILE
    if path == folder / calibration.FILE and not path.exists():
        return None
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error})"
        raise LogError(message) from error
    found = calibration.from_json(text)
    calibration.check(
        found,
        judge=run["judges"][0],
        rubric={name: audit["hashes"]["rubric"] for name, audit in run["audits"].items()},
        language=run.get("language", calibration.LANGUAGE),
        where=str(path),
    )
    return found


def read_decision(folder: Path, found: results.Results) -> Decision:
    """Return decision.json.

    Raises:
        EvidenceError: It was taken on other results than these.
        LogError: It is damaged, altered, or of another version of this code.
        RunError: It cannot be read.
    """
    decided = decisions.from_json(_read(folder / "decision.json", "gate"))
    known = {repr(finding) for finding in (*found.findings, *found.also)}  # NaN is not equal to itself
    read = [finding for gate in decided.gates for finding in (gate.finding, gate.twin) if finding]
    if any(repr(finding) not in known for finding in read):
        message = f"{folder / 'decision.json'}: was taken on other results; run `standfast gate {folder}` again"
        raise EvidenceError(message)
    return decided


def read_certificate(folder: Path, found: results.Results) -> Certificate | None:
    """Return certificate.json, `None` where there is none or it is of another frame."""
    path = folder / "certificate.json"
    if not path.exists():
        return None
    made = certificate.from_json(_read(path, "certify"))
    return made if made.frame_sha256 == found.frame_sha256 else None


def digest(run: Mapping[str, Any]) -> str:
    """Return the hash of a run record."""
    return hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()


def _check_hash(path: Path, recorded: str | None) -> None:
    """Refuse a file that is not the one that was hashed before the run."""
    try:
        same = suites.sha256(path) == recorded
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); a gate must be fixed before the run. Restore it"
        raise EvidenceError(message) from error
    if not same:
        message = f"{path}: changed since the run began; a gate must be fixed before the run. Restore it, or run again"
        raise EvidenceError(message)


def _read(path: Path, verb: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be read ({error}); run `standfast {verb} {path.parent}` first"
        raise RunError(message) from error
