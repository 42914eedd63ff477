"""All pieces of the data, one after the other -> rows put together."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis.mixed.data.coding import Coder, factorize
from standfast.analysis.mixed.data.observations import Observations, Plan, log_constant, observe, tally
from standfast.analysis.mixed.data.rows import Floats, Rows, distinct, merge, stack
from standfast.analysis.mixed.data.source import Chunk, Column
from standfast.errors import FitError

# First rows by which it is decided whether rows can be put together.
_SAMPLE = 500_000
# Groups of rows that may wait before those of several pieces are put together.
_WAITING = 1_000_000


class Data(NamedTuple):
    """The data, once they have been read.

    Attributes:
        rows: Put together, unless every row is kept by itself; codes in the order met.
        raw: Numbers of the plan's raw variables, shape (r, n).
        dropped: Rows left out because they lack a value.
        shift: What gaussian responses are measured from.
        log_weights: Sum of log weights.
        log_constant: Sum of weighted log binomial coefficients.
    """

    rows: Rows
    raw: Floats
    dropped: int
    shift: float
    log_weights: float
    log_constant: float


def decide(plan: Plan, pieces: Iterator[Chunk], factors: Collection[str]) -> tuple[Plan, Iterator[Chunk]]:
    """Decide by the first pieces whether rows can be put together.

    They are not where numbers make more than half as many different cells as there are rows.

    Args:
        plan: What to read; `general` says whether every row is kept by itself anyway.
        pieces: The data.
        factors: Variables that are factors even if they hold numbers.

    Returns:
        The plan, decided, and all pieces again.
    """
    first: list[Chunk] = []
    while sum(len(piece[plan.response]) for piece in first) < _SAMPLE and (piece := next(pieces, None)) is not None:
        first.append(piece)
    others = [name for name in plan.variables if name not in factors]
    numeric = tuple(name for name in others if first and _is_numeric(first[0][name]))
    general = plan.general or bool(numeric and _vary(first, plan.variables))
    return replace(plan, general=general, raw=numeric if general else ()), chain(first, pieces)


def run(pieces: Iterator[Chunk], plan: Plan, coders: Mapping[str, Coder]) -> Data:
    """Read all pieces.

    Args:
        pieces: The data.
        plan: What to read.
        coders: Of the plan's coded columns; they learn the values met.

    Raises:
        FitError: A value cannot be what its column should hold, or no row is complete.
    """
    totals = _Totals()
    parts: list[Rows] = []
    raw: list[Floats] = []
    for piece in pieces:
        found = observe(piece, totals.read, plan, coders)
        totals.read += len(piece[plan.response])
        if len(found.response):
            rows = _count(totals, found, plan)
            parts = [*parts, rows] if plan.general else _gather(parts, rows, coders)
            raw.append(found.raw)
    if not parts:
        among = f" among {totals.read}; each lacks a value of {', '.join(plan.columns)}" if totals.read else ""
        msg = f"the data hold no complete row{among}"
        raise FitError(msg)
    dropped = totals.read - totals.complete
    return Data(
        stack(parts), np.concatenate(raw, axis=1), dropped, totals.shift, totals.log_weights, totals.log_constant
    )


@dataclass(slots=True)
class _Totals:
    read: int = 0
    complete: int = 0
    shift: float = 0.0
    log_weights: float = 0.0
    log_constant: float = 0.0


def _count(totals: _Totals, found: Observations, plan: Plan) -> Rows:
    """Add complete rows to the totals, and return them."""
    if not totals.complete:
        totals.shift = float(np.median(found.response))
    totals.complete += len(found.response)
    if plan.weights:
        totals.log_weights += float(np.log(found.weights).sum())
    if plan.trials:
        totals.log_constant += log_constant(found)
    return tally(found, plan.family, totals.shift)


def _gather(parts: list[Rows], rows: Rows, coders: Mapping[str, Coder]) -> list[Rows]:
    """Put new rows together, and from time to time all of them; the first part is then the largest."""
    sizes = [len(coder.met) for coder in coders.values()]
    parts = [*parts, merge(rows, sizes)]
    waiting = sum(len(part.mean) for part in parts)
    return parts if waiting <= _WAITING + 2 * len(parts[0].mean) else [merge(stack(parts), sizes)]


def _is_numeric(column: Column) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def _vary(pieces: Sequence[Chunk], names: Sequence[str]) -> bool:
    """Tell whether the columns differ in more than half of the rows."""
    if not sum(len(piece[names[0]]) for piece in pieces):
        return False
    codes = []
    for name in names:
        columns = [piece[name] for piece in pieces]
        column = columns[0] if len(columns) == 1 else pd.concat(columns)
        codes.append(factorize(name, column.iloc[:_SAMPLE])[0].astype(np.int32) + 1)
    sizes = [int(code.max()) + 1 for code in codes]
    first, inverse = distinct(np.stack(codes), sizes, in_order=False)
    return len(first) > len(inverse) / 2
