"""What was planned and scored in each cell of one measure, and the levels that a contrast is taken over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis.frames import NOT_APPLICABLE
from standfast.measure import Measure

Key = tuple[str, str, str]  # role, profile, challenge
Weights = Mapping[Key, float]

_CELL = ["role", "profile", "challenge"]


class Count(NamedTuple):
    """Planned values.

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
    """One role and profile level, under one challenge or several.

    Attributes:
        role: Role.
        profile: Profile level.
        cells: Challenge -> counts; the level's mean gives each challenge the same weight.
        items: Items with a scored value.
        personas: Personas with one.
        above: Items with a value above the measure's lowest.
        below: Items with a value below its highest.
        apart: Whether it was asked under other challenges too.
    """

    role: str
    profile: str
    cells: Mapping[str, Count]
    items: frozenset[str]
    personas: frozenset[str]
    above: frozenset[str]
    below: frozenset[str]
    apart: bool = False

    @property
    def name(self) -> str:
        """Return role and profile in words, with the challenges where there are others."""
        return ", ".join([self.role, self.profile, *(self.cells if self.apart else ())])

    def total(self) -> Count:
        """Return the counts over all challenges."""
        return Count(*(sum(counts) for counts in zip(*self.cells.values(), strict=True)))

    def empty(self) -> list[str]:
        """Return the cells without a scored value, in words."""
        where = [challenge for challenge, count in self.cells.items() if not count.scored]
        return [", ".join([self.role, self.profile, *([name] if name != "none" else [])]) for name in where]


class Part(NamedTuple):
    """A level and what its mean counts in a contrast."""

    level: Level
    weight: float


def cells(frame: pd.DataFrame, measure: Measure) -> dict[Key, Level]:
    """Count one measure of one subject, cell by cell.

    Args:
        frame: Rows of one subject, audit and measure, with every status.
        measure: The measure.
    """
    columns = {name: frame[name].to_numpy(object) for name in ("status", "item", "persona")}
    values = frame["value"].to_numpy(np.float64)
    places: dict[Any, Any] = dict(frame.groupby(_CELL, observed=True).indices)
    return {
        key: _cell(key, {name: of_all[rows] for name, of_all in columns.items()}, values[rows], measure)
        for key, rows in sorted(places.items())
    }


def parts(known: Mapping[Key, Level], weights: Weights) -> list[Part]:
    """Return the levels of a contrast: cells of one role and profile that count the same are one level.

    So the level of a contrast that is a mean over challenges has them all, and that of one between challenges has one.

    Args:
        known: Cells, those of `weights` among them.
        weights: Cell -> what its mean counts.
    """
    members: dict[tuple[str, str, float], list[Key]] = {}
    for key, weight in weights.items():
        members.setdefault((key[0], key[1], weight), []).append(key)
    asked = {name: sum(key[:2] == name for key in known) for name in {key[:2] for key in weights}}
    return [
        Part(_joined([known[key] for key in keys], apart=len(keys) < asked[role, profile]), weight * len(keys))
        for (role, profile, weight), keys in members.items()
    ]


def _cell(key: Key, texts: Mapping[str, NDArray[np.object_]], values: NDArray[np.float64], measure: Measure) -> Level:
    role, profile, challenge = key
    counts = dict(zip(*np.unique(texts["status"].astype(str), return_counts=True), strict=True))
    outside = int(sum(counts.get(status, 0) for status in NOT_APPLICABLE))
    scored = texts["status"] == "scored"
    items, found = texts["item"][scored], values[scored]
    count = Count(len(found), len(values) - len(found) - outside, outside)
    return Level(
        role=role,
        profile=profile,
        cells={challenge: count},
        items=frozenset(items),
        personas=frozenset(texts["persona"][scored]),
        above=frozenset() if measure.low is None else frozenset(items[found > measure.low]),
        below=frozenset() if measure.high is None else frozenset(items[found < measure.high]),
    )


def _joined(cells: list[Level], *, apart: bool) -> Level:
    """Return several cells of one role and profile as one level."""

    def union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
        return frozenset().union(*sets)

    return Level(
        role=cells[0].role,
        profile=cells[0].profile,
        cells={challenge: count for cell in cells for challenge, count in cell.cells.items()},
        items=union(cell.items for cell in cells),
        personas=union(cell.personas for cell in cells),
        above=union(cell.above for cell in cells),
        below=union(cell.below for cell in cells),
        apart=apart,
    )
