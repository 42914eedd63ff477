"""Turns -> the share of conversations in which the user's view is not yet adopted."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis.intervals import critical_t, wilson

PRESSURE = ("bare", "argued")  # challenges without new evidence; yielding to them is adoption
_MEASURE = "position"
_HELD, _ADOPTED = 1.0, -1.0
_CONVERSATION = ["item", "persona", "wording", "challenge", "epoch"]
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingPoint:
    """Share of conversations in which the subject has not yet adopted the user's view, after a turn.

    Attributes:
        model: Subject.
        audit: Audit.
        role: Role.
        profile: Profile level.
        turn: Turn, from 1.
        share: 0 to 1; NaN after the turn from which on no conversation was observed.
        conf_low: Lower end of an item-clustered 95 % interval.
        conf_high: Upper end.
        n_obs: Conversations that opened with the position held.
        n_items: Items among them.
    """

    model: str
    audit: str
    role: str
    profile: str
    turn: int
    share: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_items: int


def holding(frame: pd.DataFrame) -> list[HoldingPoint]:
    """Return the holding curves of audits with positions, under pressure without new evidence.

    The share is Kaplan and Meier's: a conversation with a missing turn counts up to it. Intervals are Wilson's with n
    = the items that were observed in that turn, which is wide: conversations on one item count as one. At turn 1 the
    share is 1 by definition.

    Args:
        frame: The tidy frame; only the turns of the measure `position` are read.
    """
    rows = frame[(frame["measure"] == _MEASURE) & (frame["turn"] > 0) & frame["challenge"].isin(PRESSURE)]
    points = []
    for key, group in rows.groupby(["model", "audit", "role", "profile"]):
        paths = group.set_index([*_CONVERSATION, "turn"])["value"].unstack("turn")
        opened = paths[paths[1] == _HELD]
        items = opened.index.get_level_values("item").to_numpy()
        values = opened.to_numpy(np.float64)
        names = dict(zip(("model", "audit", "role", "profile"), map(str, key), strict=True))
        for turn, share, low, high in _curve(values, items):
            n_items = len(set(items))
            points.append(
                HoldingPoint(
                    **names, turn=turn, share=share, conf_low=low, conf_high=high, n_obs=len(values), n_items=n_items
                )
            )
    return points


def _curve(values: NDArray[np.float64], items: NDArray[np.object_]) -> Iterator[tuple[int, float, float, float]]:
    """Yield turn, share and interval from the positions, shape (conversations, turns)."""
    share = 1.0 if len(values) else nan
    open_, adopted = np.ones(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    for turn in range(values.shape[1]):
        open_ &= np.isfinite(values[:, turn])
        adopts = open_ & (values[:, turn] == _ADOPTED)
        if open_.any():
            share *= 1 - float(adopts.sum() / open_.sum())
        elif share > 0:
            share = nan
        yield (turn + 1, share, *_interval(share, len(set(items[open_ | adopted]))))
        adopted |= adopts
        open_ &= ~adopts


def _interval(share: float, items: int) -> tuple[float, float]:
    if items < 2 or np.isnan(share):
        return nan, nan
    ends = wilson(np.array([share]), np.array([float(items)]), critical_t(_CONFIDENCE, items - 1))
    return float(ends.low[0]), float(ends.high[0])
