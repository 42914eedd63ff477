"""Mean gains and what changes them, by linear mixed models with crossed receivers, claims and personas.

Claims and personas are random: findings are about claims and people like these. Receivers are random where there are
`FEWEST_RECEIVERS` or more. Two to four are too few to tell how receivers vary: then each has a fixed effect of its own,
they count the same, and every interval is for these receivers alone. `method` says which it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis import clustered, structure
from standfast.analysis.intervals import critical_t
from standfast.analysis.mixed import MixedFit, lmm
from standfast.analysis.mixed.inference import satterthwaite
from standfast.analysis.structure import Columns, Floats
from standfast.errors import FitError

Bools = NDArray[np.bool_]

FEWEST_RECEIVERS = 5
_NOTHING = 1e-9


class Effect(NamedTuple):
    """A linear combination of coefficients.

    Attributes:
        estimate: In the unit of the values.
        conf_low: Lower end of a t interval; NaN where the data cannot tell.
        conf_high: Upper end.
        df: Degrees of freedom: the fewest of Satterthwaite's and the levels less one of each random factor.
    """

    estimate: float
    conf_low: float
    conf_high: float
    df: float


NOWHERE = Effect(nan, nan, nan, nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A linear model fitted with crossed random effects, or by least squares where it has none.

    Attributes:
        coef: Shape (p,).
        vcov: Their covariance, shape (p, p); NaN where the data cannot tell it.
        known: What Satterthwaite's degrees of freedom follow from; `None` for least squares.
        levels: Random factor -> its levels; `item` is always there.
        method: In words.
        mixed: The mixed model; `None` for least squares.
    """

    coef: Floats
    vcov: Floats
    known: satterthwaite.VarianceJacobian | None
    levels: Mapping[str, int]
    method: str
    mixed: MixedFit | None

    def effect(self, row: Floats, confidence: float) -> Effect:
        """Return a linear combination of the coefficients with its interval.

        Args:
            row: Weights, shape (p,).
            confidence: Of the interval.
        """
        estimate, variance = float(row @ self.coef), float(row @ self.vcov @ row)
        df = float(min(self.levels.values()) - 1)
        if self.known is not None:
            df = min(df, float(satterthwaite.degrees(row[None, :], self.vcov, self.known)[0]))
        if not (df > 0 and variance > 0):
            return Effect(estimate, nan, nan, df)
        half = critical_t(confidence, df) * float(np.sqrt(variance))
        return Effect(estimate, estimate - half, estimate + half, df)


def fit(rows: pd.DataFrame, y: Floats, X: Floats, slopes: Sequence[str] = ()) -> Linear:
    """Fit y = X b with random effects of items, personas and many receivers, and fixed ones of few receivers.

    Args:
        rows: Columns `item`, `persona`, `receiver` and those of `slopes`, n rows.
        y: Finite values, shape (n,).
        X: Full rank, shape (n, p); its first columns or their sum hold the constant.
        slopes: Factors in whose levels items, personas and receivers have deviations of their own.
    """
    full, blocks = with_blocks(rows, X)
    random = _random(rows, slopes)
    n, p = full.shape
    items = structure.coded(rows, ("item",)) if n else np.empty(0, np.int64)
    levels = {name: rows[name].nunique() for name in random_factors(rows)}
    left = y - full @ np.linalg.lstsq(full, y, rcond=None)[0] if n else y
    if n <= p or levels["item"] < 2 or float(np.abs(left).max()) <= _NOTHING * max(float(np.abs(y).max()), 1.0):
        return _without(y, X, levels)
    try:
        kept = structure.choose(rows, full, random).kept
        if kept:
            return _of_mixed(rows, y, full, X.shape[1], kept, levels, blocks)
    except FitError:
        pass
    found = clustered.least_squares(y, full, items)
    words = "Least squares, covariance clustered by item (CR1)" + blocks
    p = X.shape[1]
    return Linear(
        coef=found.coef[:p],
        vcov=found.vcov[:p, :p],
        known=None,
        levels={"item": levels["item"]},
        method=words,
        mixed=None,
    )


def with_blocks(rows: pd.DataFrame, X: Floats) -> tuple[Floats, str]:
    """Return X with a sum-coded column for each of few receivers but one, and a word on it for the method."""
    names = sorted(rows["receiver"].unique())
    if not 2 <= len(names) < FEWEST_RECEIVERS:
        return X, ""
    own = rows["receiver"].to_numpy()
    last = own == names[-1]
    columns = [(own == name).astype(np.float64) - last for name in names[:-1]]
    full = np.column_stack([X, *columns])
    if np.linalg.matrix_rank(full) < full.shape[1]:
        return X, ""
    return full, f"; {len(names)} receivers have fixed effects, so that intervals are for these receivers"


