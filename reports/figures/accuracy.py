"""Persuasion and accuracy: how far stances move, against how much of what is claimed is accurate."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.exchanges import Accuracy, PlacePanel
from standfast.reports.figures._multiples import Head, empty, lay, mark
from standfast.reports.figures._sheet import columns, tick
from standfast.reports.style import LIGHT

_CORNERS = ((0.98, 0.97, "moves, accurate", "right", "top"), (0.02, 0.97, "moves, inaccurate", "left", "top"))


def draw(data: Accuracy) -> Figure:
    """Draw one panel per subject on one pair of scales."""
    across = columns(len(data.panels))
    heads = [Head(panel.title) for panel in data.panels]
    key = [place.line for place in data.panels[0].places]
    sheet, plots = lay(heads, key, left=13.0, height=48.0 if across < 3 else 36.0, foot=11.0)
    spots = [place.spot for panel in data.panels for place in panel.places if place.spot]
    left = max(min((spot.x_ends[0] for spot in spots), default=0.0) - 6, -4)
    ends = [0.0, *(end for spot in spots for end in spot.y_ends)]
    pad = (max(ends) - min(ends)) * 0.1 or 1.0
    for i, (axes, panel) in enumerate(zip(plots, data.panels, strict=True)):
        axes.set_xlim(left, 103)
        axes.set_ylim(min(ends) - pad, max(ends) + pad * 1.8)
        _panel(axes, panel)
        if across < 3:
            _corners(axes)
        if i % across == 0:
            axes.set_ylabel("gain (points)", size=8)
    return sheet.figure


def _panel(axes: Axes, panel: PlacePanel) -> None:
    """Draw one subject's means with crosses for their intervals."""
    axes.grid()
    axes.set_xlabel("accuracy of claims (%)", size=8, labelpad=1.5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(tick)
    axes.axhline(0, color=LIGHT["mute"], lw=0.7, zorder=1)
    if not any(place.spot for place in panel.places):
        empty(axes)
    for place in panel.places:
        if spot := place.spot:
            colour = LIGHT[place.line.colour]
            axes.plot(spot.x_ends, [spot.y, spot.y], color=colour, lw=1.0, alpha=0.75, zorder=2)
            axes.plot([spot.x, spot.x], spot.y_ends, color=colour, lw=1.0, alpha=0.75, zorder=2)
            axes.plot(spot.x, spot.y, zorder=4, **(mark(place.line) | {"ms": 5.4}))


def _corners(axes: Axes) -> None:
    """Say what the upper corners mean."""
    for x, y, text, ha, va in _CORNERS:
        axes.text(x, y, text, transform=axes.transAxes, ha=ha, va=va, size=7.6, color=LIGHT["mute"])
