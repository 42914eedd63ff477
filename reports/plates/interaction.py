"""Means by role along the profile ladder, for the lead measures of an audit."""

from collections.abc import Mapping
from math import isfinite

from standfast.analysis.contrasts import CellMean
from standfast.reports import numbers, words
from standfast.reports.drawings import Band, Interaction, Line, Panel, Point
from standfast.reports.parts import Figure
from standfast.reports.source import Source
from standfast.reports.style import role_colour

_CAPTION = (
    "Role × profile, {audit}. Estimated means with {level} intervals. Hollow: levels that show nothing of the user. "
    "Filled: the persona. The solid line starts at filler of the same length, with which the others are compared."
)


def plate(source: Source, audit: str, titles: Mapping[str, str], number: int) -> Figure | None:
    """Return the figure, or nothing where no mean was estimated."""
    levels = [
        level for level in source.profiles if any((m.audit, m.profile) == (audit, level) for m in source.results.means)
    ]
    bands = tuple(_band(source, audit, measure, title, levels) for measure, title in titles.items())
    bands = tuple(band for band in bands if any(line.points for panel in band.panels for line in panel.lines))
    if not bands:
        return None
    hollow = sum(level in words.UNSEEN for level in levels)
    base = levels.index("filler") if "filler" in levels else 0
    return Figure(
        id=f"interaction-{number}",
        data=Interaction(ticks=tuple(levels), hollow=hollow, base=base, bands=bands),
        alt=" ".join(_told(source, audit, measure, title, levels) for measure, title in titles.items()),
        caption=_CAPTION.format(audit=audit, level=source.confidence),
    )


def point(x: int, value: float, low: float, high: float) -> Point | None:
    """Return a point, or nothing where a number is unknown."""
    if not all(map(isfinite, (value, low, high))):
        return None
    return Point(x=x, value=value, low=low, high=high)


def _band(source: Source, audit: str, measure: str, title: str, levels: list[str]) -> Band:
    """Return one row of panels."""
    cells = [m for m in source.results.means if (m.audit, m.measure) == (audit, measure)]
    axis = {
        "affective": "affective alignment",
        "epistemic": "epistemic independence",
        "influence": "influence on others",
    }
    construct = cells[0].construct if cells else ""
    panels = tuple(
        Panel(title=model, lines=tuple(_line(source, model, audit, measure, role, levels) for role in source.roles))
        for model in source.subjects
    )
    unit = source.units(audit, measure)
    return Band(title=title, axis=axis.get(construct, construct), unit=unit, panels=panels)


def _line(source: Source, model: str, audit: str, measure: str, role: str, levels: list[str]) -> Line:
    """Return the means of one role, with the effect of the lead level as a note."""
    means = [source.mean(model, audit, measure, role, level) for level in levels]
    points = (_point(x, cell) for x, cell in enumerate(means) if cell)
    kinds = (f"E1({role}, {source.lead})", f"E2({role}, {source.lead})")
    effect = next((f for kind in kinds if (f := source.finding(model, audit, measure, kind))), None)
    known = effect and numbers.is_estimated(effect)
    return Line(
        label=role,
        colour=role_colour(role, _other(source, role)),
        note=f"{numbers.estimate(effect)} {effect.unit}" if effect and known else "",
        points=tuple(p for p in points if p),
    )


def _other(source: Source, role: str) -> int:
    """Number the roles that a user added."""
    others = [r for r in source.roles if r not in ("advisor", "peer")]
    return others.index(role) if role in others else 0


def _point(x: int, cell: CellMean) -> Point | None:
    return point(x, cell.mean, cell.conf_low, cell.conf_high)


def _told(source: Source, audit: str, measure: str, title: str, levels: list[str]) -> str:
    """Tell the means of one measure in words."""
    told = []
    for model in source.subjects[:3]:
        for role in source.roles:
            cells = [c for level in levels if (c := source.mean(model, audit, measure, role, level))]
            values = [f"{c.profile} {numbers.mean(c)}" for c in cells]
            told.append(f"{model}, {role}: {words.listed(values)}")
    more = (
        f" {words.counted(len(source.subjects) - 3, 'more subject')} in the tables." if len(source.subjects) > 3 else ""
    )
    return f"{title}, {source.units(audit, measure)}. " + "; ".join(told) + f".{more}"
