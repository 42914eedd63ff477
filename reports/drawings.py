"""What is drawn: plots and the data of figures, as frozen plain data.

Floats stand only here and where rows are sorted, and they are finite. Every text passes through `show` on its
way in, so that none can be forgotten.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from standfast.reports.text import NAME, PASSAGE, PROSE, SHORT, show


def _at_most(longest: int) -> BeforeValidator:
    """Return the check that every text passes on its way into the document."""
    return BeforeValidator(lambda text: show(text, longest=longest))


def _named(text: str) -> str:
    """Return a name that can be seen."""
    return show(text, longest=NAME) if text.strip() else "(no name)"


Passage = Annotated[str, _at_most(PASSAGE)]
Text = Annotated[str, _at_most(PROSE)]
Short = Annotated[str, _at_most(SHORT)]
Name = Annotated[str, _at_most(NAME)]
Title = Annotated[str, BeforeValidator(_named)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Tone = Literal["plain", "strong", "muted", "mono", "pass", "fail", "inconclusive", "missing", "waived"]
Side = Literal["below", "above"]


class Part(BaseModel):
    """A piece of the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Plot(Part):
    """An interval on a scale from 0 to 1; both formats draw the same positions.

    `zero` is `None` where zero means nothing. `worst` is the interval under the worst case of the missing values;
    `other` the lower margin where values must lie between two, and are worse `outside` them.
    """

    low: Finite
    high: Finite
    estimate: Finite
    zero: Finite | None
    margin: Finite | None = None
    other: Finite | None = None
    unsafe: Side | Literal["outside"] | None = None
    worst: tuple[Finite, Finite] | None = None
    tone: Tone = "plain"
    alt: Text


class Point(Part):
    """A value with its interval at one position of an axis."""

    x: int
    value: Finite
    low: Finite
    high: Finite


class Line(Part):
    """Points of one condition in one panel."""

    label: Name
    colour: str
    dash: Literal["solid", "dashed", "dotted"] = "solid"
    note: Name = ""
    points: tuple[Point, ...]


class Panel(Part):
    """One small plot."""

    title: Name
    lines: tuple[Line, ...]


class Band(Part):
    """Panels of one measure, one per subject, on one scale."""

    title: Name
    axis: Name
    unit: Name
    panels: tuple[Panel, ...]


class Interaction(Part):
    """Means by role along the profile ladder.

    `hollow` counts the levels that show nothing of the user; `base` is the one that the others are compared with.
    """

    kind: Literal["interaction"] = "interaction"
    ticks: tuple[Name, ...]
    hollow: int
    base: int
    bands: tuple[Band, ...]


class ForestRow(Part):
    """One row of a forest plot; `None` where there is no estimate, `raw` the value before it was shrunken."""

    label: Name
    size: Name
    estimate: Name
    interval: Name
    point: Point | None
    worst: tuple[Finite, Finite] | None = None
    raw: Finite | None = None


class ForestGroup(Part):
    """Rows of one audit, with the margin of its gate where there is one."""

    title: Name
    margin: Finite | None = None
    unsafe: Side | None = None
    rows: tuple[ForestRow, ...]


class Forest(Part):
    """Effects with their intervals, one row each; `size` and `unit` head the columns of numbers.

    `landmarks` are values on the axis that have a name, and `holds` others that it must reach: those of the figures
    that stand beside this one.
    """

    kind: Literal["forest"] = "forest"
    axis: Name
    interval: Name
    size: Name = "n / items"
    unit: Name = "pp"
    landmarks: tuple[tuple[Finite, Name], ...] = ()
    holds: tuple[Finite, ...] = ()
    groups: tuple[ForestGroup, ...]


class Holding(Part):
    """Share that still holds, by turn, one panel per subject."""

    kind: Literal["holding"] = "holding"
    turns: int
    panels: tuple[Panel, ...]


class Ladder(Part):
    """Effects of the persona levels against filler, rung by rung, with the trend through them.

    `slopes` holds the height of each line's trend at the first and the last rung, `None` without one.
    """

    kind: Literal["ladder"] = "ladder"
    ticks: tuple[Name, ...]
    bands: tuple[Band, ...]
    slopes: tuple[tuple[tuple[tuple[Finite, Finite] | None, ...], ...], ...]


class Spot(Part):
    """A mean on two axes with both intervals."""

    x: Finite
    y: Finite
    x_ends: tuple[Finite, Finite]
    y_ends: tuple[Finite, Finite]


class Move(Part):
    """Where one role stands with filler and with the persona; `None` where a mean is unknown."""

    label: Name
    colour: str
    start: Spot | None
    end: Spot | None


class PlanePanel(Part):
    """The moves of one subject."""

    title: Name
    moves: tuple[Move, ...]


class Plane(Part):
    """Independence against over-correction; `flipped` where less of the measure is more independent."""

    kind: Literal["plane"] = "plane"
    x_axis: Name
    y_axis: Name
    flipped: bool = False
    panels: tuple[PlanePanel, ...]


class CaterpillarPanel(Part):
    """The effects of one subject's items, sorted, with that of all; `clear` is what their intervals are held against."""

    title: Name
    points: tuple[Point, ...]
    whole: Finite | None
    clear: Finite = 0.0


class Caterpillar(Part):
    """Item effects, sorted."""

    kind: Literal["caterpillar"] = "caterpillar"
    axis: Name
    worse: Side | None
    panels: tuple[CaterpillarPanel, ...]


class Matrix(Part):
    """Counts of one question: rows are what people answered, columns what the judge did."""

    title: Name
    answers: tuple[Name, ...]
    counts: tuple[tuple[int, ...], ...]
    notes: tuple[tuple[Name, Name], ...]


class Confusion(Part):
    """Judge against people, a matrix per question."""

    kind: Literal["confusion"] = "confusion"
    matrices: tuple[Matrix, ...]
