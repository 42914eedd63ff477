"""A piece of the data -> arrays: codes, covariates, response and weights of its complete rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import gammaln

from standfast.analysis.mixed.data.coding import Coder, check_rows, numbers
from standfast.analysis.mixed.data.rows import Codes, Floats, Rows, stacked
from standfast.analysis.mixed.data.source import Chunk

Family = Literal["gaussian", "binomial", "ordinal"]
_WHOLE = 1e-6  # largest distance of a number of successes from a whole number


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which columns are read, and as what.

    Attributes:
        family: Of the response.
        response: Its column.
        grouping: Columns of the grouping factors.
        variables: Columns of the fixed part and the effects.
        weights: Column of weights, or `None` where all are 1.
        trials: Column of trials, or `None` where all are 1.
        general: Whether every row is kept by itself.
        raw: Variables whose numbers are then read as they stand.
    """

    family: Family
    response: str
    grouping: tuple[str, ...]
    variables: tuple[str, ...]
    weights: str | None
    trials: str | None
    general: bool = False
    raw: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Return all columns, each once."""
        names = (self.response, self.weights, self.trials, *self.grouping, *self.variables)
        return list(dict.fromkeys(name for name in names if name is not None))

    @property
    def coded(self) -> list[str]:
        """Return the columns that are read as codes: those of rows first, and last the response where it is ordinal."""
        names = dict.fromkeys((*self.grouping, *(name for name in self.variables if name not in self.raw)))
        return [*names, *([self.response] if self.family == "ordinal" else [])]


class Observations(NamedTuple):
    """The complete rows of a piece of the data.

    Attributes:
        codes: Shape (k, n), in the order of the plan.
        raw: Shape (r, n), in the order of the plan.
        response: Shape (n,); zeros where it is ordinal.
        weights: Shape (n,).
        trials: Shape (n,).
    """

    codes: Codes
    raw: Floats
    response: Floats
    weights: Floats
    trials: Floats


def observe(chunk: Chunk, start: int, plan: Plan, coders: Mapping[str, Coder]) -> Observations:
    """Read a piece of the data, and leave out the rows that lack a value.

    Args:
        chunk: Its columns.
        start: How many rows stand before it.
        plan: What to read.
        coders: Of the coded columns; they learn the values met here.

    Raises:
        FitError: A value cannot be what its column should hold; the message names the first such row.
    """
    n = len(chunk[plan.response])
    codes = stacked([coders[name].codes(chunk[name], start) for name in plan.coded], np.int32, n)
    raw = stacked([numbers(name, chunk[name], start) for name in plan.raw], np.float64, n)
    ordinal = plan.family == "ordinal"
    response = np.zeros(n) if ordinal else numbers(plan.response, chunk[plan.response], start, _right(plan))
    weights = numbers(plan.weights, chunk[plan.weights], start) if plan.weights else np.ones(n)
    trials = numbers(plan.trials, chunk[plan.trials], start) if plan.trials else np.ones(n)
    found = Observations(codes, raw, response, weights, trials)
    _check_values(found, chunk, start, plan)
    complete = (codes >= 0).all(axis=0) & ~np.isnan(np.vstack([raw, response, weights, trials])).any(axis=0)
    if complete.all():
        return found
    return Observations(codes[:, complete], raw[:, complete], response[complete], weights[complete], trials[complete])


def tally(found: Observations, family: Family, shift: float) -> Rows:
    """Return the rows as groups of one row each.

    Args:
        found: Complete rows.
        family: For `binomial`, the sums hold trials and successes too, in this order.
        shift: What responses of the gaussian family are measured from.
    """
    ones = np.ones_like(found.weights)
    if family == "binomial":
        trials, successes = found.weights * found.trials, found.weights * successes_of(found)
        return Rows(found.codes, np.array([ones, found.weights, trials, successes]), np.zeros_like(ones), 0.0)
    mean = found.response - shift if family == "gaussian" else np.zeros_like(ones)
    return Rows(found.codes, np.array([ones, found.weights]), mean, 0.0)


def successes_of(found: Observations) -> Floats:
    """Return the whole number of successes in each row, shape (n,)."""
    return np.rint(found.response * found.trials)


def log_constant(found: Observations) -> float:
    """Return the sum over rows of weight times log choose(trials, successes)."""
    if not (found.trials > 1).any():
        return 0.0
    successes = successes_of(found)
    failures = found.trials - successes
    ways = gammaln(found.trials + 1) - gammaln(successes + 1) - gammaln(failures + 1)
    return float(found.weights @ ways)


def _check_values(found: Observations, chunk: Chunk, start: int, plan: Plan) -> None:
    """Refuse weights, trials and binomial responses that are out of range; NaN passes here."""
    if plan.weights:
        check_rows(found.weights <= 0, plan.weights, chunk[plan.weights], start, "weights above 0")
    if plan.trials:
        fraction = (found.trials < 1) | (found.trials != np.rint(found.trials))
        check_rows(fraction & ~np.isnan(found.trials), plan.trials, chunk[plan.trials], start, "whole numbers above 0")
    if plan.family != "binomial":
        return
    outside = (found.response < 0) | (found.response > 1)
    uneven = np.abs(found.response * found.trials - successes_of(found)) > _WHOLE
    check_rows(outside | uneven, plan.response, chunk[plan.response], start, _right(plan))


def _right(plan: Plan) -> str:
    if plan.family == "gaussian":
        return "numbers"
    return "proportions of the trials" if plan.trials else "0 and 1, or truth values,"
