"""The runs of a folder, by what lies in their own folders: there is no other registry, and no server."""

from pathlib import Path
from typing import Any

from standfast.errors import RunError
from standfast.statusing import Status, look

RUNS = Path("runs")


def runs(folder: Path = RUNS) -> list[Status]:
    """Return the status of every run folder in a folder, those begun last first; undated ones come last.

    A damaged run folder is listed as such. What holds no run record and no logs is none.

    Args:
        folder: Where the run folders lie.

    Raises:
        RunError: There is no such folder.
    """
    if not folder.is_dir():
        message = f"{folder}: no such folder; expected the one in which `standfast run` puts its run folders"
        raise RunError(message)
    found = [look(path, brief=True) for path in sorted(folder.iterdir()) if is_run(path)]
    return sorted(found, key=lambda status: status.started, reverse=True)


def is_run(path: Path) -> bool:
    """Tell whether a folder is a run folder, perhaps a damaged one."""
    return path.is_dir() and ((path / "run.json").exists() or any((path / "logs").glob("*.eval")))


def rows(found: list[Status]) -> list[dict[str, Any]]:
    """Return one row for each run, as a table shows it."""
    return [
        {
            "run": status.run,
            "suite": status.suite or "–",
            "models": ", ".join(status.models) or "–",
            "started": status.started or "–",
            "state": status.state,
            "samples": f"{status.total('finished'):,} of {status.total('planned'):,}" if status.progress else "–",
            "cost": cost(status),
            "verdict": status.verdict or "–",
        }
        for status in found
    ]


def cost(status: Status) -> str:
    """Return what a run has cost in words; what is not known is not zero."""
    spent = status.spent.get("all")
    if spent is None:
        return "–"
    if spent.dollars is None:
        return "unknown"
    return f"${spent.dollars:.2f}" + (f", and {spent.unpriced} calls without a price" if spent.unpriced else "")
