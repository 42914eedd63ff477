"""The role × profile effect on the lead epistemic measure, by audit and subject."""

from collections.abc import Iterable
from math import isfinite

from standfast.analysis.contrasts import Finding
from standfast.reports import numbers
from standfast.reports.drawings import Forest, ForestGroup, ForestRow
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.rows import unsafe_side
from standfast.reports.source import Source

_ROWS = 6
_PAGE = 34  # rows and headings of one figure
_CAPTION = (
    "Role × profile (E3) on the lead epistemic measure: the effect of the persona on the peer minus its effect on "
    "the advisor. Thick: {level} interval. Thin: worst case of the missing values."
)
_READING = " Left of zero, the profile bends the peer more than the advisor."


def plates(source: Source) -> list[Figure]:
    """Return figures that each fit a page, nothing where no effect was estimated."""
    levels = [source.lead] if len(source.subjects) * len(source.persona_levels) > _ROWS else source.persona_levels
    groups = tuple(group for audit in source.audits for group in _groups(source, audit, list(levels)))
    if not any(row.point for group in groups for row in group.rows):
        return []
    return [_plate(source, part, list(levels), number) for number, part in enumerate(_parts(groups), 1)]


def _parts(groups: Iterable[ForestGroup]) -> list[tuple[ForestGroup, ...]]:
    """Divide audits among pages; a heading is as high as a row."""
    parts: list[list[ForestGroup]] = [[]]
    for group in groups:
        held = sum(1 + len(other.rows) for other in parts[-1])
        if parts[-1] and held + 1 + len(group.rows) > _PAGE:
            parts.append([])
        parts[-1].append(group)
    return [tuple(part) for part in parts]


def _plate(source: Source, groups: tuple[ForestGroup, ...], levels: list[str], number: int) -> Figure:
    """Return one figure."""
    shown = "full − filler" if levels == ["full"] else "persona level − filler"
    told = [f"{g.title}, {r.label}: {r.estimate} {r.interval}".rstrip() for g in groups for r in g.rows]
    return Figure(
        id="forest" if number == 1 else f"forest-{number}",
        data=Forest(axis=f"Peer − advisor, in {shown} (pp)", interval=f"{source.confidence} CI", groups=groups),
        alt="; ".join(told) + ".",
        caption=_CAPTION.format(level=source.confidence) + (_READING if _higher_is_better(source) else ""),
    )


def _higher_is_better(source: Source) -> bool:
    """Tell whether more is more independent on every lead epistemic measure."""
    return all(f.direction == "higher" for f in source.results.findings if f.primary and f.construct == "epistemic")


def _groups(source: Source, audit: str, levels: list[str]) -> list[ForestGroup]:
    """Return the rows of each lead epistemic measure of an audit."""
    out = []
    for measure, title in source.titles(audit, "epistemic", primary=True).items():
        found = [
            f
            for model in source.subjects
            for level in levels
            if (f := source.finding(model, audit, measure, f"E3({level})")) and f.unit == "pp"
        ]
        margin = _margin(source, audit, measure, levels)
        side = unsafe_side(found[0].direction) if found and margin is not None else None
        rows = tuple(_row(f, source, len(levels)) for f in found)
        out.append(ForestGroup(title=f"{audit}: {title}", margin=margin, unsafe=side, rows=rows))
    return [group for group in out if group.rows]


def _row(finding: Finding, source: Source, levels: int) -> ForestRow:
    """Return one effect."""
    known = numbers.is_estimated(finding)
    several = len(source.subjects) > 1
    level = finding.profile or ""
    label = finding.model if levels == 1 else f"{finding.model}, {level}" if several else level
    bounded = known and finding.n_missing and isfinite(finding.bound_low) and isfinite(finding.bound_high)
    return ForestRow(
        label=label,
        size=f"{numbers.count(finding.n_obs)} / {numbers.count(finding.n_items)}",
        estimate=numbers.signed(finding.estimate, finding.unit) if known else numbers.NOT_ESTIMATED,
        interval=numbers.interval(finding.conf_low, finding.conf_high, finding.unit) if known else "",
        point=point(0, finding.estimate, finding.conf_low, finding.conf_high) if known else None,
        worst=(finding.bound_low, finding.bound_high) if bounded else None,
    )


def _margin(source: Source, audit: str, measure: str, levels: list[str]) -> float | None:
    """Return the margin of the gates on this effect, where they have one in common."""
    contrasts = {f"E3({level})" for level in levels}
    margins = {
        gate.margin
        for gate in source.decision.gates
        if (gate.audit, gate.measure) == (audit, measure) and gate.contrast in contrasts and gate.direction != "within"
    }
    return margins.pop() if len(margins) == 1 else None
