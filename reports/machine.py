"""The report for machines: JSON with every number at full precision, and a short Markdown summary."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any

from standfast.analysis.gates import Decision
from standfast.analysis.results import Results
from standfast.reports.parts import Callout, Document, Table

SCHEMA = "standfast/report/1"
_LONGEST = 60_000
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>])")


def to_json(results: Results, decision: Decision, run: Mapping[str, Any]) -> str:
    """Return results, decision and run record as JSON in ASCII, with sorted keys.

    NaN and infinity are `null`. Transcripts and sample ids are left out: they stand in the logs.
    """
    found = asdict(results)
    found.pop("excerpts")
    audits = {
        name: {key: value for key, value in record.items() if key != "sample_ids"}
        for name, record in run["audits"].items()
    }
    data = {"schema": SCHEMA, "run": {**run, "audits": audits}, "decision": asdict(decision), "results": found}
    return json.dumps(_plain(data), ensure_ascii=True, sort_keys=True, indent=1, allow_nan=False)


def summary_md(document: Document) -> str:
    """Return headline and verdicts as Markdown, for the summary of a CI job.

    Text of the run is escaped for Markdown and HTML, and mentions are broken.
    """
    lines = [f"## {_md(document.title)}: {_md(document.name)}", ""]
    if document.simulated:
        lines += [f"> **SIMULATED.** {_md(document.simulated)}", ""]
    for block in document.sections[0].blocks:
        if isinstance(block, Callout):
            lines += [f"**{_md(block.headline)}**", "", *(f"- {_md(text)}" for text in block.paragraphs), ""]
        elif isinstance(block, Table) and block.label == "Gates":
            lines += _gates(block)
    text = "\n".join([*lines, f"Suite {_md(document.suite)}"])
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "\n\n(cut)"


def _gates(table: Table) -> list[str]:
    """Return the table of gates; with several subjects the gate is the heading of their rows."""
    several = any(group.title for group in table.groups)
    head = ["Gate", *(["Subject"] if several else []), table.columns[2].title, "n", "Verdict"]
    out = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for group in table.groups:
        for first, _, estimate, verdict in group.rows:
            names = [group.title, first.text] if several else [first.text]
            out.append("| " + " | ".join(map(_md, [*names, estimate.text, estimate.sub, verdict.text])) + " |")
    return [*out, ""]


def _md(text: str) -> str:
    """Escape a text for Markdown and HTML."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("@", "@\u200b").replace("\n", " ")
    return _SPECIAL.sub(r"\\\1", text)


def _plain(value: Any) -> Any:
    """Return what JSON can hold: no NaN, no half characters, no numbers of numpy."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
