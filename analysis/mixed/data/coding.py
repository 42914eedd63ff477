"""Values of a column -> codes in the order met; once all have been met, levels in their own order."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast._problems import quoted
from standfast.analysis.mixed.data.rows import Codes, Floats
from standfast.analysis.mixed.data.source import Categories, Column
from standfast.errors import FitError

_LARGEST_WHOLE = 1e15  # up to here a float is written like a whole number
Kind = Literal["factor", "truth", "number", "other"]


class Levels(NamedTuple):
    """The values of a column that occur, in order.

    Attributes:
        column: Its name.
        values: Length q.
        ranks: Place in this order of each code given while reading, −1 where it does not occur.
        kind: What they are: levels of a factor, truth values, numbers, or something else, such as dates.
        ordered: Whether they are those of an ordered categorical.
    """

    column: str
    values: list[Any]
    ranks: Codes
    kind: Kind
    ordered: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Return what they are called, length q.

        Raises:
            FitError: Two of them have one name.
        """
        names = tuple(map(_label, self.values))
        if len(set(names)) < len(names):
            msg = f'column {quoted(self.column)} holds different values of one name, such as 1 and "1"'
            raise FitError(msg)
        return names


@dataclass(slots=True)
class Coder:
    """Numbers the values of a column in the order in which they are met.

    Attributes:
        name: The column.
        order: Names of the levels in order, where the user gave them.
        categories: What the column says of its categories, `None` where it is no categorical.
        met: Code of each value.
    """

    name: str
    order: Sequence[str] | None = None
    categories: Categories | None = None
    met: dict[Hashable, int] = field(default_factory=dict)

    def codes(self, column: Column, start: int) -> Codes:
        """Return the code of each row, −1 where there is no value, shape (n,).

        Args:
            column: Some rows of the column.
            start: How many rows stand before them.

        Raises:
            FitError: A value is infinite or cannot be a level.
        """
        codes, values = factorize(self.name, column)
        known = [self.met.setdefault(value, len(self.met)) for value in values]
        infinite = [i for i, value in enumerate(values) if isinstance(value, float) and math.isinf(value)]
        check_rows(np.isin(codes, infinite) if infinite else None, self.name, column, start, "finite values")
        given: Codes = np.array([*known, -1], dtype=np.int32)[codes]
        return given

    def levels(self, occurring: Codes) -> Levels:
        """Return the levels in order.

        Args:
            occurring: Codes of the values to be levels, any number of times.

        Raises:
            FitError: The values are of different kinds, or the given order lacks one.
        """
        codes = np.flatnonzero(np.bincount(occurring, minlength=len(self.met)))
        met = list(self.met)
        values = [met[code] for code in codes]
        kind = self._kind(values)
        places = self._places(values)
        ranks = np.full(len(met), -1, dtype=np.int32)
        ranks[codes[places]] = np.arange(len(places))
        values = [values[place] for place in places]
        ordered = self.categories is not None and self.categories.ordered
        return Levels(self.name, values, ranks, kind, ordered)

    def _kind(self, values: list[Any]) -> Kind:
        if self.categories is not None or self.order is not None:
            return "factor"
        kinds = {_kind(value) for value in values}
        types = sorted({type(value).__name__ for value in values})
        if len(kinds) > 1 or (kinds == {"other"} and len(types) > 1):
            msg = f"column {quoted(self.name)} mixes {' and '.join(types)}; values of one kind would be right"
            raise FitError(msg)
        return kinds.pop() if kinds else "other"

    def _places(self, values: list[Any]) -> list[int]:
        """Return where the first level stands in `values`, where the second, and so on."""
        if self.order is not None:
            return self._given(self.order, [_label(value) for value in values])
        if self.categories is not None and self.categories.arranged:
            return list(range(len(values)))
        try:
            return sorted(range(len(values)), key=values.__getitem__)
        except TypeError:
            msg = f"column {quoted(self.name)} holds {type(values[0]).__name__} values, which have no order"
            raise FitError(msg) from None

    def _given(self, order: Sequence[str], names: list[str]) -> list[int]:
        place = {name: i for i, name in enumerate(order)}
        unknown = [name for name in names if name not in place]
        if unknown or len(place) < len(order):
            wrong = f"lacks {quoted(unknown[0])}, which occurs" if unknown else "names a level twice"
            msg = f"the order given for column {quoted(self.name)} {wrong}; name each level once"
            raise FitError(msg)
        return sorted(range(len(names)), key=lambda i: place[names[i]])


def factorize(name: str, column: Column) -> tuple[NDArray[np.integer], list[Hashable]]:
    """Return codes of a column's rows, −1 where there is no value, and the value of each code.

    Raises:
        FitError: A value cannot be a level.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories.tolist()
    is_float = pd.api.types.is_float_dtype(column.dtype)
    try:
        codes, values = pd.factorize(floats(column) + 0.0 if is_float else column)  # −0.0 + 0.0 is 0.0
    except TypeError:
        msg = f"column {quoted(name)} holds values that cannot be levels, such as lists; text would be right"
        raise FitError(msg) from None
    return codes, list(values.tolist())


def floats(column: Column) -> Floats:
    """Return numbers or truth values as floats, NaN where there is none, shape (n,)."""
    if isinstance(column.dtype, np.dtype) and column.dtype != object:
        return np.asarray(column, dtype=np.float64)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def numbers(name: str, column: Column, start: int, right: str = "numbers") -> Floats:
    """Return a column of numbers, NaN where there is none, shape (n,).

    Args:
        name: The column.
        column: Some rows of it.
        start: How many rows stand before them.
        right: What would be right where there are no numbers, for the message.

    Raises:
        FitError: A value is not a number, or is infinite.
    """
    if column.dtype == object:
        other = np.array([not _is_number(value) for value in column], dtype=bool) & column.notna().to_numpy()
        check_rows(other, name, column, start, right)
    elif not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_complex_dtype(column.dtype):
        check_rows(column.notna().to_numpy(), name, column, start, right)
        return np.full(len(column), np.nan)
    found = floats(column)
    check_rows(np.isinf(found), name, column, start, "finite numbers")
    return found


def check_rows(wrong: NDArray[np.bool_] | None, name: str, column: Column, start: int, right: str) -> None:
    """Refuse a column some of whose rows are wrong.

    Raises:
        FitError: Names the first such row, and what would be right.
    """
    if wrong is not None and wrong.any():
        row = int(np.argmax(wrong))
        found = f"column {quoted(name)} holds {quoted(column.iloc[row])} in row {start + row} (the first is 0)"
        msg = f"{found}; {right} would be right"
        raise FitError(msg)


def _kind(value: object) -> Kind:
    if isinstance(value, str):
        return "factor"
    if isinstance(value, bool | np.bool_):
        return "truth"
    return "number" if _is_number(value) else "other"


def _is_number(value: object) -> bool:
    return isinstance(value, Real | Decimal | np.bool_)


def _label(value: object) -> str:
    """Return the name of a level; whole numbers are written without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return f"{value + 0.0:.0f}"
    return str(value)
