"""Role × profile: means of the lead measures along the profile ladder, one line per role."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.drawings import Band, Interaction, Line, Panel
from standfast.reports.figures import label
from standfast.reports.figures._sheet import WIDTH, Sheet, columns, lines_of, short, tick
from standfast.reports.style import LIGHT

_LEFT, _GAP, _TOP, _HEAD, _SUBHEAD = 9.0, 7.0, 2.5, 6.0, 4.5
_DODGE = 0.09
_FEW = 4  # tick labels that fit side by side


def draw(data: Interaction) -> Figure:
    """Draw bands of panels: one subject side by side, several subjects as small multiples."""
    alone = len(data.bands[0].panels) == 1
    return _pair(data) if alone else _multiples(data)


def _pair(data: Interaction) -> Figure:
    """Draw one subject: the measures side by side, with their lines named."""
    foot, room, height = _foot(data, 2), 33.0, 44.0
    sheet = Sheet(_HEAD + height + foot)
    width = (WIDTH - _LEFT) / len(data.bands) - room if len(data.bands) > 1 else 84.0
    for i, band in enumerate(data.bands):
        x = _LEFT + i * (width + room + 2)
        sheet.text(x - _LEFT, 2.5, f"{short(band.title, 40)}, {band.unit}", weight="semibold", size=9.2)
        axes = sheet.axes(x, _HEAD, width, height)
        _panel(axes, band.panels[0], data, limits(band), names=True)
        _ticks(axes, data, 2)
    return sheet.figure


def _multiples(data: Interaction) -> Figure:
    """Draw several subjects: a row of panels per measure, or two where there are many."""
    side = len(data.bands[0].panels)
    across, deep = columns(side), lines_of(side)
    height = 30.0 if across > 2 else 36.0
    foot = _foot(data, across) + (2.0 if deep > 1 else 0.0)
    block = _HEAD + deep * (_SUBHEAD + height + foot)
    sheet = Sheet(_TOP + block * len(data.bands) - 1)
    sheet.key(data.bands[0].panels[0].lines, 2.5)
    width = (WIDTH - _LEFT - _GAP * (across - 1)) / across
    for b, band in enumerate(data.bands):
        top = _TOP + b * block
        sheet.text(0, top, f"{short(band.title, 60)}, {band.unit}", weight="semibold", size=9.2)
        for i, panel in enumerate(band.panels):
            x = _LEFT + (i % across) * (width + _GAP)
            y = top + _HEAD + (i // across) * (_SUBHEAD + height + foot) - 2
            sheet.text(x, y + 1, short(panel.title, int(width / 1.6)), size=8, color=LIGHT["mute"])
            axes = sheet.axes(x, y + _SUBHEAD, width, height)
            _panel(axes, panel, data, limits(band), names=False)
            _ticks(axes, data, across)
            if i % across:
                axes.tick_params(labelleft=False)
    return sheet.figure


def limits(band: Band) -> tuple[float, float]:
    """Return one scale for all panels of a measure, with some air."""
    points = [point for panel in band.panels for line in panel.lines for point in line.points]
    low, high = min(p.low for p in points), max(p.high for p in points)
    pad = max((high - low) * 0.08, 0.5 if band.unit == "%" else 0.05)
    return low - pad, high + pad


def _panel(axes: Axes, panel: Panel, data: Interaction, scale: tuple[float, float], *, names: bool) -> None:
    """Draw one subject on one measure."""
    axes.set_ylim(*scale)
    axes.set_xlim(-0.35, len(data.ticks) - 0.65)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(tick)
    axes.grid(axis="y")
    drawn = [line for line in panel.lines if line.points]
    if not drawn:
        axes.text(0.5, 0.5, "not estimated", transform=axes.transAxes, ha="center", color=LIGHT["mute"], size=8)
    for i, line in enumerate(drawn):
        _line(axes, line, (i - (len(drawn) - 1) / 2) * _DODGE, data)
    if names:
        _name(axes, drawn, scale, len(data.ticks))


def _line(axes: Axes, line: Line, shift: float, data: Interaction) -> None:
    """Draw one role: dotted up to the base, solid from there."""
    colour = LIGHT[line.colour]
    x = [p.x + shift for p in line.points]
    y = [p.value for p in line.points]
    start = next((i for i, p in enumerate(line.points) if p.x >= data.base), len(x) - 1)
    axes.plot(x[: start + 1], y[: start + 1], color=colour, lw=1.0, ls=(0, (1, 1.6)), zorder=2)
    axes.plot(x[start:], y[start:], color=colour, lw=1.7, zorder=3)
    axes.vlines(x, [p.low for p in line.points], [p.high for p in line.points], color=colour, lw=1.2, zorder=3)
    for hollow, face in ((True, LIGHT["bg"]), (False, colour)):
        own = [(at, p.value) for at, p in zip(x, line.points, strict=True) if (p.x < data.hollow) == hollow]
        axes.plot(*zip(*own, strict=True), "o", ms=4.6, mfc=face, mec=colour, mew=1.3, zorder=4) if own else None


def _name(axes: Axes, lines: list[Line], scale: tuple[float, float], ticks: int) -> None:
    """Write role and effect at the end of each line, apart from one another."""
    step = (scale[1] - scale[0]) * 0.2
    ends = sorted(lines, key=lambda line: line.points[-1].value)
    y = float("-inf")
    for line in ends:
        y = max(line.points[-1].value, y + step)
        at: dict[str, Any] = {
            "xytext": (9, 0),
            "textcoords": "offset points",
            "annotation_clip": False,
            "color": LIGHT[line.colour],
        }
        anchor = (ticks - 1, y)
        axes.annotate(label(line.label), anchor, va="bottom", weight="semibold", size=8.6, **at)
        if line.note:
            axes.annotate(label(line.note), anchor, va="top", size=7.6, **at)


def _ticks(axes: Axes, data: Interaction, across: int) -> None:
    """Label the profile levels, turned where there are many."""
    many = len(data.ticks) > _FEW
    axes.set_xticks(range(len(data.ticks)))
    turn = (90 if across > 2 else 45) if many else 0
    axes.set_xticklabels(
        [label(short(t, 14)) for t in data.ticks], rotation=turn, ha="right" if turn == 45 else "center"
    )


def _foot(data: Interaction, across: int) -> float:
    """Return the room below a panel for its tick labels."""
    if len(data.ticks) <= _FEW:
        return 6.8
    return 24.0 if across > 2 else 19.0