def random_factors(rows: pd.DataFrame) -> list[str]:
    """Return the random factors that have levels enough."""
    many = [name for name in ("persona",) if rows[name].nunique() > 1]
    return ["item", *many, *(["receiver"] if rows["receiver"].nunique() >= FEWEST_RECEIVERS else [])]


def _random(rows: pd.DataFrame, slopes: Sequence[str]) -> list[Columns]:
    single = random_factors(rows)
    varying = [name for name in slopes if rows[name].nunique() > 1]
    together: list[Columns] = [("item", "persona")] if "persona" in single else []
    return [*((name,) for name in single), *together, *((name, slope) for slope in varying for name in single)]


def _of_mixed(
    rows: pd.DataFrame, y: Floats, X: Floats, p: int, kept: Sequence[Columns], levels: Mapping[str, int], blocks: str
) -> Linear:
    names = [f"x{k}" for k in range(X.shape[1])]
    data = rows[sorted({name for columns in kept for name in columns})].assign(**dict(zip(names, X.T, strict=True)))
    formula = " + ".join(["y ~ 0", *names, *map(structure.formula, kept)])
    found = lmm(formula, data.assign(y=y).reset_index(drop=True))
    known = satterthwaite.variance_jacobian(found)
    own = satterthwaite.VarianceJacobian(
        jacobian=known.jacobian[:, :p, :p], covariance=known.covariance, free=known.free, flat=known.flat
    )
    words = ", ".join(map(structure.words, kept))
    return Linear(
        coef=found.beta[:p],
        vcov=found.vcov[:p, :p],
        known=own,
        levels={name: n for name, n in levels.items() if (name,) in kept or name == "item"},
        method=f"Linear mixed model by REML; random {words}{blocks}",
        mixed=found,
    )


def _without(y: Floats, X: Floats, levels: Mapping[str, int]) -> Linear:
    p = X.shape[1]
    coef = np.asarray(np.linalg.lstsq(X, y, rcond=None)[0], np.float64) if len(y) else np.full(p, nan)
    vcov = np.full((p, p), nan)
    method = "Means; the values do not vary, or are too few for a model"
    return Linear(coef=coef, vcov=vcov, known=None, levels=levels, method=method, mixed=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMeans:
    """One mean per combination of factors.

    Attributes:
        cells: The combinations that were observed, one row each, with the factors as columns and `items`, the number
            of items in each.
        linear: The fit; its coefficients are in the order of `cells`.
    """

    cells: pd.DataFrame
    linear: Linear

    def weights(self, chosen: Bools) -> Floats:
        """Return the weights of the mean over some cells: classes of topics by their items, all else the same."""
        counted = self.cells["items"].to_numpy(np.float64) if "class" in self.cells else np.ones(len(self.cells))
        total = counted[chosen].sum()
        return np.where(chosen, counted / total, 0.0) if total else np.zeros(len(self.cells))

    def mean(self, chosen: Bools, confidence: float) -> Effect:
        """Return the mean over some cells."""
        return self.linear.effect(self.weights(chosen), confidence) if chosen.any() else NOWHERE

    def difference(self, chosen: Bools, against: Bools, confidence: float) -> Effect:
        """Return the mean over some cells less that over others."""
        if not (chosen.any() and against.any()):
            return NOWHERE
        return self.linear.effect(self.weights(chosen) - self.weights(against), confidence)


def cell_means(rows: pd.DataFrame, factors: Sequence[str], value: str = "gain") -> CellMeans:
    """Fit one mean per combination of factors.

    Args:
        rows: Columns `item`, `persona`, `receiver`, the factors, and the value, which is finite.
        factors: Such as `profile` and `challenge`; those that do not vary are left out of the random part.
        value: Column of the values.
    """
    rows = rows.reset_index(drop=True)
    cell = structure.coded(rows, tuple(factors)) if len(rows) and factors else np.zeros(len(rows), np.int64)
    first = rows.assign(cell=cell).drop_duplicates("cell").sort_values("cell")
    items = rows.assign(cell=cell).groupby("cell")["item"].nunique()
    cells = first[list(factors)].assign(items=items.to_numpy() if len(items) else []).reset_index(drop=True)
    X = np.zeros((len(rows), len(cells)))
    X[np.arange(len(rows)), cell] = 1.0
    slopes = [name for name in factors if name != "class"]
    return CellMeans(cells=cells, linear=fit(rows, rows[value].to_numpy(np.float64), X, slopes))
