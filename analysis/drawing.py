"""Values of a run's own design drawn anew, around cell means and with the variances that a fit found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis import copula, models
from standfast.analysis.fits import CELL
from standfast.analysis.levels import Key, cells
from standfast.analysis.models import ModelSpec
from standfast.analysis.structure import Columns, coded
from standfast.analysis.weights import contrasts
from standfast.measure import Measure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Means = Mapping[Key, float]

NEAREST = 1e-3  # to an end of the scale, as a share of it, where a cell would hardly vary


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One measure of one subject in one audit, and what is known of its values.

    Attributes:
        rows: Its planned rows, as the tidy frame has them; only those that are `scored` are drawn.
        measure: The measure.
        means: Cell -> mean, on the measure's own scale.
        variances: Random term -> variance; `()` is the residual.
        values: Values whose distribution is tilted to the cells' means, shape (k,).
    """

    rows: pd.DataFrame
    measure: Measure
    means: Means
    variances: Mapping[Columns, float]
    values: Floats

    @property
    def factor(self) -> float:
        """Return how many of a finding's units make 1 on the measure's own scale."""
        return 100.0 if self.measure.scale in ("binary", "proportion") else 1.0


def study(rows: pd.DataFrame, measure: Measure, clusters: Mapping[str, str]) -> Study:
    """Fit one measure, to draw from.

    Args:
        rows: Planned rows of one subject, audit and measure.
        measure: The measure.
        clusters: Item -> pair.
    """
    fit = models.fit(rows, ModelSpec(measure=measure, clusters=clusters, link=False))
    variances = {_columns(name): float(sd) ** 2 for name, sd in zip(fit.theta_names, fit.theta, strict=True)}
    values = rows["value"][rows["status"] == "scored"].to_numpy(np.float64)
    return Study(
        rows=rows,
        measure=measure,
        means=dict(zip(fit.names, map(float, fit.coef), strict=True)),
        variances=variances,
        values=values,
    )


def _columns(name: str) -> Columns:
    return () if name == "residual" else tuple(name.split(" × "))


def weights(one: Study, contrast: str) -> Mapping[Key, float]:
    """Return cell -> what its mean counts in a contrast; nothing where the study cannot estimate it."""
    found = contrasts(cells(one.rows, one.measure), one.measure, {contrast})
    own = [c.weights for c in found if str(c.name) == contrast and c.status == "ok"]
    return own[0] if own and set(own[0]) <= set(one.means) else {}


def span(one: Study) -> float:
    """Return how far apart values can lie; about that where the scale has no ends."""
    low, high = one.measure.low, one.measure.high
    return float(np.ptp(one.values)) + 1.0 if low is None or high is None else high - low


def inside(one: Study, means: Means, nearest: float) -> Means:
    """Keep means off the ends of the scale, by a share of it."""
    low, high = one.measure.low, one.measure.high
    edge = nearest * span(one)
    return {
        key: min(max(mean, -np.inf if low is None else low + edge), np.inf if high is None else high - edge)
        for key, mean in means.items()
    }


class Drawn(NamedTuple):
    """What draws the values of several studies.

    Attributes:
        rows: All planned rows.
        scored: Places of those that are drawn.
        of: Study of each drawn row.
        cell: Its cell's place in `keys`.
        keys: Study and cell.
        levels: Random term -> level of each drawn row; personas and wordings are shared by all audits.
        loads: Random term -> latent standard deviation of each drawn row.
        residual: Latent standard deviation of what is left, for each drawn row.
        outcomes: Study -> what its values are tilted from.
    """

    rows: pd.DataFrame
    scored: Ints
    cell: Ints
    keys: list[tuple[int, Key]]
    levels: dict[Columns, Ints]
    loads: dict[Columns, Floats]
    residual: Floats
    bases: list[copula.Outcome]

    @classmethod
    def of(cls, studies: Sequence[Study]) -> "Drawn":
        """Prepare the draws of several studies of one subject."""
        rows = pd.concat([s.rows.assign(_study=i) for i, s in enumerate(studies)], ignore_index=True)
        drawn = rows[rows["status"] == "scored"]
        keys = list(zip(drawn["_study"], *(drawn[c] for c in CELL), strict=True))
        names = sorted(set(keys))
        place = {name: i for i, name in enumerate(names)}
        bases = [_base(s) for s in studies]
        shares = [_latent(s, base) for s, base in zip(studies, bases, strict=True)]
        terms = sorted({term for own in shares for term in own})
        part = drawn["_study"].to_numpy(np.int64)
        loads = {term: np.array([own.get(term, 0.0) for own in shares])[part] for term in terms}
        return cls(
            rows=rows.drop(columns="_study"),
            scored=np.flatnonzero(rows["status"] == "scored"),
            cell=np.array([place[key] for key in keys], dtype=np.int64),
            keys=[(int(i), (str(r), str(p), str(c))) for i, r, p, c in names],
            levels={term: coded(drawn, (*(("_study",) if "item" in term else ()), *term)) for term in terms},
            loads={term: np.sqrt(load) for term, load in loads.items()},
            residual=np.sqrt(np.clip(1.0 - sum(loads.values(), np.zeros(len(drawn))), 0.0, 1.0)),
            bases=bases,
        )

    def values(self, means: Sequence[Means], rng: np.random.Generator) -> Floats:
        """Return values drawn around these means, one mapping per study, for the scored rows in their order."""
        z = self.residual * rng.standard_normal(len(self.scored))
        for term, level in self.levels.items():
            z += self.loads[term] * rng.standard_normal(int(level.max()) + 1)[level]
        drawn = np.empty(len(z))
        for i, (place, key) in enumerate(self.keys):
            where = self.cell == i
            drawn[where] = self._outcome(place, means[place][key]).drawn(z[where])
        return drawn

    def frame(self, values: Floats) -> pd.DataFrame:
        """Return all planned rows with these values."""
        value = self.rows["value"].to_numpy(np.float64, copy=True)
        value[self.scored] = values
        return self.rows.assign(value=value)

    def _outcome(self, place: int, mean: float) -> copula.Outcome:
        base = self.bases[place]
        ends = base.values[0] < mean < base.values[-1]
        return copula.tilted(base, mean) if ends else copula.shifted(base, mean)


def _base(one: Study) -> copula.Outcome:
    ends = [end for end in (one.measure.low, one.measure.high) if end is not None]
    return copula.seen(one.values, ends if len(ends) == 2 else [])


def _latent(one: Study, base: copula.Outcome) -> dict[Columns, float]:
    means = inside(one, one.means, NEAREST).values()
    outcomes = [
        copula.tilted(base, m) if base.values[0] < m < base.values[-1] else copula.shifted(base, m) for m in means
    ]
    return copula.latent(one.variances, outcomes)
