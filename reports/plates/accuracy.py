"""Persuasion against accuracy: where each challenge puts a subject."""

from standfast.analysis.persuasion import Persuasion, PlanePoint
from standfast.reports import measured, rows, words
from standfast.reports.drawings import Line, Spot
from standfast.reports.exchanges import Accuracy, Place, PlacePanel
from standfast.reports.parts import Figure
from standfast.reports.plates.several import TOLD, further, lines
from standfast.reports.source import Source

_CAPTION = (
    "Persuasion and accuracy, {audit}. Up: the stance moves further. Right: more of what is claimed is accurate. "
    "Crosses: {level} intervals. Gains at the left are gains by claims that are not accurate."
)


def plate(source: Source, found: Persuasion, audit: str, number: int) -> Figure | None:
    """Return the figure of an audit, nothing where gain and accuracy are nowhere known together."""
    own = [p for p in found.plane if p.audit == audit]
    shown = [p for p in own if p.challenge] or own
    styles = lines(p.challenge for p in shown)
    subjects = [m for m in source.subjects if any(p.model == m for p in shown)]
    at = {(p.model, p.challenge): p for p in shown}
    panels = tuple(
        PlacePanel(title=m, places=tuple(_place(at.get((m, name)), style) for name, style in styles.items()))
        for m in subjects
    )
    if not any(place.spot for panel in panels for place in panel.places):
        return None
    told = [_told(p) for p in shown if p.model in subjects[:TOLD]]
    return Figure(
        id=f"accuracy-{number}",
        data=Accuracy(panels=panels),
        alt=f"Gain in points and accuracy of claims. {' '.join(told)}{further(len(subjects))}",
        caption=_CAPTION.format(audit=audit, level=words.level(found.conf_level)),
    )


def _place(found: PlanePoint | None, style: Line) -> Place:
    """Return a place, empty where either mean is unknown."""
    if found is None or not measured.known(
        found.gain, found.gain_low, found.gain_high, found.accuracy, found.accuracy_low, found.accuracy_high
    ):
        return Place(line=style, spot=None)
    across = (100 * found.accuracy_low, 100 * found.accuracy_high)
    spot = Spot(x=100 * found.accuracy, y=found.gain, x_ends=across, y_ends=(found.gain_low, found.gain_high))
    return Place(line=style, spot=spot)


def _told(found: PlanePoint) -> str:
    """Tell both means of one challenge in words."""
    gain = measured.told(found.gain, found.gain_low, found.gain_high, "points", signed=True) or "not estimated"
    ends = (100 * found.accuracy, 100 * found.accuracy_low, 100 * found.accuracy_high)
    accurate = f"{text} %" if (text := measured.told(*ends, "%")) else "not estimated"
    size = rows.size(found.n_obs, found.n_items)
    return f"{found.model}, {found.challenge or 'all'}: gain {gain}, accuracy {accurate} ({size})."
