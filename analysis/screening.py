"""Which verdicts a replay may come to, told without fitting the model: most replays at a margin come to none.

For shares the variance is at least that of least squares with a covariance clustered by item or pair, and the degrees
of freedom are at most items − 1. What the interval from these leaves undecided with room to spare, the whole procedure
leaves undecided too.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from standfast.analysis.drawing import Floats, Ints, Study, weights
from standfast.analysis.estimates import FEW
from standfast.analysis.fits import CELL
from standfast.analysis.intervals import critical_t, lopsided
from standfast.analysis.levels import cells, parts
from standfast.analysis.verdicts import Bar, side

# Share of the interval's width that is held against the bar: the model weighs cells a little otherwise.
_SLACK = 0.8


class Possible(NamedTuple):
    """Which verdicts may be."""

    passes: bool
    fails: bool


class Screen(NamedTuple):
    """One finding of one study, as least squares estimates it.

    Attributes:
        bar: What its interval must clear, in the finding's unit.
        factor: The finding's units per 1 on the measure's own scale.
        weights: What each role and profile level counts in the finding, shape (k,).
        mean: What each of p cells counts in each level's mean, shape (k, p).
        cell: Cell of each scored value, shape (n,).
        cluster: Item, or pair, of each.
        item: Item of each.
        levels: Places of the values of each level.
        ends: Ends of the scale.
        critical: Critical value of t.
        scale: What the sum of the clusters' squares is multiplied with.
    """

    bar: Bar
    factor: float
    weights: Floats
    mean: Floats
    cell: Ints
    cluster: Ints
    item: Ints
    levels: tuple[Ints, ...]
    ends: tuple[float, float]
    critical: float
    scale: float

    def possible(self, values: Floats) -> Possible:
        """Return which verdicts the procedure may come to on these values, shape (n,)."""
        p = self.mean.shape[1]
        counts = np.bincount(self.cell, minlength=p)
        means = np.bincount(self.cell, values, minlength=p) / counts
        left = (values - means[self.cell]) / counts[self.cell]
        scores = np.bincount(self.cluster * p + self.cell, left, minlength=(self.cluster.max() + 1) * p).reshape(-1, p)
        share, vcov = self.mean @ means, self.scale * self.mean @ (scores.T @ scores) @ self.mean.T
        within = share.min() > 0 and share.max() < 1 and (np.diag(vcov) > 0).all()
        if not within or self._sparse(values):
            return Possible(passes=True, fails=True)  # the interval is then another
        value, found = float(self.weights @ share), lopsided(self.weights, share, vcov, self.critical)
        low, high = (value + _SLACK * (end - value) for end in found)
        where = side(self.bar, low * self.factor, high * self.factor)
        return Possible(passes=where == "pass", fails=where == "fail")

    def _sparse(self, values: Floats) -> bool:
        low, high = self.ends
        return any(
            min(
                len(np.unique(self.item[own][values[own] > low])),
                len(np.unique(self.item[own][values[own] < high])),
            )
            < FEW
            for own in self.levels
        )


def screen(study: Study, contrast: str, bar: Bar, confidence: float, clusters: Mapping[str, str]) -> Screen | None:
    """Return the screen of a finding; `None` where the model's own standard error is all that counts.

    Args:
        study: Its study.
        contrast: Its contrast.
        bar: What its interval must clear.
        confidence: Of the interval.
        clusters: Item -> pair.
    """
    measure, known = study.measure, weights(study, contrast)
    if measure.scale not in ("binary", "proportion") or not known or (measure.low, measure.high) != (0.0, 1.0):
        return None
    rows = study.rows[study.rows["status"] == "scored"]
    keys = list(zip(*(rows[column] for column in CELL), strict=True))
    names = list(dict.fromkeys(keys))
    cluster = _codes([clusters.get(item, item) for item in rows["item"]])
    n, groups = len(rows), int(cluster.max()) + 1
    if groups < 2 or n <= len(names):
        return None
    used = parts({key: level for key, level in cells(study.rows, measure).items() if key in known}, known)
    own = [{(part.level.role, part.level.profile, challenge) for challenge in part.level.cells} for part in used]
    return Screen(
        bar=bar,
        factor=study.factor,
        weights=np.array([part.weight for part in used]),
        mean=np.array([[(name in level) / len(level) for name in names] for level in own]),
        cell=_codes(keys),
        cluster=cluster,
        item=_codes(list(rows["item"])),
        levels=tuple(np.flatnonzero([key in level for key in keys]) for level in own),
        ends=(0.0, 1.0),
        critical=critical_t(confidence, rows["item"].nunique() - 1),
        scale=groups / (groups - 1) * (n - 1) / (n - len(names)),
    )


def _codes(names: Sequence[Hashable]) -> Ints:
    place = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.int64)
