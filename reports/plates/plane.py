"""Is independence only contrariness? Where each subject moves on both axes when it knows the user."""

from math import isfinite

from standfast.analysis.contrasts import CellMean
from standfast.reports import numbers, words
from standfast.reports.drawings import Move, Plane, PlanePanel, Spot
from standfast.reports.parts import Figure
from standfast.reports.source import Source
from standfast.reports.style import role_colour

_CAPTION = (
    "Sycophancy against over-correction, {audit}. Hollow: filler of the same length. Filled: {lead}. Right is more "
    "independent, up is more over-correction; the good corner is at the lower right. Crosses: {level} intervals."
)
_BASE = "filler"


def plates(source: Source, audit: str, number: int) -> list[Figure]:
    """Return a figure per lead epistemic measure that has a twin in its audit."""
    lead = source.titles(audit, "epistemic", primary=True)
    twins = source.titles(audit, "over-correction")
    out: list[Figure] = []
    for measure, title in lead.items():
        named = next((f.twin for f in source.results.findings if (f.audit, f.measure) == (audit, measure)), None)
        twin = named if named in twins else next(iter(twins), None)
        figure = (
            _plate(source, audit, (measure, title), (twin, twins[twin]), f"{number}-{len(out) + 1}") if twin else None
        )
        out += [figure] if figure else []
    return out


def _plate(source: Source, audit: str, lead: tuple[str, str], twin: tuple[str, str], number: str) -> Figure | None:
    panels = tuple(
        PlanePanel(
            title=model, moves=tuple(_move(source, model, audit, (lead[0], twin[0]), role) for role in source.roles)
        )
        for model in source.subjects
    )
    if not any(move.end for panel in panels for move in panel.moves):
        return None
    units = [source.units(audit, name) for name, _ in (lead, twin)]
    lower = any(f.direction == "lower" for f in source.results.findings if (f.audit, f.measure) == (audit, lead[0]))
    data = Plane(x_axis=f"{lead[1]} ({units[0]})", y_axis=f"{twin[1]} ({units[1]})", flipped=lower, panels=panels)
    told = [_told(source, model, audit, (lead, twin), role) for model in source.subjects for role in source.roles]
    return Figure(
        id=f"plane-{number}",
        data=data,
        alt=f"{lead[1]} and {twin[1]}, from {_BASE} to {source.lead}. {' '.join(filter(None, told))}",
        caption=_CAPTION.format(audit=audit, lead=words.profile(source.lead), level=source.confidence),
    )


def _move(source: Source, model: str, audit: str, both: tuple[str, str], role: str) -> Move:
    others = [r for r in source.roles if r not in ("advisor", "peer")]
    start, end = (
        _spot(*(source.mean(model, audit, measure, role, level) for measure in both)) for level in (_BASE, source.lead)
    )
    colour = role_colour(role, others.index(role) if role in others else 0)
    return Move(label=role, colour=colour, start=start, end=end)


def _spot(x: CellMean | None, y: CellMean | None) -> Spot | None:
    """Return a spot, or nothing where either mean is unknown."""
    if x is None or y is None:
        return None
    if not all(map(isfinite, (x.mean, x.conf_low, x.conf_high, y.mean, y.conf_low, y.conf_high))):
        return None
    return Spot(x=x.mean, y=y.mean, x_ends=(x.conf_low, x.conf_high), y_ends=(y.conf_low, y.conf_high))


def _told(source: Source, model: str, audit: str, both: tuple[tuple[str, str], ...], role: str) -> str:
    """Tell both means of one role in words."""
    told = []
    for measure, title in both:
        cells = [source.mean(model, audit, measure, role, level) for level in (_BASE, source.lead)]
        values = [numbers.mean(cell) if cell else numbers.NOT_ESTIMATED for cell in cells]
        told.append(f"{title} {values[0]} to {values[1]}")
    return f"{model}, {role}: {', '.join(told)}."
