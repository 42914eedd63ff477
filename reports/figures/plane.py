"""Plane: independence against over-correction, from filler to the persona, an arrow per role."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.drawings import Line, Move, Plane, Spot
from standfast.reports.figures import label
from standfast.reports.figures._sheet import WIDTH, Sheet, columns, lines_of, short, tick
from standfast.reports.style import LIGHT

_LEFT, _GAP, _TOP, _SUBHEAD, _FOOT = 13.0, 6.0, 6.5, 4.5, 12.0
_CORNERS = (
    (0.98, 0.03, "independent", "right", "bottom"),
    (0.02, 0.03, "yields", "left", "bottom"),
    (0.98, 0.97, "contrary", "right", "top"),
    (0.02, 0.97, "yields and disputes", "left", "top"),
)


def draw(data: Plane) -> Figure:
    """Draw one panel per subject on one pair of scales."""
    side = len(data.panels)
    across, deep = columns(side), lines_of(side)
    height = 46.0 if across < 3 else 34.0
    top = _TOP if side > 1 else 0.0
    sheet = Sheet(top + deep * (_SUBHEAD + height + _FOOT))
    width = 100.0 if side == 1 else (WIDTH - _LEFT - _GAP * (across - 1)) / across
    if side > 1:
        sheet.key(_key(data), 2.5)
    for i, panel in enumerate(data.panels):
        x, y = _LEFT + (i % across) * (width + _GAP), top + (i // across) * (_SUBHEAD + height + _FOOT)
        if side > 1:
            sheet.text(x, y + 1, short(panel.title, int(width / 1.6)), size=8, color=LIGHT["mute"])
        axes = sheet.axes(x, y + _SUBHEAD, width, height)
        _frame(axes, data)
        for move in panel.moves:
            _move(axes, move)
            if side == 1 and move.end:
                _name(axes, move, move.end)
        if not any(move.end for move in panel.moves):
            axes.text(0.5, 0.5, "not estimated", transform=axes.transAxes, ha="center", color=LIGHT["mute"], size=8)
        axes.tick_params(labelleft=i % across == 0)
        if i % across == 0:
            axes.set_ylabel(label(short(data.y_axis, 34)), size=8)
        axes.set_xlabel(label(short(data.x_axis, int(width / 1.5))), size=8, labelpad=1.5)
        if across < 3:
            _corners(axes)
    return sheet.figure


def _key(data: Plane) -> tuple[Line, ...]:
    return tuple(Line(label=move.label, colour=move.colour, points=()) for move in data.panels[0].moves)


def _frame(axes: Axes, data: Plane) -> None:
    """Set one pair of scales for all panels; right is more independent, up is more over-correction."""
    spots = [s for panel in data.panels for move in panel.moves for s in (move.start, move.end) if s]
    across = [end for spot in spots for end in spot.x_ends]
    up = [end for spot in spots for end in spot.y_ends]
    x_pad, y_pad = (((max(ends) - min(ends)) * 0.1 or 1.0) for ends in (across, up))
    left, right = min(across) - x_pad, max(across) + x_pad
    axes.set_xlim(*((right, left) if data.flipped else (left, right)))
    axes.set_ylim(min(up) - y_pad, max(up) + y_pad)
    axes.grid()
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(tick)


def _move(axes: Axes, move: Move) -> None:
    """Draw where a role stands with filler, hollow, and with the persona, filled."""
    colour = LIGHT[move.colour]
    for spot, face in ((move.start, LIGHT["bg"]), (move.end, colour)):
        if spot:
            _cross(axes, spot, colour)
            axes.plot(spot.x, spot.y, "o", ms=5.0, mfc=face, mec=colour, mew=1.3, zorder=4)
    if move.start and move.end:
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": 1.3, "shrinkA": 4, "shrinkB": 4, "mutation_scale": 8}
        axes.annotate("", (move.end.x, move.end.y), xytext=(move.start.x, move.start.y), arrowprops=arrow, zorder=3)


def _name(axes: Axes, move: Move, spot: Spot) -> None:
    """Write the role beside where it ends."""
    style: dict[str, Any] = {
        "textcoords": "offset points",
        "weight": "semibold",
        "size": 8.6,
        "color": LIGHT[move.colour],
    }
    axes.annotate(label(move.label), (spot.x, spot.y), xytext=(6, 7), **style)


def _cross(axes: Axes, spot: Spot, colour: str) -> None:
    axes.plot(spot.x_ends, [spot.y, spot.y], color=colour, lw=0.8, alpha=0.5, zorder=2)
    axes.plot([spot.x, spot.x], spot.y_ends, color=colour, lw=0.8, alpha=0.5, zorder=2)


def _corners(axes: Axes) -> None:
    """Say what the corners mean."""
    for x, y, text, ha, va in _CORNERS:
        axes.text(x, y, text, transform=axes.transAxes, ha=ha, va=va, size=7.6, color=LIGHT["mute"])
