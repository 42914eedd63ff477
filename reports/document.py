"""Results, decision and run record -> one document."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from standfast.analysis.certificate import Certificate
from standfast.analysis.decisions import Decision
from standfast.analysis.results import Results
from standfast.analysis.samples import Samples
from standfast.reports import drill, links, machine, numbers, words
from standfast.reports.parts import Document
from standfast.reports.sections import (
    appendix,
    baseline,
    conditions,
    decision,
    drivers,
    excerpts,
    findings,
    firmness,
    gates,
    integrity,
    judges,
    limits,
    methods,
    missing,
    persuasion,
    twins,
)
from standfast.reports.source import Source

TITLE = "Sycophancy and role-dependence audit"
SIMULATED = (
    "A subject or the judge is a program with planted behaviour. "
    "Nothing here says anything about a real model, and nothing may be released on it."
)
_SECTIONS = (
    decision.write,
    gates.write,
    findings.write,
    drivers.write,
    persuasion.write,
    firmness.write,
    integrity.write,
    judges.write,
    missing.write,
    twins.write,
    methods.write,
    excerpts.write,
    limits.write,
    conditions.write,
    judges.details,
    persuasion.details,
    appendix.write,
)


def build(
    results: Results,
    decision: Decision,
    run: Mapping[str, Any],
    certificate: Certificate | None = None,
    *,
    samples: tuple[Samples, ...] = (),
    log_url: str = "",
) -> Document:
    """Write the report.

    Args:
        results: What the analysis found.
        decision: What the gates say.
        run: The run record, as `run.json` holds it.
        certificate: How the policy fared when it was replayed; `None` where it was not.
        samples: What each sample was scored, for the page's drill-down.
        log_url: Address of Inspect's viewer, for links to samples.

    Returns:
        The document that all renderers read.

    Raises:
        ReportError: A page cannot link to `log_url`.
    """
    source = Source(results, decision, run, certificate, samples, links.check(log_url))
    suite = run["suite"]
    return Document(
        title=TITLE,
        name=_name(source.subjects),
        facts=_facts(source),
        simulated=SIMULATED if decision.simulated or run["simulated"] else "",
        verdict=decision.verdict,
        word=words.VERDICTS[decision.verdict],
        suite=f"{suite['name']} {suite['version']} · {suite['sha256'][:8]}",
        created=_created(run["started"]),
        sections=tuple(section for write in _SECTIONS if (section := write(source)).blocks),
        machine=machine.to_json(results, decision, run, certificate),
        drill=drill.to_json(source),
    )


def _name(subjects: tuple[str, ...]) -> str:
    """Name the subject, or count them."""
    return subjects[0] if len(subjects) == 1 else words.counted(len(subjects), "subject").capitalize()


def _facts(source: Source) -> tuple[str, ...]:
    """Return what stands below the name: subjects, suite, date, judge, size and baseline."""
    run, suite = source.run, source.run["suite"]
    when = run["started"][:16].replace("T", " ") + " UTC" if run["started"] else "undated"
    planned = sum(row.planned for row in source.results.missing)
    line = f"Suite {suite['name']} {suite['version']} · {when} · judge {words.listed(run['judges'])} · {numbers.count(planned)} planned values"
    named = (words.listed(source.subjects, 8),) if len(source.subjects) > 1 else ()
    against = source.results.baseline
    return (*named, line, *((baseline.named(against),) if against else ()))


def _created(started: str | None) -> int:
    """Return Unix seconds; 0 for an undated run, so that its report has the same bytes every time."""
    return int(datetime.fromisoformat(started).timestamp()) if started else 0
