"""The document as PDF/A-3a and PDF/UA-1, set by Typst.

The template takes the document as JSON and never as markup. System fonts are ignored and the date is that of the
run, so that the same document gives the same bytes on every machine.
"""

import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import typst

from standfast.errors import ReportError
from standfast.reports import figures
from standfast.reports.parts import Document, Figure
from standfast.reports.style import LIGHT
from standfast.reports.text import FONTS, clip, common, coverage, dejavu, show

_TEMPLATES = Path(str(files("standfast.reports").joinpath("templates")))
_STANDARDS: list[Literal["a-3a", "ua-1"]] = ["a-3a", "ua-1"]
_WRAP = 24  # characters of a token that a table column can hold


def render(document: Document) -> bytes:
    """Set the report as PDF.

    Typst refuses a document in which a single letter cannot be drawn. Such letters are spelled out beforehand;
    the few that slip through cost the figures their searchable letters, and then the text its rarer letters.

    Raises:
        ReportError: Typst refused the document.
    """
    attempts = ((False, coverage()), (True, coverage()), (True, common()))
    for outlines, drawable in attempts:
        try:
            data = _data(document, drawable, outlines=outlines)
            return _compile({"data": data, "machine": document.machine}, document.created)
        except typst.TypstError as error:
            refused = error
    message = f"report.pdf: Typst refused the report: {_first_line(refused)}"
    raise ReportError(message) from refused


def figures_of(document: Document) -> list[Figure]:
    """Return the document's figures in order."""
    return [block for section in document.sections for block in section.blocks if isinstance(block, Figure)]


def _compile(inputs: dict[str, str], created: int) -> bytes:
    """Call Typst once."""
    pdf: bytes = typst.compile(
        str(_TEMPLATES / "report.typ"),
        root=str(_TEMPLATES),
        font_paths=[str(FONTS), str(dejavu())],
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=[*_STANDARDS],
        timestamp=created,
    )
    return pdf


def _data(document: Document, drawable: frozenset[str], *, outlines: bool) -> str:
    """Return what the template reads."""
    data = _spelled(_on_paper(document.model_dump(exclude={"machine", "drill"})), drawable)
    data["anchors"] = _anchored(data)
    data["evidence"] = document.evidence  # whole, so that it can be copied
    data["figures"] = {f.id: figures.render(f, outlines=outlines).decode() for f in figures_of(document)}
    data["colours"] = LIGHT
    data["author"] = f"standfast {version('standfast')}"
    data["running"] = _spelled(clip(document.name, 48).head, drawable)
    return json.dumps(data, ensure_ascii=False)


def _on_paper(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out minor findings, and groups of which nothing is left."""
    tables = (b for section in data["sections"] for b in section["blocks"] if b["kind"] == "findings")
    for table in tables:
        kept = [{**g, "rows": [r for r in g["rows"] if not r["minor"]]} for g in table["groups"]]
        table["groups"] = [group for group in kept if group["rows"]]
    return data


def _anchored(data: dict[str, Any]) -> dict[str, bool]:
    """Mark the first row of each finding in the table of all findings, which its id elsewhere leads to."""
    anchors: dict[str, bool] = {}
    tables = (b for section in data["sections"] for b in section["blocks"] if b["kind"] == "findings" and b["explore"])
    for row in (row for table in tables for group in table["groups"] for row in group["rows"]):
        row["anchor"] = row["ref"] not in anchors
        anchors[row["ref"]] = True
    return anchors


def _spelled(value: Any, drawable: frozenset[str]) -> Any:
    """Spell out every character that cannot be drawn, and let long tokens break."""
    if isinstance(value, str):
        return show(value, drawable=drawable, wrap=_WRAP)
    if isinstance(value, dict):
        return {key: _spelled(item, drawable) for key, item in value.items()}
    return [_spelled(item, drawable) for item in value] if isinstance(value, list | tuple) else value


def _first_line(error: Exception) -> str:
    """Return what Typst said, in one line."""
    return str(getattr(error, "message", error)).strip().splitlines()[0]
