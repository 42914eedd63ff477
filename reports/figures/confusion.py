"""Judge against people: a matrix of counts per question, the darker the more."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from standfast.reports.drawings import Confusion, Matrix
from standfast.reports.figures import label
from standfast.reports.figures._sheet import WIDTH, Sheet, short
from standfast.reports.style import LIGHT

_ACROSS, _LEFT, _HEAD, _SIDE, _FOOT, _GAP = 3, 17.0, 11.0, 26.0, 12.0, 4.0
_NOTES = 15.0  # room for the coefficients beside a matrix
_DARKEST = 0.5  # so that the counts can be read on it


def draw(data: Confusion) -> Figure:
    """Draw the matrices, three side by side."""
    deep = -(-len(data.matrices) // _ACROSS)
    block = _HEAD + _SIDE + _FOOT
    sheet = Sheet(deep * block)
    step = WIDTH / _ACROSS
    for i, matrix in enumerate(data.matrices):
        x, y = (i % _ACROSS) * step, (i // _ACROSS) * block
        sheet.text(x, y + 2.5, short(matrix.title, 34), weight="semibold", size=8.8)
        width = step - _LEFT - _NOTES - _GAP
        _matrix(sheet.axes(x + _LEFT, y + _HEAD, width, _SIDE), matrix)
        sheet.text(x + _LEFT + width / 2, y + _HEAD + _SIDE + 7.5, "judge", ha="center", size=7.6, color=LIGHT["mute"])
        sheet.text(x, y + _HEAD - 3.4, "person", size=7.6, color=LIGHT["mute"])
        for row, (value, name) in enumerate(matrix.notes):
            at = y + _HEAD + 2.5 + row * 8.4
            sheet.text(x + _LEFT + width + 2, at, value, size=8.6, weight="semibold")
            sheet.text(x + _LEFT + width + 2, at + 3.4, name, size=6.8, color=LIGHT["mute"])
    return sheet.figure


def _matrix(axes: Axes, matrix: Matrix) -> None:
    """Draw the counts; each row is shaded by its share."""
    size = len(matrix.answers)
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)
    axes.spines[["bottom"]].set_visible(False)
    names = [label(short(name, 11 if size < 4 else 7)) for name in matrix.answers]
    axes.set_xticks([i + 0.5 for i in range(size)], names, size=7.2)
    axes.set_yticks([i + 0.5 for i in range(size)], names, size=7.2)
    axes.tick_params(length=0)
    for row, counts in enumerate(matrix.counts):
        for column, count in enumerate(counts):
            share = count / (sum(counts) or 1)
            cell = Rectangle(
                (column, row), 1, 1, facecolor=LIGHT["advisor"], alpha=_DARKEST * share, edgecolor="none", lw=0
            )
            axes.add_patch(cell)
            edge = Rectangle((column, row), 1, 1, fill=False, edgecolor=LIGHT["grid"], lw=0.6)
            axes.add_patch(edge)
            weight = "semibold" if row == column else "regular"
            colour = LIGHT["ink"] if count else LIGHT["mute"]
            axes.text(
                column + 0.5, row + 0.52, f"{count:,}", ha="center", va="center", size=8.2, color=colour, weight=weight
            )
