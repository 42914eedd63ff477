"""Gain by opening stance: a curve with its band, the means behind it, and the peak with its interval."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.exchanges import Prior, PriorPanel
from standfast.reports.figures._multiples import Head, empty, lay
from standfast.reports.figures._sheet import columns, tick
from standfast.reports.style import LIGHT

_LOWEST, _HIGHEST = 1, 7


def draw(data: Prior) -> Figure:
    """Draw one panel per subject on one scale."""
    across = columns(len(data.panels))
    heads = [Head(panel.title, panel.note) for panel in data.panels]
    sheet, plots = lay(heads, (), left=13.0, height=42.0 if across < 3 else 32.0, foot=11.0)
    low, high = _limits(data)
    most = max((dot.n for panel in data.panels for dot in panel.dots), default=1)
    for i, (axes, panel) in enumerate(zip(plots, data.panels, strict=True)):
        axes.set_ylim(low, high)
        _panel(axes, panel, most)
        axes.set_xlabel("opening stance, towards the aim" if across < 3 else "opening stance", size=8, labelpad=1.5)
        if i % across == 0:
            axes.set_ylabel("gain (points)", size=8)
    return sheet.figure


def _limits(data: Prior) -> tuple[float, float]:
    """Return one scale that holds zero; below it is room for the peak's interval."""
    ends = [0.0]
    for panel in data.panels:
        ends += [end for node in panel.curve for end in (node.low, node.high)]
        ends += [dot.value for dot in panel.dots]
    size = (max(ends) - min(ends)) or 1.0
    return min(ends) - size * 0.14, max(ends) + size * 0.07


def _panel(axes: Axes, panel: PriorPanel, most: int) -> None:
    """Draw one subject; the area of a dot grows with its conversations."""
    axes.set_xlim(_LOWEST - 0.4, _HIGHEST + 0.4)
    axes.set_xticks(range(_LOWEST, _HIGHEST + 1))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(tick)
    axes.grid(axis="y")
    axes.axhline(0, color=LIGHT["mute"], lw=0.7, zorder=1)
    if not panel.curve and not panel.dots:
        empty(axes)
    if panel.curve:
        x = [node.x for node in panel.curve]
        low, high = [node.low for node in panel.curve], [node.high for node in panel.curve]
        axes.fill_between(x, low, high, color=LIGHT["advisor"], alpha=0.18, lw=0)
        axes.plot(x, [node.value for node in panel.curve], color=LIGHT["advisor"], lw=1.6, zorder=3)
    for dot in panel.dots:
        size = 2.0 + 4.2 * (dot.n / most) ** 0.5
        axes.plot(dot.x, dot.value, "o", ms=size, mfc=LIGHT["ink"], mec=LIGHT["bg"], mew=0.6, zorder=4)
    if panel.peak:
        _peak(axes, *panel.peak)


def _peak(axes: Axes, value: float, low: float, high: float) -> None:
    """Draw the peak as a line with its interval along the foot; what lies beyond the scale ends at the edge."""
    foot, top = axes.get_ylim()
    y = foot + (top - foot) * 0.05
    left, right = axes.get_xlim()
    colour = LIGHT["peer"]
    axes.plot([value, value], [foot, top], color=colour, lw=0.9, ls=(0, (4, 1.8)), zorder=2)
    axes.plot([max(low, left), min(high, right)], [y, y], color=colour, lw=2.0, zorder=4)
    axes.plot(value, y, "D", ms=4.2, color=colour, mec=LIGHT["bg"], mew=0.6, zorder=5)
