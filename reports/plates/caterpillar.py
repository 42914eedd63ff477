"""The effect on every item, sorted, for one contrast of one measure."""

from collections.abc import Sequence
from math import isfinite

from standfast.analysis.results import ItemEffect
from standfast.reports import numbers, words
from standfast.reports.drawings import Caterpillar, CaterpillarPanel
from standfast.reports.parts import Figure
from standfast.reports.plates.interaction import point
from standfast.reports.rows import unsafe_side
from standfast.reports.source import Source

_CAPTION = (
    "Items, {audit}: {title}, {contrast} ({unit}). Each item's effect is shrunken towards that of all (dashed), as far "
    "as its own replies allow, with {level} intervals. In colour: items whose interval leaves {clear} out."
)


def plate(source: Source, effects: Sequence[ItemEffect], number: int) -> Figure | None:
    """Return the figure of the effects on one measure and contrast, nothing where none is known."""
    first = effects[0]
    panels = tuple(_panel(source, model, [e for e in effects if e.model == model]) for model in source.subjects)
    panels = tuple(panel for panel in panels if panel.points)
    if not panels:
        return None
    found = [
        f for f in source.everything if (f.audit, f.measure, f.contrast) == (first.audit, first.measure, first.contrast)
    ]
    direction = found[0].direction if found else "neither"
    contrast = words.contrast(found[0]) if found else first.contrast
    title = found[0].title if found else first.measure
    landmark = "the mean" if _is_level(first.contrast) else "zero"
    return Figure(
        id=f"items-{number}",
        data=Caterpillar(
            axis=f"{contrast} ({first.unit})",
            worse=None if direction == "neither" else unsafe_side(direction),
            panels=panels,
        ),
        alt=f"{title}, {contrast}. " + " ".join(_told(panel, first.unit, landmark) for panel in panels),
        caption=_CAPTION.format(
            audit=first.audit, title=title, contrast=contrast, unit=first.unit, level=source.confidence, clear=landmark
        ),
    )


def _panel(source: Source, model: str, own: Sequence[ItemEffect]) -> CaterpillarPanel:
    known = [e for e in own if all(map(isfinite, (e.estimate, e.conf_low, e.conf_high)))]
    ordered = sorted(known, key=lambda e: (e.estimate, e.item))
    points = tuple(p for x, e in enumerate(ordered) if (p := point(x, e.estimate, e.conf_low, e.conf_high)))
    whole = source.finding(model, own[0].audit, own[0].measure, own[0].contrast) if own else None
    estimate = whole.estimate if whole and numbers.is_estimated(whole) else None
    clear = 0.0
    if own and _is_level(own[0].contrast) and points:
        clear = sum(p.value for p in points) / len(points) if estimate is None else estimate
    return CaterpillarPanel(title=model, points=points, whole=estimate, clear=clear)


def _is_level(contrast: str) -> bool:
    """Tell whether a contrast is a level, of which zero is no landmark."""
    return contrast.startswith("L(")


def _told(panel: CaterpillarPanel, unit: str, landmark: str) -> str:
    """Tell how many items lie clearly on either side."""
    below, above = (sum(p.high < panel.clear for p in panel.points), sum(p.low > panel.clear for p in panel.points))
    low, high = (numbers.signed(panel.points[i].value, unit) for i in (0, -1))
    return (
        f"{panel.title}: {words.counted(len(panel.points), 'item')} from {low} to {high} {unit}, "
        f"{words.spelled(below)} clearly below {landmark} and {words.spelled(above)} clearly above."
    )
