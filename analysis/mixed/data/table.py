"""Rows of data, once through -> a table of what the likelihood needs, small however many rows there are.

Rows that agree in all grouping factors and all variables are put together: their number, weights and moments are all
that a likelihood asks of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd

from standfast._problems import quoted
from standfast.analysis.mixed.data import formula as formulas
from standfast.analysis.mixed.data.coding import Coder, Levels
from standfast.analysis.mixed.data.formula import Formula
from standfast.analysis.mixed.data.groups import Group, check_groups
from standfast.analysis.mixed.data.observations import Family, Plan
from standfast.analysis.mixed.data.passing import Data, decide, run
from standfast.analysis.mixed.data.rows import Codes, Floats, Ints, Rows, distinct, merge, stacked, total
from standfast.analysis.mixed.data.source import categorical, check_columns, chunks
from standfast.errors import FitError


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a likelihood needs of the data: M rows, in C design cells.

    A row stands for all data rows with one combination of grouping levels and cell, in the order of these; in a
    general table it stands for one data row, in the order of the data.

    Attributes:
        family: Of the response.
        groups: Every single grouping column by name: its levels, and their codes, shape (M,).
        cells: The distinct values of the variables of the fixed part and the effects, C rows in the order of their
            values; one column per variable, a categorical for a factor. One row without columns where there is no
            variable.
        cell: Cell of each row, 0 to C − 1, shape (M,).
        n: Data rows that are complete.
        dropped: Data rows left out because a value is missing.
        count: Data rows of each row, shape (M,).
        weight: Sum of their weights, above 0, shape (M,).
        mean: Their weighted mean response, for binomial responses successes / trials; shape (M,), empty for ordinal.
        within: Sum over data rows of weight × (response − mean)²; 0 unless gaussian.
        log_weights: Sum over data rows of log weight.
        trials: Weighted sum of trials, shape (M,); empty unless binomial.
        successes: Weighted sum of successes, shape (M,); empty unless binomial.
        log_constant: Sum over data rows of weight × log choose(trials, successes); 0 unless binomial.
        counts: Sum of weights of each response category, shape (M, J); (M, 0) unless ordinal.
        categories: Names of the response categories that occur, length J, in order; empty unless ordinal.
        general: Whether every row is kept by itself, since numbers vary too much or a value depends on other rows, as
            in `scale(x)`: C is M, and `cell` is 0 to M − 1.
    """

    family: Family
    groups: dict[str, Group]
    cells: pd.DataFrame
    cell: Ints
    n: int
    dropped: int
    count: Ints
    weight: Floats
    mean: Floats
    within: float
    log_weights: float
    trials: Floats
    successes: Floats
    log_constant: float
    counts: Floats
    categories: tuple[str, ...]
    general: bool


def read(
    source: pd.DataFrame | Path,
    formula: Formula,
    *,
    family: Family,
    weights: str | None = None,
    trials: str | None = None,
    order: Mapping[str, Sequence[str]] | None = None,
    chunk_rows: int = 500_000,
) -> Table:
    """Read a frame or a Parquet file into a table, in one pass.

    Args:
        source: The data; a file need not fit into memory.
        formula: Says which columns are needed.
        family: `gaussian` needs numbers; `binomial` 0 and 1, truth values, or proportions of `trials`; `ordinal`
            categories, numbers or texts, whose order counts.
        weights: Column of weights, above 0: precisions where the response is gaussian, otherwise repetitions.
        trials: Column of binomial trials, whole numbers.
        order: Names of a column's levels in their order, which makes numbers a factor. Otherwise categoricals keep
            their order, and texts and numbers are sorted.
        chunk_rows: Rows in memory at a time.

    Raises:
        FitError: The data do not fit the formula or the family.
        ValueError: The arguments do not fit together.
    """
    if chunk_rows < 1:
        msg = f"chunk_rows is {chunk_rows}; 1 or more would be right"
        raise ValueError(msg)
    order = order or {}
    plan = _plan(formula, family, weights, trials)
    check_columns(source, [*plan.columns, *order])
    known = categorical(source, plan.columns)
    plan, pieces = decide(plan, chunks(source, plan.columns, chunk_rows), {*order, *known})
    coders = {name: Coder(name, order.get(name), known.get(name)) for name in plan.coded}
    data = run(pieces, plan, coders)
    levels = {name: coder.levels(codes) for (name, coder), codes in zip(coders.items(), data.rows.codes, strict=True)}
    _check_levels(plan, levels)
    table = _table(plan, data._replace(rows=_in_order(data.rows, levels, plan)), levels)
    alone = {part.group[0] for part in formula.random if len(part.group) == 1}
    check_groups({name: table.groups[name] for name in plan.grouping if name in alone}, table.n, family)
    return table


