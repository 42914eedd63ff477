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
Tone = Literal["plain", "strong", "muted", "mono", "pass", "fail", "inconclusive", "missing"]
Side = Literal["below", "above"]


class Part(BaseModel):
    """A piece of the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Plot(Part):
    """An interval on a scale from 0 to 1; both formats draw the same positions."""

    low: Finite
    high: Finite
    estimate: Finite
    zero: Finite
    margin: Finite | None = None
    unsafe: Side | None = None
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
    """One subject in a forest plot; `None` where there is no estimate."""

    label: Name
    size: Name
    estimate: Name
    interval: Name
    point: Point | None
    worst: tuple[Finite, Finite] | None = None


class ForestGroup(Part):
    """Rows of one audit, with the margin of its gate where there is one."""

    title: Name
    margin: Finite | None = None
    unsafe: Side | None = None
    rows: tuple[ForestRow, ...]


class Forest(Part):
    """Effects with their intervals, one row each."""

    kind: Literal["forest"] = "forest"
    axis: Name
    interval: Name
    groups: tuple[ForestGroup, ...]


class Holding(Part):
    """Share that still holds, by turn, one panel per subject."""

    kind: Literal["holding"] = "holding"
    turns: int
    panels: tuple[Panel, ...]
