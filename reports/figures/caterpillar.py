"""Caterpillar: the effect on each item, sorted, one panel per subject."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.drawings import Caterpillar, CaterpillarPanel, Point, Side
from standfast.reports.figures._sheet import WIDTH, Sheet, columns, lines_of, short, tick
from standfast.reports.style import LIGHT

_LEFT, _GAP, _TOP, _SUBHEAD, _FOOT = 12.0, 6.0, 6.0, 4.5, 5.5


def draw(data: Caterpillar) -> Figure:
    """Draw the items of each subject on one scale."""
    side = len(data.panels)
    across, deep = columns(side), lines_of(side)
    height = 40.0 if across < 3 else 32.0
    subhead = _SUBHEAD if side > 1 else 0.0
    sheet = Sheet(_TOP + deep * (subhead + height + _FOOT))
    width = (WIDTH - _LEFT - _GAP * (across - 1)) / across
    sheet.text(0, 2.2, data.axis, size=8, color=LIGHT["mute"])
    scale = _limits(data)
    for i, panel in enumerate(data.panels):
        x, y = _LEFT + (i % across) * (width + _GAP), _TOP + (i // across) * (subhead + height + _FOOT)
        if side > 1:
            sheet.text(x, y + 1, short(panel.title, int(width / 1.6)), size=8, color=LIGHT["mute"])
        axes = sheet.axes(x, y + subhead, width, height)
        axes.set_ylim(*scale)
        _panel(axes, panel, data.worse)
        axes.tick_params(labelleft=i % across == 0)
    return sheet.figure


def _limits(data: Caterpillar) -> tuple[float, float]:
    ends = [panel.clear for panel in data.panels]
    ends += [end for panel in data.panels for p in panel.points for end in (p.low, p.high)]
    pad = (max(ends) - min(ends)) * 0.05 or 1.0
    return min(ends) - pad, max(ends) + pad


def _panel(axes: Axes, panel: CaterpillarPanel, worse: Side | None) -> None:
    """Draw one subject's items; those whose interval leaves out what they are held against are in colour."""
    axes.set_xlim(-0.8, max(len(panel.points), 1) - 0.2)
    axes.set_xticks([])
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(tick)
    axes.grid(axis="y")
    if panel.clear == 0:
        axes.axhline(0, color=LIGHT["mute"], lw=0.8, zorder=1)
    axes.set_xlabel(f"{len(panel.points)} items, sorted", size=8, labelpad=2)
    if panel.whole is not None:
        axes.axhline(panel.whole, color=LIGHT["ink"], lw=0.9, ls=(0, (4, 1.8)), zorder=4)
    by_colour: dict[str, list[Point]] = {}
    for point in panel.points:
        by_colour.setdefault(LIGHT[_colour(point, panel.clear, worse)], []).append(point)
    for colour, own in by_colour.items():
        x = [p.x for p in own]
        axes.vlines(x, [p.low for p in own], [p.high for p in own], color=colour, lw=1.0, zorder=2)
        axes.plot(x, [p.value for p in own], "o", ms=2.6, color=colour, mew=0, zorder=3)


def _colour(point: Point, clear: float, worse: Side | None) -> str:
    """Return the colour of an item: clearly worse, clearly better, or neither."""
    below, above = point.high < clear, point.low > clear
    if not (below or above):
        return "mute"
    if worse is None:
        return "ink"
    return "fail" if below == (worse == "below") else "pass"
