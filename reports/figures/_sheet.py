"""A sheet measured in millimetres from its top left corner, as wide as the text of the report."""

from functools import lru_cache
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath

from standfast.reports.drawings import Line
from standfast.reports.figures import label
from standfast.reports.numbers import MINUS
from standfast.reports.style import LIGHT, MM

WIDTH = 170.0
_KEY = 8.2
DASHES: dict[str, Any] = {"solid": "-", "dashed": (0, (4, 1.8)), "dotted": (0, (1, 1.6))}


class Sheet:
    """A figure of full width and the given height in mm."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.figure = Figure(figsize=(WIDTH * MM, height * MM))

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Add a plot whose upper left corner is at (x, y)."""
        bottom = self.height - y - height
        return self.figure.add_axes((x / WIDTH, bottom / self.height, width / WIDTH, height / self.height))

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write a line whose middle is at height y."""
        style = {"va": "center", "color": LIGHT["ink"], **style}
        self.figure.text(x / WIDTH, 1 - y / self.height, label(text), **style)

    def key(self, lines: tuple[Line, ...], y: float) -> None:
        """Write the names of lines in their colours, from the right edge."""
        x = WIDTH
        for line in reversed(lines):
            x -= width_of(label(line.label))
            self.text(x, y, line.label, color=LIGHT[line.colour], size=_KEY, weight="semibold")
            x -= 8.5
            at, level = [x / WIDTH, (x + 6.8) / WIDTH], [1 - y / self.height] * 2
            self.figure.add_artist(Line2D(at, level, color=LIGHT[line.colour], lw=1.6, ls=DASHES[line.dash]))
            x -= 5.0


def columns(panels: int) -> int:
    """Return how many panels stand side by side: four at most, three where there are more."""
    return panels if panels <= 4 else 3


def lines_of(panels: int) -> int:
    """Return how many rows of panels that makes."""
    return ceil(panels / columns(panels))


def short(text: str, most: int) -> str:
    """Cut the middle out of a label that is too long for its place."""
    if len(text) <= most:
        return text
    keep = (most - 1) // 2
    return f"{text[: most - 1 - keep]}…{text[-keep:]}"


def tick(value: float, _: object = None) -> str:
    """Return an axis label with a real minus sign."""
    return f"{value:g}".replace("-", MINUS)


@lru_cache(maxsize=256)
def width_of(text: str) -> float:
    """Return how wide a name in the key is, in mm."""
    shape = TextPath((0, 0), text, size=_KEY, prop=FontProperties(weight="semibold"))
    return float(shape.get_extents().x1) / 72 * 25.4
