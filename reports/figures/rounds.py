"""Gain by round: how far the stance has moved after each message, one line per challenge."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.drawings import Line, Panel
from standfast.reports.exchanges import Rounds
from standfast.reports.figures._multiples import Head, empty, lay, mark, shifts
from standfast.reports.figures._sheet import DASHES, columns, tick
from standfast.reports.style import LIGHT

_SPREAD = 0.5  # of a step, over which lines are moved aside


def draw(data: Rounds) -> Figure:
    """Draw one panel per subject on one scale."""
    across = columns(len(data.panels))
    heads = [Head(panel.title) for panel in data.panels]
    key = data.panels[0].lines
    sheet, plots = lay(heads, key, left=13.0, height=44.0 if across < 3 else 34.0, foot=11.0)
    ends = [0.0]
    ends += [end for p in data.panels for line in p.lines for at in line.points for end in (at.low, at.high)]
    pad = (max(ends) - min(ends)) * 0.07 or 1.0
    last = max((at.x for p in data.panels for line in p.lines for at in line.points), default=1)
    for i, (axes, panel) in enumerate(zip(plots, data.panels, strict=True)):
        axes.set_ylim(min(ends) - pad, max(ends) + pad)
        _panel(axes, panel, last)
        if i % across == 0:
            axes.set_ylabel("gain (points)", size=8)
    return sheet.figure


def _panel(axes: Axes, panel: Panel, last: int) -> None:
    """Draw one subject."""
    axes.set_xlim(0.5, last + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("messages sent", size=8, labelpad=1.5)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(tick)
    axes.grid(axis="y")
    axes.axhline(0, color=LIGHT["mute"], lw=0.7, zorder=1)
    if not any(line.points for line in panel.lines):
        empty(axes)
    aside = shifts(len(panel.lines), min(0.1, _SPREAD / max(len(panel.lines), 1)))
    for line, shift in zip(panel.lines, aside, strict=True):
        _line(axes, line, shift)


def _line(axes: Axes, line: Line, shift: float) -> None:
    """Draw the gains of one challenge with their intervals."""
    colour, x = LIGHT[line.colour], [at.x + shift for at in line.points]
    axes.vlines(x, [at.low for at in line.points], [at.high for at in line.points], color=colour, lw=1.1, zorder=2)
    values = [at.value for at in line.points]
    axes.plot(x, values, color=colour, lw=1.2, ls=DASHES[line.dash], zorder=3, **mark(line))
