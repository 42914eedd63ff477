"""Put the report into a run folder, whole or not at all."""

import gc
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from standfast.analysis.certificate import Certificate
from standfast.analysis.decisions import Decision
from standfast.analysis.results import Results
from standfast.analysis.samples import Samples
from standfast.reports import html, manifest, markdown, pdf
from standfast.reports.document import build


def put(
    run_dir: Path,
    results: Results,
    decision: Decision,
    run: Mapping[str, Any],
    certificate: Certificate | None = None,
    *,
    samples: tuple[Samples, ...] = (),
    log_url: str = "",
) -> tuple[Path, Path, Path]:
    """Write `report.pdf`, `report.html` and `report.md`.

    All are set before any is written, and each appears under its name only when it is complete.

    Args:
        run_dir: The run folder.
        results: What the analysis found.
        decision: What the gates say.
        run: The run record, as `run.json` holds it.
        certificate: How the policy fared when it was replayed; `None` where it was not.
        samples: What each sample was scored, for the page's drill-down.
        log_url: Address of Inspect's viewer, for links to samples.

    Returns:
        The paths of the PDF, of the page and of the Markdown.

    Raises:
        ReportError: The report could not be set.
    """
    with _settled():
        document = build(results, decision, run, certificate, samples=samples, log_url=log_url)
        if not document.simulated:  # the logs of a simulated run are dated, and its report is not
            document = document.model_copy(update={"evidence": manifest.evidence(run_dir)})
        paper, page, plain = pdf.render(document), html.render(document), markdown.render(document)
    return (
        _put(run_dir / "report.pdf", paper),
        _put(run_dir / "report.html", page.encode()),
        _put(run_dir / "report.md", plain.encode()),
    )


@contextmanager
def _settled() -> Iterator[None]:
    """Keep the garbage collector from searching what was read before: on a large run a third of the time goes there."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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
