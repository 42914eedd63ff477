"""The rows of the tidy frame, gathered by columns: a string that repeats is kept once and named by its place."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from standfast.analysis.entries import STATUSES, Slots, Verdicts

Places = npt.NDArray[np.int64]


class Strings:
    """A column of strings, each kept once, in the order in which they came."""

    def __init__(self, *known: str) -> None:
        self._place = {name: i for i, name in enumerate(known)}
        self._places: list[int] = []

    def extend(self, names: Sequence[str]) -> None:
        """Add entries."""
        self._places += self.places(names)

    def places(self, names: Sequence[str]) -> list[int]:
        """Return the place of each, kept from now on."""
        place = self._place
        return [place.setdefault(name, len(place)) for name in names]

    def gather(self, places: Iterable[Sequence[int]]) -> None:
        """Add entries by their places."""
        self._places += chain.from_iterable(places)

    def column(self, repeats: Places | None, order: Places) -> Any:
        """Return the column as a pandas array, each entry repeated so often and then in this order."""
        return pd.array(list(self._place), dtype="string").take(_spread(self._places, repeats, np.int64)[order])

    def ranks(self, repeats: Places | None) -> Places:
        """Return numbers in the order of the strings."""
        rank = np.empty(len(self._place), np.int64)
        names = list(self._place)
        rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
        found: Places = rank[_spread(self._places, repeats, np.int64)]
        return found


class Rows:
    """Rows of samples.

    Args:
        columns: Name -> dtype of each column, in their order.
        by: Columns to sort by.
    """

    def __init__(self, columns: Mapping[str, str], by: Sequence[str]) -> None:
        self._columns, self._by = columns, by
        self._held: dict[str, Strings | list[Any]] = {n: Strings() if t == "string" else [] for n, t in columns.items()}
        self._counts: list[int] = []
        self._status = Strings(*STATUSES)
        self._value: list[float] = []
        self._held |= {"status": self._status, "value": self._value}
        self._names: tuple[str, ...] = ()
        self._heads: list[tuple[Any, ...]] = []
        self._kinds: dict[int, Slots] = {}  # by identity, which is the same for all samples of a cell
        self._own: list[int] = []  # the kind of each sample

    def add(self, head: Mapping[str, Any], own: Slots, found: Verdicts) -> None:
        """Add the rows of a sample and epoch.

        Args:
            head: What they have in common, always in the same order: the columns beside measure, turn, value, status.
            own: Measure and turn of each.
            found: Value and status of each.
        """
        self._names = self._names or tuple(head)
        self._heads.append(tuple(head.values()))
        self._counts.append(len(own.places))
        self._kinds[id(own)] = own
        self._own.append(id(own))
        self._value += found.values
        self._status.extend(found.statuses)

    def frame(self) -> pd.DataFrame:
        """Return the rows, sorted."""
        repeats = np.array(self._counts, np.int64)
        self._held |= {"measure": self._measures(), "turn": self._turns()}
        for name, values in zip(self._names, zip(*self._heads, strict=True), strict=False):
            held = self._held[name]
            held.extend(values)
        order = np.lexsort([self._keys(name, repeats) for name in reversed(self._by)])
        return pd.DataFrame({name: self._column(name, repeats, order) for name in self._columns}, copy=False)

    def _measures(self) -> Strings:
        names = Strings(*dict.fromkeys(slot.name for own in self._kinds.values() for slot in own.places))
        places = {kind: names.places([slot.name for slot in own.places]) for kind, own in self._kinds.items()}
        names.gather(places[kind] for kind in self._own)
        return names

    def _turns(self) -> list[int]:
        turns = {kind: [slot.turn for slot in own.places] for kind, own in self._kinds.items()}
        return list(chain.from_iterable(turns[kind] for kind in self._own))

    def _repeats(self, name: str, repeats: Places) -> Places | None:
        return None if name in ("measure", "turn", "value", "status") else repeats

    def _keys(self, name: str, repeats: Places) -> Places:
        held, own = self._held[name], self._repeats(name, repeats)
        return held.ranks(own) if isinstance(held, Strings) else _spread(held, own, np.int64)

    def _column(self, name: str, repeats: Places, order: Places) -> Any:
        held, own = self._held[name], self._repeats(name, repeats)
        if isinstance(held, Strings):
            return held.column(own, order)
        return _spread(held, own, np.dtype(self._columns[name]))[order]


def _spread(values: Sequence[Any], repeats: Places | None, dtype: Any) -> npt.NDArray[Any]:
    found = np.array(values, dtype)
    return found if repeats is None else np.repeat(found, repeats)
