"""Small multiples of one kind: a key on top, a title and a note above each plot."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from standfast.reports.drawings import Line
from standfast.reports.figures import label
from standfast.reports.figures._sheet import DASHES, WIDTH, Sheet, columns, lines_of, short, width_of
from standfast.reports.style import LIGHT

MARKS = {"advisor": "o", "peer": "s", "role3": "^", "role4": "D"}  # a line is told by its mark as well
_GAP, _KEY_ROW, _SUBHEAD, _NOTE, _APART = 6.0, 5.0, 4.5, 4.6, 2.5
_SWATCH, _BETWEEN = 8.5, 5.0
_RIGHT = 2.5  # room for half of the last number of an axis


class Head(NamedTuple):
    """What stands above a plot; an empty note is not shown."""

    title: str
    note: str = ""


def lay(
    heads: Sequence[Head], key: Sequence[Line], *, left: float, height: float, foot: float
) -> tuple[Sheet, list[Axes]]:
    """Return a sheet with one plot per head, each `height` mm high, and the key of the lines where there are several."""
    alone = len(heads) == 1
    rows = _rows(key) if len(key) > 1 else []
    top = _KEY_ROW * len(rows) + (1.5 if rows else 0.0)
    above = (0.0 if alone else _SUBHEAD) + (_NOTE if any(head.note for head in heads) else 0.0)
    across, deep = columns(len(heads)), lines_of(len(heads))
    step = above + height + foot + (_APART if deep > 1 else 0.0)
    sheet = Sheet(top + deep * step)
    for i, row in enumerate(rows):
        _key(sheet, row, 2.5 + i * _KEY_ROW)
    width = 118.0 if alone else (WIDTH - _RIGHT - left - _GAP * (across - 1)) / across
    made = []
    for i, head in enumerate(heads):
        x, y = left + (i % across) * (width + _GAP), top + (i // across) * step
        if not alone:
            sheet.text(x, y + 1, short(head.title, int(width / 1.5)), size=8, color=LIGHT["mute"])
        if head.note:
            sheet.text(x, y + above - 2.2, short(head.note, int(width / 1.35)), size=8, weight="semibold")
        axes = sheet.axes(x, y + above, width, height)
        axes.tick_params(labelleft=i % across == 0)
        made.append(axes)
    return sheet, made


def empty(axes: Axes) -> None:
    """Say that there is nothing to draw."""
    axes.text(0.5, 0.5, "not estimated", transform=axes.transAxes, ha="center", color=LIGHT["mute"], size=8)


def shifts(lines: int, apart: float) -> list[float]:
    """Return how far each of several lines is moved aside, so that their intervals do not hide one another."""
    return [(i - (lines - 1) / 2) * apart for i in range(lines)]


def mark(line: Line) -> dict[str, Any]:
    """Return how a line's points are drawn: hollow where it is not solid."""
    colour = LIGHT[line.colour]
    face = colour if line.dash == "solid" else LIGHT["bg"]
    return {"marker": MARKS.get(line.colour, "o"), "ms": 4.4, "mfc": face, "mec": colour, "mew": 1.1}


def _rows(key: Sequence[Line]) -> list[list[Line]]:
    """Divide the key into rows that fit the sheet."""
    rows: list[list[Line]] = [[]]
    room = WIDTH
    for line in key:
        needed = width_of(label(line.label)) + _SWATCH + _BETWEEN
        if needed > room and rows[-1]:
            rows.append([])
            room = WIDTH
        rows[-1].append(line)
        room -= needed
    return rows


def _key(sheet: Sheet, lines: Sequence[Line], y: float) -> None:
    """Write the names of lines with their marks, from the left edge."""
    x = 0.0
    for line in lines:
        colour, level = LIGHT[line.colour], 1 - y / sheet.height
        drawn = Line2D([x / WIDTH, (x + 6.8) / WIDTH], [level] * 2, color=colour, lw=1.4, ls=DASHES[line.dash])
        dot = Line2D([(x + 3.4) / WIDTH], [level], ls="", **mark(line))
        for artist in (drawn, dot):
            sheet.figure.add_artist(artist)
        sheet.text(x + _SWATCH, y, line.label, color=colour, size=8.2, weight="semibold")
        x += _SWATCH + width_of(label(line.label)) + _BETWEEN
