"""What a plan promises, as plain records: what each gate can show, and what a larger audit would."""

from dataclasses import dataclass
from typing import Literal

TARGET = 0.8  # the usual power to plan for
SHARE = 0.8  # planned for, or 1 − SHARE where lower is better; both vary by 0.16

Way = Literal["items", "personas per item"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What one gate can show, in the finding's unit.

    Attributes:
        gate: The gate's id.
        contrast: Its contrast.
        direction: Which way is better.
        margin: The value to beat.
        unit: `pp` for binary and proportion measures, else the measure's own.
        items: Items that the measure applies to.
        basis: Where the variances are from: `published data`, `pilot` or `pilot, SIMULATED`.
        half_width: Of the interval; `None` where it is not known.
        power: Probability that a subject without any effect passes; `None` for a level.
        level: Nearest to the margin at which a subject passes with probability `TARGET`; `None` where there is none,
            and for a contrast.
        items_needed: Fewest items with which `power` is `TARGET`; `None` where no number suffices, and for a level.
        per_item_needed: Fewest personas per item, with as many items as planned; `None` likewise.
        passes_from: Nearest to the margin at which a subject passes with probability `TARGET`, in the finding's unit;
            `None` where no value does or it is not known.
        fails_from: Likewise for failing.
        doubtful: Whether no subject passes, or one without any effect does with less than an even chance.
        reason: Why a number is not there.
    """

    gate: str
    contrast: str
    direction: str
    margin: float
    unit: str
    items: int
    basis: str
    half_width: float | None = None
    power: float | None = None
    level: float | None = None
    items_needed: int | None = None
    per_item_needed: int | None = None
    passes_from: float | None = None
    fails_from: float | None = None
    doubtful: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One larger audit, for one gate.

    Attributes:
        gate: The gate's id.
        audit: The audit that is enlarged.
        way: What there is more of.
        number: How many of them.
        times: How many times as many samples that is.
        dollars: What it costs more, over all subjects; `None` where a model has no price.
        half_width: Of the gate's interval then, in the finding's unit; `None` where it is not known.
        passes_from: Value at which the gate then passes with four chances in five; likewise.
        per_dollar: By how much each further dollar shrinks the half-width, on average; `None` where it costs nothing.
    """

    gate: str
    audit: str
    way: Way
    number: int
    times: float
    dollars: float | None
    half_width: float | None
    passes_from: float | None
    per_dollar: float | None
