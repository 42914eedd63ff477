"""Appendix: every finding, with every flag."""

from collections.abc import Iterable
from typing import Literal

from standfast.analysis.contrasts import Finding
from standfast.reports import drill, numbers, rows
from standfast.reports.parts import (
    Block,
    Bullets,
    Cell,
    Column,
    FindingGroup,
    FindingRow,
    Findings,
    Group,
    Heading,
    Prose,
    Section,
    Table,
)
from standfast.reports.sections.findings import by_flag
from standfast.reports.source import Source

_KEY = (
    "Estimates in the unit of the measure. n counts values used, then the items among them and the planned values "
    "that are missing. Where intervals are drawn, each measure has its own scale, and the grey line is zero. "
    "† marks a flag; the kinds of flags are listed below the table, and their numbers stand in report.html and in "
    "the attached JSON. OR in report.html is the odds ratio of a binary or ordinal measure. Each finding has an id, "
    "F- and eight characters, which names it in every output; in report.html its row opens onto the samples behind it."
)
_PAPER = 1500  # findings beyond which paper holds only some
_LEFT = (
    "On paper, and on the page where scripts are off, stand the findings on lead and over-correction measures and those that gates read, {shown} of {all}; "
    "all are in report.html and in the attached JSON."
)
_ODDS = (
    "For one item and persona, by a generalised linear mixed model, rather than on average over them as the estimates "
    "above. For E3 and E5 it is a ratio of odds ratios, for E6 an odds ratio per rung."
)


def write(source: Source) -> Section:
    """Write the table of all findings."""
    found = source.everything
    if not found:
        return Section(id="all-findings", title="All findings", blocks=(Prose(paragraphs=("There are none.",)),))
    minor = {id(f) for f in found if not _on_paper(source, f)} if len(found) > _PAPER else set()
    groups = tuple(_group(source, title, own, minor) for title, own in _measures(source, found).items())
    keys: tuple[Literal["contrast", "subject"], ...] = (
        ("contrast", "subject") if len(source.subjects) > 1 else ("contrast",)
    )
    table = Findings(
        label="All findings",
        keys=keys,
        groups=groups,
        interval=f"{source.confidence} CI",
        explore=True,
        csv_head=rows.CSV_HEAD,
    )
    left = [_LEFT.format(shown=numbers.count(len(found) - len(minor)), all=numbers.count(len(found)))] if minor else []
    blocks: list[Block] = [Prose(paragraphs=(_KEY, *left), muted=True), table, *_odds(source, found)]
    if flags := by_flag(found):
        blocks += [Heading(text="Kinds of flags"), Bullets(items=flags)]
    return Section(id="all-findings", title="All findings", blocks=tuple(blocks))


def _odds(source: Source, found: tuple[Finding, ...]) -> list[Block]:
    """Return the odds ratios of the lead measures."""
    told = [f for f in found if f.primary and numbers.odds(f)]
    if not told:
        return []
    by_measure: dict[str, list[Finding]] = {}
    for f in told:
        by_measure.setdefault(f"{f.audit} · {f.title}", []).append(f)
    several = len(source.subjects) > 1
    columns = (
        *(Column(title=name) for name in ("Contrast", *(["Subject"] if several else []))),
        Column(title=f"odds ratio, {source.confidence} CI", align="right", width="wide"),
        Column(title="df", align="right"),
        Column(title="n", align="right"),
    )
    groups = tuple(
        Group(title=title, rows=tuple(_odds_row(f, several=several) for f in _ordered(source, own)))
        for title, own in by_measure.items()
    )
    table = Table(label="Odds ratios", columns=columns, groups=groups, note=_ODDS, dense=True, captioned=False)
    return [Heading(text="Odds ratios of the lead measures"), table]


def _odds_row(finding: Finding, *, several: bool) -> tuple[Cell, ...]:
    """Return one odds ratio."""
    return (
        Cell(text=finding.contrast),
        *([Cell(text=finding.model)] if several else []),
        Cell(text=numbers.odds(finding), ref=finding.id),
        Cell(text=numbers.df(finding.df)),
        Cell(text=rows.size(finding.n_obs, finding.n_items)),
    )


def _measures(source: Source, found: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return the findings under a heading for each measure of each audit."""
    by_audit: dict[str, list[Finding]] = {audit: [] for audit in source.audits}
    for f in found:
        by_audit.setdefault(f.audit, []).append(f)
    out: dict[str, list[Finding]] = {}
    for audit, own in by_audit.items():
        for f in own:
            out.setdefault(f"{audit} · {f.title}, {f.unit} ({f.construct})", []).append(f)
    return out


def _on_paper(source: Source, finding: Finding) -> bool:
    """Tell whether a finding stands on paper where there are too many for it."""
    lead = finding.primary or finding.construct == "over-correction"
    return lead or (finding.audit, finding.measure, finding.contrast) in source.gated


def _group(source: Source, title: str, findings: list[Finding], minor: set[int]) -> FindingGroup:
    """Return the findings of one measure, drawn on one scale."""
    scales = rows.scales(findings)
    body = tuple(_row(source, f, scales.get(f.unit), minor=id(f) in minor) for f in _ordered(source, findings))
    return FindingGroup(title=title, rows=body)


def _row(source: Source, finding: Finding, scale: rows.Scale | None, *, minor: bool) -> FindingRow:
    """Return a finding with the cells behind it; one at another confidence than the others says so."""
    row = rows.finding_row(finding, scale)
    level = f"{100 * finding.conf_level:g} %"
    told = row.contrast if level == source.confidence else f"{row.contrast}, {level} CI"
    return row.model_copy(update={"minor": minor, "contrast": told, "cells": drill.cells(source, finding)})


def _ordered(source: Source, findings: list[Finding]) -> list[Finding]:
    """Sort by contrast, as the analysis orders them, then by subject, as the run does."""
    contrasts = list(dict.fromkeys(f.contrast for f in findings))
    return sorted(findings, key=lambda f: (contrasts.index(f.contrast), source.subjects.index(f.model)))
