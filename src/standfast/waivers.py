"""waivers.yaml: which gates need not hold for a while, who says so and how far it may go."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from standfast import cards
from standfast.analysis.waiving import LONGEST_DAYS
from standfast.cards import Card, Fault, Reference

Words = Annotated[str, Field(min_length=1)]


def _day(text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    message = "this is no day; write it as 2026-11-30"
    raise ValueError(message)


Day = Annotated[str, AfterValidator(_day)]


class Waiver(Card):
    """One gate that need not hold for a while."""

    gate: Words = Field(description="Id of the gate.")
    model: str | None = Field(None, description="Subject that it covers; all if left out.")
    reason: Words = Field(description="Why the release may go on although the gate does not hold.")
    approver: Words = Field(description="Who answers for that.")
    granted: Day = Field(description="Day on which it was granted, as 2026-11-30.")
    expires: Day = Field(description=f"Last day on which it holds, at most {LONGEST_DAYS} days later.")
    not_worse_than: float = Field(description="In the finding's unit: the estimate may be this bad and no worse.")

    @property
    def first_day(self) -> date:
        """Return the day on which it was granted."""
        return date.fromisoformat(self.granted)

    @property
    def last_day(self) -> date:
        """Return the last day on which it holds."""
        return date.fromisoformat(self.expires)


class Waivers(Card):
    """The file."""

    waivers: tuple[Waiver, ...] = Field(description="What was granted.")


def load(path: Path, gates: dict[str, str] | None = None) -> tuple[Waiver, ...]:
    """Read waivers.

    Args:
        path: The file.
        gates: Known gates; a waiver of another is an error.

    Raises:
        SuiteError: The file cannot be read, or is wrong; the message lists every problem.
    """

    def check(found: Waivers) -> Iterator[Reference | Fault]:
        seen = set()
        for i, waiver in enumerate(found.waivers):
            place = ("waivers", i)
            days = (waiver.last_day - waiver.first_day).days
            if days < 0:
                yield Fault((*place, "expires"), "it expires before it was granted")
            if days > LONGEST_DAYS:
                most = f"grant at most {LONGEST_DAYS} days, and look again"
                yield Fault((*place, "expires"), f"it holds for {days} days", most)
            if gates is not None:
                yield Reference((*place, "gate"), "gate", waiver.gate, list(gates))
            if (waiver.gate, waiver.model) in seen:
                yield Fault((*place, "gate"), "this gate is waived twice")
            seen.add((waiver.gate, waiver.model))

    return cards.load(path, Waivers, check=check).waivers
