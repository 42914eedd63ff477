"""What is missing, counted by measure, role and profile."""

from dataclasses import dataclass

import pandas as pd

from standfast.analysis.frames import STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """How many planned values of one measure in one condition came to what.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        role: Role.
        profile: Profile level.
        planned: Planned values.
        counts: Status -> number of values; sums to `planned`. Statuses are those of `frames.STATUSES`.
    """

    model: str
    audit: str
    measure: str
    role: str
    profile: str
    planned: int
    counts: dict[str, int]


def table(frame: pd.DataFrame) -> list[MissingRow]:
    """Count the statuses of every measure in every role × profile level; every planned value is in one count."""
    by = ["model", "audit", "measure", "role", "profile"]
    counted = frame.groupby([*by, "status"]).size().unstack(fill_value=0).reindex(columns=list(STATUSES), fill_value=0)
    rows = []
    for key, numbers in zip(counted.index, counted.to_numpy(int).tolist(), strict=True):
        counts = dict(zip(STATUSES, numbers, strict=True))
        rows.append(MissingRow(**dict(zip(by, key, strict=True)), planned=sum(numbers), counts=counts))
    return rows
