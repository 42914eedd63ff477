"""A run folder -> the same run, carried on: its suite, models, judges, receivers and limit are those that it recorded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standfast import changes, metering
from standfast import suite as suites
from standfast.budgets import Budget
from standfast.errors import AuditError, EvidenceError, RunError
from standfast.folder import SCHEMA, read
from standfast.plan import plan
from standfast.run import run
from standfast.suite import POLICY_FILE, SUITE_FILE


def resume(folder: Path, *, budget: Budget | None = None, **settings: Any) -> Path:
    """Carry on a run, and ask again which of its samples failed or could not be judged.

    What was answered is not asked again: finished samples are taken over, and replies whose sample was cut short, or
    whose judge was away, come from the run's cache. A finished run without such samples asks nothing.

    Args:
        folder: The run folder.
        budget: Caps in the place of those that the run was last carried on under; what it leaves out stays in force.
        **settings: How to run, never what: `display`, `max_connections`, `notify` and `prices`.

    Returns:
        The run folder.

    Raises:
        RunError: The folder is no run folder, is in use, was made by another verb, or Inspect could not finish.
        EvidenceError: The folder is of another version, or its suite or policy was changed; the message says in what.
        LogError: A log is damaged.
    """
    recorded = read(folder)
    _check(folder, recorded)
    caps = (metering.of(folder) or Budget()).under(budget)
    return run(folder / SUITE_FILE, out=folder, again=True, budget=caps, **_asked(folder, recorded), **settings)


def _asked(folder: Path, recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run asks, as its record says."""
    part = recorded.get("part")
    return {
        "models": recorded["models"],
        "judges": recorded["judges"],
        "receivers": recorded["receivers"],
        "limit": recorded["limit"],
        "policy": folder / POLICY_FILE if recorded["policy"]["file"] == POLICY_FILE else None,
        **({"part": (int(part[0]), int(part[1]))} if part else {}),
    }


def _check(folder: Path, recorded: Mapping[str, Any]) -> None:
    """Refuse a folder that cannot be carried on by what it recorded."""
    path = folder / "run.json"
    if recorded.get("schema") != SCHEMA:
        made = (recorded.get("versions") or {}).get("standfast", "unknown")
        message = f"{path}: schema is {recorded.get('schema')!r}, expected {SCHEMA!r}; resume it with the version that made it ({made})"
        raise EvidenceError(message)
    wanted = ("suite", "policy", "models", "judges", "receivers", "limit", "audits")
    if lacking := [name for name in wanted if name not in recorded]:
        made_by = "`standfast import`" if _is_imported(recorded) else "another hand"
        message = (
            f"{path}: lacks {', '.join(lacking)}: made by {made_by}; only what `standfast run` made can be resumed"
        )
        raise RunError(message)
    logs = folder / "logs"
    if any(logs.glob("*.eval")) and not (logs / "eval-set.json").exists():
        message = f"{folder}: its logs were not made by `standfast run`; give the command that made them again"
        raise RunError(message)
    _check_file(folder, SUITE_FILE, recorded["suite"].get("sha256"), recorded)
    if recorded["policy"].get("file") == POLICY_FILE:
        _check_file(folder, POLICY_FILE, recorded["policy"].get("sha256"), recorded)


def _is_imported(recorded: Mapping[str, Any]) -> bool:
    sources = [audit.get("source") or {} for audit in recorded.get("audits", {}).values()]
    return any(source.get("name") == "import" for source in sources)


def _check_file(folder: Path, name: str, sha256: str | None, recorded: Mapping[str, Any]) -> None:
    path = folder / name
    try:
        text = path.read_bytes()
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); restore it, it is what the run asks"
        raise EvidenceError(message) from error
    found = suites.sha256(path)
    if found != sha256:
        told = "; ".join(_changed(folder, text, recorded)) if name == SUITE_FILE else "its gates"
        message = (
            f"{path}: changed since the run began (sha256 {found[:12]}…, recorded {str(sha256)[:12]}…): "
            f"{told or 'its gates, a comment or spacing'}. Restore it, or run it with another --out"
        )
        raise EvidenceError(message)


def _changed(folder: Path, text: bytes, recorded: Mapping[str, Any]) -> list[str]:
    """Return in what the changed suite asks otherwise than the record, with the line that says so."""
    try:
        now = plan(folder / SUITE_FILE, **_asked(folder, {**recorded, "policy": {"file": SUITE_FILE}})).facts()
    except AuditError as error:
        return [str(error).splitlines()[0].removeprefix(f"{folder / SUITE_FILE}").lstrip(": ")]
    found = changes.in_facts(recorded, now)
    lines = [changes.where(text, one) for one in found]
    return [f"{one} (line {line})" if line else one for one, line in zip(found, lines, strict=True)]
