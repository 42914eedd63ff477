"""Joint tests of a model's terms by marginal means, as emmeans' `joint_tests`: type III for balanced and other data."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from standfast.analysis.mixed.data import expressions
from standfast.analysis.mixed.data.formula import parse
from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.ftest import FTest
from standfast.analysis.mixed.likelihood.terms import Floats
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.analysis.mixed.means import printing as means_printing
from standfast.analysis.mixed.means.axes import At, unknown
from standfast.analysis.mixed.means.contrast_methods import coefficients, crossed
from standfast.analysis.mixed.means.degrees import Method, freedom, joint
from standfast.analysis.mixed.means.grid import ReferenceGrid, Weights, margins, reference_grid
from standfast.analysis.mixed.means.tables import families
from standfast.errors import FitError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointTests:
    """k tests, each of all contrasts of one term's means at once.

    Attributes:
        terms: Variables of each, such as `role:profile`, length k.
        by: Grouping variables.
        labels: Their levels, length k.
        numdf: Numerator degrees of freedom, shape (k,).
        dendf: Denominator degrees of freedom, shape (k,); may be infinite.
        statistic: F, shape (k,); scaled where Kenward and Roger's method is used.
        p_value: Shape (k,), not corrected.
        notes: What the reader must know.
    """

    terms: tuple[str, ...]
    by: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    numdf: Floats
    dendf: Floats
    statistic: Floats
    p_value: Floats
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the tests as a frame in broom's words."""
        frame = pd.DataFrame({"term": list(self.terms)})
        for i, name in enumerate(self.by):
            frame[name] = [row[i] for row in self.labels]
        return frame.assign(num_df=self.numdf, den_df=self.dendf, statistic=self.statistic, p_value=self.p_value)

    def __str__(self) -> str:
        """Return the tests as emmeans prints them."""
        return means_printing.joint_text(self)


def joint_tests(
    fit: MixedFit,
    by: str | Sequence[str] = (),
    *,
    at: At | None = None,
    weights: Weights = "equal",
    df: Method | None = None,
) -> JointTests:
    """Test for every term of the fixed part that its means do not differ, on the link scale.

    A main effect compares means over all other variables; an interaction the differences of differences. Numbers stand
    at their mean minus 1 and plus 1, so that their test is that of the slope there.

    Args:
        fit: A fitted model.
        by: Variables within whose levels the others are tested.
        at: Variable -> the values it takes.
        weights: Of what is averaged over.
        df: See `degrees.freedom`. With several contrasts, Satterthwaite's is that of Fai and Cornelius, where emmeans
            takes the smallest of single ones.

    Raises:
        FitError: A variable is not there, there is nothing to test, or the method is not one for this model.
    """
    within = (by,) if isinstance(by, str) else tuple(by)
    with one_thread():
        grid = reference_grid(fit, at, spread=True)
        for name in within:
            if name not in grid.names:
                raise FitError(unknown("joint tests: no variable", name, grid.names))
        known = freedom(fit, df)
        found: list[tuple[str, tuple[str, ...], FTest]] = []
        for term in _terms(fit, grid, within):
            for key, rows in _rows(grid, term, within, weights):
                found.append((":".join(term), key, joint(known, grid, rows)))
    found = [test for test in found if test[2].numdf > 0]
    if not found:
        message = f"joint tests: `{fit.formula}` has no term to test" + (f" by {', '.join(within)}" if within else "")
        raise FitError(message)
    return JointTests(
        terms=tuple(term for term, _, _ in found),
        by=within,
        labels=tuple(key for _, key, _ in found),
        numdf=np.array([test.numdf for _, _, test in found], dtype=np.float64),
        dendf=np.array([test.dendf for _, _, test in found]),
        statistic=np.array([test.statistic for _, _, test in found]),
        p_value=np.array([test.p_value for _, _, test in found]),
        notes=(f"Degrees of freedom: {known.method}.", *fit.messages),
    )


def _terms(fit: MixedFit, grid: ReferenceGrid, by: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the sets of variables that stand together in some term, smaller ones first."""
    together = [
        {
            name
            for factor in term
            for name in ([factor] if factor in grid.names else expressions.columns(f"{{{factor}}}"))
        }
        for term in expressions.terms(parse(fit.formula).fixed)
    ]
    names = [name for name in grid.names if name not in by and any(name in term for term in together)]
    return [
        chosen
        for size in range(1, len(names) + 1)
        for chosen in combinations(names, size)
        if any(set(chosen) <= term for term in together)
    ]


def _rows(
    grid: ReferenceGrid, term: tuple[str, ...], by: tuple[str, ...], weights: Weights
) -> list[tuple[tuple[str, ...], Floats]]:
    """Return for every combination of the grouping variables the weights of a term's contrasts."""
    found = margins(grid, (*term, *by), weights)
    sizes = [len(grid.variables[grid.names.index(name)].values) for name in term]
    C = crossed([coefficients("consec", [str(i) for i in range(m)]).coefficients for m in sizes])
    return [(key, C @ found.weights[at]) for key, at in families((*term, *by), found.labels, by)]
