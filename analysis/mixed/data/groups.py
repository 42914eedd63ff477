"""Grouping factors: the levels of a random part's group, and the level of each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from standfast._problems import quoted
from standfast.analysis.mixed.data.rows import Codes, distinct
from standfast.errors import FitError


@dataclass(frozen=True, slots=True)
class Group:
    """A grouping factor.

    Attributes:
        levels: Names of its levels, all of which occur; length q.
        codes: Level of each row of a table, 0 to q − 1, shape (M,).
    """

    levels: tuple[str, ...]
    codes: Codes


def combine(groups: Sequence[Group]) -> Group:
    """Return the factor whose levels are the combinations that occur, named as in `item:persona`.

    They are ordered as R orders an interaction: by the first factor, then by the second, and so on.
    """
    codes = np.stack([group.codes for group in groups])
    first, inverse = distinct(codes, [len(group.levels) for group in groups], in_order=True)
    names = [[group.levels[i] for i in group.codes[first]] for group in groups]
    return Group(tuple(map(":".join, zip(*names, strict=True))), inverse.astype(np.int32))


def joined(names: Sequence[str], groups: Mapping[str, Group]) -> Group:
    """Return the factor of one name, or of the combinations of several."""
    return groups[names[0]] if len(names) == 1 else combine([groups[name] for name in names])


def nested(inner: NDArray[np.integer], outer: NDArray[np.integer]) -> bool:
    """Tell whether each inner level lies within one outer level.

    Args:
        inner: Level of each row, from 0, shape (M,).
        outer: Level of each row in the other factor, from 0, shape (M,).
    """
    if not len(inner):
        return True
    parent = np.zeros(int(inner.max()) + 1, dtype=outer.dtype)
    parent[inner] = outer
    return bool(np.array_equal(parent[inner], outer))


def check_groups(groups: Mapping[str, Group], n: int, family: str) -> None:
    """Refuse factors whose effects the data cannot show.

    Args:
        groups: Factors by the name they have in the formula, such as `item:persona`.
        n: Rows of data.
        family: With `gaussian`, levels must be fewer than rows, as in lme4.

    Raises:
        FitError: A factor has one level, or as many as there are rows.
    """
    for name, group in groups.items():
        q = len(group.levels)
        if q < 2:
            msg = f"group {quoted(name)} has one level, {quoted(group.levels[0])}; effects that vary need two or more"
            raise FitError(msg)
        if family == "gaussian" and q >= n:
            msg = f"group {quoted(name)} has {q} levels in {n} rows; levels with several rows would be right"
            raise FitError(msg)