def _plan(formula: Formula, family: Family, weights: str | None, trials: str | None) -> Plan:
    if family not in get_args(Family):
        msg = f"family is {family!r}; one of {', '.join(get_args(Family))} would be right"
        raise ValueError(msg)
    if trials is not None and family != "binomial":
        msg = f"trials are given for a {family} response; they belong to a binomial one"
        raise ValueError(msg)
    grouping, variables = formulas.groups(formula), formulas.variables(formula)
    if formula.response in (*grouping, *variables):
        msg = f"column {quoted(formula.response)} is the response and stands on the right of the formula too"
        raise FitError(msg)
    return Plan(
        family=family,
        response=formula.response,
        grouping=grouping,
        variables=variables,
        weights=weights,
        trials=trials,
        general=formulas.uses_rows(formula),
    )


def _check_levels(plan: Plan, levels: Mapping[str, Levels]) -> None:
    """Refuse variables and responses that are not what a model can use."""
    for name in (name for name in plan.variables if name in levels):
        values, kind = levels[name].values, levels[name].kind
        if kind == "other":
            found = type(values[0]).__name__
            msg = f"column {quoted(name)} holds {found} values; numbers, truth values or texts would be right"
            raise FitError(msg)
        if kind == "factor" and len(values) < 2:
            msg = f"column {quoted(name)} has one level, {quoted(values[0])}; a factor needs two or more"
            raise FitError(msg)
    if plan.family == "ordinal" and len(levels[plan.response].values) < 2:
        found = quoted(levels[plan.response].names[0])
        msg = f"column {quoted(plan.response)} holds one category, {found}; an ordinal response needs two or more"
        raise FitError(msg)


def _in_order(rows: Rows, levels: Mapping[str, Levels], plan: Plan) -> Rows:
    """Return the rows with codes in the order of the levels; sorted, unless every row is kept by itself."""
    codes = [found.ranks[row] for found, row in zip(levels.values(), rows.codes, strict=True)]
    rows = rows._replace(codes=stacked(codes, np.int32, len(rows.mean)))
    return rows if plan.general else merge(rows, [len(found.values) for found in levels.values()], in_order=True)


def _table(plan: Plan, data: Data, levels: Mapping[str, Levels]) -> Table:
    counts = np.zeros((len(data.rows.mean), 0))
    categories: tuple[str, ...] = ()
    rows = data.rows
    if plan.family == "ordinal":
        categories = levels[plan.response].names
        rows, counts = _by_category(rows, [len(found.values) for found in levels.values()], plan.general)
    weight, more = rows.sums[1], rows.sums[2:]
    trials, successes = more if plan.family == "binomial" else (np.zeros(0), np.zeros(0))
    means = {"gaussian": data.shift + rows.mean, "binomial": successes / trials, "ordinal": np.zeros(0)}
    codes = dict(zip(levels, rows.codes, strict=False))
    cells, cell = _cells(plan, data._replace(rows=rows), levels, codes)
    return Table(
        family=plan.family,
        groups={name: Group(levels[name].names, codes[name]) for name in plan.grouping},
        cells=cells,
        cell=cell,
        n=int(rows.sums[0].sum()),
        dropped=data.dropped,
        count=np.rint(rows.sums[0]).astype(np.int64),
        weight=weight,
        mean=means[plan.family],
        within=rows.within if plan.family == "gaussian" else 0.0,
        log_weights=data.log_weights,
        trials=trials,
        successes=successes,
        log_constant=data.log_constant,
        counts=counts,
        categories=categories,
        general=plan.general,
    )


def _by_category(rows: Rows, sizes: Sequence[int], general: bool) -> tuple[Rows, Floats]:
    """Put together rows that differ in the response alone; return them, and their weights by category."""
    category, J = rows.codes[-1], sizes[-1]
    m = len(category)
    first = inverse = np.arange(m)
    if not general:
        first, inverse = distinct(rows.codes[:-1], sizes[:-1], in_order=True)
        m = len(first)
    sums = np.array([total(inverse, values, m) for values in rows.sums])
    counts = total(inverse * J + category, rows.sums[1], m * J).reshape(m, J)
    return Rows(rows.codes[:-1, first], sums, np.zeros(m), 0.0), counts


def _cells(
    plan: Plan, data: Data, levels: Mapping[str, Levels], codes: Mapping[str, Codes]
) -> tuple[pd.DataFrame, Ints]:
    """Return the distinct values of the variables, and the cell of each row."""
    m = len(data.rows.mean)
    if plan.general:
        first = cell = np.arange(m)
    elif plan.variables:
        sizes = [len(levels[name].values) for name in plan.variables]
        first, cell = distinct(np.array([codes[name] for name in plan.variables]), sizes, in_order=True)
    else:
        first, cell = np.zeros(1, dtype=np.int64), np.zeros(m, dtype=np.int64)
    numbers = dict(zip(plan.raw, data.raw, strict=True))
    columns = {
        name: numbers[name] if name in numbers else _values(levels[name], codes[name][first]) for name in plan.variables
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(first))), cell


def _values(found: Levels, codes: Codes) -> Any:
    """Return a column of cells: a categorical, truth values or numbers."""
    if found.kind == "factor":
        return pd.Categorical.from_codes(codes, categories=pd.Index(found.values), ordered=found.ordered)
    values = np.array(found.values)
    return (values if values.dtype.kind in "biu" else values.astype(np.float64))[codes]
