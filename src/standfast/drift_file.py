"""drift.json in a run folder: what the checks of its endpoint found, in order, and whether it may still be compared with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standfast.errors import EvidenceError
from standfast.folder import put

FILE, SCHEMA = "drift.json", "standfast/drift/1"


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the checks of a run's endpoint, the first one first; none where it was never checked.

    Raises:
        EvidenceError: The file is damaged or of another version.
    """
    path = folder / FILE
    try:
        found: Any = json.loads(path.read_text("utf-8"))
        checks = found["checks"] if found["schema"] == SCHEMA else None
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{path}: cannot be read ({type(error).__name__}: {error}); restore it, or remove it and check again"
        raise EvidenceError(message) from error
    if not isinstance(checks, list) or not all(
        isinstance(c, dict) and isinstance(c.get("subjects"), dict) for c in checks
    ):
        message = f"{path}: is no record of checks of the form {SCHEMA}; restore it, or remove it and check again"
        raise EvidenceError(message)
    return list(checks)


def append(folder: Path, check: Mapping[str, Any]) -> None:
    """Add a check."""
    whole = {"schema": SCHEMA, "checks": [*read(folder), dict(check)]}
    put(folder / FILE, json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False).encode())


def changed(folder: Path) -> dict[str, str]:
    """Return subject -> why its endpoint is another one than in the run, as the checks found.

    A later check that found it unchanged lifts this; one that was inconclusive does not.
    """
    found: dict[str, str] = {}
    for check in read(folder):
        for model, told in check["subjects"].items():
            if told.get("verdict") == "changed":
                found[model] = f"{check.get('at', 'undated')}: {'; '.join(map(str, told.get('reasons', [])))}"
            elif told.get("verdict") == "unchanged":
                found.pop(model, None)
    return found


def refuse(folder: Path) -> None:
    """Refuse a run as a baseline where its endpoint was found changed.

    Raises:
        EvidenceError: It was, or drift.json is damaged.
    """
    if found := changed(folder):
        told = "; ".join(f"{model}, {why}" for model, why in found.items())
        message = f"{folder}: cannot be a baseline: its endpoint has changed since ({told}). Run the baseline again"
        raise EvidenceError(message)
