"""What the reader sees: one document model, rendered to PDF, HTML, JSON and Markdown.

`document.build` turns results and decision into a `Document` in which every number is already text.
`pdf`, `html`, `markdown` and `machine` render it; `write` puts the files into a run folder.
A new section is one file in `sections/`, a new figure one file in `figures/`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standfast.analysis.certificate import Certificate
from standfast.analysis.decisions import Decision
from standfast.analysis.results import Results
from standfast.analysis.samples import Samples


def write(
    run_dir: Path,
    results: Results,
    decision: Decision,
    run: Mapping[str, Any],
    certificate: Certificate | None = None,
    *,
    samples: tuple[Samples, ...] = (),
    log_url: str = "",
) -> tuple[Path, Path, Path]:
    """Write `report.pdf`, `report.html` and `report.md` into a run folder and return their paths.

    Args:
        run_dir: The run folder.
        results: What the analysis found.
        decision: What the gates say.
        run: The run record, as `run.json` holds it.
        certificate: How the policy fared when it was replayed; `None` where it was not.
        samples: What each sample was scored, for the page's drill-down; without them it has none.
        log_url: Address of Inspect's viewer; the page links samples there.

    Raises:
        ReportError: The report could not be set, or a page cannot link to `log_url`; nothing was written.
    """
    # Matplotlib and Typst load slowly; a command that sets no report does not wait for them.
    from standfast.reports.folder import put

    return put(run_dir, results, decision, run, certificate, samples=samples, log_url=log_url)
