"""Forest: an effect by audit and subject, or by group, with its interval, its worst case and the gate's margin."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from standfast.reports.drawings import Forest, ForestGroup, ForestRow
from standfast.reports.figures import label
from standfast.reports.figures._sheet import Sheet, short, tick
from standfast.reports.style import LIGHT

_ROW, _HEAD, _TOP, _FOOT = 5.4, 7.0, 5.0, 12.0
_X, _PLOT = 58.0, 68.0
_ITEMS, _ESTIMATE, _INTERVAL = 54.0, 141.0, 168.0
_NEAR_EDGE = 0.8  # of the axis, beyond which a landmark's name stands to the left of it


def draw(data: Forest) -> Figure:
    """Draw one row per subject under a heading per audit."""
    body = sum(_HEAD + _ROW * len(group.rows) for group in data.groups)
    sheet = Sheet(_TOP + body + _FOOT)
    axes = sheet.axes(_X, _TOP, _PLOT, body)
    _frame(axes, data, body)
    for x, text in ((_ITEMS, data.size), (_ESTIMATE, data.unit), (_INTERVAL, data.interval)):
        sheet.text(x, 2.2, text, ha="right", size=7.6, color=LIGHT["mute"])
    _landmarks(axes, data)
    y = 0.0
    for group in data.groups:
        _margin(axes, group, y)
        sheet.text(0, _TOP + y + _HEAD / 2, short(group.title, 36), weight="semibold", size=8.8)
        y += _HEAD
        for row in group.rows:
            _row(sheet, axes, row, y + _ROW / 2)
            y += _ROW
    sheet.text(_X + _PLOT / 2, sheet.height - 2.2, data.axis, ha="center", size=8, color=LIGHT["mute"])
    return sheet.figure


def _frame(axes: Axes, data: Forest, body: float) -> None:
    """Set an axis in mm downwards that holds zero, every interval and every margin."""
    ends = [0.0, *data.holds, *(at for at, _ in data.landmarks)]
    ends += [group.margin for group in data.groups if group.margin is not None]
    for row in (row for group in data.groups for row in group.rows):
        ends += [row.point.low, row.point.high] if row.point else []
        ends += row.worst or ()
        ends += [] if row.raw is None else [row.raw]
    pad = (max(ends) - min(ends)) * 0.05 or 1.0
    axes.set_xlim(min(ends) - pad, max(ends) + pad)
    axes.set_ylim(body, 0)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(tick)
    axes.axvline(0, color=LIGHT["mute"], lw=0.7, zorder=1)


def _landmarks(axes: Axes, data: Forest) -> None:
    """Name values on the axis beside the first heading, one below the other so that near ones can both be read."""
    left, right = axes.get_xlim()
    for i, (at, name) in enumerate(data.landmarks):
        axes.axvline(at, color=LIGHT["mute"], lw=0.9, ls=(0, (4, 1.8)) if at else "-", zorder=1)
        beyond = (at - left) / (right - left) > _NEAR_EDGE
        shift, ha = (-3, "right") if beyond else (3, "left")
        style: dict[str, Any] = {"textcoords": "offset points", "ha": ha, "va": "center", "color": LIGHT["mute"]}
        axes.annotate(label(name), (at, 1.9 + 2.7 * i), xytext=(shift, 0), size=7.4, **style)


def _margin(axes: Axes, group: ForestGroup, top: float) -> None:
    """Shade the worse side of a gate's margin over the rows of its group."""
    if group.margin is None:
        return
    start, end = top + 1.2, top + _HEAD + _ROW * len(group.rows) - 0.4
    edge = axes.get_xlim()[0 if group.unsafe == "below" else 1]
    axes.fill_between([edge, group.margin], start, end, color=LIGHT["fail"], alpha=0.07, lw=0, zorder=0)
    axes.plot([group.margin] * 2, [start, end], color=LIGHT["fail"], lw=0.9, zorder=1)
    side = "right" if group.unsafe == "below" else "left"
    gap = " " if side == "left" else ""
    text = f"{gap}margin {tick(group.margin)}{'' if gap else '  '}"
    axes.text(group.margin, start + 1.9, text, ha=side, va="center", size=7.4, color=LIGHT["fail"])


def _row(sheet: Sheet, axes: Axes, row: ForestRow, y: float) -> None:
    """Draw one subject."""
    at = _TOP + y
    sheet.text(3, at, short(row.label, 26), size=8.2)
    sheet.text(_ITEMS, at, row.size, ha="right", size=8.2, color=LIGHT["mute"])
    if not row.point:
        sheet.text(_INTERVAL, at, row.estimate, ha="right", size=8.2, color=LIGHT["mute"])
        return
    sheet.text(_ESTIMATE, at, row.estimate, ha="right", size=8.2)
    sheet.text(_INTERVAL, at, row.interval, ha="right", size=8.2)
    if row.worst:
        axes.plot(row.worst, [y, y], color=LIGHT["mute"], lw=0.7, zorder=2)
    if row.raw is not None:
        axes.plot(row.raw, y, "o", ms=4.2, mfc=LIGHT["bg"], mec=LIGHT["ink"], mew=0.8, zorder=5)
    axes.plot([row.point.low, row.point.high], [y, y], color=LIGHT["ink"], lw=2.0, zorder=3)
    axes.plot(row.point.value, y, "s", ms=4.6, color=LIGHT["ink"], mec=LIGHT["bg"], mew=0.6, zorder=4)
