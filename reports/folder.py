"""Put the report into a run folder, whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standfast.analysis.gates import Decision
from standfast.analysis.results import Results
from standfast.reports import html, pdf
from standfast.reports.document import build


def put(run_dir: Path, results: Results, decision: Decision, run: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write `report.pdf` and `report.html`.

    Both are set before either is written, and each appears under its name only when it is complete.

    Args:
        run_dir: The run folder.
        results: What the analysis found.
        decision: What the gates say.
        run: The run record, as `run.json` holds it.

    Returns:
        The paths of the PDF and of the page.

    Raises:
        ReportError: The report could not be set.
    """
    document = build(results, decision, run)
    paper, page = pdf.render(document), html.render(document)
    return _put(run_dir / "report.pdf", paper), _put(run_dir / "report.html", page.encode())


def _put(path: Path, content: bytes) -> Path:
    """Write a file beside its place, then move it there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        draft.chmod(0o644)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
