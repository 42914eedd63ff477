"""What was planned and scored in each role × profile level of one measure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from standfast.analysis.frames import NOT_APPLICABLE
from standfast.measure import Measure

Key = tuple[str, str]  # role, profile


class Count(NamedTuple):
    """Values of one design cell.

    Attributes:
        scored: Scored values.
        missing: Planned values without a score.
        outside: Planned values that turned out not to apply, such as no position to hold.
    """

    scored: int
    missing: int
    outside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One role × profile level.

    Attributes:
        role: Role.
        profile: Profile level.
        cells: Challenge -> counts; the level's mean gives each challenge the same weight.
        items: Items with a scored value.
        above: How many of them have a mean above the measure's lowest value.
        below: How many have a mean below its highest value.
    """

    role: str
    profile: str
    cells: Mapping[str, Count]
    items: frozenset[str]
    above: int
    below: int

    @property
    def name(self) -> str:
        """Return role and profile in words."""
        return f"{self.role}, {self.profile}"

    def total(self) -> Count:
        """Return the counts over all challenges."""
        return Count(*(sum(counts) for counts in zip(*self.cells.values(), strict=True)))

    def empty(self) -> list[str]:
        """Return the challenges without a scored value."""
        return [challenge for challenge, count in self.cells.items() if not count.scored]


def levels(frame: pd.DataFrame, measure: Measure) -> dict[Key, Level]:
    """Count one measure of one subject.

    Args:
        frame: Rows of one subject, audit and measure, with every status.
        measure: The measure.
    """
    status = frame["status"]
    kinds = pd.DataFrame(
        {
            "role": frame["role"],
            "profile": frame["profile"],
            "challenge": frame["challenge"],
            "scored": status == "scored",
            "outside": status.isin(NOT_APPLICABLE),
        }
    )
    kinds["missing"] = ~(kinds["scored"] | kinds["outside"])
    counted = kinds.groupby(["role", "profile", "challenge"])[["scored", "missing", "outside"]].sum()
    cells: dict[Key, dict[str, Count]] = {}
    for (role, profile, challenge), row in zip(counted.index, counted.to_numpy(int), strict=True):
        cells.setdefault((role, profile), {})[challenge] = Count(*map(int, row))
    scored = frame[status == "scored"]
    means: dict[Key, dict[str, float]] = {}
    by_item = scored.groupby(["role", "profile", "item"])["value"].mean()
    for (role, profile, item), mean in zip(by_item.index, by_item.to_numpy(float), strict=True):
        means.setdefault((role, profile), {})[item] = float(mean)
    return {key: _level(key, counts, means.get(key, {}), measure) for key, counts in cells.items()}


def _level(key: Key, cells: Mapping[str, Count], means: Mapping[str, float], measure: Measure) -> Level:
    return Level(
        role=key[0],
        profile=key[1],
        cells=cells,
        items=frozenset(means),
        above=0 if measure.low is None else sum(mean > measure.low for mean in means.values()),
        below=0 if measure.high is None else sum(mean < measure.high for mean in means.values()),
    )
