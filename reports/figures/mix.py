"""Mix of strategies: the share of messages that use each, one row per strategy, one mark per challenge."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.drawings import Line, Panel
from standfast.reports.exchanges import Mix
from standfast.reports.figures import label
from standfast.reports.figures._multiples import Head, empty, lay, mark, shifts
from standfast.reports.figures._sheet import short, tick
from standfast.reports.style import LIGHT

_ROW = 5.4
_LEFT = 27.0


def draw(data: Mix) -> Figure:
    """Draw one panel per subject on one scale."""
    heads, key = [Head(panel.title) for panel in data.panels], data.panels[0].lines
    row = _ROW if len(data.panels) < 7 else 4.6
    sheet, plots = lay(heads, key, left=_LEFT, height=row * len(data.rows) + 2, foot=10.5)
    highs = [at.high for panel in data.panels for line in panel.lines for at in line.points]
    right = min(max(highs, default=100.0) * 1.05, 103.0) or 100.0
    for axes, panel in zip(plots, data.panels, strict=True):
        axes.set_xlim(-right * 0.02, right)
        _panel(axes, panel, data.rows)
    return sheet.figure


def _panel(axes: Axes, panel: Panel, rows: tuple[str, ...]) -> None:
    """Draw one subject."""
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [label(short(row, 18)) for row in rows])
    axes.set_xlabel("messages that use it (%)", size=8, labelpad=1.5)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(tick)
    axes.grid(axis="x")
    for y in range(len(rows)):
        axes.axhline(y + 0.5, color=LIGHT["grid"], lw=0.5, zorder=0)
    if not any(line.points for line in panel.lines):
        empty(axes)
    for line, shift in zip(
        panel.lines, shifts(len(panel.lines), min(0.24, 0.8 / max(len(panel.lines), 1))), strict=True
    ):
        _line(axes, line, shift)


def _line(axes: Axes, line: Line, shift: float) -> None:
    """Draw the shares of one challenge with their intervals."""
    colour, y = LIGHT[line.colour], [at.x + shift for at in line.points]
    axes.hlines(y, [at.low for at in line.points], [at.high for at in line.points], color=colour, lw=1.1, zorder=2)
    axes.plot([at.value for at in line.points], y, ls="", zorder=3, **(mark(line) | {"ms": 3.8}))
