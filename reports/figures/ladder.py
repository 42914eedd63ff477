"""Dose–response: how far each rung of the profile ladder moves a measure, with the trend through the rungs."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.drawings import Band, Ladder, Line, Panel
from standfast.reports.figures import label
from standfast.reports.figures._sheet import WIDTH, Sheet, columns, lines_of, short, tick
from standfast.reports.style import LIGHT

_LEFT, _GAP, _TOP, _HEAD, _SUBHEAD, _FOOT = 11.0, 6.0, 6.5, 6.0, 4.5, 19.0
_ROOM = 36.0  # beside a panel that stands alone, for the names of its lines
_DODGE = 0.1

Ends = tuple[float, float] | None


def draw(data: Ladder) -> Figure:
    """Draw bands of panels: one subject side by side, several subjects as small multiples."""
    return _pair(data) if len(data.bands[0].panels) == 1 else _multiples(data)


def _pair(data: Ladder) -> Figure:
    """Draw one subject: two measures side by side, with their lines named."""
    across, height = min(len(data.bands), 2), 40.0
    block = _HEAD + height + _FOOT
    sheet = Sheet(-(-len(data.bands) // across) * block)
    width = WIDTH / across - _LEFT - _ROOM
    for b, band in enumerate(data.bands):
        x, y = (b % across) * WIDTH / across, (b // across) * block
        sheet.text(x, y + 2.5, f"{short(band.title, 40)}, {band.unit}", weight="semibold", size=9.2)
        axes = sheet.axes(x + _LEFT, y + _HEAD, width, height)
        _panel(axes, band.panels[0], data, b, 0)
        axes.set_ylim(*_limits(band, data, b))
        _name(axes, band.panels[0].lines, len(data.ticks))
    return sheet.figure


def _multiples(data: Ladder) -> Figure:
    """Draw several subjects: a row of panels per measure, or two where there are many."""
    side = len(data.bands[0].panels)
    across, deep = columns(side), lines_of(side)
    height = 34.0 if across < 3 else 30.0
    block = _HEAD + deep * (height + _FOOT + _SUBHEAD)
    sheet = Sheet(_TOP + block * len(data.bands))
    width = (WIDTH - _LEFT - _GAP * (across - 1)) / across
    sheet.key(data.bands[0].panels[0].lines, 2.5)
    for b, band in enumerate(data.bands):
        top = _TOP + b * block
        sheet.text(0, top + 2.5, f"{short(band.title, 60)}, {band.unit}", weight="semibold", size=9.2)
        for i, panel in enumerate(band.panels):
            x = _LEFT + (i % across) * (width + _GAP)
            y = top + _HEAD + (i // across) * (height + _FOOT + _SUBHEAD)
            sheet.text(x, y + 1, short(panel.title, int(width / 1.6)), size=8, color=LIGHT["mute"])
            axes = sheet.axes(x, y + _SUBHEAD, width, height)
            _panel(axes, panel, data, b, i)
            axes.set_ylim(*_limits(band, data, b))
            axes.tick_params(labelleft=i % across == 0)
    return sheet.figure


def _limits(band: Band, data: Ladder, number: int) -> tuple[float, float]:
    """Return one scale that holds zero, for all panels of a measure."""
    ends = [0.0]
    for panel, slopes in zip(band.panels, data.slopes[number], strict=True):
        ends += [end for line in panel.lines for point in line.points for end in (point.low, point.high)]
        ends += [end for pair in slopes if pair for end in pair]
    pad = (max(ends) - min(ends)) * 0.07 or 1.0
    return min(ends) - pad, max(ends) + pad


def _panel(axes: Axes, panel: Panel, data: Ladder, band: int, number: int) -> None:
    """Draw one subject on one measure."""
    axes.set_xlim(-0.4, len(data.ticks) - 0.6)
    axes.set_xticks(range(len(data.ticks)))
    names = [label(short(name, 14)) for name in data.ticks]
    axes.set_xticklabels(names, rotation=45, ha="right", rotation_mode="anchor")
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(tick)
    axes.grid(axis="y")
    axes.axhline(0, color=LIGHT["mute"], lw=0.7, zorder=1)
    drawn = [line for line in panel.lines if line.points]
    if not drawn:
        axes.text(0.5, 0.5, "not estimated", transform=axes.transAxes, ha="center", color=LIGHT["mute"], size=8)
    for i, line in enumerate(panel.lines):
        _line(axes, line, data.slopes[band][number][i], (i - (len(panel.lines) - 1) / 2) * _DODGE, len(data.ticks))


def _line(axes: Axes, line: Line, trend: Ends, shift: float, ticks: int) -> None:
    """Draw the effects of one role with their intervals, filler hollow, and the trend."""
    colour = LIGHT[line.colour]
    if trend:
        axes.plot([shift, ticks - 1 + shift], trend, color=colour, lw=1.1, ls=(0, (4, 1.8)), zorder=2)
    for point in line.points:
        at = point.x + shift
        axes.plot([at, at], [point.low, point.high], color=colour, lw=1.3, zorder=3)
        face = colour if point.x else LIGHT["bg"]
        axes.plot(at, point.value, "o", ms=4.6, mfc=face, mec=colour, mew=1.2, zorder=4)


def _name(axes: Axes, lines: tuple[Line, ...], ticks: int) -> None:
    """Write role and trend beside the last effect of each line, apart from one another."""
    low, high = axes.get_ylim()
    ends = sorted((line for line in lines if line.points), key=lambda line: line.points[-1].value)
    y = float("-inf")
    for line in ends:
        y = max(line.points[-1].value, y + (high - low) * 0.24)
        style: dict[str, Any] = {"annotation_clip": False, "color": LIGHT[line.colour], "textcoords": "offset points"}
        axes.annotate(
            label(line.label), (ticks - 1, y), xytext=(14, 0), va="bottom", weight="semibold", size=8.6, **style
        )
        if line.note:
            axes.annotate(label(line.note), (ticks - 1, y), xytext=(14, 0), va="top", size=7.6, **style)
