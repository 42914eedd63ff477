"""How much profile is too much: the effect of every rung of the ladder against filler, with the trend."""

from collections.abc import Mapping
from math import isfinite

from standfast.analysis.findings import Finding
from standfast.estimands import FEWEST_RUNGS, RUNGS
from standfast.reports import numbers, rows, words
from standfast.reports.drawings import Band, Ladder, Line, Panel, Point
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.source import Source
from standfast.reports.style import role_colour

_CAPTION = (
    "Dose–response, {audit}. Each persona level minus filler of its length, with {level} intervals; filler itself is "
    "zero (hollow). Dashed: the trend (E6), where the suite asks for it."
)
_TOLD = 3  # subjects whose numbers the alternative text tells

Ends = tuple[float, float] | None


def plate(source: Source, audit: str, titles: Mapping[str, str], number: int) -> Figure | None:
    """Return the figure, nothing for a ladder of fewer than three rungs or without an effect."""
    rungs = [level for level in RUNGS if level in source.profiles]
    if len(rungs) < FEWEST_RUNGS:
        return None
    bands = [(_band(source, audit, measure, title, rungs), measure) for measure, title in titles.items()]
    drawn = [(band, m) for band, m in bands if any(line.points[1:] for panel in band.panels for line in panel.lines)]
    if not drawn:
        return None
    slopes = tuple(
        tuple(
            tuple(_trend(source, model, audit, measure, role, line, len(rungs)) for role, line in _lines(source, panel))
            for model, panel in zip(source.subjects, band.panels, strict=True)
        )
        for band, measure in drawn
    )
    return Figure(
        id=f"ladder-{number}",
        data=Ladder(ticks=tuple(rungs), bands=tuple(band for band, _ in drawn), slopes=slopes),
        alt=" ".join(_told(source, audit, measure, band.title, rungs) for band, measure in drawn),
        caption=_CAPTION.format(audit=audit, level=source.confidence),
    )


def _lines(source: Source, panel: Panel) -> list[tuple[str, Line]]:
    return list(zip(source.roles, panel.lines, strict=True))


def _band(source: Source, audit: str, measure: str, title: str, rungs: list[str]) -> Band:
    panels = tuple(
        Panel(title=model, lines=tuple(_line(source, model, audit, measure, role, rungs) for role in source.roles))
        for model in source.subjects
    )
    unit = next((f.unit for f in source.results.findings if (f.audit, f.measure) == (audit, measure)), "")
    return Band(title=title, axis="persona level − filler", unit=unit, panels=panels)


def _line(source: Source, model: str, audit: str, measure: str, role: str, rungs: list[str]) -> Line:
    """Return the effects of one role, with the trend as a note."""
    points: list[Point] = []
    for x, level in enumerate(rungs[1:], 1):
        found = _effect(source, model, audit, measure, role, level)
        if found and (drawn := point(x, found.estimate, found.conf_low, found.conf_high)):
            points.append(drawn)
    trend = source.finding(model, audit, measure, f"E6({role})")
    note = f"{numbers.estimate(trend)} per rung" if trend and numbers.is_estimated(trend) else ""
    others = [r for r in source.roles if r not in ("advisor", "peer")]
    return Line(
        label=role,
        colour=role_colour(role, others.index(role) if role in others else 0),
        note=note,
        points=(Point(x=0, value=0.0, low=0.0, high=0.0), *points) if points else (),
    )


def _effect(source: Source, model: str, audit: str, measure: str, role: str, level: str) -> Finding | None:
    """Return the effect of a level against its filler, on either axis."""
    kinds = (f"{kind}({role}, {level})" for kind in ("E1", "E2", "E7"))
    found = next((f for name in kinds if (f := source.finding(model, audit, measure, name))), None)
    return found if found and numbers.is_estimated(found) else None


def _trend(source: Source, model: str, audit: str, measure: str, role: str, line: Line, rungs: int) -> Ends:
    """Return the heights of the trend at both ends; nothing where it or one of its rungs is unknown."""
    found = source.finding(model, audit, measure, f"E6({role})")
    if found is None or not isfinite(found.estimate) or len(line.points) != rungs:
        return None
    middle = sum(p.value for p in line.points) / rungs
    half = found.estimate * (rungs - 1) / 2
    return middle - half, middle + half


def _told(source: Source, audit: str, measure: str, title: str, rungs: list[str]) -> str:
    """Tell the effects of one measure in words."""
    told = []
    for model in source.subjects[:_TOLD]:
        for role in source.roles:
            found = [(level, _effect(source, model, audit, measure, role, level)) for level in rungs[1:]]
            values = [f"{level} {numbers.estimate(f)}" for level, f in found if f]
            trend = source.finding(model, audit, measure, f"E6({role})")
            if trend and numbers.is_estimated(trend):
                values.append(f"trend {numbers.estimate(trend)} {trend.unit}, {rows.size(trend.n_obs, trend.n_items)}")
            told.append(f"{model}, {role}: {words.listed(values, 12)}")
    left = len(source.subjects) - _TOLD
    more = f" {words.counted(left, 'more subject')} in the tables." if left > 0 else ""
    return f"{title}, effect against filler. " + "; ".join(told) + f".{more}"
