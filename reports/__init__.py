"""What the reader sees: one document model, rendered to PDF, HTML, JSON and Markdown.

`document.build` turns results and decision into a `Document` in which every number is already text.
`pdf`, `html` and `machine` render it; `write` puts the files into a run folder.
A new section is one file in `sections/`, a new figure one file in `figures/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standfast.analysis.gates import Decision
from standfast.analysis.results import Results


def write(run_dir: Path, results: Results, decision: Decision, run: Mapping[str, Any]) -> tuple[Path, Path]:
    """Write `report.pdf` and `report.html` into a run folder and return their paths.

    Raises:
        ReportError: The report could not be set; nothing was written.
    """
    # Matplotlib and Typst load slowly; a command that sets no report does not wait for them.
    from standfast.reports.folder import put

    return put(run_dir, results, decision, run)
