"""How well a contrast will be known, before anything is asked: standard error, degrees of freedom, half-width.

Closed form for the crossed audit design: every item meets `per_item` personas, and each such pair is asked in every
role × profile level. For a contrast that counts a cell's mean a(r, p), a random effect of item, persona or pair that
varies with role, profile or both enters with the sum of squares of a over what it varies with, divided by the number
of items, personas or pairs. Numbers are on the measure's own scale: 0.2 for 20 percentage points.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.components import Components
from standfast.analysis.intervals import critical_t
from standfast.estimands import ContrastKind

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How large an audit is.

    Attributes:
        items: Items to which the measure applies, at least 2.
        personas: Personas to draw from.
        per_item: Personas that each item meets, from 1 to `personas`.
        repetitions: Values per item, persona, role and profile: epochs × challenges. Wordings take turns over pairs
            and add none.
        roles: Roles asked; with more levels a fit knows its variances better.
        profiles: Profile levels asked.
    """

    items: int
    personas: int
    per_item: int = 1
    repetitions: int = 1
    roles: int = 2
    profiles: int = 2

    def __post_init__(self) -> None:
        if self.items < 2 or not 1 <= self.per_item <= self.personas or self.repetitions < 1:
            message = f"a design needs 2 items, 1 to {self.personas} personas per item and 1 repetition, got {self}"
            raise ValueError(message)

    @property
    def pairs(self) -> int:
        """Return the number of pairs of an item with a persona."""
        return self.items * self.per_item

    @property
    def used(self) -> int:
        """Return the number of personas that meet an item."""
        return min(self.personas, self.pairs)


class Precision(NamedTuple):
    """How well a contrast will be known.

    Attributes:
        std_error: Standard error.
        df: The smaller of Satterthwaite's and the limiting factor's levels − 1.
        half_width: Of the two-sided interval; NaN where there are no degrees of freedom.
        floor: Standard error that remains with any number of items, from the personas.
    """

    std_error: float
    df: float
    half_width: float
    floor: float


class _Loads(NamedTuple):
    """Sum of squares of a contrast's weights over: nothing, roles, profiles, role × profile."""

    none: int
    role: int
    profile: int
    both: int


_LOADS: Mapping[ContrastKind, _Loads] = MappingProxyType(
    {
        "E1": _Loads(0, 0, 2, 2),
        "E2": _Loads(0, 0, 2, 2),
        "E3": _Loads(0, 0, 0, 4),
        "E4": _Loads(0, 2, 0, 2),
        "L": _Loads(1, 1, 1, 1),
    }
)
CLOSED_FORM = frozenset(_LOADS)


class _Carried(NamedTuple):
    """Variances of one item-persona pair's contrast: of its item, of its persona, and within."""

    item: float
    persona: float
    pair: float


def precision(design: Design, components: Components, kind: ContrastKind, confidence: float = 0.95) -> Precision:
    """Return standard error, degrees of freedom and half-width of a contrast.

    Args:
        design: How large the audit is.
        components: What varies.
        kind: The estimand; `L` is a level.
        confidence: Of the interval.

    Source: expected mean squares of crossed random effects, Searle, Casella and McCulloch (1992), section 4.3;
        Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    """
    carried = _carried(components, _LOADS[kind], design.repetitions)
    weights = np.array([1 / design.items, _unevenness(design), 1 / design.pairs])
    parts = weights * np.array(carried)
    std_error = sqrt(parts.sum())
    df = float(min(design.items, design.used if carried.persona else design.items) - 1)
    if std_error:
        df = min(df, _satterthwaite(design, carried, weights, kind))
    return Precision(std_error, df, critical_t(confidence, df) * std_error, sqrt(parts[1]))


def _carried(components: Components, loads: _Loads, repetitions: int) -> _Carried:
    """Sum the components of each grouping, weighted by how a contrast loads on what they vary with."""

    def total(group: str) -> float:
        names = (group, f"{group}_role", f"{group}_profile", f"{group}_role_profile")
        pairs = zip(names, loads, strict=True)
        return sum(load * getattr(components, name, 0.0) ** 2 for name, load in pairs)

    within = total("item_persona") + loads.both * components.residual**2 / repetitions
    return _Carried(total("item"), total("persona"), within)


def _unevenness(design: Design) -> float:
    """Return the sum of squares of the personas' shares of the pairs; 1 / personas if all serve equally often."""
    times, more = divmod(design.pairs, design.used)
    return (more * (times + 1) ** 2 + (design.used - more) * times**2) / design.pairs**2


def _satterthwaite(design: Design, carried: _Carried, weights: Floats, kind: ContrastKind) -> float:
    """Return 2 V² / Var(V), with Var(V) from the expected information on the three variances.

    Only the contrast's own kind of variation is counted, so that a fit that pools more knows at least as much.
    """
    contrasts = {"E1": design.profiles - 1, "E2": design.profiles - 1, "E3": (design.roles - 1) * (design.profiles - 1)}
    pooled = max(1, contrasts.get(kind, 1))
    if not carried.persona or design.used == design.pairs:  # personas absent, or one with the pairs
        return float(pooled * (design.items - 1))
    if design.per_item == 1:  # items lie within personas
        return float(pooled * (design.used - 1))
    variances = np.array([carried.item, carried.persona, max(carried.pair, 1e-9 * sum(carried))])
    information = np.zeros((3, 3))
    for count, blocks in _strata(design):
        inverse = np.linalg.inv(np.tensordot(variances, blocks, 1))
        scaled = inverse @ blocks
        information += count * np.einsum("aij,bji->ab", scaled, scaled) / 2
    variance = float(weights @ variances)
    return pooled * 2 * variance**2 / float(weights @ np.linalg.solve(information, weights))


def _strata(design: Design) -> list[tuple[float, Floats]]:
    """Return the independent parts of the data: how many there are of each, and their three covariance matrices.

    A direction among items and one among personas overlap where not every item meets every persona. The squared
    overlaps add up to personas / per_item − 1; here each of them is their mean.
    """
    items, personas, k = design.items, design.used, design.per_item
    fewer, often = min(items, personas) - 1, design.pairs / personas
    overlap = min(1.0, (personas / k - 1) / fewer) if fewer else 0.0
    across = np.array([sqrt(overlap), sqrt(1 - overlap)])
    crossed = np.array([np.diag([k, 0.0]), often * np.outer(across, across), np.eye(2)])
    return [
        (float(fewer), crossed),
        (float(max(items - personas, 0)), np.array([[[k]], [[0.0]], [[1.0]]])),
        (float(max(personas - items, 0)), np.array([[[0.0]], [[often]], [[1.0]]])),
        (float(max(design.pairs - items - personas + 1, 0)), np.array([[[0.0]], [[0.0]], [[1.0]]])),
    ]
