"""Two run folders -> what changed from one release to the next."""

from pathlib import Path
from typing import NamedTuple

from standfast import drift_file
from standfast.analysis import comparison
from standfast.analysis.comparison import Comparison, Side
from standfast.errors import EvidenceError, LogError, RunError
from standfast.folder import SCHEMA, is_simulated, put, read
from standfast.reports import compared, html
from standfast.stored import read_suite


class Compared(NamedTuple):
    """What changed, and the page that shows it."""

    found: Comparison
    page: Path


def compare(folder: Path, base: Path) -> Compared:
    """Compare a run with an earlier one, and write comparison.json and comparison.html into its folder.

    Args:
        folder: The candidate's run folder.
        base: The baseline's.

    Raises:
        EvidenceError: The runs are not comparable; the message names every mismatch.
        RunError: A folder is no run folder, or both are one.
    """
    if folder.resolve() == base.resolve():
        message = f"{base}: is the run itself; give the folder of another run"
        raise RunError(message)
    sides = [_side(path) for path in (folder, base)]
    drift_file.refuse(base)
    confidence = read_suite(folder, sides[0].run).confidence
    try:
        found = comparison.compare(
            sides[0], sides[1], confidence=confidence, simulated=any(side.run["simulated"] for side in sides)
        )
    except LogError as error:
        message = f"{folder} and {base} cannot be compared: {error}"
        raise EvidenceError(message) from error
    text, page = comparison.to_json(found), folder / "comparison.html"
    put(folder / "comparison.json", text.encode())
    put(page, html.render(compared.build(found, sides[0].run, machine=text)).encode())
    return Compared(found, page)


def _side(folder: Path) -> Side:
    run = read(folder)
    if run.get("schema") != SCHEMA:
        message = f"{folder / 'run.json'}: schema is {run.get('schema')!r}, expected {SCHEMA!r}; it cannot be compared"
        raise EvidenceError(message)
    simulated = run["simulated"] or is_simulated(*run["models"], *run["judges"])
    return Side(folder.resolve().name, folder / "logs", {**run, "simulated": simulated})
