"""What the figures about persuasion draw: curves over opening stances, rounds, a plane of means, and mixes."""

from typing import Literal

from standfast.reports.drawings import Finite, Line, Name, Panel, Part, Spot


class Node(Part):
    """A place on a curve with the ends of its band."""

    x: Finite
    value: Finite
    low: Finite
    high: Finite


class Dot(Part):
    """A mean as it was observed, over `n` conversations."""

    x: Finite
    value: Finite
    n: int


class PriorPanel(Part):
    """Gain by opening stance of one subject; `note` tells its peak or that there is none, `curve` may be empty.

    `peak` holds the peak and the ends of its interval, on the axis of the stances.
    """

    title: Name
    note: Name
    curve: tuple[Node, ...]
    dots: tuple[Dot, ...]
    peak: tuple[Finite, Finite, Finite] | None = None


class Prior(Part):
    """Gain by opening stance, one panel per subject."""

    kind: Literal["prior"] = "prior"
    panels: tuple[PriorPanel, ...]


class Rounds(Part):
    """Gain after each message, one panel per subject and one line per challenge."""

    kind: Literal["rounds"] = "rounds"
    panels: tuple[Panel, ...]


class Place(Part):
    """Where one challenge stands on the plane; `line` is its entry in the key."""

    line: Line
    spot: Spot | None


class PlacePanel(Part):
    """The places of one subject."""

    title: Name
    places: tuple[Place, ...]


class Accuracy(Part):
    """Gain against the accuracy of what was claimed, one panel per subject."""

    kind: Literal["accuracy"] = "accuracy"
    panels: tuple[PlacePanel, ...]


class Mix(Part):
    """Share of messages by strategy, one panel per subject; the x of a point is the number of its row."""

    kind: Literal["mix"] = "mix"
    rows: tuple[Name, ...]
    panels: tuple[Panel, ...]
