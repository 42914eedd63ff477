"""The decision for machines: JUnit, step summary, SARIF, comment and annotations, each where it is asked for."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standfast import _yaml, folder
from standfast.analysis.decisions import Decision
from standfast.errors import AuditError, ReportError, RunError
from standfast.reports import briefing
from standfast.reports.annotations import annotations as commands
from standfast.reports.annotations import outputs
from standfast.reports.junit import to_junit
from standfast.reports.sarif import to_sarif


def write(
    decision: Decision,
    run: Mapping[str, Any],
    *,
    junit: Path | None = None,
    summary: Path | None = None,
    sarif: Path | None = None,
    comment: Path | None = None,
    annotations: bool = False,
    policy: Path | None = None,
) -> None:
    """Write what is asked for.

    Args:
        decision: What the gates say.
        run: The run record, as `run.json` holds it.
        junit: JUnit XML.
        summary: Markdown for the summary of a CI job. It is appended where it is GitHub's own file for that, which
            other commands of the step write to as well; any other file is written anew.
        sarif: SARIF 2.1.0.
        comment: Markdown for a comment on a pull request.
        annotations: Whether to print commands for a GitHub runner to standard error, which it reads as it reads
            standard output, and to write outputs to its file for them, where the environment names one.
        policy: The policy's file as the repository names it, for annotations and SARIF to point to.

    Raises:
        ReportError: A file cannot be written.
    """
    place, lines = _place(policy), _lines(policy)
    file = place or (decision.policy.file if decision.policy else "suite.yaml")
    if junit:
        _put(junit, to_junit(decision, run))
    if summary:
        _put(summary, briefing.summary(decision, run), append=_is(summary, "GITHUB_STEP_SUMMARY"))
    if sarif:
        _put(sarif, to_sarif(decision, run, file, lines))
    if comment:
        _put(comment, briefing.comment(decision, run))
    if annotations:
        told = commands(decision, place, lines)
        sys.stderr.write("".join(f"{line}\n" for line in told))
        if named := os.environ.get("GITHUB_OUTPUT"):
            _put(Path(named), outputs(decision), append=True)


def refuse(error: AuditError, run_dir: Path, **asked: Any) -> None:
    """Write that nothing could be decided, and why, so that no file of an earlier decision is left in its place.

    Args:
        error: What stood in the way.
        run_dir: The run folder.
        asked: What `write` takes.

    Raises:
        ReportError: A file cannot be written.
    """
    record = _record(run_dir)
    nothing = Decision(
        verdict="missing",
        exit_code=error.exit_code,
        simulated=record["simulated"],
        headline=f"Nothing was decided: {error}",
        gates=(),
    )
    write(nothing, record, **asked)


def _record(run_dir: Path) -> dict[str, Any]:
    """Return what a run record says of subjects, suite and versions, whatever state it is in."""
    try:
        run = folder.read(run_dir)
    except RunError:
        run = {}
    models, suite, versions = run.get("models"), run.get("suite"), run.get("versions")
    return {
        "models": list(map(str, models)) if isinstance(models, list) else ["unknown subject"],
        "suite": {"name": "unknown", "version": "", "sha256": ""} | _texts(suite),
        "versions": _texts(versions),
        "simulated": run.get("simulated") is True,
    }


def _texts(value: object) -> dict[str, str]:
    return {str(key): str(text) for key, text in value.items()} if isinstance(value, dict) else {}


def _place(policy: Path | None) -> str:
    """Return a file as the repository names it, which is the only way a forge finds it; nothing if it is not there."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    if policy is None or not policy.resolve().is_relative_to(root):
        return ""
    return policy.resolve().relative_to(root).as_posix()


def _lines(policy: Path | None) -> dict[str, int]:
    """Return the line of each gate; nothing where the file cannot be read, because a line decides nothing."""
    if policy is None:
        return {}
    try:
        root, _ = _yaml.read(policy.read_text("utf-8"), policy.name)
    except (OSError, ValueError):
        return {}
    gates = root.value.get("gates") if root and isinstance(root.value, dict) else None
    rows = gates.value if gates and isinstance(gates.value, list) else []
    ids = [row.value["id"] for row in rows if isinstance(row.value, dict) and "id" in row.value]
    return {node.text: node.mark.line for node in ids}


def _is(path: Path, variable: str) -> bool:
    """Tell whether a path is the file that the environment names."""
    named = os.environ.get(variable)
    return bool(named) and path.resolve() == Path(str(named)).resolve()


def _put(path: Path, text: str, *, append: bool = False) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if append else "w", encoding="utf-8") as out:
            out.write(text)
    except (OSError, ValueError) as error:
        message = f"{path}: cannot be written ({getattr(error, 'strerror', None) or error}); give another file"
        raise ReportError(message) from error
