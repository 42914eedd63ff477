"""Where an audit looks at its results on the way: the order of its cells, so that each look has whole items.

Cells come shuffled, and a prefix of them has some conditions of an item without the others, which tells little about
contrasts within items. So the cells of the items that come before a look are asked first, shuffled among themselves.
Items that are challenged alike, and that the same measures apply to, are spread evenly over the order; items of a pair
stay together.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from standfast.audits._audit import Item
from standfast.cells import Cell


class Order(NamedTuple):
    """Cells in the order in which they are asked.

    Attributes:
        cells: The cells; Inspect asks all of them in the first epoch, then all in the next.
        at: Samples, epochs counted, that are asked before each look; rising, and fewer than all.
    """

    cells: list[Cell]
    at: list[int]


def in_order(
    cells: Sequence[Cell],
    items: Sequence[Item],
    shares: Sequence[float],
    *,
    epochs: int,
    facts: Collection[str],
    seed: int,
) -> Order:
    """Order cells so that each look has whole items.

    Args:
        cells: The cells, shuffled.
        items: Their items.
        shares: Shares of all samples at which it looks, between 0 and 1.
        epochs: Repetitions of each sample.
        facts: Facts of an item that decide which measures apply to it.
        seed: Fixes which items come first.
    """
    units = _units(items, facts, seed)
    place = {item: i for i, unit in enumerate(units) for item in unit}
    looks = [divmod(round(share * epochs, 9), 1) for share in sorted(shares)]
    ends = sorted({round(part * len(units)) for _, part in looks})
    ordered = sorted(cells, key=lambda cell: int(np.searchsorted(ends, place[cell.item], side="right")))
    sizes = Counter(place[cell.item] for cell in cells)
    before = np.cumsum([0, *(sizes[i] for i in range(len(units)))])
    counts = {int(whole) * len(cells) + int(before[round(part * len(units))]) for whole, part in looks}
    return Order(ordered, sorted(count for count in counts if 0 < count < len(cells) * epochs))


def _units(items: Sequence[Item], facts: Collection[str], seed: int) -> list[list[str]]:
    """Return items, or pairs of them, in an order in which every kind is spread evenly."""
    members: dict[str, list[Item]] = {}
    for item in items:
        members.setdefault(item.facts.get("pair", item.id), []).append(item)
    kinds: dict[str, list[str]] = {}
    for name, own in members.items():
        kinds.setdefault(str(sorted(_kind(item, facts) for item in own)), []).append(name)
    rng = np.random.default_rng([seed, *b"looks"])
    placed = []
    for kind in sorted(kinds):
        names = kinds[kind]
        placed += [((i + rng.random()) / len(names), names[j]) for i, j in enumerate(rng.permutation(len(names)))]
    return [[item.id for item in members[name]] for _, name in sorted(placed)]


def _kind(item: Item, facts: Collection[str]) -> tuple[str, ...]:
    known: Mapping[str, str] = item.facts
    return (*sorted(item.script), *(known.get(name, "") for name in sorted(facts)))
